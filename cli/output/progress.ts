/**
 * What a run says while it goes on: a bar with rate and time left on a terminal, a line now and then elsewhere, or one JSON
 * object per line for programs.
 */
import { describeIteration } from "../../topopt/index.ts";
import type { IterationEntry } from "../../topopt/index.ts";

export type Style = "bar" | "lines" | "json";

export interface Progress {
  readonly iteration: (entry: IterationEntry, milliseconds: number) => void;
  /** A sentence between iterations. */
  readonly say: (message: string) => void;
  /** What is said in any case, and the same as a record for programs. */
  readonly conclude: (text: string, record?: object) => void;
  /** Nothing follows. */
  readonly end: () => void;
}

const barWidth = 24;
/** Narrower than this a bar says nothing. */
const leastBarWidth = 6;
/** The rate is that of the last few iterations. */
const remembered = 20;
/** Lines are written at these iterations, then at every hundredth. */
const isTold = (iteration: number, last: number): boolean =>
  iteration <= 10 || iteration === last || iteration % (iteration <= 100 ? 10 : 100) === 0;

const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const pad = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
};

/** Seven digits are what tables of compliances show. */
const number = (value: number): string => value.toPrecision(7);

/** Where a run is, for a line that is written over again and again. */
interface Place {
  readonly iteration: number;
  /** Iterations asked for. */
  readonly last: number;
  readonly objective: number;
  /** Seconds of an iteration. */
  readonly each: number;
}

/**
 * A bar, the iteration, objective, rate and time left, as many of them as there is room for, since a line that wraps could not be
 * written over: first the bar becomes shorter and goes, then go the rate, the objective and the time.
 */
const barLine = ({ iteration, last, objective, each }: Place, columns: number): string => {
  const rate = each < 1 ? `${(1 / each).toFixed(1)}/s` : `${each.toFixed(1)} s each`;
  const [count, value, left] = [
    `${iteration}/${last}`,
    number(objective),
    `${duration(each * (last - iteration))} left`,
  ];
  const text = [count, value, rate, left].join("  ");
  const width = Math.min(barWidth, columns - text.length - "[] ".length);
  if (width >= leastBarWidth) {
    const done = Math.min(width, Math.round((width * iteration) / last));
    return `[${"#".repeat(done)}${".".repeat(width - done)}] ${text}`;
  }
  const shorter = [text, [count, value, left].join("  "), [count, left].join("  "), count];
  return shorter.find(({ length }) => length <= columns) ?? "";
};

export interface ProgressOptions {
  readonly style: Style;
  /** Says only what is said in any case. */
  readonly isQuiet: boolean;
  /** Iterations asked for. */
  readonly last: number;
  /** How many characters a line has room for. */
  readonly columns: () => number;
}

/**
 * @param write  to standard output
 */
export const progress = (
  write: (text: string) => void,
  { style, isQuiet, last, columns }: ProgressOptions,
): Progress => {
  const recent: number[] = [];
  let told = 0;
  let isOpen = false;
  const end = (): void => {
    if (isOpen) write("\n");
    isOpen = false;
  };
  const bar = ({ iteration, objective }: IterationEntry, milliseconds: number): void => {
    recent.push(milliseconds);
    if (recent.length > remembered) recent.shift();
    const each = recent.reduce((sum, own) => sum + own, 0) / recent.length / 1000;
    // Back to the start of the line, and clear what a longer one has left; the last column is free, as terminals may wrap there.
    write(`\r${barLine({ iteration, last, objective, each }, columns() - 1)}\u001B[K`);
    isOpen = true;
  };
  const conclude: Progress["conclude"] = (text, record = { type: "message", message: text }) => {
    end();
    write(style === "json" ? `${JSON.stringify(record)}\n` : `${text}\n`);
  };
  const iteration: Progress["iteration"] = (entry, milliseconds) => {
    told++;
    if (style === "json") conclude("", { type: "iteration", ...entry, milliseconds });
    else if (style === "bar") bar(entry, milliseconds);
    else if (isTold(told, told + last - entry.iteration)) conclude(describeIteration(entry));
  };
  return { iteration: isQuiet ? () => {} : iteration, say: isQuiet ? () => {} : conclude, conclude, end };
};

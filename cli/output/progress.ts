/**
 * What a run says while it goes on: a bar with rate and time left on a terminal, a line now and then elsewhere, or one JSON
 * object per line for programs.
 */
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

/** Constraints where they stand: "volume 0.4012000 <= 0.4 (violated)". */
export const constraintsOf = ({ constraints, isFeasible }: IterationEntry): string =>
  Object.entries(constraints)
    .map(
      ([name, { value, bound, sense, slack }]) =>
        `${name} ${number(value)} ${sense} ${bound}${slack < 0 && !isFeasible ? " (violated)" : ""}`,
    )
    .join("  ");

const lineOf = (entry: IterationEntry): string =>
  `${String(entry.iteration).padStart(5)}  objective ${number(entry.objective)}  ${constraintsOf(entry) || `volume ${number(entry.volume)}`}  greyness ${entry.greyness.toFixed(3)}  change ${entry.change.toExponential(1)}`;

export interface ProgressOptions {
  readonly style: Style;
  /** Says only what is said in any case. */
  readonly isQuiet: boolean;
  /** Iterations asked for. */
  readonly last: number;
}

/**
 * @param write  to standard output
 */
export const progress = (write: (text: string) => void, { style, isQuiet, last }: ProgressOptions): Progress => {
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
    const done = Math.round((barWidth * iteration) / last);
    const filled = `${"#".repeat(done)}${".".repeat(Math.max(0, barWidth - done))}`;
    const rate = each < 1 ? `${(1 / each).toFixed(1)}/s` : `${each.toFixed(1)} s each`;
    // Back to the start of the line, and clear what a longer one has left.
    write(
      `\r[${filled}] ${iteration}/${last}  ${number(objective)}  ${rate}  ${duration(each * (last - iteration))} left\u001B[K`,
    );
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
    else if (isTold(told, told + last - entry.iteration)) conclude(lineOf(entry));
  };
  return { iteration: isQuiet ? () => {} : iteration, say: isQuiet ? () => {} : conclude, conclude, end };
};

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

const constraintsOf = ({ constraints }: IterationEntry): string =>
  Object.entries(constraints)
    .map(
      ([name, { value, bound, sense, slack }]) =>
        `${name} ${number(value)} ${sense} ${bound}${slack < 0 ? " (violated)" : ""}`,
    )
    .join("  ");

const lineOf = (entry: IterationEntry): string =>
  `${String(entry.iteration).padStart(5)}  objective ${number(entry.objective)}  ${constraintsOf(entry) || `volume ${number(entry.volume)}`}  greyness ${entry.greyness.toFixed(3)}  change ${entry.change.toExponential(1)}`;

/**
 * @param write  to standard output
 * @param last   iterations asked for
 * @param first  iterations done already
 */
export const progress = (style: Style, write: (text: string) => void, last: number, first = 0): Progress => {
  const recent: number[] = [];
  let isOpen = false;
  const close = (): void => {
    if (isOpen) write("\n");
    isOpen = false;
  };
  return {
    iteration: (entry, milliseconds) => {
      if (style === "json") return write(`${JSON.stringify({ type: "iteration", ...entry, milliseconds })}\n`);
      if (style === "lines") {
        if (isTold(entry.iteration - first, last - first)) write(`${lineOf(entry)}\n`);
        return;
      }
      recent.push(milliseconds);
      if (recent.length > remembered) recent.shift();
      const each = recent.reduce((sum, own) => sum + own, 0) / recent.length / 1000;
      const done = Math.round((barWidth * entry.iteration) / last);
      const bar = `${"#".repeat(done)}${".".repeat(Math.max(0, barWidth - done))}`;
      const rate = each < 1 ? `${(1 / each).toFixed(1)}/s` : `${each.toFixed(1)} s each`;
      // Back to the start of the line, and clear what a longer one has left.
      write(
        `\r[${bar}] ${entry.iteration}/${last}  ${number(entry.objective)}  ${rate}  ${duration(each * (last - entry.iteration))} left\u001B[K`,
      );
      isOpen = true;
    },
    say: (message) => {
      close();
      write(style === "json" ? `${JSON.stringify({ type: "message", message })}\n` : `${message}\n`);
    },
    end: close,
  };
};

/** The tables. One row per case: ours, the ratio ours / theirs to every peer, the goal; a second table names every contestant. */
import type { Goal, Job } from "./job.ts";
import { peerNames, solverNames } from "./job.ts";
import type { Contest, Timed, Timing } from "./measure.ts";

export interface Peer {
  readonly name: string;
  readonly variant: string;
  readonly timing: Timing;
  readonly error?: number;
}

export interface Row {
  readonly name: string;
  readonly precision: string;
  readonly unit: "ms" | "MiB" | "iterations";
  /** Our default, then our other ways; none where it failed. */
  readonly ours: readonly Omit<Peer, "name">[];
  readonly peers: readonly Peer[];
  readonly goals: readonly Goal[];
  /** Floating-point operations of a call. */
  readonly flops?: number;
}

const asPeer = ({ library, variant, timing, error }: Timed): Peer => ({
  name: library,
  variant,
  timing,
  ...(error !== undefined && { error }),
});

export const rowOf = ({ name, precision, goals, flops }: Job, { timed }: Contest): Row => ({
  name,
  precision,
  unit: "ms",
  ours: timed.filter(({ library }) => library === "cotangent").map(asPeer),
  peers: timed.filter(({ library }) => library !== "cotangent").map(asPeer),
  goals,
  ...(flops !== undefined && { flops }),
});

const digits = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A time, an amount of memory or a number of iterations. */
export const show = (value: number, unit: Row["unit"]): string => {
  if (unit === "iterations") return String(value);
  if (unit === "MiB") return `${digits(value)} MiB`;
  const size = Math.abs(value);
  if (size >= 1) return `${digits(value)} ms`;
  return size >= 1e-3 ? `${digits(value * 1e3)} us` : `${digits(value * 1e6)} ns`;
};

const showRange = ({ median, min, max }: Timing, unit: Row["unit"]): string =>
  `${show(median, unit)} (${show(min, unit)} - ${show(max, unit)})`;

export const showRatio = (ratio: number): string => (ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0));

export const ratioOf = ({ ours }: Row, { timing }: Peer): number => ours[0]!.timing.median / timing.median;

export type Verdict = "met" | "short" | "open";

/** Of goals such as an eighth. */
const showGoal = (ratio: number): string =>
  1 / ratio >= 5 && Number.isInteger(1 / ratio) ? `1/${1 / ratio}` : `${ratio}`;

interface Judgement {
  readonly verdict: Verdict;
  readonly text: string;
}

const judgeAmount = ({ ours, unit }: Row, most: number): Judgement => {
  const wanted = `at most ${unit === "iterations" ? `${most} iterations` : show(most, unit)}`;
  if (ours.length === 0) return { verdict: "open", text: `${wanted}: open` };
  const reached = ours[0]!.timing.median;
  if (reached <= most) return { verdict: "met", text: `${wanted}: met` };
  return { verdict: "short", text: `${wanted}: **short**, over by ${showRatio(reached / most)} x` };
};

/** What a goal demands, whether the row meets it, and by which factor it falls short. */
export const judge = (row: Row, goal: Goal): Judgement => {
  if ("most" in goal) return judgeAmount(row, goal.most);
  const wanted =
    goal.peer === "ceiling" ? `${100 * goal.share} % of the ceiling` : `${showGoal(goal.ratio)} of ${goal.peer}`;
  const peer = row.peers.find(({ name }) => name === goal.peer);
  if (row.ours.length === 0 || peer === undefined) return { verdict: "open", text: `${wanted}: open` };
  const ratio = ratioOf(row, peer);
  const bound = goal.peer === "ceiling" ? 1 / goal.share : goal.ratio;
  const reached = goal.peer === "ceiling" ? `${(100 / ratio).toFixed(0)} %` : showRatio(ratio);
  if (ratio <= bound) return { verdict: "met", text: `${wanted}: met, ${reached}` };
  return { verdict: "short", text: `${wanted}: **short**, ${reached}, over by ${showRatio(ratio / bound)} x` };
};

export const markdown = (header: readonly string[], body: readonly (readonly string[])[], texts: number): string => {
  const widths = header.map((title, k) => Math.max(3, title.length, ...body.map((cells) => cells[k]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, k) => (k < texts ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, k) => (k < texts ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(header), rule, ...body.map(line)].join("\n");
};

/** Ours with its range; per peer the ratio and the peer's median, empty where it does not take part. */
export const renderRatios = (rows: readonly Row[]): string => {
  const names = [...peerNames, ...solverNames].filter((name) =>
    rows.some(({ peers }) => peers.some((peer) => peer.name === name)),
  );
  const body = rows.map((row) => [
    row.name,
    row.precision,
    row.goals.map((goal) => judge(row, goal).text).join("; "),
    row.ours.length === 0 ? "" : showRange(row.ours[0]!.timing, row.unit),
    ...names.map((name) => {
      const peer = row.peers.find((candidate) => candidate.name === name);
      if (peer === undefined) return "";
      const theirs = show(peer.timing.median, row.unit);
      return row.ours.length === 0 ? theirs : `${showRatio(ratioOf(row, peer))} (${theirs})`;
    }),
  ]);
  return markdown(
    ["case", "", "goal", "cotangent: median (min - max)", ...names.map((name) => `ours / ${name}`)],
    body,
    3,
  );
};

/** Every contestant of every row with its range; also GFLOP/s where the operations are counted. */
export const renderContestants = (rows: readonly Row[]): string => {
  const body = rows.flatMap(({ name, precision, unit, ours, peers, flops }) =>
    [...ours.map((one) => ({ name: "cotangent", ...one })), ...peers].map((one, k) => [
      k === 0 ? name : "",
      k === 0 ? precision : "",
      one.name,
      one.variant,
      showRange(one.timing, unit),
      String(one.timing.samples),
      flops === undefined ? "" : (flops / one.timing.median / 1e6).toFixed(1),
      one.error === undefined ? "" : one.error.toExponential(1),
    ]),
  );
  return markdown(["case", "", "library", "way", "median (min - max)", "samples", "GFLOP/s", "largest error"], body, 4);
};

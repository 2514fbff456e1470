/** The table: one row per case and way of ours, then each peer's median and the ratio ours / peer. Plain text that is Markdown too. */
import type { Timing } from "./measure.ts";

export interface Peer {
  readonly name: string;
  readonly timing: Timing;
  /** Largest error of its numbers, relative. */
  readonly error?: number;
}

export interface Row {
  readonly name: string;
  readonly precision: string;
  readonly variant: string;
  readonly timing: Timing;
  readonly error?: number;
  readonly peers: readonly Peer[];
  /** A peer that should be here, and why it is not. */
  readonly missing?: { readonly peer: string; readonly reason: string } | undefined;
  /** Ratio to the named peer that we demand of ourselves. */
  readonly goal?: { readonly peer: string; readonly ratio: number };
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const showTime = (milliseconds: number): string => {
  if (milliseconds >= 1) return `${digits(milliseconds)} ms`;
  return milliseconds >= 1e-3 ? `${digits(milliseconds * 1e3)} us` : `${digits(milliseconds * 1e6)} ns`;
};

export const ratioOf = (row: Row, peer: Peer): number => row.timing.median / peer.timing.median;

const showRatio = (row: Row, peer: Peer): string => {
  const ratio = ratioOf(row, peer);
  const shown = ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0);
  if (row.goal?.peer !== peer.name) return shown;
  return `${shown} (goal ${row.goal.ratio}: ${ratio <= row.goal.ratio ? "met" : "missed"})`;
};

/** Two columns per peer, empty where it does not take part. */
export const renderTable = (rows: readonly Row[], peers: readonly string[]): string => {
  const header = ["case", "", "cotangent, by", "median (min - max)", ...peers.flatMap((name) => [name, "ours / it"])];
  const body = rows.map((row) => [
    row.name,
    row.precision,
    row.variant,
    `${showTime(row.timing.median)} (${showTime(row.timing.min)} - ${showTime(row.timing.max)})`,
    ...peers.flatMap((name) => {
      const peer = row.peers.find((candidate) => candidate.name === name);
      return peer === undefined
        ? [row.missing?.peer === name ? row.missing.reason : "", ""]
        : [showTime(peer.timing.median), showRatio(row, peer)];
    }),
  ]);
  const widths = header.map((title, k) => Math.max(3, title.length, ...body.map((cells) => cells[k]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, k) => (k < 3 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, k) => (k < 3 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(header), rule, ...body.map(line)].join("\n");
};

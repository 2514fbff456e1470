/**
 * Memory of networks over their depth, a line for every grid, on a logarithmic scale.
 * Source: the memory study of Sanu, Bessa & Aragon 2026.
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { linePlot } from "./line-plot.ts";
import { requireList, requireText } from "./plane-field.ts";

/** What is drawn of a row of memorySweep. */
export interface DrawnMemory {
  /** Hidden layers. */
  readonly depth: number;
  /** Points along an edge of the grid. */
  readonly size: number;
  readonly peakBytes: number;
}

export interface MemoryPictureOptions {
  /** "Memory of value and gradient" by default. */
  readonly title?: string;
}

/**
 * SVG of a memory sweep: peak over depth, a line for every grid from the largest to the smallest, in megabytes of 10^6 bytes.
 * @param rows     as memorySweep gives them, in any order
 * @param options  title
 * @returns        text of the file
 * @throws InvalidOption without rows, UnknownOption
 * @example memoryPicture([{ depth: 2, size: 10, peakBytes: 4e6 }, { depth: 3, size: 10, peakBytes: 6e6 }]).includes("10 × 10") // true
 */
export const memoryPicture = (rows: readonly DrawnMemory[], options: MemoryPictureOptions = {}): string => {
  requireOptions("memoryPicture", options, ["title"]);
  const { title = "Memory of value and gradient" } = options;
  requireText("memoryPicture", "title", title);
  requireList("memoryPicture", "rows", rows);
  if (rows.length === 0)
    throw new InvalidOption("memoryPicture", `rows ${showValue(rows)}`, "Give a list of one row or more");
  const sizes = [...new Set(rows.map(({ size }) => size))].sort((left, right) => right - left);
  const series = sizes.map((size) => {
    const own = rows.filter((row) => row.size === size).sort((left, right) => left.depth - right.depth);
    return {
      name: `${size} × ${size}`,
      x: own.map(({ depth }) => depth),
      y: own.map(({ peakBytes }) => peakBytes / 1e6),
    };
  });
  return linePlot({ title, xLabel: "hidden layers", yLabel: "peak memory in MB", yScale: "log", series });
};

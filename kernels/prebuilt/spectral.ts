/**
 * Spectral decompositions as WebAssembly, equal to the bit with the kernels of kernels/dense: which function computes a stack
 * of matrices, and where in scratch memory its parts stand. They compute in float64; results of float32 are rounded once.
 */
import { type Shape, elementCount } from "../numeric-array.ts";
import { type EigenPlaces, eigenArguments, exportEigen } from "./eigen.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { weightBytes } from "./reflection-passes.ts";
import { recordBytes } from "./rotations.ts";
import { stacked } from "./shares.ts";
import { smallModule } from "./small-module.ts";
import { type SvdPlaces, exportSvd, svdArguments } from "./svd.ts";
import { entryBytes, numbersOf, stripLines } from "./strips.ts";

/** A call, and the module that has its function. */
interface Routine {
  readonly module: PrebuiltModule;
  readonly call: PrebuiltCall;
}

/** Entries more than lines need: rows of an even number of elements, and strips that do not meet in the caches. */
const spared = 2;

/** Gives out parts of memory from an address on, a multiple of 16. */
const partition = (start: number): { readonly take: (bytes: number) => number; readonly end: () => number } => {
  let end = start;
  return {
    take: (bytes) => {
      const place = end;
      end += Math.ceil(bytes / 16) * 16;
      return place;
    },
    end: () => end,
  };
};

/** Bytes of a row, and of a strip, of so many numbers. */
const lengthsOf = (size: number): { readonly step: number; readonly distance: number } => {
  const whole = Math.ceil(size / stripLines) * stripLines;
  return { step: (whole + spared) * 8, distance: (whole + spared) * entryBytes };
};

/** Places in scratch memory, and where it ends. */
const eigenPlaces = (size: number, scratch: number): { readonly places: EigenPlaces; readonly end: number } => {
  const { take, end } = partition(scratch);
  const { step, distance } = lengthsOf(size);
  const numbers = size * 8;
  const record = recordBytes(size);
  const places = {
    step,
    distance,
    length: step,
    work: take(Math.max(16, size * step)),
    strips: take(Math.ceil(size / stripLines) * distance),
    spare: take(2 * distance),
    weights: take(weightBytes),
    scales: take(numbers),
    diagonal: take(numbers),
    coupling: take(numbers),
    lines: take(4 * step),
    order: take(size * 4),
    record: take(record),
  };
  return { places: { ...places, limit: places.record + record }, end: end() };
};

/** Estimate of the nanoseconds of a decomposition: so many per element, and so many more for every column. */
const timeOf = (rows: number, columns: number, perElement: number, perColumn: number): number =>
  rows * columns * (perElement + perColumn * columns);

/**
 * How to find eigenvalues and vectors of stacks of symmetric matrices, as `symmetricEigen` does.
 * @returns  null for other dtypes than floats
 */
export function planEigen(dtype: string, shape: Shape): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { item } = numbers;
  const [count, size] = [elementCount(shape.slice(0, -2)), shape.at(-1)!];
  return {
    module: smallModule(`eigh ${dtype}`, (module) => exportEigen(module, numbers)),
    call: stacked(count, timeOf(size, size, 30, 1), {
      first: (matrices) => ({
        function: "run",
        scratchBytes: eigenPlaces(size, 0).end,
        args: ({ operands: [a], results: [values, vectors], scratch }) => {
          const { places } = eigenPlaces(size, scratch);
          return [matrices, size, a!, values!, vectors!, ...eigenArguments(places)];
        },
      }),
      operands: [size * size * item],
      results: [size * item, size * size * item],
    }),
  };
}

type Scratch = Omit<SvdPlaces, "lineStep" | "depthStep" | "leftLine" | "leftDepth" | "rightLine" | "rightDepth">;

/** Places in scratch memory for a tall matrix, and where it ends. */
const svdPlaces = (
  rows: number,
  columns: number,
  scratch: number,
): { readonly places: Scratch; readonly end: number } => {
  const { take, end } = partition(scratch);
  const { step } = lengthsOf(columns);
  const { distance } = lengthsOf(rows);
  const numbers = Math.ceil(columns / stripLines) * stripLines * 8;
  const places = {
    step,
    distance,
    strips: take(Math.ceil(columns / stripLines) * distance),
    r: take(columns * step),
    turns: take(columns * step),
    lefts: take(columns * step),
    spare: take(2 * distance),
    scales: take(numbers),
    weights: take(weightBytes),
    order: take(columns * 4),
    lengths: take(numbers),
    ranking: take(columns * 4),
    norms: take(numbers),
    candidate: take(step),
    group: take(stripLines * step),
    strip: take(columns * entryBytes),
  };
  return { places, end: end() };
};

/**
 * How to decompose stacks of matrices as U S V', as `decomposeSvd` does.
 * @param isFull  U and V' are square
 * @returns       null for other dtypes than floats
 */
export function planSvd(dtype: string, shape: Shape, isFull: boolean): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { item } = numbers;
  const [count, m, n] = [elementCount(shape.slice(0, -2)), shape.at(-2)!, shape.at(-1)!];
  const isTall = m >= n;
  const [rows, columns] = isTall ? [m, n] : [n, m];
  const width = isFull ? rows : columns;
  const across = (length: number): readonly [number, number] => [item, length * item];
  const along = (length: number): readonly [number, number] => [length * item, item];
  const [lineStep, depthStep] = isTall ? across(n) : along(n);
  const [leftLine, leftDepth] = isTall ? across(width) : along(rows);
  const [rightLine, rightDepth] = isTall ? along(columns) : across(columns);
  const [leftBytes, valueBytes, rightBytes] = [rows * width * item, columns * item, columns * columns * item];
  const steps = { lineStep, depthStep, leftLine, leftDepth, rightLine, rightDepth };
  return {
    module: smallModule(`svd ${dtype}`, (module) => exportSvd(module, numbers)),
    call: stacked(count, timeOf(rows, columns, 100, 5), {
      first: (matrices) => ({
        function: "run",
        scratchBytes: svdPlaces(rows, columns, 0).end,
        args: ({ operands: [a], results: [u, values, vt], scratch }) => {
          const [left, right] = isTall ? [u!, vt!] : [vt!, u!];
          const { places } = svdPlaces(rows, columns, scratch);
          return [matrices, rows, columns, width, a!, left, values!, right, ...svdArguments({ ...steps, ...places })];
        },
      }),
      operands: [m * n * item],
      results: isTall ? [leftBytes, valueBytes, rightBytes] : [rightBytes, valueBytes, leftBytes],
    }),
  };
}

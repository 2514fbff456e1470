/**
 * Spectral decompositions as WebAssembly, equal to the bit with the kernels of kernels/dense: which function computes a stack
 * of matrices, and where in scratch memory its parts stand. They compute in float64; results of float32 are rounded once.
 */
import { type Shape, elementCount } from "../numeric-array.ts";
import { type EigenPlaces, eigenArguments, exportEigen } from "./eigen.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { weightBytes } from "./reflection-passes.ts";
import { recordBytes } from "./rotations.ts";
import { smallModule } from "./small-module.ts";
import { entryBytes, numbersOf, stripLines } from "./strips.ts";

/** A call, and the module that has its function. */
interface Routine {
  readonly module: PrebuiltModule;
  readonly call: PrebuiltCall;
}

/** Entries more than lines need: rows of an even number of elements, and strips that do not meet in the caches. */
const spared = 2;

/** Gives out parts of scratch memory. */
const partition = (): { readonly take: (bytes: number) => number; readonly total: () => number } => {
  let end = 0;
  return {
    take: (bytes) => {
      const place = end;
      end += Math.ceil(bytes / 16) * 16;
      return place;
    },
    total: () => end,
  };
};

/** Places from the beginning of scratch memory, and its bytes. */
const eigenPlaces = (size: number): { readonly places: EigenPlaces; readonly bytes: number } => {
  const { take, total } = partition();
  const whole = Math.ceil(size / stripLines) * stripLines;
  const [step, distance, length] = [(whole + spared) * 8, (whole + spared) * entryBytes, (whole + spared) * 8];
  const numbers = size * 8;
  const record = recordBytes(size);
  const places = {
    work: take(Math.max(16, size * step)),
    strips: take((whole / stripLines) * distance),
    spare: take(2 * distance),
    weights: take(weightBytes),
    scales: take(numbers),
    diagonal: take(numbers),
    coupling: take(numbers),
    lines: take(4 * length),
    order: take(size * 4),
    record: take(record),
  };
  return { places: { ...places, limit: places.record + record, step, distance, length }, bytes: total() };
};

/** Those places that are no addresses. */
const isLength = (name: string): boolean => name === "step" || name === "distance" || name === "length";

/**
 * How to find eigenvalues and vectors of stacks of symmetric matrices, as `symmetricEigen` does.
 * @returns  null for other dtypes than floats
 */
export function planEigen(dtype: string, shape: Shape): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const [count, size] = [elementCount(shape.slice(0, -2)), shape.at(-1)!];
  const { places, bytes } = eigenPlaces(size);
  return {
    module: smallModule(`eigh ${dtype}`, (module) => exportEigen(module, numbers)),
    call: {
      function: "run",
      scratchBytes: bytes,
      args: ({ operands: [a], results: [values, vectors], scratch }) => {
        const own = Object.entries(places).map(([name, place]) => [name, isLength(name) ? place : scratch + place]);
        return [count, size, a!, values!, vectors!, ...eigenArguments(Object.fromEntries(own) as EigenPlaces)];
      },
    },
  };
}

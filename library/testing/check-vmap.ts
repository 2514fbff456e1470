/**
 * checkVmap: a function mapped over an axis against a loop over the rows of that axis.
 */
import { InvalidOption, LawViolation } from "../../src/error.ts";
import { createArray } from "../../src/array/create.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { leafPaths, sameTree, unflatten } from "../../src/tree/tree.ts";
import { flattenArrays, nameOf, requireFunction } from "../../transforms/flat.ts";
import type { AnyFunction } from "../../transforms/flat.ts";
import { axesOfLeaves, vmap } from "../../transforms/vmap.ts";
import type { Axes } from "../../transforms/vmap.ts";
import type { Uniform } from "./chance.ts";
import { pickWith, uniform } from "./chance.ts";
import { elementsOf, requireSame, row } from "./comparison.ts";

export interface CheckVmapOptions {
  /** Mapped axis per argument (or per leaf, as a tree prefix), null for unmapped. Default 0 for every argument. */
  readonly inAxes?: number | null | readonly Axes[];
  /** How many examples are made of `args`; without it, `args` carry their mapped axes already. */
  readonly size?: number;
  /** Relative error with floor 1. Default 1e-12 (1e-5 in float32); 0 demands the same bits. */
  readonly rtol?: number;
  /** Seed of the examples. Default 0. */
  readonly seed?: number;
}

/** What was compared. */
export interface VmapReport {
  /** Examples compared. */
  readonly examples: number;
  /** Largest relative error with floor 1. */
  readonly worst: number;
}

/** Another example like this one: floats scaled by up to a quarter, the rest in another order. */
const varied = (x: ConcreteArray, random: Uniform): ConcreteArray => {
  const own = elementsOf(x);
  const order = pickWith(random).permutation(own.length);
  return createArray(
    Array.from(own, (value, k) => (isFloat(x.dtype) ? value * (1 + (random() - 0.5) / 2) : own[order[k]!]!)),
    { shape: x.shape, dtype: x.dtype },
  );
};

/** Arrays joined along a new axis. */
export const stacked = (examples: readonly ConcreteArray[], axis: number): ConcreteArray => {
  const [first] = examples;
  const inner = first!.shape.slice(axis).reduce((product, extent) => product * extent, 1);
  const outer = first!.size / Math.max(1, inner);
  const numbers: number[] = [];
  for (let block = 0; block < outer; block++)
    for (const example of examples)
      for (let k = 0; k < inner; k++) numbers.push(elementsOf(example)[block * inner + k]!);
  return createArray(numbers, { shape: first!.shape.toSpliced(axis, 0, examples.length), dtype: first!.dtype });
};

interface Batch {
  readonly size: number;
  readonly batched: readonly ConcreteArray[];
  readonly example: (k: number) => readonly ConcreteArray[];
}

const givenBatch = (arrays: readonly ConcreteArray[], axes: readonly (number | null)[]): Batch => {
  const first = axes.findIndex((axis) => axis !== null);
  const place = (leaf: number): number => (axes[leaf]! < 0 ? axes[leaf]! + arrays[leaf]!.ndim : axes[leaf]!);
  return {
    size: first < 0 ? 0 : arrays[first]!.shape[place(first)]!,
    batched: arrays,
    example: (k) => arrays.map((x, leaf) => (axes[leaf] === null ? x : row(x, place(leaf), k))),
  };
};

/** Examples made of the given one, each mapped leaf varied on its own. */
const madeBatch = (
  arrays: readonly ConcreteArray[],
  axes: readonly (number | null)[],
  size: number,
  seed: number,
): Batch => {
  const random = uniform(seed);
  const batched = arrays.map((x, leaf) => {
    const axis = axes[leaf]!;
    if (axis === null) return x;
    const examples = Array.from({ length: size }, (_, k) => (k === 0 ? x : varied(x, random)));
    return stacked(examples, axis < 0 ? axis + x.ndim + 1 : axis);
  });
  return givenBatch(batched, axes);
};

/**
 * Compares vmap(f) with a loop over examples.
 * @param f        function of trees of arrays giving any tree
 * @param args     its arguments: one example with `size`, all examples along inAxes without
 * @param options  inAxes (0), size, rtol (1e-12; 1e-5 in float32), seed (0)
 * @returns how many examples were compared, and the worst relative error (floor 1)
 * @throws LawViolation with the example and element that differ; what vmap itself throws; InvalidOption, UnknownOption
 * @example testing.checkVmap((x, y) => np.dot(x, y), [array([1, 2]), array([3, 4])], { size: 3, inAxes: [0, null] }).examples // 3
 */
export const checkVmap = <const A extends readonly unknown[]>(
  f: (...args: any[]) => unknown,
  args: A,
  options: CheckVmapOptions = {},
): VmapReport => {
  requireFunction("checkVmap", f);
  requireOptions("checkVmap", options, ["inAxes", "size", "rtol", "seed"]);
  const { inAxes = 0, size, rtol, seed = 0 } = options;
  if (size !== undefined && !(Number.isInteger(size) && size >= 1))
    throw new InvalidOption("checkVmap", `size ${size}`, "Give a positive number of examples");
  const asked = `checkVmap of ${nameOf(f as unknown as AnyFunction)}`;
  const { arrays, treedef } = flattenArrays(args, asked);
  const axes = axesOfLeaves(asked, inAxes, treedef);
  const concrete = arrays as ConcreteArray[];
  const batch = size === undefined ? givenBatch(concrete, axes) : madeBatch(concrete, axes, size, seed);
  const call = f as (...all: unknown[]) => unknown;
  const mapped = vmap(call, { inAxes })(...(unflatten(treedef, batch.batched) as unknown[]));
  const seen = flattenArrays(mapped, asked);
  let worst = 0;
  for (let k = 0; k < batch.size; k++) {
    const wanted = flattenArrays(call(...(unflatten(treedef, batch.example(k)) as unknown[])), asked);
    if (!sameTree(seen.treedef, wanted.treedef))
      throw new LawViolation(
        asked,
        `vmap gives ${seen.treedef.text}, the loop ${wanted.treedef.text}`,
        "Return one structure for all shapes",
      );
    const paths = leafPaths(wanted.treedef);
    wanted.arrays.forEach((x, leaf) => {
      const error = requireSame(
        `${asked}, example ${k}, output${paths[leaf]!}`,
        row(seen.arrays[leaf]!, 0, k),
        x as NDArray,
        rtol ?? (x.dtype === "float32" ? 1e-5 : isFloat(x.dtype) ? 1e-12 : 0),
      );
      worst = Math.max(worst, error);
    });
  }
  return { examples: batch.size, worst };
};

/**
 * What checkGrads looks at: a function of trees as one of its float leaves, the same in float64 for its differences, and a
 * point away from kinks.
 */
import { CotangentError, KinkNearPoint, NotDifferentiable } from "../../src/error.ts";
import { createArray } from "../../src/array/create.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { isConcrete } from "../../src/array/ndarray.ts";
import { leafPaths, unflatten } from "../../src/tree/tree.ts";
import { flattenArrays, flattenDifferentiable } from "../../transforms/flat.ts";
import type { AnyFunction } from "../../transforms/flat.ts";
import { directionLike, uniform } from "./chance.ts";
import { doubleSteps, movedBy } from "./differences.ts";
import type { FlatMap, Steps } from "./differences.ts";
import { findKink } from "./kinks.ts";

export type Mode = "forward" | "reverse";

/** What differences are taken of. */
export interface Reference {
  readonly f: FlatMap;
  readonly inputs: readonly ConcreteArray[];
  readonly steps: Steps;
}

/** A function of float leaves under test, and how it came from the user's. */
export interface Subject {
  readonly f: FlatMap;
  readonly inputs: readonly ConcreteArray[];
  readonly inputPaths: readonly string[];
  readonly outputPaths: () => readonly string[];
  /** The same function at the same point as differences see it: in float64 where it can be. */
  readonly reference: Reference;
  /** Modes applied so far, the outermost last. */
  readonly nest: readonly Mode[];
  readonly seed: number;
}

/** The user's function on its float leaves; outputs that are not floats have no derivative and are left out. */
export const flatOf = (
  asked: string,
  f: AnyFunction,
  args: readonly unknown[],
): Pick<Subject, "f" | "inputs" | "inputPaths" | "outputPaths"> => {
  const { arrays, treedef } = flattenDifferentiable(args, asked);
  const paths = leafPaths(treedef);
  for (const [k, x] of arrays.entries())
    if (!isConcrete(x))
      throw new NotDifferentiable(asked, `argument ${paths[k]!} is traced`, "Call it outside transforms");
  const varying = arrays.flatMap((x, k) => (isFloat(x.dtype) && x.size > 0 ? [k] : []));
  if (varying.length === 0)
    throw new NotDifferentiable(asked, "no argument holds a float", "Give at least one array of floats");
  let outputPaths: readonly string[] = [];
  const flat: FlatMap = (inputs) => {
    const all = [...arrays];
    varying.forEach((position, k) => (all[position] = inputs[k]!));
    const out = flattenArrays((f as (...x: unknown[]) => unknown)(...(unflatten(treedef, all) as unknown[])), asked);
    const floats = out.arrays.flatMap((x, k) => (isFloat(x.dtype) ? [k] : []));
    const names = leafPaths(out.treedef);
    outputPaths = floats.map((k) => names[k]!);
    return floats.map((k) => out.arrays[k]!);
  };
  return {
    f: flat,
    inputs: varying.map((k) => arrays[k] as ConcreteArray),
    inputPaths: varying.map((k) => paths[k]!),
    outputPaths: () => outputPaths,
  };
};

/** The function in float64, if it runs there throughout; differences in float32 are coarse. */
export const wideReference = (wide: FlatMap, inputs: readonly ConcreteArray[]): Reference | null => {
  const own = inputs.map((x) => (x.dtype === "float64" ? x : createArray(x, { dtype: "float64" })));
  try {
    return wide(own).every(({ dtype }) => dtype === "float64") ? { f: wide, inputs: own, steps: doubleSteps } : null;
  } catch (error) {
    if (error instanceof CotangentError) return null;
    throw error;
  }
};

export const isSinglePrecision = (arrays: readonly NDArray[]): boolean =>
  arrays.some(({ dtype }) => dtype === "float32");

/** Moves the point until no kink lies within the gap along the checked directions. */
export const movedAway = (
  { f, inputs }: Pick<Subject, "f" | "inputs">,
  gap: number,
  count: number,
  seed: number,
): readonly [readonly ConcreteArray[], number] => {
  const away = uniform(seed - 1);
  const directions = Array.from({ length: count }, (_, k) => {
    const random = uniform(seed + k);
    return inputs.map((x) => directionLike(random, x.shape, x.dtype));
  });
  for (let attempt = 0; attempt < 50; attempt++) {
    const scale = attempt === 0 ? 0 : gap * (1 + attempt);
    const step = inputs.map((x) => directionLike(away, x.shape, x.dtype));
    const moved = inputs.map((x, k) => movedBy(x, step[k]!, scale));
    if (directions.every((direction) => findKink(f, moved, direction, gap / 2, null) === null)) return [moved, scale];
  }
  throw new KinkNearPoint(
    "checkGrads",
    `no point within ${51 * gap} is further than ${gap} from a kink`,
    "Choose a smaller kinkGap, or another point",
  );
};

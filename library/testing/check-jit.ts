/**
 * checkJit: a compiled function against its eager self on every back end, twice: the second call brings other numbers,
 * which a constant frozen at the first would betray, and must find the program in the cache.
 */
import { LawViolation } from "../../src/error.ts";
import { isFloat, isWeakWhole } from "../../src/array/dtype.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import type { Backend } from "../../src/backend/index.ts";
import { presentBackend } from "../../src/backend/select.ts";
import { counts } from "../../src/counters.ts";
import { requireOptions } from "../../src/options.ts";
import { leafPaths, requireSameTree, unflatten } from "../../src/tree/tree.ts";
import { flattenArrays, nameOf, requireFunction } from "../../transforms/flat.ts";
import type { AnyFunction, FlatArrays } from "../../transforms/flat.ts";
import { jit } from "../../transforms/jit.ts";
import { uniform } from "./chance.ts";
import { requireBackends } from "./require-backends.ts";
import { requireSame } from "./comparison.ts";

export interface CheckJitOptions {
  /** Back ends to compare. Default wasm, js and interpreter. */
  readonly backends?: readonly Backend[];
  /** Relative error with floor 1. Default 1e-13 (1e-5 in float32), for sums in another order; 0 demands the same bits. */
  readonly rtol?: number;
  /** Arguments of the second call, of the same types. Default: floats moved by a few percent. */
  readonly otherArgs?: readonly unknown[];
  /** Seed of the second call's numbers. Default 0. */
  readonly seed?: number;
}

/** What was compared. */
export interface JitReport {
  /** Largest relative error (floor 1) by back end. */
  readonly worst: Readonly<Record<string, number>>;
  /** Back ends this host lacks, and what ran instead. */
  readonly replaced: Readonly<Record<string, Backend>>;
}

/** Nearby numbers of the same type; integers and booleans stay, they may be indices. */
const nearby = (x: ConcreteArray, seed: number): ConcreteArray => {
  if (!isFloat(x.dtype) || isWeakWhole(x.weakType)) return x;
  const random = uniform(seed);
  const buffer = x.toTypedArray().map((value) => value * (1 + (random() - 0.5) / 8));
  return fromBuffer(buffer, x.shape, x.dtype, x.weakType);
};

const compare = (asked: string, seen: FlatArrays, wanted: FlatArrays, rtol: number | undefined): number => {
  requireSameTree(asked, wanted.treedef, seen.treedef);
  const paths = leafPaths(wanted.treedef);
  return wanted.arrays.reduce((worst, x, k) => {
    const tolerance = rtol ?? (x.dtype === "float32" ? 1e-5 : isFloat(x.dtype) ? 1e-13 : 0);
    return Math.max(worst, requireSame(`${asked}, output${paths[k]!}`, seen.arrays[k]!, x, tolerance));
  }, 0);
};

/**
 * Compares jit(f) with f on every back end, at `args` and at numbers nearby, and sees that the second call compiles nothing.
 * @param f        pure function of trees of arrays giving any tree
 * @param args     its arguments
 * @param options  backends (wasm, js, interpreter), rtol (1e-13; 1e-5 in float32), otherArgs, seed (0)
 * @returns the worst relative error (floor 1) of every back end, and the back ends this host lacks
 * @throws LawViolation with the back end, leaf and element that differ, or where the second call compiles again; UnknownOption, InvalidOption
 * @example testing.checkJit((x) => np.sum(np.exp(x)), [array([1, 2])]).worst // { wasm: 0, js: 0, interpreter: 0 }
 */
export const checkJit = <const A extends readonly unknown[]>(
  f: (...args: any[]) => unknown,
  args: A,
  options: CheckJitOptions = {},
): JitReport => {
  requireFunction("checkJit", f);
  requireOptions("checkJit", options, ["backends", "rtol", "otherArgs", "seed"]);
  const { backends = ["wasm", "js", "interpreter"], rtol, seed = 0 } = options;
  requireBackends("checkJit", backends);
  const { arrays, treedef } = flattenArrays(args, "checkJit");
  const other =
    options.otherArgs === undefined
      ? arrays.map((x, k) => nearby(x as ConcreteArray, seed + k))
      : flattenArrays(options.otherArgs, "checkJit, otherArgs").arrays;
  const call = f as (...all: unknown[]) => unknown;
  const apply = (g: typeof call, inputs: readonly NDArray[]): FlatArrays =>
    flattenArrays(g(...(unflatten(treedef, inputs) as unknown[])), "checkJit");
  const worst: Record<string, number> = {};
  const replaced: Record<string, Backend> = {};
  for (const backend of backends) {
    const asked = `checkJit of ${nameOf(f as unknown as AnyFunction)} on ${backend}`;
    const present = presentBackend(backend);
    if (backend !== "auto" && present !== backend) replaced[backend] = present;
    const compiled = jit(call, { backend });
    const first = compare(asked, apply(compiled, arrays), apply(call, arrays), rtol);
    const before = { ...counts };
    const seen = apply(compiled, other);
    if (counts.traces !== before.traces || counts.compilations !== before.compilations)
      throw new LawViolation(
        asked,
        `a second call with arguments of the same types made ${counts.traces - before.traces} traces and ${counts.compilations - before.compilations} compilations`,
        "Make no jit inside the function, and let nothing it closes over change",
      );
    worst[backend] = Math.max(first, compare(`${asked}, second call`, seen, apply(call, other), rtol));
  }
  return { worst, replaced };
};

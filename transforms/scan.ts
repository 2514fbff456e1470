/**
 * scan: a loop that carries a state and collects one result per step, traced once whatever its length.
 * map is a scan without state, foriLoop one without rows.
 */
import { InvalidOption, LoopLength, TreeMismatch } from "../src/error.ts";
import { describeValue, showValue } from "../src/describe.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { requireOptions } from "../src/options.ts";
import { leafPaths, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction, FlatArrays } from "./flat.ts";
import { stageBody } from "./loop-body.ts";
import type { StagedBody } from "./loop-body.ts";
import { scanInSegments, segmentLengths } from "./checkpointed-scan.ts";
import type { ScanCheckpoint } from "./checkpointed-scan.ts";
import type { Arrays, Cotangent, Given, Result } from "./types.ts";

export interface ScanOptions {
  /** Number of steps; needed where `xs` has no arrays, checked where it has. */
  readonly length?: number;
  /** Visit the rows of `xs` from last to first; results keep the place of their row. */
  readonly reverse?: boolean;
  /**
   * Reverse mode keeps the carry at the start of every segment and runs the segment again: the segment length,
   * "sqrt" for segments of the square root of the length, or { levels } for nested segments.
   */
  readonly checkpoint?: ScanCheckpoint;
}

const requireLength = (
  asked: string,
  { arrays, treedef }: FlatArrays,
  length?: number,
  remedy = "Give { length } where there are no rows",
): number => {
  if (length !== undefined && !(Number.isInteger(length) && length >= 0))
    throw new InvalidOption(asked, `length ${showValue(length)}`, "The number of steps is a whole number from 0");
  const paths = leafPaths(treedef);
  const at = (k: number): string => (paths[k] === "" ? "xs" : `xs${paths[k]!}`);
  const scalar = arrays.findIndex(({ shape }) => shape.length === 0);
  if (scalar >= 0)
    throw new LoopLength(
      asked,
      `${at(scalar)} is ${showAval(arrays[scalar]!)}, without a leading axis to step along`,
      "Every array in xs has one row per step; close over what does not change",
    );
  const lengths = arrays.map(({ shape }) => shape[0]!);
  const steps = length ?? lengths[0];
  if (steps === undefined) throw new LoopLength(asked, "xs has no arrays, so the number of steps is not known", remedy);
  if (lengths.some((other) => other !== steps))
    throw new LoopLength(
      asked,
      `${[...(length === undefined ? [] : [`length is ${length}`]), ...lengths.map((other, k) => `${at(k)} has ${other} rows`)].join(", ")}`,
      "All leading axes have the length of the loop",
    );
  return steps;
};

const requirePair = (asked: string, result: unknown): readonly [carry: unknown, y: unknown] => {
  if (Array.isArray(result) && result.length === 2) return result as [unknown, unknown];
  // What is no tree at all, such as the promise of an async body, is named as everywhere.
  flattenArrays(result, `output of ${asked}`);
  throw new TreeMismatch(asked, `the body returned ${describeValue(result)}`, "Return [carry, y]; y may be null");
};

/** What one step receives of an array of xs. */
const rowType = ({ shape, dtype, weakType }: Aval): Aval => ({ shape: shape.slice(1), dtype, weakType });

/** How often and in which order a staged body runs. */
interface Steps {
  readonly length: number;
  readonly reverse?: boolean;
  readonly segments?: readonly number[];
}

/** Runs a staged body over rows: the last carry, then the rest of all steps, stacked. */
export const runBody = (
  { closed, init }: StagedBody,
  rows: readonly NDArray[],
  { length, reverse = false, segments = [] }: Steps,
): readonly NDArray[] => {
  const { jaxpr, constants } = closed;
  const params = {
    jaxpr: constantsAsInputs(jaxpr),
    length,
    reverse,
    constCount: constants.length,
    carryCount: init.length,
  };
  return scanInSegments([...constants, ...init, ...rows], params, segments);
};

/**
 * Runs `f` over the rows of `xs`, carrying a state: [carry, ys] with ys the results of all steps, stacked.
 * @param f        (carry, x) => [carry, y]; carry keeps its tree, shapes and dtypes; y is any tree (null for nothing)
 * @param init     the first carry; numbers take the type that the body gives them
 * @param xs       tree of arrays with equal leading axes, or null
 * @param options  length (needed for xs null), reverse, checkpoint
 * @returns        [last carry, ys]; every array of ys has the steps as leading axis
 * @throws LoopLength, CarryMismatch (every differing path is listed), UnknownOption
 * Derivatives: forward and reverse, any order; reverse mode keeps the residuals of every step,
 * with checkpoint those of one segment and the carries between segments.
 * Cost: `f` is traced once; length steps.
 * @example scan((sum, x) => [sum.add(x), sum], 0, array([1, 2, 3])) // [6, [0, 1, 3]]
 */
export const scan = <Init, X, Y, C = Arrays<Init>>(
  f: (carry: C, x: X) => readonly [NoInfer<C>, Y],
  init: Given<Init, C>,
  xs: X,
  options: ScanOptions = {},
): [Result<C>, Cotangent<Y>] => {
  requireFunction("scan", f);
  requireOptions("scan", options, ["length", "reverse", "checkpoint"]);
  const asked = `scan of ${nameOf(f as AnyFunction)}`;
  const state = flattenArrays(init, `${asked}, initial state`);
  const rows = flattenArrays(xs, `${asked}, xs`);
  const length = requireLength(asked, rows, options.length);
  let outTree: Treedef | null = null;
  const staged = stageBody(
    asked,
    (carry, row) => {
      const [next, y] = requirePair(asked, f(unflatten(state.treedef, carry) as C, unflatten(rows.treedef, row) as X));
      const stacked = flattenArrays(y, `${asked}, y`);
      outTree = stacked.treedef;
      return { state: flattenArrays(next, `${asked}, carry`), rest: stacked.arrays };
    },
    state,
    rows.arrays.map(rowType),
  );
  const segments = options.checkpoint === undefined ? [] : segmentLengths(asked, length, options.checkpoint);
  const results = runBody(staged, rows.arrays, { length, reverse: options.reverse === true, segments });
  const count = staged.init.length;
  return [
    unflatten(state.treedef, results.slice(0, count)) as Result<C>,
    unflatten(outTree!, results.slice(count)) as Cotangent<Y>,
  ];
};

/**
 * Applies `f` to every row of `xs`, one after the other, and stacks the results: a vmap that needs the memory of one row.
 * @param xs  tree of arrays with equal leading axes
 * @throws LoopLength
 * Derivatives: forward and reverse, any order.
 * @example map((x) => np.sum(x), array([[1, 2], [3, 4]])) // [3, 7]
 */
export const map = <X, Y>(f: (x: X) => Y, xs: X, options: Readonly<Record<string, never>> = {}): Cotangent<Y> => {
  requireFunction("map", f);
  requireOptions("map", options, []);
  const asked = `map of ${nameOf(f as AnyFunction)}`;
  const rows = flattenArrays(xs, `${asked}, xs`);
  const length = requireLength(asked, rows, undefined, "Give at least one array");
  const none = flattenArrays(null, asked);
  let outTree: Treedef | null = null;
  const staged = stageBody(
    asked,
    (_, row) => {
      const out = flattenArrays(f(unflatten(rows.treedef, row) as X), `output of ${asked}`);
      outTree = out.treedef;
      return { state: none, rest: out.arrays };
    },
    none,
    rows.arrays.map(rowType),
  );
  return unflatten(outTree!, runBody(staged, rows.arrays, { length })) as Cotangent<Y>;
};

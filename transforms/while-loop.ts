/**
 * whileLoop: a loop whose number of steps depends on values; foriLoop: a counted loop.
 */
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../src/error.ts";
import { isInteger, isWeakWhole } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { isConcrete } from "../src/array/ndarray.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { bind, stageFunction } from "../src/ir/trace.ts";
import { unflatten } from "../src/tree/tree.ts";
import { add, full } from "../ops/arithmetic.ts";
import { lt } from "../ops/comparison.ts";
import { asDType } from "../ops/conversion.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction, FlatArrays } from "./flat.ts";
import { stageBody } from "./loop-body.ts";
import type { StagedBody } from "./loop-body.ts";
import { runBody } from "./scan.ts";
import type { Arrays, Given, Result } from "./types.ts";
import { whileCall } from "./while-call.ts";

/** One truth value. */
const requirePredicate = (asked: string, { arrays, treedef }: FlatArrays): NDArray => {
  const [holds] = arrays;
  if (treedef.kind !== "leaf" || holds!.shape.length > 0)
    throw new ShapeMismatch(
      asked,
      treedef.kind === "leaf" ? `the condition is ${showAval(holds!)}` : `the condition is a tree ${treedef.text}`,
      "A condition is one truth value: reduce with np.any or np.all",
    );
  if (holds!.dtype !== "bool")
    throw new DTypeMismatch(asked, `the condition is ${showAval(holds!)}`, "Compare: np.less, np.notEqual, ...");
  return holds!;
};

/**
 * init, body(init), body(body(init)), ... until the condition no longer holds.
 * @param condition  state to one boolean
 * @param body       state to the next state, of the same tree, shapes and dtypes
 * @returns          the first state for which the condition does not hold
 * @throws CarryMismatch listing every path that changes; ReverseModeOfWhile in reverse mode
 * Derivatives: forward mode, any order. Under vmap it runs until all examples are done; finished ones stay as they are.
 * @example whileLoop((x) => np.less(x, 100), (x) => x.mul(2), array(3)) // 192
 */
export const whileLoop = <X, S = Arrays<X>>(
  condition: (state: S) => NDArray | boolean,
  body: (state: S) => NoInfer<S>,
  init: Given<X, S>,
): Result<S> => {
  requireFunction("whileLoop", condition);
  requireFunction("whileLoop", body);
  const asked = `whileLoop of ${nameOf(body as AnyFunction)}`;
  const state = flattenArrays(init, `${asked}, initial state`);
  const { treedef } = state;
  const staged = stageBody(
    asked,
    (own) => ({ state: flattenArrays(body(unflatten(treedef, own) as S), `${asked}, state`), rest: [] }),
    state,
    [],
  );
  const results = runWhile(asked, staged, (own) =>
    requirePredicate(asked, flattenArrays(condition(unflatten(treedef, own) as S), `${asked}, condition`)),
  );
  return unflatten(treedef, results) as Result<S>;
};

/** Runs a staged body while the condition holds: the last state. */
const runWhile = (
  asked: string,
  { closed, init }: StagedBody,
  condition: (state: readonly NDArray[]) => NDArray,
): readonly NDArray[] => {
  const test = stageFunction(`the condition of ${asked}`, (own) => [condition(own)], init.map(avalOf));
  return bind(whileCall.primitive, [...test.constants, ...closed.constants, ...init], {
    condition: constantsAsInputs(test.jaxpr),
    body: constantsAsInputs(closed.jaxpr),
    conditionConstants: test.constants.length,
    bodyConstants: closed.constants.length,
  });
};

/** A bound of a counted loop: a number where it is known, else an int32 scalar. */
const requireBound = (asked: string, name: string, bound: NDArray | number): NDArray | number => {
  const {
    arrays: [array],
    treedef,
  } = flattenArrays(bound, `${asked}, ${name}`);
  if (treedef.kind !== "leaf" || array!.shape.length > 0)
    throw new ShapeMismatch(
      asked,
      `${name} is ${treedef.kind === "leaf" ? showAval(array!) : `a tree ${treedef.text}`}`,
      "Bounds are single integers",
    );
  return boundOf(asked, name, array!);
};

const boundOf = (asked: string, name: string, array: NDArray): NDArray | number => {
  const type = `${name} is ${isConcrete(array) && array.weakType !== false ? array.item() : showAval(array)}`;
  if (!isInteger(array.dtype) && !isWeakWhole(array.weakType))
    throw new DTypeMismatch(asked, type, 'Bounds are integers: convert with astype("int32")');
  if (!isConcrete(array) && array.dtype === "uint32")
    throw new DTypeMismatch(asked, type, 'Indices are int32: convert with astype("int32")');
  if (!isConcrete(array)) return asDType(array, "int32");
  const value = array.item();
  if (!(value >= -(2 ** 31) && value < 2 ** 31))
    throw new InvalidOption(asked, `${name} is ${value}`, "Indices are int32: bounds lie from -2^31 to 2^31 - 1");
  return value;
};

const asInt32 = (bound: NDArray | number): NDArray => (typeof bound === "number" ? full(bound, [], "int32") : bound);

/**
 * body(lower, init), then body(lower + 1, ...), up to upper - 1.
 * @param body   (index, state) => state, of the same tree, shapes and dtypes; index is an int32 scalar
 * @returns      the last state; init if upper <= lower
 * @throws CarryMismatch listing every path that changes
 * Derivatives: with bounds that are known when traced, forward and reverse, any order (it is a scan); with traced
 * bounds forward mode only (it is a whileLoop).
 * @example foriLoop(0, 4, (i, sum) => sum.add(i), array(0)) // 6
 */
export const foriLoop = <X, S = Arrays<X>>(
  lower: NDArray | number,
  upper: NDArray | number,
  body: (index: NDArray, state: S) => NoInfer<S>,
  init: Given<X, S>,
): Result<S> => {
  requireFunction("foriLoop", body);
  const asked = `foriLoop of ${nameOf(body as AnyFunction)}`;
  const [first, last] = [requireBound(asked, "lower", lower), requireBound(asked, "upper", upper)];
  const state = flattenArrays(init, `${asked}, initial state`);
  const one = full(1, [], "int32");
  const isCounted = typeof first === "number" && typeof last === "number";
  const counters = [asInt32(first), ...(isCounted ? [] : [asInt32(last)])];
  const staged = stageBody(
    asked,
    ([index, ...rest]) => {
      const [end, own] = [rest.slice(0, counters.length - 1), rest.slice(counters.length - 1)];
      const next = add(index!, one);
      const { arrays, treedef } = flattenArrays(body(index!, unflatten(state.treedef, own) as S), `${asked}, state`);
      return { state: { arrays: [next, ...end, ...arrays], treedef }, rest: [] };
    },
    { arrays: [...counters, ...state.arrays], treedef: state.treedef },
    [],
  );
  const results = isCounted
    ? runBody(staged, [], { length: Math.max(0, last - first) })
    : runWhile(asked, staged, ([index, end]) => lt(index!, end!));
  return unflatten(state.treedef, results.slice(counters.length)) as Result<S>;
};

/**
 * Elements chosen by conditions or numbers: where, select, choose, piecewise, place.
 * All alternatives are computed; the derivative goes to the one chosen.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, sameShape, showShape } from "../../src/array/shape.ts";
import { full, fullLike, sub, zerosOf } from "../../ops/arithmetic.ts";
import { eq, ne, select as selectOf } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { gather } from "../../ops/indexing.ts";
import { reshape } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { remainder } from "./elementwise.ts";
import { asOperand, broadcastArray, promote, requireList, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { nonzero } from "./places.ts";
import type { NonzeroOptions } from "./places.ts";
import { modulo, nearest } from "./selected-elements.ts";
import { flattened } from "./true-places.ts";

const asCondition = (x: NDArray): NDArray => (x.dtype === "bool" ? x : ne(x, zerosOf(x.shape, x.dtype)));

/** Transforms read its types off the last signature: vmap(np.where)(condition, x, y). */
interface Where {
  (condition: Operand, options?: NonzeroOptions): NDArray[];
  (condition: Operand, x: Operand, y: Operand): NDArray;
}

/**
 * Elements of `x` where the condition holds, of `y` elsewhere; the condition may be numbers (nonzero is true).
 * The gradient of the branch not taken is 0 times its own: a NaN there stays NaN, so make the
 * argument itself safe first (`np.where(x.greater(0), np.sqrt(np.where(x.greater(0), x, 1)), 0)`).
 * With the condition alone: its places, as nonzero, with the same options.
 * @example
 * np.where(array([true, false]), 1, array([3, 4])) // [1, 4]
 * np.where(array([0, 5, 6])) // [[1, 2]]
 */
export const where: Where = ((condition: Operand, ...branches: readonly unknown[]) => {
  const raw = asOperand("np.where", condition);
  if (branches.length < 2 && !(branches[0] instanceof NDArray) && typeof branches[0] !== "number")
    return nonzero(raw, branches[0] ?? {});
  const [onTrue, onFalse] = promote("np.where", branches.slice(0, 2));
  if (onFalse === undefined)
    throw new InvalidOption("np.where", "one branch", "Give two branches, or none for the places of the condition");
  const test = asCondition(raw);
  const shape = broadcastShapes("np.where", test.shape, onTrue!.shape);
  return selectOf(broadcastArray(test, shape), broadcastArray(onTrue!, shape), broadcastArray(onFalse, shape));
}) as Where;

/** All in one dtype and one shape. */
const alike = (asked: string, list: readonly Operand[], shapes: readonly (readonly number[])[]): NDArray[] => {
  const arrays = list.map((x) => asOperand(asked, x));
  const { dtype } = resultType(arrays);
  const shape = broadcastShapes(asked, ...arrays.map((x) => x.shape), ...shapes);
  return arrays.map((x) => broadcastArray(toDType(x, dtype), shape));
};

/**
 * Elements of the choice whose condition is the first to hold, `otherwise` where none does.
 * @param conditions  bool arrays
 * @param choices     as many arrays; all broadcast together
 * @param otherwise   0 by default
 * @example np.select([array([true, false, false]), array([true, true, false])], [1, 2], 9) // [1, 2, 9]
 */
export const select = (
  conditions: readonly Operand[],
  choices: readonly Operand[],
  otherwise: Operand = 0,
): NDArray => {
  requireList("np.select", "conditions", conditions);
  requireList("np.select", "choices", choices);
  if (conditions.length !== choices.length || conditions.length === 0)
    throw new ShapeMismatch(
      "np.select",
      `${conditions.length} conditions and ${choices.length} choices`,
      "Give one choice per condition, at least one",
    );
  const tests = conditions.map((condition) => asCondition(asOperand("np.select", condition)));
  const [fallback, ...arrays] = alike(
    "np.select",
    [otherwise, ...choices],
    tests.map((test) => test.shape),
  );
  return arrays.reduceRight(
    (rest, choice, k) => selectOf(broadcastArray(tests[k]!, choice.shape), choice, rest),
    fallback!,
  );
};

export interface ChooseOptions {
  /** Numbers of choices that do not exist: the nearest ("clip", default), or modulo their number ("wrap"). */
  readonly mode?: "clip" | "wrap";
}

/**
 * Every element from the choice whose number stands in its place.
 * @param numbers  integers; broadcasts with the choices
 * @example np.choose(array([1, 0], { dtype: "int32" }), [array([1, 2]), array([3, 4])]) // [3, 2]
 */
export const choose = (numbers: NDArray, choices: readonly Operand[], options: ChooseOptions = {}): NDArray => {
  requireOptions("np.choose", options, ["mode"]);
  const { mode = "clip" } = options;
  if (mode !== "clip" && mode !== "wrap")
    throw new InvalidOption("np.choose", `mode ${showValue(mode)}`, 'Use "clip" or "wrap"');
  requireList("np.choose", "choices", choices);
  if (choices.length === 0) throw new InvalidOption("np.choose", "no choices", "Give at least one");
  const raw = asOperand("np.choose", numbers);
  const arrays = alike("np.choose", choices, [raw.shape]);
  const own = broadcastArray(raw, arrays[0]!.shape);
  const number = mode === "clip" ? nearest(own, choices.length) : modulo(own, choices.length);
  return arrays.reduce((chosen, choice, k) => selectOf(eq(number, fullLike(k, number)), choice, chosen));
};

/** A function of the elements, or what stands in their place. */
export type Piece = Operand | ((x: NDArray) => Operand);

/**
 * A function in pieces: each is used where its condition holds, the last condition that holds counts. One more
 * piece than conditions is used where none does; else 0. Functions are called once with all of x.
 * @param conditions  bool arrays of the shape of x
 * @param pieces      functions or values
 * @example const x = array([-2, 3]); np.piecewise(x, [x.less(0)], [(v) => v.neg(), 7]) // [2, 7]
 */
export const piecewise = (x: Operand, conditions: readonly Operand[], pieces: readonly Piece[]): NDArray => {
  const own = asOperand("np.piecewise", x);
  requireList("np.piecewise", "conditions", conditions);
  requireList("np.piecewise", "pieces", pieces);
  const extra = pieces.length - conditions.length;
  if (extra !== 0 && extra !== 1)
    throw new ShapeMismatch(
      "np.piecewise",
      `${conditions.length} conditions and ${pieces.length} pieces`,
      "Give one piece per condition, or one more for the rest",
    );
  const values = pieces.map((piece) => {
    const value = asOperand("np.piecewise", typeof piece === "function" ? piece(own) : piece);
    return broadcastArray(toDType(value, own.dtype), own.shape);
  });
  const rest = extra === 1 ? values.at(-1)! : zerosOf(own.shape, own.dtype);
  return conditions.reduce<NDArray>((chosen, condition, k) => {
    const test = asCondition(asOperand("np.piecewise", condition));
    return selectOf(broadcastArray(test, own.shape), values[k]!, chosen);
  }, rest);
};

/**
 * The array with the elements where the mask holds replaced by values, taken in turn and from the front again.
 * @param mask    shape of x
 * @param values  at least one; cast to the dtype of x
 * @example np.place(array([1, 2, 3]), array([true, false, true]), array([7, 8])) // [7, 2, 8]
 */
export const place = (x: Operand, mask: Operand, values: Operand): NDArray => {
  const own = asOperand("np.place", x);
  const test = asCondition(asOperand("np.place", mask));
  const list = flattened(toDType(asOperand("np.place", values), own.dtype));
  if (!sameShape(test.shape, own.shape) || list.size === 0)
    throw new ShapeMismatch(
      "np.place",
      `a mask ${showShape(test.shape)} and ${list.size} values for shape ${showShape(own.shape)}`,
      "The mask has the shape of x; give at least one value",
    );
  const line = flattened(test);
  const rank = sub(cumsum(asDType(line, "int32"), { axis: 0, reverse: false }), full(1, line.shape, "int32"));
  const turn = remainder(rank, list.size) as NDArray;
  const taken = gather(list, reshape(turn, { shape: [line.size, 1] }), { mode: "drop", batchDims: 0 });
  return reshape(selectOf(line, taken, flattened(own)), { shape: own.shape });
};

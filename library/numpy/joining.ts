/**
 * Arrays put together and taken apart: concatenate, stack, append, block, split, unstack and their kin.
 * Dtypes are promoted together, as for any operands. All of it is linear in the arrays.
 */
import { showValue } from "../../src/describe.ts";
import { IndexOutOfRange, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxis, sameShape, showShape } from "../../src/array/shape.ts";
import * as shapes from "../../ops/shape.ts";
import * as slicing from "../../ops/slicing.ts";
import { requireOptions } from "../../src/options.ts";
import { atleast1d, atleast2d, atleast3d, expandDims } from "./manipulation.ts";
import type { Operand } from "./operand.ts";
import { asOperand, toDType } from "./operand.ts";
import { flattened } from "./true-places.ts";

/** The arrays of a list in their common dtype. An array counts as the list of its parts along the first axis. */
const sameTypes = (asked: string, list: readonly Operand[] | NDArray): NDArray[] => {
  if (list instanceof NDArray) return sameTypes(asked, unstack(list));
  if (!Array.isArray(list) || list.length === 0)
    throw new InvalidOption(asked, "an empty list", "Give at least one array, in a list");
  const arrays = (list as readonly Operand[]).map((x) => asOperand(asked, x));
  const { dtype } = resultType(arrays);
  return arrays.map((x) => toDType(x, dtype));
};

/** One axis, 0 by default. */
export interface JoinOptions {
  readonly axis?: number;
}

export interface ConcatenateOptions {
  /** One axis, 0 by default; null joins the flattened arrays. */
  readonly axis?: number | null;
}

/**
 * Arrays joined along an existing axis.
 * @example np.concatenate([array([1]), array([2, 3])]) // [1, 2, 3]
 */
export const concatenate = (list: readonly Operand[] | NDArray, options: ConcatenateOptions = {}): NDArray => {
  requireOptions("np.concatenate", options, ["axis"]);
  const arrays = sameTypes("np.concatenate", list);
  const { axis = 0 } = options;
  if (axis === null) return joined(arrays.map(flattened), 0);
  return joined(arrays, normalizeAxis("np.concatenate", axis, arrays[0]!.ndim));
};

const joined = (arrays: readonly NDArray[], axis: number): NDArray =>
  arrays.length === 1 ? arrays[0]! : slicing.join(arrays, axis);

/**
 * Arrays of one shape joined along a new axis.
 * @example np.stack([array([1, 2]), array([3, 4])], { axis: 1 }) // [[1, 3], [2, 4]]
 */
export const stack = (list: readonly Operand[] | NDArray, options: JoinOptions = {}): NDArray => {
  requireOptions("np.stack", options, ["axis"]);
  const arrays = sameTypes("np.stack", list);
  const { shape } = arrays[0]!;
  if (arrays.some((x) => !sameShape(x.shape, shape)))
    throw new ShapeMismatch(
      "np.stack",
      `shapes ${arrays.map((each) => showShape(each.shape)).join(", ")}`,
      "All arrays need one shape",
    );
  const axis = normalizeAxis("np.stack", options.axis ?? 0, shape.length + 1);
  return joined(
    arrays.map((x) => expandDims(x, axis)),
    axis,
  );
};

/**
 * Arrays joined as rows: vectors become matrices of one row, others are joined along axis 0.
 * @example np.vstack([array([1, 2]), array([3, 4])]) // [[1, 2], [3, 4]]
 */
export const vstack = (list: readonly Operand[] | NDArray): NDArray =>
  concatenate(sameTypes("np.vstack", list).map((x) => atleast2d(x)));

/**
 * Arrays joined side by side: vectors along axis 0, others along axis 1.
 * @example np.hstack([array([[1], [2]]), array([[3], [4]])]) // [[1, 3], [2, 4]]
 */
export const hstack = (list: readonly Operand[] | NDArray): NDArray => {
  const arrays = sameTypes("np.hstack", list).map((x) => atleast1d(x));
  return concatenate(arrays, { axis: arrays[0]!.ndim === 1 ? 0 : 1 });
};

/**
 * Arrays joined along the third axis: vectors become [1, n, 1], matrices [m, n, 1].
 * @example np.dstack([array([1, 2]), array([3, 4])]) // [[[1, 3], [2, 4]]]
 */
export const dstack = (list: readonly Operand[] | NDArray): NDArray =>
  concatenate(
    sameTypes("np.dstack", list).map((x) => atleast3d(x)),
    { axis: 2 },
  );

/**
 * Vectors as columns of a matrix; matrices as they are, side by side.
 * @example np.columnStack([array([1, 2]), array([3, 4])]) // [[1, 3], [2, 4]]
 */
export const columnStack = (list: readonly Operand[] | NDArray): NDArray => {
  const columns = sameTypes("np.columnStack", list).map((x) =>
    x.ndim < 2 ? shapes.reshape(x, { shape: [x.size, 1] }) : x,
  );
  return concatenate(columns, { axis: 1 });
};

/**
 * Values joined to the end: flattened by default, or along an axis.
 * @example np.append(array([[1, 2]]), array([3])) // [1, 2, 3]
 */
export const append = (x: Operand, values: Operand, options: ConcatenateOptions = {}): NDArray => {
  requireOptions("np.append", options, ["axis"]);
  return concatenate([x, values], { axis: options.axis ?? null });
};

/** An array, or lists of blocks as deep as the rows, columns, .. they stand for. */
export type Blocks = Operand | readonly Blocks[];

/** Depth of the lists, the same everywhere. */
const depthOf = (blocks: Blocks, path: string): number => {
  if (!Array.isArray(blocks)) return 0;
  if (blocks.length === 0) throw new InvalidOption("np.block", `an empty list at ${path}`, "Give at least one block");
  const depths = (blocks as readonly Blocks[]).map((each, k) => depthOf(each, `${path}[${k}]`));
  if (depths.some((depth) => depth !== depths[0]))
    throw new ShapeMismatch("np.block", `lists of different depth at ${path}`, "Nest all blocks equally deep");
  return depths[0]! + 1;
};

/** Number of axes of the result: the lists' depth, or what the largest block has. */
const rankOf = (blocks: Blocks): number =>
  Array.isArray(blocks)
    ? (blocks as readonly Blocks[]).reduce<number>((rank, each) => Math.max(rank, rankOf(each)), 0)
    : asOperand("np.block", blocks).ndim;

/**
 * Arrays put together from nested lists of blocks: the innermost lists are joined along the last axis, those around
 * them along the one before, and so on. Blocks with too few axes get axes of size 1 in front.
 * @example np.block([[np.ones([1, 1]), np.zeros([1, 2])], [2 , array([3, 4])]]) // [[1, 0, 0], [2, 3, 4]]
 */
export const block = (blocks: Blocks): NDArray => {
  const depth = depthOf(blocks, "blocks");
  const rank = Math.max(depth, rankOf(blocks));
  const assemble = (part: Blocks, level: number): NDArray => {
    if (Array.isArray(part))
      return concatenate(
        (part as readonly Blocks[]).map((each) => assemble(each, level - 1)),
        { axis: rank - level },
      );
    const own = asOperand("np.block", part);
    return shapes.reshape(own, { shape: [...new Array<number>(rank - own.ndim).fill(1), ...own.shape] });
  };
  return assemble(blocks, depth);
};

// --- Taken apart ------------------------------------------------------------------------------

/** Parts between neighbouring cuts; a cut beyond the axis counts as its end, a negative one from the end. */
const parts = (x: NDArray, cuts: readonly number[], axis: number): NDArray[] => {
  const extent = x.shape[axis]!;
  const inside = cuts.map((cut) => Math.min(extent, Math.max(0, cut < 0 ? cut + extent : cut)));
  const bounds = [0, ...inside, extent];
  return bounds.slice(1).map((to, k) => slicing.sliceAxis(x, axis, bounds[k]!, Math.max(to, bounds[k]!)));
};

const splitWith = (
  asked: string,
  x: Operand,
  sections: number | readonly number[],
  axis: number,
  isEven: boolean,
): NDArray[] => {
  const own = asOperand(asked, x);
  const at = normalizeAxis(asked, axis, own.ndim);
  const extent = own.shape[at]!;
  if (typeof sections !== "number") {
    if (!Array.isArray(sections) || !sections.every(Number.isSafeInteger))
      throw new IndexOutOfRange(asked, `positions ${showValue(sections)}`, "Cut at whole numbers: give their list");
    return parts(own, sections, at);
  }
  if (!Number.isSafeInteger(sections) || sections < 1 || (isEven && extent % sections !== 0))
    throw new ShapeMismatch(
      asked,
      `${extent} elements in ${sections} sections`,
      isEven
        ? "The sections must divide the axis; use arraySplit, or give a list of positions"
        : "The number of sections is whole and at least 1",
    );
  // The first `extent % sections` parts have one element more.
  const [least, longer] = [Math.floor(extent / sections), extent % sections];
  const cuts = Array.from({ length: sections - 1 }, (_, k) => (k + 1) * least + Math.min(k + 1, longer));
  return parts(own, cuts, at);
};

/**
 * Equal parts along an axis, or the parts between given positions (as slices: negative ones count from the end).
 * @example np.split(array([1, 2, 3, 4]), [1]) // [[1], [2, 3, 4]]
 */
export const split = (x: Operand, sections: number | readonly number[], options: JoinOptions = {}): NDArray[] => {
  requireOptions("np.split", options, ["axis"]);
  return splitWith("np.split", x, sections, options.axis ?? 0, true);
};

/**
 * As split, with parts that may differ by one element: the first ones are longer.
 * @example np.arraySplit(array([1, 2, 3]), 2) // [[1, 2], [3]]
 */
export const arraySplit = (x: Operand, sections: number | readonly number[], options: JoinOptions = {}): NDArray[] => {
  requireOptions("np.arraySplit", options, ["axis"]);
  return splitWith("np.arraySplit", x, sections, options.axis ?? 0, false);
};

/**
 * Parts by rows.
 * @example np.vsplit(array([[1, 2], [3, 4]]), 2) // [[[1, 2]], [[3, 4]]]
 */
export const vsplit = (x: Operand, sections: number | readonly number[]): NDArray[] =>
  splitWith("np.vsplit", atRank("np.vsplit", x, 2), sections, 0, true);

/**
 * Parts by columns; of a vector along its one axis.
 * @example np.hsplit(array([[1, 2], [3, 4]]), 2) // [[[1], [3]], [[2], [4]]]
 */
export const hsplit = (x: Operand, sections: number | readonly number[]): NDArray[] => {
  const own = atRank("np.hsplit", x, 1);
  return splitWith("np.hsplit", own, sections, own.ndim === 1 ? 0 : 1, true);
};

/**
 * Parts along the third axis.
 * @example np.dsplit(np.zeros([1, 2, 4]), 2).map((part) => part.shape) // [[1, 2, 2], [1, 2, 2]]
 */
export const dsplit = (x: Operand, sections: number | readonly number[]): NDArray[] =>
  splitWith("np.dsplit", atRank("np.dsplit", x, 3), sections, 2, true);

const atRank = (asked: string, x: Operand, rank: number): NDArray => {
  const own = asOperand(asked, x);
  if (own.ndim < rank)
    throw new ShapeMismatch(
      asked,
      `shape ${showShape(own.shape)}`,
      `Give at least ${rank} ${rank === 1 ? "axis" : "axes"}`,
    );
  return own;
};

/**
 * The arrays along an axis, in a list.
 * @example np.unstack(array([[1, 2], [3, 4]])) // [[1, 2], [3, 4]]
 */
export const unstack = (x: Operand, options: JoinOptions = {}): NDArray[] => {
  requireOptions("np.unstack", options, ["axis"]);
  const own = asOperand("np.unstack", x);
  const axis = normalizeAxis("np.unstack", options.axis ?? 0, own.ndim);
  const shape = own.shape.toSpliced(axis, 1);
  return Array.from({ length: own.shape[axis]! }, (_, k) =>
    shapes.reshape(slicing.sliceAxis(own, axis, k, k + 1), { shape }),
  );
};

export { concatenate as concat };

/**
 * Diagonals and traces of matrices in the last two axes, and products of chains of matrices.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { diagonalOf } from "../../ops/matrices.ts";
import { reduceSum } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { matmul } from "../numpy/products.ts";

const stackOperand = (asked: string, x: Operand): NDArray => {
  const own = asOperand(asked, x);
  if (own.ndim < 2)
    throw new ShapeMismatch(asked, `shape ${showShape(own.shape)}`, "Give a matrix, or matrices in the last two axes");
  return own;
};

export interface OffsetOption {
  /** Columns the diagonal lies above the main one; negative below. Default 0. */
  readonly offset?: number;
}

/**
 * Diagonals of the matrices in the last two axes (np.diagonal takes the first two).
 * @param x        shape [..., m, n]
 * @param options  { offset }
 * @returns  shape [..., length]
 * @throws ShapeMismatch, InvalidOption
 * @example linalg.diagonal(array([[1, 2], [3, 4]]), { offset: 1 }) // [2]
 */
export const diagonal = (x: Operand, options: OffsetOption = {}): NDArray => {
  requireOptions("linalg.diagonal", options, ["offset"]);
  const { offset = 0 } = options;
  if (!Number.isSafeInteger(offset))
    throw new InvalidOption("linalg.diagonal", `offset ${showValue(offset)}`, "Diagonals are counted by whole numbers");
  return diagonalOf(stackOperand("linalg.diagonal", x), offset);
};

/**
 * Sums of the diagonals of the matrices in the last two axes; booleans count.
 * @param x        shape [..., m, n]
 * @param options  { offset }
 * @throws ShapeMismatch, InvalidOption
 * @example linalg.trace(array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])) // [5, 13]
 */
export const trace = (x: Operand, options: OffsetOption = {}): NDArray => {
  const along = diagonal(x, options);
  return reduceSum(along.dtype === "bool" ? toDType(along, "int32") : along, { axes: [along.ndim - 1] });
};

/** Splitting points that need the fewest multiplications for a chain of matrices of sizes[k] x sizes[k + 1]. */
const bestSplits = (sizes: readonly number[]): readonly (readonly number[])[] => {
  const count = sizes.length - 1;
  const costs = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  const splits = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (let length = 2; length <= count; length++)
    for (let from = 0; from + length <= count; from++) {
      const to = from + length - 1;
      costs[from]![to] = Infinity;
      for (let split = from; split < to; split++) {
        const cost = costs[from]![split]! + costs[split + 1]![to]! + sizes[from]! * sizes[split + 1]! * sizes[to + 1]!;
        if (cost < costs[from]![to]!) {
          costs[from]![to] = cost;
          splits[from]![to] = split;
        }
      }
    }
  return splits;
};

/**
 * Product of a chain of matrices in the order that needs the fewest multiplications.
 * @param list  matrices; the first and the last may be vectors, a row and a column
 * @throws ShapeMismatch, InvalidOption for an empty list
 * @example linalg.multiDot([array([1, 1]), array([[1, 2], [3, 4]]), array([1, 1])]) // 10
 */
export const multiDot = (list: readonly Operand[]): NDArray => {
  if (!Array.isArray(list) || list.length === 0)
    throw new InvalidOption("linalg.multiDot", "no list of matrices", "Give a list of one or more");
  const chain = list.map((x) => asOperand("linalg.multiDot", x));
  chain.forEach((x, k) => {
    const isEnd = k === 0 || k === chain.length - 1;
    if (x.ndim !== 2 && !(isEnd && x.ndim === 1))
      throw new ShapeMismatch(
        "linalg.multiDot",
        `shape ${showShape(x.shape)} at place ${k} of ${chain.length}`,
        "Give matrices; the first and the last may be vectors",
      );
  });
  const first = chain[0]!;
  const sizes = chain.map((x, k) => (k === 0 && x.ndim === 1 ? 1 : x.shape[0]!));
  sizes.push(chain.at(-1)!.ndim === 1 ? 1 : chain.at(-1)!.shape[1]!);
  if (chain.length === 1) return first;
  const splits = bestSplits(sizes);
  const product = (from: number, to: number): NDArray => {
    if (from === to) return chain[from]!;
    const split = splits[from]![to]!;
    return matmul(product(from, split), product(split + 1, to));
  };
  return product(0, chain.length - 1);
};

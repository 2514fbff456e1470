/**
 * What an evaluation says, as rows: the objective first, then each constraint; a value and a slope per variable.
 * Units cancel: slopes are per fraction of a variable's range, and every row is divided by its largest slope.
 */
import { ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sameShape, showShape } from "../../src/array/shape.ts";
import { requireSameTree } from "../../src/tree/tree.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import { flattenArrays } from "../../transforms/flat.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { full } from "../numpy/creation.ts";
import { isfinite, logicalAnd } from "../numpy/elementwise.ts";
import { concatenate } from "../numpy/joining.ts";
import "../numpy/methods.ts";
import { toDType } from "../numpy/operand.ts";
import { all } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import { floatLeaves } from "./constrained-variables.ts";
import type { Evaluation } from "./types.ts";

export interface Rows {
  /** Objective and constraints, shape [1 + m], float64. */
  readonly values: NDArray;
  /** Their derivatives by the variables, shape [1 + m, n]. */
  readonly slopes: NDArray;
}

/** The scalar objective. @throws ShapeMismatch */
export const objectiveOf = (asked: string, value: NDArray): NDArray => {
  if (value.ndim > 0)
    throw new ShapeMismatch(asked, `an objective of shape ${showShape(value.shape)}`, "An objective is a scalar");
  return toDType(value, "float64");
};

/** Leaves of a tree of derivatives as a matrix of `rows` rows, each leaf with that axis in front (without it for null). */
const slopesOf = (asked: string, params: FlatArrays, derivatives: unknown, rows: number | null): NDArray => {
  const { arrays, treedef } = flattenArrays(derivatives, `${asked}, gradients`);
  requireSameTree(`the gradients given to ${asked}`, params.treedef, treedef);
  const parts = arrays.map((leaf, k) => {
    const own = params.arrays[k]!.shape;
    const wanted = rows === null ? own : [rows, ...own];
    if (!sameShape(leaf.shape, wanted))
      throw new ShapeMismatch(
        asked,
        `a gradient of shape ${showShape(leaf.shape)} where ${showShape(wanted)} is expected`,
        rows === null
          ? "Give the gradient that grad makes"
          : "Give the gradients of all constraints, as jacrev makes them",
      );
    return toDType(leaf, "float64").reshape([rows ?? 1, params.arrays[k]!.size]);
  });
  return parts.length === 1 ? parts[0]! : concatenate(parts, { axis: 1 });
};

/** The values of the constraints, shape [m], or null without any. @throws ShapeMismatch */
export const constraintsOf = <P>(
  asked: string,
  { constraints, constraintGradients }: Evaluation<P>,
): NDArray | null => {
  if (constraints === undefined && constraintGradients === undefined) return null;
  if (constraints === undefined || constraintGradients === undefined)
    throw new ShapeMismatch(
      asked,
      constraints === undefined
        ? "gradients of constraints without their values"
        : "constraints without their gradients",
      "Give both: constraints of shape [m], and constraintGradients as jacrev makes them",
    );
  if (constraints.ndim !== 1)
    throw new ShapeMismatch(
      asked,
      `constraints of shape ${showShape(constraints.shape)}`,
      "Constraints have shape [m]: a single one is an array of length 1",
    );
  return constraints.size === 0 ? null : toDType(constraints, "float64");
};

/**
 * Values and derivatives of objective and constraints in the users' units.
 * Without constraints one that always holds stands in their place, so that every method has a row to work with.
 * @throws ShapeMismatch, TreeMismatch, DTypeMismatch
 */
export const rowsOf = <P>(asked: string, evaluation: Evaluation<P>, params: P): Rows => {
  const flat = floatLeaves(asked, params);
  const first = slopesOf(asked, flat, evaluation.gradient, null);
  const constraints = constraintsOf(asked, evaluation);
  const others =
    constraints === null
      ? full(first.shape, 0)
      : slopesOf(asked, flat, evaluation.constraintGradients, constraints.size);
  return {
    values: concatenate([objectiveOf(asked, evaluation.value).reshape([1]), constraints ?? full([1], -1)]),
    slopes: concatenate([first, others]),
  };
};

/** Whether all numbers are finite, and the rows with zeros in the place of others, so that nothing after them can fail. */
export const finiteRows = ({ values, slopes }: Rows): { readonly rows: Rows; readonly isFinite: NDArray } => {
  const isFinite = logicalAnd(all(isfinite(values)), all(isfinite(slopes)));
  return {
    rows: { values: where(isFinite, values, 0), slopes: where(isFinite, slopes, 0) },
    isFinite,
  };
};

export interface ScaledRows extends Rows {
  /** What each row was divided by, shape [1 + m]: its largest slope; where all are 0 its value, or 1. */
  readonly scale: NDArray;
}

/** Rows per fraction of the variables' ranges, the largest slope of each being 1. */
export const scaledRows = ({ values, slopes }: Rows, range: NDArray): ScaledRows => {
  const perRange = slopes.mul(range);
  const largest = perRange.abs().max({ axis: 1 });
  const size = values.abs();
  const scale = where(largest.greater(0), largest, where(size.greater(0), size, 1));
  return { values: values.div(scale), slopes: perRange.div(scale.reshape([scale.size, 1])), scale };
};

/** All rows but the objective's. */
export const constraintRows = (rows: NDArray): NDArray => sliceAxis(rows, 0, 1, rows.shape[0]!);

/** The objective's row. */
export const objectiveRow = (rows: NDArray): NDArray => sliceAxis(rows, 0, 0, 1).reshape(rows.shape.slice(1));

/** How far the worst constraint is from holding, in the users' units; 0 where all hold. */
export const largestViolation = (values: NDArray): NDArray => constraintRows(values).max().maximum(0);

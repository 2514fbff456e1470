/**
 * A contraction as matrix products: the axes of its operands become two batch indices, rows, columns and a depth, with one
 * stride each. Neighbouring axes merge where the stride of the outer is the inner's stride times its length; an operand
 * whose axes do not merge has to be copied first.
 */
import type { ContractionAxes } from "../contraction.ts";
import { type Shape, elementCount, rowMajorStrides } from "../numeric-array.ts";
import type { Lanes } from "./lanes.ts";

/** Strides of one operand, in elements. */
export interface MatrixStrides {
  readonly outer: number;
  readonly inner: number;
  readonly free: number;
  readonly depth: number;
}

/** result[outer, inner, i, j] = sum over k of a[outer, inner, i, k] b[outer, inner, k, j]; lengths and strides in elements. */
export interface MatrixProduct {
  readonly lanes: Lanes;
  readonly outer: number;
  readonly inner: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: MatrixStrides;
  readonly b: MatrixStrides;
}

/** Axes that run together: their length, and a stride for every operand. */
interface Axis {
  readonly length: number;
  readonly strides: readonly number[];
}

/** Row-major axes with neighbours merged where every operand allows it. */
function merged(axes: readonly Axis[]): Axis[] {
  const list: Axis[] = [];
  for (const axis of axes) {
    const last = list.at(-1);
    if (axis.length === 1) continue;
    if (last !== undefined && last.strides.every((stride, k) => stride === axis.strides[k]! * axis.length))
      list[list.length - 1] = { length: last.length * axis.length, strides: axis.strides };
    else list.push(axis);
  }
  return list;
}

const freeAxes = (shape: Shape, side: 0 | 1, { contract, batch }: ContractionAxes): number[] =>
  [...shape.keys()].filter((axis) => !contract[side].includes(axis) && !batch[side].includes(axis));

/** The order of axes in which an operand merges surely, and its strides once it is copied so. */
function copyOrder(shape: Shape, side: 0 | 1, axes: ContractionAxes): number[] {
  const free = freeAxes(shape, side, axes);
  const depth = axes.contract[side];
  return [...axes.batch[side], ...(side === 0 ? [...free, ...depth] : [...depth, ...free])];
}

function stridesAfter(shape: Shape, order: readonly number[] | null): number[] {
  if (order === null) return rowMajorStrides(shape);
  const copied = rowMajorStrides(order.map((axis) => shape[axis]!));
  return shape.map((_, axis) => copied[order.indexOf(axis)]!);
}

/** Per operand the order in which its axes are copied, or null. */
export type Copies = readonly (readonly number[] | null)[];

/** The product, or null if some group of axes does not merge. */
function mergeAxes(
  lanes: Lanes,
  shapes: readonly [Shape, Shape],
  axes: ContractionAxes,
  copies: Copies,
): MatrixProduct | null {
  const strides = shapes.map((shape, side) => stridesAfter(shape, copies[side]!));
  const paired = ([left, right]: ContractionAxes["batch"]): Axis[] =>
    merged(
      left.map((axis, k) => ({
        length: shapes[0][axis]!,
        strides: [strides[0]![axis]!, strides[1]![right[k]!]!],
      })),
    );
  const own = (side: 0 | 1): Axis[] =>
    merged(
      freeAxes(shapes[side], side, axes).map((axis) => ({
        length: shapes[side][axis]!,
        strides: [strides[side]![axis]!],
      })),
    );
  const [batch, depth, rows, columns] = [paired(axes.batch), paired(axes.contract), own(0), own(1)];
  if (batch.length > 2 || depth.length > 1 || rows.length > 1 || columns.length > 1) return null;
  const [outer, inner] = [...new Array<Axis>(2 - batch.length).fill({ length: 1, strides: [0, 0] }), ...batch];
  const single = (list: readonly Axis[]): Axis => list[0] ?? { length: 1, strides: [1, 1] };
  const side = (operand: 0 | 1, free: Axis): MatrixStrides => ({
    outer: outer!.strides[operand]!,
    inner: inner!.strides[operand]!,
    free: free.strides[0]!,
    depth: single(depth).strides[operand]!,
  });
  return {
    lanes,
    outer: outer!.length,
    inner: inner!.length,
    m: single(rows).length,
    n: single(columns).length,
    k: single(depth).length,
    a: side(0, single(rows)),
    b: side(1, single(columns)),
  };
}

/** The product, and the copies that it needs: as few elements as possible, of the operands given to it. */
export function matrixProduct(
  lanes: Lanes,
  shapes: readonly [Shape, Shape],
  axes: ContractionAxes,
): { readonly product: MatrixProduct; readonly copies: Copies } {
  const [aOrder, bOrder] = [copyOrder(shapes[0], 0, axes), copyOrder(shapes[1], 1, axes)];
  const single: Copies[] = [
    [aOrder, null],
    [null, bOrder],
  ];
  if (elementCount(shapes[1]) < elementCount(shapes[0])) single.reverse();
  for (const copies of [[null, null], ...single] as Copies[]) {
    const product = mergeAxes(lanes, shapes, axes, copies);
    if (product !== null) return { product, copies };
  }
  const copies = [aOrder, bOrder];
  return { product: mergeAxes(lanes, shapes, axes, copies)!, copies };
}

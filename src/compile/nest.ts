/**
 * Loop nests: a fused group becomes kernel IR. Kept axes are the outer loops, reduced axes the inner ones;
 * neighbouring axes that every access walks as one are merged, so contiguous data is one loop.
 * What does not vary in the inner loops is computed outside them.
 */
import { sizeOf, stridesOf } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { Buffer, NestGroup } from "./groups.ts";
import { localsRead } from "./kernel-ir.ts";
import type { Access, Nest, Statement } from "./kernel-ir.ts";
import { accumulators } from "./reduction.ts";
import type { ReducedLoops } from "./reduction.ts";

/** A loop and the distance it moves every access, in elements. */
interface Axis {
  extent: number;
  strides: number[];
  readonly isReduced: boolean;
}

/**
 * Axes in loop order, merged; `columns[a]` are the strides of access a along the axes of the shape.
 * @param run  an axis that stays apart from those outside it
 */
const mergedAxes = (
  shape: Shape,
  reduced: readonly number[],
  columns: readonly (readonly number[])[],
  run: number,
): Axis[] => {
  const merged: Axis[] = [];
  const order = shape.map((_, axis) => axis);
  for (const axis of [
    ...order.filter((candidate) => !reduced.includes(candidate)),
    ...order.filter((candidate) => reduced.includes(candidate)),
  ]) {
    const extent = shape[axis]!;
    if (extent === 1) continue;
    const strides = columns.map((column) => column[axis]!);
    const isReduced = reduced.includes(axis);
    const outer = merged.at(-1);
    if (
      outer !== undefined &&
      axis !== run &&
      outer.isReduced === isReduced &&
      outer.strides.every((stride, a) => stride === strides[a]! * extent)
    ) {
      outer.extent *= extent;
      outer.strides = strides;
    } else merged.push({ extent, strides, isReduced });
  }
  return merged;
};

/** Strides of the result of a reduction along the axes of its operand. */
const resultStrides = (shape: Shape, axes: readonly number[]): number[] => {
  const own = stridesOf(shape.filter((_, axis) => !axes.includes(axis)));
  let next = 0;
  return shape.map((_, axis) => (axes.includes(axis) ? 0 : own[next++]!));
};

/** Marks of the locals that some store or reduction needs. */
const neededLocals = (group: NestGroup): Uint8Array => {
  const needed = new Uint8Array(group.locals.length);
  const need = (value: ScalarExpression): void => localsRead(value).forEach((local) => (needed[local] = 1));
  group.stores.forEach(({ value }) => need(value));
  group.reductions.forEach(({ value }) => need(value));
  for (let k = group.steps.length - 1; k >= 0; k--) {
    const step = group.steps[k]!;
    if (step.kind === "set" && needed[step.local] === 1) need(step.value);
  }
  return needed;
};

/** The axis along which float sums run, the last reduced one that is longer than 1; -1 without such sums. */
const runAxis = ({ shape, axes, reductions }: NestGroup): number => {
  const hasSum = reductions.some(({ value, combine }) => combine === "sum" && isFloat(value.dtype));
  return hasSum ? Math.max(...(axes ?? []).filter((axis) => shape[axis] !== 1), -1) : -1;
};

/** The group as a nest; null if it stores nothing, or has nothing to store. */
export const buildNest = (group: NestGroup, buffers: readonly Buffer[]): Nest | null => {
  if (group.stores.length === 0 && group.reductions.length === 0) return null;
  const { shape, axes } = group;
  const reduced = axes ?? [];
  const isEmpty = sizeOf(shape) === 0;
  if (isEmpty && (axes === null || sizeOf(shape.filter((_, axis) => !axes.includes(axis))) === 0)) return null;
  const needed = neededLocals(group);
  const steps = isEmpty ? [] : group.steps.filter(({ local }) => needed[local] === 1);
  const stores = isEmpty ? [] : group.stores;

  // Every access has a column of strides: loads, then stores, then results of reductions.
  const loads = steps.flatMap((step) => (step.kind === "load" ? [step] : []));
  const results = group.reductions.map(() => resultStrides(shape, reduced));
  const columns = [...loads.map(({ view }) => view.strides), ...stores.map(() => stridesOf(shape)), ...results];
  const loops = mergedAxes(shape, reduced, columns, runAxis(group));
  const keptDepth = loops.filter((loop) => !loop.isReduced).length;
  const accessAt = (column: number, buffer: number, offset: number): Access => ({
    buffer,
    dtype: buffers[buffer]!.dtype,
    offset,
    strides: loops.flatMap(({ strides }, counter) =>
      strides[column] === 0 ? [] : [{ counter, stride: strides[column]! }],
    ),
  });

  const depths = new Int32Array(group.locals.length);
  const bodies: Statement[][] = Array.from({ length: loops.length + 1 }, () => []);
  const depthOf = (value: ScalarExpression): number =>
    localsRead(value).reduce((depth, local) => Math.max(depth, depths[local]!), 0);
  let column = 0;
  for (const step of steps) {
    if (step.kind === "load") {
      const access = accessAt(column++, step.buffer, step.view.offset);
      const depth = (access.strides.at(-1)?.counter ?? -1) + 1;
      depths[step.local] = depth;
      bodies[depth]!.push({ kind: "load", local: step.local, access });
    } else {
      const depth = depthOf(step.value);
      depths[step.local] = depth;
      bodies[depth]!.push({ kind: "set", local: step.local, value: step.value });
    }
  }
  for (const { value, buffer } of stores)
    bodies[loops.length]!.push({ kind: "store", access: accessAt(column++, buffer, 0), value });
  const locals: DType[] = [...group.locals];
  const outputs = group.reductions.map(({ value, combine, buffer }) => ({
    value,
    combine,
    access: accessAt(column++, buffer, 0),
  }));
  const reducedLoops: ReducedLoops = {
    bodies: bodies.slice(keptDepth),
    extents: loops.slice(keptDepth).map(({ extent }) => extent),
    first: keptDepth,
    counters: loops.length,
  };
  const { statements, counters } =
    outputs.length === 0
      ? { statements: bodies[loops.length]!, counters: loops.length }
      : accumulators(reducedLoops, outputs, locals);
  let body: readonly Statement[] = statements;
  for (let depth = keptDepth - 1; depth >= 0; depth--)
    body = [...bodies[depth]!, { kind: "loop", counter: depth, extent: loops[depth]!.extent, body }];
  return { name: `nest${group.index}`, locals, counters, body };
};

/**
 * Where values are found while equations are put into groups. A value computed in a group is a local there and stored only
 * if others need it; a value in memory is a view of a buffer, and copied only for those that need the whole in order.
 */
import { InvalidJaxpr } from "../error.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import type { DType } from "../array/dtype.ts";
import { sameShape } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import type { Atom, Variable } from "../ir/jaxpr.ts";
import type { ScalarExpression, StridedView } from "../ir/lowering.ts";
import { constantExpression } from "../ir/lowering.ts";
import type { Constants } from "./constants.ts";
import type { Buffer, Group, NestGroup } from "./groups.ts";
import { contiguous } from "./strided-views.ts";

/** Where the value of a variable is found. */
export type Binding =
  /** A local of a group, stored to `buffer` once somebody outside needs it. */
  | {
      readonly kind: "local";
      readonly group: number;
      readonly value: ScalarExpression;
      buffer: number;
      readonly shape: Shape;
    }
  /** A view of a buffer, readable from group `ready` on. */
  | {
      readonly kind: "view";
      readonly ready: number;
      readonly buffer: number;
      readonly view: StridedView;
      readonly dtype: DType;
    }
  | { readonly kind: "constant"; readonly value: ConcreteArray };

/** A view of a buffer. */
export type Stored = Extract<Binding, { kind: "view" }>;

/** Equations in one group: engines limit locals and slow down on long functions. */
const largestGroup = 150;

/** The program as far as it is put together. */
export interface State {
  readonly groups: Group[];
  readonly buffers: Buffer[];
  readonly bindings: Map<Variable, Binding>;
  readonly constants: Constants;
  /** Latest group of every iteration shape. */
  readonly latest: Map<string, NestGroup>;
  /** Locals of a group that hold a buffer's element, by group, buffer and view. */
  readonly loaded: Map<string, ScalarExpression>;
  /** Contiguous copies of views, by buffer and view. */
  readonly copies: Map<string, Stored>;
  /** Named scope of the equation being placed. */
  scope: string | undefined;
  readonly onFrame: boolean;
  readonly threads: number;
}

/** The number of a new buffer. */
export const newBuffer = (state: State, shape: Shape, dtype: DType): number => {
  state.buffers.push({ shape, dtype });
  return state.buffers.length - 1;
};

/** Where the value of the atom is found. */
export const bindingOf = (state: State, atom: Atom): Binding => {
  if (atom.kind === "literal") return { kind: "constant", value: atom.value };
  const binding = state.bindings.get(atom);
  if (binding === undefined)
    throw new InvalidJaxpr(
      "compilation of a jaxpr",
      "a variable is used before it is bound",
      "Report this: a rule or pass built an invalid jaxpr",
    );
  return binding;
};

/** The binding as a view of a buffer; a local is stored for that. */
export const stored = (state: State, binding: Exclude<Binding, { kind: "constant" }>): Stored => {
  if (binding.kind === "view") return binding;
  const { group, value, shape } = binding;
  if (binding.buffer < 0) {
    binding.buffer = newBuffer(state, shape, value.dtype);
    (state.groups[group] as NestGroup).stores.push({ value, buffer: binding.buffer });
  }
  return { kind: "view", ready: group + 1, buffer: binding.buffer, view: contiguous(shape), dtype: value.dtype };
};

/** First group in which elements of the operand can be used. */
export const levelOf = (binding: Binding): number =>
  binding.kind === "constant" ? 0 : binding.kind === "view" ? binding.ready : binding.group;

const accepts = (
  group: Group | undefined,
  shape: Shape,
  level: number,
  axes: readonly number[] | null,
): group is NestGroup =>
  group?.kind === "nest" &&
  group.index >= level &&
  group.size < largestGroup &&
  sameShape(group.shape, shape) &&
  (axes === null || group.axes === null || sameShape(axes, group.axes));

/**
 * A group over this shape for an equation of these operands, with these reduced axes if there are any.
 * Where an operand is a local, its own group comes first; else the latest, where the result is likely used.
 */
export const groupFor = (
  state: State,
  shape: Shape,
  operands: readonly Binding[],
  axes: readonly number[] | null,
): NestGroup => {
  let level = 0;
  for (const operand of operands) level = Math.max(level, levelOf(operand));
  const key = shape.join(",");
  const latest = state.latest.get(key);
  const own = operands.some((operand) => operand.kind === "local" && operand.group === level)
    ? state.groups[level]
    : undefined;
  for (const candidate of [own, latest]) {
    if (!accepts(candidate, shape, level, axes)) continue;
    candidate.size++;
    if (state.scope !== undefined) candidate.scopes.add(state.scope);
    candidate.axes ??= axes;
    return candidate;
  }
  const group: NestGroup = {
    kind: "nest",
    index: state.groups.length,
    shape,
    axes,
    size: 1,
    locals: [],
    steps: [],
    reductions: [],
    stores: [],
    scopes: new Set(state.scope === undefined ? [] : [state.scope]),
  };
  state.groups.push(group);
  state.latest.set(key, group);
  return group;
};

/** One element of the operand as an expression inside the loops of the group. */
export const elementIn = (state: State, group: NestGroup, binding: Binding): ScalarExpression => {
  if (binding.kind === "constant") return constantExpression(binding.value.item(), binding.value.dtype);
  if (binding.kind === "local" && binding.group === group.index) return binding.value;
  const { buffer, view, dtype } = stored(state, binding);
  const key = `${group.index} ${buffer} ${view.offset} ${view.strides.join(",")}`;
  let element = state.loaded.get(key);
  if (element === undefined) {
    element = { op: "local", index: group.locals.length, dtype };
    group.locals.push(dtype);
    group.steps.push({ kind: "load", local: element.index, buffer, view });
    state.loaded.set(key, element);
  }
  return element;
};

/** Computes the expression in the group, once. */
export const compute = (group: NestGroup, value: ScalarExpression): ScalarExpression => {
  const local = group.locals.length;
  group.locals.push(value.dtype);
  group.steps.push({ kind: "set", local, value });
  return { op: "local", index: local, dtype: value.dtype };
};

/** The value in a buffer of its own. */
export const newCopy = (state: State, operand: Binding, shape: Shape): Stored => {
  const group = groupFor(state, shape, [operand], null);
  const value = elementIn(state, group, operand);
  return stored(state, { kind: "local", group: group.index, value, buffer: -1, shape });
};

/** A contiguous copy of a view, made by a group of its own shape. */
export const copied = (state: State, operand: Stored): Stored => {
  const { shape, offset, strides } = operand.view;
  const key = `${operand.buffer} ${offset} ${shape.join(",")} ${strides.join(",")}`;
  let copy = state.copies.get(key);
  if (copy === undefined) {
    copy = newCopy(state, operand, shape);
    state.copies.set(key, copy);
  }
  return copy;
};

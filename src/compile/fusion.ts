/**
 * Fusion: equations are put into groups that run one after the other; a group is one loop nest or one routine.
 * Greedy and linear: an equation joins the group of its operands or the latest one of its iteration shape in
 * which its operands exist, else it opens a new one. A value computed in a group is a local there and stored only if others need it;
 * layout operations are strided views of stored values and cost nothing.
 */
import type { PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { InvalidJaxpr } from "../error.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import type { DType } from "../array/dtype.ts";
import { sameShape, sizeOf, stridesOf } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import type { Aval } from "../ir/aval.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import type { Combine, Control, Lowering, PrebuiltRoutine, ScalarExpression, StridedView } from "../ir/lowering.ts";
import { constantExpression } from "../ir/lowering.ts";
import type { Constants } from "./constants.ts";
import { findConstants } from "./constants.ts";

/** Storage of one value: contiguous, row-major. */
export interface Buffer {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Group that writes it; -1 for inputs. */
  readonly group: number;
}

/** One step inside the loops of a group. */
type Step =
  | { readonly kind: "load"; readonly local: number; readonly buffer: number; readonly view: StridedView }
  | { readonly kind: "set"; readonly local: number; readonly value: ScalarExpression };

interface Reduction {
  readonly value: ScalarExpression;
  readonly combine: Combine;
  readonly buffer: number;
}

/** Equations that share loops over `shape`; with `axes`, those axes are reduced. */
export interface NestGroup {
  readonly kind: "nest";
  readonly index: number;
  readonly shape: Shape;
  axes: readonly number[] | null;
  /** Number of equations. */
  size: number;
  readonly locals: DType[];
  readonly steps: Step[];
  readonly reductions: Reduction[];
  readonly stores: { readonly value: ScalarExpression; readonly buffer: number }[];
  /** Named scopes of its equations, for explanations. */
  readonly scopes: Set<string>;
}

/** A whole array as a routine or the caller sees it. */
export type Operand =
  /** One repeated value. */
  | { readonly kind: "constant"; readonly value: ConcreteArray; readonly aval: Aval }
  | { readonly kind: "buffer"; readonly buffer: number; readonly aval: Aval };

export interface RoutineGroup {
  readonly kind: "routine";
  readonly index: number;
  readonly equation: Equation;
  readonly operands: readonly Operand[];
  readonly results: readonly number[];
}

/** A call of a prebuilt kernel on the frame. */
export interface KernelGroup {
  readonly kind: "kernel";
  readonly index: number;
  readonly equation: Equation;
  readonly routine: PrebuiltRoutine;
  /** Calls that together are the routine and may run at the same time, each with a share of the scratch. */
  readonly calls: readonly PrebuiltCall[];
  /** Buffers of the operands, copied where the kernel asks for it. */
  readonly operands: readonly number[];
  readonly results: readonly number[];
  /** A buffer that nobody reads; null if the kernel needs none. */
  readonly scratch: number | null;
}

/** Loops or branches of the program. */
export interface ControlGroup {
  readonly kind: "control";
  readonly index: number;
  readonly equation: Equation;
  readonly control: Control<Jaxpr>;
  readonly operands: readonly ControlOperand[];
  readonly results: readonly number[];
}

/** A buffer, or the one value of all elements of an operand that no round changes: it is written into the bodies. */
export type ControlOperand = number | ConcreteArray;

type Group = NestGroup | RoutineGroup | KernelGroup | ControlGroup;

export interface FusedProgram {
  readonly groups: readonly Group[];
  readonly buffers: readonly Buffer[];
  /** Buffers 0, 1, .. belong to the inputs. */
  readonly inputCount: number;
  readonly outputs: readonly Operand[];
}

/** Where the value of a variable is found. */
type Binding =
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

type Stored = Extract<Binding, { kind: "view" }>;

/** Equations in one group: engines limit locals and slow down on long functions. */
const largestGroup = 150;

interface State {
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

const contiguous = (shape: Shape): StridedView => ({ offset: 0, shape, strides: stridesOf(shape) });

/** Whether the view is the whole buffer in order, perhaps under another shape. */
const isWhole = ({ offset, shape, strides }: StridedView, buffer: Buffer): boolean => {
  if (sizeOf(shape) !== sizeOf(buffer.shape)) return false;
  if (sizeOf(shape) === 0) return true;
  const expected = stridesOf(shape);
  return offset === 0 && shape.every((extent, axis) => extent === 1 || strides[axis] === expected[axis]);
};

const sameView = (left: StridedView, right: StridedView): boolean =>
  left.offset === right.offset && sameShape(left.shape, right.shape) && sameShape(left.strides, right.strides);

const newBuffer = (state: State, shape: Shape, dtype: DType, group: number): number => {
  state.buffers.push({ shape, dtype, group });
  return state.buffers.length - 1;
};

const bindingOf = (state: State, atom: Atom): Binding => {
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
const stored = (state: State, binding: Exclude<Binding, { kind: "constant" }>): Stored => {
  if (binding.kind === "view") return binding;
  const { group, value, shape } = binding;
  if (binding.buffer < 0) {
    binding.buffer = newBuffer(state, shape, value.dtype, group);
    (state.groups[group] as NestGroup).stores.push({ value, buffer: binding.buffer });
  }
  return { kind: "view", ready: group + 1, buffer: binding.buffer, view: contiguous(shape), dtype: value.dtype };
};

/** First group in which elements of the operand can be used. */
const levelOf = (binding: Binding): number =>
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
const groupFor = (
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
const elementIn = (state: State, group: NestGroup, binding: Binding): ScalarExpression => {
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
const compute = (group: NestGroup, value: ScalarExpression): ScalarExpression => {
  const local = group.locals.length;
  group.locals.push(value.dtype);
  group.steps.push({ kind: "set", local, value });
  return { op: "local", index: local, dtype: value.dtype };
};

/** Puts an equation into a group; gives the binding of its output. */
type Fusion = (state: State, operands: readonly Binding[], equation: Equation) => Binding;

const fuseElementwise: Fusion = (state, operands, equation) => {
  const { primitive, params, outputs } = equation;
  const { shape } = outputs[0]!.aval;
  if (primitive.lower.kind !== "elementwise")
    throw new InvalidJaxpr("fusion", `${primitive.name} is not elementwise`, "Report this");
  const group = groupFor(state, shape, operands, null);
  const elements = operands.map((operand) => elementIn(state, group, operand));
  const value = primitive.lower.expression(elements, params);
  const same = elements.indexOf(value);
  if (same >= 0 && operands[same]!.kind !== "constant") return operands[same]!;
  return { kind: "local", group: group.index, value: compute(group, value), buffer: -1, shape };
};

/** The value in a buffer of its own. */
const newCopy = (state: State, operand: Binding, shape: Shape): Stored => {
  const group = groupFor(state, shape, [operand], null);
  const value = elementIn(state, group, operand);
  return stored(state, { kind: "local", group: group.index, value, buffer: -1, shape });
};

/** A contiguous copy of a view, made by a group of its own shape. */
const copied = (state: State, operand: Stored): Stored => {
  const { shape, offset, strides } = operand.view;
  const key = `${operand.buffer} ${offset} ${shape.join(",")} ${strides.join(",")}`;
  let copy = state.copies.get(key);
  if (copy === undefined) {
    copy = newCopy(state, operand, shape);
    state.copies.set(key, copy);
  }
  return copy;
};

const fuseView: Fusion = (state, operands, { primitive, params, outputs }) => {
  const operand = operands[0]!;
  if (operand.kind === "constant" || primitive.lower.kind !== "view") return operand;
  const output = outputs[0]!.aval;
  const before = operand.kind === "view" ? operand.view : contiguous(operand.shape);
  const view = primitive.lower.view(before, params, output);
  if (view !== null && sameView(view, before)) return operand;
  const source = stored(state, operand);
  if (view !== null) return { ...source, view };
  const copy = copied(state, source);
  const fromCopy = primitive.lower.view(copy.view, params, output);
  if (fromCopy === null)
    throw new InvalidJaxpr(
      `lowering of ${primitive.name}`,
      "no view of a contiguous array",
      "Its lowering must give a view there",
    );
  return { ...copy, view: fromCopy };
};

/** The first operand as stored, readable when all operands are. */
const fuseBarrier: Fusion = (state, [first, ...others]) => {
  if (first!.kind === "constant") return first!;
  const source = stored(state, first!);
  return { ...source, ready: Math.max(source.ready, ...others.map(levelOf)) };
};

const fuseReduction: Fusion = (state, operands, { primitive, params, inputs, outputs }) => {
  const operand = operands[0]!;
  if (primitive.lower.kind !== "reduction") return operand;
  const axes = primitive.lower.axes(params);
  if (axes.length === 0) return operand;
  const group = groupFor(state, inputs[0]!.aval.shape, [operand], axes);
  const { shape, dtype } = outputs[0]!.aval;
  const value = elementIn(state, group, operand);
  const buffer = newBuffer(state, shape, dtype, group.index);
  group.reductions.push({ value, combine: primitive.lower.combine, buffer });
  return { kind: "view", ready: group.index + 1, buffer, view: contiguous(shape), dtype };
};

/** The whole value as one contiguous array. */
const wholeOperand = (state: State, atom: Atom): Operand => {
  const binding = bindingOf(state, atom);
  const { aval } = atom;
  if (binding.kind === "constant") return { kind: "constant", value: binding.value, aval };
  const source = stored(state, binding);
  const whole = isWhole(source.view, state.buffers[source.buffer]!) ? source : copied(state, source);
  return { kind: "buffer", buffer: whole.buffer, aval };
};

/** Buffers of the operands of a kernel, with the axes it asks for; constants are written to buffers. */
const kernelOperands = (state: State, equation: Equation, { copies }: PrebuiltCall): number[] =>
  equation.inputs.map((atom, k) => {
    const binding = bindingOf(state, atom);
    // All elements of a constant are equal, so it has any order of axes.
    if (binding.kind === "constant") return newCopy(state, binding, atom.aval.shape).buffer;
    const source = stored(state, binding);
    const permutation = copies?.[k] ?? null;
    if (permutation === null)
      return (isWhole(source.view, state.buffers[source.buffer]!) ? source : copied(state, source)).buffer;
    const { offset, shape, strides } = source.view;
    const view = {
      offset,
      shape: permutation.map((axis) => shape[axis]!),
      strides: permutation.map((axis) => strides[axis]!),
    };
    return copied(state, { ...source, view }).buffer;
  });

/** Where the scratch of every call begins in that of all, and the bytes of all. */
export const scratchOffsets = (calls: readonly PrebuiltCall[]): readonly number[] => {
  const offsets = [0];
  for (const { scratchBytes } of calls) offsets.push(offsets.at(-1)! + 16 * Math.ceil(scratchBytes / 16));
  return offsets;
};

/** The group of a routine: a kernel where the program runs on a frame and there is one for the types. */
const routineGroup = (state: State, equation: Equation): RoutineGroup | KernelGroup => {
  const { primitive, params, inputs, outputs } = equation;
  const avals = inputs.map(({ aval }) => aval);
  const routine =
    state.onFrame && primitive.lower.kind === "routine" ? (primitive.lower.prebuilt?.(avals, params) ?? null) : null;
  const newResults = (index: number): number[] =>
    outputs.map(({ aval }) => newBuffer(state, aval.shape, aval.dtype, index));
  // Copies that operands ask for are groups before this one.
  if (routine === null) {
    const operands = inputs.map((atom) => wholeOperand(state, atom));
    const index = state.groups.length;
    return { kind: "routine", index, equation, operands, results: newResults(index) };
  }
  const operands = kernelOperands(state, equation, routine.call);
  const index = state.groups.length;
  const results = newResults(index);
  const calls = (state.threads > 1 && routine.call.parts?.(state.threads)) || [routine.call];
  const scratchBytes = scratchOffsets(calls).at(-1)!;
  const scratch = scratchBytes === 0 ? null : newBuffer(state, [scratchBytes], "bool", index);
  return { kind: "kernel", index, equation, routine, calls, operands, results, scratch };
};

/** The buffer of the whole value, which a constant is written to. */
const wholeBuffer = (state: State, atom: Atom): number => {
  const operand = wholeOperand(state, atom);
  if (operand.kind === "buffer") return operand.buffer;
  return newCopy(state, bindingOf(state, atom), atom.aval.shape).buffer;
};

/** First and last (exclusive) of the operands that are the same in every round. */
const fixedOperands = (control: Control<Jaxpr>, count: number): readonly [number, number] => {
  if (control.kind === "scan") return [0, control.constCount];
  return control.kind === "while" ? [0, control.conditionConstants + control.bodyConstants] : [1, count];
};

const controlGroup = (state: State, equation: Equation): ControlGroup => {
  const { primitive, params, inputs, outputs } = equation;
  if (primitive.lower.kind !== "control")
    throw new InvalidJaxpr("fusion", `${primitive.name} is no control flow`, "Report this");
  const control = primitive.lower.control(params) as Control<Jaxpr>;
  const [from, to] = fixedOperands(control, inputs.length);
  const operands = inputs.map((atom, k) => {
    const binding = bindingOf(state, atom);
    return binding.kind === "constant" && k >= from && k < to ? binding.value : wholeBuffer(state, atom);
  });
  const index = state.groups.length;
  const results = outputs.map(({ aval }) => newBuffer(state, aval.shape, aval.dtype, index));
  return { kind: "control", index, equation, control, operands, results };
};

const addRoutine = (state: State, equation: Equation): void => {
  const isControl = state.onFrame && equation.primitive.lower.kind === "control";
  const group = isControl ? controlGroup(state, equation) : routineGroup(state, equation);
  const { index, results } = group;
  state.groups.push(group);
  equation.outputs.forEach(({ aval }, k) =>
    state.bindings.set(equation.outputs[k]!, {
      kind: "view",
      ready: index + 1,
      buffer: results[k]!,
      view: contiguous(aval.shape),
      dtype: aval.dtype,
    }),
  );
};

/** Where the output of an equation that is no routine is found, once the equation stands in a group. */
const fusions: Partial<Record<Lowering["kind"], Fusion>> = {
  elementwise: fuseElementwise,
  view: fuseView,
  barrier: fuseBarrier,
  reduction: fuseReduction,
};

const placeEquation = (state: State, equation: Equation): void => {
  state.scope = equation.scope;
  const [output] = equation.outputs;
  const constant = output === undefined ? undefined : state.constants.get(output);
  const fuseOne = fusions[equation.primitive.lower.kind];
  if (constant !== undefined) state.bindings.set(output!, { kind: "constant", value: constant });
  else if (fuseOne === undefined) addRoutine(state, equation);
  else {
    const operands = equation.inputs.map((atom) => bindingOf(state, atom));
    state.bindings.set(output!, fuseOne(state, operands, equation));
  }
};

const bindInput = (state: State, input: Variable): void => {
  const { shape, dtype } = input.aval;
  const buffer = newBuffer(state, shape, dtype, -1);
  const value = state.constants.get(input);
  if (value !== undefined) state.bindings.set(input, { kind: "constant", value });
  else state.bindings.set(input, { kind: "view", ready: 0, buffer, view: contiguous(shape), dtype });
};

/** The outputs, each in a buffer that is no input and no other output: whoever calls a body says where they go. */
const separateOutputs = (state: State, { inputs, outputs }: Jaxpr): Operand[] => {
  const taken = new Set(inputs.keys());
  return outputs.map((atom) => {
    let buffer = wholeBuffer(state, atom);
    if (taken.has(buffer)) ({ buffer } = newCopy(state, bindingOf(state, atom), atom.aval.shape));
    taken.add(buffer);
    return { kind: "buffer", buffer, aval: atom.aval };
  });
};

export interface FusionOptions {
  /** Inputs whose elements all have one value, which is known. */
  readonly known?: ReadonlyMap<Variable, ConcreteArray>;
  /** Whether the program works on a frame of memory, as prebuilt kernels, loops and branches do. */
  readonly onFrame: boolean;
  /** Whether it is the body of a loop or a branch. */
  readonly isBody: boolean;
  /** Threads that may share a step. */
  readonly threads: number;
}

/** Groups and buffers of a jaxpr without calls. */
export const fuse = (
  jaxpr: Jaxpr,
  { onFrame, isBody, threads, known }: FusionOptions = { onFrame: true, isBody: false, threads: 1 },
): FusedProgram => {
  const state: State = {
    groups: [],
    buffers: [],
    bindings: new Map(),
    constants: findConstants(jaxpr, known),
    latest: new Map(),
    loaded: new Map(),
    copies: new Map(),
    scope: undefined,
    onFrame,
    threads,
  };
  for (const input of jaxpr.inputs) bindInput(state, input);
  for (const equation of jaxpr.equations) placeEquation(state, equation);
  state.scope = undefined;
  const outputs = isBody ? separateOutputs(state, jaxpr) : jaxpr.outputs.map((atom) => wholeOperand(state, atom));
  return { groups: state.groups, buffers: state.buffers, inputCount: jaxpr.inputs.length, outputs };
};

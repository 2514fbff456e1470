/**
 * Fusion: equations are put into groups that run one after the other; a group is one loop nest or one routine.
 * Greedy and linear: an equation joins the group of its operands or the latest one of its iteration shape in
 * which its operands exist, else it opens a new one. A value computed in a group is a local there and stored only if others need it;
 * layout operations are strided views of stored values and cost nothing.
 */
import { InvalidJaxpr } from "../error.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { sameShape } from "../array/shape.ts";
import type { Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import type { Lowering, StridedView } from "../ir/lowering.ts";
import { findConstants } from "./constants.ts";
import type { FusedProgram, Operand } from "./groups.ts";
import { bindingOf, compute, copied, elementIn, groupFor, levelOf, newBuffer, newCopy, stored } from "./placing.ts";
import type { Binding, State } from "./placing.ts";
import { controlGroup, routineGroup, wholeBuffer, wholeOperand } from "./routine-groups.ts";
import { contiguous } from "./strided-views.ts";

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

const sameView = (left: StridedView, right: StridedView): boolean =>
  left.offset === right.offset && sameShape(left.shape, right.shape) && sameShape(left.strides, right.strides);

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
  const buffer = newBuffer(state, shape, dtype);
  group.reductions.push({ value, combine: primitive.lower.combine, buffer });
  return { kind: "view", ready: group.index + 1, buffer, view: contiguous(shape), dtype };
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
  const buffer = newBuffer(state, shape, dtype);
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

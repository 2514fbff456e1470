/**
 * Equations that are groups of their own: routines, prebuilt kernels and control flow. They take whole arrays, contiguous,
 * each in a buffer, or as a number where all elements are equal.
 */
import type { PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { InvalidJaxpr } from "../error.ts";
import { sizeOf } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import type { Atom, Equation, Jaxpr } from "../ir/jaxpr.ts";
import type { Control, StridedView } from "../ir/lowering.ts";
import { fixedOperands } from "./bodies.ts";
import type { ControlGroup, KernelGroup, Operand, RoutineGroup } from "./groups.ts";
import { bindingOf, copied, newBuffer, newCopy, stored } from "./placing.ts";
import type { State, Stored } from "./placing.ts";
import { isContiguous } from "./strided-views.ts";

/** Whether the view is the whole buffer in order, perhaps under another shape. */
const isWhole = (view: StridedView, shape: Shape): boolean =>
  sizeOf(view.shape) === sizeOf(shape) && (sizeOf(shape) === 0 || isContiguous(view));

/** The stored value as a whole buffer, itself or a copy. */
const inOrder = (state: State, source: Stored): Stored =>
  isWhole(source.view, state.buffers[source.buffer]!.shape) ? source : copied(state, source);

/** The whole value as one contiguous array. */
export const wholeOperand = (state: State, atom: Atom): Operand => {
  const binding = bindingOf(state, atom);
  const { aval } = atom;
  if (binding.kind === "constant") return { kind: "constant", value: binding.value, aval };
  const source = stored(state, binding);
  return { kind: "buffer", buffer: inOrder(state, source).buffer, aval };
};

/** Buffers of the operands of a kernel, with the axes it asks for; constants are written to buffers. */
const kernelOperands = (state: State, equation: Equation, { copies }: PrebuiltCall): number[] =>
  equation.inputs.map((atom, k) => {
    const binding = bindingOf(state, atom);
    // All elements of a constant are equal, so it has any order of axes.
    if (binding.kind === "constant") return newCopy(state, binding, atom.aval.shape).buffer;
    const source = stored(state, binding);
    const permutation = copies?.[k] ?? null;
    if (permutation === null) return inOrder(state, source).buffer;
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
export const routineGroup = (state: State, equation: Equation): RoutineGroup | KernelGroup => {
  const { primitive, params, inputs, outputs } = equation;
  const avals = inputs.map(({ aval }) => aval);
  const routine =
    state.onFrame && primitive.lower.kind === "routine" ? (primitive.lower.prebuilt?.(avals, params) ?? null) : null;
  const newResults = (): number[] => outputs.map(({ aval }) => newBuffer(state, aval.shape, aval.dtype));
  // Copies that operands ask for are groups before this one.
  if (routine === null) {
    const operands = inputs.map((atom) => wholeOperand(state, atom));
    const index = state.groups.length;
    return { kind: "routine", index, equation, operands, results: newResults() };
  }
  const operands = kernelOperands(state, equation, routine.call);
  const index = state.groups.length;
  const results = newResults();
  const calls = (state.threads > 1 && routine.call.parts?.(state.threads)) || [routine.call];
  const scratchBytes = scratchOffsets(calls).at(-1)!;
  const scratch = scratchBytes === 0 ? null : newBuffer(state, [scratchBytes], "bool");
  return { kind: "kernel", index, equation, routine, calls, operands, results, scratch };
};

/** The buffer of the whole value, which a constant is written to. */
export const wholeBuffer = (state: State, atom: Atom): number => {
  const operand = wholeOperand(state, atom);
  if (operand.kind === "buffer") return operand.buffer;
  return newCopy(state, bindingOf(state, atom), atom.aval.shape).buffer;
};

/** The group of loops or branches; numbers that no round changes are written into the bodies. */
export const controlGroup = (state: State, equation: Equation): ControlGroup => {
  const { primitive, params, inputs, outputs } = equation;
  if (primitive.lower.kind !== "control")
    throw new InvalidJaxpr("fusion", `${primitive.name} is no control flow`, "Report this");
  const control = primitive.lower.control(params) as Control<Jaxpr>;
  const isFixed = fixedOperands(control);
  const operands = inputs.map((atom, k) => {
    const binding = bindingOf(state, atom);
    return binding.kind === "constant" && isFixed(k) ? binding.value : wholeBuffer(state, atom);
  });
  const index = state.groups.length;
  const results = outputs.map(({ aval }) => newBuffer(state, aval.shape, aval.dtype));
  return { kind: "control", index, equation, control, operands, results };
};

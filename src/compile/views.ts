/**
 * Views that cancel: a chain of layout operations after which every element is back in its place, such as a transpose
 * of its inverse or a reshape to and fro, also with elementwise operations between. What the operations are called does
 * not matter, only the strides they give.
 */
import { sameShape, sizeOf } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import { variable } from "../ir/jaxpr.ts";
import type { Atom, Equation, Variable } from "../ir/jaxpr.ts";
import type { StridedView } from "../ir/lowering.ts";
import { contiguous, isContiguous } from "./strided-views.ts";

/** Longer chains are looked at from their end: work stays in proportion to the number of equations. */
const longestChain = 4;

/** Whether a view of an array of this shape, in row-major order, is the array itself. */
const isWhole = (view: StridedView, shape: Shape): boolean => sameShape(view.shape, shape) && isContiguous(view);

/** The chain's view of its first operand; null where strides cannot express it. */
const viewThrough = (chain: readonly Equation[]): StridedView | null => {
  let view: StridedView | null = contiguous(chain[0]!.inputs[0]!.aval.shape);
  for (const { primitive, params, outputs } of chain) {
    if (view === null || primitive.lower.kind !== "view") return null;
    view = primitive.lower.view(view, params, outputs[0]!.aval);
  }
  return view;
};

/** The value that a view shows again, itself or through views of it; null if it shows something else. */
export const shownAgain = (equation: Equation, definitions: ReadonlyMap<Variable, Equation>): Atom | null => {
  const chain = [equation];
  for (;;) {
    const source = chain[0]!.inputs[0]!;
    const view = viewThrough(chain);
    if (view !== null && isWhole(view, source.aval.shape)) return source;
    const before = source.kind === "variable" ? definitions.get(source) : undefined;
    if (before?.primitive.lower.kind !== "view" || chain.length === longestChain) return null;
    chain.unshift(before);
  }
};

/** What is known of the program around a view. */
interface Surroundings {
  readonly definitions: ReadonlyMap<Variable, Equation>;
  readonly constants: ReadonlyMap<Variable, unknown>;
  /** How often the variable is read, by equations that are placed and those that are to come. */
  readonly readsOf: (made: Variable) => number;
  readonly place: (equation: Equation) => readonly Atom[];
}

/** Elementwise operations that a view is moved through, at most. */
const longestWay = 16;

/** Places what a view makes of a value. */
type Making = () => Atom;

interface Way {
  /** Operations that may still be gone through. */
  left: number;
  /** Whether some operand needs no view any more. */
  cancels: boolean;
  /** Whether something is read elsewhere, so that it has to be computed as it is. */
  isShared: boolean;
}

/** The view of another value of the same shape as its operand. */
const viewOf = (view: Equation, atom: Atom): Equation => {
  const { dtype, weakType } = atom.aval;
  return { ...view, inputs: [atom], outputs: [variable({ ...view.outputs[0]!.aval, dtype, weakType })] };
};

/**
 * How the view of a value is made without a view of anything computed; null if it is not.
 * @param reads  how often the value is read on the way
 */
const making = (view: Equation, atom: Atom, reads: 0 | 1, around: Surroundings, way: Way): Making | null => {
  const placed: Making = () => around.place(viewOf(view, atom))[0]!;
  if (atom.kind === "literal" || around.constants.has(atom)) return placed;
  const made = around.definitions.get(atom);
  if (made === undefined) return null;
  const { kind } = made.primitive.lower;
  if (kind === "view") {
    const shown = shownAgain(viewOf(view, atom), around.definitions);
    if (shown === null) return sizeOf(made.inputs[0]!.aval.shape) < sizeOf(atom.aval.shape) ? placed : null;
    way.cancels = true;
    return () => shown;
  }
  if (kind !== "elementwise" || way.left-- <= 0) return null;
  if (around.readsOf(atom) > reads) way.isShared = true;
  const parts: Making[] = [];
  for (const input of made.inputs) {
    const part = making(view, input, 1, around, way);
    if (part === null) return null;
    parts.push(part);
  }
  const outputs = [variable({ ...made.outputs[0]!.aval, shape: view.outputs[0]!.aval.shape })];
  return () => around.place({ ...made, inputs: parts.map((part) => part()), outputs })[0]!;
};

/**
 * A view of an elementwise operation whose operands are views that it cancels: f(transpose x) transposed back is f(x).
 * Only where nothing else reads what is computed on the way, so that nothing is computed twice; `shared` is told else.
 */
export const cancelledThrough = (view: Equation, around: Surroundings, shared: () => void): Atom | null => {
  const [operand] = view.inputs;
  const made = operand?.kind === "variable" ? around.definitions.get(operand) : undefined;
  if (made?.primitive.lower.kind !== "elementwise") return null;
  const way: Way = { left: longestWay, cancels: false, isShared: false };
  const whole = making(view, operand!, 0, around, way);
  if (whole === null || !way.cancels) return null;
  if (way.isShared) shared();
  return way.isShared ? null : whole();
};

/**
 * How a primitive is lowered, and the scalar expressions elementwise primitives are written in.
 * An expression is plain data that every back end prints: `call` names a function of kernels/elementary or
 * kernels/scalar-math.ts, everything else is an instruction of the machine.
 */
import type { PrebuiltCall, PrebuiltModule } from "../../kernels/prebuilt/module.ts";
import type { DType } from "../array/dtype.ts";
import type { Aval } from "./aval.ts";

export type UnaryName = "neg" | "abs" | "sqrt" | "floor" | "ceil" | "trunc" | "nearest" | "not";
export type BinaryName = "add" | "sub" | "mul" | "div" | "max" | "min" | "and" | "or" | "xor" | "shl" | "shr";
export type CompareName = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

export type ScalarExpression =
  | { readonly op: "local"; readonly index: number; readonly dtype: DType }
  | { readonly op: "constant"; readonly value: number; readonly dtype: DType }
  | { readonly op: "unary"; readonly name: UnaryName; readonly x: ScalarExpression; readonly dtype: DType }
  | {
      readonly op: "binary";
      readonly name: BinaryName;
      readonly x: ScalarExpression;
      readonly y: ScalarExpression;
      readonly dtype: DType;
    }
  | {
      readonly op: "compare";
      readonly name: CompareName;
      readonly x: ScalarExpression;
      readonly y: ScalarExpression;
      readonly dtype: "bool";
    }
  | {
      readonly op: "select";
      readonly condition: ScalarExpression;
      readonly x: ScalarExpression;
      readonly y: ScalarExpression;
      readonly dtype: DType;
    }
  | { readonly op: "convert"; readonly x: ScalarExpression; readonly dtype: DType }
  | {
      readonly op: "call";
      readonly function: string;
      readonly args: readonly ScalarExpression[];
      readonly dtype: DType;
    };

/** An instruction on one operand. */
export const unaryExpression = (name: UnaryName, x: ScalarExpression): ScalarExpression => ({
  op: "unary",
  name,
  x,
  dtype: x.dtype,
});

/** An instruction on two operands of one dtype. */
export const binaryExpression = (name: BinaryName, x: ScalarExpression, y: ScalarExpression): ScalarExpression => ({
  op: "binary",
  name,
  x,
  y,
  dtype: x.dtype,
});

/** A comparison, giving bool. */
export const compareExpression = (name: CompareName, x: ScalarExpression, y: ScalarExpression): ScalarExpression => ({
  op: "compare",
  name,
  x,
  y,
  dtype: "bool",
});

/** A call of a function by name. Elementary ones compute in the dtype of the first argument; others in float64, rounded to it. */
export const callExpression = (name: string, ...args: readonly ScalarExpression[]): ScalarExpression => ({
  op: "call",
  function: name,
  args,
  dtype: args[0]!.dtype,
});

/** A number of a dtype. */
export const constantExpression = (value: number, dtype: DType): ScalarExpression => ({ op: "constant", value, dtype });

/** The operands of an expression. */
export const childrenOf = (expression: ScalarExpression): readonly ScalarExpression[] => {
  switch (expression.op) {
    case "local":
    case "constant":
      return [];
    case "unary":
    case "convert":
      return [expression.x];
    case "binary":
    case "compare":
      return [expression.x, expression.y];
    case "select":
      return [expression.condition, expression.x, expression.y];
    case "call":
      return expression.args;
  }
};

/** A buffer seen through strides, in elements: what reshape, transpose, broadcast and slice turn into. */
export interface StridedView {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export type Combine = "sum" | "max" | "min";

/** Control flow over bodies that are jaxprs without constants; its operands are the inputs of the equation, in order. */
export type Control<J> =
  /** Operands: constants, carry, xs; results: the last carry, stacked ys. The body maps constants, carry and a row of each xs to the next carry and rows. */
  | {
      readonly kind: "scan";
      readonly body: J;
      readonly length: number;
      readonly reverse: boolean;
      readonly constCount: number;
      readonly carryCount: number;
    }
  /** Operands: constants of the condition, constants of the body, state; results: the last state. */
  | {
      readonly kind: "while";
      readonly condition: J;
      readonly body: J;
      readonly conditionConstants: number;
      readonly bodyConstants: number;
    }
  /** Operands: the number of the branch, which is in range, and what every branch takes. */
  | { readonly kind: "cond"; readonly branches: readonly J[] };

export type Lowering<P = any> =
  /** One scalar from one scalar of every operand, all of equal shape. */
  | {
      readonly kind: "elementwise";
      readonly expression: (operands: readonly ScalarExpression[], params: P) => ScalarExpression;
    }
  /** Another view of the operand's buffer; null when strides cannot express it, then it is copied. */
  | { readonly kind: "view"; readonly view: (input: StridedView, params: P, output: Aval) => StridedView | null }
  /** The first operand, once the others exist: equations that read it run after those that make the others. */
  | { readonly kind: "barrier" }
  /** Combination over axes. */
  | { readonly kind: "reduction"; readonly combine: Combine; readonly axes: (params: P) => readonly number[] }
  /** A routine on whole buffers: the primitive's own `evaluate`, or a prebuilt kernel where there is one for the types. */
  | {
      readonly kind: "routine";
      readonly prebuilt?: (operands: readonly Aval[], params: P) => PrebuiltRoutine | null;
      /** Whether the kernel does little more than move elements, so that outside of programs copies in and out cost more than it saves. */
      readonly movesOnly?: boolean;
    }
  /** Loops and branches of the program where the back end has them, else a routine. */
  | {
      readonly kind: "control";
      readonly control: (params: P) => Control<unknown>;
      /** Parameters of the same primitive for another control flow of the same kind. */
      readonly parameters: (control: Control<any>, params: P) => P;
    }
  /** Replaced by the equations of an inner jaxpr before anything else. */
  | { readonly kind: "inline"; readonly jaxpr: string };

/** A call of a prebuilt kernel that gives the bits of `evaluate`. */
export interface PrebuiltRoutine {
  readonly module: PrebuiltModule;
  readonly call: PrebuiltCall;
}

/** The lowering of an elementwise primitive: one scalar from one scalar of every operand. */
export const elementwise = <P>(
  expression: (operands: readonly ScalarExpression[], params: P) => ScalarExpression,
): Lowering<P> => ({
  kind: "elementwise",
  expression,
});

/** The lowering of everything else: a barrier that calls the primitive's own `evaluate`. */
export const routine: Lowering = { kind: "routine" };

/** The lowering to a prebuilt kernel, for the types that have one. */
export const prebuilt = <P>(plan: (operands: readonly Aval[], params: P) => PrebuiltRoutine | null): Lowering<P> => ({
  kind: "routine",
  prebuilt: plan,
});

/** The lowering to a prebuilt kernel that does little more than move elements. */
export const prebuiltMove = <P>(
  plan: (operands: readonly Aval[], params: P) => PrebuiltRoutine | null,
): Lowering<P> => ({ kind: "routine", prebuilt: plan, movesOnly: true });

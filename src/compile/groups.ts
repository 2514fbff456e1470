/**
 * What fusion makes of a jaxpr: groups of equations that run one after the other, and the buffers between them. A group is
 * one loop nest, one routine, one prebuilt kernel, or control flow.
 */
import type { PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import type { DType } from "../array/dtype.ts";
import type { Shape } from "../array/shape.ts";
import type { Aval } from "../ir/aval.ts";
import type { Equation, Jaxpr } from "../ir/jaxpr.ts";
import type { Combine, Control, PrebuiltRoutine, ScalarExpression, StridedView } from "../ir/lowering.ts";

/** Storage of one value: contiguous, row-major. */
export interface Buffer {
  readonly shape: Shape;
  readonly dtype: DType;
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

export type Group = NestGroup | RoutineGroup | KernelGroup | ControlGroup;

export interface FusedProgram {
  readonly groups: readonly Group[];
  readonly buffers: readonly Buffer[];
  /** Buffers 0, 1, .. belong to the inputs. */
  readonly inputCount: number;
  readonly outputs: readonly Operand[];
}

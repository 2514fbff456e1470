/**
 * The primitive record: everything known of one operation, always in the same field order.
 * A rule that does not exist is stated (`notLinear`, `notDifferentiable`), never left out; the optional fields
 * at the end are for primitives that hold functions or jaxprs, or that decide their own weakness.
 * Rules call other primitives; which trace those calls reach is the caller's business (src/ir/trace.ts).
 */
import { NotDifferentiable, NotLinear } from "../error.ts";
import type { DType, WeakType } from "../array/dtype.ts";
import { NDArray } from "../array/ndarray.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import type { Shape } from "../array/shape.ts";
import type { Lowering } from "./lowering.ts";
import type { Aval } from "./aval.ts";
import type { Mark } from "./tracer.ts";

/** Parameters of an equation: a plain record of static data. */
export type Params = object;

/** A tangent or cotangent known to be zero without being computed. */
export interface Zero {
  readonly kind: "zero";
  readonly aval: Aval;
}

export type Tangent = NDArray | Zero;

/** The symbolic zero of the tangents of such a value. */
export const zero = ({ shape, dtype }: Aval): Zero => ({ kind: "zero", aval: { shape, dtype, weakType: false } });

/** Whether a tangent or cotangent is a symbolic zero. */
export const isZero = (tangent: Tangent | null | undefined): tangent is Zero => !(tangent instanceof NDArray);

/** Whether a tangent or cotangent is an array: not known to be zero. */
export const isNonzero = (tangent: Tangent): tangent is NDArray => tangent instanceof NDArray;

/** Stands for an input in which the equation is linear while it is being transposed. */
export interface LinearInput {
  readonly kind: "linear";
  readonly aval: Aval;
}

/** Whether a transpose rule sees this operand as the one it is linear in. */
export const isLinearInput = (x: NDArray | LinearInput): x is LinearInput => !(x instanceof NDArray);

/** Whether a transpose rule sees this operand with its value. */
export const isKnownInput = (x: NDArray | LinearInput): x is NDArray => x instanceof NDArray;

export type OneOrMany<T> = T | readonly T[];

/** One or many as many. */
export const toList = <T>(value: OneOrMany<T>): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** Mapped axis of an input or output; null when it does not vary over the batch. */
export type BatchDim = number | null;

/** What a batching rule may need to know beyond its operands. */
export interface BatchContext {
  readonly size: number;
  /** Mark of the batching trace: code run under a fresh trace with this mark sees the same tracers. */
  readonly mark: Mark;
}

/** The differentiation that asks: rules that run users' code mark it, so that misuse is seen. */
export interface DifferentiationContext {
  readonly mark: Mark;
}

/** Where a primitive that holds jaxprs puts what can only be done once unknown values are there. */
export interface SplitContext {
  readonly onTape: <T>(body: () => T) => T;
}

type Tuple<I extends readonly unknown[], T> = { readonly [K in keyof I]: T };

/** What a simplification may ask about the operands of an equation. */
export interface Knowledge {
  /** The value of all elements of x where they have one that is known, else null. */
  readonly constant: (x: NDArray) => number | null;
  /** Operands and parameters of x where this primitive made it, else null. */
  readonly madeBy: <I extends readonly NDArray[], P>(
    x: NDArray,
    made: { readonly primitive: Primitive<I, P> },
  ) => { readonly inputs: I; readonly params: P } | null;
}

/** One rule of algebra: an equation of the primitive is replaced by something that costs less and has the same bits. */
export interface Simplification<I extends readonly NDArray[] = any, P = any> {
  /** The rule as a formula. */
  readonly name: string;
  /** Why the bits are the same for all operands: NaN, infinities, signs of zero, integers that wrap. */
  readonly reason: string;
  /** What stands for the outputs, of the same types: operands, what operands were made of, primitives of those; null where the rule does not apply. */
  readonly rewrite: (inputs: I, params: P, knowledge: Knowledge) => OneOrMany<NDArray> | null;
}

export interface Primitive<I extends readonly NDArray[] = any, P = any> {
  readonly name: string;
  /** Reference semantics on concrete arrays. */
  readonly evaluate: (inputs: Tuple<I, ConcreteArray>, params: P) => OneOrMany<NDArray>;
  /** Output types from input types; the place where bad shapes and dtypes are refused. */
  readonly abstractEval: (inputs: Tuple<I, Aval>, params: P) => OneOrMany<TypeOf>;
  /** [outputs, tangents of outputs]; at least one tangent is not zero. */
  readonly jvp: (
    primals: I,
    tangents: Tuple<I, Tangent>,
    params: P,
    context: DifferentiationContext,
  ) => readonly [OneOrMany<NDArray>, OneOrMany<Tangent>];
  /** Cotangent of every linear input (null elsewhere, or where it is zero). */
  readonly transpose: (
    cotangents: readonly Tangent[],
    inputs: Tuple<I, NDArray | LinearInput>,
    params: P,
  ) => readonly (Tangent | null)[];
  /** [outputs, their mapped axes]. */
  readonly batch: (
    inputs: I,
    dims: Tuple<I, BatchDim>,
    params: P,
    context: BatchContext,
  ) => readonly [OneOrMany<NDArray>, OneOrMany<BatchDim>];
  /** How the compiler sees it. */
  readonly lower: Lowering<P>;
  /** What the generated law tests draw from. */
  readonly laws: Laws<P>;
  /** Weakness of the outputs (one for all, or one each), when it is not "weak if all inputs are". */
  readonly weakType?: (inputs: Tuple<I, Aval>, params: P) => OneOrMany<WeakType>;
  /** Rules that the compiler applies, the first that fits. They look at operands only, never at who reads the result. */
  readonly simplify?: readonly Simplification<I, P>[];
  /**
   * Names of parameters that are jaxprs, lists of them, or null: what it runs or its rules need. Passes look into those,
   * and into the one that `lower` inlines.
   */
  readonly holds?: readonly string[];
  /** Primitives that hold jaxprs linearize those: [outputs, tangents] with known and linear parts apart. */
  readonly linearize?: (
    primals: I,
    tangents: Tuple<I, Tangent>,
    params: P,
    context: DifferentiationContext & SplitContext,
  ) => readonly [OneOrMany<NDArray>, OneOrMany<Tangent>];
  /** They also split by which inputs are known: what those determine is computed, the rest goes to the tape. */
  readonly split?: (inputs: I, unknown: Tuple<I, boolean>, params: P, context: SplitContext) => OneOrMany<NDArray>;
  /** Functions among the parameters, made safe against values that the differentiation with this mark traces. */
  readonly guard?: (params: P, mark: Mark) => P;
  /** Floating-point operations of a routine, about, for explanations of what a program costs. Missing: not known. */
  readonly flops?: (inputs: Tuple<I, Aval>, params: P) => number;
  /** Bytes that evaluation needs besides operands and results, given those of the jaxprs it runs. */
  readonly workspace?: (params: P, bytesOf: (jaxpr: object) => number) => number;
  /** Functions among the parameters, turned into jaxprs when the call is staged. */
  readonly stage?: (inputs: I, params: P) => readonly NDArray[];
  /**
   * With effects, its own or those of its jaxprs, that happen only where one more operand, a truth value, holds: the
   * parameters (`gated` gives a jaxpr that takes the operand first), and the places before which the operand stands.
   */
  readonly gate?: (
    params: P,
    gated: <J extends object>(jaxpr: J) => J,
  ) => { readonly params: P; readonly places: readonly number[] };
  /** Running it can be seen from outside (it prints): never removed, merged with an equal one, or reordered. */
  readonly isEffectful?: true;
}

export interface TypeOf {
  readonly shape: Shape;
  readonly dtype: DType;
}

// --- Laws -------------------------------------------------------------------------------------

/** Values an input is drawn from. `kinks` are kept at a distance; `distinct` avoids ties. */
export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly kinks?: readonly number[];
  readonly distinct?: boolean;
}

export interface InputSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly domain: Domain;
}

export interface LawCase<P> {
  readonly inputs: readonly InputSpec[];
  readonly params: P;
}

/** Random choices; the tests implement it so that failing cases shrink. */
export interface Pick {
  readonly integer: (low: number, high: number) => number;
  readonly oneOf: <T>(choices: readonly T[]) => T;
  readonly shape: (options?: {
    readonly minRank?: number;
    readonly maxRank?: number;
    readonly minSize?: number;
    readonly maxSize?: number;
  }) => Shape;
  readonly subset: (count: number) => readonly number[];
  readonly permutation: (count: number) => readonly number[];
}

/**
 * `sample` draws inputs and parameters on which every rule is tried; `reference` is an independent
 * scalar definition (elementwise primitives) and `maxUlp` its distance; `testedIn` names the test of a
 * higher-order primitive, whose parameters are functions.
 */
export type Laws<P> =
  | {
      readonly sample: (pick: Pick) => LawCase<P>;
      readonly reference?: (...x: readonly number[]) => number;
      readonly maxUlp?: number;
      readonly tolerance?: number;
    }
  | { readonly testedIn: string };

/** Reals between two bounds, at a distance from the kinks. */
export const reals = (low: number, high: number, kinks: readonly number[] = []): Domain => ({ low, high, kinks });

/** Values with pairwise distance, for rules with a kink where values are equal. */
export const distinctReals = (low: number, high: number): Domain => ({ low, high, distinct: true });

// --- Rules that do not exist ------------------------------------------------------------------

/** The primitive is never a linear map of any input. */
export const notLinear: Primitive["transpose"] = () => {
  throw new NotLinear(
    "linearTranspose",
    "the function is not linear in its argument",
    "Transpose linear functions only; linearize gives the linear part of any function",
  );
};

/** An operand that a transpose rule multiplies or indexes by: were it linear too, the equation would not be. */
export const requireKnown = (x: NDArray | LinearInput): NDArray =>
  isLinearInput(x) ? (notLinear([], [], {}) as never) : x;

/** Outputs are piecewise constant or integers: their tangent is zero wherever it exists. */
export const zeroTangent =
  <I extends readonly NDArray[], P>(call: (inputs: I, params: P) => OneOrMany<NDArray>): Primitive<I, P>["jvp"] =>
  (primals, _tangents, params) => {
    const outputs = call(primals, params);
    return [outputs, toList(outputs).map(zero)];
  };

/** No derivative without a rule of the user's. */
export const notDifferentiable =
  (name: string, remedy: string): Primitive["jvp"] =>
  () => {
    throw new NotDifferentiable(`derivative of ${name}`, `${name} has no derivative rule`, remedy);
  };

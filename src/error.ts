/**
 * Coded errors: one class per code, codes never reused, each with a section in docs/errors.md.
 * Every message has the same three parts: what was asked, what was seen, what to do.
 */

/** Base of every error thrown on purpose by this library; `code` is stable, the wording is not. */
export abstract class CotangentError extends Error {
  abstract readonly code: string;

  constructor(asked: string, seen: string, remedy: string, options?: { cause?: unknown }) {
    super(`${asked}: ${seen}. ${remedy}`, options);
  }

  override get name(): string {
    return this.code;
  }
}

// --- Arrays, shapes, dtypes -------------------------------------------------------------------

/** A dimension is fractional, negative, NaN or too large to index. */
export class InvalidShape extends CotangentError {
  readonly code = "InvalidShape";
}

/** Shapes that must agree (or broadcast) do not. */
export class ShapeMismatch extends CotangentError {
  readonly code = "ShapeMismatch";
}

/** An operation met a dtype it is not defined for. */
export class DTypeMismatch extends CotangentError {
  readonly code = "DTypeMismatch";
}

/** A nested list whose rows differ in length. */
export class RaggedInput extends CotangentError {
  readonly code = "RaggedInput";
}

/** Array data that is neither a number nor a boolean. */
export class InvalidElement extends CotangentError {
  readonly code = "InvalidElement";
}

/** A static index or axis outside the array. */
export class IndexOutOfRange extends CotangentError {
  readonly code = "IndexOutOfRange";
}

/** Something that cannot index: neither a whole number, a slice, null, nor an array of integers or booleans. */
export class InvalidIndex extends CotangentError {
  readonly code = "InvalidIndex";
}

/** Subscripts of einsum that do not name the axes of its operands. */
export class InvalidSubscripts extends CotangentError {
  readonly code = "InvalidSubscripts";
}

/** A reduction without an identity element over zero elements. */
export class EmptyReduction extends CotangentError {
  readonly code = "EmptyReduction";
}

/** An allocation beyond `configure({ maxElements })`; nothing was allocated. */
export class TooLarge extends CotangentError {
  readonly code = "TooLarge";
}

/** An array with several elements was used where one number is needed. */
export class NotAScalar extends CotangentError {
  readonly code = "NotAScalar";
}

/** The memory of compiled programs cannot grow any further; it stays usable. */
export class OutOfMemory extends CotangentError {
  readonly code = "OutOfMemory";
}

// --- Trees, options, arguments ----------------------------------------------------------------

/** A value that cannot stand in a tree of arrays (string, undefined, Promise, Map, ...). */
export class NotAnArray extends CotangentError {
  readonly code = "NotAnArray";
}

/** Two trees that must have the same structure do not. */
export class TreeMismatch extends CotangentError {
  readonly code = "TreeMismatch";
}

/** An option key that does not exist. */
export class UnknownOption extends CotangentError {
  readonly code = "UnknownOption";
}

/** An option value outside its domain. */
export class InvalidOption extends CotangentError {
  readonly code = "InvalidOption";
}

/** Argument positions that are negative, duplicate, fractional or beyond the arguments given. */
export class InvalidArgnums extends CotangentError {
  readonly code = "InvalidArgnums";
}

/** A static argument that is traced, or cannot be compared with earlier calls. */
export class NotStatic extends CotangentError {
  readonly code = "NotStatic";
}

/** Mapped axes that disagree in size, are out of range, or no mapped argument at all. */
export class BatchSize extends CotangentError {
  readonly code = "BatchSize";
}

/** A random key that is none, or a seed that makes none. */
export class InvalidKey extends CotangentError {
  readonly code = "InvalidKey";
}

// --- Tracing and transforms -------------------------------------------------------------------

/** A traced value was converted to a number, a string key or a truth value. */
export class TracerConversion extends CotangentError {
  readonly code = "TracerConversion";
}

/** The shape of a result depends on values that are not known while they are traced. */
export class DataDependentShape extends CotangentError {
  readonly code = "DataDependentShape";
}

/** A traced value was used after the function it belongs to had returned. */
export class LeakedTracer extends CotangentError {
  readonly code = "LeakedTracer";
}

/** A traced function that depends on something other than its arguments; seen in debug mode. */
export class ImpureFunction extends CotangentError {
  readonly code = "ImpureFunction";
}

/** An operation made a NaN out of numbers; seen with `configure({ debugNans: true })`. */
export class FoundNaN extends CotangentError {
  readonly code = "FoundNaN";
}

/** An operation made an infinity out of finite numbers; seen with `configure({ debugInfs: true })`. */
export class FoundInfinity extends CotangentError {
  readonly code = "FoundInfinity";
}

/** `grad` of a function whose output is not one scalar. */
export class GradNeedsScalar extends CotangentError {
  readonly code = "GradNeedsScalar";
}

/** A derivative with respect to an integer or boolean, or of a primitive that has none. */
export class NotDifferentiable extends CotangentError {
  readonly code = "NotDifferentiable";
}

/** A primitive that is not linear was asked for its transpose. */
export class NotLinear extends CotangentError {
  readonly code = "NotLinear";
}

/** Forward mode through a function that only has a reverse rule. */
export class ForwardModeOfCustomVjp extends CotangentError {
  readonly code = "ForwardModeOfCustomVjp";
}

/** Reverse mode through a loop whose number of steps depends on values. */
export class ReverseModeOfWhile extends CotangentError {
  readonly code = "ReverseModeOfWhile";
}

/** The state of a loop changes its structure, shape or dtype from one step to the next. */
export class CarryMismatch extends CotangentError {
  readonly code = "CarryMismatch";
}

/** The arrays a loop runs over disagree in length, or have none. */
export class LoopLength extends CotangentError {
  readonly code = "LoopLength";
}

/** A custom rule closes over a value that is being differentiated. */
export class ClosedOverDifferentiation extends CotangentError {
  readonly code = "ClosedOverDifferentiation";
}

/** A custom rule is missing, or is not a function. */
export class MissingRule extends CotangentError {
  readonly code = "MissingRule";
}

/** A jaxpr that breaks a rule of the IR; always a fault of a rule or pass, never of user data. */
export class InvalidJaxpr extends CotangentError {
  readonly code = "InvalidJaxpr";
}

// --- Solves -----------------------------------------------------------------------------------

/** A matrix that is not positive definite; if it is a stiffness, the structure can move freely. */
export class NotPositiveDefinite extends CotangentError {
  readonly code = "NotPositiveDefinite";
}

/** A matrix without an inverse: a pivot of its factorization is zero. */
export class Singular extends CotangentError {
  readonly code = "Singular";
}

/** A linear system with a value or right-hand side that is NaN or infinite, or whose solution would be. */
export class NotFinite extends CotangentError {
  readonly code = "NotFinite";
}

/** Where and why an iteration stopped before its tolerance was met. */
export interface Stop {
  readonly reason: string;
  readonly iterations: number;
  /** Relative to the right-hand side. */
  readonly residual: number;
}

/** An iteration that stopped before its tolerance was met; `stop` says where and why. */
export class NotConverged extends CotangentError {
  readonly code = "NotConverged";
  readonly stop: Stop;

  constructor(asked: string, stop: Stop, remedy: string) {
    const { reason, iterations, residual } = stop;
    super(
      asked,
      `no solution after ${iterations} iterations: ${reason}; the residual is ${residual.toExponential(1)}`,
      remedy,
    );
    this.stop = stop;
  }
}

/** A search for a sign change that found none. */
export class RootNotBracketed extends CotangentError {
  readonly code = "RootNotBracketed";
}

/** The solver of customRoot gave an answer where its function is not zero; seen in debug mode. */
export class NotARoot extends CotangentError {
  readonly code = "NotARoot";
}

/** A load, or a cotangent of a displacement, that is NaN or infinite. */
export class InvalidLoad extends CotangentError {
  readonly code = "InvalidLoad";
}

/** A modulus that is zero, negative, NaN or infinite. */
export class InvalidModulus extends CotangentError {
  readonly code = "InvalidModulus";
}

/** A mesh that cannot be built. */
export class InvalidMesh extends CotangentError {
  readonly code = "InvalidMesh";
}

/** A topology optimization problem that cannot be solved as stated. */
export class InvalidProblem extends CotangentError {
  readonly code = "InvalidProblem";
}

/** Bytes that are no checkpoint, or not a whole one. */
export class CorruptCheckpoint extends CotangentError {
  readonly code = "CorruptCheckpoint";
}

// --- Files ------------------------------------------------------------------------------------

/** Bytes that are not the file they should be: cut short, damaged, or of another format. */
export class MalformedFile extends CotangentError {
  readonly code = "MalformedFile";
}

// --- Checks of cotangent/testing --------------------------------------------------------------

/** A derivative that differs from finite differences, or a pullback that does not pair with the derivative. */
export class GradientMismatch extends CotangentError {
  readonly code = "GradientMismatch";
  /** Whether the differences disagree among themselves about as much as with the derivative: too steep, or noise. */
  readonly isUnresolved: boolean;

  constructor(asked: string, seen: string, remedy: string, options: { readonly isUnresolved?: boolean } = {}) {
    super(asked, seen, remedy);
    this.isUnresolved = options.isUnresolved === true;
  }
}

/** The two sides of a point have different slopes there: differences cannot judge the derivative. */
export class KinkNearPoint extends CotangentError {
  readonly code = "KinkNearPoint";
}

/** A law that a function, primitive or random program does not obey. */
export class LawViolation extends CotangentError {
  readonly code = "LawViolation";
}

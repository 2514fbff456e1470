/**
 * Arithmetic: the operations of which elementary functions (exp, sin, ..) are written, once for all back ends. A function is a
 * text over an `Arithmetic`: with `numbers` it computes JavaScript numbers, with `vectors` it writes WebAssembly for one lane
 * or for all lanes of a SIMD vector. Every operation is exact or rounds once as IEEE 754 says, and none is fused, so the
 * results are equal to the bit whoever computes.
 */

export type Precision = "float64" | "float32";

/** V is a value of the precision, M the outcome of a comparison (per lane). */
export interface Arithmetic<V, M> {
  readonly precision: Precision;
  /** The number, rounded to the precision. */
  readonly constant: (value: number) => V;
  /** The value under a name: what is used more than once is computed once. */
  readonly name: (value: V) => V;
  /** The mask under a name. */
  readonly nameMask: (mask: M) => M;

  readonly add: (x: V, y: V) => V;
  readonly sub: (x: V, y: V) => V;
  readonly mul: (x: V, y: V) => V;
  readonly div: (x: V, y: V) => V;
  readonly neg: (x: V) => V;
  readonly abs: (x: V) => V;
  readonly sqrt: (x: V) => V;
  readonly floor: (x: V) => V;
  readonly trunc: (x: V) => V;
  /** Nearest whole number, ties to the even one. */
  readonly nearest: (x: V) => V;
  /** y where y < x, else x: the smaller one, and x where it is NaN. */
  readonly least: (x: V, y: V) => V;
  /** The magnitude of the first with the sign bit of the second. */
  readonly copySign: (magnitude: V, sign: V) => V;

  readonly lt: (x: V, y: V) => M;
  readonly le: (x: V, y: V) => M;
  readonly gt: (x: V, y: V) => M;
  readonly ge: (x: V, y: V) => M;
  readonly eq: (x: V, y: V) => M;
  readonly ne: (x: V, y: V) => M;
  readonly and: (x: M, y: M) => M;
  readonly or: (x: M, y: M) => M;
  readonly not: (x: M) => M;
  /** x where the mask holds, else y; both are computed. */
  readonly select: (mask: M, x: V, y: V) => V;

  /** 2^n for a whole n in the range of normal exponents; any number for other n. */
  readonly powerOfTwo: (n: V) => V;
  /** The whole e with 2^e <= |x| < 2^(e + 1), for normal x; any number for other x. */
  readonly exponent: (x: V) => V;
  /** |x| / 2^exponent(x), in [1, 2), for normal x; any number for other x. */
  readonly significand: (x: V) => V;
  /** x with the lower half of its significand bits cleared (27 of 53, 12 of 24), so that products of two such are exact. */
  readonly high: (x: V) => V;

  /**
   * `value` where the mask does not hold, else `rare` of the arguments, computed lane by lane and only where some lane asks
   * for it. `rare` works on numbers of the precision in every back end (WebAssembly imports it under its name), so it may branch and loop.
   */
  readonly where: (mask: M, rare: RareFunction, args: readonly V[], value: V) => V;
  /**
   * `careful` where the mask holds, else `usual`: for arguments that are seldom, yet may fill whole arrays. A vector takes
   * `careful` in all lanes as soon as one asks for it, so that must equal `usual`, to the bit, where the mask does not hold.
   * Values named inside are not to be used outside.
   */
  readonly either: (mask: M, careful: () => V, usual: () => V) => V;
}

/** A function for arguments that hardly ever occur: huge angles, subnormal results. Takes and gives numbers of the precision. */
export interface RareFunction {
  /** Unique among all rare functions; of the precision too. */
  readonly name: string;
  readonly compute: (...args: number[]) => number;
}

/** A function of one number as a text over arithmetic. */
export type UnaryText = <V, M>(a: Arithmetic<V, M>) => (x: V) => V;
/** A function of two numbers. */
export type BinaryText = <V, M>(a: Arithmetic<V, M>) => (x: V, y: V) => V;

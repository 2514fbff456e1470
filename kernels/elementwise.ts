/**
 * Loops over elements, for evaluation without a compiled program. Cheap operations have a loop each, written out: engines
 * specialize a loop by what it has met, so one that calls a function given to it, or that meets five types of arrays, is ten
 * times slower. The others share loops of one array type each. Stores round to float32 and wrap integers.
 */
import type { NumericArray } from "./numeric-array.ts";
import { asFloat64 } from "./numeric-array.ts";
import { maximum, minimum } from "./scalar-math.ts";

/** A function of one number, and the loop that applies it: out[k] = scalar(x[k]). */
export interface UnaryLoop {
  readonly scalar: (x: number) => number;
  readonly loop: (x: NumericArray, out: NumericArray) => void;
}

/** A function of two numbers, and the loop that applies it: out[k] = scalar(x[k], y[k]). */
export interface BinaryLoop {
  readonly scalar: (x: number, y: number) => number;
  readonly loop: (x: NumericArray, y: NumericArray, out: NumericArray) => void;
}

// --- Any function -----------------------------------------------------------------------------

const mapDoubles = (f: (x: number) => number, x: Float64Array, out: Float64Array): void => {
  for (let k = 0; k < out.length; k += 1) out[k] = f(x[k]!);
};

const mapSingles = (f: (x: number) => number, x: Float32Array, out: Float32Array): void => {
  for (let k = 0; k < out.length; k += 1) out[k] = f(x[k]!);
};

/** out[k] = f(x[k]) for any function and any types of arrays. */
export function mapOne(f: (x: number) => number, x: NumericArray, out: NumericArray): void {
  if (x instanceof Float32Array && out instanceof Float32Array) return mapSingles(f, x, out);
  if (out instanceof Float64Array) return mapDoubles(f, asFloat64(x), out);
  const results = new Float64Array(out.length);
  mapDoubles(f, asFloat64(x), results);
  out.set(results);
}

const mapDoublePairs = (
  f: (x: number, y: number) => number,
  x: Float64Array,
  y: Float64Array,
  out: Float64Array,
): void => {
  for (let k = 0; k < out.length; k += 1) out[k] = f(x[k]!, y[k]!);
};

const mapSinglePairs = (
  f: (x: number, y: number) => number,
  x: Float32Array,
  y: Float32Array,
  out: Float32Array,
): void => {
  for (let k = 0; k < out.length; k += 1) out[k] = f(x[k]!, y[k]!);
};

/** out[k] = f(x[k], y[k]) for any function and any types of arrays. */
export function mapTwo(f: (x: number, y: number) => number, x: NumericArray, y: NumericArray, out: NumericArray): void {
  if (x instanceof Float32Array && y instanceof Float32Array && out instanceof Float32Array)
    return mapSinglePairs(f, x, y, out);
  if (out instanceof Float64Array) return mapDoublePairs(f, asFloat64(x), asFloat64(y), out);
  const results = new Float64Array(out.length);
  mapDoublePairs(f, asFloat64(x), asFloat64(y), results);
  out.set(results);
}

// --- Arithmetic on floats and integers --------------------------------------------------------

export const negation: UnaryLoop = {
  scalar: (x) => -x,
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = -x[k]!;
  },
};

export const magnitude: UnaryLoop = {
  scalar: (x) => Math.abs(x),
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.abs(x[k]!);
  },
};

/** x times x; not on integers, whose products may exceed 2^53. */
export const squaring: UnaryLoop = {
  scalar: (x) => x * x,
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! * x[k]!;
  },
};

export const addition: BinaryLoop = {
  scalar: (x, y) => x + y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! + y[k]!;
  },
};

export const subtraction: BinaryLoop = {
  scalar: (x, y) => x - y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! - y[k]!;
  },
};

/** Product of floats. */
export const multiplication: BinaryLoop = {
  scalar: (x, y) => x * y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! * y[k]!;
  },
};

/** Product of integers modulo 2^32. */
export const integerMultiplication: BinaryLoop = {
  scalar: (x, y) => Math.imul(x, y),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.imul(x[k]!, y[k]!);
  },
};

/** Quotient of floats. */
export const division: BinaryLoop = {
  scalar: (x, y) => x / y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! / y[k]!;
  },
};

export const larger: BinaryLoop = {
  scalar: maximum,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.max(x[k]!, y[k]!);
  },
};

export const smaller: BinaryLoop = {
  scalar: minimum,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.min(x[k]!, y[k]!);
  },
};

// --- Floats -----------------------------------------------------------------------------------

export const squareRoot: UnaryLoop = {
  scalar: (x) => Math.sqrt(x),
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.sqrt(x[k]!);
  },
};

export const roundingDown: UnaryLoop = {
  scalar: (x) => Math.floor(x),
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.floor(x[k]!);
  },
};

export const roundingUp: UnaryLoop = {
  scalar: (x) => Math.ceil(x),
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.ceil(x[k]!);
  },
};

export const truncation: UnaryLoop = {
  scalar: (x) => Math.trunc(x),
  loop: (x, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = Math.trunc(x[k]!);
  },
};

// --- Comparisons of floats and integers -------------------------------------------------------

export const equality: BinaryLoop = {
  scalar: (x, y) => (x === y ? 1 : 0),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k] === y[k] ? 1 : 0;
  },
};

export const inequality: BinaryLoop = {
  scalar: (x, y) => (x !== y ? 1 : 0),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k] !== y[k] ? 1 : 0;
  },
};

export const less: BinaryLoop = {
  scalar: (x, y) => (x < y ? 1 : 0),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! < y[k]! ? 1 : 0;
  },
};

export const lessOrEqual: BinaryLoop = {
  scalar: (x, y) => (x <= y ? 1 : 0),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! <= y[k]! ? 1 : 0;
  },
};

export const greater: BinaryLoop = {
  scalar: (x, y) => (x > y ? 1 : 0),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! > y[k]! ? 1 : 0;
  },
};

export const greaterOrEqual: BinaryLoop = {
  scalar: (x, y) => (x >= y ? 1 : 0),
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! >= y[k]! ? 1 : 0;
  },
};

// --- Bits of integers, truth of bools ---------------------------------------------------------

export const conjunction: BinaryLoop = {
  scalar: (x, y) => x & y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! & y[k]!;
  },
};

export const disjunction: BinaryLoop = {
  scalar: (x, y) => x | y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! | y[k]!;
  },
};

export const exclusion: BinaryLoop = {
  scalar: (x, y) => x ^ y,
  loop: (x, y, out) => {
    for (let k = 0; k < out.length; k += 1) out[k] = x[k]! ^ y[k]!;
  },
};

// --- Choice -----------------------------------------------------------------------------------

const keepNumbers = (condition: NumericArray, x: NumericArray, out: NumericArray): void => {
  for (let k = 0; k < out.length; k += 1) if (condition[k] !== 0) out[k] = x[k]!;
};

const keepBools = (condition: NumericArray, x: NumericArray, out: NumericArray): void => {
  for (let k = 0; k < out.length; k += 1) if (condition[k] !== 0) out[k] = x[k]!;
};

/** out[k] = x[k] where the condition is not 0; the other elements of `out` stay. */
export function keep(condition: NumericArray, x: NumericArray, out: NumericArray): void {
  (out instanceof Uint8Array ? keepBools : keepNumbers)(condition, x, out);
}

const chooseNumbers = (condition: NumericArray, x: NumericArray, y: NumericArray, out: NumericArray): void => {
  for (let k = 0; k < out.length; k += 1) out[k] = condition[k] !== 0 ? x[k]! : y[k]!;
};

const chooseBools = (condition: NumericArray, x: NumericArray, y: NumericArray, out: NumericArray): void => {
  for (let k = 0; k < out.length; k += 1) out[k] = condition[k] !== 0 ? x[k]! : y[k]!;
};

/** out[k] = x[k] where the condition is not 0, else y[k]; all of one type. */
export function choose(condition: NumericArray, x: NumericArray, y: NumericArray, out: NumericArray): void {
  (out instanceof Uint8Array ? chooseBools : chooseNumbers)(condition, x, y, out);
}

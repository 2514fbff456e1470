/**
 * Random scalar programs with two meanings: as functions of arrays, and as truncated Taylor series in plain
 * numbers, which gives every derivative without any transform. Programs are lists of steps, so that they shrink
 * by losing steps.
 */
import fc from "fast-check";
import * as np from "../../library/numpy/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";

/** Taylor coefficients about a point: x(t) = c0 + c1 t + c2 t^2 + ... */
type Jet = readonly number[];

const zip = (x: Jet, y: Jet, f: (a: number, b: number) => number): Jet => x.map((a, k) => f(a, y[k]!));

const product = (x: Jet, y: Jet): Jet =>
  x.map((_, n) => x.slice(0, n + 1).reduce((sum, a, k) => sum + a * y[n - k]!, 0));

/** y with y' = x' g(y, x), from its value at 0 and the rate g: all elementary functions are of this form. */
const solveRate = (start: number, x: Jet, rate: (partial: Jet) => Jet): Jet => {
  const y: number[] = [start];
  for (let n = 1; n < x.length; n++) {
    const known = [...y, ...new Array<number>(x.length - n).fill(0)];
    const slope = rate(known);
    let sum = 0;
    for (let k = 1; k <= n; k++) sum += k * x[k]! * slope[n - k]!;
    y.push(sum / n);
  }
  return y;
};

const constant = (value: number, order: number): Jet =>
  Array.from({ length: order + 1 }, (_, k) => (k === 0 ? value : 0));

const sineCosine = (x: Jet): [Jet, Jet] => {
  const sine = [Math.sin(x[0]!)];
  const cosine = [Math.cos(x[0]!)];
  for (let n = 1; n < x.length; n++) {
    let s = 0;
    let c = 0;
    for (let k = 1; k <= n; k++) {
      s += k * x[k]! * cosine[n - k]!;
      c -= k * x[k]! * sine[n - k]!;
    }
    sine.push(s / n);
    cosine.push(c / n);
  }
  return [sine, cosine];
};

const reciprocal = (x: Jet): Jet => {
  const y: number[] = [1 / x[0]!];
  for (let n = 1; n < x.length; n++) {
    let sum = 0;
    for (let k = 1; k <= n; k++) sum -= x[k]! * y[n - k]!;
    y.push(sum / x[0]!);
  }
  return y;
};

interface Operation {
  readonly arity: 1 | 2;
  readonly array: (x: NDArray, y: NDArray) => NDArray;
  readonly jet: (x: Jet, y: Jet) => Jet;
}

/** Each keeps values of order one, so that derivatives of any order stay comparable. */
const operations: Readonly<Record<string, Operation>> = {
  add: { arity: 2, array: (x, y) => np.add(x, y), jet: (x, y) => zip(x, y, (a, b) => a + b) },
  sub: { arity: 2, array: (x, y) => np.sub(x, y), jet: (x, y) => zip(x, y, (a, b) => a - b) },
  half: { arity: 2, array: (x, y) => np.mul(np.mul(x, y), 0.5), jet: (x, y) => product(x, y).map((a) => a / 2) },
  sin: { arity: 1, array: (x) => np.sin(x), jet: (x) => sineCosine(x)[0] },
  cos: { arity: 1, array: (x) => np.cos(x), jet: (x) => sineCosine(x)[1] },
  tanh: {
    arity: 1,
    array: (x) => np.tanh(x),
    jet: (x) => solveRate(Math.tanh(x[0]!), x, (y) => zip(constant(1, x.length - 1), product(y, y), (a, b) => a - b)),
  },
  softExp: {
    arity: 1,
    array: (x) => np.exp(np.sin(x)),
    jet: (x) => solveRate(Math.exp(Math.sin(x[0]!)), sineCosine(x)[0], (y) => y),
  },
  bell: {
    arity: 1,
    array: (x) => np.div(1, np.add(np.square(x), 1)),
    jet: (x) => reciprocal(zip(product(x, x), constant(1, x.length - 1), (a, b) => a + b)),
  },
  cube: {
    arity: 1,
    array: (x) => np.mul(np.pow(np.sin(x), 3), 0.5),
    jet: (x) => product(product(sineCosine(x)[0], sineCosine(x)[0]), sineCosine(x)[0]).map((a) => a / 2),
  },
  constant: { arity: 1, array: (x) => np.mul(x, 0).add(0.75), jet: (x) => constant(0.75, x.length - 1) },
};

/** One step: an operation on two earlier values, chosen as fractions of how many there are. */
export interface Step {
  readonly name: string;
  readonly left: number;
  readonly right: number;
}

export type Program = readonly Step[];

export const programs = (maxLength = 6): fc.Arbitrary<Program> =>
  fc.array(fc.record({ name: fc.constantFrom(...Object.keys(operations)), left: fc.nat(7), right: fc.nat(7) }), {
    minLength: 1,
    maxLength,
  });

const run = <T>(program: Program, x: T, apply: (operation: Operation, left: T, right: T) => T): T => {
  const values = [x];
  for (const { name, left, right } of program)
    values.push(apply(operations[name]!, values[left % values.length]!, values[right % values.length]!));
  return values.at(-1)!;
};

/** The program as a function of an array, applied elementwise. */
export const asArrayFunction =
  (program: Program) =>
  (x: NDArray): NDArray =>
    run(program, x, ({ array }, left, right) => array(left, right));

/** All derivatives of a function of one number: `meaning(x, k)` is the k-th at x. */
export type Meaning = (x: number, order: number) => number;

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

export const asMeaning =
  (program: Program): Meaning =>
  (x, order) => {
    const variable: Jet = Array.from({ length: order + 1 }, (_, k) => (k === 0 ? x : k === 1 ? 1 : 0));
    return run(program, variable, ({ jet }, left, right) => jet(left, right))[order]! * factorial(order);
  };

/** One step on an array, for tests that walk a program themselves. */
export const applyStep = ({ name, left, right }: Step, values: readonly NDArray[]): NDArray =>
  operations[name]!.array(values[left % values.length]!, values[right % values.length]!);

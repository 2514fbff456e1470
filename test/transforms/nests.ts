/**
 * Nests of transforms for tests: ways to turn a scalar function of a vector into an array, each of which must give the same for two
 * functions that are equal. What they give is compared with the same nest over a function written without control flow.
 */
import { expect } from "vitest";
import { grad, hessian, jacfwd, jacrev, jit, jvp, NDArray, vmap } from "cotangent";
import * as np from "cotangent/numpy";

/** From a vector to a scalar, or from a vector to an array. */
export type Program = (x: NDArray) => NDArray;

const summed =
  (f: Program): Program =>
  (x) =>
    np.sum(np.square(f(x)));

/** A direction that is no axis and not constant. */
const directionAt = (x: NDArray): NDArray => np.cos(np.arange(x.size)).reshape(x.shape);

/** Each keeps "a function of one vector"; results of any shape are summed before they are differentiated. */
const layers: Readonly<Record<string, (f: Program) => Program>> = {
  jit: (f) => jit(f),
  grad: (f) => grad(summed(f)) as Program,
  jvp: (f) => (x) => jvp(f, [x], [directionAt(x)])[1],
  vmap: (f) => (x) => vmap(f)(np.stack([x, x.mul(0.5), x.neg()])),
};

/** All sequences of layers of these lengths, outermost first. */
export const nestsUpTo = (depth: number): (readonly string[])[] => {
  let last: (readonly string[])[] = [[]];
  const all: (readonly string[])[] = [];
  for (let k = 0; k < depth; k++) {
    last = last.flatMap((nest) => Object.keys(layers).map((layer) => [layer, ...nest]));
    all.push(...last);
  }
  return all;
};

export const applyNest = (nest: readonly string[], f: Program): Program =>
  nest.reduceRight((inner, layer) => layers[layer]!(inner), f);

/** What nests over `f` give at x without their jit, which changes no value: most nests then have the same, computed once. */
export const eagerNests = (f: Program, x: NDArray): ((nest: readonly string[]) => NDArray) => {
  const known = new Map<string, NDArray>();
  return (nest) => {
    const eager = nest.filter((layer) => layer !== "jit");
    const value = known.get(eager.join()) ?? applyNest(eager, f)(x);
    known.set(eager.join(), value);
    return value;
  };
};

/** Whole derivatives, of a scalar function. */
export const derivatives: Readonly<Record<string, (f: Program) => Program>> = {
  gradient: (f) => grad(f) as Program,
  "compiled gradient": (f) => jit(grad(f) as Program),
  "gradient of the compiled": (f) => grad(jit(f)) as Program,
  jacfwd: (f) => jacfwd(f),
  jacrev: (f) => jacrev(f),
  hessian: (f) => hessian(f),
  "reverse over reverse": (f) => jacrev(grad(f) as Program),
  "compiled hessian": (f) => jit(hessian(f) as Program),
};

/** Relative difference with floor 1, elementwise; NaN equals NaN. */
export const expectClose = (seen: NDArray, wanted: NDArray, tolerance: number, what: string): void => {
  expect({ shape: seen.shape, dtype: seen.dtype }, what).toEqual({ shape: wanted.shape, dtype: wanted.dtype });
  const [left, right] = [seen.toTypedArray(), wanted.toTypedArray()];
  left.forEach((value, k) => {
    const other = right[k]!;
    const differs = Object.is(value, other) ? 0 : Math.abs(value - other) / Math.max(1, Math.abs(other));
    expect(differs, `${what}: element ${k} is ${value}, wanted ${other}`).toBeLessThanOrEqual(tolerance);
  });
};

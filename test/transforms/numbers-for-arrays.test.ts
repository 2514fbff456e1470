/**
 * A number in the place of an array is that array: every transform gives the same for both, at any depth of the
 * arguments, and what comes out is an array.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  closureConvert,
  cond,
  customJvp,
  customLinearSolve,
  customRoot,
  customVjp,
  evalShape,
  explain,
  fixedPoint,
  foriLoop,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  linearTranspose,
  makeJaxpr,
  memoryAnalysis,
  NDArray,
  newton,
  ravelTree,
  savedResiduals,
  scan,
  stopGradient,
  tree,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";

interface Pair {
  readonly a: NDArray;
  readonly b: readonly [NDArray, null];
}
type Given = { readonly a: NDArray | number; readonly b: readonly [NDArray | number, null] };

const f = ({ a, b }: Pair, y: NDArray): NDArray => np.add(np.sin(np.mul(a, y)), np.mul(b[0], y));
const g = (y: NDArray): NDArray => np.mul(np.cos(y), 0.5);
const ones: Given = { a: 1, b: [1, null] };

/** What a transform makes of a tree and a number. */
const transforms: Readonly<Record<string, (p: Given, y: NDArray | number) => unknown>> = {
  jit: (p, y) => jit(f)(p, y),
  checkpoint: (p, y) => checkpoint(f)(p, y),
  grad: (p, y) => grad(f)(p, array(y)),
  "grad by all": (p, y) => grad(f, { argnums: [-1, 0] })(p, y),
  "grad of jit": (p, y) => grad(jit(f))(p, y),
  valueAndGrad: (p, y) => valueAndGrad(f, { argnums: [0, 1] })(p, y),
  jvp: (p, y) => jvp(f, [p, y], [ones, 1]),
  vjp: (p, y) => vjp(f, p, y)[1](1),
  linearize: (p, y) => linearize(f, p, y)[1](ones, 1),
  linearTranspose: (p, y) => linearTranspose((z: NDArray) => np.mul(z, 3), y)(p.a),
  jacfwd: (p, y) => jacfwd(f, { argnums: [1, 0] })(p, y),
  jacrev: (p, y) => jacrev(f, { argnums: [0, 1] })(p, y),
  hessian: (p, y) => hessian(f, { argnums: [0, 1] })(p, y),
  hvp: (p, y) => hvp(f, [p, y], [ones, 0]),
  "vmap, unmapped": (p, y) =>
    vmap(f, { inAxes: [{ a: null, b: [0, null] }, null] })({ a: p.a, b: [array([1, 2]), null] }, y),
  customJvp: (p, y) =>
    jvp(customJvp(g, { jvp: ([z]: [NDArray], [dz]: [NDArray]) => [g(z), np.mul(dz, p.a)] }), [y], [1]),
  customVjp: (_, y) =>
    customVjp(g, { fwd: (z: NDArray) => [g(z), z], bwd: (z: NDArray, ct: NDArray) => [np.mul(ct, z)] })(y),
  closureConvert: (p, y) => closureConvert(f, p, y)[0](p, y),
  newton: (_, y) => newton((z) => np.sub(z, np.mul(0.25, np.sin(z))), y),
  "newton on a tree": (p) => newton((q: Pair) => ({ a: np.sub(q.a, 2), b: [np.sub(q.b[0], q.a), null] as const }), p),
  fixedPoint: (_, y) => fixedPoint(g, y),
  customRoot: (_, y) =>
    customRoot(
      (z: NDArray) => np.sub(z, 3),
      y,
      (_f, z) => np.add(np.mul(z, 0), 3),
      (_g, b) => b,
    ),
  customLinearSolve: (_, y) =>
    customLinearSolve(
      (z: NDArray) => np.mul(z, 4),
      y,
      (_f, b) => np.div(b, 4),
    ),
  cond: (p, y) => cond(true, f, f, p, y),
  whileLoop: (p) =>
    whileLoop(
      (q: Pair) => np.less(q.a, 10),
      ({ a, b }) => ({ a: np.add(a, 4), b: [np.mul(b[0], 0.5), null] as const }),
      p,
    ),
  foriLoop: (_, y) => foriLoop(0, 3, (k, z: NDArray) => np.add(z, np.sin(k)), y),
  scan: (p, y) =>
    scan((q: Pair, row: NDArray) => [{ a: np.mul(row, q.a), b: q.b }, q.a] as const, p, np.mul(array([1, 2]), y)),
  ravelTree: (p) => ravelTree(p)[1](ravelTree(p)[0]),
  stopGradient: (p) => stopGradient(p),
  evalShape: (p, y) => evalShape(f, p, y),
  memoryAnalysis: (p, y) => memoryAnalysis(f, p, y),
  savedResiduals: (p, y) => savedResiduals(f, p, y),
  // Numbers are weak, which the text marks by "~".
  explain: (p, y) => explain(f, p, y).replaceAll("~", ""),
  makeJaxpr: (p, y) => String(makeJaxpr(f)(p, y)).replaceAll("~", ""),
};

/** Arrays as lists. */
const shown = (node: unknown): unknown => {
  if (node instanceof NDArray) return node.toList();
  if (Array.isArray(node)) return node.map(shown);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, entry]) => [key, shown(entry)]));
};

describe.each(Object.entries(transforms))("%s", (_name, transform) => {
  test("gives for numbers what it gives for arrays", () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true }).filter((x) => !Number.isInteger(x));
    fc.assert(
      fc.property(number, number, number, (a, b, y) => {
        const ofNumbers = transform({ a, b: [b, null] }, y);
        const ofArrays = transform({ a: array(a), b: [array(b), null] }, array(y));
        expect(shown(ofNumbers)).toEqual(shown(ofArrays));
      }),
      { numRuns: 5 },
    );
  });

  test("gives for whole numbers what it gives for arrays of them", () => {
    const result = transform({ a: 1, b: [2, null] }, 3);
    const weak = transform({ a: array(1), b: [array(2), null] }, array(3));
    expect(shown(result)).toEqual(shown(weak));
  });
});

test("every number that a function returns is an array outside", () => {
  const counted = (y: NDArray): { y: NDArray; two: number; isTrue: boolean } => ({ y, two: 2, isTrue: true });
  for (const result of [
    jit(counted)(1),
    checkpoint(counted)(1),
    vmap(counted)(array([1])),
    vjp(counted, 1)[0],
    jvp(counted, [1], [1])[0],
    linearize(counted, 1)[0],
    stopGradient({ a: 1, b: [true] }),
  ])
    expect(tree.leaves(result).every((leaf) => leaf instanceof NDArray)).toBe(true);
});

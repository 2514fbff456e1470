/**
 * Every function of cotangent/linalg under every transform: derivatives to the second order against differences,
 * pullbacks paired with jvp to 1e-12, vmap against a loop, jit against eager evaluation, float32 against float64,
 * and matrices of no rows, of one, and batches of none.
 */
import { describe, expect, test } from "vitest";
import { array, evalShape, grad } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { checkGrads, checkJit, checkVmap } from "../../library/testing/index.ts";
import { expectClose, joined, randomArray } from "./matrices.ts";

type ArrayFunction = (x: NDArray) => NDArray;

interface Subject {
  readonly f: ArrayFunction;
  /** Shape of one example; square ones are also tried at sizes 0 and 1. */
  readonly shape: readonly number[];
  /** Moved from random numbers to where the function is smooth. */
  readonly prepare?: ArrayFunction;
  /** Not defined for matrices without elements. */
  readonly needsElements?: true;
  /** Differences see less of it, by the condition of what is solved. */
  readonly rtol?: number;
}

const identity = (x: NDArray): NDArray => np.eye(x.shape.at(-1)!, x.shape.at(-1)!, { dtype: x.dtype });
/** x x' + I: positive definite for every x, so that differences may move x anywhere. */
const definite: ArrayFunction = (x) => np.add(np.matmul(x, np.swapaxes(x, -1, -2)), identity(x));
const plusDiagonal: ArrayFunction = (x) => np.add(x, np.mul(identity(x), 3));
/** Adds 1, 2, 3, .. to the diagonal: eigenvalues and singular values lie apart. */
const spreadOut: ArrayFunction = (x) => {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return np.add(x, np.mul(np.eye(rows, columns), np.mul(np.arange(1, columns + 1), 3)));
};

const three = [3, 3];

const subjects: Readonly<Record<string, Subject>> = {
  cholesky: { f: (x) => linalg.cholesky(definite(x)), shape: three },
  "upper cholesky": { f: (x) => linalg.cholesky(definite(x), { upper: true }), shape: three },
  choSolve: { f: (x) => linalg.choSolve(linalg.cholesky(definite(x)), x), shape: three },
  triangularSolve: {
    f: (x) => np.add(linalg.triangularSolve(x, x), linalg.triangularSolve(x, x, { lower: true, transpose: true })),
    shape: three,
    prepare: plusDiagonal,
  },
  "lu of a square": { f: joined((x) => linalg.lu(x)), shape: three, prepare: plusDiagonal },
  "lu of a tall": { f: joined((x) => linalg.lu(x)), shape: [4, 2], prepare: spreadOut },
  "lu of a wide": { f: joined((x) => linalg.lu(x)), shape: [2, 4], prepare: spreadOut },
  luSolve: {
    f: (x) => np.add(linalg.luSolve(linalg.luFactor(x), x), linalg.luSolve(linalg.luFactor(x), x, { transpose: true })),
    shape: three,
    prepare: plusDiagonal,
  },
  solve: { f: (x) => linalg.solve(x, np.sin(x)), shape: three, prepare: plusDiagonal },
  inv: { f: (x) => linalg.inv(x), shape: three, prepare: plusDiagonal },
  "pinv of a tall": { f: (x) => linalg.pinv(x), shape: [4, 2], prepare: spreadOut },
  "pinv of a wide": { f: (x) => linalg.pinv(x), shape: [2, 4], prepare: spreadOut },
  lstsq: {
    f: joined((x) => linalg.lstsq(x, np.sin(np.sum(x, { axis: 1 }))).slice(0, 2)),
    shape: [4, 2],
    prepare: spreadOut,
  },
  "qr of a square": { f: joined((x) => linalg.qr(x)), shape: three, prepare: plusDiagonal },
  "qr of a tall": { f: joined((x) => linalg.qr(x)), shape: [4, 2], prepare: spreadOut },
  "qr of a wide": { f: joined((x) => linalg.qr(x)), shape: [2, 4], prepare: spreadOut },
  "complete qr of a tall": { f: joined((x) => linalg.qr(x, { mode: "complete" })), shape: [5, 2], prepare: spreadOut },
  "complete qr of a triangle": {
    f: joined((x) => linalg.qr(np.triu(x), { mode: "complete" })),
    shape: [4, 2],
    prepare: spreadOut,
  },
  eigh: { f: joined((x) => linalg.eigh(x)), shape: three, prepare: spreadOut },
  eigvalsh: { f: (x) => linalg.eigvalsh(x), shape: three, prepare: spreadOut },
  "svd of a square": { f: joined((x) => linalg.svd(x)), shape: three, prepare: spreadOut },
  "svd of a tall": { f: joined((x) => linalg.svd(x, { fullMatrices: false })), shape: [4, 2], prepare: spreadOut },
  "svd of a wide": { f: joined((x) => linalg.svd(x, { fullMatrices: false })), shape: [2, 4], prepare: spreadOut },
  svdvals: { f: (x) => linalg.svdvals(x), shape: [3, 2], prepare: spreadOut },
  det: { f: (x) => linalg.det(x), shape: three },
  slogdet: { f: joined((x) => linalg.slogdet(x)), shape: three, prepare: plusDiagonal },
  expm: { f: (x) => linalg.expm(x), shape: three },
  matrixPower: { f: (x) => linalg.matrixPower(x, 5), shape: three },
  "negative matrixPower": { f: (x) => linalg.matrixPower(x, -3), shape: three, prepare: plusDiagonal },
  "Euclidean vectorNorm": { f: (x) => linalg.vectorNorm(x, { axis: 1 }), shape: three, needsElements: true },
  "cubic vectorNorm": {
    f: (x) => linalg.vectorNorm(x, { ord: 3, axis: 0 }),
    shape: three,
    prepare: plusDiagonal,
    needsElements: true,
  },
  "vectorNorm of order 1.5": { f: (x) => linalg.vectorNorm(np.add(np.square(x), 0.1), { ord: 1.5 }), shape: three },
  "largest magnitude": {
    f: (x) => linalg.vectorNorm(x, { ord: Infinity }),
    shape: three,
    prepare: spreadOut,
    needsElements: true,
  },
  "Frobenius norm": { f: (x) => linalg.matrixNorm(x), shape: three, needsElements: true },
  "nuclear norm": { f: (x) => linalg.matrixNorm(x, { ord: "nuc" }), shape: three, prepare: plusDiagonal },
  "spectral norm": {
    f: (x) => np.add(linalg.matrixNorm(x, { ord: 2 }), linalg.matrixNorm(x, { ord: -2 })),
    shape: three,
    prepare: spreadOut,
    needsElements: true,
  },
  "row and column norms": {
    f: (x) => np.add(linalg.norm(x, { ord: 1, axis: [-2, -1] }), linalg.norm(x, { ord: Infinity, axis: [-2, -1] })),
    shape: three,
    prepare: spreadOut,
    needsElements: true,
  },
  cond: { f: (x) => linalg.cond(x), shape: three, prepare: spreadOut, needsElements: true },
  "cond by columns": { f: (x) => linalg.cond(x, { p: 1 }), shape: three, prepare: spreadOut, needsElements: true },
  tensorsolve: {
    f: (x) =>
      linalg.tensorsolve(
        np.reshape(plusDiagonal(np.reshape(x, [4, 4])), [4, 2, 2]),
        np.sin(np.sum(x, { axis: [1, 2] })),
      ),
    shape: [4, 2, 2],
  },
  tensorinv: { f: (x) => linalg.tensorinv(np.reshape(plusDiagonal(x), [4, 2, 2]), { ind: 1 }), shape: [4, 4] },
  diagonal: { f: (x) => linalg.diagonal(x, { offset: -1 }), shape: three },
  trace: { f: (x) => linalg.trace(np.square(x), { offset: 1 }), shape: [2, 4] },
  multiDot: { f: (x) => linalg.multiDot([x, np.sin(x), np.cos(x)]), shape: three },
};

const rows = Object.entries(subjects);
const none: ArrayFunction = (x) => x;

describe.each(rows)("%s", (_name, { f, shape, prepare = none, needsElements, rtol = 1e-6 }) => {
  const point = prepare(randomArray(7, shape));

  test("has the derivatives of its differences, to the second order, and pullbacks that pair", () => {
    const report = checkGrads(f, [point], { order: 2, rtol, directions: 1 });
    expect(report.comparisons).toBeGreaterThan(0);
  });

  test("mapped is a loop", () => {
    checkVmap(f, [point], { size: 3 });
    checkVmap((x: NDArray) => grad((y: NDArray) => np.sum(f(y)))(x), [point], { size: 2 });
  });

  test("compiled is itself, and so are its gradients", () => {
    checkJit(f, [point]);
    checkJit(
      grad((x: NDArray) => np.sum(np.square(f(x)))),
      [point],
    );
  });

  test("in float32 is the float64 result, rounded", () => {
    const seen = f(np.astype(point, "float32"));
    expect(seen.dtype).toBe("float32");
    expectClose(np.astype(seen, "float64"), f(np.astype(np.astype(point, "float32"), "float64")), 2e-6);
  });

  if (shape === three && needsElements === undefined)
    test("takes matrices of one row and of none, and differentiates them", () => {
      for (const size of [0, 1]) {
        const x = plusDiagonal(randomArray(3, [size, size]));
        const [wanted] = [evalShape(f, x) as { shape: readonly number[] }];
        expect(f(x).shape).toEqual(wanted.shape);
        expect(grad((y: NDArray) => np.sum(f(y)))(x).shape).toEqual([size, size]);
        if (size === 1) checkGrads(f, [x], { directions: 1, rtol });
      }
    });
});

/** Those that take batch axes as they are. */
const batched: Readonly<Record<string, (x: NDArray) => readonly NDArray[]>> = {
  cholesky: (x) => [linalg.cholesky(definite(x))],
  lu: (x) => linalg.lu(x),
  luSolve: (x) => [linalg.luSolve(linalg.luFactor(x), np.ones(x.shape.at(-1)!))],
  qr: (x) => linalg.qr(x),
  "complete qr": (x) => linalg.qr(x, { mode: "complete" }),
  eigh: (x) => linalg.eigh(x),
  svd: (x) => linalg.svd(x),
  solve: (x) => [linalg.solve(x, np.ones(x.shape.at(-1)!))],
  inv: (x) => [linalg.inv(x)],
  pinv: (x) => [linalg.pinv(x)],
  lstsq: (x) => linalg.lstsq(x, np.ones(x.shape.at(-1)!)),
  det: (x) => [linalg.det(x)],
  slogdet: (x) => linalg.slogdet(x),
  expm: (x) => [linalg.expm(x)],
  matrixPower: (x) => [linalg.matrixPower(x, 3), linalg.matrixPower(x, 0), linalg.matrixPower(x, -1)],
  norms: (x) =>
    (["fro", "nuc", 1, -1, 2, -2, Infinity, -Infinity] as const).map((ord) => linalg.matrixNorm(x, { ord })),
  cond: (x) => [linalg.cond(x), linalg.cond(x, { p: "fro" }), linalg.cond(x, { p: -2 })],
  matrixRank: (x) => [linalg.matrixRank(x)],
  diagonal: (x) => [linalg.diagonal(x), linalg.trace(x)],
};

describe.each(Object.entries(batched))("%s with batch axes", (_name, f) => {
  test("is each matrix on its own, in one batch axis and in two", () => {
    const x = plusDiagonal(randomArray(11, [2, 3, 2, 2]));
    const seen = f(x);
    for (const [i, k] of [
      [0, 0],
      [1, 2],
    ] as const)
      f(x.at(i, k).get()).forEach((wanted, output) => expectClose(seen[output]!.at(i, k).get(), wanted));
    f(x.at(1).get()).forEach((wanted, output) => expectClose(seen[output]!.at(1).get(), wanted));
  });

  test("of no matrices gives no results, and a gradient without elements", () => {
    const x = np.zeros([0, 2, 2]);
    for (const result of f(x)) expect(result.shape[0]).toBe(0);
    const total = (y: NDArray): NDArray =>
      f(y)
        .filter(({ dtype }) => dtype === "float64")
        .reduce((sum, part) => np.add(sum, np.sum(part)), np.sum(y));
    expect(grad(total)(x).shape).toEqual([0, 2, 2]);
  });
});

test("integers are taken as float64", () => {
  const x = array(
    [
      [2, 0],
      [0, 4],
    ],
    { dtype: "int32" },
  );
  expect(linalg.inv(x).dtype).toBe("float64");
  expect(linalg.inv(x).toList()).toEqual([
    [0.5, 0],
    [0, 0.25],
  ]);
});

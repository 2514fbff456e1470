/**
 * Laws of creation, rearrangement, indexing, scatter, order, sets, interpolation and einsum under every transform:
 * derivatives to second order against differences, vmap against a loop, compiled against eager.
 */
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { checkGrads, checkJit, checkVmap } from "../../library/testing/index.ts";

type Law = readonly [name: string, f: (...args: NDArray[]) => NDArray | readonly NDArray[], ...args: NDArray[]];

/** Numbers well apart, in no order. */
const generic = (...shape: number[]): NDArray => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = Array.from({ length: size }, (_, k) => Math.sin(7 * k + 1) + 2.1 * (((k * 5) % size) / size) - 1);
  return array(data, { shape });
};
const integers = (data: number[], shape = [data.length]): NDArray => array(data, { dtype: "int32", shape });

const x = generic(3, 4);
const y = generic(2, 4).add(0.37);
const line = generic(6);
const other = np.cos(line);
const knots = array([-2, -0.7, 0.4, 0.9, 3]);
const heights = array([0.3, -1, 2, 0.5, 1.7]);

const laws: readonly Law[] = [
  ["append", (a, b) => np.append(a, b, { axis: 0 }), x, y],
  ["applyAlongAxis", (a) => np.applyAlongAxis((v) => np.multiply(v, np.sum(v)), 0, a), x],
  ["applyOverAxes", (a) => np.applyOverAxes((v, axis) => np.prod(v, { axis }), a, [0, 1]), x],
  ["argsort", (a) => np.takeAlongAxis(a, np.argsort(a)), x],
  ["atleast3d", (a) => np.atleast3d(a), line],
  ["at add", (a, i, v) => a.at(i).add(v), line, integers([0, 3, 0, 9, -1]), np.cos(generic(5))],
  ["at set", (a, i, v) => a.at(i, np.slice(null, null, 2)).set(v), x, integers([2, 0, 2]), generic(3, 2)],
  ["at sub", (a, v) => a.at(np.slice(1, 3)).sub(v), line, generic(2)],
  ["at mul", (a, v) => a.at(integers([4, 1])).mul(v), line, generic(2)],
  ["at div", (a, v) => a.at(integers([4, 1])).div(v), line, generic(2).add(3)],
  ["at div in a box", (a, v) => a.at(np.slice(0, 5, 2)).div(v), line, generic(3).add(3)],
  [
    "at power",
    (a, v) =>
      np
        .abs(a)
        .at(integers([4, 1]))
        .power(v),
    line,
    generic(2),
  ],
  ["at max", (a, i, v) => a.at(i).max(v), line, integers([4, 1, 4, 7]), generic(4).mul(1.3)],
  ["at min in a box", (a, v) => a.at(null, 1).min(v), x, generic(3).mul(1.3)],
  ["at apply", (a) => a.at(integers([1, -1])).apply((v) => np.sin(v).mul(v)), line],
  ["at newaxis and ellipsis", (a) => a.at(np.ellipsis, np.newaxis, 1).get(), x],
  ["block", (a, b) => np.block([[a], [b]]), x, y],
  ["choose", (i, a, b) => np.choose(i, [a, b]), integers([0, 1, 1, 0, 5, 0]), line, other],
  ["columnStack", (a, b) => np.columnStack([a, b]), line, other],
  ["compress", (a) => np.compress(array([true, false, true]), a, { axis: 0 }), x],
  ["compress with a size", (m, a) => np.compress(m, a, { axis: 1, size: 3 }), array([true, false, true, false]), x],
  ["concatenate", (a, b) => np.concatenate([a, b], { axis: null }), x, y],
  ["delete", (a) => np.delete(a, np.slice(0, 4, 2), { axis: 1 }), x],
  ["delete traced", (a, i) => np.delete(a, i, { assumeUniqueIndices: true }), line, integers([4, 1])],
  ["diag", (a) => np.diag(a, { k: -1 }), line],
  ["diagflat", (a) => np.diagflat(a), y],
  ["diagonal", (a) => np.diagonal(a, { offset: 1 }), x],
  ["dstack", (a, b) => np.dstack([a, b]), line, other],
  ["dynamicSlice", (a, i) => np.dynamicSlice(a, i, [2, 3]), x, integers([2, 0])],
  ["dynamicUpdateSlice", (a, u, i) => np.dynamicUpdateSlice(a, u, i), x, generic(2, 2), integers([1, 9])],
  ["einsum", (a, b) => np.einsum("ij,kj->ik", a, b), x, y],
  ["einsum of three", (a, b, c) => np.einsum("ij,kj,k->i", a, b, c), x, y, generic(2)],
  ["einsum of a diagonal", (a, b) => np.einsum("iij,jb->b", a, b), generic(2, 2, 3), generic(3, 2)],
  ["einsum with an ellipsis", (a, b) => np.einsum("...i,...i", a, b), x, generic(3, 1)],
  ["expandDims", (a) => np.expandDims(a, [0, 2]), line],
  ["extract", (a) => np.extract(array([1, 0, 1, 1, 0, 0]), a), line],
  ["fillDiagonal", (a, v) => np.fillDiagonal(a, v), x, generic(2)],
  ["flip", (a) => np.flip(a), x],
  ["geomspace", (a, b) => np.geomspace(a, b, 4), array([1, 2.5]), array([20, 0.3])],
  ["insert", (a, v) => np.insert(a, integers([1, 4, 1]), v), line, generic(3)],
  ["insert traced", (a, i, v) => np.insert(a, i, v, { axis: 1 }), x, integers([3, 0]), generic(3, 2)],
  ["interp", (a, b, c) => np.interp(a, b, c), line, knots, heights],
  ["interp with ends", (a, v) => np.interp(a, knots, heights, { left: v, right: 7 }), line.mul(3), array(0.3)],
  ["interp with a period", (a, b, c) => np.interp(a, b, c, { period: 3.1 }), line, knots, heights],
  ["intersect1d", (a) => np.intersect1d(a, np.flip(a), { size: 8, fillValue: 2 }), other],
  ["linspace", (a, b) => np.linspace(a, b, 4, { axis: 1 }), array([1, 2.5]), array([20, 0.3])],
  ["logspace", (a, b) => np.logspace(a, b, 3, { base: 2 }), array(0.3), array(1.7)],
  ["matrixTranspose", (a) => np.matrixTranspose(a), x],
  ["meshgrid", (a, b) => np.meshgrid(a, b), line, other],
  ["moveaxis", (a) => np.moveaxis(a, [0, 1], [1, 0]), x],
  ["pad reflect", (a) => np.pad(a, [2, 5], { mode: "reflect" }), x],
  ["pad reflect odd", (a) => np.pad(a, 4, { mode: "symmetric", reflectType: "odd" }), x],
  ["pad linearRamp", (a) => np.pad(a, 2, { mode: "linearRamp", endValue: 1 }), x],
  ["pad maximum", (a) => np.pad(a, 2, { mode: "maximum", statLength: 2 }), x],
  ["pad mean", (a) => np.pad(a, 1, { mode: "mean" }), x],
  ["pad median", (a) => np.pad(a, [1, 2], { mode: "median", statLength: 3 }), x],
  ["partition", (a) => np.partition(a, 2), x],
  ["piecewise", (a) => np.piecewise(a, [a.less(0), a.greater(1)], [np.sin, (v) => v.mul(v), 3]), x],
  ["place", (a, v) => np.place(a, array([1, 0, 1, 1, 0, 1]), v), line, generic(3)],
  ["put", (a, v) => np.put(a, integers([3, 1, 3]), v), x, generic(2)],
  ["putAlongAxis", (a, i, v) => np.putAlongAxis(a, i, v), x, integers([2, 0, 3], [3, 1]), generic(3, 1)],
  ["ravelMultiIndex", (i, j) => np.ravelMultiIndex([i, j], [2, 3]), integers([1, 0, 5]), integers([2, 1, -1])],
  ["repeat", (a) => np.repeat(a, [2, 0, 1], { axis: 0 }), x],
  ["repeat traced", (a, n) => np.repeat(a, n, { axis: 0, totalRepeatLength: 5 }), x, integers([2, 0, 1])],
  ["resize", (a) => np.resize(a, [2, 4]), line],
  ["roll", (a) => np.roll(a, [1, 2], { axis: [0, 1] }), x],
  ["rot90", (a) => np.rot90(a), x],
  ["segmentSum", (a, i) => np.segmentSum(a, i, { numSegments: 3 }), x, integers([2, 0, 2])],
  ["segmentProd", (a) => np.segmentProd(a, integers([2, 0, 1]), { numSegments: 3 }), x],
  ["segmentMax", (a, i) => np.segmentMax(a, i, { numSegments: 2 }), x, integers([1, 0, 1])],
  ["segmentMin", (a, i) => np.segmentMin(a, i, { numSegments: 2 }), x, integers([1, 0, 1])],
  ["select", (a, b) => np.select([a.less(0), b.less(0.5)], [a, b], np.mul(a, b)), line, other],
  ["setdiff1d", (a) => np.setdiff1d(a, array([9]), { size: 6 }), line],
  ["setxor1d", (a, b) => np.setxor1d(a, b, { size: 8 }), line, generic(2).add(9)],
  ["sort", (a) => np.sort(a, { axis: 0, descending: true }), x],
  ["split", (a) => np.split(a, [1, 3], { axis: 1 }), x],
  ["stack", (a, b) => np.stack([a, b], { axis: 1 }), line, other],
  ["take", (a, i) => np.take(a, i, { axis: 1, mode: "wrap" }), x, integers([1, 5, 1])],
  ["takeAlongAxis", (a, i) => np.takeAlongAxis(a, i), x, integers([2, 0, 3], [3, 1])],
  ["tile", (a) => np.tile(a, [2, 2]), x],
  ["topK", (a) => np.topK(a, 2), x],
  ["trace", (a) => np.trace(a, { offset: 1 }), x],
  ["tril and triu", (a) => np.add(np.tril(a), np.mul(np.triu(a, { k: 1 }), a)), x],
  ["trimZeros", (a) => np.trimZeros(a, { size: 4 }), line],
  ["union1d", (a, b) => np.union1d(a, b, { size: 8 }), line, generic(2).add(9)],
  ["unique", (a) => np.unique(a, { size: 7, fillValue: 1, returnCounts: true }), line],
  ["unique rows", (a) => np.unique(a, { axis: 0, size: 3 }), x],
  ["unravelIndex", (i) => np.unravelIndex(i, [2, 3]), integers([4, -1, 9])],
  ["unstack", (a) => np.unstack(a, { axis: 1 }), x],
  ["vander", (a) => np.vander(a, 4), line],
  ["vectorize", (a, b) => np.vectorize((u, v) => u.mul(v).sum(), { signature: "(n),(n)->()" })(a, b), x, y.at(0).get()],
  ["where", (a, b) => np.where(a.less(b), a.mul(b), b), line, other],
  ["nonzero", (a) => np.nonzero(a.less(0), { size: 9, fillValue: -1 }), x],
  ["argwhere", (a) => np.argwhere(a.less(0), { size: 4 }), x],
];

const isFloat = ({ dtype }: NDArray): boolean => dtype.startsWith("float");

describe.each(laws.map(([name, ...rest]) => [name, rest] as const))("%s", (_name, [f, ...args]) => {
  const outputs = [f(...args)].flat();
  const differentiable = (...own: NDArray[]): NDArray[] => [f(...own)].flat().filter(isFloat);

  test.runIf(outputs.some(isFloat))("has the derivatives that differences have, to second order", () => {
    const report = checkGrads(differentiable, args, { rtol: 1e-5, directions: 1 });
    expect(Object.keys(report.worst)).toContain("reverse over reverse");
  });

  test("mapped equals a loop", () => {
    expect(checkVmap(f, args, { size: 3 }).examples).toBe(3);
  });

  test("compiled equals eager to the bit", () => {
    checkJit(f, args, { rtol: 0 });
  });
});

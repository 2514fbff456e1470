/**
 * Laws of the prebuilt matrix product: equal to the bit with `dotGeneral` in every way to compute it, for any shape, axes
 * and values; it reads its operands only, and writes its result and scratch only.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ContractionAxes, contractionShape, dotGeneral } from "../../kernels/contraction.ts";
import { type NumericArray, elementCount } from "../../kernels/numeric-array.ts";
import { doubles, singles } from "../../kernels/prebuilt/lanes.ts";
import { matrixProduct } from "../../kernels/prebuilt/matmul-axes.ts";
import { callOf, planMatmul } from "../../kernels/prebuilt/matmul-plan.ts";
import { chooseWay, waysOf } from "../../kernels/prebuilt/matmul-ways.ts";
import { matmul } from "../../kernels/prebuilt/matmul.ts";
import { type PrebuiltCall, instantiate } from "../../kernels/prebuilt/module.ts";
import { flatIndex, indicesOf, randomBuffer, seeds } from "../kernels/arrays.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { type Problem, matrixProblem, problems } from "../kernels/contraction-problems.ts";

type Dtype = "float64" | "float32";
const dtypes = fc.constantFrom<Dtype>("float64", "float32");
const lanesOf = { float64: doubles, float32: singles } as const;
const arrayOf = { float64: Float64Array, float32: Float32Array } as const;

const memory = new WebAssembly.Memory({ initial: 300 });
const bytes = new Uint8Array(memory.buffer);
const functions = instantiate(matmul, memory);
/** An odd pattern: a NaN as a float, and easy to find changed. */
const untouched = 0xff;
const gap = 64;

/** Runs a call with operands that end where memory does, so that reading on would trap; the rest must stay as it was. */
function run(call: PrebuiltCall, operands: readonly NumericArray[], resultBytes: number): ArrayBuffer {
  const sizes = operands.map((operand) => operand.byteLength);
  const total = gap + resultBytes + gap + call.scratchBytes + 16 + gap + sizes[0]! + sizes[1]!;
  const align = (address: number, multiple: number): number => address - (address % multiple);
  const b = bytes.length - sizes[1]!;
  const a = b - sizes[0]!;
  const scratch = align(a - gap - call.scratchBytes, 16);
  const c = align(scratch - gap - resultBytes, 8);
  bytes.fill(untouched, bytes.length - total - gap);
  for (const [k, address] of [a, b].entries()) {
    const { buffer, byteOffset, byteLength } = operands[k]!;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), address);
  }
  functions[call.function]!(...call.args({ operands: [a, b], results: [c], scratch }));
  const isUntouched = (start: number, end: number): boolean => bytes.subarray(start, end).every((x) => x === untouched);
  expect(isUntouched(bytes.length - total - gap, c)).toBe(true);
  expect(isUntouched(c + resultBytes, scratch)).toBe(true);
  expect(isUntouched(scratch + call.scratchBytes, a)).toBe(true);
  for (const [k, address] of [a, b].entries()) {
    const { buffer, byteOffset, byteLength } = operands[k]!;
    expect(
      Buffer.compare(bytes.slice(address, address + byteLength), new Uint8Array(buffer, byteOffset, byteLength)),
    ).toBe(0);
  }
  return memory.buffer.slice(c, c + resultBytes);
}

/** The first place where two arrays differ; NaNs count as equal, zeros of different sign do not. */
const firstDifference = (actual: NumericArray, expected: NumericArray): string => {
  if (actual.length !== expected.length) return `${actual.length} elements for ${expected.length}`;
  const place = expected.findIndex((value, k) => !Object.is(value, actual[k]));
  return place < 0 ? "" : `element ${place}: ${actual[place]} for ${expected[place]}`;
};

function referenceOf(dtype: Dtype, a: NumericArray, b: NumericArray, { aShape, bShape, axes }: Problem): NumericArray {
  const out = new arrayOf[dtype](elementCount(contractionShape(aShape, bShape, axes)));
  dotGeneral(a, aShape, b, bShape, axes, out);
  return out;
}

function differenceOf(
  call: PrebuiltCall,
  dtype: Dtype,
  operands: readonly NumericArray[],
  expected: NumericArray,
): string {
  return firstDifference(new arrayOf[dtype](run(call, operands, expected.byteLength)), expected);
}

const special = [0, -0, NaN, Infinity, -Infinity, 1, -1, 1e-320, 1e-42, -1e-45, 1e300, 3e38, -5e-324];

/** Random numbers, one in `rarity` of them special; 0 for none. */
function operand(dtype: Dtype, shape: readonly number[], seed: number, rarity: number): NumericArray {
  const values = randomBuffer(elementCount(shape), seed);
  const choices = randomBuffer(values.length, seed + 7);
  const drawn = values.map((value, k) => {
    const choice = Math.floor(((choices[k]! + 1) / 2) * rarity * special.length);
    return rarity > 0 && choice < special.length ? special[choice]! : value;
  });
  return arrayOf[dtype].from(drawn);
}

const rarities = fc.constantFrom(0, 0, 3, 40);
const length = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.integer({ min: 1, max: 70 }));
const depth = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 254, max: 259 }),
  fc.integer({ min: 511, max: 530 }),
);

test("every way to a product gives the bits of dotGeneral, whatever the sizes, layouts and values", () => {
  fc.assert(
    fc.property(
      dtypes,
      fc.record({ m: length, n: length, k: depth, isLeftTransposed: fc.boolean(), isRightTransposed: fc.boolean() }),
      seeds,
      rarities,
      (dtype, size, seed, rarity) => {
        const problem = matrixProblem(size);
        const { aShape, bShape, axes } = problem;
        const [a, b] = [operand(dtype, aShape, seed, rarity), operand(dtype, bShape, seed + 1, rarity)];
        const expected = referenceOf(dtype, a, b, problem);
        const { product } = matrixProduct(lanesOf[dtype], [aShape, bShape], axes);
        for (const way of waysOf(product))
          expect([way, differenceOf(callOf(product, way), dtype, [a, b], expected)]).toEqual([way, ""]);
      },
    ),
    { numRuns: 300 },
  );
}, 30_000);

test("blocks of rows, of columns and of terms fit together", () => {
  for (const dtype of ["float64", "float32"] as const)
    for (const [m, n, k] of [
      [270, 5, 7],
      [5, 1050, 9],
      [130, 530, 3],
      [1, 37, 600],
      [70, 1, 275],
    ] as const)
      for (const isTransposed of [false, true]) {
        const problem = matrixProblem({ m, n, k, isLeftTransposed: isTransposed, isRightTransposed: !isTransposed });
        const { aShape, bShape, axes } = problem;
        const [a, b] = [operand(dtype, aShape, m, 0), operand(dtype, bShape, n, 0)];
        const expected = referenceOf(dtype, a, b, problem);
        const { product } = matrixProduct(lanesOf[dtype], [aShape, bShape], axes);
        for (const way of waysOf(product))
          expect([way, differenceOf(callOf(product, way), dtype, [a, b], expected)]).toEqual([way, ""]);
      }
});

/** The operand with its axes in another order, contiguous; null leaves it as it is. */
function copied(
  dtype: Dtype,
  values: NumericArray,
  shape: readonly number[],
  order: readonly number[] | null,
): NumericArray {
  if (order === null) return values;
  const index: number[] = [];
  return arrayOf[dtype].from(
    indicesOf(order.map((axis) => shape[axis]!)).map((place) => {
      for (const [k, axis] of order.entries()) index[axis] = place[k]!;
      return values[flatIndex(index, shape)]!;
    }),
  );
}

/** What differs from `dotGeneral` in the plan, and in every way to the same product. */
function planDifferences(dtype: Dtype, problem: Problem, seed: number, rarity: number): string[] {
  const { aShape, bShape, axes } = problem;
  const [a, b] = [operand(dtype, aShape, seed, rarity), operand(dtype, bShape, seed + 1, rarity)];
  const expected = referenceOf(dtype, a, b, problem);
  const plan = planMatmul(dtype, aShape, bShape, axes)!;
  const calls = [plan];
  if (a.length > 0 && b.length > 0) {
    const { product } = matrixProduct(lanesOf[dtype], [aShape, bShape], axes);
    calls.push(...waysOf(product).map((way) => callOf(product, way)));
  }
  const [aOrder = null, bOrder = null] = plan.copies ?? [];
  const operands = [copied(dtype, a, aShape, aOrder), copied(dtype, b, bShape, bOrder)];
  return calls.map((call) => differenceOf(call, dtype, operands, expected)).filter((text) => text !== "");
}

test("a plan computes any contraction, after the copies that it asks for", () => {
  fc.assert(
    fc.property(dtypes, problems(4), seeds, rarities, (dtype, problem, seed, rarity) => {
      expect(planDifferences(dtype, problem, seed, rarity)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

/** Heads of an attention, [batch, place, head, feature]: two batch axes that do not merge. */
const heads: ContractionAxes = {
  contract: [[3], [3]],
  batch: [
    [0, 2],
    [0, 2],
  ],
};

test("two batch axes that do not merge are run over in every way", () => {
  for (const dtype of ["float64", "float32"] as const)
    for (const [m, n, k] of [
      [9, 11, 8],
      [3, 20, 19],
      [33, 2, 260],
    ] as const)
      expect(planDifferences(dtype, { aShape: [2, m, 3, k], bShape: [2, n, 3, k], axes: heads }, m, 5)).toEqual([]);
});

const product: ContractionAxes = { contract: [[1], [0]], batch: [[], []] };
const noCopies = [null, null];

test("operands are copied only if their axes do not merge", () => {
  const copiesOf = (aShape: number[], bShape: number[], axes: ContractionAxes): unknown =>
    planMatmul("float32", aShape, bShape, axes)!.copies;
  expect(copiesOf([5, 6], [6, 7], product)).toEqual(noCopies);
  expect(copiesOf([2, 3, 5, 6], [7, 6], { contract: [[3], [1]], batch: [[], []] })).toEqual(noCopies);
  expect(copiesOf([2, 9, 4, 8], [2, 11, 4, 8], heads)).toEqual(noCopies);
  // A batch axis between two free ones, and contracted axes in another order.
  expect(copiesOf([3, 2, 4, 5], [2, 5, 6], { contract: [[3], [1]], batch: [[1], [0]] })).toEqual([[1, 0, 2, 3], null]);
  expect(
    copiesOf([4, 5, 9], [5, 4, 6], {
      contract: [
        [0, 1],
        [1, 0],
      ],
      batch: [[], []],
    }),
  ).toEqual([null, [1, 0, 2]]);
});

test("of two operands that could be copied the smaller one is", () => {
  // a's batch axes merge as 0, (2 3), b's as (0 1), 3; a copy of either leaves two.
  const axes: ContractionAxes = {
    contract: [[4], [2]],
    batch: [
      [0, 2, 3],
      [0, 1, 3],
    ],
  };
  const planned = (m: number, n: number): unknown =>
    planMatmul("float64", [2, m, 3, 4, 5], [2, 3, 5, 4, n], axes)!.copies;
  expect(planned(2, 9)).toEqual([[0, 2, 3, 1, 4], null]);
  expect(planned(9, 2)).toEqual([null, [0, 1, 3, 2, 4]]);
});

test("empty contractions are zeros, also over nothing", () => {
  for (const dtype of ["float64", "float32"] as const) {
    const plan = planMatmul(dtype, [2, 0], [0, 3], product)!;
    const result = run(plan, [new arrayOf[dtype](0), new arrayOf[dtype](0)], 6 * lanesOf[dtype].item);
    expect([...new arrayOf[dtype](result)]).toEqual([0, 0, 0, 0, 0, 0]);
    const nothing = planMatmul(dtype, [0, 2], [2, 3], product)!;
    expect(run(nothing, [new arrayOf[dtype](0), new arrayOf[dtype](6)], 0).byteLength).toBe(0);
  }
});

test("integers and booleans are left to the interpreter", () => {
  for (const dtype of ["int32", "uint32", "bool"]) expect(planMatmul(dtype, [2, 2], [2, 2], product)).toBeNull();
});

test("large products go by tiles, thin ones without packing", () => {
  const way = (aShape: number[], bShape: number[], axes: ContractionAxes): unknown =>
    chooseWay(matrixProduct(singles, [aShape, bShape], axes).product);
  expect(way([512, 512], [512, 512], product)).toEqual({ kind: "tiles", isTurned: false, packsA: false, packsB: true });
  expect(way([64, 64], [64, 64], product)).toEqual({ kind: "tiles", isTurned: false, packsA: false, packsB: false });
  expect(way([3, 512], [512, 512], product)).toEqual({ kind: "tiles", isTurned: false, packsA: false, packsB: false });
  expect(way([512, 512], [512, 1], product)).toEqual({ kind: "thin", isTurned: false });
  expect(way([1, 512], [512, 512], { contract: [[1], [1]], batch: [[], []] })).toEqual({
    kind: "thin",
    isTurned: true,
  });
  expect(way([1, 4096], [4096, 1024], product)).toEqual({ kind: "stream", isTurned: false });
  expect(way([2, 2], [2, 2], product)).toEqual({ kind: "small" });
});

test("the module is valid, imports the memory alone, and uses no relaxed instruction", () => {
  const text = disassemble(matmul.build());
  expect(text).not.toContain("relaxed");
  expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
  expect(text).not.toContain("memory.grow");
});

/**
 * Faults 99 and 100: random numbers depend on the key and the place alone, and the passes of the compiler change no bit.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, NDArray, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { generateProgram } from "cotangent/testing/properties";
import { vocabularyOf } from "../../library/testing/properties/program-builder.ts";
import { argumentsOf, functionOf } from "../../library/testing/properties/program.ts";
import { optimize } from "../../src/compile/optimize.ts";
import { constantsAsInputs } from "../../src/ir/jaxpr.ts";
import { evaluateJaxpr } from "../../src/ir/evaluate.ts";
import { stageFunction } from "../../src/ir/trace.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const bitsOf = (x: NDArray): string =>
  `${x.dtype}[${x.shape.join()}] ${Array.from(x.toTypedArray(), (value) => (Object.is(value, -0) ? "-0" : String(value))).join(" ")}`;
const listOf = (x: NDArray): number[] => [...x.toTypedArray()];

describe("99: a key gives one stream", () => {
  const draws: Readonly<Record<string, (key: NDArray) => NDArray>> = {
    bits: (key) => random.bits(key, 6),
    uniform: (key) => random.uniform(key, [2, 3]),
    normal: (key) => random.normal(key, 6, { dtype: "float32" }),
    exponential: (key) => random.exponential(key, 6),
    gamma: (key) => random.gamma(key, 0.7, { shape: 4 }),
    permutation: (key) => random.permutation(key, 9),
    randint: (key) => random.randint(key, 6, -5, 100),
  };

  test.each(Object.entries(draws))(
    "%s: in any order, one by one, mapped, looped or compiled on any back end",
    (_name, draw) => {
      fc.assert(
        fc.property(seeds, fc.integer({ min: 1, max: 6 }), (seed, batch) => {
          const keys = random.split(random.key(seed), batch);
          const rows = Array.from({ length: batch }, (_, k) => keys.at(k).get());
          const wanted = rows.map((key) => bitsOf(draw(key)));
          expect(
            rows
              .toReversed()
              .map((key) => bitsOf(draw(key)))
              .toReversed(),
          ).toEqual(wanted);
          const batches = [
            vmap(draw)(keys),
            jit(vmap(draw))(keys),
            scan((c: null, key: NDArray) => [c, draw(key)] as const, null, keys)[1],
          ];
          for (const rowsOf of batches) expect(rows.map((_, k) => bitsOf(rowsOf.at(k).get()))).toEqual(wanted);
          for (const backend of ["wasm", "js", "interpreter"] as const)
            expect(bitsOf(jit(draw, { backend })(rows[0]!))).toBe(wanted[0]);
        }),
        { numRuns: 10 },
      );
    },
  );

  test("whose words do not depend on how many are drawn or in which shape", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 30 }), (seed, count) => {
        const key = random.key(seed);
        const long = listOf(random.bits(key, 60));
        expect(listOf(random.bits(key, count))).toEqual(long.slice(0, count));
        expect(listOf(random.bits(key, [count, 2]))).toEqual(long.slice(0, 2 * count));
        const uniforms = listOf(random.uniform(key, 60));
        expect(listOf(random.uniform(key, count))).toEqual(uniforms.slice(0, count));
      }),
      { numRuns: 30 },
    );
  });

  test("and splits into keys that differ from it, from each other and from folded ones", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const key = random.key(seed);
        const pairs = (random.split(key, 50).toList() as number[][]).map(String);
        const folded = Array.from({ length: 50 }, (_, k) => String(random.foldIn(pairKey(key), k).toList()));
        expect(new Set([String(key.toList()), ...pairs, ...folded]).size).toBe(101);
        expect(random.split(key, 3).toList()).toEqual((random.split(key, 50).toList() as number[][]).slice(0, 3));
      }),
      { numRuns: 30 },
    );
  });
});

/** A key beside the given one. */
const pairKey = (key: NDArray): NDArray => random.split(key, 51).at(50).get();

describe("99: the bits look random", () => {
  const words = listOf(random.bits(random.key(2024), 20_000));
  const bits = words.flatMap((word) => Array.from({ length: 32 }, (_, k) => (word >>> k) & 1));
  const n = bits.length;

  test("frequency: the share of ones is within four deviations of a half", () => {
    const ones = bits.reduce((sum, bit) => sum + bit, 0);
    expect(Math.abs(ones - n / 2)).toBeLessThan(4 * Math.sqrt(n / 4));
    for (let k = 0; k < 32; k++) {
      const column = words.reduce((sum, word) => sum + ((word >>> k) & 1), 0);
      expect(Math.abs(column - words.length / 2), `bit ${k}`).toBeLessThan(5 * Math.sqrt(words.length / 4));
    }
  });

  test("serial: the sixteen patterns of four bits are equally frequent, by chi squared", () => {
    const counts = new Array<number>(16).fill(0);
    for (let k = 0; k + 3 < n; k += 4) counts[bits[k]! + 2 * bits[k + 1]! + 4 * bits[k + 2]! + 8 * bits[k + 3]!]!++;
    const wanted = n / 4 / 16;
    const chi2 = counts.reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0);
    // 15 degrees of freedom: exceeded with probability 1e-4; and not suspiciously even.
    expect(chi2).toBeLessThan(44.3);
    expect(chi2).toBeGreaterThan(1.5);
  });

  test("runs: their number is within four deviations of (n + 1) / 2", () => {
    let runs = 1;
    for (let k = 1; k < n; k++) if (bits[k] !== bits[k - 1]) runs++;
    expect(Math.abs(runs - (n + 1) / 2)).toBeLessThan(4 * Math.sqrt((n - 1) / 4));
  });

  test("streams of neighbouring seeds and split keys agree in half of their bits", () => {
    const agreement = (left: NDArray, right: NDArray): number => {
      const [a, b] = [listOf(random.bits(left, 500)), listOf(random.bits(right, 500))];
      return a.reduce((sum, word, k) => sum + 32 - popcount(word ^ b[k]!), 0);
    };
    const popcount = (word: number): number => {
      let count = 0;
      for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
      return count;
    };
    const keys = random.split(random.key(0));
    for (const [left, right] of [
      [random.key(0), random.key(1)],
      [random.key(1), random.key(2 ** 32)],
      [keys.at(0).get(), keys.at(1).get()],
      [random.key(0), keys.at(0).get()],
    ] as const)
      expect(Math.abs(agreement(left, right) - 8000)).toBeLessThan(5 * Math.sqrt(4000));
  });
});

test("100: sharing, dead code and fusion change no bit: 300 random programs, optimized against the interpreter", () => {
  let shorter = 0;
  for (let seed = 0; seed < 300; seed++) {
    const program = generateProgram({ seed, maxLength: 6 });
    const f = functionOf(program, vocabularyOf(program.own));
    const inputs = argumentsOf(program);
    const twice = (own: readonly NDArray[]): readonly NDArray[] => [...f(...own), ...f(...own)];
    const { jaxpr, constants } = stageFunction("a test", twice, inputs);
    const whole = constantsAsInputs(jaxpr);
    const all = [...constants, ...inputs];
    const wanted = evaluateJaxpr(whole, [], all).map(bitsOf);
    const optimized = optimize(whole);
    expect(evaluateJaxpr(optimized, [], all).map(bitsOf), `program ${seed}`).toEqual(wanted);
    if (optimized.equations.length < whole.equations.length) shorter++;
    for (const backend of ["wasm", "js"] as const)
      expect(
        jit((own: readonly NDArray[]) => twice(own), { backend })(inputs).map(bitsOf),
        `program ${seed} on ${backend}`,
      ).toEqual(wanted);
  }
  expect(shorter).toBeGreaterThan(200);
});

test("100: the order of independent equations changes no bit", () => {
  const x = random.normal(random.key(3), [40, 30]);
  const parts: readonly ((x: NDArray) => NDArray)[] = [
    (y) => np.sum(np.sin(y), { axis: 0 }),
    (y) => np.sum(np.exp(y.mul(0.1)), { axis: 1 }),
    (y) => np.matmul(y, y.T),
    grad((y: NDArray) => np.sum(np.tanh(y).mul(y))),
    (y) => np.cumsum(y, { axis: 1 }),
  ];
  const inOrder = (order: readonly number[]) => (y: NDArray) => {
    const out: NDArray[] = [];
    for (const k of order) out[k] = parts[k]!(y);
    return out;
  };
  const wanted = inOrder([0, 1, 2, 3, 4])(x).map(bitsOf);
  for (const order of [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [2, 0, 4, 1, 3],
  ])
    for (const backend of ["wasm", "js", "interpreter"] as const)
      expect(jit(inOrder(order), { backend })(x).map(bitsOf)).toEqual(wanted);
});

/** What the trigonometric family gives at zeros, infinities, NaN and at the ends of domains, as IEEE 754 and NumPy say. */
import { describe, expect, test } from "vitest";
import { elementary, scalarOf } from "../../kernels/elementary/index.ts";
import { numbers } from "../../kernels/elementary/numbers.ts";
import { assembled } from "./modules.ts";
import { arrayOf, randomBits, randomNumbers } from "./points.ts";

const inf = Infinity;
const { PI } = Math;
const tiny = 2 ** -149;
const huge = 2 ** 127;

type Cases = readonly (readonly number[])[];

/** Arguments with their results; of both precisions, as float32 rounds both. */
const cases: Readonly<Record<string, Cases>> = {
  sin: [
    [0, 0],
    [-0, -0],
    [tiny, tiny],
    [-1e-30, -1e-30],
    [inf, NaN],
    [-inf, NaN],
    [NaN, NaN],
  ],
  cos: [
    [0, 1],
    [-0, 1],
    [tiny, 1],
    [inf, NaN],
    [-inf, NaN],
    [NaN, NaN],
  ],
  tan: [
    [0, 0],
    [-0, -0],
    [-tiny, -tiny],
    [1e-30, 1e-30],
    [inf, NaN],
    [-inf, NaN],
    [NaN, NaN],
  ],
  asin: [
    [0, 0],
    [-0, -0],
    [tiny, tiny],
    [1, PI / 2],
    [-1, -PI / 2],
    [1.5, NaN],
    [-huge, NaN],
    [inf, NaN],
    [NaN, NaN],
  ],
  acos: [
    [1, 0],
    [-1, PI],
    [0, PI / 2],
    [-0, PI / 2],
    [tiny, PI / 2],
    [1.5, NaN],
    [-1.5, NaN],
    [-inf, NaN],
    [NaN, NaN],
  ],
  atan: [
    [0, 0],
    [-0, -0],
    [-tiny, -tiny],
    [1, PI / 4],
    [-1, -PI / 4],
    [huge, PI / 2],
    [inf, PI / 2],
    [-inf, -PI / 2],
    [NaN, NaN],
  ],
  atan2: [
    [0, 0, 0],
    [-0, 0, -0],
    [0, -0, PI],
    [-0, -0, -PI],
    [0, 3, 0],
    [-0, 3, -0],
    [0, -3, PI],
    [-0, -3, -PI],
    [0, -tiny, PI],
    [-0, tiny, -0],
    [0, huge, 0],
    [-0, -huge, -PI],
    [2, 0, PI / 2],
    [2, -0, PI / 2],
    [-2, 0, -PI / 2],
    [-2, -0, -PI / 2],
    [tiny, 0, PI / 2],
    [-tiny, -0, -PI / 2],
    [huge, 0, PI / 2],
    [1, 1, PI / 4],
    [1, -1, (3 * PI) / 4],
    [-1, 1, -PI / 4],
    [-1, -1, (-3 * PI) / 4],
    [tiny, tiny, PI / 4],
    [huge, -huge, (3 * PI) / 4],
    [tiny, 1, tiny],
    [-tiny, 1, -tiny],
    [tiny, -1, PI],
    [-tiny, huge, -tiny / huge],
    [inf, 3, PI / 2],
    [inf, -3, PI / 2],
    [-inf, 0, -PI / 2],
    [-inf, -0, -PI / 2],
    [3, inf, 0],
    [-3, inf, -0],
    [0, inf, 0],
    [3, -inf, PI],
    [-3, -inf, -PI],
    [-0, -inf, -PI],
    [inf, inf, PI / 4],
    [-inf, inf, -PI / 4],
    [inf, -inf, (3 * PI) / 4],
    [-inf, -inf, (-3 * PI) / 4],
    [NaN, 1, NaN],
    [1, NaN, NaN],
    [NaN, inf, NaN],
    [-inf, NaN, NaN],
    [NaN, 0, NaN],
    [0, NaN, NaN],
    [NaN, NaN, NaN],
  ],
  asinh: [
    [0, 0],
    [-0, -0],
    [tiny, tiny],
    [-1e-30, -1e-30],
    [inf, inf],
    [-inf, -inf],
    [NaN, NaN],
  ],
  acosh: [
    [1, 0],
    [0.5, NaN],
    [0, NaN],
    [-0, NaN],
    [-1, NaN],
    [-2, NaN],
    [-huge, NaN],
    [-inf, NaN],
    [inf, inf],
    [NaN, NaN],
  ],
  atanh: [
    [0, 0],
    [-0, -0],
    [-tiny, -tiny],
    [1, inf],
    [-1, -inf],
    [1.5, NaN],
    [-2, NaN],
    [inf, NaN],
    [-inf, NaN],
    [NaN, NaN],
  ],
  cbrt: [
    [0, 0],
    [-0, -0],
    [27, 3],
    [-8, -2],
    [2 ** -126, 2 ** -42],
    [2 ** -147, 2 ** -49],
    [-(2 ** 126), -(2 ** 42)],
    [inf, inf],
    [-inf, -inf],
    [NaN, NaN],
  ],
};

const odd = ["sin", "tan", "asin", "atan", "asinh", "atanh", "cbrt"] as const;

describe.each(["float64", "float32"] as const)("%s", (precision) => {
  const round = numbers[precision].constant;
  const columnOf = (rows: Cases, k: number) => arrayOf[precision].from(rows.map((row) => row[k]!));

  test.each(Object.entries(cases))("%s has its special values", (name, rows) => {
    const entry = elementary[name]!;
    const values = rows.map((row) => round(row[entry.arity]!));
    const columns = Array.from({ length: entry.arity }, (_, k) => columnOf(rows, k));
    expect([...assembled(entry, precision).apply(...columns)]).toEqual(values);
    const scalar = scalarOf(name, precision);
    expect(rows.map((_, k) => scalar(...columns.map((column) => column[k]!)))).toEqual(values);
  });

  test.each(odd)("%s is odd to the bit", (name) => {
    const { apply } = assembled(elementary[name]!, precision);
    for (const x of [randomBits(precision, 10_000, 5), randomNumbers(precision, 10_000, -40, 12)])
      expect(apply(x.map((value) => -value))).toEqual(apply(x).map((value) => -value));
  });

  test("cos is even to the bit, and atan2 odd in its first argument", () => {
    const [x, y] = [randomBits(precision, 10_000, 6), randomBits(precision, 10_000, 7)];
    const negated = x.map((value) => -value);
    const cosine = assembled(elementary["cos"]!, precision);
    expect(cosine.apply(negated)).toEqual(cosine.apply(x));
    const angle = assembled(elementary["atan2"]!, precision);
    expect(angle.apply(negated, y)).toEqual(angle.apply(x, y).map((value) => -value));
  });

  test("cubes of whole numbers and of their halves have exact roots", () => {
    const roots = arrayOf[precision].from(Array.from({ length: 255 }, (_, k) => (k - 127) / 2));
    const cubes = roots.map((root) => root * root * root);
    expect(assembled(elementary["cbrt"]!, precision).apply(cubes)).toEqual(roots);
  });

  test("sines of angles too large for the common reduction are as if the angle had been reduced exactly", () => {
    // 2^k for these k is within 2^-20 of no multiple of pi / 2, so double angle formulas hold to a few ulp.
    const angles = arrayOf[precision].from(Array.from({ length: 100 }, (_, k) => 2 ** (20 + k)));
    const doubled = angles.map((angle) => 2 * angle);
    const of = (name: string, x: typeof angles): readonly number[] => [
      ...assembled(elementary[name]!, precision).apply(x),
    ];
    const [sine, cosine, sineOfDouble] = [of("sin", angles), of("cos", angles), of("sin", doubled)];
    const unit = precision === "float64" ? 2 ** -53 : 2 ** -24;
    for (let k = 0; k < angles.length; k++)
      expect(Math.abs(2 * sine[k]! * cosine[k]! - sineOfDouble[k]!)).toBeLessThan(4 * unit);
  });
});

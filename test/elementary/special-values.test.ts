/** What the exponential family gives at zeros, infinities, NaN and at the ends of the numbers, as IEEE 754 and NumPy say. */
import { describe, expect, test } from "vitest";
import { elementary, scalarOf } from "../../kernels/elementary/index.ts";
import { numbers } from "../../kernels/elementary/numbers.ts";
import { integerPower } from "../../kernels/scalar-math.ts";
import { assembled } from "./modules.ts";
import { arrayOf, pairsOf, randomNumbers, specials } from "./points.ts";

const inf = Infinity;
const precisions = ["float64", "float32"] as const;
const log2 = Math.LN2;

/** Arguments with their results; of both precisions, as float32 rounds both. */
const unary: Readonly<Record<string, readonly (readonly [x: number, value: number])[]>> = {
  exp: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [-inf, 0],
    [1e4, inf],
    [-1e4, 0],
    [NaN, NaN],
  ],
  exp2: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [-inf, 0],
    [10, 1024],
    [-30, 2 ** -30],
    [-149, 2 ** -149],
    [1e4, inf],
    [-1e4, 0],
    [NaN, NaN],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [-inf, -1],
    [1e4, inf],
    [-1e4, -1],
    [1e-30, 1e-30],
    [NaN, NaN],
  ],
  log: [
    [1, 0],
    [0, -inf],
    [-0, -inf],
    [-1, NaN],
    [-inf, NaN],
    [inf, inf],
    [NaN, NaN],
  ],
  log2: [
    [1, 0],
    [0, -inf],
    [-0, -inf],
    [-1, NaN],
    [-inf, NaN],
    [inf, inf],
    [2 ** -149, -149],
    [2 ** 127, 127],
    [NaN, NaN],
  ],
  log10: [
    [1, 0],
    [0, -inf],
    [-0, -inf],
    [-1, NaN],
    [inf, inf],
    [1000, 3],
    [1e10, 10],
    [NaN, NaN],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, -inf],
    [-2, NaN],
    [-inf, NaN],
    [inf, inf],
    [1e-30, 1e-30],
    [-1e-30, -1e-30],
    [NaN, NaN],
  ],
  sinh: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [-inf, -inf],
    [1e4, inf],
    [-1e4, -inf],
    [1e-30, 1e-30],
    [NaN, NaN],
  ],
  cosh: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [-inf, inf],
    [1e4, inf],
    [-1e4, inf],
    [1e-30, 1],
    [NaN, NaN],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [-inf, -1],
    [1e4, 1],
    [-1e4, -1],
    [1e-30, 1e-30],
    [NaN, NaN],
  ],
  logistic: [
    [0, 0.5],
    [-0, 0.5],
    [inf, 1],
    [-inf, 0],
    [1e4, 1],
    [-1e4, 0],
    [NaN, NaN],
  ],
  softplus: [
    [0, log2],
    [-0, log2],
    [inf, inf],
    [-inf, 0],
    [1e4, 1e4],
    [-1e4, 0],
    [NaN, NaN],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [-inf, -1],
    [10, 1],
    [-10, -1],
    [NaN, NaN],
  ],
  erfinv: [
    [0, 0],
    [-0, -0],
    [1, inf],
    [-1, -inf],
    [1.5, NaN],
    [-inf, NaN],
    [5e-324, 5e-324],
    [NaN, NaN],
  ],
  erfc: [
    [0, 1],
    [-0, 1],
    [inf, 0],
    [-inf, 2],
    [50, 0],
    [-50, 2],
    [NaN, NaN],
  ],
};

const binary: Readonly<Record<string, readonly (readonly [x: number, y: number, value: number])[]>> = {
  pow: [
    [1, NaN, 1],
    [NaN, 0, 1],
    [-1, inf, 1],
    [-1, -inf, 1],
    [-2, 3, -8],
    [-2, 0.5, NaN],
    [-0, 3, -0],
    [-0, -3, -inf],
    [-0, -2, inf],
    [-inf, 0.5, inf],
    [-inf, -3, -0],
    [0.5, -inf, inf],
    [2, -149, 2 ** -149],
    [3, 4, 81],
    [10, 5, 1e5],
  ],
  logaddexp: [
    [0, 0, log2],
    [inf, inf, inf],
    [-inf, -inf, -inf],
    [inf, -inf, inf],
    [-inf, 3, 3],
    [1e4, 1, 1e4],
    [NaN, 1, NaN],
    [inf, NaN, NaN],
    [NaN, -inf, NaN],
  ],
};

/** The host's power where JavaScript differs from IEEE 754 too. */
const ieeePower = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === inf) ? 1 : Math.pow(x, y));

describe.each(precisions)("%s", (precision) => {
  const round = numbers[precision].constant;

  test.each(Object.entries(unary))("%s has its special values", (name, cases) => {
    const x = arrayOf[precision].from(cases.map(([argument]) => argument));
    expect([...assembled(elementary[name]!, precision).apply(x)]).toEqual(cases.map(([, value]) => round(value)));
    expect([...x].map((argument) => scalarOf(name, precision)(argument))).toEqual(
      cases.map(([, value]) => round(value)),
    );
  });

  test.each(Object.entries(binary))("%s has its special values", (name, cases) => {
    const columns = [0, 1].map((k) => arrayOf[precision].from(cases.map((row) => row[k]!)));
    expect([...assembled(elementary[name]!, precision).apply(...columns)]).toEqual(cases.map((row) => round(row[2])));
  });

  test("pow agrees with the host's power, corrected, at every pair of edges", () => {
    const [x, y] = pairsOf(specials(precision), precision);
    const seen = assembled(elementary["pow"]!, precision).apply(x, y);
    const unit = precision === "float64" ? 2 ** -52 : 2 ** -23;
    const smallest = precision === "float64" ? 2 ** -1074 : 2 ** -149;
    const wrong = [...seen].findIndex((value, k) => {
      const expected = round(ieeePower(x[k]!, y[k]!));
      return !Object.is(value, expected) && !(Math.abs(value - expected) <= unit * Math.abs(expected) + smallest);
    });
    expect(wrong, `${x[wrong]} to the power ${y[wrong]} gave ${seen[wrong]}`).toBe(-1);
  });

  test.each(["sinh", "tanh", "erf", "erfinv"])("%s is odd to the bit", (name) => {
    const x = randomNumbers(precision, 10_000, -40, 12);
    const { apply } = assembled(elementary[name]!, precision);
    expect(apply(x.map((value) => -value))).toEqual(apply(x).map((value) => -value));
  });

  test("powers of two have exact exponentials and logarithms, subnormal ones too", () => {
    const [lowest, highest] = precision === "float64" ? [-1074, 1023] : [-149, 127];
    const exponents = arrayOf[precision].from(Array.from({ length: highest - lowest + 1 }, (_, k) => lowest + k));
    const powers = assembled(elementary["exp2"]!, precision).apply(exponents);
    expect([...powers]).toEqual([...exponents].map((exponent) => 2 ** exponent));
    expect(assembled(elementary["log2"]!, precision).apply(powers)).toEqual(exponents);
  });
});

test("small whole numbers have exact whole powers", () => {
  const cases: number[][] = [];
  for (let x = -20; x <= 20; x++) for (let n = 0; n <= 12; n++) cases.push([x, n]);
  const columns = [0, 1].map((k) => Float64Array.from(cases, (row) => row[k]!));
  const seen = assembled(elementary["pow"]!, "float64").apply(...columns);
  expect([...seen]).toEqual(cases.map(([x, n]) => integerPower(x!, n!)));
});

/**
 * Every function of cotangent/random under transforms: mapped over keys it is a loop over keys, compiled on every back
 * end it is itself, to the bit; parameters have the derivatives of the draw; wrong calls are refused by code.
 */
import { describe, expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { expectError } from "../semantics/support.ts";

const logits = array([0.1, 1, -2, 0.5]);
const shape = [2, 3];

const samplers: Readonly<Record<string, (key: NDArray) => NDArray>> = {
  split: (key) => random.split(key, 3),
  foldIn: (key) => random.foldIn(key, 5),
  bits: (key) => random.bits(key, shape),
  uniform: (key) => random.uniform(key, shape, { minval: -2, maxval: 3 }),
  normal: (key) => random.normal(key, shape),
  truncatedNormal: (key) => random.truncatedNormal(key, -2, array([1, 2, 3]), { shape }),
  exponential: (key) => random.exponential(key, shape),
  laplace: (key) => random.laplace(key, shape),
  logistic: (key) => random.logistic(key, shape),
  gumbel: (key) => random.gumbel(key, shape),
  cauchy: (key) => random.cauchy(key, shape),
  maxwell: (key) => random.maxwell(key, shape),
  rayleigh: (key) => random.rayleigh(key, 2, { shape }),
  weibullMin: (key) => random.weibullMin(key, 2, 1.5, { shape }),
  pareto: (key) => random.pareto(key, 3, { shape }),
  lognormal: (key) => random.lognormal(key, 0.5, { shape }),
  doubleSidedMaxwell: (key) => random.doubleSidedMaxwell(key, 1, 2, { shape }),
  triangular: (key) => random.triangular(key, -1, 0, 3, { shape }),
  wald: (key) => random.wald(key, 2, { shape }),
  gamma: (key) => random.gamma(key, array([0.3, 1, 5]), { shape }),
  loggamma: (key) => random.loggamma(key, 0.1, { shape }),
  beta: (key) => random.beta(key, 0.5, 2, { shape }),
  dirichlet: (key) => random.dirichlet(key, array([0.5, 1, 3]), { shape: 2 }),
  chisquare: (key) => random.chisquare(key, 3, { shape }),
  f: (key) => random.f(key, 3, 5, { shape }),
  t: (key) => random.t(key, 4, { shape }),
  generalizedNormal: (key) => random.generalizedNormal(key, 1.5, { shape }),
  ball: (key) => random.ball(key, 2, 2, { shape: 3 }),
  randint: (key) => random.randint(key, shape, -5, 70000),
  bernoulli: (key) => random.bernoulli(key, 0.3, { shape }),
  rademacher: (key) => random.rademacher(key, shape),
  categorical: (key) => random.categorical(key, logits, { shape: 5 }),
  geometric: (key) => random.geometric(key, 0.2, { shape }),
  poisson: (key) => random.poisson(key, array([1, 5, 50]), { shape }),
  binomial: (key) => random.binomial(key, 30, array([0.1, 0.5, 0.9]), { shape }),
  multinomial: (key) => random.multinomial(key, 9000, array([1, 2, 3])),
  permutation: (key) => random.permutation(key, 7),
  choice: (key) => random.choice(key, logits, 5, { p: array([0.1, 0.2, 0.3, 0.4]) }),
  multivariateNormal: (key) => random.multivariateNormal(key, array([1, 2]), array([[2, 0.5], [0.5, 1]])), // prettier-ignore
  orthogonal: (key) => random.orthogonal(key, 3, { m: 2 }),
};

test("every function that takes a key is in the table", () => {
  expect(Object.keys(samplers).sort()).toEqual(
    Object.keys(random)
      .filter((name) => name !== "key")
      .sort(),
  );
});

const text = (x: NDArray): string => `${x.dtype} ${JSON.stringify(x.shape)} ${[...x.toTypedArray()].join(" ")}`;

describe.each(Object.entries(samplers))("%s", (_name, draw) => {
  const keys = random.split(random.key(99), 3);
  const each = [0, 1, 2].map((k) => text(draw(keys.at(k).get())));

  test("gives different numbers for different keys, and the same for the same", () => {
    expect(new Set(each).size).toBe(3);
    expect(text(draw(keys.at(0).get()))).toBe(each[0]);
  });

  test("mapped over keys is a loop over keys", () => {
    const mapped = vmap(draw)(keys);
    expect([0, 1, 2].map((k) => text(mapped.at(k).get()))).toEqual(each);
    const nested = vmap(vmap(draw))(np.reshape(keys, [1, 3, 2]));
    expect([0, 1, 2].map((k) => text(nested.at(0, k).get()))).toEqual(each);
  });

  test.each(["js", "wasm", "interpreter"] as const)("compiled on %s is itself, mapped and not", (backend) => {
    expect(text(jit(draw, { backend })(keys.at(1).get()))).toBe(each[1]);
    const mapped = jit(vmap(draw), { backend })(keys);
    expect([0, 1, 2].map((k) => text(mapped.at(k).get()))).toEqual(each);
  });

  test("refuses a number in the place of its key, and says how to make one", () => {
    expectError(() => draw(array([1, 2])), "InvalidKey", "random.key(seed)");
  });
});

test("a draw is a smooth function of its parameters at fixed randomness", () => {
  const key = random.key(21);
  const slopeOf = (f: (x: NDArray) => NDArray, at: number): void => {
    const h = 1e-5;
    const difference = (f(array(at + h)).item() - f(array(at - h)).item()) / (2 * h);
    expect(Math.abs(grad(f)(at).item() - difference) / Math.max(1, Math.abs(difference))).toBeLessThan(1e-8);
  };
  slopeOf((x) => random.uniform(key, [], { minval: x, maxval: 5 }), 2);
  slopeOf((x) => random.uniform(key, [], { minval: -1, maxval: x }), 2);
  slopeOf((x) => random.truncatedNormal(key, x, 3), 0.5);
  slopeOf((x) => random.truncatedNormal(key, -1, x), 0.5);
  slopeOf((x) => random.truncatedNormal(key, -8, x), -6);
  slopeOf((x) => random.rayleigh(key, x), 2);
  slopeOf((x) => random.weibullMin(key, x, x), 1.5);
  slopeOf((x) => random.pareto(key, x), 3);
  slopeOf((x) => random.lognormal(key, x), 0.7);
  slopeOf((x) => random.doubleSidedMaxwell(key, x, x), 2);
  slopeOf((x) => random.triangular(key, x, 1, 3), 0);
  slopeOf((x) => random.triangular(key, -1, x, 3), 0);
  slopeOf((x) => random.triangular(key, -1, 0, x), 3);
  slopeOf((x) => np.sum(random.multivariateNormal(key, np.stack([x, x]), np.eye(2).mul(x).add(0.3))), 2);
  slopeOf((x) => np.sum(random.choice(key, np.stack([x, x.mul(2), x.mul(3)]), 4)), 2);
});

test("the slope of a triangular draw is finite where its density begins at the mode", () => {
  const slope = grad((x: NDArray) => random.triangular(random.key(1), 0, x, 1))(0).item();
  expect(Number.isFinite(slope)).toBe(true);
});

test("a key in a loop of folded numbers gives the numbers of the unrolled loop", () => {
  const step = (k: NDArray): NDArray => random.normal(random.foldIn(random.key(4), k));
  const numbers = array([0, 1, 2, 3], { dtype: "int32" });
  expect(jit(vmap(step))(numbers).toList()).toEqual(
    [0, 1, 2, 3].map((k) => random.normal(random.foldIn(random.key(4), k)).item()),
  );
});

const key = random.key(0);

test.each<readonly [string, () => unknown, string, string]>([
  ["a misspelt option", () => random.normal(key, 2, { dytpe: "float32" } as object), "UnknownOption", '"dtype"'],
  ["an unknown option", () => random.gamma(key, 1, { scale: 2 } as object), "UnknownOption", '"scale"'],
  ["an integer dtype of reals", () => random.normal(key, 2, { dtype: "int32" as "float64" }), "DTypeMismatch", "int32"],
  [
    "a float dtype of integers",
    () => random.randint(key, 2, 0, 5, { dtype: "float64" as "int32" }),
    "DTypeMismatch",
    "float64",
  ],
  ["a fractional size", () => random.uniform(key, [1.5]), "InvalidShape", "1.5"],
  ["bounds in the wrong order", () => random.uniform(key, 2, { minval: 1, maxval: 0 }), "InvalidOption", "1 and 0"],
  ["an empty interval", () => random.truncatedNormal(key, 1, 1), "InvalidOption", "1 and 1"],
  ["an empty range", () => random.randint(key, 2, 3, 3), "InvalidOption", "above minval"],
  ["a range beyond the dtype", () => random.randint(key, 2, 0, 2 ** 31 + 1), "InvalidOption", "2147483649"],
  ["a fractional bound", () => random.randint(key, 2, 0, 2.5), "InvalidOption", "2.5"],
  ["a bound of floats", () => random.randint(key, 2, 0, array(3)), "DTypeMismatch", "integers"],
  ["parameters beyond the shape", () => random.gamma(key, np.ones([2, 3]), { shape: 3 }), "ShapeMismatch", "[2,3]"],
  ["bounds beyond the shape", () => random.uniform(key, 3, { minval: np.ones([2, 1]) }), "ShapeMismatch", "[2,1]"],
  ["a negative shape parameter", () => random.gamma(key, -1), "InvalidOption", "a -1"],
  ["a probability above 1", () => random.bernoulli(key, 1.5), "InvalidOption", "p 1.5"],
  ["a negative rate", () => random.poisson(key, -1), "InvalidOption", "rate -1"],
  ["NaN as parameter", () => random.wald(key, NaN), "InvalidOption", "mean NaN"],
  ["a list as parameter", () => random.gamma(key, [1, 2] as unknown as NDArray), "NotAnArray", "a list"],
  [
    "too many without replacement",
    () => random.choice(key, 3, 4, { replace: false }),
    "InvalidOption",
    "4 choices of 3",
  ],
  ["a choice of nothing", () => random.choice(key, np.zeros(0), 1), "InvalidOption", "0 elements"],
  ["probabilities of another count", () => random.choice(key, 3, 2, { p: np.ones(4) }), "ShapeMismatch", "float64[4]"],
  ["negative probabilities", () => random.choice(key, 2, 2, { p: array([-1, 2]) }), "InvalidOption", "p is"],
  [
    "fewer possible elements than choices",
    () => random.choice(key, 3, 2, { p: array([0, 0, 1]), replace: false }),
    "InvalidOption",
    "2 different choices",
  ],
  [
    "more categories than there are",
    () => random.categorical(key, logits, { shape: 5, replace: false }),
    "InvalidOption",
    "at most as many",
  ],
  ["an axis that is none", () => random.permutation(key, logits, { axis: 1 }), "IndexOutOfRange", "1"],
  ["a fractional range", () => random.permutation(key, 2.5), "InvalidOption", "2.5"],
  [
    "a covariance of another size",
    () => random.multivariateNormal(key, np.ones(3), np.eye(2)),
    "ShapeMismatch",
    "[2,2]",
  ],
  [
    "an indefinite covariance",
    () => random.multivariateNormal(key, np.ones(2), np.eye(2).mul(-1)),
    "NotPositiveDefinite",
    "pivot 0",
  ],
  ["no categories", () => random.dirichlet(key, array(1)), "ShapeMismatch", "last axis"],
])("%s is refused", (_name, call, code, part) => {
  expectError(call, code, part);
});

test("empty draws are empty arrays of the right type", () => {
  expect(text(random.normal(key, [0, 3]))).toBe("float64 [0,3] ");
  expect(text(random.choice(key, 5, 0))).toBe("int32 [0] ");
  expect(text(random.permutation(key, 0))).toBe("int32 [0] ");
  expect(text(random.gamma(key, np.zeros(0)))).toBe("float64 [0] ");
  expect(text(random.categorical(key, np.ones([0, 3])))).toBe("int32 [0] ");
  expect(text(random.split(key, 0))).toBe("uint32 [0,2] ");
});

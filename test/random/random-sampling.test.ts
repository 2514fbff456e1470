/**
 * The randomSampling family: derivatives of numbers that are drawn by rejection keep their probability, to second
 * order, against distribution functions from their series; rules of the primitives, which have no generated laws,
 * since differences of a sampler that rejects are not its derivative.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jacfwd, jit, jvp, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { lgamma } from "../../kernels/special-functions/gamma.ts";
import * as randomSampling from "../../ops/random-sampling.ts";
import { expectError } from "../semantics/support.ts";
import { gammaBelow, waldBelow } from "./statistics.ts";

const seeds = fc.maxSafeInteger();
const gammaAt = (a: number, x: number): number => gammaBelow(a, lgamma(a), x);

/** The probability below a path x(t), t = -h, 0, h, that starts at x with slope and curvature. */
const pathProbabilities = (
  below: (parameter: number, x: number) => number,
  parameter: number,
  [x, slope, curvature]: readonly [number, number, number],
  h: number,
): number[] => [-h, 0, h].map((step) => below(parameter + step, x + step * slope + (step * step * curvature) / 2));

const jet = (f: (x: NDArray) => NDArray, at: number): readonly [number, number, number] => [
  f(array(at)).item(),
  grad(f)(at).item(),
  grad((x: NDArray) => grad(f)(x))(at).item(),
];

const samplers = [
  ["gamma", (key: NDArray) => (a: NDArray) => random.gamma(key, a), gammaAt, 0.3, 20],
  ["e to loggamma", (key: NDArray) => (a: NDArray) => np.exp(random.loggamma(key, a)), gammaAt, 0.3, 20],
  ["wald", (key: NDArray) => (mean: NDArray) => random.wald(key, mean), waldBelow, 0.3, 5],
] as const;

describe.each(samplers)("%s", (_name, sampler, below, low, high) => {
  test("moves with its parameter so that the probability below it stays, to second order", () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: low, max: high, noNaN: true }), (seed, parameter) => {
        const path = jet(sampler(random.key(seed)), parameter);
        fc.pre(path[0] > 1e-3);
        const h = 1e-3 * parameter;
        const [before, now, after] = pathProbabilities(below, parameter, path, h) as [number, number, number];
        // Third order is left in the difference, fourth in the sum: h^3 and h^4 over the parameter's.
        expect(Math.abs(after - before)).toBeLessThan(2e-8);
        expect(Math.abs(after + before - 2 * now)).toBeLessThan(2e-9);
        // A slope wrong by a hundredth shows: five times what is accepted, also where probabilities change slowest.
        const bent = pathProbabilities(below, parameter, [path[0], path[1] * 1.01, path[2]], h);
        if (now > 0.05 && now < 0.95) expect(Math.abs(bent[2]! - bent[0]!)).toBeGreaterThan(1e-7);
      }),
      { numRuns: 60 },
    );
  });

  test("has the same derivative forwards, backwards, compiled and mapped", () => {
    const parameters = array([0.4, 1, 2.5, 4]);
    const f = (x: NDArray): NDArray => sampler(random.key(17))(x);
    const forward = jvp(f, [parameters], [np.ones(4)])[1].toList();
    expect(vjp(f, parameters)[1](np.ones(4))[0]!.toList()).toEqual(forward);
    expect(jit((x: NDArray) => jvp(f, [x], [np.ones(4)])[1])(parameters).toList()).toEqual(forward);
    const mapped = vmap(grad((x: NDArray) => sampler(random.key(17))(x)))(parameters);
    const single = (parameters.toList() as number[]).map((x) => grad((y: NDArray) => f(y))(x).item());
    expect(mapped.toList()).toEqual(single);
  });
});

test("the derivative of a gamma number's mean by its shape is 1", () => {
  const sum = (a: NDArray): NDArray => np.mean(random.gamma(random.key(2), a, { shape: 20_000 }));
  for (const a of [0.2, 1, 8]) {
    // The deviation of one slope is below 1, so that of the mean is below 0.0071.
    expect(Math.abs(grad(sum)(a).item() - 1)).toBeLessThan(0.03);
  }
});

test("gamma numbers that underflow to 0 have slope 0, their logarithms a finite one", () => {
  const key = random.key(0);
  expect(random.gamma(key, 1e-4).item()).toBe(0);
  expect(grad((a: NDArray) => random.gamma(key, a))(1e-4).item()).toBe(0);
  const [log, slope] = [random.loggamma(key, 1e-4).item(), grad((a: NDArray) => random.loggamma(key, a))(1e-4).item()];
  // log x = log(p Gamma(a + 1)) / a up to rounding, so its slope is -log x / a to first order.
  expect(log).toBeLessThan(-745);
  expect(Math.abs(slope / (-log / 1e-4) - 1)).toBeLessThan(1e-3);
});

test("derivatives pass through what is made of gamma numbers", () => {
  const key = random.key(5);
  const total = (alpha: NDArray): NDArray => np.sum(random.dirichlet(key, alpha));
  grad(total)(array([0.5, 1, 3]))
    .toTypedArray()
    .forEach((slope) => expect(Math.abs(slope)).toBeLessThan(1e-14));
  const jacobian = jacfwd((alpha: NDArray) => random.dirichlet(key, alpha))(array([0.5, 1, 3])) as NDArray;
  (jacobian.toList() as number[][]).forEach((row, k) => expect(row[k]).toBeGreaterThan(0));
  const makers: readonly ((x: NDArray) => NDArray)[] = [
    (x) => random.beta(key, x, 2),
    (x) => random.chisquare(key, x),
    (x) => random.f(key, 3, x),
    (x) => random.t(key, x),
    (x) => random.generalizedNormal(key, x),
    (x) => random.ball(key, 2, x).at(0).get(),
  ];
  for (const make of makers) {
    const slope = grad(make)(1.7).item();
    expect(Number.isFinite(slope)).toBe(true);
    expect(slope).not.toBe(0);
  }
});

test("counts have the tangent zero", () => {
  const key = random.key(1);
  const rates = array([0.5, 4, 30]);
  const counts = (x: NDArray): NDArray => random.poisson(key, x, { dtype: "float64" });
  expect(jvp(counts, [rates], [np.ones(3)])[1].toList()).toEqual([0, 0, 0]);
  const trials = (x: NDArray): NDArray => np.sum(random.binomial(key, 10, x, { dtype: "float64" }));
  expect(grad(trials)(array([0.2, 0.7])).toList()).toEqual([0, 0]);
});

const keys = random.split(random.key(8), 3);
const parameters = array([[0.4, 2, 30], [1, 5, 12], [0.1, 0.9, 100]]); // prettier-ignore
const chances = array([[0.4, 0.2, 0.9], [0.5, 1, 0.1], [0.1, 0.9, 0]]); // prettier-ignore

const primitives: readonly (readonly [string, (key: NDArray, x: NDArray, p: NDArray) => NDArray])[] = [
  ["randomGamma", (key, x) => randomSampling.randomGamma(key, x, { logarithm: false })],
  ["randomGamma of logarithms", (key, x) => randomSampling.randomGamma(key, x, { logarithm: true })],
  ["randomWald", (key, x) => randomSampling.randomWald(key, x)],
  ["randomPoisson", (key, x) => randomSampling.randomPoisson(key, x)],
  ["randomBinomial", (key, x, p) => randomSampling.randomBinomial(key, np.ceil(x), p)],
];

describe.each(primitives)("%s", (_name, call) => {
  const rows = [0, 1, 2].map(
    (k) => [keys, parameters, chances].map((x) => x.at(k).get()) as [NDArray, NDArray, NDArray],
  );

  test("of many keys is each key by itself", () => {
    expect(call(keys, parameters, chances).toList()).toEqual(rows.map((row) => call(...row).toList()));
  });

  test("vmap equals a loop, over keys, over parameters, and over both", () => {
    expect(vmap(call)(keys, parameters, chances).toList()).toEqual(rows.map((row) => call(...row).toList()));
    const [key, x, p] = rows[0]!;
    expect(vmap(call, { inAxes: [0, null, null] })(keys, x, p).toList()).toEqual(
      rows.map(([own]) => call(own, x, p).toList()),
    );
    expect(vmap(call, { inAxes: [null, 0, 0] })(key, parameters, chances).toList()).toEqual(
      rows.map(([, own, chance]) => call(key, own, chance).toList()),
    );
    const turned = vmap(call, { inAxes: [0, 1, 1] })(keys, parameters.T, chances.T);
    expect(turned.toList()).toEqual(rows.map((row) => call(...row).toList()));
  });

  test.each(["js", "wasm", "interpreter"] as const)("jit on %s is eager to the bit", (backend) => {
    expect(jit(call, { backend })(keys, parameters, chances).toList()).toEqual(
      call(keys, parameters, chances).toList(),
    );
  });

  test("an element does not depend on the elements after it", () => {
    const [key, x, p] = rows[0]!;
    const first = call(key, x.at(np.slice(0, 2)).get(), p.at(np.slice(0, 2)).get()).toList() as number[];
    expect((call(key, x, p).toList() as number[]).slice(0, 2)).toEqual(first);
  });

  test("in float32 gives float32 numbers", () => {
    const [key, x, p] = rows[1]!;
    const seen = call(key, x.astype("float32"), p.astype("float32"));
    expect([seen.dtype, seen.shape]).toEqual(["float32", [3]]);
  });

  test("keys and parameters that do not fit are refused", () => {
    expectError(() => call(np.zeros(2), parameters, chances), "DTypeMismatch", "random.key(seed)");
    const whole = np.ones(3, { dtype: "int32" });
    expectError(() => call(keys, whole, whole), "DTypeMismatch", "float");
    expectError(
      () => call(keys, parameters.at(np.slice(0, 2)).get(), chances.at(np.slice(0, 2)).get()),
      "ShapeMismatch",
      "leading axes",
    );
  });
});

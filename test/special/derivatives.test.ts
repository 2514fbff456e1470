/** Slopes of special functions at the edges of their domains, higher orders where rules change, and identities between them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jvp } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as special from "cotangent/special";
import { gammaShapeDerivative } from "../../ops/gamma-shape.ts";

const { inf } = np;

type Scalar = (x: NDArray) => NDArray;
type Scalar2 = (x: NDArray, y: NDArray) => NDArray;

const derivative = (f: Scalar, order: number): ((x: number) => number) => {
  let g: (x: NDArray) => NDArray = f;
  for (let k = 0; k < order; k++) g = grad(g) as (x: NDArray) => NDArray;
  return (x) => g(array(x)).item();
};

const slopes = (f: Scalar2, x: number, y: number): number[] =>
  (grad(f, { argnums: [0, 1] })(array(x), array(y)) as NDArray[]).map((part) => part.item());

test("products with logarithms: slope 0 by the other factor where the first is 0", () => {
  expect(slopes(special.xlogy, 0, 0)).toEqual([-inf, 0]);
  expect(slopes(special.xlogy, 0, 3)).toEqual([Math.log(3), 0]);
  expect(slopes(special.xlog1py, 0, -1)).toEqual([-inf, 0]);
  expect(slopes(special.xlog1py, 0, 3)).toEqual([Math.log1p(3), 0]);
  expect(slopes(special.relEntr, 0, 2)).toEqual([0, -0]);
  expect(slopes(special.relEntr, 0, 0)).toEqual([0, -0]);
  expect(slopes(special.klDiv, 0, 2)).toEqual([0, 1]);
  expect(slopes(special.klDiv, 2, 2)).toEqual([0, 0]);
});

test("infinite slopes stand where the functions have them, zero slopes where they are flat", () => {
  const rows: readonly (readonly [f: Scalar, x: number, slope: number])[] = [
    [special.entr, 0, inf],
    [special.entr, -1, 0],
    [special.logit, 0, inf],
    [special.logit, 1, inf],
    [special.erfinv, 1, inf],
    [special.erfinv, -1, inf],
    [special.erf, inf, 0],
    [special.erf, 1e200, 0],
    [special.erfcx, inf, 0],
    [special.dawsn, -inf, 0],
    [special.logNdtr, 1000, 0],
    [special.i0, 0, 0],
    [special.i0e, 0, 0],
    [special.i1, 0, 0.5],
    [special.expit, -1000, 0],
    [special.spence, 1, -1],
    [special.exprel, 0, 0.5],
    [special.gammasgn, 2.5, 0],
  ];
  for (const [f, x, slope] of rows) {
    const seen = grad(f)(array(x)).item();
    if (slope !== 0 || seen !== 0) expect(seen, `${x}`).toBe(slope);
  }
});

test("slopes keep their digits far out, where the textbook's difference cancels", () => {
  expect(derivative(special.logNdtr, 1)(-1e6) / (1e6 + 1e-6)).toBeCloseTo(1, 14);
  expect(derivative(special.erfcx, 1)(1e7) * Math.sqrt(Math.PI) * 1e14).toBeCloseTo(-1, 10);
  expect(derivative(special.dawsn, 1)(-1e7) * 2e14).toBeCloseTo(-1, 10);
});

test("derivatives of every order are right at 0, where slopes are quotients 0 / 0", () => {
  const si: Scalar = (x) => special.sici(x)[0];
  expect([1, 2, 3, 4, 5].map((order) => derivative(si, order)(0))).toEqual([1, 0, -1 / 3, 0, 1 / 5]);
  expect([1, 2, 3].map((order) => derivative(special.exprel, order)(0))).toEqual([1 / 2, 1 / 3, 1 / 4]);
  expect([0, 1, 2, 3, 4].map((order) => derivative(special.i0, order)(0))).toEqual([1, 0, 0.5, 0, 0.375]);
  const seen = [1, 2, 3].map((order) => derivative(special.spence, order)(1));
  [-1, 0.5, -2 / 3].forEach((wanted, k) => expect(seen[k]).toBeCloseTo(wanted, 12));
});

test("boxcox joins its logarithm at lambda = 0 with all slopes", () => {
  const f: Scalar = (lambda) => special.boxcox(3, lambda);
  const logarithm = Math.log(3);
  expect(f(array(0)).item()).toBe(logarithm);
  expect(derivative(f, 1)(0)).toBeCloseTo(logarithm ** 2 / 2, 14);
  expect(derivative(f, 2)(0)).toBeCloseTo(logarithm ** 3 / 3, 14);
  expect(derivative((x) => special.boxcox1p(x, 0), 1)(1)).toBe(0.5);
});

test("the slope of gammainc by its parameter is the limit of differences, small and large", () => {
  fc.assert(
    fc.property(fc.double({ min: -2, max: 3.5, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }), (u, v) => {
      const a = 10 ** u;
      const x = Math.max(a + v * Math.sqrt(a), a / 4);
      const step = 1e-4 * Math.min(a, Math.sqrt(a));
      const difference = (special.gammainc(a + step, x).item() - special.gammainc(a - step, x).item()) / (2 * step);
      const slope = derivative((own) => special.gammainc(own, x), 1)(a);
      expect(Math.abs(slope - difference)).toBeLessThan(1e-7 * Math.abs(slope) + 1e-15 / step);
      expect(derivative((own) => special.gammaincc(own, x), 1)(a)).toBe(-slope);
    }),
  );
});

test("derivatives of gammainc by its parameter go on: each is the limit of differences of the one before", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1, max: 3, noNaN: true }),
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.integer({ min: 2, max: 3 }),
      (u, v, order) => {
        const a = 10 ** u;
        const x = Math.max(a + v * Math.sqrt(a), a / 4);
        const step = 1e-3 * Math.min(a, Math.sqrt(a));
        const before = derivative((own) => special.gammainc(own, x), order - 1);
        const [near, far] = [1, 2].map((k) => before(a + k * step) - before(a - k * step)) as [number, number];
        const difference = (8 * near - far) / (12 * step);
        const seen = derivative((own) => special.gammainc(own, x), order)(a);
        expect(Math.abs(seen - difference)).toBeLessThan(1e-8 * Math.abs(seen) + (1e-12 * Math.abs(before(a))) / step);
        expect(derivative((own) => special.gammaincc(own, x), order)(a)).toBe(-seen);
      },
    ),
    { numRuns: 60 },
  );
});

test("the two ways to the first derivative by the parameter agree: step by step, and as an integral over the density", () => {
  fc.assert(
    fc.property(fc.double({ min: -2, max: 3, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }), (u, v) => {
      const a = 10 ** u;
      const x = Math.max(a + v * Math.sqrt(a), a / 4);
      const slope = derivative((own) => special.gammainc(own, x), 1)(a);
      const density = derivative((own) => special.gammainc(a, own), 1)(x);
      const ratio = gammaShapeDerivative(array(a), array(Math.log(x)), { order: 1 }).item();
      expect(Math.abs(slope + x * density * ratio)).toBeLessThanOrEqual((1e-12 + 4e-15 * a) * Math.abs(slope));
    }),
  );
});

test("where P is constant in its parameter all derivatives are 0, and NaN arguments give NaN", () => {
  const second = (x: number): ((a: number) => number) => derivative((own) => special.gammainc(own, x), 2);
  for (const [a, x] of [
    [1, 0],
    [1, inf],
    [2.5, 0],
    [inf, 1],
  ] as const)
    expect(Math.abs(second(x)(a)), `${a}, ${x}`).toBe(0);
  for (const [a, x] of [
    [NaN, 1],
    [1, NaN],
    [-1, 1],
  ] as const)
    expect(second(x)(a), `${a}, ${x}`).toBeNaN();
});

test("gammainc and betainc are the integrals of their densities: mixed second derivatives too", () => {
  const density = jvp(
    (x: NDArray) => grad((own: NDArray) => special.gammainc(2.5, own))(x),
    [array(1.5)],
    [array(1)],
  )[1].item();
  const f = (x: number): number => (x ** 1.5 * Math.exp(-x)) / special.gamma(2.5).item();
  expect(density).toBeCloseTo(f(1.5) * (1.5 / 1.5 - 1), 12);
  const mixed = grad((a: NDArray) => grad((x: NDArray) => special.gammainc(a, x))(array(1.5)))(array(2.5)).item();
  expect(mixed).toBeCloseTo(f(1.5) * (Math.log(1.5) - special.digamma(2.5).item()), 12);
  expect(derivative((x) => special.betainc(1, 3, x), 1)(0)).toBeCloseTo(3, 14);
  expect(derivative((x) => special.gammainc(1, x), 1)(0)).toBe(1);
});

// --- Identities -------------------------------------------------------------------------------

const close = (seen: number, wanted: number, tolerance: number): void =>
  expect(Math.abs(seen - wanted)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(wanted), 1e-290));

test("inverses undo: erfinv and erf, erfcinv and erfc, ndtri and ndtr, logit and expit", () => {
  fc.assert(
    fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
      // What rounding the probability loses, the inverse cannot bring back: e^(x^2) ulp of 1.
      const lost = 1e-15 * (1 + Math.exp(x * x));
      close(special.erfinv(special.erf(x)).item() - x + 1, 1, lost);
      if (x > 0.1) close(special.erfcinv(special.erfc(x)).item(), x, 1e-14);
      if (x < -0.1) close(special.ndtri(special.ndtr(x)).item(), x, 1e-14);
      close(special.logit(special.expit(x)).item() - x + 1, 1, 1e-15 * (1 + Math.exp(Math.abs(x))));
    }),
  );
});

test("complements add to 1: erf and erfc, gammainc and gammaincc, betainc from both ends", () => {
  const unit = fc.double({ min: 0.05, max: 0.95, noNaN: true });
  fc.assert(
    fc.property(unit, unit, unit, (p, q, r) => {
      const [a, b, x] = [1 / p, 20 * q, 30 * r];
      close(special.erf(p).item() + special.erfc(p).item(), 1, 4e-16);
      close(special.gammainc(a, x).item() + special.gammaincc(a, x).item(), 1, 4e-16);
      close(special.betainc(a, b, r).item() + special.betainc(b, a, 1 - r).item(), 1, 1e-13);
    }),
  );
});

test("recurrences hold: gamma, digamma, E_n, I_n, Spence's function", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 20, noNaN: true }), (x) => {
      // x + 1 rounds, which gamma multiplies by digamma.
      close(special.gamma(x + 1).item(), x * special.gamma(x).item(), 2e-15 + 4e-15 * Math.log(x + 1));
      close(special.gammaln(x + 1).item() - special.gammaln(x).item() + 4, Math.log(x) + 4, 3e-15 * (4 + x));
      close(special.digamma(x + 1).item() + 11, special.digamma(x).item() + 1 / x + 11, 1e-15);
      close(2 * special.expn(3, x).item() + x * special.expn(2, x).item(), Math.exp(-x), 2e-15);
      close(special.i0e(x).item() - special.i1e(x).item(), special.i0e(-x).item() + special.i1e(-x).item(), 1e-15);
      close(special.spence(x).item() + special.spence(1 / x).item() + 9, 9 - Math.log(x) ** 2 / 2, 1e-14);
      close(special.poch(x, 3.5).item(), special.poch(x, 2.5).item() * (x + 2.5), 1e-12);
      close(special.beta(x, 2.5).item(), special.beta(2.5, x).item(), 0);
    }),
  );
});

test("gammaincc steps by its density from a to a + 1, sums a Poisson tail at whole a, and is erfc at 1/2", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.3, max: 40, noNaN: true }),
      fc.double({ min: 0.01, max: 120, noNaN: true }),
      fc.integer({ min: 1, max: 30 }),
      (a, x, n) => {
        const q = (own: number): number => special.gammaincc(own, x).item();
        const step = Math.exp(a * Math.log(x) - x - special.gammaln(a + 1).item());
        const rounding = 1e-15 * (20 + Math.abs(a * Math.log(x)) + x);
        close(q(a + 1), q(a) + step, rounding);
        let [term, sum] = [Math.exp(-x), 0];
        for (let k = 0; k < n; k++) {
          sum += term;
          term *= x / (k + 1);
        }
        close(q(n), sum, 1e-14 + 1e-15 * (n + x));
        close(q(0.5), special.erfc(Math.sqrt(x)).item(), 1e-14 + 1e-15 * x);
      },
    ),
  );
});

test("the sum of multivariate gammas is its definition", () => {
  const wanted = (3 / 2) * Math.log(Math.PI) + [4, 3.5, 3].reduce((sum, a) => sum + special.gammaln(a).item(), 0);
  expect(special.multigammaln(4, 3).item()).toBeCloseTo(wanted, 13);
});

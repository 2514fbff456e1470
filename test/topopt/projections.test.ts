/** The smoothed step and the one that keeps the volume: the published formula, with the derivatives of differences, at beta 0 too. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, hvp, jit, jvp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField, gridMesh } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { tanhProjection, volumePreservingProjection, volumePreservingSigmoid } from "cotangent/topopt";
import { derivativeAtZero, derivativesAtZero, floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const backends = ["interpreter", "js", "wasm"] as const;

const sizes = fc.integer({ min: 1, max: 40 });
const phases = fc.double({ min: 0, max: 6, noNaN: true });

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the smoothed step", () => {
  const densities = (size: number, phase: number): NDArray => wave([size], phase, { middle: 0.5, amplitude: 0.5 });
  const betas = fc.oneof(fc.constantFrom(0, 1e-300, 1e-8, 0.999, 1, 512), fc.double({ min: 0, max: 64, noNaN: true }));
  const etas = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  const written = (rho: number, beta: number, eta: number): number =>
    (Math.tanh(beta * eta) + Math.tanh(beta * (rho - eta))) / (Math.tanh(beta * eta) + Math.tanh(beta * (1 - eta)));

  test("it is the published formula", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 200, noNaN: true }),
        etas,
        (rho, beta, eta) => {
          const seen = tanhProjection(array(rho), { beta, eta }).item();
          // The written quotient loses digits as beta goes to 0.
          expect(Math.abs(seen - written(rho, beta, eta))).toBeLessThanOrEqual(1e-15 * Math.max(4, 4 / beta));
        },
      ),
    );
  });

  test("0 stays 0 and 1 stays 1 to the bit, it never falls, and results stay in [0, 1]", () => {
    fc.assert(
      fc.property(betas, etas, (beta, eta) => {
        const values = floats(tanhProjection(np.linspace(0, 1, 33), { beta, eta }));
        expect([values[0], values[32]]).toEqual([0, 1]);
        values.forEach((value, k) => {
          expect(k === 0 || value >= values[k - 1]! - 4e-16).toBe(true);
          expect(value >= -4e-16 && value <= 1 + 4e-16).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  test("beta 0 is the identity to the bit, and nearby betas differ by beta^2", () => {
    const rho = densities(20, 0);
    expect(floats(tanhProjection(rho, { beta: 0 }))).toEqual(floats(rho));
    for (const beta of [1e-9, 1e-5, 1e-3, 1e-2])
      expect(np.max(np.abs(tanhProjection(rho, { beta }).sub(rho))).item()).toBeLessThanOrEqual(beta ** 2 / 12 + 4e-16);
  });

  test("a traced beta or eta gives the bits of a number, compiled too", () => {
    fc.assert(
      fc.property(betas, etas, phases, (beta, eta, phase) => {
        const rho = densities(9, phase);
        const expected = floats(tanhProjection(rho, { beta, eta }));
        const f = (b: NDArray, e: NDArray): NDArray => tanhProjection(rho, { beta: b, eta: e });
        expect(floats(f(array(beta), array(eta)))).toEqual(expected);
        expect(floats(jit(f)(array(beta), array(eta)))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
    const rho = densities(9, 0);
    for (const backend of backends)
      expect(floats(jit((b: NDArray) => tanhProjection(rho, { beta: b }), { backend })(array(7)))).toEqual(
        floats(tanhProjection(rho, { beta: 7 })),
      );
  });

  test("its derivatives by density, beta and eta are those by differences, at beta 0 and on both sides of 1", () => {
    const f = (rho: NDArray, beta: NDArray, eta: NDArray): NDArray => tanhProjection(rho, { beta, eta });
    for (const beta of [0.02, 0.9, 1.1, 8])
      for (const eta of [0.3, 0.5]) checkGrads(f, [densities(6, 0), array(beta), array(eta)], { order: 2 });
    const byBeta = (beta: NDArray): NDArray => tanhProjection(array(0.3), { beta });
    expect(grad(byBeta)(0).item()).toBe(0);
    // rho + beta^2 / 3 (rho (eta^3 + (1 - eta)^3) - eta^3 - (rho - eta)^3)
    const curvature = (2 / 3) * (0.3 * 0.25 - 0.125 + 0.008);
    expect(Math.abs(grad(grad(byBeta))(0).item() / curvature - 1)).toBeLessThan(1e-12);
    expect(grad((x: NDArray) => tanhProjection(x, { beta: 0 }))(0.3).item()).toBe(1);
  });

  test("the numbers of a continuation are taken as they come: an eta that is not there is one half", () => {
    const at: Readonly<Record<string, NDArray | number>> = { beta: 6 };
    const project = (x: NDArray, { beta, eta }: typeof at): NDArray => tanhProjection(x, { beta, eta });
    const rho = densities(9, 0);
    expect(floats(project(rho, at))).toEqual(floats(tanhProjection(rho, { beta: 6, eta: 0.5 })));
    expect(floats(project(rho, { ...at, eta: 0.2 }))).toEqual(floats(tanhProjection(rho, { beta: 6, eta: 0.2 })));
  });

  test("at the threshold its slope and curvature are those of the formula", () => {
    for (const beta of [0.5, 6]) {
      const f = (x: NDArray): NDArray => tanhProjection(x, { beta });
      expect(Math.abs(grad(f)(0.5).item() / (beta / (2 * Math.tanh(beta / 2))) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(grad(grad(f))(0.5).item())).toBeLessThan(1e-13);
    }
  });

  test("a beta below 0 and an eta outside [0, 1] are refused", () => {
    const rho = densities(3, 0);
    for (const beta of [-1, NaN, Infinity, undefined, null as never])
      expect(() => tanhProjection(rho, { beta })).toThrow(coded("InvalidOption"));
    for (const eta of [-0.1, 1.1, NaN])
      expect(() => tanhProjection(rho, { beta: 1, eta })).toThrow(coded("InvalidOption"));
    expect(() => tanhProjection(rho, { beta: array([1, 2]) })).toThrow(coded("ShapeMismatch"));
    expect(() => tanhProjection(rho, { beta: 1, etas: 0.5 } as never)).toThrow(/"eta"/u);
    for (const project of [tanhProjection, volumePreservingProjection])
      expect(() => project(rho, { beta: undefined })).toThrow(
        /Projection: beta undefined\. .*continuation: \{ beta: 8 \}/u,
      );
  });
});

describe("the smoothed step that keeps the volume", () => {
  const densities = (size: number, phase: number): NDArray => wave([size], phase, { middle: 0.5, amplitude: 0.5 });
  const betas = fc.oneof(
    fc.constantFrom(0, 1e-12, 1e-6, 1e-3, 1, 512, 1000),
    fc.double({ min: 0, max: 64, noNaN: true }),
  );
  const fields = fc.oneof(
    fc.tuple(sizes, phases).map(([size, phase]) => densities(size, phase)),
    fc.double({ min: 0, max: 1, noNaN: true }).map((value) => np.full([6], value)),
    fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 9 }).map((values) => array(values.map(Number))),
  );

  test("the mean stays to 1e-12: any field in [0, 1], constant ones, ones of 0 and 1 alone, any beta from 0 to 1000", () => {
    fc.assert(
      fc.property(fields, betas, (rho, beta) => {
        const sharp = floats(volumePreservingProjection(rho, { beta }));
        expect(Math.abs(meanOf(sharp) - meanOf(floats(rho)))).toBeLessThanOrEqual(1e-12);
      }),
      { numRuns: 30 },
    );
  });

  test("it is tanhProjection at one threshold between 0 and 1", () => {
    const rho = densities(12, 0).mul(0.6);
    const sharp = volumePreservingProjection(rho, { beta: 9 });
    // One element tells the threshold; all the others confirm it.
    let [low, high] = [0, 1];
    for (let k = 0; k < 60; k++) {
      const eta = (low + high) / 2;
      const isHigh = floats(tanhProjection(rho, { beta: 9, eta }))[0]! > floats(sharp)[0]!;
      [low, high] = isHigh ? [eta, high] : [low, eta];
    }
    expect(low).toBeGreaterThan(0);
    expect(relativeGap(tanhProjection(rho, { beta: 9, eta: low }), sharp)).toBeLessThan(1e-13);
  });

  test("its derivatives by density and beta are those by differences; the mean's own is that of the mean", () => {
    const weights = wave([8], 3);
    const f = (rho: NDArray, beta: NDArray): NDArray => np.vdot(weights, volumePreservingProjection(rho, { beta }));
    const rho = wave([8], 1, { middle: 0.45, amplitude: 0.4 });
    for (const beta of [0.5, 2, 12]) checkGrads(f, [rho, array(beta)], { order: 2 });
    for (const beta of [0, 1e-9, 1e-3, 3, 40]) {
      const gradient = floats(grad((x: NDArray) => np.mean(volumePreservingProjection(x, { beta })))(rho));
      for (const own of gradient) expect(Math.abs(own - 1 / 8)).toBeLessThanOrEqual(1e-9);
    }
  });

  test("fields of 0 and 1 alone, where any threshold will do, have a finite gradient", () => {
    const rho = array([0, 1, 1, 0]);
    const gradient = floats(
      grad((x: NDArray) => np.vdot(wave([4], 0), volumePreservingProjection(x, { beta: 8 })))(rho),
    );
    for (const own of gradient) expect(Math.abs(own)).toBeLessThan(10);
  });

  test("compiled it gives the same bits, on every back end, with beta traced; vmap over beta is a loop", () => {
    const rho = densities(30, 0);
    const f = (beta: NDArray): NDArray => volumePreservingProjection(rho, { beta });
    for (const beta of [0, 0.5, 16]) {
      for (const backend of backends)
        expect(floats(jit(f, { backend })(array(beta)))).toEqual(floats(volumePreservingProjection(rho, { beta })));
    }
    const batched = vmap(f)(array([0, 0.5, 16]));
    expect(floats(batched)).toEqual(floats(np.stack([0, 0.5, 16].map((beta) => f(array(beta))))));
  });

  test("densities that are none, and a beta below 0, are refused", () => {
    const mesh = gridMesh({ nelx: 3, nely: 2 });
    for (const wrong of [2, NaN, -1.1e-9, 1 + 1.1e-9, Infinity]) {
      const field = elementField(mesh, 0.5).at(1, 2).set(wrong) as ElementField;
      expect(() => volumePreservingProjection(field, { beta: 4 })).toThrow(coded("InvalidOption"));
      expect(() => volumePreservingProjection(field, { beta: 4 })).toThrow(`the density ${wrong} of element 5`);
    }
    expect(() => volumePreservingProjection(array([-0.1, 0.2, 0.9]), { beta: 4 })).toThrow(
      /density -0\.1 of element 0/u,
    );
    for (const rounded of [-0.9e-9, 1 + 0.9e-9])
      for (const own of floats(volumePreservingProjection(elementField(mesh, rounded), { beta: 4 })))
        expect(Math.abs(own - rounded)).toBeLessThan(1e-9);
    const compiled = jit((field: NDArray) => volumePreservingProjection(field, { beta: 4 }));
    for (const wrong of [2, NaN]) expect(() => compiled(elementField(mesh, wrong))).toThrow(coded("RootNotBracketed"));
    expect(() => volumePreservingProjection(elementField(mesh, 0.5), { beta: -4 })).toThrow(coded("InvalidOption"));
    expect(() => volumePreservingProjection(elementField(mesh, 0.5), { beta: 4, eta: 0.5 } as never)).toThrow(
      coded("UnknownOption"),
    );
  });
});

test("forward and reverse mode agree through a sigmoid and a step in a row", () => {
  const f = (logits: NDArray, beta: NDArray): NDArray =>
    tanhProjection(volumePreservingSigmoid(logits, { volumeFraction: 0.4 }), { beta });
  const [logits, beta] = [wave([10], 0, { amplitude: 3 }), array(4)];
  const [direction, weights] = [wave([10], 1), wave([10], 2)];
  const [, tangent] = jvp((x: NDArray) => f(x, beta), [logits], [direction]) as [NDArray, NDArray];
  const gradient = grad((x: NDArray) => np.vdot(weights, f(x, beta)))(logits);
  expect(Math.abs(innerProduct(tangent, weights) - innerProduct(gradient, direction))).toBeLessThan(1e-14);
  const expected = derivativeAtZero((h) => np.vdot(weights, f(logits.add(direction.mul(h)), beta)).item());
  expect(Math.abs(innerProduct(gradient, direction) - expected)).toBeLessThan(1e-9);
  const second = hvp((x: NDArray) => np.vdot(weights, f(x, beta)), [logits], [direction]);
  const slopes = derivativesAtZero((h) =>
    grad((x: NDArray) => np.vdot(weights, f(x, beta)))(logits.add(direction.mul(h))),
  );
  expect(relativeGap(second, slopes)).toBeLessThan(1e-8);
});

/** A differential equation through 1000 steps of a scan: right against the loop written out, and cheap to keep. */
import { expect, test } from "vitest";
import { array, grad, jit, jvp, NDArray, savedResiduals, scan, valueAndGrad } from "cotangent";
import * as np from "cotangent/numpy";
import { expectClose } from "./nests.ts";

/** Two coupled pendulums: angles and speeds; k is the coupling and the gravity of each. */
const slope = (y: NDArray, k: NDArray): NDArray => {
  const [angles, speeds] = [np.at(y.reshape([2, 2]), 0).get(), np.at(y.reshape([2, 2]), 1).get()];
  const gravity = np.at(k, np.slice(1)).get();
  const coupling = np.at(k, 0).get().mul(np.flip(angles).sub(angles));
  return np.concatenate([speeds, coupling.sub(np.sin(angles).mul(gravity))]);
};

/** One step of the classical Runge-Kutta method. */
const step = (y: NDArray, k: NDArray, h: number): NDArray => {
  const k1 = slope(y, k);
  const k2 = slope(y.add(k1.mul(h / 2)), k);
  const k3 = slope(y.add(k2.mul(h / 2)), k);
  const k4 = slope(y.add(k3.mul(h)), k);
  return y.add(
    k1
      .add(k2.mul(2))
      .add(k3.mul(2))
      .add(k4)
      .mul(h / 6),
  );
};

const start = array([1, -0.5, 0, 0.3]);
const k0 = array([0.4, 1, 1.5]);
const energy = (y: NDArray): NDArray => np.sum(np.square(y));

const scanned =
  (length: number, options: object = {}) =>
  (k: NDArray): NDArray =>
    energy(scan((y: NDArray, _: null) => [step(y, k, 0.01), null] as const, start, null, { length, ...options })[0]);

const unrolled =
  (length: number) =>
  (k: NDArray): NDArray => {
    let y = start;
    for (let i = 0; i < length; i++) y = step(y, k, 0.01);
    return energy(y);
  };

test("value and gradient over 50 steps are those of the loop written out", () => {
  for (const options of [{}, { checkpoint: "sqrt" }]) {
    const [value, slopes] = jit(valueAndGrad(scanned(50, options)))(k0);
    const [wantedValue, wanted] = valueAndGrad(unrolled(50))(k0);
    expectClose(value, wantedValue, 1e-14, "value");
    expectClose(slopes, wanted, 1e-13, "gradient");
  }
});

test("over 1000 steps reverse mode agrees with forward mode and with differences", () => {
  const f = jit(scanned(1000));
  const slopes = jit(grad(scanned(1000, { checkpoint: "sqrt" })))(k0).toTypedArray();
  [0, 1, 2].forEach((i) => {
    const direction = array([0, 1, 2].map((j) => (i === j ? 1 : 0)));
    const forward = jvp(f, [k0], [direction])[1].item();
    const h = 1e-5;
    const difference = (f(k0.add(direction.mul(h))).item() - f(k0.sub(direction.mul(h))).item()) / (2 * h);
    expect(Math.abs(slopes[i]! - forward) / Math.max(1, Math.abs(forward))).toBeLessThan(1e-11);
    expect(Math.abs(slopes[i]! - difference) / Math.max(1, Math.abs(difference))).toBeLessThan(1e-7);
  });
});

test("what a checkpointed scan keeps grows as the square root of the number of steps", () => {
  const bytes = (length: number): number =>
    savedResiduals(scanned(length, { checkpoint: "sqrt" }), k0)
      .filter(({ origin }) => origin === "scan")
      .reduce((sum, own) => sum + own.bytes, 0);
  expect([100, 400, 1600, 6400].map((length) => bytes(length) / bytes(100))).toEqual([1, 2, 4, 8]);
});

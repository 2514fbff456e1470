/**
 * Fault 64 for loops: 1e5 steps of scan, of scan of cond, and of foriLoop are traced, printed, run, differentiated in
 * both modes, mapped and compiled; the program stays as short as its body and memory grows with the steps alone.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  cond,
  foriLoop,
  grad,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  NDArray,
  scan,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";
import { validateClosed } from "../../src/ir/validate.ts";

const steps = 100_000;
const shrink = 1 - 1e-6;
const kicks = np.linspace(-1, 1, steps);

type Scalar = (x: NDArray) => NDArray;

interface Case {
  readonly f: Scalar;
  /** Value and slope in plain numbers. */
  readonly plain: (x: number) => [value: number, slope: number];
}

const kickList = [...kicks.toTypedArray()];

const cases: Readonly<Record<string, Case>> = {
  scan: {
    f: (x) =>
      scan((c: NDArray, kick: NDArray) => [c.add(np.sin(c.mul(3)).add(kick).mul(1e-5)), null] as const, x, kicks)[0],
    plain: (x) => {
      let [y, slope] = [x, 1];
      for (const kick of kickList)
        [y, slope] = [y + (Math.sin(y * 3) + kick) * 1e-5, slope * (1 + 3e-5 * Math.cos(y * 3))];
      return [y, slope];
    },
  },
  "scan of cond": {
    f: (x) =>
      scan(
        (c: NDArray, kick: NDArray) =>
          [
            cond(
              np.greater(kick, 0),
              (y: NDArray) => y.mul(shrink).add(1e-6),
              (y: NDArray) => y.mul(1 + 1e-6),
              c,
            ),
            null,
          ] as const,
        x,
        kicks,
      )[0],
    plain: (x) => {
      let [y, slope] = [x, 1];
      for (const kick of kickList)
        [y, slope] = kick > 0 ? [y * shrink + 1e-6, slope * shrink] : [y * (1 + 1e-6), slope * (1 + 1e-6)];
      return [y, slope];
    },
  },
  foriLoop: {
    f: (x) => foriLoop(0, steps, (i, c: NDArray) => c.mul(shrink).add(np.astype(i, "float64").mul(1e-12)), x),
    plain: (x) => {
      let [y, slope] = [x, 1];
      for (let k = 0; k < steps; k++) [y, slope] = [y * shrink + k * 1e-12, slope * shrink];
      return [y, slope];
    },
  },
};

describe.each(Object.entries(cases))("64: %s of 1e5 steps", (_name, { f, plain }) => {
  const [value, slope] = plain(0.5);
  const close = (seen: NDArray, wanted: number): void => expect(seen.item() / wanted).toBeCloseTo(1, 8);

  test("is traced and printed in the lines of its body", () => {
    const traced = makeJaxpr(f)(array(0.5));
    validateClosed(traced);
    expect(String(traced).split("\n").length).toBeLessThan(40);
  });

  test("runs, and is compiled and run", () => {
    close(f(array(0.5)), value);
    close(jit(f)(array(0.5)), value);
  });

  test("has the right tangent, by jvp and by linearize", () => {
    close(jvp(f, [array(0.5)], [array(1)])[1], slope);
    close(linearize(f, array(0.5))[1](array(1)), slope);
  });

  test("has the right cotangent, by vjp, by grad and compiled", () => {
    close(vjp(f, array(0.5))[1](array(1))[0], slope);
    close(jit(grad(f))(array(0.5)), slope);
  });

  test("is mapped", () => {
    const mapped = jit(vmap(f))(array([0.5, 0.25]));
    close(mapped.at(0).get(), value);
    close(mapped.at(1).get(), plain(0.25)[0]);
  });
});

test("64: a while loop of 1e5 steps runs and has the right tangent", () => {
  const f: Scalar = (x) =>
    whileLoop<readonly [NDArray, NDArray]>(
      ([k]) => np.less(k, steps),
      ([k, c]) => [k.add(1), c.mul(shrink)],
      [array(0), x],
    )[1];
  const wanted = shrink ** steps;
  for (const g of [f, jit(f)])
    for (const y of jvp(g, [array(1)], [array(1)])) expect(y.item() / wanted).toBeCloseTo(1, 9);
});

test("64: scans nested in scans, and conds nested in conds, are as deep as a program is written", () => {
  const deepCond = (depth: number): Scalar =>
    depth === 0
      ? (x) => np.sin(x)
      : (x) => cond(np.greater(x, -depth), deepCond(depth - 1), (y: NDArray) => y.mul(depth), x);
  expect(grad(jit(deepCond(30)))(array(0.5)).item()).toBeCloseTo(Math.cos(0.5), 14);
  const deepScan = (depth: number): Scalar =>
    depth === 0
      ? (x) => x.mul(1.001)
      : (x) => scan((c: NDArray) => [deepScan(depth - 1)(c), null] as const, x, null, { length: 2 })[0];
  expect(jit(grad(deepScan(8)))(array(0.5)).item() / 1.001 ** 256).toBeCloseTo(1, 12);
});

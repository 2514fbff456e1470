/**
 * Every back end gives the interpreter's results to the bit: on random programs of elementwise, layout and
 * reduction primitives over all dtypes, special values and empty shapes, and on sums of every length.
 */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add, mul } from "../../ops/arithmetic.ts";
import { convert } from "../../ops/conversion.ts";
import { reduceMax } from "../../ops/extrema.ts";
import { sin } from "../../ops/trigonometric.ts";
import { broadcast, reduceSum, transpose } from "../../ops/shape.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { reverse } from "../../ops/slicing.ts";
import { filled, jaxprOf, programs, runOn } from "./programs.ts";

// A fallback would compare the interpreter with itself.
beforeAll(() =>
  setNoticeListener((_code, text) => {
    throw new Error(text);
  }),
);
afterAll(() => setNoticeListener(null));

describe.each(["js", "wasm"] as const)("%s", (backend) => {
  test("random programs give the interpreter's bits", () => {
    fc.assert(
      fc.property(programs(14), ({ jaxpr, inputs }) => {
        expect(runOn(backend, jaxpr, inputs)).toEqual(runOn("interpreter", jaxpr, inputs));
      }),
      { numRuns: 400 },
    );
  });

  test("long random programs give the interpreter's bits", () => {
    fc.assert(
      fc.property(programs(80), ({ jaxpr, inputs }) => {
        expect(runOn(backend, jaxpr, inputs)).toEqual(runOn("interpreter", jaxpr, inputs));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [[127], [0]],
    [[128], [0]],
    [[129], [0]],
    [[256], [0]],
    [[1000], [0]],
    [
      [40, 33],
      [0, 1],
    ],
    [[40, 33], [0]],
    [[40, 33], [1]],
    [[7, 300], [0]],
    [[300, 7], [0]],
    [
      [5, 40, 33],
      [0, 2],
    ],
    [[5, 40, 33], [1]],
    [
      [33, 5, 40],
      [0, 2],
    ],
    [
      [2, 3, 1, 500],
      [3, 1],
    ],
    [[511], [0]],
    [[512], [0]],
    [[513], [0]],
    [[1023], [0]],
    [[1024], [0]],
    [[1153], [0]],
    [[3, 700], [1]],
    [[700, 3], [0]],
  ])("sums of shape %j over axes %j keep the order of blocks", (shape, axes) => {
    const numbers = Array.from({ length: 997 }, (_, k) => Math.sin(k * k) * 10 ** (k % 19));
    const ascending = axes.toSorted((left, right) => left - right);
    for (const dtype of ["float64", "float32", "int32"] as const) {
      const x = filled(shape, dtype, numbers);
      const jaxpr = jaxprOf(
        (a) => {
          const order = shape.map((_, axis) => shape.length - 1 - axis);
          const turned = order
            .filter((axis) => ascending.includes(axis))
            .map((axis) => order.indexOf(axis))
            .sort((left, right) => left - right);
          return [
            reduceSum(a!, { axes: ascending }),
            reduceSum(add(a!, a!), { axes: ascending }),
            reduceSum(transpose(a!, { permutation: order }), { axes: turned }),
          ];
        },
        [x],
      );
      expect(runOn(backend, jaxpr, [x])).toEqual(runOn("interpreter", jaxpr, [x]));
    }
  });

  test("sums, extrema and stored values of one long loop agree", () => {
    const x = filled(
      [3, 1300],
      "float64",
      Array.from({ length: 331 }, (_, k) => Math.cos(k * k) * 10 ** (k % 17)),
    );
    const jaxpr = jaxprOf(
      (a) => {
        const square = mul(a!, a!);
        const whole = convert(a!, { dtype: "int32", weakType: false });
        return [
          square,
          reduceSum(square, { axes: [1] }),
          reduceMax(a!, { axes: [1] }),
          reduceSum(whole, { axes: [1] }),
          reduceSum(sin(a!), { axes: [1] }),
        ];
      },
      [x],
    );
    expect(runOn(backend, jaxpr, [x])).toEqual(runOn("interpreter", jaxpr, [x]));
  });

  test("several reversed operands of one loop are read from their own ends", () => {
    const [x, y] = [filled([4, 3], "float64", [1, 2, 3, 5, 8]), filled([4, 3], "float64", [0.5, 7, -1])];
    const jaxpr = jaxprOf(
      (a, b) => [add(mul(reverse(a!, { axes: [0, 1] }), reverse(b!, { axes: [0, 1] })), reverse(a!, { axes: [1] }))],
      [x, y],
    );
    expect(runOn(backend, jaxpr, [x, y])).toEqual(runOn("interpreter", jaxpr, [x, y]));
  });

  test("sums with infinities and NaN are not hidden by their correction", () => {
    for (const special of [Infinity, -Infinity, NaN]) {
      const numbers = Array.from({ length: 900 }, (_, k) => (k === 140 ? special : k));
      const x = filled([900], "float64", numbers);
      const jaxpr = jaxprOf((a) => [reduceSum(a!, { axes: [0] })], [x]);
      expect(runOn(backend, jaxpr, [x])).toEqual([`float64[] Float64Array ${special}`]);
    }
  });

  test("a mixture of dtypes, broadcasts and several outputs shares loops", () => {
    const x = filled([6, 50], "float32", [1.1, -2.3, 1e-40, 3.4e38, NaN]);
    const y = filled([50], "float64", [0.1, 1e300, -0]);
    const jaxpr = jaxprOf(
      (a, b) => {
        const wide = mul(
          convert(a!, { dtype: "float64", weakType: false }),
          broadcast(b!, { shape: [6, 50], axes: [1] }),
        );
        return [sin(a!), wide, reduceSum(wide, { axes: [1] }), convert(wide, { dtype: "uint32", weakType: false })];
      },
      [x, y],
    );
    expect(runOn(backend, jaxpr, [x, y])).toEqual(runOn("interpreter", jaxpr, [x, y]));
  });
});

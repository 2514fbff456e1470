/**
 * Linear and bilinear families under nested transforms: second derivatives agree with differences of
 * gradients, and the map of a gradient agrees with a loop. f is the sum of squares of the result.
 */
import { describe, expect, test } from "vitest";
import { integerPower } from "../../ops/arithmetic.ts";
import { dot } from "../../ops/contraction.ts";
import { convolution } from "../../ops/convolution.ts";
import { gather, scatterAdd, scatterSet } from "../../ops/indexing.ts";
import { reduceSum } from "../../ops/shape.ts";
import { concatenate, pad, reverse, slice } from "../../ops/slicing.ts";
import { bufferOf, fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { toList } from "../../src/ir/primitive.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { bind } from "../../src/ir/trace.ts";
import { jvp } from "../../transforms/jvp.ts";
import { grad } from "../../transforms/vjp.ts";
import { vmap } from "../../transforms/vmap.ts";
import { draw, forAllCases } from "./linear-rules.ts";

/** Sum of squares of the result, as a function of one float input. */
const energyOf =
  (primitive: Primitive, inputs: readonly NDArray[], params: unknown, at: number) =>
  (x: NDArray): NDArray => {
    const [out] = bind(primitive, inputs.with(at, x), params as Readonly<Record<string, unknown>>);
    return reduceSum(integerPower(out!, { exponent: 2 }), { axes: out!.shape.map((_, axis) => axis) });
  };

const floatsOf = (inputs: readonly NDArray[]): number[] => inputs.flatMap((x, k) => (x.dtype === "float64" ? [k] : []));

const expectClose = (seen: NDArray, wanted: ArrayLike<number>): void => {
  const values = seen.toTypedArray();
  expect(values.length).toBe(wanted.length);
  values.forEach((value, k) =>
    expect(Math.abs(value - wanted[k]!)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(wanted[k]!))),
  );
};

const shifted = (x: ConcreteArray, dx: ConcreteArray, step: number): ConcreteArray =>
  fromBuffer(
    bufferOf(x).map((value, k) => value + step * bufferOf(dx)[k]!),
    x.shape,
    "float64",
  );

for (const { primitive } of [slice, pad, concatenate, reverse, gather, scatterAdd, scatterSet, dot, convolution]) {
  describe(`${primitive.name}`, () => {
    test("forward over reverse is the difference of gradients", () =>
      forAllCases(
        primitive,
        ({ inputs, params, pick, seed }) => {
          const at = pick.oneOf(floatsOf(inputs));
          const gradient = grad(energyOf(primitive, inputs, params, at)) as (x: NDArray) => NDArray;
          const dx = draw({ shape: inputs[at]!.shape, dtype: "float64", domain: { low: -1, high: 1 } }, seed + 7);
          const [, curvature] = jvp(gradient, [inputs[at]!], [dx]);
          const [ahead, behind] = [0.5, -0.5].map((step) => gradient(shifted(inputs[at]!, dx, step)).toTypedArray());
          expectClose(
            curvature,
            [...ahead!].map((value, k) => value - behind![k]!),
          );
        },
        40,
      ));

    test("the map of a gradient is a loop over gradients", () =>
      forAllCases(
        primitive,
        ({ inputs, params, pick, seed }) => {
          const at = pick.oneOf(floatsOf(inputs));
          const gradient = grad(energyOf(primitive, inputs, params, at)) as (x: NDArray) => NDArray;
          const { shape } = inputs[at]!;
          const batch = draw({ shape: [2, ...shape], dtype: "float64", domain: { low: -1, high: 1 } }, seed + 9);
          const rows = [0, 1].map((k) =>
            fromBuffer(bufferOf(batch).slice(k * inputs[at]!.size, (k + 1) * inputs[at]!.size), shape, "float64"),
          );
          const mapped = toList(vmap(gradient)(batch))[0]!;
          expectClose(
            mapped,
            rows.flatMap((row) => [...gradient(row).toTypedArray()]),
          );
        },
        40,
      ));
  });
}

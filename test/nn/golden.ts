/** Cases of test/reference/nn-golden.json: what JAX and flax compute, from inputs that follow from their shapes. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { array, vjp } from "cotangent";
import type { NDArray } from "cotangent";

interface Case {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly values: readonly number[];
  readonly pullback: readonly number[];
}

interface NnGolden {
  readonly resized: readonly (Case & {
    readonly method: "nearest" | "linear" | "cubic";
    readonly antialias: boolean;
  })[];
  readonly pooled: readonly (Case & {
    readonly name: "maxPool" | "minPool" | "avgPool";
    readonly window: readonly number[];
    readonly strides: readonly number[];
    readonly padding: "same" | "valid" | readonly (readonly [number, number])[];
    readonly countIncludePad: boolean;
  })[];
}

export const nnGolden: NnGolden = JSON.parse(
  readFileSync(new URL("../reference/nn-golden.json", import.meta.url), "utf8"),
) as NnGolden;

/** Inputs and cotangents of the golden cases. */
const valuesOf = (shape: readonly number[]): NDArray => {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return array(
    Float64Array.from({ length }, (_, k) => ((((k + 1) * 7919) % 17) - 8) / 4),
    { shape },
  );
};

const largestError = (seen: NDArray, wanted: readonly number[]): number =>
  Math.max(0, ...[...seen.toTypedArray()].map((x, k) => Math.abs(x - wanted[k]!)));

/** Expects the values and the pullback of a golden case; returns the larger error. */
export const expectGolden = (f: (x: NDArray) => NDArray, { from, to, values, pullback }: Case): number => {
  const [y, back] = vjp(f, valuesOf(from));
  expect(y.shape).toEqual(to);
  const [cotangent] = back(valuesOf(to)) as [NDArray];
  const error = Math.max(largestError(y, values), largestError(cotangent, pullback));
  expect(error).toBeLessThan(1e-14 * 100);
  return error;
};

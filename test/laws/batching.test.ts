/**
 * vmap of every primitive equals a loop over the mapped axis, for every choice of mapped inputs, of their axes
 * and of the result's axis; vmap of a gradient equals a loop over gradients.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import type { DType } from "../../src/array/dtype.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { integerPower } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/shape.ts";
import { grad } from "../../transforms/vjp.ts";
import { vmap } from "../../transforms/vmap.ts";
import { row, drawArray } from "../ops/sampling.ts";
import type { Application } from "./cases.ts";
import {
  asFunction,
  expectSame,
  floatPositions,
  forAllApplications,
  inAnotherDType,
  sampled,
  someOf,
  typesOf,
  unlessRefused,
} from "./cases.ts";
import { references } from "./references.ts";

interface Mapped {
  readonly size: number;
  readonly inAxes: readonly (number | null)[];
  readonly batched: readonly ConcreteArray[];
  /** Inputs of one example. */
  readonly example: (k: number) => readonly ConcreteArray[];
}

/** Some inputs get a mapped axis somewhere; negative axes count from the end. */
const mapInputs = (
  primitive: (typeof sampled)[number][1],
  { specs, inputs, params, pick, random }: Application,
  size: number,
  dtype: DType,
): Mapped => {
  const mapped = someOf(
    pick,
    specs.map((_, k) => k),
  );
  const places = specs.map(({ shape }, k) => (mapped.includes(k) ? pick.integer(0, shape.length) : null));
  const drawn = specs.map((spec, k) =>
    places[k] === null ? inputs[k]! : drawArray(random, { ...spec, shape: spec.shape.toSpliced(places[k]!, 0, size) }),
  );
  const cast = inAnotherDType(primitive, inputs, params, dtype);
  const batched = drawn.map((x, k) => (x.dtype === cast[k]!.dtype ? x : createArray(x, { dtype: cast[k]!.dtype })));
  return {
    size,
    inAxes: places.map((place, k) =>
      place === null || pick.integer(0, 1) === 0 ? place : place - specs[k]!.shape.length - 1,
    ),
    batched,
    example: (k) => batched.map((x, i) => (places[i] === null ? x : row(x, places[i]!, k))),
  };
};

/** Reordered sums may round differently; everything else must be the same to the bit. */
const toleranceOf = (name: string, dtype: DType): number =>
  (references[name]?.tolerance ?? 0) === 0 || !isFloat(dtype) ? 0 : dtype === "float32" ? 1e-5 : 1e-12;

describe.each(sampled)("%s", (name, primitive) => {
  test("vmap equals a loop", () => {
    forAllApplications(primitive, 40, (application) => {
      const { params, pick } = application;
      const dtype = pick.oneOf<DType>(["float64", "float64", "float32", "int32"]);
      const { size, inAxes, batched, example } = mapInputs(primitive, application, pick.integer(0, 3), dtype);
      const types = typesOf(primitive, inAnotherDType(primitive, application.inputs, params, dtype), params);
      const outAxes = pick.integer(0, types[0]!.shape.length);
      const f = asFunction(primitive, batched, params);
      const seen = vmap(f, { inAxes, outAxes })(...batched) as ConcreteArray;
      expect({ shape: seen.shape, dtype: seen.dtype }).toEqual({
        shape: types[0]!.shape.toSpliced(outAxes, 0, size),
        dtype: types[0]!.dtype,
      });
      for (let k = 0; k < size; k++) expectSame(row(seen, outAxes, k), f(...example(k)), toleranceOf(name, seen.dtype));
    });
  });

  test("vmap of its gradient equals a loop over gradients", () => {
    forAllApplications(primitive, 25, (application) => {
      const { params, pick, inputs } = application;
      const { inAxes, batched, example } = mapInputs(primitive, application, 2, "float64");
      const positions = floatPositions(inputs).filter((k) => inputs[k]!.dtype === "float64");
      const [type] = typesOf(primitive, inputs, params);
      if (positions.length === 0 || type!.dtype !== "float64") return;
      fc.pre(!type!.shape.includes(0));
      const f = asFunction(primitive, batched, params);
      const energy = (...all: NDArray[]): NDArray =>
        reduceSum(integerPower(f(...all), { exponent: 2 }), { axes: type!.shape.map((_, axis) => axis) });
      const gradient = grad(energy, { argnums: [pick.oneOf(positions)] }) as (...all: NDArray[]) => NDArray[];
      const [seen] = unlessRefused(() => vmap(gradient, { inAxes })(...batched));
      for (let k = 0; k < 2; k++) expectSame(row(seen as ConcreteArray, 0, k), gradient(...example(k))[0]!, 1e-12);
    });
  });
});

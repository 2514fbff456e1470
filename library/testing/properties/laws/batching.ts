/**
 * vmap of a primitive equals a loop over the mapped axis, for every choice of mapped inputs, of their axes and of
 * the result's axis; vmap of a gradient equals a loop over gradients.
 */
import { createArray } from "../../../../src/array/create.ts";
import type { DType } from "../../../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../../../src/array/ndarray.ts";
import type { Primitive } from "../../../../src/ir/primitive.ts";
import { integerPower } from "../../../../ops/arithmetic.ts";
import { reduceSum } from "../../../../ops/shape.ts";
import { grad } from "../../../../transforms/vjp.ts";
import { vmap } from "../../../../transforms/vmap.ts";
import {
  asFunction,
  floatPositions,
  forAllApplications,
  inAnotherDType,
  provided,
  show,
  someOf,
  typesOf,
  unlessRefused,
} from "../cases.ts";
import type { Application, ArrayMap } from "../cases.ts";
import { drawArray } from "../../chance.ts";
import { requireSame, requireType, row } from "../../comparison.ts";
import type { Law } from "./law.ts";
import { roundingOf } from "./law.ts";

interface Mapped {
  readonly inAxes: readonly (number | null)[];
  readonly batched: readonly ConcreteArray[];
  /** Inputs of one example. */
  readonly example: (k: number) => readonly ConcreteArray[];
}

/** Some inputs get a mapped axis somewhere; negative axes count from the end. */
const mapInputs = (
  primitive: Primitive,
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
    inAxes: places.map((place, k) =>
      place === null || pick.integer(0, 1) === 0 ? place : place - specs[k]!.shape.length - 1,
    ),
    batched,
    example: (k) => batched.map((x, i) => (places[i] === null ? x : row(x, places[i]!, k))),
  };
};

/** vmap over any axes of any inputs is the loop over their rows. */
export const vmapEqualsALoop: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, (application) => {
    const { params, pick, output } = application;
    const law = `vmap of ${primitive.name}`;
    const dtype = pick.oneOf<DType>(["float64", "float64", "float32", "int32"]);
    const size = pick.integer(0, 3);
    const { inAxes, batched, example } = mapInputs(primitive, application, size, dtype);
    const type = typesOf(primitive, inAnotherDType(primitive, application.inputs, params, dtype), params)[output]!;
    const outAxes = pick.integer(0, type.shape.length);
    const f = asFunction(primitive, { inputs: batched, params, output });
    const seen = vmap(f, { inAxes, outAxes })(...batched);
    requireType(law, seen, { shape: type.shape.toSpliced(outAxes, 0, size), dtype: type.dtype });
    for (let k = 0; k < size; k++)
      requireSame(
        law,
        row(seen, outAxes, k),
        f(...example(k)),
        roundingOf(settings, seen.dtype, 1e-12),
        () => `, example ${k} with inAxes ${JSON.stringify(inAxes)}${show(batched, params)}`,
      );
  });

/** vmap of the gradient of the sum of squares is the loop over gradients. */
export const vmapOfGradientEqualsALoop: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, (application) => {
    const { params, pick, inputs, output } = application;
    const { inAxes, batched, example } = mapInputs(primitive, application, 2, "float64");
    const positions = floatPositions(inputs).filter((k) => inputs[k]!.dtype === "float64");
    const type = typesOf(primitive, inputs, params)[output]!;
    if (positions.length === 0 || type.dtype !== "float64") return;
    provided(!type.shape.includes(0));
    const f = asFunction(primitive, { inputs: batched, params, output });
    const energy: ArrayMap = (...all) =>
      reduceSum(integerPower(f(...all), { exponent: 2 }), { axes: type.shape.map((_, axis) => axis) });
    const gradient = grad(energy, { argnums: [pick.oneOf(positions)] }) as (...all: NDArray[]) => NDArray[];
    const [seen] = unlessRefused(() => vmap(gradient, { inAxes })(...batched));
    for (let k = 0; k < 2; k++)
      requireSame(
        `vmap of the gradient of ${primitive.name}`,
        row(seen!, 0, k),
        gradient(...example(k))[0]!,
        1e-12,
        () => `, example ${k} with inAxes ${JSON.stringify(inAxes)}${show(batched, params)}`,
      );
  });

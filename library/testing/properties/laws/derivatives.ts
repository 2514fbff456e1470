/**
 * A primitive's jvp is the limit of differences, its transpose pairs with its jvp in the Euclidean product, and
 * derivatives of derivatives are again right, in both orders of the modes.
 */
import { createArray } from "../../../../src/array/create.ts";
import type { DType } from "../../../../src/array/dtype.ts";
import { isFloat } from "../../../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../../../src/array/ndarray.ts";
import type { Primitive } from "../../../../src/ir/primitive.ts";
import { isZero, toList, zero } from "../../../../src/ir/primitive.ts";
import { newMark } from "../../../../src/ir/tracer.ts";
import { add, integerPower, mul } from "../../../../ops/arithmetic.ts";
import { reduceSum } from "../../../../ops/shape.ts";
import { jvp, linearize } from "../../../../transforms/jvp.ts";
import { grad, vjp } from "../../../../transforms/vjp.ts";
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
import { directionLike } from "../../chance.ts";
import { pairing, requireSame, requireThat, requireType } from "../../comparison.ts";
import { differenceError } from "../../differences.ts";
import type { Law } from "./law.ts";

/** Bounds of the relative error with floor 1. */
const firstOrder = 1e-6;
const secondOrder = 1e-5;
const inSinglePrecision = 2e-3;

interface Chosen {
  readonly f: ArrayMap;
  readonly positions: readonly number[];
  readonly own: readonly ConcreteArray[];
  readonly directions: readonly ConcreteArray[];
}

/** The primitive as a function of some of its float inputs, at a point, with a random direction. */
const chooseInputs = (primitive: Primitive, application: Application): Chosen => {
  const { inputs, params, pick, random } = application;
  const floats = floatPositions(inputs);
  // Nothing to differentiate, or nothing in it: another case is drawn.
  provided(
    floats.some((k) => inputs[k]!.size > 0) &&
      typesOf(primitive, inputs, params).every(({ shape }) => !shape.includes(0)),
  );
  const positions = someOf(pick, floats);
  const own = positions.map((k) => inputs[k]!);
  return {
    f: asFunction(primitive, application, positions),
    positions,
    own,
    directions: own.map((x) => directionLike(random, x.shape, x.dtype)),
  };
};

const isSmoothCase = (primitive: Primitive, { inputs, params, output }: Application): boolean =>
  typesOf(primitive, inputs, params)[output]!.dtype === "float64" && inputs.every((x) => x.dtype !== "float32");

/** Whether some application of the primitive maps floats to floats of this dtype. */
export const mapsFloats = (primitive: Primitive, wanted: DType): boolean => {
  let found = false;
  forAllApplications(primitive, { runs: 30 }, ({ inputs, params }) => {
    const own = inAnotherDType(primitive, inputs, params, wanted);
    found ||=
      own.some(({ dtype }) => dtype === wanted) &&
      typesOf(primitive, own, params).some(({ dtype }) => dtype === wanted);
  });
  return found;
};

/** The tangent of a jvp is the limit of differences, and its value is that of evaluation. */
export const jvpIsTheLimitOfDifferences: Law = (primitive, { onError, ...settings }) =>
  forAllApplications(primitive, settings, (application) => {
    provided(isSmoothCase(primitive, application));
    const law = `the jvp of ${primitive.name}`;
    const { f, own, directions } = chooseInputs(primitive, application);
    const [out, tangent] = unlessRefused(() => jvp(f, [...own], [...directions]));
    requireSame(law, out, f(...own));
    requireType(law, tangent, out);
    const error = differenceError(f, own, directions, tangent);
    onError?.(error);
    requireThat(
      error < firstOrder,
      law,
      () => `relative error ${error} against differences${show(application.inputs, application.params)}`,
    );
  });

/** <w, J d> = <J' w, d>, and linearize gives J d too. */
export const transposePairsWithJvp: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, (application) => {
    provided(isSmoothCase(primitive, application));
    const law = `the transpose of ${primitive.name}`;
    const { f, own, directions } = chooseInputs(primitive, application);
    const [out, tangentMap] = unlessRefused(() => linearize(f, ...own));
    const tangent = tangentMap(...directions);
    requireSame(`linearize of ${primitive.name}`, tangent, jvp(f, [...own], [...directions])[1], 1e-13);
    const weight = directionLike(application.random, out.shape);
    const [value, pullback] = vjp(f, ...own);
    requireSame(law, value, out);
    const cotangents = pullback(weight) as NDArray[];
    cotangents.forEach((cotangent, k) => requireType(law, cotangent, own[k]!));
    const forward = pairing(tangent, weight);
    const backward = cotangents.map((cotangent, k) => pairing(cotangent, directions[k]!));
    const sum = backward.reduce((total, part) => total + part.sum, 0);
    const magnitude = backward.reduce((total, part) => total + part.magnitude, forward.magnitude);
    requireThat(
      Math.abs(sum - forward.sum) <= 1e-12 * Math.max(1, magnitude),
      law,
      () =>
        `pullback paired with the direction gives ${sum}, jvp paired with the weight ${forward.sum}${show(application.inputs, application.params)}`,
    );
  });

/** Second derivatives are differences of gradients; forward over reverse and reverse over reverse agree. */
export const secondDerivativeIsTheDifferenceOfGradients: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, (application) => {
    provided(isSmoothCase(primitive, application));
    const law = `the second derivative of ${primitive.name}`;
    const { f, own, directions } = chooseInputs(primitive, application);
    const weight = directionLike(application.random, f(...own).shape);
    // The square makes second derivatives of linear primitives meet their own rules.
    const energy: ArrayMap = (...inputs) => total(mul(weight, integerPower(f(...inputs), { exponent: 2 })));
    const argnums = own.map((_, k) => k);
    const gradient = (...inputs: NDArray[]): NDArray[] =>
      (grad(energy, { argnums }) as (...all: NDArray[]) => NDArray[])(...inputs);
    const [, curvatures] = unlessRefused(() => jvp(gradient, [...own], [...directions]));
    const alongDirection: ArrayMap = (...inputs) =>
      gradient(...inputs)
        .map((part, k) => total(mul(part, directions[k]!)))
        .reduce((sum, part) => add(sum, part));
    const twice = (grad(alongDirection, { argnums }) as (...all: NDArray[]) => NDArray[])(...own);
    curvatures.forEach((curvature, k) => {
      const error = differenceError((...inputs) => gradient(...inputs)[k]!, own, directions, curvature);
      requireThat(
        error < secondOrder,
        law,
        () => `relative error ${error} against differences of gradients${show(application.inputs, application.params)}`,
      );
      requireSame(`${law}, reverse over reverse`, twice[k]!, curvature, 1e-9);
    });
  });

const total = (x: NDArray): NDArray => reduceSum(x, { axes: x.shape.map((_, axis) => axis) });

/** float32 derivatives are those of float64, rounded. */
export const singlePrecisionDerivativesAreRounded: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, (application) => {
    const { inputs, params, output } = application;
    provided(inputs.every(({ dtype }) => dtype !== "float32"));
    const law = `the float32 jvp of ${primitive.name}`;
    const single = inAnotherDType(primitive, inputs, params, "float32");
    provided(single !== inputs && typesOf(primitive, single, params)[output]!.dtype === "float32");
    const { f, positions, own, directions } = chooseInputs(primitive, { ...application, inputs: single });
    const double = single.map((x) => (x.dtype === "float32" ? createArray(x, { dtype: "float64" }) : x));
    const wide = asFunction(primitive, { inputs: double, params, output }, positions);
    const [, tangent] = unlessRefused(() => jvp(f, [...own], [...directions]));
    requireThat(tangent.dtype === "float32", law, () => `the tangent is ${tangent.dtype}`);
    const [, exact] = jvp(
      wide,
      positions.map((k) => double[k]!),
      directions.map((x) => createArray(x, { dtype: "float64" })),
    );
    const [seen, wanted] = [tangent, exact].map((x) => createArray(x, { dtype: "float64" }));
    requireSame(law, seen!, wanted!, inSinglePrecision, () => show(single, params));
  });

/** Outputs that are not floats have a symbolic zero tangent. */
export const discreteOutputsHaveZeroTangents: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, ({ inputs, params }) => {
    const tangents = inputs.map((x) => (isFloat(x.dtype) ? x : zero(x)));
    const discrete = typesOf(primitive, inputs, params).map(({ dtype }) => !isFloat(dtype));
    if (!discrete.includes(true) || tangents.every(isZero)) return;
    const outTangents = toList(primitive.jvp(inputs, tangents, params, { mark: newMark("a law") })[1]);
    discrete.forEach((yes, k) =>
      requireThat(!yes || isZero(outTangents[k]), `the jvp of ${primitive.name}`, () => `output ${k} has a tangent`),
    );
  });

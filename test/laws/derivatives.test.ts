/**
 * Every primitive: its jvp is the limit of differences, its transpose pairs with its jvp in the Euclidean
 * product, and derivatives of derivatives are again right, in both orders of the modes.
 */
import { describe, expect, test } from "vitest";
import {
  discreteOutputsHaveZeroTangents,
  jvpIsTheLimitOfDifferences,
  mapsFloats,
  secondDerivativeIsTheDifferenceOfGradients,
  singlePrecisionDerivativesAreRounded,
  transposePairsWithJvp,
} from "../../library/testing/properties/laws/derivatives.ts";
import { sampled } from "./cases.ts";

const runs = 14;

const errors: number[] = [];

const differentiable = sampled.filter(([, primitive]) => mapsFloats(primitive, "float64"));
const inSinglePrecision = differentiable.filter(([, primitive]) => mapsFloats(primitive, "float32"));

test("most primitives are differentiable in some input, so that these laws are not empty", () => {
  expect(differentiable.length).toBeGreaterThan(45);
  expect(inSinglePrecision.length).toBeGreaterThan(40);
});

describe.each(differentiable)("%s", (_name, primitive) => {
  test("jvp is the limit of differences", () => {
    jvpIsTheLimitOfDifferences(primitive, { runs, onError: (error) => void errors.push(error) });
  });

  test("its transpose pairs with its jvp, and linearize is jvp", () => {
    transposePairsWithJvp(primitive, { runs });
  });

  test("its second derivative is the difference of gradients, and both orders of the modes agree", () => {
    secondDerivativeIsTheDifferenceOfGradients(primitive, { runs });
  });
});

describe.each(inSinglePrecision)("%s", (_name, primitive) => {
  test("float32 derivatives are those of float64, rounded", () => {
    singlePrecisionDerivativesAreRounded(primitive, { runs });
  });
});

describe.each(sampled)("%s", (_name, primitive) => {
  test("outputs that are not floats have a symbolic zero tangent", () => {
    discreteOutputsHaveZeroTangents(primitive, { runs });
  });
});

test("of all derivatives against differences, 99 in 100 agree to 1e-10", () => {
  errors.sort((left, right) => left - right);
  expect(errors.length).toBeGreaterThan(1000);
  expect(errors[Math.floor(errors.length * 0.99)]).toBeLessThan(1e-10);
});

/**
 * Every primitive: its jvp is the limit of differences, its transpose pairs with its jvp in the Euclidean
 * product, and derivatives of derivatives are again right, in both orders of the modes.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import type { DType } from "../../src/array/dtype.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { isZero, toList, zero } from "../../src/ir/primitive.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { add, integerPower, mul } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/shape.ts";
import { jvp, linearize } from "../../transforms/jvp.ts";
import { grad, vjp } from "../../transforms/vjp.ts";
import {
  asFunction,
  directionLike,
  expectSame,
  floatPositions,
  forAllApplications,
  innerProduct,
  inAnotherDType,
  relativeError,
  sampled,
  show,
  someOf,
  typesOf,
  unlessRefused,
} from "./cases.ts";
import type { Application } from "./cases.ts";
import { differenceError } from "./differences.ts";

const runs = 20;

const errors: number[] = [];

type Row = (typeof sampled)[number];

type ArrayMap = (...inputs: NDArray[]) => NDArray;

interface Chosen {
  readonly f: ArrayMap;
  readonly positions: readonly number[];
  readonly own: readonly ConcreteArray[];
  readonly directions: readonly ConcreteArray[];
}

/** The primitive as a function of some of its float inputs, at a point, with a random direction. */
const chooseInputs = (primitive: Row[1], { inputs, params, pick, random }: Application): Chosen => {
  const floats = floatPositions(inputs);
  // Nothing to differentiate, or nothing in it: another case is drawn.
  fc.pre(
    floats.some((k) => inputs[k]!.size > 0) &&
      typesOf(primitive, inputs, params).every(({ shape }) => !shape.includes(0)),
  );
  const positions = someOf(pick, floats);
  const own = positions.map((k) => inputs[k]!);
  return {
    f: asFunction(primitive, inputs, params, positions),
    positions,
    own,
    directions: own.map((x) => directionLike(random, x.shape, x.dtype)),
  };
};

const isSmoothCase = (primitive: Row[1], { inputs, params }: Application): boolean =>
  typesOf(primitive, inputs, params).every(({ dtype }) => dtype === "float64") &&
  inputs.every((x) => x.dtype !== "float32");

/** Whether some application of the primitive maps floats to floats of this dtype. */
const mapsFloats = ([, primitive]: Row, wanted: DType): boolean => {
  let found = false;
  forAllApplications(primitive, 30, ({ inputs, params }) => {
    const own = inAnotherDType(primitive, inputs, params, wanted);
    found ||=
      own.some(({ dtype }) => dtype === wanted) &&
      typesOf(primitive, own, params).some(({ dtype }) => dtype === wanted);
  });
  return found;
};

const differentiable = sampled.filter((row) => mapsFloats(row, "float64"));
const inSinglePrecision = differentiable.filter((row) => mapsFloats(row, "float32"));

test("most primitives are differentiable in some input, so that these laws are not empty", () => {
  expect(differentiable.length).toBeGreaterThan(45);
  expect(inSinglePrecision.length).toBeGreaterThan(40);
});

describe.each(differentiable)("%s", (_name, primitive) => {
  test("jvp is the limit of differences", () => {
    forAllApplications(primitive, runs, (application) => {
      fc.pre(isSmoothCase(primitive, application));
      const { f, own, directions } = chooseInputs(primitive, application);
      const [out, tangent] = unlessRefused(() => jvp(f, [...own], [...directions]));
      expectSame(out, f(...own));
      expect({ shape: tangent.shape, dtype: tangent.dtype }).toEqual({ shape: out.shape, dtype: out.dtype });
      const error = differenceError(f, own, directions, tangent);
      errors.push(error);
      expect(error, show(application.inputs, application.params)).toBeLessThan(1e-6);
    });
  });

  test("its transpose pairs with its jvp, and linearize is jvp", () => {
    forAllApplications(primitive, runs, (application) => {
      fc.pre(isSmoothCase(primitive, application));
      const { f, own, directions } = chooseInputs(primitive, application);
      const [out, tangentMap] = unlessRefused(() => linearize(f, ...own));
      const tangent = tangentMap(...directions);
      expectSame(tangent, jvp(f, [...own], [...directions])[1], 1e-13);
      const weight = directionLike(application.random, out.shape);
      const [value, pullback] = vjp(f, ...own);
      expectSame(value, out);
      const cotangents = pullback(weight) as NDArray[];
      cotangents.forEach((cotangent, k) =>
        expect({ shape: cotangent.shape, dtype: cotangent.dtype }).toEqual({ shape: own[k]!.shape, dtype: "float64" }),
      );
      const forward = innerProduct(tangent, weight);
      const backward = cotangents.reduce((sum, cotangent, k) => sum + innerProduct(cotangent, directions[k]!), 0);
      expect(relativeError(backward, forward), show(application.inputs, application.params)).toBeLessThanOrEqual(1e-12);
    });
  });

  test("its second derivative is the difference of gradients, and both orders of the modes agree", () => {
    forAllApplications(primitive, runs, (application) => {
      fc.pre(isSmoothCase(primitive, application));
      const { f, own, directions } = chooseInputs(primitive, application);
      const weight = directionLike(application.random, f(...own).shape);
      // The square makes second derivatives of linear primitives meet their own rules.
      const energy = (...inputs: NDArray[]): NDArray => {
        const squares = mul(weight, integerPower(f(...inputs), { exponent: 2 }));
        return reduceSum(squares, { axes: squares.shape.map((_, axis) => axis) });
      };
      const argnums = own.map((_, k) => k);
      const gradient = (...inputs: NDArray[]): NDArray[] =>
        (grad(energy, { argnums }) as (...all: NDArray[]) => NDArray[])(...inputs);
      const [, curvatures] = unlessRefused(() => jvp(gradient, [...own], [...directions]));
      const alongDirection = (...inputs: NDArray[]): NDArray =>
        gradient(...inputs).reduce<NDArray | null>((sum, part, k) => {
          const product = mul(part, directions[k]!);
          const total = reduceSum(product, { axes: product.shape.map((_, axis) => axis) });
          return sum === null ? total : add(sum, total);
        }, null)!;
      const twice = (grad(alongDirection, { argnums }) as (...all: NDArray[]) => NDArray[])(...own);
      curvatures.forEach((curvature, k) => {
        const error = differenceError((...inputs) => gradient(...inputs)[k]!, own, directions, curvature);
        expect(error, show(application.inputs, application.params)).toBeLessThan(1e-5);
        expectSame(twice[k]!, curvature, 1e-9);
      });
    });
  });
});

describe.each(inSinglePrecision)("%s", (_name, primitive) => {
  test("float32 derivatives are those of float64, rounded", () => {
    forAllApplications(primitive, runs, (application) => {
      fc.pre(isSmoothCase(primitive, application));
      const { inputs, params } = application;
      const single = inAnotherDType(primitive, inputs, params, "float32");
      fc.pre(single !== inputs && typesOf(primitive, single, params).every(({ dtype }) => dtype === "float32"));
      const { f, positions, own, directions } = chooseInputs(primitive, { ...application, inputs: single });
      const double = single.map((x) => (x.dtype === "float32" ? createArray(x, { dtype: "float64" }) : x));
      const wide = asFunction(primitive, double, params, positions);
      const [, tangent] = unlessRefused(() => jvp(f, [...own], [...directions]));
      expect(tangent.dtype).toBe("float32");
      const [, exact] = jvp(
        wide,
        positions.map((k) => double[k]!),
        directions.map((x) => createArray(x, { dtype: "float64" })),
      );
      expectSame(createArray(tangent, { dtype: "float64" }), exact, 2e-3);
    });
  });
});

describe.each(sampled)("%s", (_name, primitive) => {
  test("outputs that are not floats have a symbolic zero tangent", () => {
    forAllApplications(primitive, runs, ({ inputs, params }) => {
      const tangents = inputs.map((x) => (isFloat(x.dtype) ? x : zero(x)));
      const discrete = typesOf(primitive, inputs, params).map(({ dtype }) => !isFloat(dtype));
      if (!discrete.includes(true) || tangents.every(isZero)) return;
      const outTangents = toList(primitive.jvp(inputs, tangents, params, { mark: newMark("a test") })[1]);
      discrete.forEach((yes, k) => expect(yes ? isZero(outTangents[k]) : true).toBe(true));
    });
  });
});

test("of all derivatives against differences, 99 in 100 agree to 1e-10", () => {
  errors.sort((left, right) => left - right);
  expect(errors.length).toBeGreaterThan(1000);
  expect(errors[Math.floor(errors.length * 0.99)]).toBeLessThan(1e-10);
});

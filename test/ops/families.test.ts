/**
 * Laws that every primitive of these families obeys, on inputs drawn from its own `laws`: type rule, value,
 * derivative forwards and backwards, batching, and the scalar expression of the back ends. Each primitive is tried on fixed seeds.
 */
import { describe, expect, test } from "vitest";
import { dtypes, isFloat } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import { createArray } from "../../src/array/create.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Aval } from "../../src/ir/aval.ts";
import type { BatchContext, Params, Primitive } from "../../src/ir/primitive.ts";
import { isZero, toList, zero } from "../../src/ir/primitive.ts";
import { bind } from "../../src/ir/trace.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { evaluateReduction, moveAxis } from "../../ops/shape.ts";
import { families } from "../../ops/families.ts";
import { vjp } from "../../transforms/vjp.ts";
import { draw, evaluate, evaluateExpression, numbersOf, row, tangentOf, uniform } from "./sampling.ts";

const elementwiseFamilies = [
  "arithmetic",
  "conversion",
  "comparison",
  "exponential",
  "trigonometric",
  "rounding",
  "extrema",
];
const primitives: readonly Primitive[] = elementwiseFamilies.flatMap((name) => families[name]!);
const seeds = Array.from({ length: 12 }, (_, k) => 7919 * (k + 1));

const ulp = (x: number): number => {
  const exponent = x === 0 ? -1022 : Math.max(-1022, Math.floor(Math.log2(Math.abs(x))));
  return 2 ** (exponent - 52);
};

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, k) => sum + value * y[k]!, 0);

const edgeValues: Readonly<Record<DType, readonly number[]>> = {
  float64: [NaN, Infinity, -Infinity, 0, -0, 0.5, -1.5, 2, -3, 1e300],
  float32: [NaN, Infinity, -Infinity, 0, -0, 0.5, -1.5, 2, -3, 1e30],
  int32: [0, 1, -1, 2, -7, 2147483647, -2147483648],
  uint32: [0, 1, 2, 7, 2147483648, 4294967295],
  bool: [0, 1],
};

/** Operand `position` of all combinations of `count` edge values; ten a column, so that columns of any dtypes match. */
const edges = (dtype: DType, count: number, position: number): ConcreteArray => {
  const values = edgeValues[dtype];
  return createArray(
    Array.from({ length: 10 ** count }, (_, k) => values[(Math.floor(k / 10 ** position) % 10) % values.length]!),
    { dtype },
  );
};

const step = 1e-5;

/** The inputs moved by `scale` along the directions (null: not moved). */
const moved = (
  inputs: readonly ConcreteArray[],
  directions: readonly (ConcreteArray | null)[],
  scale: number,
): ConcreteArray[] =>
  inputs.map((x, k) => {
    const direction = directions[k]!;
    if (direction === null) return x;
    const along = numbersOf(direction);
    return createArray(
      numbersOf(x).map((value, i) => value + scale * along[i]!),
      { shape: x.shape, dtype: x.dtype },
    );
  });

describe.each(primitives.map((primitive) => [primitive.name, primitive] as const))("%s", (_name, primitive) => {
  const laws = primitive.laws;
  if ("testedIn" in laws) return;

  test("abstractEval gives the shape and dtype of evaluate", () => {
    for (const seed of seeds) {
      const { inputs, params } = draw(primitive, uniform(seed));
      const [type] = toList(primitive.abstractEval(inputs, params));
      const out = evaluate(primitive, inputs, params);
      expect({ shape: out.shape, dtype: out.dtype }).toEqual({ shape: type!.shape, dtype: type!.dtype });
    }
  });

  if (laws.reference !== undefined)
    test("evaluate stays within maxUlp of the reference", () => {
      for (const seed of seeds) {
        const { inputs, params } = draw(primitive, uniform(seed));
        const columns = inputs.map(numbersOf);
        numbersOf(evaluate(primitive, inputs, params)).forEach((value, k) => {
          const expected = laws.reference!(...columns.map((column) => column[k]!));
          if (Object.is(value, expected) || value === expected) return;
          expect(
            Math.abs(value - expected) / ulp(expected),
            `at ${columns.map((column) => column[k]).join(", ")}`,
          ).toBeLessThanOrEqual(laws.maxUlp!);
        });
      }
    });

  test("jvp equals central differences, operand by operand", () => {
    for (const seed of seeds) {
      const random = uniform(seed);
      const { inputs, params } = draw(primitive, random);
      if (toList(primitive.abstractEval(inputs, params))[0]!.dtype !== "float64") continue;
      inputs.forEach((x, operand) => {
        if (x.dtype !== "float64") return;
        const direction = createArray(
          Array.from({ length: x.size }, () => 2 * random() - 1),
          { shape: x.shape },
        );
        const directions = inputs.map((_, k) => (k === operand ? direction : null));
        const tangent = numbersOf(
          tangentOf(
            primitive,
            inputs,
            directions.map((entry, k) => entry ?? zero(inputs[k]!)),
            params,
          ),
        );
        const above = numbersOf(evaluate(primitive, moved(inputs, directions, step), params));
        const below = numbersOf(evaluate(primitive, moved(inputs, directions, -step), params));
        tangent.forEach((value, k) => {
          const slope = (above[k]! - below[k]!) / (2 * step);
          expect(Math.abs(value - slope) / Math.max(1, Math.abs(slope)), `operand ${operand}`).toBeLessThan(1e-7);
        });
      });
    }
  });

  test("the pullback pairs with jvp in the Euclidean product", () => {
    for (const seed of seeds) {
      const random = uniform(seed);
      const { inputs, params } = draw(primitive, random);
      const varying = inputs.filter((x) => isFloat(x.dtype));
      const [type] = toList(primitive.abstractEval(inputs, params));
      if (varying.length === 0 || !isFloat(type!.dtype)) continue;
      const along = (x: Aval): ConcreteArray =>
        createArray(
          // Numbers that float32 holds: a conversion to it rounds neither of the two.
          Array.from({ length: sizeOf(x.shape) }, () => Math.fround(2 * random() - 1)),
          { shape: x.shape, dtype: x.dtype },
        );
      const directions = inputs.map((x) => (isFloat(x.dtype) ? along(x) : zero(x)));
      const cotangent = along({ ...type!, weakType: false });
      const [, pullback] = vjp(
        (...values: NDArray[]) => {
          const rest = [...values];
          return bind(
            primitive,
            inputs.map((x) => (isFloat(x.dtype) ? rest.shift()! : x)),
            params as Params,
          )[0]!;
        },
        ...varying,
      );
      const forward = dot(numbersOf(tangentOf(primitive, inputs, directions, params)), numbersOf(cotangent));
      const pulled = pullback(cotangent) as readonly NDArray[];
      const backward = directions
        .filter((direction) => !isZero(direction))
        .reduce((sum, direction, k) => sum + dot(numbersOf(pulled[k]!), numbersOf(direction)), 0);
      expect(Math.abs(forward - backward)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(forward)));
    }
  });

  test("outputs that are not floats have a symbolic zero tangent", () => {
    for (const seed of seeds) {
      const { inputs, params } = draw(primitive, uniform(seed));
      const tangents = inputs.map((x) => (isFloat(x.dtype) ? x : zero(x)));
      if (isFloat(toList(primitive.abstractEval(inputs, params))[0]!.dtype) || tangents.every(isZero)) continue;
      expect(isZero(tangentOf(primitive, inputs, tangents, params))).toBe(true);
    }
  });

  test("batching equals a loop over the mapped axis, wherever it stands and whoever has it", () => {
    for (const seed of seeds) {
      const random = uniform(seed);
      const { inputs, params } = draw(primitive, random);
      const size = 3;
      const mapped = inputs.map(() => random() < 0.7);
      if (!mapped.includes(true)) mapped[0] = true;
      const dims = inputs.map((x, k) => (mapped[k]! ? Math.floor(random() * (x.shape.length + 1)) : null));
      const batched = inputs.map((x, k) => {
        const dim = dims[k]!;
        if (dim === null) return x;
        const numbers = numbersOf(x);
        const turned = Array.from({ length: size }, (_, shift) =>
          numbers.map((_entry, i) => numbers[(i + shift) % numbers.length]!),
        );
        return moveAxis(
          createArray(turned.flat(), { shape: [size, ...x.shape], dtype: x.dtype }),
          0,
          dim,
        ) as ConcreteArray;
      });
      const context: BatchContext = { size, mark: newMark("a test") };
      const [out, outDim] = primitive.batch(batched, dims, params, context) as readonly [ConcreteArray, number];
      for (let k = 0; k < size; k++) {
        const single = evaluate(
          primitive,
          batched.map((x, i) => (dims[i] === null ? x : row(x, dims[i]!, k))),
          params,
        );
        expect(row(out, outDim, k).toString()).toBe(single.toString());
      }
    }
  });

  if (primitive.lower.kind === "elementwise")
    test("the scalar expression equals evaluate to the bit, on edge values and in every dtype it takes", () => {
      if (primitive.lower.kind !== "elementwise") return;
      for (const seed of seeds.slice(0, 6)) {
        const { inputs, params } = draw(primitive, uniform(seed));
        for (const dtype of dtypes) {
          // a condition, or an operand to convert, keeps its dtype; the others follow
          const cast = inputs.map((x, k) => edges(x.dtype === "float64" ? dtype : x.dtype, inputs.length, k));
          try {
            primitive.abstractEval(cast, params);
          } catch {
            continue;
          }
          const expression = primitive.lower.expression(
            cast.map((x, index) => ({ op: "local", index, dtype: x.dtype })),
            params,
          );
          const out = evaluate(primitive, cast, params);
          expect(expression.dtype).toBe(out.dtype);
          const columns = cast.map(numbersOf);
          numbersOf(out).forEach((value, k) => {
            const locals = columns.map((column) => column[k]!);
            const lowered = evaluateExpression(expression, locals);
            if (!Object.is(lowered, value)) expect.fail(`${dtype} ${locals.join(", ")}: ${lowered} for ${value}`);
          });
        }
      }
    });

  if (primitive.lower.kind === "reduction")
    test("the reduction it lowers to equals evaluate", () => {
      if (primitive.lower.kind !== "reduction") return;
      for (const seed of seeds) {
        const { inputs, params } = draw(primitive, uniform(seed));
        const lowered = evaluateReduction(primitive.lower.combine, inputs[0]!, primitive.lower.axes(params));
        expect(lowered.toString()).toBe(evaluate(primitive, inputs, params).toString());
      }
    });
});

test("no primitive stands in two families, and no name is used twice", () => {
  const names = Object.values(families)
    .flat()
    .map((primitive) => primitive.name);
  expect(new Set(names).size).toBe(names.length);
});

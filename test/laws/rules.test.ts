/**
 * The table of (primitive, rule): every primitive states every rule, rules that do not exist by the functions
 * that say so, and each rule that is stated does what its kind promises on the primitive's own samples.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createArray } from "../../src/array/create.ts";
import { NotDifferentiable, NotLinear } from "../../src/error.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { avalOf } from "../../src/ir/aval.ts";
import type { LinearInput, Primitive } from "../../src/ir/primitive.ts";
import { isZero, notLinear, toList, zero } from "../../src/ir/primitive.ts";
import { newMark } from "../../src/ir/tracer.ts";
import {
  allPrimitives,
  asFunction,
  directionLike,
  floatPositions,
  forAllApplications,
  innerProduct,
  relativeError,
  sampled,
  someOf,
  typesOf,
} from "./cases.ts";

/** Primitives that hold functions: whatever a module of transforms/ exports with a record. */
const higherOrder: Primitive[] = [];
for (const file of readdirSync("transforms").filter((name) => name.endsWith(".ts"))) {
  const module = (await import(`../../transforms/${file}`)) as Readonly<Record<string, unknown>>;
  for (const exported of Object.values(module)) {
    const record = typeof exported === "function" ? (exported as { primitive?: Primitive }).primitive : undefined;
    if (record !== undefined && !higherOrder.includes(record)) higherOrder.push(record);
  }
}
const everyPrimitive: readonly Primitive[] = [...allPrimitives, ...higherOrder];

const rules = ["evaluate", "abstractEval", "jvp", "transpose", "batch"] as const;

const table = everyPrimitive.flatMap((primitive) => rules.map((rule) => [primitive.name, rule, primitive] as const));

test.each(table)("%s states %s", (_name, rule, primitive) => {
  expect(typeof primitive[rule]).toBe("function");
});

test.each(everyPrimitive.map((primitive) => [primitive.name, primitive] as const))(
  "%s states how it is lowered",
  (_name, { lower }) => {
    expect(["elementwise", "view", "reduction", "routine", "inline"]).toContain(lower.kind);
    const parts: Readonly<Record<string, readonly string[]>> = {
      elementwise: ["expression"],
      view: ["view"],
      reduction: ["axes", "combine"],
      routine: [],
      inline: ["jaxpr"],
    };
    expect(
      Object.keys(lower)
        .filter((key) => key !== "kind")
        .sort(),
    ).toEqual(parts[lower.kind]);
  },
);

test("no two primitives share a name, and the higher-order ones are among them", () => {
  expect(higherOrder.length).toBeGreaterThanOrEqual(3);
  const names = everyPrimitive.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test.each(
  everyPrimitive.filter(({ laws }) => "testedIn" in laws).map((primitive) => [primitive.name, primitive] as const),
)("the test that %s names exists and speaks of its family", (_name, { laws }) => {
  const path = "testedIn" in laws ? laws.testedIn : "";
  expect(existsSync(path), path).toBe(true);
  const [, family] = /([^/]+)\.test\.ts$/.exec(path)!;
  expect(
    readFileSync(path, "utf8").includes(family!.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase())),
    `${path} speaks of ${family!}`,
  ).toBe(true);
});

const linearIn = (inputs: readonly NDArray[], positions: readonly number[]): (NDArray | LinearInput)[] =>
  inputs.map((x, k) => (positions.includes(k) ? { kind: "linear", aval: avalOf(x) } : x));

describe.each(sampled)("%s", (_name, primitive) => {
  if (primitive.transpose === notLinear)
    test("without a transpose refuses as not linear", () => {
      forAllApplications(primitive, 5, ({ inputs, params }) => {
        expect(() => primitive.transpose([inputs[0]!], linearIn(inputs, [0]), params)).toThrow(NotLinear);
      });
    });

  if (primitive.transpose !== notLinear)
    test("with a transpose gives each linear float input a cotangent of its type, or refuses as not linear", () => {
      let answered = 0;
      let cases = 0;
      // Many: a rule may answer for one parameter only, as the power of exponent 1 does.
      forAllApplications(primitive, 150, ({ inputs, params, pick, random }) => {
        const [type] = typesOf(primitive, inputs, params);
        const floats = floatPositions(inputs);
        if (floats.length === 0 || !isFloat(type!.dtype)) return;
        cases++;
        const position = pick.oneOf(floats);
        try {
          const leaving = primitive.transpose(
            [directionLike(random, type!.shape, type!.dtype)],
            linearIn(inputs, [position]),
            params,
          );
          const cotangent = leaving[position];
          if (cotangent !== null && cotangent !== undefined && !isZero(cotangent))
            expect({ shape: cotangent.shape, dtype: cotangent.dtype }).toEqual({
              shape: inputs[position]!.shape,
              dtype: inputs[position]!.dtype,
            });
          leaving.forEach((other, k) => expect(k === position || other === null).toBe(true));
          answered++;
        } catch (error) {
          if (!(error instanceof NotLinear)) throw error;
        }
      });
      expect(answered > 0 || cases === 0).toBe(true);
    });

  if (primitive.transpose !== notLinear)
    test("asked to be linear in several inputs at once it pairs, or refuses as not linear", () => {
      forAllApplications(primitive, 25, ({ inputs, params, pick, random }) => {
        const [type] = typesOf(primitive, inputs, params);
        const positions = someOf(
          pick,
          inputs.map((_, k) => k),
        );
        const zeros = (x: ConcreteArray): ConcreteArray =>
          createArray(new Array<number>(x.size).fill(0), { shape: x.shape, dtype: x.dtype });
        if (type!.dtype !== "float64") return;
        const cotangent = directionLike(random, type!.shape);
        try {
          const leaving = primitive.transpose([cotangent], linearIn(inputs, positions), params);
          const offset = asFunction(
            primitive,
            inputs,
            params,
          )(...inputs.map((x, k) => (positions.includes(k) ? zeros(x) : x)));
          const wanted =
            innerProduct(asFunction(primitive, inputs, params)(...inputs), cotangent) - innerProduct(offset, cotangent);
          const seen = positions.reduce(
            (sum, k) => sum + (leaving[k] === null || isZero(leaving[k]) ? 0 : innerProduct(leaving[k]!, inputs[k]!)),
            0,
          );
          expect(relativeError(seen, wanted)).toBeLessThan(1e-11);
        } catch (error) {
          if (!(error instanceof NotLinear)) throw error;
        }
      });
    });

  test("its jvp returns one tangent per output, of the output's type or a symbolic zero", () => {
    forAllApplications(primitive, 15, ({ inputs, params, random }) => {
      const floats = floatPositions(inputs);
      if (floats.length === 0) return;
      const tangents = inputs.map((x) => (isFloat(x.dtype) ? directionLike(random, x.shape, x.dtype) : zero(x)));
      try {
        const [outputs, outTangents] = primitive
          .jvp(inputs, tangents, params, { mark: newMark("a test") })
          .map((part) => toList(part as NDArray));
        expect(outTangents!.length).toBe(outputs!.length);
        outTangents!.forEach((tangent, k) => {
          const { shape, dtype } = isZero(tangent) ? (tangent as unknown as { aval: NDArray }).aval : tangent;
          expect({ shape, dtype }).toEqual({ shape: outputs![k]!.shape, dtype: outputs![k]!.dtype });
        });
      } catch (error) {
        if (!(error instanceof NotDifferentiable)) throw error;
      }
    });
  });
});

/**
 * Compiled programs compute what eager evaluation computes: jit of every primitive and of its derivatives, on
 * every back end, to the bit; and every jaxpr that a transform makes of it obeys the rules of the IR.
 */
import { describe, test } from "vitest";
import type { DType } from "../../src/array/dtype.ts";
import { isFloat } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Backend } from "../../src/backend/index.ts";
import { shareCommonSubexpressions } from "../../src/compile/common-subexpressions.ts";
import { removeDeadCode } from "../../src/compile/dead-code.ts";
import { inlineCalls } from "../../src/compile/inline.ts";
import { evaluateClosed } from "../../src/ir/evaluate.ts";
import { constantsAsInputs } from "../../src/ir/jaxpr.ts";
import { validateClosed, validateJaxpr } from "../../src/ir/validate.ts";
import { jit } from "../../transforms/jit.ts";
import { jvp } from "../../transforms/jvp.ts";
import { makeJaxpr } from "../../transforms/make-jaxpr.ts";
import { vjp } from "../../transforms/vjp.ts";
import { vmap } from "../../transforms/vmap.ts";
import {
  asFunction,
  directionLike,
  expectSame,
  floatPositions,
  forAllApplications,
  inAnotherDType,
  sampled,
  someOf,
  typesOf,
  unlessRefused,
  withSpecialValues,
} from "./cases.ts";
import { references } from "./references.ts";

type ArrayLists = (...inputs: NDArray[]) => readonly NDArray[];

const compiled: readonly Backend[] = ["js", "wasm", "interpreter"];
const anyDType: readonly DType[] = ["float64", "float64", "float32", "int32", "uint32", "bool"];

/** Sums in another order may round differently (figures: 1e-13 in contractions); everything else is equal to the bit. */
const toleranceOf = (name: string, x: NDArray): number =>
  (references[name]?.tolerance ?? 0) === 0 || !isFloat(x.dtype) ? 0 : x.dtype === "float32" ? 1e-5 : 1e-13;

const expectAllSame = (name: string, seen: readonly NDArray[], wanted: readonly NDArray[]): void => {
  wanted.forEach((x, k) => expectSame(seen[k]!, x, toleranceOf(name, x)));
};

describe.each(sampled)("%s", (name, primitive) => {
  test.each(compiled)("jit on %s is eager evaluation to the bit, in every dtype", (backend) => {
    forAllApplications(primitive, 15, ({ inputs, params, pick }) => {
      const own = inAnotherDType(primitive, inputs, params, pick.oneOf(anyDType));
      const f = asFunction(primitive, own, params);
      // Next to an input and twice, so that fusion, copies and shared values all take part.
      const program: ArrayLists = (...all) => [f(...all), all[0]!, f(...all)];
      expectAllSame(name, jit(program, { backend })(...own), program(...own));
    });
  });

  if (primitive.lower.kind !== "routine")
    test.each(compiled)("jit on %s is eager evaluation to the bit on special values too", (backend) => {
      forAllApplications(primitive, 15, ({ inputs, params, pick, random }) => {
        const own = inAnotherDType(primitive, inputs, params, pick.oneOf(anyDType)).map((x) =>
          withSpecialValues(x, random),
        );
        const f = asFunction(primitive, own, params);
        expectSame(jit(f, { backend })(...own), f(...own));
      });
    });

  test.each(compiled)("jit on %s of its derivatives is eager differentiation", (backend) => {
    forAllApplications(primitive, 8, ({ inputs, params, pick, random }) => {
      const floats = floatPositions(inputs).filter((k) => inputs[k]!.dtype === "float64");
      const [type] = typesOf(primitive, inputs, params);
      if (floats.length === 0 || type!.dtype !== "float64") return;
      const positions = someOf(pick, floats);
      const f = asFunction(primitive, inputs, params, positions);
      const own = positions.map((k) => inputs[k]!);
      const tangents = own.map((x) => directionLike(random, x.shape));
      const weight = directionLike(random, type!.shape);
      const both: ArrayLists = (cotangent, ...all) => {
        const primals = all.slice(0, own.length);
        const [, pullback] = vjp(f, ...primals);
        return [...jvp(f, primals, all.slice(own.length)), ...(pullback(cotangent!) as NDArray[])];
      };
      const wanted = unlessRefused(() => both(weight, ...own, ...tangents));
      jit(both, { backend })(weight, ...own, ...tangents).forEach((x, k) => expectSame(x, wanted[k]!, 1e-13));
    });
  });

  test("every jaxpr staged of it, of its derivatives and of its vmap is valid, before and after the passes", () => {
    forAllApplications(primitive, 10, ({ inputs, params, pick, random }) => {
      const floats = floatPositions(inputs);
      const f = asFunction(primitive, inputs, params);
      const [type] = typesOf(primitive, inputs, params);
      const programs: ArrayLists[] = [
        (...all) => [f(...all)],
        (...all) => [jit(f)(...all)],
        (...all) => [vmap((x: NDArray) => f(x, ...all.slice(1)), { inAxes: 0 })(stacked(all[0]!))],
      ];
      if (floats.length > 0 && isFloat(type!.dtype)) {
        const positions = someOf(pick, floats);
        const tangents = positions.map((k) => directionLike(random, inputs[k]!.shape, inputs[k]!.dtype));
        const weight = directionLike(random, type!.shape, type!.dtype);
        const chosen = (all: readonly NDArray[]): NDArray[] => positions.map((k) => all[k]!);
        programs.push((...all) => jvp(asFunction(primitive, all, params, positions), chosen(all), tangents));
        programs.push(
          (...all) => vjp(asFunction(primitive, all, params, positions), ...chosen(all))[1](weight) as NDArray[],
        );
        programs.push(
          (...all) => vjp(jit(asFunction(primitive, all, params, positions)), ...chosen(all))[1](weight) as NDArray[],
        );
      }
      for (const program of programs) {
        const traced = unlessRefused(() => makeJaxpr(program)(...inputs));
        validateClosed(traced);
        const whole = constantsAsInputs(traced.jaxpr);
        const passed = removeDeadCode(shareCommonSubexpressions(inlineCalls(whole)));
        validateJaxpr(passed);
        const wanted = program(...inputs);
        const seen = evaluateClosed({ jaxpr: passed, constants: [] }, [...traced.constants, ...inputs]);
        wanted.forEach((x, k) => expectSame(seen[k]!, x));
      }
    });
  });
});

const stacked = (x: NDArray): NDArray => vmap((_lane: NDArray) => x)(directionTwo);
const directionTwo = directionLike(() => 0, [2]);

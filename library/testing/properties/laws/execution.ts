/**
 * Compiled programs compute what eager evaluation computes: jit of a primitive and of its derivatives, on every
 * back end, to the bit; and every jaxpr that a transform makes of it obeys the rules of the IR.
 */
import type { DType } from "../../../../src/array/dtype.ts";
import { isFloat } from "../../../../src/array/dtype.ts";
import type { NDArray } from "../../../../src/array/ndarray.ts";
import { optimize } from "../../../../src/compile/optimize.ts";
import { evaluateClosed } from "../../../../src/ir/evaluate.ts";
import { constantsAsInputs } from "../../../../src/ir/jaxpr.ts";
import type { Primitive } from "../../../../src/ir/primitive.ts";
import { validateClosed, validateJaxpr } from "../../../../src/ir/validate.ts";
import { jit } from "../../../../transforms/jit.ts";
import { jvp } from "../../../../transforms/jvp.ts";
import { makeJaxpr } from "../../../../transforms/make-jaxpr.ts";
import { vjp } from "../../../../transforms/vjp.ts";
import { vmap } from "../../../../transforms/vmap.ts";
import {
  asFunction,
  floatPositions,
  forAllApplications,
  inAnotherDType,
  show,
  someOf,
  typesOf,
  unlessRefused,
  withSpecialValues,
} from "../cases.ts";
import type { Application } from "../cases.ts";
import { directionLike } from "../../chance.ts";
import { requireSame } from "../../comparison.ts";
import type { Law, LawSettings } from "./law.ts";
import { compiledBackends, roundingOf } from "./law.ts";

type ArrayLists = (...inputs: NDArray[]) => readonly NDArray[];

const anyDType: readonly DType[] = ["float64", "float64", "float32", "int32", "uint32", "bool"];

const backendsOf = ({ backends = compiledBackends }: LawSettings): NonNullable<LawSettings["backends"]> => backends;

/** jit is eager evaluation to the bit, in every dtype; sums in another order may round differently. */
export const jitIsEagerEvaluation: Law = (primitive, settings) => {
  for (const backend of backendsOf(settings))
    forAllApplications(primitive, settings, ({ inputs, params, output, pick }) => {
      const own = inAnotherDType(primitive, inputs, params, pick.oneOf(anyDType));
      const f = asFunction(primitive, { inputs: own, params, output });
      // Next to an input and twice, so that fusion, copies and shared values all take part.
      const program: ArrayLists = (...all) => [f(...all), all[0]!, f(...all)];
      const seen = jit(program, { backend })(...own);
      program(...own).forEach((x, k) =>
        requireSame(`jit of ${primitive.name} on ${backend}`, seen[k]!, x, roundingOf(settings, x.dtype, 1e-13), () =>
          show(own, params),
        ),
      );
    });
};

/** jit is eager evaluation to the bit on NaN, infinities, -0, subnormals and the ends of the integers too. */
export const jitKeepsSpecialValues: Law = (primitive, settings) => {
  if (primitive.lower.kind === "routine") return;
  for (const backend of backendsOf(settings))
    forAllApplications(primitive, settings, ({ inputs, params, output, pick, random }) => {
      const own = inAnotherDType(primitive, inputs, params, pick.oneOf(anyDType)).map((x) =>
        withSpecialValues(x, random),
      );
      const f = asFunction(primitive, { inputs: own, params, output });
      requireSame(`jit of ${primitive.name} on ${backend}`, jit(f, { backend })(...own), f(...own), 0, () =>
        show(own, params),
      );
    });
};

/** jit of jvp and vjp is eager differentiation. */
export const jitOfDerivativesIsEagerDifferentiation: Law = (primitive, settings) => {
  for (const backend of backendsOf(settings))
    forAllApplications(primitive, settings, (application) => {
      const { inputs, params, output, pick, random } = application;
      const floats = floatPositions(inputs).filter((k) => inputs[k]!.dtype === "float64");
      const type = typesOf(primitive, inputs, params)[output]!;
      if (floats.length === 0 || type.dtype !== "float64") return;
      const positions = someOf(pick, floats);
      const f = asFunction(primitive, application, positions);
      const own = positions.map((k) => inputs[k]!);
      const tangents = own.map((x) => directionLike(random, x.shape));
      const weight = directionLike(random, type.shape);
      const both: ArrayLists = (cotangent, ...all) => {
        const primals = all.slice(0, own.length);
        const [, pullback] = vjp(f, ...primals);
        return [...jvp(f, primals, all.slice(own.length)), ...(pullback(cotangent!) as NDArray[])];
      };
      const wanted = unlessRefused(() => both(weight, ...own, ...tangents));
      jit(both, { backend })(weight, ...own, ...tangents).forEach((x, k) =>
        requireSame(`jit of derivatives of ${primitive.name} on ${backend}`, x, wanted[k]!, 1e-13, () =>
          show(inputs, params),
        ),
      );
    });
};

/** Programs that stage the primitive, its derivatives and its vmap. */
const stagedPrograms = (primitive: Primitive, application: Application): ArrayLists[] => {
  const { inputs, params, output, pick, random } = application;
  const floats = floatPositions(inputs);
  const f = asFunction(primitive, application);
  const type = typesOf(primitive, inputs, params)[output]!;
  const programs: ArrayLists[] = [
    (...all) => [f(...all)],
    (...all) => [jit(f)(...all)],
    (...all) => [vmap((x: NDArray) => f(x, ...all.slice(1)), { inAxes: 0 })(stacked(all[0]!))],
  ];
  if (floats.length === 0 || !isFloat(type.dtype)) return programs;
  const positions = someOf(pick, floats);
  const tangents = positions.map((k) => directionLike(random, inputs[k]!.shape, inputs[k]!.dtype));
  const weight = directionLike(random, type.shape, type.dtype);
  const chosen = (all: readonly NDArray[]): NDArray[] => positions.map((k) => all[k]!);
  const own = (all: readonly NDArray[]): ReturnType<typeof asFunction> =>
    asFunction(primitive, { inputs: all, params, output }, positions);
  return [
    ...programs,
    (...all) => jvp(own(all), chosen(all), tangents),
    (...all) => vjp(own(all), ...chosen(all))[1](weight) as NDArray[],
    (...all) => vjp(jit(own(all)), ...chosen(all))[1](weight) as NDArray[],
  ];
};

/** Every jaxpr staged of it, of its derivatives and of its vmap is valid, before and after the passes. */
export const stagedJaxprsAreValid: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, (application) => {
    const { inputs } = application;
    for (const program of stagedPrograms(primitive, application)) {
      const traced = unlessRefused(() => makeJaxpr(program)(...inputs));
      validateClosed(traced);
      const passed = optimize(constantsAsInputs(traced.jaxpr));
      validateJaxpr(passed);
      const wanted = program(...inputs);
      const seen = evaluateClosed({ jaxpr: passed, constants: [] }, [...traced.constants, ...inputs]);
      wanted.forEach((x, k) => requireSame(`passes over ${primitive.name}`, seen[k]!, x));
    }
  });

const directionTwo = directionLike(() => 0, [2]);
const stacked = (x: NDArray): NDArray => vmap((_lane: NDArray) => x)(directionTwo);

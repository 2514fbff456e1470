/**
 * Each rule keeps what its kind promises, on the primitive's own samples: a missing transpose refuses by name, a
 * present one answers in the types of its inputs and pairs, a jvp has one tangent per output.
 */
import { createArray } from "../../../../src/array/create.ts";
import { isFloat } from "../../../../src/array/dtype.ts";
import { NotDifferentiable, NotLinear } from "../../../../src/error.ts";
import type { ConcreteArray, NDArray } from "../../../../src/array/ndarray.ts";
import { fullLike } from "../../../../ops/arithmetic.ts";
import { avalOf } from "../../../../src/ir/aval.ts";
import type { LinearInput } from "../../../../src/ir/primitive.ts";
import { isZero, notLinear, toList, zero } from "../../../../src/ir/primitive.ts";
import { newMark } from "../../../../src/ir/tracer.ts";
import { asFunction, floatPositions, forAllApplications, show, someOf, typesOf } from "../cases.ts";
import { directionLike } from "../../chance.ts";
import { innerProduct, relativeError, requireThat, requireType, violated } from "../../comparison.ts";
import type { Law } from "./law.ts";

const linearIn = (inputs: readonly NDArray[], positions: readonly number[]): (NDArray | LinearInput)[] =>
  inputs.map((x, k) => (positions.includes(k) ? { kind: "linear", aval: avalOf(x) } : x));

/** What a rule gives, or null where it refuses with this error. */
const unlessRefusedAs = <T>(refusal: abstract new (...parts: never[]) => Error, rule: () => T): T | null => {
  try {
    return rule();
  } catch (error) {
    if (error instanceof refusal) return null;
    throw error;
  }
};

/** A primitive without a transpose refuses as not linear. */
export const withoutTransposeRefuses: Law = (primitive, settings) => {
  if (primitive.transpose !== notLinear) return;
  forAllApplications(primitive, settings, ({ inputs, params }) => {
    const answer = unlessRefusedAs(NotLinear, () => primitive.transpose([inputs[0]!], linearIn(inputs, [0]), params));
    if (answer !== null) throw violated(`the transpose of ${primitive.name}`, "it answered");
  });
};

/** A transpose gives a linear float input a cotangent of its type, or refuses as not linear; it answers at least once. */
export const transposeAnswersInTypes: Law = (primitive, settings) => {
  if (primitive.transpose === notLinear) return;
  const law = `the transpose of ${primitive.name}`;
  let answered = 0;
  let cases = 0;
  forAllApplications(primitive, settings, ({ inputs, params, pick, random }) => {
    const types = typesOf(primitive, inputs, params);
    const floats = floatPositions(inputs);
    if (floats.length === 0 || !types.some(({ dtype }) => isFloat(dtype))) return;
    cases++;
    const position = pick.oneOf(floats);
    const cotangents = types.map((type) =>
      isFloat(type.dtype) ? directionLike(random, type.shape, type.dtype) : zero({ ...type, weakType: false }),
    );
    const leaving = unlessRefusedAs(NotLinear, () =>
      primitive.transpose(cotangents, linearIn(inputs, [position]), params),
    );
    if (leaving === null) return;
    const cotangent = leaving[position];
    if (cotangent !== null && cotangent !== undefined && !isZero(cotangent))
      requireType(law, cotangent, inputs[position]!);
    leaving.forEach((other, k) =>
      requireThat(k === position || other === null, law, () => `input ${k} is not linear and has a cotangent`),
    );
    answered++;
  });
  requireThat(answered > 0 || cases === 0, law, () => `it refused all ${cases} cases`);
};

/** Asked to be linear in several inputs at once, a transpose pairs, or refuses as not linear. */
export const jointTransposePairs: Law = (primitive, settings) => {
  if (primitive.transpose === notLinear) return;
  forAllApplications(primitive, settings, ({ inputs, params, pick, random }) => {
    const types = typesOf(primitive, inputs, params);
    const positions = someOf(
      pick,
      inputs.map((_, k) => k),
    );
    if (types.length > 1 || types[0]!.dtype !== "float64") return;
    // A cotangent of float32 inputs is rounded: one that float32 holds shows that nothing else happens to it.
    const isSingle = inputs.some(({ dtype }) => dtype === "float32");
    const drawn = directionLike(random, types[0]!.shape, isSingle ? "float32" : "float64");
    const cotangent = isSingle ? createArray(drawn, { dtype: "float64" }) : drawn;
    const leaving = unlessRefusedAs(NotLinear, () =>
      primitive.transpose([cotangent], linearIn(inputs, positions), params),
    );
    if (leaving === null) return;
    const f = asFunction(primitive, { inputs, params });
    const offset = f(...inputs.map((x, k) => (positions.includes(k) ? (fullLike(0, x) as ConcreteArray) : x)));
    const wanted = innerProduct(f(...inputs), cotangent) - innerProduct(offset, cotangent);
    const seen = positions.reduce(
      (sum, k) => sum + (leaving[k] === null || isZero(leaving[k]) ? 0 : innerProduct(leaving[k]!, inputs[k]!)),
      0,
    );
    requireThat(
      relativeError(seen, wanted) < 1e-11,
      `the transpose of ${primitive.name} in inputs ${positions.join()}`,
      () => `it pairs to ${seen} where ${wanted} is wanted${show(inputs, params)}`,
    );
  });
};

/** A jvp returns one tangent per output, of the output's type or a symbolic zero. */
export const jvpGivesATangentPerOutput: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, ({ inputs, params, random }) => {
    const law = `the jvp of ${primitive.name}`;
    if (floatPositions(inputs).length === 0) return;
    const tangents = inputs.map((x) => (isFloat(x.dtype) ? directionLike(random, x.shape, x.dtype) : zero(x)));
    const pair = unlessRefusedAs(NotDifferentiable, () =>
      primitive.jvp(inputs, tangents, params, { mark: newMark("a law") }),
    );
    if (pair === null) return;
    const [outputs, outTangents] = [toList(pair[0]), toList(pair[1])];
    requireThat(
      outTangents.length === outputs.length,
      law,
      () => `${outTangents.length} tangents for ${outputs.length} outputs`,
    );
    outTangents.forEach((tangent, k) => requireType(law, isZero(tangent) ? tangent.aval : tangent, outputs[k]!));
  });

/**
 * A primitive computes what its definition says: an elementwise one its scalar reference within maxUlp, another
 * one a naive definition, in every dtype it takes; and its types are what abstractEval promised.
 */
import type { DType } from "../../../../src/array/dtype.ts";
import { asFunction, forAllApplications, inAnotherDType, show, typesOf } from "../cases.ts";
import { elementsOf, requireSame, requireThat, requireType, violated } from "../../comparison.ts";
import { tabulate } from "../definition.ts";
import type { Law } from "./law.ts";

/** Distance of a number to the next one of float64. */
const ulp = (x: number): number => 2 ** (Math.max(-1022, Math.floor(Math.log2(Math.abs(x) || Number.MIN_VALUE))) - 52);

/** `evaluate` gives the naive definition's elements in every dtype. */
const equalsReference: Law = (primitive, { reference, ...settings }) =>
  forAllApplications(primitive, settings, ({ inputs, params, pick }) => {
    const dtype = pick.oneOf<DType>(["float64", "float64", "float32", "int32", "uint32", "bool"]);
    const own =
      reference!.tolerance > 0 && dtype === "bool" ? inputs : inAnotherDType(primitive, inputs, params, dtype);
    const floor = own.some((x) => x.dtype === "float32") ? 1e-5 : 0;
    requireSame(
      `${primitive.name} against its definition`,
      asFunction(primitive, { inputs: own, params })(...own),
      tabulate(reference!, own, params),
      reference!.tolerance === 0 ? 0 : Math.max(reference!.tolerance, floor),
      () => show(own, params),
    );
  });

/** `evaluate` gives the scalar reference within maxUlp. */
const equalsScalarReference: Law = (primitive, settings) => {
  const { laws } = primitive;
  if (!("sample" in laws) || laws.reference === undefined) return;
  const { reference, maxUlp = 0 } = laws;
  forAllApplications(primitive, settings, ({ inputs, params }) => {
    const columns = inputs.map(elementsOf);
    const seen = elementsOf(asFunction(primitive, { inputs, params })(...inputs));
    for (let k = 0; k < seen.length; k++) {
      const operands = columns.map((column) => column[k]!);
      const wanted = reference(...operands);
      if (seen[k] === wanted) continue;
      const distance = Math.abs(seen[k]! - wanted) / ulp(wanted);
      if (!(distance <= maxUlp))
        throw violated(
          `${primitive.name} against its reference`,
          `${seen[k]} for ${wanted} at ${operands.join(", ")}: ${distance} ulp, allowed ${maxUlp}`,
        );
    }
  });
};

/** Every element is what the independent definition says. A primitive without one is only tried. */
export const evaluatesToItsDefinition: Law = (primitive, settings) =>
  (settings.reference === undefined ? equalsScalarReference : equalsReference)(primitive, settings);

/** abstractEval gives the shape and dtype of evaluate in every dtype it accepts. */
export const abstractEvalTellsTheType: Law = (primitive, settings) =>
  forAllApplications(primitive, settings, ({ inputs, params, output, pick }) => {
    const dtype = pick.oneOf<DType>(["float64", "float32", "int32", "uint32", "bool"]);
    const own = inAnotherDType(primitive, inputs, params, dtype);
    const law = `the type of ${primitive.name}`;
    const seen = asFunction(primitive, { inputs: own, params, output })(...own);
    requireType(law, seen, typesOf(primitive, own, params)[output]!);
    const { length } = elementsOf(seen);
    requireThat(length === seen.size, law, () => `${length} elements for size ${seen.size}${show(own, params)}`);
  });

/**
 * Cases of a primitive's laws by number: the choices of its sampler, recorded and played back.
 */
import type { LawCase, Params, Pick, Primitive } from "../../../src/ir/primitive.ts";
import { sampleOf } from "./cases.ts";
import { pickFromIntegers } from "../chance.ts";

export interface RecordedCase extends LawCase<Params> {
  /** Numbers the sampler drew. */
  readonly choices: readonly number[];
}

/** A case of the primitive, with the numbers its sampler drew. */
export const recordedCase = (primitive: Primitive, pick: Pick): RecordedCase => {
  const choices: number[] = [];
  const recording = pickFromIntegers((low, high) => {
    const choice = pick.integer(low, high);
    choices.push(choice);
    return choice;
  });
  return { ...sampleOf(primitive, recording), choices };
};

/** The case that a sampler makes of recorded numbers; each is moved into the bounds asked for, missing ones are the lowest. */
export const caseFromChoices = (primitive: Primitive, choices: readonly number[]): LawCase<Params> => {
  let next = 0;
  return sampleOf(
    primitive,
    pickFromIntegers((low, high) => Math.max(low, Math.min(high, choices[next++] ?? low))),
  );
};

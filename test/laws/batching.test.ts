/**
 * vmap of every primitive equals a loop over the mapped axis, for every choice of mapped inputs, of their axes
 * and of the result's axis; vmap of a gradient equals a loop over gradients.
 */
import { describe, test } from "vitest";
import { vmapEqualsALoop, vmapOfGradientEqualsALoop } from "../../library/testing/properties/laws/batching.ts";
import { sampled } from "./cases.ts";
import { references } from "./references.ts";

describe.each(sampled)("%s", (name, primitive) => {
  test("vmap equals a loop", () => {
    vmapEqualsALoop(primitive, { runs: 40, reference: references[name] });
  });

  test("vmap of its gradient equals a loop over gradients", () => {
    vmapOfGradientEqualsALoop(primitive, { runs: 25 });
  });
});

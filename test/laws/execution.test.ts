/**
 * Compiled programs compute what eager evaluation computes: jit of every primitive and of its derivatives, on
 * every back end, to the bit; and every jaxpr that a transform makes of it obeys the rules of the IR.
 */
import { describe, test } from "vitest";
import {
  jitIsEagerEvaluation,
  jitKeepsSpecialValues,
  jitOfDerivativesIsEagerDifferentiation,
  stagedJaxprsAreValid,
} from "../../library/testing/properties/laws/execution.ts";
import { compiledBackends } from "../../library/testing/properties/laws/law.ts";
import { sampled } from "./cases.ts";
import { references } from "./references.ts";

describe.each(sampled)("%s", (name, primitive) => {
  const reference = references[name];

  test.each(compiledBackends)("jit on %s is eager evaluation to the bit, in every dtype", (backend) => {
    jitIsEagerEvaluation(primitive, { runs: 12, reference, backends: [backend] });
  });

  if (primitive.lower.kind !== "routine")
    test.each(compiledBackends)("jit on %s is eager evaluation to the bit on special values too", (backend) => {
      jitKeepsSpecialValues(primitive, { runs: 12, backends: [backend] });
    });

  test.each(compiledBackends)("jit on %s of its derivatives is eager differentiation", (backend) => {
    jitOfDerivativesIsEagerDifferentiation(primitive, { runs: 6, backends: [backend] });
  });

  test("every jaxpr staged of it, of its derivatives and of its vmap is valid, before and after the passes", () => {
    stagedJaxprsAreValid(primitive, { runs: 8 });
  });
});

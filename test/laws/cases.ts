/**
 * The primitives the generated laws range over. The laws themselves are functions of cotangent/testing, which
 * users try on primitives of their own; the tests here apply them to every family.
 */
import { families } from "../../ops/families.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { hasSample } from "../../library/testing/cases.ts";

export { relativeError } from "../../library/testing/comparison.ts";

export const allPrimitives: readonly Primitive[] = Object.values(families).flat();

/** Primitives with laws to draw from, by name: rows of describe.each. */
export const sampled: readonly (readonly [name: string, primitive: Primitive])[] = allPrimitives
  .filter(hasSample)
  .map((primitive) => [primitive.name, primitive]);

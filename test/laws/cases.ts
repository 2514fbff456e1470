/**
 * The primitives the generated laws range over. The laws themselves are functions of cotangent/testing, which
 * users try on primitives of their own; the tests here apply them to every family.
 */
import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { families } from "../../ops/families.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { hasSample } from "../../library/testing/properties/cases.ts";

export { relativeError } from "../../library/testing/comparison.ts";

export const allPrimitives: readonly Primitive[] = Object.values(families).flat();

/** Primitives with laws to draw from, by name: rows of describe.each. */
export const sampled: readonly (readonly [name: string, primitive: Primitive])[] = allPrimitives
  .filter(hasSample)
  .map((primitive) => [primitive.name, primitive]);

/** Primitives that hold functions: whatever a module of transforms/ exports with a record. */
export const higherOrderPrimitives = async (): Promise<readonly Primitive[]> => {
  const found = new Set<Primitive>();
  for (const file of readdirSync("transforms").filter((name) => name.endsWith(".ts"))) {
    const { href } = pathToFileURL(`transforms/${file}`);
    const module = (await import(/* @vite-ignore */ href)) as Readonly<Record<string, unknown>>;
    for (const exported of Object.values(module)) {
      const record = typeof exported === "function" ? (exported as { primitive?: Primitive }).primitive : undefined;
      if (record !== undefined) found.add(record);
    }
  }
  return [...found];
};

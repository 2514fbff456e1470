/**
 * Every primitive record by family: what the generated laws and tables walk over.
 */
import type { Primitive } from "../src/ir/primitive.ts";
import * as ops from "./index.ts";

/** Name of a family to its records, for each line of ops/index.ts. */
export const families: Readonly<Record<string, readonly Primitive[]>> = Object.fromEntries(
  Object.entries(ops).map(([name, { family }]) => [name, family]),
);

/**
 * What the tests of semantics and faults share: numbers out of arrays, and the error a call throws.
 */
import { expect } from "vitest";
import { CotangentError } from "cotangent";
import type { NDArray } from "cotangent";

/** The elements as nested lists. */
export const values = (x: NDArray): unknown => x.toList();

/** The coded error that a call throws; fails when it throws none or another kind. */
export const errorOf = (call: () => unknown): CotangentError => {
  try {
    call();
  } catch (error) {
    if (error instanceof CotangentError) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
};

/** Throws an error of this code whose message holds every part. */
export const expectError = (call: () => unknown, code: string, ...parts: readonly string[]): void => {
  const error = errorOf(call);
  expect(error.code, error.message).toBe(code);
  for (const part of parts) expect(error.message).toContain(part);
};

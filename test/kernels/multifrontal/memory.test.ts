/** Rooms of solver memory: the kind a tenant asks for, and who gets a room that another one had. */
import { beforeEach, expect, test } from "vitest";
import { abandon, forgetSolverMemory, isHome, moveOut, placeFor } from "../../../kernels/multifrontal/memory.ts";
import type { Tenant } from "../../../kernels/multifrontal/memory.ts";

beforeEach(forgetSolverMemory);

const large = 2 ** 24 + 1;
const tenant = (bytes: number, isShared = false): Tenant => ({ bytes, isShared, arrive: () => {} });
const isInSharedMemory = (of: Tenant): boolean => placeFor(of).memory.buffer instanceof SharedArrayBuffer;

test.each([100, large])("tenants of %i bytes live in shared memory if threads share it, and only then", (bytes) => {
  const [shared, alone] = [tenant(bytes, true), tenant(bytes)];
  expect([isInSharedMemory(shared), isInSharedMemory(alone)]).toEqual([true, false]);
  expect([isHome(shared), isHome(alone)]).toEqual([true, true]);
});

test("of four tenants with more than half a gibibyte the one that was asked for longest ago loses its place, to whichever kind the fourth is", () => {
  for (const isShared of [false, true]) {
    forgetSolverMemory();
    const quarter = 2 ** 27 + 1;
    const known = [0, 1, 2].map(() => tenant(quarter));
    known.forEach(placeFor);
    placeFor(known[0]!);
    const fourth = tenant(quarter, isShared);
    expect(isInSharedMemory(fourth)).toBe(isShared);
    expect(known.map(isHome)).toEqual([true, false, true]);
  }
});

test("large tenants with half a gibibyte among them all keep their places", () => {
  const known = Array.from({ length: 8 }, () => tenant(2 ** 26 - 2 ** 20));
  known.forEach(placeFor);
  expect(known.every(isHome)).toBe(true);
});

test.each([100, large])("a tenant of %i bytes that cannot move in has no place, and gets one when it can", (bytes) => {
  let isAble = false;
  const arrive = (): void => {
    if (!isAble) throw new RangeError("no memory");
  };
  const late: Tenant = { bytes, arrive };
  expect(() => placeFor(late)).toThrow("no memory");
  expect(isHome(late)).toBe(false);
  isAble = true;
  placeFor(late);
  expect(isHome(late)).toBe(true);
});

test("a large tenant that moves out leaves its memory to the next of its kind", () => {
  const [first, second] = [tenant(large, true), tenant(large, true)];
  const { memory } = placeFor(first);
  placeFor(second);
  moveOut(first);
  expect([isHome(first), isHome(second)]).toEqual([false, true]);
  expect(placeFor(tenant(large)).memory).not.toBe(memory);
  expect(placeFor(tenant(large, true)).memory).toBe(memory);
});

test("a small tenant that moves out leaves the others where they are", () => {
  const [first, second] = [tenant(100), tenant(100)];
  placeFor(first);
  const { base } = placeFor(second);
  moveOut(first);
  expect([isHome(first), isHome(second)]).toEqual([false, true]);
  expect(placeFor(second).base).toBe(base);
});

test.each([100, large])("nobody of %i bytes lives in a memory that was abandoned", (bytes) => {
  const [lost, other] = [tenant(bytes, true), tenant(bytes)];
  const { memory } = placeFor(lost);
  placeFor(other);
  abandon(memory);
  expect([isHome(lost), isHome(other)]).toEqual([false, true]);
  expect(placeFor(lost).memory).not.toBe(memory);
  expect(isHome(lost)).toBe(true);
});

/**
 * Fault 67: every cache is bounded or goes with what it was made for. Here the parts they are made of, and those that have
 * counters; test/faults/memory.test.ts looks at the heap.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, counters, jit, NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { notify, setNoticeListener } from "../../src/notice.ts";
import { plainKey } from "../../src/plain-key.ts";
import { recent } from "../../src/recent.ts";
import { remembering } from "../../transforms/remember.ts";

test("a bounded cache keeps exactly what was used last", () => {
  const keys = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 6 }), (asked, limit) => {
      const cache = recent<number, string>(limit);
      let kept: number[] = [];
      for (const key of asked) {
        expect(cache.get(key)).toBe(kept.includes(key) ? String(key) : undefined);
        if (!kept.includes(key)) cache.set(key, String(key));
        kept = [...kept.filter((other) => other !== key), key].slice(-limit);
        expect(cache.size()).toBe(kept.length);
      }
    }),
  );
});

test("plain data has equal keys where it is equal, and different ones else", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
      const [first, second] = [left, right].map((value) => plainKey(value));
      if (first === null || second === null) return;
      const areEqual = fc.stringify(left) === fc.stringify(right);
      expect(first === second).toBe(areEqual);
      expect(plainKey(structuredClone(left))).toBe(first);
    }),
  );
  expect(plainKey(-0)).not.toBe(plainKey(0));
  expect(plainKey([1, [2]])).not.toBe(plainKey([1, 2]));
  expect(plainKey(["1"])).not.toBe(plainKey([1]));
});

test("what is no plain data has no key, wherever it stands", () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  expect(plainKey(new Array(64).fill(0))).not.toBeNull();
  for (const value of [
    new Array(65).fill(0),
    () => 1,
    array(1),
    new Map(),
    1n,
    Symbol("s"),
    cyclic,
    { a: [{ b: new Date(0) }] },
  ])
    expect(plainKey(value)).toBeNull();
});

test("what was made of a source is made again after 64 others", () => {
  let made = 0;
  const remember = remembering<object>();
  const source = {};
  const make = (): object => ({ made: ++made });
  for (let key = 0; key < 100; key++) remember(source, String(key), make);
  remember(source, "99", make);
  remember(source, "36", make);
  expect(made).toBe(100);
  remember(source, "35", make);
  expect(made).toBe(101);
});

test("traces of a jitted function are bounded, and the last call is no exception", () => {
  const f = jit((x: NDArray) => np.sum(x.mul(2)));
  const traces = (length: number): number => {
    const before = counters().traces;
    expect(f(np.ones([length])).item()).toBe(2 * length);
    return counters().traces - before;
  };
  for (let length = 1; length <= 300; length++) expect(traces(length)).toBe(1);
  expect(traces(300)).toBe(0);
  expect(traces(200)).toBe(0);
  expect(traces(1)).toBe(1);
});

test("notices are told once, and remembered in a bounded number", () => {
  const told: string[] = [];
  setNoticeListener((_code, text) => told.push(text));
  try {
    for (let key = 0; key < 3000; key++) {
      notify("Test", String(key), "first");
      notify("Test", String(key), "second");
    }
    expect(told).toEqual(new Array(3000).fill("first"));
    notify("Test", "0", "forgotten");
    expect(told.at(-1)).toBe("forgotten");
  } finally {
    setNoticeListener(null);
  }
});

/**
 * State of a loop that rounds change in place: exactly where nothing else needs what a write replaces, and with the bits of the
 * interpreter wherever the writes stand.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, foriLoop, grad, jit, makeJaxpr, scan, vmap, whileLoop } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { buildProgram } from "../../src/compile/program.ts";
import type { ControlStep } from "../../src/compile/steps.ts";
import { constantsAsInputs } from "../../src/ir/jaxpr.ts";
import { bitsOf } from "../backend/programs.ts";

const x = np.sin(np.arange(24));

/** For every part of the state of the first loop, whether rounds change it in place. */
const inPlace = (f: (x: NDArray) => unknown): boolean[] => {
  const { jaxpr } = makeJaxpr(f as (x: NDArray) => NDArray)(x);
  const loop = buildProgram(constantsAsInputs(jaxpr)).steps.find(
    (step): step is ControlStep => step.kind === "control",
  )!;
  return loop.spare.map((other) => other === null);
};

const expectSame = (f: (x: NDArray) => unknown): void => {
  const run = (backend: "wasm" | "interpreter"): string[] =>
    [jit(f as (x: NDArray) => NDArray, { backend })(x) as unknown as NDArray | NDArray[]].flat().map(bitsOf);
  expect(run("wasm")).toEqual(run("interpreter"));
};

type Body = (state: NDArray, k: NDArray) => NDArray;

const loop =
  (body: Body) =>
  (state: NDArray): NDArray =>
    foriLoop(0, 5, (k, own: NDArray) => body(own, k), state);

describe("a round changes an array in place", () => {
  test.each<[string, Body]>([
    ["where it writes one element", (s, k) => np.at(s, k).set(k.mul(0.5))],
    ["where it adds to some", (s, k) => np.at(s, np.stack([k, k.mul(2), k])).add(1)],
    ["where the update is made of elements that it writes over", (s, k) => np.at(s, k).set(np.at(s, k.add(1)).get())],
    ["where it writes again and again", (s, k) => np.at(np.at(np.at(s, k).set(1), k.add(3)).mul(2), 7).max(0.25)],
    ["where a loop inside it does", (s, k) => foriLoop(0, 3, (j, own: NDArray) => np.at(own, k.add(j)).set(j), s)],
  ])("%s", (_name, body) => {
    // The counter, and the array.
    expect(inPlace(loop(body)).at(-1)).toBe(true);
    expectSame(loop(body));
  });

  test("of a while loop, and one state beside another", () => {
    const f = (start: NDArray): readonly NDArray[] =>
      whileLoop(
        ([k]) => np.less(k!, 6),
        ([k, s, t]: readonly NDArray[]) => [k!.add(1), np.at(s!, k!).set(np.sum(t!)), t!.mul(0.5)],
        [array(0, { dtype: "int32" }), start, start] as readonly NDArray[],
      );
    expect(inPlace(f)).toEqual([false, true, false]);
    expectSame(f);
  });

  test("and leaves alone what the program reads after the loop", () => {
    const f = (start: NDArray): NDArray[] => [loop((s, k) => np.at(s, k).set(9))(start), start.mul(2)];
    expect(inPlace(f).at(-1)).toBe(true);
    expectSame(f);
  });
});

describe("a round needs a second place", () => {
  test.each<[string, Body]>([
    ["where the array is read after it was written", (s, k) => np.at(s, k).set(1).add(np.sum(s))],
    ["where the update is the array itself", (s) => np.at(s, np.arange(24).astype("int32")).add(s)],
    ["where every element changes", (s, k) => s.mul(0.5).add(k)],
  ])("%s", (_name, body) => {
    expect(inPlace(loop(body)).at(-1)).toBe(false);
    expectSame(loop(body));
  });

  test("where two states change places", () => {
    const f = (start: NDArray): readonly NDArray[] =>
      foriLoop(0, 3, (k, [a, b]: readonly NDArray[]) => [np.at(b!, k).set(1), np.at(a!, k).set(2)], [
        start,
        start.mul(2),
      ] as readonly NDArray[]) as readonly NDArray[];
    expect(inPlace(f).slice(-2)).toEqual([false, false]);
    expectSame(f);
  });

  test("where every round's array is kept", () => {
    const f = (start: NDArray): NDArray[] => [
      ...scan((s: NDArray, k: NDArray) => [np.at(s, k).set(1), s] as const, start, np.arange(4).astype("int32")),
    ];
    expect(inPlace(f)).toEqual([false]);
    expectSame(f);
  });
});

/** What a round may do with the state and an array that it has made before; each gives the next of either. */
const moves: readonly ((s: NDArray, t: NDArray, k: NDArray) => readonly [NDArray, NDArray])[] = [
  (s, t, k) => [np.at(s, k).set(np.at(t, k).get()), t],
  (s, t, k) => [np.at(s, np.stack([k, k])).add(0.25), s],
  (s, t, k) => [np.at(t, k.add(1)).set(np.at(s, 0).get()), s],
  (s, t) => [t, s],
  (s, t) => [s, s.mul(0.5).add(t)],
  (s, t, k) => [np.at(s, np.slice(2, 6)).set(np.at(t, np.slice(0, 4)).get()), np.at(t, k).mul(3)],
  (s, t, k) => [foriLoop(0, 2, (j, own: NDArray) => np.at(own, j).set(np.at(t, k).get()), s), t],
];

test("rounds made at random have the bits of the interpreter, also differentiated and mapped", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(moves.length - 1), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 4 }),
      (chosen, rounds) => {
        const f = (start: NDArray): NDArray[] => {
          const [[s, t], kept] = scan(
            ([s, t]: readonly NDArray[], k: NDArray) => {
              let [a, b] = [s!, t!];
              for (const move of chosen) [a, b] = moves[move]!(a, b, k) as [NDArray, NDArray];
              return [[a, b], np.at(a, k).get()] as const;
            },
            [start, start.mul(2)] as readonly NDArray[],
            np.arange(rounds).astype("int32"),
          );
          return [s!, t!, kept];
        };
        expectSame(f);
        expectSame(grad((start: NDArray) => f(start).reduce((sum, y) => sum.add(np.sum(np.sin(y))), array(0))));
        expectSame((start) => vmap((own: NDArray) => f(own)[0]!)(np.stack([start, start.neg()])));
      },
    ),
    { numRuns: 40 },
  );
});

/**
 * Laws of the callback primitive: the host sees concrete arrays only, results are what was declared,
 * and both ways of mapping it equal a loop.
 */
import { describe, expect, test } from "vitest";
import { add } from "../../ops/arithmetic.ts";
import { callback } from "../../ops/callback.ts";
import type { CallbackParams, HostFunction } from "../../ops/callback.ts";
import { createArray } from "../../src/array/create.ts";
import { scalar } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { stageFunction } from "../../src/ir/trace.ts";
import { evaluateClosed } from "../../src/ir/evaluate.ts";
import { newMark } from "../../src/ir/tracer.ts";

const outputs = [
  { shape: [], dtype: "float64" },
  { shape: [2], dtype: "float64" },
] as const;
const context = (size: number): { readonly size: number; readonly mark: ReturnType<typeof newMark> } => ({
  size,
  mark: newMark("test"),
});
const lists = (xs: unknown): unknown[] => (xs as readonly NDArray[]).map((x) => x.toList());

/** [x + y, [x, y]] of two scalars, counting its calls. */
const counted = (): { readonly call: HostFunction; readonly calls: () => number } => {
  let calls = 0;
  return {
    call: ([x, y]) => {
      calls += 1;
      return [createArray(x!.item() + y!.item()), createArray([x!.item(), y!.item()])];
    },
    calls: () => calls,
  };
};

test("evaluate gives what the host function returns", () => {
  const { call } = counted();
  expect(lists(callback(scalar(1), scalar(2), { call, outputs, vectorized: "sequential" }))).toEqual([3, [1, 2]]);
});

test("the host runs when a staged program runs, not while it is staged", () => {
  const { call, calls } = counted();
  const closed = stageFunction(
    "test",
    ([x]) => callback(x!, add(x!, x!), { call, outputs, vectorized: "sequential" }),
    [scalar(0)],
  );
  expect(calls()).toBe(0);
  expect(lists(evaluateClosed(closed, [scalar(1)]))).toEqual([3, [1, 2]]);
  expect(calls()).toBe(1);
});

test("array operations inside the host function are computed, not traced", () => {
  const call: HostFunction = ([x]) => [add(x!, x!)];
  const closed = stageFunction(
    "test",
    () => callback(scalar(2), { call, outputs: [{ shape: [], dtype: "float64" }], vectorized: "sequential" }),
    [],
  );
  expect(closed.jaxpr.equations.length).toBe(1);
});

describe("mapping", () => {
  const x = createArray([1, 2, 3]);
  const y = scalar(10);

  test("sequential calls once per example and shares what is not mapped", () => {
    const { call, calls } = counted();
    const [out, dims] = callback.primitive.batch(
      [x, y],
      [0, null],
      { call, outputs, vectorized: "sequential" },
      context(3),
    );
    expect(lists(out)).toEqual([
      [11, 12, 13],
      [
        [1, 10],
        [2, 10],
        [3, 10],
      ],
    ]);
    expect(dims).toEqual([0, 0]);
    expect(calls()).toBe(3);
  });

  test("no example means no call and empty results", () => {
    const { call, calls } = counted();
    const [out] = callback.primitive.batch(
      [createArray([], { shape: [0] }), y],
      [0, null],
      { call, outputs, vectorized: "sequential" },
      context(0),
    );
    expect((out as readonly NDArray[]).map((result) => result.shape)).toEqual([[0], [0, 2]]);
    expect(calls()).toBe(0);
  });

  test("batched calls once, with the mapped axis in front of every input", () => {
    const seen: (readonly number[])[] = [];
    const call: HostFunction = ([left, right]) => {
      seen.push(left!.shape, right!.shape);
      return [add(left!, right!), createArray(Array.from({ length: 3 }, (_, k) => [k, k]))];
    };
    const [out] = callback.primitive.batch([x, y], [0, null], { call, outputs, vectorized: "batched" }, context(3));
    expect(lists(out)).toEqual([
      [11, 12, 13],
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ]);
    expect(seen).toEqual([[3], [3]]);
  });

  test("an axis mapped inside a mapped axis calls once per pair", () => {
    const { call, calls } = counted();
    const params: CallbackParams = { call, outputs, vectorized: "sequential" };
    const inner = (row: ConcreteArray, other: ConcreteArray): readonly NDArray[] =>
      callback.primitive.batch([row, other], [0, null], params, context(3))[0] as readonly NDArray[];
    const outer = callback.primitive.batch(
      [
        createArray([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        y,
      ],
      [0, null],
      {
        call: ([row, other]) => inner(row!, other!),
        outputs: [
          { shape: [3], dtype: "float64" },
          { shape: [3, 2], dtype: "float64" },
        ],
        vectorized: "sequential",
      },
      context(2),
    );
    expect(lists(outer[0])[0]).toEqual([
      [11, 12, 13],
      [14, 15, 16],
    ]);
    expect(calls()).toBe(6);
  });
});

test("results that differ from the declaration are refused by output", () => {
  const returning = (result: unknown) => () =>
    callback(scalar(0), {
      call: (() => result) as HostFunction,
      outputs: [{ shape: [2], dtype: "float64" }],
      vectorized: "sequential",
    });
  expect(returning([])).toThrow(/returned 0 results where a list of 1 arrays is declared/);
  expect(returning(Promise.resolve())).toThrow(/returned a Promise/);
  expect(returning([[1, 2]])).toThrow(/output 0 is a Array/);
  expect(returning([createArray([1, 2, 3])])).toThrow(/output 0 has shape \[3\] where float64\[2\] is declared/);
  expect(returning([createArray([1, 2], { dtype: "int32" })])).toThrow(
    /output 0 is int32 where float64\[2\] is declared/,
  );
});

test("it has no derivative of its own", () => {
  const { call } = counted();
  expect(() =>
    callback.primitive.jvp(
      [scalar(1), scalar(2)],
      [scalar(1), scalar(1)],
      { call, outputs, vectorized: "sequential" },
      context(1),
    ),
  ).toThrow(/pureCallback.*customVjp or customLinearSolve/);
});

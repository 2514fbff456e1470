/** Results take the places of arrays that end with the step that reads them, where no later round reads them again. */
import { expect, test } from "vitest";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { overwritable } from "../../src/compile/in-place.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { convert } from "../../ops/conversion.ts";
import { reduceMax } from "../../ops/extrema.ts";
import { broadcast, reduceSum, transpose } from "../../ops/shape.ts";
import { reverse, slice } from "../../ops/slicing.ts";
import { sin } from "../../ops/trigonometric.ts";
import { filled, jaxprOf } from "../backend/programs.ts";

const bytesOf = (f: (...inputs: NDArray[]) => readonly NDArray[], ...shapes: Shape[]): number =>
  buildProgram(
    jaxprOf(
      f,
      shapes.map((shape) => filled(shape, "float64", [1, 2, 3])),
    ),
  ).plan.bytes;

const [n, bytes] = [100, 800];

test("an elementwise function of one array needs one place", () => {
  expect(bytesOf((x) => [sin(mul(x!, x!))], [n])).toBe(bytes);
});

test("two results need two places, whatever number of operands ends there", () => {
  expect(bytesOf((x, y) => [add(x!, y!), mul(x!, y!)], [n], [n])).toBe(2 * bytes);
  expect(bytesOf((x) => [sin(x!), mul(x!, x!)], [n])).toBe(2 * bytes);
});

test("an operand that is needed later keeps its place", () => {
  expect(bytesOf((x) => [sin(x!), x!], [n])).toBe(2 * bytes);
});

test("a sum beside it does not disturb", () => {
  expect(bytesOf((x) => [sin(x!), reduceSum(x!, { axes: [0] })], [n])).toBe(bytes + 16);
});

test.each<[string, (x: NDArray) => NDArray]>([
  ["reversed", (x) => add(x, reverse(x, { axes: [0] }))],
  ["transposed", (x) => add(x, transpose(x, { permutation: [1, 0] }))],
  [
    "shifted",
    (x) =>
      mul(
        slice(x, { start: [1, 0], limit: [10, 10], stride: [1, 1] }),
        slice(x, { start: [0, 0], limit: [9, 10], stride: [1, 1] }),
      ),
  ],
  ["spread", (x) => sin(broadcast(x, { shape: [2, 10, 10], axes: [1, 2] }))],
  ["narrowed", (x) => convert(x, { dtype: "float32", weakType: false })],
])("an operand that is read %s is not written over", (_name, f) => {
  const { steps } = buildProgram(jaxprOf((x) => [f(x!)], [filled([10, 10], "float64", [1])]));
  for (const step of steps)
    if (step.kind === "nest" && step.reads.includes(0))
      expect([...overwritable(step.nest).values()].flat()).not.toContain(0);
});

test("extrema look at their operand twice, so nothing is written over it", () => {
  expect(bytesOf((x) => [sin(x!), reduceMax(x!, { axes: [0] })], [n])).toBe(2 * bytes + 16);
});

test("what is read after something is written is not written over", () => {
  const strides = [{ counter: 0, stride: 1 }];
  const access = (buffer: number) => ({ buffer, dtype: "float64", offset: 0, strides }) as const;
  const value = (index: number) => ({ op: "local", index, dtype: "float64" }) as const;
  const body = [
    { kind: "load", local: 0, access: access(0) },
    { kind: "store", access: access(2), value: value(0) },
    { kind: "load", local: 1, access: access(1) },
    { kind: "store", access: access(3), value: value(1) },
  ] as const;
  const loop = { kind: "loop", counter: 0, extent: 9, body } as const;
  const found = overwritable({ name: "two", locals: ["float64", "float64"], counters: 1, body: [loop] });
  expect([...found.values()].flat()).not.toContain(1);
  expect(found.get(2)).toContain(0);
});

test("what every round of an outer loop reads again is not written over by what such rounds write", () => {
  const { buffers, steps, plan } = buildProgram(
    jaxprOf(
      (x) => {
        const spread = broadcast(mul(x!, x!), { shape: [2, 130], axes: [1] });
        const cube = mul(spread, spread);
        return [
          mul(transpose(cube, { permutation: [1, 0] }), transpose(cube, { permutation: [1, 0] })),
          slice(sin(cube), { start: [0, 0], limit: [0, 0], stride: [1, 1] }),
        ];
      },
      [filled([130], "float64", [1, 2])],
    ),
  );
  for (const step of steps)
    if (step.kind === "nest")
      for (const written of step.writes)
        for (const read of step.reads)
          if (plan.offsets[written] === plan.offsets[read])
            expect(buffers[written]!.shape.length).toBe(buffers[read]!.shape.length);
});

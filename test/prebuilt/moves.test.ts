/**
 * Laws of the prebuilt kernels that only move: pad, concatenate, dynamicSlice, dynamicUpdateSlice put the bits where the
 * interpreter puts them, for any shape and dtype, and write their result only.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AxisPadding } from "../../kernels/gather.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import type { PrebuiltRoutine } from "../../src/ir/lowering.ts";
import { planDynamicSlice, planDynamicUpdateSlice } from "../../kernels/prebuilt/boxes.ts";
import { planConcatenate } from "../../kernels/prebuilt/concatenate.ts";
import { planPad } from "../../kernels/prebuilt/pad.ts";
import { dynamicSlice, dynamicUpdateSlice } from "../../ops/dynamic-slicing.ts";
import { concatenate, pad } from "../../ops/slicing.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { kernelDifference } from "./against-evaluate.ts";
import { type AnyType, type Draw, allTypes, drawn, draws } from "./any-dtype.ts";

const arrayOf = (dtype: AnyType, shape: readonly number[], draw: Draw): ConcreteArray =>
  fromBuffer(drawn(dtype, sizeOf(shape), draw), shape, dtype);

const anyType = fc.constantFrom(...allTypes);
const extents = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 2, arbitrary: fc.constantFrom(1, 1, 5, 8, 9, 16, 17, 33) },
);
const shapes = fc.array(extents, { maxLength: 4 });

// --- pad --------------------------------------------------------------------------------------

/** Paddings that leave a size of at least 0. */
const paddingOf = (extent: number): fc.Arbitrary<AxisPadding> =>
  fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 9 }), fc.constantFrom(0, 0, 0, 1, 2, 3))
    .map(([low, high, interior]): AxisPadding => {
      const least = -(low + extent + Math.max(0, extent - 1) * interior);
      return [low, Math.max(least, high), interior];
    });

const padDifference = (
  dtype: AnyType,
  shape: readonly number[],
  padding: readonly AxisPadding[],
  draw: Draw,
): string => {
  const value = arrayOf(dtype, [], { ...draw, seed: draw.seed + 1 });
  return kernelDifference(pad.primitive as Primitive, [arrayOf(dtype, shape, draw), value], { padding });
};

const padded = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    padding: fc.tuple(...shape.map((extent) => fc.oneof(fc.constant<AxisPadding>([0, 0, 0]), paddingOf(extent)))),
  }),
);

test("pad surrounds, spreads and crops as the interpreter does", () => {
  fc.assert(
    fc.property(anyType, padded, draws, (dtype, { shape, padding }, draw) => {
      expect(padDifference(dtype, shape, padding, draw)).toBe("");
    }),
    { numRuns: 600 },
  );
});

test("runs of any length are padded by runs of any length", () => {
  for (const dtype of allTypes)
    for (let length = 0; length < 70; length += 1) {
      const draw = { seed: length, rarity: 5, kinds: 0 };
      expect([dtype, length, padDifference(dtype, [length], [[69 - length, length, 0]], draw)]).toEqual([
        dtype,
        length,
        "",
      ]);
    }
});

test("long lines are padded, spread and cropped", () => {
  const draw = { seed: 3, rarity: 9, kinds: 0 };
  for (const dtype of allTypes) {
    expect(
      padDifference(
        dtype,
        [3, 3001],
        [
          [1, 0, 0],
          [5, 700, 0],
        ],
        draw,
      ),
    ).toBe("");
    expect(
      padDifference(
        dtype,
        [2, 1201],
        [
          [0, 0, 1],
          [2, -3, 2],
        ],
        draw,
      ),
    ).toBe("");
    expect(
      padDifference(
        dtype,
        [1301, 2],
        [
          [-4, 1, 1],
          [0, 0, 0],
        ],
        draw,
      ),
    ).toBe("");
    expect(
      padDifference(
        dtype,
        [2, 3, 1000],
        [
          [0, 0, 0],
          [0, 0, 0],
          [-1, -998, 0],
        ],
        draw,
      ),
    ).toBe("");
  }
});

// --- concatenate ------------------------------------------------------------------------------

const joined = fc
  .tuple(
    shapes.filter(({ length }) => length > 0),
    fc.nat(),
    fc.array(extents, { minLength: 1, maxLength: 5 }),
  )
  .map(([shape, place, lengths]) => {
    const axis = place % shape.length;
    return { axis, parts: lengths.map((length) => shape.with(axis, length)) };
  });

const joinDifference = (dtype: AnyType, parts: readonly (readonly number[])[], axis: number, draw: Draw): string => {
  const arrays = parts.map((shape, k) => arrayOf(dtype, shape, { ...draw, seed: draw.seed + k }));
  return kernelDifference(concatenate.primitive as Primitive, arrays, { axis });
};

test("concatenate joins any number of parts along any axis", () => {
  fc.assert(
    fc.property(anyType, joined, draws, (dtype, { axis, parts }, draw) => {
      expect(joinDifference(dtype, parts, axis, draw)).toBe("");
    }),
    { numRuns: 300 },
  );
});

test("hundreds of parts are joined, and long ones", () => {
  const draw = { seed: 1, rarity: 0, kinds: 0 };
  expect(
    joinDifference(
      "float64",
      Array.from({ length: 480 }, () => [1]),
      0,
      draw,
    ),
  ).toBe("");
  expect(
    joinDifference(
      "float32",
      [
        [2, 3000],
        [2, 1],
        [2, 257],
      ],
      1,
      draw,
    ),
  ).toBe("");
  expect(
    planConcatenate(
      "float64",
      Array.from({ length: 481 }, () => [1]),
      0,
    ),
  ).toBeNull();
});

// --- Boxes ------------------------------------------------------------------------------------

const boxes = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    sizes: fc.tuple(
      ...shape.map((extent) =>
        fc.oneof(fc.constant(extent), fc.constant(Math.min(1, extent)), fc.integer({ min: 0, max: extent })),
      ),
    ),
    starts: fc.tuple(
      ...shape.map((extent) =>
        fc.oneof(
          fc.integer({ min: 0, max: extent }),
          fc.constantFrom(-1, -2147483648, 2147483647, 4294967295, 2147483648),
        ),
      ),
    ),
    type: fc.constantFrom("int32" as const, "uint32" as const),
  }),
);

const startsOf = (starts: readonly number[], type: "int32" | "uint32"): ConcreteArray => {
  const wrapped = Int32Array.from(starts, (start) => start | 0);
  return fromBuffer(type === "int32" ? wrapped : new Uint32Array(wrapped.buffer), [starts.length], type);
};

test("dynamicSlice reads the box nearest to where it is asked to begin", () => {
  fc.assert(
    fc.property(anyType, boxes, draws, (dtype, { shape, sizes, starts, type }, draw) => {
      const operands = [arrayOf(dtype, shape, draw), startsOf(starts, type)];
      expect(kernelDifference(dynamicSlice.primitive as Primitive, operands, { sizes })).toBe("");
    }),
    { numRuns: 400 },
  );
});

test("dynamicUpdateSlice writes there, and leaves the rest of the operand", () => {
  fc.assert(
    fc.property(anyType, boxes, draws, (dtype, { shape, sizes, starts, type }, draw) => {
      const update = arrayOf(dtype, sizes, { ...draw, seed: draw.seed + 1 });
      const operands = [arrayOf(dtype, shape, draw), update, startsOf(starts, type)];
      expect(kernelDifference(dynamicUpdateSlice.primitive as Primitive, operands)).toBe("");
    }),
    { numRuns: 400 },
  );
});

test("an operand in the place of the result is written to where it lies", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { module, call } = planDynamicUpdateSlice({ shape: [6], dtype: "float64" }, "int32", [2])!;
  new Float64Array(memory.buffer, 64, 6).set([1, 2, 3, 4, 5, 6]);
  new Float64Array(memory.buffer, 128, 2).set([-1, -2]);
  new Int32Array(memory.buffer, 160, 1).set([3]);
  instantiate(module, memory)[call.function]!(...call.args({ operands: [64, 128, 160], results: [64], scratch: 0 }));
  expect([...new Float64Array(memory.buffer, 64, 6)]).toEqual([1, 2, 3, -1, -2, 6]);
});

// --- All --------------------------------------------------------------------------------------

test("dtypes unknown and more axes than kernels have are left to the interpreter", () => {
  const deep = new Array<number>(17).fill(1);
  expect(planPad("complex", [1], [[0, 0, 0]])).toBeNull();
  expect(
    planPad(
      "bool",
      deep,
      deep.map(() => [1, 1, 0]),
    ),
  ).toBeNull();
  expect(planConcatenate("complex", [[1], [1]], 0)).toBeNull();
  expect(planDynamicSlice({ shape: deep, dtype: "bool" }, "int32", deep)).toBeNull();
  expect(planDynamicSlice({ shape: [1], dtype: "bool" }, "bool", [1])).toBeNull();
});

test("modules are valid, import the memory alone, and use no relaxed instruction", () => {
  const planned: readonly (PrebuiltRoutine | null)[] = [
    planPad(
      "float64",
      [2, 3],
      [
        [1, 1, 0],
        [1, 1, 1],
      ],
    ),
    planPad(
      "float32",
      [2, 3],
      [
        [1, 1, 2],
        [1, 1, 0],
      ],
    ),
    planConcatenate(
      "bool",
      [
        [2, 3],
        [2, 1],
      ],
      1,
    ),
    planDynamicSlice({ shape: [4, 5], dtype: "float32" }, "int32", [2, 2]),
    planDynamicUpdateSlice({ shape: [4, 5], dtype: "float32" }, "uint32", [2, 2]),
  ];
  for (const routine of planned) {
    const text = disassemble(routine!.module.build());
    expect(text).not.toContain("relaxed");
    expect(text.match(/\(import[^\n]*/g)).toEqual([expect.stringContaining('(import "env" "memory"')]);
    expect(text).not.toContain("memory.grow");
  }
});

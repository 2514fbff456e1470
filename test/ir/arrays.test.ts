/**
 * Arrays and dtypes: the promotion table, weak numbers, what `array` makes of data, what arrays give back.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit, NDArray } from "cotangent";
import type { DType } from "cotangent";
import * as np from "cotangent/numpy";
import { castBuffer } from "../../src/array/create.ts";
import { dtypes, promoteTypes, resultType } from "../../src/array/dtype.ts";
import { expectError } from "../semantics/support.ts";

describe("promotion", () => {
  test("of two dtypes is this table", () => {
    const rows = dtypes.map((left) => [left, ...dtypes.map((right) => promoteTypes(left, right))].join(" "));
    expect(rows).toEqual([
      "float64 float64 float64 float64 float64 float64",
      "float32 float64 float32 float32 float32 float32",
      "int32 float64 float32 int32 float64 int32",
      "uint32 float64 float32 float64 uint32 uint32",
      "bool float64 float32 int32 uint32 bool",
    ]);
  });

  test("is total, symmetric and idempotent, and its result absorbs both", () => {
    for (const left of dtypes)
      for (const right of dtypes) {
        const joined = promoteTypes(left, right);
        expect(dtypes).toContain(joined);
        expect(promoteTypes(right, left)).toBe(joined);
        expect(promoteTypes(left, left)).toBe(left);
        expect(promoteTypes(joined, left)).toBe(joined);
      }
  });

  test("of arrays follows the table in any order of operands, eager and jitted", () => {
    for (const left of dtypes)
      for (const right of dtypes) {
        const [x, y] = [array([1, 0], { dtype: left }), array([1, 1], { dtype: right })];
        const wanted = promoteTypes(left, right);
        expect([
          np.maximum(x, y).dtype,
          np.maximum(y, x).dtype,
          jit(np.maximum as (a: NDArray, b: NDArray) => NDArray)(x, y).dtype,
        ]).toEqual([wanted, wanted, wanted]);
      }
  });

  test("of a JavaScript number never widens a float, keeps integers for whole numbers, and makes fractions float64", () => {
    const withNumber = (dtype: DType, value: number | boolean): DType => np.add(array([1], { dtype }), value).dtype;
    const table = dtypes.map((dtype) =>
      [dtype, withNumber(dtype, 1), withNumber(dtype, 1.5), withNumber(dtype, true)].join(" "),
    );
    expect(table).toEqual([
      "float64 float64 float64 float64",
      "float32 float32 float32 float32",
      "int32 int32 float64 int32",
      "uint32 uint32 float64 uint32",
      "bool int32 float64 int32",
    ]);
    for (const dtype of dtypes)
      for (const value of [1, 1.5]) {
        expect(jit((x: NDArray) => np.add(x, value))(array([1], { dtype })).dtype).toBe(withNumber(dtype, value));
        expect(np.add(value, array([1], { dtype })).dtype).toBe(withNumber(dtype, value));
      }
  });

  test("of weak operands alone stays weak, and yields later", () => {
    const weak = np.add(1, 2);
    expect(weak.weakType).not.toBe(false);
    expect(np.mul(weak, array([1], { dtype: "float32" })).dtype).toBe("float32");
    expect(
      resultType([
        { dtype: "float64", weakType: "integer" },
        { dtype: "float64", weakType: "float" },
      ]),
    ).toEqual({ dtype: "float64", weakType: "float" });
    const inside = jit((x: NDArray | number) => np.add(x, 1))(2);
    expect(inside.weakType).not.toBe(false);
    expect(np.mul(inside, array([1], { dtype: "float32" })).dtype).toBe("float32");
  });
});

describe("array", () => {
  test("keeps numbers as float64, booleans as bool, typed arrays in their own dtype, and converts on request", () => {
    expect([array(1).dtype, array([true, false]).dtype, array([true, 1]).dtype, array([]).dtype]).toEqual([
      "float64",
      "bool",
      "float64",
      "float64",
    ]);
    const views = [new Float64Array(2), new Float32Array(2), new Int32Array(2), new Uint32Array(2)];
    expect(views.map((view) => array(view).dtype)).toEqual(["float64", "float32", "int32", "uint32"]);
    expect(() => array(new Uint8Array(2))).toThrow(expect.objectContaining({ code: "DTypeMismatch" }));
    expect(array(new Uint8Array([0, 2, 255]), { dtype: "bool" }).toList()).toEqual([false, true, true]);
    expect(array(new Uint8Array([0, 2, 255]), { dtype: "float32" }).toList()).toEqual([0, 2, 255]);
    expect(array([1.5, -1.5, NaN, 1e10, -Infinity], { dtype: "int32" }).toList()).toEqual([
      1, -1, 0, 2147483647, -2147483648,
    ]);
    expect(array([1.5, -1.5, NaN, 1e10], { dtype: "uint32" }).toList()).toEqual([1, 0, 0, 4294967295]);
    expect(array([0, -0, 2, NaN], { dtype: "bool" }).toList()).toEqual([false, false, true, true]);
    expect(array([0.1], { dtype: "float32" }).item()).toBe(Math.fround(0.1));
  });

  test("and toList are inverse for any shape, and row-major", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        const x = array(
          Float64Array.from({ length: size }, (_, k) => k),
          { shape },
        );
        expect([x.shape, x.size, x.ndim]).toEqual([shape, size, shape.length]);
        expect([...x.toTypedArray()]).toEqual(Array.from({ length: size }, (_, k) => k));
        // A list ends at its first empty axis: what lies deeper cannot be read off it.
        const empty = shape.indexOf(0);
        expect(array(x.toList() as number[]).shape).toEqual(empty < 0 ? shape : shape.slice(0, empty + 1));
        expect(array(x.toList() as number[], { shape }).toList()).toEqual(x.toList());
      }),
    );
  });

  test("accepts arrays and typed arrays among rows", () => {
    expect(array([array([1, 2]), [3, 4], new Float32Array([5, 6])] as never).toList()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(array([array(1), 2] as never).toList()).toEqual([1, 2]);
  });

  test("of an array with no other dtype is that array", () => {
    const x = array([1, 2]);
    expect(array(x)).toBe(x);
    expect(array(x, { dtype: "float32" }).dtype).toBe("float32");
    expect(array(x, { shape: [2, 1] }).toList()).toEqual([[1], [2]]);
  });

  test("refuses a shape that the data does not fill", () => {
    expectError(() => array([1, 2, 3], { shape: [2, 2] }), "ShapeMismatch", "3 elements", "[2,2]");
  });

  test("of size 1 is a number, of any other size is not", () => {
    expect([array([[5]]).item(), Number(array(5)), array(true).item()]).toEqual([5, 5, 1]);
    for (const x of [array([]), array([1, 2])]) expectError(() => x.item(), "NotAScalar", `[${x.size}]`);
  });

  test("prints its elements and dtype, and cuts long axes", () => {
    expect([
      String(
        array([
          [1, -0],
          [NaN, 1e300],
        ]),
      ),
      String(array([true])),
      String(array(2, { dtype: "int32" })),
      String(np.zeros([0, 2])),
    ]).toMatchInlineSnapshot(`
      [
        "array([[1, -0], [NaN, 1e+300]], float64)",
        "array([true], bool)",
        "array(2, int32)",
        "array([], float64)",
      ]
    `);
    expect(String(np.arange(100))).toMatchInlineSnapshot(`"array([0, 1, 2, ..., 97, 98, 99], float64)"`);
    expect(JSON.stringify({ x: array([[1], [2]]) })).toBe('{"x":[[1],[2]]}');
  });
});

test("casting follows the documented table for special values, in every direction", () => {
  const special = [NaN, Infinity, -Infinity, -0, 0.5, -0.5, 2147483647.5, -2147483649, 4294967296, 1e300];
  const table = (["float64", "float32", "int32", "uint32", "bool"] as const).map((to) =>
    [to, ...castBuffer(special, "float64", to)].join(" "),
  );
  expect(table).toMatchInlineSnapshot(`
    [
      "float64 NaN Infinity -Infinity 0 0.5 -0.5 2147483647.5 -2147483649 4294967296 1e+300",
      "float32 NaN Infinity -Infinity 0 0.5 -0.5 2147483648 -2147483648 4294967296 Infinity",
      "int32 0 2147483647 -2147483648 0 0 0 2147483647 -2147483648 2147483647 2147483647",
      "uint32 0 4294967295 0 0 0 0 2147483647 0 4294967295 4294967295",
      "bool 1 1 1 0 1 1 1 1 1 1",
    ]
  `);
  expect([...castBuffer([-1, 2 ** 31], "int32", "uint32")]).toEqual([4294967295, 2147483648]);
  expect([...castBuffer([4294967295, 1], "uint32", "int32")]).toEqual([-1, 1]);
});

describe("creation", () => {
  test("zeros, ones, full, eye, arange and linspace give the shapes and values of their names, in every dtype", () => {
    for (const dtype of dtypes) {
      expect([
        np.zeros([2, 1], { dtype }).dtype,
        np.ones(2, { dtype }).dtype,
        np.full([2], 1, { dtype }).dtype,
        np.eye(2, 3, { dtype }).dtype,
      ]).toEqual([dtype, dtype, dtype, dtype]);
      expect([...np.ones([2, 2], { dtype }).toTypedArray()]).toEqual([1, 1, 1, 1]);
    }
    expect(np.eye(2, 3, { k: 1 }).toList()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect([
      np.arange(3).toList(),
      np.arange(1, 4).toList(),
      np.arange(5, 0, -2).toList(),
      np.arange(0, 1, 0.3).toList().toString(),
    ]).toEqual([[0, 1, 2], [1, 2, 3], [5, 3, 1], "0,0.3,0.6,0.8999999999999999"]);
    expect([
      np.arange(3, 1).toList(),
      np.linspace(0, 1, 5).toList(),
      np.linspace(0, 1, 4, { endpoint: false }).toList(),
      np.linspace(2, 3, 1).toList(),
      np.linspace(0, 1, 0).toList(),
    ]).toEqual([[], [0, 0.25, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75], [2], []]);
    expectError(() => np.arange(0, 1, 0), "InvalidOption");
    expectError(() => np.arange(NaN), "InvalidOption");
  });

  test("the Like functions follow shape and dtype", () => {
    const x = array([[1, 2]], { dtype: "float32" });
    expect([np.zerosLike(x), np.onesLike(x), np.fullLike(x, 3)].map((y) => `${y.dtype} ${JSON.stringify(y)}`)).toEqual([
      "float32 [[0,0]]",
      "float32 [[1,1]]",
      "float32 [[3,3]]",
    ]);
  });
});

/**
 * Laws of .npy files: every array comes back to the bit, NumPy's own files read as what they hold, damage is noticed.
 * The files in base64 were written by NumPy 2.4.6 with the calls beside them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { npy, parseNpy } from "cotangent/topopt/files";
import { anyArray, expectFlipsTame, expectPrefixesRefused, expectSame, outcome } from "./damage.ts";

const fixture = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** np.save(file, np.array([[1.5, -0.0, np.inf], [5e-324, 2, -3]])) */
const float64File = fixture(
  "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAAACAAAAAAAAA8H8BAAAAAAAAAAAAAAAAAABAAAAAAAAACMA=",
);
const float64Values = array([
  [1.5, -0, Infinity],
  [5e-324, 2, -3],
]);

/** NumPy's files and what they hold. */
const fixtures: Readonly<Record<string, readonly [file: string, values: NDArray]>> = {
  "np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3))": [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAwAAAAEAAAAEAAAAAgAAAAUAAAA=",
    array([0, 1, 2, 3, 4, 5], { dtype: "int32", shape: [2, 3] }),
  ],
  "np.array([1.5, -2], dtype='>f4')": [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/wAAAwAAAAA==",
    array([1.5, -2], { dtype: "float32" }),
  ],
  "np.uint32(7)": [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPHU0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAA",
    array(7, { dtype: "uint32" }),
  ],
  "np.lib.format.write_array(file, np.array([True, False]), version=(2, 0))": [
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICd8YjEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAA==",
    array([true, false]),
  ],
};

const read = (bytes: Uint8Array): readonly NDArray[] => [parseNpy(bytes)];

/** A file with this text as its header and so many bytes of elements. */
const fileWith = (header: string, bytes = 0): Uint8Array => {
  const text = new TextEncoder().encode(header);
  return Uint8Array.from([
    0x93,
    ...Buffer.from("NUMPY"),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...new Uint8Array(bytes),
  ]);
};

describe("npy and parseNpy", () => {
  test("every array comes back to the bit, whatever its shape and dtype", () =>
    fc.assert(fc.property(anyArray, (x) => expectSame(parseNpy(npy(x)), x))));

  test("the payload of a NaN survives", () => {
    const bits = BigUint64Array.of(0x7ff8_0000_dead_beefn);
    const file = npy(new Float64Array(bits.buffer));
    expect(new DataView(file.buffer).getBigUint64(file.length - 8, true)).toBe(bits[0]);
  });

  test("data begins at a multiple of 64 bytes behind a header that ends its line", () =>
    fc.assert(
      fc.property(anyArray, (x) => {
        const file = npy(x);
        const start = 10 + new DataView(file.buffer).getUint16(8, true);
        expect(start % 64).toBe(0);
        expect(file[start - 1]).toBe(10);
      }),
    ));

  test("the file is the one that NumPy writes, to the byte", () => {
    expect(npy(float64Values)).toEqual(float64File);
    for (const text of ["np.uint32(7)"]) expect(npy(fixtures[text]![1])).toEqual(fixture(fixtures[text]![0]));
  });

  test("a view into a larger buffer reads as well as a buffer of its own", () => {
    const padded = new Uint8Array(float64File.length + 3);
    padded.set(float64File, 3);
    expectSame(parseNpy(padded.subarray(3)), float64Values);
  });

  test.each(Object.entries(fixtures))("%s reads as what it is", (_, [text, values]) =>
    expectSame(parseNpy(fixture(text)), values),
  );

  test("headers of other writers read too", () => {
    for (const header of [
      '{"shape": (2,), "fortran_order": False, "descr": "<f8"}',
      "{'descr':'<f8','fortran_order':False,'shape':(2,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }\n",
    ])
      expect(parseNpy(fileWith(header, 16)).shape).toEqual([2]);
  });
});

describe("damaged .npy files", () => {
  test("every beginning is refused", () => expectPrefixesRefused(float64File, read));

  test("every flipped bit is a coded error or leaves as many elements", () => {
    expectFlipsTame(float64File, read);
    for (const [text] of Object.values(fixtures)) expectFlipsTame(fixture(text), read);
  });

  test("random bytes behind the magic are a coded error", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 2, 3), (bytes, version) => {
        const file = Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...bytes]);
        expect(typeof outcome(() => read(file))).toBe("string");
      }),
    ));

  test.each([
    [
      "bytes behind the elements",
      fileWith("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 17),
      "MalformedFile",
    ],
    [
      "a size that the file does not have",
      fileWith("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", 8),
      "MalformedFile",
    ],
    [
      "a dimension beyond every number",
      fileWith(`{'descr': '<f8', 'fortran_order': False, 'shape': (0, ${"9".repeat(400)}), }`),
      "MalformedFile",
    ],
    [
      "a dimension that is no index",
      fileWith(`{'descr': '<f8', 'fortran_order': False, 'shape': (0, ${"9".repeat(20)}), }`),
      "InvalidShape",
    ],
    [
      "negative dimensions",
      fileWith("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }", 8),
      "MalformedFile",
    ],
    [
      "a key twice",
      fileWith("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8),
      "MalformedFile",
    ],
    ["a missing key", fileWith("{'descr': '<f8', 'shape': (1,), }", 8), "MalformedFile"],
    [
      "a surplus key",
      fileWith("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': True, }", 8),
      "MalformedFile",
    ],
    [
      "text behind the dictionary",
      fileWith("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } x", 8),
      "MalformedFile",
    ],
    [
      "65 axes",
      fileWith(`{'descr': '<f8', 'fortran_order': True, 'shape': (${"1, ".repeat(65)}), }`, 8),
      "MalformedFile",
    ],
    ["int64", fileWith("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", 8), "DTypeMismatch"],
    ["records", fileWith("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4), "DTypeMismatch"],
    ["objects", fileWith("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8), "DTypeMismatch"],
    [
      "a type named like a property of every object",
      fileWith("{'descr': '<toString', 'fortran_order': False, 'shape': (1,), }", 8),
      "DTypeMismatch",
    ],
    ["a string", "NUMPY" as never, "MalformedFile"],
  ])("%s: refused", (_, file, code) => expect(outcome(() => read(file))).toBe(code));

  test("a traced array has no bytes", () =>
    expect(() => jit((x: NDArray) => np.sum(x).add(npy(x).length))(array([1]))).toThrow(
      expect.objectContaining({ code: "TracerConversion" }),
    ));
});

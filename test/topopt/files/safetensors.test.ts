/**
 * Laws of safetensors files: trees come back to the bit, a reader of its own agrees, and no header is believed.
 * The file in base64 was written by the reference implementation, safetensors 0.8.0, with the call beside it.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, tree } from "cotangent";
import type { NDArray } from "cotangent";
import { parseSafetensors, safetensors } from "cotangent/topopt/files";
import { anyArray, expectFlipsTame, expectPrefixesRefused, expectSame, outcome } from "./damage.ts";

/**
 * save({ "layers.0.w": np.array([[1.5, -0.0]], np.float32), "n": np.array(3, np.int32), "mask": np.array([True, False]),
 *   "z": np.zeros((0, 2)) }, metadata={ "epoch": "3" }) of safetensors.numpy
 */
const referenceFile = new Uint8Array(
  Buffer.from(
    "CAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJlcG9jaCI6IjMifSwieiI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMCwyXSwiZGF0YV9vZmZzZXRzIjpbMCwwXX0sImxheWVycy4wLnciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzEsMl0sImRhdGFfb2Zmc2V0cyI6WzAsOF19LCJuIjp7ImR0eXBlIjoiSTMyIiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOls4LDEyXX0sIm1hc2siOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTIsMTRdfX0gICAAAMA/AAAAgAMAAAABAA==",
    "base64",
  ),
);
const referenceTree = {
  layers: [{ w: array([[1.5, -0]], { dtype: "float32" }) }],
  mask: array([true, false]),
  n: array(3, { dtype: "int32" }),
  z: array(new Float64Array(0), { shape: [0, 2] }),
};

type Tree = NDArray | null | { readonly [key: string]: Tree } | readonly Tree[];

/** Trees with leaves only in records and lists that have entries: what names can tell. */
const { named } = fc.letrec<{ named: Tree; node: Tree }>((tie) => ({
  node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, anyArray, tie("named")),
  named: fc.oneof(
    fc.dictionary(fc.stringMatching(/^[a-zé_]{1,3}$/), tie("node"), { minKeys: 1, maxKeys: 3 }),
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
  ),
}));

/** Trees of any kind that has a name for each leaf. */
const { any } = fc.letrec<{ any: Tree; node: Tree }>((tie) => ({
  node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, anyArray, fc.constant(null), tie("any")),
  any: fc.oneof(
    fc.dictionary(fc.constantFrom("0", "1", "a", "__proto__", "", " ", "😀"), tie("node"), { maxKeys: 3 }),
    fc.array(tie("node"), { maxLength: 3 }),
  ),
}));

const expectSameTree = (seen: unknown, wanted: unknown): void => {
  const [left, right] = [tree.flatten<unknown>(seen), tree.flatten<unknown>(wanted)];
  expect(left.treedef.text).toBe(right.treedef.text);
  (left.leaves as NDArray[]).forEach((x, k) => expectSame(x, right.leaves[k] as NDArray));
};

interface Place {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The format's own words: eight bytes of length, JSON, data without holes. */
const readIndependently = (file: Uint8Array): ReadonlyMap<string, Place & { readonly bytes: Buffer }> => {
  const buffer = Buffer.from(file);
  const length = Number(buffer.readBigUInt64LE(0));
  expect((8 + length) % 8).toBe(0);
  const header = JSON.parse(buffer.toString("utf8", 8, 8 + length)) as Record<string, Place>;
  const places = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .sort(
      ([, left], [, right]) =>
        left.data_offsets[0] - right.data_offsets[0] || left.data_offsets[1] - right.data_offsets[1],
    );
  let at = 0;
  for (const [, { data_offsets: offsets }] of places) {
    expect(offsets[0]).toBe(at);
    at = offsets[1];
  }
  expect(8 + length + at).toBe(file.length);
  return new Map(
    places.map(([name, place]) => [
      name,
      { ...place, bytes: buffer.subarray(8 + length + place.data_offsets[0], 8 + length + place.data_offsets[1]) },
    ]),
  );
};

const read = (bytes: Uint8Array): readonly NDArray[] => Object.values(parseSafetensors(bytes).tensors);

/** A file with this header and so many bytes of data. */
const fileWith = (header: unknown, bytes = 0): Uint8Array => {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, Buffer.alloc(bytes)]));
};

const place = (start: number, end: number, shape = [(end - start) / 4]): Place => ({
  dtype: "F32",
  shape,
  data_offsets: [start, end],
});

describe("safetensors and parseSafetensors", () => {
  test("trees of records and lists come back from their names, to the bit", () =>
    fc.assert(fc.property(named, (nodes) => expectSameTree(parseSafetensors(safetensors(nodes)).tree, nodes))));

  test("trees of every kind come back into a tree like them", () =>
    fc.assert(
      fc.property(any, (nodes) => {
        expectSameTree(parseSafetensors(safetensors(nodes), { like: nodes }).tree, nodes);
      }),
    ));

  test("a reader of its own finds every leaf under its path, and data without holes", () =>
    fc.assert(
      fc.property(named, (nodes) => {
        const found = readIndependently(safetensors(nodes));
        const { leaves, treedef } = tree.flatten<unknown>(nodes);
        const paths = tree.leafPaths(treedef).map((path) => path.replaceAll(/\[(\d+)\]/g, ".$1").replace(/^\./, ""));
        expect([...found.keys()].sort()).toEqual([...paths].sort());
        paths.forEach((path, k) => {
          const x = leaves[k] as NDArray;
          const { shape, dtype, bytes } = found.get(path)!;
          expect(shape).toEqual(x.shape);
          expect(dtype).toBe({ float64: "F64", float32: "F32", int32: "I32", uint32: "U32", bool: "BOOL" }[x.dtype]);
          expect(Buffer.compare(bytes, new Uint8Array(x.toTypedArray().buffer))).toBe(0);
        });
      }),
    ));

  test("the file is the one that the reference implementation writes, to the byte", () => {
    expect(safetensors(referenceTree, { metadata: { epoch: "3" } })).toEqual(referenceFile);
    const { tree: seen, metadata } = parseSafetensors(referenceFile);
    expectSameTree(seen, referenceTree);
    expect(metadata).toEqual({ epoch: "3" });
  });

  test("texts come back, and the order of keys does not matter", () => {
    const metadata = { 'quo"te': "line\nbreak", é: "😀", empty: "", __metadata__: "x" };
    expect(parseSafetensors(safetensors({ x: 1 }, { metadata })).metadata).toEqual(metadata);
    expect(safetensors({ a: 1, b: [2] })).toEqual(safetensors({ b: [2], a: 1 }));
  });

  test("numbers and truth values become scalars", () => {
    const { tensors } = parseSafetensors(safetensors({ rate: 0.5, isOn: true }));
    expectSame(tensors["rate"]!, array(0.5));
    expectSame(tensors["isOn"]!, array(true));
  });

  test("a name that begins another keeps its own leaf", () => {
    const file = fileWith({ "a.b": place(0, 4), a: place(4, 8), "a.c.d": place(8, 12) }, 12);
    expect(Object.keys(parseSafetensors(file).tensors)).toEqual(["a", "a.b", "a.c.d"]);
    expect(tree.flatten(parseSafetensors(file).tree).treedef.text).toBe('{"a":*,"a.b":*,"a.c.d":*}');
  });

  test.each([
    ["an array alone", () => safetensors(array([1])), "TreeMismatch"],
    ["two leaves of one name", () => safetensors({ "a.b": 1, a: { b: 2 } }), "TreeMismatch"],
    ["the name of the texts", () => safetensors({ __metadata__: 1 }), "TreeMismatch"],
    ["half a surrogate pair", () => safetensors({ "\ud800": 1 }), "TreeMismatch"],
    ["a text among the leaves", () => safetensors({ a: "1" }), "NotAnArray"],
    ["a number among the texts", () => safetensors({ a: 1 }, { metadata: { epoch: 3 as never } }), "InvalidOption"],
    ["an unknown option", () => safetensors({ a: 1 }, { meta: {} } as never), "UnknownOption"],
    ["a tree with another leaf", () => parseSafetensors(referenceFile, { like: { x: 1 } }), "TreeMismatch"],
    [
      "a tree with one leaf more",
      () => parseSafetensors(safetensors({ a: 1 }), { like: { a: 1, b: 1 } }),
      "TreeMismatch",
    ],
    [
      "a tree of another shape",
      () => parseSafetensors(safetensors({ a: 1 }), { like: { a: array([1]) } }),
      "TreeMismatch",
    ],
    ["a tree of another dtype", () => parseSafetensors(safetensors({ a: 1 }), { like: { a: true } }), "TreeMismatch"],
  ])("%s is refused", (_, f, code) => expect(f).toThrow(expect.objectContaining({ code })));
});

describe("damaged safetensors files", () => {
  test("every beginning is refused", () => expectPrefixesRefused(referenceFile, read));

  test("every flipped bit is a coded error or leaves as many elements", () => expectFlipsTame(referenceFile, read));

  test("random headers are coded errors", () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
        ),
        (text) => {
          const seen = outcome(() => read(fileWith(text)));
          if (typeof seen === "number")
            expect([seen, text.trim()]).toEqual([0, expect.stringMatching(/^\{\s*("__metadata__".*)?\}$/s)]);
        },
      ),
    ));

  test.each([
    ["a header longer than the file", new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 123]), "MalformedFile"],
    ["a header beyond the limit of readers", new Uint8Array([0, 0, 0, 8, 0, 0, 0, 0, 123]), "MalformedFile"],
    ["an overlap", fileWith({ a: place(0, 8), b: place(4, 12) }, 12), "MalformedFile"],
    ["a tensor twice at one place", fileWith({ a: place(0, 8), b: place(0, 8) }, 8), "MalformedFile"],
    ["a gap", fileWith({ a: place(0, 4), b: place(8, 12) }, 12), "MalformedFile"],
    ["a gap at the beginning", fileWith({ a: place(4, 8) }, 8), "MalformedFile"],
    ["data behind the last tensor", fileWith({ a: place(0, 4) }, 8), "MalformedFile"],
    ["a tensor beyond the file", fileWith({ a: place(0, 4e12) }, 8), "MalformedFile"],
    ["an end before the start", fileWith({ a: place(8, 4) }, 8), "MalformedFile"],
    ["a shape of another size", fileWith({ a: place(0, 8, [3]) }, 8), "MalformedFile"],
    ["a negative shape", fileWith({ a: place(0, 8, [-1, -2]) }, 8), "MalformedFile"],
    ["a fraction", fileWith({ a: place(0, 8, [0.5, 4]) }, 8), "MalformedFile"],
    [
      "a name twice",
      fileWith(`{"a":${JSON.stringify(place(0, 0))},"a":${JSON.stringify(place(0, 0))}}`),
      "MalformedFile",
    ],
    [
      "an escaped name twice",
      fileWith(`{"a":${JSON.stringify(place(0, 0))},"\\u0061":${JSON.stringify(place(0, 0))}}`),
      "MalformedFile",
    ],
    [
      "a dtype twice",
      fileWith('{"a":{"dtype":"F32","dtype":"F64","shape":[0],"data_offsets":[0,0]}}'),
      "MalformedFile",
    ],
    ["a surplus field", fileWith({ a: { ...place(0, 0), x: 1 } }), "MalformedFile"],
    ["texts that are numbers", fileWith({ __metadata__: { epoch: 3 } }), "MalformedFile"],
    ["a list", fileWith("[1]"), "MalformedFile"],
    ["deep nesting", fileWith(`{"a":${"[".repeat(200_000)}`), "MalformedFile"],
    ["bfloat16", fileWith({ a: { dtype: "BF16", shape: [2], data_offsets: [0, 4] } }, 4), "DTypeMismatch"],
    ["an integer of 64 bits", fileWith({ a: { dtype: "I64", shape: [1], data_offsets: [0, 8] } }, 8), "DTypeMismatch"],
  ])("%s: refused", (_, file, code) => expect(outcome(() => read(file))).toBe(code));
});

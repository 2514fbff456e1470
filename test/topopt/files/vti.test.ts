/**
 * Laws of .vti files, read back by a small reader of VTK's XML: values stand where VTK expects them, y up, in both encodings.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import { gridMesh } from "cotangent/fem";
import type { GridMesh } from "cotangent/fem";
import { vti } from "cotangent/topopt/files";
import type { VtiOptions } from "cotangent/topopt/files";
import { parseXml } from "../render/xml-checker.ts";
import type { XmlElement } from "../render/xml-checker.ts";

interface VtkArray {
  readonly kind: string;
  readonly type: string;
  readonly components: number;
  readonly values: readonly number[];
}

interface VtkImage {
  readonly image: XmlElement;
  readonly arrays: Readonly<Record<string, VtkArray>>;
}

const readers: Readonly<Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  Float64: [8, (view, at) => view.getFloat64(at, true)],
  Float32: [4, (view, at) => view.getFloat32(at, true)],
  Int32: [4, (view, at) => view.getInt32(at, true)],
  UInt32: [4, (view, at) => view.getUint32(at, true)],
  UInt8: [1, (view, at) => view.getUint8(at)],
};

/** Elements of a block: its length in eight bytes, then the numbers. */
const readBlock = (block: Buffer, type: string): readonly number[] => {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const [width, read] = readers[type]!;
  const length = Number(view.getBigUint64(0, true));
  return Array.from({ length: length / width }, (_, k) => read(view, 8 + k * width));
};

const readVti = (file: Uint8Array): VtkImage => {
  const buffer = Buffer.from(file);
  const mark = buffer.indexOf('<AppendedData encoding="raw">\n   _');
  const appended = mark < 0 ? null : buffer.subarray(mark + '<AppendedData encoding="raw">\n   _'.length);
  const text = appended === null ? buffer.toString() : `${buffer.toString("utf8", 0, mark)}</VTKFile>`;
  const elements = parseXml(text.replace('<?xml version="1.0"?>\n', ""));
  expect(elements[0]!.attributes).toMatchObject({
    type: "ImageData",
    byte_order: "LittleEndian",
    header_type: "UInt64",
  });
  const arrays = elements
    .filter(({ name }) => name === "DataArray")
    .map(({ attributes, text: content, parent }): [string, VtkArray] => {
      const block =
        appended === null ? Buffer.from(content, "base64") : appended.subarray(Number(attributes["offset"]));
      expect(attributes["format"]).toBe(appended === null ? "binary" : "appended");
      const type = attributes["type"]!;
      const components = Number(attributes["NumberOfComponents"]);
      return [attributes["Name"]!, { kind: elements[parent]!.name, type, components, values: readBlock(block, type) }];
    });
  return { image: elements.find(({ name }) => name === "ImageData")!, arrays: Object.fromEntries(arrays) };
};

const meshes: fc.Arbitrary<GridMesh> = fc
  .record({
    nelx: fc.integer({ min: 1, max: 4 }),
    nely: fc.integer({ min: 1, max: 4 }),
    nelz: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  })
  .map(gridMesh);

const counting = (shape: readonly number[], dtype: NDArray["dtype"] = "float64"): NDArray => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return array(
    Array.from({ length: size }, (_, k) => (dtype === "bool" ? k % 2 : k)),
    { dtype, shape: [...shape] },
  );
};

const encodings = fc.constantFrom<VtiOptions["encoding"][]>("base64", "raw", undefined);

describe("vti", () => {
  test("element and node (column, row from the top, layer) stand at x, y from below, z", () =>
    fc.assert(
      fc.property(meshes, encodings, (mesh, encoding) => {
        const { elementShape, nodeShape, dimensions } = mesh;
        const { arrays } = readVti(
          vti({
            mesh,
            encoding,
            cellData: { density: counting(elementShape) },
            pointData: { u: counting([...nodeShape, dimensions]), t: counting(nodeShape, "float32") },
          }),
        );
        expect(arrays["density"]).toMatchObject({ kind: "CellData", type: "Float64", components: 1 });
        expect(arrays["u"]).toMatchObject({ kind: "PointData", type: "Float64", components: 3 });
        expect(arrays["t"]).toMatchObject({ kind: "PointData", type: "Float32", components: 1 });
        const expectAt = (shape: readonly number[], visit: (from: number, to: number) => void): void => {
          const [columns, rows, layers] = [shape.at(-1)!, shape.at(-2)!, shape.length === 3 ? shape[0]! : 1];
          for (let z = 0; z < layers; z++)
            for (let row = 0; row < rows; row++)
              for (let x = 0; x < columns; x++)
                visit((z * rows + row) * columns + x, (z * rows + (rows - 1 - row)) * columns + x);
        };
        expectAt(elementShape, (from, to) => expect(arrays["density"]!.values[to]).toBe(from));
        expectAt(nodeShape, (from, to) => {
          expect(arrays["t"]!.values[to]).toBe(from);
          const given = [0, 1, 2].map((k) => (k < dimensions ? dimensions * from + k : 0));
          expect(arrays["u"]!.values.slice(3 * to, 3 * to + 3)).toEqual(given);
        });
      }),
    ));

  test("extent and spacing are those of the mesh", () => {
    const flat = readVti(vti({ mesh: gridMesh({ nelx: 4, nely: 2, size: [8, 1] }) })).image.attributes;
    expect(flat).toEqual({ WholeExtent: "0 4 0 2 0 0", Origin: "0 0 0", Spacing: "2 0.5 1" });
    const solid = readVti(vti({ mesh: { elementShape: [3, 2, 4], size: [8, 1, 3] } })).image.attributes;
    expect(solid).toEqual({ WholeExtent: "0 4 0 2 0 3", Origin: "0 0 0", Spacing: "2 0.5 1" });
  });

  test("every dtype and any number of components keep their values", () => {
    const mesh = gridMesh({ nelx: 2, nely: 1 });
    const types = { float64: "Float64", float32: "Float32", int32: "Int32", uint32: "UInt32", bool: "UInt8" } as const;
    for (const [dtype, type] of Object.entries(types)) {
      const field = counting([1, 2, 6], dtype as NDArray["dtype"]);
      const { arrays } = readVti(vti({ mesh, cellData: { s: field } }));
      expect(arrays["s"]).toEqual({ kind: "CellData", type, components: 6, values: [...field.toTypedArray()] });
    }
  });

  test("values that are not finite, and -0, survive", () => {
    const { arrays } = readVti(
      vti({ mesh: gridMesh({ nelx: 4, nely: 1 }), cellData: { x: [[NaN, Infinity, -0, 5e-324]] } }),
    );
    expect(arrays["x"]!.values).toEqual([NaN, Infinity, -0, 5e-324]);
  });

  test("markup in names stays text", () => {
    const name = '"/><x a="&amp;<script>';
    const file = vti({ mesh: gridMesh({ nelx: 1, nely: 1 }), cellData: { [name]: [[1]] } });
    expect(Object.keys(readVti(file).arrays)).toEqual([name]);
  });

  const mesh = gridMesh({ nelx: 3, nely: 2 });
  test.each([
    ["a transposed field", { mesh, cellData: { x: counting([3, 2]) } }, "ShapeMismatch"],
    ["a field of nodes among those of elements", { mesh, cellData: { x: counting([3, 4]) } }, "ShapeMismatch"],
    ["load cases in front", { mesh, pointData: { u: counting([2, 3, 4, 2]) } }, "ShapeMismatch"],
    ["no component", { mesh, cellData: { x: counting([2, 3, 0]) } }, "ShapeMismatch"],
    ["a mesh of one axis", { mesh: { elementShape: [3], size: [3] } }, "InvalidOption"],
    ["a mesh without lengths", { mesh: { elementShape: [3, 2] } }, "InvalidOption"],
    ["an unknown encoding", { mesh, encoding: "ascii" }, "InvalidOption"],
    ["an unknown option", { mesh, cells: {} }, "UnknownOption"],
    ["nothing", undefined, "InvalidOption"],
  ])("%s is refused", (_, options, code) =>
    expect(() => vti(options as never)).toThrow(expect.objectContaining({ code })),
  );
});

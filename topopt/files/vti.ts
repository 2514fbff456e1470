/**
 * VTK image files (.vti) of fields on a grid, for ParaView and its relatives.
 * VTK's y axis goes up while row 0 of a field is the top: rows are turned round, so pictures stand upright and u_y points up.
 * Source: VTK File Formats (Kitware), XML formats, ImageData; header_type UInt64 of format version 1.0.
 */
import { InvalidOption, ShapeMismatch, TooLarge } from "../../src/error.ts";
import type { DType, TypedArray } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { allocate } from "../../src/array/storage.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { GridMesh } from "../../library/fem/index.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { base64 } from "../render/base64.ts";
import { escapeXml } from "../render/svg.ts";
import { concatenate, littleEndianBytes, viewOf } from "./bytes.ts";

export interface VtiOptions {
  /** The grid, or what counts of it: elements along every axis, and lengths of the box in metre. */
  readonly mesh: Pick<GridMesh, "elementShape" | "size">;
  /** Fields per element by name: shape [nely, nelx] or [nelz, nely, nelx], components behind. */
  readonly cellData?: Readonly<Record<string, ArrayData>> | undefined;
  /** Fields per node by name: one more along every axis, components behind. */
  readonly pointData?: Readonly<Record<string, ArrayData>> | undefined;
  /** "base64" by default: plain XML; "raw" takes three quarters of the bytes and is no longer text. */
  readonly encoding?: "base64" | "raw" | undefined;
}

/** A field in VTK's order: x runs fastest, then y upwards, then z. */
interface Field {
  readonly name: string;
  readonly dtype: DType;
  readonly components: number;
  readonly values: TypedArray;
}

const vtkTypes: Readonly<Record<DType, string>> = {
  float64: "Float64",
  float32: "Float32",
  int32: "Int32",
  uint32: "UInt32",
  bool: "UInt8",
};

const lengthBytes = 8;
/** Bytes of fields that fit into one text, as base64. */
const mostEncoded = 2 ** 28;

/** Rows turned round, and vectors of the plane with a third component of zero. */
const inVtkOrder = (x: NDArray, grid: Shape, given: number): Pick<Field, "components" | "values"> => {
  const [columns, rows] = [grid.at(-1)!, grid.at(-2)!];
  const layers = grid.length === 3 ? grid[0]! : 1;
  const components = given === 2 ? 3 : given;
  const source = x.toTypedArray();
  const values = allocate(x.dtype, layers * rows * columns * components);
  for (let layer = 0; layer < layers; layer++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const from = ((layer * rows + row) * columns + column) * given;
        const to = ((layer * rows + (rows - 1 - row)) * columns + column) * components;
        for (let k = 0; k < given; k++) values[to + k] = source[from + k]!;
      }
  return { components, values };
};

const readFields = (where: string, fields: Readonly<Record<string, ArrayData>>, grid: Shape): readonly Field[] =>
  Object.entries(fields).map(([name, data]) => {
    const x = array(data);
    const components = x.shape.slice(grid.length);
    if (!sameShape(x.shape.slice(0, grid.length), grid) || components.length > 1 || components[0] === 0)
      throw new ShapeMismatch(
        "vti",
        `${where} ${showValue(name)} of shape ${showShape(x.shape)}`,
        `This grid needs ${showShape(grid)}, and a last axis for components if there are several; write load cases one by one`,
      );
    return { name, dtype: x.dtype, ...inVtkOrder(x, grid, components[0] ?? 1) };
  });

/** Bytes of the elements behind their number. */
const block = ({ values }: Field): Uint8Array<ArrayBuffer> => {
  const bytes = littleEndianBytes(values);
  const length = new Uint8Array(lengthBytes);
  viewOf(length).setBigUint64(0, BigInt(bytes.length), true);
  return concatenate([length, bytes]);
};

const quoted = (attributes: Readonly<Record<string, string | number>>): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join("");

/** The element of a field: with its values, or with their place behind the text. */
const dataArray = (field: Field, encoded: string | number): string => {
  const attributes = { type: vtkTypes[field.dtype], Name: field.name, NumberOfComponents: field.components };
  return typeof encoded === "number"
    ? `        <DataArray${quoted({ ...attributes, format: "appended", offset: encoded })}/>\n`
    : `        <DataArray${quoted({ ...attributes, format: "binary" })}>${encoded}</DataArray>\n`;
};

const requireMesh = (mesh: VtiOptions["mesh"]): void => {
  const { elementShape: counts, size } = mesh ?? {};
  const areCounts = Array.isArray(counts) && counts.every((count) => Number.isSafeInteger(count) && count >= 1);
  const areLengths = Array.isArray(size) && size.every((length) => Number.isFinite(length) && length > 0);
  if (!areCounts || !areLengths || counts.length !== size.length || (counts.length !== 2 && counts.length !== 3))
    throw new InvalidOption("vti", `mesh ${showValue(mesh)}`, "Give a mesh of gridMesh, or its elementShape and size");
};

/** Opening tags down to the piece: numbers of elements and their edges along x, y, z. */
const opening = ({ elementShape, size }: VtiOptions["mesh"]): string => {
  const counts = [...elementShape].reverse();
  const extent = [0, 1, 2].map((axis) => `0 ${counts[axis] ?? 0}`).join(" ");
  const spacing = [0, 1, 2].map((axis) => (axis < counts.length ? size[axis]! / counts[axis]! : 1)).join(" ");
  const file = { type: "ImageData", version: "1.0", byte_order: "LittleEndian", header_type: "UInt64" };
  return `<?xml version="1.0"?>
<VTKFile${quoted(file)}>
  <ImageData${quoted({ WholeExtent: extent, Origin: "0 0 0", Spacing: spacing })}>
    <Piece${quoted({ Extent: extent })}>
`;
};

/** The element of all fields at one kind of place. */
const fieldsElement = (kind: string, fields: readonly Field[], encoded: readonly (string | number)[]): string =>
  `      <${kind}>\n${fields.map((field, k) => dataArray(field, encoded[k]!)).join("")}      </${kind}>\n`;

/**
 * Bytes of a .vti file: fields per element and per node of a grid in the plane or in space.
 * @param options  mesh; cellData and pointData by name, of any dtype (booleans become bytes); encoding
 * @returns        the file; the origin is the lower left corner, vectors of the plane get a third component of zero
 * @throws ShapeMismatch for a field of another grid, InvalidOption, UnknownOption, TooLarge for 256 MiB and more in
 *   base64, TracerConversion for traced fields
 * Cost: three copies. Not differentiable.
 * @example new TextDecoder().decode(vti({ mesh, cellData: { density: elementField(mesh, 0.5) } })).includes('WholeExtent="0 4 0 2 0 0"') // true
 */
export const vti = (options: VtiOptions): Uint8Array<ArrayBuffer> => {
  requireOptions("vti", options, ["mesh", "cellData", "pointData", "encoding"], true);
  const { mesh, cellData = {}, pointData = {}, encoding = "base64" } = options;
  requireMesh(mesh);
  if (encoding !== "base64" && encoding !== "raw")
    throw new InvalidOption("vti", `encoding ${showValue(encoding)}`, 'Use "base64" or "raw"');
  const { elementShape } = mesh;
  const points = readFields(
    "pointData",
    pointData,
    elementShape.map((count) => count + 1),
  );
  const cells = readFields("cellData", cellData, elementShape);
  const blocks = [...points, ...cells].map(block);
  const length = blocks.reduce((sum, { length: bytes }) => sum + bytes, 0);
  if (encoding === "base64" && length > mostEncoded)
    throw new TooLarge(
      "vti",
      `${length} bytes of fields in base64, the limit is ${mostEncoded}`,
      'Use encoding: "raw"',
    );
  let offset = 0;
  const encoded = blocks.map((bytes) =>
    encoding === "base64" ? base64(bytes) : (offset += bytes.length) - bytes.length,
  );
  const body =
    fieldsElement("PointData", points, encoded.slice(0, points.length)) +
    fieldsElement("CellData", cells, encoded.slice(points.length));
  const head = `${opening(mesh)}${body}    </Piece>\n  </ImageData>\n`;
  const text = new TextEncoder();
  if (encoding === "base64") return text.encode(`${head}</VTKFile>\n`);
  return concatenate([
    text.encode(`${head}  <AppendedData encoding="raw">\n   _`),
    ...blocks,
    text.encode("\n  </AppendedData>\n</VTKFile>\n"),
  ]);
};

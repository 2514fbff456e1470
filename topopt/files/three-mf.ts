/**
 * 3MF files: the surface of a design with shared corners, in double precision and with a unit, for printers.
 * A ZIP archive of three XML files: the kinds of content, where the model is, and the model.
 * Source: 3MF Core Specification 1.3; Open Packaging Conventions (ECMA-376, part 2).
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { escapeXml } from "../render/svg.ts";
import { concatenate } from "./bytes.ts";
import { isoSurfaceOptions, surfaceOf } from "./iso-surface.ts";
import type { IsoSurface, IsoSurfaceOptions } from "./iso-surface.ts";
import { zip } from "./zip.ts";

/** Units of length that the format knows. */
export type ThreeMfUnit = "micron" | "millimeter" | "centimeter" | "inch" | "foot" | "meter";

export interface ThreeMfOptions extends IsoSurfaceOptions {
  /** Unit of `size` and `thickness`, "millimeter" by default. */
  readonly unit?: ThreeMfUnit | undefined;
  /** Name of the model; none by default. */
  readonly title?: string | undefined;
}

const units: readonly ThreeMfUnit[] = ["micron", "millimeter", "centimeter", "inch", "foot", "meter"];

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
const modelPath = "3D/3dmodel.model";

const contentTypes = `${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
 <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
 <Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>
</Types>
`;

const relationships = `${declaration}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
 <Relationship Target="/${modelPath}" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>
</Relationships>
`;

/** Lines encoded at once: all together they could be longer than a text may be. */
const linesAtOnce = 65536;

/** One line for every three numbers. */
const encodeLines = (
  numbers: Float64Array | Uint32Array,
  lineOf: (first: number, second: number, third: number) => string,
): Uint8Array<ArrayBuffer> => {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < numbers.length; start += 3 * linesAtOnce) {
    const end = Math.min(numbers.length, start + 3 * linesAtOnce);
    const lines: string[] = [];
    for (let k = start; k < end; k += 3) lines.push(lineOf(numbers[k]!, numbers[k + 1]!, numbers[k + 2]!));
    parts.push(encode(lines.join("")));
  }
  return concatenate(parts);
};

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const model = (
  { vertices, triangles }: IsoSurface,
  unit: ThreeMfUnit,
  title: string | undefined,
): Uint8Array<ArrayBuffer> => {
  const name = title === undefined ? "" : ` <metadata name="Title">${escapeXml(title)}</metadata>\n`;
  return concatenate([
    encode(`${declaration}<model unit="${unit}" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
${name} <resources>
  <object id="1" type="model">
   <mesh>
    <vertices>
`),
    encodeLines(vertices, (x, y, z) => `     <vertex x="${x}" y="${y}" z="${z}"/>\n`),
    encode("    </vertices>\n    <triangles>\n"),
    encodeLines(triangles, (a, b, c) => `     <triangle v1="${a}" v2="${b}" v3="${c}"/>\n`),
    encode(`    </triangles>
   </mesh>
  </object>
 </resources>
 <build>
  <item objectid="1"/>
 </build>
</model>
`),
  ]);
};

/**
 * Bytes of a 3MF file with the closed surface of a design; see `isoSurface` for the surface.
 * @param density  element field: [nely, nelx], which is extruded, or [nelz, nely, nelx]; finite
 * @param options  iso; size of the whole box and thickness in `unit`; title
 * @returns        the archive, deflated; equal designs give equal bytes
 * @throws ShapeMismatch, InvalidElement, InvalidOption (also where no density exceeds iso), TooLarge, UnknownOption, TracerConversion
 * Cost: linear in the elements. Not differentiable.
 * @example threeMf([[1, 0]], { unit: "centimeter", title: "Strut" }).subarray(0, 2) // [80, 75]
 */
export const threeMf = (density: ArrayData, options: ThreeMfOptions = {}): Uint8Array<ArrayBuffer> => {
  requireOptions("threeMf", options, [...isoSurfaceOptions, "unit", "title"]);
  const { unit = "millimeter", title } = options;
  if (!units.includes(unit)) throw new InvalidOption("threeMf", `unit ${showValue(unit)}`, `Use ${units.join(", ")}`);
  if (title !== undefined && typeof title !== "string")
    throw new InvalidOption("threeMf", `title ${showValue(title)}`, "Give a text");
  const files = [
    { name: "[Content_Types].xml", content: encode(contentTypes) },
    { name: "_rels/.rels", content: encode(relationships) },
    { name: modelPath, content: model(surfaceOf("threeMf", density, options), unit, title) },
  ];
  return zip("threeMf", files, true);
};

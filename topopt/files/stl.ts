/**
 * Binary STL files: the surface of a design as loose triangles in single precision.
 * Source: 3D Systems, StereoLithography Interface Specification (1988), as described in Burns, Automated Fabrication (1993), section 6.5.
 */
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { viewOf } from "./bytes.ts";
import { isoSurfaceOptions, surfaceOf } from "./iso-surface.ts";
import type { IsoSurface, IsoSurfaceOptions } from "./iso-surface.ts";

const headerLength = 80;
/** A normal, three corners, and two bytes that nobody uses. */
const facetLength = 50;
/** Must not begin with "solid": readers would take the file for text. */
const headerText = "binary STL, cotangent";

type Vector = readonly [number, number, number];

/** Unit normal of a triangle. */
const normalOf = (a: Vector, b: Vector, c: Vector): Vector => {
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
  const normal: Vector = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const length = Math.hypot(...normal);
  return [normal[0] / length, normal[1] / length, normal[2] / length];
};

/** Refuses surfaces whose corners single precision cannot tell apart, or cannot hold. */
const requireDistinct = (vertices: Float32Array): void => {
  const places = new Set<string>();
  for (let k = 0; k < vertices.length; k += 3) places.add(`${vertices[k]} ${vertices[k + 1]} ${vertices[k + 2]}`);
  if (3 * places.size !== vertices.length || vertices.some((place) => !Number.isFinite(place)))
    throw new InvalidOption(
      "stl",
      "lengths at which single precision makes one corner of several",
      "Give a size nearer to 1, or write a 3MF file",
    );
};

const facets = ({ vertices, triangles }: IsoSurface): Uint8Array<ArrayBuffer> => {
  const rounded = Float32Array.from(vertices);
  requireDistinct(rounded);
  const corner = (k: number): Vector => [vertices[3 * k]!, vertices[3 * k + 1]!, vertices[3 * k + 2]!];
  const count = triangles.length / 3;
  const bytes = new Uint8Array(headerLength + 4 + facetLength * count);
  bytes.set(new TextEncoder().encode(headerText));
  const view = viewOf(bytes);
  view.setUint32(headerLength, count, true);
  for (let facet = 0; facet < count; facet++) {
    const [a, b, c] = [0, 1, 2].map((k) => triangles[3 * facet + k]!) as unknown as Vector;
    const start = headerLength + 4 + facetLength * facet;
    normalOf(corner(a), corner(b), corner(c)).forEach((part, axis) => view.setFloat32(start + 4 * axis, part, true));
    [a, b, c].forEach((vertex, k) => {
      for (let axis = 0; axis < 3; axis++)
        view.setFloat32(start + 12 + 12 * k + 4 * axis, rounded[3 * vertex + axis]!, true);
    });
  }
  return bytes;
};

/**
 * Bytes of a binary STL file with the closed surface of a design; see `isoSurface` for the surface.
 * @param density  element field: [nely, nelx], which is extruded, or [nelz, nely, nelx]; finite
 * @param options  iso; size of the whole box in any unit, STL has none; thickness of a design of the plane
 * @returns        84 bytes and 50 for every triangle; equal corners of triangles are equal to the bit
 * @throws ShapeMismatch, InvalidElement, InvalidOption (also where no density exceeds iso), TooLarge, UnknownOption, TracerConversion
 * Cost: linear in the elements. Not differentiable.
 * @example stl([[1, 0]], { iso: 0.5, thickness: 2 }).length // 3084
 */
export const stl = (density: ArrayData, options: IsoSurfaceOptions = {}): Uint8Array<ArrayBuffer> => {
  requireOptions("stl", options, isoSurfaceOptions);
  return facets(surfaceOf("stl", density, options));
};

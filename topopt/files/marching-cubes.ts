/**
 * The surface around the elements of a field in space that exceed a level, as triangles that share their corners.
 * Closed, without branches and self-intersections: every edge belongs to exactly two triangles, which pass it in opposite directions.
 * Loops of three corners are triangles, loops of four two triangles along the shorter diagonal, others fans around their centre;
 * diagonals and fans lie inside their cube, so no other cube has them, and a fan around a point within a convex body cannot fold.
 * Source: Lorensen & Cline 1987; see cube-loops.ts for the cases.
 */
import { TooLarge } from "../../src/error.ts";
import { crossing, sampleAxis } from "../render/sample-axis.ts";
import type { SampleAxis } from "../render/sample-axis.ts";
import { cubeCases } from "./cube-loops.ts";

/** Corners of triangles; seen from outside the material they turn against the clock. */
export interface Triangles {
  /** x, y, z of every corner, one after another. */
  readonly vertices: number[];
  /** Three indices of corners for every triangle. */
  readonly corners: number[];
}

/** A field in space whose y axis goes up: the value of an element by its column, its height and its layer. */
export interface SpaceField {
  /** Elements along x, y and z. */
  readonly counts: readonly [number, number, number];
  readonly value: (column: number, height: number, layer: number) => number;
}

/** The samples, and the crossings found so far by the sample before them and the axis. */
interface Sweep {
  readonly axes: readonly [SampleAxis, SampleAxis, SampleAxis];
  readonly strides: readonly [number, number, number];
  readonly samples: Float64Array;
  readonly level: number;
  readonly found: Int32Array;
  readonly triangles: Triangles;
}

const sampleAll = (axes: Sweep["axes"], value: SpaceField["value"]): Float64Array => {
  const [x, y, z] = axes;
  const samples = new Float64Array(x.places.length * y.places.length * z.places.length).fill(-Infinity);
  let at = 0;
  for (const layer of z.elements)
    for (const height of y.elements)
      for (const column of x.elements) {
        if (layer >= 0 && height >= 0 && column >= 0) samples[at] = value(column, height, layer);
        at++;
      }
  return samples;
};

/** As many corners as a set can hold, which is what finds equal ones. */
const mostVertices = 2 ** 24;

const addVertex = ({ vertices }: Triangles, place: readonly number[]): number => {
  if (vertices.length >= 3 * mostVertices)
    throw new TooLarge(
      "the surface of a design",
      `more than ${mostVertices} corners`,
      "Take a coarser density, or the parts of the box one by one",
    );
  return vertices.push(place[0]!, place[1]!, place[2]!) / 3 - 1;
};

/** The crossing on an edge of the cube at (column, height, layer). */
const crossingOn = (sweep: Sweep, cell: readonly [number, number, number], edge: number): number => {
  const { axes, strides, samples, level, found, triangles } = sweep;
  const axis = edge % 3;
  const corner = (edge - axis) / 3;
  const sample = cell.map((k, along) => k + ((corner >> along) & 1));
  const at = sample[0]! * strides[0] + sample[1]! * strides[1] + sample[2]! * strides[2];
  const known = found[3 * at + axis]!;
  if (known >= 0) return known;
  const values = [samples[at]!, samples[at + strides[axis]!]!] as const;
  const place = sample.map((k, along) =>
    along === axis ? crossing(axes[axis]!, k, values, level) : axes[along]!.places[k]!,
  );
  return (found[3 * at + axis] = addVertex(triangles, place));
};

const squaredDistance = (vertices: readonly number[], one: number, other: number): number =>
  [0, 1, 2].reduce((sum, axis) => sum + (vertices[3 * one + axis]! - vertices[3 * other + axis]!) ** 2, 0);

const centreOf = (vertices: readonly number[], loop: readonly number[]): number[] =>
  [0, 1, 2].map((axis) => loop.reduce((sum, vertex) => sum + vertices[3 * vertex + axis]!, 0) / loop.length);

/** Relative difference below which lengths count as equal. */
const tolerance = 1e-9;

const fillAroundCentre = (triangles: Triangles, loop: readonly number[]): void => {
  const centre = addVertex(triangles, centreOf(triangles.vertices, loop));
  loop.forEach((vertex, k) => triangles.corners.push(vertex, loop[(k + 1) % loop.length]!, centre));
};

/** Six times the volume of the tetrahedron with these corners: zero where they lie in a plane. */
const sixfoldVolume = (
  vertices: readonly number[],
  [a, b, c, d]: readonly [number, number, number, number],
): number => {
  const [ux, uy, uz, vx, vy, vz, wx, wy, wz] = [b, c, d].flatMap((corner) =>
    [0, 1, 2].map((axis) => vertices[3 * corner + axis]! - vertices[3 * a + axis]!),
  ) as [number, number, number, number, number, number, number, number, number];
  return ux * (vy * wz - vz * wy) + uy * (vz * wx - vx * wz) + uz * (vx * wy - vy * wx);
};

/** Where neither diagonal is shorter the choice must not depend on where the surface begins, or a mirrored design would not be mirrored. */
const fillQuadrilateral = (triangles: Triangles, loop: readonly [number, number, number, number]): void => {
  const { vertices, corners } = triangles;
  const [a, b, c, d] = loop;
  const [one, other] = [squaredDistance(vertices, a, c), squaredDistance(vertices, b, d)];
  const isTie = Math.abs(one - other) <= tolerance * (one + other);
  if (isTie && Math.abs(sixfoldVolume(vertices, loop)) > tolerance * one ** 1.5) fillAroundCentre(triangles, loop);
  else if (isTie || one < other) corners.push(a, b, c, a, c, d);
  else corners.push(b, c, d, b, d, a);
};

const fillLoop = (triangles: Triangles, loop: readonly number[]): void => {
  if (loop.length === 3) triangles.corners.push(...loop);
  else if (loop.length === 4) fillQuadrilateral(triangles, loop as readonly [number, number, number, number]);
  else fillAroundCentre(triangles, loop);
};

/**
 * The surface around what exceeds a level.
 * @param field  finite values
 * @param level  material is where a value exceeds it
 * @returns      vertices in elements from the corner of the box; nothing where no value exceeds the level
 * @throws TooLarge for more than 2^24 vertices
 * Cost: linear in the elements.
 */
export const marchingCubes = ({ counts, value }: SpaceField, level: number): Triangles => {
  const axes = counts.map(sampleAxis) as unknown as Sweep["axes"];
  const [nx, ny, nz] = axes.map((axis) => axis.places.length) as [number, number, number];
  const strides = [1, nx, nx * ny] as const;
  const samples = sampleAll(axes, value);
  const sweep: Sweep = {
    axes,
    strides,
    samples,
    level,
    found: new Int32Array(3 * samples.length).fill(-1),
    triangles: { vertices: [], corners: [] },
  };
  const offsets = Array.from({ length: 8 }, (_, corner) =>
    strides.reduce((sum, stride, axis) => sum + ((corner >> axis) & 1) * stride, 0),
  );
  for (let layer = 0; layer + 1 < nz; layer++)
    for (let height = 0; height + 1 < ny; height++)
      for (let column = 0; column + 1 < nx; column++) {
        const at = column + height * nx + layer * nx * ny;
        let configuration = 0;
        for (let corner = 0; corner < 8; corner++)
          if (samples[at + offsets[corner]!]! > level) configuration |= 1 << corner;
        for (const loop of cubeCases[configuration]!)
          fillLoop(
            sweep.triangles,
            loop.map((edge) => crossingOn(sweep, [column, height, layer], edge)),
          );
      }
  return sweep.triangles;
};

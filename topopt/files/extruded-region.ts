/**
 * The body between a region of the plane and its copy one thickness above: flat ends, upright walls, sharp edges.
 * The ends are the region's polygons cut into fans; every wall stands on one line of its contour.
 */
import type { Region } from "../render/marching-squares.ts";
import type { Triangles } from "./marching-cubes.ts";

/** Corners of the fans of a convex polygon. */
const fan = (polygon: readonly number[]): number[] =>
  polygon.slice(2).flatMap((corner, k) => [polygon[0]!, polygon[k + 1]!, corner]);

/**
 * The body over a region.
 * @param region  y down, as `regionAbove` gives it
 * @param nely    height of the grid, which turns y up
 * @returns       vertices in elements; z is 0 below and 1 above
 */
export const extrudedRegion = ({ points, polygons, loops }: Region, nely: number): Triangles => {
  const count = points.length / 2;
  const vertices: number[] = [];
  for (const z of [0, 1]) for (let k = 0; k < count; k++) vertices.push(points[2 * k]!, nely - points[2 * k + 1]!, z);
  const corners: number[] = [];
  // Clockwise on screen is what an end looks like from below once y goes up and z towards the reader.
  for (const polygon of polygons) {
    const flat = fan(polygon);
    for (const corner of flat) corners.push(corner);
    for (const corner of flat.reverse()) corners.push(corner + count);
  }
  for (const loop of loops)
    loop.forEach((start, k) => {
      const end = loop[(k + 1) % loop.length]!;
      corners.push(end, start, start + count, end, start + count, end + count);
    });
  return { vertices, corners };
};

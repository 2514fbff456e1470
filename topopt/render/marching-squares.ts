/**
 * The region where a field of the plane exceeds a level, cell by cell: its polygons and the closed lines around them.
 * Of two ways to join two opposite corners above the level, the one that keeps them apart is taken, on every cell alike,
 * so lines never cross or branch; the field is void outside, so they all close.
 * Source: Maple 2003, Geometric design and space planning using the marching squares and marching cube algorithms.
 */
import { crossing, sampleAxis } from "./sample-axis.ts";
import type { SampleAxis } from "./sample-axis.ts";

/** A region in elements from the top-left corner, y down. */
export interface Region {
  /** Points as x, y, x, y, .. */
  readonly points: readonly number[];
  /** Convex polygons that make up the region, each inside one cell, as indices of points; on screen all turn the same way, clockwise. */
  readonly polygons: readonly (readonly number[])[];
  /** Closed lines around the region, as indices of points, material on the right on screen: clockwise around it, the other way round holes. */
  readonly loops: readonly (readonly number[])[];
}

/** Row-major values and their counts. */
export interface SampledField {
  readonly nelx: number;
  readonly nely: number;
  readonly values: ArrayLike<number>;
}

/** Corners of a cell in order, clockwise on screen, as steps in x and y. */
const corners: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** What is known while cells are visited one after another. */
interface Sweep {
  readonly field: SampledField;
  readonly level: number;
  readonly x: SampleAxis;
  readonly y: SampleAxis;
  readonly points: number[];
  /** Points by the sample they stand at, or by the sample to the left of or above them. */
  readonly made: Map<number, number>;
  /** The point that follows every crossing on its line. */
  readonly next: Map<number, number>;
  readonly polygons: number[][];
}

const valueAt = ({ field, x, y }: Sweep, column: number, row: number): number => {
  const [element, line] = [x.elements[column]!, y.elements[row]!];
  return element < 0 || line < 0 ? -Infinity : field.values[line * field.nelx + element]!;
};

const point = (sweep: Sweep, key: number, place: () => readonly [number, number]): number => {
  const known = sweep.made.get(key);
  if (known !== undefined) return known;
  const index = sweep.points.length / 2;
  sweep.points.push(...place());
  sweep.made.set(key, index);
  return index;
};

/** The point on the side between two corners of a cell. */
const crossingPoint = (sweep: Sweep, column: number, row: number, side: number): number => {
  const { x, y, level } = sweep;
  const isHorizontal = side % 2 === 0;
  const [left, top] = [column + (side === 1 ? 1 : 0), row + (side === 2 ? 1 : 0)];
  return point(sweep, 3 * (top * x.places.length + left) + (isHorizontal ? 1 : 2), () => {
    const values = [
      valueAt(sweep, left, top),
      isHorizontal ? valueAt(sweep, left + 1, top) : valueAt(sweep, left, top + 1),
    ] as const;
    return isHorizontal
      ? [crossing(x, left, values, level), y.places[top]!]
      : [x.places[left]!, crossing(y, top, values, level)];
  });
};

const cornerPoint = (sweep: Sweep, column: number, row: number): number =>
  point(sweep, 3 * (row * sweep.x.places.length + column), () => [sweep.x.places[column]!, sweep.y.places[row]!]);

const visitCell = (sweep: Sweep, column: number, row: number): void => {
  const inside = corners.map(([right, down]) => valueAt(sweep, column + right, row + down) > sweep.level);
  if (!inside.includes(true)) return;
  const corner = (k: number): number => cornerPoint(sweep, column + corners[k]![0], row + corners[k]![1]);
  if (!inside.includes(false)) {
    sweep.polygons.push([0, 1, 2, 3].map(corner));
    return;
  }
  for (let first = 0; first < 4; first++) {
    const before = (first + 3) % 4;
    if (!inside[first] || inside[before]) continue;
    const entry = crossingPoint(sweep, column, row, before);
    const polygon = [entry];
    let last = first;
    for (; inside[last]; last = (last + 1) % 4) polygon.push(corner(last));
    const exit = crossingPoint(sweep, column, row, (last + 3) % 4);
    polygon.push(exit);
    sweep.polygons.push(polygon);
    // The line closes the polygon, hence goes around the material as the polygon does.
    sweep.next.set(exit, entry);
  }
};

/** Closed lines: every point has one successor and is one. */
const closedLines = (next: ReadonlyMap<number, number>): number[][] => {
  const seen = new Set<number>();
  const loops: number[][] = [];
  for (const start of next.keys()) {
    const loop: number[] = [];
    for (let at = start; !seen.has(at); at = next.get(at)!) {
      seen.add(at);
      loop.push(at);
    }
    if (loop.length > 0) loops.push(loop);
  }
  return loops;
};

/**
 * The region above a level.
 * @param field  finite values
 * @param level  material is where a value exceeds it
 * Cost: linear in the elements.
 */
export const regionAbove = (field: SampledField, level: number): Region => {
  const sweep: Sweep = {
    field,
    level,
    x: sampleAxis(field.nelx),
    y: sampleAxis(field.nely),
    points: [],
    made: new Map(),
    next: new Map(),
    polygons: [],
  };
  for (let row = 0; row + 1 < sweep.y.places.length; row++)
    for (let column = 0; column + 1 < sweep.x.places.length; column++) visitCell(sweep, column, row);
  return { points: sweep.points, polygons: sweep.polygons, loops: closedLines(sweep.next) };
};

/**
 * Where a surface passes through a cube, for each of the 256 ways in which its corners lie above or below the level: closed loops of edges.
 * On every face each run of corners above the level is cut off by one line. What happens on a face follows from its four corners alone,
 * so neighbouring cubes agree, and every edge with a crossing is met by exactly two lines of a cube, so lines join to loops.
 * Source: Lorensen & Cline 1987; the rule for faces is that of Nielson & Hamann 1991 with corners above the level always kept apart.
 */

/** Corner k stands at x = bit 0, y = bit 1, z = bit 2. */
export type CubeCase = readonly (readonly number[])[];

/** Edges as their lower corner and their axis: edge 3 * corner + axis. */
const edgeOf = (corner: number, other: number): number => {
  const axis = Math.log2(corner ^ other);
  return 3 * Math.min(corner, other) + axis;
};

/** Corners around every face, against the clock as seen from outside. */
const faces: readonly (readonly number[])[] = [0, 1, 2].flatMap((axis) => {
  const [u, v, w] = [1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3), 1 << axis];
  const lower = [0, v, u | v, u];
  return [lower, lower.map((corner) => corner | w).reverse()];
});

/** Lines on the face, from the edge where they begin to the one where they end. */
const linesOf = (face: readonly number[], inside: (corner: number) => boolean): (readonly [number, number])[] => {
  const lines: (readonly [number, number])[] = [];
  for (let first = 0; first < 4; first++) {
    const before = face[(first + 3) % 4]!;
    if (!inside(face[first]!) || inside(before)) continue;
    let last = first;
    while (inside(face[(last + 1) % 4]!)) last = (last + 1) % 4;
    const entry = edgeOf(before, face[first]!);
    const exit = edgeOf(face[last]!, face[(last + 1) % 4]!);
    lines.push([entry, exit]);
  }
  return lines;
};

const loopsOf = (configuration: number): CubeCase => {
  const inside = (corner: number): boolean => (configuration & (1 << corner)) !== 0;
  const next = new Map(faces.flatMap((face) => linesOf(face, inside)));
  const loops: number[][] = [];
  while (next.size > 0) {
    const loop: number[] = [];
    let [at] = next.keys();
    while (next.has(at!)) {
      loop.push(at!);
      const following = next.get(at!)!;
      next.delete(at!);
      at = following;
    }
    loops.push(loop);
  }
  return loops;
};

/** Loops by configuration: bit k says whether corner k is above the level. Seen from outside the material they turn against the clock. */
export const cubeCases: readonly CubeCase[] = Array.from({ length: 256 }, (_, configuration) => loopsOf(configuration));

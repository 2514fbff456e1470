/**
 * How fields of one grid lie in memory. Every component has a plane of its own, x fastest, so that two neighbours along x
 * are one vector. Around the nodes there are ghosts that hold zero: two before every row, one or two behind it, a row
 * before and after every layer, a layer before and after the bricks. Kernels then have no borders. Element fields lie in
 * the same way, an element at the place of its node with the smallest indices.
 */

export interface Geometry {
  /** Elements per axis, slowest first: [rows, columns] or [layers, rows, columns]. */
  readonly cells: readonly number[];
  readonly nodes: readonly number[];
  /** Pairs of nodes in a row, a ghost behind an odd number of nodes included. */
  readonly pairs: number;
  /** Numbers from one node to the next along each axis, slowest first. */
  readonly strides: readonly number[];
  /** Place of the first node. */
  readonly origin: number;
  /** Numbers of one component or one element field, ghosts included; a multiple of four. */
  readonly length: number;
}

/** Number of things in rows: the product of the counts per axis. */
export const countOf = (counts: readonly number[]): number => counts.reduce((product, count) => product * count, 1);

/** Nodes per axis. */
export const nodesOf = (cells: readonly number[]): readonly number[] => cells.map((count) => count + 1);

/** Rows along the last axis that lie between two things which are neighbours along each of the other axes. */
export const rowStrides = (counts: readonly number[]): readonly number[] =>
  counts.slice(0, -1).map((_, axis) => countOf(counts.slice(axis + 1, -1)));

const roundUp4 = (count: number): number => 4 * Math.ceil(count / 4);

/** @param cells  elements per axis, slowest first; two or three axes */
export const geometryOf = (cells: readonly number[]): Geometry => {
  const nodes = nodesOf(cells);
  const pairs = Math.ceil(nodes.at(-1)! / 2);
  const row = 2 + 2 * pairs;
  const layer = row * (nodes.at(-2)! + 2);
  const strides = cells.length === 2 ? [row, 1] : [layer, row, 1];
  const layers = cells.length === 2 ? 1 : nodes[0]! + 2;
  const origin = cells.length === 2 ? row + 2 : layer + row + 2;
  // What reads the pair behind the last one reads four numbers more.
  return { cells, nodes, pairs, strides, origin, length: roundUp4(layer * layers + 4) };
};

/** Place of a node, or of an element. */
export const placeOf = ({ strides, origin }: Geometry, at: readonly number[]): number =>
  at.reduce((place, index, axis) => place + index * strides[axis]!, origin);

/** Indices of the k-th of so many things in rows, slowest axis first. */
export const indicesIn = (counts: readonly number[], k: number): number[] => {
  const indices = counts.map(() => 0);
  let rest = k;
  for (let axis = counts.length - 1; axis >= 0; axis--) {
    indices[axis] = rest % counts[axis]!;
    rest = Math.floor(rest / counts[axis]!);
  }
  return indices;
};

/** Calls back for every row of things in rows: the indices of its first thing and that thing's number. */
export const forEachRow = (counts: readonly number[], run: (start: readonly number[], first: number) => void): void => {
  const outer = counts.slice(0, -1);
  const rows = countOf(outer);
  for (let row = 0; row < rows; row++) run([...indicesIn(outer, row), 0], row * counts.at(-1)!);
};

/** Index of a thing in rows. */
export const indexIn = (counts: readonly number[], at: readonly number[]): number =>
  at.reduce((k, index, axis) => k * counts[axis]! + index, 0);

/** Corners of an element, as steps along the axes, slowest first; the last axis changes fastest. */
export const cornersOf = (dimension: number): readonly (readonly number[])[] =>
  Array.from({ length: 2 ** dimension }, (_, k) => indicesIn(new Array<number>(dimension).fill(2), k));

/** Cells of the grids of a hierarchy, the finest first, each with twice as many per axis as the next. */
export const nestedCells = (cells: readonly number[], levels: number): readonly (readonly number[])[] => {
  const step = 2 ** (levels - 1);
  const coarsest = cells.map((count) => Math.ceil(count / step));
  return Array.from({ length: levels }, (_, level) => coarsest.map((count) => count * 2 ** (levels - 1 - level)));
};

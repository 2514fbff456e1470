/**
 * The matrices of all grids from their definition, dense: K of elements and springs on the finest, P' K P on the next ones with
 * P the multilinear interpolation, each without the rows and columns of dofs that do not move.
 */
import { indexIn, indicesIn, nestedCells } from "../../../kernels/multigrid/geometry.ts";
import type { GridElements } from "../../../kernels/multigrid/plan.ts";

export interface DenseGrid {
  /** Nodes per axis, slowest first. */
  readonly nodes: readonly number[];
  /** Whether a dof moves, by node and component. */
  readonly moves: readonly boolean[];
  /** Row-major, dofs by node and component. */
  readonly matrix: Float64Array;
}

/** A dof of the given grid, or one that filling it up has added. */
type State = "free" | "fixed" | "absent";

/** Coarse nodes that move a fine one, with their weights: products of 1 - |x / 2 - X| along the axes. */
const movers = (fine: readonly number[], coarse: readonly number[], node: number): (readonly [number, number])[] => {
  const at = indicesIn(fine, node);
  return Array.from({ length: coarse.reduce((count, own) => count * own, 1) }, (_, own) => {
    const weight = indicesIn(coarse, own).reduce(
      (product, index, axis) => product * Math.max(0, 1 - Math.abs(at[axis]! / 2 - index)),
      1,
    );
    return [own, weight] as const;
  }).filter(([, weight]) => weight > 0);
};

/** Removes the rows and columns of dofs that do not move. */
const masked = (matrix: Float64Array, states: readonly State[]): Float64Array =>
  matrix.map((value, k) =>
    states[Math.floor(k / states.length)] === "free" && states[k % states.length] === "free" ? value : 0,
  );

const finest = (system: GridElements, modulus: Float64Array, nodes: readonly number[]) => {
  const { elementShape, dofsPerNode, elementNodes, elementMatrix, fixed, springs } = system;
  const given = elementShape.map((count) => count + 1);
  const dofs = nodes.reduce((count, own) => count * own, dofsPerNode);
  const placeOf = (dof: number): number =>
    indexIn(nodes, indicesIn(given, Math.floor(dof / dofsPerNode))) * dofsPerNode + (dof % dofsPerNode);
  const states = new Array<State>(dofs).fill("absent");
  const matrix = new Float64Array(dofs * dofs);
  fixed.forEach((flag, dof) => (states[placeOf(dof)] = flag === 1 ? "fixed" : "free"));
  springs?.forEach((stiffness, dof) => (matrix[placeOf(dof) * (dofs + 1)]! += stiffness));
  const size = Math.sqrt(elementMatrix.length);
  modulus.forEach((value, element) => {
    const own = Array.from({ length: size }, (_, k) => {
      const node = elementNodes[(element * size) / dofsPerNode + Math.floor(k / dofsPerNode)]!;
      return placeOf(node * dofsPerNode + (k % dofsPerNode));
    });
    elementMatrix.forEach((entry, k) => {
      matrix[own[Math.floor(k / size)]! * dofs + own[k % size]!]! += value * entry;
    });
  });
  return { states, matrix: masked(matrix, states) };
};

/** A coarse dof is what the fine one at its place is; where that is absent, what those are that it moves. */
const coarseStates = (
  at: readonly (readonly number[])[],
  own: readonly number[],
  states: readonly State[],
  components: number,
): State[] =>
  own.flatMap((place, node) =>
    Array.from({ length: components }, (_, k): State => {
      const state = states[place * components + k]!;
      if (state !== "absent") return state;
      const moved = at.flatMap((nodes, fine) => (nodes.includes(node) ? [states[fine * components + k]!] : []));
      return moved.includes("free") ? "free" : moved.includes("fixed") ? "fixed" : "absent";
    }),
  );

export const gridsByDefinition = (system: GridElements, modulus: Float64Array, levels: number): DenseGrid[] => {
  const components = system.dofsPerNode;
  const all = nestedCells(system.elementShape, levels).map((cells) => cells.map((count) => count + 1));
  let { states, matrix } = finest(system, modulus, all[0]!);
  const grids: DenseGrid[] = [];
  for (let level = 0; ; level++) {
    const nodes = all[level]!;
    grids.push({ nodes, moves: states.map((state) => state === "free"), matrix });
    const coarse = all[level + 1];
    if (coarse === undefined) return grids;
    const count = nodes.reduce((product, own) => product * own, 1);
    const coarseCount = coarse.reduce((product, own) => product * own, 1);
    const weights = Array.from({ length: count }, (_, node) => movers(nodes, coarse, node));
    const [size, coarseSize] = [count * components, coarseCount * components];
    const next = new Float64Array(coarseSize * coarseSize);
    matrix.forEach((value, k) => {
      if (value === 0) return;
      const [row, column] = [Math.floor(k / size), k % size];
      for (const [a, left] of weights[Math.floor(row / components)]!)
        for (const [b, right] of weights[Math.floor(column / components)]!)
          next[(a * components + (row % components)) * coarseSize + b * components + (column % components)]! +=
            left * value * right;
    });
    const places = Array.from({ length: coarseCount }, (_, node) =>
      indexIn(
        nodes,
        indicesIn(coarse, node).map((index) => 2 * index),
      ),
    );
    states = coarseStates(
      weights.map((own) => own.map(([node]) => node)),
      places,
      states,
      components,
    );
    matrix = masked(next, states);
  }
};

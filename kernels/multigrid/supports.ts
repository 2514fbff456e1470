/**
 * Which dofs of every grid cannot move. A coarse dof is fixed where the fine dof at its place is, or where all fine dofs
 * that it moves are; grids are filled up with empty elements until they can be halved, and what moves only those is absent.
 */
import { countOf, forEachRow, indexIn, indicesIn, nodesOf } from "./geometry.ts";

/** States of a dof: it moves, a support holds it, or only empty elements are around it. Both others do not move. */
export const free = 0;
export const fixed = 1;
const absent = 2;

/** Nodes within one step of a node, those on the grid. */
const around = (nodes: readonly number[], node: readonly number[]): number[] => {
  const found: number[] = [];
  const steps = new Array<number>(nodes.length).fill(3);
  for (let k = 0; k < 3 ** nodes.length; k++) {
    const at = indicesIn(steps, k).map((step, axis) => node[axis]! + step - 1);
    if (at.every((index, axis) => index >= 0 && index < nodes[axis]!)) found.push(indexIn(nodes, at));
  }
  return found;
};

/** States on the filled-up finest grid. */
export const finestStates = (
  given: readonly number[],
  filled: readonly number[],
  flags: Uint8Array,
  components: number,
): Uint8Array => {
  const states = new Uint8Array(countOf(nodesOf(filled)) * components).fill(absent);
  const width = (given.at(-1)! + 1) * components;
  forEachRow(nodesOf(given), (start, first) => {
    const own = flags.subarray(first * components, first * components + width);
    states.set(
      own.map((flag) => (flag === 1 ? fixed : free)),
      indexIn(nodesOf(filled), start) * components,
    );
  });
  return states;
};

/** The state of a coarse dof where no fine dof is at its place: that of those it moves. */
const stateOfMoved = (
  fine: readonly number[],
  states: Uint8Array,
  node: readonly number[],
  components: number,
  component: number,
): number => {
  const found = around(nodesOf(fine), node).map((own) => states[own * components + component]!);
  return found.includes(free) ? free : found.includes(fixed) ? fixed : absent;
};

/** States on the next coarser grid. */
export const coarserStates = (fine: readonly number[], states: Uint8Array, components: number): Uint8Array => {
  const coarse = fine.map((count) => count / 2);
  const out = new Uint8Array(countOf(nodesOf(coarse)) * components);
  forEachRow(nodesOf(coarse), (start, first) => {
    const place = start.map((index) => 2 * index);
    const own = indexIn(nodesOf(fine), place);
    for (let x = 0; x <= coarse.at(-1)!; x++)
      for (let k = 0; k < components; k++) {
        const state = states[(own + 2 * x) * components + k]!;
        out[(first + x) * components + k] =
          state === absent ? stateOfMoved(fine, states, [...place.slice(0, -1), 2 * x], components, k) : state;
      }
  });
  return out;
};

/**
 * Coarse dofs that move fixed fine ones, or fine ones in doubt: where little is free, several of them may move the same.
 * @param states    of the fine grid
 * @param doubtful  flags of the fine grid
 * @returns         flags of the coarse grid
 */
export const doubtfulDofs = (
  fine: readonly number[],
  states: Uint8Array,
  doubtful: Uint8Array,
  components: number,
): Uint8Array => {
  const coarse = fine.map((count) => count / 2);
  const out = new Uint8Array(countOf(nodesOf(coarse)) * components);
  for (let n = 0; n < countOf(nodesOf(fine)); n++)
    for (let k = 0; k < components; k++) {
      if (states[n * components + k] !== fixed && doubtful[n * components + k] === 0) continue;
      for (const node of coarseAround(coarse, indicesIn(nodesOf(fine), n))) out[node * components + k] = 1;
    }
  return out;
};

/** Coarse nodes that move a fine node. */
const coarseAround = (coarse: readonly number[], node: readonly number[]): number[] => {
  let found: number[][] = [[]];
  for (const index of node) {
    const own = index % 2 === 0 ? [index / 2] : [(index - 1) / 2, (index + 1) / 2];
    found = found.flatMap((start) => own.map((step) => [...start, step]));
  }
  return found.map((at) => indexIn(nodesOf(coarse), at));
};

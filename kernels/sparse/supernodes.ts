/**
 * Groups factor columns into supernodes: runs of equal structure first, then merges that pay for their zeros.
 * A merge is taken when a model of the time of one front says that the two fronts together cost more than one.
 * Source: Ashcraft & Grimes 1989 (relaxed supernodes); the weights were fitted on plane grids.
 */

import { postorder } from "./elimination-tree.ts";

/** Supernodes in an order in which every subtree is contiguous. */
export interface Supernodes {
  /** order[k] = old column that becomes column k. */
  readonly order: Int32Array;
  /** Columns of supernode s: start[s] .. start[s + 1]. */
  readonly start: Int32Array;
  /** Number of front rows below the columns of supernode s. */
  readonly updateCount: Int32Array;
  /** Parent supernode, -1 at roots. */
  readonly parents: Int32Array;
}

/** Rounds up to whole blocks of four. */
export const roundUp4 = (count: number): number => (count + 3) & ~3;

/**
 * Time of one front with k pivots and m update rows, in units of one multiply-add.
 * Cubic: elimination. Quadratic in m: clearing and extend-add. Linear in the panel: assembly and later solves.
 */
function frontCost(pivots: number, updates: number): number {
  const k = roundUp4(pivots);
  const m = roundUp4(updates);
  return (k * k * k) / 6 + (k * k * m) / 2 + (k * m * m) / 2 + 4 * m * m + 12 * k * (k + m) + 1000;
}

/** First column of every run of columns with nested, equal structure; ends with the column count. */
function fundamentalStarts(parents: Int32Array, counts: Int32Array): Int32Array {
  const starts: number[] = [];
  for (let j = 0; j < parents.length; j++) {
    const continues = j > 0 && parents[j - 1] === j && counts[j - 1] === counts[j]! + 1;
    if (!continues) starts.push(j);
  }
  starts.push(parents.length);
  return Int32Array.from(starts);
}

function supernodeParents(start: Int32Array, columnParents: Int32Array): Int32Array {
  const count = start.length - 1;
  const owner = new Int32Array(columnParents.length);
  for (let s = 0; s < count; s++) owner.fill(s, start[s]!, start[s + 1]!);
  const parents = new Int32Array(count);
  for (let s = 0; s < count; s++) {
    const parent = columnParents[start[s + 1]! - 1]!;
    parents[s] = parent === -1 ? -1 : owner[parent]!;
  }
  return parents;
}

/** For every supernode the one it is merged into (itself when it stays), decided child by child, parents last. */
function mergeTargets(parents: Int32Array, widths: Int32Array, updates: Int32Array, dofsPerNode: number): Int32Array {
  const count = parents.length;
  const target = Int32Array.from({ length: count }, (_, s) => s);
  const merged = widths.slice();
  // Children come before parents, so a supernode has its final width when it is offered to its parent.
  for (let s = 0; s < count; s++) {
    const parent = parents[s]!;
    if (parent === -1) continue;
    const together = merged[s]! + merged[parent]!;
    const apart =
      frontCost(merged[s]! * dofsPerNode, updates[s]! * dofsPerNode) +
      frontCost(merged[parent]! * dofsPerNode, updates[parent]! * dofsPerNode);
    if (frontCost(together * dofsPerNode, updates[parent]! * dofsPerNode) > apart) continue;
    target[s] = parent;
    merged[parent] = together;
  }
  for (let s = count - 1; s >= 0; s--) target[s] = target[target[s]!]!;
  return target;
}

/** Numbers the surviving supernodes in postorder and lists their columns. */
function numberSupernodes(start: Int32Array, parents: Int32Array, updates: Int32Array, target: Int32Array): Supernodes {
  const kept = target.filter((t, s) => t === s);
  const compact = new Int32Array(target.length).fill(-1);
  kept.forEach((s, k) => {
    compact[s] = k;
  });
  const keptParents = kept.map((s) => (parents[s] === -1 ? -1 : compact[target[parents[s]!]!]!));
  const visit = postorder(keptParents);
  const rank = new Int32Array(visit.length);
  visit.forEach((k, r) => {
    rank[k] = r;
  });
  const newStart = new Int32Array(visit.length + 1);
  for (let s = 0; s < target.length; s++) {
    const r = rank[compact[target[s]!]!]!;
    newStart[r + 1] = newStart[r + 1]! + start[s + 1]! - start[s]!;
  }
  for (let r = 0; r < visit.length; r++) newStart[r + 1] = newStart[r + 1]! + newStart[r]!;
  const next = newStart.slice();
  const order = new Int32Array(start[target.length]!);
  for (let s = 0; s < target.length; s++) {
    const r = rank[compact[target[s]!]!]!;
    for (let j = start[s]!; j < start[s + 1]!; j++) {
      order[next[r]!] = j;
      next[r] = next[r]! + 1;
    }
  }
  const newParents = visit.map((k) => (keptParents[k] === -1 ? -1 : rank[keptParents[k]!]!));
  return { order, start: newStart, updateCount: visit.map((k) => updates[kept[k]!]!), parents: newParents };
}

/**
 * Relaxed supernodes of a postordered elimination tree.
 * @param parents      parent of every column, -1 at roots; must be a postorder
 * @param counts       entries of every factor column, diagonal included
 * @param dofsPerNode  dofs that each column stands for
 */
export function relaxedSupernodes(parents: Int32Array, counts: Int32Array, dofsPerNode: number): Supernodes {
  const start = fundamentalStarts(parents, counts);
  const count = start.length - 1;
  const widths = new Int32Array(count);
  const updates = new Int32Array(count);
  for (let s = 0; s < count; s++) {
    widths[s] = start[s + 1]! - start[s]!;
    updates[s] = counts[start[s + 1]! - 1]! - 1;
  }
  const treeParents = supernodeParents(start, parents);
  const target = mergeTargets(treeParents, widths, updates, dofsPerNode);
  return numberSupernodes(start, treeParents, updates, target);
}

/**
 * A factorization in parts: disjoint subtrees of the elimination tree, dealt out to threads so that all have about as much
 * to do, and the top, which comes afterwards. A part touches nothing of another one, and every front adds its children in
 * the same order as ever, so that the factor does not depend on the parts.
 * Source: Geist & Ng 1989 (subtrees are split from the top until they balance); Graham 1969 (longest task first).
 */
import type { Analysis } from "../sparse/analysis.ts";
import { blockTriangleLength } from "../sparse/update-rows.ts";

/** Consecutive supernodes, `last` not among them. */
export interface SupernodeRange {
  readonly first: number;
  readonly last: number;
}

/** Who eliminates what: ascending ranges, every supernode in one of them. */
export interface Partition {
  /** Complete subtrees, part by part; a part may have none. */
  readonly parts: readonly (readonly SupernodeRange[])[];
  /** What waits for all parts. */
  readonly top: readonly SupernodeRange[];
}

/** A subtree as it is dealt out: its root, and the time of all its fronts. */
interface Subtree {
  readonly root: number;
  readonly time: number;
}

/** Numbers of pivots and of update rows of a front, both padded. */
const frontSize = ({ pivotStart, rowStart }: Analysis, s: number): readonly [pivots: number, updates: number] => [
  pivotStart[s + 1]! - pivotStart[s]!,
  rowStart[s + 1]! - rowStart[s]!,
];

/**
 * Time of one front in units of a multiply-add: elimination, then clearing and extend-add, assembly and panel.
 * The weights are those by which kernels/sparse/supernodes.ts decides about merges.
 */
function frontTime(analysis: Analysis, s: number): number {
  const [k, m] = frontSize(analysis, s);
  return (k * k * k) / 6 + (k * k * m) / 2 + (k * m * m) / 2 + 4 * m * m + 12 * k * (k + m) + 1000;
}

const childrenOf = ({ childStart, children }: Analysis, s: number): Int32Array =>
  children.subarray(childStart[s], childStart[s + 1]);

/** Time of every front and of everything below it, and the roots. */
function subtreeTimes(analysis: Analysis) {
  const { supernodeCount } = analysis;
  const own = Float64Array.from({ length: supernodeCount }, (_, s) => frontTime(analysis, s));
  const whole = own.slice();
  const isRoot = new Uint8Array(supernodeCount).fill(1);
  for (let s = 0; s < supernodeCount; s++)
    for (const child of childrenOf(analysis, s)) {
      whole[s] = whole[s]! + whole[child]!;
      isRoot[child] = 0;
    }
  const roots = Array.from(isRoot.keys()).filter((s) => isRoot[s] === 1);
  return { own, whole, roots };
}

/** Deals subtrees, the longest first, each to the part that has least to do. */
function deal(subtrees: readonly Subtree[], count: number) {
  const loads = new Float64Array(count);
  const partOf = subtrees.map(({ time }) => {
    const part = loads.indexOf(Math.min(...loads));
    loads[part] = loads[part]! + time;
    return part;
  });
  return { partOf, longest: Math.max(...loads) };
}

/** Puts a subtree among others, the longest first. */
function insert(subtrees: Subtree[], subtree: Subtree): void {
  const at = subtrees.findIndex(({ time }) => time < subtree.time);
  subtrees.splice(at < 0 ? subtrees.length : at, 0, subtree);
}

/** Runs of supernodes with one owner. */
function rangesOf(owner: Int32Array, wanted: number): SupernodeRange[] {
  const ranges: SupernodeRange[] = [];
  for (let s = 0; s < owner.length; s++) {
    if (owner[s] !== wanted) continue;
    const first = s;
    while (s < owner.length && owner[s] === wanted) s++;
    ranges.push({ first, last: s });
  }
  return ranges;
}

/**
 * Divides the supernodes among so many parts. The heaviest subtree is replaced by those below its root for as long as the
 * whole, parts at the same time and then the top, can become shorter; the shortest division found is taken.
 */
export function partition(analysis: Analysis, count: number): Partition {
  const { own, whole, roots } = subtreeTimes(analysis);
  const subtrees: Subtree[] = [];
  for (const root of roots) insert(subtrees, { root, time: whole[root]! });
  let below = roots.reduce((sum, root) => sum + whole[root]!, 0);
  let top = 0;
  let best = { time: below, subtrees: [] as readonly Subtree[], partOf: [] as readonly number[] };
  // What can still be reached: the top as it is, and perfect balance below it.
  while (subtrees.length > 0 && top + below / count < best.time) {
    const { partOf, longest } = deal(subtrees, count);
    if (top + longest < best.time) best = { time: top + longest, subtrees: subtrees.slice(), partOf };
    const { root } = subtrees.shift()!;
    top += own[root]!;
    below -= own[root]!;
    for (const child of childrenOf(analysis, root)) insert(subtrees, { root: child, time: whole[child]! });
  }
  const owner = new Int32Array(analysis.supernodeCount).fill(count);
  best.subtrees.forEach(({ root }, k) => owner.fill(best.partOf[k]!, firstBelow(analysis, root), root + 1));
  const parts = Array.from({ length: count }, (_, part) => rangesOf(owner, part));
  return { parts, top: rangesOf(owner, count) };
}

/** The first supernode of a subtree: supernodes are numbered in postorder. */
function firstBelow({ childStart, children }: Analysis, root: number): number {
  let first = root;
  while (childStart[first]! < childStart[first + 1]!) first = children[childStart[first]!]!;
  return first;
}

/** Supernodes of a list of ranges, one after the other. */
function* supernodesOf(ranges: readonly SupernodeRange[]): Generator<number> {
  for (const { first, last } of ranges) for (let s = first; s < last; s++) yield s;
}

/**
 * Places update matrices: every part and the top have a buffer of their own, used as two stacks like the one of
 * `placeUpdates` in kernels/sparse/update-rows.ts. The updates of a part's roots stay on the ground of its stacks until the
 * top has read them.
 */
export function placePartUpdates(
  analysis: Analysis,
  { parts, top }: Partition,
): { updateStart: Int32Array; stackLength: number } {
  const { supernodeCount } = analysis;
  const side = new Uint8Array(supernodeCount);
  for (let s = supernodeCount - 1; s >= 0; s--) for (const child of childrenOf(analysis, s)) side[child] = 1 - side[s]!;
  const length = (s: number): number => blockTriangleLength(frontSize(analysis, s)[1]);
  const updateStart = new Int32Array(supernodeCount);
  let stackLength = 0;
  for (const ranges of [...parts, top]) {
    const isOwn = new Uint8Array(supernodeCount);
    const filled: [number, number] = [0, 0];
    let peak = 0;
    for (const s of supernodesOf(ranges)) {
      const own = side[s] as 0 | 1;
      isOwn[s] = 1;
      updateStart[s] = stackLength + filled[own];
      filled[own] += length(s);
      peak = Math.max(peak, filled[0] + filled[1]);
      for (const child of childrenOf(analysis, s)) if (isOwn[child] === 1) filled[(1 - own) as 0 | 1] -= length(child);
    }
    for (const s of supernodesOf(ranges))
      if (side[s] === 1) updateStart[s] = 2 * stackLength + peak - updateStart[s]! - length(s);
    stackLength += peak;
  }
  return { updateStart, stackLength };
}

/**
 * Approximate minimum degree ordering of an undirected graph: eliminate next whoever has the fewest neighbours.
 * Eliminated vertices live on as elements (cliques of their neighbours); a degree is bounded by
 * |adjacent| + sum over elements of |L_e \ L_p|, vertices with equal neighbours are merged and eliminated together.
 * Source: Amestoy, Davis & Duff 1996; the layout in one list is that of Davis 2006, Direct methods, chapter 7.
 */
import type { Adjacency } from "./compressed-columns.ts";
import { postorder } from "./elimination-tree.ts";

/** A graph as the union of cliques: members of clique k are members[start[k]] .. members[start[k + 1] - 1]. */
interface Cliques {
  readonly start: Int32Array;
  readonly members: Int32Array;
}

/** No list, no vertex. */
const none = -1;

/**
 * The graph while it is being eliminated. Vertices and elements share one numbering; a vertex that is eliminated becomes
 * the element of the same number. The list of a vertex names its elements first, then its neighbours; that of an element
 * its members.
 */
interface QuotientGraph {
  readonly vertexCount: number;
  readonly lists: Int32Array;
  /** Used part of the lists. */
  used: number;
  /** Where a list begins; -1 once there is none. */
  readonly start: Int32Array;
  readonly length: Int32Array;
  /** Elements in the list of a vertex. */
  readonly elementCount: Int32Array;
  /** Vertices that a vertex stands for, 0 once it stands for none; negative while it is in the element being formed. */
  readonly weight: Int32Array;
  /** Of a vertex a bound, of an element the weight of its members. */
  readonly degree: Int32Array;
  /** Who eliminated or absorbed a vertex; -1 for those that were first. */
  readonly parent: Int32Array;
  /** 0 for elements that are no more; else a mark, or the mark plus what lies outside of the element being formed. */
  readonly mark: Int32Array;
  currentMark: number;
  largestElement: number;
  /** Vertices by degree in doubly linked lists; vertices by hash in the same, while they are in none by degree. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  readonly hashHead: Int32Array;
  /** Vertices eliminated. */
  eliminated: number;
}

function newGraph(vertexCount: number, cliqueCount: number, entries: number): QuotientGraph {
  const total = vertexCount + cliqueCount;
  return {
    vertexCount,
    lists: new Int32Array(entries + Math.ceil(entries / 2) + 2 * total + 16),
    used: 0,
    start: new Int32Array(total).fill(none),
    length: new Int32Array(total),
    elementCount: new Int32Array(total),
    weight: new Int32Array(total).fill(1, 0, vertexCount),
    degree: new Int32Array(total),
    parent: new Int32Array(total).fill(none),
    mark: new Int32Array(total).fill(1),
    currentMark: 2,
    largestElement: 0,
    head: new Int32Array(vertexCount + 1).fill(none),
    next: new Int32Array(vertexCount).fill(none),
    previous: new Int32Array(vertexCount).fill(none),
    hashHead: new Int32Array(vertexCount).fill(none),
    eliminated: 0,
  };
}

// --- Vertices by degree -----------------------------------------------------------------------

function link({ degree, head, next, previous }: QuotientGraph, vertex: number): void {
  const first = head[degree[vertex]!]!;
  if (first !== none) previous[first] = vertex;
  next[vertex] = first;
  previous[vertex] = none;
  head[degree[vertex]!] = vertex;
}

function unlink({ degree, head, next, previous }: QuotientGraph, vertex: number): void {
  const [before, after] = [previous[vertex]!, next[vertex]!];
  if (before === none) head[degree[vertex]!] = after;
  else next[before] = after;
  if (after !== none) previous[after] = before;
}

/** A mark larger than all that stand anywhere. */
function nextMark(graph: QuotientGraph, step: number): number {
  graph.currentMark += step;
  if (graph.currentMark + graph.largestElement > 2 ** 31 - 2) {
    const { mark } = graph;
    for (let k = 0; k < mark.length; k++) if (mark[k] !== 0) mark[k] = 1;
    graph.currentMark = 2;
  }
  return graph.currentMark;
}

// --- One elimination --------------------------------------------------------------------------

/** Moves the lists in use to the front. The first number of each names its owner meanwhile, as -2 - owner. */
function collectGarbage(graph: QuotientGraph): void {
  const { lists, start, length } = graph;
  for (let k = 0; k < start.length; k++) {
    const from = start[k]!;
    if (from < 0 || length[k] === 0) continue;
    start[k] = lists[from]!;
    lists[from] = -2 - k;
  }
  let [to, at] = [0, 0];
  while (at < graph.used) {
    const owner = -2 - lists[at++]!;
    if (owner < 0) continue;
    const first = start[owner]!;
    start[owner] = to;
    lists[to++] = first;
    for (let k = 1; k < length[owner]!; k++) lists[to++] = lists[at++]!;
  }
  graph.used = to;
}

/** Moves members of a list that are not yet in the new element to it; returns its new end. */
function takeMembers(graph: QuotientGraph, from: number, to: number, end: number): number {
  const { lists, weight } = graph;
  let filled = end;
  for (let at = from; at < to; at++) {
    const vertex = lists[at]!;
    const own = weight[vertex]!;
    if (own <= 0) continue;
    weight[vertex] = -own;
    lists[filled++] = vertex;
    unlink(graph, vertex);
  }
  return filled;
}

/** Turns a vertex into an element: the union of its neighbours and of the members of its elements, which it absorbs. */
function formElement(graph: QuotientGraph, pivot: number): void {
  const { lists, start, length, elementCount, weight, parent, mark } = graph;
  const elements = elementCount[pivot]!;
  if (elements > 0 && graph.used + graph.degree[pivot]! >= lists.length) collectGarbage(graph);
  weight[pivot] = -weight[pivot]!;
  const own = start[pivot]!;
  const first = elements === 0 ? own : graph.used;
  let end = first;
  for (let at = own; at < own + elements; at++) {
    const element = lists[at]!;
    end = takeMembers(graph, start[element]!, start[element]! + length[element]!, end);
    parent[element] = pivot;
    start[element] = none;
    mark[element] = 0;
  }
  end = takeMembers(graph, own + elements, own + length[pivot]!, end);
  if (elements > 0) graph.used = end;
  start[pivot] = first;
  length[pivot] = end - first;
}

/** mark[e] = current mark + weight of the members of e outside of the new element, for every element that meets it. */
function measureOverlaps(graph: QuotientGraph, pivot: number): void {
  const { lists, start, length, elementCount, weight, degree, mark } = graph;
  const current = nextMark(graph, 0);
  for (let at = start[pivot]!, end = at + length[pivot]!; at < end; at++) {
    const vertex = lists[at]!;
    const own = -weight[vertex]!;
    for (let t = start[vertex]!, last = t + elementCount[vertex]!; t < last; t++) {
      const element = lists[t]!;
      if (mark[element]! >= current) mark[element] = mark[element]! - own;
      else if (mark[element] !== 0) mark[element] = degree[element]! + current - own;
    }
  }
}

/** Drops from the list of a vertex what the new element covers. Its degree becomes a bound of what is outside of that. */
function pruneList(graph: QuotientGraph, vertex: number, pivot: number): void {
  const { lists, start, length, elementCount, weight, degree, parent, mark, hashHead, next, previous } = graph;
  const [first, elements] = [start[vertex]!, elementCount[vertex]!];
  let [to, outside, hash] = [first, 0, 0];
  for (let at = first; at < first + elements; at++) {
    const element = lists[at]!;
    if (mark[element] === 0) continue;
    const beyond = mark[element]! - graph.currentMark;
    if (beyond > 0) {
      outside += beyond;
      hash += element;
      lists[to++] = element;
    } else {
      // All of its members are in the new element.
      parent[element] = pivot;
      start[element] = none;
      mark[element] = 0;
    }
  }
  const neighbours = to;
  elementCount[vertex] = neighbours - first + 1;
  for (let at = first + elements; at < first + length[vertex]!; at++) {
    const neighbour = lists[at]!;
    if (weight[neighbour]! <= 0) continue;
    outside += weight[neighbour]!;
    hash += neighbour;
    lists[to++] = neighbour;
  }
  if (outside === 0) {
    absorb(graph, vertex, pivot);
    return;
  }
  degree[vertex] = Math.min(degree[vertex]!, outside);
  // The new element takes the first place; there is room, since the pivot or an element of it was in the list.
  lists[to] = lists[neighbours]!;
  lists[neighbours] = lists[first]!;
  lists[first] = pivot;
  length[vertex] = to - first + 1;
  const bucket = hash % graph.vertexCount;
  next[vertex] = hashHead[bucket]!;
  hashHead[bucket] = vertex;
  previous[vertex] = bucket;
}

/** A vertex without neighbours outside of the new element is eliminated with the pivot: no further fill. */
function absorb({ start, elementCount, weight, parent }: QuotientGraph, vertex: number, pivot: number): void {
  parent[vertex] = pivot;
  start[vertex] = none;
  weight[pivot] = weight[pivot]! + weight[vertex]!;
  weight[vertex] = 0;
  elementCount[vertex] = 0;
}

/** Whether everything in the list of a vertex but its first entry is marked. */
function isMarked({ lists, start, length, mark }: QuotientGraph, vertex: number, current: number): boolean {
  for (let at = start[vertex]! + 1, end = at + length[vertex]! - 1; at < end; at++)
    if (mark[lists[at]!] !== current) return false;
  return true;
}

/** Merges vertices of one bucket that have the same list. */
function mergeTwins(graph: QuotientGraph, bucket: number): void {
  const { lists, start, length, elementCount, weight, parent, mark, hashHead, next } = graph;
  let vertex = hashHead[bucket]!;
  hashHead[bucket] = none;
  while (vertex !== none && next[vertex] !== none) {
    const current = graph.currentMark++;
    for (let at = start[vertex]! + 1, end = at + length[vertex]! - 1; at < end; at++) mark[lists[at]!] = current;
    let previous = vertex;
    let other = next[vertex]!;
    while (other !== none) {
      const isTwin =
        length[other] === length[vertex] &&
        elementCount[other] === elementCount[vertex] &&
        isMarked(graph, other, current);
      if (isTwin) {
        parent[other] = vertex;
        start[other] = none;
        weight[vertex] = weight[vertex]! + weight[other]!;
        weight[other] = 0;
        elementCount[other] = 0;
        next[previous] = next[other]!;
      } else previous = other;
      other = next[other]!;
    }
    vertex = next[vertex]!;
  }
}

/** Keeps the members of the new element that are left, with their degrees; returns the least of these. */
function closeElement(graph: QuotientGraph, pivot: number, size: number): number {
  const { vertexCount, lists, start, length, weight, degree, mark } = graph;
  const first = start[pivot]!;
  const end = first + length[pivot]!;
  let [to, least] = [first, vertexCount];
  for (let at = first; at < end; at++) {
    const vertex = lists[at]!;
    const own = -weight[vertex]!;
    if (own <= 0) continue;
    weight[vertex] = own;
    degree[vertex] = Math.min(degree[vertex]! + size - own, vertexCount - graph.eliminated - own);
    link(graph, vertex);
    least = Math.min(least, degree[vertex]!);
    lists[to++] = vertex;
  }
  if (graph.used === end) graph.used = to;
  length[pivot] = to - first;
  if (to > first) return least;
  start[pivot] = none;
  mark[pivot] = 0;
  return least;
}

/** Eliminates a vertex, with all that it stands for; returns the least degree around it. */
function eliminate(graph: QuotientGraph, pivot: number): number {
  const { lists, start, length, weight, degree, mark, previous } = graph;
  unlink(graph, pivot);
  formElement(graph, pivot);
  measureOverlaps(graph, pivot);
  const [first, end] = [start[pivot]!, start[pivot]! + length[pivot]!];
  for (let at = first; at < end; at++) pruneList(graph, lists[at]!, pivot);
  let size = 0;
  for (let at = first; at < end; at++) size -= weight[lists[at]!]!;
  degree[pivot] = size;
  graph.largestElement = Math.max(graph.largestElement, size);
  nextMark(graph, graph.largestElement + 1);
  for (let at = first; at < end; at++) if (weight[lists[at]!]! < 0) mergeTwins(graph, previous[lists[at]!]!);
  weight[pivot] = -weight[pivot]!;
  mark[pivot] = 1;
  graph.eliminated += weight[pivot]!;
  return closeElement(graph, pivot, size);
}

// --- Orders -----------------------------------------------------------------------------------

/** More neighbours than this make a vertex one of the last, more members leave a clique out of account. */
const denseDegree = (count: number): number => Math.max(16, 10 * Math.sqrt(count));

/** Eliminates all vertices but the dense ones, which come last. */
function order(graph: QuotientGraph): Int32Array {
  const { vertexCount, degree, weight, start, mark, head, parent } = graph;
  const dense: number[] = [];
  for (let vertex = vertexCount - 1; vertex >= 0; vertex--) {
    if (degree[vertex]! > denseDegree(vertexCount)) {
      weight[vertex] = 0;
      start[vertex] = none;
      mark[vertex] = 0;
      graph.eliminated++;
      dense.push(vertex);
    } else link(graph, vertex);
  }
  let least = 0;
  while (graph.eliminated < vertexCount) {
    while (head[least] === none) least++;
    least = Math.min(least, eliminate(graph, head[least]!));
  }
  const all = withFollowers(parent.subarray(0, vertexCount), weight);
  all.set(dense.reverse(), vertexCount - dense.length);
  return all;
}

/** The pivots in a postorder of the tree of absorption, each after the vertices that it stands for. */
function withFollowers(parent: Int32Array, weight: Int32Array): Int32Array {
  const count = parent.length;
  const [follower, nextFollower] = [new Int32Array(count).fill(none), new Int32Array(count).fill(none)];
  for (let vertex = count - 1; vertex >= 0; vertex--) {
    if (weight[vertex] !== 0 || parent[vertex] === none) continue;
    let pivot = parent[vertex]!;
    while (weight[pivot] === 0) pivot = parent[pivot]!;
    nextFollower[vertex] = follower[pivot]!;
    follower[pivot] = vertex;
  }
  const all = new Int32Array(count);
  let placed = 0;
  for (const pivot of postorder(parent)) {
    if (weight[pivot] === 0) continue;
    for (let vertex = follower[pivot]!; vertex !== none; vertex = nextFollower[vertex]!) all[placed++] = vertex;
    all[placed++] = pivot;
  }
  return all;
}

/**
 * An elimination order with little fill.
 * @returns  order[k] = vertex eliminated k-th
 */
export function minimumDegree({ start, neighbour }: Adjacency): Int32Array {
  const count = start.length - 1;
  const graph = newGraph(count, 0, neighbour.length);
  graph.lists.set(neighbour);
  graph.used = neighbour.length;
  for (let vertex = 0; vertex < count; vertex++) {
    graph.start[vertex] = start[vertex]!;
    graph.length[vertex] = graph.degree[vertex] = start[vertex + 1]! - start[vertex]!;
  }
  return order(graph);
}

/** The same for a graph that is a union of cliques. Cost: that of the lists of members, not that of their pairs. */
export function minimumDegreeOfCliques({ start, members }: Cliques, count: number): Int32Array {
  const cliqueCount = start.length - 1;
  const graph = newGraph(count, cliqueCount, 2 * members.length);
  const { lists, length, elementCount, degree } = graph;
  const isKept = (clique: number): boolean => start[clique + 1]! - start[clique]! <= denseDegree(count);
  for (let clique = 0; clique < cliqueCount; clique++)
    if (isKept(clique))
      for (let at = start[clique]!; at < start[clique + 1]!; at++)
        elementCount[members[at]!] = elementCount[members[at]!]! + 1;
  for (let vertex = 0; vertex < count; vertex++) {
    graph.start[vertex] = graph.used;
    graph.used += elementCount[vertex]!;
  }
  for (let clique = 0; clique < cliqueCount; clique++) {
    if (!isKept(clique)) continue;
    const size = start[clique + 1]! - start[clique]!;
    graph.start[count + clique] = graph.used;
    length[count + clique] = degree[count + clique] = size;
    graph.largestElement = Math.max(graph.largestElement, size);
    for (let at = start[clique]!; at < start[clique + 1]!; at++) {
      const vertex = members[at]!;
      lists[graph.used++] = vertex;
      lists[graph.start[vertex]! + length[vertex]!] = count + clique;
      length[vertex] = length[vertex]! + 1;
      degree[vertex] = Math.min(degree[vertex]! + size - 1, count - 1);
    }
  }
  return order(graph);
}

/**
 * Approximate minimum degree ordering of an undirected graph: eliminate next whoever has the fewest neighbours.
 * Eliminated vertices live on as elements (cliques of their neighbours); a degree is bounded by
 * |adjacent| + sum over elements of |L_e \ L_p|, vertices with equal neighbours are merged and eliminated together.
 * Source: Amestoy, Davis & Duff 1996, An approximate minimum degree ordering algorithm.
 */
import type { Adjacency } from "./compressed-columns.ts";

/** The quotient graph while it is being eliminated. A vertex of weight 0 was merged into another or eliminated. */
interface QuotientGraph {
  readonly count: number;
  /** Vertices that a vertex stands for; 0 once it stands for none. */
  readonly weight: Int32Array;
  readonly adjacent: number[][];
  /** Elements around a vertex. */
  readonly elements: number[][];
  /** Vertices of an element; empty once it was absorbed. */
  readonly members: number[][];
  readonly isElement: Uint8Array;
  /** Weight of an element's members; merging them does not change it. */
  readonly elementWeight: Int32Array;
  /** Vertices merged into a vertex, itself included, in the order of elimination. */
  readonly merged: number[][];
}

/** Vertices by degree, in doubly linked lists. */
interface DegreeLists {
  readonly degree: Int32Array;
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
}

function quotientGraph({ start, neighbour }: Adjacency): QuotientGraph {
  const count = start.length - 1;
  const lists = (fill: (vertex: number) => number[]): number[][] => Array.from({ length: count }, (_, v) => fill(v));
  return {
    count,
    weight: new Int32Array(count).fill(1),
    adjacent: lists((v) => Array.from(neighbour.subarray(start[v]!, start[v + 1]!))),
    elements: lists(() => []),
    members: lists(() => []),
    isElement: new Uint8Array(count),
    elementWeight: new Int32Array(count),
    merged: lists((v) => [v]),
  };
}

function unlink({ degree, head, next, previous }: DegreeLists, vertex: number): void {
  const [before, after] = [previous[vertex]!, next[vertex]!];
  if (before === -1) head[degree[vertex]!] = after;
  else next[before] = after;
  if (after !== -1) previous[after] = before;
}

function link({ degree, head, next, previous }: DegreeLists, vertex: number): void {
  const first = head[degree[vertex]!]!;
  next[vertex] = first;
  previous[vertex] = -1;
  if (first !== -1) previous[first] = vertex;
  head[degree[vertex]!] = vertex;
}

function degreeLists({ count, adjacent }: QuotientGraph): DegreeLists {
  const lists = {
    degree: Int32Array.from(adjacent, (list) => list.length),
    head: new Int32Array(count + 1).fill(-1),
    next: new Int32Array(count),
    previous: new Int32Array(count),
  };
  for (let vertex = count - 1; vertex >= 0; vertex--) link(lists, vertex);
  return lists;
}

/** Turns a vertex into an element: the union of its neighbours and of its elements, which it absorbs. */
function formElement(graph: QuotientGraph, pivot: number, mark: Int32Array): number[] {
  const { weight, adjacent, elements, members, isElement } = graph;
  const around: number[] = [];
  const take = (vertex: number): void => {
    if (vertex === pivot || weight[vertex] === 0 || mark[vertex] === pivot) return;
    mark[vertex] = pivot;
    around.push(vertex);
  };
  adjacent[pivot]!.forEach(take);
  for (const element of elements[pivot]!) {
    members[element]!.forEach(take);
    members[element] = [];
    isElement[element] = 0;
  }
  adjacent[pivot] = [];
  elements[pivot] = [];
  isElement[pivot] = 1;
  return around;
}

const weightOf = (weight: Int32Array, vertices: readonly number[]): number =>
  vertices.reduce((sum, vertex) => sum + weight[vertex]!, 0);

/** outside[e] = weight of the members of e that are not in the new element, for every element that meets it. */
function measureOverlaps(graph: QuotientGraph, around: readonly number[], outside: Map<number, number>): void {
  const { weight, elements, elementWeight, isElement } = graph;
  outside.clear();
  for (const vertex of around) {
    for (const element of elements[vertex]!) {
      if (isElement[element] === 0) continue;
      outside.set(element, (outside.get(element) ?? elementWeight[element]!) - weight[vertex]!);
    }
  }
}

/** Drops from the lists of a vertex what the new element covers; returns its degree outside of it. */
function pruneLists(
  graph: QuotientGraph,
  vertex: number,
  pivot: number,
  mark: Int32Array,
  outside: ReadonlyMap<number, number>,
): number {
  const { weight, adjacent, elements, isElement } = graph;
  let degree = 0;
  adjacent[vertex] = adjacent[vertex]!.filter((other) => {
    const isKept = weight[other] !== 0 && mark[other] !== pivot && other !== pivot;
    if (isKept) degree += weight[other]!;
    return isKept;
  });
  elements[vertex] = elements[vertex]!.filter((element) => {
    const isKept = isElement[element] === 1 && outside.get(element)! > 0;
    if (isKept) degree += outside.get(element)!;
    return isKept;
  });
  elements[vertex]!.push(pivot);
  return degree;
}

const sameMembers = (left: readonly number[], right: readonly number[]): boolean => {
  if (left.length !== right.length) return false;
  const all = new Set(left);
  return right.every((entry) => all.has(entry));
};

/** `absorbed` is eliminated right after `vertex` from now on. */
function merge({ weight, merged, adjacent, elements }: QuotientGraph, vertex: number, absorbed: number): void {
  weight[vertex] = weight[vertex]! + weight[absorbed]!;
  weight[absorbed] = 0;
  merged[vertex] = [...merged[vertex]!, ...merged[absorbed]!];
  merged[absorbed] = [];
  adjacent[absorbed] = [];
  elements[absorbed] = [];
}

/** Merges vertices of the new element whose lists are equal; they hash by the sum of their lists. */
function mergeIndistinguishable(graph: QuotientGraph, around: readonly number[]): void {
  const { adjacent, elements } = graph;
  const buckets = new Map<number, number[]>();
  const total = (sum: number, entry: number): number => sum + entry;
  for (const vertex of around) {
    const hash = adjacent[vertex]!.reduce(total, elements[vertex]!.reduce(total, 0));
    const bucket = buckets.get(hash);
    const twin = bucket?.find(
      (other) => sameMembers(adjacent[other]!, adjacent[vertex]!) && sameMembers(elements[other]!, elements[vertex]!),
    );
    if (twin !== undefined) merge(graph, twin, vertex);
    else if (bucket !== undefined) bucket.push(vertex);
    else buckets.set(hash, [vertex]);
  }
}

/** Removes elements that the new one covers. */
function absorbCovered({ isElement, members }: QuotientGraph, outside: ReadonlyMap<number, number>): void {
  for (const [element, left] of outside) {
    if (left > 0) continue;
    isElement[element] = 0;
    members[element] = [];
  }
}

/** What one elimination works with, kept from step to step. */
interface Workspace {
  readonly mark: Int32Array;
  readonly outside: Map<number, number>;
}

/**
 * Eliminates a vertex, with all that it stands for, and updates the degrees around it.
 * @param remaining  vertices not eliminated yet
 * @returns          the least degree around it
 */
function eliminate(
  graph: QuotientGraph,
  lists: DegreeLists,
  pivot: number,
  remaining: number,
  { mark, outside }: Workspace,
): number {
  const { weight, members, adjacent, elements } = graph;
  const around = formElement(graph, pivot, mark);
  measureOverlaps(graph, around, outside);
  absorbCovered(graph, outside);
  const beyond = new Map<number, number>();
  for (const vertex of around) {
    unlink(lists, vertex);
    beyond.set(vertex, pruneLists(graph, vertex, pivot, mark, outside));
  }
  // Who has no neighbour outside the new element can go at once, without further fill.
  for (const vertex of around) {
    if (adjacent[vertex]!.length === 0 && elements[vertex]!.length === 1) merge(graph, pivot, vertex);
  }
  weight[pivot] = 0;
  const isLeft = (vertex: number): boolean => weight[vertex]! > 0;
  mergeIndistinguishable(graph, around.filter(isLeft));
  const left = around.filter(isLeft);
  const size = weightOf(weight, left);
  let least = graph.count;
  for (const vertex of left) {
    const shared = size - weight[vertex]!;
    const others = remaining - graph.merged[pivot]!.length - weight[vertex]!;
    lists.degree[vertex] = Math.min(beyond.get(vertex)! + shared, lists.degree[vertex]! + shared, others);
    least = Math.min(least, lists.degree[vertex]!);
    link(lists, vertex);
  }
  members[pivot] = left;
  graph.elementWeight[pivot] = size;
  return least;
}

/**
 * An elimination order with little fill.
 * @returns  order[k] = vertex eliminated k-th
 */
export function minimumDegree(adjacency: Adjacency): Int32Array {
  const graph = quotientGraph(adjacency);
  const lists = degreeLists(graph);
  const workspace = { mark: new Int32Array(graph.count).fill(-1), outside: new Map<number, number>() };
  const order = new Int32Array(graph.count);
  let placed = 0;
  let least = 0;
  while (placed < graph.count) {
    while (lists.head[least] === -1) least++;
    const pivot = lists.head[least]!;
    unlink(lists, pivot);
    least = Math.min(least, eliminate(graph, lists, pivot, graph.count - placed, workspace));
    for (const vertex of graph.merged[pivot]!) order[placed++] = vertex;
  }
  return order;
}

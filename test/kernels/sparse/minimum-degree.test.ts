/** Minimum degree orders: permutations with little fill, of graphs given by edges or by cliques. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adjacencyOf } from "../../../kernels/sparse/compressed-columns.ts";
import type { Adjacency } from "../../../kernels/sparse/compressed-columns.ts";
import { minimumDegree, minimumDegreeOfCliques } from "../../../kernels/sparse/minimum-degree.ts";
import { fillOf, laplacian, scattered, shapes, shuffled } from "./general-systems.ts";
import type { Entries } from "./general-systems.ts";

const graphOf = ({ rows, columns, n }: Entries): Adjacency => adjacencyOf(rows, columns, n);

describe("minimum degree", () => {
  test("orders every vertex once", () => {
    fc.assert(
      fc.property(shapes(40), ([n, perRow, seed]) => {
        const order = minimumDegree(graphOf(scattered(n, perRow, seed)));
        expect([...order].sort((i, j) => i - j)).toEqual(Array.from({ length: n }, (_, k) => k));
      }),
    );
  });

  test("a tree has no fill, whatever its numbering", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const name = shuffled(n, seed);
        const child = Array.from({ length: n - 1 }, (_, k) => k + 1);
        const graph = adjacencyOf(
          Int32Array.from(child, (k) => name[k]!),
          Int32Array.from(child, (k) => name[(k * 7919 + seed) % k]!),
          n,
        );
        expect(fillOf(graph, minimumDegree(graph))).toBe(n - 1);
      }),
    );
  });

  test("is close to exact minimum degree on random graphs and far better than the given order on grids", () => {
    const exact = (graph: Adjacency): number => {
      const n = graph.start.length - 1;
      const around = Array.from(
        { length: n },
        (_, v) => new Set(graph.neighbour.subarray(graph.start[v], graph.start[v + 1])),
      );
      const left = new Set(around.keys());
      let total = 0;
      while (left.size > 0) {
        const pivot = [...left].reduce((best, v) => (around[v]!.size < around[best]!.size ? v : best));
        left.delete(pivot);
        const own = [...around[pivot]!];
        total += own.length;
        for (const u of own) {
          around[u]!.delete(pivot);
          for (const v of own) if (u !== v) around[u]!.add(v);
        }
      }
      return total;
    };
    let [approximate, best] = [0, 0];
    for (let seed = 1; seed <= 30; seed++) {
      const graph = graphOf(scattered(40, 2, seed));
      approximate += fillOf(graph, minimumDegree(graph));
      best += exact(graph);
    }
    expect(approximate).toBeLessThan(1.1 * best);
    const grid = graphOf(laplacian(20, 20));
    const natural = Array.from({ length: 400 }, (_, k) => k);
    expect(fillOf(grid, minimumDegree(grid))).toBeLessThan(0.5 * fillOf(grid, natural));
  });

  test("a hub that touches everybody comes last, and costs nothing", () => {
    const n = 20_000;
    const leaves = Int32Array.from({ length: n - 1 }, (_, k) => k + 1);
    const graph = adjacencyOf(new Int32Array(n - 1), leaves, n);
    const started = performance.now();
    const order = minimumDegree(graph);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(order.at(-1)).toBe(0);
    expect(fillOf(graph, order)).toBe(n - 1);
  });
});

describe("minimum degree of cliques", () => {
  /** Cliques and the graph of the same edges. */
  const cliquesOf = (lists: readonly (readonly number[])[], n: number) => {
    const start = Int32Array.from([0, ...lists.map((_, k) => lists.slice(0, k + 1).flat().length)]);
    const pairs = lists.flatMap((list) => list.flatMap((i) => list.map((j) => [i, j] as const)));
    const graph = adjacencyOf(
      Int32Array.from(pairs, ([i]) => i),
      Int32Array.from(pairs, ([, j]) => j),
      n,
    );
    return { cliques: { start, members: Int32Array.from(lists.flat()) }, graph };
  };

  test("orders every vertex once, with a fill near that of the order of their edges", () => {
    let [ofCliques, ofEdges] = [0, 0];
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 30 })
          .chain((n) =>
            fc.tuple(
              fc.constant(n),
              fc.array(fc.uniqueArray(fc.nat(n - 1), { minLength: 1, maxLength: 4 }), { maxLength: 30 }),
            ),
          ),
        ([n, lists]) => {
          const { cliques, graph } = cliquesOf(lists, n);
          const order = minimumDegreeOfCliques(cliques, n);
          expect([...order].sort((i, j) => i - j)).toEqual(Array.from({ length: n }, (_, k) => k));
          ofCliques += fillOf(graph, order);
          ofEdges += fillOf(graph, minimumDegree(graph));
        },
      ),
      { numRuns: 200 },
    );
    expect(ofCliques).toBeLessThan(1.1 * ofEdges);
  });

  test("of a grid's elements is as good as of its edges", () => {
    const lists = Array.from({ length: 400 }, (_, k) => {
      const corner = Math.floor(k / 20) * 21 + (k % 20);
      return [corner, corner + 1, corner + 21, corner + 22];
    });
    const { cliques, graph } = cliquesOf(lists, 441);
    expect(fillOf(graph, minimumDegreeOfCliques(cliques, 441))).toBeLessThan(1.1 * fillOf(graph, minimumDegree(graph)));
  });
});

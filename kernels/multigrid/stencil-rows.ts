/**
 * Products with a stored matrix of a coarser grid as WebAssembly, with the bits of reference.ts. The rows of two neighbouring
 * nodes lie side by side, all coefficients of a pair in one piece: memory is read from one end to the other.
 */
import { f64, f64x2, i32, wasmModule } from "../assembler/index.ts";
import type { FunctionReference, MemoryLimits, WasmModule } from "../assembler/index.ts";
import type { PrebuiltModule } from "../prebuilt/module.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Integers } from "../prebuilt/lanes.ts";
import type { Geometry } from "./geometry.ts";
import { cornersOf, indicesIn, rowStrides } from "./geometry.ts";
import { coefficientOf, stencilSize } from "./kernels.ts";
import { advance, load, nestedLoops, range } from "./vectors.ts";

/** Steps to all neighbours, the node itself among them. */
const neighboursOf = (dimension: number): readonly (readonly number[])[] =>
  range(3 ** dimension).map((k) => indicesIn(new Array<number>(dimension).fill(3), k).map((step) => step - 1));

const bytesTo = ({ strides }: Geometry, steps: readonly number[]): number =>
  steps.reduce((bytes, step, axis) => bytes + 8 * step * strides[axis]!, 0);

/** (stencil, u at the first neighbour, r, out): r - K u for one row of nodes. */
const residualRow = (
  module: WasmModule,
  components: number,
  geometry: Geometry,
): FunctionReference<Integers<4>, "none"> => {
  const { cells, pairs, length } = geometry;
  const neighbours = neighboursOf(cells.length);
  const reach = bytesTo(geometry, neighbours.at(-1)!);
  return module.func("residualRow", { params: integers(4) }, (f, stencil, u, r, out) =>
    f.for(f.local("i32"), 0, pairs, 1, () => {
      const sums = range(components).map(() => [f.hold(zeros), f.hold(zeros)] as const);
      neighbours.forEach((neighbour, o) => {
        for (const from of range(components)) {
          const value = f.hold(load(u, reach + bytesTo(geometry, neighbour) + 8 * from * length));
          for (const to of range(components)) {
            const sum = sums[to]![(o & 1) as 0 | 1];
            const coefficient = load(stencil, 16 * coefficientOf(neighbour, from, to, components));
            f.set(sum, f64x2.add(sum, f64x2.mul(coefficient, value)));
          }
        }
      });
      sums.forEach(([even, odd], to) => {
        f.store(out, f64x2.sub(load(r, 8 * to * length), f64x2.add(even, odd)), 8 * to * length);
      });
      advance(f, 16, u, r, out);
      advance(f, 16 * stencilSize(cells.length, components), stencil);
    }),
  );
};

const exportResidual = (module: WasmModule, components: number, geometry: Geometry): void => {
  const { cells, pairs, nodes, strides, origin } = geometry;
  const row = residualRow(module, components, geometry);
  const reach = bytesTo(geometry, neighboursOf(cells.length).at(-1)!);
  const rowBytes = 16 * pairs * stencilSize(cells.length, components);
  module.func("residual", { params: integers(4), export: true }, (f, stencil, u, r, out) => {
    advance(f, 8 * origin, r, out);
    advance(f, 8 * origin - reach, u);
    nestedLoops(
      f,
      nodes.slice(0, -1),
      () => f.call(row, stencil, u, r, out),
      (axis) => {
        const isRow = axis === cells.length - 2;
        if (isRow) advance(f, rowBytes, stencil);
        advance(f, 8 * (isRow ? strides[axis]! : strides[axis]! - nodes[1]! * strides[1]!), u, r, out);
      },
    );
  });
};

const exportDiagonal = (module: WasmModule, components: number, geometry: Geometry): void => {
  const { cells, pairs, nodes, strides, origin, length } = geometry;
  const here = cells.map(() => 0);
  const size = stencilSize(cells.length, components);
  module.func("diagonal", { params: integers(2), export: true }, (f, stencil, out) => {
    advance(f, 8 * origin, out);
    nestedLoops(
      f,
      [...nodes.slice(0, -1), pairs],
      () => {
        for (const k of range(components))
          f.store(out, load(stencil, 16 * coefficientOf(here, k, k, components)), 8 * k * length);
      },
      (axis) => {
        if (axis === cells.length - 1) {
          advance(f, 16 * size, stencil);
          advance(f, 16, out);
        } else if (axis === cells.length - 2) advance(f, 8 * strides[axis]! - 16 * pairs, out);
        else advance(f, 8 * (strides[axis]! - nodes[1]! * strides[1]!), out);
      },
    );
  });
};

/** (places, matrix, pair): adds every entry of an element's matrix at its place, in bytes behind the pair. */
const exportAdd = (module: WasmModule, entries: number): void => {
  module.func("add", { params: integers(3), export: true }, (f, places, matrix, pair) =>
    f.for(f.local("i32"), 0, entries, 1, () => {
      const place = f.hold(i32.add(pair, i32.load(places)));
      f.store(place, f64.add(f64.load(place), f64.load(matrix)));
      advance(f, 4, places);
      advance(f, 8, matrix);
    }),
  );
};

/**
 * Places of the entries of an element matrix in bytes behind the pair of its first node.
 * @param odd  whether the element is in an even column (0) or an odd one (1), where its first node is the second of its pair
 */
export const entryPlaces = (components: number, { nodes, pairs }: Geometry, odd: 0 | 1): Int32Array => {
  const dimension = nodes.length;
  const corners = cornersOf(dimension);
  const size = stencilSize(dimension, components);
  const rows = rowStrides(nodes);
  const places: number[] = [];
  for (const a of corners)
    for (const to of range(components))
      for (const b of corners)
        for (const from of range(components)) {
          const x = odd + a.at(-1)!;
          const row = rows.reduce((sum, step, axis) => sum + step * a[axis]!, 0);
          const neighbour = b.map((step, axis) => step - a[axis]!);
          const pair = row * pairs + (x >> 1);
          places.push(16 * (pair * size + coefficientOf(neighbour, from, to, components)) + 8 * (x & 1));
        }
  return Int32Array.from(places);
};

/** Exports residual(stencil, u, r, out), diagonal(stencil, out) and add(places, matrix, pair). */
export const stencilModule = (components: number, geometry: Geometry): PrebuiltModule => ({
  name: `multigridStencil${components}:${geometry.cells.join("x")}`,
  build: (limits?: MemoryLimits) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits ?? { initial: 1 });
    exportResidual(module, components, geometry);
    exportDiagonal(module, components, geometry);
    exportAdd(module, (components * 2 ** geometry.cells.length) ** 2);
    return module.assemble();
  },
});

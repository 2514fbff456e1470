/**
 * The kernels of a hierarchy as plain TypeScript: slow, short, and what the WebAssembly ones are measured against, bit by bit.
 * Source: Briggs, Henson & McCormick 2000 (multigrid); the element product in sums and differences is modes.ts.
 */
import type { Geometry } from "./geometry.ts";
import { cornersOf, countOf, indexIn, indicesIn, placeOf } from "./geometry.ts";
import { coefficientOf, stencilSize } from "./kernels.ts";
import type {
  ElementKernels,
  GalerkinKernels,
  KernelMaker,
  StencilKernels,
  TransferKernels,
  VectorKernels,
} from "./kernels.ts";
import type { Modes } from "./modes.ts";

/** All places of a geometry's nodes, row by row. */
const nodePlaces = (geometry: Geometry): number[] =>
  Array.from({ length: countOf(geometry.nodes) }, (_, k) => placeOf(geometry, indicesIn(geometry.nodes, k)));

/** Sums and differences of a list by one bit of its index: (low, high) becomes (low + high, high - low). */
const butterfly = (values: number[], bit: number): void => {
  for (let k = 0; k < values.length; k++) {
    if ((k & bit) !== 0) continue;
    const [low, high] = [values[k]!, values[k | bit]!];
    values[k] = low + high;
    values[k | bit] = high - low;
  }
};

/** The transpose of it: (sum, difference) becomes (sum - difference, sum + difference). */
const backButterfly = (values: number[], bit: number): void => {
  for (let k = 0; k < values.length; k++) {
    if ((k & bit) !== 0) continue;
    const [sum, difference] = [values[k]!, values[k | bit]!];
    values[k] = sum - difference;
    values[k | bit] = sum + difference;
  }
};

/** Forces of an element's modes, row by row of the entries. */
const modeForces = (
  { entries }: Modes,
  size: number,
  motion: readonly number[],
  scale: number,
): (number | undefined)[] => {
  const forces = new Array<number | undefined>(size).fill(undefined);
  for (const { row, column, value } of entries) {
    const term = value * motion[column]!;
    forces[row] = forces[row] === undefined ? term : forces[row] + term;
  }
  return forces.map((force) => (force === undefined ? undefined : scale * force));
};

const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : a + b;
const minus = (a: number | undefined, b: number | undefined): number | undefined =>
  b === undefined ? a : a === undefined ? -b : a - b;

/** Values in a column of nodes, or of its forces: [component][corner of the column]. */
type Column<Value> = Value[][];

/** What elements of one kind on one grid need at every step. */
interface ElementGrid {
  readonly data: Float64Array;
  readonly modes: Modes;
  readonly geometry: Geometry;
  /** Corners with the smaller x: those of a column of nodes. */
  readonly columnCorners: readonly (readonly number[])[];
  /** Bits of a corner's number in its column, one for each axis but x. */
  readonly columnBits: readonly number[];
  /** Places in a row, ghosts included. */
  readonly width: number;
}

/** Sums and differences across the column of nodes at x. */
const columnMotion = (
  { data, modes, geometry, columnCorners, columnBits }: ElementGrid,
  u: number,
  start: number,
  x: number,
): Column<number> =>
  Array.from({ length: modes.components }, (_, k) => {
    const values = columnCorners.map((corner) => {
      const place = corner.reduce((at, step, axis) => at + step * geometry.strides[axis]!, start);
      return data[u / 8 + k * geometry.length + place + x]!;
    });
    for (const bit of columnBits) butterfly(values, bit);
    return values;
  });

/** Motion of an element's modes from that of its two columns: sums along x at even places, differences at odd ones. */
const motionOf = (components: number, low: Column<number>, high: Column<number>): number[] => {
  const motion: number[] = [];
  low.forEach((column, k) =>
    column.forEach((value, q) => {
      motion[2 * q * components + k] = value + high[k]![q]!;
      motion[(2 * q + 1) * components + k] = high[k]![q]! - value;
    }),
  );
  return motion;
};

/** What a row of elements gives to the rows of nodes around it: [component][corner of a column][x]. */
const rowForces = (grid: ElementGrid, e: number, u: number, start: number): number[][][] => {
  const { data, modes, columnCorners, columnBits, width } = grid;
  const { components } = modes;
  const perColumn = <T>(make: (k: number, q: number) => T): Column<T> =>
    Array.from({ length: components }, (_, k) => columnCorners.map((_corner, q) => make(k, q)));
  const out = perColumn(() => new Array<number>(width).fill(0));
  /** Forces of the element before on its right column. */
  let before = perColumn<number | undefined>(() => 0);
  for (let x = 0; x < width; x++) {
    const motion = motionOf(components, columnMotion(grid, u, start, x), columnMotion(grid, u, start, x + 1));
    const forces = modeForces(modes, motion.length, motion, data[e / 8 + start + x]!);
    const sum = (k: number, q: number) => forces[2 * q * components + k];
    const difference = (k: number, q: number) => forces[(2 * q + 1) * components + k];
    const given = perColumn((k, q) => plus(before[k]![q], minus(sum(k, q), difference(k, q))) ?? 0);
    given.forEach((column, k) => {
      for (const bit of columnBits) backButterfly(column, bit);
      column.forEach((value, corner) => (out[k]![corner]![x] = value));
    });
    before = perColumn((k, q) => plus(sum(k, q), difference(k, q)));
  }
  return out;
};

/** Calls back with K(E) u, number by number; what a row of elements gives to later rows of nodes is handed on. */
const forEachForce = (
  grid: ElementGrid,
  e: number,
  u: number,
  give: (k: number, at: number, value: number) => void,
): void => {
  const { modes, geometry, columnCorners, width } = grid;
  const { components, dimension } = modes;
  const rows = geometry.nodes.slice(0, -1);
  const zero = () => Array.from({ length: components }, () => new Array<number>(width).fill(0));
  const layers = Array.from({ length: dimension === 2 ? 1 : geometry.nodes[1]! }, zero);
  let handed = columnCorners.slice(1).map(zero);
  for (let row = 0; row < countOf(rows); row++) {
    const at = indicesIn(rows, row);
    if (at.at(-1) === 0) handed = columnCorners.slice(1).map(zero);
    const start = placeOf(geometry, [...at, 0]);
    const forces = rowForces(grid, e, u, start);
    const next = columnCorners.slice(1).map(zero);
    for (let k = 0; k < components; k++)
      for (let x = 0; x < width; x++) {
        const own = (corner: number): number => forces[k]![corner]![x]!;
        next[0]![k]![x] = own(1);
        if (dimension === 2) {
          give(k, start + x, handed[0]![k]![x]! + own(0));
          continue;
        }
        const layer = layers[at[1]!]![k]!;
        give(k, start + x, layer[x]! + handed[0]![k]![x]! + own(0));
        layer[x] = handed[1]![k]![x]! + own(2);
        next[1]![k]![x] = own(3);
      }
    handed = next;
  }
};

const elementKernels =
  (data: Float64Array) =>
  (modes: Modes, diagonal: Float64Array, geometry: Geometry): ElementKernels => {
    const { dimension, components } = modes;
    const { strides, length, pairs } = geometry;
    const corners = cornersOf(dimension);
    const columnCorners = corners.filter((corner) => corner.at(-1) === 0);
    const columnBits = Array.from({ length: dimension - 1 }, (_, k) => 1 << k);
    const grid: ElementGrid = { data, modes, geometry, columnCorners, columnBits, width: 2 * pairs };
    return {
      product: (e, u, out) => forEachForce(grid, e, u, (k, at, value) => (data[out / 8 + k * length + at] = value)),
      residual: (e, u, r, out) =>
        forEachForce(grid, e, u, (k, at, value) => {
          data[out / 8 + k * length + at] = data[r / 8 + k * length + at]! - value;
        }),
      diagonal: (e, out) => {
        for (const at of nodePlaces(geometry))
          for (let k = 0; k < components; k++) {
            let sum = 0;
            corners.forEach((corner, c) => {
              const element = corner.reduce((place, step, axis) => place - step * strides[axis]!, at);
              sum += diagonal[c * components + k]! * data[e / 8 + element]!;
            });
            data[out / 8 + k * length + at] = sum;
          }
      },
    };
  };

const stencilKernels =
  (data: Float64Array) =>
  (components: number, geometry: Geometry): StencilKernels => {
    const { nodes, pairs, strides, length, cells } = geometry;
    const dimension = cells.length;
    const size = stencilSize(dimension, components);
    const rows = nodes.slice(0, -1);
    const corners = cornersOf(dimension);
    const neighbours = Array.from({ length: 3 ** dimension }, (_, k) =>
      indicesIn(new Array<number>(dimension).fill(3), k).map((step) => step - 1),
    );
    const coefficientPlace = (stencil: number, node: readonly number[], coefficient: number): number => {
      const [row, x] = [indexIn(rows, node.slice(0, -1)), node.at(-1)!];
      return stencil / 8 + 2 * ((row * pairs + (x >> 1)) * size + coefficient) + (x & 1);
    };
    const forEachNode = (run: (node: readonly number[], at: number) => void): void => {
      for (let k = 0; k < countOf(nodes); k++) {
        const node = indicesIn(nodes, k);
        run(node, placeOf(geometry, node));
      }
    };
    return {
      residual: (stencil, u, r, out) =>
        forEachNode((node, at) => {
          for (let to = 0; to < components; to++) {
            const sums = [0, 0];
            neighbours.forEach((neighbour, o) => {
              const place = neighbour.reduce((own, step, axis) => own + step * strides[axis]!, at);
              for (let from = 0; from < components; from++)
                sums[o & 1]! +=
                  data[coefficientPlace(stencil, node, coefficientOf(neighbour, from, to, components))]! *
                  data[u / 8 + from * length + place]!;
            });
            data[out / 8 + to * length + at] = data[r / 8 + to * length + at]! - (sums[0]! + sums[1]!);
          }
        }),
      diagonal: (stencil, out) =>
        forEachNode((node, at) => {
          const own = node.map(() => 0);
          for (let k = 0; k < components; k++)
            data[out / 8 + k * length + at] =
              data[coefficientPlace(stencil, node, coefficientOf(own, k, k, components))]!;
        }),
      add: (stencil, element, matrix) => {
        let entry = matrix / 8;
        for (const a of corners)
          for (let to = 0; to < components; to++)
            for (const b of corners)
              for (let from = 0; from < components; from++) {
                const node = element.map((index, axis) => index + a[axis]!);
                const neighbour = b.map((step, axis) => step - a[axis]!);
                data[coefficientPlace(stencil, node, coefficientOf(neighbour, from, to, components))]! +=
                  data[entry++]!;
              }
      },
    };
  };

const transferKernels =
  (data: Float64Array) =>
  (components: number, fine: Geometry, coarse: Geometry): TransferKernels => {
    const doubled = (node: readonly number[]): number =>
      placeOf(
        fine,
        node.map((index) => 2 * index),
      );
    /** v(-1) / 2 + v(0) + v(1) / 2 along the axes, the slowest first. */
    const gathered = (at: number, axis: number): number => {
      if (axis < 0) return data[at]!;
      const stride = fine.strides[axis]!;
      return gathered(at, axis - 1) + 0.5 * (gathered(at - stride, axis - 1) + gathered(at + stride, axis - 1));
    };
    const last = fine.strides.length - 1;
    return {
      restrict: (from, to) => {
        for (let k = 0; k < components; k++)
          for (let n = 0; n < countOf(coarse.nodes); n++) {
            const node = indicesIn(coarse.nodes, n);
            data[to / 8 + k * coarse.length + placeOf(coarse, node)] = gathered(
              from / 8 + k * fine.length + doubled(node),
              last,
            );
          }
      },
      prolong: (from, to) => {
        /** The mean of two along the axes on which the node lies between two coarse ones. */
        const between = (at: number, node: readonly number[], axis: number): number => {
          if (axis < 0) return data[at]!;
          const own = between(at, node, axis - 1);
          if (node[axis]! % 2 === 0) return own;
          return 0.5 * (own + between(at + coarse.strides[axis]!, node, axis - 1));
        };
        for (let k = 0; k < components; k++)
          for (let n = 0; n < countOf(fine.nodes); n++) {
            const node = indicesIn(fine.nodes, n);
            const base =
              from / 8 +
              k * coarse.length +
              placeOf(
                coarse,
                node.map((index) => index >> 1),
              );
            data[to / 8 + k * fine.length + placeOf(fine, node)]! += between(base, node, last);
          }
      },
    };
  };

const galerkinKernels =
  (data: Float64Array, words: Int32Array) =>
  (components: number, fine: Geometry): GalerkinKernels => {
    const { strides } = fine;
    const dimension = strides.length;
    const corners = cornersOf(dimension);
    const size = corners.length * components;
    const fold = (matrix: number, corner: number): void => {
      for (let axis = 0; axis < dimension; axis++) {
        const bit = 1 << axis;
        for (let node = 0; node < corners.length; node++) {
          if ((node & bit) !== 0) continue;
          const [whole, half] = (corner & bit) === 0 ? [node, node | bit] : [node | bit, node];
          for (let k = 0; k < components * size; k++) {
            const [kept, halved] = [
              matrix / 8 + whole * components * size + k,
              matrix / 8 + half * components * size + k,
            ];
            data[halved] = 0.5 * data[halved]!;
            data[kept] = data[kept]! + data[halved]!;
          }
        }
      }
    };
    return {
      combine: (e, kinds, place, matrix) => {
        for (let k = 0; k < size * size; k++) {
          let sum = 0;
          corners.forEach((corner, c) => {
            const at = corner.reduce((own, step, axis) => own + step * strides[axis]!, place / 8);
            const term = data[e / 8 + at]! * data[words[kinds / 4 + at]! / 8 + k]!;
            sum = c === 0 ? term : sum + term;
          });
          data[matrix / 8 + k] = sum;
        }
      },
      promote: (child, corner, scratch, parent) => {
        fold(child, corner);
        for (let row = 0; row < size; row++)
          for (let column = 0; column < size; column++)
            data[scratch / 8 + column * size + row] = data[child / 8 + row * size + column]!;
        fold(scratch, corner);
        for (let k = 0; k < size * size; k++) data[parent / 8 + k]! += data[scratch / 8 + k]!;
      },
    };
  };

const vectorKernels = (data: Float64Array, words: Int32Array) => (): VectorKernels => {
  const total = (count: number, term: (k: number) => number): number => {
    const sums = [0, 0, 0, 0];
    for (let k = 0; k < count; k++) sums[k & 3]! += term(k);
    return sums[0]! + sums[2]! + (sums[1]! + sums[3]!);
  };
  const each = (count: number, run: (k: number) => void): void => {
    for (let k = 0; k < count; k++) run(k);
  };
  return {
    dot: (a, b, count) => total(count, (k) => data[a / 8 + k]! * data[b / 8 + k]!),
    scale: (z, d, r, count, c) => each(count, (k) => (data[z / 8 + k] = c * (data[d / 8 + k]! * data[r / 8 + k]!))),
    correct: (x, d, r, count, c) => each(count, (k) => (data[x / 8 + k]! += c * (data[d / 8 + k]! * data[r / 8 + k]!))),
    step: (z, x, d, r, count, a, b) =>
      each(count, (k) => {
        const move = a * data[z / 8 + k]! + b * (data[d / 8 + k]! * data[r / 8 + k]!);
        data[z / 8 + k] = move;
        data[x / 8 + k]! += move;
      }),
    advance: (x, r, p, q, count, alpha) =>
      total(count, (k) => {
        data[x / 8 + k]! += alpha * data[p / 8 + k]!;
        const rest = data[r / 8 + k]! - alpha * data[q / 8 + k]!;
        data[r / 8 + k] = rest;
        return rest * rest;
      }),
    direct: (p, z, count, beta) => each(count, (k) => (data[p / 8 + k] = data[z / 8 + k]! + beta * data[p / 8 + k]!)),
    invert: (x, count) => each(count, (k) => (data[x / 8 + k] = data[x / 8 + k] === 0 ? 0 : 1 / data[x / 8 + k]!)),
    clear: (places, count, x) => each(count, (k) => (data[(x + words[places / 4 + k]!) / 8] = 0)),
    addAt: (places, values, count, u, out, scale) =>
      each(count, (k) => {
        const at = words[places / 4 + k]!;
        data[(out + at) / 8]! += scale * (data[values / 8 + k]! * data[(u + at) / 8]!);
      }),
  };
};

/** The reference on a memory. */
export const referenceKernels = (buffer: ArrayBuffer): KernelMaker => {
  const data = new Float64Array(buffer);
  const words = new Int32Array(buffer);
  return {
    elements: elementKernels(data),
    stencil: stencilKernels(data),
    transfer: transferKernels(data),
    galerkin: galerkinKernels(data, words),
    vectors: vectorKernels(data, words),
  };
};

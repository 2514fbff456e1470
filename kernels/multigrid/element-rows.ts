/**
 * K(E) u on the finest grid as WebAssembly, with the bits of reference.ts. One pass over the rows of nodes; what a row of
 * elements gives to later rows of nodes waits in two small buffers, so that every result is written once.
 * A module is written for one grid: all distances are constants.
 */
import { f64x2, i32, wasmModule } from "../assembler/index.ts";
import type { FunctionBuilder, FunctionReference, Local, MemoryLimits, WasmModule } from "../assembler/index.ts";
import type { PrebuiltModule } from "../prebuilt/module.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Integers, Vector } from "../prebuilt/lanes.ts";
import type { Geometry } from "./geometry.ts";
import { cornersOf } from "./geometry.ts";
import { elementScratch } from "./kernels.ts";
import type { Modes } from "./modes.ts";
import { advance, load, nestedLoops, range, shifted } from "./vectors.ts";

type Builder = Pick<FunctionBuilder<"none">, "hold" | "set" | "local" | "store" | "for" | "call" | "memoryFill">;
type Maybe = Local<"v128"> | undefined;

/** a + b where a missing one is nothing. */
const plus = (f: Builder, a: Vector | undefined, b: Vector | undefined): Maybe => {
  const sum = a === undefined ? b : b === undefined ? a : f64x2.add(a, b);
  return sum === undefined ? undefined : f.hold(sum);
};
const minus = (f: Builder, a: Vector | undefined, b: Vector | undefined): Maybe => {
  const difference = b === undefined ? a : a === undefined ? f64x2.neg(b) : f64x2.sub(a, b);
  return difference === undefined ? undefined : f.hold(difference);
};

/** Places of a grid's numbers, in bytes. */
const bytesOf = ({ strides, length, origin, nodes }: Geometry) => ({
  plane: 8 * length,
  origin: 8 * origin,
  /** Steps from a node to the other nodes of its element column, axes from the last but one to the slowest. */
  column: cornersOf(nodes.length - 1).map((corner) =>
    corner.reduce((bytes, step, axis) => bytes + 8 * step * strides[axis]!, 0),
  ),
});

/** Sums and differences of a column of nodes, one list per component. */
const columnMotion = (
  f: Builder,
  { components, dimension }: Modes,
  geometry: Geometry,
  u: Local<"i32">,
  offset: number,
): Local<"v128">[][] => {
  const { plane, column } = bytesOf(geometry);
  return range(components).map((k) => {
    const values = column.map((bytes) => f.hold(load(u, offset + bytes + k * plane)));
    for (const bit of range(dimension - 1).map((axis) => 1 << axis))
      for (const at of range(values.length).filter((place) => (place & bit) === 0)) {
        const [low, high] = [values[at]!, values[at | bit]!];
        values[at] = f.hold(f64x2.add(low, high));
        values[at | bit] = f.hold(f64x2.sub(high, low));
      }
    return values;
  });
};

/** Forces of the modes: entries times motion, then times the modulus. `motion` is asked for what entries read only. */
const modeForces = (
  f: Builder,
  { entries }: Modes,
  coefficients: Local<"i32">,
  motion: (mode: number) => Local<"v128">,
  modulus: Local<"v128">,
): Map<number, Local<"v128">> => {
  const sums = new Map<number, Local<"v128">>();
  entries.forEach(({ row, column }, k) => {
    const term = f64x2.mul(load(coefficients, 16 * k), motion(column));
    const sum = sums.get(row);
    sums.set(row, f.hold(sum === undefined ? term : f64x2.add(sum, term)));
  });
  for (const [row, sum] of sums) sums.set(row, f.hold(f64x2.mul(modulus, sum)));
  return sums;
};

/** From sums and differences of a column back to its nodes. */
const columnForces = (f: Builder, dimension: number, column: Maybe[]): Maybe[] => {
  const values = column.slice();
  for (const bit of range(dimension - 1).map((axis) => 1 << axis))
    for (const at of range(values.length).filter((place) => (place & bit) === 0)) {
      const [sum, difference] = [values[at], values[at | bit]];
      values[at] = minus(f, sum, difference);
      values[at | bit] = plus(f, sum, difference);
    }
  return values;
};

type Row = FunctionReference<Integers<7>, "none">;

/** (coefficients, e, u, r, out, row carry, layer carry): one row of nodes; r only where it subtracts. */
const exportRow = (module: WasmModule, name: string, modes: Modes, geometry: Geometry, subtracts: boolean): Row => {
  const { components, dimension } = modes;
  const { pairs } = geometry;
  const { plane, column } = bytesOf(geometry);
  const modeOf = (q: number, isDifference: boolean, k: number): number =>
    (2 * q + Number(isDifference)) * components + k;
  return module.func(name, { params: integers(7) }, (f, coefficients, e, u, r, out, rowCarry, layerCarry) => {
    const current = columnMotion(f, modes, geometry, u, 0);
    const before = range(components).map(() => column.map(() => f.hold(zeros)));
    f.for(f.local("i32"), 0, pairs, 1, () => {
      const next = columnMotion(f, modes, geometry, u, 16);
      const right = current.map((values, k) => values.map((value, q) => f.hold(shifted(value, next[k]![q]!))));
      const known = new Map<number, Local<"v128">>();
      const motion = (mode: number): Local<"v128"> => {
        const [m, k] = [Math.floor(mode / components), mode % components];
        const [low, high] = [current[k]![m >> 1]!, right[k]![m >> 1]!];
        const value = known.get(mode) ?? f.hold((m & 1) === 0 ? f64x2.add(low, high) : f64x2.sub(high, low));
        known.set(mode, value);
        return value;
      };
      const modulus = f.hold(load(e));
      const forces = modeForces(f, modes, coefficients, motion, modulus);
      for (const k of range(components)) {
        const sides = column.map((_, q) => {
          const [sum, difference] = [forces.get(modeOf(q, false, k)), forces.get(modeOf(q, true, k))];
          const own = plus(f, sum, difference);
          const left = minus(f, sum, difference);
          if (own === undefined) return undefined;
          const total = plus(f, shifted(before[k]![q]!, own), left);
          f.set(before[k]![q]!, own);
          return total;
        });
        const nodes = columnForces(f, dimension, sides);
        handOn(f, dimension, components, k, nodes, rowCarry, layerCarry, (total) => {
          f.store(out, subtracts ? f64x2.sub(load(r, k * plane), total) : total, k * plane);
        });
        current[k]!.forEach((value, q) => f.set(value, next[k]![q]!));
      }
      advance(f, 16, e, u, r, out);
      advance(f, 16 * components * (dimension - 1), rowCarry);
      if (dimension === 3) advance(f, 16 * components, layerCarry);
    });
  });
};

/** Adds what earlier rows left for these nodes, keeps what is for later ones. */
const handOn = (
  f: Builder,
  dimension: number,
  components: number,
  k: number,
  nodes: readonly Maybe[],
  rowCarry: Local<"i32">,
  layerCarry: Local<"i32">,
  give: (total: Vector) => void,
): void => {
  const own = nodes.map((value) => value ?? f.hold(zeros));
  const near = f.hold(load(rowCarry, 16 * k));
  if (dimension === 2) {
    give(f64x2.add(near, own[0]!));
    f.store(rowCarry, own[1]!, 16 * k);
    return;
  }
  const far = f.hold(load(rowCarry, 16 * (components + k)));
  const layer = f.hold(load(layerCarry, 16 * k));
  give(f64x2.add(f64x2.add(layer, near), own[0]!));
  f.store(layerCarry, f64x2.add(far, own[2]!), 16 * k);
  f.store(rowCarry, own[1]!, 16 * k);
  f.store(rowCarry, own[3]!, 16 * (components + k));
};

/** (scratch, e, u, r, out): all rows. */
const exportProduct = (module: WasmModule, name: string, row: Row, modes: Modes, geometry: Geometry): void => {
  const { dimension } = modes;
  const { strides, nodes } = geometry;
  const { origin } = bytesOf(geometry);
  const places = elementScratch(modes, geometry);
  const carryBytes = places.layerCarry - places.rowCarry;
  const layerBytes = (places.bytes - places.layerCarry) / (dimension === 2 ? 1 : nodes[1]!);
  module.func(name, { params: integers(5), export: true }, (f, scratch, e, u, r, out) => {
    const rowCarry = f.hold(i32.add(scratch, places.rowCarry));
    const layers = f.hold(i32.add(scratch, places.layerCarry));
    const layer = f.hold(layers);
    advance(f, origin, e, u, r, out);
    f.memoryFill(rowCarry, 0, places.bytes - places.rowCarry);
    nestedLoops(
      f,
      nodes.slice(0, -1),
      () => f.call(row, i32.add(scratch, places.coefficients), e, u, r, out, rowCarry, layer),
      (axis) => {
        if (axis === dimension - 2) {
          advance(f, 8 * strides[axis]!, e, u, r, out);
          advance(f, layerBytes, layer);
          return;
        }
        advance(f, 8 * (strides[axis]! - nodes[1]! * strides[1]!), e, u, r, out);
        f.set(layer, layers);
        f.memoryFill(rowCarry, 0, carryBytes);
      },
    );
  });
};

/** (scratch, e, out): the diagonal, element by element around every node. */
const exportDiagonal = (module: WasmModule, modes: Modes, geometry: Geometry): void => {
  const { dimension, components } = modes;
  const { strides, nodes, pairs } = geometry;
  const { plane, origin } = bytesOf(geometry);
  const places = elementScratch(modes, geometry);
  const corners = cornersOf(dimension).map((corner) =>
    corner.reduce((bytes, step, axis) => bytes + 8 * step * strides[axis]!, 0),
  );
  const reach = corners.at(-1)!;
  const row = module.func("diagonalRow", { params: integers(3) }, (f, diagonal, e, out) => {
    f.for(f.local("i32"), 0, pairs, 1, () => {
      const moduli = corners.map((bytes) => f.hold(load(e, reach - bytes)));
      for (const k of range(components)) {
        const terms = moduli.map((modulus, c) => f64x2.mul(load(diagonal, 16 * (c * components + k)), modulus));
        f.store(
          out,
          terms.reduce((sum, term) => f64x2.add(sum, term), zeros),
          k * plane,
        );
      }
      advance(f, 16, e, out);
    });
  });
  module.func("diagonal", { params: integers(3), export: true }, (f, scratch, e, out) => {
    advance(f, origin, out);
    advance(f, origin - reach, e);
    nestedLoops(
      f,
      nodes.slice(0, -1),
      () => f.call(row, i32.add(scratch, places.diagonal), e, out),
      (axis) =>
        axis === dimension - 2
          ? advance(f, 8 * strides[axis]!, e, out)
          : advance(f, 8 * (strides[axis]! - nodes[1]! * strides[1]!), e, out),
    );
  });
};

/** Exports product(scratch, e, u, r, out), residual(scratch, e, u, r, out) and diagonal(scratch, e, out). */
export const elementModule = (modes: Modes, geometry: Geometry): PrebuiltModule => ({
  name: `multigridElements${modes.components}:${geometry.cells.join("x")}`,
  build: (limits?: MemoryLimits) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits ?? { initial: 1 });
    for (const [name, subtracts] of [
      ["product", false],
      ["residual", true],
    ] as const) {
      const row = exportRow(module, `${name}Row`, modes, geometry, subtracts);
      exportProduct(module, name, row, modes, geometry);
    }
    exportDiagonal(module, modes, geometry);
    return module.assemble();
  },
});

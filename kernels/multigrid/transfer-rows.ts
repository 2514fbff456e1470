/**
 * Multilinear interpolation to the next finer grid and its transpose as WebAssembly, with the bits of reference.ts.
 */
import { f64, f64x2, wasmModule } from "../assembler/index.ts";
import type { FunctionReference, Local, MemoryLimits, Statements, WasmModule } from "../assembler/index.ts";
import type { PrebuiltModule } from "../prebuilt/module.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Integers, Vector } from "../prebuilt/lanes.ts";
import type { Geometry } from "./geometry.ts";
import { cornersOf } from "./geometry.ts";
import { advance, half, load, lowers, nestedLoops, range, shifted, uppers } from "./vectors.ts";

const outerBytes = ({ strides }: Geometry): readonly number[] => strides.slice(0, -1).map((stride) => 8 * stride);

/** v(-1) / 2 + v(0) + v(1) / 2 across the rows around a fine row, the slowest axis innermost; offsets from the first row. */
const gathered = (f: Statements, rows: readonly number[], pointer: Local<"i32">, offset: number): Vector => {
  if (rows.length === 0) return load(pointer, offset);
  const bytes = rows.at(-1)!;
  const [low, own, high] = [0, 1, 2].map((step) =>
    f.hold(gathered(f, rows.slice(0, -1), pointer, offset + step * bytes)),
  ) as [Vector, Vector, Vector];
  return f64x2.add(own, f64x2.mul(half, f64x2.add(low, high)));
};

/** (fine at the first row around it, coarse): one row of coarse nodes. */
const restrictRow = (
  module: WasmModule,
  components: number,
  fine: Geometry,
  coarse: Geometry,
): FunctionReference<Integers<2>, "none"> =>
  module.func("restrictRow", { params: integers(2) }, (f, from, to) => {
    const before = range(components).map(() => f.hold(zeros));
    f.for(f.local("i32"), 0, coarse.pairs, 1, () => {
      for (const k of range(components)) {
        const [own, next] = [0, 16].map((bytes) =>
          f.hold(gathered(f, outerBytes(fine), from, 8 * k * fine.length + bytes)),
        ) as [Local<"v128">, Local<"v128">];
        const sides = f64x2.add(uppers(before[k]!, own), uppers(own, next));
        f.store(to, f64x2.add(lowers(own, next), f64x2.mul(half, sides)), 8 * k * coarse.length);
        f.set(before[k]!, next);
      }
      advance(f, 32, from);
      advance(f, 16, to);
    });
  });

const exportRestrict = (module: WasmModule, components: number, fine: Geometry, coarse: Geometry): void => {
  const row = restrictRow(module, components, fine, coarse);
  const [fineBytes, coarseBytes] = [outerBytes(fine), outerBytes(coarse)];
  const reach = fineBytes.reduce((sum, bytes) => sum + bytes, 0);
  module.func("restrict", { params: integers(2), export: true }, (f, from, to) => {
    advance(f, 8 * fine.origin - reach, from);
    advance(f, 8 * coarse.origin, to);
    nestedLoops(
      f,
      coarse.nodes.slice(0, -1),
      () => f.call(row, from, to),
      (axis) => {
        const rows = axis === fineBytes.length - 1 ? 0 : coarse.nodes[1]!;
        advance(f, 2 * (fineBytes[axis]! - rows * (fineBytes[1] ?? 0)), from);
        advance(f, coarseBytes[axis]! - rows * (coarseBytes[1] ?? 0), to);
      },
    );
  });
};

/** The mean of the coarse rows around a fine row, the slowest axis first; `between`: along which axes it lies between two. */
const meanRow = (
  f: Statements,
  rows: readonly number[],
  between: readonly number[],
  pointer: Local<"i32">,
  offset: number,
): Vector => {
  if (rows.length === 0) return load(pointer, offset);
  const own = f.hold(meanRow(f, rows.slice(0, -1), between.slice(0, -1), pointer, offset));
  if (between.at(-1) === 0) return own;
  const other = meanRow(f, rows.slice(0, -1), between.slice(0, -1), pointer, offset + rows.at(-1)!);
  return f64x2.mul(half, f64x2.add(own, other));
};

/** (coarse, fine): adds to one row of fine nodes, at a place between coarse rows. */
const prolongRow = (
  module: WasmModule,
  components: number,
  fine: Geometry,
  coarse: Geometry,
  between: readonly number[],
): FunctionReference<Integers<2>, "none"> =>
  module.func(`prolongRow${between.join("")}`, { params: integers(2) }, (f, from, to) => {
    const rows = outerBytes(coarse);
    f.for(f.local("i32"), 0, fine.pairs - 1, 1, () => {
      for (const k of range(components)) {
        const own = f.hold(meanRow(f, rows, between, from, 8 * k * coarse.length));
        const middle = f64x2.mul(half, f64x2.add(own, shifted(own, own)));
        const place = 8 * k * fine.length;
        f.store(to, f64x2.add(load(to, place), lowers(own, middle)), place);
      }
      advance(f, 8, from);
      advance(f, 16, to);
    });
    // The last node, without the ghost behind it.
    for (const k of range(components)) {
      const own = f.hold(meanRow(f, rows, between, from, 8 * k * coarse.length));
      const place = 8 * k * fine.length;
      f.store(to, f64.add(f64.load(to, place), f64x2.extract_lane(own, 0)), place);
    }
  });

const exportProlong = (module: WasmModule, components: number, fine: Geometry, coarse: Geometry): void => {
  const [fineBytes, coarseBytes] = [outerBytes(fine), outerBytes(coarse)];
  const places = cornersOf(fineBytes.length);
  const rows = places.map((between) => prolongRow(module, components, fine, coarse, between));
  module.func("prolong", { params: integers(2), export: true }, (f, from, to) => {
    advance(f, 8 * coarse.origin, from);
    advance(f, 8 * fine.origin, to);
    // Every place between coarse rows by itself: one loop over its rows.
    places.forEach((between, which) => {
      const counts = between.map((step, axis) => coarse.nodes[axis]! - step);
      const [source, target] = [f.hold(from), f.hold(to)];
      advance(
        f,
        between.reduce((bytes, step, axis) => bytes + step * fineBytes[axis]!, 0),
        target,
      );
      nestedLoops(
        f,
        counts,
        () => f.call(rows[which]!, source, target),
        (axis) => {
          const inner = axis === fineBytes.length - 1 ? 0 : counts[1]!;
          advance(f, coarseBytes[axis]! - inner * (coarseBytes[1] ?? 0), source);
          advance(f, 2 * (fineBytes[axis]! - inner * (fineBytes[1] ?? 0)), target);
        },
      );
    });
  });
};

/** Exports restrict(fine, coarse) and prolong(coarse, fine). */
export const transferModule = (components: number, fine: Geometry, coarse: Geometry): PrebuiltModule => ({
  name: `multigridTransfer${components}:${fine.cells.join("x")}`,
  build: (limits?: MemoryLimits) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits ?? { initial: 1 });
    exportRestrict(module, components, fine, coarse);
    exportProlong(module, components, fine, coarse);
    return module.assemble();
  },
});

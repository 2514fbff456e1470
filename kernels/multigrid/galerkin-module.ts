/**
 * Matrices of coarse elements as WebAssembly, with the bits of reference.ts: sums over the finest children, and P' A P for
 * the child at a corner of its parent. P is a product of interpolations along the axes, each of which halves one of two
 * rows and adds it to the other.
 */
import { f64, f64x2, i32, v128, wasmModule } from "../assembler/index.ts";
import type { FunctionReference, MemoryLimits, WasmModule } from "../assembler/index.ts";
import type { PrebuiltModule } from "../prebuilt/module.ts";
import { integers } from "../prebuilt/lanes.ts";
import type { Integers } from "../prebuilt/lanes.ts";
import type { Geometry } from "./geometry.ts";
import { cornersOf } from "./geometry.ts";
import { advance, half, load, range } from "./vectors.ts";

/** (e, kinds, matrix): sum of E_c C_c; `e` and `kinds` at the first child. */
const exportCombine = (module: WasmModule, entries: number, { strides }: Geometry): void => {
  const children = cornersOf(strides.length).map((corner) =>
    corner.reduce((place, step, axis) => place + step * strides[axis]!, 0),
  );
  module.func("combine", { params: integers(3), export: true }, (f, e, kinds, matrix) => {
    const moduli = children.map((place) => f.hold(v128.load64_splat(e, 8 * place)));
    const from = children.map((place) => f.hold(i32.load(kinds, 4 * place)));
    f.for(f.local("i32"), 0, entries / 2, 1, () => {
      const terms = from.map((pointer, c) => f64x2.mul(moduli[c]!, load(pointer)));
      f.store(
        matrix,
        terms.reduce((sum, term) => f64x2.add(sum, term)),
      );
      advance(f, 16, ...from, matrix);
    });
  });
};

/** (kept, halved): rows of a node; halves one and adds it to the other. */
const foldPair = (module: WasmModule, numbers: number): FunctionReference<Integers<2>, "none"> =>
  module.func("foldPair", { params: integers(2) }, (f, kept, halved) => {
    f.for(f.local("i32"), 0, numbers / 2, 1, () => {
      const value = f.hold(f64x2.mul(half, load(halved)));
      f.store(halved, value);
      f.store(kept, f64x2.add(load(kept), value));
      advance(f, 16, kept, halved);
    });
  });

/** (matrix, corner): matrix = P' matrix. */
const fold = (module: WasmModule, dimension: number, rowsOfNode: number): FunctionReference<Integers<2>, "none"> => {
  const pair = foldPair(module, rowsOfNode);
  return module.func("fold", { params: integers(2) }, (f, matrix, corner) => {
    for (const axis of range(dimension)) {
      const bit = 1 << axis;
      const isFar = f.hold(i32.and(corner, bit));
      for (const node of range(2 ** dimension).filter((k) => (k & bit) === 0)) {
        const [low, high] = [node, node | bit].map((k) => f.hold(i32.add(matrix, 8 * k * rowsOfNode)));
        f.if(
          isFar,
          () => f.call(pair, high!, low!),
          () => f.call(pair, low!, high!),
        );
      }
    }
  });
};

/** (child, corner, scratch, parent): parent += P' child P. */
const exportPromote = (module: WasmModule, dimension: number, size: number, components: number): void => {
  const foldMatrix = fold(module, dimension, components * size);
  const transpose = module.func("transpose", { params: integers(2) }, (f, from, to) =>
    f.for(f.local("i32"), 0, size, 1, () => {
      const target = f.hold(to);
      f.for(f.local("i32"), 0, size, 1, () => {
        f.store(target, f64.load(from));
        advance(f, 8, from);
        advance(f, 8 * size, target);
      });
      advance(f, 8, to);
    }),
  );
  const addTo = module.func("addTo", { params: integers(2) }, (f, to, from) =>
    f.for(f.local("i32"), 0, (size * size) / 2, 1, () => {
      f.store(to, f64x2.add(load(to), load(from)));
      advance(f, 16, to, from);
    }),
  );
  module.func("promote", { params: integers(4), export: true }, (f, child, corner, scratch, parent) => {
    f.call(foldMatrix, child, corner);
    f.call(transpose, child, scratch);
    f.call(foldMatrix, scratch, corner);
    f.call(addTo, parent, scratch);
  });
};

/** Exports combine(e, kinds, matrix) and promote(child, corner, scratch, parent). */
export const galerkinModule = (components: number, fine: Geometry): PrebuiltModule => {
  const dimension = fine.cells.length;
  const size = components * 2 ** dimension;
  return {
    name: `multigridGalerkin${components}:${fine.cells.join("x")}`,
    build: (limits?: MemoryLimits) => {
      const module = wasmModule();
      module.importMemory("env", "memory", limits ?? { initial: 1 });
      exportCombine(module, size * size, fine);
      exportPromote(module, dimension, size, components);
      return module.assemble();
    },
  };
};

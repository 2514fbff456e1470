/**
 * Operations on whole fields as WebAssembly, with the bits of reference.ts: four numbers in a round, sums in four parts.
 */
import { f64, f64x2, i32, v128, wasmModule } from "../assembler/index.ts";
import type { Expression, Local, MemoryLimits, Statements, WasmModule } from "../assembler/index.ts";
import type { PrebuiltModule } from "../prebuilt/module.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Vector } from "../prebuilt/lanes.ts";
import { advance, lanesAdded, load } from "./vectors.ts";

const halves = [0, 16] as const;

/** Runs through fields of `count` numbers, two vectors in a round. */
const through = (
  f: Statements,
  count: Expression<"i32">,
  pointers: readonly Local<"i32">[],
  body: (offset: number, part: 0 | 1) => void,
): void =>
  f.for(f.local("i32"), 0, count, 4, () => {
    halves.forEach((offset, part) => body(offset, part as 0 | 1));
    advance(f, 32, ...pointers);
  });

const splat = (f: Statements, x: Local<"f64">): Vector => f.hold(f64x2.splat(x));

/** (s0 + s2) + (s1 + s3) */
const total = (f: Statements, sums: readonly Vector[]): Expression<"f64"> =>
  lanesAdded(f.hold(f64x2.add(sums[0]!, sums[1]!)));

const exportSums = (module: WasmModule): void => {
  module.func("dot", { params: integers(3), result: "f64", export: true }, (f, a, b, count) => {
    const sums = halves.map(() => f.hold(zeros));
    through(f, count, [a, b], (offset, part) =>
      f.set(sums[part]!, f64x2.add(sums[part]!, f64x2.mul(load(a, offset), load(b, offset)))),
    );
    return total(f, sums);
  });
  module.func(
    "advance",
    { params: [...integers(5), "f64"], result: "f64", export: true },
    (f, x, r, p, q, count, alpha) => {
      const sums = halves.map(() => f.hold(zeros));
      const factor = splat(f, alpha);
      through(f, count, [x, r, p, q], (offset, part) => {
        f.store(x, f64x2.add(load(x, offset), f64x2.mul(factor, load(p, offset))), offset);
        const rest = f.hold(f64x2.sub(load(r, offset), f64x2.mul(factor, load(q, offset))));
        f.store(r, rest, offset);
        f.set(sums[part]!, f64x2.add(sums[part]!, f64x2.mul(rest, rest)));
      });
      return total(f, sums);
    },
  );
};

const exportUpdates = (module: WasmModule): void => {
  const scaled = (factor: Vector, d: Local<"i32">, r: Local<"i32">, offset: number): Vector =>
    f64x2.mul(factor, f64x2.mul(load(d, offset), load(r, offset)));
  module.func("scale", { params: [...integers(4), "f64"], export: true }, (f, z, d, r, count, c) => {
    const factor = splat(f, c);
    through(f, count, [z, d, r], (offset) => f.store(z, scaled(factor, d, r, offset), offset));
  });
  module.func("correct", { params: [...integers(4), "f64"], export: true }, (f, x, d, r, count, c) => {
    const factor = splat(f, c);
    through(f, count, [x, d, r], (offset) =>
      f.store(x, f64x2.add(load(x, offset), scaled(factor, d, r, offset)), offset),
    );
  });
  module.func("step", { params: [...integers(5), "f64", "f64"], export: true }, (f, z, x, d, r, count, a, b) => {
    const [keep, factor] = [splat(f, a), splat(f, b)];
    through(f, count, [z, x, d, r], (offset) => {
      const move = f.hold(f64x2.add(f64x2.mul(keep, load(z, offset)), scaled(factor, d, r, offset)));
      f.store(z, move, offset);
      f.store(x, f64x2.add(load(x, offset), move), offset);
    });
  });
  module.func("direct", { params: [...integers(3), "f64"], export: true }, (f, p, z, count, beta) => {
    const factor = splat(f, beta);
    through(f, count, [p, z], (offset) =>
      f.store(p, f64x2.add(load(z, offset), f64x2.mul(factor, load(p, offset))), offset),
    );
  });
  module.func("invert", { params: integers(2), export: true }, (f, x, count) => {
    const one = f.hold(f64x2.splat(f64.const(1)));
    through(f, count, [x], (offset) => {
      const value = f.hold(load(x, offset));
      f.store(x, v128.and(f64x2.div(one, value), f64x2.ne(value, zeros)), offset);
    });
  });
};

const exportPlaces = (module: WasmModule): void => {
  module.func("clear", { params: integers(3), export: true }, (f, places, count, x) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      f.store(i32.add(x, i32.load(places)), f64.const(0));
      advance(f, 4, places);
    }),
  );
  module.func("addAt", { params: [...integers(5), "f64"], export: true }, (f, places, values, count, u, out, scale) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      const at = f.hold(i32.load(places));
      const target = f.hold(i32.add(out, at));
      const force = f64.mul(scale, f64.mul(f64.load(values), f64.load(i32.add(u, at))));
      f.store(target, f64.add(f64.load(target), force));
      advance(f, 4, places);
      advance(f, 8, values);
    }),
  );
};

/** Exports the functions of VectorKernels by their names. */
export const vectorModule: PrebuiltModule = {
  name: "multigridVectors",
  build: (limits?: MemoryLimits) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits ?? { initial: 1 });
    exportSums(module);
    exportUpdates(module);
    exportPlaces(module);
    return module.assemble();
  },
};

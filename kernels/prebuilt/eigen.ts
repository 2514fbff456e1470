/**
 * Eigenvalues and vectors of symmetric matrices, equal to the bit with `symmetricEigen` (kernels/dense/symmetric-eigen.ts):
 * scaled by a power of two, made tridiagonal, diagonalized, sorted.
 */
import { call, f64, i32 } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { formColumns } from "./qr.ts";
import { reflections } from "./reflection-passes.ts";
import { diagonalize } from "./rotations.ts";
import { eachGroup, fillNaN, isTurnedRound, negateRow, powerOfTwoScale, sortOrder } from "./scaling.ts";
import { copyStrip, entryBytes, numbersOf, stripLines } from "./strips.ts";
import type { CopyStrip, Numbers } from "./strips.ts";
import { stripsOf } from "./strip-triangle.ts";
import { tridiagonalize } from "./tridiagonal.ts";

const { add, sub, mul } = i32;

/** (size, scale, a, work, step): the scaled symmetric part, in both triangles. */
type LoadScaled = FunctionReference<readonly ["i32", "f64", "i32", "i32", "i32"], "none">;

const loadScaled = (module: WasmModule, { item, load }: Numbers): LoadScaled =>
  module.func("loadScaled", { params: ["i32", "f64", "i32", "i32", "i32"] }, (f, size, scale, a, work, step) => {
    const row = f.hold(mul(size, item));
    const [i, j] = [f.local("i32"), f.local("i32")];
    f.for(i, 0, size, 1, () => {
      const [own, mirror] = [f.hold(add(a, mul(i, row))), f.hold(add(a, mul(i, item)))];
      const [target, other] = [f.hold(add(work, mul(i, step))), f.hold(add(work, mul(i, 8)))];
      f.for(j, 0, add(i, 1), 1, () => {
        const sum = f64.add(f64.mul(load(own), scale), f64.mul(load(mirror), scale));
        const value = f.hold(f64.div(sum, 2));
        f.store(target, value);
        f.store(other, value);
        f.set(own, add(own, item));
        f.set(mirror, add(mirror, row));
        f.set(target, add(target, 8));
        f.set(other, add(other, step));
      });
    });
  });

/** (size, work, step, strips, distance): strips of components of the vectors, from the rows of `work` or back. */
type CopyComponents = FunctionReference<Integers<5>, "none">;

const copyComponents = (module: WasmModule, name: string, copy: CopyStrip): CopyComponents =>
  module.func(name, { params: integers(5) }, (f, size, work, step, strips, distance) =>
    eachGroup(f, size, work, i32.const(entryBytes), (own, place) => {
      f.call(copy, own, size, place, 8, step, strips);
      f.set(strips, add(strips, distance));
    }),
  );

/** (size, work, step, strips, distance, spare, weights, scales): the vectors as rows of `work`, from its reflections. */
type Accumulate = FunctionReference<Integers<8>, "none">;

/** The vectors of the reflections go to strips; the identity takes their place, times the reflections. */
const accumulate = (module: WasmModule, pack: CopyStrip, unpack: CopyStrip): Accumulate => {
  const form = formColumns(module, reflections(module, "backwards", 1), reflections(module, "backwards", 2));
  return module.func(
    "accumulate",
    { params: integers(8) },
    (f, size, work, step, strips, distance, spare, weights, scales) => {
      const inner = f.hold(sub(size, 1));
      const wide = f.hold(mul(step, stripLines));
      const strip = f.hold(strips);
      eachGroup(f, inner, add(work, 8), wide, (own, place) => {
        f.call(pack, own, inner, place, step, 8, strip);
        f.set(strip, add(strip, distance));
      });
      f.memoryFill(work, 0, mul(size, step));
      f.store(work, f64.const(1));
      const first = f.local("i32");
      const corner = f.hold(add(work, add(step, 8)));
      f.for(first, 0, inner, 2 * stripLines, () => {
        const width = f.hold(sub(inner, first));
        f.if(i32.gt_s(width, 2 * stripLines), () => f.set(width, 2 * stripLines));
        f.call(form, first, width, inner, inner, spare, distance, strips, scales, weights);
        f.set(strip, spare);
        eachGroup(f, width, add(corner, mul(first, step)), wide, (own, place) => {
          f.call(unpack, own, inner, place, step, 8, strip);
          f.set(strip, add(strip, distance));
        });
      });
    },
  );
};

/** (size, scale, diagonal, order, work, step, rows, values, vectors) */
type StoreSorted = FunctionReference<readonly ["i32", "f64", "i32", "i32", "i32", "i32", "i32", "i32", "i32"], "none">;

/** Values in ascending order, and the vectors, rows of `work`, as columns; sorted rows stand at `rows` meanwhile. */
const storeSorted = (module: WasmModule, { item, store }: Numbers, pack: CopyStrip, unpack: CopyStrip): StoreSorted => {
  const sort = sortOrder(module, "ascending");
  const [isTurned, negate] = [isTurnedRound(module), negateRow(module)];
  return module.func(
    "storeSorted",
    { params: ["i32", "f64", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] },
    (f, size, scale, diagonal, order, work, step, rows, values, vectors) => {
      f.call(sort, size, diagonal, order);
      const row = f.hold(rows);
      f.for(f.local("i32"), 0, size, 1, () => {
        const from = f.hold(i32.load(order));
        store(f, values, f64.div(f64.load(add(diagonal, mul(from, 8))), scale));
        f.memoryCopy(row, add(work, mul(from, step)), step);
        f.if(call(isTurned, size, row), () => f.call(negate, size, row));
        f.set(order, add(order, 4));
        f.set(values, add(values, item));
        f.set(row, add(row, step));
      });
      eachGroup(f, size, rows, mul(step, stripLines), (own, source) => {
        f.call(pack, own, size, source, step, 8, work);
        f.call(unpack, own, size, vectors, item, mul(size, item), work);
        f.set(vectors, add(vectors, stripLines * item));
      });
    },
  );
};

/** (size, scale, a, values, vectors, ...places): the decomposition of one matrix. */
type Decompose = FunctionReference<readonly ["i32", "f64", ...Integers<17>], "none">;

const decompose = (module: WasmModule, numbers: Numbers): Decompose => {
  const doubles = numbersOf("float64")!;
  const pack = copyStrip(module, doubles, "pack");
  const unpack = copyStrip(module, doubles, "unpack");
  const load = loadScaled(module, numbers);
  const reduce = tridiagonalize(module);
  const form = accumulate(module, pack, unpack);
  const [toStrips, fromStrips] = [
    copyComponents(module, "toStrips", pack),
    copyComponents(module, "fromStrips", unpack),
  ];
  const iterate = diagonalize(module);
  const store = storeSorted(module, numbers, pack, numbers === doubles ? unpack : copyStrip(module, numbers, "unpack"));
  return module.func(
    "decompose",
    { params: ["i32", "f64", ...integers(17)] },
    (f, size, scale, a, values, vectors, work, step, strips, distance, ...rest) => {
      const [spare, weights, scales, diagonal, coupling, lines, length, order, record, limit] = rest;
      f.memoryFill(work, 0, mul(size, step));
      f.call(load, size, scale, a, work, step);
      f.memoryFill(lines, 0, mul(length, 4));
      f.call(reduce, size, work, step, diagonal, coupling, scales, lines, length);
      f.call(form, size, work, step, strips, distance, spare, weights, scales);
      f.call(toStrips, size, work, step, strips, distance);
      f.call(iterate, size, diagonal, coupling, stripsOf(size), strips, distance, record, limit);
      f.call(fromStrips, size, work, step, strips, distance);
      f.call(store, size, scale, diagonal, order, work, step, strips, values, vectors);
    },
  );
};

/** Places of scratch memory, as arguments of `run`. */
const placeNames = [
  "work",
  "step",
  "strips",
  "distance",
  "spare",
  "weights",
  "scales",
  "diagonal",
  "coupling",
  "lines",
  "length",
  "order",
  "record",
  "limit",
] as const;
export type EigenPlaces = Readonly<Record<(typeof placeNames)[number], number>>;

/** The arguments of `run` that follow (count, size, a, values, vectors). */
export const eigenArguments = (places: EigenPlaces): number[] => placeNames.map((name) => places[name]);

/** Exports `run(count, size, a, values, vectors, ...places)` for stacks of matrices. */
export const exportEigen = (module: WasmModule, numbers: Numbers): void => {
  const { item } = numbers;
  const scaleOf = powerOfTwoScale(module, numbers);
  const decomposeOne = decompose(module, numbers);
  const spoil = fillNaN(module, numbers);
  module.func("run", { params: integers(19), export: true }, (f, count, size, a, values, vectors, ...places) => {
    const elements = f.hold(mul(size, size));
    f.for(f.local("i32"), 0, count, 1, () => {
      const scale = f.hold(call(scaleOf, elements, a));
      f.if(
        f64.eq(scale, scale),
        () => f.call(decomposeOne, size, scale, a, values, vectors, ...places),
        () => {
          f.call(spoil, values, size);
          f.call(spoil, vectors, elements);
        },
      );
      f.set(a, add(a, mul(elements, item)));
      f.set(values, add(values, mul(size, item)));
      f.set(vectors, add(vectors, mul(elements, item)));
    });
  });
};

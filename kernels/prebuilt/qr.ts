/**
 * Householder QR, equal to the bit with kernels/dense/qr.ts. The matrix stands in strips of columns; strip by strip, two at a
 * time, the reflections of all strips left of it are applied, then its own are made. Q is formed two strips at a time.
 */
import { call, conditional, f64, f64x2, i32, select, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { reflections } from "./reflection-passes.ts";
import type { Reflect } from "./reflection-passes.ts";
import { copyStrip, copyStrips, eachPlace, entryBytes, stripLines } from "./strips.ts";
import type { CopyStrip, Numbers } from "./strips.ts";

const { add, sub, mul } = i32;

const least = (x: Expression<"i32">, y: Expression<"i32">): Expression<"i32"> => select(i32.lt_s(x, y), x, y);

/** (start, end): norm of a column without overflow; start and end are addresses. */
const columnNorm = (module: WasmModule): FunctionReference<Integers<2>, "f64"> =>
  module.func("columnNorm", { params: integers(2), result: "f64" }, (f, start, end) => {
    const [largest, sum] = [f.local("f64"), f.local("f64")];
    eachPlace(f, start, end, entryBytes, (row) => f.set(largest, f64.max(largest, f64.abs(f64.load(row)))));
    f.if(i32.or(f64.eq(largest, 0), i32.eqz(f64.lt(largest, Infinity))), () => f.return(largest));
    eachPlace(f, start, end, entryBytes, (row) => {
      const ratio = f.hold(f64.div(f64.load(row), largest));
      f.set(sum, f64.add(sum, f64.mul(ratio, ratio)));
    });
    return f64.mul(largest, f64.sqrt(sum));
  });

/** (start, end): makes the reflection of a column from `start` on, and gives its tau. */
export const makeReflection = (module: WasmModule): FunctionReference<Integers<2>, "f64"> => {
  const normOf = columnNorm(module);
  return module.func("makeReflection", { params: integers(2), result: "f64" }, (f, start, end) => {
    const below = f.hold(add(start, entryBytes));
    // The last row has nothing below it to remove.
    f.if(i32.eq(below, end), () => f.return(0));
    const norm = f.hold(call(normOf, start, end));
    f.if(f64.eq(norm, 0), () => f.return(0));
    const head = f.hold(f64.load(start));
    const image = f.hold(conditional(f64.lt(head, 0), norm, f64.neg(norm)));
    const divisor = f.hold(f64.sub(head, image));
    eachPlace(f, below, end, entryBytes, (row) => f.store(row, f64.div(f64.load(row), divisor)));
    f.store(start, image);
    return f64.div(f64.sub(image, head), image);
  });
};

/** (line, end, scale): applies the reflection of one column of a strip to the columns right of it. */
export const reflectWithin = (module: WasmModule, column: 0 | 1 | 2): FunctionReference<Integers<3>, "none"> =>
  module.func(`reflectWithin${column}`, { params: integers(3) }, (f, line, end, scale) => {
    const next = 8 * (column + 1);
    const hasSingle = column !== 1;
    const hasPair = column !== 2;
    const single = f.hold(hasSingle ? f64.load(line, next) : f64.const(0));
    const pair = f.hold(hasPair ? v128.load(line, 16) : f64x2.splat(0));
    const start = f.hold(add(line, entryBytes));
    eachPlace(f, start, end, entryBytes, (row) => {
      const factor = f.hold(f64.load(row, 8 * column));
      if (hasSingle) f.set(single, f64.add(single, f64.mul(factor, f64.load(row, next))));
      if (hasPair) f.set(pair, f64x2.add(pair, f64x2.mul(f64x2.splat(factor), v128.load(row, 16))));
    });
    const tau = f.hold(f64.load(scale));
    if (hasSingle) f.set(single, f64.mul(single, tau));
    if (hasPair) f.set(pair, f64x2.mul(pair, f64x2.splat(tau)));
    if (hasSingle) f.store(line, f64.sub(f64.load(line, next), single), next);
    if (hasPair) f.store(line, f64x2.sub(v128.load(line, 16), pair), 16);
    eachPlace(f, start, end, entryBytes, (row) => {
      const factor = f.hold(f64.load(row, 8 * column));
      if (hasSingle) f.store(row, f64.sub(f64.load(row, next), f64.mul(factor, single)), next);
      if (hasPair) f.store(row, f64x2.sub(v128.load(row, 16), f64x2.mul(f64x2.splat(factor), pair)), 16);
    });
  });

/** (rows, columns, strips, distance, scales, weights): factors a matrix in strips of columns, in place. */
type FactorQr = FunctionReference<Integers<6>, "none">;

const factorQr = (module: WasmModule, reflectOne: Reflect, reflectTwo: Reflect): FactorQr => {
  const make = makeReflection(module);
  const within = ([0, 1, 2] as const).map((column) => reflectWithin(module, column));
  /** (k, count, rows, strip, scales): the reflections of one strip, whose first column is k. */
  const factorStrip = module.func("factorStrip", { params: integers(5) }, (f, k, count, rows, strip, scales) => {
    const end = f.hold(add(strip, mul(rows, entryBytes)));
    for (let column = 0; column < stripLines; column += 1) {
      f.if(i32.ge_s(k, count), () => f.return());
      const line = f.hold(add(strip, mul(k, entryBytes)));
      const scale = f.hold(add(scales, mul(k, 8)));
      const tau = f.hold(call(make, add(line, 8 * column), add(end, 8 * column)));
      f.store(scale, tau);
      const others = within[column];
      if (others !== undefined) f.if(f64.ne(tau, 0), () => f.call(others, line, end, scale));
      f.set(k, add(k, 1));
    }
  });
  return module.func("factorQr", { params: integers(6) }, (f, rows, columns, strips, distance, scales, weights) => {
    const count = f.hold(least(rows, columns));
    const k = f.local("i32");
    const strip = f.hold(strips);
    f.for(k, 0, columns, 2 * stripLines, () => {
      const before = f.hold(least(k, count));
      const middle = f.hold(add(k, stripLines));
      const hasSecond = f.hold(i32.lt_s(middle, columns));
      f.if(
        hasSecond,
        () => f.call(reflectTwo, 0, before, rows, strips, scales, strip, distance, weights),
        () => f.call(reflectOne, 0, before, rows, strips, scales, strip, distance, weights),
      );
      f.call(factorStrip, k, count, rows, strip, scales);
      f.if(hasSecond, () => {
        const second = f.hold(add(strip, distance));
        f.call(reflectOne, before, least(middle, count), rows, strips, scales, second, distance, weights);
        f.call(factorStrip, middle, count, rows, second, scales);
        f.set(strip, add(second, distance));
      });
    });
  });
};

/** (first, width, count, rows, strip, distance, vectors, scales, weights): Q's columns from `first` on, one strip or two. */
export type FormColumns = FunctionReference<Integers<9>, "none">;

/** The reflections of a strip's own columns and of those left of it, on columns of the identity. */
export const formColumns = (module: WasmModule, reflectOne: Reflect, reflectTwo: Reflect): FormColumns =>
  module.func(
    "formColumns",
    { params: integers(9) },
    (f, first, width, count, rows, strip, distance, vectors, scales, weights) => {
      const middle = f.hold(add(first, stripLines));
      const second = f.hold(add(strip, distance));
      const place = f.hold(add(strip, mul(first, entryBytes)));
      const row = f.local("i32");
      f.memoryFill(strip, 0, mul(distance, 2));
      f.for(row, first, add(first, width), 1, () => {
        f.if(i32.eq(row, middle), () => f.set(place, add(second, mul(middle, entryBytes))));
        f.store(place, f64.const(1));
        f.set(place, add(place, entryBytes + 8));
      });
      const early = f.hold(least(middle, count));
      f.if(
        i32.gt_s(width, stripLines),
        () => {
          const late = least(add(middle, stripLines), count);
          f.call(reflectOne, early, late, rows, vectors, scales, second, distance, weights);
          f.call(reflectTwo, 0, early, rows, vectors, scales, strip, distance, weights);
        },
        () => f.call(reflectOne, 0, early, rows, vectors, scales, strip, distance, weights),
      );
    },
  );

/** (rows, columns, height, strips, distance, r): R, zeros below its diagonal. */
const storeR = (module: WasmModule, { item }: Numbers, unpack: CopyStrip): FunctionReference<Integers<6>, "none"> =>
  module.func("storeR", { params: integers(6) }, (f, rows, columns, height, strips, distance, r) => {
    const row = f.hold(mul(columns, item));
    const k = f.local("i32");
    f.memoryFill(r, 0, mul(height, row));
    f.for(k, 0, columns, stripLines, () => {
      f.if(i32.lt_s(k, rows), () => {
        const tile = f.hold(add(strips, mul(k, entryBytes)));
        for (let line = 1; line < stripLines; line += 1)
          for (let column = 0; column < line; column += 1) f.store(tile, f64.const(0), line * entryBytes + 8 * column);
      });
      const lines = least(sub(columns, k), i32.const(stripLines));
      f.call(unpack, lines, least(add(k, stripLines), height), r, item, row, strips);
      f.set(r, add(r, stripLines * item));
      f.set(strips, add(strips, distance));
    });
  });

/** Exports `run(count, rows, columns, width, a, q, r, strips, distance, spare, scales, weights)` for stacks of matrices. */
export const exportQr = (module: WasmModule, numbers: Numbers): void => {
  const { item } = numbers;
  const unpackStrip = copyStrip(module, numbers, "unpack");
  const pack = copyStrips(module, numbers, "pack", copyStrip(module, numbers, "pack"));
  const unpack = copyStrips(module, numbers, "unpack", unpackStrip);
  const store = storeR(module, numbers, unpackStrip);
  const factor = factorQr(module, reflections(module, "forwards", 1), reflections(module, "forwards", 2));
  const form = formColumns(module, reflections(module, "backwards", 1), reflections(module, "backwards", 2));
  module.func(
    "run",
    { params: integers(12), export: true },
    (f, count, rows, columns, width, a, q, r, strips, distance, spare, scales, weights) => {
      const row = f.hold(mul(width, item));
      const rank = f.hold(least(rows, columns));
      const first = f.local("i32");
      f.for(f.local("i32"), 0, count, 1, () => {
        f.call(pack, columns, rows, a, mul(columns, item), strips, distance);
        f.call(factor, rows, columns, strips, distance, scales, weights);
        f.for(first, 0, width, 2 * stripLines, () => {
          const wide = f.hold(least(sub(width, first), i32.const(2 * stripLines)));
          f.call(form, first, wide, rank, rows, spare, distance, strips, scales, weights);
          f.call(unpack, wide, rows, add(q, mul(first, item)), row, spare, distance);
        });
        f.call(store, rows, columns, width, strips, distance, r);
        f.set(a, add(a, mul(mul(rows, columns), item)));
        f.set(q, add(q, mul(rows, row)));
        f.set(r, add(r, mul(mul(width, columns), item)));
      });
    },
  );
};

/**
 * Householder QR with column pivoting on strips of columns, equal to the bit with `factorizeQr` (kernels/dense/qr.ts) where it
 * is given an order. All norms of what is left of the columns are computed anew before each reflection, four at a time.
 */
import { at, call, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { makeReflection, reflectWithin } from "./qr.ts";
import { reflections } from "./reflection-passes.ts";
import { eachPlace, entryBytes } from "./strips.ts";

const { add, sub, mul } = i32;
const pairs = [0, 1] as const;

/** (line, end, norms): the norms of the four columns of a strip from a row on. All elements are finite. */
const stripNorms = (module: WasmModule): FunctionReference<Integers<3>, "none"> =>
  module.func("stripNorms", { params: integers(3) }, (f, line, end, norms) => {
    const largest = pairs.map(() => f.hold(zeros));
    const sums = pairs.map(() => f.hold(zeros));
    eachPlace(f, line, end, entryBytes, (row) =>
      largest.forEach((most, pair) => f.set(most, f64x2.pmax(most, f64x2.abs(v128.load(row, 16 * pair))))),
    );
    eachPlace(f, line, end, entryBytes, (row) =>
      sums.forEach((sum, pair) => {
        const ratio = f.hold(f64x2.div(v128.load(row, 16 * pair), largest[pair]!));
        f.set(sum, f64x2.add(sum, f64x2.mul(ratio, ratio)));
      }),
    );
    sums.forEach((sum, pair) => {
      const most = largest[pair]!;
      const norm = f64x2.mul(most, f64x2.sqrt(sum));
      f.store(at(norms, pair, 16), v128.bitselect(zeros, norm, f64x2.eq(most, zeros)));
    });
  });

/** (k, columns, norms): the first column from k on whose norm is the largest. */
const findColumn = (module: WasmModule): FunctionReference<Integers<3>, "i32"> =>
  module.func("findColumn", { params: integers(3), result: "i32" }, (f, k, columns, norms) => {
    const best = f.hold(k);
    const largest = f.hold(f64.const(-1));
    const j = f.local("i32");
    f.for(j, k, columns, 1, () => {
      const norm = f.hold(f64.load(add(norms, mul(j, 8))));
      f.if(f64.gt(norm, largest), () => {
        f.set(best, j);
        f.set(largest, norm);
      });
    });
    return best;
  });

/** (j, k, rows, strips, distance, order): exchanges two columns, and their numbers. */
const swapColumns = (module: WasmModule): FunctionReference<Integers<6>, "none"> =>
  module.func("swapColumns", { params: integers(6) }, (f, j, k, rows, strips, distance, order) => {
    const places = [j, k].map((column) =>
      f.hold(add(add(strips, mul(i32.shr_u(column, 2), distance)), mul(i32.and(column, 3), 8))),
    );
    f.for(f.local("i32"), 0, rows, 1, () => {
      const values = places.map((place) => f.hold(f64.load(place)));
      places.forEach((place, p) => {
        f.store(place, values[1 - p]!);
        f.set(place, add(place, entryBytes));
      });
    });
    const numbers = [j, k].map((column) => f.hold(add(order, mul(column, 4))));
    const kept = numbers.map((place) => f.hold(i32.load(place)));
    numbers.forEach((place, p) => f.store(place, kept[1 - p]!));
  });

/** (rows, columns, strips, distance, scales, weights, norms, order): of at least as many rows as columns, in place. */
export type FactorPivoted = FunctionReference<Integers<8>, "none">;

export const factorPivoted = (module: WasmModule): FactorPivoted => {
  const [measure, find, swap] = [stripNorms(module), findColumn(module), swapColumns(module)];
  const make = makeReflection(module);
  const within = ([0, 1, 2] as const).map((column) => reflectWithin(module, column));
  const [one, two] = [reflections(module, "forwards", 1), reflections(module, "forwards", 2)];
  /** (k, rows, columns, strips, distance, norms): norms of all columns from k on, and of those that share a strip with it. */
  const measureAll = module.func("measure", { params: integers(6) }, (f, k, rows, columns, strips, distance, norms) => {
    const first = f.hold(i32.and(k, -4));
    const strip = f.hold(add(strips, mul(i32.shr_u(k, 2), distance)));
    const j = f.local("i32");
    f.for(j, first, columns, 4, () => {
      const line = add(strip, mul(k, entryBytes));
      f.call(measure, line, add(strip, mul(rows, entryBytes)), add(norms, mul(j, 8)));
      f.set(strip, add(strip, distance));
    });
  });
  /** (k, rows, columns, strips, distance, scales, weights): makes reflection k and applies it to all columns right of k. */
  const step = module.func(
    "reflectColumn",
    { params: integers(7) },
    (f, k, rows, columns, strips, distance, scales, weights) => {
      const strip = f.hold(add(strips, mul(i32.shr_u(k, 2), distance)));
      const lane = f.hold(i32.and(k, 3));
      const line = f.hold(add(strip, mul(k, entryBytes)));
      const end = f.hold(add(strip, mul(rows, entryBytes)));
      const scale = f.hold(add(scales, mul(k, 8)));
      const shift = f.hold(mul(lane, 8));
      const tau = f.hold(call(make, add(line, shift), add(end, shift)));
      f.store(scale, tau);
      f.if(f64.eq(tau, 0), () => f.return());
      within.forEach((apply, column) => f.if(i32.eq(lane, column), () => f.call(apply, line, end, scale)));
      const left = f.hold(sub(columns, add(i32.and(k, -4), 4)));
      f.while(i32.gt_s(left, 0), () => {
        f.set(strip, add(strip, distance));
        const rest = [k, add(k, 1), rows, strips, scales, strip, distance, weights] as const;
        f.if(
          i32.gt_s(left, 4),
          () => {
            f.call(two, ...rest);
            f.set(strip, add(strip, distance));
          },
          () => f.call(one, ...rest),
        );
        f.set(left, sub(left, 8));
      });
    },
  );
  return module.func(
    "factorPivoted",
    { params: integers(8) },
    (f, rows, columns, strips, distance, scales, weights, norms, order) => {
      const k: Local<"i32"> = f.local("i32");
      f.for(k, 0, columns, 1, () => f.store(add(order, mul(k, 4)), k));
      f.for(k, 0, columns, 1, () => {
        f.call(measureAll, k, rows, columns, strips, distance, norms);
        const best = f.hold(call(find, k, columns, norms));
        f.if(i32.ne(best, k), () => f.call(swap, best, k, rows, strips, distance, order));
        f.call(step, k, rows, columns, strips, distance, scales, weights);
      });
    },
  );
};

/**
 * Weights of resizing along an axis as WebAssembly, in the operations of `resamplingTaps` and `transposedTaps`
 * (kernels/resampling.ts): first in float64 by results of the map that is not transposed, then in the order and precision of
 * the pass.
 */
import { f32, f64, i32, select } from "../assembler/index.ts";
import type {
  Expression,
  FunctionReference,
  Global,
  Local,
  Operand,
  Statements,
  WasmModule,
} from "../assembler/index.ts";
import { radiusOf } from "../resampling.ts";
import { least, most } from "./convolution-state.ts";
import { entryBytes } from "./fold-rows.ts";
import type { Lanes } from "./lanes.ts";

const { add, mul, sub } = i32;

/**
 * Numbers of one axis: sizes before and after, the method (as in `methodNumbers`), whether it is antialiased and transposed; the
 * distance of its elements in bytes; where weights of the pass are kept, and entries and weights before that.
 */
export const resampleNames = [
  "from",
  "to",
  "method",
  "isAntialiased",
  "isTransposed",
  "unit",
  "weights",
  "entries",
  "doubles",
] as const;

export const methodNumbers = { nearest: 0, linear: 1, cubic: 2 } as const;

export type ResampleAxis = Readonly<Record<(typeof resampleNames)[number] | "results" | "table", Global<"i32">>>;

const double = (x: Expression<"i32">): Expression<"f64"> => f64.convert_i32_s(x);

/** h(x) of a method. */
const weightAt = (method: Global<"i32">, x: Local<"f64">): Expression<"f64"> => {
  const horner = (coefficients: readonly number[]): Expression<"f64"> =>
    coefficients.reduce<Expression<"f64">>(
      (sum, c, k) => (k === 0 ? f64.const(c) : f64.add(f64.mul(sum, x), f64.const(c))),
      f64.const(0),
    );
  const near = f64.add(f64.mul(f64.mul(f64.sub(f64.mul(f64.const(1.5), x), f64.const(2.5)), x), x), f64.const(1));
  const cubic = select(f64.lt(x, 1), near, horner([-0.5, 2.5, -4, 2]));
  return select(i32.eq(method, methodNumbers.linear), f64.sub(1, x), cubic);
};

/** Stores the weights of one interpolated result from `weight` on; sets the first element and moves `weight` to the end. */
const interpolate = (
  f: Statements,
  { from, to, method }: ResampleAxis,
  {
    centre,
    spread,
    first,
    weight,
  }: {
    readonly centre: Local<"f64">;
    readonly spread: Local<"f64">;
    readonly first: Local<"i32">;
    readonly weight: Local<"i32">;
  },
): void => {
  const radius = f.hold(
    select(i32.eq(method, methodNumbers.linear), f64.const(radiusOf.linear), f64.const(radiusOf.cubic)),
  );
  const reach = f.hold(f64.mul(radius, spread));
  const distance = (k: Expression<"i32">): Expression<"f64"> =>
    f64.div(f64.abs(f64.sub(centre, f64.mul(double(add(mul(k, 2), 1)), double(to)))), spread);
  const elementAt = (place: Expression<"f64">): Expression<"f64"> => f64.div(f64.sub(f64.div(place, double(to)), 1), 2);
  f.set(first, most(i32.trunc_sat_f64_s(f64.floor(elementAt(f64.sub(centre, reach)))), 0));
  const last = f.hold(least(i32.trunc_sat_f64_s(f64.ceil(elementAt(f64.add(centre, reach)))), sub(from, 1)));
  f.while(f64.ge(distance(first), radius), () => f.set(first, add(first, 1)));
  f.while(f64.ge(distance(last), radius), () => f.set(last, sub(last, 1)));
  const total = f.hold(f64.const(0));
  const start = f.hold(weight);
  f.for(f.local("i32"), first, add(last, 1), 1, () => {
    const k = add(first, i32.shr_u(sub(weight, start), 3));
    const h = f.hold(weightAt(method, f.hold(distance(k))));
    f.store(weight, h);
    f.set(total, f64.add(total, h));
    f.set(weight, add(weight, 8));
  });
  f.for(start, start, weight, 8, () => f.store(start, f64.div(f64.load(start), total)));
};

/** Entries (first element, count, address of the weights in float64) of every result of the map that is not transposed. */
const writeEntries = (f: Statements, axis: ResampleAxis): void => {
  const { from, to, method, isAntialiased, entries } = axis;
  const entry = f.hold(entries);
  const weight = f.hold(axis.doubles);
  const [first, result] = [f.local("i32"), f.local("i32")];
  const isSpread = i32.and(isAntialiased, i32.gt_s(from, to));
  const spread = f.hold(double(mul(select(isSpread, from, to), 2)));
  f.for(result, 0, to, 1, () => {
    const start = f.hold(weight);
    const centre = f.hold(f64.mul(double(add(mul(result, 2), 1)), double(from)));
    f.if(
      i32.eq(method, methodNumbers.nearest),
      () => {
        f.set(first, i32.trunc_sat_f64_s(f64.floor(f64.div(centre, double(mul(to, 2))))));
        f.store(weight, f64.const(1));
        f.set(weight, add(weight, 8));
      },
      () => interpolate(f, axis, { centre, spread, first, weight }),
    );
    f.store(entry, first);
    f.store(entry, i32.shr_u(sub(weight, start), 3), 4);
    f.store(entry, start, 8);
    f.set(entry, add(entry, entryBytes));
  });
};

/** Writes the table of the pass: per row of its results the first row, the count, and the weights. */
const writeEntry = (
  f: Statements,
  entry: Local<"i32">,
  { unit }: ResampleAxis,
  [first, count, weights]: readonly [Expression<"i32">, Expression<"i32">, Operand<"i32">],
): void => {
  f.store(entry, mul(first, unit));
  f.store(entry, count, 4);
  f.store(entry, add(weights, 0), 8);
  f.set(entry, add(entry, entryBytes));
};

export const resampleTable = (
  module: WasmModule,
  { bits, item }: Lanes,
  axis: ResampleAxis,
): FunctionReference<readonly [], "none"> =>
  module.func(`writeWeights${bits}`, { params: [] }, (f) => {
    const { from, to, isTransposed, table, entries } = axis;
    writeEntries(f, axis);
    const [entry, next] = [f.hold(table), f.hold(axis.weights)];
    const entriesEnd = f.hold(add(entries, mul(to, entryBytes)));
    const copyWeight = (at: Expression<"i32">): void => {
      f.store(next, bits === 64 ? f64.load(at) : f32.demote_f64(f64.load(at)));
      f.set(next, add(next, item));
    };
    f.if(i32.eqz(isTransposed), () => {
      const result = f.hold(entries);
      f.while(i32.lt_u(result, entriesEnd), () => {
        const [count, at] = [f.hold(i32.load(result, 4)), f.hold(i32.load(result, 8))];
        writeEntry(f, entry, axis, [i32.load(result), count, next]);
        f.for(f.local("i32"), 0, count, 1, () => {
          copyWeight(at);
          f.set(at, add(at, 8));
        });
        f.set(result, add(result, entryBytes));
      });
      f.return();
    });
    const [element, result, last] = [f.local("i32"), f.hold(entries), f.local("i32")];
    f.for(element, 0, from, 1, () => {
      const isBefore = i32.le_s(add(i32.load(result), i32.load(result, 4)), element);
      f.block((found) =>
        f.loop((again) => {
          f.brIf(found, i32.ge_u(result, entriesEnd));
          f.brIf(found, i32.eqz(isBefore));
          f.set(result, add(result, entryBytes));
          f.br(again);
        }),
      );
      const start = f.hold(next);
      f.set(last, result);
      f.block((found) =>
        f.loop((again) => {
          f.brIf(found, i32.ge_u(last, entriesEnd));
          f.brIf(found, i32.gt_s(i32.load(last), element));
          copyWeight(add(i32.load(last, 8), mul(sub(element, i32.load(last)), 8)));
          f.set(last, add(last, entryBytes));
          f.br(again);
        }),
      );
      const count = f.hold(i32.div_u(sub(last, result), entryBytes));
      const first = i32.div_u(sub(result, entries), entryBytes);
      writeEntry(f, entry, axis, [select(count, first, i32.const(0)), count, start]);
    });
  });

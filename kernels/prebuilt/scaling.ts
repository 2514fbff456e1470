/**
 * What spectral decompositions begin and end with, equal to the bit with kernels/dense/scaling.ts: scaling by powers of two,
 * signs of vectors, the order of values.
 */
import { f64, i32 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { eachPlace, stripLines } from "./strips.ts";
import type { Numbers } from "./strips.ts";

const { add, sub, mul } = i32;

/** (count, a): the power of two that brings the largest magnitude into [1/2, 1]; NaN unless all are finite. */
export const powerOfTwoScale = (module: WasmModule, { item, load }: Numbers): FunctionReference<Integers<2>, "f64"> =>
  module.func("powerOfTwoScale", { params: integers(2), result: "f64" }, (f, count, a) => {
    const largest = f.local("f64");
    f.for(f.local("i32"), 0, count, 1, () => {
      f.set(largest, f64.max(largest, f64.abs(load(a))));
      f.set(a, add(a, item));
    });
    f.if(i32.eqz(f64.lt(largest, Infinity)), () => f.return(NaN));
    const scale = f.hold(f64.const(1));
    f.if(f64.eq(largest, 0), () => f.return(scale));
    f.while(f64.gt(f64.mul(largest, scale), 1), () => f.set(scale, f64.div(scale, 2)));
    const isSmall = i32.and(f64.lt(f64.mul(largest, scale), 0.5), f64.lt(scale, 2 ** 1022));
    f.while(isSmall, () => f.set(scale, f64.mul(scale, 2)));
    return scale;
  });

/** (size, row): whether the first component above half of the largest magnitude is negative. */
export const isTurnedRound = (module: WasmModule): FunctionReference<Integers<2>, "i32"> =>
  module.func("isTurnedRound", { params: integers(2), result: "i32" }, (f, size, row) => {
    const largest = f.local("f64");
    const end = f.hold(add(row, mul(size, 8)));
    eachPlace(f, row, end, 8, (place) => f.set(largest, f64.max(largest, f64.abs(f64.load(place)))));
    const half = f.hold(f64.div(largest, 2));
    eachPlace(f, row, end, 8, (place) =>
      f.if(f64.gt(f64.abs(f64.load(place)), half), () => f.return(f64.lt(f64.load(place), 0))),
    );
    return 0;
  });

/** (size, row): changes all signs. */
export const negateRow = (module: WasmModule): FunctionReference<Integers<2>, "none"> =>
  module.func("negateRow", { params: integers(2) }, (f, size, row) =>
    f.for(f.local("i32"), 0, size, 1, () => {
      f.store(row, f64.neg(f64.load(row)));
      f.set(row, add(row, 8));
    }),
  );

/** (size, values, order): the indices of the values in order; equal values keep theirs. */
export const sortOrder = (
  module: WasmModule,
  direction: "ascending" | "descending",
): FunctionReference<Integers<3>, "none"> =>
  module.func("sortOrder", { params: integers(3) }, (f, size, values, order) => {
    const staysBehind = direction === "ascending" ? f64.le : f64.ge;
    const k = f.local("i32");
    f.for(k, 0, size, 1, () => {
      const value = f.hold(f64.load(add(values, mul(k, 8))));
      const place = f.hold(add(order, mul(k, 4)));
      f.while(i32.gt_u(place, order), (exit) => {
        const before = f.hold(i32.load(sub(place, 4)));
        f.brIf(exit, staysBehind(f64.load(add(values, mul(before, 8))), value));
        f.store(place, before);
        f.set(place, sub(place, 4));
      });
      f.store(place, k);
    });
  });

/** (target, count): fills an array with NaN. */
export const fillNaN = (module: WasmModule, { item, store }: Numbers): FunctionReference<Integers<2>, "none"> =>
  module.func("fillNaN", { params: integers(2) }, (f, target, count) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      store(f, target, f64.const(NaN));
      f.set(target, add(target, item));
    }),
  );

/** Runs `body` for every group of four lines: how many there are, and an address that moves on with them. */
export const eachGroup = (
  f: Statements,
  count: Expression<"i32">,
  start: Expression<"i32">,
  step: Expression<"i32">,
  body: (lines: Local<"i32">, place: Local<"i32">) => void,
): void => {
  const left = f.hold(count);
  const place = f.hold(start);
  const distance = f.hold(step);
  f.while(i32.gt_s(left, 0), () => {
    const lines = f.hold(left);
    f.if(i32.gt_s(lines, stripLines), () => f.set(lines, stripLines));
    body(lines, place);
    f.set(left, sub(left, stripLines));
    f.set(place, add(place, distance));
  });
};

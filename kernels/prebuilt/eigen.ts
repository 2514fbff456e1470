/**
 * Eigenvalues and vectors of symmetric matrices, equal to the bit with `symmetricEigen` (kernels/dense/symmetric-eigen.ts):
 * scaled by a power of two, made tridiagonal, diagonalized, sorted.
 */
import { call, f64, i32 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { formColumns } from "./qr.ts";
import { reflections } from "./reflection-passes.ts";
import { diagonalize } from "./rotations.ts";
import { copyStrip, entryBytes, numbersOf, stripLines } from "./strips.ts";
import type { CopyStrip, Numbers } from "./strips.ts";
import { stripsOf } from "./strip-triangle.ts";
import { tridiagonalize } from "./tridiagonal.ts";

const { add, sub, mul } = i32;

/** Runs `body` for every group of four lines: the first, how many there are, and an address that moves on with them. */
const eachGroup = (
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

/** (count, a): the power of two that brings the largest magnitude into [1/2, 1]; NaN unless all are finite. */
const powerOfTwoScale = (module: WasmModule, { item, load }: Numbers): FunctionReference<Integers<2>, "f64"> =>
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

/** (size, diagonal, order): indices of the diagonal in the order of its values, and of the indices. */
const sortOrder = (module: WasmModule): FunctionReference<Integers<3>, "none"> =>
  module.func("sortOrder", { params: integers(3) }, (f, size, diagonal, order) => {
    const k = f.local("i32");
    f.for(k, 0, size, 1, () => {
      const value = f.hold(f64.load(add(diagonal, mul(k, 8))));
      const place = f.hold(add(order, mul(k, 4)));
      f.while(i32.gt_u(place, order), (exit) => {
        const before = f.hold(i32.load(sub(place, 4)));
        f.brIf(exit, f64.le(f64.load(add(diagonal, mul(before, 8))), value));
        f.store(place, before);
        f.set(place, sub(place, 4));
      });
      f.store(place, k);
    });
  });

/** (size, row): turns a vector round if its first component above half of the largest magnitude is negative. */
const turnVector = (module: WasmModule): FunctionReference<Integers<2>, "none"> =>
  module.func("turnVector", { params: integers(2) }, (f, size, row) => {
    const largest = f.local("f64");
    const place = f.local("i32");
    const end = f.hold(add(row, mul(size, 8)));
    f.for(place, row, end, 8, () => f.set(largest, f64.max(largest, f64.abs(f64.load(place)))));
    const half = f.hold(f64.div(largest, 2));
    f.for(place, row, end, 8, (exit) => f.brIf(exit, f64.gt(f64.abs(f64.load(place)), half)));
    f.if(i32.ge_s(place, end), () => f.return());
    f.if(i32.eqz(f64.lt(f64.load(place), 0)), () => f.return());
    f.for(place, row, end, 8, () => f.store(place, f64.neg(f64.load(place))));
  });

/** Places of scratch memory, as arguments of `run`. */
const places = [
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
export type EigenPlaces = Readonly<Record<(typeof places)[number], number>>;

/** The arguments of `run` that follow (count, size, a, values, vectors). */
export const eigenArguments = (numbers: EigenPlaces): number[] => places.map((name) => numbers[name]);

/** Exports `run(count, size, a, values, vectors, ...places)` for stacks of matrices. */
export const exportEigen = (module: WasmModule, numbers: Numbers): void => {
  const { item, store } = numbers;
  const doubles = numbersOf("float64")!;
  const pack = copyStrip(module, doubles, "pack");
  const unpack = copyStrip(module, doubles, "unpack");
  const unpackResult: CopyStrip = numbers === doubles ? unpack : copyStrip(module, numbers, "unpack");
  const [scaleOf, load] = [powerOfTwoScale(module, numbers), loadScaled(module, numbers)];
  const reduce = tridiagonalize(module);
  const form = formColumns(module, reflections(module, "backwards", 1), reflections(module, "backwards", 2));
  const iterate = diagonalize(module);
  const [sort, turn] = [sortOrder(module), turnVector(module)];
  module.func(
    "run",
    { params: integers((5 + places.length) as 19), export: true },
    (f, count, size, a, values, vectors, ...rest) => {
      const [
        work,
        step,
        strips,
        distance,
        spare,
        weights,
        scales,
        diagonal,
        coupling,
        lines,
        length,
        order,
        record,
        limit,
      ] = rest;
      const wide = f.hold(mul(step, stripLines));
      const elements = f.hold(mul(size, size));
      /** Fills with NaN. */
      const spoil = (target: Expression<"i32">, amount: Expression<"i32">): void => {
        const place = f.hold(target);
        f.for(f.local("i32"), 0, amount, 1, () => {
          store(f, place, f64.const(NaN));
          f.set(place, add(place, item));
        });
      };
      /** The vectors as rows of `work`: the identity, times the reflections. */
      const accumulate = (): void => {
        const inner = f.hold(sub(size, 1));
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
          const source = f.hold(spare);
          eachGroup(f, width, add(corner, mul(first, step)), wide, (own, place) => {
            f.call(unpack, own, inner, place, step, 8, source);
            f.set(source, add(source, distance));
          });
        });
      };
      /** Strips of components of the vectors. */
      const eachComponents = (copy: CopyStrip): void => {
        const strip = f.hold(strips);
        eachGroup(f, size, work, i32.const(entryBytes), (own, place) => {
          f.call(copy, own, size, place, 8, step, strip);
          f.set(strip, add(strip, distance));
        });
      };
      /** Values and vectors in ascending order; the strips give their place to the sorted rows. */
      const storeSorted = (scale: Expression<"f64">): void => {
        f.call(sort, size, diagonal, order);
        const [row, place] = [f.hold(strips), f.hold(values)];
        const k = f.local("i32");
        f.for(k, 0, size, 1, () => {
          const from = f.hold(i32.load(add(order, mul(k, 4))));
          store(f, place, f64.div(f64.load(add(diagonal, mul(from, 8))), scale));
          f.set(place, add(place, item));
          f.memoryCopy(row, add(work, mul(from, step)), step);
          f.call(turn, size, row);
          f.set(row, add(row, step));
        });
        const target = f.hold(vectors);
        eachGroup(f, size, strips, wide, (own, source) => {
          f.call(pack, own, size, source, step, 8, work);
          f.call(unpackResult, own, size, target, item, mul(size, item), work);
          f.set(target, add(target, stripLines * item));
        });
      };
      f.for(f.local("i32"), 0, count, 1, () => {
        const scale = f.hold(call(scaleOf, elements, a));
        f.if(
          f64.eq(scale, scale),
          () => {
            f.memoryFill(work, 0, mul(size, step));
            f.call(load, size, scale, a, work, step);
            f.memoryFill(lines, 0, mul(length, 4));
            f.call(reduce, size, work, step, diagonal, coupling, scales, lines, length);
            accumulate();
            eachComponents(pack);
            f.call(iterate, size, diagonal, coupling, stripsOf(size), strips, distance, record, limit);
            eachComponents(unpack);
            storeSorted(scale);
          },
          () => {
            spoil(values, size);
            spoil(vectors, elements);
          },
        );
        f.set(a, add(a, mul(elements, item)));
        f.set(values, add(values, mul(size, item)));
        f.set(vectors, add(vectors, mul(elements, item)));
      });
    },
  );
};

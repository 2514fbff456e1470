/**
 * Singular value decomposition, equal to the bit with `decomposeSvd` (kernels/dense/svd.ts): of the matrix scaled by a power of
 * two, or of its transpose if that is the taller one; QR with column pivoting, Jacobi rotations on the rows of R, sorting.
 * The tall matrix has `rows` rows and `columns` columns, `left` are its left singular vectors, of which there are `width`.
 */
import { call, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { orthogonalizeRows } from "./jacobi.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { factorPivoted } from "./pivoted-qr.ts";
import { reflections } from "./reflection-passes.ts";
import { eachGroup, fillNaN, isTurnedRound, negateRow, powerOfTwoScale, sortOrder } from "./scaling.ts";
import { copyStrip, eachPlace, entryBytes, numbersOf, stripLines } from "./strips.ts";
import type { CopyStrip, Numbers } from "./strips.ts";

const { add, sub, mul } = i32;

/** (rows, columns, scale, a, lineStep, depthStep, strips, distance): the tall matrix in strips of columns, scaled. */
type LoadScaled = FunctionReference<readonly ["i32", "i32", "f64", "i32", "i32", "i32", "i32", "i32"], "none">;

const loadScaled = (module: WasmModule, pack: CopyStrip): LoadScaled =>
  module.func(
    "loadScaled",
    { params: ["i32", "i32", "f64", "i32", "i32", "i32", "i32", "i32"] },
    (f, rows, columns, scale, a, lineStep, depthStep, strips, distance) => {
      const factor = f.hold(f64x2.splat(scale));
      eachGroup(f, columns, a, mul(lineStep, stripLines), (lines, source) => {
        f.call(pack, lines, rows, source, lineStep, depthStep, strips);
        eachPlace(f, strips, add(strips, mul(rows, entryBytes)), 16, (place) =>
          f.store(place, f64x2.mul(v128.load(place), factor)),
        );
        f.set(strips, add(strips, distance));
      });
    },
  );

/** (columns, strips, distance, r, turns, step): R as rows, zeros below its diagonal, and the identity. */
const beginRotations = (module: WasmModule, unpack: CopyStrip): FunctionReference<Integers<6>, "none"> =>
  module.func("beginRotations", { params: integers(6) }, (f, columns, strips, distance, r, turns, step) => {
    const k = f.local("i32");
    const bytes = f.hold(mul(columns, step));
    f.memoryFill(r, 0, bytes);
    f.memoryFill(turns, 0, bytes);
    f.for(k, 0, columns, 1, () => f.store(add(turns, mul(k, add(step, 8))), f64.const(1)));
    f.set(k, 0);
    eachGroup(f, columns, r, i32.const(entryBytes), (lines, place) => {
      f.set(k, add(k, lines));
      f.call(unpack, lines, k, place, 8, step, strips);
      f.set(strips, add(strips, distance));
    });
    const row = f.hold(r);
    f.for(k, 0, columns, 1, () => {
      f.memoryFill(row, 0, mul(k, 8));
      f.set(row, add(row, step));
    });
  });

/** (columns, scale, ...): values, and right vectors; rows of `turns` go to `lefts` in the order of the values. */
type StoreRight = FunctionReference<readonly ["i32", "f64", ...Integers<13>], "none">;

/**
 * The arguments after the scale: order of the columns, lengths, ranking, r, turns, lefts, step, group (four rows), strip,
 * values, right, its lineStep and depthStep.
 */
const storeRight = (module: WasmModule, { item, store }: Numbers, pack: CopyStrip, unpack: CopyStrip): StoreRight => {
  const sort = sortOrder(module, "descending");
  const [isTurned, negate] = [isTurnedRound(module), negateRow(module)];
  /** (columns, order, source, target): target[order[j]] = source[j]. */
  const scatter = module.func("scatter", { params: integers(4) }, (f, columns, order, source, target) =>
    f.for(f.local("i32"), 0, columns, 1, () => {
      f.store(add(target, mul(i32.load(order), 8)), f64.load(source));
      f.set(order, add(order, 4));
      f.set(source, add(source, 8));
    }),
  );
  return module.func(
    "storeRight",
    { params: ["i32", "f64", ...integers(13)] },
    (f, columns, scale, order, lengths, ranking, r, turns, lefts, step, group, strip, values, right, ...steps) => {
      const [lineStep, depthStep] = steps;
      f.call(sort, columns, lengths, ranking);
      eachGroup(f, columns, right, mul(lineStep, stripLines), (lines, target) => {
        const row = f.hold(group);
        f.for(f.local("i32"), 0, lines, 1, () => {
          const from = f.hold(i32.load(ranking));
          const shift = f.hold(mul(from, step));
          store(f, values, f64.div(f64.load(add(lengths, mul(from, 8))), scale));
          f.call(scatter, columns, order, add(r, shift), row);
          f.memoryCopy(lefts, add(turns, shift), step);
          f.if(call(isTurned, columns, row), () => {
            f.call(negate, columns, row);
            f.call(negate, columns, lefts);
          });
          f.set(ranking, add(ranking, 4));
          f.set(values, add(values, item));
          f.set(lefts, add(lefts, step));
          f.set(row, add(row, step));
        });
        f.call(pack, lines, columns, group, step, 8, strip);
        f.call(unpack, lines, columns, target, lineStep, depthStep, strip);
      });
    },
  );
};

/**
 * (rows, columns, width, lefts, step, spare, strips, distance, scales, weights, left, lineStep, depthStep): left vectors, Q
 * times the rows `lefts` as columns and columns of the identity, two strips at a time.
 */
type StoreLeft = FunctionReference<Integers<13>, "none">;

const storeLeft = (module: WasmModule, pack: CopyStrip, unpack: CopyStrip): StoreLeft => {
  const [one, two] = [reflections(module, "backwards", 1), reflections(module, "backwards", 2)];
  return module.func(
    "storeLeft",
    { params: integers(13) },
    (f, rows, columns, width, lefts, step, spare, strips, distance, scales, weights, left, lineStep, depthStep) => {
      const [first, k] = [f.local("i32"), f.local("i32")];
      const strip = f.local("i32");
      const wide = f.hold(mul(lineStep, stripLines));
      f.for(first, 0, width, 2 * stripLines, () => {
        const count = f.hold(sub(width, first));
        f.if(i32.gt_s(count, 2 * stripLines), () => f.set(count, 2 * stripLines));
        f.memoryFill(spare, 0, mul(distance, 2));
        f.set(strip, spare);
        const known = f.hold(sub(columns, first));
        f.if(i32.gt_s(known, count), () => f.set(known, count));
        eachGroup(f, known, add(lefts, mul(first, step)), mul(step, stripLines), (lines, source) => {
          f.call(pack, lines, columns, source, step, 8, strip);
          f.set(strip, add(strip, distance));
        });
        f.for(k, first, add(first, count), 1, () =>
          f.if(i32.ge_s(k, columns), () => {
            const own = f.hold(sub(k, first));
            const start = add(spare, mul(i32.shr_u(own, 2), distance));
            f.store(add(add(start, mul(k, entryBytes)), mul(i32.and(own, 3), 8)), f64.const(1));
          }),
        );
        const rest = [0, columns, rows, strips, scales, spare, distance, weights] as const;
        f.if(
          i32.gt_s(count, stripLines),
          () => f.call(two, ...rest),
          () => f.call(one, ...rest),
        );
        f.set(strip, spare);
        eachGroup(f, count, add(left, mul(first, lineStep)), wide, (lines, target) => {
          f.call(unpack, lines, rows, target, lineStep, depthStep, strip);
          f.set(strip, add(strip, distance));
        });
      });
    },
  );
};

/** Steps in memory, and places of scratch memory, as arguments of `run`. */
const placeNames = [
  "lineStep",
  "depthStep",
  "leftLine",
  "leftDepth",
  "rightLine",
  "rightDepth",
  "strips",
  "distance",
  "r",
  "turns",
  "lefts",
  "step",
  "spare",
  "scales",
  "weights",
  "order",
  "lengths",
  "ranking",
  "norms",
  "candidate",
  "group",
  "strip",
] as const;
export type SvdPlaces = Readonly<Record<(typeof placeNames)[number], number>>;

/** The arguments of `run` that follow (count, rows, columns, width, a, left, values, right). */
export const svdArguments = (places: SvdPlaces): number[] => placeNames.map((name) => places[name]);

/** (scale, rows, columns, width, a, left, values, right, ...places): the decomposition of one matrix. */
type Decompose = FunctionReference<readonly ["f64", ...Integers<29>], "none">;

const decompose = (module: WasmModule, numbers: Numbers): Decompose => {
  const doubles = numbersOf("float64")!;
  const own = { pack: copyStrip(module, doubles, "pack"), unpack: copyStrip(module, doubles, "unpack") };
  const given =
    numbers === doubles
      ? own
      : { pack: copyStrip(module, numbers, "pack"), unpack: copyStrip(module, numbers, "unpack") };
  const load = loadScaled(module, given.pack);
  const factor = factorPivoted(module);
  const begin = beginRotations(module, own.unpack);
  const rotate = orthogonalizeRows(module);
  const [right, left] = [
    storeRight(module, numbers, own.pack, given.unpack),
    storeLeft(module, own.pack, given.unpack),
  ];
  return module.func(
    "decompose",
    { params: ["f64", ...integers(29)] },
    (f, scale, rows, columns, width, a, leftResult, values, rightResult, ...places) => {
      const [lineStep, depthStep, leftLine, leftDepth, rightLine, rightDepth, strips, distance, ...others] = places;
      const [r, turns, lefts, step, spare, scales, weights, order, lengths, ranking, norms, candidate, ...last] =
        others;
      const [group, strip] = last;
      f.call(load, rows, columns, scale, a, lineStep, depthStep, strips, distance);
      f.call(factor, rows, columns, strips, distance, scales, weights, norms, order);
      f.call(begin, columns, strips, distance, r, turns, step);
      f.call(rotate, columns, r, turns, step, lengths, norms, candidate);
      const vectors = [r, turns, lefts, step, group, strip] as const;
      f.call(right, columns, scale, order, lengths, ranking, ...vectors, values, rightResult, rightLine, rightDepth);
      const columnsOfQ = [spare, strips, distance, scales, weights] as const;
      f.call(left, rows, columns, width, lefts, step, ...columnsOfQ, leftResult, leftLine, leftDepth);
    },
  );
};

/**
 * Exports `run(count, rows, columns, width, a, left, values, right, ...places)` for stacks of matrices: column l of the tall
 * matrix begins at a + l lineStep, left vector k at left + k leftLine, right vector k at right + k rightLine.
 */
export const exportSvd = (module: WasmModule, numbers: Numbers): void => {
  const { item } = numbers;
  const scaleOf = powerOfTwoScale(module, numbers);
  const decomposeOne = decompose(module, numbers);
  const spoil = fillNaN(module, numbers);
  module.func(
    "run",
    { params: integers(30), export: true },
    (f, count, rows, columns, width, a, left, values, right, ...places) => {
      const [elements, lefts, rights] = [mul(rows, columns), mul(rows, width), mul(columns, columns)].map((length) =>
        f.hold(length),
      );
      f.for(f.local("i32"), 0, count, 1, () => {
        const scale = f.hold(call(scaleOf, elements!, a));
        f.if(
          f64.eq(scale, scale),
          () => f.call(decomposeOne, scale, rows, columns, width, a, left, values, right, ...places),
          () => {
            f.call(spoil, left, lefts!);
            f.call(spoil, values, columns);
            f.call(spoil, right, rights!);
          },
        );
        f.set(a, add(a, mul(elements!, item)));
        f.set(left, add(left, mul(lefts!, item)));
        f.set(values, add(values, mul(columns, item)));
        f.set(right, add(right, mul(rights!, item)));
      });
    },
  );
};

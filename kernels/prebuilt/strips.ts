/**
 * Strips: four lines of a matrix side by side in float64, entry k of line l at 8 (4 k + l) bytes; whichever way a matrix lies in
 * memory, kernels then read and write whole vectors. Arrays of both precisions are packed into strips and unpacked from them.
 * Neighbours along the lines are transposed in squares of two, neighbours across them are copied, others go one by one.
 */
import { at, f32, f32x4, f64, f64x2, i32, i8x16, select, v128 } from "../assembler/index.ts";
import type {
  AddressOperand,
  Expression,
  FunctionReference,
  Local,
  Statements,
  WasmModule,
} from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Vector } from "./lanes.ts";

/** Lines of a strip, and bytes from one entry of its lines to the next. */
export const stripLines = 4;
export const entryBytes = 32;

/** Access to an array of one precision as float64. */
export interface Numbers {
  readonly dtype: "float64" | "float32";
  readonly item: 8 | 4;
  readonly load: (address: AddressOperand) => Expression<"f64">;
  /** Two neighbours. */
  readonly loadPair: (address: AddressOperand, offset?: number) => Vector;
  readonly store: (f: Statements, address: AddressOperand, value: Expression<"f64">) => void;
  readonly storePair: (f: Statements, address: AddressOperand, pair: Vector) => void;
}

const ofDoubles: Numbers = {
  dtype: "float64",
  item: 8,
  load: (address) => f64.load(address),
  loadPair: (address, offset) => v128.load(address, offset),
  store: (f, address, value) => f.store(address, value),
  storePair: (f, address, pair) => f.store(address, pair),
};

const ofSingles: Numbers = {
  dtype: "float32",
  item: 4,
  load: (address) => f64.promote_f32(f32.load(address)),
  loadPair: (address, offset) => f64x2.promote_low_f32x4(v128.load64_zero(address, offset)),
  store: (f, address, value) => f.store(address, f32.demote_f64(value)),
  storePair: (f, address, pair) => f.storeLane(64, address, f32x4.demote_f64x2_zero(pair), 0),
};

/** Access to arrays of a dtype; null for other dtypes than floats. */
export const numbersOf = (dtype: string): Numbers | null =>
  dtype === "float64" ? ofDoubles : dtype === "float32" ? ofSingles : null;

/**
 * Runs `body` for every address from `start` up to `end`, `step` bytes apart; also beyond 2 GiB, where addresses turn negative.
 */
export const eachPlace = (
  f: Statements,
  start: Expression<"i32">,
  end: Expression<"i32">,
  step: number,
  body: (place: Local<"i32">) => void,
): void => {
  const place = f.hold(start);
  f.for(f.local("i32"), 0, i32.sub(end, place), step, () => {
    body(place);
    f.set(place, i32.add(place, step));
  });
};

const lowerLanes = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const upperLanes = lowerLanes.map((byte) => byte + 8);

/** The square [[x0, x1], [y0, y1]] by columns. */
export const transposeSquare = (f: Statements, x: Vector, y: Vector): readonly [Local<"v128">, Local<"v128">] => [
  f.hold(i8x16.shuffle(x, y, lowerLanes)),
  f.hold(i8x16.shuffle(x, y, upperLanes)),
];

/** The two lanes exchanged. */
const turned = (pair: Local<"v128">): Vector =>
  i8x16.shuffle(pair, pair, [...upperLanes.slice(0, 8), ...lowerLanes.slice(0, 8)]);

/** (count, place, depthStep, strip), distances in bytes: one line. */
type CopyLine = FunctionReference<Integers<4>, "none">;
/** (count, place, lineStep, depthStep, strip), distances in bytes: all four lines. */
type CopyLines = FunctionReference<Integers<5>, "none">;
/** (lines, count, place, lineStep, depthStep, strip), distances in bytes. */
export type CopyStrip = FunctionReference<Integers<6>, "none">;

type Direction = "pack" | "unpack";

/** One line, entry by entry. */
const lineFunction = (module: WasmModule, numbers: Numbers, direction: Direction): CopyLine =>
  module.func(`${direction}Line`, { params: integers(4) }, (f, count, place, depthStep, strip) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      if (direction === "pack") f.store(strip, numbers.load(place));
      else numbers.store(f, place, f64.load(strip));
      f.set(place, i32.add(place, depthStep));
      f.set(strip, i32.add(strip, entryBytes));
    }),
  );

/** Lines whose entries are neighbours, `depthStep` an item; for packing also backwards. */
const squaresFunction = (module: WasmModule, numbers: Numbers, direction: Direction, copyLine: CopyLine): CopyLines =>
  module.func(`${direction}Squares`, { params: integers(5) }, (f, count, place, lineStep, depthStep, strip) => {
    const isBackwards = f.hold(direction === "pack" ? i32.lt_s(depthStep, 0) : i32.const(0));
    const before = f.hold(i32.mul(isBackwards, numbers.item));
    const places = [f.hold(i32.sub(place, before))];
    for (let line = 1; line < stripLines; line += 1) places.push(f.hold(i32.add(places[line - 1]!, lineStep)));
    const lower = f.hold(i32.add(strip, i32.mul(isBackwards, entryBytes)));
    const upper = f.hold(i32.sub(i32.add(strip, entryBytes), i32.mul(isBackwards, entryBytes)));
    const step = f.hold(i32.mul(depthStep, 2));
    f.for(f.local("i32"), 1, count, 2, () => {
      for (const half of [0, 1]) {
        const [x, y] = [places[2 * half]!, places[2 * half + 1]!];
        if (direction === "pack") {
          const columns = transposeSquare(f, numbers.loadPair(x), numbers.loadPair(y));
          f.store(at(lower, half, 16), columns[0]);
          f.store(at(upper, half, 16), columns[1]);
        } else {
          const rows = transposeSquare(f, v128.load(at(lower, half, 16)), v128.load(at(upper, half, 16)));
          numbers.storePair(f, x, rows[0]);
          numbers.storePair(f, y, rows[1]);
        }
      }
      for (const line of places) f.set(line, i32.add(line, step));
      f.set(lower, i32.add(lower, 2 * entryBytes));
      f.set(upper, i32.add(upper, 2 * entryBytes));
    });
    f.if(i32.and(count, 1), () => {
      f.set(strip, i32.add(strip, i32.mul(i32.sub(count, 1), entryBytes)));
      places.forEach((line, l) => f.call(copyLine, 1, i32.add(line, before), depthStep, i32.add(strip, 8 * l)));
    });
  });

/** Lines that are neighbours, `lineStep` an item; for packing also backwards. */
const acrossFunction = (module: WasmModule, numbers: Numbers, direction: Direction): CopyLines =>
  module.func(`${direction}Across`, { params: integers(5) }, (f, count, place, lineStep, depthStep, strip) => {
    const { item, loadPair, storePair } = numbers;
    const loop = (body: () => void): void =>
      f.for(f.local("i32"), 0, count, 1, () => {
        body();
        f.set(place, i32.add(place, depthStep));
        f.set(strip, i32.add(strip, entryBytes));
      });
    if (direction === "unpack")
      return loop(() => {
        for (const half of [0, 1]) storePair(f, at(place, 2 * half, item), v128.load(at(strip, half, 16)));
      });
    f.if(
      i32.gt_s(lineStep, 0),
      () =>
        loop(() => {
          for (const half of [0, 1]) f.store(at(strip, half, 16), loadPair(at(place, 2 * half, item)));
        }),
      () => {
        f.set(place, i32.sub(place, 3 * item));
        loop(() => {
          for (const half of [0, 1])
            f.store(at(strip, 1 - half, 16), turned(f.hold(loadPair(at(place, 2 * half, item)))));
        });
      },
    );
  });

/**
 * Copies `lines` lines of an array into a strip, lines that are missing as zeros, or out of a strip. The array's entry k of
 * line l stands at place + l lineStep + k depthStep.
 */
export function copyStrip(module: WasmModule, numbers: Numbers, direction: Direction): CopyStrip {
  const copyLine = lineFunction(module, numbers, direction);
  const copySquares = squaresFunction(module, numbers, direction, copyLine);
  const copyAcross = acrossFunction(module, numbers, direction);
  const { item } = numbers;
  const isItem = (step: Local<"i32">): Expression<"i32"> =>
    direction === "pack" ? i32.or(i32.eq(step, item), i32.eq(step, -item)) : i32.eq(step, item);
  return module.func(
    `${direction}Strip`,
    { params: integers(6) },
    (f, lines, count, place, lineStep, depthStep, strip) => {
      f.if(i32.eq(lines, stripLines), () => {
        f.if(isItem(depthStep), () => {
          f.call(copySquares, count, place, lineStep, depthStep, strip);
          f.return();
        });
        f.if(isItem(lineStep), () => {
          f.call(copyAcross, count, place, lineStep, depthStep, strip);
          f.return();
        });
      });
      if (direction === "pack")
        f.if(i32.lt_s(lines, stripLines), () => f.memoryFill(strip, 0, i32.mul(count, entryBytes)));
      f.for(f.local("i32"), 0, lines, 1, () => {
        f.call(copyLine, count, place, depthStep, strip);
        f.set(place, i32.add(place, lineStep));
        f.set(strip, i32.add(strip, 8));
      });
    },
  );
}

/** (columns, count, place, step, strips, distance): distances in bytes, `distance` between strips. */
export type CopyStrips = FunctionReference<Integers<6>, "none">;

/** Copies a matrix whose columns are neighbours, and its rows `step` apart, into strips of columns, or out of them. */
export const copyStrips = (module: WasmModule, { item }: Numbers, direction: Direction, copy: CopyStrip): CopyStrips =>
  module.func(`${direction}Columns`, { params: integers(6) }, (f, columns, count, place, step, strips, distance) =>
    f.while(i32.gt_s(columns, 0), () => {
      const lines = select(i32.lt_s(columns, stripLines), columns, stripLines);
      f.call(copy, lines, count, place, item, step, strips);
      f.set(columns, i32.sub(columns, stripLines));
      f.set(place, i32.add(place, stripLines * item));
      f.set(strips, i32.add(strips, distance));
    }),
  );

/**
 * Forward and backward substitution with the factor's strips, for one right-hand side or several side by side: the numbers
 * of all cases at one position are neighbours. Each case gets the bits of kernels/sparse/substitution.ts, alone and in company.
 */
import { at, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Integers, Vector } from "../prebuilt/lanes.ts";
import { transposeSquare } from "../prebuilt/strips.ts";
import { frontWord, headerWord, recordBytes, word } from "./layout.ts";

const lines = [0, 1, 2, 3] as const;
const pairs = [0, 1] as const;
const columnBytes = 32;

/** Right-hand sides that one strip function takes at a time. */
const widest = 4;

/** The functions of one strip for so many cases. Addresses in bytes; `step`: from one position to the next. */
interface StripFunctions {
  /** (strip, columns, x, own four positions, step) */
  readonly forwardPivots: FunctionReference<Integers<5>, "none">;
  /** (strip, columns, x, addresses of four positions, work, step) */
  readonly forwardUpdates: FunctionReference<Integers<6>, "none">;
  readonly backwardUpdates: FunctionReference<Integers<6>, "none">;
  /** (strip, columns, x, own four positions, step) */
  readonly backwardPivots: FunctionReference<Integers<5>, "none">;
}

/** Addresses of the four positions listed at `rows`. */
const placesOf = (f: Statements, rows: Expression<"i32">, work: Expression<"i32">, step: Expression<"i32">) =>
  lines.map((line) => f.hold(i32.add(work, i32.mul(i32.load(at(rows, line, 4)), step))));

/** One case: two rows of a strip in a vector. */
function forOne(module: WasmModule): StripFunctions {
  /** values -= or += L x(0..columns). */
  const multiply = (
    f: Statements,
    values: readonly Local<"v128">[],
    combine: (value: Vector, product: Vector) => Vector,
    strip: Local<"i32">,
    columns: Local<"i32">,
    x: Local<"i32">,
  ): void =>
    f.for(f.local("i32"), 0, columns, 1, () => {
      const factor = f.hold(v128.load64_splat(x));
      for (const pair of pairs)
        f.set(values[pair]!, combine(values[pair]!, f64x2.mul(v128.load(at(strip, pair, 16)), factor)));
      f.set(strip, i32.add(strip, columnBytes));
      f.set(x, i32.add(x, 8));
    });
  const lane = (values: readonly Vector[], row: number): Expression<"f64"> =>
    f64x2.extract_lane(values[row >> 1]!, row & 1);
  const forwardPivots = module.func("forwardPivots1", { params: integers(5) }, (f, strip, columns, x, own, _step) => {
    const values = pairs.map((pair) => f.hold(v128.load(at(own, pair, 16))));
    multiply(f, values, f64x2.sub, strip, columns, x);
    const solved: Local<"f64">[] = [];
    for (const r of lines) {
      const y = f.hold(lane(values, r));
      for (const t of lines.slice(0, r)) f.set(y, f64.sub(y, f64.mul(f64.load(at(strip, 4 * t + r, 8)), solved[t]!)));
      f.set(y, f64.mul(y, f64.load(at(strip, 5 * r, 8))));
      f.store(at(own, r, 8), y);
      solved.push(y);
    }
  });
  const forwardUpdates = module.func(
    "forwardUpdates1",
    { params: integers(6) },
    (f, strip, columns, x, rows, work, step) => {
      const values = pairs.map(() => f.hold(zeros));
      multiply(f, values, f64x2.add, strip, columns, x);
      placesOf(f, rows, work, step).forEach((place, r) => f.store(place, f64.sub(f64.load(place), lane(values, r))));
    },
  );
  /** (strip, columns, x, y0, y1, y2, y3): x(0..columns) -= L' y; two columns at a time. */
  const subtractTransposed = module.func(
    "subtractTransposed1",
    { params: ["i32", "i32", "i32", "f64", "f64", "f64", "f64"] },
    (f, strip, columns, x, ...y) => {
      const halves = pairs.map((half) => f.hold(f64x2.replace_lane(f64x2.splat(y[2 * half]!), 1, y[2 * half + 1]!)));
      f.for(f.local("i32"), 0, columns, 2, () => {
        const sums = pairs.map((half) => {
          const [first, second] = pairs.map((column) =>
            f.hold(f64x2.mul(v128.load(at(strip, 2 * column + half, 16)), halves[half]!)),
          );
          const [lower, upper] = transposeSquare(f, first!, second!);
          return f.hold(f64x2.add(lower, upper));
        });
        f.store(x, f64x2.sub(v128.load(x), f64x2.add(sums[0]!, sums[1]!)));
        f.set(strip, i32.add(strip, 2 * columnBytes));
        f.set(x, i32.add(x, 16));
      });
    },
  );
  const backwardUpdates = module.func(
    "backwardUpdates1",
    { params: integers(6) },
    (f, strip, columns, x, rows, work, step) => {
      const y = placesOf(f, rows, work, step).map((place) => f64.load(place)) as [
        Expression<"f64">,
        Expression<"f64">,
        Expression<"f64">,
        Expression<"f64">,
      ];
      f.call(subtractTransposed, strip, columns, x, ...y);
    },
  );
  const backwardPivots = module.func("backwardPivots1", { params: integers(5) }, (f, strip, columns, x, own, _step) => {
    const tile = f.hold(i32.add(strip, i32.mul(columns, columnBytes)));
    const solved: Local<"f64">[] = [];
    for (const r of lines.toReversed()) {
      const y = f.hold(f64.load(at(own, r, 8)));
      // The order of the reference: with row r + 1 first.
      for (const t of lines.slice(r + 1)) f.set(y, f64.sub(y, f64.mul(f64.load(at(tile, 4 * r + t, 8)), solved[t]!)));
      f.set(y, f64.mul(y, f64.load(at(tile, 5 * r, 8))));
      f.store(at(own, r, 8), y);
      solved[r] = y;
    }
    f.call(subtractTransposed, strip, columns, x, solved[0]!, solved[1]!, solved[2]!, solved[3]!);
  });
  return { forwardPivots, forwardUpdates, backwardUpdates, backwardPivots };
}

/** Two or four cases: two of them in a vector. */
function forSeveral(module: WasmModule, cases: 2 | 4): StripFunctions {
  const groups = cases === 2 ? [0] : [0, 1];
  type Rows = readonly (readonly Local<"v128">[])[];
  const splat = (address: Expression<"i32">, entry: number): Vector => v128.load64_splat(at(address, entry, 8));
  const load = (f: Statements, address: Expression<"i32">): Local<"v128">[] =>
    groups.map((group) => f.hold(v128.load(at(address, group, 16))));
  const ownPlaces = (f: Statements, own: Local<"i32">, step: Local<"i32">): Local<"i32">[] =>
    lines.map((line) => f.hold(i32.add(own, i32.mul(step, line))));
  const multiply = (
    f: Statements,
    values: Rows,
    combine: (value: Vector, product: Vector) => Vector,
    { strip, columns, x, step }: Readonly<Record<"strip" | "columns" | "x" | "step", Local<"i32">>>,
  ): void =>
    f.for(f.local("i32"), 0, columns, 1, () => {
      const right = load(f, x);
      for (const r of lines) {
        const factor = f.hold(splat(strip, r));
        for (const g of groups) f.set(values[r]![g]!, combine(values[r]![g]!, f64x2.mul(factor, right[g]!)));
      }
      f.set(strip, i32.add(strip, columnBytes));
      f.set(x, i32.add(x, step));
    });
  const store = (f: Statements, place: Expression<"i32">, values: readonly Vector[]): void =>
    values.forEach((value, g) => f.store(at(place, g, 16), value));
  const forwardPivots = module.func(
    `forwardPivots${cases}`,
    { params: integers(5) },
    (f, strip, columns, x, own, step) => {
      const places = ownPlaces(f, own, step);
      const values = places.map((place) => load(f, place));
      multiply(f, values, f64x2.sub, { strip, columns, x, step });
      for (const r of lines) {
        for (const t of lines.slice(0, r)) {
          const factor = f.hold(splat(strip, 4 * t + r));
          for (const g of groups) f.set(values[r]![g]!, f64x2.sub(values[r]![g]!, f64x2.mul(factor, values[t]![g]!)));
        }
        const inverse = f.hold(splat(strip, 5 * r));
        for (const g of groups) f.set(values[r]![g]!, f64x2.mul(values[r]![g]!, inverse));
        store(f, places[r]!, values[r]!);
      }
    },
  );
  const forwardUpdates = module.func(
    `forwardUpdates${cases}`,
    { params: integers(6) },
    (f, strip, columns, x, rows, work, step) => {
      const values = lines.map(() => groups.map(() => f.hold(zeros)));
      multiply(f, values, f64x2.add, { strip, columns, x, step });
      placesOf(f, rows, work, step).forEach((place, r) =>
        values[r]!.forEach((value, g) => {
          const own = at(place, g, 16);
          f.store(own, f64x2.sub(v128.load(own), value));
        }),
      );
    },
  );
  const subtractTransposed = (
    f: Statements,
    y: Rows,
    { strip, columns, x, step }: Readonly<Record<"strip" | "columns" | "x" | "step", Local<"i32">>>,
  ): void =>
    f.for(f.local("i32"), 0, columns, 1, () => {
      const factors = lines.map((r) => f.hold(splat(strip, r)));
      for (const g of groups) {
        const product = (r: number): Vector => f64x2.mul(factors[r]!, y[r]![g]!);
        const own = at(x, g, 16);
        const sum = f64x2.add(f64x2.add(product(0), product(1)), f64x2.add(product(2), product(3)));
        f.store(own, f64x2.sub(v128.load(own), sum));
      }
      f.set(strip, i32.add(strip, columnBytes));
      f.set(x, i32.add(x, step));
    });
  const backwardUpdates = module.func(
    `backwardUpdates${cases}`,
    { params: integers(6) },
    (f, strip, columns, x, rows, work, step) => {
      const y = placesOf(f, rows, work, step).map((place) => load(f, place));
      subtractTransposed(f, y, { strip, columns, x, step });
    },
  );
  const backwardPivots = module.func(
    `backwardPivots${cases}`,
    { params: integers(5) },
    (f, strip, columns, x, own, step) => {
      const tile = f.hold(i32.add(strip, i32.mul(columns, columnBytes)));
      const places = ownPlaces(f, own, step);
      const y = places.map((place) => load(f, place));
      for (const r of lines.toReversed()) {
        for (const t of lines.slice(r + 1)) {
          const factor = f.hold(splat(tile, 4 * r + t));
          for (const g of groups) f.set(y[r]![g]!, f64x2.sub(y[r]![g]!, f64x2.mul(factor, y[t]![g]!)));
        }
        const inverse = f.hold(splat(tile, 5 * r));
        for (const g of groups) f.set(y[r]![g]!, f64x2.mul(y[r]![g]!, inverse));
        store(f, places[r]!, y[r]!);
      }
      subtractTransposed(f, y, { strip, columns, x, step });
    },
  );
  return { forwardPivots, forwardUpdates, backwardUpdates, backwardPivots };
}

/** What both directions need of one front. */
const frontOf = (f: Statements, header: Local<"i32">, s: Local<"i32">, work: Local<"i32">, step: Local<"i32">) => {
  const front = f.hold(i32.add(word(header, headerWord.fronts), i32.mul(s, recordBytes)));
  const pivots = f.hold(word(front, frontWord.pivots));
  return {
    pivots,
    updates: f.hold(word(front, frontWord.updates)),
    stripBytes: f.hold(i32.mul(pivots, columnBytes)),
    strip: f.hold(i32.add(word(header, headerWord.factor), word(front, frontWord.panel))),
    rows: f.hold(word(front, frontWord.rows)),
    x: f.hold(i32.add(work, i32.mul(word(front, frontWord.position), step))),
  };
};

/** Exports `solve1`, `solve2`, `solve4` and `solve8` (header): L L' x = x for the cases side by side in `work`. */
export function exportSubstitution(module: WasmModule): void {
  const ofWidth = { 1: forOne(module), 2: forSeveral(module, 2), 4: forSeveral(module, 4) } as const;
  for (const cases of [1, 2, 4, 8] as const) {
    const strips = ofWidth[cases === 8 ? widest : cases];
    const shifts = cases === 8 ? [0, 8 * widest] : [0];
    const forwardFront = module.func(`forwardFront${cases}`, { params: integers(4) }, (f, header, s, work, step) => {
      const { pivots, updates, stripBytes, strip, rows, x } = frontOf(f, header, s, work, step);
      const row = f.local("i32");
      const own = f.hold(x);
      f.for(row, 0, pivots, 4, () => {
        for (const shift of shifts)
          f.call(strips.forwardPivots, strip, row, i32.add(x, shift), i32.add(own, shift), step);
        f.set(strip, i32.add(strip, stripBytes));
        f.set(own, i32.add(own, i32.mul(step, 4)));
      });
      f.for(row, 0, updates, 4, () => {
        for (const shift of shifts)
          f.call(strips.forwardUpdates, strip, pivots, i32.add(x, shift), rows, i32.add(work, shift), step);
        f.set(strip, i32.add(strip, stripBytes));
        f.set(rows, i32.add(rows, 16));
      });
    });
    const backwardFront = module.func(`backwardFront${cases}`, { params: integers(4) }, (f, header, s, work, step) => {
      const { pivots, updates, stripBytes, strip, rows, x } = frontOf(f, header, s, work, step);
      const row = f.local("i32");
      f.set(strip, i32.add(strip, i32.mul(stripBytes, i32.shr_u(i32.add(pivots, updates), 2))));
      f.set(rows, i32.add(rows, i32.mul(updates, 4)));
      f.for(row, updates, 0, -4, () => {
        f.set(strip, i32.sub(strip, stripBytes));
        f.set(rows, i32.sub(rows, 16));
        for (const shift of shifts)
          f.call(strips.backwardUpdates, strip, pivots, i32.add(x, shift), rows, i32.add(work, shift), step);
      });
      const own = f.hold(i32.add(x, i32.mul(pivots, step)));
      f.for(row, i32.sub(pivots, 4), -4, -4, () => {
        f.set(strip, i32.sub(strip, stripBytes));
        f.set(own, i32.sub(own, i32.mul(step, 4)));
        for (const shift of shifts)
          f.call(strips.backwardPivots, strip, row, i32.add(x, shift), i32.add(own, shift), step);
      });
    });
    module.func(`solve${cases}`, { params: integers(1), export: true }, (f, header) => {
      const s = f.local("i32");
      const work = f.hold(word(header, headerWord.work));
      const step = f.hold(i32.const(8 * cases));
      const count = f.hold(word(header, headerWord.frontCount));
      f.for(s, 0, count, 1, () => f.call(forwardFront, header, s, work, step));
      f.for(s, i32.sub(count, 1), -1, -1, () => f.call(backwardFront, header, s, work, step));
    });
    exportPermutations(module, cases);
  }
}

/** Exports `permuteIn<cases>` and `permuteOut<cases>` (header): from and to whole fields one after the other in `rhs`. */
function exportPermutations(module: WasmModule, cases: number): void {
  const each = (
    direction: "In" | "Out",
    move: (f: Statements, place: Expression<"i32">, field: Expression<"i32">, isFree: Expression<"i32">) => void,
  ): void =>
    void module.func(`permute${direction}${cases}`, { params: integers(1), export: true }, (f, header) => {
      const [dofAt, fieldBytes] = [
        f.hold(word(header, headerWord.dofAt)),
        f.hold(i32.mul(word(header, headerWord.dofCount), 8)),
      ];
      const [place, rhs] = [f.hold(word(header, headerWord.work)), f.hold(word(header, headerWord.rhs))];
      if (direction === "Out") f.memoryFill(rhs, 0, i32.mul(fieldBytes, cases));
      f.for(f.local("i32"), 0, word(header, headerWord.positionCount), 1, () => {
        const dof = f.hold(i32.load(dofAt));
        const isFree = f.hold(i32.ge_s(dof, 0));
        const field = f.hold(i32.add(rhs, i32.mul(dof, 8)));
        for (let c = 0; c < cases; c++) {
          move(f, place, field, isFree);
          f.set(place, i32.add(place, 8));
          f.set(field, i32.add(field, fieldBytes));
        }
        f.set(dofAt, i32.add(dofAt, 4));
      });
      if (direction === "In") for (let c = 0; c < cases; c++) f.store(at(place, c, 8), f64.const(0));
    });
  each("In", (f, place, field, isFree) =>
    f.if(
      isFree,
      () => f.store(place, f64.load(field)),
      () => f.store(place, f64.const(0)),
    ),
  );
  each("Out", (f, place, field, isFree) => f.if(isFree, () => f.store(field, f64.load(place))));
}

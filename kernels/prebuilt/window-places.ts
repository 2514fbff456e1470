/**
 * takeExtrema and putExtrema (kernels/window-extrema.ts) as WebAssembly: for every window the offsets of its taps, then for
 * every vector of neighbours under it the tap of the extremum. Where the last axis has windows and is contiguous, as many
 * planes as a vector has lanes are interleaved first.
 */
import { i32, i32x4, v128 } from "../assembler/index.ts";
import type { FunctionReference, Global, Local, Operand, Statements, WasmModule } from "../assembler/index.ts";
import type { Extremum } from "../window-extrema.ts";
import { type Copies, type PassState, registers } from "./axis-passes.ts";
import { least } from "./convolution-state.ts";
import { entryBytes } from "./fold-rows.ts";
import type { Lanes, Vector } from "./lanes.ts";
import type { WindowAxis } from "./window-tables.ts";

const { add, and, mul, sub } = i32;

/**
 * Numbers of a call beyond those of the passes: the second operand; the bytes of a row of neighbours under a window; where
 * the offsets of taps are kept; planes, their elements and results, and their interleaved copies if there are any.
 */
export const placeNames = [
  "second",
  "rowBytes",
  "taps",
  "isInterleaved",
  "planes",
  "planeElements",
  "planeResults",
  "keys",
  "others",
  "made",
] as const;

/**
 * What follows: where x or its copy begins, the way from there to the other array of its shape, the place among the windows,
 * the end of the offsets of taps, and whether those are of another kind of window.
 */
const stateNames = ["keysFrom", "distance", "along", "tapsEnd", "isStale"] as const;

type Register = Global<"i32">;
type PlaceState = Readonly<Record<(typeof placeNames)[number] | (typeof stateNames)[number], Register>>;
type Axis = PassState["axes"][number] & WindowAxis & { readonly taps: Register };

export type Places = PlaceState & { readonly axes: readonly Axis[]; readonly passes: PassState };

export const newPlaces = (module: WasmModule, passes: PassState, axes: readonly WindowAxis[]): Places => ({
  ...registers(module, [...placeNames, ...stateNames]),
  passes,
  axes: axes.map((axis, k) => ({ ...passes.axes[k]!, ...axis, taps: module.global("i32", 1) })),
});

/** Neighbours in a row that are searched side by side: two vectors, one, or one element. */
type Piece = {
  readonly vectors: number;
  readonly elements: number;
  readonly load: (row: Operand<"i32">, v: number) => Vector;
};

const overRow = (
  f: Statements,
  { count, item, splat }: Lanes,
  bytes: Register,
  body: (place: Local<"i32">, piece: Piece) => void,
): void => {
  const place = f.local("i32");
  const wide = f.hold(and(bytes, -32));
  const whole = f.hold(and(bytes, -16));
  const pieceOf = (vectors: number): Piece => ({
    vectors,
    elements: vectors * count,
    load: (row, v) => v128.load(row, 16 * v),
  });
  f.for(place, 0, wide, 32, () => body(place, pieceOf(2)));
  f.for(place, wide, whole, 16, () => body(place, pieceOf(1)));
  f.for(place, whole, bytes, item, () => body(place, { vectors: 1, elements: 1, load: (row) => splat(row) }));
};

/** Lanes whose candidate takes the place of the best so far: it is beyond, or the first NaN. */
const isBetter = ({ vector }: Lanes, extremum: Extremum, candidate: Vector, best: Vector): Vector =>
  v128.andnot(vector.eq(best, best), extremum === "max" ? vector.le(candidate, best) : vector.ge(candidate, best));

/** Offsets of the taps of the extrema, one for every element of the piece of x that begins at `from`. */
const searchTaps = (
  f: Statements,
  lanes: Lanes,
  extremum: Extremum,
  { taps, tapsEnd }: Places,
  { from, piece }: { readonly from: Local<"i32">; readonly piece: Piece },
): Local<"i32">[] => {
  const all = Array.from({ length: piece.vectors }, (_, v) => v);
  const best = all.map((v) => f.hold(piece.load(from, v)));
  // The first tap is where the window begins; lanes of 64 bits hold an offset twice.
  const found = all.map(() => f.hold(i32x4.splat(0)));
  const tap = f.hold(add(taps, 4));
  f.while(i32.lt_u(tap, tapsEnd), () => {
    const row = f.hold(add(from, i32.load(tap)));
    const offset = f.hold(v128.load32_splat(tap));
    for (const v of all) {
      const candidate = f.hold(piece.load(row, v));
      const mask = f.hold(isBetter(lanes, extremum, candidate, best[v]!));
      f.set(best[v]!, v128.bitselect(candidate, best[v]!, mask));
      f.set(found[v]!, v128.bitselect(offset, found[v]!, mask));
    }
    f.set(tap, add(tap, 4));
  });
  const perLane = 4 / lanes.count;
  return Array.from({ length: piece.elements }, (_, k) =>
    f.hold(i32x4.extract_lane(found[Math.floor(k / lanes.count)]!, (k % lanes.count) * perLane)),
  );
};

/** (base): what is done with the window whose first element is `base` bytes into x. */
type Visit = FunctionReference<readonly ["i32"], "none">;

/** Takes or puts one row of elements: between the places of the extrema, `distance` away from x, and the row of the window. */
const visitFunction = (module: WasmModule, lanes: Lanes, extremum: Extremum, state: Places, isTaking: boolean): Visit =>
  module.func(`${isTaking ? "take" : "put"}${extremum}Row${lanes.bits}`, { params: ["i32"] }, (f, base) => {
    const { rowBytes, keysFrom, distance, along } = state;
    const { scalar, item } = lanes;
    const first = f.hold(add(keysFrom, base));
    const row = f.hold(along);
    overRow(f, lanes, rowBytes, (place, piece) => {
      const from = f.hold(add(first, place));
      const offsets = searchTaps(f, lanes, extremum, state, { from, piece });
      const [there, here] = [f.hold(add(from, distance)), f.hold(add(row, place))];
      offsets.forEach((offset, k) => {
        const at = f.hold(add(there, offset));
        if (isTaking) f.store(here, scalar.load(at, k * item), k * item);
        else f.store(at, scalar.add(scalar.load(at, k * item), scalar.load(here, k * item)), k * item);
      });
    });
  });

/** Writes the offsets of the taps of a window, whose numbers along the axes are set. */
const tapsFunction = (
  module: WasmModule,
  { axes, taps, tapsEnd, isStale }: Places,
): FunctionReference<readonly [], "none"> =>
  module.func("writeTaps", { params: [] }, (f) => {
    const next = f.hold(taps);
    const nest = (k: number, offset: Local<"i32">): void => {
      if (k === axes.length) {
        f.store(next, offset);
        f.set(next, add(next, 4));
        return;
      }
      const own = f.hold(offset);
      f.for(f.local("i32"), 0, axes[k]!.taps, 1, () => {
        nest(k + 1, own);
        f.set(own, add(own, axes[k]!.step));
      });
    };
    nest(0, f.hold(i32.const(0)));
    f.set(tapsEnd, next);
    f.set(isStale, 0);
  });

/** (base): all windows of one plane. */
const planeFunction = (
  module: WasmModule,
  name: string,
  { axes, passes: { passes }, rowBytes, along, isStale }: Places,
  {
    writeTaps,
    visit,
    isTaking,
  }: { readonly writeTaps: FunctionReference<readonly [], "none">; readonly visit: Visit; readonly isTaking: boolean },
): Visit => {
  const window = module.func(`${name}Window`, { params: ["i32"] }, (f, base) => {
    const isOverElements = axes.reduce((all, axis) => mul(all, axis.taps), i32.const(1));
    f.if(
      isOverElements,
      () => f.call(visit, base),
      () => {
        if (isTaking) f.memoryFill(along, 0, rowBytes);
      },
    );
    f.set(along, add(along, rowBytes));
  });
  const level = (k: number, next: Visit): Visit =>
    module.func(`${name}Axis${k}`, { params: ["i32"] }, (f, base) => {
      const { slabs, input, results, table, taps, unit } = axes[k]!;
      f.for(f.local("i32"), 0, slabs, 1, () => {
        const entry = f.hold(table);
        f.for(f.local("i32"), 0, results, 1, () => {
          const count = f.hold(i32.load(entry, 4));
          f.set(isStale, i32.or(isStale, i32.ne(count, taps)));
          f.set(taps, count);
          if (k === axes.length - 1) f.if(isStale, () => f.call(writeTaps));
          f.call(next, add(base, i32.load(entry)));
          f.set(entry, add(entry, entryBytes));
        });
        f.set(base, add(base, mul(input, unit)));
      });
    });
  const end = level(2, window);
  const middle = level(1, end);
  const first = level(0, middle);
  return module.func(`${name}Plane`, { params: ["i32"] }, (f, base) => {
    [end, middle, first].forEach((call, k) => f.if(i32.eq(passes, k + 1), () => f.call(call, base)));
  });
};

/** All windows: reads and writes `source`, `second` and `target`. */
const runFunction = (
  module: WasmModule,
  lanes: Lanes,
  name: string,
  state: Places,
  { interleave, separate, plane, isTaking }: Copies & { readonly plane: Visit; readonly isTaking: boolean },
): FunctionReference<readonly [], "none"> => {
  const { second, isInterleaved, planes, planeElements, planeResults, keys, others, made } = state;
  const { keysFrom, distance, along, isStale, axes, passes } = state;
  const { source, target } = passes;
  /** Sizes of the second operand and of the result, per plane. */
  const [secondElements, madeElements] = isTaking ? [planeElements, planeResults] : [planeResults, planeElements];
  return module.func(name, { params: [] }, (f) => {
    f.set(isStale, 1);
    for (const { taps } of axes) f.set(taps, 1);
    const start = (x: Operand<"i32">, other: Operand<"i32">, out: Operand<"i32">): void => {
      f.set(keysFrom, x);
      f.set(distance, sub(isTaking ? other : out, x));
      f.set(along, isTaking ? out : other);
      f.call(plane, 0);
    };
    f.if(i32.eqz(isInterleaved), () => {
      if (!isTaking) f.memoryFill(target, 0, mul(mul(planes, planeElements), lanes.item));
      start(source, second, target);
      f.return();
    });
    const bytesOf = (elements: Operand<"i32">): Local<"i32"> => f.hold(mul(elements, lanes.item));
    const [keyBytes, secondBytes, madeBytes] = [planeElements, secondElements, madeElements].map(bytesOf) as [
      Local<"i32">,
      Local<"i32">,
      Local<"i32">,
    ];
    f.while(planes, () => {
      const rows = f.hold(least(planes, lanes.count));
      f.call(interleave, source, keys, keyBytes, rows, planeElements);
      f.call(interleave, second, others, secondBytes, rows, secondElements);
      if (!isTaking) f.memoryFill(made, 0, mul(planeElements, 16));
      start(keys, others, made);
      f.call(separate, target, made, madeBytes, rows, madeElements);
      const advance = (register: Register, bytes: Local<"i32">): void =>
        f.set(register, add(register, mul(bytes, rows)));
      advance(source, keyBytes);
      advance(second, secondBytes);
      advance(target, madeBytes);
      f.set(planes, sub(planes, rows));
    });
  });
};

/** takeExtrema and putExtrema of one precision and extremum. */
export const placesFunctions = (
  module: WasmModule,
  lanes: Lanes,
  extremum: Extremum,
  state: Places,
  copies: Copies,
): Readonly<Record<"take" | "put", FunctionReference<readonly [], "none">>> => {
  const writeTaps = tapsFunction(module, state);
  const make = (isTaking: boolean): FunctionReference<readonly [], "none"> => {
    const name = `${isTaking ? "take" : "put"}${extremum}${lanes.bits}`;
    const visit = visitFunction(module, lanes, extremum, state, isTaking);
    const plane = planeFunction(module, name, state, { writeTaps, visit, isTaking });
    return runFunction(module, lanes, name, state, { ...copies, plane, isTaking });
  };
  return { take: make(true), put: make(false) };
};

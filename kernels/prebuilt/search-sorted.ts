/**
 * Where keys would stand in sorted lines, as WebAssembly: the halving of `searchSortedLines` (kernels/sorting.ts), probe by
 * probe, with selections in place of branches that no machine could foresee.
 */
import { call, f32, f64, i32, select } from "../assembler/index.ts";
import type { AddressOperand, Expression, FunctionReference, WasmModule } from "../assembler/index.ts";
import { type SearchType, isSearchType } from "./argument-lanes.ts";
import { integers } from "./lanes.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { alike, shared } from "./shares.ts";
import { smallModule } from "./small-module.ts";

const { add, mul } = i32;

/** Numbers of a dtype; `precedes` puts NaN last. */
interface Numbers<T extends "f64" | "f32" | "i32"> {
  readonly item: 8 | 4 | 1;
  readonly load: (address: AddressOperand) => Expression<T>;
  /** Whether x stands before y. */
  readonly precedes: (x: Expression<T>, y: Expression<T>) => Expression<"i32">;
}

/** x < y, or y alone is NaN. */
const float64Numbers: Numbers<"f64"> = {
  item: 8,
  load: f64.load,
  precedes: (x, y) => i32.and(f64.eq(x, x), i32.eqz(f64.ge(x, y))),
};
const float32Numbers: Numbers<"f32"> = {
  item: 4,
  load: f32.load,
  precedes: (x, y) => i32.and(f32.eq(x, x), i32.eqz(f32.ge(x, y))),
};

// A kernel never mixes types.
const numbersOf = {
  float64: float64Numbers,
  float32: float32Numbers,
  int32: { item: 4, load: i32.load, precedes: i32.lt_s },
  uint32: { item: 4, load: i32.load, precedes: i32.lt_u },
  bool: { item: 1, load: i32.load8_u, precedes: i32.lt_u },
} as unknown as Readonly<Record<SearchType, Numbers<"i32">>>;

/** (line, length, key): how many elements of the line stand before the key at an address. */
type Place = FunctionReference<readonly ["i32", "i32", "i32"], "i32">;

function placeOf(module: WasmModule, { item, load, precedes }: Numbers<"i32">, isRightSide: boolean): Place {
  return module.func("place", { params: integers(3), result: "i32" }, (f, line, length, at) => {
    const key = f.hold(load(at));
    const low = f.local("i32");
    const high = f.hold(length);
    f.while(i32.lt_u(low, high), () => {
      const middle = f.hold(i32.shr_u(add(low, high), 1));
      const element = f.hold(load(add(line, mul(middle, item))));
      const isBefore = f.hold(isRightSide ? i32.eqz(precedes(key, element)) : precedes(element, key));
      f.set(low, select(isBefore, add(middle, 1), low));
      f.set(high, select(isBefore, high, middle));
    });
    return low;
  });
}

/** Exports run(batch, length, keysPerLine, lines, keys, out). */
function exportSearch(module: WasmModule, numbers: Numbers<"i32">, isRightSide: boolean): void {
  const place = placeOf(module, numbers, isRightSide);
  const { item } = numbers;
  module.func("run", { params: integers(6), export: true }, (f, batch, length, keysPerLine, line, key, out) => {
    const [k, j] = [f.local("i32"), f.local("i32")];
    f.for(k, 0, batch, 1, () => {
      f.for(j, 0, keysPerLine, 1, () => {
        f.store(out, call(place, line, length, key));
        f.set(key, add(key, item));
        f.set(out, add(out, 4));
      });
      f.set(line, add(line, mul(length, item)));
    });
  });
}

/** Estimate of the nanoseconds that a probe takes. */
const probeTime = 3;

/**
 * How to find the places of keys in memory, as `searchSortedLines` does.
 * @param batch        lines, each of `length` elements; all contiguous
 * @param keysPerLine  keys for each of them, contiguous
 * @returns            null for a dtype unknown
 */
export function planSearchSorted(
  dtype: string,
  [batch, length, keysPerLine]: readonly [batch: number, length: number, keysPerLine: number],
  isRightSide: boolean,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isSearchType(dtype)) return null;
  const { item } = numbersOf[dtype];
  const callFor = (ownBatch: number, keysOfLine: number): PrebuiltCall => ({
    function: "run",
    scratchBytes: 0,
    args: ({ operands: [lines, keys], results: [out] }) => [ownBatch, length, keysOfLine, lines!, keys!, out!],
  });
  const ofLines = alike({
    length: batch,
    first: (units) => callFor(units, keysPerLine),
    operands: [length * item, keysPerLine * item],
    results: [keysPerLine * 4],
  });
  const ofKeys = alike({
    length: keysPerLine,
    group: 16,
    first: (units) => callFor(1, units),
    operands: [0, item],
    results: [4],
  });
  const time = batch * keysPerLine * Math.log2(length + 1) * probeTime;
  return {
    module: smallModule(`searchSorted ${dtype} ${isRightSide ? "right" : "left"}`, (module) =>
      exportSearch(module, numbersOf[dtype], isRightSide),
    ),
    call: shared(callFor(batch, keysPerLine), time, batch === 1 ? [ofKeys] : [ofLines]),
  };
}

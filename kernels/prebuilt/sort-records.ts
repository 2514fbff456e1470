/**
 * What sorting moves: records of a key and perhaps the index of the element. Keys are unsigned integers in the order of the
 * elements: of floats the bits, all of them turned over below zero and the sign alone above; -0 counts as 0, NaN as the
 * last key. From the largest down, keys are complements, but NaN stays last.
 */
import { f32, f64, i32, i64, i64x2, select, v128 } from "../assembler/index.ts";
import type { Expression, Statements } from "../assembler/index.ts";
import type { SearchType } from "./argument-lanes.ts";

type Integer = Expression<"i32">;
type Key = Expression<"i32" | "i64">;
type Hold = Pick<Statements, "hold">;

/** Keys of one dtype; `flip` is -1 from the largest down, else 0. */
export interface Keys {
  readonly bits: 64 | 32;
  /** Bytes of an element. */
  readonly item: 8 | 4 | 1;
  /** Whether the element is -0, which has the key of 0; null for integers. */
  readonly isNegativeZero: ((address: Integer) => Integer) | null;
  readonly load: (f: Hold, address: Integer, flip: Integer) => Key;
  /** Writes the element of a key. */
  readonly store: (f: Statements, address: Integer, key: Key, flip: Integer) => void;
}

const sign64 = -(2n ** 63n);
const sign32 = -(2 ** 31);

const float64Keys: Keys = {
  bits: 64,
  item: 8,
  isNegativeZero: (address) => i64.eq(i64.load(address), sign64),
  load: (f, address, flip) => {
    const x = f.hold(f64.load(address));
    const bits = f.hold(i64.reinterpret_f64(f64.add(x, 0)));
    const turned = i64.xor(bits, i64.or(i64.shr_s(bits, 63n), sign64));
    return select(f64.eq(x, x), i64.xor(turned, i64.extend_i32_s(flip)), -1n);
  },
  store: (f, address, key, flip) => {
    const own = f.hold(i64.xor(key as Expression<"i64">, i64.extend_i32_s(flip)));
    f.store(address, i64.xor(own, i64.or(i64.xor(i64.shr_s(own, 63n), -1n), sign64)));
  },
};

const float32Keys: Keys = {
  bits: 32,
  item: 4,
  isNegativeZero: (address) => i32.eq(i32.load(address), sign32),
  load: (f, address, flip) => {
    const x = f.hold(f32.load(address));
    const bits = f.hold(i32.reinterpret_f32(f32.add(x, 0)));
    const turned = i32.xor(bits, i32.or(i32.shr_s(bits, 31), sign32));
    return select(f32.eq(x, x), i32.xor(turned, flip), -1);
  },
  store: (f, address, key, flip) => {
    const own = f.hold(i32.xor(key as Integer, flip));
    f.store(address, i32.xor(own, i32.or(i32.xor(i32.shr_s(own, 31), -1), sign32)));
  },
};

/** Integers become unsigned by adding `offset`. */
const integerKeys = (offset: number, isByte = false): Keys => ({
  bits: 32,
  item: isByte ? 1 : 4,
  isNegativeZero: null,
  load: (_, address, flip) => i32.xor(i32.xor(isByte ? i32.load8_u(address) : i32.load(address), flip), offset),
  store: (f, address, key, flip) => {
    const value = i32.xor(i32.xor(key as Integer, flip), offset);
    if (isByte) f.store8(address, value);
    else f.store(address, value);
  },
});

export const keysOf: Readonly<Record<SearchType, Keys>> = {
  float64: float64Keys,
  float32: float32Keys,
  int32: integerKeys(sign32),
  uint32: integerKeys(0),
  bool: integerKeys(0, true),
};

/** How a key stands in memory, with or without an index. */
export interface Records {
  readonly bytes: 16 | 8 | 4;
  /** Bits of the keys. */
  readonly bits: 64 | 32;
  readonly load: (address: Integer) => Expression<"i32" | "i64" | "v128">;
  readonly make: (key: Key, index: Integer) => Expression<"i32" | "i64" | "v128">;
  readonly key: (address: Integer) => Key;
  readonly index: (address: Integer) => Integer;
  /** Bits of the key of a loaded record from `shift` on, as many as the mask has. */
  readonly digit: (record: Expression<"i32" | "i64" | "v128">, shift: Integer, mask: number) => Integer;
  /** Whether the record loaded must stand behind the other one, which came later. */
  readonly isBehind: (record: Expression<any>, later: Expression<any>) => Integer;
}

const none = (): Integer => i32.const(0);

const words: Records = {
  bytes: 4,
  bits: 32,
  load: i32.load,
  make: (key) => key,
  key: i32.load,
  index: none,
  digit: (record, shift, mask) => i32.and(i32.shr_u(record as Integer, shift), mask),
  isBehind: i32.gt_u,
};

const digit64 = (key: Expression<"i64">, shift: Integer, mask: number): Integer =>
  i32.and(i32.wrap_i64(i64.shr_u(key, i64.extend_i32_u(shift))), mask);

const longWords: Records = {
  bytes: 8,
  bits: 64,
  load: i64.load,
  make: (key) => key,
  key: i64.load,
  index: none,
  digit: (record, shift, mask) => digit64(record as Expression<"i64">, shift, mask),
  isBehind: i64.gt_u,
};

/** A key of 32 bits above its index: compared as a whole, equal keys stay in order. */
const wordsWithIndex: Records = {
  ...longWords,
  bits: 32,
  make: (key, index) => i64.or(i64.shl(i64.extend_i32_u(key as Integer), 32n), i64.extend_i32_u(index)),
  key: (address) => i32.load(address, 4),
  index: i32.load,
  digit: (record, shift, mask) => digit64(record as Expression<"i64">, i32.add(shift, 32), mask),
};

const lane0 = (record: Expression<any>): Expression<"i64"> => i64x2.extract_lane(record as Expression<"v128">, 0);

const longWordsWithIndex: Records = {
  bytes: 16,
  bits: 64,
  load: v128.load,
  make: (key, index) => i64x2.replace_lane(i64x2.splat(key as Expression<"i64">), 1, i64.extend_i32_u(index)),
  key: i64.load,
  index: (address) => i32.load(address, 8),
  digit: (record, shift, mask) => digit64(lane0(record), shift, mask),
  isBehind: (record, later) => i64.gt_u(lane0(record), lane0(later)),
};

export const recordsOf = ({ bits }: Keys, hasIndex: boolean): Records => {
  if (bits === 32) return hasIndex ? wordsWithIndex : words;
  return hasIndex ? longWordsWithIndex : longWords;
};

/**
 * What a search for extrema needs of each dtype, on lanes: which of two elements wins, and where. Booleans are spread over
 * lanes of 32 bits. Indices stand in lanes as wide as the elements.
 */
import { i32, i32x4, i64, i64x2, i8x16, v128 } from "../assembler/index.ts";
import type { AddressOperand, Expression, Statements } from "../assembler/index.ts";
import { type Lanes, type Vector, doubles, singles, zeros } from "./lanes.ts";
import { type NumberType, lineLanesOf } from "./lines.ts";

export type SearchType = NumberType | "bool";

export const isSearchType = (dtype: string): dtype is SearchType =>
  ["float64", "float32", "int32", "uint32", "bool"].includes(dtype);

type Combine = (x: Vector, y: Vector) => Vector;

export interface SearchLanes {
  /** Bytes of an element. */
  readonly item: 8 | 4 | 1;
  /** Elements in a vector. */
  readonly count: 2 | 4;
  readonly load: (address: AddressOperand) => Vector;
  /** One element in lane 0; zeros in the others. */
  readonly loadOne: (address: AddressOperand) => Vector;
  /** Elements from `count` addresses. */
  readonly gather: (addresses: readonly AddressOperand[]) => Vector;
  /** The one that wins; where one is NaN, any. */
  readonly better: Combine;
  /** Mask: x wins over y; where one is NaN, nothing. */
  readonly wins: Combine;
  /** Mask: x takes the place of the best so far; NaN of any number's, and then nothing. */
  readonly replaces: (x: Vector, best: Vector) => Vector;
  readonly equal: Combine;
  /** Instructions of floats; null for integers. */
  readonly floats: Lanes["vector"] | null;
  readonly bitmask: (mask: Vector) => Expression<"i32">;
  readonly indices: (index: Expression<"i32">) => Vector;
  /** Writes `count` indices as int32. */
  readonly storeIndices: (f: Statements, address: AddressOperand, indices: Vector) => void;
}

const indices32: Pick<SearchLanes, "bitmask" | "indices" | "storeIndices"> = {
  bitmask: i32x4.bitmask,
  indices: i32x4.splat,
  storeIndices: (f, address, indices) => f.store(address, indices),
};

const indices64: typeof indices32 = {
  bitmask: i64x2.bitmask,
  indices: (index) => i64x2.splat(i64.extend_i32_u(index)),
  storeIndices: (f, address, indices) => {
    const narrow = i8x16.shuffle(indices, indices, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
    f.storeLane(64, address, narrow, 0);
  },
};

const floatSearch = ({ bits, vector }: Lanes, isMax: boolean): Omit<SearchLanes, keyof typeof memoryOf.float64> => ({
  ...(bits === 64 ? indices64 : indices32),
  better: isMax ? vector.pmax : vector.pmin,
  wins: isMax ? vector.gt : vector.lt,
  replaces: (x, best) => v128.andnot(vector.eq(best, best), (isMax ? vector.le : vector.ge)(x, best)),
  equal: vector.eq,
  floats: vector,
});

const integerSearch = (better: Combine, wins: Combine): ReturnType<typeof floatSearch> => ({
  ...indices32,
  better,
  wins,
  replaces: wins,
  equal: i32x4.eq,
  floats: null,
});

/** Four bytes, each as 32 bits. */
const spread = (bytes: Vector): Vector =>
  i8x16.shuffle(bytes, zeros, [0, 16, 16, 16, 1, 16, 16, 16, 2, 16, 16, 16, 3, 16, 16, 16]);

const { load, loadOne, gather } = lineLanesOf.int32;
const words = { item: 4, count: 4, load, loadOne, gather } as const;
const memoryOf = {
  float64: { ...lineLanesOf.float64, item: 8, count: 2 },
  float32: words,
  int32: words,
  uint32: words,
  bool: {
    item: 1,
    count: 4,
    load: (address: AddressOperand) => spread(v128.load32_zero(address)),
    loadOne: (address: AddressOperand) => i32x4.replace_lane(zeros, 0, i32.load8_u(address)),
    gather: (addresses: readonly AddressOperand[]) =>
      spread(addresses.reduce<Vector>((vector, address, k) => v128.load8_lane(address, vector, k), zeros)),
  },
} as const;

export const searchLanes = (dtype: SearchType, isMax: boolean): SearchLanes => {
  const memory = memoryOf[dtype];
  if (dtype === "float64" || dtype === "float32")
    return { ...memory, ...floatSearch(dtype === "float64" ? doubles : singles, isMax) };
  const isSigned = dtype !== "uint32";
  const larger = isSigned ? integerSearch(i32x4.max_s, i32x4.gt_s) : integerSearch(i32x4.max_u, i32x4.gt_u);
  const smaller = isSigned ? integerSearch(i32x4.min_s, i32x4.lt_s) : integerSearch(i32x4.min_u, i32x4.lt_u);
  return { ...memory, ...(isMax ? larger : smaller) };
};

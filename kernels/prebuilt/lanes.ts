/**
 * Both float precisions as one vocabulary, so that a kernel is written once: two lanes of float64 or four of float32 in a
 * vector, and the scalar instructions of one lane. Transposition is by halves: interleave lanes, then pairs of lanes.
 */
import { f32, f32x4, f64, f64x2, i8x16, v128 } from "../assembler/index.ts";
import type {
  AddressOperand,
  Expression,
  FloatInstructions,
  FloatVectorInstructions,
  Local,
  Statements,
} from "../assembler/index.ts";

export type Vector = Expression<"v128">;
type Hold = Pick<Statements, "hold">;

export interface Lanes {
  readonly precision: "float64" | "float32";
  /** Bits of a lane; the exported functions end with it. */
  readonly bits: 64 | 32;
  /** Bytes of a lane. */
  readonly item: 8 | 4;
  /** Lanes of a vector. */
  readonly count: 2 | 4;
  readonly vector: FloatVectorInstructions<"f64">;
  readonly scalar: FloatInstructions<"f64">;
  /** x y + sum: two instructions that round twice, or one that rounds as the machine likes. */
  readonly multiplyAdd: (x: Vector, y: Vector, sum: Vector) => Vector;
  /** One number from memory in every lane. */
  readonly splat: (address: AddressOperand, offset?: number) => Vector;
  /** One number from memory in one lane of a vector. */
  readonly loadLane: (address: AddressOperand, vector: Vector, lane: number) => Vector;
  /** As many vectors as there are lanes, rows exchanged with lanes. */
  readonly transpose: (f: Hold, rows: readonly Vector[]) => Local<"v128">[];
}

/** N parameters of type i32. */
export type Integers<N extends number, T extends "i32"[] = []> = T["length"] extends N ? T : Integers<N, [...T, "i32"]>;
export const integers = <N extends number>(count: N): Integers<N> => new Array<"i32">(count).fill("i32") as Integers<N>;

/** The vector of positive zeros. */
export const zeros: Vector = v128.const(new Uint8Array(16));

/** The vector with one number, or the bits that a bigint names, in every lane of 64 or 32 bits. */
export const everyLane = (bits: 64 | 32, value: number | bigint): Vector => {
  const view = new DataView(new ArrayBuffer(16));
  for (let at = 0; at < 16; at += bits / 8) {
    if (typeof value === "bigint" && bits === 64) view.setBigUint64(at, value, true);
    else if (typeof value === "bigint") view.setUint32(at, Number(value), true);
    else if (bits === 64) view.setFloat64(at, value, true);
    else view.setFloat32(at, value, true);
  }
  return v128.const(new Uint8Array(view.buffer));
};

/** Bytes of a shuffle that takes, in turn, one group of `bytes` bytes of each operand, from byte `start` on. */
const interleaving = (bytes: number, start: number): number[] =>
  Array.from({ length: 16 }, (_, k) => {
    const group = Math.floor(k / bytes);
    return start + Math.floor(group / 2) * bytes + (k % bytes) + 16 * (group % 2);
  });

/** Groups of `bytes` bytes of x and y in turn: those of the lower halves, then those of the upper halves. */
export const interleave = (f: Hold, bytes: number, x: Vector, y: Vector): Local<"v128">[] =>
  [0, 8].map((start) => f.hold(i8x16.shuffle(x, y, interleaving(bytes, start))));

const transposePairs = (f: Hold, [a, b]: readonly Vector[]): Local<"v128">[] => interleave(f, 8, a!, b!);

const transposeQuads = (f: Hold, [a, b, c, d]: readonly Vector[]): Local<"v128">[] => {
  const [low, high] = interleave(f, 4, a!, b!);
  const [nextLow, nextHigh] = interleave(f, 4, c!, d!);
  return [...interleave(f, 8, low!, nextLow!), ...interleave(f, 8, high!, nextHigh!)];
};

export const doubles: Lanes = {
  precision: "float64",
  bits: 64,
  item: 8,
  count: 2,
  vector: f64x2,
  scalar: f64,
  multiplyAdd: (x, y, sum) => f64x2.add(sum, f64x2.mul(x, y)),
  splat: v128.load64_splat,
  loadLane: v128.load64_lane,
  transpose: transposePairs,
};

// The two scalar and vector tables differ in the type of a lane only; a kernel never mixes precisions.
export const singles: Lanes = {
  precision: "float32",
  bits: 32,
  item: 4,
  count: 4,
  vector: f32x4 as unknown as Lanes["vector"],
  scalar: f32 as unknown as Lanes["scalar"],
  multiplyAdd: (x, y, sum) => f32x4.add(sum, f32x4.mul(x, y)),
  splat: v128.load32_splat,
  loadLane: v128.load32_lane,
  transpose: transposeQuads,
};

/** The same with relaxed instructions: for kernels whose last bits may depend on the machine. */
export const relaxedLanes: readonly Lanes[] = [
  { ...doubles, multiplyAdd: (x, y, sum) => f64x2.relaxed_madd(x, y, sum) },
  { ...singles, multiplyAdd: (x, y, sum) => f32x4.relaxed_madd(x, y, sum) },
];

/**
 * Elements in memory and in lanes. Neighbours are loaded and stored as vectors, elements of any other stride lane by lane,
 * those in descending order as a vector turned round. Nothing beyond the elements that are there is read or written.
 */
import { i32x4, f32x4, f64x2, i8x16, v128 } from "../../kernels/assembler/index.ts";
import type { Address, Expression, FunctionBuilder } from "../../kernels/assembler/index.ts";
import type { DType } from "../array/dtype.ts";
import { vectorCount, widthOf } from "./wasm-lane-count.ts";
import { encodeConstant, ofWidth, zeros } from "./wasm-vector.ts";
import type { LaneValue, Vector } from "./wasm-vector.ts";

/** The elements that lanes take: lane k takes element k of those the loop walks over. */
export interface LaneElements {
  readonly dtype: DType;
  /** Address of element k. */
  readonly address: (k: number) => Address;
  /** Elements of the buffer from one to the next. */
  readonly stride: number;
  readonly lanes: number;
  /** How many of them there are; the other lanes read as zeros and are not stored. */
  readonly present: number;
}

const absent = 16;
/** Bytes 4 k .. 4 k + 3 to the lowest byte of each 32-bit lane. */
const spreadBytes = (k: number): number[] => [0, 1, 2, 3].flatMap((byte) => [4 * k + byte, absent, absent, absent]);
const gatherBytes = [0, 4, 8, 12, ...Array.from({ length: 12 }, () => absent)];
const reversed = (bytes: number): number[] =>
  Array.from({ length: 16 }, (_, k) => 16 - bytes * (Math.floor(k / bytes) + 1) + (k % bytes));

const masksOf = (bytes: Vector): Vector => i32x4.ne(bytes, zeros);

/** Neighbouring bools as masks: bytes of four, or as many as there are, spread over 32-bit lanes. */
const loadMasks = ({ address, lanes }: LaneElements): Vector[] =>
  Array.from({ length: vectorCount(32, lanes) }, (_, k) => {
    const start = address(4 * k);
    const bytes = lanes === 2 ? v128.load16_splat(start) : v128.load32_zero(start);
    return masksOf(i8x16.shuffle(bytes, zeros, spreadBytes(0)));
  });

/** One by one into the lanes of a vector, from element `first` on. */
const gather = ({ dtype, address, present }: LaneElements, first: number, count: number): Vector => {
  let vector = zeros;
  for (let lane = 0; lane < count && first + lane < present; lane++) {
    const place = address(first + lane);
    if (dtype === "float64") vector = lane === 0 ? v128.load64_zero(place) : v128.load64_lane(place, vector, lane);
    else if (dtype === "bool") vector = v128.load8_lane(place, vector, 4 * lane);
    else vector = lane === 0 ? v128.load32_zero(place) : v128.load32_lane(place, vector, lane);
  }
  return dtype === "bool" ? masksOf(vector) : vector;
};

/** One vector in each lane of which stands the next element; none is absent. */
const loadVector = (elements: LaneElements, first: number, count: number): Vector => {
  const { dtype, address, stride } = elements;
  const isWhole = first + count <= elements.present;
  if (isWhole && stride === 1 && dtype !== "bool")
    return count * widthOf(dtype) === 64 ? v128.load64_zero(address(first)) : v128.load(address(first));
  if (isWhole && stride === -1 && dtype !== "bool" && count * widthOf(dtype) === 128) {
    const vector = v128.load(address(first + count - 1));
    return i8x16.shuffle(vector, vector, reversed(widthOf(dtype) / 8));
  }
  return gather(elements, first, count);
};

/** The elements, one for each lane. */
export const loadLanes = (elements: LaneElements): LaneValue => {
  const { dtype, stride, lanes, present } = elements;
  const width = widthOf(dtype);
  if (dtype === "bool" && stride === 1 && present === lanes) return { vectors: loadMasks(elements), width };
  const count = vectorCount(width, lanes);
  const perVector = lanes / count;
  const vectors = Array.from({ length: count }, (_, k) => loadVector(elements, k * perVector, perVector));
  return { vectors, width };
};

/** One number in all lanes. */
export const splatLanes = (dtype: DType, value: Expression<"i32" | "f32" | "f64">, lanes: number): LaneValue => {
  const width = widthOf(dtype);
  const splat =
    dtype === "float64"
      ? f64x2.splat(value as Expression<"f64">)
      : dtype === "float32"
        ? f32x4.splat(value as Expression<"f32">)
        : i32x4.splat(value as Expression<"i32">);
  return {
    vectors: new Array<Vector>(vectorCount(width, lanes)).fill(dtype === "bool" ? masksOf(splat) : splat),
    width,
  };
};

/** Four masks as the lowest four bytes, 0 or 1. */
const bytesOfMasks = (mask: Vector): Vector =>
  i8x16.shuffle(v128.and(mask, encodeConstant(1, "int32")), zeros, gatherBytes);

type Stores = Pick<FunctionBuilder<"none">, "store" | "storeLane" | "hold">;

/** Stores what `loadLanes` reads back. */
export const storeLanes = (f: Stores, elements: LaneElements, value: LaneValue): void => {
  const { dtype, address, stride, lanes, present } = elements;
  const width = widthOf(dtype);
  const vectors = ofWidth(value, width, lanes);
  const perVector = lanes / vectors.length;
  vectors.forEach((vector, k) => {
    const first = k * perVector;
    const isWhole = first + perVector <= present && stride === 1;
    if (dtype === "bool") {
      const bytes = bytesOfMasks(vector);
      if (isWhole) return f.storeLane(perVector === 4 ? 32 : 16, address(first), bytes, 0);
      const held = f.hold(bytes);
      for (let lane = 0; lane < perVector && first + lane < present; lane++)
        f.storeLane(8, address(first + lane), held, lane);
      return;
    }
    if (isWhole && perVector * width === 128) return f.store(address(first), vector);
    if (isWhole) return f.storeLane(64, address(first), vector, 0);
    const held = f.hold(vector);
    for (let lane = 0; lane < perVector && first + lane < present; lane++)
      f.storeLane(width, address(first + lane), held, lane);
  });
};

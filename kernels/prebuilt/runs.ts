/**
 * Runs of neighbouring bytes, moved or filled: what kernels consist of that compute nothing. A run of as many bytes as an
 * instruction moves is one load and one store; others go by vectors, of which the last overlaps the one before, and long
 * ones by the engine's own copy, which is the fastest where nothing stays in a cache.
 */
import { i32, i32x4, i64, v128 } from "../assembler/index.ts";
import type { Expression, Operand, Statements, WasmModule } from "../assembler/index.ts";
import type { NumericArray } from "../numeric-array.ts";
import type { Vector } from "./lanes.ts";

const { add, sub } = i32;

export type ElementType = "float64" | "float32" | "int32" | "uint32" | "bool";

/** Bytes of an element. */
export const itemBytes: Readonly<Record<ElementType, 8 | 4 | 1>> = {
  float64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  bool: 1,
};

export const isElementType = (dtype: string): dtype is ElementType => dtype in itemBytes;

/** How runs of a length move: bytes of the one instruction, or "run" for any number. */
export type Piece = 1 | 4 | 8 | 16 | "run";

export const pieceOf = (bytes: number): Piece =>
  bytes === 1 || bytes === 4 || bytes === 8 || bytes === 16 ? bytes : "run";

type Pointer = Expression<"i32">;

/** Moves `bytes` bytes, a number that a piece knows already; source and target do not overlap. */
export type Move = (f: Statements, target: Pointer, source: Pointer, bytes: Operand<"i32">) => void;

const moveOne: Readonly<Record<Exclude<Piece, "run">, Move>> = {
  1: (f, target, source) => f.store8(target, i32.load8_u(source)),
  4: (f, target, source) => f.store(target, i32.load(source)),
  8: (f, target, source) => f.store(target, i64.load(source)),
  16: (f, target, source) => f.store(target, v128.load(source)),
};

/** From so many bytes on the engine's own copy takes less time, with its call, than vectors one by one. */
const longRun = 1024;

/** A function (target, source, bytes) for runs of any length. */
function copyRun(module: WasmModule): Move {
  const copy = module.func("copy", { params: ["i32", "i32", "i32"] }, (f, target, source, bytes) => {
    f.if(i32.ge_u(bytes, longRun), () => {
      f.memoryCopy(target, source, bytes);
      f.return();
    });
    f.if(i32.ge_u(bytes, 16), () => {
      const end = f.hold(sub(add(target, bytes), 16));
      const ahead = f.hold(sub(source, target));
      f.while(i32.lt_u(target, end), () => {
        f.store(target, v128.load(add(target, ahead)));
        f.set(target, add(target, 16));
      });
      f.store(end, v128.load(add(end, ahead)));
      f.return();
    });
    for (const part of [8, 4] as const)
      f.if(i32.and(bytes, part), () => {
        moveOne[part](f, target, source, part);
        f.set(target, add(target, part));
        f.set(source, add(source, part));
      });
    const left = f.hold(i32.and(bytes, 3));
    f.while(left, () => {
      f.set(left, sub(left, 1));
      moveOne[1](f, add(target, left), add(source, left), 1);
    });
  });
  return (f, target, source, bytes) => f.call(copy, target, source, bytes);
}

/** The move of pieces; a function of the module where they are runs. */
export const moveOf = (module: WasmModule, piece: Piece): Move => (piece === "run" ? copyRun(module) : moveOne[piece]);

/** Copies a whole array, unless it is in its place already. */
export const copyWhole: Move = (f, target, source, bytes) =>
  f.if(i32.ne(target, source), () => f.memoryCopy(target, source, bytes));

// --- Filling ----------------------------------------------------------------------------------

/** Writes elements that are equal; `pattern` is a vector of them. */
export type Fill = (f: Statements, target: Pointer, pattern: Vector, bytes: Operand<"i32">) => void;

const fillOne: Readonly<Record<Exclude<Piece, "run">, Fill>> = {
  1: (f, target, pattern) => f.storeLane(8, target, pattern, 0),
  4: (f, target, pattern) => f.storeLane(32, target, pattern, 0),
  8: (f, target, pattern) => f.storeLane(64, target, pattern, 0),
  16: (f, target, pattern) => f.store(target, pattern),
};

/** A function (target, pattern, bytes) for runs of any length. */
function fillRun(module: WasmModule): Fill {
  const fill = module.func("fill", { params: ["i32", "v128", "i32"] }, (f, target, pattern, bytes) => {
    f.if(i32.ge_u(bytes, 16), () => {
      const end = f.hold(sub(add(target, bytes), 16));
      f.while(i32.lt_u(target, end), () => {
        f.store(target, pattern);
        f.set(target, add(target, 16));
      });
      f.store(end, pattern);
      f.return();
    });
    for (const part of [8, 4] as const)
      f.if(i32.and(bytes, part), () => {
        fillOne[part](f, target, pattern, part);
        f.set(target, add(target, part));
      });
    const left = f.hold(i32.and(bytes, 3));
    f.while(left, () => {
      f.set(left, sub(left, 1));
      fillOne[1](f, add(target, left), pattern, 1);
    });
  });
  return (f, target, pattern, bytes) => f.call(fill, target, pattern, bytes);
}

export const fillOf = (module: WasmModule, piece: Piece): Fill => (piece === "run" ? fillRun(module) : fillOne[piece]);

const arrayOf = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const;

/** The number as an element of a dtype, as arrays store it: eight bytes of such elements, as two integers. */
export function patternWords(dtype: ElementType, value: number): readonly [low: number, high: number] {
  const elements: NumericArray = new arrayOf[dtype](8 / itemBytes[dtype]).fill(value);
  const [low, high] = new Int32Array(elements.buffer);
  return [low!, high!];
}

/** The vector of these eight bytes, twice. */
export const patternOf = (low: Pointer, high: Pointer): Vector => {
  const lows = i32x4.splat(low);
  return i32x4.replace_lane(i32x4.replace_lane(lows, 1, high), 3, high);
};

/** The vector of the element at an address. */
export const splatAt = (item: 8 | 4 | 1, address: Pointer): Vector =>
  item === 8 ? v128.load64_splat(address) : item === 4 ? v128.load32_splat(address) : v128.load8_splat(address);

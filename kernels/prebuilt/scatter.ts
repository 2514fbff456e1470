/**
 * scatterAdd, -Set, -Mul, -Max and -Min as WebAssembly: rows written at index tuples of a copy of the operand, in the order of the
 * updates, equal to the bit with kernels/indexing.ts. There is a small module for each way of combining, dtype and form of the
 * tuples.
 */
import { f32, f32x4, f64, f64x2, i32, i32x4, select, v128 } from "../assembler/index.ts";
import type { AddressOperand, Expression, Local, Statements, WasmModule } from "../assembler/index.ts";
import type { IndexGeometry, OutOfRange } from "../indexing.ts";
import { elementCount } from "../numeric-array.ts";
import { type Vector, integers } from "./lanes.ts";
import { type NumberType, isNumberType } from "./lines.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { type IndexForm, eachPlace, isIndexType, mostDepth, nameOf } from "./places.ts";
import { type Move, type Piece, copyWhole, isElementType, itemBytes, moveOf, pieceOf } from "./runs.ts";
import { smallModule } from "./small-module.ts";

const { add, mul, sub } = i32;

export type Combination = "add" | "mul" | "max" | "min";

/** One element of the target with one update, and as many as a vector holds. */
interface Combining<T extends "f64" | "f32" | "i32"> {
  readonly load: (address: AddressOperand) => Expression<T>;
  readonly one: (old: Local<T>, update: Local<T>) => Expression<T>;
  readonly all: (old: Vector, update: Vector) => Vector;
}

// Sums and products of two float32 rounded once are those of float64 rounded again. max and min spread NaN and tell zeros apart.
const floats = (name: Combination): readonly [Combining<"f64">, Combining<"f32">] => [
  { load: f64.load, one: f64[name], all: f64x2[name] },
  { load: f32.load, one: f32[name], all: f32x4[name] },
];

const signed: Readonly<Record<Combination, Combining<"i32">>> = {
  add: { load: i32.load, one: i32.add, all: i32x4.add },
  mul: { load: i32.load, one: i32.mul, all: i32x4.mul },
  max: { load: i32.load, one: (x, y) => select(i32.gt_s(x, y), x, y), all: i32x4.max_s },
  min: { load: i32.load, one: (x, y) => select(i32.lt_s(x, y), x, y), all: i32x4.min_s },
};

const unsigned: Readonly<Record<Combination, Combining<"i32">>> = {
  ...signed,
  max: { load: i32.load, one: (x, y) => select(i32.gt_u(x, y), x, y), all: i32x4.max_u },
  min: { load: i32.load, one: (x, y) => select(i32.lt_u(x, y), x, y), all: i32x4.min_u },
};

// A kernel never mixes types.
const combiningOf = (name: Combination, dtype: NumberType): Combining<"f64"> => {
  const [doubles, singles] = floats(name);
  return { float64: doubles, float32: singles, int32: signed[name], uint32: unsigned[name] }[dtype] as Combining<"f64">;
};

/** Combines a row of updates with one of the target; a function of the module unless it is one element. */
function combineRow(module: WasmModule, name: Combination, dtype: NumberType, isSingle: boolean): Move {
  const { load, one, all } = combiningOf(name, dtype);
  const combineOne = (f: Statements, target: Expression<"i32">, source: Expression<"i32">): void =>
    f.store(target, one(f.hold(load(target)), f.hold(load(source))));
  if (isSingle) return combineOne;
  const item = itemBytes[dtype];
  const combine = module.func("combine", { params: integers(3) }, (f, target, source, bytes) => {
    const end = f.hold(add(target, bytes));
    const last = f.hold(sub(end, i32.and(bytes, 15)));
    const ahead = f.hold(sub(source, target));
    f.while(i32.ne(target, last), () => {
      f.store(target, all(v128.load(target), v128.load(add(target, ahead))));
      f.set(target, add(target, 16));
    });
    f.while(i32.ne(target, end), () => {
      combineOne(f, target, f.hold(add(target, ahead)));
      f.set(target, add(target, item));
    });
  });
  return (f, target, source, bytes) => f.call(combine, target, source, bytes);
}

type L = Local<"i32">;
type NineLocals = [L, L, L, L, L, L, L, L, L];

/** Exports run(batch, rows, indices, operand, updates, out, bytes of a row, of an element of the batch, of all, extent*). */
function exportScatter(module: WasmModule, form: IndexForm, rowOf: (module: WasmModule) => Move): void {
  const write = rowOf(module);
  module.func("run", { params: integers(9 + form.depth), export: true }, (f, ...parameters) => {
    const [batch, rows, indices, operand, updates, out, row, stride, whole, ...extents] =
      parameters as readonly L[] as readonly [...NineLocals, ...L[]];
    copyWhole(f, out, operand, whole);
    eachPlace(
      f,
      form,
      { batch, rows, indices, extents },
      {
        found: (place) => write(f, f.hold(add(out, mul(place, row))), updates, row),
        missing: () => undefined,
        next: () => f.set(updates, add(updates, row)),
        nextBatch: () => f.set(out, add(out, stride)),
      },
    );
  });
}

/**
 * How to write updates at index tuples of a copy of an array; operands: the array, the tuples, the updates.
 * @param name    how an update is combined with what stands there; "set" puts it in its place
 * @param dtypes  of array and updates, of the indices
 * @returns       null for dtypes unknown, or more indices in a tuple than the kernel takes
 */
export function planScatter(
  name: Combination | "set",
  [dtype, type]: readonly [dtype: string, type: string],
  { batch, extents, rows, rest }: IndexGeometry,
  outOfRange: OutOfRange,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isElementType(dtype) || !isIndexType(type) || extents.length > mostDepth) return null;
  if (name !== "set" && !isNumberType(dtype)) return null;
  const form: IndexForm = { depth: extents.length, type, outOfRange };
  const row = rest * itemBytes[dtype];
  const stride = elementCount(extents) * row;
  const [what, rowOf] = name === "set" ? setting(pieceOf(row)) : combining(name, dtype as NumberType, rest === 1);
  return {
    module: smallModule(`scatter ${what} ${nameOf(form)}`, (module) => exportScatter(module, form, rowOf)),
    call: {
      function: "run",
      scratchBytes: 0,
      overwrites: true,
      args: ({ operands: [operand, indices, updates], results: [out] }) => [
        batch,
        rows,
        indices!,
        operand!,
        updates!,
        out!,
        row,
        stride,
        batch * stride,
        ...extents,
      ],
    },
  };
}

type Writing = readonly [name: string, row: (module: WasmModule) => Move];

const setting = (piece: Piece): Writing => [`set ${piece}`, (module) => moveOf(module, piece)];

const combining = (name: Combination, dtype: NumberType, isSingle: boolean): Writing => [
  `${name} ${dtype}${isSingle ? "" : " rows"}`,
  (module) => combineRow(module, name, dtype, isSingle),
];

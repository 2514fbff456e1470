/**
 * Inner loops of the convolution: tiles of results that stay in registers while all taps pass by.
 * A "row" tile multiplies vectors of neighbouring results of one spatial row by single weights; a "feature" tile
 * multiplies single inputs by vectors of weights of neighbouring features.
 * The shapes are the fastest measured: results and values loaded for one tap are at most 15 vectors, as there are 16 registers.
 */
import { i32, i32x4, i64x2, v128 } from "../assembler/index.ts";
import type { FunctionReference, Global, Local, Statements, WasmModule } from "../assembler/index.ts";
import { type Lanes, type Vector, zeros } from "./lanes.ts";

/** Stands for padding where it must not be multiplied: a NaN with a payload, which no element of a copy has. */
export const padding: Readonly<Record<Lanes["bits"], Vector>> = {
  64: v128.const([1, 0, 0, 0, 0, 0, 0xf8, 0x7f, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f]),
  32: v128.const([1, 0, 0xc0, 0x7f, 1, 0, 0xc0, 0x7f, 1, 0, 0xc0, 0x7f, 1, 0, 0xc0, 0x7f]),
};

/** All ones in lanes that hold an element, zeros in lanes of padding. */
const isElement = ({ bits }: Lanes, x: Vector): Vector => (bits === 64 ? i64x2 : i32x4).ne(x, padding[bits]);

/** Shape of a tile: results at `pointers` places, in `vectors` vectors each, for `columns` features. */
export type Tile = {
  readonly along: "row" | "feature";
  readonly pointers: number;
  readonly vectors: number;
  /** features of a row tile; 1 in a feature tile, whose vectors are features */
  readonly columns: number;
  /** multiply-adds per time, relative to the first */
  readonly speed: number;
};

/** A plan names a tile by its place in this list. */
export const tiles: readonly Tile[] = [
  { along: "row", pointers: 1, vectors: 2, columns: 4, speed: 1 },
  { along: "row", pointers: 2, vectors: 1, columns: 4, speed: 1 },
  { along: "row", pointers: 1, vectors: 6, columns: 1, speed: 0.85 },
  { along: "row", pointers: 3, vectors: 2, columns: 1, speed: 0.75 },
  { along: "row", pointers: 6, vectors: 1, columns: 1, speed: 0.55 },
  { along: "feature", pointers: 4, vectors: 2, columns: 1, speed: 1 },
];

/** Results next to each other in a row at each place. */
export const stripOf = ({ along, vectors }: Tile, lanes: number): number => (along === "row" ? vectors * lanes : 1);

/** Features of a tile, hence weights in one line of a packed panel. */
export const featuresOf = ({ along, vectors, columns }: Tile, lanes: number): number =>
  along === "row" ? columns : vectors * lanes;

/** What the inner loops read of a convolution, in bytes. */
export type TapTables = Readonly<Record<"offsets" | "blocks" | "blocksEnd" | "sums", Global<"i32">>>;

type Sums = readonly Local<"v128">[];

/** Adds x * weight to the sum, or nothing where x is padding. */
type AddProduct = (f: Statements, sum: Local<"v128">, x: Vector, weight: Vector) => void;

const addProductOf =
  (lanes: Lanes, isCareful: boolean): AddProduct =>
  (f, sum, x, weight) => {
    const product = lanes.vector.mul(x, weight);
    f.set(sum, lanes.vector.add(sum, isCareful ? v128.and(product, isElement(lanes, x)) : product));
  };

/** One tap of a row tile; sums are ordered by column, pointer and vector. */
const rowTap = (
  f: Statements,
  { tile, lanes, add }: Body,
  weights: Local<"i32">,
  places: readonly Local<"i32">[],
  sums: Sums,
): void => {
  const { vectors, columns } = tile;
  const inputs = places.flatMap((place) => Array.from({ length: vectors }, (_, v) => f.hold(v128.load(place, 16 * v))));
  for (let column = 0; column < columns; column += 1) {
    const weight = f.hold(lanes.splat(weights, column * lanes.item));
    inputs.forEach((x, k) => add(f, sums[column * inputs.length + k]!, x, weight));
  }
};

/** One tap of a feature tile; sums are ordered by pointer and vector. */
const featureTap = (
  f: Statements,
  { tile: { vectors }, lanes, add }: Body,
  weights: Local<"i32">,
  places: readonly Local<"i32">[],
  sums: Sums,
): void => {
  const factors = Array.from({ length: vectors }, (_, v) => f.hold(v128.load(weights, 16 * v)));
  places.forEach((place, i) => {
    const x = f.hold(lanes.splat(place));
    factors.forEach((factor, v) => add(f, sums[i * vectors + v]!, x, factor));
  });
};

type Body = { readonly tile: Tile; readonly lanes: Lanes; readonly add: AddProduct };

/**
 * A function (weights, place, place, ..) that writes the sums of one tile to `sums`, each the sum over blocks of the
 * sum over the taps of the block. Tap k reads the inputs at place + offsets[k] and line k of the panel of weights.
 * @param isCareful  whether inputs may be padding that must not be multiplied
 */
export const tileFunction = (
  module: WasmModule,
  { tile, lanes, tables, isCareful }: Omit<Body, "add"> & { readonly tables: TapTables; readonly isCareful: boolean },
): FunctionReference<readonly "i32"[], "none"> => {
  const body = { tile, lanes, add: addProductOf(lanes, isCareful) };
  const line = featuresOf(tile, lanes.count) * lanes.item;
  const params = new Array<"i32">(1 + tile.pointers).fill("i32");
  return module.func(`tile${tile.pointers}x${tile.vectors}x${tile.columns}`, { params }, (f, ...locals) => {
    const [weights, ...places] = locals as unknown as [Local<"i32">, ...Local<"i32">[]];
    const sums = Array.from({ length: tile.columns * tile.pointers * tile.vectors }, () => f.local("v128"));
    const [offset, block, blocksEnd] = [f.hold(tables.offsets), f.hold(tables.blocks), f.hold(tables.blocksEnd)];
    const target = f.hold(tables.sums);
    f.while(i32.lt_u(block, blocksEnd), () => {
      const end = f.hold(i32.load(block));
      for (const sum of sums) f.set(sum, zeros);
      f.if(i32.lt_u(offset, end), () =>
        f.loop((again) => {
          const shift = f.hold(i32.load(offset));
          const shifted = places.map((place) => f.hold(i32.add(place, shift)));
          (tile.along === "row" ? rowTap : featureTap)(f, body, weights, shifted, sums);
          f.set(offset, i32.add(offset, 4));
          f.set(weights, i32.add(weights, line));
          f.brIf(again, i32.lt_u(offset, end));
        }),
      );
      const each = (store: (sum: Local<"v128">, place: number) => void): void =>
        sums.forEach((sum, k) => store(sum, 16 * k));
      f.if(
        i32.eq(block, tables.blocks),
        () => each((sum, place) => f.store(target, sum, place)),
        () => each((sum, place) => f.store(target, lanes.vector.add(v128.load(target, place), sum), place)),
      );
      f.set(block, i32.add(block, 4));
    });
  });
};

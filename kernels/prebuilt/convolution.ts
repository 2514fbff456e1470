/**
 * Convolution as WebAssembly, equal to the bit with `convolve` (kernels/convolution.ts): direct, without a matrix of patches.
 * The input is copied with its padding, so that result p and tap k meet at place[p] + offset[k] whatever the strides and
 * dilations; weights are packed in panels of the features of one tile (convolution-tiles.ts). The plan is in convolution-plan.ts.
 * Zeros in the padding add nothing as long as all weights are finite; else padding is marked and its products are dropped.
 */
import { call, i32, v128, wasmModule } from "../assembler/index.ts";
import type { FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { type Spread, copyFunction, isFiniteFunction, packFunction, spreadFunction } from "./convolution-operands.ts";
import { argumentCount, axisNames, wholeNames } from "./convolution-plan.ts";
import { type State, least, newState } from "./convolution-state.ts";
import { entryBytes, offsetsFunction, placesFunction, writePhase } from "./convolution-tables.ts";
import { type Tile, featuresOf, stripOf, tileFunction, tiles } from "./convolution-tiles.ts";
import { type Lanes, doubles, singles } from "./lanes.ts";
import { memoryLimits } from "./module.ts";
import type { PrebuiltModule } from "./module.ts";

const { add, sub, mul } = i32;

/** Statements that write the sums of pointer `i` of a tile; `entry` is its place, `target` the first of `left` features. */
type StorePlace = (f: Statements, i: number, entry: Local<"i32">, target: Local<"i32">, left: Local<"i32">) => void;

/** Sums of a vector are features of one result. */
const storeFeatures =
  ({ vectors }: Tile, { sums, outFeature }: State, spread: Spread): StorePlace =>
  (f, i, entry, target, left) =>
    f.if(i32.load(entry, 8), () =>
      f.call(spread, add(sums, 16 * vectors * i), add(target, i32.load(entry, 4)), outFeature, left),
    );

/** Sums of a vector are neighbours in a row. */
const storeRows =
  (tile: Tile, lanes: Lanes, { sums, outFeature, axes }: State, spread: Spread): StorePlace =>
  (f, i, entry, target, left) => {
    const { pointers, vectors } = tile;
    const count = f.hold(i32.load(entry, 8));
    const start = f.hold(add(target, i32.load(entry, 4)));
    const piece = f.hold(add(sums, 16 * vectors * i));
    const step = f.hold(mul(axes.at(-1)!.phases, lanes.item));
    const isWhole = f.hold(i32.and(i32.eq(count, stripOf(tile, lanes.count)), i32.eq(step, lanes.item)));
    f.for(f.local("i32"), 0, left, 1, () => {
      f.if(
        isWhole,
        () => {
          for (let v = 0; v < vectors; v += 1) f.store(start, v128.load(piece, 16 * v), 16 * v);
        },
        () => f.call(spread, piece, start, step, count),
      );
      f.set(piece, add(piece, 16 * vectors * pointers));
      f.set(start, add(start, outFeature));
    });
  };

/** (out): all results of a block of images of one group in the present phase, tile by tile. */
const sweepFunction = (
  module: WasmModule,
  lanes: Lanes,
  tile: Tile,
  state: State,
  spread: Spread,
): FunctionReference<readonly ["i32"], "none"> => {
  const { features, outFeature, copy, weights, taps, isCareful, places, placesEnd } = state;
  const tileOf = (isCarefulTile: boolean): FunctionReference<readonly "i32"[], "none"> =>
    tileFunction(module, { tile, lanes, tables: state, isCareful: isCarefulTile });
  const [plain, careful] = [tileOf(false), tileOf(true)];
  const storePlace = tile.along === "row" ? storeRows(tile, lanes, state, spread) : storeFeatures(tile, state, spread);
  const width = featuresOf(tile, lanes.count);
  return module.func("sweep", { params: ["i32"] }, (f, out) => {
    const panel = f.hold(weights);
    const target = f.hold(out);
    const left = f.hold(features);
    f.while(i32.gt_s(left, 0), () => {
      const stored = f.hold(least(left, width));
      const entry = f.hold(places);
      f.while(i32.lt_u(entry, placesEnd), () => {
        const starts = Array.from({ length: tile.pointers }, (_, i) => add(copy, i32.load(entry, entryBytes * i)));
        f.if(
          isCareful,
          () => f.call(careful, panel, ...starts),
          () => f.call(plain, panel, ...starts),
        );
        for (let i = 0; i < tile.pointers; i += 1) {
          storePlace(f, i, entry, target, stored);
          f.set(entry, add(entry, entryBytes));
        }
      });
      f.set(panel, add(panel, mul(taps, width * lanes.item)));
      f.set(target, add(target, mul(outFeature, width)));
      f.set(left, sub(left, width));
    });
  });
};

type Tables = {
  readonly writeOffsets: FunctionReference<readonly [], "none">;
  readonly writePlaces: FunctionReference<readonly ["i32", "i32"], "none">;
};

/** (isFirst): the results of the present phase; the copies of the first are used again if there is only one. */
const phaseFunction = (
  module: WasmModule,
  lanes: Lanes,
  state: State,
  { writeOffsets, writePlaces }: Tables,
): FunctionReference<readonly ["i32"], "none"> => {
  const spread = spreadFunction(module, lanes);
  const copyImages = copyFunction(module, lanes, spread, state);
  const packWeights = packFunction(module, lanes, state);
  const sweeps = tiles.map((tile) => sweepFunction(module, lanes, tile, state, spread));
  const { groups, images, imageBlock, features, channels, lhs, lhsImage, lhsGroup, rhs, rhsChannel, out } = state;
  return module.func("runPhase", { params: ["i32"] }, (f, isFirst) => {
    const forTile = (body: (tile: Tile, index: number) => void): void =>
      tiles.forEach((tile, index) => f.if(i32.eq(state.tile, index), () => body(tile, index)));
    f.call(writeOffsets);
    const width = f.local("i32");
    forTile((tile) => {
      f.set(width, featuresOf(tile, lanes.count));
      f.call(writePlaces, stripOf(tile, lanes.count), tile.pointers);
    });
    const isCopied = f.hold(i32.and(i32.eq(groups, 1), i32.eq(images, imageBlock)));
    const group = f.local("i32");
    f.for(group, 0, groups, 1, () => {
      const first = f.hold(mul(group, features));
      f.call(packWeights, add(rhs, mul(first, mul(channels, rhsChannel))), width);
      const source = f.hold(add(lhs, mul(group, lhsGroup)));
      const target = f.hold(add(out, mul(first, state.outFeature)));
      const left = f.hold(images);
      f.while(left, () => {
        f.if(i32.or(isFirst, i32.eqz(isCopied)), () => f.call(copyImages, source));
        forTile((_, index) => f.call(sweeps[index]!, target));
        f.set(source, add(source, mul(imageBlock, lhsImage)));
        f.set(target, add(target, mul(imageBlock, state.outImage)));
        f.set(left, sub(left, imageBlock));
      });
    });
  });
};

/** Exports the kernel of one precision: all phases, after the look at the weights. */
const exportKernel = (module: WasmModule, lanes: Lanes, state: State, tables: Tables): void => {
  const { axes } = state;
  const isFinite = isFiniteFunction(module, lanes);
  const runPhase = phaseFunction(module, lanes, state, tables);
  const registers = [
    ...wholeNames.map((key) => state[key]),
    ...axes.flatMap((axis) => axisNames.map((key) => axis[key])),
  ];
  module.func(
    `convolve${lanes.bits}`,
    { params: new Array<"i32">(argumentCount).fill("i32"), export: true },
    (f, ...args) => {
      registers.forEach((register, k) => f.set(register, (args as readonly Local<"i32">[])[k]!));
      f.set(state.isCareful, 0);
      f.if(state.isPadded, () => f.set(state.isCareful, i32.eqz(call(isFinite, state.rhs, state.rhsBytes))));
      const isFirst = f.hold(i32.const(1));
      const overPhases = (axis: number): void => {
        if (axis === axes.length) {
          f.call(runPhase, isFirst);
          f.set(isFirst, 0);
          return;
        }
        const { phases, results } = axes[axis]!;
        const phase = f.local("i32");
        f.for(phase, 0, least(phases, results), 1, () => {
          writePhase(f, axes[axis]!, phase);
          overPhases(axis + 1);
        });
      };
      overPhases(0);
    },
  );
};

/** The kernels `convolve64` and `convolve32`; `planConvolution` gives their arguments. */
export const convolution: PrebuiltModule = {
  name: "convolution",
  build: (limits = memoryLimits.alone) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits);
    const state = newState(module);
    const tables = { writeOffsets: offsetsFunction(module, state), writePlaces: placesFunction(module, state) };
    exportKernel(module, doubles, state, tables);
    exportKernel(module, singles, state, tables);
    return module.assemble();
  },
};

/**
 * The memory that the gradient of a coordinate network needs, over its depth and the points of a grid, from the plan of the
 * compiled program: nothing is run. The program is value and gradient of the mean square of the output.
 * Source: the memory study of Sanu, Bessa & Aragon 2026: width 256, depths 2 to 9, grids of 100^2 to 900^2 points.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { coordinates, dense, leakyRelu, sequential } from "../../library/nn/index.ts";
import type { Network } from "../../library/nn/index.ts";
import { square } from "../../library/numpy/elementwise.ts";
import { requireCallable } from "../../library/numpy/operand.ts";
import { mean } from "../../library/numpy/statistics.ts";
import { key } from "../../library/random/keys.ts";
import { valueAndGrad } from "../../transforms/vjp.ts";
import { memoryAnalysis } from "../../transforms/memory-analysis.ts";
import { historyCsv } from "../render/csv.ts";
import { inChunks, rematerialized, requireCount } from "./lean-networks.ts";

/** Layers of a network, of any parameters: each takes what the one before gives. */
export type Layers = readonly Network<any>[];

export interface MemorySweepOptions {
  /** Hidden layers. Default 2 to 9. */
  readonly depths?: readonly number[];
  /** Points along each edge of the grid. Default 100, 300, 500, 700, 900. */
  readonly sizes?: readonly number[];
  /** Units of the hidden layers. Default 256. */
  readonly width?: number;
  /** The layers of a network from [points, 2]. Default: dense float32 layers with leakyRelu (slope 0.3), and a linear one to one output. */
  readonly make?: (depth: number, width: number) => Layers;
  /** Chunks that the points are seen in, as inChunks. Default 1. */
  readonly chunks?: number;
  /** Whether layers are computed again on the way back, as rematerialized. Default false. */
  readonly checkpoint?: boolean;
}

/** Memory of one network over one grid, in bytes. */
export interface MemoryRow {
  /** Hidden layers. */
  readonly depth: number;
  /** Points along an edge of the grid. */
  readonly size: number;
  /** size squared. */
  readonly points: number;
  /** The sum of the three others: most bytes alive at one time. */
  readonly peakBytes: number;
  /** What is held on the way besides arguments and results. */
  readonly temporaryBytes: number;
  /** Parameters and coordinates. */
  readonly argumentBytes: number;
  /** Value and gradient. */
  readonly outputBytes: number;
}

/** Hidden layers of nn.mlp's kind, and the linear one behind them. */
const denseLayers = (depth: number, width: number): Layers => [
  ...Array.from({ length: depth }, (_, k): Network<any> => {
    const layer = dense(k === 0 ? 2 : width, width);
    return { init: layer.init, apply: (params, x) => leakyRelu(layer.apply(params, x), { negativeSlope: 0.3 }) };
  }),
  dense(width, 1),
];

type Settled = Required<MemorySweepOptions>;

const settle = (options: MemorySweepOptions): Settled => {
  const asked = "memorySweep";
  requireOptions(asked, options, ["depths", "sizes", "width", "make", "chunks", "checkpoint"]);
  const { depths = [2, 3, 4, 5, 6, 7, 8, 9], sizes = [100, 300, 500, 700, 900], width = 256 } = options;
  const { make = denseLayers, chunks = 1, checkpoint = false } = options;
  for (const [name, list] of [["depths", depths] as const, ["sizes", sizes] as const]) {
    if (!Array.isArray(list) || list.length === 0)
      throw new InvalidOption(asked, `${name} ${showValue(list)}`, "Give a list of whole numbers from 1");
    list.forEach((entry: unknown) => requireCount(asked, `an entry of ${name}`, entry));
  }
  requireCount(asked, "width", width);
  requireCount(asked, "chunks", chunks);
  requireCallable(asked, "make", make);
  if (typeof checkpoint !== "boolean")
    throw new InvalidOption(asked, `checkpoint ${showValue(checkpoint)}`, "Give true or false");
  return { depths, sizes, width, make, chunks, checkpoint };
};

/** The program whose memory a row tells, and its arguments. */
export const sweptProgram = (
  options: MemorySweepOptions,
  depth: number,
  size: number,
): readonly [f: (params: unknown, points: NDArray) => unknown, params: unknown, points: NDArray] => {
  const { width, make, chunks, checkpoint } = settle(options);
  const layers = make(depth, width);
  const network = sequential(...(checkpoint ? layers.map(rematerialized) : layers)) as Network<unknown>;
  const { apply, init } = inChunks(network, chunks);
  const f = valueAndGrad((params: unknown, points: NDArray) => mean(square(apply(params, points))));
  const points = coordinates([size, size], { dtype: "float32" }).reshape([size * size, 2]);
  return [f as (params: unknown, points: NDArray) => unknown, init(key(0)), points];
};

/**
 * Memory of the compiled value and gradient of networks over grids, by memoryAnalysis.
 * @param options  depths, sizes, width, make; chunks and checkpoint, which lower it and leave the gradients what they are
 * @returns        a row for every size and depth, in bytes; nothing is computed
 * @throws InvalidOption, UnknownOption
 * Plain, a hidden layer of the default network adds 6 bytes per point and unit: its float32 activation, and the sides of its kink.
 * A WebAssembly program has at most 4 GiB, so larger plans run as { backend: "js" } or in chunks.
 * Cost: one trace and one plan per row, and the coordinates of the largest grid: a few seconds for all of the default.
 * @example
 * const [plain] = memorySweep({ depths: [3], sizes: [20], width: 16 });
 * const [lean] = memorySweep({ depths: [3], sizes: [20], width: 16, chunks: 8 });
 * [plain.points, plain.outputBytes] // [400, 2440]
 * lean.temporaryBytes < plain.temporaryBytes / 3 // true
 */
export const memorySweep = (options: MemorySweepOptions = {}): readonly MemoryRow[] => {
  const { sizes, depths } = settle(options);
  return sizes.flatMap((size) =>
    depths.map((depth): MemoryRow => {
      const [f, params, points] = sweptProgram(options, depth, size);
      const { peakBytes, temporaryBytes, argumentBytes, outputBytes } = memoryAnalysis(f, params as never, points);
      return { depth, size, points: size * size, peakBytes, temporaryBytes, argumentBytes, outputBytes };
    }),
  );
};

/**
 * CSV text of a sweep: the columns are the names of a row, in their order.
 * @returns  header and one line per row, each ended by CR LF
 * @example memoryCsv(memorySweep({ depths: [2], sizes: [10], width: 4 })).split(",")[0] // "depth"
 */
export const memoryCsv = (rows: readonly MemoryRow[]): string =>
  historyCsv(rows as readonly Readonly<Record<string, number>>[] & readonly MemoryRow[]);

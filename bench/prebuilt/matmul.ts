/**
 * GFLOP/s of the prebuilt matrix product beside the arithmetic there is: twelve independent sums of products in registers,
 * measured in the same rounds. Each figure is the best of many short runs that take turns, so it is the machine left alone.
 * Usage: npx tsx bench/prebuilt/matmul.ts [--all: every way to each product] [--only=TEXT: names that contain it]
 */
import { dotGeneral } from "../../kernels/contraction.ts";
import type { ContractionAxes } from "../../kernels/contraction.ts";
import { elementCount } from "../../kernels/numeric-array.ts";
import { doubles, singles } from "../../kernels/prebuilt/lanes.ts";
import { matrixProduct } from "../../kernels/prebuilt/matmul-axes.ts";
import { callOf } from "../../kernels/prebuilt/matmul-plan.ts";
import { type Way, chooseWay, costOf, waysOf } from "../../kernels/prebuilt/matmul-ways.ts";
import { matmul } from "../../kernels/prebuilt/matmul.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import { ceiling, flopsPerTurn } from "./ceiling.ts";

const rounds = 12;
const millisecondsPerRound = 4;

interface Case {
  readonly name: string;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly axes: ContractionAxes;
}

const none = [[], []] as const;
const plain: ContractionAxes = { contract: [[1], [0]], batch: none };
const left: ContractionAxes = { contract: [[0], [0]], batch: none };
const right: ContractionAxes = { contract: [[1], [1]], batch: none };
const square = (n: number): Case => ({ name: `${n} x ${n}`, a: [n, n], b: [n, n], axes: plain });
const cases: readonly Case[] = [
  ...[16, 32, 64, 128, 256, 512, 1024].map(square),
  { name: "512: A B'", a: [512, 512], b: [512, 512], axes: right },
  { name: "512: A' B", a: [512, 512], b: [512, 512], axes: left },
  { name: "SIREN: X W", a: [6144, 256], b: [256, 256], axes: plain },
  { name: "SIREN: X' G", a: [6144, 256], b: [6144, 256], axes: left },
  { name: "SIREN: G W'", a: [6144, 256], b: [256, 256], axes: right },
  { name: "SIREN first: X W", a: [6144, 2], b: [2, 256], axes: plain },
  { name: "SIREN first: X' G", a: [6144, 2], b: [6144, 256], axes: left },
  { name: "SIREN last: X w", a: [6144, 256], b: [256, 1], axes: plain },
  { name: "SIREN last: X' g", a: [6144, 256], b: [6144, 1], axes: left },
  { name: "SIREN last: g w'", a: [6144, 1], b: [256, 1], axes: right },
  { name: "matrix vector 256", a: [256, 256], b: [256], axes: plain },
  { name: "vector matrix 256", a: [256], b: [256, 256], axes: { contract: [[0], [0]], batch: none } },
  { name: "2048: x A", a: [2048], b: [2048, 2048], axes: { contract: [[0], [0]], batch: none } },
  { name: "2048: A x", a: [2048, 2048], b: [2048], axes: plain },
  { name: "A'A, 3 columns", a: [6144, 3], b: [6144, 3], axes: left },
  { name: "points: 10000x3 3x3", a: [10000, 3], b: [3, 3], axes: plain },
  { name: "1000 of 3 x 3", a: [1000, 3, 3], b: [1000, 3, 3], axes: { contract: [[2], [1]], batch: [[0], [0]] } },
  { name: "1000 of 8 x 8", a: [1000, 8, 8], b: [1000, 8, 8], axes: { contract: [[2], [1]], batch: [[0], [0]] } },
  {
    name: "attention scores",
    a: [2, 128, 4, 32],
    b: [2, 128, 4, 32],
    axes: {
      contract: [[3], [3]],
      batch: [
        [0, 2],
        [0, 2],
      ],
    },
  },
];

const memory = new WebAssembly.Memory({ initial: 2048 });
const products = instantiate(matmul, memory);
const peaks = instantiate(ceiling, memory);
const addresses = { operands: [64, 2 ** 25 + 192], results: [2 ** 26 + 320], scratch: 2 ** 26 + 2 ** 25 };

interface Contestant {
  readonly run: () => void;
  readonly flops: number;
  gigaflops: number;
  calls: number;
}

const contestant = (flops: number, run: () => void): Contestant => ({ run, flops, gigaflops: 0, calls: 1 });

const timed = (one: Contestant): number => {
  const start = performance.now();
  for (let call = 0; call < one.calls; call++) one.run();
  return performance.now() - start;
};

/** The best figure of each, over rounds in which all take turns. */
const race = (contestants: readonly Contestant[]): void => {
  for (const one of contestants) {
    while (timed(one) < millisecondsPerRound / 4) one.calls *= 2;
    timed(one);
  }
  for (let round = 0; round < rounds; round++)
    for (const one of contestants) one.gigaflops = Math.max(one.gigaflops, (one.flops * one.calls) / timed(one) / 1e6);
};

const nameOf = (way: Way): string => {
  if (way.kind === "small") return "small";
  const sides = way.kind !== "tiles" ? "" : `${way.packsA ? " packs A" : ""}${way.packsB ? " packs B" : ""}`;
  return `${way.isTurned ? "turned " : ""}${way.kind}${sides}`;
};

const only = process.argv.find((text) => text.startsWith("--only="))?.slice(7);
const showsAll = process.argv.includes("--all");
console.log(
  `best of ${rounds} runs of about ${millisecondsPerRound} ms; GFLOP/s, per cent of the ceiling of the same rounds`,
);
for (const lanes of [doubles, singles]) {
  const ArrayType = lanes.item === 8 ? Float64Array : Float32Array;
  const view = new ArrayType(memory.buffer);
  for (const { name, a, b, axes } of cases) {
    if (only !== undefined && !name.includes(only)) continue;
    const { product } = matrixProduct(lanes, [a, b], axes);
    const { outer, inner, m, n, k } = product;
    const flops = 2 * outer * inner * m * n * k;
    for (const [operand, shape] of [a, b].entries()) {
      const start = addresses.operands[operand]! / lanes.item;
      for (let e = 0; e < elementCount(shape); e++) view[start + e] = Math.random() - 0.5;
    }
    const chosen = chooseWay(product);
    const ways = showsAll ? waysOf(product).toSorted((x, y) => costOf(product, x) - costOf(product, y)) : [chosen];
    const runs = ways.map((way) => {
      const call = callOf(product, way);
      const args = call.args(addresses);
      const compute = products[call.function]!;
      return contestant(flops, () => compute(...args));
    });
    const times = 5000;
    const peak = contestant(flopsPerTurn(lanes) * times, () => peaks[`ceiling${lanes.bits}`]!(times));
    const copies = [a, b].map((shape, o) => {
      const start = addresses.operands[o]! / lanes.item;
      return view.slice(start, start + elementCount(shape));
    });
    const out = new ArrayType(outer * inner * m * n);
    const oracle = contestant(flops, () => dotGeneral(copies[0]!, a, copies[1]!, b, axes, out));
    race([...runs, peak, ...(flops < 1e8 ? [oracle] : [])]);
    for (const [w, way] of ways.entries()) {
      const { gigaflops } = runs[w]!;
      const share = `${((100 * gigaflops) / peak.gigaflops).toFixed(0)} %`;
      const cells = [
        w === 0 ? `${lanes.precision} ${name}` : "",
        gigaflops.toFixed(2),
        share,
        (flops / gigaflops / 1e3).toFixed(2),
      ];
      const beside = w === 0 ? [peak.gigaflops.toFixed(1), oracle.gigaflops.toFixed(2)] : ["", ""];
      const widths = [28, 8, 6, 10];
      console.log(
        `${cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[c]!))).join(" ")} us  of ${beside[0]!.padStart(5)}  TypeScript ${beside[1]!.padStart(5)}  ${nameOf(way)}`,
      );
    }
  }
}

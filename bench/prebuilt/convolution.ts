/**
 * GFLOP/s of the prebuilt convolution, forward and both gradients, counting no padding: of the tile chosen (its number in
 * brackets) and, in parentheses, of the kernel in TypeScript; with --tiles of every tile, the one thought cheapest first.
 * Best of many short runs.
 * Run: npx tsx bench/prebuilt/convolution.ts [--tiles] [--only TEXT]
 */
import { type ConvolutionParams, convolutionShape, convolve } from "../../kernels/convolution.ts";
import { inputGradientParams, kernelGradientParams } from "../../kernels/convolution-gradients.ts";
import { elementCount } from "../../kernels/numeric-array.ts";
import { convolutionCalls } from "../../kernels/prebuilt/convolution-plan.ts";
import { convolution } from "../../kernels/prebuilt/convolution.ts";
import { type PrebuiltCall, instantiate } from "../../kernels/prebuilt/module.ts";

type FloatType = "float64" | "float32";
type Problem = {
  readonly lhsShape: readonly number[];
  readonly rhsShape: readonly number[];
  readonly params: ConvolutionParams;
};
type Workload = Problem & { readonly name: string; readonly dtype: FloatType };

const plain = (pad: number, changes: Partial<ConvolutionParams> = {}, axes = 2): ConvolutionParams => ({
  strides: new Array<number>(axes).fill(1),
  padding: new Array<readonly [number, number]>(axes).fill([pad, pad]),
  lhsDilation: new Array<number>(axes).fill(1),
  rhsDilation: new Array<number>(axes).fill(1),
  featureGroups: 1,
  batchGroups: 1,
  ...changes,
});

const workload = (
  name: string,
  dtype: FloatType,
  lhsShape: readonly number[],
  rhsShape: readonly number[],
  params: ConvolutionParams,
): Workload => ({ name, dtype, lhsShape, rhsShape, params });

const workloads: readonly Workload[] = [
  workload("5x5 128->64 12x8", "float32", [1, 128, 12, 8], [64, 128, 5, 5], plain(2)),
  workload("5x5 64->32 24x16", "float32", [1, 64, 24, 16], [32, 64, 5, 5], plain(2)),
  workload("5x5 32->16 48x32", "float32", [1, 32, 48, 32], [16, 32, 5, 5], plain(2)),
  workload("5x5 16->1 96x64", "float32", [1, 16, 96, 64], [1, 16, 5, 5], plain(2)),
  workload("5x5 1->16 96x64", "float32", [1, 1, 96, 64], [16, 1, 5, 5], plain(2)),
  workload("5x5 64->32 24x16", "float64", [1, 64, 24, 16], [32, 64, 5, 5], plain(2)),
  workload("3x3 32->32 64x64", "float32", [1, 32, 64, 64], [32, 32, 3, 3], plain(1)),
  workload("3x3 32->32 64x64", "float64", [1, 32, 64, 64], [32, 32, 3, 3], plain(1)),
  workload("3x3 8x16->16 28x28", "float32", [8, 16, 28, 28], [16, 16, 3, 3], plain(1)),
  workload("17x17 1->1 500x1000", "float64", [1, 1, 500, 1000], [1, 1, 17, 17], plain(8)),
  workload("17x17 1->1 500x1000", "float32", [1, 1, 500, 1000], [1, 1, 17, 17], plain(8)),
  workload("1x1 64->64 32x32", "float32", [1, 64, 32, 32], [64, 64, 1, 1], plain(0)),
  workload("1x1 64->64 32x32", "float64", [1, 64, 32, 32], [64, 64, 1, 1], plain(0)),
  workload("1x1 8->8 128x128", "float64", [1, 8, 128, 128], [8, 8, 1, 1], plain(0)),
  workload("3x3 stride 2 32->64 64x64", "float32", [1, 32, 64, 64], [64, 32, 3, 3], plain(1, { strides: [2, 2] })),
  workload("3x3 dilated 2 32->32 64x64", "float32", [1, 32, 64, 64], [32, 32, 3, 3], plain(2, { rhsDilation: [2, 2] })),
  workload("3x3 groups 4 32->32 64x64", "float32", [1, 32, 64, 64], [32, 8, 3, 3], plain(1, { featureGroups: 4 })),
  workload("3x3 depthwise 32 64x64", "float32", [1, 32, 64, 64], [32, 1, 3, 3], plain(1, { featureGroups: 32 })),
  workload("3x3x3 8->8 24x24x24", "float32", [1, 8, 24, 24, 24], [8, 8, 3, 3, 3], plain(1, {}, 3)),
  workload("3x3 128->128 56x56", "float32", [1, 128, 56, 56], [128, 128, 3, 3], plain(1)),
  workload("3x3 3->2 100x100", "float64", [1, 3, 100, 100], [2, 3, 3, 3], plain(1)),
  workload("4x4 32x10->10 7x7", "float64", [32, 10, 7, 7], [10, 10, 4, 4], plain(1)),
  workload("9 1->1 1e5", "float64", [1, 1, 100_000], [1, 1, 9], plain(4, {}, 1)),
];

/** Products of an input and a weight, per group, image, channel and feature. */
const termsOf = ({ lhsShape, rhsShape, params }: Problem): number => {
  const out = convolutionShape(lhsShape, rhsShape, params);
  let terms = elementCount(out.slice(0, 2)) * rhsShape[1]!;
  for (let axis = 2; axis < out.length; axis += 1) {
    let hits = 0;
    const [stride, low] = [params.strides[axis - 2]!, params.padding[axis - 2]![0]];
    const [lhsDilation, rhsDilation] = [params.lhsDilation[axis - 2]!, params.rhsDilation[axis - 2]!];
    for (let x = 0; x < out[axis]!; x += 1)
      for (let t = 0; t < rhsShape[axis]!; t += 1) {
        const input = (x * stride + t * rhsDilation - low) / lhsDilation;
        if (Number.isInteger(input) && input >= 0 && input < lhsShape[axis]!) hits += 1;
      }
    terms *= hits;
  }
  return terms;
};

const memory = new WebAssembly.Memory({ initial: 1024 });
const functions = instantiate(convolution, memory);

/** Least milliseconds of a call. */
const best = (budget: number, run: () => void): number => {
  let least = Infinity;
  const until = performance.now() + budget;
  for (let round = 0; round < 5 || performance.now() < until; round += 1) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
};

const timeOf = (problem: Problem, dtype: FloatType, call: PrebuiltCall): number => {
  const size = dtype === "float64" ? 8 : 4;
  const { lhsShape, rhsShape, params } = problem;
  const lengths = [lhsShape, rhsShape, convolutionShape(lhsShape, rhsShape, params)].map(elementCount);
  const bounds = lengths.reduce<number[]>(
    (ends, length) => [...ends, ends.at(-1)! + Math.ceil((length * size) / 16) * 16],
    [64],
  );
  const Floats = dtype === "float64" ? Float64Array : Float32Array;
  for (const k of [0, 1]) {
    const view = new Floats(memory.buffer, bounds[k]!, lengths[k]!);
    for (let i = 0; i < view.length; i += 1) view[i] = Math.sin(i);
  }
  const args = call.args({ operands: [bounds[0]!, bounds[1]!], results: [bounds[2]!], scratch: bounds[3]! });
  return best(150, () => functions[call.function]!(...args));
};

const rate = (problem: Problem, milliseconds: number): string =>
  ((2 * termsOf(problem)) / milliseconds / 1e6).toFixed(1);

const interpreted = ({ lhsShape, rhsShape, params }: Problem, dtype: FloatType): number => {
  const Floats = dtype === "float64" ? Float64Array : Float32Array;
  const made = (length: number) => new Floats(Array.from({ length }, (_, k) => Math.sin(k)));
  const [lhs, rhs] = [made(elementCount(lhsShape)), made(elementCount(rhsShape))];
  const out = new Floats(elementCount(convolutionShape(lhsShape, rhsShape, params)));
  return best(30, () => convolve(lhs, lhsShape, rhs, rhsShape, params, out));
};

const report = (problem: Problem, dtype: FloatType): string => {
  const calls = convolutionCalls(dtype, problem.lhsShape, problem.rhsShape, problem.params);
  const shown = showsTiles ? calls : calls.slice(0, 1);
  const rates = shown.map(({ tile, call }) => `${rate(problem, timeOf(problem, dtype, call))} [${tile}]`);
  return showsTiles ? rates.join(" ") : `${rates.join()} (${rate(problem, interpreted(problem, dtype))})`;
};

const showsTiles = process.argv.includes("--tiles");
const columnWidth = showsTiles ? 66 : 20;
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1]! : "";
console.log(
  "workload".padEnd(40),
  ...["forward", "input gradient", "kernel gradient"].map((title) => title.padEnd(columnWidth)),
);
for (const { name, dtype, ...problem } of workloads) {
  if (!name.includes(only)) continue;
  const { lhsShape, rhsShape, params } = problem;
  const forInput = inputGradientParams(lhsShape, rhsShape, params);
  const forKernel = kernelGradientParams(lhsShape, rhsShape, params);
  const problems = [
    problem,
    { lhsShape: forInput.lhs.shape, rhsShape: forInput.rhs.shape, params: forInput.params },
    { lhsShape: forKernel.lhs.shape, rhsShape: forKernel.rhs.shape, params: forKernel.params },
  ];
  console.log(`${name} ${dtype}`.padEnd(40), ...problems.map((each) => report(each, dtype).padEnd(columnWidth)));
}

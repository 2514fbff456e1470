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
  workload("dense 64 256->256", "float32", [64, 256, 1, 1], [256, 256, 1, 1], plain(0)),
  workload("1d 3 64->64 1000", "float32", [1, 64, 1000], [64, 64, 3], plain(1, {}, 1)),
  workload("3x3 s2 transposed 32->16", "float32", [1, 32, 32, 32], [16, 32, 3, 3], plain(1, { lhsDilation: [2, 2] })),
  workload("3x3 6->5 20x20 f64", "float64", [1, 6, 20, 20], [5, 6, 3, 3], plain(1)),
  workload("3x3 6->5 20x20 f32", "float32", [1, 6, 20, 20], [5, 6, 3, 3], plain(1)),
  workload("2x2 16->3 9x9 f32", "float32", [4, 16, 9, 9], [3, 16, 2, 2], plain(0)),
  workload("7x7 3->64 s2 112", "float32", [1, 3, 112, 112], [64, 3, 7, 7], plain(3, { strides: [2, 2] })),
  workload("patch 16 s16 3->64", "float32", [1, 3, 224, 224], [64, 3, 16, 16], plain(0, { strides: [16, 16] })),
  workload("groups 2 batch 16 f32", "float32", [16, 8, 12, 12], [8, 4, 3, 3], plain(1, { featureGroups: 2 })),
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
  const made = (length: number) => Floats.from({ length }, (_, k) => Math.sin(k));
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

/**
 * Milliseconds of the prebuilt kernels along an axis of a million elements (running quantities, argmax, sorting), in
 * parentheses those of the kernels in TypeScript, and of whole compiled calls with their copies in and out; for scale, those
 * of the engine's own sort of a typed array. Best of many short runs.
 * Run: npx tsx bench/prebuilt/lines.ts [--only TEXT]
 */
import { array, jit } from "../../index.ts";
import type { NDArray } from "../../index.ts";
import * as kernels from "../../kernels/cumulative.ts";
import type { CumulativeKind } from "../../kernels/cumulative.ts";
import type { NumericArray } from "../../kernels/numeric-array.ts";
import { planArgument } from "../../kernels/prebuilt/argument.ts";
import { planCumulative } from "../../kernels/prebuilt/cumulative.ts";
import { type PrebuiltCall, type PrebuiltModule, instantiate } from "../../kernels/prebuilt/module.ts";
import { planSort } from "../../kernels/prebuilt/sort.ts";
import { argmax } from "../../kernels/reduction.ts";
import { argsortAxis, permuteAlongAxis } from "../../kernels/sorting.ts";
import * as cumulative from "../../ops/cumulative.ts";
import { argmax as argmaxOf } from "../../ops/extrema.ts";
import { argsort, sort } from "../../ops/sorting.ts";

type FloatType = "float64" | "float32";
type Shape = readonly number[];

const count = 1_000_000;
const memory = new WebAssembly.Memory({ initial: 2048 });
/** Bytes between arrays in memory: room for a million of float64. */
const apart = 2 ** 23;
const addresses = { operands: [0, apart], results: [2 * apart], scratch: 3 * apart };

/** Shapes of a million elements, and the axis. */
const places: readonly (readonly [Shape, number])[] = [
  [[1000, 1000], 1],
  [[1000, 1000], 0],
  [[count], 0],
  [[10_000, 100], 1],
  [[100_000, 10], 1],
  [[10, 100_000], 0],
];

const best = (budget: number, run: () => void): string => {
  let least = Infinity;
  const until = performance.now() + budget;
  for (let round = 0; round < 5 || performance.now() < until; round += 1) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least.toFixed(2);
};

interface Job {
  readonly name: string;
  readonly plan: (
    dtype: FloatType,
    shape: Shape,
    axis: number,
  ) => { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null;
  readonly interpret: (x: NumericArray, shape: Shape, axis: number) => void;
  readonly call: (x: NDArray, axis: number) => NDArray;
}

const outputs = { float64: new Float64Array(count), float32: new Float32Array(count), int32: new Int32Array(count) };
const outputLike = (x: NumericArray): NumericArray => (x instanceof Float64Array ? outputs.float64 : outputs.float32);

const running = (
  kind: Exclude<CumulativeKind, "recurrence">,
  kernel: kernels.CumulativeKernel,
  call: (x: NDArray, params: cumulative.CumulativeParams) => NDArray,
): Job => ({
  name: `running ${kind}`,
  plan: (dtype, shape, axis) => planCumulative(kind, dtype, shape, { axis, reverse: false }),
  interpret: (x, shape, axis) => kernel(x, shape, axis, false, outputLike(x)),
  call: (x, axis) => call(x, { axis, reverse: false }),
});

const sorting = (name: "sort" | "argsort", call: typeof sort): Job => ({
  name,
  plan: (dtype, shape, axis) => planSort(name, dtype, shape, { axis, descending: false }),
  interpret: (x, shape, axis) => {
    argsortAxis(x, shape, axis, false, outputs.int32);
    if (name === "sort") permuteAlongAxis(x, outputs.int32, shape, axis, outputLike(x));
  },
  call: (x, axis) => call(x, { axis, descending: false }),
});

const jobs: readonly Job[] = [
  running("sum", kernels.cumulativeSum, cumulative.cumsum),
  running("product", kernels.cumulativeProduct, cumulative.cumprod),
  running("max", kernels.cumulativeMax, cumulative.cummax),
  running("logSumExp", kernels.cumulativeLogSumExp, cumulative.cumlogsumexp),
  {
    name: "recurrence",
    plan: (dtype, shape, axis) => planCumulative("recurrence", dtype, shape, { axis, reverse: false }),
    interpret: (x, shape, axis) => kernels.linearRecurrence(x, x, shape, axis, false, outputLike(x)),
    call: (x, axis) => cumulative.linearRecurrence(x, x, { axis, reverse: false }),
  },
  {
    name: "argmax",
    plan: (dtype, shape, axis) => planArgument("argmax", dtype, shape, axis),
    interpret: (x, shape, axis) => argmax(x, shape, axis, outputs.int32.subarray(0, count / shape[axis]!)),
    call: (x, axis) => argmaxOf(x, { axis }),
  },
  sorting("sort", sort),
  sorting("argsort", argsort),
];

const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1]! : "";
const title = (name: string, dtype: FloatType): string => `${name} ${dtype}`.padEnd(26);
console.log(`${"".padEnd(26)}kernel (TypeScript) whole call, along an axis of`);
console.log(`${"".padEnd(26)}${places.map(([shape, axis]) => `${axis} of ${shape.join("x")}`.padEnd(24)).join("")}`);
for (const dtype of ["float64", "float32"] as const) {
  const Floats = dtype === "float64" ? Float64Array : Float32Array;
  const values = new Floats(Array.from({ length: count }, () => Math.random() - 0.5));
  new Floats(memory.buffer, addresses.operands[0], count).set(values);
  new Floats(memory.buffer, addresses.operands[1], count).set(values);
  for (const { name, plan, interpret, call } of jobs) {
    if (!`${name} ${dtype}`.includes(only)) continue;
    const cells = places.map(([shape, axis]) => {
      const routine = plan(dtype, shape, axis)!;
      const run = instantiate(routine.module, memory)[routine.call.function]!;
      const args = routine.call.args(addresses);
      const x = array(values).reshape([...shape]);
      const whole = jit((v: NDArray) => call(v, axis));
      const times = [
        best(150, () => run(...args)),
        `(${best(20, () => interpret(values, shape, axis))})`,
        best(150, () => whole(x)),
      ];
      return times.join(" ").padEnd(24);
    });
    console.log(`${title(name, dtype)}${cells.join("")}`);
  }
  if (title("own sort", dtype).includes(only))
    console.log(`${title("own sort", dtype)}${best(400, () => values.slice().sort())}`);
}

/**
 * What typical loop nests cost: nanoseconds per element and GB/s (bytes of inputs and results over time) of the compiled
 * WebAssembly alone, of a whole jitted call with its copies in and out, and of the JavaScript back end.
 * Processor time, best of many short runs that take turns; beside them a plain copy of as many bytes.
 * Usage: npx tsx bench/nests.ts [--js: also the JavaScript back end] [TEXT: cases whose name contains it ...]
 */
import { setFlagsFromString } from "node:v8";
import * as np from "../library/numpy/index.ts";
import * as nn from "../library/nn/index.ts";
import * as random from "../library/random/index.ts";
import { slice } from "../ops/slicing.ts";
import { grad, jit, valueAndGrad } from "../index.ts";
import { itemSize } from "../src/array/dtype.ts";
import { allocate } from "../src/array/storage.ts";
import type { DType } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { sizeOf } from "../src/array/shape.ts";
import { encodeProgram, kernelName } from "../src/backend/wasm.ts";
import { buildProgram } from "../src/compile/program.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { instantiate } from "../kernels/prebuilt/module.ts";

// Optimized code from the first call on: what is measured here is the code, not when the engine gets round to it.
setFlagsFromString("--no-liftoff");

const rounds = 15;
const millisecondsPerRound = 4;

type Function = (...x: NDArray[]) => NDArray | readonly NDArray[];
interface Case {
  readonly name: string;
  readonly inputs: readonly (readonly [shape: readonly number[], dtype: DType])[];
  readonly f: Function;
}

const square = [1000, 1000] as const;
const of = (...dtypes: DType[]): Case["inputs"] => dtypes.map((dtype) => [square, dtype]);
const rows = (x: NDArray, f: (x: NDArray) => NDArray): NDArray => np.sum(f(x));
const layerNorm = (x: NDArray): NDArray => {
  const mean = np.mean(x, { axis: 1, keepdims: true });
  const deviation = np.sub(x, mean);
  const variance = np.mean(np.mul(deviation, deviation), { axis: 1, keepdims: true });
  return np.div(deviation, np.sqrt(np.add(variance, 1e-5)));
};
const weighted =
  (f: (x: NDArray) => NDArray) =>
  (x: NDArray, w: NDArray): NDArray =>
    grad((own: NDArray) => np.sum(np.mul(f(own), w)))(x) as NDArray;
const key = (): NDArray => random.key(1);
const cube = [100, 100, 100] as const;
const floats = ["float64", "float32"] as const;
const forFloats = (make: (dtype: "float64" | "float32", short: string) => Case[]): Case[] =>
  floats.flatMap((dtype) => make(dtype, dtype === "float64" ? "f64" : "f32"));

const cases: readonly Case[] = [
  ...forFloats((d, s) => [
    { name: `x + 1 ${s}`, inputs: of(d), f: (x) => np.add(x!, 1) },
    { name: `x + y ${s}`, inputs: of(d, d), f: (x, y) => np.add(x!, y!) },
    { name: `x^T + 1 ${s}`, inputs: of(d), f: (x) => np.add(np.transpose(x!), 1) },
    { name: `x^T + y ${s}`, inputs: of(d, d), f: (x, y) => np.add(np.transpose(x!), y!) },
    { name: `x + x^T ${s}`, inputs: of(d), f: (x) => np.add(np.transpose(x!), x!) },
    { name: `sin x^T ${s}`, inputs: of(d), f: (x) => np.sin(np.transpose(x!)) },
    { name: `cube 021 ${s}`, inputs: [[cube, d]], f: (x) => np.add(np.transpose(x!, [0, 2, 1]), 1) },
    { name: `cube 210 ${s}`, inputs: [[cube, d]], f: (x) => np.add(np.transpose(x!, [2, 1, 0]), 1) },
    { name: `cube 102 ${s}`, inputs: [[cube, d]], f: (x) => np.add(np.transpose(x!, [1, 0, 2]), 1) },
    { name: `reverse + 1 ${s}`, inputs: of(d), f: (x) => np.add(np.flip(x!), 1) },
    {
      name: `x[::2] + 1 ${s}`,
      inputs: [[[2_000_000], d]],
      f: (x) => np.add(slice(x!, { start: [0], limit: [2_000_000], stride: [2] }), 1),
    },
    {
      name: `x[:, ::3] + 1 ${s}`,
      inputs: [[[1000, 3000], d]],
      f: (x) => np.add(slice(x!, { start: [0, 0], limit: [1000, 3000], stride: [1, 3] }), 1),
    },
    {
      name: `sin x[::2] ${s}`,
      inputs: [[[2_000_000], d]],
      f: (x) => np.sin(slice(x!, { start: [0], limit: [2_000_000], stride: [2] })),
    },
    { name: `sin reverse ${s}`, inputs: of(d), f: (x) => np.sin(np.flip(x!)) },
    {
      name: `re, im of pairs ${s}`,
      inputs: [[[1_000_000, 2], d]],
      f: (x) =>
        np.hypot(
          slice(x!, { start: [0, 0], limit: [1_000_000, 1], stride: [1, 1] }),
          slice(x!, { start: [0, 1], limit: [1_000_000, 2], stride: [1, 1] }),
        ),
    },
    {
      name: `chain ${s}`,
      inputs: of(d),
      f: (x) =>
        np.add(np.mul(np.sin(x!), np.exp(np.neg(np.square(x!)))), np.div(np.tanh(x!), np.add(1, np.square(x!)))),
    },
    { name: `sum ${s}`, inputs: of(d), f: (x) => np.sum(x!) },
    { name: `mean ${s}`, inputs: of(d), f: (x) => np.mean(x!) },
    { name: `max ${s}`, inputs: of(d), f: (x) => np.max(x!) },
    { name: `min ${s}`, inputs: of(d), f: (x) => np.min(x!) },
    { name: `sum rows ${s}`, inputs: of(d), f: (x) => np.sum(x!, { axis: 1 }) },
    { name: `sum columns ${s}`, inputs: of(d), f: (x) => np.sum(x!, { axis: 0 }) },
    { name: `sum middle ${s}`, inputs: [[cube, d]], f: (x) => np.sum(x!, { axis: 1 }) },
    { name: `max rows ${s}`, inputs: of(d), f: (x) => np.max(x!, { axis: 1 }) },
    { name: `max columns ${s}`, inputs: of(d), f: (x) => np.max(x!, { axis: 0 }) },
    { name: `max middle ${s}`, inputs: [[cube, d]], f: (x) => np.max(x!, { axis: 1 }) },
    { name: `sum 10 of last ${s}`, inputs: [[[100_000, 10], d]], f: (x) => np.sum(x!, { axis: 1 }) },
    { name: `sum 3 of last ${s}`, inputs: [[[300_000, 3], d]], f: (x) => np.sum(x!, { axis: 1 }) },
    { name: `max 10 of last ${s}`, inputs: [[[100_000, 10], d]], f: (x) => np.max(x!, { axis: 1 }) },
    { name: `sum x y ${s}`, inputs: of(d, d), f: (x, y) => np.sum(np.mul(x!, y!)) },
    { name: `sum x y^T ${s}`, inputs: of(d, d), f: (x, y) => np.sum(np.mul(x!, np.transpose(y!))) },
    { name: `sum sin ${s}`, inputs: of(d), f: (x) => np.sum(np.sin(x!)) },
    { name: `sum sin columns ${s}`, inputs: of(d), f: (x) => np.sum(np.sin(x!), { axis: 0 }) },
    { name: `softmax ${s}`, inputs: of(d), f: (x) => nn.softmax(x!) },
    { name: `softmax columns ${s}`, inputs: of(d), f: (x) => nn.softmax(x!, { axis: 0 }) },
    { name: `logsumexp ${s}`, inputs: of(d), f: (x) => nn.logsumexp(x!, { axis: 1 }) },
    { name: `variance ${s}`, inputs: of(d), f: (x) => np.var(x!, { axis: 1 }) },
    { name: `variance all ${s}`, inputs: of(d), f: (x) => np.var(x!) },
    { name: `layer norm ${s}`, inputs: of(d), f: (x) => layerNorm(x!) },
    { name: `grad softmax ${s}`, inputs: of(d, d), f: (x, w) => weighted((own) => nn.softmax(own))(x!, w!) },
    {
      name: `grad logsumexp ${s}`,
      inputs: of(d),
      f: (x) => grad((own: NDArray) => rows(own, (y) => nn.logsumexp(y, { axis: 1 })))(x!) as NDArray,
    },
    { name: `grad layer norm ${s}`, inputs: of(d, d), f: (x, w) => weighted(layerNorm)(x!, w!) },
    {
      name: `grad chain ${s}`,
      inputs: of(d),
      f: (x) =>
        valueAndGrad((own: NDArray) =>
          np.sum(
            np.add(
              np.mul(np.sin(own), np.exp(np.neg(np.square(own)))),
              np.div(np.tanh(own), np.add(1, np.square(own))),
            ),
          ),
        )(x!) as [NDArray, NDArray],
    },
    { name: `where ${s}`, inputs: of(d, d), f: (x, y) => np.where(np.greater(x!, y!), x!, np.sin(y!)) },
    { name: `relu ${s}`, inputs: of(d), f: (x) => nn.relu(x!) },
    { name: `x % y ${s}`, inputs: of(d, d), f: (x, y) => np.remainder(x!, y!) },
    { name: `round ${s}`, inputs: of(d), f: (x) => np.round(x!) },
    { name: `sign ${s}`, inputs: of(d), f: (x) => np.sign(x!) },
    { name: `x^5 ${s}`, inputs: of(d), f: (x) => np.pow(x!, 5) },
    { name: `uniform ${s}`, inputs: [], f: () => random.uniform(key(), square, { dtype: d } as never) },
    { name: `normal ${s}`, inputs: [], f: () => random.normal(key(), square, { dtype: d } as never) },
    { name: `to int ${s}`, inputs: of(d), f: (x) => x!.astype("int32") },
    { name: `from int ${s}`, inputs: of("int32"), f: (x) => x!.astype(d) },
    { name: `from bool ${s}`, inputs: of("bool"), f: (x) => x!.astype(d) },
    { name: `x > y ${s}`, inputs: of(d, d), f: (x, y) => np.greater(x!, y!) },
    { name: `count x > 0 ${s}`, inputs: of(d), f: (x) => np.sum(np.greater(x!, 0)) },
    { name: `any x > 9 ${s}`, inputs: of(d), f: (x) => np.any(np.greater(x!, 9)) },
  ]),
  { name: "x + y i32", inputs: of("int32", "int32"), f: (x, y) => np.add(x!, y!) },
  { name: "sum i32", inputs: of("int32"), f: (x) => np.sum(x!) },
  { name: "max i32", inputs: of("int32"), f: (x) => np.max(x!) },
  { name: "min u32", inputs: of("uint32"), f: (x) => np.min(x!) },
  { name: "max rows i32", inputs: of("int32"), f: (x) => np.max(x!, { axis: 1 }) },
  { name: "max columns i32", inputs: of("int32"), f: (x) => np.max(x!, { axis: 0 }) },
  { name: "any bool", inputs: of("bool"), f: (x) => np.any(x!) },
  { name: "all bool", inputs: of("bool"), f: (x) => np.all(x!) },
  { name: "any rows bool", inputs: of("bool"), f: (x) => np.any(x!, { axis: 1 }) },
  { name: "any columns bool", inputs: of("bool"), f: (x) => np.any(x!, { axis: 0 }) },
  { name: "sum bool", inputs: of("bool"), f: (x) => np.sum(x!) },
  { name: "x // 7 i32", inputs: of("int32"), f: (x) => np.floorDivide(x!, 7) },
  { name: "x // y i32", inputs: of("int32", "int32"), f: (x, y) => np.floorDivide(x!, y!) },
  { name: "x % 7 i32", inputs: of("int32"), f: (x) => np.remainder(x!, 7) },
  { name: "x % y u32", inputs: of("uint32", "uint32"), f: (x, y) => np.remainder(x!, y!) },
  { name: "x << y i32", inputs: of("int32", "int32"), f: (x, y) => np.leftShift(x!, y!) },
  { name: "x >> y u32", inputs: of("uint32", "uint32"), f: (x, y) => np.rightShift(x!, y!) },
  { name: "x >> 3 u32", inputs: of("uint32"), f: (x) => np.rightShift(x!, 3) },
  { name: "x^3 i32", inputs: of("int32"), f: (x) => np.pow(x!, 3) },
  { name: "sign i32", inputs: of("int32"), f: (x) => np.sign(x!) },
  { name: "x and not y bool", inputs: of("bool", "bool"), f: (x, y) => np.logicalAnd(x!, np.logicalNot(y!)) },
  { name: "x == y i32", inputs: of("int32", "int32"), f: (x, y) => np.equal(x!, y!) },
  { name: "bits", inputs: [], f: () => random.bits(key(), square) },
  { name: "integers", inputs: [], f: () => random.randint(key(), square, 0, 10) },
  { name: "bernoulli", inputs: [], f: () => random.bernoulli(key(), 0.5, { shape: [...square] }) },
];

const filled = ([shape, dtype]: Case["inputs"][number]): ConcreteArray => {
  const buffer = allocate(dtype, sizeOf(shape));
  for (let k = 0; k < buffer.length; k++)
    buffer[k] =
      dtype === "bool"
        ? 0
        : dtype.startsWith("float")
          ? 8 * Math.random() - 4
          : dtype === "int32"
            ? Math.floor(2000 * Math.random() - 1000)
            : Math.floor(1 + 40 * Math.random());
  return fromBuffer(buffer, [...shape], dtype);
};

const listOf = (result: NDArray | readonly NDArray[]): readonly NDArray[] =>
  Array.isArray(result) ? result : [result as NDArray];

/** The inputs are outputs too, since a result may otherwise take the place of one, and later rounds would compute on results. */
const stage = ({ f }: Case, inputs: readonly NDArray[]): { readonly jaxpr: Jaxpr; readonly all: ConcreteArray[] } => {
  const { jaxpr, constants } = stageFunction("bench", (own) => [...listOf(f(...own)), ...own], inputs);
  return { jaxpr: constantsAsInputs(jaxpr), all: [...constants, ...inputs] as ConcreteArray[] };
};

/** The nests of a program as one call on a memory of its own; null if it has routines. */
const alone = (jaxpr: Jaxpr, inputs: readonly ConcreteArray[]): (() => void) | null => {
  const program = buildProgram(jaxpr);
  const { offsets, bytes } = program.plan;
  const encoded = encodeProgram(program);
  if (encoded.routines.length > 0) return null;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) + 1 });
  const kernels = Object.fromEntries(
    encoded.kernels.flatMap(({ routine, calls }) =>
      calls.map((call) => [kernelName(routine, call), instantiate(routine.module, memory)[call.function]!]),
    ),
  );
  inputs.forEach((input, k) => {
    const buffer = bufferOf(input);
    const source = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    if (offsets[k]! >= 0) new Uint8Array(memory.buffer).set(source, offsets[k]);
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encoded.bytes), {
    env: { memory, host: () => {} },
    math: encoded.functions,
    kernels,
  });
  const main = exports["main"] as (base: number) => void;
  return () => main(0);
};

interface Contestant {
  readonly run: () => unknown;
  calls: number;
  best: number;
}
const contestant = (run: () => unknown): Contestant => ({ run, calls: 1, best: Infinity });
const timed = (one: Contestant): number => {
  const start = process.cpuUsage();
  for (let call = 0; call < one.calls; call++) one.run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};
const race = (contestants: readonly Contestant[]): void => {
  for (const one of contestants) {
    timed(one);
    while (timed(one) < millisecondsPerRound / 2 && one.calls < 1e6) one.calls *= 2;
  }
  for (let round = 0; round < rounds; round++)
    for (const one of contestants) one.best = Math.min(one.best, timed(one) / one.calls);
};

const bytesOf = ({ size, dtype }: NDArray): number => size * itemSize(dtype);
const wanted = process.argv.slice(2).filter((text) => !text.startsWith("--"));
const isExact = process.argv.includes("--exact");
const withJs = process.argv.includes("--js");
const heads = ["nests ms", "ns/elem", "GB/s", "copy GB/s", "call ms", ...(withJs ? ["js ms"] : [])];
console.log(["case".padEnd(22), ...heads.map((head) => head.padStart(10))].join(" "));
for (const one of cases) {
  if (wanted.length > 0 && !wanted.some((text) => (isExact ? one.name === text : one.name.includes(text)))) continue;
  try {
    const inputs = one.inputs.map(filled);
    const { jaxpr, all } = stage(one, inputs);
    const own = alone(jaxpr, all);
    const jitted = jit((...x: NDArray[]) => listOf(one.f(...x)) as NDArray[]);
    const results = jitted(...inputs);
    const js = jit((...x: NDArray[]) => listOf(one.f(...x)) as NDArray[], { backend: "js" });
    const bytes = [...inputs, ...results].reduce((sum, x) => sum + bytesOf(x), 0);
    const elements = Math.max(1, ...[...inputs, ...results].map(({ size }) => size));
    const memory = new Uint8Array(Math.max(16, bytes));
    const half = memory.length >> 1;
    const contestants = [
      contestant(own ?? ((): void => {})),
      contestant(() => memory.copyWithin(half, 0, half)),
      contestant(() => jitted(...inputs)),
      ...(withJs ? [contestant(() => js(...inputs))] : []),
    ];
    race(contestants);
    const [nests, copy, call, script] = contestants.map(({ best }) => best) as [number, number, number, number?];
    const cells =
      own === null
        ? ["routine", "", "", "", call.toFixed(3)]
        : [
            nests.toFixed(3),
            ((nests * 1e6) / elements).toFixed(2),
            (bytes / nests / 1e6).toFixed(1),
            (bytes / copy / 1e6).toFixed(1),
            call.toFixed(3),
          ];
    if (script !== undefined) cells.push(script.toFixed(3));
    console.log([one.name.padEnd(22), ...cells.map((cell) => cell.padStart(10))].join(" "));
  } catch (error) {
    console.log(one.name.padEnd(22), (error as Error).message.split("\n")[0]);
  }
}

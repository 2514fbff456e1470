/**
 * GFLOP/s of the prebuilt factorizations, in per cent of the arithmetic there is (ceiling.ts, same rounds), microseconds a
 * call, and, in parentheses, GFLOP/s of the primitive's own `evaluate`. Best of many runs that take turns. Iterations (eigh,
 * svd) are counted as 10 n^3 and 30 n^3 operations.
 * Usage: npx tsx bench/prebuilt/factorization.ts [--only=TEXT: names that contain it] [--sizes=N,N..]
 */
import { doubles } from "../../kernels/prebuilt/lanes.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import { cholesky, denseSolve, lu, triangularSolve } from "../../ops/factorization.ts";
import { qr } from "../../ops/orthogonal-factorization.ts";
import { eigh, svd } from "../../ops/spectral.ts";
import { itemSize } from "../../src/array/dtype.ts";
import { bufferOf, fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import { toList } from "../../src/ir/primitive.ts";
import type { Params, Primitive } from "../../src/ir/primitive.ts";
import { ceiling, flopsPerTurn } from "./ceiling.ts";

interface Workload {
  readonly name: string;
  readonly primitive: Primitive;
  readonly operands: readonly ConcreteArray[];
  readonly params: Params;
  readonly flops: number;
}

type FloatType = "float64" | "float32";

const drawn = (dtype: FloatType, ...shape: number[]): ConcreteArray => {
  const values = Array.from({ length: sizeOf(shape) }, () => Math.random() - 0.5);
  return fromBuffer(dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values), shape, dtype);
};

/** Random numbers, and a diagonal that dominates. */
const definite = (dtype: FloatType, count: number, size: number): ConcreteArray => {
  const a = drawn(dtype, count, size, size);
  const values = bufferOf(a);
  for (let k = 0; k < count; k += 1) for (let i = 0; i < size; i += 1) values[k * size * size + i * (size + 1)] = size;
  return a;
};

const workloadsOf = (dtype: FloatType, size: number): readonly Workload[] => {
  const a = definite(dtype, 1, size);
  const x = drawn(dtype, 1, size, size);
  const column = drawn(dtype, 1, size, 1);
  const cube = size ** 3;
  const order = fromBuffer(Int32Array.from(new Array<number>(size).keys()), [1, size], "int32");
  const named = (
    name: string,
    primitive: Primitive,
    operands: readonly ConcreteArray[],
    flops: number,
    params: Params = {},
  ): Workload => ({ name: `${name} ${size} ${dtype}`, primitive, operands, params, flops });
  const lower = { lower: true, transposed: false, unitDiagonal: false };
  return [
    named("cholesky", cholesky.primitive, [a], cube / 3),
    named("lu", lu.primitive, [x], (2 * cube) / 3),
    named("triangularSolve, as many columns,", triangularSolve.primitive, [a, x], cube, lower),
    named("triangularSolve, upper', one column,", triangularSolve.primitive, [a, column], size ** 2, {
      lower: false,
      transposed: true,
      unitDiagonal: false,
    }),
    named("denseSolve, one column,", denseSolve.primitive, [a, order, a, column], 2 * size ** 2, { transposed: false }),
    named("qr, Q and R,", qr.primitive, [x], (8 * cube) / 3, { complete: false }),
    named("eigh", eigh.primitive, [x], 10 * cube),
    named("svd", svd.primitive, [x], 30 * cube, { full: false }),
  ];
};

const stacks: readonly Workload[] = [
  {
    name: "cholesky, 1000 of 3 float64",
    primitive: cholesky.primitive,
    operands: [definite("float64", 1000, 3)],
    params: {},
    flops: 9000,
  },
  {
    name: "lu, 1000 of 8 float64",
    primitive: lu.primitive,
    operands: [drawn("float64", 1000, 8, 8)],
    params: {},
    flops: (2000 * 8 ** 3) / 3,
  },
];

const memory = new WebAssembly.Memory({ initial: 2048 });
const peaks = instantiate(ceiling, memory);

/** The kernel's call, its operands in memory. */
const callOf = ({ primitive, operands, params }: Workload): (() => void) => {
  const { lower } = primitive;
  const { module, call } = (lower.kind === "routine" && lower.prebuilt?.(operands, params)) || refuse(primitive.name);
  // The ceiling writes to the first bytes.
  let end = 1024;
  const take = (bytes: number): number => {
    const place = end;
    end += Math.ceil(bytes / 64) * 64;
    return place;
  };
  const sources = operands.map((operand) => {
    const values = bufferOf(operand);
    const place = take(values.byteLength);
    new Uint8Array(memory.buffer, place).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return place;
  });
  const types = toList(primitive.abstractEval(operands, params));
  const results = types.map(({ shape, dtype }) => take(sizeOf(shape) * itemSize(dtype)));
  const args = call.args({ operands: sources, results, scratch: take(call.scratchBytes) });
  const compute = instantiate(module, memory)[call.function]!;
  return () => {
    if (compute(...args) === 1) refuse(primitive.name);
  };
};

const refuse = (name: string): never => {
  throw new Error(`${name} has no kernel for these operands, or it refuses them`);
};

/** Least milliseconds of each, over rounds in which all take turns. */
const race = (milliseconds: number, runs: readonly (() => void)[]): readonly number[] => {
  const timed = (run: () => void, times: number): number => {
    const start = performance.now();
    for (let k = 0; k < times; k += 1) run();
    return (performance.now() - start) / times;
  };
  const times = runs.map((run) => {
    let count = 1;
    while (timed(run, count) * count < 1) count *= 2;
    return count;
  });
  const least = runs.map(() => Infinity);
  const until = performance.now() + milliseconds;
  for (let round = 0; round < 3 || performance.now() < until; round += 1)
    runs.forEach((run, k) => (least[k] = Math.min(least[k]!, timed(run, times[k]!))));
  return least;
};

const argument = (name: string): string | undefined =>
  process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = argument("only") ?? "";
const sizes = (argument("sizes") ?? "4,8,16,32,64,128,256,512,1024").split(",").map(Number);
const turns = 2000;
for (const workload of [
  ...stacks,
  ...sizes.flatMap((size) => [...workloadsOf("float64", size), ...workloadsOf("float32", size).slice(0, 2)]),
]) {
  const { name, primitive, operands, params, flops } = workload;
  if (!name.includes(only)) continue;
  const compute = callOf(workload);
  const [kernel, peak] = race(400, [compute, () => peaks["ceiling64"]!(turns)]) as [number, number];
  const [evaluated] = race(150, [() => void primitive.evaluate(operands, params)]) as [number];
  const rate = flops / kernel / 1e6;
  const highest = (flopsPerTurn(doubles) * turns) / peak / 1e6;
  console.log(
    `${name.padEnd(44)} ${rate.toFixed(2).padStart(7)} GFLOP/s ${((100 * rate) / highest).toFixed(0).padStart(4)} % of ${highest.toFixed(1)}`,
    `${(1e3 * kernel).toFixed(2).padStart(12)} us   (${(flops / evaluated / 1e6).toFixed(2)})`,
  );
}

/**
 * Nanoseconds for an element of the prebuilt kernels that move: gather, scatters, pad, concatenate, boxes; beside them those
 * of the kernels in TypeScript, and of the engine's copy of as many bytes. Best of many short runs.
 * Run: npx tsx bench/prebuilt/moves.ts [--only TEXT]
 */
import { allocate } from "../../src/array/storage.ts";
import type { DType } from "../../src/array/dtype.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Params, Primitive } from "../../src/ir/primitive.ts";
import { toList } from "../../src/ir/primitive.ts";
import { withEvaluation } from "../../src/ir/trace.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import { dynamicSlice, dynamicUpdateSlice } from "../../ops/dynamic-slicing.ts";
import { gather, lastWrites, scatterAdd, scatterSet } from "../../ops/indexing.ts";
import { scatterMax } from "../../ops/scatter-extrema.ts";
import { concatenate, pad } from "../../ops/slicing.ts";

const memory = new WebAssembly.Memory({ initial: 2048 });
/** Bytes between arrays in memory. */
const apart = 2 ** 24 + 4096 * 5 + 64;

const best = (budget: number, run: () => void): number => {
  let least = Infinity;
  const until = performance.now() + budget;
  for (let round = 0; round < 5 || performance.now() < until; round += 1) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least * 1e6;
};

const numbers = (shape: readonly number[], dtype: DType = "float64"): ConcreteArray =>
  fromBuffer(
    allocate(dtype, sizeOf(shape)).map(() => Math.random() * 100),
    shape,
    dtype,
  );

const indices = (shape: readonly number[], extent: number): ConcreteArray =>
  fromBuffer(
    Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(Math.random() * extent)),
    shape,
    "int32",
  );

const starts = (...values: readonly number[]): ConcreteArray =>
  fromBuffer(Int32Array.from(values), [values.length], "int32");

type Job = readonly [name: string, primitive: unknown, operands: readonly ConcreteArray[], params?: Params];

const drop = { mode: "drop", batchDims: 0 };
const clip = { mode: "clip", batchDims: 0 };
const million = 1_000_000;

const jobs: readonly Job[] = [
  ["gather 1e6 of 1e6", gather.primitive, [numbers([million]), indices([million, 1], million)], drop],
  ["gather 1e6 of 1000", gather.primitive, [numbers([1000]), indices([million, 1], 1000)], drop],
  ["gather 1e6 of 1000, clip", gather.primitive, [numbers([1000]), indices([million, 1], 1000)], clip],
  ["gather 1e6 of 1000, float32", gather.primitive, [numbers([1000], "float32"), indices([million, 1], 1000)], drop],
  ["gather 5e5 of 1000x1000", gather.primitive, [numbers([1000, 1000]), indices([million / 2, 2], 1000)], drop],
  ["gather rows of 3", gather.primitive, [numbers([1000, 3]), indices([million / 4, 1], 1000)], drop],
  ["gather rows of 64", gather.primitive, [numbers([10_000, 64]), indices([10_000, 1], 10_000)], drop],
  [
    "gather along, batch 1000",
    gather.primitive,
    [numbers([1000, 1000]), indices([1000, 1000, 1], 1000)],
    { mode: "drop", batchDims: 1 },
  ],
  [
    "scatterAdd 1e6 to 1000",
    scatterAdd.primitive,
    [numbers([1000]), indices([million, 1], 1000), numbers([million])],
    drop,
  ],
  [
    "scatterAdd 1e6 to 1e6",
    scatterAdd.primitive,
    [numbers([million]), indices([million, 1], million), numbers([million])],
    drop,
  ],
  [
    "scatterAdd rows of 3",
    scatterAdd.primitive,
    [numbers([1000, 3]), indices([million / 4, 1], 1000), numbers([million / 4, 3])],
    drop,
  ],
  [
    "scatterAdd rows of 64",
    scatterAdd.primitive,
    [numbers([1000, 64]), indices([10_000, 1], 1000), numbers([10_000, 64])],
    drop,
  ],
  [
    "scatterMax 1e6 to 1000",
    scatterMax.primitive,
    [numbers([1000]), indices([million, 1], 1000), numbers([million])],
    drop,
  ],
  [
    "scatterSet 1e6 to 1e6",
    scatterSet.primitive,
    [numbers([million]), indices([million, 1], million), numbers([million])],
    drop,
  ],
  ["lastWrites 1e6 to 1e6", lastWrites.primitive, [indices([million, 1], million)], { ...drop, extents: [million] }],
  ["pad 1e6 by one", pad.primitive, [numbers([million]), numbers([])], { padding: [[1, 1, 0]] }],
  [
    "pad 1000x1000 by 4",
    pad.primitive,
    [numbers([1000, 1000]), numbers([])],
    {
      padding: [
        [4, 4, 0],
        [4, 4, 0],
      ],
    },
  ],
  [
    "pad 64x64x64 in the middle",
    pad.primitive,
    [numbers([64, 64, 64]), numbers([])],
    {
      padding: [
        [0, 0, 0],
        [1, 1, 0],
        [0, 0, 0],
      ],
    },
  ],
  [
    "pad 1e5x3 to 4",
    pad.primitive,
    [numbers([100_000, 3]), numbers([])],
    {
      padding: [
        [0, 0, 0],
        [0, 1, 0],
      ],
    },
  ],
  ["spread 5e5", pad.primitive, [numbers([million / 2]), numbers([])], { padding: [[0, 1, 1]] }],
  [
    "spread 500x500 both ways",
    pad.primitive,
    [numbers([500, 500]), numbers([])],
    {
      padding: [
        [0, 1, 1],
        [0, 1, 1],
      ],
    },
  ],
  [
    "crop 1000x1000 by 4",
    pad.primitive,
    [numbers([1000, 1000]), numbers([])],
    {
      padding: [
        [-4, -4, 0],
        [-4, -4, 0],
      ],
    },
  ],
  ["concatenate 2 of 5e5", concatenate.primitive, [numbers([million / 2]), numbers([million / 2])], { axis: 0 }],
  ["concatenate 1000x(500, 500)", concatenate.primitive, [numbers([1000, 500]), numbers([1000, 500])], { axis: 1 }],
  ["concatenate 1e5x(1, 3)", concatenate.primitive, [numbers([100_000, 1]), numbers([100_000, 3])], { axis: 1 }],
  ["stack 3 of 3e5 behind", concatenate.primitive, [1, 2, 3].map(() => numbers([300_000, 1])), { axis: 1 }],
  ["dynamicSlice a row of 1e6", dynamicSlice.primitive, [numbers([2, million]), starts(1, 0)], { sizes: [1, million] }],
  ["dynamicSlice 500x500", dynamicSlice.primitive, [numbers([1000, 1000]), starts(7, 9)], { sizes: [500, 500] }],
  [
    "dynamicSlice a column of 1e5",
    dynamicSlice.primitive,
    [numbers([100_000, 8]), starts(0, 3)],
    { sizes: [100_000, 1] },
  ],
  ["dynamicUpdateSlice 10 of 1e6", dynamicUpdateSlice.primitive, [numbers([million]), numbers([10]), starts(7)]],
  [
    "dynamicUpdateSlice 500x500",
    dynamicUpdateSlice.primitive,
    [numbers([1000, 1000]), numbers([500, 500]), starts(7, 9)],
  ],
];

const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1]! : "";
console.log(`${"ns an element of the largest array".padEnd(36)}kernel  TypeScript  copy`);
for (const [name, given, operands, params = {}] of jobs) {
  if (!name.includes(only)) continue;
  const primitive = given as Primitive;
  const { lower } = primitive;
  const planned = lower.kind === "routine" ? lower.prebuilt?.(operands, params) : undefined;
  if (planned === undefined || planned === null) throw new Error(`${primitive.name} has no kernel for these operands`);
  const { module, call } = planned;
  const [type] = toList(primitive.abstractEval(operands, params));
  const places = operands.map((operand, k) => {
    const values = operand.toTypedArray();
    new Uint8Array(memory.buffer, k * apart, values.byteLength).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    return k * apart;
  });
  const addresses = { operands: places, results: [operands.length * apart], scratch: (operands.length + 1) * apart };
  const run = instantiate(module, memory)[call.function]!;
  const args = call.args(addresses);
  const count = Math.max(sizeOf(type!.shape), ...operands.map(({ size }) => size));
  const bytes = new Uint8Array(memory.buffer);
  const length = sizeOf(type!.shape) * operands[0]!.toTypedArray().BYTES_PER_ELEMENT;
  const times = [
    best(100, () => run(...args)),
    best(60, () => withEvaluation(() => primitive.evaluate(operands, params))),
    best(40, () => bytes.copyWithin(addresses.results[0]!, 0, length)),
  ];
  console.log(`${name.padEnd(36)}${times.map((time, k) => (time / count).toFixed(2).padEnd([8, 12, 0][k]!)).join("")}`);
}

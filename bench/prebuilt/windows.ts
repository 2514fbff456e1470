/**
 * Microseconds of the prebuilt window and resizing kernels, the GB/s of operands and results together, and, in parentheses, the
 * microseconds of the kernels in TypeScript; for scale, those of copying an array of as many bytes to another. Best of many short runs.
 * Run: npx tsx bench/prebuilt/windows.ts [--only TEXT]
 */
import { elementCount } from "../../kernels/numeric-array.ts";
import { type PrebuiltCall, type PrebuiltModule, instantiate } from "../../kernels/prebuilt/module.ts";
import { planResize } from "../../kernels/prebuilt/resampling-plan.ts";
import { resampling } from "../../kernels/prebuilt/resampling.ts";
import { planExtrema, planWindows } from "../../kernels/prebuilt/windows-plan.ts";
import { windows } from "../../kernels/prebuilt/windows.ts";
import { type ResizeMethod, resample } from "../../kernels/resampling.ts";
import { putExtrema } from "../../kernels/window-extrema.ts";
import { reduceWindows } from "../../kernels/window-reduction.ts";
import { type WindowParams, transposedWindows, windowShape } from "../../kernels/windows.ts";

type FloatType = "float64" | "float32";
type Floats = Float64Array | Float32Array;
type Shape = readonly number[];

const memory = new WebAssembly.Memory({ initial: 2048 });

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

/** Times a call and its TypeScript kernel, which writes to the array it is given. */
const report = (
  name: string,
  dtype: FloatType,
  module: PrebuiltModule,
  call: PrebuiltCall | null,
  lengths: readonly number[],
  interpret: (operands: readonly Floats[], out: Floats) => void,
): void => {
  const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1]! : "";
  const title = `${name} ${dtype}`;
  if (call === null || !title.includes(only)) return;
  const Floats = dtype === "float64" ? Float64Array : Float32Array;
  const starts = lengths.reduce<number[]>(
    (ends, length) => [...ends, ends.at(-1)! + Math.ceil((length * Floats.BYTES_PER_ELEMENT) / 64) * 64],
    [64],
  );
  const arrays = lengths.map((length) => new Floats(Array.from({ length }, (_, k) => Math.sin(k))));
  arrays.forEach((array, k) => new Floats(memory.buffer, starts[k]!, array.length).set(array as never));
  const operands = starts.slice(0, lengths.length - 1);
  const args = call.args({ operands, results: [starts[operands.length]!], scratch: starts.at(-1)! });
  const run = instantiate(module, memory)[call.function]!;
  const time = best(200, () => run(...args));
  const interpreted = best(50, () => interpret(arrays, arrays.at(-1)!));
  const bytes = lengths.reduce((sum, length) => sum + length, 0) * Floats.BYTES_PER_ELEMENT;
  const view = new Uint8Array(memory.buffer);
  const copied = best(50, () => view.copyWithin(64, 64 + bytes / 2, 64 + bytes));
  const figures = [time, copied, interpreted].map((t) => (1000 * t).toFixed(1).padStart(8));
  console.log(
    title.padEnd(44),
    figures[0],
    `${(bytes / time / 1e6).toFixed(1).padStart(6)} GB/s   copy ${figures[1]!}   (${figures[2]!})`,
  );
};

/** Windows along the axes of an image. */
const poolingOf = (
  shape: Shape,
  axes: readonly number[],
  window: number,
  stride: number,
  pad: number,
): WindowParams => ({
  window: shape.map((_, axis) => (axes.includes(axis) ? window : 1)),
  strides: shape.map((_, axis) => (axes.includes(axis) ? stride : 1)),
  padding: shape.map((_, axis) => (axes.includes(axis) ? [pad, pad] : [0, 0])),
  baseDilation: shape.map(() => 1),
  windowDilation: shape.map(() => 1),
});

const pool = (name: string, dtype: FloatType, shape: Shape, params: WindowParams): void => {
  const results = windowShape(shape, params);
  const lengths = [elementCount(shape), elementCount(results)];
  for (const kind of ["sum", "max"] as const)
    report(`${kind} ${name}`, dtype, windows, planWindows(dtype, shape, params, kind), lengths, ([x], out) =>
      reduceWindows(x!, shape, params, kind, out),
    );
  const back = transposedWindows(shape, params);
  report(
    `sum gradient ${name}`,
    dtype,
    windows,
    planWindows(dtype, results, back, "sum"),
    lengths.toReversed(),
    ([x], out) => reduceWindows(x!, results, back, "sum", out),
  );
  const put = planExtrema("put", dtype, shape, params, "max");
  report(`max gradient ${name}`, dtype, windows, put, [...lengths, lengths[0]!], ([x, y], out) => {
    out.fill(0);
    putExtrema(x!, y!, shape, params, "max", out);
  });
};

const resizing = (name: string, dtype: FloatType, from: Shape, to: Shape, method: ResizeMethod = "linear"): void => {
  for (const isTransposed of [false, true]) {
    const params = { from, to, method, antialias: true, isTransposed };
    const lengths = [elementCount(from), elementCount(to)];
    const title = `${method}${isTransposed ? " gradient" : ""} ${name}`;
    const ordered = isTransposed ? lengths.toReversed() : lengths;
    report(title, dtype, resampling, planResize(dtype, params), ordered, ([x], out) => resample(x!, params, out));
  }
};

for (const dtype of ["float32", "float64"] as const) {
  resizing("x2 NHWC 40x24x64", dtype, [1, 40, 24, 64], [1, 80, 48, 64]);
  resizing("x2 NCHW 64x40x24", dtype, [1, 64, 40, 24], [1, 64, 80, 48]);
  resizing("x2 NHWC 12x8x128", dtype, [1, 12, 8, 128], [1, 24, 16, 128]);
  resizing("x2 NCHW 128x12x8", dtype, [1, 128, 12, 8], [1, 128, 24, 16]);
  resizing("x1.7 NHWC 31x23x16", dtype, [31, 23, 16], [53, 41, 16]);
  resizing("x2 HW 500x500", dtype, [500, 500], [1000, 1000]);
  resizing("/4 NHWC 256x256x3", dtype, [256, 256, 3], [64, 64, 3]);
  resizing("x2 NHWC 40x24x64", dtype, [1, 40, 24, 64], [1, 80, 48, 64], "nearest");
  resizing("x2 NHWC 40x24x64", dtype, [1, 40, 24, 64], [1, 80, 48, 64], "cubic");
  for (const [name, shape, axes] of [
    ["NHWC 80x48x64", [1, 80, 48, 64], [1, 2]],
    ["NCHW 64x80x48", [1, 64, 80, 48], [2, 3]],
  ] as const) {
    pool(`2x2/2 ${name}`, dtype, shape, poolingOf(shape, axes, 2, 2, 0));
    pool(`3x3/2 ${name}`, dtype, shape, poolingOf(shape, axes, 3, 2, 1));
    pool(`3x3/1 ${name}`, dtype, shape, poolingOf(shape, axes, 3, 1, 1));
  }
  pool("17x17/1 HW 500x500", dtype, [500, 500], poolingOf([500, 500], [0, 1], 17, 1, 8));
}

/**
 * Nanoseconds per element of every elementary function: WebAssembly vectors, JavaScript written from the text, the host's Math.
 * Arrays fit the first cache; each figure is the least of many rounds, which take turns.
 * Usage: npx tsx bench/elementary.ts [NAME ...]
 */
import { elementary } from "../kernels/elementary/index.ts";
import type { Precision } from "../kernels/elementary/arithmetic.ts";
import { compiledText } from "../kernels/elementary/sources.ts";
import { assembled } from "../test/elementary/modules.ts";
import { arrayOf } from "../test/elementary/points.ts";

const count = 2048;
const rounds = 40;
const repetitions = 20;

/** Where arguments are drawn from, uniformly: the first and, for two arguments, the second. */
const ranges: Readonly<Record<string, readonly [readonly [number, number], (readonly [number, number])?]>> = {
  log: [[0.01, 20]],
  log2: [[0.01, 20]],
  log10: [[0.01, 20]],
  log1p: [[-0.9, 20]],
  pow: [
    [0.01, 20],
    [-8, 8],
  ],
  asin: [[-1, 1]],
  acos: [[-1, 1]],
  erfinv: [[-1, 1]],
  rem: [
    [-100, 100],
    [-8, 8],
  ],
  acosh: [[1, 20]],
  atanh: [[-1, 1]],
};

const drawn = ([low, high]: readonly [number, number], precision: Precision) =>
  arrayOf[precision].from(Float64Array.from({ length: count }, () => low + (high - low) * Math.random()));

let loops = 0;
/** A loop of its own around the function, so that engines inline it as if it were the only one. */
const loopOver = (f: (...x: number[]) => number, columns: readonly ArrayLike<number>[]): ((times: number) => void) => {
  const operands = columns.map((_, k) => `c[${k}][i]`).join(", ");
  const body = `const own = ${loops++}; for (let t = 0; t < times; t++) for (let i = 0; i < n; i++) r[i] = f(${operands});`;
  // oxlint-disable-next-line typescript/no-implied-eval -- text of our own
  const run = new Function("f", "c", "r", "n", "times", body);
  const result = columns[0] instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  return (times) => run(f, columns, result, count, times) as void;
};

const least = (contestants: readonly (((times: number) => void) | undefined)[]): readonly (number | undefined)[] => {
  const best = contestants.map((run) => (run === undefined ? undefined : Infinity));
  for (let round = 0; round < rounds; round++)
    contestants.forEach((run, k) => {
      if (run === undefined) return;
      const start = performance.now();
      run(repetitions);
      best[k] = Math.min(best[k]!, ((performance.now() - start) * 1e6) / repetitions / count);
    });
  return best;
};

const heads = ["function", "f64x2", "f32x4", "numbers 64", "numbers 32", "Math", "bytes 64", "bytes 32"];
console.log(heads.map((head) => head.padStart(10)).join(" "));
const wanted = process.argv.slice(2);
for (const [name, entry] of Object.entries(elementary)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const [first, second = first] = ranges[name] ?? [[-8, 8]];
  const columns = (precision: Precision) =>
    [first, second].slice(0, entry.arity).map((range) => drawn(range, precision));
  const [doubles, singles] = [columns("float64"), columns("float32")];
  const vectors = { float64: assembled(entry, "float64"), float32: assembled(entry, "float32") };
  const host = (Math as unknown as Record<string, ((...x: number[]) => number) | undefined>)[name];
  const times = least([
    vectors.float64.repeat(...doubles),
    vectors.float32.repeat(...singles),
    loopOver(compiledText(entry.float64, entry.arity, "float64"), doubles),
    loopOver(compiledText(entry.float32, entry.arity, "float32"), singles),
    host && loopOver(host, doubles),
  ]);
  const figures = times.map((time) => (time === undefined ? "" : time.toFixed(2)));
  const bytes = [vectors.float64.bytes, vectors.float32.bytes].map(String);
  console.log([name, ...figures, ...bytes].map((text) => text.padStart(10)).join(" "));
}

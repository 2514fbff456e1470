/**
 * Thin products: up to four vectors x times a matrix whose lines lie along k, result[line, r] = sum over k of w[line, k] x[r, k].
 * Lanes are lines, so every sum runs in the order of its terms: squares of w are transposed in registers and serve every x.
 * Nothing is packed. Order: k one by one; float32 in blocks of 256 whose sums are added.
 */
import { i32, select, v128 } from "../assembler/index.ts";
import type { Expression, FunctionBuilder, FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "./lanes.ts";
import type { Integers, Lanes, Vector } from "./lanes.ts";
import { atMost, depthBlock, mostVectors } from "./matmul-blocking.ts";

/** Vectors of lines at once: enough sums to hide the latency of additions, few enough for the registers. */
const width = 2;

/** Where the group stands on its way along k: one pointer a line, one a vector, and the sums [vector][part of the lines]. */
interface Progress {
  readonly lines: readonly Local<"i32">[];
  readonly points: readonly Local<"i32">[];
  readonly sums: readonly (readonly Local<"v128">[])[];
}

type Builder = FunctionBuilder<"none">;

/** Adds the products of the next `depth` terms to the sums. */
function addTerms(f: Builder, lanes: Lanes, depth: Expression<"i32">, xDepth: Expression<"i32">, at: Progress): void {
  const { vector, count, item } = lanes;
  const { lines, points, sums } = at;
  const parts = Array.from({ length: width }, (_, v) => lines.slice(v * count, (v + 1) * count));
  const addProducts = (columns: readonly Vector[]): void =>
    points.forEach((point, r) => {
      const factor = f.hold(lanes.splat(point));
      columns.forEach((column, v) => f.set(sums[r]![v]!, vector.add(sums[r]![v]!, vector.mul(column, factor))));
      f.set(point, i32.add(point, xDepth));
    });
  const advance = (bytes: number): void => lines.forEach((line) => f.set(line, i32.add(line, bytes)));
  const k = f.local("i32");
  f.for(k, 0, i32.and(depth, -count), count, () => {
    const squares = parts.map((part) =>
      lanes.transpose(
        f,
        part.map((line) => f.hold(v128.load(line))),
      ),
    );
    for (let step = 0; step < count; step++) addProducts(squares.map((square) => square[step]!));
    advance(16);
  });
  f.for(k, 0, i32.and(depth, count - 1), 1, () => {
    addProducts(
      parts.map((part) =>
        f.hold(part.reduce<Vector>((column, line, lane) => lanes.loadLane(line, column, lane), zeros)),
      ),
    );
    advance(item);
  });
}

/** The whole sums: float32 adds up what each block of terms gives. */
function sumTerms(f: Builder, lanes: Lanes, depth: Local<"i32">, xDepth: Local<"i32">, at: Progress): Progress["sums"] {
  if (lanes.bits === 64) {
    addTerms(f, lanes, depth, xDepth, at);
    return at.sums;
  }
  const totals = at.sums.map((row) => row.map(() => f.local("v128")));
  const start = f.local("i32");
  f.for(start, 0, depth, depthBlock, () => {
    const length = f.hold(i32.sub(depth, start));
    for (const sum of at.sums.flat()) f.set(sum, zeros);
    addTerms(f, lanes, atMost(length, depthBlock), xDepth, at);
    totals.forEach((row, r) => row.forEach((total, v) => f.set(total, lanes.vector.add(total, at.sums[r]![v]!))));
  });
  return totals;
}

/** (lines, depth, w, wLine, x, xVector, xDepth, c, cLine, cVector), distances in bytes. */
type Group = FunctionReference<Integers<10>, "none">;

/** One group of lines; of lines that are missing the last one is read again, and nothing stored. */
function group(module: WasmModule, lanes: Lanes, vectors: number): Group {
  const { bits, count } = lanes;
  return module.func(
    `thinGroup${vectors}of${bits}`,
    { params: integers(10) },
    (f, lines, depth, w, wLine, x, xVector, xDepth, c, cLine, cVector) => {
      const starts = [w];
      for (let l = 1; l < width * count; l++)
        starts.push(f.hold(i32.add(starts[l - 1]!, select(i32.gt_s(lines, l), wLine, 0))));
      const points = [x];
      for (let r = 1; r < vectors; r++) points.push(f.hold(i32.add(points[r - 1]!, xVector)));
      const zeroed = points.map(() => Array.from({ length: width }, () => f.local("v128")));
      const sums = sumTerms(f, lanes, depth, xDepth, { lines: starts, points, sums: zeroed });
      for (const row of sums) {
        const target = f.hold(c);
        for (let l = 0; l < width * count; l++) {
          f.if(i32.gt_s(lines, l), () => f.storeLane(bits, target, row[Math.floor(l / count)]!, l % count));
          f.set(target, i32.add(target, cLine));
        }
        f.set(c, i32.add(c, cVector));
      }
    },
  );
}

/** (vectors, lines, depth, w, wLine, x, xVector, xDepth, c, cLine, cVector), distances in bytes. */
export type ThinProduct = FunctionReference<Integers<11>, "none">;

/** All lines, for one to four vectors. */
export function thinProduct(module: WasmModule, lanes: Lanes): ThinProduct {
  const groups = Array.from({ length: mostVectors }, (_, r) => group(module, lanes, r + 1));
  const step = width * lanes.count;
  return module.func(
    `thinLines${lanes.bits}`,
    { params: integers(11) },
    (f, vectors, lines, depth, w, wLine, x, xVector, xDepth, c, cLine, cVector) =>
      f.while(i32.gt_s(lines, 0), () => {
        groups.forEach((lineGroup, r) =>
          f.if(i32.eq(vectors, r + 1), () =>
            f.call(lineGroup, lines, depth, w, wLine, x, xVector, xDepth, c, cLine, cVector),
          ),
        );
        f.set(w, i32.add(w, i32.mul(wLine, step)));
        f.set(c, i32.add(c, i32.mul(cLine, step)));
        f.set(lines, i32.sub(lines, step));
      }),
  );
}

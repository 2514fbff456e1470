/**
 * Where the extremum of a row stands. A long row is cut into blocks; their extrema are found by the quick instructions,
 * which ignore NaN, and the first block that attains the extremum is searched for it, or the first block with a NaN for that.
 * The last vectors of a row reach back over elements seen before, which changes nothing. Short rows are taken several at
 * once, a lane each.
 */
import { call, i32, i8x16, select, v128 } from "../assembler/index.ts";
import type { Expression, FunctionBuilder, FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import type { SearchLanes } from "./argument-lanes.ts";
import { type Integers, type Vector, integers, zeros } from "./lanes.ts";

const { add, sub, mul } = i32;

/** Vectors taken together. */
const vectorsTogether = 4;
/** Elements of a block. */
const block = 1024;

/** Rows of fewer elements are short; others have room for the vectors taken together. */
export const leastLength = 16;

const lesser = (x: Local<"i32">, y: Local<"i32">): Expression<"i32"> => select(i32.lt_u(x, y), x, y);

/** Calls the body with the addresses of vectors taken together, from `start` to `end`; the last begin at `last` at most. */
function overChunks(
  f: FunctionBuilder<"i32">,
  bytes: number,
  [start, end, last]: readonly Local<"i32">[],
  body: (address: Local<"i32">) => void,
): void {
  const place = f.hold(start!);
  f.loop((again) => {
    body(f.hold(lesser(place, last!)));
    f.set(place, add(place, bytes));
    f.brIf(again, i32.lt_u(place, end!));
  });
}

/** (start, end, last, wanted): address of the first element from `start` on that `isWanted`, or -1. */
type Find = FunctionReference<readonly ["i32", "i32", "i32", "v128"], "i32">;

function find(
  module: WasmModule,
  { item, count, load, bitmask }: SearchLanes,
  isWanted: (x: Vector, wanted: Vector) => Vector,
): Find {
  const params = ["i32", "i32", "i32", "v128"] as const;
  const vectorBytes = count * item;
  return module.func("find", { params, result: "i32" }, (f, start, end, last, wanted) => {
    overChunks(f, vectorsTogether * vectorBytes, [start, end, last], (address) => {
      const masks = Array.from({ length: vectorsTogether }, (_, v) =>
        f.hold(isWanted(load(add(address, v * vectorBytes)), wanted)),
      );
      f.if(v128.any_true(masks.reduce<Vector>((all, mask) => v128.or(all, mask), zeros)), () =>
        masks.forEach((mask, v) =>
          f.if(v128.any_true(mask), () =>
            f.return(add(add(address, v * vectorBytes), mul(i32.ctz(bitmask(mask)), item))),
          ),
        ),
      );
    });
    return i32.const(-1);
  });
}

/** The best of all lanes, in every lane. */
const acrossLanes = (f: FunctionBuilder<"i32">, { count, better }: SearchLanes, x: Vector): Local<"v128"> => {
  const turned = (vector: Vector, bytes: number): Vector =>
    i8x16.shuffle(
      vector,
      vector,
      Array.from({ length: 16 }, (_, k) => (k + bytes) % 16),
    );
  const best = f.hold(x);
  f.set(best, better(best, turned(best, 8)));
  if (count === 4) f.set(best, better(best, turned(best, 4)));
  return best;
};

/** (start, length): index of the extremum of a long row. */
function line(module: WasmModule, lanes: SearchLanes): FunctionReference<readonly ["i32", "i32"], "i32"> {
  const { item, count, load, better, wins, equal, floats } = lanes;
  const findEqual = find(module, lanes, equal);
  const findNaN = floats === null ? null : find(module, lanes, (x) => floats.ne(x, x));
  const chunk = vectorsTogether * count * item;
  return module.func("line", { params: integers(2), result: "i32" }, (f, start, length) => {
    const end = f.hold(add(start, mul(length, item)));
    const last = f.hold(sub(end, chunk));
    const [best, bestStart, bestStop] = [f.local("v128"), f.local("i32"), f.local("i32")];
    const from = f.hold(start);
    const candidates = Array.from({ length: vectorsTogether }, () => f.local("v128"));
    const suspicion = f.local("v128");
    f.loop((again) => {
      const left = f.hold(sub(end, from));
      const stop = f.hold(add(from, select(i32.lt_u(left, block * item), left, block * item)));
      const first = f.hold(lesser(from, last));
      candidates.forEach((candidate, v) => f.set(candidate, load(add(first, v * count * item))));
      f.set(suspicion, zeros);
      overChunks(f, chunk, [from, stop, last], (address) => {
        const vectors = candidates.map((_, v) => f.hold(load(add(address, v * count * item))));
        candidates.forEach((candidate, v) => f.set(candidate, better(candidate, vectors[v]!)));
        if (floats === null) return;
        // A sum is NaN if an addend is, or for infinities of either sign.
        const sum = f.hold(vectors.slice(1).reduce<Vector>((x, y) => floats.add(x, y), vectors[0]!));
        f.set(suspicion, v128.or(suspicion, floats.ne(sum, sum)));
      });
      if (findNaN !== null)
        f.if(v128.any_true(suspicion), () => {
          const place = f.hold(call(findNaN, from, stop, last, suspicion));
          f.if(i32.ne(place, -1), () => f.return(i32.div_u(sub(place, start), item)));
        });
      const found = acrossLanes(
        f,
        lanes,
        candidates.slice(1).reduce<Vector>((x, y) => better(x, y), candidates[0]!),
      );
      f.if(i32.or(i32.eq(from, start), v128.any_true(wins(found, best))), () => {
        f.set(best, found);
        f.set(bestStart, from);
        f.set(bestStop, stop);
      });
      f.set(from, stop);
      f.brIf(again, i32.lt_u(from, end));
    });
    return i32.div_u(sub(call(findEqual, bestStart, bestStop, last, best), start), item);
  });
}

/** (lines, length, distance, source, out): indices of as many short rows as there are lanes, or fewer. */
function shortLines(module: WasmModule, lanes: SearchLanes): FunctionReference<Integers<5>, "none"> {
  const { item, count, gather, replaces, indices, storeIndices } = lanes;
  return module.func("short", { params: integers(5) }, (f, lines, length, distance, source, out) => {
    const final = f.hold(sub(lines, 1));
    const rows = Array.from({ length: count }, (_, k) =>
      f.hold(add(source, mul(distance, select(i32.lt_s(final, k), final, k)))),
    );
    const best = f.hold(gather(rows));
    const found = f.hold(zeros);
    const k = f.local("i32");
    f.for(k, 1, length, 1, () => {
      rows.forEach((row) => f.set(row, add(row, item)));
      const x = f.hold(gather(rows));
      const mask = f.hold(replaces(x, best));
      f.set(best, v128.bitselect(x, best, mask));
      f.set(found, v128.bitselect(indices(k), found, mask));
    });
    f.if(
      i32.ge_s(lines, count),
      () => storeIndices(f, out, found),
      () => {
        for (let lane = 0; lane < count - 1; lane += 1)
          f.if(i32.gt_s(lines, lane), () => f.storeLane(32, add(out, 4 * lane), found, lane * (4 / count)));
      },
    );
  });
}

/** Exports run(lines, length, distance, source, out) for short rows `distance` bytes apart. */
export function exportShortRows(module: WasmModule, lanes: SearchLanes): void {
  const { count } = lanes;
  const few = shortLines(module, lanes);
  module.func("run", { params: integers(5), export: true }, (f, lines, length, distance, source, out) =>
    f.while(i32.gt_s(lines, 0), () => {
      f.call(few, lines, length, distance, source, out);
      f.set(source, add(source, mul(distance, count)));
      f.set(out, add(out, 4 * count));
      f.set(lines, sub(lines, count));
    }),
  );
}

/** Exports run(lines, length, distance, source, out) for other rows. */
export function exportRows(module: WasmModule, lanes: SearchLanes): void {
  const indexOf = line(module, lanes);
  module.func("run", { params: integers(5), export: true }, (f, lines, length, distance, source, out) => {
    const k = f.local("i32");
    f.for(k, 0, lines, 1, () => {
      f.store(out, call(indexOf, source, length));
      f.set(source, add(source, distance));
      f.set(out, add(out, 4));
    });
  });
}

/**
 * Vector times matrix: c += a[k] b[k, :], eight rows of b in one pass over c, so that b is read from end to end as it lies,
 * once. Strips would read it in pieces of a cache line, at half the speed of memory.
 * Order: k one by one; float32 sums blocks of 256 rows in scratch and adds those to c.
 */
import { i32, v128 } from "../assembler/index.ts";
import type { FunctionBuilder, FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";
import { atMost, depthBlock } from "./matmul-blocking.ts";

/** Rows of b in one pass. */
const rowsAtOnce = 8;

/** for each place below `end`: body, by vectors and then by numbers. */
function overPlaces(
  f: FunctionBuilder<"none">,
  { item }: Lanes,
  end: Local<"i32">,
  body: (place: Local<"i32">, isVector: boolean) => void,
): void {
  const place = f.local("i32");
  const whole = f.hold(i32.and(end, -16));
  f.for(place, 0, whole, 16, () => body(place, true));
  f.for(place, whole, end, item, () => body(place, false));
}

/** (bytes, a, aDepth, b, bDepth, sums) */
type Pass = FunctionReference<Integers<6>, "none">;

/** sums[:] += a[0] b[0, :], then a[1] b[1, :], .. for `rows` rows. */
function pass(module: WasmModule, lanes: Lanes, rows: number): Pass {
  const { scalar, vector, bits } = lanes;
  return module.func(`pass${rows}of${bits}`, { params: integers(6) }, (f, bytes, a, aDepth, b, bDepth, sums) => {
    const points = [a];
    const starts = [b];
    for (let r = 1; r < rows; r++) {
      points.push(f.hold(i32.add(points[r - 1]!, aDepth)));
      starts.push(f.hold(i32.add(starts[r - 1]!, bDepth)));
    }
    const factors = points.map((point) => f.hold(lanes.splat(point)));
    const sum = f.local("v128");
    const number = f.local(scalar.type);
    overPlaces(f, lanes, bytes, (place, isVector) => {
      const target = f.hold(i32.add(sums, place));
      if (isVector) {
        f.set(sum, v128.load(target));
        starts.forEach((start, r) =>
          f.set(sum, vector.add(sum, vector.mul(factors[r]!, v128.load(i32.add(start, place))))),
        );
        f.store(target, sum);
      } else {
        f.set(number, scalar.load(target));
        starts.forEach((start, r) => {
          const factor = vector.extract_lane(factors[r]!, 0);
          f.set(number, scalar.add(number, scalar.mul(factor, scalar.load(i32.add(start, place)))));
        });
        f.store(target, number);
      }
    });
  });
}

/** (n, k, a, aDepth, b, bDepth, c, sums), distances in bytes; `sums` has room for a row of c. */
export type StreamProduct = FunctionReference<Integers<8>, "none">;

export function streamProduct(module: WasmModule, lanes: Lanes): StreamProduct {
  const { item, bits, scalar, vector } = lanes;
  const [several, one] = [pass(module, lanes, rowsAtOnce), pass(module, lanes, 1)];
  return module.func(`streamed${bits}`, { params: integers(8) }, (f, n, k, a, aDepth, b, bDepth, c, sums) => {
    const [bytes, start, row, end] = [f.hold(i32.mul(n, item)), f.local("i32"), f.local("i32"), f.local("i32")];
    const addRows = (target: Local<"i32">): void => {
      const advance = (rows: number): void => {
        f.set(a, i32.add(a, i32.mul(aDepth, rows)));
        f.set(b, i32.add(b, i32.mul(bDepth, rows)));
        f.set(row, i32.add(row, rows));
      };
      f.while(i32.le_s(row, i32.sub(end, rowsAtOnce)), () => {
        f.call(several, bytes, a, aDepth, b, bDepth, target);
        advance(rowsAtOnce);
      });
      f.while(i32.lt_s(row, end), () => {
        f.call(one, bytes, a, aDepth, b, bDepth, target);
        advance(1);
      });
    };
    f.memoryFill(c, 0, bytes);
    if (bits === 64) {
      f.set(end, k);
      addRows(c);
      return;
    }
    f.for(start, 0, k, depthBlock, () => {
      f.memoryFill(sums, 0, bytes);
      f.set(end, i32.add(start, atMost(i32.sub(k, start), depthBlock)));
      addRows(sums);
      overPlaces(f, lanes, bytes, (place, isVector) => {
        const target = f.hold(i32.add(c, place));
        const source = i32.add(sums, place);
        if (isVector) f.store(target, vector.add(v128.load(target), v128.load(source)));
        else f.store(target, scalar.add(scalar.load(target), scalar.load(source)));
      });
    });
  });
}

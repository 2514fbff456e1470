/**
 * Implicit QR steps on a symmetric tridiagonal matrix, equal to the bit with `diagonalize` (kernels/dense/symmetric-eigen.ts).
 * Its rotations do not depend on the vectors; they are written down, and many steps at a time are applied to strips of the
 * vectors' components, in which a vector is one entry. An entry stays in registers from one rotation to the next.
 */
import { at, call, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { entryBytes } from "./strips.ts";

const { add, sub, mul } = i32;

const epsilon = 2 ** -52;
/** Below this a coupling vanishes in a matrix whose largest element is about 1. */
const negligible = 1e-290;

/** Bytes of a rotation that is written down: cosine and sine; a step begins with its first and last row. */
const rotationBytes = 16;
/** Bytes of steps that are applied at a time, or of one step of a large matrix. */
export const recordBytes = (size: number): number => Math.max(2 ** 16, rotationBytes * (size + 2));

const numberAt = (start: Expression<"i32">, index: Expression<"i32">): Expression<"i32"> => add(start, mul(index, 8));

/** (diagonal, coupling, high): the eigenvalue of the last 2 x 2 block that is nearer to its last element. */
const wilkinsonShift = (module: WasmModule): FunctionReference<Integers<3>, "f64"> =>
  module.func("wilkinsonShift", { params: integers(3), result: "f64" }, (f, diagonal, coupling, high) => {
    const place = f.hold(numberAt(diagonal, high));
    const last = f.hold(f64.load(place));
    const off = f.hold(f64.load(numberAt(coupling, sub(high, 1))));
    const half = f.hold(f64.div(f64.sub(f64.load(sub(place, 8)), last), 2));
    f.if(f64.eq(half, 0), () => f.return(f64.sub(last, f64.abs(off))));
    const root = f.hold(f64.sqrt(f64.add(f64.mul(half, half), f64.mul(off, off))));
    f.if(f64.lt(half, 0), () => f.set(root, f64.neg(root)));
    return f64.sub(last, f64.div(f64.mul(off, off), f64.add(half, root)));
  });

/** cosine, sine and length of the rotation that turns (x, z) to (length, 0). */
const writeRotation = (
  f: Statements,
  x: Local<"f64">,
  z: Local<"f64">,
  [cosine, sine, length]: readonly [Local<"f64">, Local<"f64">, Local<"f64">],
): void => {
  const quotient = (over: Local<"f64">, under: Local<"f64">, longer: Local<"f64">, shorter: Local<"f64">): void => {
    const ratio = f.hold(f64.div(over, under));
    const root = f.hold(f64.sqrt(f64.add(1, f64.mul(ratio, ratio))));
    f.set(longer, f64.div(1, root));
    f.set(shorter, f64.mul(ratio, longer));
    f.set(length, f64.mul(under, root));
  };
  f.set(cosine, 1);
  f.set(sine, 0);
  f.set(length, x);
  f.if(
    i32.and(f64.ge(f64.abs(x), f64.abs(z)), f64.ne(x, 0)),
    () => quotient(z, x, cosine, sine),
    () => f.if(f64.ne(z, 0), () => quotient(x, z, sine, cosine)),
  );
};

/** (diagonal, coupling, low, high, record): one step on rows low..high; its rotations are written to `record`. */
const recordStep = (module: WasmModule): FunctionReference<Integers<5>, "none"> => {
  const shift = wilkinsonShift(module);
  return module.func("recordStep", { params: integers(5) }, (f, diagonal, coupling, low, high, record) => {
    const names = ["x", "z", "cosine", "sine", "length"] as const;
    const [x, z, cosine, sine, length] = names.map(() => f.local("f64")) as [
      Local<"f64">,
      Local<"f64">,
      Local<"f64">,
      Local<"f64">,
      Local<"f64">,
    ];
    const place = f.hold(numberAt(diagonal, low));
    const link = f.hold(numberAt(coupling, low));
    f.set(x, f64.sub(f64.load(place), call(shift, diagonal, coupling, high)));
    f.set(z, f64.load(link));
    const k = f.local("i32");
    f.for(k, low, high, 1, () => {
      writeRotation(f, x, z, [cosine, sine, length]);
      f.if(i32.gt_s(k, low), () => f.store(sub(link, 8), length));
      const [upper, lower, off] = [f.hold(f64.load(place)), f.hold(f64.load(place, 8)), f.hold(f64.load(link))];
      const both = f.hold(f64.mul(cosine, sine));
      const twist = f.hold(f64.mul(f64.mul(f64.mul(2, cosine), sine), off));
      const [cosines, sines] = [f.hold(f64.mul(cosine, cosine)), f.hold(f64.mul(sine, sine))];
      f.store(place, f64.add(f64.add(f64.mul(cosines, upper), twist), f64.mul(sines, lower)));
      f.store(place, f64.add(f64.sub(f64.mul(sines, upper), twist), f64.mul(cosines, lower)), 8);
      const rest = f64.mul(f64.mul(f64.sub(cosine, sine), f64.add(cosine, sine)), off);
      f.store(link, f64.add(f64.mul(both, f64.sub(lower, upper)), rest));
      f.if(i32.lt_s(k, sub(high, 1)), () => {
        f.set(x, f64.load(link));
        f.set(z, f64.mul(sine, f64.load(link, 8)));
        f.store(link, f64.mul(f64.load(link, 8), cosine), 8);
      });
      f.store(record, cosine);
      f.store(record, sine, 8);
      f.set(record, add(record, rotationBytes));
      f.set(place, add(place, 8));
      f.set(link, add(link, 8));
    });
  });
};

/** (record, count, strips, distance): `count` rotations, each of one entry with the next, from `strips` on. */
type Rotate = FunctionReference<Integers<4>, "none">;

const rotateStrips = (module: WasmModule, width: 1 | 2): Rotate =>
  module.func(`rotate${width}`, { params: integers(4) }, (f, record, count, strip, distance) => {
    const places = width === 1 ? [strip] : [strip, f.hold(add(strip, distance))];
    const parts = places.flatMap((start) => [0, 1].map((pair) => ({ start, pair })));
    const kept = parts.map(({ start, pair }) => f.hold(v128.load(at(start, pair, 16))));
    const shift = f.local("i32");
    f.for(f.local("i32"), 0, count, 1, () => {
      const [cosine, sine] = [0, 1].map((index) => f.hold(v128.load64_splat(at(record, index, 8))));
      const rows = places.map((start) => f.hold(add(start, shift)));
      parts.forEach(({ pair }, part) => {
        const row = rows[part >> 1]!;
        const next = f.hold(v128.load(at(row, 2 + pair, 16)));
        const first = kept[part]!;
        f.store(at(row, pair, 16), f64x2.add(f64x2.mul(cosine!, first), f64x2.mul(sine!, next)));
        f.set(first, f64x2.sub(f64x2.mul(cosine!, next), f64x2.mul(sine!, first)));
      });
      f.set(record, add(record, rotationBytes));
      f.set(shift, add(shift, entryBytes));
    });
    parts.forEach(({ pair }, part) => f.store(at(add(places[part >> 1]!, shift), pair, 16), kept[part]!));
  });

/** (record, end, count, strips, distance): all steps between two addresses, on `count` strips. */
const applySteps = (module: WasmModule): FunctionReference<Integers<5>, "none"> => {
  const [one, two] = [rotateStrips(module, 1), rotateStrips(module, 2)];
  return module.func("applySteps", { params: integers(5) }, (f, record, end, count, strips, distance) => {
    const pairs = (rotate: Rotate): void => {
      const step = f.hold(record);
      f.while(i32.lt_u(step, end), () => {
        const low = f.hold(i32.load(step));
        const rotations = f.hold(sub(i32.load(step, 4), low));
        const list = f.hold(add(step, rotationBytes));
        f.call(rotate, list, rotations, add(strips, mul(low, entryBytes)), distance);
        f.set(step, add(list, mul(rotations, rotationBytes)));
      });
    };
    f.while(i32.gt_s(count, 1), () => {
      pairs(two);
      f.set(strips, add(strips, mul(distance, 2)));
      f.set(count, sub(count, 2));
    });
    f.if(count, () => pairs(one));
  });
};

/** (size, diagonal, coupling, count, strips, distance, record, limit): `limit` is where the record must end. */
export type Diagonalize = FunctionReference<Integers<8>, "none">;

export const diagonalize = (module: WasmModule): Diagonalize => {
  const record = recordStep(module);
  const apply = applySteps(module);
  /** (diagonal, coupling, high): sets couplings to zero that are so to rounding. */
  const clear = module.func("clearCouplings", { params: integers(3) }, (f, diagonal, coupling, high) => {
    f.for(f.local("i32"), 0, high, 1, () => {
      const off = f.hold(f64.abs(f64.load(coupling)));
      const sum = f64.add(f64.abs(f64.load(diagonal)), f64.abs(f64.load(diagonal, 8)));
      f.if(i32.or(f64.le(off, f64.mul(epsilon, sum)), f64.lt(off, negligible)), () => f.store(coupling, f64.const(0)));
      f.set(diagonal, add(diagonal, 8));
      f.set(coupling, add(coupling, 8));
    });
  });
  return module.func(
    "diagonalize",
    { params: integers(8) },
    (f, size, diagonal, coupling, count, strips, distance, start, limit) => {
      const high = f.hold(sub(size, 1));
      const low = f.local("i32");
      const next = f.hold(start);
      const isZero = (index: Expression<"i32">): Expression<"i32"> => f64.eq(f64.load(numberAt(coupling, index)), 0);
      f.while(i32.gt_s(high, 0), (exit) => {
        f.call(clear, diagonal, coupling, high);
        f.while(isZero(sub(high, 1)), () => {
          f.set(high, sub(high, 1));
          f.brIf(exit, i32.eqz(high));
        });
        f.set(low, sub(high, 1));
        f.while(low, (found) => {
          f.brIf(found, isZero(sub(low, 1)));
          f.set(low, sub(low, 1));
        });
        const bytes = f.hold(mul(add(sub(high, low), 1), rotationBytes));
        f.if(i32.gt_u(add(next, bytes), limit), () => {
          f.call(apply, start, next, count, strips, distance);
          f.set(next, start);
        });
        f.store(next, low);
        f.store(next, high, 4);
        f.call(record, diagonal, coupling, low, high, add(next, rotationBytes));
        f.set(next, add(next, bytes));
      });
      f.call(apply, start, next, count, strips, distance);
    },
  );
};

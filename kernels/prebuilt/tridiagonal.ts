/**
 * Reduction of a symmetric matrix to tridiagonal form, equal to the bit with `tridiagonalize` (kernels/dense/symmetric-eigen.ts).
 * Both triangles are kept, equal to the bit, so that products with the matrix are sums of its rows. What a reflection takes
 * off the rows and what the next one needs of them are one pass.
 */
import { at, call, conditional, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { eachPlace } from "./strips.ts";

const { add, sub, mul } = i32;

/** Of element `index` of a row of numbers. */
const element = (row: Expression<"i32">, index: Expression<"i32">): Expression<"i32"> => add(row, mul(index, 8));

/**
 * (row, k, size, v): makes the reflection of a row right of the diagonal, in place and as v, and gives its tau; the row is
 * given by its address.
 */
const reflectRow = (module: WasmModule): FunctionReference<Integers<4>, "f64"> =>
  module.func("reflectRow", { params: integers(4), result: "f64" }, (f, row, k, size, v) => {
    const square = f.local("f64");
    const head = f.hold(element(row, add(k, 1)));
    const rest = f.hold(add(head, 8));
    const end = f.hold(element(row, size));
    eachPlace(f, rest, end, 8, (place) => f.set(square, f64.add(square, f64.mul(f64.load(place), f64.load(place)))));
    f.if(f64.eq(square, 0), () => f.return(0));
    const value = f.hold(f64.load(head));
    const norm = f.hold(f64.sqrt(f64.add(f64.mul(value, value), square)));
    const image = f.hold(conditional(f64.lt(value, 0), norm, f64.neg(norm)));
    const divisor = f.hold(f64.sub(value, image));
    const target = f.hold(element(v, add(k, 1)));
    f.store(target, f64.const(1));
    eachPlace(f, rest, end, 8, (place) => {
      const quotient = f.hold(f64.div(f64.load(place), divisor));
      f.set(target, add(target, 8));
      f.store(place, quotient);
      f.store(target, quotient);
    });
    f.store(head, image);
    return f64.div(f64.sub(image, value), image);
  });

/** (first, size, tau, v, w): w, which holds the product with v, becomes tau w less the part of v that keeps symmetry. */
const scaleProduct = (module: WasmModule): FunctionReference<readonly ["i32", "i32", "f64", "i32", "i32"], "none"> =>
  module.func("scaleProduct", { params: ["i32", "i32", "f64", "i32", "i32"] }, (f, first, size, tau, v, w) => {
    const product = f.local("f64");
    const shift = f.local("i32");
    const [start, end] = [f.hold(mul(first, 8)), f.hold(mul(size, 8))];
    f.for(shift, start, end, 8, () => {
      const place = f.hold(add(w, shift));
      const scaled = f.hold(f64.mul(tau, f64.load(place)));
      f.store(place, scaled);
      f.set(product, f64.add(product, f64.mul(scaled, f64.load(add(v, shift)))));
    });
    const half = f.hold(f64.div(f64.mul(tau, product), 2));
    f.for(shift, start, end, 8, () => {
      const place = f.hold(add(w, shift));
      f.store(place, f64.sub(f64.load(place), f64.mul(half, f64.load(add(v, shift)))));
    });
  });

/** What a pass does with rows: takes off v w' + w v', adds them to the next product, or both. */
type Kind = "subtract" | "sum" | "both";

/** (i, rows, step, first, end, v, w, nextV, nextW): rows from i on, columns from `first` on; addresses, and `step` between rows. */
type Pass = FunctionReference<Integers<9>, "none">;

const passFunction = (module: WasmModule, kind: Kind, count: 1 | 2): Pass =>
  module.func(`${kind}Rows${count}`, { params: integers(9) }, (f, i, row, step, first, end, v, w, nextV, nextW) => {
    const starts = count === 1 ? [row] : [row, f.hold(add(row, step))];
    const splat = (line: Expression<"i32">, index: number): Local<"v128"> =>
      f.hold(v128.load64_splat(at(element(line, i), index, 8)));
    const factors = starts.map((_, r) => ({
      v: kind === "sum" ? null : splat(v, r),
      w: kind === "sum" ? null : splat(w, r),
      next: kind === "subtract" ? null : splat(nextV, r),
    }));
    const shift = f.local("i32");
    f.for(shift, first, end, 16, () => {
      const [vPart, wPart] = [v, w].map((line) => (kind === "sum" ? null : f.hold(v128.load(add(line, shift)))));
      const target = f.hold(add(nextW, shift));
      const total = kind === "subtract" ? null : f.hold(v128.load(target));
      starts.forEach((start, r) => {
        const place = f.hold(add(start, shift));
        const own = factors[r]!;
        const value = f.hold(v128.load(place));
        if (own.v !== null) {
          const taken = f64x2.add(f64x2.mul(own.v, wPart!), f64x2.mul(own.w!, vPart!));
          f.set(value, f64x2.sub(value, taken));
          f.store(place, value);
        }
        if (total !== null) f.set(total, f64x2.add(total, f64x2.mul(value, own.next!)));
      });
      if (total !== null) f.store(target, total);
    });
  });

/** (i, size, row, step, first, v, w, nextV, nextW): all rows from i on. */
type Sweep = FunctionReference<Integers<9>, "none">;

const sweepFunction = (module: WasmModule, kind: Kind): Sweep => {
  const [single, pair] = [passFunction(module, kind, 1), passFunction(module, kind, 2)];
  return module.func(`${kind}Rows`, { params: integers(9) }, (f, i, size, row, step, first, v, w, nextV, nextW) => {
    // From an even column on: what is left of the first is not read any more.
    const start = f.hold(mul(i32.and(first, -2), 8));
    const end = f.hold(mul(size, 8));
    f.for(i, i, sub(size, 1), 2, () => {
      f.call(pair, i, row, step, start, end, v, w, nextV, nextW);
      f.set(row, add(row, mul(step, 2)));
    });
    f.if(i32.lt_s(i, size), () => f.call(single, i, row, step, start, end, v, w, nextV, nextW));
  });
};

/** Exchanges two addresses. */
const exchange = (f: Statements, x: Local<"i32">, y: Local<"i32">): void => {
  const kept = f.hold(x);
  f.set(x, y);
  f.set(y, kept);
};

/**
 * (size, a, step, diagonal, coupling, scales, vectors, length): a has rows `step` bytes apart, of an even number of elements;
 * row k keeps the vector of its reflection from element k + 2 on, and scales[k] its tau. Four vectors of `length` bytes,
 * zeros to begin with, are used at `vectors`.
 */
export type Tridiagonalize = FunctionReference<Integers<8>, "none">;

export const tridiagonalize = (module: WasmModule): Tridiagonalize => {
  const reflect = reflectRow(module);
  const scale = scaleProduct(module);
  const one = passFunction(module, "subtract", 1);
  const [subtract, sum, both] = [
    sweepFunction(module, "subtract"),
    sweepFunction(module, "sum"),
    sweepFunction(module, "both"),
  ];
  return module.func(
    "tridiagonalize",
    { params: integers(8) },
    (f, size, a, step, diagonal, coupling, scales, vectors, length) => {
      const [v, w, nextV, nextW] = [0, 1, 2, 3].map((index) => f.hold(add(vectors, mul(length, index)))) as [
        Local<"i32">,
        Local<"i32">,
        Local<"i32">,
        Local<"i32">,
      ];
      const [tau, next] = [f.local("f64"), f.local("f64")];
      const row = f.hold(a);
      const k = f.local("i32");
      f.for(k, 0, sub(size, 1), 1, () => {
        // Row k is up to date but for the reflection before, whose v and w are there if its tau is not 0.
        const isOpen = f.hold(f64.ne(tau, 0));
        f.if(isOpen, () => {
          f.call(scale, k, size, tau, v, w);
          const start = mul(i32.and(k, -2), 8);
          f.call(one, k, row, step, start, mul(size, 8), v, w, nextV, nextW);
        });
        f.set(next, call(reflect, row, k, size, nextV));
        f.store(element(scales, k), next);
        f.store(element(coupling, k), f64.load(element(row, add(k, 1))));
        f.set(row, add(row, step));
        const below = [add(k, 1), size, row, step, add(k, 1), v, w, nextV, nextW] as const;
        f.if(
          f64.ne(next, 0),
          () => {
            f.memoryFill(nextW, 0, length);
            f.if(
              isOpen,
              () => f.call(both, ...below),
              () => f.call(sum, ...below),
            );
          },
          () => f.if(isOpen, () => f.call(subtract, ...below)),
        );
        f.set(tau, next);
        exchange(f, v, nextV);
        exchange(f, w, nextW);
      });
      f.set(row, a);
      f.for(k, 0, size, 1, () => {
        f.store(element(diagonal, k), f64.load(element(row, k)));
        f.set(row, add(row, step));
      });
    },
  );
};

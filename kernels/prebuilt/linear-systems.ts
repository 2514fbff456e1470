/**
 * Systems with triangles, and with the factors of LU, equal to the bit with `solveTriangular` (kernels/dense/triangular.ts).
 * Right-hand sides go to strips of columns, as many at a time as the second cache holds. Systems that are solved backwards
 * are stored back to front, triangle and right-hand sides, so that all run forwards.
 */
import { at, call, f64, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { divideTile, subtractProduct } from "./strip-tiles.ts";
import { packTriangle, solveStrips, stripsOf } from "./strip-triangle.ts";
import type { PackTriangle, SolveStrips } from "./strip-triangle.ts";
import { copyStrip, copyStrips, entryBytes, stripLines } from "./strips.ts";
import type { CopyStrips, Numbers } from "./strips.ts";

const { add, sub, mul } = i32;

/** What systems are made of. */
interface SystemPieces {
  readonly packTriangle: PackTriangle;
  readonly packColumns: CopyStrips;
  readonly unpackColumns: CopyStrips;
  readonly solve: SolveStrips;
  readonly solveUnit: SolveStrips;
}

const systemPieces = (module: WasmModule, numbers: Numbers): SystemPieces => {
  const [pack, unpack] = [copyStrip(module, numbers, "pack"), copyStrip(module, numbers, "unpack")];
  const subtract = subtractProduct(module);
  return {
    packTriangle: packTriangle(module, pack),
    packColumns: copyStrips(module, numbers, "pack", pack),
    unpackColumns: copyStrips(module, numbers, "unpack", unpack),
    solve: solveStrips(module, subtract, divideTile(module, false)),
    solveUnit: solveStrips(module, subtract, divideTile(module, true)),
  };
};

/** (size, a): whether the diagonal of a matrix holds a zero. */
const hasZero = (module: WasmModule, { item, load }: Numbers): FunctionReference<Integers<2>, "i32"> =>
  module.func("hasZero", { params: integers(2), result: "i32" }, (f, size, a) => {
    const step = f.hold(mul(add(size, 1), item));
    f.for(f.local("i32"), 0, size, 1, () => {
      f.if(f64.eq(load(a), 0), () => f.return(1));
      f.set(a, add(a, step));
    });
    return 0;
  });

/** Runs `body` for as many columns at a time as fill `chunk` strips: their number, that of their strips, and bytes before them. */
const eachChunk = (
  f: Statements,
  item: number,
  columns: Expression<"i32">,
  chunk: Expression<"i32">,
  body: (width: Local<"i32">, strips: Local<"i32">, shift: Local<"i32">) => void,
): void => {
  const left = f.hold(columns);
  const most = f.hold(mul(chunk, stripLines));
  const shift = f.hold(i32.const(0));
  f.while(i32.gt_s(left, 0), () => {
    const width = f.hold(left);
    f.if(i32.gt_s(width, most), () => f.set(width, most));
    body(width, f.hold(stripsOf(width)), shift);
    f.set(left, sub(left, most));
    f.set(shift, add(shift, mul(most, item)));
  });
};

/**
 * Exports `run(count, size, columns, a, b, x, isUnit, corner, rowStep, columnStep, first, step, triangle,
 * strips, distance, chunk)`: 1 if a diagonal holds a zero, else 0. The triangle's entry [i, k], i >= k, stands at
 * a + corner + i rowStep + k columnStep, row i of the right-hand sides at b + first + i step; steps and shifts in bytes.
 */
export function exportTriangularSolve(module: WasmModule, numbers: Numbers): void {
  const { item } = numbers;
  const pieces = systemPieces(module, numbers);
  const isRefused = hasZero(module, numbers);
  module.func(
    "run",
    { params: integers(16), result: "i32", export: true },
    (f, count, size, columns, a, b, x, isUnit, ...rest) => {
      const [corner, rowStep, columnStep, first, step, triangle, strips, distance, chunk] = rest;
      f.for(f.local("i32"), 0, count, 1, () => {
        f.if(i32.eqz(isUnit), () => f.if(call(isRefused, size, a), () => f.return(1)));
        f.call(pieces.packTriangle, size, add(a, corner), rowStep, columnStep, triangle);
        eachChunk(f, item, columns, chunk, (width, wide, shift) => {
          const place = f.hold(add(first, shift));
          f.call(pieces.packColumns, width, size, add(b, place), step, strips, distance);
          f.if(
            isUnit,
            () => f.call(pieces.solveUnit, size, triangle, wide, strips, distance),
            () => f.call(pieces.solve, size, triangle, wide, strips, distance),
          );
          f.call(pieces.unpackColumns, width, size, add(x, place), step, strips, distance);
        });
        f.set(a, add(a, mul(mul(size, size), item)));
        f.set(b, add(b, mul(mul(size, columns), item)));
        f.set(x, add(x, mul(mul(size, columns), item)));
      });
      return 0;
    },
  );
}

// --- Systems by the factors of LU ---------------------------------------------------------------

/** (size, order): whether some entry is no index of a row. */
const isOutside = (module: WasmModule): FunctionReference<Integers<2>, "i32"> =>
  module.func("isOutside", { params: integers(2), result: "i32" }, (f, size, order) => {
    f.for(f.local("i32"), 0, size, 1, () => {
      f.if(i32.ge_u(i32.load(order), size), () => f.return(1));
      f.set(order, add(order, 4));
    });
    return 0;
  });

/** One entry of four lines. */
const copyEntry = (f: Statements, target: Expression<"i32">, source: Expression<"i32">): void => {
  const entry = [0, 1].map((pair) => f.hold(v128.load(at(source, pair, 16))));
  entry.forEach((part, pair) => f.store(at(target, pair, 16), part));
};

/** (size, order, source, target): target[i] := source[order[i]]. */
type Permute = FunctionReference<Integers<4>, "none">;

const gatherRows = (module: WasmModule): Permute =>
  module.func("gatherRows", { params: integers(4) }, (f, size, order, source, target) =>
    f.for(f.local("i32"), 0, size, 1, () => {
      copyEntry(f, target, f.hold(add(source, mul(i32.load(order), entryBytes))));
      f.set(order, add(order, 4));
      f.set(target, add(target, entryBytes));
    }),
  );

/** target[order[i]] := source[size - 1 - i]; rows that are not in the order are zeros. */
const scatterBackwards = (module: WasmModule): Permute =>
  module.func("scatterBackwards", { params: integers(4) }, (f, size, order, source, target) => {
    f.memoryFill(target, 0, mul(size, entryBytes));
    f.set(source, add(source, mul(sub(size, 1), entryBytes)));
    f.for(f.local("i32"), 0, size, 1, () => {
      copyEntry(f, f.hold(add(target, mul(i32.load(order), entryBytes))), source);
      f.set(order, add(order, 4));
      f.set(source, sub(source, entryBytes));
    });
  });

/** (size, count, strips, distance): the rows of all strips back to front. */
const reverseRows = (module: WasmModule): FunctionReference<Integers<4>, "none"> =>
  module.func("reverseRows", { params: integers(4) }, (f, size, count, strips, distance) => {
    const swapOne = (first: Local<"i32">, last: Local<"i32">): void => {
      const entry = [0, 1].map((pair) => f.hold(v128.load(at(first, pair, 16))));
      copyEntry(f, first, last);
      entry.forEach((part, pair) => f.store(at(last, pair, 16), part));
    };
    f.for(f.local("i32"), 0, count, 1, () => {
      const first = f.hold(strips);
      const last = f.hold(add(strips, mul(sub(size, 1), entryBytes)));
      f.while(i32.gt_s(sub(last, first), 0), () => {
        swapOne(first, last);
        f.set(first, add(first, entryBytes));
        f.set(last, sub(last, entryBytes));
      });
      f.set(strips, add(strips, distance));
    });
  });

/** (size, a, width, strips, distance, triangle): solves in place. */
type SolveFactors = FunctionReference<Integers<6>, "none">;

/** L, then U; or, transposed, U', then L'. The second system runs backwards, and its result lies back to front. */
const solveFactors = (
  module: WasmModule,
  { item }: Numbers,
  pieces: SystemPieces,
  reverse: ReturnType<typeof reverseRows>,
  isTransposed: boolean,
): SolveFactors =>
  module.func(
    isTransposed ? "solveTransposed" : "solvePlain",
    { params: integers(6) },
    (f, size, a, count, strips, distance, triangle) => {
      const row = f.hold(mul(size, item));
      const last = add(a, sub(mul(size, row), item));
      const backRow = sub(0, row);
      if (isTransposed) f.call(pieces.packTriangle, size, a, item, row, triangle);
      else f.call(pieces.packTriangle, size, a, row, item, triangle);
      f.call(isTransposed ? pieces.solve : pieces.solveUnit, size, triangle, count, strips, distance);
      f.call(reverse, size, count, strips, distance);
      if (isTransposed) f.call(pieces.packTriangle, size, last, -item, backRow, triangle);
      else f.call(pieces.packTriangle, size, last, backRow, -item, triangle);
      f.call(isTransposed ? pieces.solveUnit : pieces.solve, size, triangle, count, strips, distance);
    },
  );

/**
 * Exports `run(count, size, columns, packed, order, b, x, isTransposed, triangle, strips, distance, chunk, spare)`:
 * 1 if a pivot is zero or the order is none, else 0. A strip of columns stands at `spare` while its rows change places.
 */
export function exportDenseSolve(module: WasmModule, numbers: Numbers): void {
  const { item } = numbers;
  const pieces = systemPieces(module, numbers);
  const [isSingular, isNoOrder] = [hasZero(module, numbers), isOutside(module)];
  const [gather, scatter] = [gatherRows(module), scatterBackwards(module)];
  const reverse = reverseRows(module);
  const plain = solveFactors(module, numbers, pieces, reverse, false);
  const transposed = solveFactors(module, numbers, pieces, reverse, true);
  module.func(
    "run",
    { params: integers(13), result: "i32", export: true },
    (f, count, size, columns, packed, order, b, x, isTransposed, ...rest) => {
      const [triangle, strips, distance, chunk, spare] = rest;
      const row = f.hold(mul(columns, item));
      /** A strip of columns between an array and `spare`. */
      const eachStrip = (
        width: Expression<"i32">,
        start: Expression<"i32">,
        body: (left: Local<"i32">, place: Local<"i32">, strip: Local<"i32">) => void,
      ): void => {
        const [left, place, strip] = [f.hold(width), f.hold(start), f.hold(strips)];
        f.while(i32.gt_s(left, 0), () => {
          const lines = f.hold(left);
          f.if(i32.gt_s(lines, stripLines), () => f.set(lines, stripLines));
          body(lines, place, strip);
          f.set(left, sub(left, stripLines));
          f.set(place, add(place, stripLines * item));
          f.set(strip, add(strip, distance));
        });
      };
      f.for(f.local("i32"), 0, count, 1, () => {
        f.if(i32.or(call(isSingular, size, packed), call(isNoOrder, size, order)), () => f.return(1));
        eachChunk(f, item, columns, chunk, (width, wide, shift) => {
          f.if(
            isTransposed,
            () => {
              f.call(pieces.packColumns, width, size, add(b, shift), row, strips, distance);
              f.call(transposed, size, packed, wide, strips, distance, triangle);
              eachStrip(width, add(x, shift), (lines, place, strip) => {
                f.call(scatter, size, order, strip, spare);
                f.call(pieces.unpackColumns, lines, size, place, row, spare, distance);
              });
            },
            () => {
              eachStrip(width, add(b, shift), (lines, place, strip) => {
                f.call(pieces.packColumns, lines, size, place, row, spare, distance);
                f.call(gather, size, order, spare, strip);
              });
              f.call(plain, size, packed, wide, strips, distance, triangle);
              const last = mul(sub(size, 1), row);
              f.call(pieces.unpackColumns, width, size, add(add(x, shift), last), sub(0, row), strips, distance);
            },
          );
        });
        f.set(packed, add(packed, mul(mul(size, size), item)));
        f.set(order, add(order, mul(size, 4)));
        f.set(b, add(b, mul(size, row)));
        f.set(x, add(x, mul(size, row)));
      });
      return 0;
    },
  );
}

/**
 * Exports `run(count, steps, size, pivots, order)`, equal to `permutationOf` (kernels/dense/lu.ts): exchanges
 * with rows that do not exist leave a zero.
 */
export function exportPermutation(module: WasmModule): void {
  module.func("run", { params: integers(5), export: true }, (f, count, steps, size, pivots, order) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      const [i, k] = [f.local("i32"), f.local("i32")];
      const place = f.hold(order);
      f.for(i, 0, size, 1, () => {
        f.store(place, i);
        f.set(place, add(place, 4));
      });
      f.set(place, order);
      f.for(k, 0, steps, 1, () => {
        const other = f.hold(i32.load(pivots));
        const kept = f.hold(i32.load(place));
        f.if(
          i32.lt_u(other, size),
          () => {
            const row = f.hold(add(order, mul(other, 4)));
            f.store(place, i32.load(row));
            f.store(row, kept);
          },
          () => f.store(place, i32.const(0)),
        );
        f.set(place, add(place, 4));
        f.set(pivots, add(pivots, 4));
      });
      f.set(order, add(order, mul(size, 4)));
    }),
  );
}

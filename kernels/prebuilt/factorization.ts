/**
 * Dense factorizations and systems as WebAssembly, equal to the bit with the kernels of kernels/dense: which function computes a
 * stack of matrices, with which arguments, and where in scratch memory its strips stand. All compute in float64; results of
 * float32 are rounded once. There is a small module for each of them and dtype.
 */
import type { TriangularForm } from "../dense/triangular.ts";
import { type Shape, elementCount } from "../numeric-array.ts";
import { exportCholesky } from "./cholesky.ts";
import { exportDenseSolve, exportPermutation, exportTriangularSolve } from "./linear-systems.ts";
import { exportLu, panelColumns } from "./lu.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { exportQr } from "./qr.ts";
import { weightBytes } from "./reflection-passes.ts";
import { stacked } from "./shares.ts";
import { smallModule } from "./small-module.ts";
import { triangleBytes } from "./strip-triangle.ts";
import { entryBytes, numbersOf, stripLines } from "./strips.ts";

/** A call, and the module that has its function. */
interface Routine {
  readonly module: PrebuiltModule;
  readonly call: PrebuiltCall;
}

/** Bytes of right-hand sides that are solved at a time: half of the second cache. */
const chunkBytes = 2 ** 19;
/** Rows between strips, so that equal rows of many strips do not meet in one place of the caches. */
const sparedRows = 2;

const whole = (lines: number): number => Math.ceil(lines / stripLines) * stripLines;
/** Bytes from one strip of columns to the next. */
const distanceOf = (rows: number): number => (whole(rows) + sparedRows) * entryBytes;

interface Stack {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

const stackOf = (shape: Shape): Stack => ({
  count: elementCount(shape.slice(0, -2)),
  rows: shape.at(-2)!,
  columns: shape.at(-1)!,
});

/** Estimates of the nanoseconds that a multiplication takes, and an element that is brought to where it is multiplied. */
const multiplicationTime = 0.06;
const elementTime = 4;

/**
 * How to factor stacks of symmetric positive definite matrices, as `factorizeCholesky` does their symmetric parts.
 * @returns  null for other dtypes than floats
 */
export function planCholesky(dtype: string, shape: Shape): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { count, rows: size } = stackOf(shape);
  const mirror = whole(size) * entryBytes;
  return {
    module: smallModule(`cholesky ${dtype}`, (module) => exportCholesky(module, numbers)),
    call: {
      function: "run",
      refuses: true,
      scratchBytes: mirror + triangleBytes(size),
      args: ({ operands, results, scratch }) => [count, size, operands[0]!, results[0]!, scratch, scratch + mirror],
    },
  };
}

/**
 * How to factor stacks of matrices as P A = L U, as `factorizeLu` does: packed factors, and pivots as int32.
 * @returns  null for other dtypes than floats
 */
export function planLu(dtype: string, shape: Shape): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { count, rows, columns } = stackOf(shape);
  const distance = distanceOf(rows);
  const panel = (whole(columns) / stripLines) * distance;
  const steps = Math.min(rows, columns);
  const matrix = rows * columns * numbers.item;
  return {
    module: smallModule(`lu ${dtype}`, (module) => exportLu(module, numbers)),
    call: stacked(count, rows * columns * (elementTime + steps * multiplicationTime), {
      first: (matrices) => ({
        function: "run",
        scratchBytes: panel + whole(rows) * panelColumns * 8,
        args: ({ operands: [a], results: [packed, pivots], scratch }) => [
          matrices,
          rows,
          columns,
          a!,
          packed!,
          pivots!,
          scratch,
          distance,
          scratch + panel,
        ],
      }),
      operands: [matrix],
      results: [matrix, steps * 4],
    }),
  };
}

/** How to make permutations of `size` rows out of stacks of pivots, as `permutationOf` does. */
export function planPermutation(shape: Shape, size: number): Routine {
  const [count, steps] = [elementCount(shape.slice(0, -1)), shape.at(-1)!];
  return {
    module: smallModule("permutation", exportPermutation),
    call: stacked(count, (steps + size) * 2, {
      first: (orders) => ({
        function: "run",
        scratchBytes: 0,
        args: ({ operands, results }) => [orders, steps, size, operands[0]!, results[0]!],
      }),
      operands: [steps * 4],
      results: [size * 4],
    }),
  };
}

/** How right-hand sides are cut: bytes between strips of columns, and strips at a time. */
const cutsOf = (size: number, columns: number): { readonly distance: number; readonly chunk: number } => {
  const distance = distanceOf(size);
  const chunk = Math.max(stripLines, Math.floor(chunkBytes / distance));
  return { distance, chunk: Math.min(chunk, whole(columns) / stripLines) };
};

/**
 * How to solve stacks of triangular systems op(A) X = B, as `solveTriangular` does; refused where the diagonal holds a zero.
 * @returns  null for other dtypes than floats
 */
export function planTriangularSolve(
  dtype: string,
  aShape: Shape,
  bShape: Shape,
  { lower, transposed, unitDiagonal }: TriangularForm,
): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { item } = numbers;
  const { count, rows: size } = stackOf(aShape);
  const columns = bShape.at(-1)!;
  const { distance, chunk } = cutsOf(size, columns);
  const strips = triangleBytes(size);
  const isForward = lower !== transposed;
  const sign = isForward ? item : -item;
  const [rowStep, columnStep] = transposed ? [sign, sign * size] : [sign * size, sign];
  const [corner, first] = isForward ? [0, 0] : [(size * size - 1) * item, (size - 1) * columns * item];
  return {
    module: smallModule(`triangularSolve ${dtype}`, (module) => exportTriangularSolve(module, numbers)),
    call: {
      function: "run",
      refuses: true,
      scratchBytes: strips + chunk * distance,
      args: ({ operands: [a, b], results: [x], scratch }) => [
        count,
        size,
        columns,
        a!,
        b!,
        x!,
        Number(unitDiagonal),
        corner,
        rowStep!,
        columnStep!,
        first,
        sign * columns,
        scratch,
        scratch + strips,
        distance,
        chunk,
      ],
    },
  };
}

/**
 * How to solve stacks of systems op(A) X = B by packed factors and permutations; the operands are these two, A and B. Refused
 * where a pivot is zero, or a permutation names a row that does not exist.
 * @returns  null for other dtypes than floats
 */
export function planDenseSolve(
  dtype: string,
  packedShape: Shape,
  bShape: Shape,
  isTransposed: boolean,
): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { count, rows: size } = stackOf(packedShape);
  const columns = bShape.at(-1)!;
  const { distance, chunk } = cutsOf(size, columns);
  const strips = triangleBytes(size);
  const spare = strips + chunk * distance;
  return {
    module: smallModule(`denseSolve ${dtype}`, (module) => exportDenseSolve(module, numbers)),
    call: {
      function: "run",
      refuses: true,
      scratchBytes: spare + distance,
      args: ({ operands: [packed, order, , b], results: [x], scratch }) => [
        count,
        size,
        columns,
        packed!,
        order!,
        b!,
        x!,
        Number(isTransposed),
        scratch,
        scratch + strips,
        distance,
        chunk,
        scratch + spare,
      ],
    },
  };
}

/**
 * How to factor stacks of matrices as Q R, as `factorizeQr`, `formQ` and `formR` do.
 * @param width  columns of Q and rows of R
 * @returns      null for other dtypes than floats
 */
export function planQr(dtype: string, shape: Shape, width: number): Routine | null {
  const numbers = numbersOf(dtype);
  if (numbers === null) return null;
  const { item } = numbers;
  const { count, rows, columns } = stackOf(shape);
  const distance = distanceOf(rows);
  const reflections = Math.min(rows, columns);
  const spare = (whole(columns) / stripLines) * distance;
  const weights = spare + 2 * distance;
  const scales = weights + weightBytes;
  return {
    module: smallModule(`qr ${dtype}`, (module) => exportQr(module, numbers)),
    call: stacked(count, rows * (columns + width) * (elementTime + 2 * reflections * multiplicationTime), {
      first: (matrices) => ({
        function: "run",
        scratchBytes: scales + whole(reflections) * 8,
        args: ({ operands: [a], results: [q, r], scratch }) => [
          matrices,
          rows,
          columns,
          width,
          a!,
          q!,
          r!,
          scratch,
          distance,
          scratch + spare,
          scratch + scales,
          scratch + weights,
        ],
      }),
      operands: [rows * columns * item],
      results: [rows * width * item, width * columns * item],
    }),
  };
}

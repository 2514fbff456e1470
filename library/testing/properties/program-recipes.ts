/**
 * Recipes for primitives that no independent draw of their operands can feed: factorizations and solves, whose matrices must be
 * definite or well away from singular, and whose factors belong to one matrix. Each returns the place of its result.
 */
import type { Builder } from "./program-builder.ts";
import { around, operandFor } from "./program-builder.ts";
import { recordedCase } from "./program-case.ts";
import type { RecordedCase } from "./program-case.ts";
import type { InputSpec, Params } from "../../../src/ir/primitive.ts";
import type { Shape } from "../../../src/array/shape.ts";

export type Recipe = (builder: Builder) => number | null;

/** A matrix within a distance of a diagonal one. */
const nearDiagonal = (
  builder: Builder,
  rows: number,
  columns: number,
  diagonal: (k: number) => number,
  distance: number,
): number => {
  const centers = Array.from({ length: rows * columns }, (_, place) => {
    const [i, j] = [Math.floor(place / columns), place % columns];
    return i === j ? diagonal(i) : 0;
  });
  return around(builder, centers, [rows, columns], distance);
};

/** Diagonally dominant, so definite. */
const dominant = (builder: Builder, size: number): number => nearDiagonal(builder, size, size, () => size + 1, 0.8);

/** Eigenvalues and singular values two apart. */
const spread = (builder: Builder, rows: number, columns: number): number =>
  nearDiagonal(builder, rows, columns, (k) => 1 + 2 * k, 0.2);

const anySize = (builder: Builder): number => builder.pick.integer(1, 3);

/** One of several outputs. */
const output = (
  builder: Builder,
  primitive: string,
  operands: readonly number[],
  params: Params,
  [place, outputs]: readonly [number, number],
): number => builder.push({ kind: "apply", primitive, operands, params, output: place, outputs });

/** A case of another primitive of the family, for its parameters. */
const drawnFrom = (builder: Builder, primitive: string): RecordedCase =>
  recordedCase(builder.find(primitive), builder.pick);

const numbers = (shape: Shape): InputSpec => ({ shape, dtype: "float64", domain: { low: -1, high: 1 } });

const denseSolve: Recipe = (builder) => {
  const size = anySize(builder);
  const a = dominant(builder, size);
  const b = operandFor(builder, numbers([size, builder.pick.integer(1, 2)]));
  const packed = output(builder, "lu", [a], {}, [0, 2]);
  const pivots = output(builder, "lu", [a], {}, [1, 2]);
  const permutation = builder.apply("pivotPermutation", [pivots], { size });
  const transposed = builder.pick.oneOf([false, true]);
  return builder.apply("denseSolve", [packed, permutation, a, b], { transposed });
};

/** Where the parameters of a step come from. */
interface Origin {
  readonly params: Params;
  readonly choices: readonly number[];
  readonly drawnBy: string;
}

const step = (builder: Builder, primitive: string, operands: readonly number[], origin: Origin): number =>
  builder.push({ kind: "apply", primitive, operands, output: 0, outputs: 1, ...origin });

/** The factor is no value of its own: its tangent is zero by convention. */
const hiddenFactor = (builder: Builder, primitive: string, operand: number, origin: Origin): number => {
  const factor = step(builder, primitive, [operand], origin);
  builder.hidden.add(factor);
  return factor;
};

const feSolve: Recipe = (builder) => {
  const { inputs, params, choices } = drawnFrom(builder, "feApply");
  const origin = { params, choices, drawnBy: "feApply" };
  const modulus = operandFor(builder, inputs[0]!);
  const factor = hiddenFactor(builder, "feFactor", modulus, origin);
  return step(builder, "feSolve", [factor, modulus, operandFor(builder, inputs[1]!)], origin);
};

interface TriplePattern {
  readonly assume: string;
  readonly shape: readonly [number, number];
  readonly count: number;
  readonly source: Int32Array;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** Values for which the matrices of the laws' patterns are regular: large diagonals, or entries that keep one sign. */
const regularCenters = ({ assume, count, source, rows, columns }: TriplePattern): number[] => {
  const isDiagonal = new Array<boolean>(count).fill(false);
  source.forEach((value, k) => (isDiagonal[value] = rows[k] === columns[k]));
  return isDiagonal.map((yes) => (assume === "positive definite" ? (yes ? 2.5 : 0) : 2));
};

const sparseSolve: Recipe = (builder) => {
  const { inputs, params, choices } = drawnFrom(builder, "sparseMatvec");
  const { pattern } = params as { readonly pattern: TriplePattern };
  if (pattern.shape[0] !== pattern.shape[1]) return null;
  const origin = { params, choices, drawnBy: "sparseMatvec" };
  const { shape } = inputs[0]!;
  const copies = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const centers = Array.from({ length: copies }, () => regularCenters(pattern)).flat();
  const values = around(builder, centers, shape, 0.4);
  const factor = hiddenFactor(builder, "sparseFactor", values, origin);
  return step(builder, "sparseSolve", [factor, values, operandFor(builder, inputs[1]!)], origin);
};

/** A conversion to float32, which no sample of `convert` makes. */
const narrow: Recipe = (builder) => {
  const place = builder.apply("convert", [operandFor(builder, numbers(builder.pick.shape({ maxRank: 2 })))], {
    dtype: "float32",
    weakType: false,
  });
  builder.hidden.add(place);
  return place;
};

/** By the name of the primitive that the recipe is for. */
export const recipes: Readonly<Record<string, Recipe>> = {
  cholesky: (builder) => builder.apply("cholesky", [dominant(builder, anySize(builder))]),
  lu: (builder) => output(builder, "lu", [dominant(builder, anySize(builder))], {}, [builder.pick.integer(0, 1), 2]),
  denseSolve,
  qr: (builder) => {
    const columns = anySize(builder);
    const a = spread(builder, columns + builder.pick.integer(0, 1), columns);
    return output(builder, "qr", [a], { complete: false }, [builder.pick.integer(0, 1), 2]);
  },
  eigh: (builder) => {
    const size = anySize(builder);
    return output(builder, "eigh", [spread(builder, size, size)], {}, [builder.pick.integer(0, 1), 2]);
  },
  svd: (builder) => {
    const columns = anySize(builder);
    const a = spread(builder, columns + builder.pick.integer(0, 1), columns);
    return output(builder, "svd", [a], { full: false }, [builder.pick.integer(0, 2), 3]);
  },
  pinv: (builder) => {
    const columns = anySize(builder);
    return builder.apply("pinv", [spread(builder, columns + builder.pick.integer(0, 1), columns)], { rcond: 1e-15 });
  },
  feFactor: feSolve,
  feSolve,
  sparseFactor: sparseSolve,
  sparseSolve,
  convert: narrow,
};

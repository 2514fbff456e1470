/**
 * Naive definitions of the primitives on dense matrices: substitution row by row, determinants by Leibniz' sum over
 * permutations, exponentials by their power series, derivatives by polynomials in nilpotent numbers (t^2 = 0).
 */
import { flatIndex, indicesOf, movement, read, sums } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

/** Coefficient of every subset of the nilpotent numbers t1..tk, by bit mask. */
type Nilpotent = readonly number[];

const product = (x: Nilpotent, y: Nilpotent): Nilpotent =>
  x.map((_, mask) => {
    let sum = 0;
    for (let part = 0; part < x.length; part++) if ((part & mask) === part) sum += x[part]! * y[mask - part]!;
    return sum;
  });

const total = (x: Nilpotent, y: Nilpotent): Nilpotent => x.map((value, mask) => value + y[mask]!);

const permutationsOf = (list: Index): Index[] =>
  list.length === 0
    ? [[]]
    : list.flatMap((head) => permutationsOf(list.filter((other) => other !== head)).map((rest) => [head, ...rest]));

const parity = (order: Index): number =>
  order.reduce((sign, k, i) => sign * order.slice(i + 1).reduce((inner, other) => (other < k ? -inner : inner), 1), 1);

/** Leibniz' sum over the given rows and columns. */
const determinant = (
  rows: Index,
  columns: Index,
  length: number,
  at: (row: number, column: number) => Nilpotent,
): Nilpotent => {
  const constant = (value: number): Nilpotent => Array.from({ length }, (_, mask) => (mask === 0 ? value : 0));
  return permutationsOf(columns)
    .map((order) => rows.reduce((term, row, k) => product(term, at(row, order[k]!)), constant(parity(order))))
    .reduce(total, constant(0));
};

const without = (list: Index, k: number): Index => list.filter((other) => other !== k);

/** A + t1 D1 + .. + tk Dk at one member of the stacks. */
const perturbed =
  (operands: readonly Table[], lead: Index) =>
  (row: number, column: number): Nilpotent =>
    Array.from({ length: 2 ** (operands.length - 1) }, (_, mask) => {
      const which = mask === 0 ? 0 : 1 + Math.log2(mask);
      return Number.isInteger(which) ? read(operands[which]!, [...lead, row, column]) : 0;
    });

const range = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

type NilpotentMatrix = readonly (readonly Nilpotent[])[];

const matrixProduct = (x: NilpotentMatrix, y: NilpotentMatrix): NilpotentMatrix =>
  x.map((row) => row.map((_, column) => row.map((entry, k) => product(entry, y[k]![column]!)).reduce(total)));

export const denseReferences: Readonly<Record<string, Reference>> = {
  triangularSolve: sums(([a, b], { lower, transposed, unitDiagonal }) => ({
    shape: b!.shape,
    dtype: b!.dtype,
    at: (index) => {
      const lead = index.slice(0, -2);
      const extent = a!.shape.at(-1)!;
      const entry = (i: number, j: number): number => {
        const [row, column] = transposed ? [j, i] : [i, j];
        if (row === column) return unitDiagonal ? 1 : read(a!, [...lead, row, column]);
        return row > column === lower ? read(a!, [...lead, row, column]) : 0;
      };
      const order = lower !== transposed ? range(extent) : range(extent).reverse();
      const x: number[] = [];
      for (const i of order) {
        const known = range(extent).reduce(
          (sum, j) => (j === i || x[j] === undefined ? sum : sum + entry(i, j) * x[j]),
          0,
        );
        x[i] = (read(b!, [...lead, i, index.at(-1)!]) - known) / entry(i, i);
      }
      return x[index.at(-2)!]!;
    },
  })),
  pivotPermutation: movement(([pivots], { size: rows }) => ({
    shape: [...pivots!.shape.slice(0, -1), rows],
    dtype: "int32",
    at: (index) => {
      // Where the row at this place came from: the exchanges undone, last first.
      let place = index.at(-1)!;
      for (let step = pivots!.shape.at(-1)! - 1; step >= 0; step--) {
        const other = read(pivots!, [...index.slice(0, -1), step]);
        if (place === step) place = other;
        else if (place === other) place = step;
      }
      return place;
    },
  })),
  det: sums(([a]) => ({
    shape: a!.shape.slice(0, -2),
    dtype: a!.dtype,
    at: (lead) => determinant(range(a!.shape.at(-1)!), range(a!.shape.at(-1)!), 1, perturbed([a!], lead))[0]!,
  })),
  mixedCofactor: sums((operands) => ({
    shape: operands[0]!.shape,
    dtype: operands[0]!.dtype,
    at: (index) => {
      const [row, column] = [index.at(-2)!, index.at(-1)!];
      const all = range(operands[0]!.shape.at(-1)!);
      const length = 2 ** (operands.length - 1);
      const minor = determinant(
        without(all, row),
        without(all, column),
        length,
        perturbed(operands, index.slice(0, -2)),
      );
      return (row + column) % 2 === 0 ? minor.at(-1)! : -minor.at(-1)!;
    },
  })),
  matrixExponential: sums((operands) => {
    const { shape, dtype } = operands[0]!;
    const extent = shape.at(-1)!;
    const members = indicesOf(shape.slice(0, -2)).map((lead) => {
      if (extent === 0) return [];
      const entry = perturbed(operands, lead);
      const matrix = range(extent).map((i) => range(extent).map((j) => entry(i, j)));
      const zero = entry(0, 0).map(() => 0);
      const one = zero.map((_, mask) => (mask === 0 ? 1 : 0));
      let term: NilpotentMatrix = range(extent).map((i) => range(extent).map((j) => (i === j ? one : zero)));
      let sum = term;
      for (let order = 1; order <= 60; order++) {
        term = matrixProduct(term, matrix).map((row) => row.map((value) => value.map((x) => x / order)));
        sum = sum.map((row, i) => row.map((value, j) => total(value, term[i]![j]!)));
      }
      return sum.flat().map((value) => value.at(-1)!);
    });
    const flat = members.flat();
    return {
      shape,
      dtype,
      at: (index) => flat[flatIndex(shape, index)]!,
    };
  }),
};

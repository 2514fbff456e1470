/**
 * Matrices of coarse elements away from the kernels: P' C P for the child at a corner, and how fast a smoother may go.
 */
import { cornersOf } from "./geometry.ts";

const weights = new Map<string, Float64Array>();

/** Multilinear interpolation from the corners of an element to those of its child at a corner, row-major. */
const childWeights = (dimension: number, child: number): Float64Array => {
  const key = `${dimension}:${child}`;
  const known = weights.get(key);
  if (known !== undefined) return known;
  const corners = cornersOf(dimension);
  const made = Float64Array.from({ length: corners.length ** 2 }, (_, k) => {
    const [own, parent] = [corners[Math.floor(k / corners.length)]!, corners[k % corners.length]!];
    return own.reduce((weight, step, axis) => {
      const place = (corners[child]![axis]! + step) / 2;
      return weight * (parent[axis] === 1 ? place : 1 - place);
    }, 1);
  });
  weights.set(key, made);
  return made;
};

/** P' C P for the child at a corner of an element. */
export const promoted = (matrix: Float64Array, dimension: number, components: number, child: number): Float64Array => {
  const weight = childWeights(dimension, child);
  const corners = 2 ** dimension;
  const size = corners * components;
  const half = new Float64Array(size * size);
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let b = 0; b < corners; b++)
      for (let k = 0; k < components; k++) {
        let sum = 0;
        for (let a = 0; a < corners; a++) sum += matrix[i * size + a * components + k]! * weight[a * corners + b]!;
        half[i * size + b * components + k] = sum;
      }
  for (let b = 0; b < corners; b++)
    for (let k = 0; k < components; k++)
      for (let j = 0; j < size; j++) {
        let sum = 0;
        for (let a = 0; a < corners; a++) sum += weight[a * corners + b]! * half[(a * components + k) * size + j]!;
        out[(b * components + k) * size + j] = sum;
      }
  return out;
};

/** A matrix without the rows and columns of some dofs. */
export const masked = (matrix: Float64Array, dofs: readonly number[]): Float64Array => {
  if (dofs.length === 0) return matrix;
  const size = Math.sqrt(matrix.length);
  const out = matrix.slice();
  for (const dof of dofs)
    for (let k = 0; k < size; k++) {
      out[dof * size + k] = 0;
      out[k * size + dof] = 0;
    }
  return out;
};

/** Squarings of the matrix: the bound is then at most 24^(1/256), about one percent, too large. */
const squarings = 8;

/**
 * An upper bound of the largest eigenvalue of D^-1 C, D the diagonal of C, from the trace of a power of D^-1/2 C D^-1/2.
 * As D and C are sums over elements, the largest bound of its elements holds for a whole matrix, whatever the moduli are.
 * @param matrix  symmetric, positive semidefinite, row-major
 */
export const smoothingBound = (matrix: Float64Array): number => {
  const size = Math.sqrt(matrix.length);
  const scale = Float64Array.from({ length: size }, (_, k) => {
    const entry = matrix[k * (size + 1)]!;
    return entry > 0 ? 1 / Math.sqrt(entry) : 0;
  });
  let power = matrix.map((value, k) => scale[Math.floor(k / size)]! * value * scale[k % size]!);
  // Each power is divided by its trace, whose logarithm is remembered.
  let logarithm = 0;
  for (let squaring = 0; ; squaring++) {
    let trace = 0;
    for (let k = 0; k < size; k++) trace += power[k * (size + 1)]!;
    if (trace === 0) return 0;
    logarithm += Math.log(trace) / 2 ** squaring;
    if (squaring === squarings) return Math.exp(logarithm);
    const before = power.map((value) => value / trace);
    power = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let k = 0; k < size; k++) {
        const left = before[i * size + k]!;
        if (left !== 0) for (let j = 0; j < size; j++) power[i * size + j]! += left * before[k * size + j]!;
      }
  }
};

/**
 * Matrices of coarse elements away from the kernels: P' C P for the child at a corner, without the dofs that do not move.
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

/** Removes the rows and columns of some dofs from a matrix. */
export const clearDofs = (matrix: Float64Array, dofs: readonly number[]): void => {
  const size = Math.sqrt(matrix.length);
  for (const dof of dofs)
    for (let k = 0; k < size; k++) {
      matrix[dof * size + k] = 0;
      matrix[k * size + dof] = 0;
    }
};

/** A matrix without the rows and columns of some dofs: itself where there are none. */
export const masked = (matrix: Float64Array, dofs: readonly number[]): Float64Array => {
  if (dofs.length === 0) return matrix;
  const out = matrix.slice();
  clearDofs(out, dofs);
  return out;
};

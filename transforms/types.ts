/**
 * Types of transformed functions follow the types of their arguments.
 * Arrays may be given as numbers, nothing else changes.
 */
import type { NDArray } from "../src/array/ndarray.ts";

/** What may be passed where a tree of arrays is expected: numbers in the place of arrays. */
export type Liberal<T> = T extends NDArray
  ? T | number
  : T extends (...args: never[]) => unknown
    ? T
    : T extends readonly unknown[]
      ? { [K in keyof T]: Liberal<T[K]> }
      : T extends object
        ? { readonly [K in keyof T]: Liberal<T[K]> }
        : T;

/** The type of a gradient or tangent of a value: the same tree, numbers having become arrays. */
export type Cotangent<T> = T extends NDArray
  ? T
  : T extends number | boolean
    ? NDArray
    : T extends null | undefined
      ? T
      : T extends (...args: never[]) => unknown
        ? T
        : T extends readonly unknown[]
          ? { -readonly [K in keyof T]: Cotangent<T[K]> }
          : T extends object
            ? { [K in keyof T]: Cotangent<T[K]> }
            : T;

/**
 * Types of transformed functions follow those of the functions: what is given may hold numbers in the place of
 * arrays, what comes back holds arrays in the place of numbers. Records in which nothing changes keep their name.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { FunctionNode, IsPassed, Path } from "../src/tree/types.ts";

/** What may be passed where a tree of arrays is expected: numbers in the place of arrays. */
export type Liberal<T, At extends Path = []> = T extends NDArray
  ? T | number
  : IsPassed<T, At> extends true
    ? T
    : T extends FunctionNode
      ? T
      : T extends readonly unknown[]
        ? { [K in keyof T]: Liberal<T[K], [...At, T]> }
        : T extends object
          ? LiberalRecord<T, { [K in keyof T]: Liberal<T[K], [...At, T]> }>
          : T;

type LiberalRecord<T, Changed> = Changed extends T ? T : Changed;

/** What comes out of a transform for `T`: the same tree, numbers having become arrays. */
export type Arrays<T, At extends Path = []> = [Extract<T, NDArray>] extends [never]
  ? WithoutNumbers<T, At>
  : Extract<T, NDArray> | WithoutNumbers<Exclude<T, NDArray | number | boolean>, At>;

type WithoutNumbers<T, At extends Path> = T extends number | boolean
  ? NDArray
  : IsPassed<T, At> extends true
    ? T
    : T extends FunctionNode
      ? T
      : T extends readonly unknown[]
        ? ArraysList<T, { -readonly [K in keyof T]: Arrays<T[K], [...At, T]> }>
        : T extends object
          ? ArraysRecord<T, { [K in keyof T]: Arrays<T[K], [...At, T]> }>
          : T;

type ArraysList<T, Changed> = T extends Readonly<Changed> ? T : Changed;

type ArraysRecord<T, Changed> = T extends Changed ? T : Changed;

/** The type of a gradient or tangent of a value: its tree, made of arrays. */
export type Cotangent<T> = Arrays<T>;

/**
 * `X`, the type of what was passed, where `T` is the type that the function was written for. Without annotations
 * of the function, T is read off X: see the defaults `T = Arrays<X>`.
 */
export type Given<X, T> = X & NoInfer<T | Liberal<T>>;

/** `T` as a result of which the place where it is used says nothing: what is expected there is not read into T. */
export type Result<T> = [T] extends [infer Out extends T] ? Out : never;

/** A list of arguments as transforms hand it to the function: every tree made of arrays. */
export type ArraysOfList<X extends readonly unknown[]> = { -readonly [K in keyof X]: Arrays<X[K]> };

/** Positions from 0 for positions that may count from the end. */
type PositionOf<Args extends readonly unknown[], N extends number> = `${N}` extends `-${infer K extends number}`
  ? FromEnd<Args, K>
  : N;

type FromEnd<
  Args extends readonly unknown[],
  K extends number,
  Passed extends readonly unknown[] = [unknown],
> = Args extends readonly [...infer Front, unknown]
  ? Passed["length"] extends K
    ? Front["length"]
    : FromEnd<Front, K, [...Passed, unknown]>
  : number;

/** The argument at position `N`; negative positions count from the end. */
export type ArgumentAt<Args extends readonly unknown[], N extends number> = Args[PositionOf<Args, N>];

/**
 * The arguments of a derivative by those at positions `N`: there numbers may stand in the place of arrays, the others
 * reach the function as they are.
 */
export type GivenAt<Args extends readonly unknown[], N extends number> = {
  [K in keyof Args]: K extends `${N extends number ? PositionOf<Args, N> : never}` ? Liberal<Args[K]> : Args[K];
};

/** The arguments at these positions. */
export type ArgumentsAt<Args extends readonly unknown[], Ns extends readonly number[]> = {
  -readonly [K in keyof Ns]: ArgumentAt<Args, Ns[K]>;
};

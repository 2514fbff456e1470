/**
 * Types of trees: which leaves a tree has, and what it becomes when every leaf is replaced.
 * Types may contain themselves and the compiler follows lists at once, so each remembers what it has passed.
 */
import type { NDArray } from "../array/ndarray.ts";

export type Leaf = NDArray | number | boolean;

/** Any function; one may be a node of a tree, see `partial`. */
export type FunctionNode = (...args: never[]) => unknown;

/** The types between the top and here. */
export type Path = readonly unknown[];

/** Whether a type is followed no further: it has been passed already, or lies too deep. */
export type IsPassed<T, At extends Path> = At["length"] extends 12 ? true : IsOneOf<T, At>;

type IsOneOf<T, Others extends Path> = Others extends readonly [infer First, ...infer Rest]
  ? IsSame<T, First> extends true
    ? true
    : IsOneOf<T, Rest>
  : false;

type IsSame<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** The types of the leaves of a tree of type `T`; any where nothing is known of the tree. */
export type LeafOf<T, At extends Path = []> = unknown extends T
  ? any
  : T extends Leaf
    ? T
    : IsPassed<T, At> extends true
      ? never
      : T extends FunctionNode
        ? NDArray
        : T extends readonly (infer Entry)[]
          ? LeafOf<Entry, [...At, T]>
          : T extends object
            ? { [K in keyof T]-?: LeafOf<T[K], [...At, T]> }[keyof T]
            : never;

/** The leaf types of several trees. */
export type LeavesOf<Trees extends readonly unknown[]> = { [K in keyof Trees]: LeafOf<Trees[K]> };

/** The tree `T` with leaves of type `R`; records in which nothing changes keep their name. */
export type MapLeaves<T, R, At extends Path = []> = unknown extends T
  ? T
  : T extends Leaf
    ? R
    : IsPassed<T, At> extends true
      ? any
      : T extends FunctionNode
        ? T
        : T extends readonly unknown[]
          ? { -readonly [K in keyof T]: MapLeaves<T[K], R, [...At, T]> }
          : T extends object
            ? SameRecord<T, { [K in keyof T]: MapLeaves<T[K], R, [...At, T]> }>
            : T;

/** A tree of the structure of `T` with any leaves, which nobody is going to change. */
export type Alongside<T, At extends Path = []> = unknown extends T
  ? T
  : T extends Leaf
    ? Leaf
    : IsPassed<T, At> extends true
      ? any
      : T extends FunctionNode
        ? T
        : T extends object
          ? { readonly [K in keyof T]: Alongside<T[K], [...At, T]> }
          : T;

/** `T` where both are the same type. */
type SameRecord<T, Changed> = [T, Changed] extends [Changed, T] ? T : Changed;

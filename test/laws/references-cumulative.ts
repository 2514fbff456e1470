/**
 * Naive definitions of running quantities, shifts and neighbours: every element from all that precede it.
 */
import { movement, read, sums } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

/** The elements from the start (the end when reversed) up to an index, in running order. */
const upTo = (x: Table, { axis, reverse }: { axis: number; reverse: boolean }, index: Index): number[] => {
  const places = Array.from({ length: x.shape[axis]! }, (_, k) => k);
  const order = reverse ? places.reverse() : places;
  return order.slice(0, order.indexOf(index[axis]!) + 1).map((k) => read(x, index.with(axis, k)));
};

const running =
  (combine: (elements: readonly number[], isInteger: boolean) => number): Reference["define"] =>
  ([x], params) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) => combine(upTo(x!, params, index), !x!.dtype.startsWith("float")),
  });

const product = (x: number, y: number, isInteger: boolean): number =>
  isInteger ? Number(BigInt.asIntN(32, BigInt(x) * BigInt(y))) : x * y;

/** floor(x 2^count) with all bits of a dtype, as whole numbers without bound. */
const shifted = (x: number, count: number, dtype: string): number => {
  const by = count < 0 ? 99 : count;
  const whole = BigInt(x) * 2n ** BigInt(by);
  return Number(dtype === "int32" ? BigInt.asIntN(32, whole) : BigInt.asUintN(32, whole));
};

export const cumulativeReferences: Readonly<Record<string, Reference>> = {
  cumprod: sums(running((elements, isInteger) => elements.reduce((all, x) => product(all, x, isInteger), 1))),
  cummax: movement(running((elements) => elements.reduce((best, x) => (x > best ? x : best)))),
  cummin: movement(running((elements) => elements.reduce((best, x) => (x < best ? x : best)))),
  cumlogsumexp: sums(running((elements) => Math.log(elements.reduce((sum, x) => sum + Math.exp(x), 0)))),
  linearRecurrence: sums(([factors, offsets], params) => ({
    shape: offsets!.shape,
    dtype: offsets!.dtype,
    at: (index) => {
      const [a, b] = [upTo(factors!, params, index), upTo(offsets!, params, index)];
      const isInteger = !offsets!.dtype.startsWith("float");
      // every offset times all factors after it
      return b.reduce((sum, offset, k) => {
        const term = a.slice(k + 1).reduce((all, factor) => product(all, factor, isInteger), offset);
        return isInteger ? (sum + term) | 0 : sum + term;
      }, 0);
    },
  })),
  shiftLeft: movement(([x, count]) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) => shifted(read(x!, index), read(count!, index), x!.dtype),
  })),
  shiftRight: movement(([x, count]) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) => {
      const by = read(count!, index);
      return Math.floor(read(x!, index) / 2 ** (by < 0 ? 99 : by));
    },
  })),
};

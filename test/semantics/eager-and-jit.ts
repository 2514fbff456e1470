/**
 * Runs a function eagerly and compiled and demands the same bits, so that one expectation holds for both.
 */
import { expect } from "vitest";
import { array, grad, jit, NDArray, vjp } from "cotangent";
import type { DType } from "cotangent";

type ArrayFunction = (...x: NDArray[]) => NDArray;

/** Arrays of JavaScript data. */
export type Input = NDArray | number | boolean | readonly unknown[];

const asArray = (x: Input): NDArray => (x instanceof NDArray ? x : array(x as number));

/** int32 data. */
export const ints = (data: number | readonly unknown[]): NDArray => array(data as number, { dtype: "int32" });

const sameBits = (seen: NDArray, wanted: NDArray): void => {
  expect({ shape: seen.shape, dtype: seen.dtype }).toEqual({ shape: wanted.shape, dtype: wanted.dtype });
  const [left, right] = [seen.toTypedArray(), wanted.toTypedArray()];
  left.forEach((value, k) => expect(value, `element ${k} compiled, against eager`).toBe(right[k]));
};

/** f(...x), after checking that jit(f)(...x) is the same to the bit (-0 is not 0, NaN is NaN). */
export const both = (f: ArrayFunction, ...x: readonly Input[]): NDArray => {
  const inputs = x.map(asArray);
  const eager = f(...inputs);
  sameBits(jit(f)(...inputs), eager);
  return eager;
};

/** The gradient of sum(f) by its first argument, eager and compiled. */
export const slope = (f: ArrayFunction, ...x: readonly Input[]): NDArray => {
  const pulled: ArrayFunction = (...inputs) => {
    const [out, pullback] = vjp((first: NDArray) => f(first, ...inputs.slice(1)), inputs[0]!);
    return pullback(array(new Array<number>(out.size).fill(1), { shape: out.shape, dtype: out.dtype }))[0] as NDArray;
  };
  return both(pulled, ...x);
};

/** n-th derivative of a function of one number at a point, eager and compiled. */
export const derivative = (f: (x: NDArray) => NDArray, at: number, order = 1): number => {
  let nested = f;
  for (let k = 0; k < order; k++) nested = grad(nested) as (x: NDArray) => NDArray;
  return both(nested, at).item();
};

/** Elements of the result, eager and compiled. */
export const values = (f: ArrayFunction, ...x: readonly Input[]): unknown => both(f, ...x).toList();

/** The code of the error that both the eager and the compiled call throw, with its message. */
export const refusal = (f: ArrayFunction, ...x: readonly Input[]): string => {
  const messages = [f, jit(f)].map((call) => {
    try {
      call(...x.map(asArray));
    } catch (error) {
      return `${(error as { code?: string }).code}: ${(error as Error).message}`;
    }
    return "nothing thrown";
  });
  expect(messages[1]).toBe(messages[0]);
  return messages[0]!;
};

export type { DType };

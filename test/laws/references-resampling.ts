/**
 * Naive definition of resizing: the weight of every element for every result, as a product over the axes, each divided by
 * what all elements of the axis weigh.
 */
import { indicesOf, read } from "./tables.ts";
import type { Reference } from "./tables.ts";

/** The interpolating function of distance x >= 0, by pieces, as Keys gives it with a = -1/2. */
const kernelOf: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => Math.max(0, 1 - x),
  cubic: (x) => {
    const a = -0.5;
    if (x < 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
    return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
  },
};

/** What element i of `input` weighs in result j of `results`. */
export const resizeWeight = (
  i: number,
  j: number,
  input: number,
  results: number,
  { method, antialias }: { readonly method: string; readonly antialias: boolean },
): number => {
  if (input === results) return i === j ? 1 : 0;
  // result j covers [j, j + 1] / results of the axis; its centre lies in one element
  const centre = ((j + 0.5) / results) * input;
  if (method === "nearest") return i === Math.floor(centre + 1e-9) ? 1 : 0;
  const spread = antialias ? Math.max(1, input / results) : 1;
  const weigh = (k: number): number => kernelOf[method]!(Math.abs(k + 0.5 - centre) / spread);
  let total = 0;
  for (let k = 0; k < input; k++) total += weigh(k);
  return weigh(i) / total;
};

export const resamplingReferences: Readonly<Record<string, Reference>> = {
  resize: {
    tolerance: 1e-13,
    define: ([x], params) => {
      const { from, to, isTransposed } = params;
      return {
        shape: isTransposed ? from : to,
        dtype: x!.dtype,
        at: (index) =>
          indicesOf(x!.shape).reduce((sum, place) => {
            const [element, result] = isTransposed ? [index, place] : [place, index];
            const weight = element.reduce(
              (product, i, axis) => product * resizeWeight(i, result[axis]!, from[axis], to[axis], params),
              1,
            );
            return weight === 0 ? sum : sum + weight * read(x!, place);
          }, 0),
      };
    },
  },
};

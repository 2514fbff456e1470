/**
 * Convolution and correlation of two sequences: (a * v)[k] = sum over n of a[n] v[k - n]. Bilinear, computed directly.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { convolution } from "../../ops/convolution.ts";
import { reshape } from "../../ops/shape.ts";
import { reverse } from "../../ops/slicing.ts";
import { asOperand, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { asNumber } from "./reduction-parts.ts";

/** How much of the overlap counts: every overlap, as many results as the longer one has, or full overlaps only. */
export type OverlapMode = "full" | "same" | "valid";

export interface OverlapOptions {
  readonly mode?: OverlapMode;
}

const turned = (x: NDArray): NDArray => reverse(x, { axes: [0] });

const sequences = (asked: string, a: Operand, v: Operand): readonly [NDArray, NDArray] => {
  const [left, right] = [asNumber(asOperand(asked, a)), asNumber(asOperand(asked, v))];
  if (left.ndim > 1 || right.ndim > 1 || left.size === 0 || right.size === 0)
    throw new ShapeMismatch(
      asked,
      `shapes ${showShape(left.shape)} and ${showShape(right.shape)}`,
      "Give two vectors of at least one element",
    );
  const { dtype } = resultType([left, right]);
  return [left, right].map((x) => toDType(reshape(x, { shape: [x.size] }), dtype)) as unknown as [NDArray, NDArray];
};

/** Sum over n of x[k + n] taps[n], the taps not longer than x; `before` zeros in front, `after` behind. */
const slide = (x: NDArray, taps: NDArray, before: number, after: number): NDArray => {
  const out = convolution(reshape(x, { shape: [1, 1, x.size] }), reshape(taps, { shape: [1, 1, taps.size] }), {
    strides: [1],
    padding: [[before, after]],
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroups: 1,
    batchGroups: 1,
  });
  return reshape(out, { shape: [out.shape[2]!] });
};

const overlap = (asked: string, x: NDArray, taps: NDArray, mode: OverlapMode): NDArray => {
  const m = taps.size;
  switch (mode) {
    case "full":
      return slide(x, taps, m - 1, m - 1);
    case "same":
      return slide(x, taps, Math.floor(m / 2), m - 1 - Math.floor(m / 2));
    case "valid":
      return slide(x, taps, 0, 0);
    default:
      throw new InvalidOption(asked, `mode ${showValue(mode)}`, 'Use "full", "same" or "valid"');
  }
};

interface Overlap {
  (a: Operand, v: Operand, options?: OverlapOptions): NDArray;
}

/**
 * Convolution of two vectors; integers stay integers.
 * @param options  mode "full" (default): length n + m - 1; "same": max(n, m); "valid": |n - m| + 1
 * @throws ShapeMismatch, InvalidOption
 * Cost: n m products.
 * @example np.convolve(array([1, 2, 3]), array([0, 1, 0.5])) // [0, 1, 2.5, 4, 1.5]
 */
export const convolve: Overlap = (a, v, options = {}) => {
  requireOptions("np.convolve", options, ["mode"]);
  const [left, right] = sequences("np.convolve", a, v);
  const [longer, shorter] = left.size >= right.size ? [left, right] : [right, left];
  return overlap("np.convolve", longer, turned(shorter), options.mode ?? "full");
};

/**
 * Correlation of two vectors: sum over n of a[n + k] v[n].
 * @param options  mode "valid" (default), "same" or "full", lengths as for convolve
 * @throws ShapeMismatch, InvalidOption
 * @example np.correlate(array([1, 2, 3]), array([0, 1, 0.5])) // [3.5]
 */
export const correlate: Overlap = (a, v, options = {}) => {
  requireOptions("np.correlate", options, ["mode"]);
  const [left, right] = sequences("np.correlate", a, v);
  const mode = options.mode ?? "valid";
  if (left.size >= right.size) return overlap("np.correlate", left, right, mode);
  return turned(overlap("np.correlate", right, left, mode));
};

/** Upsampling as a layer without parameters: images [..., height, width, channels] grow along their spatial axes. */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand } from "../numpy/operand.ts";
import { requireSizes } from "./network-options.ts";
import type { Network } from "./network.ts";
import { resize } from "./resize.ts";
import type { ResizeOptions } from "./resize.ts";

export interface UpsampleOptions {
  /** "linear" (default): bilinear in two axes. "nearest", "cubic": as in nn.resize. */
  readonly method?: NonNullable<ResizeOptions["method"]>;
}

/** How much every spatial axis grows, or the sizes that they shall have. */
export type Growth = number | readonly number[] | { readonly size: readonly number[] };

const asked = "nn.upsample";

/** From sizes to sizes of the spatial axes, and the number of those. */
const growthOf = (growth: Growth): readonly [axes: number, sizes: (own: readonly number[]) => readonly number[]] => {
  if (typeof growth === "object" && growth !== null && "size" in growth) {
    requireOptions(asked, growth, ["size"]);
    requireSizes(asked, "size", growth.size);
    const size = [...growth.size];
    return [size.length, () => size];
  }
  const factors = typeof growth === "number" ? [growth, growth] : growth;
  if (!Array.isArray(factors))
    throw new InvalidOption(asked, showValue(growth), "Give a factor, one per spatial axis, or { size }");
  requireSizes(asked, "factors", factors);
  return [factors.length, (own) => own.map((extent, axis) => extent * factors[axis]!)];
};

/**
 * Images [..., height, width, channels] with more pixels, as Keras's UpSampling2D with "bilinear": pixels are cells (half-pixel
 * centres), result j of an axis that grows by f samples at (j + 1/2) / f - 1/2, borders continue.
 * @param growth  a whole factor for height and width, one factor per spatial axis, or { size } with exact target sizes, which
 *                need not be multiples (and may be smaller: then what shrinks is smoothed, as in nn.resize)
 * @throws InvalidOption, UnknownOption; apply ShapeMismatch
 * Derivatives: linear in x. Cost: 2 operations per result and axis.
 * @example
 * const image = array([[[0], [4]]]);
 * nn.upsample([1, 2]).apply(null, image) // [[[0], [1], [3], [4]]]
 * nn.upsample(2).apply(null, image).shape // [2, 4, 1]
 * nn.upsample({ size: [3, 5] }).apply(null, image).shape // [3, 5, 1]
 */
export const upsample = (growth: Growth, options: UpsampleOptions = {}): Network<null> => {
  requireOptions(asked, options, ["method"]);
  const [axes, sizes] = growthOf(growth);
  return {
    init: () => null,
    apply: (_params, x) => {
      const own: NDArray = asOperand(asked, x);
      const lead = own.ndim - axes - 1;
      if (lead < 0)
        throw new ShapeMismatch(
          asked,
          `an input of shape ${showShape(own.shape)}`,
          `Inputs have ${axes} spatial axes, then channels`,
        );
      const grown = sizes(own.shape.slice(lead, -1));
      return resize(own, [...own.shape.slice(0, lead), ...grown, own.shape.at(-1)!], options);
    },
  };
};

/**
 * Options that convolution and pooling share: whole numbers per spatial axis, and paddings by name.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";

/** "valid": no border. "same": size ceil(in / stride). Or [before, after] per spatial axis. */
export type Padding = "same" | "valid" | readonly (readonly [number, number])[];

/** One whole number from 1 per spatial axis; 1 where nothing is given. */
export const perAxis = (
  asked: string,
  name: string,
  value: number | readonly number[] | undefined,
  spatial: number,
): readonly number[] => {
  const list = typeof value === "number" || value === undefined ? new Array<number>(spatial).fill(value ?? 1) : value;
  if (!Array.isArray(list) || list.length !== spatial || !list.every((entry) => Number.isInteger(entry) && entry >= 1))
    throw new InvalidOption(
      asked,
      `${name} ${showValue(value)} for ${spatial} spatial axes`,
      "Give a whole number from 1, or one per spatial axis",
    );
  return list;
};

/** One spatial axis of what slides and of what it slides over. */
export interface SlidingAxis {
  readonly input: number;
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
}

/** The elements added before and after every spatial axis. */
export const pairsOf = (
  asked: string,
  padding: Padding,
  axes: readonly SlidingAxis[],
): readonly (readonly [number, number])[] => {
  if (padding === "valid") return axes.map(() => [0, 0] as const);
  if (padding === "same")
    return axes.map(({ input, window, stride, dilation }) => {
      const reach = window === 0 ? 0 : (window - 1) * dilation + 1;
      const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input);
      return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
    });
  if (
    !Array.isArray(padding) ||
    padding.length !== axes.length ||
    !padding.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger))
  )
    throw new InvalidOption(
      asked,
      `padding ${showValue(padding)} for ${axes.length} spatial axes`,
      'Use "same", "valid", or a pair [before, after] per spatial axis',
    );
  return padding;
};

/** "NCHW": channels before the spatial axes; "NHWC": after them. */
export type Layout = "NCHW" | "NHWC";

export const requireLayout = (asked: string, layout: Layout): void => {
  if (layout !== "NCHW" && layout !== "NHWC")
    throw new InvalidOption(asked, `layout ${showValue(layout)}`, 'Use "NCHW" or "NHWC"');
};

/**
 * Compositions of slice, pad, concatenate and reverse (slicing.ts): elements are copied, so no bit changes.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { sliceShape } from "../kernels/gather.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import type { Simplification } from "../src/ir/primitive.ts";
import { rule } from "./rules.ts";
import { isSameValue, repetitionRule } from "./shape-rules.ts";
import { repeatedNumber } from "./shape.ts";

interface SliceParams {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly stride: readonly number[];
}

type AxisPadding = readonly [low: number, high: number, interior: number];

interface PadParams {
  readonly padding: readonly AxisPadding[];
}

interface Calls {
  readonly slice: PrimitiveFunction<[NDArray], SliceParams>;
  readonly pad: PrimitiveFunction<[NDArray, NDArray], PadParams>;
  readonly concatenate: PrimitiveFunction<readonly NDArray[], { readonly axis: number }>;
  readonly reverse: PrimitiveFunction<[NDArray], { readonly axes: readonly number[] }>;
  readonly join: (parts: readonly NDArray[], axis: number) => NDArray;
}

type Rules = readonly Simplification[];

const copied = "elements are copied";

/** Operands of a concatenation that is looked through: work stays in proportion to the size of the program. */
const mostParts = 256;

/** Last element that a slice takes along an axis, and one more. */
const reached = ({ start, limit, stride }: SliceParams, axis: number): number => {
  const [first, step] = [start[axis]!, stride[axis]!];
  const count = Math.ceil((limit[axis]! - first) / step);
  return count === 0 ? first : first + (count - 1) * step + 1;
};

/** The slice of a slice as one; along an axis of which nothing is left it begins where the first does. */
const composed = (inner: SliceParams, outer: SliceParams): SliceParams => {
  const isEmpty = outer.start.map((first, axis) => reached(outer, axis) === first);
  const behind = (places: number, axis: number): number =>
    isEmpty[axis]! ? inner.start[axis]! : inner.start[axis]! + places * inner.stride[axis]!;
  return {
    start: outer.start.map(behind),
    limit: outer.start.map((_, axis) => behind(reached(outer, axis) - 1, axis) + (isEmpty[axis]! ? 0 : 1)),
    stride: outer.stride.map((step, axis) => step * inner.stride[axis]!),
  };
};

/** Bounds along one axis moved towards the start. */
const shifted = (params: SliceParams, by: readonly number[]): SliceParams => ({
  start: params.start.map((first, axis) => first - by[axis]!),
  limit: params.start.map((_, axis) => reached(params, axis) - by[axis]!),
  stride: params.stride,
});

const isWithin = ({ start, limit }: SliceParams, { shape }: NDArray): boolean =>
  shape.every((extent, axis) => start[axis]! >= 0 && limit[axis]! <= extent);

/** The part of a concatenation that a slice lies in, and where that begins; null if it lies in several. */
const partOf = (parts: readonly NDArray[], axis: number, params: SliceParams): readonly [NDArray, number] | null => {
  const [first, end] = [params.start[axis]!, reached(params, axis)];
  let begin = 0;
  for (const part of parts) {
    const next = begin + part.shape[axis]!;
    if (first >= begin && end <= next && first < next) return [part, begin];
    begin = next;
  }
  return null;
};

const sliceRules = (calls: () => Calls): Rules => [
  repetitionRule(repeatedNumber, (_x, params: SliceParams) => sliceShape(params)),
  rule("slice of slice", copied, ([x], params, { madeBy }) => {
    const made = madeBy(x!, calls().slice);
    return made === null ? null : calls().slice(made.inputs[0], composed(made.params, params));
  }),
  rule("slice of pad within the operand", copied, ([x], params, { madeBy }) => {
    const made = madeBy(x!, calls().pad);
    if (made === null || made.params.padding.some(([, , interior]) => interior > 0)) return null;
    const inside = shifted(
      params,
      made.params.padding.map(([low]) => low),
    );
    return isWithin(inside, made.inputs[0]) ? calls().slice(made.inputs[0], inside) : null;
  }),
  rule("slice of concatenate within one operand", copied, ([x], params, { madeBy }) => {
    const made = madeBy(x!, calls().concatenate);
    if (made === null || made.inputs.length > mostParts) return null;
    const { axis } = made.params;
    const found = partOf(made.inputs, axis, params);
    if (found === null) return null;
    const by = params.start.map((_: number, k: number) => (k === axis ? found[1] : 0));
    return calls().slice(found[0], shifted(params, by));
  }),
];

/** Paddings one after the other; null where elements that the first cut off would come back. */
const summed = (inner: AxisPadding, outer: AxisPadding): AxisPadding | null => {
  const [low, high, interior] = inner;
  if (outer[2] > 0 || (low < 0 && outer[0] > 0) || (high < 0 && outer[1] > 0)) return null;
  return [low + outer[0], high + outer[1], interior];
};

const padRules = (calls: () => Calls): Rules => [
  rule("pad by nothing", copied, ([x], { padding }: PadParams) =>
    padding.every((entry) => entry.every((count) => count === 0)) ? x! : null,
  ),
  rule("pad of pad by the same value", copied, ([x, value], { padding }: PadParams, { madeBy, constant }) => {
    const made = madeBy(x!, calls().pad);
    if (made === null || !isSameValue(made.inputs[1], value!, constant)) return null;
    const sums = padding.map((outer, axis) => summed(made.params.padding[axis]!, outer));
    return sums.includes(null) ? null : calls().pad(made.inputs[0], value!, { padding: sums as AxisPadding[] });
  }),
];

const concatenateRules = (calls: () => Calls): Rules => [
  rule("concatenate of one operand", copied, (parts: readonly NDArray[]) => (parts.length === 1 ? parts[0]! : null)),
  rule(
    "concatenate of concatenate along the same axis, and of parts without elements",
    copied,
    (parts: readonly NDArray[], { axis }: { readonly axis: number }, { madeBy }) => {
      if (parts.length > mostParts) return null;
      const flat = parts.flatMap((part): readonly NDArray[] => {
        if (part.shape[axis] === 0) return [];
        const made = madeBy(part, calls().concatenate);
        return made !== null && made.params.axis === axis ? made.inputs : [part];
      });
      const isSame = flat.length === parts.length && flat.every((part, k) => part === parts[k]);
      return isSame || flat.length === 0 || flat.length > mostParts ? null : calls().join(flat, axis);
    },
  ),
];

const reverseRules = (calls: () => Calls): Rules => [
  repetitionRule(repeatedNumber, (x) => x.shape),
  rule("reverse of reverse", copied, ([x], { axes }: { readonly axes: readonly number[] }, { madeBy }) => {
    const made = madeBy(x!, calls().reverse);
    if (made === null) return null;
    const inner = made.params.axes;
    const left = [...inner.filter((axis) => !axes.includes(axis)), ...axes.filter((axis) => !inner.includes(axis))];
    return calls().reverse(made.inputs[0], { axes: left.sort((first, second) => first - second) });
  }),
];

/** Rules by primitive; the primitives are asked for once rules are applied. */
export const slicingRules = (
  calls: () => Calls,
): Readonly<Record<"slice" | "pad" | "concatenate" | "reverse", Rules>> => ({
  slice: sliceRules(calls),
  pad: padRules(calls),
  concatenate: concatenateRules(calls),
  reverse: reverseRules(calls),
});

/**
 * Window family: windowSum, windowMax, windowMin over windows that slide along any axes, with strides, padding and dilations
 * of input and window; takeExtrema and putExtrema, the derivatives of the extrema, at the first place where each is attained.
 * A sum transposed is a sum of the same family; take and put are each other's transpose.
 * Source: XLA operation semantics, ReduceWindow and SelectAndScatter.
 */
import type { FoldKind } from "../kernels/axis-folds.ts";
import { windows } from "../kernels/prebuilt/windows.ts";
import { planExtrema, planWindows } from "../kernels/prebuilt/windows-plan.ts";
import { putExtrema as put, takeExtrema as take } from "../kernels/window-extrema.ts";
import type { Extremum } from "../kernels/window-extrema.ts";
import { reduceWindows } from "../kernels/window-reduction.ts";
import { axisWindows, tapsAlong, transposedWindows, windowShape } from "../kernels/windows.ts";
import type { WindowParams } from "../kernels/windows.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import type { Lowering } from "../src/ir/lowering.ts";
import { distinctReals, isLinearInput, isZero, notLinear, reals, requireKnown, zero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, Domain, LawCase, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { batchToFront } from "./batching.ts";
import { requireNumber } from "./elementwise.ts";
import { linearJvp, only, shapeOf } from "./shape.ts";

export type { WindowParams } from "../kernels/windows.ts";

// --- Shapes -----------------------------------------------------------------------------------

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

const requireParams = (name: string, { shape }: Aval, params: WindowParams): void => {
  const { window, strides, padding, baseDilation, windowDilation } = params;
  for (const [list, entries] of Object.entries({ window, strides, padding, baseDilation, windowDilation }))
    if (entries.length !== shape.length)
      throw new InvalidOption(
        name,
        `${entries.length} entries in ${list} for shape ${showShape(shape)}`,
        "Give one entry per axis",
      );
  if (
    ![...window, ...strides, ...baseDilation, ...windowDilation].every(isCount) ||
    !padding.flat().every(Number.isInteger)
  )
    throw new InvalidOption(
      name,
      showValue(params),
      "Windows, strides and dilations are whole numbers from 1, paddings whole numbers",
    );
};

const windowType = (name: string, x: Aval, params: WindowParams): TypeOf => {
  requireParams(name, x, params);
  return { shape: windowShape(x.shape, params), dtype: requireNumber(name, x).dtype };
};

/** The parameters with a mapped axis at `dim`, along which a window is one element. */
const batched = <P extends WindowParams>(params: P, dim: number): P => ({
  ...params,
  window: params.window.toSpliced(dim, 0, 1),
  strides: params.strides.toSpliced(dim, 0, 1),
  padding: params.padding.toSpliced(dim, 0, [0, 0]),
  baseDilation: params.baseDilation.toSpliced(dim, 0, 1),
  windowDilation: params.windowDilation.toSpliced(dim, 0, 1),
});

const sampleWindows = (pick: Pick): { readonly shape: Shape; readonly params: WindowParams } => {
  const shape = pick.shape({ maxRank: 3, minSize: 0, maxSize: 5 });
  const each = (high: number): number[] => shape.map(() => pick.integer(1, high));
  const params = {
    window: each(3),
    strides: each(3),
    padding: shape.map((): [number, number] => [pick.integer(-1, 2), pick.integer(-1, 2)]),
    baseDilation: each(2),
    windowDilation: each(2),
  };
  return { shape, params };
};

// --- windowSum --------------------------------------------------------------------------------

type WindowFunction = PrimitiveFunction<[NDArray], WindowParams>;

const evaluateWindows = (name: string, kind: FoldKind, x: ConcreteArray, params: WindowParams): ConcreteArray => {
  const { shape, dtype } = windowType(name, x, params);
  const out = allocate(dtype, sizeOf(shape));
  reduceWindows(bufferOf(x), x.shape, params, kind, out);
  return fromBuffer(out, shape, dtype);
};

const windowLowering = (kind: FoldKind): Lowering<WindowParams> =>
  prebuilt(([x], params) => {
    const call = planWindows(x!.dtype, x!.shape, params, kind);
    return call === null ? null : { module: windows, call };
  });

const windowFlops = ([x]: readonly Aval[], params: WindowParams): number =>
  sizeOf(windowShape(x!.shape, params)) * sizeOf(params.window);

const windowBatch =
  (call: (x: NDArray, params: WindowParams) => NDArray): Primitive<[NDArray], WindowParams>["batch"] =>
  ([x], [dim], params) => [call(x, batched(params, dim!)), dim];

/** Sum of the elements under every window; padding adds nothing. */
export const windowSum: WindowFunction = definePrimitive<[NDArray], WindowParams>({
  name: "windowSum",
  evaluate: ([x], params) => evaluateWindows("windowSum", "sum", x, params),
  abstractEval: ([x], params) => windowType("windowSum", x, params),
  jvp: linearJvp((x, params: WindowParams) => windowSum(x, params)),
  transpose: (cotangents, [x], params) => [windowSum(only(cotangents), transposedWindows(shapeOf(x), params))],
  batch: windowBatch((x, params) => windowSum(x, params)),
  lower: windowLowering("sum"),
  flops: windowFlops,
  laws: {
    sample: (pick) => {
      const { shape, params } = sampleWindows(pick);
      return { inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }], params };
    },
  },
});

// --- takeExtrema and putExtrema ---------------------------------------------------------------

/** Windows and what is looked for under them. */
export interface ExtremaParams extends WindowParams {
  readonly extremum: Extremum;
}

type Pair = PrimitiveFunction<[NDArray, NDArray], ExtremaParams>;

const requireSecond = (name: string, x: Aval, second: Aval, shape: Shape): void => {
  if (!sameShape(second.shape, shape) || second.dtype !== x.dtype)
    throw new ShapeMismatch(
      name,
      `${showAval(second)} where ${x.dtype}${showShape(shape)} belongs to ${showAval(x)}`,
      "takeExtrema wants values of the shape of x, putExtrema one value per window; both of its dtype",
    );
};

/** Both operands with one more axis in front, along which a window is one element. */
const pairBatch =
  (call: Pair): Primitive<[NDArray, NDArray], ExtremaParams>["batch"] =>
  ([x, second]: readonly [NDArray, NDArray], dims: readonly BatchDim[], params, { size }: BatchContext) => [
    call(batchToFront(x, dims[0]!, size), batchToFront(second, dims[1]!, size), batched(params, 0)),
    0,
  ];

/** Both are linear in their second operand and piecewise constant in the first. */
const pairJvp =
  (call: Pair): Primitive<[NDArray, NDArray], ExtremaParams>["jvp"] =>
  ([x, second], [, dSecond], params) => {
    const out = call(x, second, params);
    return [out, isZero(dSecond) ? zero(out) : call(x, dSecond, params)];
  };

const pairLowering = (direction: "take" | "put"): Lowering<ExtremaParams> =>
  prebuilt(([x], params) => {
    const call = planExtrema(direction, x!.dtype, x!.shape, params, params.extremum);
    return call === null ? null : { module: windows, call };
  });

/** Windows over at least one element each: the extremum of nothing is infinite. */
const sampleExtrema = (pick: Pick): { readonly shape: Shape; readonly params: ExtremaParams } => {
  const { shape, params: drawn } = sampleWindows(pick);
  const isOverPadding = axisWindows(drawn).some((axis, k) => tapsAlong(shape[k]!, axis).count.includes(0));
  const params = isOverPadding
    ? { ...drawn, padding: shape.map(() => [0, 0] as const), baseDilation: shape.map(() => 1) }
    : drawn;
  return { shape, params: { ...params, extremum: pick.oneOf<Extremum>(["max", "min"]) } };
};

const samplePair =
  (second: (shape: Shape, params: WindowParams) => Shape) =>
  (pick: Pick): LawCase<ExtremaParams> => {
    const { shape, params } = sampleExtrema(pick);
    const input = (own: Shape, domain: Domain): LawCase<ExtremaParams>["inputs"][number] => ({
      shape: own,
      dtype: "float64",
      domain,
    });
    return { inputs: [input(shape, distinctReals(-2, 2)), input(second(shape, params), reals(-2, 2))], params };
  };

/** out[j] = values at the first place where x attains its extremum under window j, a NaN before all; 0 over padding. */
export const takeExtrema: Pair = definePrimitive<[NDArray, NDArray], ExtremaParams>({
  name: "takeExtrema",
  evaluate: ([x, values], params) => {
    const { shape, dtype } = windowType("takeExtrema", x, params);
    requireSecond("takeExtrema", x, values, x.shape);
    const out = allocate(dtype, sizeOf(shape));
    take(bufferOf(x), bufferOf(values), x.shape, params, params.extremum, out);
    return fromBuffer(out, shape, dtype);
  },
  abstractEval: ([x, values], params) => {
    requireSecond("takeExtrema", x, values, x.shape);
    return windowType("takeExtrema", x, params);
  },
  jvp: (...rule) => pairJvp(takeExtrema)(...rule),
  transpose: (cotangents, [x, values], params) =>
    isLinearInput(values)
      ? [null, putExtrema(requireKnown(x), only(cotangents), params)]
      : notLinear(cotangents, [x, values], params),
  batch: (...rule) => pairBatch(takeExtrema)(...rule),
  lower: pairLowering("take"),
  laws: { sample: samplePair((shape) => shape) },
});

/** Shape of x: the sum of values[j] over all windows j whose extremum `takeExtrema` finds at the place. */
export const putExtrema: Pair = definePrimitive<[NDArray, NDArray], ExtremaParams>({
  name: "putExtrema",
  evaluate: ([x, values], params) => {
    const { shape, dtype } = windowType("putExtrema", x, params);
    requireSecond("putExtrema", x, values, shape);
    const out = allocate(dtype, x.size);
    put(bufferOf(x), bufferOf(values), x.shape, params, params.extremum, out);
    return fromBuffer(out, x.shape, dtype);
  },
  abstractEval: ([x, values], params) => {
    requireSecond("putExtrema", x, values, windowType("putExtrema", x, params).shape);
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: (...rule) => pairJvp(putExtrema)(...rule),
  transpose: (cotangents, [x, values], params) =>
    isLinearInput(values)
      ? [null, takeExtrema(requireKnown(x), only(cotangents), params)]
      : notLinear(cotangents, [x, values], params),
  batch: (...rule) => pairBatch(putExtrema)(...rule),
  lower: pairLowering("put"),
  laws: { sample: samplePair(windowShape) },
});

// --- windowMax and windowMin ------------------------------------------------------------------

const windowExtremum = (name: string, extremum: Extremum): WindowFunction => {
  const call: WindowFunction = definePrimitive<[NDArray], WindowParams>({
    name,
    evaluate: ([x], params) => evaluateWindows(name, extremum, x, params),
    abstractEval: ([x], params) => windowType(name, x, params),
    jvp: ([x], [dx], params) => [call(x, params), takeExtrema(x, dx as NDArray, { ...params, extremum })],
    transpose: notLinear,
    batch: windowBatch((x, params) => call(x, params)),
    lower: windowLowering(extremum),
    flops: windowFlops,
    laws: {
      sample: (pick) => {
        const { shape, params } = sampleExtrema(pick);
        const { extremum: _, ...windows } = params;
        return { inputs: [{ shape, dtype: "float64", domain: distinctReals(-2, 2) }], params: windows };
      },
    },
  });
  return call;
};

/** Largest element under every window, NaN where there is one; -infinity (the least integer) where all is padding. */
export const windowMax: WindowFunction = windowExtremum("windowMax", "max");

/** Smallest element under every window, NaN where there is one; +infinity (the greatest integer) where all is padding. */
export const windowMin: WindowFunction = windowExtremum("windowMin", "min");

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  ...[windowSum, windowMax, windowMin].map((call) => call.primitive as Primitive),
  ...[takeExtrema, putExtrema].map((call) => call.primitive as Primitive),
];

/**
 * Cumulative family: running sum, product, largest, smallest and logsumexp along one axis, from either end, and
 * the linear recurrence y[k] = a[k] y[k - 1] + b[k] that the derivatives of all but the sum are made of: products
 * by the product rule, which is right with zeros; extrema as the mean over the elements that attain them; each in
 * one pass. The recurrence transposed is a recurrence from the other end.
 */
import * as kernels from "../kernels/cumulative.ts";
import type { CumulativeKernel, CumulativeKind } from "../kernels/cumulative.ts";
import { planCumulative } from "../kernels/prebuilt/cumulative.ts";
import { IndexOutOfRange } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { prebuilt } from "../src/ir/lowering.ts";
import type { Lowering } from "../src/ir/lowering.ts";
import { distinctReals, isLinearInput, isZero, notLinear, reals, requireKnown } from "../src/ir/primitive.ts";
import type { BatchDim, Domain, LawCase, Pick, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { addTangents, div, full, fullLike, mul, sub } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { eq, keepWhere, select } from "./comparison.ts";
import { asDType } from "./conversion.ts";
import { requireEqual, requireFloat, requireNumber } from "./elementwise.ts";
import { exp } from "./exponential.ts";
import { linearJvp, only } from "./shape.ts";
import { concatenate, sliceAxis } from "./slicing.ts";
import { perElement } from "./flops.ts";

export interface CumulativeParams {
  readonly axis: number;
  /** From the end: out[k] combines x[k], x[k + 1], ... */
  readonly reverse: boolean;
}

type Cumulative = PrimitiveFunction<[NDArray], CumulativeParams>;
type Call = (x: NDArray, params: CumulativeParams) => NDArray;

const requireAxis = (name: string, x: Aval, { axis }: CumulativeParams): void => {
  if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length)
    throw new IndexOutOfRange(name, `axis ${axis} of ${showAval(x)}`, "Choose an axis that exists");
};

const cumulativeType = (name: string, x: Aval, params: CumulativeParams): TypeOf => {
  requireAxis(name, x, params);
  return requireNumber(name, x);
};

const evaluateCumulative = (
  name: string,
  kernel: CumulativeKernel,
  x: ConcreteArray,
  params: CumulativeParams,
): ConcreteArray => {
  const { shape, dtype } = cumulativeType(name, x, params);
  const out = allocate(dtype, x.size);
  kernel(bufferOf(x), shape, params.axis, params.reverse, out);
  return fromBuffer(out, shape, dtype);
};

const lowerCumulative = (kind: CumulativeKind): Lowering<CumulativeParams> =>
  prebuilt(([x], params) => planCumulative(kind, x!.dtype, x!.shape, params));

const cumulativeBatch =
  (call: Call): Primitive<[NDArray], CumulativeParams>["batch"] =>
  ([x], [dim], { axis, reverse }) => [call(x, { axis: axis < dim! ? axis : axis + 1, reverse }), dim];

const sampleCumulative =
  (...domains: readonly Domain[]) =>
  (pick: Pick): LawCase<CumulativeParams> => {
    const shape = pick.shape({ minRank: 1, maxRank: 3, minSize: 0 });
    return {
      inputs: domains.map((domain) => ({ shape, dtype: "float64", domain })),
      params: { axis: pick.integer(0, shape.length - 1), reverse: pick.oneOf([false, true]) },
    };
  };

/** Elements one place on along the axis, in the running direction; `first` comes in at the start. */
const delayed = (x: NDArray, first: number, { axis, reverse }: CumulativeParams): NDArray => {
  const extent = x.shape[axis]!;
  if (extent === 0) return x;
  const border = full(first, x.shape.with(axis, 1), x.dtype);
  return reverse
    ? concatenate(sliceAxis(x, axis, 1, extent), border, { axis })
    : concatenate(border, sliceAxis(x, axis, 0, extent - 1), { axis });
};

/** The tangent of a running quantity: a recurrence with these factors and offsets. */
const recurrentJvp =
  (
    call: Call,
    parts: (x: NDArray, dx: NDArray, out: NDArray, params: CumulativeParams) => readonly [NDArray, NDArray],
  ): Primitive<[NDArray], CumulativeParams>["jvp"] =>
  ([x], [dx], params) => {
    const out = call(x, params);
    const [factors, offsets] = parts(x, dx as NDArray, out, params);
    return [out, linearRecurrence(factors, offsets, params)];
  };

// --- cumsum -----------------------------------------------------------------------------------

/** out[k] = x[0] + ... + x[k] along an axis. */
export const cumsum: Cumulative = definePrimitive<[NDArray], CumulativeParams>({
  name: "cumsum",
  evaluate: ([x], params) => evaluateCumulative("cumsum", kernels.cumulativeSum, x, params),
  abstractEval: ([x], params) => cumulativeType("cumsum", x, params),
  jvp: linearJvp((x, params: CumulativeParams) => cumsum(x, params)),
  transpose: (cotangents, _inputs, { axis, reverse }) => [cumsum(only(cotangents), { axis, reverse: !reverse })],
  batch: cumulativeBatch((x, params) => cumsum(x, params)),
  lower: lowerCumulative("sum"),
  flops: perElement(1),
  laws: { sample: sampleCumulative(reals(-2, 2)) },
});

// --- The linear recurrence --------------------------------------------------------------------

const requirePair = (operands: readonly [Aval, Aval], params: CumulativeParams): TypeOf => {
  requireEqual("linearRecurrence", operands);
  return cumulativeType("linearRecurrence", operands[1], params);
};

/** y[k] = factors[k] y[k - 1] + offsets[k] along an axis, y[0] = offsets[0]. Linear in the offsets. */
export const linearRecurrence: PrimitiveFunction<[NDArray, NDArray], CumulativeParams> = definePrimitive<
  [NDArray, NDArray],
  CumulativeParams
>({
  name: "linearRecurrence",
  evaluate: ([factors, offsets], params) => {
    const { shape, dtype } = requirePair([factors, offsets], params);
    const out = allocate(dtype, offsets.size);
    kernels.linearRecurrence(bufferOf(factors), bufferOf(offsets), shape, params.axis, params.reverse, out);
    return fromBuffer(out, shape, dtype);
  },
  abstractEval: (operands, params) => requirePair(operands as unknown as readonly [Aval, Aval], params),
  jvp: ([factors, offsets], [dFactors, dOffsets], params) => {
    const out = linearRecurrence(factors, offsets, params);
    const moved = isZero(dFactors) ? dFactors : mul(dFactors, delayed(out, 0, params));
    return [out, linearRecurrence(factors, addTangents(moved, dOffsets) as NDArray, params)];
  },
  transpose: (cotangents, [factors, offsets], { axis, reverse }) => {
    if (!isLinearInput(offsets)) return notLinear(cotangents, [factors, offsets], {});
    // What leaves place k came by factors[k + 1] from the next place.
    const opposite = { axis, reverse: !reverse };
    return [null, linearRecurrence(delayed(requireKnown(factors), 0, opposite), only(cotangents), opposite)];
  },
  batch: ([factors, offsets], dims, { axis, reverse }, { size }) => {
    const [left, right] = [factors, offsets].map((x, k) => batchToFront(x, (dims as readonly BatchDim[])[k]!, size));
    return [linearRecurrence(left!, right!, { axis: axis + 1, reverse }), 0];
  },
  lower: lowerCumulative("recurrence"),
  flops: perElement(2),
  laws: { sample: sampleCumulative(reals(-1.5, 1.5), reals(-2, 2)) },
});

// --- cumprod ----------------------------------------------------------------------------------

/** out[k] = x[0] ... x[k] along an axis; the tangent is x[k] d out[k - 1] + out[k - 1] dx[k], right with zeros. */
export const cumprod: Cumulative = definePrimitive<[NDArray], CumulativeParams>({
  name: "cumprod",
  evaluate: ([x], params) => evaluateCumulative("cumprod", kernels.cumulativeProduct, x, params),
  abstractEval: ([x], params) => cumulativeType("cumprod", x, params),
  jvp: recurrentJvp(
    (x, params) => cumprod(x, params),
    (x, dx, out, params) => [x, mul(delayed(out, 1, params), dx)],
  ),
  transpose: notLinear,
  batch: cumulativeBatch((x, params) => cumprod(x, params)),
  lower: lowerCumulative("product"),
  flops: perElement(1),
  laws: { sample: sampleCumulative(reals(-1.5, 1.5)) },
});

// --- cummax and cummin ------------------------------------------------------------------------

const extremum = (name: string, kind: "max" | "min", kernel: CumulativeKernel): Cumulative => {
  const call: Cumulative = definePrimitive<[NDArray], CumulativeParams>({
    name,
    evaluate: ([x], params) => evaluateCumulative(name, kernel, x, params),
    abstractEval: ([x], params) => cumulativeType(name, x, params),
    jvp: ([x], [dx], params) => {
      const out = call(x, params);
      // Sums over the elements equal to the extremum so far start anew whenever it moves.
      const isUnmoved = asDType(eq(out, delayed(out, NaN, params)), x.dtype);
      const isAttained = eq(x, out);
      const total = linearRecurrence(isUnmoved, keepWhere(isAttained, dx as NDArray), params);
      return [out, div(total, linearRecurrence(isUnmoved, asDType(isAttained, x.dtype), params))];
    },
    transpose: notLinear,
    batch: cumulativeBatch((x, params) => call(x, params)),
    lower: lowerCumulative(kind),
    flops: perElement(1),
    laws: { sample: sampleCumulative(distinctReals(-2, 2)) },
  });
  return call;
};

/** out[k] is the largest of x[0], .., x[k]; those that attain it share the derivative equally; NaN propagates. */
export const cummax: Cumulative = extremum("cummax", "max", kernels.cumulativeMax);

/** out[k] is the smallest of x[0], .., x[k]; as cummax. */
export const cummin: Cumulative = extremum("cummin", "min", kernels.cumulativeMin);

// --- cumlogsumexp -----------------------------------------------------------------------------

/** e^(x - y), and 0 where x is -infinity: -infinity less -infinity would be NaN. */
const shareOf = (x: NDArray, y: NDArray): NDArray => {
  const isNothing = eq(x, fullLike(-Infinity, x));
  return select(isNothing, fullLike(0, x), exp(sub(select(isNothing, y, x), y)));
};

/** out[k] = log(e^x[0] + ... + e^x[k]) along an axis, without overflow; the slopes are e^(x[j] - out[k]). */
export const cumlogsumexp: Cumulative = definePrimitive<[NDArray], CumulativeParams>({
  name: "cumlogsumexp",
  evaluate: ([x], params) => evaluateCumulative("cumlogsumexp", kernels.cumulativeLogSumExp, x, params),
  abstractEval: ([x], params) => {
    requireAxis("cumlogsumexp", x, params);
    return requireFloat("cumlogsumexp", x);
  },
  jvp: recurrentJvp(
    (x, params) => cumlogsumexp(x, params),
    (x, dx, out, params) => [shareOf(delayed(out, -Infinity, params), out), mul(shareOf(x, out), dx)],
  ),
  transpose: notLinear,
  batch: cumulativeBatch((x, params) => cumlogsumexp(x, params)),
  lower: lowerCumulative("logSumExp"),
  flops: perElement(45),
  laws: { sample: sampleCumulative(reals(-3, 3)) },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [
  ...[cumsum, cumprod, cummax, cummin, cumlogsumexp].map((call) => call.primitive as Primitive),
  linearRecurrence.primitive,
];

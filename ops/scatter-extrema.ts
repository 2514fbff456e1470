/**
 * Scattered extrema: scatterMax and scatterMin, the larger or smaller of what stands at a place and every update
 * that hits it. NaN propagates. All that attain the extremum of a place, the operand's element and any number of
 * updates, share its derivative equally (JAX's convention); geometry and modes are those of indexing.ts.
 */
import * as kernels from "../kernels/indexing.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import { distinctReals, notLinear } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive, Tangent } from "../src/ir/primitive.ts";
import { div, fullLike, materialize, mul } from "./arithmetic.ts";
import { eq } from "./comparison.ts";
import { asDType } from "./conversion.ts";
import { requireNumber } from "./elementwise.ts";
import { lowerScatter, sampleSizes } from "./index-tuples.ts";
import type { ScatterMode, ScatterParams } from "./index-tuples.ts";
import { batchScatter, evaluateScatter, gather, requireUpdates, scatterAdd } from "./indexing.ts";
import type { Scatter, ScatterOperands } from "./indexing.ts";

/** The mean of the tangents of all that attain the extremum of a place; NaN where it is NaN. */
const extremumJvp =
  (call: Scatter) =>
  (
    [operand, indices, updates]: ScatterOperands,
    [dOperand, , dUpdates]: readonly [Tangent, Tangent, Tangent],
    params: ScatterParams,
  ): readonly [NDArray, Tangent] => {
    const out = call(operand, indices, updates, params);
    const stays = asDType(eq(out, operand), out.dtype);
    const hits = asDType(eq(gather(out, indices, params), updates), out.dtype);
    const share = div(fullLike(1, out), scatterAdd(stays, indices, hits, params));
    const ofOperand = mul(materialize(dOperand), mul(stays, share));
    const ofUpdates = mul(materialize(dUpdates), mul(hits, gather(share, indices, params)));
    return [out, scatterAdd(ofOperand, indices, ofUpdates, params)];
  };

/** Updates and operand are drawn from values that cannot come near each other. */
const sampleScatter = (pick: Pick): LawCase<ScatterParams> => {
  const mode = pick.oneOf<ScatterMode>(["clip", "wrap", "drop"]);
  const batchDims = pick.integer(0, 2);
  const { x, indices, values } = sampleSizes(pick, mode, batchDims);
  const low = pick.oneOf([-0.5, 1.25]);
  return {
    inputs: [
      { shape: x, dtype: "float64", domain: distinctReals(low, low + 0.5) },
      indices,
      { shape: values, dtype: "float64", domain: distinctReals(0.25, 1) },
    ],
    params: { mode, batchDims },
  };
};

const extremum = (name: string, combination: "max" | "min", write: typeof kernels.scatterMaxRows): Scatter => {
  const call: Scatter = definePrimitive<ScatterOperands, ScatterParams>({
    name,
    evaluate: evaluateScatter(name, write),
    abstractEval: ([operand, indices, updates], params) =>
      requireNumber(name, requireUpdates(name, operand, indices, updates, params)),
    jvp: (primals, tangents, params) => extremumJvp(call)(primals, tangents, params),
    transpose: notLinear,
    batch: batchScatter((operand, indices, updates, params: ScatterParams) => call(operand, indices, updates, params)),
    lower: lowerScatter(combination),
    laws: { sample: sampleScatter },
  });
  return call;
};

/** operand[indices[b], ...] = max of itself and updates[b, ...]. */
export const scatterMax: Scatter = extremum("scatterMax", "max", kernels.scatterMaxRows);

/** operand[indices[b], ...] = min of itself and updates[b, ...]. */
export const scatterMin: Scatter = extremum("scatterMin", "min", kernels.scatterMinRows);

/** Every primitive of this file. */
export const family: readonly Primitive[] = [scatterMax.primitive, scatterMin.primitive];

/**
 * Rules that calls of a jaxpr share (jit, checkpoint): what a rule makes of the jaxpr is called in the same way, under a
 * name that says how it was made.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { isNonzero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, Tangent } from "../src/ir/primitive.ts";
import { spreadTangents } from "./flagged.ts";
import { batchJaxpr, jvpJaxpr } from "./jaxpr-transforms.ts";

/** Parameters of a call of a jaxpr without constants. */
export interface CallParams {
  readonly jaxpr: Jaxpr;
  readonly name: string;
}

/** Calls another jaxpr as the call with these parameters calls its own. */
export type Call<P extends CallParams> = (
  params: P,
  closed: ClosedJaxpr,
  operands: readonly NDArray[],
) => readonly NDArray[];

/** The parameters under the name of what `transform` makes of the function: "jvp(f)". */
export const renamed = <P extends CallParams>(transform: string, params: P): P => ({
  ...params,
  name: `${transform}(${params.name})`,
});

export const jvpOfCall =
  <P extends CallParams>(call: Call<P>) =>
  (
    primals: readonly NDArray[],
    tangents: readonly Tangent[],
    params: P,
  ): readonly [readonly NDArray[], readonly Tangent[]] => {
    const { closed, depends } = jvpJaxpr(params.jaxpr, tangents.map(isNonzero));
    const results = call(renamed("jvp", params), closed, [...primals, ...tangents.filter(isNonzero)]);
    const outputs = results.slice(0, depends.length);
    return [outputs, spreadTangents(depends, outputs, results.slice(depends.length))];
  };

export const batchOfCall =
  <P extends CallParams>(call: Call<P>) =>
  (
    inputs: readonly NDArray[],
    dims: readonly BatchDim[],
    params: P,
    { size }: BatchContext,
  ): readonly [readonly NDArray[], readonly BatchDim[]] => {
    const { closed, dims: outDims } = batchJaxpr(params.jaxpr, dims, size);
    return [call(renamed("vmap", params), closed, inputs), outDims];
  };

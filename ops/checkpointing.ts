/**
 * Checkpointing family: identities that tell the compiler and checkpoint what to keep.
 * `named` gives a value a name that policies know. `barrier` gives a value that exists only after others do: what is
 * computed from it is not shared with, nor moved before, what was computed from the value itself.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, isNonzero, reals, zero } from "../src/ir/primitive.ts";
import type { Primitive, Tangent } from "../src/ir/primitive.ts";
import { only } from "./shape.ts";

export interface NameParams {
  readonly name: string;
}

/** x; saved by policies that know the name. Its derivative has no name. */
export const named: PrimitiveFunction<[NDArray], NameParams> = definePrimitive<[NDArray], NameParams>({
  name: "named",
  evaluate: ([x]) => x,
  abstractEval: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
  jvp: ([x], [dx], params) => [named(x, params), dx],
  transpose: (cotangents) => [only(cotangents)],
  batch: ([x], [dim], params) => [named(x, params), dim],
  lower: { kind: "view", view: (input) => input },
  weakType: ([x]) => x.weakType,
  laws: {
    sample: (pick) => ({
      inputs: [{ shape: pick.shape({ maxRank: 3 }), dtype: "float64", domain: reals(-3, 3) }],
      params: { name: "a" },
    }),
    reference: (x) => x,
    maxUlp: 0,
  },
});

/** x, once all of the further operands exist. */
export const barrier: PrimitiveFunction<readonly NDArray[], NoParams> = definePrimitive<readonly NDArray[]>({
  name: "barrier",
  evaluate: ([x]) => x!,
  abstractEval: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  jvp: ([x, ...others], [dx]) => {
    const tangent: Tangent = isNonzero(dx!) ? barrier(dx, ...others) : zero(x!);
    return [barrier(x!, ...others), tangent];
  },
  transpose: (cotangents, [x, ...others]) => [isLinearInput(x!) ? only(cotangents) : null, ...others.map(() => null)],
  batch: ([x, ...others], [dim]) => [barrier(x!, ...others), dim!],
  lower: { kind: "barrier" },
  weakType: ([x]) => x!.weakType,
  laws: {
    sample: (pick) => ({
      inputs: [
        { shape: pick.shape({ maxRank: 3 }), dtype: "float64", domain: reals(-3, 3) },
        { shape: pick.shape({ maxRank: 2 }), dtype: "int32", domain: reals(-3, 3) },
      ],
      params: {},
    }),
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [named.primitive, barrier.primitive];

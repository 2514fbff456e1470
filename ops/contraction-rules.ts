/**
 * Products of transposed operands: dot says by its axes what it sums over, so a transpose of an operand is a matter of
 * axes. Terms are added in the order in which the contracted axes are listed, wherever they lie in memory.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import type { Simplification } from "../src/ir/primitive.ts";
import { rule } from "./rules.ts";
import { transpose } from "./shape.ts";

type AxisPair = readonly [a: readonly number[], b: readonly number[]];

interface DotParams {
  readonly contract: AxisPair;
  readonly batch: AxisPair;
}

/** Axes of the operand under a transpose; null where its free axes would come out in another order. */
const axesUnder = (permutation: readonly number[], contract: readonly number[], batch: readonly number[]) => {
  const free = permutation.filter((_, axis) => !contract.includes(axis) && !batch.includes(axis));
  if (free.some((axis, k) => k > 0 && axis < free[k - 1]!)) return null;
  const under = (axes: readonly number[]): number[] => axes.map((axis) => permutation[axis]!);
  return { contract: under(contract), batch: under(batch) };
};

export const dotRules = (dot: () => PrimitiveFunction<[NDArray, NDArray], DotParams>): readonly Simplification[] => [
  rule(
    "dot of a transposed operand",
    "terms are added in the order of the contracted axes as listed, which stays",
    (inputs: readonly [NDArray, NDArray], { contract, batch }: DotParams, { madeBy }) => {
      for (const side of [0, 1] as const) {
        const made = madeBy(inputs[side], transpose);
        const axes = made === null ? null : axesUnder(made.params.permutation, contract[side], batch[side]);
        if (axes === null) continue;
        const source = made!.inputs[0];
        const [a, b] = inputs;
        return side === 0
          ? dot()(source, b, { contract: [axes.contract, contract[1]], batch: [axes.batch, batch[1]] })
          : dot()(a, source, { contract: [contract[0], axes.contract], batch: [batch[0], axes.batch] });
      }
      return null;
    },
  ),
];

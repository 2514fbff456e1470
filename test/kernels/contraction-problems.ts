/**
 * Random contractions: axes of both operands in any order, and plain matrix products around the lengths where blocks end.
 */
import fc from "fast-check";
import type { ContractionAxes } from "../../kernels/contraction.ts";

export type Problem = { readonly aShape: number[]; readonly bShape: number[]; readonly axes: ContractionAxes };

/** Axes of both operands in random order: batch, contracted and free, with lengths from 0. */
export const problems = (maxLength: number): fc.Arbitrary<Problem> => {
  const lengths = fc.array(fc.nat(maxLength), { maxLength: 2 });
  return fc
    .tuple(lengths, lengths, lengths, lengths, fc.infiniteStream(fc.nat(1000)))
    .map(([batch, contract, aFree, bFree, stream]) => {
      const scatter = (free: readonly number[]): { shape: number[]; batchAxes: number[]; contractAxes: number[] } => {
        const all = [...batch, ...contract, ...free];
        const places = all
          .map((_, k): [number, number] => [stream.next().value as number, k])
          .toSorted(([x], [y]) => x - y)
          .map(([, k]) => k);
        return {
          shape: places.map((k) => all[k]!),
          batchAxes: batch.map((_, k) => places.indexOf(k)),
          contractAxes: contract.map((_, k) => places.indexOf(batch.length + k)),
        };
      };
      const a = scatter(aFree);
      const b = scatter(bFree);
      const axes: ContractionAxes = { contract: [a.contractAxes, b.contractAxes], batch: [a.batchAxes, b.batchAxes] };
      return { aShape: a.shape, bShape: b.shape, axes };
    });
};

export type Sizes = {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly isLeftTransposed: boolean;
  readonly isRightTransposed: boolean;
};

export const sizes: fc.Arbitrary<Sizes> = fc.record({
  m: fc.integer({ min: 1, max: 11 }),
  k: fc.oneof(fc.integer({ min: 250, max: 260 }), fc.integer({ min: 1, max: 1100 })),
  n: fc.integer({ min: 1, max: 11 }),
  isLeftTransposed: fc.boolean(),
  isRightTransposed: fc.boolean(),
});

export function matrixProblem({ m, k, n, isLeftTransposed, isRightTransposed }: Sizes): Problem {
  return {
    aShape: isLeftTransposed ? [k, m] : [m, k],
    bShape: isRightTransposed ? [n, k] : [k, n],
    axes: { contract: [[isLeftTransposed ? 0 : 1], [isRightTransposed ? 1 : 0]], batch: [[], []] },
  };
}

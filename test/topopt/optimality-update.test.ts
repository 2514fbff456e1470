/** The compiled update is the published loop over numbers, to the bit, on all back ends; the order of its sums is np.sum's. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, configure, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { updateDesign } from "../../topopt/optimality-update.ts";

interface Numbers {
  readonly design: Float64Array;
  readonly objectiveGradient: Float64Array;
  readonly volumeGradient: Float64Array;
  readonly upper: Float64Array;
  readonly volumeFraction: number;
  readonly move: number;
  readonly volumeTolerance: number;
}

interface Result {
  readonly design: readonly number[];
  readonly lambda: number;
  readonly volume: number;
  readonly isVolumeReached: boolean;
  readonly bisections: number;
  readonly change: number;
}

/** The update as a loop over numbers: the specification. */
const plainUpdate = (numbers: Numbers): Result => {
  const { design, objectiveGradient, volumeGradient, upper, volumeFraction, move, volumeTolerance } = numbers;
  const strengths = objectiveGradient.map((slope, e) =>
    slope < 0 ? Math.min(Number.MAX_VALUE, Math.sqrt(-slope / volumeGradient[e]!)) : 0,
  );
  const designAt = (lambda: number): Float64Array =>
    design.map((x, e) =>
      Math.min(
        Math.max(x * strengths[e]! * (1 / Math.sqrt(lambda)), Math.max(0, x - move)),
        Math.min(upper[e]!, x + move),
      ),
    );
  const volumeAt = (lambda: number): number =>
    np.sum(array(designAt(lambda).map((x, e) => x * volumeGradient[e]!))).item();
  let [low, high] = [1e-9, 1e9];
  while (volumeAt(high) > volumeFraction && high < 1e300) high *= 1e3;
  while (volumeAt(low) < volumeFraction && low > 1e-300) low /= 1e3;
  let [lambda, volume, bisections] = [low, 0, 0];
  while (bisections < 2000) {
    bisections++;
    lambda = (low + high) / 2;
    volume = volumeAt(lambda);
    if (Math.abs(volume - volumeFraction) < volumeTolerance || lambda === low || lambda === high) break;
    if (volume > volumeFraction) low = lambda;
    else high = lambda;
  }
  const next = designAt(lambda);
  return {
    design: [...next],
    lambda,
    volume,
    isVolumeReached: Math.abs(volume - volumeFraction) <= Math.max(volumeTolerance, 1e-9),
    bisections,
    change: next.reduce((largest, x, e) => Math.max(largest, Math.abs(x - design[e]!)), 0),
  };
};

type Update = (...fields: NDArray[]) => ReturnType<typeof updateDesign>;

const fromFields = (
  design: NDArray,
  objectiveGradient: NDArray,
  volumeGradient: NDArray,
  upper: NDArray,
  volumeFraction: NDArray,
  move: NDArray,
  volumeTolerance: NDArray,
): ReturnType<typeof updateDesign> =>
  updateDesign({ design, objectiveGradient, volumeGradient, upper, volumeFraction, move, volumeTolerance });

const resultOf = (update: Update, numbers: Numbers, columns: number): Result => {
  const { design, objectiveGradient, volumeGradient, upper, volumeFraction, move, volumeTolerance } = numbers;
  const fields = [design, objectiveGradient, volumeGradient, upper].map((values) =>
    array(values).reshape([values.length / columns, columns]),
  );
  const step = update(...fields, array(volumeFraction), array(move), array(volumeTolerance));
  expect(step.design.shape).toEqual(fields[0]!.shape);
  return {
    design: [...step.design.toTypedArray()],
    lambda: step.lambda.item(),
    volume: step.volume.item(),
    isVolumeReached: step.isVolumeReached.item() === 1,
    bisections: step.bisections.item(),
    change: step.change.item(),
  };
};

const finite = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** Any state: slopes of both signs and any size, variables without volume or held at 0, targets within reach or not. */
const states = (rows: number, columns: number): fc.Arbitrary<Numbers> =>
  fc
    .record({
      entries: fc.array(
        fc.record({
          x: fc.oneof(finite(0, 1), fc.constantFrom(0, 1)),
          slope: fc.oneof(finite(-1, 0.1), fc.constantFrom(0, -1e-300)),
          weight: fc.oneof({ weight: 5, arbitrary: finite(0.1, 1) }, { weight: 1, arbitrary: fc.constant(0) }),
          isMasked: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
        }),
        { minLength: rows * columns, maxLength: rows * columns },
      ),
      decades: fc.integer({ min: -15, max: 15 }),
      move: finite(0.01, 1),
      volumeFraction: finite(0, 1),
      volumeTolerance: fc.constantFrom(1e-3, 1e-9, 1e-13, 1e-30),
    })
    .map(({ entries, decades, ...rest }) => {
      const total = entries.reduce((sum, { weight }) => sum + weight, 0);
      return {
        design: Float64Array.from(entries, ({ x, isMasked }) => (isMasked ? 0 : x)),
        objectiveGradient: Float64Array.from(entries, ({ slope }) => slope * 10 ** decades),
        volumeGradient: Float64Array.from(entries, ({ weight }) => (total > 0 ? weight / total : 0)),
        upper: Float64Array.from(entries, ({ isMasked }) => (isMasked ? 0 : 1)),
        ...rest,
      };
    });

const shapes = [
  [1, 1],
  [2, 3],
  [5, 7],
] as const;

test.each(["wasm", "js", "interpreter"] as const)(
  "%s: every update has the bits of the loop over numbers",
  (backend) => {
    const update = jit(fromFields, { backend }) as Update;
    const cases = fc
      .constantFrom(...shapes)
      .chain(([rows, columns]) => fc.tuple(states(rows, columns), fc.constant(columns)));
    fc.assert(
      fc.property(cases, ([numbers, columns]) => {
        expect(resultOf(update, numbers, columns)).toEqual(plainUpdate(numbers));
      }),
      { numRuns: backend === "interpreter" ? 20 : 150 },
    );
  },
);

test("a grid of 6144 elements has the bits of the loop over numbers, by one, two and four threads", () => {
  const count = 96 * 64;
  const wave = (frequency: number): Float64Array =>
    Float64Array.from({ length: count }, (_, e) => 0.5 + 0.5 * Math.sin(frequency * (e + 1)));
  const numbers: Numbers = {
    design: wave(0.37),
    objectiveGradient: wave(1.3).map((x) => -(x ** 6)),
    volumeGradient: new Float64Array(count).fill(1 / count),
    upper: new Float64Array(count).fill(1),
    volumeFraction: 0.5,
    move: 0.2,
    volumeTolerance: 1e-9,
  };
  const wanted = plainUpdate(numbers);
  expect([wanted.isVolumeReached, wanted.bisections > 30]).toEqual([true, true]);
  try {
    for (const threads of [1, 2, 4]) {
      configure({ threads });
      for (const backend of ["wasm", "js"] as const)
        expect(resultOf(jit(fromFields, { backend }) as Update, numbers, 96)).toEqual(wanted);
    }
  } finally {
    configure({ threads: 1 });
  }
});

test("a gradient that is not finite ends the bisection all the same", () => {
  const update = jit(fromFields) as Update;
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const { bisections } = resultOf(
      update,
      {
        design: Float64Array.of(0.5, 0.5),
        objectiveGradient: Float64Array.of(-1, wrong),
        volumeGradient: Float64Array.of(0.5, NaN),
        upper: Float64Array.of(1, 1),
        volumeFraction: 0.5,
        move: 0.2,
        volumeTolerance: 1e-9,
      },
      2,
    );
    expect(bisections).toBeLessThanOrEqual(2000);
  }
});

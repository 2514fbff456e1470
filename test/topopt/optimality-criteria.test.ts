/** The optimality criteria update keeps bounds, move limit and volume, and moves towards what helps most. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array } from "cotangent";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { optimalityCriteria as update } from "cotangent/topopt";

/** The options with plain lists of numbers in the place of fields. */
interface OptimalityCriteria {
  readonly design: Float64Array;
  readonly objectiveGradient: Float64Array;
  readonly volumeGradient: Float64Array;
  readonly volumeFraction: number;
  readonly move: number;
  readonly volumeTolerance: number;
  readonly upper?: Float64Array | undefined;
}

/** The update of a grid of one row. */
const optimalityCriteria = ({ design, objectiveGradient, volumeGradient, upper, ...rest }: OptimalityCriteria) => {
  const field = (values: Float64Array): ElementField => array(values, { shape: [1, values.length] }) as ElementField;
  const step = update({
    ...rest,
    design: field(design),
    objectiveGradient: field(objectiveGradient),
    volumeGradient: field(volumeGradient),
    ...(upper === undefined ? {} : { upper: field(upper) }),
  });
  return { ...step, design: step.design.toTypedArray() as Float64Array };
};

const finite = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** Random states; the target is reachable within the move limit. */
const states: fc.Arbitrary<OptimalityCriteria> = fc
  .record({
    entries: fc.array(
      fc.record({ x: finite(0.01, 1), slope: finite(-1e3, -1e-3), weight: finite(0.1, 1), isCapped: fc.boolean() }),
      { minLength: 1, maxLength: 30 },
    ),
    move: finite(0.01, 1),
    share: finite(0.05, 0.95),
    hasBounds: fc.boolean(),
  })
  .map(({ entries, move, share, hasBounds }) => {
    const total = entries.reduce((sum, { weight }) => sum + weight, 0);
    const upper = Float64Array.from(entries, ({ x, isCapped }) => (hasBounds && isCapped ? x + (1 - x) / 10 : 1));
    const design = Float64Array.from(entries, ({ x }) => x);
    const volumeGradient = Float64Array.from(entries, ({ weight }) => weight / total);
    const volumeOf = (bound: (x: number, e: number) => number): number =>
      design.reduce((sum, x, e) => sum + volumeGradient[e]! * bound(x, e), 0);
    const [low, high] = [volumeOf((x) => Math.max(0, x - move)), volumeOf((x, e) => Math.min(upper[e]!, x + move))];
    return {
      design,
      objectiveGradient: Float64Array.from(entries, ({ slope }) => slope),
      volumeGradient,
      volumeFraction: low + share * (high - low),
      move,
      volumeTolerance: 1e-9,
      ...(hasBounds ? { upper } : {}),
    };
  });

test("bounds, move limit and the volume target are kept", () => {
  fc.assert(
    fc.property(states, (state) => {
      const { design, volume, bisections } = optimalityCriteria(state);
      design.forEach((x, e) => {
        expect(x).toBeGreaterThanOrEqual(Math.max(0, state.design[e]! - state.move));
        expect(x).toBeLessThanOrEqual(Math.min(state.upper?.[e] ?? 1, state.design[e]! + state.move));
      });
      expect(volume).toBe(np.sum(array(design.map((x, e) => x * state.volumeGradient[e]!))).item());
      expect(Math.abs(volume - state.volumeFraction)).toBeLessThan(1e-9);
      expect(bisections).toBeLessThan(200);
    }),
    { numRuns: 500 },
  );
});

test("of two variables that are equal otherwise, the one that helps more gets more", () => {
  fc.assert(
    fc.property(states, (state) => {
      const { design } = optimalityCriteria({
        ...state,
        design: state.design.map(() => 0.5),
        upper: undefined,
        volumeFraction: 0.5,
        volumeGradient: state.volumeGradient.map((_w, _e, all) => 1 / all.length),
      });
      const order = Array.from(design.keys()).sort((a, b) => state.objectiveGradient[a]! - state.objectiveGradient[b]!);
      order.forEach((e, k) => k > 0 && expect(design[e]!).toBeLessThanOrEqual(design[order[k - 1]!]!));
    }),
  );
});

test("a variable that does not help falls as far as it may, one without weight rises as far as it may", () => {
  const state = {
    design: Float64Array.of(0.5, 0.5, 0.5, 0),
    objectiveGradient: Float64Array.of(0, -1, -1, 0),
    volumeGradient: Float64Array.of(0.5, 0.5, 0, 0),
    volumeFraction: 0.5,
    move: 0.2,
    volumeTolerance: 1e-9,
  };
  const { design } = optimalityCriteria(state);
  expect([...design.subarray(0, 3)].map((x) => Number(x.toFixed(6)))).toEqual([0.3, 0.7, 0.7]);
  expect(design[3]).toBe(0);
  const helpful = optimalityCriteria({ ...state, objectiveGradient: Float64Array.of(3, -1, -1, -1) });
  expect(helpful.design.every(Number.isFinite)).toBe(true);
});

test("a target out of reach gives the closest volume that bounds and move limit allow", () => {
  const state = {
    design: Float64Array.of(0.5, 0.5),
    objectiveGradient: Float64Array.of(-1, -2),
    volumeGradient: Float64Array.of(0.5, 0.5),
    move: 0.1,
    volumeTolerance: 1e-9,
  };
  expect(optimalityCriteria({ ...state, volumeFraction: 0.9 }).volume).toBeCloseTo(0.6, 12);
  expect(optimalityCriteria({ ...state, volumeFraction: 0.1 }).volume).toBeCloseTo(0.4, 12);
});

test("a gradient that is not finite is refused with its element", () => {
  const state = {
    design: Float64Array.of(0.5, 0.5),
    volumeGradient: Float64Array.of(0.5, 0.5),
    volumeFraction: 0.5,
    move: 0.1,
    volumeTolerance: 1e-9,
  };
  for (const wrong of [NaN, Infinity, -Infinity])
    expect(() => optimalityCriteria({ ...state, objectiveGradient: Float64Array.of(-1, wrong) })).toThrow(/element 1/u);
});

test("the unit of the objective does not matter: gradients scaled by any power of ten give the same update", () => {
  const state = {
    design: Float64Array.of(0.3, 0.5, 0.4),
    volumeGradient: Float64Array.of(0.25, 0.5, 0.25),
    volumeFraction: 0.4,
    move: 0.2,
    volumeTolerance: 1e-12,
  };
  const slopes = Float64Array.of(-3, -1, -2);
  const plain = optimalityCriteria({ ...state, objectiveGradient: slopes });
  for (const power of [-25, -9, 6, 12, 25]) {
    const scaled = optimalityCriteria({ ...state, objectiveGradient: slopes.map((slope) => slope * 10 ** power) });
    expect(scaled.isVolumeReached).toBe(true);
    scaled.design.forEach((value, e) => expect(value).toBeCloseTo(plain.design[e]!, 9));
  }
});

test("a target that bounds, move limit or a zero gradient do not allow is said to be missed", () => {
  const state = {
    design: Float64Array.of(0.5, 0.5),
    objectiveGradient: Float64Array.of(-1, -1),
    volumeGradient: Float64Array.of(0.5, 0.5),
    move: 0.1,
    volumeTolerance: 1e-9,
  };
  expect(optimalityCriteria({ ...state, volumeFraction: 0.55 }).isVolumeReached).toBe(true);
  expect(optimalityCriteria({ ...state, volumeFraction: 0.9 }).isVolumeReached).toBe(false);
  expect(
    optimalityCriteria({ ...state, objectiveGradient: Float64Array.of(0, 0), volumeFraction: 0.5 }).isVolumeReached,
  ).toBe(false);
});

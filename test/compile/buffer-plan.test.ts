/**
 * Buffer plans: buffers alive at the same time never overlap, whatever their sizes and times; a buffer shares bytes only with
 * those whose time is over, or with one that ends where it begins and that it may be written over.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, planBuffers, pointerBytes } from "../../src/compile/buffer-plan.ts";
import type { BufferPlan, Lifetimes } from "../../src/compile/buffer-plan.ts";
import type { Buffer } from "../../src/compile/groups.ts";

/** The unit of offsets. */
const line = 16;

const roundUp = (bytes: number): number => line * Math.ceil(bytes / line);

interface Problem {
  readonly buffers: readonly Buffer[];
  readonly lifetimes: Lifetimes;
  readonly steps: number;
  readonly pointers: ReadonlyMap<number, number>;
}

interface BufferChoice {
  readonly length: number;
  readonly dtype: Buffer["dtype"];
  /** Where its time begins and how long it lasts, as shares of what is possible. */
  readonly begin: number;
  readonly duration: number;
  readonly isInput: boolean;
  readonly isOutput: boolean;
  readonly isInFrame: boolean;
  /** Whether it may be written over what ends where it begins. */
  readonly mayOverwrite: boolean;
}

/** Buffers that end at the step where this one begins, and are large enough for it. */
const endingAt = (
  buffers: readonly Buffer[],
  { first, last }: Pick<Lifetimes, "first" | "last">,
  buffer: number,
): number[] =>
  [...buffers.keys()].filter(
    (old) => old !== buffer && last[old] === first[buffer] && bytesOf(buffers[old]!) >= bytesOf(buffers[buffer]!),
  );

const problemOf = (choices: readonly BufferChoice[], steps: number, pointerCount: number): Problem => {
  const buffers = choices.map(({ length, dtype }): Buffer => ({ shape: [length], dtype }));
  const first = Int32Array.from(choices, ({ begin, isInput }) => (isInput ? -1 : Math.floor(begin * steps)));
  const last = Int32Array.from(choices, ({ duration, isOutput }, k) => {
    const from = Math.max(0, first[k]!);
    return isOutput ? steps : from + Math.floor(duration * duration * (steps - from));
  });
  const overwrites = new Map(
    choices.flatMap(({ mayOverwrite }, k): [number, number[]][] =>
      mayOverwrite && first[k]! >= 0 ? [[k, endingAt(buffers, { first, last }, k)]] : [],
    ),
  );
  const pointers = new Map([...choices.keys()].slice(0, pointerCount).map((k) => [k, k]));
  const inFrame = Uint8Array.from(choices, ({ isInFrame }, k) => (isInFrame && !pointers.has(k) ? 1 : 0));
  return { buffers, lifetimes: { first, last, inFrame, overwrites }, steps, pointers };
};

/** @param seldom  how many in a hundred have something about them that keeps them from a place of their own */
const problems = (
  lengths: fc.Arbitrary<number>,
  count: { readonly minLength: number; readonly maxLength: number },
  mostSteps: number,
  seldom: number,
): fc.Arbitrary<Problem> => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const isSo = (hundredths: number): fc.Arbitrary<boolean> =>
    fc.oneof(
      { weight: hundredths, arbitrary: fc.constant(true) },
      { weight: 100 - hundredths, arbitrary: fc.constant(false) },
    );
  return fc
    .record({
      choices: fc.array(
        fc.record({
          length: lengths,
          dtype: fc.constantFrom<Buffer["dtype"]>("float64", "float32", "bool"),
          begin: share,
          duration: share,
          isInput: isSo(10),
          isOutput: isSo(10),
          isInFrame: isSo(seldom).map((isOutside) => !isOutside),
          mayOverwrite: isSo(3 * seldom),
        }),
        { ...count, size: "max" },
      ),
      steps: fc.integer({ min: 1, max: mostSteps }),
      pointerCount: fc.nat(9),
    })
    .map(({ choices, steps, pointerCount }) => problemOf(choices, steps, pointerCount));
};

/** Buffers with bytes in the frame. */
const placed = ({ buffers, lifetimes }: Problem): number[] =>
  [...buffers.keys()].filter((k) => lifetimes.inFrame[k] === 1 && bytesOf(buffers[k]!) > 0);

/** Pairs that share bytes although neither ends before the other begins, nor is written over it. */
const collisions = (problem: Problem, { offsets }: BufferPlan): string[] => {
  const { buffers, lifetimes } = problem;
  const { first, last, overwrites } = lifetimes;
  const follows = (old: number, next: number): boolean =>
    last[old]! < first[next]! ||
    (last[old] === first[next] && offsets[old] === offsets[next] && overwrites.get(next)?.includes(old) === true);
  const inOrder = placed(problem).sort((left, right) => offsets[left]! - offsets[right]!);
  return inOrder.flatMap((left, k) => {
    const found: string[] = [];
    const end = offsets[left]! + bytesOf(buffers[left]!);
    for (let n = k + 1; n < inOrder.length && offsets[inOrder[n]!]! < end; n++) {
      const right = inOrder[n]!;
      if (!follows(left, right) && !follows(right, left)) found.push(`${left} and ${right}`);
    }
    return found;
  });
};

const requirePlan = (problem: Problem): void => {
  const { buffers, lifetimes, steps, pointers } = problem;
  const plan = planBuffers(buffers, lifetimes, steps, pointers);
  expect(collisions(problem, plan)).toEqual([]);
  const own = new Set(placed(problem));
  const head = roundUp(pointerBytes * pointers.size);
  const isPlacedWell = (buffer: Buffer, offset: number): boolean =>
    offset >= head && offset % line === 0 && offset + bytesOf(buffer) <= plan.bytes;
  const wrong = [...buffers.entries()].filter(([k, buffer]) => {
    const [offset, slot] = [plan.offsets[k]!, plan.slots[k]];
    return slot !== (pointers.get(k) ?? -1) || !(own.has(k) ? isPlacedWell(buffer, offset) : offset === -1);
  });
  expect(wrong).toEqual([]);
  const sum = [...own].reduce((bytes, k) => bytes + roundUp(bytesOf(buffers[k]!)), head);
  expect(plan.bytes).toBeLessThanOrEqual(sum);
};

/** Places from which on they are set in the order of time. */
const many = 2001;

describe("buffers alive at the same time never overlap, and together never need more than the sum", () => {
  test("a few buffers", () => {
    fc.assert(
      fc.property(problems(fc.oneof(fc.nat(9), fc.nat(200)), { minLength: 1, maxLength: 40 }, 12, 20), requirePlan),
      { numRuns: 400 },
    );
  });

  test("more than are compared with each other", () => {
    const long = problems(fc.integer({ min: 1, max: 200 }), { minLength: many + 400, maxLength: many + 500 }, 600, 3);
    fc.assert(
      // By a number: such a problem is too long to be shrunk, or shown.
      fc.property(fc.nat(), (seed) => {
        const [problem] = fc.sample(long, { seed, numRuns: 1 });
        const overwriting = [...problem!.lifetimes.overwrites].filter(([, old]) => old.length > 0).length;
        expect(placed(problem!).length - overwriting).toBeGreaterThanOrEqual(many);
        requirePlan(problem!);
      }),
      { numRuns: 12 },
    );
  });
});

test("one after the other take one place, and what may be written over needs none of its own", () => {
  const buffers: Buffer[] = [100, 100, 50].map((length) => ({ shape: [length], dtype: "float64" }));
  const planned = (first: number[], last: number[], overwrites: [number, number[]][]): BufferPlan =>
    planBuffers(
      buffers,
      {
        first: Int32Array.from(first),
        last: Int32Array.from(last),
        inFrame: new Uint8Array(3).fill(1),
        overwrites: new Map(overwrites),
      },
      6,
    );
  expect(planned([0, 2, 4], [1, 3, 5], [])).toMatchObject({ offsets: [0, 0, 0], bytes: 800 });
  expect(planned([0, 1, 2], [1, 2, 5], [])).toMatchObject({ offsets: [0, 800, 0], bytes: 1600 });
  expect(
    planned(
      [0, 1, 2],
      [1, 2, 5],
      [
        [1, [0]],
        [2, [1]],
      ],
    ),
  ).toMatchObject({ offsets: [0, 0, 0], bytes: 800 });
});

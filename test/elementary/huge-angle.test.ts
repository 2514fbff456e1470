/** Reduced angles against whole-number arithmetic with pi from Machin's formula, which shares nothing with the digits of 2 / pi. */
import { expect, test } from "vitest";
import { fc } from "@fast-check/vitest";
import { reducedAngle } from "../../kernels/elementary/angle.ts";
import { hugeAngle } from "../../kernels/elementary/huge-angle.ts";
import { numbers } from "../../kernels/elementary/numbers.ts";

/** Fraction bits of pi: as many as the smallest angle needs. */
const bits = 1300n;

/** arctan(1 / n) 2^bits */
const arctangentOfInverse = (n: bigint): bigint => {
  let power = (1n << bits) / n;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += k % 4n === 1n ? power / k : -(power / k);
    power /= n * n;
  }
  return sum;
};

/** pi / 2 times 2^bits: 8 arctan(1/5) - 2 arctan(1/239). */
const quarterTurn = 8n * arctangentOfInverse(5n) - 2n * arctangentOfInverse(239n);

/** The finite number times 2^bits; exact where its last bit has a weight of 2^-bits or more. */
const scaled = (x: number): bigint => {
  let exponent = Number(bits);
  let whole = x;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    exponent -= 1;
  }
  return BigInt(whole) << BigInt(exponent);
};

/** Relative error of quarter pi / 2 + r - c, modulo a full turn, as an angle of x. */
const errorOf = (x: number, { quarter, r, c }: { quarter: number; r: number; c: number }): number => {
  const turn = 4n * quarterTurn;
  const off = (scaled(x) - BigInt(quarter) * quarterTurn - scaled(r) + scaled(c)) % turn;
  const distance = [off, off - turn, off + turn].map((value) => (value < 0n ? -value : value));
  const least = distance.reduce((one, other) => (other < one ? other : one));
  return Number((least << 200n) / scaled(Math.abs(r))) / 2 ** 200;
};

/** Numbers whose exponents are equally likely. */
const magnitudes = (low: number, high: number): fc.Arbitrary<number> =>
  fc
    .tuple(
      fc.double({ min: 1, max: 2, noNaN: true, maxExcluded: true }),
      fc.integer({ min: low, max: high }),
      fc.boolean(),
    )
    .map(([significand, exponent, isNegative]) => (isNegative ? -1 : 1) * significand * 2 ** exponent);

test("huge angles are reduced to more than a hundred bits, whatever their size", () => {
  fc.assert(
    fc.property(magnitudes(2, 1023), (x) => {
      const angle = hugeAngle(x);
      expect(Math.abs(angle.r)).toBeLessThan(0.7854);
      expect(errorOf(x, angle)).toBeLessThan(2 ** -100);
    }),
    { numRuns: 500 },
  );
});

test("the double nearest of all to a multiple of pi / 2 keeps a hundred bits", () => {
  const x = 6381956970095103 * 2 ** 797;
  const angle = hugeAngle(x);
  expect(Math.abs(angle.r)).toBeLessThan(5e-19);
  expect(errorOf(x, angle)).toBeLessThan(2 ** -100);
});

test("moderate angles are reduced to 58 bits more than their own, in float64, and to 27 in float32", () => {
  const reductions = [
    [numbers.float64, 411_774, 2 ** -58],
    [numbers.float32, 12_867, 2 ** -27],
  ] as const;
  for (const [arithmetic, largest, bound] of reductions) {
    const reduce = reducedAngle(arithmetic);
    const multiples = fc
      .tuple(fc.integer({ min: 1, max: Math.floor(largest / 1.5708) }), fc.integer({ min: -2, max: 2 }))
      .map(([n, steps]) => arithmetic.constant(n * (Math.PI / 2) * (1 + steps * 2 ** -24)));
    const any = fc.double({ min: 0.01, max: largest, noNaN: true }).map(arithmetic.constant);
    fc.assert(
      fc.property(fc.oneof(multiples, any), (x) => {
        expect(errorOf(x, reduce(x))).toBeLessThan(bound);
      }),
      { numRuns: 1000 },
    );
  }
});

test("infinities and NaN have no angle", () => {
  for (const x of [Infinity, -Infinity, NaN]) expect(hugeAngle(x)).toEqual({ quarter: NaN, r: NaN, c: NaN });
});

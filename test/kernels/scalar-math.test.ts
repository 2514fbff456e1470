/**
 * Laws of the scalar functions: error in ulp against fixed-point values, special values, integers.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import * as scalar from "../../kernels/scalar-math.ts";
import { randomStream } from "./arrays.ts";
import {
  arcTangent,
  divided,
  exponential,
  fixed,
  logarithm,
  one,
  pi,
  sineCosine,
  squareRoot,
  times,
  ulpError,
} from "./precise-reference.ts";

const { unaryMath, binaryMath } = scalar;
const squared = (x: bigint): bigint => times(x, x);
const exp = (x: number): bigint => exponential(fixed(x));
const sinhOf = (x: number): bigint => (exp(x) - exp(-x)) / 2n;
const coshOf = (x: number): bigint => (exp(x) + exp(-x)) / 2n;
const logOf = (x: bigint): bigint => logarithm(x, Math.log(Number(x >> 150n)) - 150 * Math.LN2);
const asinOf = (x: number): bigint => arcTangent(divided(fixed(x), squareRoot(one - squared(fixed(x)))));

function cubeRoot(x: bigint): bigint {
  if (x < 0n) return -cubeRoot(-x);
  let root = fixed(Math.cbrt(Number(x >> 200n) / 2 ** 100));
  for (let k = 0; k < 4; k += 1) root -= divided(times(squared(root), root) - x, 3n * squared(root));
  return root;
}

type Case = {
  readonly from: number;
  readonly to: number;
  readonly maxUlp: number;
  readonly exact: (x: number) => bigint;
};

/** Domain, the bound stated in the module's table rounded up, and the exact value. */
const cases: Readonly<Partial<Record<scalar.UnaryName, Case>>> = {
  exp: { from: -60, to: 300, maxUlp: 1, exact: exp },
  expm1: { from: -3, to: 3, maxUlp: 1, exact: (x) => exp(x) - one },
  log: { from: 0, to: 20, maxUlp: 1, exact: (x) => logOf(fixed(x)) },
  log1p: { from: -0.99, to: 3, maxUlp: 1, exact: (x) => logOf(one + fixed(x)) },
  sqrt: { from: 0, to: 1e6, maxUlp: 0.5001, exact: (x) => squareRoot(fixed(x)) },
  cbrt: { from: -1e6, to: 1e6, maxUlp: 1, exact: (x) => cubeRoot(fixed(x)) },
  logistic: { from: -60, to: 40, maxUlp: 2, exact: (x) => divided(one, one + exp(-x)) },
  sin: { from: -1e6, to: 1e6, maxUlp: 1, exact: (x) => sineCosine(fixed(x))[0] },
  cos: { from: -1e6, to: 1e6, maxUlp: 1, exact: (x) => sineCosine(fixed(x))[1] },
  tan: { from: -100, to: 100, maxUlp: 1, exact: (x) => divided(...sineCosine(fixed(x))) },
  asin: { from: -1, to: 1, maxUlp: 1, exact: asinOf },
  acos: { from: -1, to: 1, maxUlp: 1, exact: (x) => (pi >> 1n) - asinOf(x) },
  atan: { from: -20, to: 20, maxUlp: 1, exact: (x) => arcTangent(fixed(x)) },
  sinh: { from: -30, to: 30, maxUlp: 2, exact: sinhOf },
  cosh: { from: -30, to: 30, maxUlp: 2, exact: coshOf },
  tanh: { from: -4, to: 4, maxUlp: 2, exact: (x) => divided(sinhOf(x), coshOf(x)) },
  asinh: {
    from: -9,
    to: 9,
    maxUlp: 2,
    exact: (x) => (x < 0 ? -1n : 1n) * logOf(fixed(Math.abs(x)) + squareRoot(one + squared(fixed(x)))),
  },
  acosh: { from: 1, to: 20, maxUlp: 2, exact: (x) => logOf(fixed(x) + squareRoot(squared(fixed(x)) - one)) },
  atanh: { from: -1, to: 1, maxUlp: 2, exact: (x) => logOf(divided(one + fixed(x), one - fixed(x))) / 2n },
};

test.each(Object.entries(cases))("%s stays within its stated error", (name, { from, to, maxUlp, exact }) => {
  const next = randomStream(name.length);
  let worst = 0;
  for (let k = 0; k < 200; k += 1) {
    // Half the points are pulled towards zero (or the lower end), where cancellation would show.
    const fraction = (next() + 1) / 2;
    const anchor = Math.max(from, Math.min(0, to));
    const x = k % 2 === 0 ? from + (to - from) * fraction : anchor + (to - anchor) * fraction ** 8;
    worst = Math.max(worst, ulpError(unaryMath[name as scalar.UnaryName](x), exact(x)));
  }
  expect(worst).toBeLessThanOrEqual(maxUlp);
});

test("pow and atan2 stay within their stated errors", () => {
  const next = randomStream(3);
  for (let k = 0; k < 200; k += 1) {
    const base = (next() + 1) * 4;
    const exponent = next() * 12;
    expect(
      ulpError(binaryMath.pow(base, exponent), exponential(times(fixed(exponent), logOf(fixed(base))))),
    ).toBeLessThanOrEqual(1);
    expect(ulpError(Math.atan2(exponent, base), arcTangent(divided(fixed(exponent), fixed(base))))).toBeLessThanOrEqual(
      2,
    );
  }
});

test("integerPower of small integers is exact, of other bases within 0.7 |n| + 1 ulp", () => {
  fc.assert(
    fc.property(fc.integer({ min: -9, max: 9 }), fc.nat(16), (x, n) => {
      expect(scalar.integerPower(x, n)).toBe(Number(BigInt(x) ** BigInt(n)));
    }),
  );
  fc.assert(
    fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.integer({ min: -20, max: 20 }), (x, n) => {
      let power = one;
      for (let k = 0; k < Math.abs(n); k += 1) power = times(power, fixed(x));
      const exact = n < 0 ? divided(one, power) : power;
      expect(ulpError(scalar.integerPower(x, n), exact)).toBeLessThanOrEqual(0.7 * Math.abs(n) + 1);
    }),
  );
});

test("integerPower keeps the parity of its sign and survives the ends of the range", () => {
  expect([-3, -2].map((x) => scalar.integerPower(x, 3))).toEqual([-27, -8]);
  expect(scalar.integerPower(0, 0)).toBe(1);
  expect(scalar.integerPower(NaN, 0)).toBe(1);
  expect(scalar.integerPower(-0, 3)).toBe(-0);
  expect(scalar.integerPower(-0, -3)).toBe(-Infinity);
  expect(scalar.integerPower(0, -2)).toBe(Infinity);
  expect(scalar.integerPower(-Infinity, -3)).toBe(-0);
  expect(scalar.integerPower(10, -310) / 1e-310).toBeCloseTo(1, 9);
  expect(scalar.integerPower(2, -1074)).toBe(Number.MIN_VALUE);
});

test("logistic has exact limits, no overflow, and logistic(x) + logistic(-x) = 1", () => {
  expect([1000, Infinity].map(unaryMath.logistic)).toEqual([1, 1]);
  expect([-1000, -Infinity].map(unaryMath.logistic)).toEqual([0, 0]);
  expect(unaryMath.logistic(-740)).toBe(Math.exp(-740));
  expect(unaryMath.logistic(1e-300)).toBe(0.5);
  expect(unaryMath.logistic(NaN)).toBeNaN();
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (x) => {
      expect(Math.abs(unaryMath.logistic(x) + unaryMath.logistic(-x) - 1)).toBeLessThanOrEqual(Number.EPSILON);
    }),
  );
});

test("pow follows IEEE 754 where JavaScript does not", () => {
  for (const y of [NaN, Infinity, -Infinity, 0, 2.5]) expect(binaryMath.pow(1, y)).toBe(1);
  for (const y of [Infinity, -Infinity]) expect(binaryMath.pow(-1, y)).toBe(1);
  expect(binaryMath.pow(NaN, 0)).toBe(1);
  expect(binaryMath.pow(-2, 3)).toBe(-8);
  expect(binaryMath.pow(-2, 0.5)).toBeNaN();
  expect(binaryMath.pow(-0, -3)).toBe(-Infinity);
  expect(binaryMath.pow(0.5, -Infinity)).toBe(Infinity);
});

test("round goes to the nearest integer, ties to even, and keeps signed zeros and large numbers", () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994].map(unaryMath.round)).toEqual([0, 2, 2, -0, -2, 0]);
  fc.assert(
    fc.property(fc.double(), (x) => {
      const rounded = unaryMath.round(x);
      if (!Number.isFinite(x)) expect(rounded).toBe(x);
      else {
        expect(Number.isInteger(rounded)).toBe(true);
        expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
        if (Math.abs(rounded - x) === 0.5) expect(Math.abs(rounded % 2)).toBe(0);
        expect(Object.is(rounded, -0)).toBe(rounded === 0 && (x < 0 || Object.is(x, -0)));
      }
    }),
  );
});

test("sign keeps zeros and NaN; maximum and minimum propagate NaN and order the zeros", () => {
  expect([0, -0, NaN, -3, Infinity].map(scalar.sign)).toEqual([0, -0, NaN, -1, 1]);
  expect([scalar.maximum(-0, 0), scalar.maximum(0, -0), scalar.minimum(0, -0)]).toEqual([0, 0, -0]);
  for (const pick of [scalar.maximum, scalar.minimum]) expect([pick(NaN, 1), pick(1, NaN)]).toEqual([NaN, NaN]);
});

test("remainder lies between zero and the divisor and floorDivide completes it", () => {
  const reals = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      reals,
      reals.filter((y) => Math.abs(y) > 1e-3),
      (x, y) => {
        const rest = scalar.remainder(x, y);
        expect(rest === 0 ? Object.is(rest, -0) : rest < 0).toBe(y < 0);
        expect(Math.abs(rest)).toBeLessThanOrEqual(Math.abs(y));
        expect(Math.abs(scalar.floorDivide(x, y) * y + rest - x)).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(scalar.rem(x, y))).toBeLessThan(Math.abs(y));
      },
    ),
  );
  expect([scalar.remainder(-1, 3), scalar.remainder(1, -3), scalar.remainder(-1, Infinity)]).toEqual([2, -2, Infinity]);
  expect([
    scalar.floorDivide(-1, 3),
    scalar.floorDivide(1, 0),
    scalar.floorDivide(-1, 0),
    scalar.floorDivide(-0, 3),
  ]).toEqual([-1, Infinity, -Infinity, -0]);
  expect([scalar.remainder(1, 0), scalar.floorDivide(0, 0), scalar.floorDivide(Infinity, 1)]).toEqual([NaN, NaN, NaN]);
});

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, -2147483648, 2147483647));
const uint32 = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0xffffffff));
const wrap32 = (x: bigint): number => Number(BigInt.asIntN(32, x));

test("int32 arithmetic equals exact arithmetic modulo 2^32", () => {
  fc.assert(
    fc.property(int32, int32, (x, y) => {
      const [a, b] = [BigInt(x), BigInt(y)];
      expect(scalar.multiplyInt32(x, y)).toBe(wrap32(a * b));
      expect(scalar.multiplyUint32(x >>> 0, y >>> 0)).toBe(wrap32(a * b) >>> 0);
      if (y === 0) return;
      expect(scalar.divideInt32(x, y)).toBe(wrap32(a / b));
      expect(scalar.remInt32(x, y)).toBe(Number(a % b));
      const isFloorBelow = a % b !== 0n && a < 0n !== b < 0n;
      expect(scalar.floorDivideInt32(x, y)).toBe(wrap32(a / b - (isFloorBelow ? 1n : 0n)));
      expect(scalar.remainderInt32(x, y)).toBe(Number((a % b) + (isFloorBelow ? b : 0n)));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(
      uint32,
      uint32.filter((y) => y > 0),
      (x, y) => {
        expect(scalar.divideUint32(x, y)).toBe(Number(BigInt(x) / BigInt(y)));
        expect(scalar.remUint32(x, y)).toBe(Number(BigInt(x) % BigInt(y)));
      },
    ),
  );
  fc.assert(
    fc.property(int32, fc.nat(40), (x, n) => {
      expect(scalar.powerInt32(x, n)).toBe(wrap32(BigInt(x) ** BigInt(n)));
      expect(scalar.powerUint32(x >>> 0, n)).toBe(wrap32(BigInt(x) ** BigInt(n)) >>> 0);
    }),
  );
});

test("integer division by zero gives -1 or all ones, the remainder by zero the dividend", () => {
  for (const x of [0, 7, -7, -2147483648]) {
    expect([scalar.divideInt32(x, 0), scalar.floorDivideInt32(x, 0)]).toEqual([-1, -1]);
    expect([scalar.remInt32(x, 0), scalar.remainderInt32(x, 0)]).toEqual([x, x]);
  }
  expect([scalar.divideUint32(7, 0), scalar.remUint32(7, 0)]).toEqual([0xffffffff, 7]);
  expect([-1, 0, 1, 2].map((x) => scalar.powerInt32(x, -3))).toEqual([-1, -1, 1, 0]);
});

test("casts truncate, saturate and send NaN to zero (to true as bool)", () => {
  expect([NaN, 1e10, -1e10, 1.9, -1.9, -0, Infinity].map(scalar.castToInt32)).toEqual([
    0, 2147483647, -2147483648, 1, -1, 0, 2147483647,
  ]);
  expect([NaN, 1e10, -5, 1.9, 4294967295, 3e9].map(scalar.castToUint32)).toEqual([
    0, 4294967295, 0, 1, 4294967295, 3e9,
  ]);
  expect([NaN, 0, -0, 1e-320].map(scalar.castToBool)).toEqual([1, 0, 0, 1]);
});

test("every table entry agrees with the exported function of its name", () => {
  for (const [name, operation] of Object.entries({ ...unaryMath, ...binaryMath })) {
    expect(operation(0.5, 2)).not.toBeUndefined();
    const exported = (scalar as unknown as Record<string, unknown>)[name];
    if (exported !== undefined) expect(exported).toBe(operation);
  }
});

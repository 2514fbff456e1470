/**
 * Every vector instruction computes, lane by lane, what JavaScript says it means.
 * Operands lie in memory at bytes 0, 16 and 32, the result at byte 48.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Expression,
  at,
  f32x4,
  f64x2,
  hasRelaxedSimd,
  i32,
  i32x4,
  i64x2,
  i8x16,
  v128,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import * as opcodes from "../../../kernels/assembler/opcodes.ts";
import { instantiate } from "./disassemble.ts";
import * as meaning from "./meaning.ts";

type Vector = Expression<"v128">;
type Lanes = readonly (number | bigint)[];
type Instruction = (...vectors: readonly Vector[]) => Vector | Expression<"i32">;

/** Runs an instruction on the vectors in memory; the memory afterwards. */
function runner(instruction: Instruction, operands: number): (bytes: Uint8Array) => DataView {
  const module = wasmModule();
  module.exportMemory("memory", { initial: 1 });
  module.func("run", { params: [], export: true }, (f) =>
    f.store(48, instruction(...Array.from({ length: operands }, (_, i) => v128.load(16 * i)))),
  );
  const exports = instantiate(module.assemble());
  const { buffer } = exports["memory"] as unknown as WebAssembly.Memory;
  return (bytes) => {
    new Uint8Array(buffer).set(bytes);
    exports["run"]?.();
    return new DataView(buffer, 48);
  };
}

const specialFloats = fc.constantFrom(NaN, 0, -0, Infinity, -Infinity);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const shapes = {
  f64x2: {
    lanes: 2,
    arbitrary: fc.oneof(fc.double(), specialFloats),
    pack: (lanes: Lanes) => new Float64Array(lanes.map(Number)),
    read: (view: DataView, i: number) => view.getFloat64(8 * i, true),
  },
  f32x4: {
    lanes: 4,
    arbitrary: fc.oneof(fc.float(), specialFloats),
    pack: (lanes: Lanes) => new Float32Array(lanes.map(Number)),
    read: (view: DataView, i: number) => view.getFloat32(4 * i, true),
  },
  i32x4: {
    lanes: 4,
    arbitrary: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31))),
    pack: (lanes: Lanes) => new Int32Array(lanes.map(Number)),
    read: (view: DataView, i: number) => view.getInt32(4 * i, true),
  },
  i64x2: {
    lanes: 2,
    arbitrary: fc.oneof(int64, fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n))),
    pack: (lanes: Lanes) => new BigInt64Array(lanes.map(BigInt)),
    read: (view: DataView, i: number) => view.getBigInt64(8 * i, true),
  },
} as const;
type Shape = keyof typeof shapes;

const vectors = (shape: Shape): fc.Arbitrary<Lanes> => {
  const { lanes, arbitrary } = shapes[shape];
  return fc.array(arbitrary as fc.Arbitrary<number | bigint>, { minLength: lanes, maxLength: lanes });
};

/** The instruction from vectors of shape `from` gives `expected` in lanes of shape `to`. */
function agree(
  instruction: Instruction,
  operands: number,
  from: Shape,
  to: Shape,
  expected: (...vectors: readonly Lanes[]) => Lanes,
): void {
  const run = runner(instruction, operands);
  fc.assert(
    fc.property(fc.tuple(...Array.from({ length: operands }, () => vectors(from))), (values) => {
      const bytes = new Uint8Array(16 * operands);
      for (const [i, lanes] of values.entries()) bytes.set(new Uint8Array(shapes[from].pack(lanes).buffer), 16 * i);
      const view = run(bytes);
      const result = expected(...values);
      expect(result.map((_, i) => shapes[to].read(view, i))).toEqual(result);
    }),
  );
}

type LaneRule = (...lanes: readonly never[]) => number | bigint;
/** Applies a rule to the lanes of its operands, one place after the other. */
const lanewise =
  (rule: LaneRule) =>
  (...values: readonly Lanes[]): Lanes =>
    (values[0] ?? []).map((_, i) => rule(...(values.map((lanes) => lanes[i]) as never[])));
/** Makes a claim about lanes a mask of all ones or all zeros. */
const mask =
  (rule: LaneRule): LaneRule =>
  (...lanes) =>
    0 - Number(rule(...lanes));

const pseudo = { pmin: (a: number, b: number) => (b < a ? b : a), pmax: (a: number, b: number) => (a < b ? b : a) };
const { copysign: _, ...floatArithmetic } = meaning.floatBinaryRules;

for (const [shape, family, masks, round] of [
  ["f64x2", f64x2, "i64x2", (x: number) => x],
  ["f32x4", f32x4, "i32x4", Math.fround],
] as const) {
  const rounded =
    (rule: (...lanes: number[]) => number): LaneRule =>
    (...lanes) =>
      round(rule(...(lanes as unknown as number[])));
  describe(`${shape}`, () => {
    test.each(Object.entries(meaning.floatUnaryRules))(`${shape}.%s works lane by lane`, (name, rule) =>
      agree(family[name as keyof typeof meaning.floatUnaryRules], 1, shape, shape, lanewise(rounded(rule))),
    );
    test.each(Object.entries({ ...floatArithmetic, ...pseudo }))(`${shape}.%s works lane by lane`, (name, rule) =>
      agree(
        family[name as keyof typeof pseudo | keyof typeof floatArithmetic],
        2,
        shape,
        shape,
        lanewise(rounded(rule)),
      ),
    );
    test.each(Object.entries(meaning.floatComparisonRules))(`${shape}.%s gives a mask`, (name, rule) =>
      agree(family[name as keyof typeof meaning.floatComparisonRules], 2, shape, masks, (...values) =>
        lanewise(mask(rule as LaneRule))(...values).map((x) => (masks === "i64x2" ? BigInt(x) : x)),
      ),
    );
    if (hasRelaxedSimd())
      test(`${shape}.relaxed_madd is a b + c up to one rounding`, () => {
        const run = runner(family.relaxed_madd, 3);
        const bytes = new Uint8Array(
          shapes[shape].pack(Array.from({ length: 3 * family.lanes }, (_unused, i) => i + 1)).buffer,
        );
        expect(shapes[shape].read(run(bytes), 0)).toBe(1 * (1 + family.lanes) + (1 + 2 * family.lanes));
      });
  });
}

for (const [shape, family, bits] of [
  ["i32x4", i32x4, 32],
  ["i64x2", i64x2, 64],
] as const) {
  const width = BigInt(bits);
  const least = -(2n ** (width - 1n));
  const wrap = (x: bigint): number | bigint => (bits === 32 ? Number(BigInt.asIntN(32, x)) : BigInt.asIntN(64, x));
  const onBigints =
    (rule: (...lanes: bigint[]) => number | bigint): LaneRule =>
    (...lanes) =>
      wrap(BigInt(rule(...(lanes as unknown as (number | bigint)[]).map(BigInt))));
  const { add, sub, mul, shl, shr_s, shr_u } = meaning.integerBinaryRules(bits);
  const u = (x: bigint): bigint => BigInt.asUintN(bits, x);
  const extrema = {
    min_s: (a: bigint, b: bigint) => (a < b ? a : b),
    max_s: (a: bigint, b: bigint) => (a > b ? a : b),
    min_u: (a: bigint, b: bigint) => (u(a) < u(b) ? a : b),
    max_u: (a: bigint, b: bigint) => (u(a) > u(b) ? a : b),
  };
  const instructions = family as unknown as Readonly<Record<string, Instruction>>;
  const named = <Rule>(rules: Readonly<Record<string, Rule>>): [string, Rule][] =>
    Object.entries(rules).filter(([name]) => name in family);

  describe(`${shape}`, () => {
    test.each(named({ add, sub, mul, ...extrema }))(`${shape}.%s works lane by lane`, (name, rule) =>
      agree(instructions[name] as Instruction, 2, shape, shape, lanewise(onBigints(rule as () => bigint))),
    );
    test.each(named(meaning.integerComparisonRules(bits)))(`${shape}.%s gives a mask`, (name, rule) =>
      agree(
        instructions[name] as Instruction,
        2,
        shape,
        shape,
        lanewise(onBigints((...lanes) => -rule(...(lanes as [bigint, bigint])))),
      ),
    );
    test.each(Object.entries({ abs: (a: bigint) => (a < 0n && a !== least ? -a : a), neg: (a: bigint) => -a }))(
      `${shape}.%s works lane by lane`,
      (name, rule) => agree(instructions[name] as Instruction, 1, shape, shape, lanewise(onBigints(rule))),
    );
    test.each(Object.entries({ shl, shr_s, shr_u }))(`${shape}.%s shifts modulo the width`, (name, rule) => {
      for (const count of [0, 1, bits - 1, bits, bits + 3]) {
        agree(
          (x) => family[name as "shl"](x as Vector, count),
          1,
          shape,
          shape,
          lanewise(onBigints((a) => rule(a, BigInt(count)) as bigint)),
        );
      }
    });
    test(`${shape}.all_true and bitmask read every lane`, () => {
      agree(family.all_true, 1, shape, "i32x4", (lanes) => [Number(lanes.every((lane) => BigInt(lane) !== 0n))]);
      agree(family.bitmask, 1, shape, "i32x4", (lanes) => [
        lanes.reduce<number>((bitsSoFar, lane, i) => bitsSoFar | (Number(lane < 0) << i), 0),
      ]);
    });
  });
}

describe("conversions", () => {
  const saturated = meaning.i32ConversionRules;
  const numbers = (lanes: Lanes): number[] => lanes.map(Number);
  const signed = saturated.trunc_sat_f64_s as (x: number) => number;
  const unsigned = saturated.trunc_sat_f64_u as (x: number) => number;

  test("between floats: the low lanes are widened, the high lanes of a narrowing are zero", () => {
    agree(f64x2.promote_low_f32x4, 1, "f32x4", "f64x2", (lanes) => lanes.slice(0, 2));
    agree(f32x4.demote_f64x2_zero, 1, "f64x2", "f32x4", (lanes) => [...numbers(lanes).map(Math.fround), 0, 0]);
  });
  test("from integers to floats", () => {
    agree(f64x2.convert_low_i32x4_s, 1, "i32x4", "f64x2", (lanes) => lanes.slice(0, 2));
    agree(f64x2.convert_low_i32x4_u, 1, "i32x4", "f64x2", (lanes) =>
      numbers(lanes)
        .slice(0, 2)
        .map((x) => x >>> 0),
    );
    agree(f32x4.convert_i32x4_s, 1, "i32x4", "f32x4", (lanes) => numbers(lanes).map(Math.fround));
    agree(f32x4.convert_i32x4_u, 1, "i32x4", "f32x4", (lanes) => numbers(lanes).map((x) => Math.fround(x >>> 0)));
  });
  test("from floats to integers, saturating", () => {
    agree(i32x4.trunc_sat_f32x4_s, 1, "f32x4", "i32x4", (lanes) => numbers(lanes).map(signed));
    agree(i32x4.trunc_sat_f32x4_u, 1, "f32x4", "i32x4", (lanes) => numbers(lanes).map(unsigned));
    agree(i32x4.trunc_sat_f64x2_s_zero, 1, "f64x2", "i32x4", (lanes) => [...numbers(lanes).map(signed), 0, 0]);
    agree(i32x4.trunc_sat_f64x2_u_zero, 1, "f64x2", "i32x4", (lanes) => [...numbers(lanes).map(unsigned), 0, 0]);
  });
  test("from i32 lanes to i64 lanes: low or high half, signed or not, alone or multiplied", () => {
    const low = (lanes: Lanes): bigint[] => lanes.slice(0, 2).map(BigInt);
    const high = (lanes: Lanes): bigint[] => lanes.slice(2).map(BigInt);
    const u = (lanes: bigint[]): bigint[] => lanes.map((x) => BigInt.asUintN(32, x));
    const product = (a: bigint[], b: bigint[]): bigint[] => a.map((x, i) => BigInt.asIntN(64, x * (b[i] ?? 0n)));
    agree(i64x2.extend_low_i32x4_s, 1, "i32x4", "i64x2", low);
    agree(i64x2.extend_high_i32x4_s, 1, "i32x4", "i64x2", high);
    agree(i64x2.extend_low_i32x4_u, 1, "i32x4", "i64x2", (a) => u(low(a)));
    agree(i64x2.extend_high_i32x4_u, 1, "i32x4", "i64x2", (a) => u(high(a)));
    agree(i64x2.extmul_low_i32x4_s, 2, "i32x4", "i64x2", (a = [], b = []) => product(low(a), low(b)));
    agree(i64x2.extmul_high_i32x4_s, 2, "i32x4", "i64x2", (a = [], b = []) => product(high(a), high(b)));
    agree(i64x2.extmul_low_i32x4_u, 2, "i32x4", "i64x2", (a = [], b = []) => product(u(low(a)), u(low(b))));
    agree(i64x2.extmul_high_i32x4_u, 2, "i32x4", "i64x2", (a = [], b = []) => product(u(high(a)), u(high(b))));
  });
});

describe("bits, lanes and bytes", () => {
  const bitwise = (rule: (...lanes: bigint[]) => bigint) =>
    lanewise(((...lanes: bigint[]) => BigInt.asIntN(64, rule(...lanes))) as unknown as LaneRule);
  test.each([
    ["and", 2, (a: bigint, b: bigint) => a & b],
    ["or", 2, (a: bigint, b: bigint) => a | b],
    ["xor", 2, (a: bigint, b: bigint) => a ^ b],
    ["andnot", 2, (a: bigint, b: bigint) => a & ~b],
    ["not", 1, (a: bigint) => ~a],
    ["bitselect", 3, (a: bigint, b: bigint, m: bigint) => (a & m) | (b & ~m)],
  ] as const)("v128.%s works bit by bit", (name, operands, rule) =>
    agree(v128[name] as Instruction, operands, "i64x2", "i64x2", bitwise(rule as (...lanes: bigint[]) => bigint)),
  );

  test("v128.any_true asks for one bit", () =>
    agree(v128.any_true, 1, "i64x2", "i32x4", (lanes) => [Number(lanes.some((lane) => lane !== 0n))]));

  test("splat fills, replace_lane changes one lane, extract_lane reads it", () => {
    agree(
      (x) => f64x2.splat(f64x2.extract_lane(x as Vector, 1)),
      1,
      "f64x2",
      "f64x2",
      ([, second = 0]) => [second, second],
    );
    agree(
      (x) => f32x4.replace_lane(x as Vector, 2, f32x4.extract_lane(x as Vector, 3)),
      1,
      "f32x4",
      "f32x4",
      ([a = 0, b = 0, , d = 0]) => [a, b, d, d],
    );
    agree(
      (x) => i32x4.splat(i32x4.extract_lane(x as Vector, 2)),
      1,
      "i32x4",
      "i32x4",
      (lanes) => lanes.map(() => lanes[2] ?? 0),
    );
    agree(
      (x) => i64x2.replace_lane(x as Vector, 0, i64x2.extract_lane(x as Vector, 1)),
      1,
      "i64x2",
      "i64x2",
      ([, second = 0n]) => [second, second],
    );
  });

  test("shuffle and swizzle pick bytes", () => {
    const swapHalves = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
    agree(
      (x, y) => i8x16.shuffle(x as Vector, y as Vector, swapHalves),
      2,
      "f64x2",
      "f64x2",
      ([, b = 0] = [], [c = 0] = []) => [b, c],
    );
    const order = v128.const([8, 9, 10, 11, 12, 13, 14, 15, 16, 255, 200, 99, 16, 16, 16, 16]);
    agree(
      (x) => i8x16.swizzle(x as Vector, order),
      1,
      "i64x2",
      "i64x2",
      ([, second = 0n]) => [second, 0n],
    );
  });

  test("loads that splat, zero, widen or replace one lane read exactly their bytes", () => {
    const word =
      (i: number) =>
      (lanes: Lanes): bigint =>
        BigInt.asIntN(64, BigInt(lanes[i] ?? 0n));
    agree(
      () => v128.load64_splat(8),
      1,
      "i64x2",
      "i64x2",
      (lanes) => [word(1)(lanes), word(1)(lanes)],
    );
    agree(
      () => v128.load64_zero(8),
      1,
      "i64x2",
      "i64x2",
      (lanes) => [word(1)(lanes), 0n],
    );
    agree(
      () => v128.load32_splat(4),
      1,
      "i32x4",
      "i32x4",
      (lanes) => lanes.map(() => lanes[1] ?? 0),
    );
    agree(
      () => v128.load32_zero(4),
      1,
      "i32x4",
      "i32x4",
      (lanes) => [lanes[1] ?? 0, 0, 0, 0],
    );
    agree(
      () => v128.load32x2_s(8),
      1,
      "i32x4",
      "i64x2",
      (lanes) => lanes.slice(2).map(BigInt),
    );
    agree(
      (x) => v128.load64_lane(8, x as Vector, 0),
      1,
      "i64x2",
      "i64x2",
      (lanes) => [word(1)(lanes), word(1)(lanes)],
    );
    agree(
      (x) => v128.load32_lane(12, x as Vector, 0),
      1,
      "i32x4",
      "i32x4",
      ([, b = 0, c = 0, d = 0]) => [d, b, c, d],
    );
  });

  test("storeLane writes one lane and nothing else", () => {
    const module = wasmModule();
    module.exportMemory("memory", { initial: 1 });
    module.func("run", { params: ["i32"], export: true }, (f, p) =>
      f.storeLane(64, at(p, i32.const(2), 8), f64x2.splat(1.5), 1),
    );
    const { memory, run } = instantiate(module.assemble());
    run?.(16);
    expect([...new Float64Array((memory as unknown as WebAssembly.Memory).buffer, 0, 6)]).toEqual([0, 0, 0, 0, 1.5, 0]);
  });
});

test("every lane-wise instruction of the tables has a rule here", () => {
  const ruled = new Set(Object.keys({ ...floatArithmetic, ...pseudo, ...meaning.floatComparisonRules }));
  expect(Object.keys(opcodes.f64x2Binary).filter((name) => !ruled.has(name))).toEqual([]);
  expect(Object.keys(opcodes.f32x4Binary).filter((name) => !ruled.has(name))).toEqual([]);
});

/**
 * Every scalar instruction computes what JavaScript says it means, on special values and on random ones.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Expression,
  type Operand,
  type ValueType,
  f32,
  f64,
  i32,
  i64,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import * as opcodes from "../../../kernels/assembler/opcodes.ts";
import { type Callable, instantiate } from "./disassemble.ts";
import * as meaning from "./meaning.ts";

type Scalar = "i32" | "i64" | "f32" | "f64";
type Value = number | bigint;
type Rule = (...values: readonly Value[]) => Value;
type Instruction = (...operands: readonly Operand<never>[]) => Expression<ValueType>;
const families = { i32, i64, f32, f64 } as unknown as Record<Scalar, Record<string, Instruction>>;

/** One exported function for every instruction named, applied to its parameters. */
function compile(
  type: Scalar,
  names: readonly string[],
  operands: (name: string) => readonly ValueType[],
): Record<string, Callable> {
  const module = wasmModule();
  for (const name of names) {
    const params = operands(name);
    const make = families[type][name] as Instruction;
    const probe = params.map((param) => (param === "i64" ? 0n : 0)) as unknown as Operand<never>[];
    module.func(name, { params, result: make(...probe).type, export: true }, (_, ...parameters) =>
      make(...(parameters as unknown as Operand<never>[])),
    );
  }
  return instantiate(module.assemble());
}

function orTrap(evaluate: () => Value): Value {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trap" as unknown as Value;
    throw error;
  }
}

const special64 = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-310,
  5e-324,
  1.7976931348623157e308,
  -1e300,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 63,
  2 ** 64,
  2 ** 51 + 0.5,
  NaN,
  Infinity,
  -Infinity,
];
const special32 = special64.map(Math.fround);
const specialInt32 = [
  0,
  1,
  -1,
  2,
  -2,
  7,
  31,
  32,
  33,
  127,
  128,
  255,
  256,
  32767,
  32768,
  2 ** 31 - 1,
  -(2 ** 31),
  0x12345678,
  -0x12345678,
];
const specialInt64 = [
  ...specialInt32.map(BigInt),
  63n,
  64n,
  65n,
  2n ** 32n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 53n + 1n,
  0x123456789abcdefn,
  2n ** 40n + 2n ** 16n + 1n,
];
const special: Record<Scalar, readonly Value[]> = {
  i32: specialInt32,
  i64: specialInt64,
  f32: special32,
  f64: special64,
};
const arbitrary: Record<Scalar, fc.Arbitrary<Value>> = {
  i32: fc.integer(),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f32: fc.float(),
  f64: fc.double(),
};

/** The instruction and the rule agree on all special values and on random ones. */
function agree(instruction: Callable, rule: Rule, operands: readonly Scalar[]): void {
  const check = (values: readonly Value[]): void => {
    expect(orTrap(() => instruction(...values))).toBe(rule(...values));
  };
  const [first, second] = operands;
  const rests = second === undefined ? [[]] : special[second].map((value) => [value]);
  for (const a of special[first as Scalar]) for (const rest of rests) check([a, ...rest]);
  fc.assert(fc.property(fc.tuple(...operands.map((type) => arbitrary[type])), check), { numRuns: 50 });
}

/** Rules on signed bigints as rules on the values of the type. */
function onIntegers(
  type: "i32" | "i64",
  rules: Readonly<Record<string, (...values: bigint[]) => Value | meaning.Trap>>,
  isBit = false,
): Record<string, Rule> {
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      (...values: readonly Value[]) => {
        const result = rule(...values.map(BigInt));
        return (result === "trap" || isBit || type === "i64" ? result : Number(result)) as Value;
      },
    ]),
  );
}

/** Rules on doubles as rules on the values of the type: binary32 results are the rounded binary64 ones. */
function onFloats(
  type: "f32" | "f64",
  rules: Readonly<Record<string, (...values: number[]) => number>>,
): Record<string, Rule> {
  const round = type === "f32" ? Math.fround : (x: number): number => x;
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      (...values: readonly Value[]) => round(rule(...values.map(Number))),
    ]),
  );
}

function laws(
  title: string,
  type: Scalar,
  rules: Record<string, Rule>,
  operands: (name: string) => readonly Scalar[],
): void {
  describe(`${type} ${title}`, () => {
    const instructions = compile(type, Object.keys(rules), operands);
    test.each(Object.keys(rules))(`${type}.%s computes what it means`, (name) =>
      agree(instructions[name] as Callable, rules[name] as Rule, operands(name)),
    );
  });
}

for (const type of ["i32", "i64"] as const) {
  const bits = type === "i32" ? 32 : 64;
  laws(
    "comparison",
    type,
    onIntegers(type, { ...meaning.integerComparisonRules(bits), eqz: (a: bigint) => Number(a === 0n) } as never, true),
    (name) => (name === "eqz" ? [type] : [type, type]),
  );
  laws("unary", type, onIntegers(type, meaning.integerUnaryRules(bits)), () => [type]);
  laws("binary", type, onIntegers(type, meaning.integerBinaryRules(bits)), () => [type, type]);
}
for (const type of ["f32", "f64"] as const) {
  laws("comparison", type, onFloats(type, meaning.floatComparisonRules), () => [type, type]);
  laws("unary", type, onFloats(type, meaning.floatUnaryRules), () => [type]);
  laws("binary", type, onFloats(type, meaning.floatBinaryRules), () => [type, type]);
}
const conversionRules = {
  i32: [opcodes.i32Conversion, meaning.i32ConversionRules],
  i64: [opcodes.i64Conversion, meaning.i64ConversionRules],
  f32: [opcodes.f32Conversion, meaning.f32ConversionRules],
  f64: [opcodes.f64Conversion, meaning.f64ConversionRules],
} as const;
for (const type of ["i32", "i64", "f32", "f64"] as const) {
  const [table, rules] = conversionRules[type];
  laws("conversion", type, rules as unknown as Record<string, Rule>, (name) => [
    (table as Readonly<Record<string, readonly [number, Scalar]>>)[name]?.[1] as Scalar,
  ]);
}

/**
 * Every instruction we can write, read by an independent disassembler: it is valid, and it is the instruction asked for.
 */
import { describe, expect, test } from "vitest";
import {
  type Expression,
  type FunctionBuilder,
  type Operand,
  type ValueType,
  at,
  call,
  conditional,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  i64x2,
  i8x16,
  memoryGrow,
  memorySize,
  select,
  tee,
  unreachable,
  v128,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import * as opcodes from "../../../kernels/assembler/opcodes.ts";
import { disassemble, reassemble } from "./disassemble.ts";

type Instruction = (...operands: readonly never[]) => Expression<ValueType>;

/** An instruction, the types of its stack operands, and how it is called with them. */
interface Case {
  readonly text: string;
  readonly operands: readonly ValueType[];
  readonly make: Instruction;
}

const families = { i32, i64, f32, f64, v128, f64x2, f32x4, i32x4, i64x2, i8x16 } as unknown as Record<
  string,
  Record<string, Instruction>
>;

function cases(family: string, table: object, operands: (entry: never) => readonly ValueType[]): Case[] {
  return Object.entries(table).map(([name, entry]) => ({
    text: `${family}.${name}`,
    operands: operands(entry as never),
    make: families[family]?.[name] as Instruction,
  }));
}

const same = (count: number, type: ValueType) => (): ValueType[] => Array.from({ length: count }, () => type);
const converted = ([, from]: readonly [number, ValueType]): ValueType[] => [from];

const scalarCases = (["i32", "i64"] as const)
  .flatMap((type) => [
    ...cases(type, { eqz: 0 }, same(1, type)),
    ...cases(type, opcodes.integerComparison, same(2, type)),
    ...cases(type, opcodes.integerUnary, same(1, type)),
    ...cases(type, opcodes.integerBinary, same(2, type)),
  ])
  .concat(
    (["f32", "f64"] as const).flatMap((type) => [
      ...cases(type, opcodes.floatComparison, same(2, type)),
      ...cases(type, opcodes.floatUnary, same(1, type)),
      ...cases(type, opcodes.floatBinary, same(2, type)),
    ]),
    [
      ...cases("i32", opcodes.i32Conversion, converted),
      ...cases("i64", opcodes.i64Conversion, converted),
      ...cases("f32", opcodes.f32Conversion, converted),
      ...cases("f64", opcodes.f64Conversion, converted),
    ],
  );

const loadCases = [
  ...cases("i32", opcodes.i32Load, same(1, "i32")),
  ...cases("i64", opcodes.i64Load, same(1, "i32")),
  ...cases("f32", opcodes.f32Load, same(1, "i32")),
  ...cases("f64", opcodes.f64Load, same(1, "i32")),
  ...cases("v128", opcodes.v128Load, same(1, "i32")),
];

const vectorCases = [
  ...cases("v128", opcodes.v128Unary, same(1, "v128")),
  ...cases("v128", opcodes.v128Test, same(1, "v128")),
  ...cases("v128", opcodes.v128Binary, same(2, "v128")),
  ...cases("v128", opcodes.v128Ternary, same(3, "v128")),
  ...cases("f64x2", { ...opcodes.f64x2Unary, ...opcodes.f64x2Conversion }, same(1, "v128")),
  ...cases("f32x4", { ...opcodes.f32x4Unary, ...opcodes.f32x4Conversion }, same(1, "v128")),
  ...cases("i32x4", { ...opcodes.i32x4Unary, ...opcodes.i32x4Test }, same(1, "v128")),
  ...cases("i64x2", { ...opcodes.i64x2Unary, ...opcodes.i64x2Test }, same(1, "v128")),
  ...cases("f64x2", opcodes.f64x2Binary, same(2, "v128")),
  ...cases("f32x4", opcodes.f32x4Binary, same(2, "v128")),
  ...cases("i32x4", opcodes.i32x4Binary, same(2, "v128")),
  ...cases("i64x2", opcodes.i64x2Binary, same(2, "v128")),
  ...cases("i8x16", opcodes.i8x16Binary, same(2, "v128")),
  ...cases("f64x2", opcodes.f64x2Ternary, same(3, "v128")),
  ...cases("f32x4", opcodes.f32x4Ternary, same(3, "v128")),
  ...cases("i32x4", opcodes.i32x4Shift, (): ValueType[] => ["v128", "i32"]),
  ...cases("i64x2", opcodes.i64x2Shift, (): ValueType[] => ["v128", "i32"]),
  ...(["f64x2", "f32x4", "i32x4", "i64x2"] as const).flatMap((shape): Case[] => {
    const family = { f64x2, f32x4, i32x4, i64x2 }[shape];
    const { laneType } = family;
    return [
      { text: `${shape}.splat`, operands: [laneType], make: (x) => family.splat(x as never) },
      { text: `${shape}.extract_lane 1`, operands: ["v128"], make: (x) => family.extract_lane(x as never, 1) },
      {
        text: `${shape}.replace_lane 1`,
        operands: ["v128", laneType],
        make: (x, y) => family.replace_lane(x as never, 1, y as never),
      },
    ];
  }),
  ...Object.keys(opcodes.v128LoadLane).map((name): Case => ({
    text: `v128.${name} offset=300 1`,
    operands: ["i32", "v128"],
    make: (address, vector) =>
      v128[name as keyof typeof opcodes.v128LoadLane](address as never, vector as never, 1, 300),
  })),
  {
    text: "i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31",
    operands: ["v128", "v128"],
    make: (x, y) => i8x16.shuffle(x as never, y as never, [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31]),
  },
] satisfies Case[];

/** The instruction applied to the parameters of a function, as bytes. */
function moduleOf({ operands, make }: Case): Uint8Array<ArrayBuffer> {
  const module = wasmModule();
  module.exportMemory("memory", { initial: 1 });
  const applied = make(...operands.map((type) => unreachable(type) as never));
  module.func("f", { params: operands, result: applied.type }, (_, ...parameters) => make(...(parameters as never[])));
  return module.assemble();
}

/** The instructions of the only function, without comments, declarations of variables and the parameters it pushes. */
function bodyLines(bytes: Uint8Array): string[] {
  const lines = disassemble(bytes)
    .split("\n")
    .map((line) => line.replace(/\(;=.*?;\)|;;.*/, "").trim());
  const start = lines.findIndex((line) => line.startsWith("(func")) + 1;
  const end = lines.findIndex((line, i) => i > start && /^\((?!local)/.test(line));
  const body = lines.slice(start, end);
  body.push((body.pop() ?? "").replace(/\)$/, ""));
  return body.filter((line) => !/^(\(local|local\.get)/.test(line)).map((line) => line.trim());
}

describe.each([
  ["scalar", scalarCases],
  ["load", loadCases],
  ["vector", vectorCases],
] as const)("%s instructions", (_, list) => {
  test.each(list.map((entry) => [entry.text, entry] as const))("%s is valid and is itself", (text, entry) => {
    const bytes = moduleOf(entry);
    expect(bodyLines(bytes)).toEqual([text]);
    expect([...reassemble(bytes)]).toEqual([...bytes]);
  });
});

test("there are as many instructions as the tables have entries", () => {
  const known = new Set([...scalarCases, ...loadCases, ...vectorCases].map(({ text }) => text.split(" ")[0]));
  const values = ["type", "bytes", "lanes", "laneType", "const"];
  const all = Object.entries(families).flatMap(([family, members]) =>
    Object.keys(members)
      .filter((name) => !values.includes(name))
      .map((name) => `${family}.${name}`),
  );
  expect(all.filter((name) => !known.has(name))).toEqual([]);
});

/** The lines of a function of statements over parameters of every type. */
function statementLines(
  write: (f: FunctionBuilder<"none">, x: Record<"i" | "l" | "s" | "d" | "v", Operand<never>>) => void,
): string[] {
  const module = wasmModule();
  module.exportMemory("memory", { initial: 1 });
  module.func("f", { params: ["i32", "i64", "f32", "f64", "v128"] }, (f, i, l, s, d, v) =>
    write(f, { i, l, s, d, v } as unknown as Record<"i" | "l" | "s" | "d" | "v", Operand<never>>),
  );
  const bytes = module.assemble();
  expect([...reassemble(bytes)]).toEqual([...bytes]);
  return bodyLines(bytes);
}

describe("statements", () => {
  test.each([
    ["i32.store", "i"],
    ["i64.store", "l"],
    ["f32.store", "s"],
    ["f64.store", "d"],
    ["v128.store", "v"],
  ] as const)("%s is chosen by the type of the value", (text, name) => {
    expect(statementLines((f, x) => f.store(x.i, x[name], 24))).toEqual([`${text} offset=24`]);
  });

  test.each([8, 16, 32] as const)("store%s writes the low bits of either integer", (bits) => {
    const short = bits === 32 ? "i32.store" : `i32.store${bits}`;
    expect(
      statementLines((f, x) => {
        f[`store${bits}`](x.i, x.i, 1);
        f[`store${bits}`](x.i, x.l, 2);
      }),
    ).toEqual([`${short} offset=1`, `i64.store${bits} offset=2`]);
  });

  test.each([8, 16, 32, 64] as const)("storeLane of %s bits names its lane", (bits) => {
    expect(statementLines((f, x) => f.storeLane(bits, at(x.i, 0, 1, 40), x.v, 1))).toEqual([
      `v128.store${bits}_lane offset=40 1`,
    ]);
  });

  test("memory is copied, filled, measured and grown", () => {
    expect(
      statementLines((f, x) => {
        f.memoryCopy(x.i, x.i, x.i);
        f.memoryFill(x.i, 7, x.i);
        f.drop(memorySize());
        f.drop(memoryGrow(x.i));
      }),
    ).toEqual(["memory.copy", "i32.const 7", "memory.fill", "memory.size", "drop", "memory.grow", "drop"]);
  });

  test("variables are set, kept and teed", () => {
    expect(
      statementLines((f, x) => {
        const held = f.hold(f64.neg(x.d));
        f.set(held, tee(held, 2));
      }),
    ).toEqual(["f64.neg", "local.set 5", "f64.const 0x1p+1", "local.tee 5", "local.set 5"]);
  });

  test("select, conditional, unreachable and return are written as themselves", () => {
    expect(
      statementLines((f, x) => {
        f.drop(select(x.i, x.d as Expression<"f64">, x.d));
        f.drop(conditional(x.i, x.d as Expression<"f64">, x.d));
        f.return();
        f.unreachable();
      }),
    ).toEqual(["select", "drop", "if (result f64)", "else", "end", "drop", "return", "unreachable"]);
  });
});

describe("constants", () => {
  const constantLine = (value: Expression<ValueType>): string | undefined => statementLines((f) => f.drop(value))[0];

  test("a vector constant keeps the order of its bytes", () => {
    const bytes = Array.from({ length: 16 }, (_, i) => i);
    expect(constantLine(v128.const(bytes))).toBe("v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c");
  });

  test.each([0, 1, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)])("i32.const %s is itself", (value) => {
    expect(constantLine(i32.const(value))).toBe(`i32.const ${value}`);
  });

  test("an i32 constant above 2^31 is the signed number of the same bits", () => {
    expect(constantLine(i32.const(2 ** 32 - 1))).toBe("i32.const -1");
  });

  test.each([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])("i64.const %s is itself", (value) => {
    expect(constantLine(i64.const(value))).toBe(`i64.const ${value}`);
  });

  test("float constants keep infinities, NaN and the sign of zero", () => {
    expect(
      [f64.const(-0), f64.const(Infinity), f64.const(NaN), f32.const(-0), f32.const(NaN)].map(constantLine),
    ).toEqual(["f64.const -0x0p+0", "f64.const inf", "f64.const nan", "f32.const -0x0p+0", "f32.const nan"]);
  });
});

test("a call names the function", () => {
  const module = wasmModule();
  const twice = module.func("twice", { params: ["f64"], result: "f64" }, (_, x) => f64.add(x, x));
  module.func("g", { params: ["f64"], result: "f64" }, (f, x) => {
    f.call(twice, x);
    return call(twice, x);
  });
  expect(disassemble(module.assemble()).match(/call 0|drop/g)).toEqual(["call 0", "drop", "call 0"]);
});

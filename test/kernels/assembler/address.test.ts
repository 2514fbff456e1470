/**
 * Laws of address arithmetic: every way of writing base + index * stride + offset reads the same byte,
 * and constant parts cost no instruction.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AddressOperand,
  AssemblyError,
  type Expression,
  at,
  i32,
  f64,
  pointerTo,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import { disassemble, instantiate } from "./disassemble.ts";

type Write = (...parameters: readonly Expression<"i32">[]) => AddressOperand;

/** The address as loads see it, and as a number; memory holds its own byte number in every 32-bit word read unaligned. */
function addresses(write: Write, ...values: readonly number[]): readonly unknown[] {
  const module = wasmModule();
  module.exportMemory("memory", { initial: 1 });
  const params = values.map(() => "i32" as const);
  module.func("loaded", { params, result: "i32", export: true }, (_, ...parameters) =>
    i32.load8_u(write(...parameters)),
  );
  module.func("pointer", { params, result: "i32", export: true }, (_, ...parameters) =>
    pointerTo(write(...parameters)),
  );
  module.func("stored", { params, export: true }, (f, ...parameters) => f.store8(write(...parameters), i32.const(255)));
  const exports = instantiate(module.assemble());
  const bytes = new Uint8Array((exports["memory"] as unknown as WebAssembly.Memory).buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % 251;
  const loaded = exports["loaded"]?.(...values);
  exports["stored"]?.(...values);
  return [loaded, exports["pointer"]?.(...values), bytes.indexOf(255)];
}

const small = fc.nat(400);
test("constants and expressions in any place name the same byte", () =>
  fc.assert(
    fc.property(
      small,
      small,
      fc.constantFrom(1, 2, 3, 8, 12, 16, 40),
      fc.integer({ min: -400, max: 400 }),
      (base, index, stride, offset) => {
        const byte = base + index * stride + offset;
        fc.pre(byte >= 0);
        const expected = [byte % 251, byte, byte];
        const ways: readonly Write[] = [
          () => at(base, index, stride, offset),
          (b = i32.const(0), i = i32.const(0)) => at(b, i, stride, offset),
          (b = i32.const(0)) => at(b, index, stride, offset),
          (_b, i = i32.const(0)) => at(base, i, stride, offset),
          (b = i32.const(0), i = i32.const(0)) => at(at(b, i, stride), 1, offset),
          (b = i32.const(0), i = i32.const(0)) => at(at(offset + 1000), i32.sub(i32.add(b, i32.mul(i, stride)), 1000)),
          () => at(i32.const(base), i32.const(index), stride, offset),
        ];
        for (const way of ways.slice(0, offset < 0 || base + index * stride < 1000 ? 5 : 6))
          expect(addresses(way, base, index)).toEqual(expected);
        expect(addresses(ways[6] as Write, base, index)).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  ));

const text = (write: (p: Expression<"i32">) => Expression<"f64">): string => {
  const module = wasmModule();
  module.exportMemory("memory", { initial: 1 });
  module.func("f", { params: ["i32"], result: "f64" }, (_, p) => write(p));
  return disassemble(module.assemble()).replaceAll(/\s+/g, " ");
};

test("constants are folded into the offset immediate", () => {
  expect(text((p) => f64.load(at(at(p, 3, 8, 16), 2, 8), 8))).toContain("local.get 0 f64.load offset=64)");
  expect(text(() => f64.load(at(1024, 2, 8)))).toContain("i32.const 0 f64.load offset=1040)");
  expect(text((p) => f64.load(at(1024, p, 8)))).toContain("local.get 0 i32.const 3 i32.shl f64.load offset=1024)");
  expect(text((p) => f64.load(at(p, p, 24)))).toContain(
    "local.get 0 local.get 0 i32.const 24 i32.mul i32.add f64.load)",
  );
});

test("a constant part below zero is added to the pointer, as offsets cannot be negative", () =>
  expect(text((p) => f64.load(at(p, -1, 8)))).toContain("local.get 0 i32.const -8 i32.add f64.load)"));

test("offsets up to 2^32 - 1 are written, larger ones refused", () => {
  expect(text((p) => f64.load(p, 2 ** 32 - 1))).toContain("f64.load offset=4294967295");
  expect(() => f64.load(0, 2 ** 32)).toThrow(AssemblyError);
  expect(() => f64.load(0, 0.5)).toThrow(AssemblyError);
  expect(() => at(0, 0, 1.5)).toThrow(AssemblyError);
});

/**
 * Laws of modules: imports, exports, types, names, order of definition, and what is refused.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AssemblyError,
  type Expression,
  type FunctionReference,
  type Local,
  type Statements,
  type ValueType,
  at,
  call,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  i8x16,
  select,
  v128,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import { disassemble, instantiate } from "./disassemble.ts";

const parameterTypes = fc.array(fc.constantFrom<ValueType>("i32", "f64", "v128"), { maxLength: 2 });

describe("a module", () => {
  test("reads memory, calls an imported function, writes memory", () => {
    const module = wasmModule();
    module.importMemory("env", "memory", { initial: 1 });
    const sine = module.importFunction("math", "sin", ["f64"], "f64");
    module.func("addSines", { params: ["i32", "f64", "i32", "i32"], export: true }, (f, n, a, x, y) => {
      const i = f.local("i32");
      f.for(i, 0, n, 1, () => {
        const term = f64.mul(a, call(sine, f64.load(at(x, i, 8))));
        f.store(at(y, i, 8), f64.add(f64.load(at(y, i, 8)), term));
      });
    });
    const memory = new WebAssembly.Memory({ initial: 1 });
    const numbers = new Float64Array(memory.buffer);
    numbers.set([1, 2, 3, 10, 20, 30]);
    instantiate(module.assemble(), { env: { memory }, math: { sin: Math.sin } })["addSines"]?.(3, 2, 0, 24);
    expect([...numbers.subarray(3, 6)]).toEqual([10 + 2 * Math.sin(1), 20 + 2 * Math.sin(2), 30 + 2 * Math.sin(3)]);
  });

  test("without contents is the shortest one", () =>
    expect([...wasmModule().assemble()]).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));

  test("has one type for each signature used", () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(parameterTypes, fc.boolean()), { maxLength: 30 }), (signatures) => {
        const module = wasmModule();
        for (const [k, [params, isNegation]] of signatures.entries()) {
          if (isNegation) module.func(`f${k}`, { params, result: "f64" }, () => 1);
          else module.func(`f${k}`, { params }, () => {});
        }
        const distinct = new Set(signatures.map(([params, isNegation]) => `${params.join()}:${isNegation}`));
        expect(disassemble(module.assemble()).match(/\(type \(;\d+;\) \(func/g)?.length ?? 0).toBe(distinct.size);
      }),
    ));

  test("may be assembled again, and goes on afterwards", () => {
    const module = wasmModule();
    module.func("one", { params: [], result: "i32", export: true }, () => 1);
    const first = module.assemble();
    expect(module.assemble()).toEqual(first);
    module.func("two", { params: [], result: "i32", export: true }, () => 2);
    const { one, two } = instantiate(module.assemble());
    expect([one?.(), two?.()]).toEqual([1, 2]);
  });

  test("keeps function names for stack traces when asked", () => {
    const module = wasmModule();
    module.importFunction("math", "sin", ["f64"], "f64");
    module.func("kernel", { params: [] }, () => {});
    const names = WebAssembly.Module.customSections(new WebAssembly.Module(module.assemble({ names: true })), "name");
    expect(names.length).toBe(1);
    expect(disassemble(module.assemble({ names: true }), true)).toMatch(
      /\(import "math" "sin" \(func \$sin[^]*\(func \$kernel/,
    );
    expect(disassemble(module.assemble(), true)).not.toContain("$kernel");
  });

  test("shares memory with a maximum", () => {
    const module = wasmModule();
    module.importMemory("env", "memory", { initial: 1, maximum: 3, shared: true });
    expect(disassemble(module.assemble())).toContain('(import "env" "memory" (memory (;0;) 1 3 shared))');
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
    expect(() => instantiate(module.assemble(), { env: { memory } })).not.toThrow();
  });

  test("has globals that functions change", () => {
    const module = wasmModule();
    const total = module.global("f64", 1.5, "total");
    const count = module.global("i64", -7n);
    module.func("add", { params: ["f64"], result: "i64", export: true }, (f, x) => {
      f.set(total, f64.add(total, x));
      f.set(count, i64.add(count, 1n));
      return count;
    });
    const exports = instantiate(module.assemble());
    expect([exports["add"]?.(2), exports["add"]?.(3)]).toEqual([-6n, -5n]);
    expect((exports["total"] as unknown as WebAssembly.Global).value).toBe(6.5);
  });
});

describe("functions", () => {
  test("may call themselves and each other before they are defined", () => {
    const module = wasmModule();
    const isOdd = module.declare("isOdd", { params: ["i32"], result: "i32" });
    const isEven = module.func("isEven", { params: ["i32"], result: "i32", export: true }, (f, n) => {
      f.if(i32.eqz(n), () => f.return(1));
      return call(isOdd, i32.sub(n, 1));
    });
    module.define(isOdd, (f, n) => {
      f.if(i32.eqz(n), () => f.return(0));
      return call(isEven, i32.sub(n, 1));
    });
    const exports = instantiate(module.assemble());
    expect([0, 1, 10, 11].map((n) => exports["isEven"]?.(n))).toEqual([1, 0, 1, 0]);
  });

  test("may be made while another is being written", () => {
    const module = wasmModule();
    let square: FunctionReference<readonly ["f64"], "f64"> | undefined;
    module.func("fourth", { params: ["f64"], result: "f64", export: true }, (f, x) => {
      const before = f.hold(f64.mul(x, x));
      square = module.func("square", { params: ["f64"], result: "f64", export: true }, (g, y) => g.hold(f64.mul(y, y)));
      return call(square, before);
    });
    const { fourth, square: inner } = instantiate(module.assemble());
    expect([fourth?.(3), inner?.(3)]).toEqual([81, 9]);
  });

  test("written for either precision from one text give that precision", () => {
    const module = wasmModule();
    for (const float of [f32, f64] as const) {
      const family = float as typeof f64;
      module.func(float.type, { params: [family.type], result: family.type, export: true }, (_, x) =>
        family.sqrt(family.add(x, 1)),
      );
    }
    const exports = instantiate(module.assemble());
    expect([exports["f32"]?.(1), exports["f64"]?.(1)]).toEqual([Math.fround(Math.SQRT2), Math.SQRT2]);
  });

  test("one that throws while being written leaves the others whole", () => {
    const module = wasmModule();
    module.func("first", { params: [], result: "i32", export: true }, () => 1);
    const broken = module.declare("broken", { params: [], result: "i32" });
    expect(() =>
      module.define(broken, (f) => {
        f.block(() => {
          throw new RangeError("given up");
        });
        return 0;
      }),
    ).toThrow(RangeError);
    module.define(broken, () => 5);
    module.func("last", { params: [], result: "i32", export: true }, () => call(broken));
    const { first, last } = instantiate(module.assemble());
    expect([first?.(), last?.()]).toEqual([1, 5]);
  });
});

describe("what has no meaning is refused, with the place and both sides named", () => {
  const zeros = { i32: i32.const(0), i64: i64.const(0n), f32: f32.const(0), f64: f64.const(0), v128: f64x2.splat(0) };
  const anything = <T extends ValueType>(type: T): Expression<T> => zeros[type] as unknown as Expression<T>;
  const inFunction = (write: (f: Statements, x: Local<"f64">) => void) => () =>
    wasmModule().func("f", { params: ["f64"] }, write);

  test.each<[string, () => unknown, RegExp]>([
    ["an operand of another type", () => f64.add(anything("i32") as never, 1), /f64\.add.*f64.*i32/],
    ["a literal that is no i32", () => i32.add(anything("i32"), 0.5), /i32\.const.*0\.5/],
    ["a literal beyond i32", () => i32.const(2 ** 32), /4294967296/],
    ["a number where an i64 is wanted", () => i64.add(anything("i64"), 1 as never), /i64\.const.*number/],
    ["a bigint beyond i64", () => i64.const(2n ** 64n), /i64\.const/],
    ["a literal where a vector is wanted", () => f64x2.add(anything("v128"), 1 as never), /v128.*splat/],
    ["a select between types", () => select(1, anything("f64"), anything("f32") as never), /select.*f64.*f32/],
    ["a lane that is not there", () => f64x2.extract_lane(anything("v128"), 2), /lane 2.*0 to 1/],
    ["a vector constant of the wrong length", () => v128.const([1, 2, 3]), /16 integers/],
    ["a shuffle beyond 31", () => i8x16.shuffle(anything("v128"), anything("v128"), new Array(16).fill(32)), /0 to 31/],
    [
      "a shift count that is no i32",
      () => i32x4.shl(anything("v128"), anything("f64") as never),
      /i32x4\.shl.*i32.*f64/,
    ],
    ["a splat of another type", () => f32x4.splat(anything("f64") as never), /f32x4\.splat.*f32.*f64/],
    [
      "too few arguments",
      () => call({ name: "g", index: 0, params: ["f64"], result: "f64" } as never),
      /call of g.*1.*0/,
    ],
    [
      "the result of a function that has none",
      () => call({ name: "g", index: 0, params: [], result: "none" } as never),
      /no result/,
    ],
    ["a narrow store of a float", inFunction((f, x) => f.store8(0, x as never)), /store8.*f64/],
    ["a stored lane that is not there", inFunction((f) => f.storeLane(32, 0, anything("v128"), 4)), /lane 4.*0 to 3/],
    [
      "a variable of another function",
      () => {
        let stolen: Local<"f64"> | undefined;
        const module = wasmModule();
        module.func("f", { params: ["f64"] }, (_, x) => {
          stolen = x;
        });
        module.func("g", { params: ["f64"], result: "f64" }, () => f64.neg(stolen as Local<"f64">));
      },
      /another function/,
    ],
    [
      "setting a variable of another function",
      () => {
        let stolen: Local<"f64"> | undefined;
        const module = wasmModule();
        module.func("f", { params: ["f64"] }, (_, x) => {
          stolen = x;
        });
        module.func("g", { params: ["f64"] }, (f) => f.set(stolen as Local<"f64">, 1));
      },
      /another function/,
    ],
    [
      "a body without the promised result",
      () => wasmModule().func("f", { params: [], result: "f64" }, (() => undefined) as never),
      /f returned nothing.*f64/,
    ],
    [
      "an import after a function",
      () => {
        const module = wasmModule();
        module.func("f", { params: [] }, () => {});
        module.importFunction("env", "late", []);
      },
      /env\.late.*first/,
    ],
    [
      "a second memory",
      () => {
        const module = wasmModule();
        module.importMemory("env", "memory", { initial: 1 });
        module.exportMemory("memory", { initial: 1 });
      },
      /second memory/,
    ],
    [
      "shared memory without maximum",
      () => wasmModule().exportMemory("memory", { initial: 1, shared: true }),
      /maximum/,
    ],
    [
      "two exports of one name",
      () => {
        const module = wasmModule();
        module.func("f", { params: [], export: true }, () => {});
        module.func("f", { params: [], export: true }, () => {});
      },
      /two exports.*f/,
    ],
    [
      "a declared function without body",
      () => {
        const module = wasmModule();
        module.declare("later", { params: [] });
        module.assemble();
      },
      /later.*not defined/,
    ],
    [
      "a second body",
      () => {
        const module = wasmModule();
        const f = module.func("f", { params: [] }, () => {});
        module.define(f, () => {});
      },
      /defined already/,
    ],
    [
      "a body for a function of another module",
      () => {
        const f = wasmModule().declare("f", { params: [] });
        const module = wasmModule();
        module.declare("f", { params: [] });
        module.define(f, () => {});
      },
      /not declared in this module/,
    ],
  ])("%s", (_, write, message) => {
    expect(write).toThrow(AssemblyError);
    expect(write).toThrow(message);
  });
});

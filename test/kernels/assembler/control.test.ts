/**
 * Laws of control structures and of size: loops count as in JavaScript, labels lead where they say, depth and width are no limit.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AssemblyError,
  type Expression,
  type Label,
  f64,
  i32,
  tee,
  unreachable,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import { instantiate } from "./disassemble.ts";

describe("for", () => {
  const visits = (start: number, end: number, step: number): number[] => {
    const seen: number[] = [];
    const module = wasmModule();
    const visit = module.importFunction("env", "visit", ["i32"]);
    module.func("run", { params: ["i32", "i32"], export: true }, (f, from, to) => {
      const i = f.local("i32");
      f.for(i, from, to, step, () => f.call(visit, i));
    });
    instantiate(module.assemble(), { env: { visit: (i: number) => seen.push(i) } })["run"]?.(start, end);
    return seen;
  };

  const bound = fc.integer({ min: -20, max: 20 });
  test("visits what the loop of JavaScript visits", () =>
    fc.assert(
      fc.property(bound, bound, fc.constantFrom(-5, -3, -2, -1, 1, 2, 3, 5), (start, end, step) => {
        const expected: number[] = [];
        for (let i = start; step > 0 ? i < end : i > end; i += step) expected.push(i);
        expect(visits(start, end, step)).toEqual(expected);
      }),
    ));

  test("reads its end once, before the first round", () => {
    const module = wasmModule();
    module.func("run", { params: ["i32"], result: "i32", export: true }, (f, n) => {
      const [i, rounds] = [f.local("i32"), f.local("i32")];
      f.for(i, 0, n, 1, () => {
        f.set(n, i32.add(n, 1));
        f.set(rounds, i32.add(rounds, 1));
      });
      return rounds;
    });
    expect(instantiate(module.assemble())["run"]?.(7)).toBe(7);
  });

  test.each([0, 0.5, NaN])("refuses the step %s", (step) => {
    const module = wasmModule();
    expect(() => module.func("run", { params: ["i32"] }, (f, i) => f.for(i, 0, 1, step, () => {}))).toThrow(
      AssemblyError,
    );
  });
});

describe("branches", () => {
  test("a branch table chooses a block, and the last one for indices beyond it", () => {
    const module = wasmModule();
    module.func("choose", { params: ["i32"], result: "i32", export: true }, (f, index) => {
      f.block((other) => {
        f.block((one) => {
          f.block((zero) => f.brTable([zero, one], other, index));
          f.return(100);
        });
        f.return(101);
      });
      return 102;
    });
    const { choose } = instantiate(module.assemble());
    expect([0, 1, 2, -1].map((index) => choose?.(index))).toEqual([100, 101, 102, 102]);
  });

  test("a branch from inner blocks leaves as many as it names", () => {
    const module = wasmModule();
    module.func("count", { params: ["i32"], result: "i32", export: true }, (f, n) => {
      const [sum, i] = [f.local("i32"), f.local("i32")];
      f.block((done) =>
        f.loop((again) => {
          f.if(i32.ge_s(i, n), () => f.br(done));
          f.set(sum, i32.add(sum, tee(i, i32.add(i, 1))));
          f.if(
            i32.and(sum, 1),
            () => f.br(again),
            () => f.br(again),
          );
        }),
      );
      return sum;
    });
    expect(instantiate(module.assemble())["count"]?.(100)).toBe(5050);
  });

  test("a label is refused outside of its block", () => {
    const module = wasmModule();
    expect(() =>
      module.func("run", { params: [] }, (f) => {
        let outside: Label | undefined;
        f.block((label) => {
          outside = label;
        });
        f.block(() => f.br(outside as Label));
      }),
    ).toThrow("does not enclose");
  });
});

describe("size", () => {
  test("a function of 100,000 assignments in a chain assembles and runs", () => {
    const module = wasmModule();
    module.func("chain", { params: ["f64"], result: "f64", export: true }, (f, x) => {
      const pair = [f.local("f64"), f.local("f64")] as const;
      f.set(pair[0], x);
      for (let i = 0; i < 100_000; i++)
        f.set(pair[(i + 1) % 2] as (typeof pair)[0], f64.add(pair[i % 2] as (typeof pair)[0], i % 3));
      return pair[0];
    });
    expect(instantiate(module.assemble())["chain"]?.(0.5)).toBe(0.5 + 33_333 * (1 + 2));
  });

  test("one expression may be 100,000 operations deep, on either side", () => {
    const module = wasmModule();
    module.func("left", { params: ["f64"], result: "f64", export: true }, (_, x) => {
      let sum: Expression<"f64"> = x;
      for (let i = 0; i < 100_000; i++) sum = f64.add(sum, 1);
      return sum;
    });
    module.func("right", { params: ["f64"], result: "f64" }, (_, x) => {
      let sum: Expression<"f64"> = x;
      for (let i = 0; i < 100_000; i++) sum = f64.add(1, sum);
      return sum;
    });
    const bytes = module.assemble();
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(instantiate(bytes)["left"]?.(0.5)).toBe(100_000.5);
  });

  test("a function may have 40,000 variables of mixed types", () => {
    const module = wasmModule();
    module.func("wide", { params: [], result: "i32", export: true }, (f) => {
      for (let i = 0; i < 20_000; i++) f.set(f.local("f64"), 1);
      const kept = f.local("i32");
      f.set(kept, 42);
      for (let i = 0; i < 20_000; i++) f.local(i % 2 === 0 ? "f32" : "v128");
      return kept;
    });
    expect(instantiate(module.assemble())["wide"]?.()).toBe(42);
  });

  test("a module may have 5,000 functions, each calling the one before", () => {
    const module = wasmModule();
    let before = module.func("f0", { params: ["i32"], result: "i32", export: true }, (_, x) => x);
    for (let k = 1; k < 5_000; k++) {
      const callee = before;
      before = module.func(`f${k}`, { params: ["i32"], result: "i32", export: true }, (f, x) => {
        f.if(i32.eqz(x), () => f.return(k));
        f.call(callee, 0);
        return unreachable("i32");
      });
    }
    const exports = instantiate(module.assemble());
    expect([1, 2_500, 4_999].map((k) => exports[`f${k}`]?.(0))).toEqual([1, 2_500, 4_999]);
    expect(() => exports["f7"]?.(3)).toThrow(WebAssembly.RuntimeError);
  });
});

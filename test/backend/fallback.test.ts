/**
 * Fallback: whatever the host takes away, imports do not throw, results stay the same, and one notice per
 * reason says so.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NDArray } from "../../src/array/ndarray.ts";
import { forgetCapabilities, injectCompileFaults } from "../../src/backend/index.ts";
import { presentBackend } from "../../src/backend/select.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { counts } from "../../src/counters.ts";
import { mul } from "../../ops/arithmetic.ts";
import { sin } from "../../ops/trigonometric.ts";
import { jit } from "../../transforms/jit.ts";
import { bitsOf, filled } from "./programs.ts";

let notices: string[] = [];

beforeEach(() => {
  notices = [];
  forgetCapabilities();
  setNoticeListener((_code, text) => notices.push(text));
});

afterEach(() => {
  vi.unstubAllGlobals();
  injectCompileFaults(null);
  forgetCapabilities();
  setNoticeListener(null);
});

const f = (x: NDArray): NDArray => mul(sin(x), x);
const x = filled([7], "float64", [0.3, -2, 1e9]);
const refuse = (): never => {
  throw new EvalError("refused by the content security policy");
};
const withoutWasm = (): unknown => vi.stubGlobal("WebAssembly", undefined);
const refusedWasm = (): unknown =>
  vi.stubGlobal("WebAssembly", { ...WebAssembly, validate: () => true, Module: refuse });
const refusedText = (): unknown => vi.stubGlobal("Function", refuse);

describe.each([
  ["nothing is missing", () => {}, ["wasm", "wasm", "js"], 0],
  ["WebAssembly is undefined", withoutWasm, ["js", "js", "js"], 1],
  ["compiling WebAssembly is refused", refusedWasm, ["js", "js", "js"], 1],
  ["compiling text is refused", refusedText, ["wasm", "wasm", "wasm"], 1],
  ["both are refused", () => [withoutWasm(), refusedText()], ["interpreter", "interpreter", "interpreter"], 2],
] as const)("where %s", (_name, takeAway, chosen, noticeCount) => {
  test("auto, wasm and js choose what is there", () => {
    takeAway();
    expect((["auto", "wasm", "js"] as const).map(presentBackend)).toEqual(chosen);
  });

  test("results are the same and every reason is given once", () => {
    takeAway();
    for (let repetition = 0; repetition < 3; repetition++)
      for (const backend of ["auto", "wasm", "js", "interpreter"] as const)
        expect(bitsOf(jit(f, { backend })(x))).toBe(bitsOf(f(x)));
    expect(notices).toHaveLength(noticeCount);
  });
});

test("finite elements keep their bits where WebAssembly is missing, and where compiling it is refused", async () => {
  /** By modules of their own, which have compiled nothing yet. */
  const solved = async (takeAway: () => unknown): Promise<readonly string[]> => {
    vi.resetModules();
    takeAway();
    (await import("../../src/notice.ts")).setNoticeListener(() => {});
    const fem = await import("../../library/fem/index.ts");
    const { grad: gradient } = await import("../../transforms/vjp.ts");
    const { compliance } = await import("../../topopt/compliance.ts");
    const mesh = fem.gridMesh({ nelx: 12, nely: 8 });
    const load = fem.nodalLoad(fem.corner(mesh, "bottomRight"), [0.25, -1]);
    return (["direct", "multigrid"] as const).flatMap((solver) => {
      const system = fem.elasticity(mesh, { supports: [fem.fix(fem.edge(mesh, "left"), "all")], solver });
      const modulus = fem.elementField(mesh, 0.5);
      const slopes = gradient((own: typeof modulus) => compliance({ mesh, system, load }, own))(modulus);
      return [fem.feSolve(system, modulus, load), slopes].map((own) =>
        new BigInt64Array(own.toTypedArray().slice().buffer).join(),
      );
    });
  };
  const expected = await solved(() => {});
  expect(await solved(withoutWasm)).toEqual(expected);
  vi.unstubAllGlobals();
  expect(await solved(refusedWasm)).toEqual(expected);
});

describe.each(["wasm", "js"] as const)("a compile failure of %s", (backend) => {
  test("gives the interpreter's result and one notice", () => {
    injectCompileFaults((compiling) => {
      if (compiling === backend) throw new Error("planted");
    });
    for (let repetition = 0; repetition < 3; repetition++)
      expect(bitsOf(jit((y: NDArray) => f(y), { backend })(x))).toBe(bitsOf(f(x)));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/planted/);
  });
});

test("a program is compiled once per back end, and not at all for the interpreter", () => {
  const before = counts.compilations;
  const compiled = jit(f, { backend: "js" });
  for (let call = 0; call < 3; call++) compiled(x);
  expect(counts.compilations - before).toBe(1);
  jit(f, { backend: "interpreter" })(x);
  expect(counts.compilations - before).toBe(1);
});

test.each(["WebAssembly", "process", "navigator", "Worker", "SharedArrayBuffer", "console"])(
  "importing and running without %s throws no ReferenceError",
  async (name) => {
    vi.resetModules();
    vi.stubGlobal(name, undefined);
    (await import("../../src/notice.ts")).setNoticeListener(() => {});
    const { jit: freshJit } = await import("../../transforms/jit.ts");
    const { mul: freshMul } = await import("../../ops/arithmetic.ts");
    const { fromBuffer } = await import("../../src/array/ndarray.ts");
    const out = freshJit((y: NDArray) => freshMul(y, y))(fromBuffer(new Float64Array([3]), [1], "float64"));
    expect(Array.from(out.toTypedArray())).toEqual([9]);
  },
);

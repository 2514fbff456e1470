/**
 * Fault 68: where a program cannot be compiled - an encoder's error, an engine that refuses, a function beyond its limits -
 * the interpreter runs it, one notice says so, and results and later calls are the same.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { array, cond, configure, foriLoop, grad, jit, NDArray, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { forgetCapabilities, injectCompileFaults } from "../../src/backend/index.ts";
import { arenaInUse } from "../../src/backend/arena.ts";

let notices: [code: string, message: string][] = [];

beforeEach(() => {
  notices = [];
  configure({ onNotice: (code, message) => notices.push([code, message]) });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  injectCompileFaults(null);
  forgetCapabilities();
  configure({ onNotice: null });
});

const x = array([0.3, -2, 1.5]);
const programs: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  elementwise: (v) => np.sin(v).mul(v),
  gradient: (v) => grad((w: NDArray) => np.sum(np.exp(w).mul(w)))(v),
  mapped: (v) => vmap((w: NDArray) => np.tanh(w))(v),
  loop: (v) => foriLoop(0, 40, (_, c: NDArray) => np.cos(c), v),
  scanned: (v) => scan((c: NDArray, w: NDArray) => [c.add(w), c.mul(w)] as const, array(0), v)[1],
  branch: (v) => cond(np.greater(np.sum(v), 0), (w: NDArray) => w.mul(2), (w: NDArray) => w.neg(), v), // prettier-ignore
};

/** Ways to break compilation, with the part of the notice that names the cause. */
const breakages: Readonly<Record<string, readonly [() => void, RegExp]>> = {
  "an error in the encoder": [
    () =>
      injectCompileFaults(() => {
        throw new RangeError("planted in the encoder");
      }),
    /planted in the encoder/,
  ],
  "an engine that refuses every module": [
    () => {
      // What the host can do was asked before: the probe passes, the programs do not.
      jit((v: NDArray) => v.add(1), { backend: "wasm" })(x);
      const refuse = function (): never {
        throw new WebAssembly.CompileError("too many locals");
      };
      vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Module: { value: refuse } }));
    },
    /too many locals/,
  ],
};

describe.each(Object.entries(breakages))("68: %s", (_name, [breakIt, message]) => {
  test.each(Object.entries(programs))(
    "%s: the interpreter gives the same bits, one notice, and the next call works",
    (_program, f) => {
      const wanted = [...f(x).toTypedArray()];
      breakIt();
      const compiled = jit((v: NDArray) => f(v), { backend: "wasm" });
      for (let call = 0; call < 3; call++) expect([...compiled(x).toTypedArray()]).toEqual(wanted);
      expect(new Set(notices.map(([code]) => code))).toEqual(new Set(["CompileFailed"]));
      expect(notices.length).toBe(1);
      expect(notices[0]![1]).toMatch(message);
      expect(arenaInUse().top).toBe(0);
      vi.unstubAllGlobals();
      injectCompileFaults(null);
      expect([...jit((v: NDArray) => f(v), { backend: "wasm" })(x).toTypedArray()]).toEqual(wanted);
    },
  );
});

test("68: programs near an engine's limits need no fallback: 2,000 locals in one nest, 20,000 nests, 3,000 outputs", () => {
  const wide = (v: NDArray): NDArray => {
    const parts = Array.from({ length: 2_000 }, (_, k) => v.mul(k + 0.5));
    return parts.reduceRight((sum, part) => np.sin(sum.add(part)), v);
  };
  const many = (v: NDArray): NDArray[] => Array.from({ length: 3_000 }, (_, k) => np.sum(v.mul(k)));
  const long = (v: NDArray): NDArray => {
    let y = v;
    for (let k = 0; k < 5_000; k++) y = y.sub(np.mean(y).mul(1e-3));
    return y;
  };
  for (const backend of ["wasm", "js"] as const) {
    expect(jit(wide, { backend })(x).toList()).toEqual(wide(x).toList());
    expect(jit(many, { backend })(x).map((y) => y.item())).toEqual(many(x).map((y) => y.item()));
    expect(jit(long, { backend })(x).toList()).toEqual(long(x).toList());
  }
  expect(notices).toEqual([]);
});

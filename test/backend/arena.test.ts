/**
 * The arena: frames come back after success, after an exception and out of nested calls; views are never
 * stale; memory that cannot grow is an error with a code, after which everything still works.
 */
import { afterEach, describe, expect, test } from "vitest";
import { OutOfMemory } from "../../src/error.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { arenaInUse, configureArena, forgetArenas, releaseFrame, takeFrame } from "../../src/backend/arena.ts";
import { execute } from "../../src/backend/index.ts";
import { setNoticeListener } from "../../src/notice.ts";
import * as np from "cotangent/numpy";
import { add, mul } from "../../ops/arithmetic.ts";
import { callback } from "../../ops/callback.ts";
import type { HostFunction } from "../../ops/callback.ts";
import { concatenate, reverse } from "../../ops/slicing.ts";
import { jit } from "../../transforms/jit.ts";
import { bitsOf, filled, jaxprOf, runOn } from "./programs.ts";

afterEach(() => configureArena());

const array = (length: number): ConcreteArray => filled([length], "float64", [1.5, -2, 3]);
const hosted = (x: NDArray, call: HostFunction): NDArray =>
  callback(x, { call, outputs: [{ shape: x.shape, dtype: x.dtype }], vectorized: "sequential" })[0]!;

describe("frames", () => {
  test("a call leaves the arena as it was", () => {
    const jaxpr = jaxprOf((x) => [mul(x!, x!)], [array(100)]);
    const { top } = arenaInUse();
    execute(jaxpr, "wasm", [array(100)]);
    expect(arenaInUse().top).toBe(top);
  });

  test("an exception of a host function passes unchanged and releases every frame", () => {
    const fault = new Error("the host refused");
    let isBroken = true;
    const jaxpr = jaxprOf(
      (x) => [
        add(
          hosted(mul(x!, x!), ([y]) => {
            if (isBroken) throw fault;
            return [y!];
          }),
          x!,
        ),
      ],
      [array(100)],
    );
    const { top } = arenaInUse();
    expect(() => execute(jaxpr, "wasm", [array(100)])).toThrow(fault);
    expect(arenaInUse().top).toBe(top);
    isBroken = false;
    expect(
      execute(jaxpr, "wasm", [array(100)])[0]!
        .toTypedArray()
        .slice(0, 3),
    ).toEqual(new Float64Array([3.75, 2, 12]));
  });

  test("compiled functions called from host functions, themselves included, do not disturb each other", () => {
    const twice = jit((x: NDArray) => add(mul(x, x), x), { backend: "wasm" });
    const countdown: (x: NDArray, depth: number) => NDArray = (x, depth) =>
      jit(
        (y: NDArray) =>
          add(
            mul(y, y),
            hosted(add(y, y), ([z]) => [depth === 0 ? z! : twice(countdown(z!, depth - 1))]),
          ),
        { backend: "wasm" },
      )(x);
    const plain: (x: NDArray, depth: number) => NDArray = (x, depth) => {
      const inner = depth === 0 ? add(x, x) : plain(add(x, x), depth - 1);
      return add(mul(x, x), depth === 0 ? inner : add(mul(inner, inner), inner));
    };
    expect(bitsOf(countdown(array(20), 4))).toBe(bitsOf(plain(array(20), 4)));
  });

  test("one compiled function may call itself through the host", () => {
    let depth = 3;
    const again: (x: NDArray) => NDArray = jit(
      (x: NDArray) => {
        const shifted = add(x, x);
        return add(
          mul(shifted, shifted),
          hosted(shifted, ([y]) => (depth-- > 0 ? [again(y!)] : [y!])),
        );
      },
      { backend: "wasm" },
    );
    const plain = (x: NDArray, left: number): NDArray => {
      const shifted = add(x, x);
      return add(mul(shifted, shifted), left > 0 ? plain(shifted, left - 1) : shifted);
    };
    expect(bitsOf(again(array(5)))).toBe(bitsOf(plain(array(5), 3)));
  });
});

describe("growth", () => {
  test("results hold when the memory grows at every frame, also inside a call", () => {
    const inner = jit((x: NDArray) => mul(x, x), { backend: "wasm" });
    const jaxpr = jaxprOf(
      (x) => [
        add(
          hosted(mul(x!, x!), ([y]) => [inner(y!)]),
          concatenate(x!, { axis: 0 }),
        ),
      ],
      [array(50)],
    );
    configureArena({ growAlways: true });
    const before = arenaInUse().capacity;
    for (let call = 0; call < 5; call++)
      expect(runOn("wasm", jaxpr, [array(50)])).toEqual(runOn("interpreter", jaxpr, [array(50)]));
    expect(arenaInUse().capacity).toBeGreaterThan(before);
  });

  test("results are copies: later calls do not change them", () => {
    const jaxpr = jaxprOf((x) => [mul(x!, x!)], [array(40)]);
    const [first] = execute(jaxpr, "wasm", [array(40)]);
    const bits = bitsOf(first!);
    execute(jaxpr, "wasm", [fromBuffer(new Float64Array(40).fill(9), [40], "float64")]);
    expect(bitsOf(first!)).toBe(bits);
  });

  test("a frame that addresses do not reach is OutOfMemory before anything is written", () => {
    const notices: string[] = [];
    setNoticeListener((code) => notices.push(code));
    const results = (x: NDArray): readonly NDArray[] =>
      [1, 2, 3, 4].map((k) => np.cumsum(np.full([2 ** 28], k).add(x)));
    expect(() => (jit(results) as (x: number) => readonly NDArray[])(1)).toThrow(OutOfMemory);
    setNoticeListener(null);
    expect(notices).toEqual([]);
  });

  test("a frame beyond the limit is OutOfMemory, and smaller programs still run", () => {
    forgetArenas();
    const { capacity } = arenaInUse();
    const length = capacity / 8 + 8;
    const large = jaxprOf((x) => [mul(x!, reverse(x!, { axes: [0] }))], [array(length)]);
    const small = jaxprOf((x) => [mul(x!, x!)], [array(10)]);
    configureArena({ maximumBytes: capacity });
    const { top } = arenaInUse();
    expect(() => execute(large, "wasm", [array(length)])).toThrow(OutOfMemory);
    expect(arenaInUse().top).toBe(top);
    expect(runOn("wasm", small, [array(10)])).toEqual(runOn("interpreter", small, [array(10)]));
    expect(runOn("js", large, [array(length)])).toEqual(runOn("interpreter", large, [array(length)]));
    configureArena();
    expect(runOn("wasm", large, [array(length)])).toEqual(runOn("interpreter", large, [array(length)]));
  });

  test("a refusal of the engine to grow is OutOfMemory", () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const arena = { ...arenaInUse(), memory, top: 0, capacity: 65536 };
    expect(takeFrame(arena, 100_000)).toBe(0);
    expect(() => takeFrame(arena, 100_000)).toThrow(OutOfMemory);
    expect(arena.top).toBe(100_000);
    releaseFrame(arena, 0);
    expect(takeFrame(arena, 131_072)).toBe(0);
  });
});

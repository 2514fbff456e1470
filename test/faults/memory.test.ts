/**
 * Faults 61, 62, 63, 66 and 67: WebAssembly memory that cannot grow, that moves with every call, or that passes 2 GiB;
 * long runs whose heap and memory stay as they are without any dispose; caches that are bounded.
 * COTANGENT_NIGHTLY=1 adds the long ones.
 */
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { array, checkpoint, cond, counters, customVjp, grad, jit, jvp, NDArray, scan, vjp, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { arenaInUse, configureArena, forgetArenas } from "../../src/backend/arena.ts";
import { expectError } from "../semantics/support.ts";

const isNightly = process.env["COTANGENT_NIGHTLY"] === "1";

// Limits are set above what there is, and memory that moves is copied: both from the start, not from what other tests left.
beforeEach(forgetArenas);

afterEach(() => {
  configureArena();
  vi.restoreAllMocks();
});

const f = (x: NDArray): NDArray => np.sum(np.sin(x).mul(x).add(np.cumsum(x)));

describe("61: memory that cannot grow", () => {
  const usual = np.arange(300_000).mul(1e-5);

  const expectUsable = (): void => {
    expect(arenaInUse().top).toBe(0);
    expect(jit((x: NDArray) => np.exp(x), { backend: "wasm" })(array([0])).item()).toBe(1);
    expect(jit((x: NDArray) => f(x), { backend: "js" })(usual).item()).toBe(f(usual).item());
  };

  test("is OutOfMemory with the bytes and what to do, alone and inside transforms; the library goes on", () => {
    const { capacity } = arenaInUse();
    configureArena({ maximumBytes: capacity });
    // Three of them do not fit into the memory that there is, whatever ran before.
    const large = np.arange(Math.ceil(capacity / 16)).mul(1e-5);
    const calls: readonly (() => unknown)[] = [
      () => jit(f, { backend: "wasm" })(np.concatenate([large, large, large])),
      () => grad(jit(f, { backend: "wasm" }))(np.concatenate([large, large, large])),
      () => vmap(jit(f, { backend: "wasm" }))(np.stack([large, large, large])),
    ];
    for (const call of calls) {
      expectError(call, "OutOfMemory", "bytes are needed", 'backend: "js"');
      expectUsable();
    }
    configureArena();
    expect(jit(f, { backend: "wasm" })(usual).item()).toBe(f(usual).item());
  });

  test("because the engine refuses likewise, with the engine's error as cause", () => {
    const cause = new RangeError("WebAssembly.Memory.grow(): Maximum memory size exceeded");
    const grow = vi.spyOn(arenaInUse().memory, "grow").mockImplementation(() => {
      throw cause;
    });
    let seen: unknown;
    const tooLarge = np.zeros(Math.ceil(arenaInUse().capacity / 8) + 1);
    try {
      jit((x: NDArray) => np.sin(x).add(np.flip(x)), { backend: "wasm" })(tooLarge);
    } catch (error) {
      seen = error;
    }
    expect(seen).toMatchObject({ code: "OutOfMemory", cause });
    expectUsable();
    grow.mockRestore();
    expect(
      jit((x: NDArray) => np.sin(x).add(1), { backend: "wasm" })(tooLarge)
        .at(0)
        .get()
        .item(),
    ).toBe(1);
  });
});

test("62: results hold where every call moves the memory, in nests of transforms, loops and branches", () => {
  const programs: Readonly<Record<string, (x: NDArray) => NDArray>> = {
    f,
    gradient: grad(f),
    mapped: (x) => vmap(grad(f))(np.stack([x, x.mul(2)])),
    pushed: (x) => jvp(f, [x], [x])[1],
    loop: (x) => scan((c: NDArray, w: NDArray) => [np.cos(c).add(w), c] as const, array(0), x)[1],
    branch: (x) => cond(np.greater(np.sum(x), 0), grad(f), (y: NDArray) => y, x),
    nested: (x) => jit(grad((y: NDArray) => f(jit(np.tanh as (z: NDArray) => NDArray)(y))))(x),
  };
  const x = array([0.3, 2, -0.5, 1]);
  const wanted = Object.values(programs).map((program) => program(x).toList());
  configureArena({ growAlways: true });
  const before = arenaInUse().capacity;
  for (let round = 0; round < 3; round++)
    Object.values(programs).forEach((program, k) => {
      const kept = jit(program, { backend: "wasm" })(x);
      expect(kept.toList()).toEqual(wanted[k]);
      // A result taken before the memory moved again is still what it was.
      jit(f, { backend: "wasm" })(x);
      expect(kept.toList()).toEqual(wanted[k]);
    });
  expect(arenaInUse().capacity).toBeGreaterThan(before);
});

test.runIf(isNightly)(
  "63: addresses beyond 2 GiB, whose sign bit is set, are right",
  () => {
    // Two inputs and a result of 900 MB: the frame ends at 2.7 GB.
    const length = 112_500_000;
    const x = np.arange(length);
    const y = jit((u: NDArray, v: NDArray) => np.flip(u).mul(2).add(np.flip(v)), { backend: "wasm" })(
      x,
      np.ones(length),
    );
    expect(arenaInUse().capacity).toBeGreaterThan(2.5 * 2 ** 30);
    const values = y.toTypedArray();
    let wrong = 0;
    for (let k = 0; k < length; k++) if (values[k] !== 2 * (length - 1 - k) + 1) wrong++;
    expect(wrong).toBe(0);
    expect(jit((u: NDArray, v: NDArray) => np.sum(u.mul(v)), { backend: "wasm" })(x, np.ones(length)).item()).toBe(
      (length * (length - 1)) / 2,
    );
  },
  600_000,
);

// --- 66 ---------------------------------------------------------------------------------------

/** A program that takes this many steps and prints how heap and memory grew after the first tenth. */
const longRun = (steps: number): string => `
import { array, grad, jit, valueAndGrad, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { arenaInUse } from "./src/backend/arena.ts";
const gc = globalThis.gc;
const w0 = np.linspace(-1, 1, 64).reshape([8, 8]);
const data = np.linspace(0, 1, 8);
const loss = (w) => np.sum(np.square(np.tanh(np.matmul(w, data)).sub(data)));
const step = jit((w, m) => {
  const [value, slope] = valueAndGrad(loss)(w);
  const next = m.mul(0.9).add(slope);
  return [w.sub(next.mul(0.01)), next, value];
});
let [w, m] = [w0, np.zeros([8, 8])];
let value;
const settle = () => { for (let k = 0; k < 4; k++) gc(); return process.memoryUsage(); };
const run = (count) => { for (let k = 0; k < count; k++) [w, m, value] = step(w, m); };
run(${steps / 10});
const before = settle();
const pages = arenaInUse().memory.buffer.byteLength;
run(${steps});
const after = settle();
console.log(JSON.stringify({
  heap: after.heapUsed - before.heapUsed,
  buffers: after.arrayBuffers - before.arrayBuffers,
  pages: arenaInUse().memory.buffer.byteLength - pages,
  value: value.item(),
}));
`;

interface Growth {
  readonly heap: number;
  readonly buffers: number;
  readonly pages: number;
  readonly value: number;
}

const growthOver = (steps: number): Growth => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--expose-gc",
      "--conditions=@cotangent/source",
      "--import",
      "tsx",
      "--input-type=module",
      "--eval",
      longRun(steps),
    ],
    { encoding: "utf8", timeout: 580_000 },
  );
  expect(stdout, stderr).toMatch(/heap/);
  return JSON.parse(stdout) as Growth;
};

/** A step of an optimization makes some ten arrays; nobody disposes of any. */
const expectSteady = (steps: number): void => {
  const { heap, buffers, pages, value } = growthOver(steps);
  expect(heap).toBeLessThan((2 ** 20 * steps) / 1e4);
  expect(buffers).toBeLessThan(2 ** 20);
  expect(pages).toBe(0);
  expect(value).toBeLessThan(1);
};

test(
  "66: 1e4 jitted optimization steps without a dispose: heap grows less than 1 MiB, WebAssembly memory not at all",
  () => expectSteady(1e4),
  120_000,
);

test.runIf(isNightly)("66: the same over 1e5 steps", () => expectSteady(1e5), 600_000);

test("66: nothing of the library's surface asks to be disposed of", () => {
  const names = (object: object): string[] => {
    const found = new Set<string>();
    for (
      let at: object | null = object;
      at !== null && at !== Object.prototype;
      at = Object.getPrototypeOf(at) as object | null
    )
      for (const name of Reflect.ownKeys(at)) found.add(String(name));
    return [...found];
  };
  const surface = [array(1), jit(f), vjp(f, array([1]))[1], np].flatMap((each) => names(each as object));
  expect(surface.filter((name) => /dispose|destroy|^free$|^ref$|release|retain|^delete\(/i.test(name))).toEqual([]);
});

// --- 67 ---------------------------------------------------------------------------------------

describe("67: caches are bounded", () => {
  const shapes = isNightly ? 10_000 : 1_000;

  test(`${shapes} distinct shapes through one jitted function, then the first again: right, and traced anew once`, () => {
    const g = jit((x: NDArray) => np.sum(x.mul(2)), { backend: "interpreter" });
    const before = counters().traces;
    for (let n = 1; n <= shapes; n++) expect(g(np.ones([n])).item()).toBe(2 * n);
    expect(counters().traces - before).toBe(shapes);
    // The latest are kept, the first is gone.
    expect(g(np.ones([shapes])).item()).toBe(2 * shapes);
    expect(counters().traces - before).toBe(shapes);
    expect(g(np.ones([1])).item()).toBe(2);
    expect(counters().traces - before).toBe(shapes + 1);
  });

  test("what is forgotten is collected: 500 further signatures leave the heap as it was, for scan, cond, checkpoint and rules", () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--expose-gc",
        "--conditions=@cotangent/source",
        "--import",
        "tsx",
        "--input-type=module",
        "--eval",
        `
import { array, checkpoint, cond, customVjp, grad, jit, scan, vmap, counters } from "cotangent";
import * as np from "cotangent/numpy";
const kinds = {
  scan: (x) => scan((c, w) => [c.add(w), null], array(0), x)[0],
  cond: (x) => cond(np.greater(np.sum(x), 0), (y) => np.sum(y), (y) => np.sum(y.mul(2)), x),
  checkpoint: checkpoint((x) => np.sum(np.sin(np.sin(x)))),
  customVjp: customVjp((x) => np.sum(x), { fwd: (x) => [np.sum(x), x], bwd: (x, g) => [x.mul(g)] }),
};
const report = {};
for (const [name, f] of Object.entries(kinds)) {
  const step = jit((x) => grad(f)(x), { backend: "js" });
  const eager = grad(f);
  const run = (from, to) => { for (let n = from; n < to; n++) { step(np.ones([n])); eager(np.ones([n % 97 + 1])); } };
  const settle = () => { for (let k = 0; k < 4; k++) gc(); return process.memoryUsage().heapUsed; };
  run(1, 400);
  const before = settle();
  run(400, ${isNightly ? 5400 : 900});
  report[name] = settle() - before;
}
console.log(JSON.stringify(report));
`,
      ],
      { encoding: "utf8", timeout: 580_000 },
    );
    expect(stdout, stderr).toMatch(/scan/);
    // 500 more programs of some 20 kB each would be 10 MB; the first 400 fill every cache of a function.
    for (const [name, growth] of Object.entries(JSON.parse(stdout) as Record<string, number>))
      expect(growth, name).toBeLessThan(3 * 2 ** 20);
  }, 600_000);

  test("of scan, cond, checkpoint and rules: eager calls with ever new shapes and functions stay right", () => {
    for (let n = 1; n <= 300; n++) {
      const x = np.ones([n]);
      const weight = n % 5;
      const total = scan((c: NDArray, w: NDArray) => [c.add(w.mul(weight)), null] as const, array(0), x)[0];
      expect(total.item()).toBe(n * weight);
      expect(
        grad(checkpoint((y: NDArray) => np.sum(y.mul(weight))))(x)
          .at(0)
          .get()
          .item(),
      ).toBe(weight);
      const chosen = cond(n % 2 === 0, (y: NDArray) => np.sum(y), (y: NDArray) => np.sum(y).neg(), x); // prettier-ignore
      expect(chosen.item()).toBe(n % 2 === 0 ? n : -n);
      const ruled = customVjp((y: NDArray) => np.sum(y), {
        fwd: (y: NDArray) => [np.sum(y), y],
        bwd: (y: NDArray, g: NDArray) => [y.mul(g).mul(weight)],
      });
      expect(grad(jit(ruled))(x).at(0).get().item()).toBe(weight);
    }
  });
});

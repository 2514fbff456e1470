/**
 * Fault 65: engines refuse calls with more arguments than the stack has room for, about 120,000 where it is empty, so no list
 * whose length is the user's is spread into one. Every transform and joining function takes 24,000 leaves, rows or elements
 * where the stack has room for fewer; COTANGENT_NIGHTLY=1 makes them 130,000.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  cond,
  customJvp,
  customLinearSolve,
  customRoot,
  customVjp,
  debugCallback,
  evalShape,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  NDArray,
  pureCallback,
  scan,
  tree,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";

const count = process.env["COTANGENT_NIGHTLY"] === "1" ? 130_000 : 24_000;
const leaves = Array.from({ length: count }, (_, k) => array(k % 7));
const last = (count - 1) % 7;
type List = readonly NDArray[];
/** Writes to two leaves only: what is tested is how lists travel, not how equations run. */
const touch = (list: List): NDArray[] => list.map((x, k) => (k === 0 || k === count - 1 ? np.mul(x, 2) : x));
const energy = (list: List): NDArray => np.mul(list[0]!.add(1), list[count - 1]!);

const isTouched = (list: List): void => {
  expect([list.length, list[1]!.item(), list[count - 1]!.item()]).toEqual([count, 1, 2 * last]);
};
/** The gradient of `energy`: 1 + x of the first by the last, and the last by the first. */
const isGradient = (list: List): void => {
  expect([list.length, list[0]!.item(), list[1]!.item(), list[count - 1]!.item()]).toEqual([count, last, 0, 1]);
};

const numbers = Array.from({ length: count }, (_, k) => k % 7);

const isRefused = (): boolean => {
  try {
    Math.max(...numbers);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return true;
  }
};

/** What a call with a few arguments takes of the stack. */
const padding = new Array<number>(1000).fill(0);

/** Calls itself until the engine refuses a call with as many arguments as there are leaves, and there runs `body`. */
const whereCallsAreRefused = (body: () => void, ..._padding: readonly number[]): void => {
  if (isRefused()) body();
  else whereCallsAreRefused(body, ...padding);
};

const gradient = (f: (list: List) => NDArray) => (list: List) => (vjp(f, list)[1](array(1)) as [List])[0];

const ways: Readonly<Record<string, () => void>> = {
  "jit on wasm": () => isTouched(jit(touch, { backend: "wasm" })(leaves)),
  "jit on js": () => isTouched(jit(touch, { backend: "js" })(leaves)),
  "jit on the interpreter": () => isTouched(jit(touch, { backend: "interpreter" })(leaves)),
  vjp: () => isGradient(gradient(energy)(leaves)),
  "vjp of jit": () => isGradient(gradient(jit(energy))(leaves)),
  "jit of vjp": () => isGradient(jit(gradient(energy))(leaves)),
  "a pullback out of jit": () => {
    const [, pullback] = jit((list: List) => vjp(touch, list))(leaves);
    isTouched(pullback(leaves)[0] as List);
  },
  jvp: () => expect(jvp(energy, [leaves], [leaves])[1].item()).toBe(last),
  "jvp of jit": () => expect(jvp(jit(energy), [leaves], [leaves])[1].item()).toBe(last),
  linearize: () => expect(linearize(energy, leaves)[1](leaves).item()).toBe(last),
  "vmap of jit": () => {
    const rows = leaves.map((x) => np.reshape(x, [1]));
    expect(vmap(jit(touch))(rows)[count - 1]!.toList()).toEqual([2 * last]);
  },
  "checkpoint in reverse": () => isGradient(gradient(checkpoint(energy))(leaves)),
  "customVjp, eager and staged": () => {
    const f = customVjp(energy, {
      fwd: (list: List) => [energy(list), [list[0]!, list[count - 1]!]],
      bwd: ([first, final]: List, g: NDArray) => [
        leaves.map((_, k) => (k === 0 ? np.mul(g, final!) : k === count - 1 ? np.mul(g, first!.add(1)) : null)),
      ],
    });
    isGradient(gradient(f)(leaves));
    expect(jit(f)(leaves).item()).toBe(last);
  },
  customJvp: () => {
    const f = customJvp(energy, { jvp: ([x]: [List], [dx]: [List]) => [energy(x), dx[count - 1]!] });
    expect(jvp(f, [leaves], [leaves])[1].item()).toBe(last);
    expect(jit(f)(leaves).item()).toBe(last);
  },
  "cond, eager and staged": () => {
    isTouched(cond(array(true), touch, (list: List) => [...list], leaves));
    isTouched(jit((p: NDArray, list: List) => cond(p, touch, (own: List) => [...own], list))(array(true), leaves));
  },
  "scan forwards": () => {
    const f = (list: List): List => scan((c: List, _: null) => [touch(c), null] as const, list, null, { length: 1 })[0];
    isTouched(f(leaves));
    isTouched(jvp(f, [leaves], [leaves])[1] as List);
  },
  "whileLoop forwards": () => {
    type State = readonly [NDArray, List];
    const f = (list: List): List =>
      whileLoop<State>(
        ([k]) => np.less(k, 1),
        ([k, own]) => [k.add(1), touch(own)],
        [array(0), list],
      )[1];
    isTouched(jvp(f, [leaves], [leaves])[1] as List);
  },
  "customLinearSolve in reverse": () => {
    const half = (list: List): NDArray[] =>
      customLinearSolve(touch as never, list as NDArray[], (_, own) => own.map((x) => np.mul(x, 0.5)), {
        symmetric: true,
      });
    expect(gradient((list) => half(list)[count - 1]!)(leaves)[count - 1]!.item()).toBe(0.5);
  },
  customRoot: () => {
    const root = customRoot(
      (x: List) => x,
      leaves as List,
      () => leaves,
      (_, b) => b,
    );
    expect(root.length).toBe(count);
  },
  "pureCallback and debugCallback": () => {
    let seen = 0;
    const sum = pureCallback((list: List) => np.sum(np.stack([...list])), { shape: [] }, [leaves]) as NDArray;
    debugCallback((list: List) => void (seen = list.length), leaves);
    expect([sum.item(), seen]).toEqual([leaves.reduce((total, x) => total + x.item(), 0), count]);
  },
  "makeJaxpr, printed, and evalShape": () => {
    expect(String(makeJaxpr(energy)(leaves)).split("\n").length).toBeGreaterThan(3);
    expect(evalShape(touch, leaves as NDArray[]).length).toBe(count);
  },
  "tree.map and tree.flatten": () => {
    expect(tree.flatten(tree.map((x: NDArray) => x, leaves)).leaves.length).toBe(count);
  },
};

describe("65: more leaves than a call may have arguments go through", () => {
  test.each(Object.entries(ways))("%s", (_name, run) => whereCallsAreRefused(run));
});

describe("65: more elements or rows than a call may have arguments go through", () => {
  const total = numbers.reduce((sum, value) => sum + value, 0);
  const rows = leaves.map((x) => np.reshape(x, [1]));
  const joins: Readonly<Record<string, () => NDArray>> = {
    "array of numbers": () => array(numbers),
    "array of rows": () => array(numbers.map((value) => [value])),
    "array of arrays": () => array(leaves as never),
    concatenate: () => np.concatenate(rows),
    stack: () => np.stack(leaves),
    split: () => np.stack(np.split(array(numbers), count)),
    "concatenate in jit": () => jit((list: List) => np.concatenate([...list]))(rows),
    scan: () => scan((c: NDArray, x: NDArray) => [c, x] as const, array(0), array(numbers))[1],
    "at, set": () => np.zeros(count).at(np.arange(count).astype("int32")).set(array(numbers)),
    "read back": () => array((array(numbers).toList() as number[]).concat([])),
  };
  test.each(Object.entries(joins))("%s", (_name, join) =>
    whereCallsAreRefused(() => {
      const joined = join();
      expect([joined.size, np.sum(joined).item(), np.max(joined).item()]).toEqual([count, total, 6]);
    }),
  );
});

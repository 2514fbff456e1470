/**
 * Positions of arguments: a negative one counts from the end of the call, for every transform; static arguments
 * reach the function as they are, and traced values are refused there.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  NDArray,
  savedResiduals,
  valueAndGrad,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { expectError } from "../semantics/support.ts";

type Position = number | readonly number[];

/** x y sin z, times the arguments that are functions. */
const f = (...args: readonly (NDArray | number)[]): NDArray =>
  args.reduce<NDArray>((product, arg, k) => np.mul(product, k === 2 ? np.sin(arg) : arg), array(1));

const withArgnums: Readonly<Record<string, (argnums: Position) => unknown>> = {
  grad: (argnums) => grad(f, { argnums } as never)(2, 3, 4),
  valueAndGrad: (argnums) => valueAndGrad(f, { argnums } as never)(2, 3, 4),
  jacfwd: (argnums) => jacfwd(f, { argnums } as never)(2, 3, 4),
  jacrev: (argnums) => jacrev(f, { argnums } as never)(2, 3, 4),
  hessian: (argnums) => hessian(f, { argnums } as never)(2, 3, 4),
};

/** Which of the arguments 2, 3, 4 the function got as a JavaScript number. */
const numbersSeen = (run: (g: (...args: (NDArray | number)[]) => NDArray) => unknown): number[] => {
  let seen: number[] = [];
  run((...args) => {
    seen = args.flatMap((arg, k) => (typeof arg === "number" ? [k] : []));
    return f(...args);
  });
  return seen;
};

const withStatics: Readonly<Record<string, (staticArgnums: Position) => unknown>> = {
  jit: (staticArgnums) => numbersSeen((g) => jit(g, { staticArgnums })(2, 3, 4)),
  checkpoint: (staticArgnums) => numbersSeen((g) => checkpoint(g, { staticArgnums })(2, 3, 4)),
  customVjp: (staticArgnums) =>
    numbersSeen((g) => customVjp(g, { fwd: () => [0, 0], bwd: () => [], staticArgnums })(2, 3, 4)),
  customJvp: (staticArgnums) => numbersSeen((g) => customJvp(g, { jvp: () => [0, 0], staticArgnums })(2, 3, 4)),
};

const shown = (node: unknown): unknown => JSON.stringify(node);

const positionLists = fc.oneof(
  fc.integer({ min: 0, max: 2 }),
  fc.shuffledSubarray([0, 1, 2], { minLength: 1, maxLength: 3 }),
);

describe.each(Object.entries({ ...withArgnums, ...withStatics }))("%s", (_name, transform) => {
  test("counts a negative position from the end", () => {
    fc.assert(
      fc.property(positionLists, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (positions, isNegative) => {
        const turned = (position: number): number => (isNegative[position]! ? position - 3 : position);
        const negative = typeof positions === "number" ? turned(positions) : positions.map(turned);
        expect(shown(transform(negative))).toBe(shown(transform(positions)));
      }),
    );
  });

  test("refuses what lies before the first argument, and one argument named twice", () => {
    expectError(() => transform(-4), "InvalidArgnums", "position -4", "3 arguments");
    expectError(() => transform([0, -3]), "InvalidArgnums", "[0,-3]", "3 arguments", "repeat");
    expectError(() => transform([-1, 2]), "InvalidArgnums", "[-1,2]");
    expectError(() => transform([-1, -1]), "InvalidArgnums", "[-1,-1]");
  });
});

test("the static arguments are those that are named, and no others", () => {
  for (const transform of Object.values(withStatics)) {
    expect(transform([])).toEqual([]);
    expect(transform(-1)).toEqual([2]);
    expect(transform([-3, 1])).toEqual([0, 1]);
  }
});

test("-1 is the last of each call, however many arguments that has", () => {
  const last = jit((...args: unknown[]) => array(typeof args.at(-1) === "string" ? args.length : -1), {
    staticArgnums: -1,
  });
  expect(last(1, "a").item()).toBe(2);
  expect(last(1, 2, "a").item()).toBe(3);
  expect(last("a").item()).toBe(1);
  expectError(() => last(), "InvalidArgnums", "0 arguments");
});

test("a compiled function is traced once per static value at a negative position", () => {
  let traces = 0;
  const scaled = jit(
    (x: NDArray, factor: number) => {
      traces++;
      return np.mul(x, factor);
    },
    { staticArgnums: -1 },
  );
  expect([2, 3, 2, 3].map((factor) => scaled(5, factor).item())).toEqual([10, 15, 10, 15]);
  expect(traces).toBe(2);
});

describe("checkpoint with static arguments", () => {
  const powers = (x: NDArray, how: { readonly times: number; readonly f: (y: NDArray) => NDArray }): NDArray => {
    let y = x;
    for (let k = 0; k < how.times; k++) y = how.f(y);
    return y;
  };
  const again = checkpoint(powers, { staticArgnums: 1 });

  test("has the derivatives of the function, for every value of them", () => {
    for (const times of [0, 1, 3])
      for (const own of [np.sin, np.exp, (y: NDArray) => np.mul(y, y)]) {
        const how = { times, f: own };
        const plain = (x: NDArray): NDArray => powers(x, how);
        const twice = (x: NDArray): NDArray => again(x, how);
        expect(again(0.3, how).item()).toBe(plain(array(0.3)).item());
        expect(grad(twice)(0.3).item()).toBeCloseTo(grad(plain)(0.3).item(), 14);
        expect(grad(grad(twice))(0.3).item()).toBeCloseTo(grad(grad(plain))(0.3).item(), 13);
        expect(jit(vmap(grad(twice)))(array([0.1, 0.3])).toList()).toEqual(
          [0.1, 0.3].map((x) => expect.closeTo(grad(plain)(x).item(), 14)),
        );
      }
  });

  test("keeps the traced arguments and nothing of the static ones", () => {
    const how = { times: 4, f: np.sin };
    const kept = savedResiduals((x) => again(x, how), np.ones([5]));
    expect(kept.map(({ bytes, origin }) => [bytes, origin])).toEqual([[40, "argument [0]"]]);
  });

  test("refuses a traced value there by name, bare or inside", () => {
    const second = checkpoint((x: NDArray, k: unknown) => (k === null ? x : x.neg()), { staticArgnums: [-1] });
    expect(second(1, null).item()).toBe(1);
    for (const wrap of [(k: NDArray) => k, (k: NDArray) => [k], (k: NDArray) => ({ deep: { k } })])
      for (const run of [jit, vmap, grad] as const)
        expectError(
          () => (run as typeof vmap)((k: NDArray) => np.sum(second(k, wrap(k))))(array([1.5])),
          "NotStatic",
          "checkpoint of",
          "static argument 1",
        );
  });

  test("refuses a misspelt option", () => {
    expectError(() => checkpoint(powers, { staticArgnum: 1 } as never), "UnknownOption", "staticArgnums");
  });
});

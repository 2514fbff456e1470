/**
 * Loops and branches inside compiled programs: the same bits as the interpreter, nothing left to the host that the
 * program can do, and an arena that is left as it was, whatever a body does.
 */
import { afterEach, describe, expect, test } from "vitest";
import {
  array,
  cond,
  explain,
  foriLoop,
  grad,
  jit,
  map,
  pureCallback,
  scan,
  switchCase,
  vmap,
  whileLoop,
} from "cotangent";
import type { NDArray } from "cotangent";
import type { Backend } from "../../src/backend/index.ts";
import * as np from "cotangent/numpy";
import * as linalg from "cotangent/linalg";
import { configureArena } from "../../src/backend/index.ts";
import { arenaInUse } from "../../src/backend/arena.ts";
import { bitsOf } from "./programs.ts";

type Program = (...xs: NDArray[]) => readonly NDArray[];

const row = array([0.5, -1.25, 3]);
const rows = np.sin(np.arange(12).reshape([4, 3]));
const three = array(3, { dtype: "int32" });
const square = np.cos(np.arange(9).reshape([3, 3]));

/** Rows 0 to length - 1 scanned with this body from one carry. */
const scanned =
  (
    length: number,
    reverse: boolean,
    body: (carry: readonly NDArray[], x: NDArray) => readonly [NDArray[], NDArray[]],
  ) =>
  (x: NDArray, xs: NDArray): readonly NDArray[] => {
    const [carry, ys] = scan(body, [x, x.mul(2)], np.at(xs, np.slice(0, length)).get(), { reverse });
    return [...carry, ...ys];
  };

const swap = ([a, b]: readonly NDArray[], x: NDArray): readonly [NDArray[], NDArray[]] => [
  [b!, a!],
  [x, a!, a!],
];
const mix = ([a, b]: readonly NDArray[], x: NDArray): readonly [NDArray[], NDArray[]] => [
  [np.sin(a!.add(x)), b!.mul(a!)],
  [a!.sub(b!), np.sum(x)],
];

const programs: Record<string, readonly [Program, readonly NDArray[]]> = {
  "state that is swapped, passed on, repeated and stacked": [scanned(4, false, swap), [row, rows]],
  "the same from the last row": [scanned(3, true, swap), [row, rows]],
  "results of one step": [scanned(1, false, mix), [row, rows]],
  "no step at all": [scanned(0, true, mix), [row, rows]],
  "an even number of steps": [scanned(4, true, mix), [row, rows]],
  "a scan in a scan in a scan": [
    (x, xs) => {
      const [c, ys] = scan(
        (a: NDArray, r: NDArray) => {
          const [b, zs] = scan(
            (s: NDArray, q: NDArray) => [s.mul(q).add(a), foriLoop(0, 3, (k, t) => t.add(k).mul(q), s)] as const,
            a,
            r,
          );
          return [b.mul(0.5), zs] as const;
        },
        x,
        xs,
      );
      return [c, ys];
    },
    [row, rows],
  ],
  "a loop that never runs, and one that runs often": [
    (x) => [
      whileLoop(
        (s) => np.greater(np.sum(s), 1e6),
        (s: NDArray) => s.add(1),
        x,
      ),
      ...whileLoop(
        ([n]) => np.less(n!, 7),
        ([n, s]: readonly NDArray[]) => [n!.add(1), np.sin(s!).add(n!)],
        [array(0, { dtype: "int32" }), x] as readonly NDArray[],
      ),
    ],
    [row],
  ],
  "branches of a loop's counter": [
    (x) => [
      foriLoop(
        0,
        9,
        (k, s) => switchCase(np.remainder(k, 3), [(t) => np.exp(t.neg()), (t) => t.mul(k), (t) => t.add(x)], s),
        x,
      ),
    ],
    [row],
  ],
  "a branch without operands": [
    (n) => [
      cond(
        np.greater(n, 2),
        () => np.ones([2]),
        () => np.zeros([2]),
      ),
    ],
    [three],
  ],
  "truth values and integers as state": [
    (n) => {
      const [flag, count, seen] = foriLoop(
        0,
        5,
        (k, [f, c, s]: readonly NDArray[]) => [
          np.logicalXor(f!, np.greater(k, 2)),
          c!.add(n).mul(3),
          np.at(s!, k).set(np.logicalNot(f!)),
        ],
        [array(true), n, np.zeros([5], { dtype: "bool" })] as readonly NDArray[],
      ) as readonly NDArray[];
      return [flag!, count!, seen!];
    },
    [three],
  ],
  "kernels and routines in a body": [
    (m) => {
      const [last, all] = scan(
        (s: NDArray) => {
          const next = linalg.solve(np.matmul(s, s).add(np.eye(3).mul(4)), s);
          return [next, [np.sort(next), linalg.eigvalsh(next.add(next.T))]] as const;
        },
        m,
        null,
        { length: 3 },
      );
      return [last, ...all];
    },
    [square],
  ],
  "a host function in a loop in a branch": [
    (x) => [
      cond(
        np.greater(np.sum(x), 0),
        (y) =>
          foriLoop(0, 3, (_k, s) => pureCallback((z: NDArray) => z.mul(2).add(1), { shape: [3] }, [s]) as NDArray, y),
        (y) => y,
        x,
      ),
    ],
    [row],
  ],
  "the gradient of a loop": [
    (x, xs) => [
      grad((w: NDArray) => {
        const [c, ys] = scan((s: NDArray, r: NDArray) => [np.tanh(s.mul(w).add(r)), np.sum(s)] as const, x, xs);
        return np.sum(c).add(np.sum(ys));
      })(x),
    ],
    [row, rows],
  ],
  "a mapped loop whose examples end at different times": [
    (x) => [
      vmap((y: NDArray) =>
        whileLoop(
          (s) => np.less(s, 10),
          (s: NDArray) => s.mul(2).add(1),
          y,
        ),
      )(np.abs(x)),
    ],
    [row],
  ],
  "empty rows": [(xs) => [map((r: NDArray) => r.mul(2), xs)], [np.zeros([4, 0])]],
};

const runOn = (backend: Backend, f: Program, inputs: readonly NDArray[]): string[] =>
  (jit(f as (...xs: NDArray[]) => NDArray[], { backend })(...inputs) as readonly NDArray[]).map(bitsOf);

describe.each(Object.entries(programs))("%s", (_name, [f, inputs]) => {
  test("gives the interpreter's bits", () => {
    const expected = runOn("interpreter", f, inputs);
    expect(runOn("wasm", f, inputs)).toEqual(expected);
    expect(runOn("js", f, inputs)).toEqual(expected);
  });

  test("gives them while the memory grows under it", () => {
    const expected = runOn("interpreter", f, inputs);
    configureArena({ growAlways: true });
    expect(runOn("wasm", f, inputs)).toEqual(expected);
  });

  test("is no routine of the host", () => {
    expect(explain(f, ...inputs)).not.toMatch(/routine (scan|while|cond)/);
  });
});

afterEach(() => configureArena());

test("what is thrown in a body leaves through the loop, and the arena is as it was", () => {
  const failing = jit(
    (x: NDArray) =>
      foriLoop(
        0,
        10,
        (k, s) =>
          pureCallback(
            (z: NDArray, n: NDArray) => {
              if (n.item() === 4) throw new RangeError("the fifth round");
              return z;
            },
            { shape: [3] },
            [s, k],
          ) as NDArray,
        x,
      ),
    { backend: "wasm" },
  );
  const before = arenaInUse().top;
  expect(() => failing(row)).toThrow("the fifth round");
  expect(arenaInUse().top).toBe(before);
  expect(runOn("wasm", (x) => [x.add(1)], [row])).toEqual(runOn("interpreter", (x) => [x.add(1)], [row]));
});

test("a value that no round changes is written into the body", () => {
  const text = explain((x: NDArray) => foriLoop(0, 100, (_k, s) => s.mul(np.full([3], 0.25)), x), row);
  expect(text).toMatch(/mul\(v\d, 0.25\)/);
});

test("a loop hands its state to and fro between two places", () => {
  const text = explain((x: NDArray) => foriLoop(0, 1000, (_k, s) => np.sin(s), x), np.ones([1000]));
  const [, bytes] = /^frame of (\d+) bytes/m.exec(text.replaceAll(/^ .*$/gm, ""))!;
  // Argument, result, and one place more.
  expect(Number(bytes)).toBeLessThan(3 * 8000 + 1000);
});

/**
 * Semantics 44 (carries) and 59-64: loops of no steps, lengths and types that disagree, while loops, mapped predicates.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  cond,
  foriLoop,
  grad,
  jacfwd,
  jit,
  jvp,
  linearize,
  map,
  NDArray,
  scan,
  switchCase,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";
import { expectError } from "./support.ts";

const x3 = array([1, 2, 3]);
const add = (c: NDArray, x: NDArray): readonly [NDArray, NDArray] => [c.add(x), c.mul(x)];

test("44: a weak number as initial carry takes the dtype of the body's result", () => {
  for (const dtype of ["float32", "int32", "float64"] as const) {
    const [last] = scan(add, 0, np.astype(x3, dtype));
    expect([last.dtype, last.item()]).toEqual([dtype, 6]);
    expect(
      whileLoop(
        (c: NDArray) => np.less(c, 5),
        (c: NDArray) => c.add(array(2, { dtype })),
        0,
      ).dtype,
    ).toBe(dtype);
  }
});

test("59: a loop of no steps returns its initial state, stacks and maps of nothing are empty", () => {
  expect(foriLoop(5, 5, (_, c: NDArray) => c.mul(2), array(7)).item()).toBe(7);
  expect(foriLoop(5, -5, (_, c: NDArray) => c.mul(2), array(7)).item()).toBe(7);
  const n = array(3, { dtype: "int32" });
  expect(jit((k: NDArray) => foriLoop(5, k, (_, c: NDArray) => c.mul(2), array(7)))(n).item()).toBe(7);
  for (const f of [
    scan,
    jit((...args: Parameters<typeof scan>) => scan(...args), { staticArgnums: [0, 3] }),
  ] as (typeof scan)[]) {
    const [last, ys] = f(add as never, array(7), np.zeros([0]), {}) as [NDArray, NDArray];
    expect([last.item(), ys.shape]).toEqual([7, [0]]);
  }
  const [last, ys] = scan((c: NDArray, _: null) => [c.mul(2), np.ones([2, 3])] as const, array(7), null, { length: 0 });
  expect([last.item(), ys.shape]).toEqual([7, [0, 2, 3]]);
  expect(map((x: NDArray) => np.sum(x), np.zeros([0, 4])).shape).toEqual([0]);
  expect(grad((x: NDArray) => scan(add, x, np.zeros([0]))[0])(3).item()).toBe(1);
});

test("60: a length that disagrees with the rows, and rows that disagree, are named with their sizes", () => {
  expectError(() => scan(add, array(0), x3, { length: 4 }), "LoopLength", "length is 4", "xs has 3 rows");
  expectError(
    () => scan((c: NDArray, [a]: readonly NDArray[]) => add(c, a!), array(0), [x3, np.ones([2])]),
    "LoopLength",
    "xs[0] has 3 rows",
    "xs[1] has 2 rows",
  );
  expectError(() => scan(add, array(0), array(3)), "LoopLength", "float64[]");
  expectError(() => scan(add as never, array(0), null), "LoopLength", "{ length }");
  for (const length of [-1, 1.5, NaN])
    expectError(() => scan(add as never, array(0), null, { length }), "InvalidOption", String(length));
});

test("60: a carry whose types change lists every path that differs, a structure that changes is shown", () => {
  type State = { readonly a: NDArray; readonly b: readonly NDArray[]; readonly c: NDArray };
  const state: State = { a: x3, b: [array(1), array([1], { dtype: "int32" })], c: array(true) };
  const body = ({ a, b, c }: State): readonly [State, null] => [
    { a: np.concatenate([a, a]), b: [b[0]!, b[1]!.astype("float32")], c },
    null,
  ];
  for (const call of [
    () => scan(body as never, state, null, { length: 2 }),
    () => jit((s: State) => scan(body as never, s, null, { length: 2 }))(state),
  ])
    expectError(
      call,
      "CarryMismatch",
      ".a enters as float64[3] and leaves as float64[6]",
      ".b[1] enters as int32[1] and leaves as float32[1]",
    );
  expectError(
    () => scan((c: NDArray) => [[c, c], null] as never, array(1), null, { length: 2 }),
    "CarryMismatch",
    "[*,*]",
    "structure *",
  );
  expectError(
    () =>
      whileLoop(
        (c: NDArray) => np.less(c, 1),
        (c: NDArray) => np.stack([c]),
        array(0),
      ),
    "CarryMismatch",
    "float64[1]",
  );
  expectError(
    () => foriLoop(0, 2, (_, c: NDArray) => c.astype("float64"), array(0, { dtype: "int32" })),
    "CarryMismatch",
    "int32[]",
    "float64[]",
  );
  expectError(() => scan((c: NDArray) => c as never, array(1), null, { length: 2 }), "TreeMismatch", "[carry, y]");
});

test("61: branches of different structure or type are refused with the path and both types", () => {
  const t = array(true);
  expectError(
    () =>
      cond(
        t,
        () => [x3, x3] as never,
        () => x3 as never,
      ),
    "TreeMismatch",
    "[*,*]",
    "*",
  );
  expectError(
    () =>
      cond(
        t,
        function wide() {
          return { w: x3 };
        },
        function narrow() {
          return { w: np.ones([2]) };
        },
      ),
    "TreeMismatch",
    "result.w",
    "float64[3] in onTrue (wide)",
    "float64[2] in onFalse (narrow)",
  );
  expectError(
    () => switchCase(0, [() => x3, () => x3.astype("int32")]),
    "TreeMismatch",
    "float64[3] in branch 0",
    "int32[3]",
  );
  expectError(
    () =>
      cond(
        t,
        () => array(1, { dtype: "int32" }),
        () => 0.5 as unknown as NDArray,
      ),
    "TreeMismatch",
    "int32[]",
  );
  expectError(
    () =>
      jit((p: NDArray) =>
        cond(
          p,
          () => x3,
          () => np.ones([2]),
        ),
      )(t),
    "TreeMismatch",
    "float64[3]",
    "float64[2]",
  );
});

test("61: a predicate is one truth value or number, a switch's index an integer", () => {
  expectError(
    () =>
      cond(
        np.greater(x3, 1),
        () => x3,
        () => x3,
      ),
    "ShapeMismatch",
    "predicate",
    "bool[3]",
    "np.where",
  );
  expectError(
    () =>
      cond(
        [true] as never,
        () => x3,
        () => x3,
      ),
    "ShapeMismatch",
    "predicate",
  );
  expectError(() => switchCase(array(0.5), [() => x3]), "DTypeMismatch", "float64[]");
  expectError(() => switchCase(0, []), "InvalidOption", "no branches");
  expectError(
    () =>
      whileLoop(
        () => x3,
        (c: NDArray) => c,
        array(1),
      ),
    "ShapeMismatch",
    "condition",
    "float64[3]",
  );
  expectError(
    () =>
      whileLoop(
        (c: NDArray) => c,
        (c: NDArray) => c,
        array(1),
      ),
    "DTypeMismatch",
    "float64[]",
  );
  expect(
    cond(
      2,
      () => array(1),
      () => array(0),
    ).item(),
  ).toBe(1);
});

describe("62: while", () => {
  type Pair = readonly [NDArray, NDArray];
  const power = (x: NDArray): NDArray =>
    whileLoop<Pair>(
      ([k]) => np.less(k, 3),
      ([k, p]) => [k.add(1), p.mul(x)],
      [array(0), np.onesLike(x)],
    )[1];

  test("forward mode is right, also where a tangent becomes nonzero late", () => {
    expect(jvp(power, [array(2)], [array(1)]).map((x) => x.item())).toEqual([8, 12]);
    expect(jacfwd(jacfwd(power))(array(2)).item()).toBe(12);
  });

  test("forward mode carries a tangent through as many steps as it takes to arrive", () => {
    // Each entry takes the value of the one before, so the tangent of the first reaches the last after three steps.
    const shift = (x: NDArray): NDArray =>
      whileLoop<readonly NDArray[]>(
        ([k]) => np.less(k!, 3),
        ([k, p, q, r]) => [k!.add(1), p!, p!.mul(2), q!.mul(3).add(r!)],
        [array(0), x, array(0), array(0)],
      )[3]!;
    for (const f of [shift, jit(shift)]) expect(jvp(f, [array(1)], [array(1)]).map((y) => y.item())).toEqual([12, 12]);
  });

  test("linearize works", () => expect(linearize(power, array(2))[1](array(0.5)).item()).toBe(6));

  test("reverse mode raises ReverseModeOfWhile, also nested in scan, cond and jit", () => {
    const nested: readonly ((x: NDArray) => NDArray)[] = [
      power,
      jit(power),
      (x) => scan((c: NDArray, _: null) => [power(c), null] as const, x, null, { length: 2 })[0],
      (x) => cond(true, power, (y: NDArray) => y, x),
    ];
    for (const f of nested) {
      expectError(() => grad(f)(2), "ReverseModeOfWhile", "scan");
      expectError(() => jit(grad(f))(2), "ReverseModeOfWhile", "foriLoop");
    }
    const counted = (x: NDArray, n: NDArray): NDArray => foriLoop(0, n, (_, c: NDArray) => c.mul(x), x);
    const two = array(2, { dtype: "int32" });
    expect(grad(counted)(2, two).item()).toBe(12);
    expectError(() => jit(grad(counted))(2, two), "ReverseModeOfWhile");
  });
});

describe("63: under vmap", () => {
  test("while runs until all are done, finished examples stay frozen", () => {
    const halve = (x: NDArray): NDArray =>
      whileLoop(
        (a: NDArray) => np.greater(a, 1),
        (a: NDArray) => a.div(2),
        x,
      );
    expect(vmap(halve)(array([0.3, 1, 3, 100])).toList()).toEqual([0.3, 1, 0.75, 0.78125]);
  });

  test("cond with a mapped predicate selects, and the gradient of the branch not taken leaks no NaN", () => {
    const f = (x: NDArray): NDArray =>
      cond(
        np.greater(x, 0),
        (y: NDArray) => np.log(y),
        (y: NDArray) => y.mul(3),
        x,
      );
    const xs = array([0, -1, 2]);
    expect(vmap(f)(xs).toList()).toEqual([0, -3, Math.log(2)]);
    expect(grad((x: NDArray) => np.sum(vmap(f)(x)))(xs).toList()).toEqual([3, 3, 0.5]);
    expect(jit(vmap(grad(grad(f))))(xs).toList()).toEqual([0, 0, -0.25]);
  });
});

test("64: grad of scan is grad of the unrolled loop, second order too, in reverse and without rows", () => {
  const weights = [0.5, -1.2, 2];
  const scanned = (reverse: boolean) => (x: NDArray) =>
    scan((c: NDArray, w: NDArray) => [np.sin(c.mul(w)).add(x), null] as const, x, array(weights), { reverse })[0];
  const unrolled = (reverse: boolean) => (x: NDArray) =>
    (reverse ? weights.toReversed() : weights).reduce((c, w) => np.sin(c.mul(w)).add(x), x);
  for (const reverse of [false, true])
    for (const order of [
      grad,
      (f: (x: NDArray) => NDArray) => grad(grad(f)),
      (f: (x: NDArray) => NDArray) => jit(grad(grad(f))),
    ])
      expect(order(scanned(reverse))(array(0.3)).item()).toBeCloseTo(order(unrolled(reverse))(array(0.3)).item(), 13);
  const cubes = (x: NDArray): NDArray =>
    scan((c: NDArray, _: null) => [c.mul(x), null] as const, x, null, { length: 2 })[0];
  expect([grad(cubes)(2).item(), grad(grad(cubes))(2).item()]).toEqual([12, 12]);
});

test("64: vmap of scan over mixed axes is the loop over examples", () => {
  const f = (c: NDArray, xs: NDArray): NDArray => scan(add, c, xs)[1];
  const xs = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(vmap(f, { inAxes: [0, null] })(array([1, 2]), x3).toList()).toEqual(
    [1, 2].map((c) => f(array(c), x3).toList()),
  );
  expect(vmap(f, { inAxes: [null, 1], outAxes: 1 })(array(1), xs).toList()).toEqual(
    np
      .stack(
        [0, 1, 2].map((k) => f(array(1), np.take(xs, k, { axis: 1 }))),
        { axis: 1 },
      )
      .toList(),
  );
});

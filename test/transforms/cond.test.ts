/** cond and switchCase: equal to the branch written out, under every transform, mapped predicates included. */
import { describe, expect, test } from "vitest";
import {
  array,
  cond,
  grad,
  jit,
  jvp,
  makeJaxpr,
  NDArray,
  pureCallback,
  savedResiduals,
  switchCase,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { validateClosed } from "../../src/ir/validate.ts";
import { applyNest, derivatives, eagerNests, expectClose, nestsUpTo } from "./nests.ts";
import type { Program } from "./nests.ts";

/** Branches with different residuals, closed-over values, constants. */
const branches: readonly ((x: NDArray, w: NDArray) => NDArray)[] = [
  (x, w) => np.sum(np.sin(x)).mul(np.exp(w)),
  (x) => np.sum(x.pow(3)),
  (x, w) => np.sum(np.tanh(x).mul(np.cos(x))).div(np.square(w).add(1)),
  () => array(2.5),
];

/** Branch k of x closing over w; `index` may be traced. */
const switched =
  (index: (x: NDArray) => NDArray): Program =>
  (x) => {
    const w = np.at(x, 0).get();
    return switchCase(
      index(x),
      branches.map((branch) => (own: NDArray) => branch(own, w)),
      x,
    );
  };

const point = array([0.4, -0.7]);

describe.each(branches.map((_, k) => k))("switchCase that takes branch %i", (k) => {
  const direct: Program = (x) => branches[k]!(x, np.at(x, 0).get()).mul(1);
  const known = switched(() => array(k, { dtype: "int32" }));
  const traced = switched((x) => np.astype(np.mul(np.at(x, 0).get(), 0).add(k), "int32"));

  test.each(Object.keys(derivatives))("%s equals that of the branch itself", (derivative) => {
    const expected = derivatives[derivative]!(direct)(point);
    for (const f of [known, traced]) expectClose(derivatives[derivative]!(f)(point), expected, 1e-13, derivative);
  });

  test("every nest of jit, grad, jvp and vmap to depth 3 equals that over the branch itself", () => {
    const expected = eagerNests(direct, point);
    for (const nest of nestsUpTo(3))
      for (const f of [known, traced]) expectClose(applyNest(nest, f)(point), expected(nest), 1e-12, nest.join(" of "));
  });
});

/** Chooses by the sign of the first element: mapped examples take different branches. */
const bySign: Program = (x) =>
  cond(
    np.greater(np.at(x, 0).get(), 0),
    (own: NDArray) => np.sum(np.sqrt(np.at(own, 0).get()).mul(own)),
    (own: NDArray) => np.sum(np.exp(own)),
    x,
  );

const bySignInJavaScript = (x: NDArray, value: (f: Program) => Program): NDArray =>
  value((own) => (x.toTypedArray()[0]! > 0 ? np.sum(np.sqrt(np.at(own, 0).get()).mul(own)) : np.sum(np.exp(own))))(x);

describe("a mapped predicate", () => {
  const examples = array([
    [0.5, 1],
    [-0.5, 2],
    [2, -1],
    [-1, 0.3],
  ]);
  const rows = [0, 1, 2, 3].map((k) => np.at(examples, k).get());

  test.each([
    ["values", (f: Program) => f],
    ["gradients", (f: Program) => grad(f) as Program],
    ["compiled gradients", (f: Program) => jit(grad(f) as Program)],
    [
      "tangents",
      (f: Program): Program =>
        (x) =>
          jvp(f, [x], [np.onesLike(x)])[1],
    ],
    ["second derivatives", (f: Program) => grad((x: NDArray) => np.sum((grad(f) as Program)(x))) as Program],
  ])("%s of each example are those of the branch it takes", (name, value) => {
    const wanted = np.stack(rows.map((row) => bySignInJavaScript(row, value)));
    expectClose(vmap(value(bySign))(examples), wanted, 1e-14, name);
    expectClose(jit(vmap(value(bySign)))(examples), wanted, 1e-14, `compiled ${name}`);
  });

  test("the gradient of the sum over examples is that of each alone", () => {
    const seen = grad((xs: NDArray) => np.sum(vmap(bySign)(xs)))(examples);
    expectClose(seen, np.stack(rows.map((row) => grad(bySign)(row))), 1e-14, "sum");
  });

  test("the branch that is not taken adds no NaN, even where its derivative is infinite", () => {
    const root = (x: NDArray): NDArray =>
      cond(
        np.greater(x, 0),
        (own: NDArray) => np.sqrt(own),
        (own: NDArray) => own.mul(0),
        x,
      );
    const xs = array([-1, 0, 4]);
    expect(vmap(grad(root))(xs).toList()).toEqual([0, 0, 0.25]);
    expect(grad((x: NDArray) => np.sum(vmap(root)(x)))(xs).toList()).toEqual([0, 0, 0.25]);
    expect(vmap(grad(grad(root)))(xs).toList()).toEqual([0, 0, -0.03125]);
    expect(grad((x: NDArray) => np.sum(vmap(root)(x)))(array([-1, -2])).toList()).toEqual([0, 0]);
  });

  test("no examples, one example, and mapped operands with a predicate that is not mapped", () => {
    const f = (p: NDArray, x: NDArray): NDArray =>
      cond(
        p,
        (own: NDArray) => own.mul(2),
        (own: NDArray) => own.neg(),
        x,
      );
    expect(vmap(f)(array([], { dtype: "bool" }), array([])).shape).toEqual([0]);
    expect(vmap(f)(array([true]), array([3])).toList()).toEqual([6]);
    expect(vmap(f, { inAxes: [null, 0] })(array(false), array([3, 4])).toList()).toEqual([-3, -4]);
    expect(vmap(f, { inAxes: [0, null] })(array([true, false]), array(3)).toList()).toEqual([6, -3]);
  });

  test("vmap of vmap equals two loops", () => {
    const f = (x: NDArray, y: NDArray): NDArray =>
      cond(
        np.less(x, y),
        (a: NDArray, b: NDArray) => np.log(b.sub(a)),
        (a: NDArray, b: NDArray) => np.sqrt(a.sub(b)),
        x,
        y,
      );
    const [xs, ys] = [array([0, 1, 2]), array([1, 1, 0.5])];
    const all = vmap((x: NDArray) => vmap((y: NDArray) => f(x, y))(ys))(xs);
    const wanted = [0, 1, 2].map((x) => [1, 1, 0.5].map((y) => (x < y ? Math.log(y - x) : Math.sqrt(x - y))));
    expectClose(all, array(wanted), 1e-15, "table");
  });
});

test("a branch runs on operands that take it only, and not at all if none does", () => {
  const seen: number[] = [];
  const host = (x: NDArray): NDArray =>
    pureCallback(
      (value: NDArray) => {
        seen.push(value.item());
        return np.sqrt(value);
      },
      { shape: [], dtype: "float64" },
      [x],
    );
  const f = (x: NDArray): NDArray => cond(np.greater(x, 0), host, (own: NDArray) => own.neg(), x);
  expect(vmap(f)(array([-1, 4, -9])).toList()).toEqual([1, 2, 9]);
  expect(seen.every((value) => value === 4)).toBe(true);
  seen.length = 0;
  expect(vmap(f)(array([-1, -9])).toList()).toEqual([1, 9]);
  expect(seen).toEqual([]);
});

test("residuals of the branches share their places", () => {
  const f = (x: NDArray): NDArray =>
    np.sum(
      cond(
        np.greater(np.at(x, 0).get(), 0),
        (own: NDArray) => np.sin(np.sin(own)),
        (own: NDArray) => np.cos(np.exp(own)),
        x,
      ),
    );
  const kept = savedResiduals(f, np.ones([10])).filter(({ origin }) => origin === "cond");
  expect(kept.map(({ shape }) => shape)).toEqual([[10], [10]]);
});

test("its jaxprs and those of its derivatives are valid", () => {
  const traced = switched((x) => np.astype(np.at(x, 1).get(), "int32"));
  for (const f of [
    traced,
    bySign,
    ...Object.values(derivatives).flatMap((derivative) => [derivative(traced), derivative(bySign)]),
  ]) {
    validateClosed(makeJaxpr(f)(point) as never);
    validateClosed(makeJaxpr(vmap(f))(np.stack([point, point])) as never);
  }
});

test("an index out of range takes the first or last branch; a number predicate is false at 0 only", () => {
  const names = [(x: NDArray) => x, (x: NDArray) => x.mul(10)];
  expect([-5, 0, 1, 9].map((k) => switchCase(k, names, 1).item())).toEqual([1, 1, 10, 10]);
  expect(jit((k: NDArray) => switchCase(k, names, 1))(array(9, { dtype: "int32" })).item()).toBe(10);
  expect(
    [0, -0, 0.5, NaN].map((p) =>
      cond(
        p,
        () => array(1),
        () => array(0),
      ).item(),
    ),
  ).toEqual([0, 0, 1, 1]);
});

test("a number that one branch returns takes the type of the other", () => {
  const f32 = array(1.5, { dtype: "float32" });
  const out = cond(
    true,
    (x: NDArray) => x,
    () => 0 as unknown as NDArray,
    f32,
  );
  expect([out.dtype, out.item()]).toEqual(["float32", 1.5]);
});

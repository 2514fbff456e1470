/**
 * Printed jaxprs are stable: the text is part of the public face of tracing, so its form is pinned here.
 */
import { describe, expect, test } from "vitest";
import { array, customVjp, grad, jit, jvp, makeJaxpr, NDArray, vjp, vmap } from "cotangent";
import * as np from "cotangent/numpy";

const show = (f: (...args: any[]) => unknown, ...args: unknown[]): string => String(makeJaxpr(f)(...args));

const x3 = array([1, 2, 3]);

describe("a jaxpr prints", () => {
  test("variables in binding order with their types, literals in place", () => {
    expect(show((x: NDArray) => np.mul(np.sin(x), 2), array(1))).toMatchInlineSnapshot(`
      "{ lambda ; a:float64[] . let
          b:float64[] = sin a
          c:float64[] = mul b 2
        in (c) }"
    `);
  });

  test("weak types with ~, dtypes of literals that are not float64", () => {
    expect(show((x: NDArray, y: NDArray) => [np.add(x, 1), np.add(y, 1)], 2, array(1, { dtype: "int32" })))
      .toMatchInlineSnapshot(`
      "{ lambda ; a:float64[]~ b:int32[] . let
          c:float64[]~ = add a 1
          d:int32[] = convert[dtype=int32 weakType=false] 1
          e:int32[] = add b d
        in (c, e) }"
    `);
  });

  test("parameters sorted by name, constants before the semicolon", () => {
    expect(show((x: NDArray) => np.sum(np.mul(np.reshape(x, [3, 1]), x3), { axis: 0 }), x3)).toMatchInlineSnapshot(`
      "{ lambda a:float64[3] ; b:float64[3] . let
          c:float64[3,1] = reshape[shape=[3,1]] b
          d:float64[3,3] = broadcast[axes=[0,1] shape=[3,3]] c
          e:float64[3,3] = broadcast[axes=[1] shape=[3,3]] a
          f:float64[3,3] = mul d e
          g:float64[3] = reduceSum[axes=[0]] f
        in (g) }"
    `);
  });

  test("no inputs, no outputs, outputs that are inputs and literals", () => {
    expect(show(() => [])).toMatchInlineSnapshot(`
      "{ lambda ; . let
        in () }"
    `);
    expect(show((x: NDArray) => [x, 2.5, true, -0], array([1]))).toMatchInlineSnapshot(`
      "{ lambda ; a:float64[1] . let
        in (a, 2.5, true, -0) }"
    `);
  });

  test("inner jaxprs indented below their equation", () => {
    expect(
      show(
        (x: NDArray) =>
          jit(function twice(y: NDArray) {
            return np.add(y, y);
          })(np.sin(x)),
        array(1),
      ),
    ).toMatchInlineSnapshot(`
      "{ lambda ; a:float64[] . let
          b:float64[] = sin a
          c:float64[] = jit[backend=auto jaxpr={ lambda ; a:float64[] . let
                b:float64[] = add a a
              in (b) } name=twice] b
        in (c) }"
    `);
  });

  test("a gradient: the forward part, then the transposed part", () => {
    expect(
      show(
        grad((x: NDArray) => np.sum(np.sin(x))),
        x3,
      ),
    ).toMatchInlineSnapshot(`
      "{ lambda ; a:float64[3] . let
          b:float64[3] = sin a
          c:float64[3] = cos a
          d:float64[] = reduceSum[axes=[0]] b
          e:float64[3] = broadcast[axes=[] shape=[3]] 1
          f:float64[3] = mul e c
        in (f) }"
    `);
  });

  test("a tangent, and a mapped function", () => {
    expect(show((x: NDArray) => jvp((y: NDArray) => np.mul(y, np.exp(y)), [x], [array(1)])[1], array(1)))
      .toMatchInlineSnapshot(`
      "{ lambda ; a:float64[] . let
          b:float64[] = exp a
          c:float64[] = mul 1 b
          d:float64[] = mul a b
          e:float64[] = mul 1 b
          f:float64[] = mul a c
          g:float64[] = add e f
        in (g) }"
    `);
    expect(
      show(
        vmap((x: NDArray, y: NDArray) => np.dot(x, y), { inAxes: [0, null] }),
        np.ones([2, 3]),
        x3,
      ),
    ).toMatchInlineSnapshot(`
      "{ lambda ; a:float64[2,3] b:float64[3] . let
          c:float64[2] = dot[batch=[[],[]] contract=[[1],[0]]] a b
        in (c) }"
    `);
  });

  test("a pullback: residuals are its constants", () => {
    const [, pullback] = vjp((x: NDArray) => np.sin(x), x3);
    expect(show(pullback, x3)).toMatchInlineSnapshot(`
      "{ lambda a:float64[3] ; b:float64[3] . let
          c:float64[3] = mul b a
        in (c) }"
    `);
  });

  test("the 27th variable as aa, the 703rd as aaa", () => {
    const text = show((x: NDArray) => {
      let y = x;
      for (let k = 0; k < 702; k++) y = np.sin(y);
      return y;
    }, array(1));
    const lines = text.split("\n");
    expect([lines[26], lines[702]]).toEqual(["    aa:float64[] = sin z", "    aaa:float64[] = sin zz"]);
    expect(text.endsWith("in (aaa) }")).toBe(true);
  });

  test("functions among parameters by name, not by source", () => {
    const f = customVjp(
      function half(x: NDArray) {
        return np.mul(x, 0.5);
      },
      { fwd: (x: NDArray) => [np.mul(x, 0.5), null], bwd: (_r: null, g: NDArray) => [g] },
    );
    const text = show(f, array(1));
    expect(text).toContain("name=half");
    expect(text).not.toContain("=>");
    expect(text).not.toContain("function");
  });
});

test("equal functions print equal text, and tracing is deterministic", () => {
  const f = (x: NDArray): NDArray => np.sum(np.div(np.exp(x), np.sum(np.exp(x))));
  const g = (y: NDArray): NDArray => np.sum(np.div(np.exp(y), np.sum(np.exp(y))));
  expect(show(grad(f), x3)).toBe(show(grad(g), array([7, 8, 9])));
});

/** namedScope: names go through every transform and every output, and never touch a value. */
import { afterEach, describe, expect, test } from "vitest";
import {
  array,
  configure,
  customVjp,
  explain,
  grad,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  namedScope,
  NDArray,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { currentScope } from "../../src/ir/origin.ts";
import { expectError, values } from "../semantics/support.ts";

type Scalar = (x: NDArray) => NDArray;

const model: Scalar = (x) => namedScope("model", () => namedScope("layer1", () => np.sin(x)).mul(np.exp(x)));
const xs = array([0.5, 1, 2]);

/** Scopes of the lines of a printed jaxpr that have one, by the name of the primitive. */
const scopesOf = (f: Scalar, x: NDArray | number = array(1)): string[] =>
  String(makeJaxpr(f)(x))
    .split("\n")
    .flatMap((line) => {
      const [, primitive, scope] = /= (\w+).* @ (.*)$/.exec(line) ?? [];
      return scope === undefined ? [] : [`${primitive} ${scope}`];
    });

afterEach(() => configure({ debugNans: false, debug: false }));

test("a printed jaxpr ends each line with the path of its scope, and lines outside have none", () => {
  expect(String(makeJaxpr((x: NDArray) => np.add(model(x), 1))(array(1)))).toBe(`{ lambda ; a:float64[] . let
    b:float64[] = sin a @ model/layer1
    c:float64[] = exp a @ model
    d:float64[] = mul b c @ model
    e:float64[] = add d 1
  in (e) }`);
});

test("values do not depend on scopes, and what was staged without them is stored without them", () => {
  const bare: Scalar = (x) => np.mul(np.sin(x), np.exp(x));
  for (const transform of [(f: Scalar) => f, (f: Scalar) => grad(f), (f: Scalar) => jit(grad(jit(f)))])
    expect(values(vmap(transform(model))(xs))).toEqual(values(vmap(transform(bare))(xs)));
  for (const equation of makeJaxpr(grad(bare))(array(1)).jaxpr.equations)
    expect(Object.keys(equation).sort()).toEqual(["inputs", "outputs", "params", "primitive"]);
});

describe("a scope survives", () => {
  const forward = ["sin model/layer1", "cos model/layer1", "exp model", "mul model"];

  test("jvp and linearize: the derivative of an operation has its scope", () => {
    const scopes = scopesOf((x) => jvp(model, [x], [array(1)])[1]);
    for (const scope of forward) expect(scopes).toContain(scope);
    expect(scopes.every((scope) => scope.includes("model") && !scope.includes("model/model"))).toBe(true);
    expect(scopesOf((x) => linearize(model, x)[1](x))).toContain("mul model/layer1");
  });

  test("transposition: what pulls back has the scope in transpose(...)", () => {
    const scopes = scopesOf(grad(model));
    for (const scope of [...forward, "mul transpose(model)", "mul transpose(model/layer1)"])
      expect(scopes).toContain(scope);
    expect(scopesOf(grad(model)).some((scope) => scope.includes("transpose(transpose("))).toBe(false);
    expect(scopesOf(grad(grad(model)))).toContain("mul transpose(transpose(model/layer1))");
  });

  test("vmap and jit, in each order", () => {
    expect(scopesOf(vmap(model), xs)).toEqual(["sin model/layer1", "exp model", "mul model"]);
    for (const f of [jit(model), vmap(jit(model)), jit(vmap(model))])
      expect(scopesOf(f, f.name === "model" ? array(1) : xs).slice(0, 3)).toEqual([
        "sin model/layer1",
        "exp model",
        "mul model",
      ]);
    expect(scopesOf(grad(jit(model)))).toContain("mul transpose(model/layer1)");
  });

  test("custom rules: the rule's operations have the scopes opened in it", () => {
    const f = customVjp((x: NDArray) => np.sin(x), {
      fwd: (x: NDArray) => [np.sin(x), x],
      bwd: (x: NDArray, g: NDArray) => [namedScope("rule", () => np.mul(g, np.cos(x)))],
    });
    const scopes = scopesOf(grad((x: NDArray) => namedScope("outside", () => f(x))));
    expect(scopes.some((scope) => /^cos .*outside.*rule$/.test(scope))).toBe(true);
  });
});

test("scopes of a jitted function are its own: the scope of each call is added where it is inlined", () => {
  let traces = 0;
  const inner = jit((x: NDArray) => (traces++, namedScope("inner", () => np.sin(x))));
  const f: Scalar = (x) =>
    np.add(
      namedScope("first", () => inner(x)),
      namedScope("second", () => inner(np.exp(x))),
    );
  const text = explain(f, array([1, 2]));
  expect(traces).toBe(1);
  expect(text).toContain("first/inner");
  expect(text).toContain("second/inner");
});

test("explain lists the scopes of every step, of nests and of routines", () => {
  const text = explain((x: NDArray) => namedScope("a", () => np.sort(namedScope("b", () => np.sin(x)))), xs);
  const lines = text.split("\n").filter((line) => line.startsWith("  @ "));
  expect(lines).toEqual(["  @ a/b", "  @ a"]);
  expect(explain((x: NDArray) => np.sort(np.sin(x)), xs)).not.toContain("@");
});

test("an error closes the scopes it leaves", () => {
  class Planted extends Error {}
  const bomb = (): never =>
    namedScope("a", () =>
      namedScope("b", () => {
        expect(currentScope()).toBe("a/b");
        throw new Planted();
      }),
    );
  expect(bomb).toThrow(Planted);
  expect(() => grad(bomb as never)(1)).toThrow(Planted);
  expect(currentScope()).toBe("");
});

test("both forms are one: namedScope(name, f, ...args) and namedScope(name)(f)(...args)", () => {
  const named = namedScope("layer")((x: NDArray, y: NDArray) => np.mul(x, y));
  const direct: Scalar = (x) => namedScope("layer", (a: NDArray, b: NDArray) => np.mul(a, b), x, x);
  expect(scopesOf((x) => named(x, x))).toEqual(scopesOf(direct));
  expect(named(array(2), array(3)).item()).toBe(6);
});

test("a name is a text of one line", () => {
  for (const name of ["", "a\nb", 3, null, undefined])
    expectError(() => namedScope(name as never, () => 1), "InvalidOption", "namedScope");
  expectError(() => namedScope("a", 3 as never), "InvalidOption", "namedScope a");
  expectError(() => namedScope("a")(3 as never), "InvalidOption", "namedScope a");
});

test("an error that names an operation names its scope: in the function, its compiled form and its pullback", () => {
  configure({ debugNans: true });
  const log: Scalar = (x) => namedScope("loss", () => np.log(np.sub(x, 2)));
  expectError(() => log(array(1)), "FoundNaN", "log of float64[]", "in scope loss");
  expectError(() => jit(log)(array(1)), "FoundNaN", "in scope loss");
  expectError(() => namedScope("run", () => jit(log)(array(1))), "FoundNaN", "in scope run/loss");
  const root: Scalar = (x) => namedScope("guard", () => np.where(np.greater(x, 0), np.sqrt(x), 0));
  expectError(() => vjp(root, array(0))[1](array(1)), "FoundNaN", "guard");
});

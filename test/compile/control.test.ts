/**
 * Loops and choices under the passes: what is known, unchanged, invariant or unread leaves them; effects and faults stay
 * where they are.
 */
import { describe, expect, test } from "vitest";
import { array, cond, debugCallback, grad, makeJaxpr, NDArray, scan, switchCase, whileLoop } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { optimize } from "../../src/compile/optimize.ts";
import { constantsAsInputs, innerJaxprs } from "../../src/ir/jaxpr.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Jaxpr } from "../../src/ir/jaxpr.ts";
import { evaluateJaxpr } from "../../src/ir/evaluate.ts";
import { printJaxpr } from "../../src/ir/print.ts";
import { validateJaxpr } from "../../src/ir/validate.ts";
import { bitsOf, runOn } from "../backend/programs.ts";

type Arrays = readonly NDArray[];
type Pair = [NDArray, NDArray];
type Triple = [NDArray, NDArray, NDArray];

/** The jaxpr of a function, with what it closes over among the inputs, and what the passes make of it. */
const passed = (
  f: (...inputs: NDArray[]) => unknown,
  ...inputs: Arrays
): { readonly jaxpr: Jaxpr; readonly optimized: Jaxpr; readonly rules: readonly string[]; readonly text: string } => {
  const closed = makeJaxpr(f as (...all: NDArray[]) => NDArray)(...(inputs as NDArray[]));
  const jaxpr = constantsAsInputs(closed.jaxpr);
  const rules = new Set<string>();
  const optimized = optimize(jaxpr, (rule) => rules.add(rule));
  validateJaxpr(optimized);
  const all = [...closed.constants, ...inputs] as ConcreteArray[];
  const wanted = evaluateJaxpr(jaxpr, [], all).map(bitsOf);
  expect(evaluateJaxpr(optimized, [], all).map(bitsOf)).toEqual(wanted);
  for (const backend of ["js", "wasm"] as const) expect(runOn(backend, jaxpr, all)).toEqual(wanted);
  return { jaxpr, optimized, rules: [...rules], text: printJaxpr(optimized).replaceAll(":float64", "") };
};

const namesIn = (jaxpr: Jaxpr): string[] => jaxpr.equations.map(({ primitive }) => primitive.name);
const bodiesOf = (jaxpr: Jaxpr): Jaxpr[] => jaxpr.equations.flatMap(innerJaxprs);

const x = array([0.5, -2]);
const w = array([3, NaN]);
const rows = array([
  [1, 2],
  [-0, 4],
  [Infinity, 6],
]);

describe("what every round has in common", () => {
  test("numbers, repeated or not, are written into the body and folded there", () => {
    const { text, rules } = passed((a) => {
      const [half, two] = [np.full([2], 0.5), np.array(2)];
      return scan((c: NDArray) => [np.mul(np.mul(c, half), np.mul(half, two)), null], a!, null, { length: 3 })[0];
    }, x);
    expect(rules).toContain("known operands of control flow are written into it");
    expect(text).toMatchInlineSnapshot(`
      "{ lambda ; a[2] . let
          b[2] = scan[carryCount=1 constCount=0 jaxpr={ lambda ; a[2] . let
                b[2] = broadcast[axes=[] shape=[2]] 0.5
                c[2] = mul a b
              in (c) } length=3 reverse=false] a
        in (b) }"
    `);
  });

  test("what does not change from round to round is computed before the loop, what reads little and makes much is not", () => {
    const { optimized, rules } = passed(
      (a, b) =>
        scan(
          (c: NDArray, row: NDArray) => {
            const large = np.exp(np.mul(np.reshape(b!, [2, 1]), np.ones([2, 9])));
            return [np.add(np.mul(c, np.sin(np.exp(b!))), row), np.sum(large)];
          },
          a!,
          rows,
        ),
      x,
      w,
    );
    expect(rules).toContain("what no round changes is computed before the loop");
    expect(namesIn(optimized)).toEqual(["exp", "sin", "scan"]);
    expect(namesIn(bodiesOf(optimized)[0]!)).toContain("exp");
  });

  test("the condition of a while loop and its body alike", () => {
    const { optimized } = passed(
      (a, b) =>
        whileLoop(
          (c: NDArray) => np.less(np.sum(c), np.sum(np.exp(b!))),
          (c: NDArray) => np.add(c, np.cosh(b!)),
          a!,
        ),
      x,
      array([1, 2]),
    );
    expect(
      namesIn(optimized)
        .filter((name) => name !== "while")
        .sort(),
    ).toEqual(["cosh", "exp", "reduceSum"]);
    expect(bodiesOf(optimized).map(namesIn)).toEqual([["reduceSum", "lt"], ["add"]]);
  });

  test("what can fail stays in the loop, which may have no round", () => {
    const { optimized } = passed(
      (a, b) =>
        whileLoop(
          (c: NDArray) => np.less(np.sum(c), -100),
          (c: NDArray) => np.add(c, np.sum(linalg.cholesky(np.multiply(np.eye(2), np.sum(b!))))),
          a!,
        ),
      x,
      array([-1, -2]),
    );
    expect(namesIn(optimized)).not.toContain("cholesky");
    expect(namesIn(bodiesOf(optimized)[1]!)).toContain("cholesky");
  });

  test("effects stay in the loop and happen in every round", () => {
    const seen: number[] = [];
    const closed = makeJaxpr((a: NDArray, b: NDArray) =>
      scan(
        (c: NDArray) => {
          debugCallback(
            { call: (value: NDArray) => void seen.push(value.item()), vectorized: "sequential" },
            np.sum(b),
          );
          return [np.add(c, 1), null];
        },
        a,
        null,
        { length: 3 },
      ),
    )(x, array([1, 2]));
    evaluateJaxpr(optimize(constantsAsInputs(closed.jaxpr)), [], [...closed.constants, x, array([1, 2])]);
    expect(seen).toEqual([3, 3, 3]);
  });

  test("a loop without rounds computes nothing", () => {
    const { optimized } = passed(
      (a, b) => scan((c: NDArray) => [np.mul(c, np.exp(b!)), null], a!, null, { length: 0 })[0],
      x,
      w,
    );
    expect(namesIn(optimized)).toEqual(["scan"]);
  });
});

describe("what a loop carries", () => {
  test("state that no round changes is no state, and its last value is the first", () => {
    const { optimized, rules } = passed(
      (a, b) =>
        whileLoop(
          ({ c }: { c: NDArray; k: NDArray }) => np.less(np.sum(c), 10),
          ({ c, k }) => ({ c: np.add(c, np.abs(k)), k }),
          { c: a!, k: b! },
        ),
      x,
      array([1, 2]),
    );
    expect(rules).toContain("state that no round changes is an operand");
    expect(optimized.outputs[1]).toBe(optimized.inputs[1]);
    expect(namesIn(optimized)).toEqual(["abs", "while"]);
  });

  test("state that feeds nothing but itself goes when its last value is not read, and with it what it is made of", () => {
    const { optimized } = passed(
      (a, b) =>
        scan(
          ([c, d, e]: Triple, row: NDArray): [Triple, NDArray] => [
            [np.add(c, row), np.add(d, np.sin(e)), np.mul(e, b!)],
            np.exp(d),
          ],
          [a!, a!, a!] as Triple,
          rows,
        )[0][0],
      x,
      w,
    );
    expect(namesIn(bodiesOf(optimized)[0]!)).toEqual(["add"]);
    expect(optimized.equations[0]!.inputs).toHaveLength(2);
  });

  test("state that something read is made of stays", () => {
    const { optimized } = passed(
      (a) =>
        scan(([c, d]: Pair): [Pair, null] => [[np.add(c, d), np.sin(d)], null], [a!, a!] as Pair, null, {
          length: 3,
        })[0][0],
      x,
    );
    expect(namesIn(bodiesOf(optimized)[0]!)).toEqual(["add", "sin"]);
  });

  test("a chain through state is followed to its end, in inner loops too", () => {
    const { optimized } = passed(
      (a) =>
        scan(
          (state: NDArray[]): [NDArray[], null] => {
            const [[c]] = scan(
              ([d, e]: Pair): [Pair, NDArray] => [[np.cos(d), np.exp(e)], e],
              [state[0]!, state[3]!] as Pair,
              null,
              { length: 2 },
            );
            return [[state[1]!, state[2]!, c, np.sin(state[3]!)], null];
          },
          [a!, a!, a!, a!],
          null,
          { length: 4 },
        )[0][0],
      x,
    );
    const [body] = bodiesOf(optimized);
    expect(body!.outputs).toHaveLength(3);
    expect(bodiesOf(body!).map(namesIn)).toEqual([["cos"]]);
  });

  test("rows that pass through are the operand, and rows that nobody reads are not handed over", () => {
    const { optimized, rules } = passed(
      (a, b) => scan((c: NDArray, [row]: Pair) => [np.mul(c, 2), row] as const, a!, [b!, np.exp(b!)] as Pair),
      x,
      rows,
    );
    expect(rules).toContain("results that pass through are the operand");
    expect(optimized.outputs[1]).toBe(optimized.inputs[1]);
    expect(optimized.equations.map(({ inputs }) => inputs.length)).toEqual([1]);
  });
});

describe("choices", () => {
  test("results that nobody reads leave every branch, and so do operands", () => {
    const { optimized } = passed(
      (a, b) =>
        cond(
          np.greater(np.sum(a!), 0),
          (c: NDArray, d: NDArray) => [np.sin(c), np.exp(d)] as const,
          (c: NDArray, d: NDArray) => [np.cos(c), d] as const,
          a!,
          b!,
        )[0],
      x,
      w,
    );
    expect(bodiesOf(optimized).map(namesIn)).toEqual([["cos"], ["sin"]]);
    expect(optimized.equations.at(-1)!.inputs).toHaveLength(2);
  });

  test("what every branch hands on is the operand", () => {
    const { optimized, rules } = passed(
      (a, b) =>
        switchCase(
          np.astype(np.sum(a!), "int32"),
          [(c: NDArray) => [c, np.sin(c)], (c: NDArray) => [c, np.cos(c)], (c: NDArray) => [c, c]],
          b!,
        ),
      x,
      w,
    );
    expect(rules).toContain("results that pass through are the operand");
    expect(optimized.outputs[0]).toBe(optimized.inputs[1]);
  });

  test("a choice whose index is known is the branch", () => {
    const { optimized, rules } = passed((a) => {
      const always = np.less(np.sum(np.zeros([3])), 1);
      return cond(
        always,
        (c: NDArray) => np.sin(np.exp(c)),
        (c: NDArray) => np.cos(c),
        a!,
      );
    }, x);
    expect(rules).toContain("a choice whose index is known is the branch");
    expect(namesIn(optimized)).toEqual(["exp", "sin"]);
  });
});

describe("derivatives of loops", () => {
  const step = (k: NDArray) => (c: NDArray) => [np.add(c, np.mul(0.01, np.mul(k, np.sin(c)))), null] as const;
  const loss = (k: NDArray, c: NDArray): NDArray => np.sum(scan(step(k), c, null, { length: 5 })[0]);

  test("numbers of the body are not handed from the first loop to the second", () => {
    const { jaxpr, optimized } = passed(grad(loss) as (...inputs: NDArray[]) => NDArray, array([1, 2]), x);
    const handed = (whole: Jaxpr): number[] =>
      whole.equations.filter(({ primitive }) => primitive.name === "scan").map(({ inputs }) => inputs.length);
    expect(handed(jaxpr)).toEqual([3, 6]);
    expect(handed(optimized)).toEqual([2, 5]);
  });
});

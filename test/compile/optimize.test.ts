/**
 * All passes together: on random programs no bit changes, nothing is left to do afterwards and no work is added; of
 * gradients of typical functions these many equations are left; long programs take one walk.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, hessian, jit, makeJaxpr, NDArray, scan, valueAndGrad, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { generateProgram } from "cotangent/testing/properties";
import { vocabularyOf } from "../../library/testing/properties/program-builder.ts";
import { argumentsOf, functionOf } from "../../library/testing/properties/program.ts";
import { inlineCalls } from "../../src/compile/inline.ts";
import { optimize } from "../../src/compile/optimize.ts";
import { evaluateJaxpr } from "../../src/ir/evaluate.ts";
import { constantsAsInputs, heldNames, innerJaxprs } from "../../src/ir/jaxpr.ts";
import type { Equation, Jaxpr } from "../../src/ir/jaxpr.ts";
import { printJaxpr } from "../../src/ir/print.ts";
import { stageFunction } from "../../src/ir/trace.ts";
import { validateJaxpr } from "../../src/ir/validate.ts";
import { add, full, mul, neg } from "../../ops/arithmetic.ts";
import { reverse, slice } from "../../ops/slicing.ts";
import { transpose } from "../../ops/shape.ts";
import { bitsOf, jaxprOf, programs, runOn } from "../backend/programs.ts";

/** Equations that compute, here and in jaxprs that equations hold: all but layout operations. */
const workOf = (jaxpr: Jaxpr): number =>
  jaxpr.equations.reduce(
    (sum, equation) =>
      sum +
      (equation.primitive.lower.kind === "view" ? 0 : 1) +
      innerJaxprs(equation).reduce((inner, held) => inner + workOf(held), 0),
    0,
  );

/** The same jaxpr as an object that no pass has seen, with those inside. */
const copyOf = (jaxpr: Jaxpr): Jaxpr => ({ ...jaxpr, equations: jaxpr.equations.map(copyOfEquation) });

const copyOfEquation = (equation: Equation): Equation => {
  const params: Record<string, unknown> = { ...equation.params };
  for (const name of heldNames(equation.primitive)) {
    const held = params[name] as Jaxpr | readonly Jaxpr[] | null;
    params[name] = held === null ? null : "equations" in held ? copyOf(held) : held.map(copyOf);
  }
  return { ...equation, params };
};

const requireFinished = (jaxpr: Jaxpr): Jaxpr => {
  const optimized = optimize(jaxpr);
  validateJaxpr(optimized);
  expect(printJaxpr(optimize(copyOf(optimized)))).toBe(printJaxpr(optimized));
  expect(workOf(optimized)).toBeLessThanOrEqual(workOf(inlineCalls(jaxpr)));
  return optimized;
};

describe("random programs", () => {
  test("of primitives keep their bits, are finished at once and do no more work", () => {
    fc.assert(
      fc.property(programs(30), ({ jaxpr, inputs }) => {
        expect(runOn("interpreter", requireFinished(jaxpr), inputs)).toEqual(runOn("interpreter", jaxpr, inputs));
      }),
      { numRuns: 80 },
    );
  });

  test("of all families, with loops, choices and derivatives in them, do so too", () => {
    for (let seed = 0; seed < 60; seed++) {
      const program = generateProgram({ seed, maxLength: 8 });
      const f = functionOf(program, vocabularyOf(program.own));
      const inputs = argumentsOf(program);
      const { jaxpr, constants } = stageFunction("a test", (own) => [...f(...own), ...f(...own)], inputs);
      const whole = constantsAsInputs(jaxpr);
      const run = (own: Jaxpr): string[] => evaluateJaxpr(own, [], [...constants, ...inputs]).map(bitsOf);
      expect(run(requireFinished(whole)), `program ${seed}`).toEqual(run(whole));
    }
  });
});

describe("equations of gradients: as traced, shared without dead code, after all passes; those of loops included, repeated numbers not", () => {
  const ones = (...shape: number[]): NDArray => np.ones(shape);
  const square = (x: NDArray): NDArray => np.mul(x, x);
  const chain = (x: NDArray): NDArray =>
    np.sum(np.add(np.mul(np.sin(x), np.exp(np.neg(square(x)))), np.divide(np.tanh(x), np.add(1, square(x)))));

  type Layer = { readonly w: NDArray; readonly b: NDArray };
  const layers = (...sizes: number[]): Layer[] =>
    sizes.slice(1).map((size, k) => ({ w: ones(sizes[k]!, size), b: ones(size) }));
  const network =
    (activation: (x: NDArray) => NDArray) =>
    (parameters: readonly Layer[], x: NDArray): NDArray => {
      const last = parameters.length - 1;
      const linear = (h: NDArray, { w, b }: Layer): NDArray => np.add(np.matmul(h, w), b);
      const hidden = parameters.slice(0, last).reduce((h, layer) => activation(linear(h, layer)), x);
      return np.mean(np.square(linear(hidden, parameters[last]!)));
    };
  const siren = network((x) => np.sin(np.mul(30, x)));
  const softplus = network((x) => np.logaddexp(x, 0));

  const slope = (k: NDArray, y: NDArray): NDArray => np.mul(k, np.sin(y));
  const step = (k: NDArray, y: NDArray): NDArray => {
    const h = 0.01;
    const k1 = slope(k, y);
    const k2 = slope(k, np.add(y, np.mul(h / 2, k1)));
    const k3 = slope(k, np.add(y, np.mul(h / 2, k2)));
    const k4 = slope(k, np.add(y, np.mul(h, k3)));
    return np.add(y, np.mul(h / 6, np.add(np.add(k1, np.mul(2, k2)), np.add(np.mul(2, k3), k4))));
  };
  const trajectory = (k: NDArray, y: NDArray): NDArray =>
    np.sum(scan((c: NDArray) => [step(k, c), null], y, null, { length: 100 })[0]);
  const rosenbrock = (x: NDArray): NDArray => {
    const [head, tail] = [x.at(np.slice(0, -1)).get(), x.at(np.slice(1)).get()];
    return np.sum(np.add(np.mul(100, square(np.subtract(tail, square(head)))), square(np.subtract(1, head))));
  };
  const logistic = (w: NDArray, x: NDArray): NDArray =>
    np.mean(np.log1p(np.exp(np.neg(vmap((row: NDArray) => np.sum(np.mul(row, w)))(x)))));

  /** One number in every element costs nothing. */
  const isRepetition = ({ primitive, inputs }: Equation): boolean =>
    primitive.lower.kind === "view" && inputs[0]!.kind === "literal";

  const counts = (f: (...inputs: any[]) => unknown, ...inputs: unknown[]): readonly number[] => {
    const { jaxpr } = makeJaxpr(f as (...all: any[]) => NDArray)(...inputs);
    const traced = inlineCalls(constantsAsInputs(jaxpr));
    const all = (own: Jaxpr): number =>
      own.equations.reduce(
        (sum, equation) =>
          sum + (isRepetition(equation) ? 0 : 1) + innerJaxprs(equation).reduce((n, held) => n + all(held), 0),
        0,
      );
    return [all(traced), all(optimize(traced))];
  };

  test.each<readonly [string, readonly number[], readonly number[]]>([
    ["a chain", counts(grad(chain), ones(5)), [42, 33]],
    ["value and gradient of a chain, compiled", counts(valueAndGrad(jit(chain)), ones(5)), [42, 35]],
    ["a tanh network", counts(valueAndGrad(network(np.tanh)), layers(3, 4, 4, 2), ones(7, 3)), [54, 48]],
    ["a sine network", counts(valueAndGrad(siren), layers(2, 8, 8, 1), ones(7, 2)), [38, 32]],
    ["a softplus network", counts(grad(softplus), layers(2, 8, 1), ones(7, 2)), [47, 36]],
    ["100 steps of Runge and Kutta", counts(grad(trajectory), ones(4), ones(4)), [57, 55]],
    ["a valley", counts(grad(rosenbrock), ones(6)), [26, 15]],
    ["the Hessian of a valley", counts(hessian(rosenbrock), ones(6)), [81, 39]],
    ["logistic regression", counts(grad(logistic), ones(3), ones(9, 3)), [18, 12]],
  ])("%s", (_name, seen, expected) => {
    expect(seen).toEqual(expected);
  });
});

describe("long programs", () => {
  const length = 30_000;
  const x = array([[1, 2, 3]]);
  const chainOf = (step: (y: NDArray, k: number) => NDArray): Jaxpr =>
    jaxprOf(
      (y) => {
        let z = y!;
        for (let k = 0; k < length; k++) z = step(z, k);
        return [z];
      },
      [x],
    );

  test("in which nothing can be done stay the same object", () => {
    const jaxpr = chainOf((y, k) => (k % 2 === 0 ? mul(y, y) : add(y, full(3, [1, 3], "float64"))));
    const shared = optimize(jaxpr);
    expect(shared.equations).toHaveLength(length + 1);
    expect(optimize(copyOf(shared)).equations).toHaveLength(length + 1);
  });

  test.each<readonly [string, (y: NDArray, k: number) => NDArray, number]>([
    ["signs", (y) => neg(y), 0],
    [
      "transposes and reversals",
      (y, k) => (k % 2 === 0 ? transpose(y, { permutation: [1, 0] }) : reverse(y, { axes: [0] })),
      0,
    ],
    ["slices of everything", (y) => slice(y, { start: [0, 0], limit: [...y.shape], stride: [1, 1] }), 0],
    ["products by one", (y) => mul(y, full(1, y.shape, "float64")), 0],
  ])("of %s shrink to what they are", (_name, step, left) => {
    expect(optimize(chainOf(step)).equations).toHaveLength(left);
  });
});

/**
 * The validator refuses every planted fault: each mutation of a right jaxpr breaks one rule of the IR.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, makeJaxpr, NDArray, validateJaxpr } from "cotangent";
import type { Aval, Equation, Jaxpr } from "cotangent";
import * as np from "cotangent/numpy";
import { literal, variable } from "../../src/ir/jaxpr.ts";
import type { Variable } from "../../src/ir/jaxpr.ts";
import { validateClosed } from "../../src/ir/validate.ts";
import { asArrayFunction, programs } from "../laws/jets.ts";
import { createArray } from "../../src/array/create.ts";
import { expectError } from "../semantics/support.ts";

const x3 = array([1, 2, 3]);
const right = makeJaxpr((x: NDArray, y: NDArray) => [np.sum(np.mul(np.sin(x), y)), np.add(x, x3)])(x3, x3).jaxpr;

const withEquation = (jaxpr: Jaxpr, k: number, change: (equation: Equation) => Equation): Jaxpr => ({ ...jaxpr, equations: jaxpr.equations.with(k, change(jaxpr.equations[k]!)) });

const retyped = (v: Variable, change: Partial<Aval>): Variable => variable({ ...v.aval, ...change });

const faults: Readonly<Record<string, () => Jaxpr>> = {
  "an equation is missing": () => ({ ...right, equations: right.equations.toSpliced(0, 1) }),
  "equations are out of order": () => ({ ...right, equations: right.equations.toReversed() }),
  "an input is not bound": () => ({ ...right, inputs: right.inputs.slice(1) }),
  "a constant is not bound": () => ({ ...right, constants: [] }),
  "an input is bound twice": () => ({ ...right, inputs: [...right.inputs, right.inputs[0]!] }),
  "a constant is an input too": () => ({ ...right, inputs: [...right.inputs, right.constants[0]!] }),
  "two equations bind one variable": () => ({ ...right, equations: [...right.equations, right.equations[0]!] }),
  "an output is not bound": () => ({ ...right, outputs: [variable(x3)] }),
  "an output has another shape than the primitive gives": () => withEquation(right, 0, (equation) => ({ ...equation, outputs: [retyped(equation.outputs[0]!, { shape: [4] })] })),
  "an output has another dtype than the primitive gives": () => withEquation(right, 0, (equation) => ({ ...equation, outputs: [retyped(equation.outputs[0]!, { dtype: "float32" })] })),
  "an equation binds too many outputs": () => withEquation(right, 0, (equation) => ({ ...equation, outputs: [...equation.outputs, variable(x3)] })),
  "an equation binds no output": () => withEquation(right, 0, (equation) => ({ ...equation, outputs: [] })),
  "a literal is no scalar": () => withEquation(right, 0, (equation) => ({ ...equation, inputs: [literal(createArray([1, 2, 3]))] })),
  "a variable is used before it is bound": () => withEquation(right, 0, (equation) => ({ ...equation, inputs: [right.equations[1]!.outputs[0]!] })),
};

describe("validateJaxpr", () => {
  test("passes the right one", () => {
    expect(() => validateJaxpr(right)).not.toThrow();
  });

  test.each(Object.entries(faults))("refuses when %s", (_name, plant) => expectError(() => validateJaxpr(plant()), "InvalidJaxpr"));

  test("refuses operands that the primitive refuses, with the primitive's error", () => {
    const wrong = withEquation(right, 1, (equation) => ({ ...equation, inputs: [equation.inputs[0]!, literal(createArray(1))] }));
    expectError(() => validateJaxpr(wrong), "ShapeMismatch");
  });

  test("looks into inner jaxprs", () => {
    const outer = makeJaxpr((x: NDArray) => jit((y: NDArray) => np.sin(np.cos(y)))(x))(x3).jaxpr;
    const inner = (outer.equations[0]!.params as { jaxpr: Jaxpr }).jaxpr;
    const broken = { ...inner, equations: inner.equations.slice(1) };
    expectError(() => validateJaxpr(withEquation(outer, 0, (equation) => ({ ...equation, params: { ...equation.params, jaxpr: broken } }))), "InvalidJaxpr");
  });

  test("compares constants with their values", () => {
    const traced = makeJaxpr((x: NDArray) => np.add(x, x3))(x3);
    validateClosed(traced);
    expectError(() => validateClosed({ jaxpr: traced.jaxpr, constants: [] }), "InvalidJaxpr");
    expectError(() => validateClosed({ jaxpr: traced.jaxpr, constants: [array([1, 2])] }), "InvalidJaxpr");
  });

  test("refuses random programs from which a used equation is dropped, or two dependent ones are swapped", () => {
    fc.assert(
      fc.property(programs(6), fc.nat(), (program, at) => {
        const { jaxpr } = makeJaxpr(grad(asArrayFunction(program)))(array(0.5));
        validateJaxpr(jaxpr);
        const used = new Set(jaxpr.equations.flatMap(({ inputs }) => inputs).concat(jaxpr.outputs));
        const candidates = jaxpr.equations.flatMap(({ outputs }, k) => (outputs.some((output) => used.has(output)) ? [k] : []));
        fc.pre(candidates.length > 0);
        const k = candidates[at % candidates.length]!;
        expectError(() => validateJaxpr({ ...jaxpr, equations: jaxpr.equations.toSpliced(k, 1) }), "InvalidJaxpr");
        const later = jaxpr.equations.findIndex(({ inputs }, other) => other > k && inputs.some((atom) => jaxpr.equations[k]!.outputs.includes(atom as Variable)));
        if (later > 0) expectError(() => validateJaxpr({ ...jaxpr, equations: jaxpr.equations.with(k, jaxpr.equations[later]!).with(later, jaxpr.equations[k]!) }), "InvalidJaxpr");
      }),
    );
  });
});

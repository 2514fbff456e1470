/**
 * The validator refuses every planted fault: each mutation of a right jaxpr breaks one rule of the IR.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, makeJaxpr, NDArray, validateJaxpr } from "cotangent";
import type { Aval, Equation, Jaxpr } from "cotangent";
import * as np from "cotangent/numpy";
import { literal, variable } from "../../src/ir/jaxpr.ts";
import type { Atom, Variable } from "../../src/ir/jaxpr.ts";
import { validateClosed } from "../../src/ir/validate.ts";
import { asArrayFunction, programs } from "../laws/jets.ts";
import { createArray } from "../../src/array/create.ts";
import { expectError } from "../semantics/support.ts";

const x3 = array([1, 2, 3]);
const right = makeJaxpr((x: NDArray, y: NDArray) => [np.sum(np.mul(np.sin(x), y)), np.add(x, x3)])(x3, x3).jaxpr;

const withEquation = (jaxpr: Jaxpr, k: number, change: (equation: Equation) => Equation): Jaxpr => ({
  ...jaxpr,
  equations: jaxpr.equations.with(k, change(jaxpr.equations[k]!)),
});

/** The jaxpr with the output of equation k given another type, everywhere it is used. */
const retyped = (k: number, change: Partial<Aval>): Jaxpr => {
  const old = right.equations[k]!.outputs[0]!;
  const fresh = variable({ ...old.aval, ...change });
  const rename = <T extends Atom>(atom: T): T => (atom === (old as Atom) ? (fresh as Atom as T) : atom);
  return {
    ...right,
    equations: right.equations.map((equation) => ({
      ...equation,
      inputs: equation.inputs.map(rename),
      outputs: equation.outputs.map(rename),
    })),
    outputs: right.outputs.map(rename),
  };
};

const last = right.equations.length - 1;

/** Each with what the refusal must say. */
const faults: Readonly<Record<string, readonly [says: string, plant: () => Jaxpr]>> = {
  "an equation is missing": ["not bound", () => ({ ...right, equations: right.equations.toSpliced(0, 1) })],
  "equations are out of order": ["not bound", () => ({ ...right, equations: right.equations.toReversed() })],
  "an input is not bound": ["not bound", () => ({ ...right, inputs: right.inputs.slice(1) })],
  "a constant is not bound": ["not bound", () => ({ ...right, constants: [] })],
  "an input is bound twice": [
    "inputs binds a variable twice",
    () => ({ ...right, inputs: [...right.inputs, right.inputs[0]!] }),
  ],
  "a constant is an input too": [
    "inputs binds a variable twice",
    () => ({ ...right, inputs: [...right.inputs, right.constants[0]!] }),
  ],
  "two equations bind one variable": [
    `equation ${last + 1} (sin) binds a variable twice`,
    () => ({ ...right, equations: [...right.equations, right.equations[0]!] }),
  ],
  "a jaxpr is among the parameters of a primitive that does not say so": [
    "equation 0 (mul) holds a jaxpr as inner",
    () =>
      withEquation(right, 0, (equation) => ({
        ...equation,
        primitive: right.equations[1]!.primitive,
        inputs: [right.inputs[0]!, right.inputs[1]!],
        params: { inner: [right] },
      })),
  ],
  "an output is not bound": [
    "outputs uses a variable that is not bound",
    () => ({ ...right, outputs: [variable(x3)] }),
  ],
  "an output has another shape than the primitive gives": [
    "output 0 is float64[4], its primitive gives float64[3]",
    () => retyped(last, { shape: [4] }),
  ],
  "an output has another dtype than the primitive gives": [
    "output 0 is float32[3], its primitive gives float64[3]",
    () => retyped(last, { dtype: "float32" }),
  ],
  "an equation binds too many outputs": [
    "binds 2 outputs, its primitive has 1",
    () => withEquation(right, 0, (equation) => ({ ...equation, outputs: [...equation.outputs, variable(x3)] })),
  ],
  "an equation binds no output": [
    "binds 0 outputs, its primitive has 1",
    () => withEquation(right, last, (equation) => ({ ...equation, outputs: [] })),
  ],
  "a literal is no scalar": [
    "a literal of shape [3]",
    () => withEquation(right, 0, (equation) => ({ ...equation, inputs: [literal(createArray([1, 2, 3]))] })),
  ],
  "a variable is used before it is bound": [
    "equation 0 (sin) uses a variable that is not bound",
    () => withEquation(right, 0, (equation) => ({ ...equation, inputs: [right.equations[1]!.outputs[0]!] })),
  ],
};

describe("validateJaxpr", () => {
  test("passes the right one", () => {
    expect(() => validateJaxpr(right)).not.toThrow();
  });

  test.each(Object.entries(faults))("refuses when %s, and says so", (_name, [says, plant]) =>
    expectError(() => validateJaxpr(plant()), "InvalidJaxpr", says),
  );

  test("refuses operands that the primitive refuses, with the primitive's error", () => {
    const wrong = withEquation(right, 1, (equation) => ({
      ...equation,
      inputs: [equation.inputs[0]!, literal(createArray(1))],
    }));
    expectError(() => validateJaxpr(wrong), "ShapeMismatch");
  });

  test("looks into inner jaxprs", () => {
    const outer = makeJaxpr((x: NDArray) => jit((y: NDArray) => np.sin(np.cos(y)))(x))(x3).jaxpr;
    const inner = (outer.equations[0]!.params as { jaxpr: Jaxpr }).jaxpr;
    const broken = { ...inner, equations: inner.equations.slice(1) };
    expectError(
      () =>
        validateJaxpr(
          withEquation(outer, 0, (equation) => ({ ...equation, params: { ...equation.params, jaxpr: broken } })),
        ),
      "InvalidJaxpr",
    );
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
        const candidates = jaxpr.equations.flatMap(({ outputs }, k) =>
          outputs.some((output) => used.has(output)) ? [k] : [],
        );
        fc.pre(candidates.length > 0);
        const k = candidates[at % candidates.length]!;
        expectError(() => validateJaxpr({ ...jaxpr, equations: jaxpr.equations.toSpliced(k, 1) }), "InvalidJaxpr");
        const later = jaxpr.equations.findIndex(
          ({ inputs }, other) =>
            other > k && inputs.some((atom) => jaxpr.equations[k]!.outputs.includes(atom as Variable)),
        );
        if (later > 0)
          expectError(
            () =>
              validateJaxpr({
                ...jaxpr,
                equations: jaxpr.equations.with(k, jaxpr.equations[later]!).with(later, jaxpr.equations[k]!),
              }),
            "InvalidJaxpr",
          );
      }),
    );
  });
});

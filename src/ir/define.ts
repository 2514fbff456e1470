/**
 * definePrimitive: a record becomes a function that applies it under the current trace.
 * This is the one door for the library's own families and for users' primitives.
 */
import { NotAnArray } from "../error.ts";
import { NDArray } from "../array/ndarray.ts";
import type { Primitive } from "./primitive.ts";
import { bind } from "./trace.ts";

/** Parameters of a primitive that has none. */
export type NoParams = Readonly<Record<string, never>>;

const noParams: NoParams = Object.freeze({});

/** Applies the primitive to its inputs; parameters, where it has any, come last. */
export interface PrimitiveFunction<I extends readonly NDArray[], P, Out = NDArray> {
  (...operands: P extends NoParams ? I : [...I, P]): Out;
  readonly primitive: Primitive<I, P>;
}

/**
 * A primitive with one output.
 * @example
 * const half = definePrimitive({
 *   name: "half",
 *   evaluate: ([x]) => array(x.toTypedArray().map((value) => value / 2), { shape: x.shape }),
 *   abstractEval: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
 *   jvp: ([x], [dx]) => [half(x), half(dx)],
 *   transpose: ([cotangent]) => [half(cotangent)],
 *   batch: ([x], [dim]) => [half(x), dim],
 *   lower: { kind: "routine" },
 *   laws: { testedIn: "half.test.ts" },
 * });
 * grad((x) => half(x).mul(x))(3) // 3
 */
export const definePrimitive = <I extends readonly NDArray[], P = NoParams>(
  record: Primitive<I, P>,
): PrimitiveFunction<I, P> =>
  Object.assign(
    applier(record, (outputs) => outputs[0]!),
    { primitive: record },
  ) as unknown as PrimitiveFunction<I, P>;

/** A primitive with any number of outputs: the function returns them as a list. */
export const defineMultiplePrimitive = <I extends readonly NDArray[], P = NoParams>(
  record: Primitive<I, P>,
): PrimitiveFunction<I, P, readonly NDArray[]> =>
  Object.assign(
    applier(record, (outputs) => outputs),
    { primitive: record },
  ) as unknown as PrimitiveFunction<I, P, readonly NDArray[]>;

const applier =
  <Out>(record: Primitive, pick: (outputs: readonly NDArray[]) => Out) =>
  (...operands: unknown[]): Out => {
    const last = operands[operands.length - 1];
    let params: object = noParams;
    if (!(last instanceof NDArray) && typeof last === "object" && last !== null) params = operands.pop() as object;
    for (const operand of operands) if (!(operand instanceof NDArray)) throw notAnArray(record.name, operand);
    return pick(bind(record, operands as NDArray[], params));
  };

const notAnArray = (name: string, operand: unknown): NotAnArray =>
  new NotAnArray(
    name,
    `${operand === undefined ? "undefined" : `a ${typeof operand}`} among its operands`,
    "Primitives take arrays, then their parameters; the functions of cotangent/numpy take numbers too",
  );

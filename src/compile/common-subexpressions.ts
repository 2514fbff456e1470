/**
 * Common subexpressions: of two equations with the same primitive, operands and parameters, the first is kept.
 * Structural but for the order of operands of symmetric instructions; -0 and 0 differ, so no value changes by a bit.
 * Parameters compare as plain data; functions, class instances and inner jaxprs by identity. Equations with an effect
 * are never shared.
 */
import type { DType } from "../array/dtype.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { isEffectful } from "../ir/effects.ts";
import type { Atom, Equation } from "../ir/jaxpr.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { Primitive } from "../ir/primitive.ts";
import { isJaxpr } from "../ir/validate.ts";
import { showNumber } from "./kernel-ir.ts";

/** Numbers for things that are compared by identity. */
const identityNumbers = (): ((thing: object) => number) => {
  const known = new Map<object, number>();
  return (thing) => {
    let number = known.get(thing);
    if (number === undefined) {
      number = known.size;
      known.set(thing, number);
    }
    return number;
  };
};

const literalKey = (value: ConcreteArray): string => `=${showNumber(value.item())}${value.dtype}${value.weakType}`;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Records deeper than this and lists longer than this are compared by identity: they may be large, or cyclic. */
const deepestRecord = 3;
const longestList = 64;

const isEmpty = (value: object): boolean => {
  for (const _ in value) return false;
  return true;
};

/** Text that is equal for equal parameters only. */
const parameterKey = (value: unknown, identity: (thing: object) => number, depth = 0): string => {
  if (typeof value === "number") return showNumber(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `#${identity(value)}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (depth > deepestRecord) return `#${identity(value)}`;
  if (Array.isArray(value) && value.length <= longestList)
    return `[${value.map((entry) => parameterKey(entry, identity, depth + 1)).join(",")}]`;
  if (!isPlain(value) || isJaxpr(value)) return `#${identity(value)}`;
  return `{${Object.keys(value)
    .sort()
    .map(
      (key) =>
        `${JSON.stringify(key)}:${parameterKey((value as Readonly<Record<string, unknown>>)[key], identity, depth + 1)}`,
    )
    .join(",")}}`;
};

/** Instructions whose operands may change places: no bit depends on the order, and every NaN counts as the same. */
const symmetric: ReadonlySet<string> = new Set(["add", "mul", "max", "min", "and", "or", "xor", "eq", "ne"]);

const local = (index: number, dtype: DType): ScalarExpression => ({ op: "local", index, dtype });

const isSymmetricOn = ({ primitive, inputs, params }: Equation): boolean => {
  const { lower } = primitive;
  if (lower.kind !== "elementwise" || inputs.length !== 2 || Object.keys(params).length > 0) return false;
  const [left, right] = inputs.map(({ aval }, k) => local(k, aval.dtype));
  const expression = lower.expression([left!, right!], params);
  if (expression.op !== "binary" && expression.op !== "compare") return false;
  return symmetric.has(expression.name) && expression.x === left && expression.y === right;
};

const symmetries = new WeakMap<Primitive, Map<DType, boolean>>();

/** Whether the equation is one symmetric instruction. Its primitive is asked once for every dtype. */
const isSymmetric = (equation: Equation): boolean => {
  if (equation.inputs.length !== 2) return false;
  const { primitive, inputs } = equation;
  let known = symmetries.get(primitive);
  if (known === undefined) symmetries.set(primitive, (known = new Map<DType, boolean>()));
  const { dtype } = inputs[0]!.aval;
  let answer = known.get(dtype);
  if (answer === undefined) known.set(dtype, (answer = isSymmetricOn(equation)));
  return answer;
};

/** The first equation with the same value as this one; the equation itself where there was none. */
export type Share = (equation: Equation) => Equation;

/** A memory of equations. */
export const sharing = (): Share => {
  const identity = identityNumbers();
  const seen = new Map<string, Equation>();
  const atomKey = (atom: Atom): string => (atom.kind === "literal" ? literalKey(atom.value) : ` ${identity(atom)}`);
  return (equation) => {
    const { primitive, params, inputs } = equation;
    let key = String(identity(primitive));
    if (!isEmpty(params)) key += parameterKey(params, identity);
    if (isSymmetric(equation)) {
      const [left, right] = [atomKey(inputs[0]!), atomKey(inputs[1]!)];
      key += left < right ? left + right : right + left;
    } else for (const atom of inputs) key += atomKey(atom);
    const first = seen.get(key);
    if (first !== undefined && !isEffectful(equation)) return first;
    seen.set(key, equation);
    return equation;
  };
};

/**
 * Common subexpressions: of two equations with the same primitive, operands and parameters, the first is kept.
 * Purely structural: no algebra, -0 and 0 differ, so no value changes by a bit. Parameters compare as plain
 * data; functions, class instances and inner jaxprs by identity. Equations with an effect are never shared.
 */
import { isEffectful } from "../ir/effects.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { isJaxpr } from "../ir/validate.ts";

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

const showNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

const literalKey = (value: ConcreteArray): string => `=${showNumber(value.item())}${value.dtype}${value.weakType}`;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Records deeper than this and lists longer than this are compared by identity: they may be large, or cyclic. */
const deepestRecord = 3;
const longestList = 64;

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

/** Each value is computed once. */
export const shareCommonSubexpressions = (jaxpr: Jaxpr): Jaxpr => {
  const identity = identityNumbers();
  const replaced = new Map<Variable, Variable>();
  const seen = new Map<string, Equation>();
  const rename = (atom: Atom): Atom => (atom.kind === "literal" ? atom : (replaced.get(atom) ?? atom));
  const equations: Equation[] = [];
  for (const equation of jaxpr.equations) {
    const inputs = replaced.size === 0 ? equation.inputs : equation.inputs.map(rename);
    let key = `${identity(equation.primitive)}${parameterKey(equation.params, identity)}`;
    for (const atom of inputs) key += atom.kind === "literal" ? literalKey(atom.value) : ` ${identity(atom)}`;
    const first = seen.get(key);
    if (first !== undefined && !isEffectful(equation)) {
      equation.outputs.forEach((output, k) => replaced.set(output, first.outputs[k]!));
      continue;
    }
    const kept = inputs === equation.inputs ? equation : { ...equation, inputs };
    seen.set(key, kept);
    equations.push(kept);
  }
  if (replaced.size === 0) return jaxpr;
  return { ...jaxpr, equations, outputs: jaxpr.outputs.map(rename) };
};

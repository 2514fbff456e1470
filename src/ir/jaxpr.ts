/**
 * The intermediate representation: a jaxpr is plain immutable data.
 *   { lambda constants ; inputs . let equations in outputs }
 * Variables are identities; an equation binds new ones; every variable is bound once, before its use.
 */
import type { ConcreteArray, NDArray } from "../array/ndarray.ts";
import type { Aval } from "./aval.ts";
import type { Origin } from "./origin.ts";
import type { Params, Primitive } from "./primitive.ts";

export interface Variable {
  readonly kind: "variable";
  readonly aval: Aval;
}

/** A rank-0 value written into the equation that uses it. */
export interface Literal {
  readonly kind: "literal";
  readonly aval: Aval;
  readonly value: ConcreteArray;
}

export type Atom = Variable | Literal;

export interface Equation extends Origin {
  readonly primitive: Primitive;
  readonly inputs: readonly Atom[];
  readonly params: Params;
  readonly outputs: readonly Variable[];
}

export interface Jaxpr {
  readonly constants: readonly Variable[];
  readonly inputs: readonly Variable[];
  readonly equations: readonly Equation[];
  readonly outputs: readonly Atom[];
}

/** A jaxpr with the arrays of its constants. They are tracers when traced inside another transform. */
export interface ClosedJaxpr {
  readonly jaxpr: Jaxpr;
  readonly constants: readonly NDArray[];
}

export const variable = ({ shape, dtype, weakType }: Aval): Variable => ({
  kind: "variable",
  aval: { shape, dtype, weakType },
});

export const literal = (value: ConcreteArray): Literal => ({ kind: "literal", aval: value, value });

/** The same jaxpr with its constants turned into leading inputs: what higher-order equations hold. */
export const constantsAsInputs = (jaxpr: Jaxpr): Jaxpr => {
  if (jaxpr.constants.length === 0) return jaxpr;
  const known = withInputs.get(jaxpr);
  if (known !== undefined) return known;
  const made: Jaxpr = { ...jaxpr, constants: [], inputs: [...jaxpr.constants, ...jaxpr.inputs] };
  withInputs.set(jaxpr, made);
  return made;
};

/** Names of the parameters that are jaxprs, lists of them, or null. */
export const heldNames = ({ holds = [], lower }: Primitive): readonly string[] =>
  lower.kind === "inline" ? [lower.jaxpr, ...holds] : holds;

/** Jaxprs that an equation holds. */
export const innerJaxprs = ({ primitive, params }: Pick<Equation, "primitive" | "params">): readonly Jaxpr[] => {
  const values = params as Readonly<Record<string, Jaxpr | readonly Jaxpr[] | null>>;
  return heldNames(primitive).flatMap((name) => values[name] ?? []);
};

/** One result per jaxpr: what is compiled or derived of it is kept by identity. */
const withInputs = new WeakMap<Jaxpr, Jaxpr>();

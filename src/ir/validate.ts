/**
 * The executable specification of the IR: what every jaxpr must satisfy, checked in tests after each
 * transform and pass. Binding: each variable once, before use. Typing: each equation's outputs are
 * exactly what its primitive's abstractEval gives for its inputs. Jaxprs it holds are those it says it holds.
 */
import { InvalidJaxpr } from "../error.ts";
import { sameType, showAval } from "./aval.ts";
import { heldNames, innerJaxprs } from "./jaxpr.ts";
import type { Atom, ClosedJaxpr, Jaxpr, Variable } from "./jaxpr.ts";
import { toList } from "./primitive.ts";

/**
 * Checks binding and typing of a jaxpr and of those inside its equations.
 * @throws InvalidJaxpr, naming the equation
 * @example validateJaxpr(makeJaxpr((x) => x.neg())(array(1)).jaxpr) // undefined
 */
export const validateJaxpr = (jaxpr: Jaxpr): void => {
  const bound = new Set<Variable>();
  const bindVariable = (v: Variable, where: string): void => {
    if (bound.has(v)) throw invalid(`${where} binds a variable twice`);
    bound.add(v);
  };
  const use = (atom: Atom, where: string): void => {
    if (atom.kind === "literal") {
      if (atom.value.shape.length > 0) throw invalid(`${where} has a literal of shape [${atom.value.shape.join(",")}]`);
    } else if (!bound.has(atom)) throw invalid(`${where} uses a variable that is not bound`);
  };
  jaxpr.constants.forEach((v) => bindVariable(v, "constants"));
  jaxpr.inputs.forEach((v) => bindVariable(v, "inputs"));
  jaxpr.equations.forEach(({ primitive, inputs, params, outputs }, k) => {
    const where = `equation ${k} (${primitive.name})`;
    inputs.forEach((atom) => use(atom, where));
    const types = toList(
      primitive.abstractEval(
        inputs.map((atom) => atom.aval),
        params,
      ),
    );
    if (types.length !== outputs.length)
      throw invalid(`${where} binds ${outputs.length} outputs, its primitive has ${types.length}`);
    outputs.forEach((v, i) => {
      const type = { ...types[i]!, weakType: false as const };
      if (!sameType(v.aval, type))
        throw invalid(`${where} output ${i} is ${showAval(v.aval)}, its primitive gives ${showAval(type)}`);
      bindVariable(v, where);
    });
    const held = new Set(heldNames(primitive));
    for (const [name, value] of Object.entries(params))
      if (!held.has(name) && [value].flat().some(isJaxpr))
        throw invalid(`${where} holds a jaxpr as ${name}, which its primitive does not say`);
    for (const inner of innerJaxprs({ primitive, params })) validateJaxpr(inner);
  });
  jaxpr.outputs.forEach((atom) => use(atom, "outputs"));
};

export const validateClosed = ({ jaxpr, constants }: ClosedJaxpr): void => {
  if (constants.length !== jaxpr.constants.length)
    throw invalid(`${constants.length} constant values for ${jaxpr.constants.length} constants`);
  jaxpr.constants.forEach((v, k) => {
    if (!sameType(v.aval, constants[k]!))
      throw invalid(`constant ${k} is ${showAval(constants[k]!)} where ${showAval(v.aval)} is bound`);
  });
  validateJaxpr(jaxpr);
};

export const isJaxpr = (value: unknown): value is Jaxpr =>
  typeof value === "object" && value !== null && "equations" in value && "inputs" in value && "outputs" in value;

const invalid = (what: string): InvalidJaxpr =>
  new InvalidJaxpr("validateJaxpr", what, "A rule or pass built an invalid jaxpr");

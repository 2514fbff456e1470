/**
 * Stable text of a jaxpr: variables named a, b, ..., z, aa, ... in binding order, parameters sorted by name.
 *   { lambda k:float64[3] ; a:float64[3] . let
 *       b:float64[3] = mul a k
 *     in (b) }
 * An equation written in a named scope ends in ` @ scope`.
 */
import { ConcreteArray } from "../array/ndarray.ts";
import { showAval } from "./aval.ts";
import type { Atom, Jaxpr, Variable } from "./jaxpr.ts";
import type { Params } from "./primitive.ts";
import { isJaxpr } from "./validate.ts";

const variableName = (index: number): string => {
  let name = "";
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1)
    name = String.fromCharCode(97 + (rest % 26)) + name;
  return name;
};

/**
 * Text of a jaxpr; equal jaxprs have equal texts.
 * @example printJaxpr(makeJaxpr((x) => x.neg())(array(1)).jaxpr) // { lambda ; a:float64[] . let b:float64[] = neg a in (b) }
 */
export const printJaxpr = (jaxpr: Jaxpr, indent = ""): string => {
  const names = new Map<Variable, string>();
  const bindName = (v: Variable): string => {
    const name = variableName(names.size);
    names.set(v, name);
    return `${name}:${showAval(v.aval)}`;
  };
  const show = (atom: Atom): string => (atom.kind === "literal" ? showLiteral(atom.value) : (names.get(atom) ?? "?"));
  const constants = jaxpr.constants.map(bindName).join(" ");
  const inputs = jaxpr.inputs.map(bindName).join(" ");
  const lines = jaxpr.equations.map(({ primitive, inputs: operands, params, outputs, scope }) => {
    const operandText = operands.map((atom) => ` ${show(atom)}`).join("");
    const paramText = showParams(params, `${indent}    `);
    const scopeText = scope === undefined ? "" : ` @ ${scope}`;
    return `${indent}    ${outputs.map(bindName).join(" ") || "_"} = ${primitive.name}${paramText}${operandText}${scopeText}\n`;
  });
  const head = `{ lambda ${constants === "" ? "" : `${constants} `}; ${inputs === "" ? "" : `${inputs} `}. let\n`;
  return `${head}${lines.join("")}${indent}  in (${jaxpr.outputs.map(show).join(", ")}) }`;
};

const showLiteral = (value: ConcreteArray): string => {
  const number = value.item();
  const text = value.dtype === "bool" ? String(number !== 0) : Object.is(number, -0) ? "-0" : String(number);
  return value.dtype === "float64" || value.dtype === "bool" ? text : `${text}:${value.dtype}`;
};

const showParams = (params: Params, indent: string): string => {
  const shown = Object.entries(params)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${showParam(value, indent)}`);
  return shown.length === 0 ? "" : `[${shown.join(" ")}]`;
};

/** A parameter: plain data in full, jaxprs indented, functions and large records by name. */
const showParam = (value: unknown, indent: string): string => {
  if (isJaxpr(value)) return printJaxpr(value, `${indent}  `);
  if (value instanceof ConcreteArray) return showAval(value);
  if (typeof value === "function") return `<${value.name || "function"}>`;
  if (Array.isArray(value)) return `[${value.map((entry) => showParam(entry, indent)).join(",")}]`;
  if (ArrayBuffer.isView(value)) return `<${value.constructor.name}>`;
  if (typeof value === "object" && value !== null) {
    if ("label" in value && typeof value.label === "string") return value.label;
    return `{${Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, entry]) => `${key}:${showParam(entry, indent)}`)
      .join(",")}}`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
};

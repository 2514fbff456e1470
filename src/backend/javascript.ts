/**
 * JavaScript printer: kernel IR -> text of one function per nest, compiled by `new Function`.
 * Every operation rounds as the dtype does (Math.fround, | 0, >>> 0, & 255), so results equal the
 * interpreter's to the bit. A function takes the list of all buffers as typed arrays.
 */
import { elementary } from "../../kernels/elementary/index.ts";
import { writeText } from "../../kernels/elementary/sources.ts";
import { singlePiece, sumBlock, sumLanes } from "../../kernels/reduction.ts";
import { InvalidJaxpr } from "../error.ts";
import type { DType, TypedArray } from "../array/dtype.ts";
import { isFloat, isInteger } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import { callCount } from "./wasm-expression.ts";
import type { Access, Nest, Run, Statement, Term } from "../compile/kernel-ir.ts";
import { isElementary, scalarFunction } from "./scalar-functions.ts";
import type { ScalarFunction } from "./scalar-functions.ts";

export type NestFunction = (buffers: readonly TypedArray[]) => void;

type Call = Extract<ScalarExpression, { readonly op: "call" }>;

/** What is known while a nest is printed. */
interface Printing {
  /** Functions that the text calls, by name. */
  readonly used: Map<string, ScalarFunction>;
  /** Whether elementary functions stand in the nest themselves. */
  readonly inlines: boolean;
}

/** Calls of a nest up to which their statements stand in it; more would make it long. */
const mostInlined = 12;

/** Text of a value brought into the range of the dtype. */
const wrapped = (text: string, dtype: DType): string => {
  switch (dtype) {
    case "float64":
      return `(${text})`;
    case "float32":
      return `Math.fround(${text})`;
    case "int32":
      return `((${text}) | 0)`;
    case "uint32":
      return `((${text}) >>> 0)`;
    case "bool":
      return `((${text}) & 255)`;
  }
};

const showNumber = (value: number): string =>
  Object.is(value, -0) ? "(-0)" : value < 0 ? `(${value})` : String(value);

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  div: "/",
  and: "&",
  or: "|",
  xor: "^",
  eq: "===",
  ne: "!==",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
};

const unsupported = (name: string, dtype: DType): InvalidJaxpr =>
  new InvalidJaxpr("compilation of an expression", `${name} of ${dtype}`, "Use a call of a scalar function for it");

const printUnary = (name: string, x: string, dtype: DType, printing: Printing): string => {
  switch (name) {
    case "nearest":
      printing.used.set("round", scalarFunction("round", "float64"));
      return `round(${x})`;
    case "neg":
      return wrapped(`-${x}`, dtype);
    case "not":
      return dtype === "bool" ? `(${x} ^ 1)` : wrapped(`~${x}`, dtype);
    case "abs":
      return dtype === "uint32" || dtype === "bool" ? x : dtype === "int32" ? `(Math.abs(${x}) | 0)` : `Math.abs(${x})`;
    case "sqrt":
      if (!isFloat(dtype)) throw unsupported(name, dtype);
      return wrapped(`Math.sqrt(${x})`, dtype);
    default:
      return isFloat(dtype) ? `Math.${name}(${x})` : x;
  }
};

const printBinary = (name: string, x: string, y: string, dtype: DType): string => {
  if (name === "max" || name === "min") return `Math.${name}(${x}, ${y})`;
  if (name === "mul") return wrapped(isFloat(dtype) ? `${x} * ${y}` : `Math.imul(${x}, ${y})`, dtype);
  if (name === "div" && !isFloat(dtype)) throw unsupported(name, dtype);
  if (name === "shl" || name === "shr") {
    if (!isInteger(dtype)) throw unsupported(name, dtype);
    return wrapped(`${x} ${name === "shl" ? "<<" : dtype === "int32" ? ">>" : ">>>"} ${y}`, dtype);
  }
  return wrapped(`${x} ${infix[name]!} ${y}`, dtype);
};

const printConversion = (x: string, from: DType, to: DType): string => {
  if (to === "bool") return `(${x} !== 0 ? 1 : 0)`;
  if (isFloat(from) && !isFloat(to)) return `${to === "int32" ? "castToInt32" : "castToUint32"}(${x})`;
  return wrapped(x, to);
};

/** Name in `functions` of what a call calls: elementary functions have one of either precision. */
const callee = ({ function: name, dtype }: Call, printing: Printing): string => {
  const key = isElementary(name, dtype) && dtype === "float32" ? `${name}32` : name;
  if (!printing.used.has(key)) printing.used.set(key, scalarFunction(name, dtype));
  return key;
};

/** Expressions of one primitive are a few levels deep, so recursion is safe. */
const print = (expression: ScalarExpression, printing: Printing): string => {
  const inner = (x: ScalarExpression): string => print(x, printing);
  switch (expression.op) {
    case "local":
      return `v${expression.index}`;
    case "constant":
      return showNumber(expression.dtype === "float32" ? Math.fround(expression.value) : expression.value);
    case "unary":
      return printUnary(expression.name, inner(expression.x), expression.dtype, printing);
    case "binary":
      return printBinary(expression.name, inner(expression.x), inner(expression.y), expression.dtype);
    case "compare":
      return `(${inner(expression.x)} ${infix[expression.name]!} ${inner(expression.y)} ? 1 : 0)`;
    case "select":
      return `(${inner(expression.condition)} !== 0 ? ${inner(expression.x)} : ${inner(expression.y)})`;
    case "convert":
      if (isFloat(expression.x.dtype))
        for (const name of ["castToInt32", "castToUint32"]) printing.used.set(name, scalarFunction(name, "int32"));
      return printConversion(inner(expression.x), expression.x.dtype, expression.dtype);
    case "call":
      return wrapped(`${callee(expression, printing)}(${expression.args.map(inner).join(", ")})`, expression.dtype);
  }
};

/** Statements that set a local to an elementary function, in a block: engines do not inline functions as long as these. */
const printInline = (local: number, { function: name, args, dtype }: Call, printing: Printing): string => {
  const names = ["x", "y"].slice(0, args.length);
  const lines = names.map((own, k) => `const ${own} = ${print(args[k]!, printing)};`);
  const imports = new Map<string, unknown>();
  const precision = dtype as "float64" | "float32";
  const writing = { lines, imports, prefix: "t", suffix: dtype === "float64" ? "64" : "32" };
  const value = writeText(elementary[name]![precision], precision, names, writing);
  for (const [key, imported] of imports) printing.used.set(key, imported as ScalarFunction);
  return `{\n${lines.join("\n")}\nv${local} = ${value};\n}\n`;
};

const printAccess = ({ buffer, offset, strides }: Access): string =>
  `b${buffer}[${[String(offset), ...strides.map(({ counter, stride }) => (stride === 1 ? `i${counter}` : `i${counter} * ${stride}`))].join(" + ")}]`;

/** What one element does to a term; `partial` is the sum it joins. */
const printTerm = (term: Term, partial: string, printing: Printing): string => {
  const { dtype } = term.value;
  const value = print(term.value, printing);
  if (term.combine === "sum") return `${partial} = ${wrapped(`${partial} + ${value}`, dtype)};\n`;
  return `v${term.total} = ${printBinary(term.combine, `v${term.total}`, value, dtype)};\n`;
};

/** The sum of a block joins its total. */
const printJoin = (term: Term, block: string): string => {
  if (term.combine !== "sum") return "";
  const { total, correction } = term;
  if (correction === null) return `v${total} = ${block};\n`;
  const next = `${block}n`;
  return [
    `const ${next} = v${total} + ${block};\n`,
    `v${correction} += Math.abs(v${total}) >= Math.abs(${block}) ? v${total} - ${next} + ${block} : ${block} - ${next} + v${total};\n`,
    `v${total} = ${next};\n`,
  ].join("");
};

/** Blocks of elements; in each, partial sums take every 16th, one after the other, float32 in pieces. */
const printRun = ({ counter, extent, body, terms }: Run, printing: Printing): string => {
  const [i, start, end, lane, piece] = ["i", "s", "e", "f", "g"].map((letter) => `${letter}${counter}`);
  const sums = terms.flatMap((term, k) => (term.combine === "sum" ? [k] : []));
  const isSingle = (k: number): boolean => terms[k]!.value.dtype === "float32";
  const singles = sums.filter(isSingle);
  const name = (letter: string, k: number): string => `${letter}${counter}_${k}`;
  const elements = (from: string, to: string, step: number): string => {
    const added = terms.map((term, k) => printTerm(term, name(isSingle(k) ? "q" : "p", k), printing)).join("");
    return `for (let ${i} = ${from}; ${i} < ${to}; ${i} += ${step}) {\n${printBody(body, printing)}${added}}\n`;
  };
  if (sums.length === 0) return elements("0", String(extent), 1);
  const define = (letter: string, which: readonly number[]): string =>
    which.length === 0 ? "" : `let ${which.map((k) => `${name(letter, k)} = 0.0`).join(", ")};\n`;
  const inPieces = [
    `for (let ${piece} = ${lane}; ${piece} < ${end}; ${piece} += ${singlePiece}) {\n`,
    define("q", singles),
    elements(piece!, `Math.min(${end}, ${piece} + ${singlePiece})`, sumLanes),
    ...singles.map((k) => `${name("p", k)} += ${name("q", k)};\n`),
    "}\n",
  ];
  return [
    `for (let ${start} = 0; ${start} < ${extent}; ${start} += ${sumBlock}) {\n`,
    `const ${end} = Math.min(${start} + ${sumBlock}, ${extent});\n`,
    define("b", sums),
    `for (let ${lane} = ${start}; ${lane} < Math.min(${start} + ${sumLanes}, ${end}); ${lane}++) {\n`,
    define("p", sums),
    ...(singles.length === 0 ? [elements(lane!, end!, sumLanes)] : inPieces),
    ...sums.map((k) => `${name("b", k)} += ${name("p", k)};\n`),
    "}\n",
    ...terms.map((term, k) => printJoin(term, name("b", k))),
    "}\n",
  ].join("");
};

const printStatement = (statement: Statement, printing: Printing): string => {
  switch (statement.kind) {
    case "loop": {
      const { counter, extent, body } = statement;
      return `for (let i${counter} = 0; i${counter} < ${extent}; i${counter}++) {\n${printBody(body, printing)}}\n`;
    }
    case "run":
      return printRun(statement, printing);
    case "load":
      return `v${statement.local} = ${printAccess(statement.access)};\n`;
    case "set":
      if (
        statement.value.op === "call" &&
        printing.inlines &&
        isElementary(statement.value.function, statement.value.dtype)
      )
        return printInline(statement.local, statement.value, printing);
      return `v${statement.local} = ${print(statement.value, printing)};\n`;
    case "store":
      return `${printAccess(statement.access)} = ${print(statement.value, printing)};\n`;
  }
};

const printBody = (body: readonly Statement[], printing: Printing): string =>
  body.map((statement) => printStatement(statement, printing)).join("");

/** A nest as the text of a function of the list of buffers; `printing` collects the functions that it calls. */
const printNest = ({ locals, body }: Nest, buffers: readonly number[], printing: Printing): string => {
  const bound = buffers.map((buffer) => `b${buffer} = buffers[${buffer}]`);
  const variables = locals.map((dtype, k) => `v${k} = ${isFloat(dtype) ? "0.0" : "0"}`);
  return [
    "(buffers) => {\n",
    bound.length === 0 ? "" : `const ${bound.join(", ")};\n`,
    variables.length === 0 ? "" : `let ${variables.join(", ")};\n`,
    printBody(body, printing),
    "}",
  ].join("");
};

/** Whether the host lets text become code; a content security policy may refuse. */
export const hasFunctionConstructor = (): boolean => {
  try {
    return new Function("return 1")() === 1;
  } catch {
    return false;
  }
};

/** One function per nest. @throws what the engine throws where `new Function` is refused */
export const compileNests = (
  nests: readonly { readonly nest: Nest; readonly buffers: readonly number[] }[],
): NestFunction[] => {
  if (nests.length === 0) return [];
  const used = new Map<string, ScalarFunction>();
  const text = nests
    .map(({ nest, buffers }) => printNest(nest, buffers, { used, inlines: callCount(nest.body) <= mostInlined }))
    .join(",\n");
  const body = `"use strict";\nconst { ${[...used.keys()].join(", ")} } = functions;\nreturn [${text}];`;
  const compiled = new Function("functions", body) as (functions: Record<string, ScalarFunction>) => NestFunction[];
  return compiled(Object.fromEntries(used));
};

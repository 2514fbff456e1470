/**
 * Arithmetic that writes JavaScript: a value is an expression, a named one a constant of the function being written.
 * The closures of `numbers` compute the same bits, but an engine cannot inline them once several functions have used them.
 */
import type { Arithmetic, BinaryText, Precision, RareFunction, UnaryText } from "./arithmetic.ts";
import { doubles, nearest, numbers, singles } from "./numbers.ts";

type Sources = Arithmetic<string, string>;

/** A number as JavaScript; `String` of a float64 is the shortest text that reads back as it. */
const literal = (value: number): string =>
  Object.is(value, -0) || value < 0 ? `(${Object.is(value, -0) ? "-0" : value})` : String(value);

/** A function being written. */
export interface Writing {
  readonly lines: string[];
  /** Functions that it calls, by name. */
  readonly imports: Map<string, unknown>;
  /** Begins the names of values. */
  readonly prefix: string;
  /** Ends the names of imports. */
  readonly suffix: string;
}

/** The arithmetic of one function being written. */
const sources = (precision: Precision, { lines, imports, prefix, suffix }: Writing): Sources => {
  const isDouble = precision === "float64";
  const primitives = isDouble ? doubles : singles;
  let names = 0;
  const imported = (name: string, value: unknown): string => {
    imports.set(`${name}${suffix}`, value);
    return `${name}${suffix}`;
  };
  const named =
    (kind: string) =>
    (value: string): string => {
      const name = `${prefix}${names++}`;
      lines.push(`${kind} ${name} = ${value};`);
      return name;
    };
  const rounded = (value: string): string => (isDouble ? `(${value})` : `Math.fround(${value})`);
  const operator = (sign: string) => (x: string, y: string) => rounded(`${x} ${sign} ${y}`);
  const comparison = (sign: string) => (x: string, y: string) => `(${x} ${sign} ${y})`;
  const bits = (name: "powerOfTwo" | "exponent" | "significand" | "high" | "copySign") => {
    return (...operands: string[]) => `${imported(name, primitives[name])}(${operands.join(", ")})`;
  };
  const math = (name: "abs" | "floor" | "trunc") => (x: string) => `Math.${name}(${x})`;
  return {
    precision,
    constant: (value) => literal(isDouble ? value : Math.fround(value)),
    name: named("const"),
    nameMask: named("const"),
    add: operator("+"),
    sub: operator("-"),
    mul: operator("*"),
    div: operator("/"),
    neg: (x) => `(-${x})`,
    abs: math("abs"),
    sqrt: (x) => rounded(`Math.sqrt(${x})`),
    floor: math("floor"),
    trunc: math("trunc"),
    nearest: (x) => `${imported("nearest", nearest)}(${x})`,
    least: (x, y) => {
      const [first, second] = [named("const")(x), named("const")(y)];
      return `(${second} < ${first} ? ${second} : ${first})`;
    },
    copySign: bits("copySign"),
    lt: comparison("<"),
    le: comparison("<="),
    gt: comparison(">"),
    ge: comparison(">="),
    eq: comparison("==="),
    ne: comparison("!=="),
    and: comparison("&&"),
    or: comparison("||"),
    not: (mask) => `(!${mask})`,
    select: (mask, x, y) => `(${mask} ? ${x} : ${y})`,
    powerOfTwo: bits("powerOfTwo"),
    exponent: bits("exponent"),
    significand: bits("significand"),
    high: bits("high"),
    where: (mask, { name, compute }: RareFunction, args, value) => {
      const call = `${imported(`rare_${name}`, compute)}(${args.join(", ")})`;
      return named("const")(`${mask} ? ${call} : ${value}`);
    },
    either: (mask, careful, usual) => {
      const result = `${prefix}${names++}`;
      lines.push(`let ${result}; if (${mask}) {`);
      const whenTrue = careful();
      lines.push(`${result} = ${whenTrue}; } else {`);
      const whenFalse = usual();
      lines.push(`${result} = ${whenFalse}; }`);
      return result;
    },
  };
};

type Scalar = (...x: number[]) => number;

/**
 * One JavaScript function of the parameters, whose value `write` writes.
 * @throws what the engine throws where `new Function` is refused
 */
export const compiled = (
  parameters: readonly string[],
  precision: Precision,
  write: (a: Arithmetic<string, string>) => string,
): Scalar => {
  const lines: string[] = [];
  const imports = new Map<string, unknown>();
  const result = write(sources(precision, { lines, imports, prefix: "v", suffix: "" }));
  const body = `"use strict"; return (${parameters.join(", ")}) => {\n${lines.join("\n")}\nreturn ${result};\n};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is written above, from literals and names of our own
  return new Function(...imports.keys(), body)(...imports.values()) as Scalar;
};

/** Writes statements that compute the text of the arguments, which are names; gives the value as an expression. */
export const writeText = (
  text: UnaryText | BinaryText,
  precision: Precision,
  args: readonly string[],
  writing: Writing,
): string => (text as BinaryText)(sources(precision, writing))(args[0]!, args[1]!);

/** The text as one JavaScript function; throws as `compiled` does. */
export const compiledText = (text: UnaryText | BinaryText, arity: 1 | 2, precision: Precision): Scalar =>
  compiled(["x", "y"].slice(0, arity), precision, (a) => (text as BinaryText)(a)("x", "y"));

/**
 * The text as a function of JavaScript numbers in the fastest way that the environment allows. Content security policies
 * may refuse `new Function`; then closures serve: the same bits, some ten times slower.
 */
export function scalarText(text: UnaryText | BinaryText, arity: 1 | 2, precision: Precision): Scalar {
  try {
    return compiledText(text, arity, precision);
  } catch {
    return (text as BinaryText)(numbers[precision]) as Scalar;
  }
}

/** As `scalarText`, made at the first call: for rare functions, which are mostly never called. */
export const lazyScalar = (text: UnaryText | BinaryText, arity: 1 | 2, precision: Precision): Scalar => {
  let made: Scalar | undefined;
  return arity === 1
    ? (x) => (made ??= scalarText(text, arity, precision))(x!)
    : (x, y) => (made ??= scalarText(text, arity, precision))(x!, y!);
};

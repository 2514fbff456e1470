/**
 * Programs as runnable TypeScript: inputs, the function, and the check that failed, from public names alone.
 */
import { bufferOf, NDArray } from "../../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../../src/array/ndarray.ts";
import type { Shape } from "../../../src/array/shape.ts";
import * as ops from "../../../ops/index.ts";
import { showNumber } from "../comparison.ts";
import { calls } from "./program-calls.ts";
import { argumentsOf, primitivesOf } from "./program.ts";
import type { ApplyInstruction, ConstantInstruction, Program } from "./program.ts";

/** Where users find the function of a library primitive: `ops.trigonometric.sin`. */
const places: ReadonlyMap<string, string> = new Map(
  Object.entries(ops).flatMap(([family, module]) =>
    Object.entries(module as Readonly<Record<string, unknown>>).flatMap(([exported, value]) => {
      const record = typeof value === "function" ? (value as { primitive?: { name: string } }).primitive : undefined;
      return record === undefined ? [] : [[record.name, `ops.${family}.${exported}`] as const];
    }),
  ),
);

const numbers = (values: ArrayLike<number>): string => `[${Array.from(values, showNumber).join(", ")}]`;

const arrayText = (values: ArrayLike<number>, shape: Shape, dtype: string): string =>
  `array(${numbers(values)}, { shape: [${shape.join(", ")}], dtype: "${dtype}" })`;

/** An array as an expression. */
export const sourceOfArray = (x: NDArray): string => arrayText(bufferOf(x as ConcreteArray), x.shape, x.dtype);

/** Plain data as an expression; null where it holds anything else (a system, a pattern, a function). */
const literalOf = (value: unknown): string | null => {
  if (typeof value === "number") return showNumber(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (value === undefined) return "undefined";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) {
    const parts = value.map(literalOf);
    return parts.includes(null) ? null : `[${parts.join(", ")}]`;
  }
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return null;
  const parts = Object.entries(value).map(([key, entry]) => {
    const text = literalOf(entry);
    return text === null ? null : `${/^[a-z_]\w*$/i.test(key) ? key : JSON.stringify(key)}: ${text}`;
  });
  return parts.includes(null) ? null : parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
};

const constantText = ({ values, shape, dtype }: ConstantInstruction): string => arrayText(values, shape, dtype);

/** `f(x, y, params)`; parameters that cannot be written are drawn again from the primitive's sample. */
const applicationText = (
  { primitive, operands, params, output, outputs, choices, drawnBy = primitive }: ApplyInstruction,
  name: (place: number) => string,
): string => {
  const f = places.get(primitive) ?? primitive;
  const literal = literalOf(params);
  const settings = literal ?? `testing.caseOf(${places.get(drawnBy) ?? drawnBy}, ${numbers(choices ?? [])}).params`;
  const list = [...operands.map(name), ...(settings === "{}" ? [] : [settings])].join(", ");
  return outputs === 1 ? `${f}(${list})` : `${f}(${list})[${output}]!`;
};

/** The program as an arrow function. */
const sourceOfFunction = (program: Program, indent = ""): string => {
  const { instructions, outputs } = program;
  const names = new Map<number, string>();
  let inputs = 0;
  instructions.forEach(({ kind }, k) => names.set(k, kind === "input" ? `x${inputs++}` : `v${k}`));
  const name = (k: number): string => names.get(k)!;
  const own = `${indent}  `;
  const lines = instructions.flatMap((instruction, k): string[] => {
    switch (instruction.kind) {
      case "input":
        return [];
      case "constant":
        return [`${own}const ${name(k)} = ${constantText(instruction)};`];
      case "apply":
        return [`${own}const ${name(k)} = ${applicationText(instruction, name)};`];
      case "call": {
        const inner = instruction.programs.map((program) => sourceOfFunction(program, own));
        const text = calls[instruction.call]!.print(inner, instruction.operands.map(name), instruction.settings);
        return [`${own}const ${name(k)} = ${text};`];
      }
    }
  });
  const parameters = instructions.flatMap(({ kind }, k) => (kind === "input" ? [name(k)] : [])).join(", ");
  return [`(${parameters}) => {`, ...lines, `${own}return [${outputs.map(name).join(", ")}];`, `${indent}}`].join("\n");
};

/** Imports of the primitives that are the user's own. */
const ownImports = (program: Program): string[] => {
  const used = new Set(primitivesOf(program));
  return Object.entries(program.own ?? {})
    .filter(([name]) => used.has(name))
    .map(([name, { from }]) => `import { ${name} } from ${JSON.stringify(from)};`);
};

/** Names of cotangent that a text uses. */
const usedNames = (text: string): string =>
  "array checkpoint cond customJvp customVjp foriLoop grad jit jvp linearize scan switchCase vjp vmap whileLoop"
    .split(" ")
    .filter((name) => new RegExp(`(?<![\\w.$])${name}\\(`).test(text))
    .join(", ");

/** A module that defines `inputs` and `f` and ends with a statement about them. */
export const sourceOf = (program: Program, statement: string): string => {
  const inputs = argumentsOf(program).map((x) => `  ${sourceOfArray(x)},`);
  const body = [
    inputs.length === 0 ? "const inputs = [];" : `const inputs = [\n${inputs.join("\n")}\n];`,
    `const f = ${sourceOfFunction(program)};`,
    statement,
  ].join("\n");
  const imports = [`import { ${usedNames(body)} } from "cotangent";`];
  if (body.includes("np.")) imports.push('import * as np from "cotangent/numpy";');
  if (body.includes("ops.")) imports.push('import * as ops from "cotangent/ops";');
  imports.push('import * as testing from "cotangent/testing/properties";', ...ownImports(program));
  return `${imports.filter((line) => !line.startsWith("import {  }")).join("\n")}\n\n${body}\n`;
};

/**
 * Examples of docstrings: `statements; expression // expected`, on one line or several, any number of times.
 * `expected` is a JavaScript expression: arrays stand as nested lists, objects by their keys, numbers agree to 1e-12;
 * of a number like 0.5403... only the digits that stand there count. Comments on lines of their own are comments.
 * A text may be written without quotes, spaces count once, and "..." at its end leaves the rest open.
 * `throws Code` expects that error.
 */
import { expect } from "vitest";
import { NDArray } from "cotangent";

/** The last `;` outside brackets and quotes, -1 without one. */
const lastStatementEnd = (code: string): number => {
  let depth = 0;
  let quote = "";
  let end = -1;
  for (let k = 0; k < code.length; k++) {
    const character = code[k]!;
    if (quote !== "") {
      if (character === quote && code[k - 1] !== "\\") quote = "";
    } else if (`"'\``.includes(character)) quote = character;
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (character === ";" && depth === 0) end = k;
  }
  return end;
};

/** Code with its claims turned into observations. */
export interface Observed {
  readonly code: string;
  readonly expected: readonly string[];
  /** What stands after the last claim. */
  readonly rest: string;
}

/** Makes every claim push what its expression gave to `results`. */
export const withObservations = (example: string): Observed => {
  const expected: string[] = [];
  let code =
    "export const results = [];\nconst observe = (f) => { try { results.push({ value: f() }); } catch (error) { results.push({ error }); } };\n";
  let pending = "";
  for (const line of example.split("\n")) {
    if (/^\s*\/\//.test(line)) continue;
    const at = line.lastIndexOf(" // ");
    if (at < 0) {
      pending += `${line}\n`;
      continue;
    }
    pending += line.slice(0, at).replace(/;\s*$/, "");
    const end = lastStatementEnd(pending);
    code += `${pending.slice(0, end + 1)}\nobserve(() => (${pending.slice(end + 1).trim()}));\n`;
    expected.push(line.slice(at + 4).trim());
    pending = "";
  }
  return { code, expected, rest: pending };
};

/** An example as a module that exports what each of its expressions gave, and the expected texts. */
export const asModule = (example: string): { readonly code: string; readonly expected: readonly string[] } => {
  const { code, expected, rest } = withObservations(example);
  if (rest.trim() !== "") throw new Error(`the example does not say what comes out: ${rest}`);
  return { code, expected };
};

/** A number of which some digits are given. */
class Truncated {
  readonly value: number;
  /** Decimals that are given. */
  readonly digits: number;

  constructor(text: string) {
    const [mantissa, exponent] = text.split("e");
    this.value = Number(text);
    this.digits = mantissa!.split(".")[1]!.length - Number(exponent ?? 0);
  }
}

/** Arrays as nested lists, whatever they stand in. */
const plain = (value: unknown): unknown => {
  if (value instanceof NDArray) return value.toList();
  if (ArrayBuffer.isView(value)) return [...(value as Float64Array)];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  return value;
};

const agree = (seen: unknown, wanted: unknown): boolean => {
  if (wanted instanceof Truncated)
    return typeof seen === "number" && Math.abs(seen - wanted.value) < 1.001 * 10 ** -wanted.digits;
  if (typeof seen === "number" && typeof wanted === "number")
    return (
      Object.is(seen, wanted) || seen === wanted || Math.abs(seen - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted))
    );
  if (typeof seen !== "object" || typeof wanted !== "object" || seen === null || wanted === null)
    return seen === wanted;
  const [left, right] = [Object.entries(seen), Object.entries(wanted)];
  return (
    Array.isArray(seen) === Array.isArray(wanted) &&
    left.length === right.length &&
    left.every(([key, value]) => key in wanted && agree(value, (wanted as Record<string, unknown>)[key]))
  );
};

const spaced = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** What one expression gave. */
export interface Result {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Compares what an expression gave with the text after it. */
export const expectResult = ({ value, error }: Result, expected: string): void => {
  const code = /^throws (\w+)$/.exec(expected)?.[1];
  if (code !== undefined) return expect((error as { code?: string } | undefined)?.code).toBe(code);
  if (error !== undefined) throw error as Error;
  if (typeof value === "string" && !/^["'`]/.test(expected)) {
    const text = spaced(value);
    if (!expected.endsWith("...")) return expect(text).toBe(spaced(expected));
    const start = spaced(expected.slice(0, -3));
    return expect(text.slice(0, start.length)).toBe(start);
  }
  const marked = expected.replaceAll(/(-?\d+\.\d+)\.\.\.(e-?\d+)?/g, 'truncated("$1$2")');
  // oxlint-disable-next-line typescript/no-implied-eval
  const wanted = new Function("truncated", `return (${marked})`)((text: string) => new Truncated(text)) as unknown;
  const seen = plain(value);
  if (!agree(seen, wanted)) expect(seen).toEqual(wanted);
};

/**
 * Looking at values while a program runs: debugPrint and debugCallback run on the host each time, in the order
 * of the program, compiled or not. They are effects: never removed, merged or reordered, and derivatives pass by.
 */
import { bind } from "../src/ir/trace.ts";
import { asHost } from "../src/ir/tracer.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import { showValues } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { print } from "../src/output.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { hostEffect } from "../ops/callback.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import { requireVectorized } from "./pure-callback.ts";
import type { Vectorized } from "./pure-callback.ts";

/** A function of the host with a say in what vmap does to it. */
export interface DebugFunction<A extends readonly any[]> {
  readonly call: (...args: A) => void;
  /** Under vmap: call once per example, or once with the mapped axis in front of every array. Default "sequential". */
  readonly vectorized?: Vectorized;
}

/**
 * Runs f(...args) on the host with concrete arrays, for what it does: whenever the program comes by, in order.
 * @param f     ordinary function, or { call, vectorized } to see a whole batch at once; what it returns is ignored
 * @param args  trees of arrays. What vmap does not map is seen once, what it maps once per example (or "batched")
 * @throws InvalidOption, UnknownOption, NotAnArray; and what `f` throws
 * Derivatives: it sees the primal values, once. A tangent (in a rule of customJvp) is seen in forward mode only.
 * Under vmap it sees the examples that come by: those that take the branch, those whose loop still runs. Batched, it sees
 * their rows; of an example that is mapped again all rows, those that are not there filled with values of one that is.
 * What a checkpoint computes again is not seen again.
 * @example const seen = []; jit((x) => { debugCallback((y) => seen.push(y.item()), x); return x.mul(2); })(array(3)); seen // [3]
 */
export const debugCallback = <A extends readonly any[]>(
  f: ((...args: A) => void) | DebugFunction<A>,
  ...args: A
): void => {
  if (typeof f !== "function") requireOptions("debugCallback", f, ["call", "vectorized"], true);
  const { call, vectorized } = typeof f === "function" ? { call: f, vectorized: undefined } : f;
  requireFunction("debugCallback", call);
  const asked = `debugCallback of ${nameOf(call as AnyFunction)}`;
  const { arrays, treedef } = flattenArrays(args, asked);
  bind(hostEffect.primitive, arrays, {
    call: (inputs: readonly NDArray[]) => {
      asHost(asked, () => call(...(unflatten(treedef, inputs) as unknown as A)));
    },
    vectorized: requireVectorized("debugCallback", vectorized),
  });
};

// --- Printing ---------------------------------------------------------------------------------

/** Pieces of a format: text, and placeholders by the key of their value. */
type Piece = { readonly kind: "text"; readonly text: string } | { readonly kind: "value"; readonly key: string };

const refuse = (format: unknown, seen: string): InvalidOption =>
  new InvalidOption(
    `debugPrint of ${showValue(format)}`,
    seen,
    "Write {} for each value in order, {name} for an entry of an object given last, {{ and }} for braces",
  );

/** Text and placeholders; an empty placeholder has the number of those before it as its key. */
const parseFormat = (format: string): Piece[] => {
  const pieces: Piece[] = [];
  let position = 0;
  const tokens = format.matchAll(/\{\{|\}\}|\{([A-Za-z_$][\w$]*)?\}|[{}]|[^{}]+/g);
  for (const [token, name] of tokens) {
    if (token === "{{" || token === "}}") pieces.push({ kind: "text", text: token[0]! });
    else if (token === "{" || token === "}") throw refuse(format, `a lone "${token}"`);
    else if (token.startsWith("{")) pieces.push({ kind: "value", key: name ?? String(position++) });
    else pieces.push({ kind: "text", text: token });
  }
  return pieces;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The values under the keys of the placeholders: by position, and by name from an object given last. */
const valuesByKey = (format: string, pieces: readonly Piece[], values: readonly unknown[]): Record<string, unknown> => {
  const keys = new Set(pieces.flatMap((piece) => (piece.kind === "value" ? [piece.key] : [])));
  const names = [...keys].filter((key) => !/^\d/.test(key));
  const last = values.at(-1);
  if (names.length > 0 && !isRecord(last)) throw refuse(format, `{${names[0]!}} without an object as the last value`);
  const positional = names.length > 0 ? values.slice(0, -1) : values;
  const wanted = keys.size - names.length;
  if (positional.length !== wanted) throw refuse(format, `${positional.length} values for ${wanted} {}`);
  const named = names.length > 0 ? (last as Readonly<Record<string, unknown>>) : {};
  const given = Object.keys(named);
  const missing = names.find((name) => !given.includes(name));
  const unused = given.find((name) => !names.includes(name));
  if (missing !== undefined) throw refuse(format, `no value called ${missing} among ${given.join(", ")}`);
  if (unused !== undefined) throw refuse(format, `a value called ${unused} without a place`);
  return { ...positional, ...named };
};

/** A tree of concrete arrays as text. */
const showTree = (treedef: Treedef, leaves: readonly ConcreteArray[]): string => {
  let next = 0;
  const show = (def: Treedef): string => {
    if (def.kind === "leaf") return showValues(leaves[next++]!);
    if (def.kind === "list") return `[${def.children.map(show).join(", ")}]`;
    if (def.kind === "object")
      return `{${def.children.map((child, k) => `${def.keys[k]!}: ${show(child)}`).join(", ")}}`;
    return def.kind;
  };
  return show(treedef);
};

/**
 * Prints values as the program runs: each time, in order, compiled or not; see `debugCallback` for vmap and grad.
 * @param format  text with {} for each value in order or {name} for entries of an object given last; {{ }} are braces
 * @param values  trees of arrays, or texts
 * @throws InvalidOption when placeholders and values do not match; NotAnArray
 * configure({ onPrint }) takes the text elsewhere; the default is console.log.
 * @example
 * const lines = []; configure({ onPrint: (line) => lines.push(line) });
 * const f = jit((x) => { debugPrint("x = {}, sin x = {s}", x, { s: np.sin(x) }); return x; });
 * f(array(0)); configure({ onPrint: null }); lines // ["x = 0, sin x = 0"]
 */
export const debugPrint = (format: string, ...values: readonly unknown[]): void => {
  if (typeof format !== "string") throw refuse(format, `${showValue(format)} where the format is expected`);
  const pieces = parseFormat(format);
  const given = Object.entries(valuesByKey(format, pieces, values));
  const words = new Map(given.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  const trees = Object.fromEntries(given.filter(([key]) => !words.has(key)));
  const { arrays, treedef } = flattenArrays(trees, "debugPrint");
  bind(hostEffect.primitive, arrays, {
    call: (inputs) => {
      const texts = new Map([...words, ...textsOf(treedef, inputs)]);
      print(pieces.map((piece) => (piece.kind === "text" ? piece.text : texts.get(piece.key)!)).join(""));
    },
    vectorized: "sequential",
  });
};

/** The text of every value of a record of trees. */
const textsOf = (record: Treedef, leaves: readonly ConcreteArray[]): Map<string, string> => {
  let from = 0;
  return new Map(
    record.children.map((child, k) => {
      const own = leaves.slice(from, (from += child.leafCount));
      return [record.keys[k]!, showTree(child, own)] as const;
    }),
  );
};

/**
 * Subscripts of einsum: text to labels. A label is a letter, or "~k" for the k-th axis from the right that an ellipsis
 * stands for. Sizes of one label are equal or 1; an operand of size 1 along it does not depend on it.
 */
import { InvalidSubscripts, ShapeMismatch } from "../../src/error.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showShape } from "../../src/array/shape.ts";

export type Labels = readonly string[];

export interface Subscripts {
  /** One label per axis of every operand. */
  readonly operands: readonly Labels[];
  /** Labels of the result, in order. */
  readonly result: Labels;
  readonly sizes: ReadonlyMap<string, number>;
}

const refuse = (subscripts: string, seen: string, remedy: string): never => {
  throw new InvalidSubscripts(`np.einsum("${subscripts}")`, seen, remedy);
};

/** Letters of one term, "..." as one entry. */
const termOf = (subscripts: string, text: string): string[] => {
  const parts = text.match(/\.\.\.|./gsu) ?? [];
  const bad = parts.find((part) => !/^(?:[a-zA-Z]|\.\.\.)$/.test(part));
  if (bad !== undefined) refuse(subscripts, `the sign ${JSON.stringify(bad)}`, 'Use letters, ",", "->" and "..."');
  if (parts.filter((part) => part === "...").length > 1)
    refuse(subscripts, `two ellipses in "${text}"`, "One stands for all axes without a letter");
  return parts;
};

/** Labels of an operand of known rank. */
const labelsOf = (subscripts: string, term: readonly string[], shape: Shape, position: number): string[] => {
  const letters = term.filter((part) => part !== "...").length;
  const open = shape.length - letters;
  if (open < 0 || (open > 0 && !term.includes("...")))
    refuse(
      subscripts,
      `operand ${position} has shape ${showShape(shape)} and ${letters} letters`,
      'Give one letter per axis, or "..." for those without',
    );
  return term.flatMap((part) => (part === "..." ? openAxes(open) : [part]));
};

const openAxes = (count: number): string[] => Array.from({ length: count }, (_, k) => `~${count - 1 - k}`);

/** Without an arrow: the axes of the ellipsis, then the letters that occur once, in alphabetical order. */
const impliedResult = (operands: readonly Labels[]): string[] => {
  const all = operands.flat();
  const once = all.filter((label) => !label.startsWith("~") && all.indexOf(label) === all.lastIndexOf(label));
  return [...openAxes(widestEllipsis(operands)), ...once.sort((left, right) => (left < right ? -1 : 1))];
};

const widestEllipsis = (operands: readonly Labels[]): number =>
  operands.reduce((widest, labels) => Math.max(widest, labels.filter((label) => label.startsWith("~")).length), 0);

const statedResult = (subscripts: string, text: string, operands: readonly Labels[]): string[] => {
  const term = termOf(subscripts, text);
  const open = widestEllipsis(operands);
  if (open > 0 && !term.includes("..."))
    refuse(subscripts, "the result has no ellipsis and the operands have", 'Write "..." in the result too');
  const result = term.flatMap((part) => (part === "..." ? openAxes(open) : [part]));
  const unknown = result.find((label) => !operands.some((labels) => labels.includes(label)));
  if (unknown !== undefined && !unknown.startsWith("~"))
    refuse(subscripts, `the result has "${unknown}" and no operand has it`, "Name axes of the operands");
  const repeated = result.find((label, k) => result.indexOf(label) !== k);
  if (repeated !== undefined)
    refuse(subscripts, `"${repeated}" twice in the result`, "Name every axis of the result once");
  return result;
};

/** The size of every label: what its axes agree on, where 1 agrees with all. */
const sizesOf = (subscripts: string, operands: readonly Labels[], shapes: readonly Shape[]): Map<string, number> => {
  const sizes = new Map<string, number>();
  operands.forEach((labels, position) =>
    labels.forEach((label, axis) => {
      const [size, known] = [shapes[position]![axis]!, sizes.get(label)];
      if (known === undefined || known === 1) sizes.set(label, size);
      else if (size !== 1 && size !== known)
        throw new ShapeMismatch(
          `np.einsum("${subscripts}")`,
          `shapes ${shapes.map(showShape).join(" and ")}: ${label.startsWith("~") ? "an axis of the ellipsis" : `"${label}"`} has sizes ${known} and ${size}`,
          "Axes of one letter have equal sizes, or 1",
        );
    }),
  );
  return sizes;
};

/** Refuses what is no text. */
export const requireText = (subscripts: unknown): void => {
  if (typeof subscripts !== "string")
    throw new InvalidSubscripts(
      "np.einsum",
      `${typeof subscripts} as subscripts`,
      'Begin with a text such as "ij,jk->ik"',
    );
};

/** @throws InvalidSubscripts, ShapeMismatch */
export const parseSubscripts = (subscripts: string, shapes: readonly Shape[]): Subscripts => {
  const [inputs, output, ...more] = subscripts.replaceAll(" ", "").split("->");
  if (more.length > 0) refuse(subscripts, "two arrows", "Write the operands, one arrow, the result");
  const terms = inputs!.split(",").map((text) => termOf(subscripts, text));
  if (terms.length !== shapes.length)
    refuse(subscripts, `${terms.length} terms for ${shapes.length} operands`, "Give one term per operand");
  const operands = terms.map((term, position) => labelsOf(subscripts, term, shapes[position]!, position));
  return {
    operands,
    result: output === undefined ? impliedResult(operands) : statedResult(subscripts, output, operands),
    sizes: sizesOf(subscripts, operands, shapes),
  };
};

/**
 * Every line of docs/sharp-bits.md that ends in a comment has the value, or throws the error, that the comment states.
 */
import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import { describe, expect, test } from "vitest";
import { array, checkpoint, cond, debugCallback, grad, hessian, jit, NDArray, vmap } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";

const text = readFileSync(new URL("../../docs/sharp-bits.md", import.meta.url), "utf8");
const names = { array, checkpoint, cond, debugCallback, grad, hessian, jit, linalg, nn, np, vmap };

const show = (value: unknown): string => {
  if (value instanceof NDArray) return show(value.toList());
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return Object.is(value, -0) ? "-0" : String(value);
};

interface Claim {
  readonly line: string;
  readonly source: string;
  readonly wanted: string;
}

/** The claims of a section, each with the definitions that precede it there. */
const claimsOf = (section: string): Claim[] => {
  const definitions: string[] = [];
  return [...section.matchAll(/```js\n([^`]*)```/g)].flatMap(([, block]) =>
    block!
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [, source, wanted] = /^(.*?) \/\/ (.*)$/.exec(line) ?? [];
        if (source !== undefined && wanted !== undefined)
          return [{ line, wanted, source: `${definitions.join("\n")}\nreturn ${source}` }];
        definitions.push(line);
        return [];
      }),
  );
};

const outcome = (source: string): string => {
  try {
    return show(
      (compileFunction(source, Object.keys(names)) as (...values: unknown[]) => unknown)(...Object.values(names)),
    );
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

describe.each(
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n")[0]!, section] as const),
)("%s", (_title, section) => {
  test.each(claimsOf(section).map((claim) => [claim.line, claim] as const))("%s", (_line, { source, wanted }) =>
    expect(outcome(source)).toBe(wanted),
  );
});

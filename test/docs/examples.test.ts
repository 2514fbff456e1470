/**
 * Docstrings of the public modules: every exported function has an `@example`, and every example is true.
 * Their form stands in example-text.ts. Names need no imports, and `mesh`, `system`, `problem` exist (run-snippet.ts).
 */
import { afterAll, describe, expect, test } from "vitest";
import * as cotangent from "cotangent";
import * as fem from "cotangent/fem";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as numpy from "cotangent/numpy";
import * as optim from "cotangent/optim";
import * as random from "cotangent/random";
import * as sparse from "cotangent/sparse";
import * as special from "cotangent/special";
import * as testing from "cotangent/testing/properties";
import * as topopt from "cotangent/topopt";
import * as files from "cotangent/topopt/files";
import * as render from "cotangent/topopt/render";
import { CotangentError } from "../../src/error.ts";
import { asModule, expectResult } from "./example-text.ts";
import type { Result } from "./example-text.ts";
import { examplesOf, exportsOf } from "./exports.ts";
import type { Exported } from "./exports.ts";
import { removeSnippets, runSnippet } from "./run-snippet.ts";

/** Public modules whose docstrings are held to this. */
const doors: Readonly<Record<string, object>> = {
  "index.ts": cotangent,
  "library/numpy/index.ts": numpy,
  "library/linalg/index.ts": linalg,
  "library/nn/index.ts": nn,
  "library/optim/index.ts": optim,
  "library/random/index.ts": random,
  "library/sparse/index.ts": sparse,
  "library/special/index.ts": special,
  "library/fem/index.ts": fem,
  "library/testing/properties/index.ts": testing,
  "topopt/index.ts": topopt,
  "topopt/files/index.ts": files,
  "topopt/render/index.ts": render,
};

/** Elementwise functions whose name says it all; the second row holds NumPy's long names and aliases of them. */
const selfEvident = new Set(
  `add sub mul div neg abs sign square reciprocal positive sqrt cbrt exp expm1 exp2 log log1p log2 log10 sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh
  subtract multiply divide trueDivide negative absolute asin acos atan atan2 asinh acosh atanh
  floor ceil trunc equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalXor logicalNot isnan isfinite isinf`.split(
    /\s+/,
  ),
);

const memberOf = (module: object, name: string): unknown =>
  name.split(".").reduce<unknown>((owner, key) => (owner as Record<string, unknown>)[key], module);

/** Errors are explained in docs/errors.md, fp-ts explains its own `pipe`, examples/own-primitive.ts the parts of a primitive. */
const isExempt = (value: unknown, name: string): boolean =>
  typeof value !== "function" ||
  name === "pipe" ||
  name.startsWith("authoring.") ||
  value === CotangentError ||
  value.prototype instanceof CotangentError ||
  selfEvident.has(name);

describe.each(Object.entries(doors))("%s", (path, module) => {
  const found = exportsOf(path);

  test("the sources show all its exports", () => {
    expect(new Set(found.map(({ name }) => name.split(".")[0]))).toEqual(new Set(Object.keys(module)));
  });

  test("every export has a docstring", () => {
    expect(
      found.filter(({ name, documentation }) => name !== "pipe" && documentation === "").map(({ name }) => name),
    ).toEqual([]);
  });

  test("every function has an example, but for names that say it all", () => {
    const lacking = found.filter(({ documentation }) => examplesOf(documentation).length === 0).map(({ name }) => name);
    expect(lacking.filter((name) => !isExempt(memberOf(module, name), name))).toEqual([]);
  });
});

test("the list of self-evident names holds none that has an example or does not exist", () => {
  const withoutExample = exportsOf("library/numpy/index.ts").filter(
    ({ documentation }) => examplesOf(documentation).length === 0,
  );
  expect([...selfEvident].filter((name) => !withoutExample.some((exported) => exported.name === name))).toEqual([]);
});

const all = Object.keys(doors).flatMap((path) => exportsOf(path));
const declared = new Map<string, Exported>(all.map((exported) => [exported.documentation, exported]));
const examples = [...declared.values()].flatMap(({ name, documentation }) =>
  examplesOf(documentation).map((example) => [name, example] as const),
);

test.each(examples)("the example of %s is true", async (_name, example) => {
  const { code, expected } = asModule(example);
  const { results } = (await runSnippet(code)) as { results: Result[] };
  expected.forEach((text, k) => expectResult(results[k]!, text));
});

afterAll(removeSnippets);

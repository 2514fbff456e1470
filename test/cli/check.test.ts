/** cotangent check: every function of a module by its name, whatever becomes of the others. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cotangent, root, scratch } from "./command-line.ts";

const { file } = scratch();

const source = (own: string): string => JSON.stringify(join(root, own));
const imports = `import { customVjp } from ${source("index.ts")};
import * as np from ${source("library/numpy/index.ts")};
`;

test("check passes right derivatives and fails wrong ones, and says which", async () => {
  const module = file(
    "module.mts",
    `${imports}
export const sines = (x) => np.sum(np.sin(x));
export const wrong = customVjp((x) => np.sum(np.sin(x)), { fwd: (x) => [np.sum(np.sin(x)), x], bwd: (x, ct) => [np.sin(x).mul(ct)] });
export const args = [np.linspace(0, 1, 5)];
`,
  );
  const { status, stdout } = await cotangent("check", module, "--order", "1");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^sines: derivatives up to order 1 agree/mu);
  expect(stdout).toMatch(/^wrong: /mu);
});

test("a function that throws fails by its name, with what it threw; the others are looked at", async () => {
  const module = file(
    "throwing.mts",
    `${imports}
export const absent = () => { throw new TypeError("no such mesh"); };
export class Beam {}
export const odd = () => { throw "text"; };
export const sines = (x) => np.sum(np.sin(x));
export const args = [np.linspace(0, 1, 5)];
`,
  );
  const { status, stdout, stderr } = await cotangent("check", module, "--order", "1");
  expect([status, stderr]).toEqual([1, ""]);
  expect(stdout.trimEnd().split("\n").sort()).toEqual([
    expect.stringMatching(/^Beam: throws TypeError: Class constructor Beam cannot be invoked/u),
    "absent: throws TypeError: no such mesh",
    "odd: throws text",
    expect.stringMatching(/^sines: derivatives up to order 1 agree/u),
  ]);
});

describe("code 2, and nothing is looked at:", () => {
  const module = file(
    "half.mts",
    `${imports}
export const first = (x) => np.sum(x);
export const second = (x) => np.sum(x);
export const third = (x) => np.sum(x);
export const args = { first: [1] };
`,
  );
  test.each([
    ["an order beyond the highest", [module, "--order", "5"], /^--order 5: give a whole number from 1 to 4$/u],
    [
      "functions without arguments, all of them",
      [module],
      /no arguments for second, third: .*\{ second: \[x, y\], third: \[x, y\] \}$/u,
    ],
    ["a module that is not there", [`${module}.mjs`], /^cannot load /u],
    ["one that throws nothing", [file("null.mjs", "throw null;")], /^cannot load .*: null$/u],
  ] as const)("%s", async (_name, words, message) => {
    const { status, stdout, stderr } = await cotangent("check", ...words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});

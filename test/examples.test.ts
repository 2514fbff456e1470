/** Every program in examples/ runs from the sources to exit code 0 and prints what it promises. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${root}examples`)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length));

const run = (name: string): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ["--import", "tsx", "--conditions=@cotangent/source", `examples/${name}.ts`], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });

/** Lines that have to appear; an example without an entry only has to run and print something. */
const promised: Readonly<Record<string, readonly RegExp[]>> = {
  mbb: [
    /relative gap [\d.e-]+ \(certified, below 1e-6\)/u,
    /compliance 60\.84014\d at volume 0\.400000 after 60 iterations/u,
    /60 factorizations, 60 solves, 1 trace/u,
    /wrote out.mbb-density\.png/u,
  ],
  "foreign-solver": [
    /customLinearSolve: gradient differs from the built-in solve by [\d.]+e-1[0-9], from finite differences by [\d.]+e-(0?[7-9]|1\d)/u,
    /customVjp: gradient differs from the built-in solve by [\d.]+e-1[0-9]/u,
  ],
  "own-primitive": [
    /slope {6}array\(\[0\.1111\d*, 0\.4444\d*, 0\.4444\d*, 0\.1111\d*\]/u,
    /slope against differences: \d\.\de-1\d/u,
  ],
  "testing-your-own": [
    /^15 laws hold for inSeries; worst derivative \de-1\d$/mu,
    /^46 derivatives of the heat flow agree/mu,
    /^vmap equals a loop over 4 bars$/mu,
    /^jit equals eager evaluation on wasm, js, interpreter$/mu,
    /^50 random programs with it agree with themselves$/mu,
    /^a wrong rule: .*reverse mode, order 1.*along argument \[0\] is 0\.1551\d* where .* give 0\.0930/mu,
  ],
  "custom-objective": [
    /^ 1 {2}sag of the corner +750\.2838/mu,
    /^20 {2}sag of the corner +144\.807\d {2}volume after the step 0\.400000$/mu,
  ],
};

test("every promise is one of an example that exists", () => {
  for (const name of Object.keys(promised)) expect(names).toContain(name);
});

test.each(names)("%s runs and prints what it promises", { timeout: 120_000 }, async (name) => {
  const { stdout, stderr } = await run(name);
  expect(
    stderr.split("\n").filter((line) => line !== "" && !line.startsWith("(") && !line.includes("Warning")),
  ).toEqual([]);
  expect(stdout.length).toBeGreaterThan(0);
  for (const line of promised[name] ?? []) expect(stdout).toMatch(line);
});

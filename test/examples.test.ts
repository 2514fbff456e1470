/**
 * Every program in examples/ runs from the sources to its end and prints what it promises. They share the worker's modules:
 * a process each would spend most of its time on loading the library. One is run as a reader does, by its npm script.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { setNoticeListener } from "../src/notice.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${root}examples`)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length));

/** What is passed to examples that take something; the whole of both workflows is what npm start runs. */
const parameters: Readonly<Record<string, readonly string[]>> = { "both-workflows": ["4"] };

afterEach(() => {
  vi.restoreAllMocks();
  setNoticeListener(null);
});

interface Said {
  readonly out: string;
  readonly error: string;
}

/** What an example says on either stream; one that ends with an exit code other than 0 throws. */
const said = async (name: string): Promise<Said> => {
  const lines = { out: "", error: "" };
  const hear = (method: "log" | "warn" | "error", stream: keyof typeof lines): void => {
    vi.spyOn(console, method).mockImplementation((...parts: readonly unknown[]) => {
      lines[stream] += `${format(...parts)}\n`;
    });
  };
  hear("log", "out");
  hear("warn", "error");
  hear("error", "error");
  // Notices are told once a process: whatever ran before, this example's own are heard.
  setNoticeListener((code, text) => void (lines.error += `${code}: ${text}\n`));
  vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`${name} ends with ${code}:\n${lines.out}${lines.error}`);
  });
  const usual = process.argv;
  process.argv = [process.execPath, `${root}examples/${name}.ts`, ...(parameters[name] ?? [])];
  try {
    await import(`../examples/${name}.ts`);
    expect(process.exitCode ?? 0, lines.out).toBe(0);
    return lines;
  } finally {
    process.argv = usual;
    process.exitCode = undefined;
  }
};

/** Lines that have to appear; an example without an entry only has to run and print something. */
const promised: Readonly<Record<string, readonly RegExp[]>> = {
  "both-workflows": [
    /^ {4}1 {2}objective 498\.2328/mu,
    /^ {3}60 {2}objective 60\.8401[45] {2}volume 0\.400000\d <= 0\.4/mu,
    /pixels: gradients certified at iteration 60: objective passed/u,
    /SIREN 3 x 256[\s\S]*^ {4}1 {2}objective 499\.2\d* {2}volume 0\.4000000/mu,
    /^ {4}3 {2}objective 464\.0\d* {2}volume 0\.4000000/mu,
    /SIREN: gradients certified at iteration 4: objective passed/u,
    /wrote out.report\.html/u,
  ],
  mbb: [
    /^gradient off from finite differences by [\d.]+e-(?:0?[7-9]|1\d) at most$/mu,
    /^ 60 {2}compliance {3}60\.84014\d {2}volume 0\.400000/mu,
    /^60 factorizations, 60 solves, 1 trace$/mu,
    /^wrote out.mbb-density\.png$/mu,
  ],
  "foreign-solver": [
    /^byEquation: off from differences by [\d.]+e-(?:0?[7-9]|1\d)\n {2}.* built-in solve by [\d.]+e-1[0-9]$/mu,
    /^byRule: off from differences by [\d.]+e-(?:0?[7-9]|1\d)\n {2}.* built-in solve by [\d.]+e-1[0-9]$/mu,
  ],
  "own-primitive": [
    /slope {6}array\(\[0\.1111\d*, 0\.4444\d*, 0\.4444\d*, 0\.1111\d*\]/u,
    /slope against differences: \d\.\de-1\d/u,
  ],
  "testing-a-primitive": [
    /^15 laws hold for inSeries; worst derivative \de-1\d$/mu,
    /^50 random programs with it agree with themselves$/mu,
  ],
  "testing-your-own": [
    /^46 derivatives of the heat flow agree/mu,
    /^vmap equals a loop over 4 bars$/mu,
    /^jit equals eager evaluation on wasm, js, interpreter$/mu,
    /^a wrong rule: .*reverse mode, order 1.*along argument \[0\] is 0\.1551\d* where .* give 0\.0930/mu,
  ],
  "custom-objective": [
    /^ {4}1 {2}objective 732\.9985 {2}volume 0\.4195313 <= 0\.4 /mu,
    /^ {3}20 {2}objective 143\.308\d {2}volume 0\.\d{7} <= 0\.4 {2}/mu,
    /^gradients certified at iteration 20: objective passed \(gap [\d.]+e-(?:0?[6-9]|1\d)\), volume passed/mu,
  ],
  "first-gradient": [
    /^value {5}array\(4, float64\)$/mu,
    /^gradient {2}array\(\[-4, 0\], float64\)$/mu,
    /^compiled {2}array\(\[\[-4, 0\], \[-2, 100\], \[0, 0\]\], float64\)$/mu,
  ],
  neural: [
    /^ {4}1 {2}objective 464\.6\d+ {2}volume 0\.4000000 /mu,
    /^ {3}60 {2}objective 66\.5\d+ {2}volume 0\.4000000 /mu,
    /^8577 weights for 1536 elements$/mu,
    /^error of the volume below 1e-12 in every iteration$/mu,
    /^gradients certified at iteration 60: objective passed \(gap [\d.]+e-(?:0?[6-9]|1\d)\)/mu,
  ],
  "own-network": [
    /^residual: 2241 weights, compliance 63\.1\d, 64\.8\d, 63\.2\d\n {2}gradients passed, passed, passed$/mu,
    /^siren: 2241 weights, compliance 67\.\d\d, 65\.4\d, 65\.2\d\n {2}gradients passed, passed, passed$/mu,
  ],
  mechanism: [
    /^output displacement at first 0\.10163, of the best design -1\.0792\d$/mu,
    /^input displacement 8\.942\d+$/mu,
    /^volume 0\.3000\d$/mu,
    /^gradients passed$/mu,
  ],
  heat: [
    /^ 1 {2}mean temperature 14\.6298\d {2}volume 0\.40000$/mu,
    /^60 {2}mean temperature 1\.6462\d {2}volume 0\.399\d+$/mu,
    /^gradients passed; 4 programs compiled$/mu,
  ],
  "l-bracket": [
    /^210 derivatives of the stress agree with differences$/mu,
    /^lightest: p-norm 0\.999\d, largest stress 0\.81\d\d, volume 0\.366\d$/mu,
    /^stiffest: p-norm 1\.101\d, largest stress 1\.052\d, volume 0\.366\d$/mu,
    /^gradients passed$/mu,
  ],
  "multi-load": [
    /^14 load cases: 1 factorization, 14 solves$/mu,
    /^compliances from 26\.19\d to 30\.64\d$/mu,
    /^p-norm 40\.40\d at volume 0\.299\d$/mu,
    /^gradients passed$/mu,
  ],
  uncertainty: [
    /^seed 0: compliance 67\.\d+, gradients passed$/mu,
    /^seed 7: compliance 65\.3\d+, gradients passed$/mu,
    /^mean 65\.4\d+, deviation 0\.9\d+$/mu,
    /^deviation of an element's density, on average 0\.12\d+$/mu,
  ],
  "cantilever-3d": [
    /^ 1 {2}compliance 261\.0129 {2}volume 0\.30000$/mu,
    /^30 {2}compliance {2}29\.97\d+ {2}volume 0\.30000$/mu,
    /^gradients passed$/mu,
    /^surface of 35\d\d triangles and 17\d\d corners$/mu,
  ],
  continuation: [
    /^ 20 {2}penal 1\.5 {2}beta {2}1 {2}compliance 82\.67\d {2}volume 0\.3999 {2}greyness 0\.599\d$/mu,
    /^100 {2}penal 3\.0 {2}beta 32 {2}compliance 76\.14\d {2}volume 0\.\d+ {2}greyness 0\.008\d$/mu,
    /^4 programs compiled; gradients passed$/mu,
  ],
};

test("every promise is one of an example that exists", () => {
  for (const name of Object.keys(promised)) expect(names).toContain(name);
});

test.each(names)("%s runs and prints what it promises", { timeout: 120_000 }, async (name) => {
  const { out, error } = await said(name);
  expect(error).toBe("");
  expect(out.length).toBeGreaterThan(0);
  for (const line of promised[name] ?? []) expect(out).toMatch(line);
});

test("each is under 60 lines", () => {
  const linesOf = (name: string): number => readFileSync(`${root}examples/${name}.ts`, "utf8").split("\n").length - 1;
  expect(names.filter((name) => linesOf(name) >= 60)).toEqual([]);
});

test("npm run example carries one out in a process of its own, which ends with code 0", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/example.mjs", "first-gradient"], {
    cwd: root,
  });
  for (const line of promised["first-gradient"]!) expect(stdout).toMatch(line);
});

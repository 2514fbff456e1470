/**
 * Smoke test of a packed tarball: `node scripts/smoke-package.mjs TARBALL [--node=VERSION ...]`.
 * Installs it alone in an empty project, imports every subpath that needs nothing else, differentiates a function under plain
 * Node and carries out the README's L-bracket; type-checks small consumers under both current kinds of module resolution. Then
 * the same with the optional peers, all subpaths and each version of Node asked for.
 * A green test suite does not show these things: tests run from the sources, with a bundler's forgiving resolution.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root, run, runTool } from "./run.mjs";

const {
  positionals: [tarball],
  values: { node: versions },
} = parseArgs({
  allowPositionals: true,
  options: { node: { type: "string", multiple: true, default: [] } },
});
if (tarball === undefined) {
  console.error("usage: node scripts/smoke-package.mjs TARBALL [--node=VERSION ...]");
  process.exit(2);
}

const program = `
import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"

const manifestUrl = new URL(import.meta.resolve("cotangent/package.json"))
const manifest = JSON.parse(readFileSync(manifestUrl, "utf8"))
for (const file of manifest.sideEffects.filter((file) => file.startsWith("./dist/"))) assert.ok(existsSync(new URL(file, manifestUrl)), file + " is not in the package")

const left = process.argv.slice(2)
for (const subpath of Object.keys(manifest.exports).filter((subpath) => subpath !== "./package.json" && !left.includes(subpath))) {
  const door = await import("cotangent" + subpath.slice(1))
  assert.ok(Object.keys(door).length > 0, "cotangent" + subpath.slice(1) + " exports nothing")
}

const { array, grad, jit } = await import("cotangent")
const np = await import("cotangent/numpy")
const sumOfSines = (x) => np.sum(np.sin(x))
const point = [1, 2, 3]
for (const slope of [grad(sumOfSines), jit(grad(sumOfSines))]) {
  const slopes = slope(array(point)).toList()
  point.forEach((x, i) => assert.ok(Math.abs(slopes[i] - Math.cos(x)) < 1e-12, "d sin(" + x + ") = " + slopes[i]))
}
console.log("the packed library works under Node " + process.versions.node)
`;

const typedProgram = `
import { array, grad, jit } from "cotangent"
import type { NDArray } from "cotangent"
import * as np from "cotangent/numpy"
import * as nn from "cotangent/nn"
import * as optim from "cotangent/optim"
import * as fem from "cotangent/fem"
import * as ops from "cotangent/ops"
import * as testing from "cotangent/testing"
import * as topopt from "cotangent/topopt"
import * as files from "cotangent/topopt/files"
import * as render from "cotangent/topopt/render"

const slope = grad((x: NDArray) => np.sum(np.sin(x)))
export const slopes: NDArray = slope(array([1, 2, 3]))
export const compiled: NDArray = jit(slope)(array([1, 2, 3]))
export const untyped = grad((x) => np.sum(np.sin(x)))(array([1, 2, 3]))
export const doors: readonly object[] = [nn, optim, fem, ops, testing, topopt, files, render]
export const report: testing.GradReport = testing.checkGrads((x: NDArray) => np.sum(np.sin(x)), [array([1, 2])])
`;

const typedProperties = `
import type { NDArray } from "cotangent"
import * as testing from "cotangent/testing/properties"

export const report: testing.ProgramReport = testing.checkProgram(testing.generateProgram({ seed: 7 }), { order: 0 })
export const mapped: testing.VmapReport = testing.checkVmap((x: NDArray) => x.mul(2), [1])
`;

/** Subpaths that need the optional peers. */
const withPeers = ["./testing/properties"];

/** The README's program of an L-bracket. */
const bracketOf = (readme) => {
  const programs = readme.replaceAll("\r\n", "\n").matchAll(/```ts\n([\s\S]*?)```/gu);
  const [, found] = [...programs].find(([, program]) => program.includes("lBracket"));
  return found;
};

const settings = (module, moduleResolution, { include = ["*.ts"], ...others } = {}) =>
  JSON.stringify({
    compilerOptions: {
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      ...others,
    },
    include,
  });

const { devDependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "cotangent-smoke-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const write = (name, content) => writeFileSync(join(folder, name), content);
const install = (...packages) =>
  run("npm", ["install", "--no-audit", "--no-fund", "--silent", ...packages], { cwd: folder });
const node = (...parameters) => run(process.execPath, parameters, { cwd: folder });
const checkTypes = (what) => {
  for (const resolution of ["nodenext", "bundler"]) {
    runTool("typescript/bin/tsc", ["-p", `${resolution}.json`], { cwd: folder });
    console.log(`the packed types hold under ${resolution} resolution, ${what}`);
  }
};

for (const name of ["node_modules", "readme"]) mkdirSync(join(folder, name));
write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
write("consumer.mjs", program);
write("consumer.ts", typedProgram);
write("nodenext.json", settings("nodenext", "nodenext"));
write("bundler.json", settings("esnext", "bundler"));

install(resolve(tarball));
node("consumer.mjs", ...withPeers);
checkTypes("without peers");
install(`@types/node@${devDependencies["@types/node"]}`);
write("readme/bracket.ts", bracketOf(readFileSync(join(root, "README.md"), "utf8")));
write("readme.json", settings("nodenext", "nodenext", { types: ["node"], noEmit: false, include: ["readme"] }));
runTool("typescript/bin/tsc", ["-p", "readme.json"], { cwd: folder });
const said = execFileSync(process.execPath, ["readme/bracket.js"], { cwd: folder, encoding: "utf8" });
if (!said.includes("\ngradients passed\n")) throw new Error(`the README's L-bracket ends with ${said.slice(-200)}`);
if (readFileSync(join(folder, "out/bracket.png")).length < 200) throw new Error("the README's L-bracket drew nothing");
console.log("the README's L-bracket holds its types, passes its gradient checks and draws its picture, without peers");

install(...Object.keys(peerDependencies).map((name) => `${name}@${devDependencies[name]}`));
node("consumer.mjs");
for (const version of versions) run("npx", ["-y", "-p", `node@${version}`, "node", "consumer.mjs"], { cwd: folder });
write("properties.ts", typedProperties);
checkTypes("with peers");

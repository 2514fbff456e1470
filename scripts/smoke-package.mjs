/**
 * Smoke test of a packed tarball: `node scripts/smoke-package.mjs TARBALL [--node=VERSION ...]`.
 * Installs it with its peers in an empty project, imports every subpath and differentiates a function under plain Node (the one that runs
 * this script, and each version asked for), then type-checks a small consumer under both current kinds of module resolution.
 * A green test suite does not show these things: tests run from the sources, with a bundler's forgiving resolution.
 */
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

for (const subpath of Object.keys(manifest.exports).filter((subpath) => subpath !== "./package.json")) {
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

const settings = (module, moduleResolution) =>
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
    },
    files: ["consumer.ts"],
  });

const folder = mkdtempSync(join(tmpdir(), "cotangent-smoke-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "node_modules"));
writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
writeFileSync(join(folder, "consumer.mjs"), program);
writeFileSync(join(folder, "consumer.ts"), typedProgram);
writeFileSync(join(folder, "nodenext.json"), settings("nodenext", "nodenext"));
writeFileSync(join(folder, "bundler.json"), settings("esnext", "bundler"));

// cotangent/testing needs fast-check, the one optional peer dependency.
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const peers = Object.keys(manifest.peerDependencies).map((name) => `${name}@${manifest.devDependencies[name]}`);
run("npm", ["install", "--no-audit", "--no-fund", "--silent", resolve(tarball), ...peers], { cwd: folder });
run(process.execPath, ["consumer.mjs"], { cwd: folder });
for (const version of versions) run("npx", ["-y", "-p", `node@${version}`, "node", "consumer.mjs"], { cwd: folder });
for (const resolution of ["nodenext", "bundler"]) {
  runTool("typescript/bin/tsc", ["-p", `${resolution}.json`], { cwd: folder });
  console.log(`the packed types hold under ${resolution} resolution`);
}

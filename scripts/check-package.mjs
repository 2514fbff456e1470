/**
 * Checks the package as users get it: builds, packs, then publint, are-the-types-wrong and the smoke test on the tarball.
 * `--node=24` also runs the smoke test's program under that version of Node, taken from npm's `node` package.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runTool } from "./run.mjs";

const folder = mkdtempSync(join(tmpdir(), "cotangent-package-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

run("npm", ["pack", "--silent", "--pack-destination", folder]);
const tarball = join(
  folder,
  readdirSync(folder).find((file) => file.endsWith(".tgz")),
);

runTool("publint/src/cli.js", ["run", tarball, "--strict"]);
runTool("@arethetypeswrong/cli/dist/index.js", [tarball, "--profile", "esm-only", "--no-definitely-typed"]);
run(process.execPath, ["scripts/smoke-package.mjs", tarball, ...process.argv.slice(2)]);

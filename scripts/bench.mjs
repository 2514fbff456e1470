/**
 * `npm run bench` installs the libraries we compare with (bench/package.json, never a dependency of users) when they are
 * missing or out of date, builds ours, then runs bench/index.ts. Arguments go through to it.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, run, runSource } from "./run.mjs";

const bench = join(root, "bench");
const modifiedAt = (file) => (existsSync(file) ? statSync(file).mtimeMs : -Infinity);

const installedAt = modifiedAt(join(bench, "node_modules/.package-lock.json"));
const wantedAt = Math.max(modifiedAt(join(bench, "package.json")), modifiedAt(join(bench, "package-lock.json")));
if (installedAt < wantedAt) run("npm", ["ci"], { cwd: bench });
run("npm", ["run", "--silent", "build"]);

runSource("bench/index.ts", process.argv.slice(2));

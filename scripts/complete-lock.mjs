/**
 * `npm run lock`: writes package-lock.json and completes it.
 * npm leaves out an optional package (the native part of a tool for another platform) that its registry does not offer at
 * that moment, and `npm ci` then refuses the lock file; the missing entries follow from the names in `optionalDependencies`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { root, run } from "./run.mjs";

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const libraries = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

/** What npm records of a native package, read off its name: "@oxlint/binding-linux-x64-musl". */
const entryFor = (name, version, parent) => {
  const words = name.split(/[/-]/);
  const position = words.findIndex((word) => systems.includes(word));
  if (position < 0)
    throw new Error(`${name} is missing from the lock file and its name tells no platform: add it by hand`);
  const library = words[position] === "linux" ? libraries[words.at(-1)] : undefined;
  return {
    version,
    cpu: [words[position + 1]],
    ...(parent.dev && { dev: true }),
    ...(library && { libc: [library] }),
    optional: true,
    os: [words[position]],
  };
};

run("npm", ["install", "--package-lock-only"]);
const file = `${root}package-lock.json`;
const lock = JSON.parse(readFileSync(file, "utf8"));
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    lock.packages[`node_modules/${name}`] ??= entryFor(name, version, parent);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

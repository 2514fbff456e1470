/** Child programs of the scripts in this folder, and the project's root folder. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";

/** Runs a program to its end with its output shown; leaves with its exit status when that is not zero. */
export const run = (program, parameters, { cwd = root } = {}) => {
  const outcome = spawnSync(program, parameters, { cwd, stdio: ["ignore", "inherit", "inherit"], shell: windows });
  if (outcome.error) throw outcome.error;
  if (outcome.status !== 0) {
    console.error(`failed: ${[program, ...parameters].join(" ")}`);
    process.exit(outcome.status ?? 1);
  }
};

/** Runs a TypeScript program from the sources, without a build. */
export const runSource = (file, parameters = []) =>
  run(process.execPath, ["--import", "tsx", "--conditions=@cotangent/source", file, ...parameters]);

/** Runs a JavaScript tool that is installed here, by its file below node_modules. */
export const runTool = (file, parameters, options) =>
  run(process.execPath, [`${root}node_modules/${file}`, ...parameters], options);

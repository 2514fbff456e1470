/** Late designs, made once in a run by contestants/late-design.ts and kept in a temporary folder until it ends. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Grid } from "./solve-designs.ts";

let folder: string | undefined;

/** The folder of this run, removed when it ends. */
const runFolder = (): string => {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "cotangent-bench-designs-"));
    process.once("exit", () => rmSync(made, { recursive: true }));
    folder = made;
  }
  return folder;
};

const script = fileURLToPath(new URL("./contestants/late-design.ts", import.meta.url));

/** @param iterations  on each grid, the last one being this and every one before half of it along each axis */
export const lateDesign = (grid: Grid, iterations: readonly number[]): string => {
  const file = join(runFolder(), `${grid.join("x")}.f64`);
  if (existsSync(file)) return file;
  const parameters = [...process.execArgv, script, file, grid.join("x"), iterations.join(",")];
  const { status } = spawnSync(process.execPath, parameters, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`no design of ${grid.join("x")} elements could be made`);
  return file;
};

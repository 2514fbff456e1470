/**
 * At most one program works in a folder. Each puts a file there that names it, and then looks for those of others: of two that
 * come at the same time, one at least sees the other. No name is used twice, so a file that a killed program has left can be
 * taken away without taking anybody else's.
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";
import { fileFailure } from "./folder.ts";
import type { OutputFolder } from "./folder.ts";

const here = hostname()
  .replaceAll(/[^\w.-]/gu, "_")
  .slice(0, 100);

const claimForm = /^\.run-(?<host>.+)-(?<id>\d+)-[\da-f]+\.lock$/u;

/** Claims of this process. */
const own = new Set<string>();

const isAlive = (id: number): boolean => {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // Processes of other users may not be asked, but are there.
    return (error as { code?: unknown }).code !== "ESRCH";
  }
};

/** Whether who made a claim is gone for certain: of other machines nothing is known. This process may have the number of an earlier one. */
const isStale = (name: string, host: string, id: number): boolean =>
  host === here && (id === process.pid ? !own.has(name) : !isAlive(id));

/** @throws CommandFailure  where another program is at work */
const refuseOthers = (folder: string, claim: string): void => {
  for (const name of readdirSync(folder)) {
    const { host, id } = claimForm.exec(name)?.groups ?? {};
    if (name === claim || host === undefined) continue;
    const path = join(folder, name);
    if (isStale(name, host, Number(id))) rmSync(path, { force: true });
    else
      throw new CommandFailure(
        `process ${id}${host === here ? "" : ` on ${host}`} is at work in ${folder}: wait until it has ended, or use another folder (if that is no cotangent, delete ${path})`,
        exitCodes.usage,
      );
  }
};

/**
 * Carries out work in a folder that nobody else works in meanwhile; whatever becomes of the work, no file of this remains.
 * @throws CommandFailure  another program is at work there; what the work throws
 */
export const claimed = async <Result>(
  { path: folder }: OutputFolder,
  work: () => Result | Promise<Result>,
): Promise<Result> => {
  const name = `.run-${here}-${process.pid}-${randomBytes(6).toString("hex")}.lock`;
  const path = join(folder, name);
  own.add(name);
  try {
    try {
      closeSync(openSync(path, "wx"));
    } catch (error) {
      throw fileFailure("cannot write", path, error);
    }
    refuseOthers(folder, name);
    return await work();
  } finally {
    rmSync(path, { force: true });
    own.delete(name);
  }
};

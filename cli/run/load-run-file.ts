/** The problem file of a path, read and checked. */
import { closeSync, fstatSync, readSync } from "node:fs";
import { isLeft } from "../../src/fp.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { fileFailure, openToRead } from "../output/folder.ts";
import { readRunFile } from "../problem-file/index.ts";
import type { FileFault, RunFile } from "../problem-file/index.ts";
import { buildChecks } from "./build-checks.ts";

/** Problem files are small; what is larger is something else. */
const largestFile = 2 ** 20;

/** Text of a regular file, as far as a problem file may go. */
const readText = (path: string): string => {
  let file: number;
  try {
    file = openToRead(path);
  } catch (error) {
    throw new CommandFailure(fileFailure("cannot read", path, error).message, exitCodes.usage, { cause: error });
  }
  try {
    const status = fstatSync(file);
    // Pipes and devices may never end.
    if (!status.isFile()) throw new CommandFailure(`${path} is no regular file`, exitCodes.usage);
    if (status.size > largestFile)
      throw new CommandFailure(
        `${path} has ${status.size} bytes; a problem file has at most ${largestFile}`,
        exitCodes.usage,
      );
    const bytes = new Uint8Array(status.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (error instanceof TypeError) throw new CommandFailure(`${path} is not text in UTF-8`, exitCodes.usage);
    throw new CommandFailure(fileFailure("cannot read", path, error).message, exitCodes.usage, { cause: error });
  } finally {
    closeSync(file);
  }
};

/** Faults as editors and terminals make links of: file:line:column. */
const faultLines = (path: string, faults: readonly FileFault[]): string =>
  faults
    .map(({ line, column, path: at, message }) => `${path}:${line}:${column}: ${at === "" ? "" : `${at}: `}${message}`)
    .join("\n");

/**
 * @throws CommandFailure  with every fault of the file
 */
export const loadRunFile = (path: string): RunFile => {
  const read = readRunFile(readText(path), buildChecks);
  if (isLeft(read)) throw new CommandFailure(faultLines(path, read.left), exitCodes.usage);
  return read.right;
};

/**
 * The folder that a run writes to. Every file is written beside its place and renamed when it is whole and on the disk, so that
 * whatever happens there is the old file or the new one. Names are this program's own; nothing read from a file becomes one.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";

export interface OutputFolder {
  readonly path: string;
  readonly has: (name: string) => boolean;
  /** Bytes of a file; null where that is no regular file. */
  readonly read: (name: string) => Uint8Array | null;
  readonly write: (name: string, content: string | Uint8Array) => void;
}

/** Reasons that systems give, in words that say what to do. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission is missing",
  EPERM: "permission is missing",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EISDIR: "there is a folder of that name",
  ENOTDIR: "a part of the path is a file",
  ENOENT: "there is no such file or folder",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "links lead in a circle",
};

/** What the system says, in a sentence. */
export const fileFailure = (asked: string, path: string, error: unknown): CommandFailure => {
  const code = (error as { code?: unknown } | null)?.code;
  const reason = typeof code === "string" ? (reasons[code] ?? code) : String(error);
  return new CommandFailure(`${asked} ${path}: ${reason}`, exitCodes.failed, { cause: error });
};

/** Opens a file to be read; a pipe that nobody writes to is opened too, rather than waited for. */
export const openToRead = (path: string): number =>
  // Systems without pipes among their files do not have the flag.
  openSync(path, constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0));

/** Bytes of a regular file; null for pipes and devices, which may never end. */
const readRegular = (path: string): Uint8Array | null => {
  const file = openToRead(path);
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : null;
  } finally {
    closeSync(file);
  }
};

/** Writes all of it and returns when it is on the disk. */
const writeDurably = (path: string, bytes: Uint8Array): void => {
  const file = openSync(path, "w");
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Names in a folder are durable when the folder is; systems that cannot open folders need no such thing. */
const settleNames = (path: string): void => {
  let folder: number;
  try {
    folder = openSync(path, "r");
  } catch {
    return;
  }
  try {
    fsyncSync(folder);
  } catch {
    // Some file systems refuse to flush folders; the rename itself has happened.
  } finally {
    closeSync(folder);
  }
};

/** Makes a folder and those above it, one by one: the recursive way of Node never ends where a file system refuses with ENOENT, as /proc does. */
const makeFolders = (path: string): void => {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolders(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
};

/**
 * The folder of a path, made if it is not there.
 * @throws CommandFailure  it cannot be made or is no folder
 */
export const outputFolder = (path: string): OutputFolder => {
  const own = resolve(path);
  try {
    makeFolders(own);
    if (!statSync(own).isDirectory()) throw Object.assign(new Error("no folder"), { code: "ENOTDIR" });
  } catch (error) {
    throw fileFailure(
      "cannot use the folder",
      own,
      (error as { code?: string }).code === "EEXIST" ? { code: "ENOTDIR" } : error,
    );
  }
  return {
    path: own,
    has: (name) => existsSync(join(own, name)),
    read: (name) => {
      try {
        return readRegular(join(own, name));
      } catch (error) {
        throw fileFailure("cannot read", join(own, name), error);
      }
    },
    write: (name, content) => {
      const [target, beside] = [join(own, name), join(own, `.${name}.${process.pid}.part`)];
      try {
        writeDurably(beside, typeof content === "string" ? new TextEncoder().encode(content) : content);
        renameSync(beside, target);
      } catch (error) {
        rmSync(beside, { force: true });
        throw fileFailure("cannot write", target, error);
      }
      settleNames(own);
    },
  };
};

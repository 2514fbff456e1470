/**
 * Reads a problem file: JSON, then part by part, then what parts ask of each other. Everything that is wrong with it is said
 * at once, each with its path, line and column; nothing of it is ever run.
 */
import { isLeft } from "../../src/fp.ts";
import { parseJson } from "../json/index.ts";
import type { JsonRecord } from "../json/index.ts";
import { crossChecks } from "./cross-checks.ts";
import { faultAt, faultsOr, nodeAt, refuse, showNode, validation } from "./faults.ts";
import type { Decoded, FileFault } from "./faults.ts";
import { decodeFields, joinDecoded, unknownKeys } from "./records.ts";
import type { AnyFields } from "./records.ts";
import { sections } from "./sections.ts";
import type { FileSections } from "./sections.ts";
import { settle } from "./settle.ts";
import type { RunFile } from "./types.ts";

const fields = sections as unknown as AnyFields;

/** Faults between parts, of the checks whose parts are all sound. */
const crossFaults = (root: JsonRecord, decoded: Readonly<Record<string, Decoded<unknown>>>): readonly FileFault[] => {
  const sound = Object.fromEntries(
    Object.entries(decoded).flatMap(([name, own]) => (isLeft(own) ? [] : [[name, own.right] as const])),
  );
  return crossChecks
    .filter(({ needs }) => needs.every((name) => Object.hasOwn(sound, name)))
    .flatMap(({ remarks }) => remarks(sound as unknown as FileSections))
    .map(([path, message]) => faultAt(nodeAt(root, path), path, message));
};

const byPlace = (one: FileFault, other: FileFault): number => one.line - other.line || one.column - other.column;

/**
 * A problem file as a record with defaults filled in.
 * @param text  of the file; the schema is that of describeRunFile and runFileSchema
 * @returns     the record, or all faults in the order of the file; a fault of JSON itself is the only one
 * Cost: that of the text. What the run would cost is estimated from its numbers and refused beyond costLimits.
 * @example
 * readRunFile('{ "problem": { "name": "mbb", "nelx": 96, "nely": 64 }, "volumeFraction": 0.4, "optimizer": { "kind": "mma" } }')
 * // right({ problem: ..., constraints: { volume: { kind: "volume", sense: "<=", bound: 0.4 } }, ... })
 * @example readRunFile("[]") // left([{ path: "", line: 1, column: 1, message: "a list of 0 is not a problem file: ..." }])
 */
export const readRunFile = (text: string): Decoded<RunFile> => {
  const json = parseJson(text);
  if (isLeft(json)) return refuse(json.left, json.left.path, json.left.message);
  const root = json.right;
  if (root.kind !== "record")
    return refuse(
      root,
      [],
      `${showNode(root)} is not a problem file: it is a record { "problem": ..., "optimizer": ... }`,
    );
  const decoded = decodeFields(fields, root, []);
  const others = [...unknownKeys(root, [], Object.keys(fields), "a problem file"), ...crossFaults(root, decoded)];
  const joined = joinDecoded(decoded, others);
  const faults = isLeft(joined) ? [...joined.left].sort(byPlace) : [];
  return faultsOr(faults, () => validation.map(joined, (own) => settle(own as FileSections)));
};

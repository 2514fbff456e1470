/**
 * Reads a problem file: JSON, then part by part, then what parts ask of each other. Everything that is wrong with it is said
 * at once, each with its path, line and column; nothing of it is ever run.
 */
import { isLeft } from "../../src/fp.ts";
import { parseJson } from "../json/index.ts";
import type { Check } from "./check.ts";
import { crossChecks } from "./cross-checks.ts";
import { faultAt, faultsOr, nodeAt, refuse, showNode, validation } from "./faults.ts";
import type { Decoded, FileFault } from "./faults.ts";
import type { Remark } from "./geometry-checks.ts";
import { decodeFields, joinDecoded, unknownKeys } from "./records.ts";
import type { AnyFields } from "./records.ts";
import { sections } from "./sections.ts";
import type { FileSections } from "./sections.ts";
import { settle, settledProblem } from "./settle.ts";
import type { RunFile, RunProblem } from "./types.ts";

const fields = sections as unknown as AnyFields;

type Sections = Readonly<Record<string, Decoded<unknown>>>;

/** What checks say whose parts are all sound; further ones are asked of parts only in which those before found nothing. */
const remarksOf = (decoded: Sections, further: readonly Check[]): readonly Remark[] => {
  const sound = Object.fromEntries(
    Object.entries(decoded).flatMap(([name, own]) => (isLeft(own) ? [] : [[name, own.right] as const])),
  );
  const said = (checks: readonly Check[], isAsked: (name: string) => boolean): readonly Remark[] =>
    checks
      .filter(({ needs }) => needs.every((name) => Object.hasOwn(sound, name) && isAsked(name)))
      .flatMap(({ remarks }) => remarks(sound as unknown as FileSections));
  const first = said(crossChecks, () => true);
  return [...first, ...said(further, (name) => !first.some(([path]) => path[0] === name))];
};

const byPlace = (one: FileFault, other: FileFault): number => one.line - other.line || one.column - other.column;

/**
 * A problem file as a record with defaults filled in.
 * @param text  of the file; the schema is that of describeRunFile and runFileSchema
 * @param further  checks that are asked last, as whether the problem can be built; default none
 * @returns     the record, or all faults in the order of the file; a fault of JSON itself is the only one
 * Cost: that of the text and of further checks. What the run would cost is estimated from its numbers and refused beyond
 * costLimits, before these are asked.
 * @example
 * readRunFile('{ "problem": { "name": "mbb", "nelx": 96, "nely": 64 }, "volumeFraction": 0.4, "optimizer": { "kind": "mma" } }')
 * // right({ problem: ..., constraints: { volume: { kind: "volume", sense: "<=", bound: 0.4 } }, ... })
 * @example readRunFile("[]") // left([{ path: "", line: 1, column: 1, message: "a list of 0 is not a problem file: ..." }])
 */
export const readRunFile = (text: string, further: readonly Check[] = []): Decoded<RunFile> => {
  const json = parseJson(text);
  if (isLeft(json)) return refuse(json.left, json.left.path, json.left.message);
  const root = json.right;
  if (root.kind !== "record")
    return refuse(
      root,
      [],
      `${showNode(root)} is not a problem file: it is a record { "problem": ..., "optimizer": ... }`,
    );
  const read = decodeFields(fields, root, []);
  const decoded = { ...read, problem: validation.map(read["problem"] as Decoded<RunProblem>, settledProblem) };
  const others = [
    ...unknownKeys(root, [], Object.keys(fields), "a problem file"),
    ...remarksOf(decoded, further).map(([path, message]) => faultAt(nodeAt(root, path), path, message)),
  ];
  const joined = joinDecoded(decoded, others);
  const faults = isLeft(joined) ? [...joined.left].sort(byPlace) : [];
  return faultsOr(faults, () => validation.map(joined, (own) => settle(own as FileSections)));
};

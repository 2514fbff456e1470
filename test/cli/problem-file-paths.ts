/** Places of JSON values: listing them, changing what stands there, and writing them as faults do. */
import { isLeft } from "../../src/fp.ts";
import { readRunFile } from "../../cli/problem-file/index.ts";
import type { FileFault, RunFile } from "../../cli/problem-file/index.ts";
import type { Json } from "./problem-file-arbitraries.ts";

export type Path = readonly (string | number)[];

export const writePath = (path: Path): string =>
  path.reduce<string>((before, key) => {
    if (typeof key === "number") return `${before}[${key}]`;
    if (!/^[\w$-]+$/.test(key)) return `${before}[${JSON.stringify(key)}]`;
    return before === "" ? key : `${before}.${key}`;
  }, "");

export const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every value inside a value, with its path. */
export const placesIn = (value: Json, path: Path = []): readonly (readonly [path: Path, value: Json])[] => {
  const inner = Array.isArray(value)
    ? (value as readonly Json[]).flatMap((own, k) => placesIn(own, [...path, k]))
    : isRecord(value)
      ? Object.entries(value).flatMap(([key, own]) => placesIn(own, [...path, key]))
      : [];
  return [[path, value], ...inner];
};

/** The same value with something else at a path; undefined takes it away. */
export const changedAt = (value: Json, path: Path, change: (old: Json) => Json | undefined): Json => {
  const [key, ...further] = path;
  if (key === undefined) return change(value) ?? null;
  if (Array.isArray(value))
    return (value as readonly Json[]).map((own, k) => (k === key ? changedAt(own, further, change) : own));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, own]) => {
      if (name !== key) return [[name, own] as const];
      const next = further.length === 0 ? change(own) : changedAt(own, further, change);
      return next === undefined ? [] : [[name, next] as const];
    }),
  );
};

/** The record, or all faults in a failure. */
export const accepted = (file: Json | string): RunFile => {
  const own = readRunFile(typeof file === "string" ? file : JSON.stringify(file));
  if (isLeft(own)) throw new Error(own.left.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return own.right;
};

/** The faults, none for a sound file. */
export const faultsOf = (file: Json | string): readonly FileFault[] => {
  const own = readRunFile(typeof file === "string" ? file : JSON.stringify(file));
  return isLeft(own) ? own.left : [];
};

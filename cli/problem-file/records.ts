/**
 * Decoders of records: with fields by name, with a key that says which of several records it is, with exactly one of several
 * keys, or with free keys. Keys that are not known are refused, each with the nearest known one.
 */
import { isLeft, left, right, sequenceS } from "../../src/fp.ts";
import type { JsonPath, JsonRecord } from "../json/index.ts";
import { notAllowed, together } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { phrase } from "./description.ts";
import type { Description, FieldDescription, RecordDescription, VariantsDescription } from "./description.ts";
import { faultAt, faultsOr, quote, refuse, validation } from "./faults.ts";
import type { Decoded, FileFault } from "./faults.ts";
import { suggestion } from "./suggestion.ts";

export interface RequiredField<T> {
  readonly need: "required";
  readonly of: Decoder<T>;
  readonly note: string;
}

export interface OptionalField<T> {
  readonly need: "optional";
  readonly of: Decoder<T>;
  readonly note: string;
}

export interface DefaultField<T> {
  readonly need: "default";
  readonly of: Decoder<T>;
  readonly note: string;
  readonly fallback: T;
}

export type Field<T> = RequiredField<T> | OptionalField<T> | DefaultField<T>;

export const required = <T>(of: Decoder<T>, note: string): RequiredField<T> => ({ need: "required", of, note });
export const optional = <T>(of: Decoder<T>, note: string): OptionalField<T> => ({ need: "optional", of, note });
export const withDefault = <T>(of: Decoder<T>, fallback: T, note: string): DefaultField<T> => ({
  need: "default",
  of,
  note,
  fallback,
});

/** A field for every property of a type: optional properties are optional fields, and no others. */
export type Fields<T> = {
  readonly [K in keyof T]-?: {} extends Pick<T, K>
    ? OptionalField<Exclude<T[K], undefined>>
    : RequiredField<T[K]> | DefaultField<T[K]>;
};

export type AnyFields = Readonly<Record<string, Field<unknown>>>;

export const describeFields = (fields: AnyFields): RecordDescription => ({
  form: "record",
  fields: Object.entries(fields).map(([name, own]): FieldDescription => ({
    name,
    of: own.of.description,
    note: own.note,
    isRequired: own.need === "required",
    ...(own.need === "default" ? { fallback: own.fallback } : {}),
  })),
});

/** A fault for every key that is none of the known ones. */
export const unknownKeys = (
  node: JsonRecord,
  path: JsonPath,
  known: readonly string[],
  owner: string,
): readonly FileFault[] =>
  [...node.entries]
    .filter(([key]) => !known.includes(key))
    .map(([key, entry]) =>
      faultAt(
        entry,
        [...path, key],
        `${quote(key)} is no key of ${owner}${suggestion(key, known) || `; its keys: ${known.join(", ")}`}`,
      ),
    );

/** The value of every field, or its faults; a field that is absent and optional is undefined. */
export const decodeFields = (fields: AnyFields, node: JsonRecord, path: JsonPath): Record<string, Decoded<unknown>> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, own]) => {
      const entry = node.entries.get(name);
      if (entry !== undefined) return [name, own.of.decode(entry.value, [...path, name])];
      if (own.need === "required")
        return [name, refuse(node, [...path, name], `${name} is missing: give ${phrase(own.of.description)}`)];
      return [name, right(own.need === "default" ? own.fallback : undefined)];
    }),
  );

const joinFields = sequenceS(validation);

const withoutAbsent = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Decoded fields as one record, with the faults of all and those of unknown keys. */
export const joinDecoded = (
  decoded: Readonly<Record<string, Decoded<unknown>>>,
  others: readonly FileFault[],
): Decoded<object> => {
  const isEmpty = Object.keys(decoded).length === 0;
  const own: Decoded<object> = isEmpty ? right({}) : validation.map(joinFields(decoded), withoutAbsent);
  return others.length === 0 ? own : faultsOr([...(isLeft(own) ? own.left : []), ...others], () => own);
};

/** What reads a record of which some keys, as `kind`, are read already. */
export interface RecordDecoder<T> extends Decoder<T> {
  readonly description: RecordDescription;
  readonly decodeBeside: (node: JsonRecord, path: JsonPath, others: readonly string[], owner: string) => Decoded<T>;
}

/** A record with these fields and no other keys. */
export const record = <T>(fields: Fields<T>): RecordDecoder<T> => {
  const own = fields as unknown as AnyFields;
  const description = describeFields(own);
  const decodeBeside: RecordDecoder<T>["decodeBeside"] = (node, path, others, owner) => {
    const unknown = unknownKeys(node, path, [...others, ...Object.keys(own)], owner);
    return joinDecoded(decodeFields(own, node, path), unknown) as Decoded<T>;
  };
  return {
    description,
    decodeBeside,
    decode: (node, path) =>
      node.kind === "record"
        ? decodeBeside(
            node,
            path,
            [],
            path.length === 0 ? "the file" : String(path.findLast((key) => typeof key === "string")),
          )
        : notAllowed(node, path, description),
  };
};

/** Of a union of records with a key that tells them apart: the fields of one of them besides that key. */
export type CaseOf<T, K extends string, Name> = T extends { readonly [Key in K]: infer Own }
  ? Name extends Own
    ? Omit<T, K>
    : never
  : never;

type Tagged = Readonly<Record<string, unknown>>;

export interface VariantsDecoder<T> extends Decoder<T> {
  readonly description: VariantsDescription;
}

/**
 * What is wrong with a record whichever of several was meant: what all of them find in fields that all have, and keys that none
 * has.
 */
const faultsOfAll = (
  node: JsonRecord,
  path: JsonPath,
  key: string,
  cases: readonly RecordDecoder<unknown>[],
): readonly FileFault[] => {
  const present = [...node.entries.keys()];
  const [found, ...others] = cases.map((own) => {
    const read = own.decodeBeside(node, path, present, "");
    return isLeft(read) ? read.left : [];
  });
  const known = new Set(cases.flatMap(({ description }) => description.fields.map(({ name }) => name)));
  return [
    ...found!.filter((own) => others.every((each) => each.some((other) => other.path === own.path))),
    ...unknownKeys(node, path, [key, ...known], `any ${key}`),
  ];
};

/** A record whose `key` says which of several records it is. */
export const variants = <K extends string, T extends { readonly [Key in K]: string }>(
  key: K,
  cases: { readonly [Name in T[K]]: RecordDecoder<CaseOf<T, K, Name>> },
): VariantsDecoder<T> => {
  const own = cases as unknown as Readonly<Record<string, RecordDecoder<Tagged>>>;
  const names = Object.keys(own);
  const description: VariantsDescription = {
    form: "variants",
    key,
    cases: Object.fromEntries(Object.entries(own).map(([name, each]) => [name, each.description])),
  };
  const choices = names.map((name) => JSON.stringify(name)).join(", ");
  return {
    description,
    decode: (node, path) => {
      if (node.kind !== "record") return notAllowed(node, path, description);
      const tag = node.entries.get(key)?.value;
      const beside = (fault: FileFault): Decoded<never> =>
        left([fault, ...faultsOfAll(node, path, key, Object.values(own))]);
      if (tag === undefined) return beside(faultAt(node, [...path, key], `${key} is missing: give one of ${choices}`));
      if (tag.kind !== "text" || !names.includes(tag.value)) {
        const meant = tag.kind === "text" ? suggestion(tag.value, names) : "";
        const seen = tag.kind === "text" ? quote(tag.value) : `this ${tag.kind}`;
        const message = `${seen} is no ${key} that is known${meant || `: give one of ${choices}`}`;
        return beside(faultAt(tag, [...path, key], message));
      }
      const name = tag.value;
      const rest = own[name]!.decodeBeside(node, path, [key], `"${name}"`);
      return validation.map(rest, (values) => ({ [key]: name, ...values }) as unknown as T);
    },
  };
};

/** A record that has exactly one of several keys, and besides what belongs to that one. */
export const byKey = <T>(cases: Readonly<Record<string, RecordDecoder<T> | VariantsDecoder<T>>>): Decoder<T> => {
  const names = Object.keys(cases);
  const description: Description = {
    form: "keyed",
    cases: Object.fromEntries(Object.entries(cases).map(([name, each]) => [name, each.description])),
  };
  return {
    description,
    decode: (node, path) => {
      if (node.kind !== "record") return notAllowed(node, path, description);
      const [first, ...more] = names.flatMap((name) => {
        const entry = node.entries.get(name);
        return entry === undefined ? [] : [{ name, entry }];
      });
      if (first === undefined)
        return faultsOr(unknownKeys(node, path, names, "this record"), () =>
          refuse(node, path, `this record is empty: give one of the keys ${names.join(", ")}`),
        );
      const beside = more.map(({ name, entry }) =>
        faultAt(entry, [...path, name], `${name} stands beside ${first.name}: give one of ${names.join(", ")}`),
      );
      return faultsOr(beside, () => cases[first.name]!.decode(node, path));
    },
  };
};

/** Names that no free key may have, whatever a program does with the record: all objects answer to them. */
export const inheritedNames: readonly string[] = Object.getOwnPropertyNames(Object.prototype);

const wrongName = (key: string, pattern: RegExp): string | null => {
  if (inheritedNames.includes(key))
    return `${quote(key)} is a name that all objects of JavaScript have: take another one`;
  return pattern.test(key)
    ? null
    : `${quote(key)} is no name: a letter comes first, then letters, digits, _ and -, at most 40`;
};

/** A record with free keys of a pattern, at most so many. */
export const map = <T>(
  of: Decoder<T>,
  keys: string,
  what: string,
  most: number,
): Decoder<Readonly<Record<string, T>>> => {
  const description: Description = { form: "map", of: of.description, keys, most, what };
  const pattern = new RegExp(keys, "u");
  return {
    description,
    decode: (node, path) => {
      if (node.kind !== "record") return notAllowed(node, path, description);
      if (node.entries.size > most)
        return refuse(node, path, `${node.entries.size} entries are too many: give at most ${most}`);
      const entries = [...node.entries].map(([key, entry]): Decoded<readonly [string, T]> => {
        const wrong = wrongName(key, pattern);
        return wrong === null
          ? validation.map(of.decode(entry.value, [...path, key]), (value) => [key, value] as const)
          : refuse(entry, [...path, key], wrong);
      });
      return validation.map(together(entries), (all) => Object.fromEntries(all));
    },
  };
};

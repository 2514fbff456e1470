/**
 * Parts of a problem as they are built: each knows the place of the file that it comes from, so that what the library refuses
 * is a fault of that place. Parts side by side keep the faults of all.
 */
import { getApplicativeValidation, getSemigroup, isLeft, left, right } from "../../src/fp.ts";
import type { Either, ReadonlyNonEmptyArray } from "../../src/fp.ts";
import { CotangentError } from "../../src/error.ts";
import type { JsonPath } from "../json/index.ts";
import type { Remark } from "../problem-file/index.ts";

/** A part, or what is wrong with the places of the file that it was to be made from. */
export type Built<T> = Either<ReadonlyNonEmptyArray<Remark>, T>;

export const validation: ReturnType<typeof getApplicativeValidation<ReadonlyNonEmptyArray<Remark>>> =
  getApplicativeValidation(getSemigroup<Remark>());

export const refuse = (path: JsonPath, message: string): Built<never> => left([[path, message]]);

/** All of these remarks, or the part where there are none. */
export const unless = <T>(remarks: readonly Remark[], part: T): Built<T> => {
  const [first, ...others] = remarks;
  return first === undefined ? right(part) : left([first, ...others]);
};

export const remarksOf = (part: Built<unknown>): readonly Remark[] => (isLeft(part) ? part.left : []);

/** A list of parts as one. */
export const together = <T>(parts: readonly Built<T>[]): Built<readonly T[]> =>
  unless(
    parts.flatMap(remarksOf),
    parts.flatMap((part) => (isLeft(part) ? [] : [part.right])),
  );

/** A record of parts as one. */
export const joined = <T extends object>(parts: { readonly [K in keyof T]: Built<T[K]> }): Built<T> => {
  const own = Object.entries<Built<unknown>>(parts);
  return unless(
    own.flatMap(([, part]) => remarksOf(part)),
    Object.fromEntries(own.flatMap(([name, part]) => (isLeft(part) ? [] : [[name, part.right]]))) as T,
  );
};

/** What a coded error has seen and advises, without the function that was asked: no file calls it. */
const sentence = ({ message }: CotangentError): string => message.slice(message.indexOf(": ") + 2);

/** What a call of the library makes; a coded error is a fault of this place, in these words or its own. */
export const attempt = <T>(path: JsonPath, build: () => T, words?: string): Built<T> => {
  try {
    return right(build());
  } catch (error) {
    if (error instanceof CotangentError) return refuse(path, words ?? sentence(error));
    throw error;
  }
};

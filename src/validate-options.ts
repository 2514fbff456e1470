/**
 * Validation of plain options with every problem collected: one Either per field, joined applicatively.
 */
import { showValue } from "./describe.ts";
import { getApplicativeValidation, getSemigroup, left, right, sequenceS } from "./fp.ts";
import type { Either, ReadonlyNonEmptyArray } from "./fp.ts";

/** A value, or all the sentences that say what is wrong with it. */
export type Checked<T> = Either<ReadonlyNonEmptyArray<string>, T>;

/** The value if the claim holds, else a sentence that names field, value and claim. */
export const check = <T>(field: string, value: T, holds: boolean, claim: string): Checked<T> =>
  holds ? right(value) : left([`${field} is ${showValue(value)}, but ${claim}`]);

/** The same for a number: text that looks like one is refused, as a form's input would give it. */
export const checkNumber = (
  field: string,
  value: number,
  holds: (value: number) => boolean,
  claim: string,
): Checked<number> =>
  typeof value === "number"
    ? check(field, value, holds(value), claim)
    : left([`${field} is ${showValue(value)}, a ${typeof value}, but it is a number`]);

type Fields<T> = { readonly [K in keyof T]: Checked<T[K]> };

/** A record of checked fields as one checked record. */
export const checkAll = <T>(fields: Fields<T>): Checked<T> => joinFields(fields as never) as Checked<T>;

const joinFields = sequenceS(getApplicativeValidation(getSemigroup<string>()));

/** Which rare functions a text asks for: it is run on an arithmetic that computes nothing. */
import type { Arithmetic, BinaryText, Precision, RareFunction, UnaryText } from "./arithmetic.ts";

type Nothing = null;

const nothing = (): Nothing => null;

const recorder = (precision: Precision, found: Map<string, RareFunction>): Arithmetic<Nothing, Nothing> => ({
  precision,
  constant: nothing,
  either: (_mask, careful, usual) => {
    careful();
    return usual();
  },
  name: nothing,
  nameMask: nothing,
  add: nothing,
  sub: nothing,
  mul: nothing,
  div: nothing,
  neg: nothing,
  abs: nothing,
  sqrt: nothing,
  floor: nothing,
  trunc: nothing,
  nearest: nothing,
  least: nothing,
  copySign: nothing,
  lt: nothing,
  le: nothing,
  gt: nothing,
  ge: nothing,
  eq: nothing,
  ne: nothing,
  and: nothing,
  or: nothing,
  not: nothing,
  select: nothing,
  powerOfTwo: nothing,
  exponent: nothing,
  significand: nothing,
  high: nothing,
  where: (_mask, rare) => {
    found.set(rare.name, rare);
    return null;
  },
});

/** The rare functions of a text. */
export const rareFunctions = (text: UnaryText | BinaryText, precision: Precision): readonly RareFunction[] => {
  const found = new Map<string, RareFunction>();
  (text as BinaryText)(recorder(precision, found))(null, null);
  return [...found.values()];
};

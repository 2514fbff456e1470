/**
 * What the tests of misuse share: calls of functions with odd values in the place of every argument, and of every entry of
 * a record among the arguments, one at a time; and what is wrong with the way such calls are refused.
 */
import { array, CotangentError, NDArray } from "cotangent";

/** Values that few arguments are meant to have. Those that are options or numbers by right may well succeed. */
export const oddValues: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a number": () => 3,
  NaN: () => NaN,
  text: () => "odd",
  "a bigint": () => 10n,
  "a symbol": () => Symbol("odd"),
  "an empty list": () => [],
  "a list of null": () => [null],
  "a list of objects": () => [{}],
  "an empty object": () => ({}),
  "an object without prototype": () => Object.create(null) as unknown,
  "a function": () => (x: unknown) => x,
  "an array of another shape": () => array([0.5, 1, 2, 3, 4, 5, 6]),
};

export type Call = (...args: readonly any[]) => unknown;

/** Functions among the names of a module. */
export const functionsOf = (module: object): readonly (readonly [name: string, call: Call])[] =>
  Object.entries(module).filter((entry): entry is [string, Call] => typeof entry[1] === "function");

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NDArray);

type Attempt = readonly [place: string, args: readonly unknown[]];

/** Argument lists with one value in another's place: an argument, or an entry of one that is a record. */
const attemptsWith = (args: readonly unknown[], odd: () => unknown): readonly Attempt[] =>
  args.flatMap((arg, place): readonly Attempt[] => [
    [`argument ${place}`, args.with(place, odd())],
    ...(isRecord(arg) ? Object.keys(arg) : []).map((key): Attempt => [
      `${key} of argument ${place}`,
      args.with(place, { ...(arg as object), [key]: odd() }),
    ]),
  ]);

/** What is wrong with the way a call is refused; null where nothing is. */
const complaintOf = (run: () => unknown): string | null => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CotangentError)) return `no code: ${String(error)}`;
    return /\[object|\(x\) => x|Symbol\(/.test(error.message) ? error.message : null;
  }
  return null;
};

/** All complaints about a function that takes such arguments, too few of them and too many among the attempts. */
export const complaintsAbout = (name: string, call: Call, args: readonly unknown[]): readonly string[] => {
  const attempts: readonly Attempt[] = [
    ...args.map((_, count): Attempt => [`only ${count} arguments`, args.slice(0, count)]),
    ...Object.entries(oddValues).flatMap(([what, odd]) =>
      [...attemptsWith(args, odd), [`argument ${args.length}`, [...args, odd()]] as const].map(
        ([place, own]): Attempt => [`${what} as ${place}`, own],
      ),
    ),
  ];
  return attempts.flatMap(([place, own]) => {
    const complaint = complaintOf(() => call(...own));
    return complaint === null ? [] : [`${name}, ${place}: ${complaint}`];
  });
};

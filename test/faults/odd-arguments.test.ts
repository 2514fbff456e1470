/**
 * Whatever stands in the place of an argument or option, of any public function of arrays: what is thrown has a code,
 * and its message describes the value instead of printing how JavaScript converts it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import * as cotangent from "cotangent";
import { array, CotangentError, configure } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import * as sparse from "cotangent/sparse";
import * as special from "cotangent/special";

beforeAll(() => configure({ onPrint: () => undefined, onNotice: () => undefined }));
afterAll(() => configure({ onPrint: null, onNotice: null }));

/** Values that no argument is meant to have, least of all those that throw when they become text. */
const odd: Readonly<Record<string, () => unknown>> = {
  "an options object": () => ({ axis: 0 }),
  "a list of objects": () => [{}],
  "a function": () => (x: unknown) => x,
  "a symbol": () => Symbol("odd"),
  "an object without prototype": () => Object.create(null) as unknown,
  null: () => null,
  "a bigint": () => 10n,
  text: () => "odd",
  "a vector": () => array([0.5, 1]),
};

const vector = array([0.3, 0.8, 0.5]);
const matrix = array([
  [2, 0.5],
  [0.5, 3],
]);
const places = array([0, 2, 1], { dtype: "int32" });
const key = random.key(0);
const identity = (x: NDArray): NDArray => x;

/** Argument lists, one of which begins like those that a function takes. */
const calls: readonly (readonly unknown[])[] = [
  [key, [2]],
  [vector, vector],
  [matrix, vector],
  [matrix, matrix],
  [vector, vector, vector],
  [matrix, 0, 1],
  [vector, places],
  [3],
  [[2, 3]],
  [[vector, vector]],
  [vector, [3]],
  [identity, 0, vector],
];

/** Functions of fp-ts, of jaxprs, and of the whole library's settings. */
const others = new Set(["pipe", "printJaxpr", "validateJaxpr", "configure"]);

type Call = (...args: readonly unknown[]) => unknown;

const functionsOf = (module: object): (readonly [string, Call])[] =>
  Object.entries(module).filter(
    (entry): entry is [string, Call] =>
      typeof entry[1] === "function" && /^[a-z]/.test(entry[0]) && !others.has(entry[0]),
  );

/** What is wrong with the way a call is refused; null where nothing is. */
const complaintOf = (run: () => unknown): string | null => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CotangentError)) return `no code: ${String(error)}`;
    return /\[object|=>|Symbol\(/.test(error.message) ? error.message : null;
  }
  return null;
};

/** Options that a function knows, as it says itself when it is given one that it does not know. */
const optionsOf = (call: Call): readonly string[] => {
  for (const args of calls)
    try {
      call(...args, { noSuchOption: 1 });
    } catch (error) {
      const known = error instanceof CotangentError ? /Known: (.*)$/.exec(error.message) : null;
      if (known !== null) return known[1]!.split(", ");
    }
  return [];
};

const modules = { cotangent, np, linalg, random, special, nn, sparse };

test.each(Object.entries(modules))("%s refuses odd arguments by code and describes them", (_name, module) => {
  const functions = functionsOf(module);
  expect(functions.length).toBeGreaterThan(3);
  const complaints = functions.flatMap(([name, call]) => {
    const options = optionsOf(call);
    return Object.entries(odd).flatMap(([what, make]) => {
      const attempts = calls.flatMap((args, k) => [
        ...args.map((_, place) => [`argument ${place}`, args.with(place, make())] as const),
        [`argument ${args.length}`, [...args, make()]] as const,
        ...(k < 6 ? options : []).map((option) => [`option ${option}`, [...args, { [option]: make() }]] as const),
      ]);
      const found = attempts.flatMap(([place, args]) => {
        const complaint = complaintOf(() => call(...args));
        return complaint === null ? [] : [`${name}, ${what} as ${place}: ${complaint}`];
      });
      return found.slice(0, 1);
    });
  });
  expect(complaints).toEqual([]);
});

test("axes are named or placed, and what is neither is quoted", () => {
  const plane = array([
    [1, 2],
    [3, 4],
  ]);
  expect(np.flip(plane, { axis: 0 }).toList()).toEqual(np.flip(plane, 0).toList());
  expect(np.flip(plane, { axis: [0, 1] }).toList()).toEqual(np.flip(plane).toList());
  expect(np.squeeze(np.ones([1, 2, 1]), { axis: 0 }).shape).toEqual([2, 1]);
  expect(np.expandDims(plane, { axis: [0, -1] }).shape).toEqual([1, 2, 2, 1]);
  expect(np.size(np.ones([2, 3]), { axis: 1 })).toBe(3);
  const refused: readonly [RegExp, () => unknown][] = [
    [/option "axes".*Known: axis/, () => np.flip(plane, { axes: 0 } as never)],
    [/np\.sum: axis \{ axis: 0 \} of an array of rank 2/, () => np.sum(plane, { axis: { axis: 0 } as never })],
    [/axis "0"/, () => np.flip(plane, "0" as never)],
    [/shape \{ shape: \[2, 2\] \}/, () => np.zeros({ shape: [2, 2] } as never)],
    [/shift \{ axis: 1 \}/, () => np.roll(plane, { axis: 1 } as never)],
    [/axis an array float64\[2\]/, () => np.expandDims(plane, [array([0, 1])] as never)],
  ];
  for (const [message, run] of refused) expect(run).toThrow(message);
});

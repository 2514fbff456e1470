/**
 * Transforms nest in any order: jit, grad, jvp, linearize, vmap, hand-written rules, and inner transforms that
 * close over the outer variable, to depth 3, mean what calculus says. The meaning is computed by Taylor series.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "../../library/numpy/creation.ts";
import * as np from "../../library/numpy/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isTracing } from "../../src/ir/trace.ts";
import { customVjp } from "../../transforms/custom-vjp.ts";
import { jit } from "../../transforms/jit.ts";
import { jvp, linearize } from "../../transforms/jvp.ts";
import { grad, vjp } from "../../transforms/vjp.ts";
import { vmap } from "../../transforms/vmap.ts";
import { relativeError } from "./cases.ts";
import { asArrayFunction, asMeaning, programs } from "./jets.ts";
import type { Meaning } from "./jets.ts";

type ScalarFunction = (x: NDArray) => NDArray;

interface Layer {
  readonly transform: (f: ScalarFunction) => ScalarFunction;
  readonly meaning: (m: Meaning) => Meaning;
}

const derivative =
  (m: Meaning): Meaning =>
  (x, k) =>
    m(x, k + 1);

const lanes = [0.5, -0.25];

/** Sum over lanes of f(lane x): what vmap over scaled copies computes. */
const laneSum =
  (m: Meaning): Meaning =>
  (x, k) =>
    lanes.reduce((sum, lane) => sum + lane ** k * m(lane * x, k), 0);

const mapLanes = (f: ScalarFunction, x: NDArray): NDArray => np.sum(vmap(f)(np.mul(x, array(lanes))));

/** x u(x), whose k-th derivative is x u^(k) + k u^(k-1). */
const timesX =
  (u: Meaning): Meaning =>
  (x, k) =>
    x * u(x, k) + (k === 0 ? 0 : k * u(x, k - 1));

/** u(x) = m(2 x). */
const doubled =
  (m: Meaning): Meaning =>
  (x, k) =>
    2 ** k * m(2 * x, k);

const one = array(1);

const layers: Readonly<Record<string, Layer>> = {
  jit: { transform: (f) => jit(f), meaning: (m) => m },
  grad: { transform: (f) => grad(f), meaning: derivative },
  jvp: { transform: (f) => (x) => jvp(f, [x], [one])[1], meaning: derivative },
  linearize: { transform: (f) => (x) => linearize(f, x)[1](one), meaning: derivative },
  vjp: { transform: (f) => (x) => vjp(f, x)[1](one)[0], meaning: derivative },
  vmap: { transform: (f) => (x) => mapLanes(f, x), meaning: laneSum },
  // The inner function uses the outer x beside its own variable: derivatives must not be confused.
  "grad closing over x": {
    transform: (f) => (x) => np.mul(x, grad((y: NDArray) => f(np.add(x, y)))(x)),
    meaning: (m) => timesX(doubled(derivative(m))),
  },
  "jvp closing over x": {
    transform: (f) => (x) => np.mul(x, jvp((y: NDArray) => f(np.add(x, y)), [x], [one])[1]),
    meaning: (m) => timesX(doubled(derivative(m))),
  },
  "jit closing over x": {
    transform: (f) => (x) => np.mul(x, jit((y: NDArray) => f(np.add(x, y)))(x)),
    meaning: (m) => timesX(doubled(m)),
  },
  "vmap closing over x": {
    transform: (f) => (x) => np.sum(vmap((lane: NDArray) => f(np.mul(lane, x)))(array(lanes))),
    meaning: laneSum,
  },
};

/** Its rule is the derivative itself, so the meaning stays; forward mode refuses it and is not nested outside. */
const withRule: Layer = {
  transform: (f) =>
    customVjp((x: NDArray) => f(x), {
      fwd: (x: NDArray) => [f(x), x],
      bwd: (x: NDArray, g: NDArray) => [np.mul(g, vjp(f, x)[1](one)[0])],
    }),
  meaning: (m) => m,
};

const reverseOnly: Readonly<Record<string, Layer>> = {
  jit: layers["jit"]!,
  grad: layers["grad"]!,
  vjp: layers["vjp"]!,
  vmap: layers["vmap"]!,
  customVjp: withRule,
};

const nestsOf = (table: Readonly<Record<string, Layer>>, depth: number): string[][] => {
  const names = Object.keys(table);
  let nests: string[][] = names.map((name) => [name]);
  for (let k = 1; k < depth; k++) nests = nests.flatMap((nest) => names.map((name) => [...nest, name]));
  return nests;
};

const points = fc.double({ min: -1, max: 1, noNaN: true });

const checkNest = (table: Readonly<Record<string, Layer>>, nest: readonly string[], numRuns: number): void => {
  fc.assert(
    fc.property(programs(4), points, (program, x) => {
      let f: ScalarFunction = asArrayFunction(program);
      let meaning = asMeaning(program);
      // The last name is the outermost transform.
      for (const name of nest) {
        f = table[name]!.transform(f);
        meaning = table[name]!.meaning(meaning);
      }
      const wanted = meaning(x, 0);
      const seen = f(array(x));
      expect({ shape: seen.shape, dtype: seen.dtype }).toEqual({ shape: [], dtype: "float64" });
      expect(relativeError(seen.item(), wanted)).toBeLessThan(1e-9);
      expect(isTracing()).toBe(false);
    }),
    { numRuns },
  );
};

describe("every nest of one and two transforms means what calculus says", () => {
  test.each([...nestsOf(layers, 1), ...nestsOf(layers, 2)].map((nest) => [nest.join(" inside "), nest] as const))(
    "%s",
    (_name, nest) => checkNest(layers, nest, 10),
  );
});

describe("every nest of three transforms means what calculus says", () => {
  test.each(Object.keys(layers).map((name) => [name] as const))("with %s innermost", (innermost) => {
    for (const rest of nestsOf(layers, 2)) checkNest(layers, [innermost, ...rest], 1);
  });
});

describe("a function with its own reverse rule nests to depth three like any other", () => {
  const nests = [...nestsOf(reverseOnly, 2), ...nestsOf(reverseOnly, 3)].filter((nest) => nest.includes("customVjp"));
  test.each(Object.keys(reverseOnly).map((name) => [name] as const))("with %s innermost", (innermost) => {
    for (const nest of nests.filter(([first]) => first === innermost)) checkNest(reverseOnly, nest, 2);
  });
});

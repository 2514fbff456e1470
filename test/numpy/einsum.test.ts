/**
 * einsum equals its definition, the sum over all values of the letters that the result lacks, for random subscripts;
 * the order of contractions changes cost, not value; what is no subscript is refused.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, makeJaxpr, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arraysOf, elementAt, placesOf } from "./arbitraries.ts";

interface Random {
  readonly terms: readonly string[];
  readonly result: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly arrays: readonly NDArray[];
}

const letters = ["a", "b", "c", "d"];

const random: fc.Arbitrary<Random> = fc
  .record({
    terms: fc.array(fc.array(fc.constantFrom(...letters), { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    sizes: fc.tuple(...letters.map(() => fc.integer({ min: 0, max: 3 }))),
    stretched: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    order: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
    kept: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  .chain(({ terms, sizes, stretched, order, kept }) => {
    const named = Object.fromEntries(letters.map((letter, k) => [letter, sizes[k]!]));
    const used = letters.filter((letter) => terms.some((term) => term.includes(letter)));
    const result = used
      .filter((_, k) => kept[k])
      .sort((left, right) => order[letters.indexOf(left)]! - order[letters.indexOf(right)]!);
    // A whole operand may have size 1 along a letter that another one has in full.
    const shapes = terms.map((term, k) =>
      term.map((letter) => (k > 0 && stretched[k] === true && terms[0]!.includes(letter) ? 1 : named[letter]!)),
    );
    return fc.tuple(...shapes.map((shape) => arraysOf(shape))).map((arrays) => ({
      terms: terms.map((term) => term.join("")),
      result: result.join(""),
      sizes: named,
      arrays,
    }));
  });

/** The definition: for every place of the result, the sum over all places of the other letters. */
const bySumming = ({ terms, result, sizes, arrays }: Random): string => {
  const used = [...new Set(terms.join(""))];
  const summed = used.filter((letter) => !result.includes(letter));
  const shape = [...result].map((letter) => sizes[letter]!);
  const values = placesOf(shape).map((place) =>
    placesOf(summed.map((letter) => sizes[letter]!)).reduce((sum, inner) => {
      const at = (letter: string): number =>
        result.includes(letter) ? place[result.indexOf(letter)]! : inner[summed.indexOf(letter)]!;
      return sum + arrays.reduce((product, x, k) => product * elementAt(x, [...terms[k]!].map(at)), 1);
    }, 0),
  );
  return array(values, { shape }).toString().replaceAll("-0", "0");
};

test("einsum is the sum over the letters that the result lacks, in any order of contraction", () => {
  fc.assert(
    fc.property(random, (each) => {
      const subscripts = `${each.terms.join(",")}->${each.result}`;
      const wanted = bySumming(each);
      const shown = (x: NDArray): string => x.toString().replaceAll("-0", "0");
      expect(shown(np.einsum(subscripts, ...each.arrays)), subscripts).toBe(wanted);
      expect(shown(np.einsum(subscripts, ...each.arrays, { optimize: false })), subscripts).toBe(wanted);
      const path = np.einsumPath(subscripts, ...each.arrays);
      expect(path).toHaveLength(each.arrays.length - 1);
      expect(shown(np.einsum(subscripts, ...each.arrays, { optimize: path })), subscripts).toBe(wanted);
    }),
    { numRuns: 150 },
  );
});

test("without an arrow the letters that occur once come in alphabetical order, the ellipsis first", () => {
  const x = np.arange(6).reshape(2, 3);
  expect(np.einsum("ba", x).toList()).toEqual(x.T.toList());
  expect(np.einsum("ij,ij", x, x).item()).toBe(55);
  expect(np.einsum("i...", x).toList()).toEqual(x.T.toList());
  expect(np.einsum("aB", x).shape).toEqual([3, 2]);
});

test("greedy contracts where the intermediate is small, and one dot per pair", () => {
  const [a, b, c] = [np.ones([2, 50]), np.ones([50, 50]), np.ones([50, 1])];
  expect(np.einsumPath("ij,jk,kl->il", a, b, c)).toEqual([
    [1, 2],
    [0, 1],
  ]);
  expect(np.einsumPath("ij,jk,kl->il", a, b, c, { optimize: false })).toEqual([
    [0, 1],
    [0, 1],
  ]);
  const text = String(makeJaxpr((...own: NDArray[]) => np.einsum("ij,jk,kl->il", ...own))(a, b, c));
  expect(text.match(/ dot/g)).toHaveLength(2);
});

test("dtypes join, booleans count, weak numbers stay weak", () => {
  const int = array([1, 2], { dtype: "int32" });
  expect(np.einsum("i,i->i", int, array([0.5, 1])).dtype).toBe("float64");
  expect(np.einsum("i,i->", int, int).dtype).toBe("int32");
  expect(np.einsum("i->", array([true, true])).item()).toBe(2);
  expect(np.einsum(",i->i", 2, array([1, 2], { dtype: "float32" })).dtype).toBe("float32");
});

test("the gradient of a product of matrices is the product of the others, mapped and compiled too", () => {
  const a = array([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const b = array([
    [1, -1, 2],
    [0, 3, 1],
  ]);
  const f = (x: NDArray): NDArray => np.einsum("ij,ji", x, b);
  expect(grad(f)(a).toList()).toEqual(b.T.toList());
  expect(grad(jit(f))(a).toList()).toEqual(b.T.toList());
  expect(
    vmap(grad(f))(np.stack([a, a]))
      .at(1)
      .get()
      .toList(),
  ).toEqual(b.T.toList());
});

test("what does not name the axes is refused by name", () => {
  const x = np.ones([2, 3]);
  const refusals: readonly (readonly [RegExp, string, ...NDArray[]])[] = [
    [/1 terms for 2 operands/, "ij", x, x],
    [/operand 0 has shape \[2,3\] and 1 letters/, "i", x],
    [/operand 0 has shape \[2,3\] and 3 letters/, "i...jk", x],
    [/the sign "1"/, "i1", x],
    [/two arrows/, "ij->i->j", x],
    [/"k" and no operand has it/, "ij->k", x],
    [/"i" twice in the result/, "ij->ii", x],
    [/two ellipses/, "......", x],
    [/the result has no ellipsis/, "...j->j", x],
    [/"j" has sizes 3 and 2/, "ij,jk->ik", x, x],
    [/"i" has sizes 2 and 3/, "ii", x],
    [
      /an axis of the ellipsis has sizes 3 and 2/,
      "...,...",
      x,
      x.T.at(null, 0)
        .get()
        .add(np.ones([3]))
        .at(np.slice(0, 2))
        .get(),
    ],
  ];
  for (const [message, subscripts, ...operands] of refusals)
    expect(() => np.einsum(subscripts, ...operands), subscripts).toThrow(message);
  expect(() => np.einsum("ij,jk", x, x.T, { optimise: true } as never)).toThrow(/Did you mean "optimize"/);
  expect(() => np.einsum("ij,jk", x, x.T, { optimize: [[0, 2]] })).toThrow(/the pair \[0, 2\] for 2 operands/);
  expect(() => np.einsum(x as never, "ij" as never)).toThrow(/subscripts/);
});

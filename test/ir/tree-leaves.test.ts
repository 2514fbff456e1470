/**
 * Laws of what is done to leaves: listing, folding and asking all of them agree with the flat list; exchanging the
 * levels of a tree of trees twice gives it back.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit, NDArray, tree } from "cotangent";
import * as np from "cotangent/numpy";
import { expectError } from "../semantics/support.ts";

type Tree = number | boolean | null | Tree[] | { [key: string]: Tree };

const treesOf = (leaf: fc.Arbitrary<number | boolean>): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree; list: Tree[]; object: { [key: string]: Tree } }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, leaf, fc.constant(null), tie("list"), tie("object")),
    list: fc.array(tie("tree"), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
  })).tree;

const trees = treesOf(fc.oneof(fc.double(), fc.boolean()));

describe("leaves and structure", () => {
  test("are the two parts of flatten, and unflatten puts them together again", () => {
    fc.assert(
      fc.property(trees, (node) => {
        const flat = tree.flatten(node);
        expect(tree.leaves(node)).toEqual(flat.leaves);
        expect(tree.structure(node)).toEqual(flat.treedef);
        expect(tree.unflatten(tree.structure(node), tree.leaves(node))).toEqual(node);
      }),
    );
  });

  test("refuse what is no tree under their own names", () => {
    expectError(() => tree.leaves({ a: "x" }), "NotAnArray", "tree.leaves", ".a");
    expectError(() => tree.structure([new Map()]), "NotAnArray", "tree.structure", "[0]");
    expectError(() => tree.reduce((sum: number) => sum, [undefined], 0), "NotAnArray", "tree.reduce", "[0]");
    expectError(() => tree.all(() => true), "NotAnArray", "tree.all", "the top");
  });
});

describe("reduce", () => {
  test("folds the leaves from the first to the last", () => {
    fc.assert(
      fc.property(trees, (node) => {
        const seen = tree.reduce((own: unknown[], leaf) => [own, leaf], node, []);
        expect(seen).toEqual(tree.flatten(node).leaves.reduce<unknown[]>((own, leaf) => [own, leaf], []));
      }),
    );
  });

  test("gives the initial value for a tree without leaves", () => {
    for (const node of [null, [], {}, [null, { a: [] }]]) expect(tree.reduce(() => 1, node, 7)).toBe(7);
  });

  test("works on traced leaves", () => {
    const total = jit((p: { a: NDArray; b: NDArray[] }) =>
      tree.reduce((sum, x) => np.add(sum, np.sum(x)), p, array(0)),
    );
    expect(total({ a: array([1, 2]), b: [array(3), array([4])] }).item()).toBe(10);
  });
});

describe("all", () => {
  test("holds exactly when no leaf is false or zero", () => {
    const leaf = fc.oneof(fc.constantFrom(0, -0, 1, NaN, Infinity, -2), fc.boolean());
    fc.assert(
      fc.property(treesOf(leaf), (node) => {
        const isTrue = tree.leaves(node).every((own) => own !== false && own !== 0);
        expect(tree.all(node)).toBe(isTrue);
        expect(tree.all(tree.map((own) => array(own), node))).toBe(isTrue);
      }),
    );
  });

  test("asks arrays of one element of any shape, and names the path of others", () => {
    expect(tree.all([array([[1]]), array([true])])).toBe(true);
    expect(tree.all([array([[0]])])).toBe(false);
    expectError(() => tree.all({ a: 1, b: [array([1, 1])] }), "NotAScalar", "tree.all", ".b[0]", "[2]");
    expectError(() => tree.all(array([])), "NotAScalar", "the top", "[0]");
  });

  test("does not decide about values that are not known yet", () => {
    expectError(() => jit((x: NDArray) => (tree.all([x]) ? x : x.neg()))(1), "TracerConversion");
  });
});

describe("transpose", () => {
  const structures = trees.map((node) => tree.structure(node));

  /** A tree of trees with different leaves everywhere. */
  const numbered = (outer: tree.Treedef, inner: tree.Treedef): unknown => {
    let next = 0;
    const rows = Array.from({ length: outer.leafCount }, () =>
      tree.unflatten(
        inner,
        Array.from({ length: inner.leafCount }, () => next++),
      ),
    );
    return tree.unflatten(outer, rows);
  };

  test("puts what was at (outer, inner) to (inner, outer)", () => {
    fc.assert(
      fc.property(structures, structures, (outer, inner) => {
        const turned = tree.leaves(tree.transpose(outer, inner, numbered(outer, inner))) as number[];
        const [rows, columns] = [outer.leafCount, inner.leafCount];
        expect(turned).toEqual(
          Array.from({ length: rows * columns }, (_, k) => (k % rows) * columns + Math.floor(k / rows)),
        );
      }),
    );
  });

  test("undoes itself with the structures exchanged", () => {
    fc.assert(
      fc.property(structures, structures, (outer, inner) => {
        const node = numbered(outer, inner);
        expect(tree.transpose(inner, outer, tree.transpose(outer, inner, node))).toEqual(node);
      }),
    );
  });

  test("refuses a tree of another structure with both", () => {
    const [list, record] = [tree.structure([0, 0]), tree.structure({ a: 0 })];
    expectError(() => tree.transpose(list, record, [{ a: 1 }]), "TreeMismatch", '[{"a":*}]', '[{"a":*},{"a":*}]');
    expectError(() => tree.transpose(record, list, [{ a: 1 }, { a: 2 }]), "TreeMismatch", '{"a":[*,*]}');
  });

  test("exchanges functions that carry arrays with their arrays, and refuses trees inside them", () => {
    const make = (own: readonly NDArray[]) => () => own[0]!;
    const carrier = tree.partial([array(5)], make);
    const turned = tree.transpose(tree.structure(carrier), tree.structure(0), carrier) as () => NDArray;
    expect(turned().item()).toBe(5);
    expectError(
      () => tree.transpose(tree.structure(carrier), tree.structure([0, 0]), carrier),
      "TreeMismatch",
      "tree.transpose",
    );
  });
});

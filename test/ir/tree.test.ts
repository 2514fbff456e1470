/**
 * Laws of trees: flattening and rebuilding are inverse, keys are sorted, structure is equal exactly when its
 * text is, maps compose.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit, NDArray, tree } from "cotangent";
import { partial } from "../../src/tree/tree.ts";
import { expectError } from "../semantics/support.ts";

type Tree = number | boolean | null | Tree[] | { [key: string]: Tree };

const keys = fc.oneof(
  fc.constantFrom("a", "b", "10", "9", "", "__proto__x", "constructor", "toString", "é", "x.y", "[0]"),
  fc.string({ maxLength: 3 }),
);

const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; list: Tree[]; object: { [key: string]: Tree } }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, fc.double(), fc.boolean(), fc.constant(null), tie("list"), tie("object")),
  list: fc.array(tie("tree"), { maxLength: 4 }),
  object: fc.dictionary(
    keys.filter((key) => key !== "__proto__"),
    tie("tree"),
    { maxKeys: 4, noNullPrototype: true },
  ),
})).tree;

/** The same tree with the keys of every object in another order. */
const reordered = (node: Tree): Tree => {
  if (Array.isArray(node)) return node.map(reordered);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .reverse()
      .map(([key, child]) => [key, reordered(child)]),
  );
};

describe("tree", () => {
  test("unflatten undoes flatten", () => {
    fc.assert(
      fc.property(trees, (node) => {
        const { leaves, treedef } = tree.flatten(node);
        expect(treedef.leafCount).toBe(leaves.length);
        expect(tree.unflatten(treedef, leaves)).toEqual(node);
        const again = tree.flatten(tree.unflatten(treedef, leaves));
        expect([again.treedef.text, again.leaves]).toEqual([treedef.text, leaves]);
      }),
    );
  });

  test("the order of keys does not matter, to structure or to leaves", () => {
    fc.assert(
      fc.property(trees, (node) => {
        const [one, other] = [tree.flatten(node), tree.flatten(reordered(node))];
        expect(tree.sameTree(one.treedef, other.treedef)).toBe(true);
        expect(other.leaves).toEqual(one.leaves);
      }),
    );
  });

  test("structures are the same exactly when the trees with all leaves replaced are", () => {
    const bare = (node: Tree): unknown => tree.map(() => 0, node);
    fc.assert(
      fc.property(trees, trees, (left, right) => {
        const isSame = tree.sameTree(tree.flatten(left).treedef, tree.flatten(right).treedef);
        expect(isSame).toBe(JSON.stringify(bare(reordered(left))) === JSON.stringify(bare(reordered(right))));
      }),
    );
  });

  test("there is one path per leaf, each leads to its leaf, all are different for plain keys", () => {
    const plain = fc.letrec<{ tree: Tree; list: Tree[]; object: { [key: string]: Tree } }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, fc.integer(), tie("list"), tie("object")),
      list: fc.array(tie("tree"), { maxLength: 3 }),
      object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree"), { maxKeys: 3 }),
    })).tree;
    fc.assert(
      fc.property(plain, (node) => {
        const { leaves, treedef } = tree.flatten(node);
        const paths = tree.leafPaths(treedef);
        expect(new Set(paths).size).toBe(leaves.length);
        const read = (path: string): unknown =>
          (path.match(/[^.[\]]+/g) ?? []).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], node);
        expect(paths.map(read)).toEqual(leaves);
      }),
    );
  });

  test("map composes, and maps several trees leaf by leaf", () => {
    fc.assert(
      fc.property(trees, (node) => {
        const double = (x: number | boolean): number => Number(x) * 2;
        const next = (x: number): number => x + 1;
        expect(tree.map(next, tree.map(double, node))).toEqual(
          tree.map((x: number | boolean) => next(double(x)), node),
        );
        expect(tree.map((x: unknown, y: unknown) => Object.is(x, y), node, node)).toEqual(tree.map(() => true, node));
      }),
    );
  });

  test("arrays and tracers are leaves, null has none", () => {
    const x = array([1]);
    const { leaves } = tree.flatten([x, null, { a: 2, b: true }]);
    expect(leaves[0]).toBe(x);
    expect(leaves.slice(1)).toEqual([2, true]);
    let inside: unknown[] = [];
    jit((t: { y: NDArray }) => {
      inside = tree.flatten(t).leaves;
      return t.y;
    })({ y: x });
    expect(inside.length).toBe(1);
    expect(inside[0]).toBeInstanceOf(NDArray);
  });

  test("a wrong number of leaves and a different structure are refused with both", () => {
    const { treedef } = tree.flatten([1, { a: 2 }]);
    expectError(() => tree.unflatten(treedef, [1]), "TreeMismatch", "1 leaves", "2");
    expectError(
      () => tree.requireSameTree("here", treedef, tree.flatten([1, { b: 2 }]).treedef),
      "TreeMismatch",
      '{"a":*}',
      '{"b":*}',
    );
  });

  test("a function that carries arrays is a node: same maker, same structure", () => {
    const make = (leaves: readonly NDArray[]) => () => leaves[0]!;
    const [one, two] = [partial([array(1)], make), partial([array(2)], make)];
    const flat = tree.flatten({ f: one });
    expect(flat.leaves.map((leaf) => (leaf as NDArray).item())).toEqual([1]);
    expect(tree.sameTree(flat.treedef, tree.flatten({ f: two }).treedef)).toBe(true);
    expect(
      tree.sameTree(
        flat.treedef,
        tree.flatten({ f: partial([array(1)], (leaves: readonly NDArray[]) => () => leaves[0]!) }).treedef,
      ),
    ).toBe(false);
    const rebuilt = tree.unflatten(flat.treedef, [array(7)]) as { f: () => NDArray };
    expect(rebuilt.f().item()).toBe(7);
    expectError(() => tree.flatten({ f: () => 1 }), "NotAnArray", ".f");
  });

  test("depth is not limited by a few thousand levels", () => {
    let node: unknown = 1;
    for (let k = 0; k < 2000; k++) node = [node];
    expect(tree.flatten(node).leaves).toEqual([1]);
  });
});

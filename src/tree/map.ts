/**
 * What is done to the leaves of a tree: replacing them, listing them, folding them into one value, and exchanging
 * the two levels of a tree of trees.
 */
import { NotAScalar } from "../error.ts";
import { NDArray } from "../array/ndarray.ts";
import { showShape } from "../array/shape.ts";
import { composeTrees, flatten, leafPaths, requireSameTree, unflatten } from "./tree.ts";
import type { Treedef } from "./tree.ts";
import type { Alongside, LeafOf, LeavesOf, MapLeaves } from "./types.ts";

/**
 * The tree with `f` applied to every leaf; further trees must have the structure of the first.
 * @param f  takes one leaf of each tree, as it is: numbers stay numbers; may return anything
 * @throws TreeMismatch for trees of other structures, NotAnArray
 * @example tree.map((x, dx) => x - 0.5 * dx, { w: 1, b: [2, null] }, { w: 4, b: [2, null] }) // { w: -1, b: [1, null] }
 */
export const map = <T, Rest extends readonly unknown[], R>(
  f: (leaf: NoInfer<LeafOf<T>>, ...others: LeavesOf<Rest>) => R,
  tree: T,
  ...rest: Rest & { readonly [K in keyof Rest]: NoInfer<Alongside<T>> }
): MapLeaves<T, R> => {
  const first = flatten<unknown>(tree, "tree.map");
  const others = rest.map((other) => {
    const flat = flatten<unknown>(other, "tree.map");
    requireSameTree("tree.map", first.treedef, flat.treedef);
    return flat.leaves;
  });
  const apply = f as (...leaves: readonly unknown[]) => unknown;
  return unflatten(
    first.treedef,
    first.leaves.map((leaf, k) => apply(leaf, ...others.map((leaves) => leaves[k]))),
  ) as MapLeaves<T, R>;
};

/**
 * The leaves of a tree, in the order of its sorted keys.
 * @throws NotAnArray with the path of a value that is neither a leaf nor a node
 * @example tree.leaves({ w: 1, b: [2, null, true] }) // [2, true, 1]
 */
export const leaves = <T>(tree: T): LeafOf<T>[] => flatten<unknown>(tree, "tree.leaves").leaves as LeafOf<T>[];

/**
 * The structure of a tree without its leaves; `text` shows it, `unflatten` gives it leaves again.
 * @throws NotAnArray with the path of a value that is neither a leaf nor a node
 * @example tree.structure({ w: 1, b: [2, null] }).text // '{"b":[*,null],"w":*}'
 */
export const structure = <T>(tree: T): Treedef<T> => flatten(tree, "tree.structure").treedef;

/**
 * All leaves folded into one value, in order: f(.. f(f(initial, first), second) .., last).
 * @param initial  where it begins, and the result for a tree without leaves; array(0) where `f` returns arrays
 * @throws NotAnArray with the path of a value that is neither a leaf nor a node
 * @example tree.reduce((sum, x) => sum.add(np.sum(x)), { w: array([1, 2]), b: array(3) }, array(0)) // 6
 */
export const reduce = <T, R>(f: (result: R, leaf: NoInfer<LeafOf<T>>) => R, tree: T, initial: R): R => {
  let result = initial;
  for (const leaf of flatten<unknown>(tree, "tree.reduce").leaves) result = f(result, leaf as LeafOf<T>);
  return result;
};

/**
 * Whether no leaf is false or zero; true for a tree without leaves.
 * @param tree  of numbers, booleans and arrays of one element, such as comparisons that `tree.map` made
 * @throws TracerConversion where a leaf has no value yet, NotAScalar with the path of an array of several elements
 * @example tree.all(tree.map((x, y) => np.allclose(x, y), { w: array([1, 2]) }, { w: array([1, 2]) })) // true
 */
export const all = (tree: unknown): boolean => {
  const { leaves: found, treedef } = flatten(tree, "tree.all");
  return found.every((leaf, k) => {
    if (!(leaf instanceof NDArray)) return Number(leaf) !== 0;
    if (leaf.size !== 1)
      throw new NotAScalar(
        "tree.all",
        `the leaf ${leafPaths(treedef)[k] || "at the top"} has shape ${showShape(leaf.shape)}`,
        "Reduce every leaf first: tree.all(tree.map((x) => np.all(x), tree))",
      );
    return leaf.item() !== 0;
  });
};

/**
 * A tree of trees with its two levels exchanged: a list of records becomes a record of lists.
 * @param outer  structure of the tree down to the trees that it holds
 * @param inner  structure of each of those
 * @param tree   of the structure `outer` with `inner` in the place of every leaf
 * @throws TreeMismatch for another structure
 * @example tree.transpose(tree.structure([0, 0]), tree.structure({ a: 0 }), [{ a: 1 }, { a: 2 }]) // { a: [1, 2] }
 */
export const transpose = <Outer, Inner, T>(
  outer: Treedef<Outer>,
  inner: Treedef<Inner>,
  tree: T,
): MapLeaves<Inner, MapLeaves<Outer, LeafOf<T>>> => {
  const flat = flatten<unknown>(tree, "tree.transpose");
  requireSameTree("tree.transpose", composeTrees(outer, inner), flat.treedef);
  const columns = Array.from({ length: inner.leafCount }, (_, column) =>
    unflatten(
      outer as Treedef,
      Array.from({ length: outer.leafCount }, (__, row) => flat.leaves[row * inner.leafCount + column]),
    ),
  );
  return unflatten(inner as Treedef, columns) as MapLeaves<Inner, MapLeaves<Outer, LeafOf<T>>>;
};

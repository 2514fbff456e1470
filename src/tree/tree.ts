/**
 * Trees of arrays: nested plain objects, lists and null around leaves (arrays, numbers, booleans).
 * Object keys are sorted, so { a, b } and { b, a } are one structure; null is a node without leaves.
 * A function may carry leaves too (a pullback carries its residuals): see `partial`.
 */
import { NotAnArray, TreeMismatch } from "../error.ts";
import { NDArray } from "../array/ndarray.ts";
import { identityOf } from "../identity.ts";
import type { Leaf, LeafOf, MapLeaves } from "./types.ts";

export type { Leaf } from "./types.ts";

declare const treeOf: unique symbol;

/** Structure of a tree of type `T` without its leaves; two trees match when their `text` is equal. */
export interface Treedef<out T = unknown> {
  readonly kind: "leaf" | "null" | "list" | "object" | "partial";
  readonly keys: readonly string[];
  readonly children: readonly Treedef[];
  readonly leafCount: number;
  readonly text: string;
  readonly rebuild?: Rebuild;
  /** Never there: what the compiler remembers of the tree. */
  readonly [treeOf]?: T;
}

type Rebuild = (leaves: readonly unknown[]) => unknown;

/** A function that carries its arrays as leaves, so that it may cross a jit boundary. */
export interface Partial {
  readonly leaves: readonly NDArray[];
  readonly rebuild: Rebuild;
}

const partialParts: unique symbol = Symbol.for("cotangent.partial") as never;

/**
 * Attaches `leaves` to the function that `rebuild(leaves)` makes; equal `rebuild` means equal structure.
 * @example const triple = tree.partial([array(3)], ([factor]) => (x) => x.mul(factor)); jit((f, x) => f(x))(triple, array(2)) // 6
 */
export const partial = <F extends object>(
  leaves: readonly NDArray[],
  rebuild: (leaves: readonly NDArray[]) => F,
): F => {
  const made = rebuild(leaves);
  Object.defineProperty(made, partialParts, { value: { leaves, rebuild: rebuild as Rebuild } satisfies Partial });
  return made;
};

const leafDef: Treedef = { kind: "leaf", keys: [], children: [], leafCount: 1, text: "*" };
const nullDef: Treedef = { kind: "null", keys: [], children: [], leafCount: 0, text: "null" };

const listDef = (children: readonly Treedef[]): Treedef => ({
  kind: "list",
  keys: [],
  children,
  leafCount: countLeaves(children),
  text: `[${children.map((child) => child.text).join(",")}]`,
});

const objectDef = (keys: readonly string[], children: readonly Treedef[]): Treedef => ({
  kind: "object",
  keys,
  children,
  leafCount: countLeaves(children),
  text: `{${keys.map((key, k) => `${JSON.stringify(key)}:${children[k]!.text}`).join(",")}}`,
});

const countLeaves = (children: readonly Treedef[]): number => children.reduce((sum, child) => sum + child.leafCount, 0);

/** A tree taken apart. */
export interface Flat<T = unknown> {
  readonly leaves: (unknown extends T ? Leaf : LeafOf<T>)[];
  readonly treedef: Treedef<T>;
}

/**
 * Leaves in order and the structure around them.
 * @throws NotAnArray with the path of a value that is neither a leaf nor a node
 * @example tree.flatten({ w: 1, b: [2, null] }).leaves // [2, 1]
 */
export const flatten = <T>(tree: T, asked = "tree.flatten"): Flat<T> => {
  const leaves: Leaf[] = [];
  const path: string[] = [];
  const visit = (node: unknown): Treedef => {
    if (isLeaf(node)) {
      leaves.push(node);
      return leafDef;
    }
    if (node === null) return nullDef;
    if (Array.isArray(node)) {
      const children: Treedef[] = [];
      for (let k = 0; k < node.length; k++) {
        path.push(`[${k}]`);
        if (!(k in node)) throw refuse(asked, "a hole", path);
        children.push(visit(node[k]));
        path.pop();
      }
      return listDef(children);
    }
    const carried = (node as { [partialParts]?: Partial } | undefined)?.[partialParts];
    if (typeof node === "function" && carried !== undefined) {
      for (const leaf of carried.leaves) leaves.push(leaf);
      const children = carried.leaves.map(() => leafDef);
      const text = `partial${identityOf(carried.rebuild)}(${children.length})`;
      return { kind: "partial", keys: [], children, leafCount: children.length, text, rebuild: carried.rebuild };
    }
    if (!isPlainObject(node)) throw refuse(asked, describe(node), path);
    const keys = Object.keys(node).sort();
    const children: Treedef[] = [];
    for (const key of keys) {
      path.push(`.${key}`);
      children.push(visit(node[key]));
      path.pop();
    }
    return objectDef(keys, children);
  };
  const treedef = visit(tree) as Treedef<T>;
  return { leaves: leaves as Flat<T>["leaves"], treedef };
};

/**
 * The tree of structure `treedef` with the given leaves, in the order of `flatten`.
 * @param leaves  one value per leaf, of any kind
 * @throws TreeMismatch for another number of leaves
 * @example const { treedef } = tree.flatten({ w: 1, b: 2 }); tree.unflatten(treedef, [20, 10]) // { w: 10, b: 20 }
 */
export const unflatten = <T, R>(treedef: Treedef<T>, leaves: readonly R[]): MapLeaves<T, R> => {
  if (leaves.length !== treedef.leafCount)
    throw new TreeMismatch(
      "tree.unflatten",
      `${leaves.length} leaves for a structure with ${treedef.leafCount}`,
      "Give one value per leaf",
    );
  let at = 0;
  const build = (def: Treedef): unknown => {
    switch (def.kind) {
      case "leaf":
        return leaves[at++];
      case "null":
        return null;
      case "list":
        return def.children.map(build);
      case "partial": {
        const own = def.children.map(build) as NDArray[];
        return partial(own, def.rebuild as (leaves: readonly NDArray[]) => object);
      }
      case "object":
        return Object.fromEntries(def.keys.map((key, k) => [key, build(def.children[k]!)]));
    }
  };
  return build(treedef) as MapLeaves<T, R>;
};

/** The structure `outer` with `inner` in the place of every leaf. */
export const composeTrees = (outer: Treedef, inner: Treedef): Treedef => {
  const compose = (def: Treedef): Treedef => {
    switch (def.kind) {
      case "leaf":
        return inner;
      case "null":
        return def;
      case "list":
        return listDef(def.children.map(compose));
      case "object":
        return objectDef(def.keys, def.children.map(compose));
      case "partial":
        // Functions carry arrays and nothing else.
        return inner.kind === "leaf" ? def : { ...def, text: `${def.text} of ${inner.text}` };
    }
  };
  return compose(outer);
};

/**
 * Path of every leaf, for messages: "", ".w", "[0].b".
 * @example tree.leafPaths(tree.flatten({ w: 1, b: [2, 3] }).treedef) // [".b[0]", ".b[1]", ".w"]
 */
export const leafPaths = (treedef: Treedef, root = ""): string[] => {
  const paths: string[] = [];
  const visit = (def: Treedef, path: string): void => {
    if (def.kind === "leaf") paths.push(path);
    def.children.forEach((child, k) =>
      visit(child, def.kind === "object" ? `${path}.${def.keys[k]!}` : `${path}[${k}]`),
    );
  };
  visit(treedef, root);
  return paths;
};

/**
 * Whether two structures are the same.
 * @example tree.sameTree(tree.flatten([1, 2]).treedef, tree.flatten([3, 4]).treedef) // true
 */
export const sameTree = (left: Treedef, right: Treedef): boolean => left === right || left.text === right.text;

/**
 * Refuses a structure unlike the expected one.
 * @throws TreeMismatch, which prints both
 * @example tree.requireSameTree("my transform", tree.flatten([1]).treedef, tree.flatten([1, 2]).treedef) // throws TreeMismatch
 */
export const requireSameTree = (asked: string, expected: Treedef, seen: Treedef): void => {
  if (!sameTree(expected, seen))
    throw new TreeMismatch(
      asked,
      `structure ${seen.text} where ${expected.text} is needed (* is a leaf)`,
      "Return the same nesting, keys and lengths",
    );
};

const isLeaf = (node: unknown): node is Leaf =>
  node instanceof NDArray || typeof node === "number" || typeof node === "boolean";

const isPlainObject = (node: unknown): node is Record<string, unknown> => {
  if (typeof node !== "object" || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
};

const describe = (node: unknown): string => {
  if (node === undefined) return "undefined";
  if (typeof node === "function") return `the function ${node.name || "(anonymous)"}`;
  if (node instanceof Promise) return "a Promise (the function is async)";
  if (typeof node === "object" && node !== null) return `a ${node.constructor?.name ?? "object"}`;
  return `a ${typeof node}`;
};

const refuse = (asked: string, what: string, path: readonly string[]): NotAnArray =>
  new NotAnArray(
    asked,
    `${what} at ${path.length === 0 ? "the top" : path.join("")}`,
    "Trees hold arrays, numbers and booleans in plain objects, lists and null; convert with array(...) or mark the argument as static",
  );

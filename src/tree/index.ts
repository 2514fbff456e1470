/** Trees of arrays: the public names, used as `tree.map(...)`. */
export { flatten, unflatten, leafPaths, sameTree, requireSameTree, partial, treeMap as map } from "./tree.ts";
export type { Leaf, Treedef, Flat } from "./tree.ts";

/** Trees of arrays: the public names, used as `tree.map(...)`. */
export { flatten, unflatten, leafPaths, sameTree, requireSameTree, partial } from "./tree.ts";
export type { Leaf, Treedef, Flat } from "./tree.ts";
export { all, leaves, map, reduce, structure, transpose } from "./map.ts";
export type { LeafOf, LeavesOf, MapLeaves } from "./types.ts";

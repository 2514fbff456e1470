/** How many numbers a tree of parameters holds. */
import { NDArray } from "../../src/array/ndarray.ts";
import { leaves } from "../../src/tree/index.ts";

/**
 * How many numbers a tree of parameters holds.
 * @param params  any tree; arrays may be traced, numbers count as one
 * @throws NotAnArray with the path of what is neither
 * @example nn.countParameters(nn.dense(3, 2).init(random.key(0))) // 8
 */
export const countParameters = (params: unknown): number =>
  (leaves(params) as readonly unknown[]).reduce<number>(
    (count, leaf) => count + (leaf instanceof NDArray ? leaf.size : 1),
    0,
  );

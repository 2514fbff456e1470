/**
 * Bodies of loops from users' functions: the state of a loop is a tree whose structure, shapes and dtypes stay.
 * Numbers in the initial state take the type that the body gives them; numbers a body returns take the state's.
 */
import { CarryMismatch } from "../src/error.ts";
import { holdsWeak, isFloat, isWeakWhole } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import { avalOf, sameType, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import type { ClosedJaxpr } from "../src/ir/jaxpr.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { leafPaths, sameTree } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { asType } from "../ops/conversion.ts";
import type { FlatArrays } from "./flat.ts";

/** What one call of a body gave: the next state, and whatever else it returns. */
export interface StepResult {
  readonly state: FlatArrays;
  readonly rest: readonly NDArray[];
}

export interface StagedBody {
  /** State and further inputs to the next state and the rest. */
  readonly closed: ClosedJaxpr;
  /** The initial state in the types that the body settles on. */
  readonly init: readonly NDArray[];
}

/** How settled a type is: types of a carry only ever move up. */
const rankOf = ({ weakType }: Aval): number => (weakType === false ? 2 : weakType === "float" ? 1 : 0);

/** A number that the body returns may stand for an element of this type. */
export const adapts = (x: Aval, type: Aval): boolean =>
  x.weakType !== false &&
  sameShape(x.shape, type.shape) &&
  (x.weakType !== "float" || isFloat(type.dtype)) &&
  holdsWeak(type.dtype, x.weakType);

const isOtherWhole = (x: Aval, type: Aval): boolean =>
  isWeakWhole(x.weakType) && isWeakWhole(type.weakType) && x.weakType !== type.weakType;

const requireStructure = (asked: string, treedef: Treedef, seen: Treedef): void => {
  if (!sameTree(treedef, seen))
    throw new CarryMismatch(
      asked,
      `the state enters with structure ${treedef.text} and leaves with ${seen.text}`,
      "Return the state with the structure it came in with",
    );
};

/** Counters of the loop itself stand before the leaves of the state and keep their type. */
const requireTypes = (asked: string, treedef: Treedef, types: readonly Aval[], seen: readonly Aval[]): void => {
  const counters = types.length - treedef.leafCount;
  const differing = leafPaths(treedef).flatMap((path, k) => {
    const [before, after] = [types[counters + k]!, seen[counters + k]!];
    if (sameType(before, after)) return [];
    return [`${path === "" ? "the state" : path} enters as ${showAval(before)} and leaves as ${showAval(after)}`];
  });
  if (differing.length > 0)
    throw new CarryMismatch(
      asked,
      differing.join("; "),
      "Give the initial state the type that the body returns, or convert inside the body with astype or reshape",
    );
};

/**
 * Stages `step` on a state like `init` and on `others`; an initial number becomes what the body makes of it.
 * Arrays that the tree of `init` does not name stand in front: counters that the loop keeps for itself.
 * @throws CarryMismatch listing every path that changes
 */
export const stageBody = (
  asked: string,
  step: (state: readonly NDArray[], others: readonly NDArray[]) => StepResult,
  init: FlatArrays,
  others: readonly Aval[],
): StagedBody => {
  let types = init.arrays.map(avalOf);
  const count = types.length;
  for (;;) {
    let seen: readonly Aval[] = types;
    const closed = stageFunction(
      asked,
      (inputs) => {
        const { state, rest } = step(inputs.slice(0, count), inputs.slice(count));
        requireStructure(asked, init.treedef, state.treedef);
        const settled = state.arrays.map((x, k) => {
          const type = types[k]!;
          return adapts(x, type) && rankOf(x) <= rankOf(type) && !isOtherWhole(x, type) ? asType(x, type) : x;
        });
        seen = settled.map(avalOf);
        return [...settled, ...rest];
      },
      [...types, ...others],
    );
    const grown = types.map((type, k): Aval => {
      const next = seen[k]!;
      if (!sameShape(type.shape, next.shape)) return type;
      // Whole numbers of two kinds are a number of no kind.
      if (isOtherWhole(next, type)) return { ...type, weakType: "float" };
      return rankOf(next) > rankOf(type) ? next : type;
    });
    if (grown.every((type, k) => type.dtype === types[k]!.dtype && type.weakType === types[k]!.weakType)) {
      requireTypes(asked, init.treedef, types, seen);
      return { closed, init: init.arrays.map((x, k) => asType(x, types[k]!)) };
    }
    types = grown;
  }
};

/**
 * cond and switchCase: branches chosen by a traced value. Both branches are traced, one is run.
 */
import { DTypeMismatch, InvalidOption, ShapeMismatch, TreeMismatch } from "../src/error.ts";
import type { DType } from "../src/array/dtype.ts";
import { holdsWeak, isInteger, isWeakWhole } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf, sameType, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import type { ClosedJaxpr } from "../src/ir/jaxpr.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { leafPaths, requireSameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { zerosOf, full } from "../ops/arithmetic.ts";
import { clamp } from "../ops/extrema.ts";
import { ne } from "../ops/comparison.ts";
import { asDType, asType } from "../ops/conversion.ts";
import { chooseBranch } from "./cond-call.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction, FlatArrays } from "./flat.ts";
import type { ArraysOfList, Cotangent, Given } from "./types.ts";

interface Branch {
  readonly outTree: Treedef;
  readonly closed: ClosedJaxpr;
}

/** The number that decides, as a scalar array. */
const requireScalar = (asked: string, what: string, value: unknown): NDArray => {
  const { arrays, treedef } = flattenArrays(value, `${asked}, ${what}`);
  if (treedef.kind !== "leaf" || arrays[0]!.shape.length > 0)
    throw new ShapeMismatch(
      asked,
      treedef.kind === "leaf" ? `the ${what} is ${showAval(arrays[0]!)}` : `the ${what} is a tree ${treedef.text}`,
      `The ${what} is one number; use np.where to choose element by element, np.any or np.all to reduce`,
    );
  return arrays[0]!;
};

/** The type all branches agree on: a number that one returns takes the type of the others. */
const commonType = (asked: string, path: string, names: readonly string[], types: readonly Aval[]): Aval => {
  const strong = types.find(({ weakType }) => weakType === false);
  const isMixed = types.some(({ weakType }) => weakType !== types[0]!.weakType);
  // Numbers of two kinds are a number of no kind.
  const type = strong ?? (isMixed ? { ...types[0]!, weakType: "float" as const } : types[0]!);
  types.forEach((other, k) => {
    const fits = sameType(other, type) || (other.weakType !== false && sameType({ ...other, dtype: type.dtype }, type));
    if (!fits || (other.weakType !== false && !holdsWeak(type.dtype, other.weakType))) {
      const against = Math.max(0, types.indexOf(type));
      throw new TreeMismatch(
        asked,
        `${path === "" ? "the result" : `result${path}`} is ${showAval(other)} in ${names[k]!} and ${showAval(type)} in ${names[against]!}`,
        "All branches return the same shapes and dtypes; convert with astype, reshape or np.broadcastTo",
      );
    }
  });
  return type;
};

/** What is asked for, and the functions to choose from with their names in messages. */
interface Choice {
  readonly asked: string;
  readonly branches: readonly AnyFunction[];
  readonly names: readonly string[];
}

/** Branch k as a jaxpr; with results in the types that are wanted, where these are known. */
const stageBranch = (
  { asked, branches, names }: Choice,
  k: number,
  { arrays, treedef }: FlatArrays,
  wanted: readonly Aval[] | null,
): Branch => {
  const owner = `${names[k]!} of ${asked}`;
  let outTree: Treedef | null = null;
  const closed = stageFunction(
    owner,
    (inputs) => {
      const out = flattenArrays(branches[k]!(...(unflatten(treedef, inputs) as never[])), `result of ${owner}`);
      outTree = out.treedef;
      return wanted === null ? out.arrays : out.arrays.map((x, i) => asType(x, wanted[i]!));
    },
    arrays.map(avalOf),
  );
  return { outTree: outTree!, closed };
};

/** Traces every branch twice where results must be converted: once to learn the types, once to give them. */
const stageBranches = (
  choice: Choice,
  operands: FlatArrays,
): { readonly parts: readonly ClosedJaxpr[]; readonly outTree: Treedef } => {
  const { asked, branches, names } = choice;
  const staged = branches.map((_, k) => stageBranch(choice, k, operands, null));
  const outTree = staged[0]!.outTree;
  staged.forEach((branch, k) =>
    requireSameTree(`${asked}, ${names[k]!} against ${names[0]!}`, outTree, branch.outTree),
  );
  const seen = staged.map(({ closed }) => closed.jaxpr.outputs.map(({ aval }) => aval));
  const wanted = leafPaths(outTree).map((path, i) =>
    commonType(
      asked,
      path,
      names,
      seen.map((own) => own[i]!),
    ),
  );
  const parts = staged.map(({ closed }, k) =>
    wanted.every((type, i) => type.dtype === seen[k]![i]!.dtype && type.weakType === seen[k]![i]!.weakType)
      ? closed
      : stageBranch(choice, k, operands, wanted).closed,
  );
  return { parts, outTree };
};

/** A branch in messages: its place, and its own name where it has one. */
const named = (f: AnyFunction, role: string): string => (f.name === "" ? role : `${role} (${nameOf(f)})`);

const chooseFunction = (choice: Choice, index: NDArray, operands: readonly unknown[]): unknown => {
  const flat = flattenArrays(operands, choice.asked);
  const { parts, outTree } = stageBranches(choice, flat);
  return unflatten(outTree, chooseBranch(index, parts, flat.arrays));
};

/**
 * onTrue(...operands) where the predicate holds, else onFalse(...operands). Both are traced, one is run.
 * @param predicate  one boolean or number (0 is false), traced or not
 * @param operands   trees of arrays; branches may close over others
 * @returns          what the branch returns; both return the same tree, shapes and dtypes
 * @throws TreeMismatch naming the path and both types, ShapeMismatch for a predicate that is no scalar
 * Derivatives: forward and reverse, any order. Under vmap with a mapped predicate each branch runs on the examples
 * that take it, so that the other one adds neither NaN nor errors.
 * @example cond(np.less(2, 3), (x) => x.mul(2), (x) => x.neg(), array(4)) // 8
 */
export const cond = <X extends readonly unknown[], R, Args extends readonly unknown[] = ArraysOfList<X>>(
  predicate: NDArray | number | boolean,
  onTrue: (...operands: Args) => R,
  onFalse: (...operands: Args) => R,
  ...operands: Given<X, Args>
): Cotangent<R> => {
  requireFunction("cond", onTrue);
  requireFunction("cond", onFalse);
  const asked = "cond";
  const value = requireScalar(asked, "predicate", predicate);
  const holds = value.dtype === "bool" ? value : ne(value, zerosOf([], value.dtype));
  const branches = [onFalse as AnyFunction, onTrue as AnyFunction];
  const names = [named(onFalse as AnyFunction, "onFalse"), named(onTrue as AnyFunction, "onTrue")];
  return chooseFunction({ asked, branches, names }, asDType(holds, "int32"), operands) as Cotangent<R>;
};

/**
 * branches[index](...operands); an index out of range takes the first or last branch. All are traced, one is run.
 * @param index     one integer, traced or not
 * @param branches  functions of the same operands that return the same tree, shapes and dtypes
 * @throws TreeMismatch naming the path and both types, DTypeMismatch for an index that is no integer
 * Derivatives and vmap as `cond`.
 * @example switchCase(1, [(x) => x, (x) => x.mul(10), (x) => x.neg()], array(4)) // 40
 */
export const switchCase = <X extends readonly unknown[], R, Args extends readonly unknown[] = ArraysOfList<X>>(
  index: NDArray | number,
  branches: readonly ((...operands: Args) => R)[],
  ...operands: Given<X, Args>
): Cotangent<R> => {
  const asked = "switchCase";
  if (!Array.isArray(branches) || branches.length === 0)
    throw new InvalidOption(asked, "no branches", "Give a list of one or more functions");
  branches.forEach((branch) => requireFunction(asked, branch));
  const value = requireIndex(asked, requireScalar(asked, "index", index));
  const { dtype } = value;
  const inRange = clamp(full(0, [], dtype), value, full(branches.length - 1, [], dtype));
  const names = branches.map((f, k) => named(f as AnyFunction, `branch ${k}`));
  const choice = { asked, branches: branches as readonly AnyFunction[], names };
  return chooseFunction(choice, asDType(inRange, "int32"), operands) as Cotangent<R>;
};

/** An integer; whole numbers of JavaScript count as such. */
const requireIndex = (asked: string, value: NDArray): NDArray => {
  const dtype: DType = value.dtype;
  if (!isInteger(dtype) && !isWeakWhole(value.weakType))
    throw new DTypeMismatch(asked, `an index ${showAval(value)}`, 'Give an integer: convert with astype("int32")');
  return asType(value, { dtype, weakType: false });
};

/**
 * What users' rules return, checked against what the function takes and returns: counts, trees, shapes and
 * dtypes. Every refusal names the rule, the path, what was seen and what is needed.
 */
import { MissingRule, NotStatic, TreeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { sameType, showAval } from "../src/ir/aval.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { flatten, leafPaths, requireSameTree } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { asDType } from "../ops/conversion.ts";
import { describeValue } from "../src/describe.ts";
import { flattenArrays } from "./flat.ts";

/** The rules that a call needs are functions; `needed` must be there, of `pair` both or none. */
export const requireRules = (
  asked: string,
  rules: Readonly<Record<string, unknown>>,
  needed: readonly string[],
  pair: readonly string[],
): void => {
  const given = (key: string): boolean => rules[key] !== undefined;
  const missing = [...needed, ...(pair.some(given) ? pair : [])].find((key) => !given(key));
  const wrong = missing ?? ["fwd", "bwd", "jvp"].find((key) => given(key) && typeof rules[key] !== "function");
  if (wrong !== undefined)
    throw new MissingRule(
      asked,
      `${wrong} is ${rules[wrong] === null ? "null" : typeof rules[wrong]}`,
      "A reverse rule is { fwd: (...args) => [out, residuals], bwd: (residuals, cotangent) => [...] }, a forward rule { jvp: (primals, tangents) => [out, tangentOut] }",
    );
};

/** Lists and objects nested deeper than this are not searched for tracers. */
const staticDepth = 16;

const holdsTracer = (value: unknown, depth = 0): boolean =>
  isTracer(value) ||
  (typeof value === "object" &&
    value !== null &&
    depth < staticDepth &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
    Object.values(value).some((entry) => holdsTracer(entry, depth + 1)));

/** Static arguments are plain JavaScript values. */
export const requireStatic = (asked: string, args: readonly unknown[], statics: readonly number[]): void => {
  for (const position of statics)
    if (holdsTracer(args[position]))
      throw new NotStatic(
        asked,
        `static argument ${position} is or holds a traced value`,
        "Remove it from staticArgnums, or pass a plain JavaScript value",
      );
};

/** A rule returns two things. */
export const requirePair = (asked: string, returned: unknown, wanted: string): readonly [unknown, unknown] => {
  if (!Array.isArray(returned) || returned.length !== 2)
    throw new TreeMismatch(asked, `it returned ${describeValue(returned)}`, `Return ${wanted}`);
  return returned as unknown as readonly [unknown, unknown];
};

export type TypedTree = readonly [tree: Treedef, types: readonly Aval[]];

/** The output of a rule is the function's: same tree, shapes and dtypes. */
export const requireSameOutputs = (
  asked: string,
  name: string,
  [tree, types]: TypedTree,
  [seenTree, seen]: TypedTree,
): void => {
  requireSameTree(asked, tree, seenTree);
  types.forEach((type, k) => {
    if (!sameType(type, seen[k]!))
      throw new TreeMismatch(
        asked,
        `output${leafPaths(tree)[k]!} is ${showAval(seen[k]!)} where ${name} returns ${showAval(type)}`,
        "Return the function's own output first",
      );
  });
};

/** Whether two outputs agree, without an error. */
export const areSameOutputs = ([tree, types]: TypedTree, [seenTree, seen]: TypedTree): boolean =>
  tree.text === seenTree.text && types.every((type, k) => sameType(type, seen[k]!));

// --- Derivatives ------------------------------------------------------------------------------

/** What a derivative returned by a rule belongs to, for messages. */
interface Derivative {
  readonly asked: string;
  /** "cotangent of argument" or "tangent of output". */
  readonly what: string;
  /** Path of the whole derivative. */
  readonly path: string;
}

/** Whether a node of a tree has the children that the structure says. */
const hasChildren = (node: unknown, def: Treedef): boolean =>
  def.kind === "list"
    ? Array.isArray(node) && node.length === def.children.length
    : typeof node === "object" &&
      !Array.isArray(node) &&
      Object.keys(node as object)
        .sort()
        .join() === def.keys.join();

/** Leaves of a derivative of a value of this structure; null stands for zeros of a leaf or a subtree. */
const derivativeLeaves = (
  { asked, what, path }: Derivative,
  root: unknown,
  structure: Treedef,
  types: readonly Aval[],
): (NDArray | null)[] => {
  const leaves: (NDArray | null)[] = [];
  const visit = (node: unknown, def: Treedef, at: string): void => {
    if (node === null) {
      for (let k = 0; k < def.leafCount; k++) leaves.push(null);
      return;
    }
    if (def.kind === "leaf") {
      const flat = flatten(node, `${asked}, ${what} ${at}`);
      if (flat.treedef.kind !== "leaf")
        throw new TreeMismatch(
          asked,
          `a tree of structure ${flat.treedef.text} as the ${what} ${at}`,
          "Return an array there",
        );
      leaves.push(requireType(asked, `${what} ${at}`, flattenArrays(node, asked).arrays[0]!, types[leaves.length]!));
      return;
    }
    if (!hasChildren(node, def))
      throw new TreeMismatch(
        asked,
        `the ${what} ${at} does not have the structure ${def.text}`,
        "Return the same tree, with null for zero subtrees",
      );
    def.children.forEach((child, k) => {
      const key = def.kind === "list" ? k : def.keys[k]!;
      visit(
        (node as Record<string | number, unknown>)[key],
        child,
        def.kind === "list" ? `${at}[${k}]` : `${at}.${key}`,
      );
    });
  };
  visit(root, structure, path);
  return leaves;
};

/** A derivative has the shape and dtype of its value; raw numbers take the dtype, integers have none. */
const requireType = (asked: string, what: string, x: NDArray, type: Aval): NDArray | null => {
  if (!isFloat(type.dtype)) return null;
  const settled = x.weakType === false ? x : asDType(x, type.dtype);
  if (!sameType(settled, type))
    throw new TreeMismatch(
      asked,
      `the ${what} is ${showAval(settled)} where ${showAval(type)} is needed`,
      "A derivative has the shape and dtype of its value",
    );
  return settled;
};

/** The backward rule's list against the arguments: one tree per argument, null for zero. */
export const cotangentLeaves = (
  asked: string,
  returned: unknown,
  args: Treedef,
  types: readonly Aval[],
): (NDArray | null)[] => {
  const count = args.children.length;
  if (!Array.isArray(returned) || returned.length !== count)
    throw new TreeMismatch(
      asked,
      `it returned ${describeValue(returned)} for ${count} arguments`,
      "Return a list with one cotangent per argument, null for zero",
    );
  let from = 0;
  return args.children.flatMap((child, k) => {
    const own = types.slice(from, (from += child.leafCount));
    return derivativeLeaves({ asked, what: "cotangent of argument", path: `[${k}]` }, returned[k], child, own);
  });
};

/** The forward rule's tangent against the output. */
export const tangentLeaves = (asked: string, returned: unknown, [tree, types]: TypedTree): (NDArray | null)[] =>
  derivativeLeaves({ asked, what: "tangent of the output", path: "" }, returned, tree, types);

/**
 * customVjp: a function with its own reverse rule, on users' trees.
 * Flattens the function and both rules and hands them to the primitives of custom-vjp-call.ts.
 */
import { MissingRule, TreeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf, sameType, showAval } from "../src/ir/aval.ts";
import { isEvaluating } from "../src/ir/trace.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { flatten, leafPaths, requireSameTree, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { convert } from "../ops/conversion.ts";
import type { ArrayFunction } from "./closures.ts";
import { customVjpCall } from "./custom-vjp-call.ts";
import type { Forward } from "./custom-vjp-call.ts";
import { flattenArrays, nameOf, requireArgnums, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";

export interface CustomVjpRules {
  /** Arguments to [output, residuals]; residuals are any tree of arrays. */
  readonly fwd: (...args: any[]) => readonly [unknown, unknown];
  /** Static arguments, residuals, output cotangent to a list of cotangents, one per argument that is not static; null is zero. */
  readonly bwd: (...args: any[]) => readonly unknown[];
  /** Arguments that are not arrays: passed through, given first to `bwd`. */
  readonly staticArgnums?: number | readonly number[];
}

/**
 * `f` with its own reverse rule: grad and vjp use `fwd` and `bwd` instead of differentiating `f`.
 * @param rules  fwd(...args) -> [out, residuals]; bwd(...statics, residuals, cotangent) -> cotangents
 * @throws MissingRule, ForwardModeOfCustomVjp (jvp, jacfwd, the map of linearize), ClosedOverDifferentiation, TreeMismatch for a wrong cotangent
 * Works under jit, vmap and further grad; second derivatives differentiate `bwd`.
 * @example const f = customVjp((x) => x.mul(x), { fwd: (x) => [x.mul(x), x], bwd: (x, g) => [g.mul(x).mul(2)] }); grad(f)(3) // 6
 */
export const customVjp = <F extends (...args: any[]) => any>(f: F, rules: CustomVjpRules): F => {
  requireFunction("customVjp", f);
  requireOptions("customVjp", rules, ["fwd", "bwd", "staticArgnums"]);
  const name = nameOf(f as unknown as AnyFunction);
  const custom = (...args: unknown[]): unknown => {
    requireRules(name, rules);
    const statics = requireArgnums(`customVjp of ${name}`, rules.staticArgnums ?? [], args.length);
    const staticValues = statics.map((position) => args[position]);
    const { arrays, treedef } = flattenArrays(
      args.filter((_, k) => !statics.includes(k)),
      `customVjp of ${name}`,
    );
    const merge = (own: readonly unknown[]): unknown[] => {
      let next = 0;
      return args.map((arg, k) => (statics.includes(k) ? arg : own[next++]));
    };
    let outTree: Treedef | null = null;
    // What the function itself returned, where it ran (under jit both it and its rule do).
    let ownTypes: readonly Aval[] | null = null;
    const flattenOut = (out: unknown): NDArray[] => {
      const flat = flattenArrays(out, `output of ${name}`);
      outTree = flat.treedef;
      ownTypes = flat.arrays.map(avalOf);
      return flat.arrays;
    };
    const flattenForward = (out: unknown): NDArray[] => {
      const flat = flattenArrays(out, `output of fwd of ${name}`);
      if (ownTypes !== null) requireSameOutputs(name, [outTree!, ownTypes], [flat.treedef, flat.arrays]);
      outTree = flat.treedef;
      return flat.arrays;
    };
    const call: ArrayFunction = (inputs) =>
      flattenOut((f as (...all: unknown[]) => unknown)(...merge(unflatten(treedef, inputs) as unknown[])));
    if (isEvaluating() && !arrays.some(isTracer)) {
      const outputs = call(arrays);
      return unflatten(outTree!, outputs);
    }
    const forward = (inputs: readonly NDArray[]): Forward => {
      const pair = rules.fwd(...merge(unflatten(treedef, inputs) as unknown[]));
      if (!Array.isArray(pair) || pair.length !== 2)
        throw new TreeMismatch(
          `fwd of ${name}`,
          `it returned ${Array.isArray(pair) ? `a list of ${pair.length}` : typeof pair}`,
          "Return [output, residuals]",
        );
      const outputs = flattenForward(pair[0]);
      const residuals = flattenArrays(pair[1], `residuals of ${name}`);
      const types = inputs.map(avalOf);
      return {
        outputs,
        residuals: residuals.arrays,
        backward: (own, cotangents) =>
          checkCotangents(
            name,
            rules.bwd(...staticValues, unflatten(residuals.treedef, own), unflatten(outTree!, cotangents)),
            treedef,
            types,
          ),
      };
    };
    const outputs = customVjpCall(...arrays, { name, call, forward });
    return unflatten(outTree!, outputs);
  };
  Object.defineProperty(custom, "name", { value: name });
  return custom as F;
};

const requireRules = (name: string, rules: CustomVjpRules | undefined): void => {
  for (const key of ["fwd", "bwd"] as const) {
    if (typeof rules?.[key] !== "function")
      throw new MissingRule(
        `customVjp of ${name}`,
        `${key} is ${typeof rules?.[key]}`,
        "Give both rules: { fwd: (...args) => [out, residuals], bwd: (residuals, cotangent) => [...] }",
      );
  }
};

type TypedTree = readonly [Treedef, readonly Aval[]];

/** The forward rule's output is the function's: same tree, shapes and dtypes. */
const requireSameOutputs = (name: string, [tree, types]: TypedTree, [seenTree, seen]: TypedTree): void => {
  requireSameTree(`fwd of ${name}`, tree, seenTree);
  types.forEach((type, k) => {
    if (!sameType(type, seen[k]!))
      throw new TreeMismatch(
        `fwd of ${name}`,
        `output${leafPaths(tree)[k]!} is ${showAval(seen[k]!)} where ${name} returns ${showAval(type)}`,
        "Return the function's own output first",
      );
  });
};

/** The backward rule's list against the arguments: one tree per argument, null for zero. */
const checkCotangents = (
  name: string,
  returned: unknown,
  treedef: Treedef,
  types: readonly Aval[],
): (NDArray | null)[] => {
  const asked = `bwd of ${name}`;
  const count = treedef.children.length;
  if (!Array.isArray(returned) || returned.length !== count)
    throw new TreeMismatch(
      asked,
      `it returned ${Array.isArray(returned) ? `a list of ${returned.length}` : `a ${returned === null ? "null" : typeof returned}`} for ${count} arguments`,
      "Return a list with one cotangent per argument, null for zero",
    );
  const leaves: (NDArray | null)[] = [];
  const visit = (node: unknown, def: Treedef, path: string): void => {
    if (node === null) {
      for (let k = 0; k < def.leafCount; k++) leaves.push(null);
      return;
    }
    if (def.kind === "leaf") {
      const flat = flatten(node, `${asked}, cotangent ${path}`);
      if (flat.treedef.kind !== "leaf")
        throw new TreeMismatch(
          asked,
          `a tree of structure ${flat.treedef.text} for argument ${path}`,
          "Return an array there",
        );
      leaves.push(checkCotangent(asked, path, flattenArrays(node, asked).arrays[0]!, types[leaves.length]!));
      return;
    }
    const matches =
      def.kind === "list"
        ? Array.isArray(node) && node.length === def.children.length
        : typeof node === "object" &&
          !Array.isArray(node) &&
          Object.keys(node as object)
            .sort()
            .join() === def.keys.join();
    if (!matches)
      throw new TreeMismatch(
        asked,
        `the cotangent of argument ${path} does not have the structure ${def.text}`,
        "Return the argument's tree, with null for zero subtrees",
      );
    def.children.forEach((child, k) => {
      const key = def.kind === "list" ? k : def.keys[k]!;
      visit(
        (node as Record<string | number, unknown>)[key],
        child,
        def.kind === "list" ? `${path}[${k}]` : `${path}.${key}`,
      );
    });
  };
  treedef.children.forEach((child, k) => visit(returned[k], child, `[${k}]`));
  return leaves;
};

const checkCotangent = (asked: string, path: string, cotangent: NDArray, type: Aval): NDArray | null => {
  if (!isFloat(type.dtype)) return null;
  const settled =
    cotangent.weakType !== false && cotangent.dtype !== type.dtype
      ? convert(cotangent, { dtype: type.dtype, weakType: false })
      : cotangent;
  if (!sameType(settled, type))
    throw new TreeMismatch(
      asked,
      `the cotangent of argument ${path} is ${showAval(settled)} where ${showAval(type)} is needed`,
      "A cotangent has the shape and dtype of its argument",
    );
  return settled;
};

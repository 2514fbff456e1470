/**
 * Implicit function theorem: the root x of f(p, x) = 0, whatever solver found it, has
 *   dx = -(df/dx)^-1 (df/dp) dp.
 * The solver's own code is never differentiated, so it may be a host routine; any order by nesting.
 * Two forms: closures while evaluating, jaxprs with common constants once staged.
 */
import { isDebugging } from "../src/configure.ts";
import { NotARoot } from "../src/error.ts";
import { bufferOf, isConcrete } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isZero, notLinear, zero } from "../src/ir/primitive.ts";
import type { DifferentiationContext, Tangent } from "../src/ir/primitive.ts";
import { bind, stageFunction } from "../src/ir/trace.ts";
import { unflatten } from "../src/tree/tree.ts";
import { materialize, neg } from "../ops/arithmetic.ts";
import {
  batchedRule,
  jaxprFunction,
  likeTree,
  shareConstants,
  tangentsOf,
  unknownsInFront,
  zerosFor,
} from "./closures.ts";
import type { ArrayFunction } from "./closures.ts";
import { detached } from "./forward.ts";
import { flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import type { Arrays, Given, Result } from "./types.ts";

interface RootParams {
  readonly name: string;
  readonly constantCount: number;
  /** [...constants, ...x] to f(x). */
  readonly residual: ArrayFunction;
  /** [...constants, ...guess] to x. */
  readonly solve: ArrayFunction;
  /** [...constants, ...x, ...b] to y with (df/dx) y = b. */
  readonly tangentSolve: ArrayFunction;
}

const jvpOfRoot = (
  params: RootParams,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  { mark }: DifferentiationContext,
): readonly [readonly NDArray[], readonly Tangent[]] => {
  const { constantCount: n, residual, solve, tangentSolve } = params;
  const constants = primals.slice(0, n);
  const root = bind(rootCall.primitive, primals, { ...params, solve: detached(mark, solve) });
  const moved = tangentsOf(residual, [...constants, ...root], [...tangents.slice(0, n), ...zerosFor(root)]);
  if (moved.every(isZero)) return [root, zerosFor(root)];
  return [
    root,
    detached(
      mark,
      tangentSolve,
    )([...constants, ...root, ...moved.map((tangent) => (isZero(tangent) ? materialize(tangent) : neg(tangent)))]),
  ];
};

/** An answer is a root when the nearest one is closer than this, relative to 1 + its size. */
const rootTolerance = 1e-4;

const largest = (arrays: readonly NDArray[]): number =>
  arrays.reduce((size, x) => {
    if (isConcrete(x)) for (const value of bufferOf(x)) size = Math.max(size, Math.abs(value));
    return size;
  }, 0);

/** The answer; in debug mode refused where a Newton step from it, df/dx y = f(x), is not small. */
const checkedRoot = (
  { name, constantCount, residual, tangentSolve }: RootParams,
  inputs: readonly NDArray[],
  root: readonly NDArray[],
): readonly NDArray[] => {
  if (!isDebugging()) return root;
  const at = [...inputs.slice(0, constantCount), ...root];
  const remaining = residual(at);
  if (largest(remaining) === 0) return root;
  const step = largest(tangentSolve([...at, ...remaining]));
  // Not "step > ...": a NaN must not pass.
  if (!(step <= rootTolerance * (1 + largest(root))))
    throw new NotARoot(
      name,
      `the answer of its solver is about ${step} away from a root; the residual there is ${largest(remaining)}`,
      "Iterate further or refuse to answer in `solve`: derivatives are those at a root",
    );
  return root;
};

export const rootCall: PrimitiveFunction<NDArray[], RootParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  RootParams
>({
  name: "rootCall",
  evaluate: (inputs, params) => checkedRoot(params, inputs, params.solve(inputs)),
  abstractEval: (inputs, { constantCount }) => inputs.slice(constantCount).map(avalOf),
  jvp: (primals, tangents, params, context) => jvpOfRoot(params, primals, tangents, context),
  transpose: notLinear,
  batch: (inputs, dims, params, context) => {
    const { constantCount: n, residual, solve, tangentSolve } = params;
    const { operands, own } = unknownsInFront(n, inputs, dims, context.size);
    const outputs = bind(rootCall.primitive, operands, {
      ...params,
      residual: batchedRule(residual, own, context),
      solve: batchedRule(solve, own, context),
      tangentSolve: batchedRule(tangentSolve, [...own, ...own.slice(n)], context),
    });
    return [outputs, outputs.map(() => 0)];
  },
  guard: (params, mark) => ({ ...params, solve: detached(mark, params.solve) }),
  stage: (inputs, { name, constantCount, residual, solve, tangentSolve }) => {
    const types = inputs.map(avalOf);
    const guessTypes: Aval[] = types.slice(constantCount);
    const parts = [
      stageFunction(name, residual, types),
      stageFunction(name, solve, types),
      stageFunction(name, tangentSolve, [...types, ...guessTypes]),
    ];
    const { constants, jaxprs } = shareConstants(parts);
    return bind(rootStaged.primitive, [...constants, ...inputs], {
      name,
      constantCount: constants.length + constantCount,
      residual: jaxprs[0]!,
      solve: jaxprs[1]!,
      tangentSolve: jaxprs[2]!,
    });
  },
  lower: { kind: "routine" },
  laws: { testedIn: "test/transforms/custom-root.test.ts" },
});

interface StagedRoot {
  readonly name: string;
  readonly constantCount: number;
  readonly residual: Jaxpr;
  readonly solve: Jaxpr;
  readonly tangentSolve: Jaxpr;
}

const rootClosures = ({ residual, solve, tangentSolve, ...rest }: StagedRoot): RootParams => ({
  ...rest,
  residual: jaxprFunction(residual),
  solve: jaxprFunction(solve),
  tangentSolve: jaxprFunction(tangentSolve),
});

/** The same call with its functions as jaxprs. */
export const rootStaged: PrimitiveFunction<NDArray[], StagedRoot, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  StagedRoot
>({
  name: "root",
  evaluate: (inputs, params) => {
    const closures = rootClosures(params);
    return checkedRoot(closures, inputs, closures.solve(inputs));
  },
  abstractEval: (inputs, { constantCount }) => inputs.slice(constantCount).map(avalOf),
  jvp: (primals, tangents, params, context) => jvpOfRoot(rootClosures(params), primals, tangents, context),
  transpose: notLinear,
  batch: (inputs, dims, params, context) => rootCall.primitive.batch(inputs, dims, rootClosures(params), context),
  lower: { kind: "inline", jaxpr: "solve" },
  holds: ["residual", "tangentSolve"],
  gate: (params, gated) => ({
    params: {
      ...params,
      constantCount: params.constantCount + 1,
      residual: gated(params.residual),
      solve: gated(params.solve),
      tangentSolve: gated(params.tangentSolve),
    },
    places: [0],
  }),
  laws: { testedIn: "test/transforms/custom-root.test.ts" },
});

/**
 * x with f(x) = 0, found by `solve` and differentiated by the implicit function theorem.
 * @param f             residual, tree to a tree like it; derivatives flow into what it closes over
 * @param initialGuess  start of the solver; its derivative is zero
 * @param solve         (f, initialGuess) => x; never differentiated
 * @param tangentSolve  (g, b) => y with g(y) = b, g the linear map df/dx at the root; for a scalar (g, b) => b.div(g(1))
 * @returns             x, like initialGuess
 * @throws NotARoot  in debug mode (evaluated or interpreted): a Newton step from x is larger than 1e-4 (1 + |x|), or not a number
 * Derivatives: jvp and vjp, any order. Cost: one tangentSolve each.
 * @example
 * const newton = (f, x) => (np.allclose(f(x), 0).item() ? x : newton(f, x.sub(f(x).div(x.mul(2)))));
 * const squareRoot = (p) => customRoot((x) => x.mul(x).sub(p), array(1), newton, (g, b) => b.div(g(array(1))));
 * grad(squareRoot)(4) // 0.25
 */
export const customRoot = <X, T = Arrays<X>>(
  f: (x: T) => NoInfer<T>,
  initialGuess: Given<X, T>,
  solve: (f: (x: T) => T, initialGuess: T) => NoInfer<T>,
  tangentSolve: (g: (y: T) => T, b: T) => NoInfer<T>,
): Result<T> => {
  for (const part of [f, solve, tangentSolve]) requireFunction("customRoot", part);
  const name = `customRoot of ${nameOf(f as AnyFunction)}`;
  return rootNamed<T>(name, { f, initialGuess: initialGuess as T, solve, tangentSolve }) as Result<T>;
};

interface RootProblem<T> {
  readonly f: (x: T) => T;
  readonly initialGuess: T;
  readonly solve: (f: (x: T) => T, initialGuess: T) => T;
  readonly tangentSolve: (g: (y: T) => T, b: T) => T;
}

/** customRoot on behalf of the function that its errors name. */
export const rootNamed = <T>(name: string, { f, initialGuess, solve, tangentSolve }: RootProblem<T>): T => {
  const { arrays, treedef } = flattenArrays(initialGuess, name);
  const flatten = likeTree(name, treedef, arrays);
  const own = stageFunction(name, (x) => flatten(f(unflatten(treedef, x) as T)), arrays.map(avalOf));
  const n = own.constants.length;
  const residual = jaxprFunction(constantsAsInputs(own.jaxpr));
  const root = bind(rootCall.primitive, [...own.constants, ...arrays], {
    name,
    constantCount: n,
    residual,
    solve: (inputs) => {
      const at = (x: T): T => unflatten(treedef, residual([...inputs.slice(0, n), ...flatten(x)])) as T;
      return flatten(solve(at, unflatten(treedef, inputs.slice(n)) as T));
    },
    tangentSolve: (inputs) => {
      const [constants, x, b] = [
        inputs.slice(0, n),
        inputs.slice(n, n + arrays.length),
        inputs.slice(n + arrays.length),
      ];
      const g = (y: T): T => {
        const direction = flatten(y).map((dy, k): Tangent => (isFloat(x[k]!.dtype) ? dy : zero(x[k]!)));
        return unflatten(
          treedef,
          tangentsOf(residual, [...constants, ...x], [...zerosFor(constants), ...direction]).map(materialize),
        ) as T;
      };
      return flatten(tangentSolve(g, unflatten(treedef, b) as T));
    },
  });
  return unflatten(treedef, root) as T;
};

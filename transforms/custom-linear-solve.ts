/**
 * Implicit differentiation of a linear solve A x = b, whatever solver found x:
 *   dx = A^-1 (db - dA x), cotangent of b = A^-T ct.
 * The solver's own code is never differentiated, so it may be a host routine; any order by nesting.
 * Two forms: closures while evaluating, jaxprs with common constants once staged.
 */
import { MissingRule } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, isZero, notLinear } from "../src/ir/primitive.ts";
import type { DifferentiationContext, Tangent } from "../src/ir/primitive.ts";
import type { Mark } from "../src/ir/tracer.ts";
import { bind, stageFunction } from "../src/ir/trace.ts";
import { unflatten } from "../src/tree/tree.ts";
import { add, materialize, neg } from "../ops/arithmetic.ts";
import { backwardPass } from "./backward.ts";
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
import { flattenArrays, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { Arrays, Given, Result } from "./types.ts";

interface LinearSolveParams {
  readonly name: string;
  readonly constantCount: number;
  readonly symmetric: boolean;
  /** [...constants, ...x] to A x. */
  readonly apply: ArrayFunction;
  /** [...constants, ...b] to x. */
  readonly solve: ArrayFunction;
  /** [...constants, ...b] to A^-T b. */
  readonly transposeSolve: ArrayFunction | null;
}

const transposeOf =
  ({ name, apply, constantCount, symmetric }: LinearSolveParams): ArrayFunction =>
  (inputs) => {
    if (symmetric) return apply(inputs);
    const constants = inputs.slice(0, constantCount);
    const types = inputs.slice(constantCount).map(avalOf);
    const closed = stageFunction(`the operator of ${name}`, (x) => apply([...constants, ...x]), types);
    return backwardPass(closed, inputs.slice(constantCount)).map(materialize);
  };

/** The solvers' code with differentiated values as constants. */
const detach = (params: LinearSolveParams, mark: Mark): LinearSolveParams => ({
  ...params,
  solve: detached(mark, params.solve),
  transposeSolve: params.transposeSolve && detached(mark, params.transposeSolve),
});

const jvpOfLinearSolve = (
  params: LinearSolveParams,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  { mark }: DifferentiationContext,
): readonly [readonly NDArray[], readonly Tangent[]] => {
  const { constantCount: n, apply } = params;
  const inner = detach(params, mark);
  const constants = primals.slice(0, n);
  const solution = bind(linearSolveCall.primitive, primals, inner);
  const moved = tangentsOf(apply, [...constants, ...solution], [...tangents.slice(0, n), ...zerosFor(solution)]);
  const rhs = tangents
    .slice(n)
    .map((db, k): Tangent =>
      isZero(moved[k]) ? db : isZero(db) ? neg(moved[k] as NDArray) : add(db as NDArray, neg(moved[k] as NDArray)),
    );
  if (rhs.every(isZero)) return [solution, zerosFor(solution)];
  return [solution, bind(linearSolveCall.primitive, [...constants, ...rhs.map(materialize)], inner)];
};

export const linearSolveCall: PrimitiveFunction<NDArray[], LinearSolveParams, readonly NDArray[]> =
  defineMultiplePrimitive<NDArray[], LinearSolveParams>({
    name: "linearSolveCall",
    evaluate: (inputs, { solve }) => solve(inputs),
    abstractEval: (inputs, { constantCount }) => inputs.slice(constantCount).map(avalOf),
    jvp: (primals, tangents, params, context) => jvpOfLinearSolve(params, primals, tangents, context),
    transpose: (cotangents, inputs, params) => {
      const { name, constantCount, symmetric, solve, transposeSolve } = params;
      const constants = inputs.slice(0, constantCount);
      if (constants.some(isLinearInput)) return notLinear(cotangents, inputs, params);
      const adjoint = transposeSolve ?? (symmetric ? solve : null);
      if (adjoint === null)
        throw new MissingRule(
          `reverse mode through ${name}`,
          "it has no transposeSolve and is not declared symmetric",
          "Give { transposeSolve } or { symmetric: true } to customLinearSolve",
        );
      const arriving = cotangents.map(materialize);
      const leaving = bind(linearSolveCall.primitive, [...(constants as NDArray[]), ...arriving], {
        ...params,
        apply: transposeOf(params),
        solve: adjoint,
        transposeSolve: solve,
      });
      return [...constants.map(() => null), ...leaving];
    },
    batch: (inputs, dims, params, context) => {
      const { constantCount: n, apply, solve, transposeSolve } = params;
      const { operands, own } = unknownsInFront(n, inputs, dims, context.size);
      const outputs = bind(linearSolveCall.primitive, operands, {
        ...params,
        apply: batchedRule(apply, own, context),
        solve: batchedRule(solve, own, context),
        transposeSolve: transposeSolve && batchedRule(transposeSolve, own, context),
      });
      return [outputs, outputs.map(() => 0)];
    },
    guard: detach,
    stage: (inputs, params) => {
      const { name, symmetric, constantCount, apply, solve, transposeSolve } = params;
      const parts = [apply, solve, ...(transposeSolve === null ? [] : [transposeSolve])].map((f) =>
        stageFunction(name, f, inputs.map(avalOf)),
      );
      const { constants, jaxprs } = shareConstants(parts);
      return bind(linearSolveStaged.primitive, [...constants, ...inputs], {
        name,
        symmetric,
        constantCount: constants.length + constantCount,
        apply: jaxprs[0]!,
        solve: jaxprs[1]!,
        transposeSolve: jaxprs[2] ?? null,
      });
    },
    lower: { kind: "routine" },
    laws: { testedIn: "test/transforms/custom-linear-solve.test.ts" },
  });

interface StagedLinearSolve {
  readonly name: string;
  readonly symmetric: boolean;
  readonly constantCount: number;
  readonly apply: Jaxpr;
  readonly solve: Jaxpr;
  readonly transposeSolve: Jaxpr | null;
}

const linearSolveClosures = ({ apply, solve, transposeSolve, ...rest }: StagedLinearSolve): LinearSolveParams => ({
  ...rest,
  apply: jaxprFunction(apply),
  solve: jaxprFunction(solve),
  transposeSolve: transposeSolve && jaxprFunction(transposeSolve),
});

/** The same call with its functions as jaxprs. */
export const linearSolveStaged: PrimitiveFunction<NDArray[], StagedLinearSolve, readonly NDArray[]> =
  defineMultiplePrimitive<NDArray[], StagedLinearSolve>({
    name: "linearSolve",
    evaluate: (inputs, { solve }) => jaxprFunction(solve)(inputs),
    abstractEval: (inputs, { constantCount }) => inputs.slice(constantCount).map(avalOf),
    jvp: (primals, tangents, params, context) =>
      jvpOfLinearSolve(linearSolveClosures(params), primals, tangents, context),
    transpose: (cotangents, inputs, params) =>
      linearSolveCall.primitive.transpose(cotangents, inputs, linearSolveClosures(params)),
    batch: (inputs, dims, params, context) =>
      linearSolveCall.primitive.batch(inputs, dims, linearSolveClosures(params), context),
    lower: { kind: "inline", jaxpr: "solve" },
    holds: ["apply", "transposeSolve"],
    gate: (params, gated) => ({
      params: {
        ...params,
        constantCount: params.constantCount + 1,
        apply: gated(params.apply),
        solve: gated(params.solve),
        transposeSolve: params.transposeSolve && gated(params.transposeSolve),
      },
      places: [0],
    }),
    laws: { testedIn: "test/transforms/custom-linear-solve.test.ts" },
  });

export interface LinearSolveOptions {
  /** Solves with the transposed operator: (transposedMatvec, b) => x. Needed by reverse mode unless symmetric. */
  readonly transposeSolve?: (matvec: (x: any) => any, b: any) => any;
  /** The operator is symmetric: `solve` serves for the transpose. */
  readonly symmetric?: boolean;
}

/**
 * x with matvec(x) = b, found by `solve` and differentiated through the equation.
 * @param matvec   a linear function of trees like b; derivatives flow into what it closes over
 * @param solve    (matvec, b) => x; never differentiated, may call the host (pureCallback); values it closes over are constants to it
 * @returns        x, with the tree, shapes and dtypes of b
 * @throws MissingRule in reverse mode without transposeSolve or symmetric
 * Derivatives: jvp and vjp of b and of everything matvec closes over, any order. Cost: one more solve each.
 * @example
 * const d = array([2, 4]);
 * customLinearSolve((x) => np.mul(d, x), array([1, 1]), (_, rhs) => np.div(rhs, d), { symmetric: true }) // [0.5, 0.25]
 */
export const customLinearSolve = <X, T = Arrays<X>>(
  matvec: (x: T) => NoInfer<T>,
  b: Given<X, T>,
  solve: (matvec: (x: T) => T, b: T) => NoInfer<T>,
  options: LinearSolveOptions = {},
): Result<T> => {
  requireFunction("customLinearSolve", matvec);
  requireFunction("customLinearSolve", solve);
  requireOptions("customLinearSolve", options, ["transposeSolve", "symmetric"]);
  const name = "customLinearSolve";
  const { arrays, treedef } = flattenArrays(b, name);
  const flatten = likeTree(name, treedef, arrays);
  const operator = stageFunction(
    `the operator of ${name}`,
    (x) => flatten(matvec(unflatten(treedef, x) as T)),
    arrays.map(avalOf),
  );
  const n = operator.constants.length;
  const apply = jaxprFunction(constantsAsInputs(operator.jaxpr));
  const params = { name, constantCount: n, symmetric: options.symmetric === true, apply };
  const solver =
    (run: (matvec: (x: T) => T, b: T) => T, image: ArrayFunction): ArrayFunction =>
    (inputs) => {
      const constants = inputs.slice(0, n);
      const ownMatvec = (x: T): T => unflatten(treedef, image([...constants, ...flatten(x)])) as T;
      return flatten(run(ownMatvec, unflatten(treedef, inputs.slice(n)) as T));
    };
  const { transposeSolve } = options;
  const transposed = transposeOf({ ...params, solve: apply, transposeSolve: null });
  const solution = bind(linearSolveCall.primitive, [...operator.constants, ...arrays], {
    ...params,
    solve: solver(solve, apply),
    transposeSolve: transposeSolve === undefined ? null : solver(transposeSolve, transposed),
  });
  return unflatten(treedef, solution) as Result<T>;
};

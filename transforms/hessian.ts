/**
 * Whole derivatives: jacfwd and jacrev (one linearization, then a vmap over a basis), hessian, hvp.
 * A Jacobian has the output's tree, in each leaf the argument's tree, shapes out.shape + in.shape.
 */
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import { castBuffer } from "../src/array/create.ts";
import type { Shape } from "../src/array/shape.ts";
import { sizeOf } from "../src/array/shape.ts";
import { evaluateClosed } from "../src/ir/evaluate.ts";
import type { Aval } from "../src/ir/aval.ts";
import { isNonzero, zero } from "../src/ir/primitive.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { MapLeaves } from "../src/tree/types.ts";
import { zerosOf } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { moveAxis, reshape } from "../ops/shape.ts";
import { backwardPass } from "./backward.ts";
import { chosen, spreadNull, spreadTangents } from "./flagged.ts";
import type { Linearization } from "./forward.ts";
import { nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import { jvp } from "./jvp.ts";
import { batchFlat } from "./vmap.ts";
import { grad, linearizeAt } from "./vjp.ts";
import type { GradOptions, Point } from "./vjp.ts";
import type { ArgumentAt, ArgumentsAt, ArraysOfList, Cotangent, Given, GivenAt, Liberal } from "./types.ts";

/** The standard basis of arrays of this type, stacked along a leading axis: [size, ...shape]. */
const basis = ({ shape, dtype }: Aval): NDArray => {
  const size = sizeOf(shape);
  const identity = new Float64Array(size * size);
  for (let k = 0; k < size; k++) identity[k * size + k] = 1;
  return fromBuffer(castBuffer(identity, "float64", dtype), [size, ...shape], dtype);
};

/** Runs `f` on each basis vector at once; missing results are zero. Shape [size, ...type.shape] each. */
const overBasis = (
  type: Aval,
  f: (direction: NDArray) => readonly Tangent[],
  resultTypes: readonly Aval[],
): NDArray[] => {
  const size = sizeOf(type.shape);
  let found: readonly Tangent[] = [];
  const [outputs, dims] = batchFlat(
    "a Jacobian",
    ([direction]) => {
      found = f(direction!);
      return found.filter(isNonzero);
    },
    { inputs: [basis(type)], dims: [0], size },
  );
  const fronted = outputs.map((output, k) => batchToFront(output, dims[k]!, size));
  return spreadNull(found.map(isNonzero), fronted).map(
    (result, k) => result ?? zerosOf([size, ...resultTypes[k]!.shape], resultTypes[k]!.dtype),
  );
};

const reshapeTo = (x: NDArray, shape: Shape): NDArray => reshape(x, { shape });

/** blocks[output][input] as a tree of trees; a bare argnum drops the list around the inputs. */
const assemble = (point: Point, options: GradOptions, blocks: readonly (readonly NDArray[])[]): unknown => {
  const bare = typeof (options.argnums ?? 0) === "number";
  const jacobian = unflatten(
    point.outTree,
    blocks.map((row) => {
      const inputs = unflatten(point.treedef, row) as unknown[];
      return bare ? inputs[0] : inputs;
    }),
  );
  return options.hasAux === true ? [jacobian, point.aux] : jacobian;
};

const optionNames = ["argnums", "hasAux", "allowInt"];

/** The tree of `Out` with, in each leaf, the tree of `In` (twice, for second derivatives) with arrays as leaves. */
export type DerivativeTree<Out, In, Order extends 1 | 2> = MapLeaves<
  Out,
  MapLeaves<In, Order extends 1 ? NDArray : MapLeaves<In, NDArray>>
>;

/** The derivatives of a function by its first argument (or by `argnums`), for every element of both. */
export interface WholeDerivative<Order extends 1 | 2> {
  <A = NDArray, Rest extends readonly unknown[] = [], Out = unknown, Aux = unknown>(
    f: (x: A, ...rest: Rest) => readonly [Out, Aux],
    options: GradOptions & { readonly hasAux: true; readonly argnums?: 0 },
  ): (x: Liberal<A>, ...rest: Rest) => [DerivativeTree<Out, A, Order>, Aux];
  <A = NDArray, Rest extends readonly unknown[] = [], Out = unknown>(
    f: (x: A, ...rest: Rest) => Out,
    options?: GradOptions & { readonly argnums?: 0; readonly hasAux?: false },
  ): (x: Liberal<A>, ...rest: Rest) => DerivativeTree<Out, A, Order>;
  <const N extends number, Args extends readonly unknown[], Out>(
    f: (...args: Args) => Out,
    options: GradOptions & { readonly argnums: N; readonly hasAux?: false },
  ): (...args: GivenAt<Args, N>) => DerivativeTree<Out, ArgumentAt<Args, N>, Order>;
  <const Ns extends readonly number[], Args extends readonly unknown[], Out>(
    f: (...args: Args) => Out,
    options: GradOptions & { readonly argnums: Ns; readonly hasAux?: false },
  ): (...args: GivenAt<Args, Ns[number]>) => DerivativeTree<Out, ArgumentsAt<Args, Ns>, Order>;
  <Args extends readonly unknown[], Out, Aux>(
    f: (...args: Args) => readonly [Out, Aux],
    options: GradOptions & { readonly hasAux: true },
  ): (...args: Liberal<Args>) => [any, Aux];
}

/**
 * Jacobian by forward mode: one tangent per input element, all at once. Best for few inputs.
 * @returns a function giving the output's tree with, in each leaf, the argument's tree of arrays out.shape + in.shape
 * @example jacfwd((x) => x.mul(x))(array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacfwd: WholeDerivative<1> = ((f: AnyFunction, options: GradOptions = {}) => {
  requireFunction("jacfwd", f);
  requireOptions("jacfwd", options, optionNames);
  return (...args: unknown[]): unknown => {
    const point = linearizeAt(`jacfwd of ${nameOf(f)}`, f, options, args);
    const { outputs, linear, depends } = point.linearization;
    const varying = varyingTypes(point.arrays);
    let next = 0;
    const columns = point.arrays.map((type) => {
      if (!isFloat(type.dtype)) return outputs.map((output) => zerosOf([...output.shape, ...type.shape], output.dtype));
      const position = next++;
      const rows = overBasis(
        type,
        (direction) => {
          const results = evaluateClosed(
            linear,
            varying.map((other, k) => (k === position ? direction : zerosOf(other.shape, other.dtype))),
          );
          return spreadTangents(depends, outputs, results);
        },
        outputs,
      );
      return rows.map((row, k) => reshapeTo(moveAxis(row, 0, row.ndim - 1), [...outputs[k]!.shape, ...type.shape]));
    });
    return assemble(
      point,
      options,
      outputs.map((_, k) => columns.map((column) => column[k]!)),
    );
  };
}) as never;

/**
 * Jacobian by reverse mode: one cotangent per output element, all at once. Best for few outputs.
 * Result and options as `jacfwd`.
 * @example jacrev((x) => x.mul(x))(array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacrev: WholeDerivative<1> = ((f: AnyFunction, options: GradOptions = {}) => {
  requireFunction("jacrev", f);
  requireOptions("jacrev", options, optionNames);
  return (...args: unknown[]): unknown => {
    const point = linearizeAt(`jacrev of ${nameOf(f)}`, f, options, args);
    const { outputs, depends } = point.linearization;
    const blocks = outputs.map((output, k) => {
      const rows = depends[k]!
        ? overBasis(output, (cotangent) => pullOne(point.linearization, k, cotangent), varyingTypes(point.arrays))
        : varyingTypes(point.arrays).map((type) => zerosOf([output.size, ...type.shape], type.dtype));
      let next = 0;
      return point.arrays.map((type) => {
        const shape = [...output.shape, ...type.shape];
        return isFloat(type.dtype) ? reshapeTo(rows[next++]!, shape) : zerosOf(shape, type.dtype);
      });
    });
    return assemble(point, options, blocks);
  };
}) as never;

const varyingTypes = (types: readonly NDArray[]): NDArray[] => types.filter((type) => isFloat(type.dtype));

/** Pullback of a cotangent on output k alone. */
const pullOne = ({ linear, depends, outputs }: Linearization, k: number, cotangent: NDArray): Tangent[] => {
  const cotangents = outputs.map((output, i): Tangent => (i === k ? cotangent : zero(output)));
  return backwardPass(linear, chosen(cotangents, depends));
};

/**
 * Second derivatives of a function: jacfwd of jacrev.
 * @returns a function giving, for a scalar `f` of an array of shape s, an array of shape s + s; trees nest likewise
 * @throws ForwardModeOfCustomVjp where the backward rule of a customVjp calls another customVjp: use jacrev(jacrev(f))
 * @example hessian((x) => np.sum(x.pow(3)))(array([1, 2])) // [[6, 0], [0, 12]]
 */
export const hessian: WholeDerivative<2> = ((f: AnyFunction, options: GradOptions = {}) => {
  requireFunction("hessian", f);
  const derivatives = jacrev as (f: AnyFunction, options: GradOptions) => AnyFunction;
  return (jacfwd as typeof derivatives)(derivatives(f, options), options);
}) as never;

/**
 * Hessian-vector product of a scalar function by its first argument: forward over reverse, no Hessian is formed.
 * @param primals   list of arguments
 * @param tangents  list of directions, one per argument
 * @example hvp((x) => np.sum(x.pow(3)), [array([1, 2])], [array([1, 0])]) // [6, 0]
 */
export const hvp = <X extends readonly unknown[] | [], A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => NDArray,
  primals: Given<X, A>,
  tangents: NoInfer<Liberal<A>>,
): Cotangent<A[0]> =>
  (jvp as (...args: unknown[]) => unknown[])(grad(f as never), primals, tangents)[1] as Cotangent<A[0]>;

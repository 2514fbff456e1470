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
import { isZero, zero } from "../src/ir/primitive.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { zerosOf } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { moveAxis, reshape } from "../ops/shape.ts";
import { backwardPass } from "./backward.ts";
import { linearizeFlat } from "./forward.ts";
import type { Linearization } from "./forward.ts";
import { fixOtherArguments, flattenDifferentiable, nameOf, requireArgnums, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";
import { flatWithAux, jvp, requireDifferentiable } from "./jvp.ts";
import { batchFlat } from "./vmap.ts";
import { grad } from "./vjp.ts";
import type { GradOptions } from "./vjp.ts";

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
      return found.filter((tangent): tangent is NDArray => !isZero(tangent));
    },
    [basis(type)],
    [0],
    size,
  );
  let next = 0;
  return found.map((tangent, k) => {
    if (isZero(tangent)) return zerosOf([size, ...resultTypes[k]!.shape], resultTypes[k]!.dtype);
    const at = next++;
    return batchToFront(outputs[at]!, dims[at]!, size);
  });
};

const reshapeTo = (x: NDArray, shape: Shape): NDArray => reshape(x, { shape });

interface Point {
  readonly types: readonly NDArray[];
  readonly linearization: Linearization;
  readonly treedef: Treedef;
  readonly outTree: Treedef;
  readonly aux: unknown;
}

const linearizeAt = (asked: string, f: AnyFunction, options: GradOptions, args: readonly unknown[]): Point => {
  const positions = requireArgnums(asked, options.argnums ?? 0, args.length);
  const { arrays, treedef } = flattenDifferentiable(
    positions.map((position) => args[position]),
    asked,
  );
  if (options.allowInt !== true) requireDifferentiable(asked, arrays, treedef);
  const flat = flatWithAux(fixOtherArguments(f, args, positions), treedef, asked, options.hasAux === true);
  const linearization = linearizeFlat(
    asked,
    flat.call,
    arrays,
    arrays.map((x) => isFloat(x.dtype)),
  );
  return { types: arrays, linearization, treedef, outTree: flat.outTree(), aux: flat.aux() };
};

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

/**
 * Jacobian by forward mode: one tangent per input element, all at once. Best for few inputs.
 * @returns a function giving the output's tree with, in each leaf, the argument's tree of arrays out.shape + in.shape
 * @example jacfwd((x) => x.mul(x))(array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacfwd = (f: (...args: any[]) => unknown, options: GradOptions = {}): ((...args: any[]) => any) => {
  requireFunction("jacfwd", f);
  requireOptions("jacfwd", options, optionNames);
  return (...args) => {
    const point = linearizeAt(`jacfwd of ${nameOf(f)}`, f, options, args);
    const { outputs, linear, depends } = point.linearization;
    const varying = varyingTypes(point.types);
    let next = 0;
    const columns = point.types.map((type) => {
      if (!isFloat(type.dtype)) return outputs.map((output) => zerosOf([...output.shape, ...type.shape], output.dtype));
      const position = next++;
      const rows = overBasis(
        type,
        (direction) => {
          const results = evaluateClosed(
            linear,
            varying.map((other, k) => (k === position ? direction : zerosOf(other.shape, other.dtype))),
          );
          let at = 0;
          return depends.map((yes, k): Tangent => (yes ? results[at++]! : zero(outputs[k]!)));
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
};

/**
 * Jacobian by reverse mode: one cotangent per output element, all at once. Best for few outputs.
 * Result and options as `jacfwd`.
 * @example jacrev((x) => x.mul(x))(array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacrev = (f: (...args: any[]) => unknown, options: GradOptions = {}): ((...args: any[]) => any) => {
  requireFunction("jacrev", f);
  requireOptions("jacrev", options, optionNames);
  return (...args) => {
    const point = linearizeAt(`jacrev of ${nameOf(f)}`, f, options, args);
    const { outputs, linear, depends } = point.linearization;
    const blocks = outputs.map((output, k) => {
      const rows = depends[k]!
        ? overBasis(output, (cotangent) => pullOne(linear, depends, k, outputs, cotangent), varyingTypes(point.types))
        : varyingTypes(point.types).map((type) => zerosOf([output.size, ...type.shape], type.dtype));
      let next = 0;
      return point.types.map((type) => {
        const shape = [...output.shape, ...type.shape];
        return isFloat(type.dtype) ? reshapeTo(rows[next++]!, shape) : zerosOf(shape, type.dtype);
      });
    });
    return assemble(point, options, blocks);
  };
};

const varyingTypes = (types: readonly NDArray[]): NDArray[] => types.filter((type) => isFloat(type.dtype));

/** Pullback of a cotangent on output k alone. */
const pullOne = (
  linear: Linearization["linear"],
  depends: readonly boolean[],
  k: number,
  outputs: readonly NDArray[],
  cotangent: NDArray,
): Tangent[] => {
  const cotangents = outputs.flatMap((output, i): Tangent[] =>
    depends[i]! ? [i === k ? cotangent : zero(output)] : [],
  );
  return backwardPass(linear, cotangents);
};

/**
 * Second derivatives of a function: jacfwd of jacrev.
 * @returns a function giving, for a scalar `f` of an array of shape s, an array of shape s + s; trees nest likewise
 * @throws ForwardModeOfCustomVjp where the backward rule of a customVjp calls another customVjp: use jacrev(jacrev(f))
 * @example hessian((x) => np.sum(x.pow(3)))(array([1, 2])) // [[6, 0], [0, 12]]
 */
export const hessian = (f: (...args: any[]) => unknown, options: GradOptions = {}): ((...args: any[]) => any) => {
  requireFunction("hessian", f);
  return jacfwd(jacrev(f, options), options);
};

/**
 * Hessian-vector product of a scalar function by its first argument: forward over reverse, no Hessian is formed.
 * @param primals   list of arguments
 * @param tangents  list of directions, one per argument
 * @example hvp((x) => np.sum(x.pow(3)), [array([1, 2])], [array([1, 0])]) // [6, 0]
 */
export const hvp = <A, Rest extends readonly unknown[]>(
  f: (x: A, ...rest: Rest) => NDArray,
  primals: readonly [A, ...Rest],
  tangents: readonly [A, ...Rest],
): A => (jvp as (...args: unknown[]) => unknown[])(grad(f as never), primals, tangents)[1] as A;

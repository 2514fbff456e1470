/**
 * Vectorization: vmap maps a function over an axis of its arguments without a loop.
 * A tracer is a value with a mapped axis; every primitive's batching rule says what that axis does.
 */
import { showValue } from "../src/describe.ts";
import { BatchSize, InvalidOption, TreeMismatch } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { toList } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim } from "../src/ir/primitive.ts";
import { bind, currentTrace, withMark, withTrace } from "../src/ir/trace.ts";
import type { Trace } from "../src/ir/trace.ts";
import type { Mark } from "../src/ir/tracer.ts";
import { isTracer, newMark, Tracer } from "../src/ir/tracer.ts";
import { leafPaths, unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { batchToFront } from "../ops/batching.ts";
import { moveAxis } from "../ops/shape.ts";
import { flatFunction, flattenArrays, nameOf, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";
import type { Arrays, Liberal } from "./types.ts";

interface Batched {
  readonly value: NDArray;
  readonly dim: number;
}

/** Value and mapped axis as seen by the trace with this mark. */
const batchedOf = (x: NDArray, mark: Mark): readonly [NDArray, BatchDim] =>
  isTracer(x) && x.mark === mark
    ? [(x as Tracer<Batched>).payload.value, (x as Tracer<Batched>).payload.dim]
    : [x, null];

const withoutAxis = ({ shape, dtype, weakType }: Aval, axis: number): Aval => ({
  shape: shape.filter((_, k) => k !== axis),
  dtype,
  weakType,
});

const wrap = (mark: Mark, value: NDArray, dim: BatchDim): NDArray =>
  dim === null ? value : new Tracer<Batched>(mark, withoutAxis(value, dim), { value, dim });

const batchTrace = (mark: Mark, parent: Trace, size: number): Trace => ({
  mark,
  process: (primitive, inputs, params) => {
    const pairs = inputs.map((input) => batchedOf(input, mark));
    const values = pairs.map(([value]) => value);
    const dims = pairs.map(([, dim]) => dim);
    // Functions among the parameters may close over mapped values, so their calls are always batched.
    if (dims.every((dim) => dim === null) && primitive.guard === undefined)
      return withTrace(parent, () => bind(primitive, values, params));
    const [outputs, outDims] = withTrace(parent, () => primitive.batch(values, dims, params, { size, mark }));
    const dimList = toList(outDims);
    return toList(outputs).map((output, k) => wrap(mark, output, dimList[k]!));
  },
});

/** Arrays with their mapped axes, of one size. */
export interface MappedArrays {
  readonly inputs: readonly NDArray[];
  readonly dims: readonly BatchDim[];
  readonly size: number;
}

/** Outputs of `f` and their mapped axes, for inputs with the given mapped axes. */
export const batchFlat = (
  owner: string,
  f: (inputs: readonly NDArray[]) => readonly NDArray[],
  { inputs, dims, size }: MappedArrays,
): readonly [NDArray[], BatchDim[]] => {
  const mark = newMark(owner);
  const outputs = withMark(batchTrace(mark, currentTrace(), size), () =>
    f(inputs.map((input, k) => wrap(mark, input, dims[k]!))),
  );
  const pairs = outputs.map((output) => batchedOf(output, mark));
  return [pairs.map(([value]) => value), pairs.map(([, dim]) => dim)];
};

/**
 * Code of a custom rule under an existing mark: closed-over tracers of the same vmap are recognized.
 * Every output comes back with its mapped axis in front.
 */
export const batchUnderMark = (
  { mark, size }: BatchContext,
  f: (inputs: readonly NDArray[]) => readonly NDArray[],
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
): NDArray[] => {
  const wasAlive = mark.alive;
  mark.alive = true;
  try {
    const outputs = withTrace(batchTrace(mark, currentTrace(), size), () =>
      f(inputs.map((input, k) => wrap(mark, input, dims[k]!))),
    );
    return outputs.map((output) => {
      const [value, dim] = batchedOf(output, mark);
      return batchToFront(value, dim, size);
    });
  } finally {
    mark.alive = wasAlive;
  }
};

/** An axis for every argument, or one for all; null is not mapped; trees give an axis per leaf. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

export interface VmapOptions {
  readonly inAxes?: number | null | readonly Axes[];
  readonly outAxes?: Axes;
}

/** Axis per leaf from a prefix of the tree: a number or null stands for a whole subtree. */
export const axesOfLeaves = (asked: string, axes: unknown, treedef: Treedef): BatchDim[] => {
  const spread = (node: unknown, def: Treedef, path: string): BatchDim[] => {
    if (node === null || typeof node === "number") {
      if (node !== null && !Number.isInteger(node))
        throw new InvalidOption(
          asked,
          `axis ${node}${path === "" ? "" : ` at ${path}`}`,
          "Axes are whole numbers or null",
        );
      return new Array<BatchDim>(def.leafCount).fill(node);
    }
    if (def.kind === "list" && Array.isArray(node) && node.length === def.children.length)
      return def.children.flatMap((child, k) => spread(node[k], child, `${path}[${k}]`));
    if (def.kind === "object" && typeof node === "object" && Object.keys(node).sort().join() === def.keys.join())
      return def.children.flatMap((child, k) =>
        spread((node as Record<string, unknown>)[def.keys[k]!], child, `${path}.${def.keys[k]!}`),
      );
    throw new TreeMismatch(
      asked,
      `axes ${showValue(node)} at ${path === "" ? "the top" : path} for structure ${def.text}`,
      "Axes are a prefix of the arguments' tree: numbers, null, lists, objects",
    );
  };
  return spread(axes, treedef, "");
};

/** The common size of the mapped axes; all sizes are listed when they disagree. */
const requireBatchSize = (
  asked: string,
  arrays: readonly NDArray[],
  dims: readonly BatchDim[],
  treedef: Treedef,
): [number, BatchDim[]] => {
  const paths = leafPaths(treedef);
  const normalized = dims.map((dim, k) => {
    if (dim === null) return null;
    const { shape } = arrays[k]!;
    if (dim < -shape.length || dim >= shape.length)
      throw new BatchSize(
        asked,
        `axis ${dim} of argument ${paths[k]!} with shape ${showShape(shape)}`,
        "Map an axis the argument has, or null for an argument that is not mapped",
      );
    return dim < 0 ? dim + shape.length : dim;
  });
  const sizes = normalized.flatMap((dim, k) =>
    dim === null ? [] : [{ path: paths[k]!, size: arrays[k]!.shape[dim]! }],
  );
  if (sizes.length === 0)
    throw new BatchSize(asked, "no argument is mapped", "Give at least one inAxes entry that is not null");
  if (sizes.some(({ size }) => size !== sizes[0]!.size))
    throw new BatchSize(
      asked,
      `mapped axes differ: ${sizes.map(({ path, size }) => `${path} has ${size}`).join(", ")}`,
      "All mapped axes need one size",
    );
  return [sizes[0]!.size, normalized];
};

/**
 * Maps `f` over an axis of its arguments; results are stacked along `outAxes`.
 * @param options  inAxes: axis per argument (or per leaf, as a tree prefix), null for unmapped; outAxes likewise. Default 0.
 * @returns a function of arguments with one more axis each
 * @throws BatchSize (sizes that differ are all listed), TreeMismatch, UnknownOption
 * @example vmap((x, y) => np.dot(x, y))(array([[1, 2], [3, 4]]), array([[1, 0], [0, 1]])) // [1, 4]
 */
export const vmap = <Args extends readonly any[], R>(
  f: (...args: Args) => R,
  options: VmapOptions = {},
): ((...args: Liberal<Args>) => Arrays<R>) => {
  requireFunction("vmap", f);
  requireOptions("vmap", options, ["inAxes", "outAxes"]);
  const asked = `vmap of ${nameOf(f as AnyFunction)}`;
  const inAxes = options.inAxes === undefined ? 0 : options.inAxes;
  return (...args) => {
    if (Array.isArray(inAxes) && inAxes.length !== args.length)
      throw new TreeMismatch(
        asked,
        `inAxes has ${inAxes.length} entries for ${args.length} arguments`,
        "Give one axis per argument",
      );
    const { arrays, treedef } = flattenArrays(args, asked);
    const [size, dims] = requireBatchSize(asked, arrays, axesOfLeaves(asked, inAxes, treedef), treedef);
    const flat = flatFunction(f as AnyFunction, treedef, asked);
    const [outputs, outDims] = batchFlat(asked, flat.call, { inputs: arrays, dims, size });
    const wanted = axesOfLeaves(
      `${asked}, outAxes`,
      options.outAxes === undefined ? 0 : options.outAxes,
      flat.outTree(),
    );
    return unflatten(
      flat.outTree(),
      outputs.map((output, k) => placeAxis(asked, [output, outDims[k]!], wanted[k]!, size)),
    ) as Arrays<R>;
  };
};

/** The mapped axis where outAxes wants it; null asserts that the output does not vary. */
const placeAxis = (
  asked: string,
  [output, dim]: readonly [NDArray, BatchDim],
  wanted: BatchDim,
  size: number,
): NDArray => {
  if (wanted === null) {
    if (dim !== null)
      throw new BatchSize(asked, "an output with outAxes null varies over the mapped axis", "Give it an axis");
    return output;
  }
  const rank = output.shape.length + (dim === null ? 1 : 0);
  if (wanted < -rank || wanted >= rank)
    throw new BatchSize(asked, `outAxes ${wanted} of an output of rank ${rank}`, `Use -${rank} to ${rank - 1}`);
  const target = wanted < 0 ? wanted + rank : wanted;
  return dim === null ? moveAxis(batchToFront(output, null, size), 0, target) : moveAxis(output, dim, target);
};

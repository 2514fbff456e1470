/**
 * Compositions of layout operations (shape.ts): elements are copied, so no bit changes. That a chain which leaves every
 * element in its place is its operand is known to the compiler for all views (src/compile/views.ts). Sums: only those
 * of integers are associative.
 */
import { sameShape } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { isConcrete } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import type { Aval } from "../src/ir/aval.ts";
import type { Simplification } from "../src/ir/primitive.ts";
import { isFloatArray, rule } from "./rules.ts";

interface Calls {
  readonly reshape: PrimitiveFunction<[NDArray], { readonly shape: Shape }>;
  readonly transpose: PrimitiveFunction<[NDArray], { readonly permutation: readonly number[] }>;
  readonly broadcast: PrimitiveFunction<[NDArray], { readonly shape: Shape; readonly axes: readonly number[] }>;
  readonly reduceSum: PrimitiveFunction<[NDArray], { readonly axes: readonly number[] }>;
  readonly repeatedNumber: (value: number, type: Aval) => NDArray;
}

type Rules = readonly Simplification[];

const copied = "elements are copied";

/** A repeated number is repeated in the shape of the view at once. */
export const repetitionRule = <P>(
  repeatedNumber: (value: number, type: Aval) => NDArray,
  shapeOf: (x: NDArray, params: P) => Shape,
): Simplification =>
  rule(
    "a view of a repeated number is the number repeated",
    copied,
    ([x]: readonly NDArray[], params: P, { constant }) => {
      const value = constant(x!);
      if (value === null || isConcrete(x)) return null;
      const { dtype, weakType } = x!;
      return repeatedNumber(value, { shape: shapeOf(x!, params), dtype, weakType });
    },
  );

/** Axes of a list of axes that are left after others are removed from a shape, counted there. */
export const axesBefore = (inner: readonly number[], outer: readonly number[], rank: number): number[] => {
  const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !inner.includes(axis));
  return [...inner, ...outer.map((axis) => kept[axis]!)].sort((left, right) => left - right);
};

/** Two reductions one after the other as one, for those whose order does not matter. */
export const nestedReduction = (
  name: string,
  reason: string,
  call: () => Calls["reduceSum"],
  applies: (x: NDArray) => boolean = () => true,
): Simplification =>
  rule(name, reason, ([x]: readonly NDArray[], { axes }: { readonly axes: readonly number[] }, { madeBy }) => {
    const made = applies(x!) ? madeBy(x!, call()) : null;
    if (made === null) return null;
    const [source] = made.inputs;
    return call()(source, { axes: axesBefore(made.params.axes, axes, source.ndim) });
  });

/** A reduction over axes of one element each as a reshape. */
export const unitReduction = (
  name: string,
  reason: string,
  reshape: () => Calls["reshape"],
  applies: (x: NDArray) => boolean = () => true,
): Simplification =>
  rule(name, reason, ([x]: readonly NDArray[], { axes }: { readonly axes: readonly number[] }) => {
    if (!applies(x!) || axes.some((axis) => x!.shape[axis] !== 1)) return null;
    return reshape()(x!, { shape: x!.shape.filter((_, axis) => !axes.includes(axis)) });
  });

/** Axes of `target` that the axes of `source` are, where target is source with axes of size 1 put in; else null. */
const placesOf = (source: Shape, target: Shape): number[] | null => {
  const places: number[] = [];
  target.forEach((extent, axis) => {
    if (places.length < source.length && extent === source[places.length]) places.push(axis);
  });
  const isPlace = new Set(places);
  return places.length === source.length && target.every((extent, axis) => extent === 1 || isPlace.has(axis))
    ? places
    : null;
};

/** Rules by primitive; the primitives are asked for once rules are applied. */
export const shapeRules = (
  calls: () => Calls,
): Readonly<Record<"reshape" | "transpose" | "broadcast" | "reduceSum", Rules>> => {
  const repeated: Calls["repeatedNumber"] = (value, type) => calls().repeatedNumber(value, type);
  return {
    reshape: [
      repetitionRule(repeated, (_x, { shape }: { readonly shape: Shape }) => shape),
      rule("reshape of reshape", copied, ([x], params, { madeBy }) => {
        const made = madeBy(x!, calls().reshape);
        return made === null ? null : calls().reshape(made.inputs[0], params);
      }),
    ],
    transpose: [
      repetitionRule(repeated, (x, { permutation }: { readonly permutation: readonly number[] }) =>
        permutation.map((axis) => x.shape[axis]!),
      ),
      rule("transpose of transpose", copied, ([x], { permutation }, { madeBy }) => {
        const made = madeBy(x!, calls().transpose);
        if (made === null) return null;
        const inner = made.params.permutation;
        return calls().transpose(made.inputs[0], { permutation: permutation.map((axis: number) => inner[axis]!) });
      }),
    ],
    broadcast: [
      repetitionRule(repeated, (_x, { shape }: { readonly shape: Shape }) => shape),
      rule("broadcast of broadcast", copied, ([x], { shape, axes }, { madeBy }) => {
        const made = madeBy(x!, calls().broadcast);
        if (made === null) return null;
        return calls().broadcast(made.inputs[0], { shape, axes: made.params.axes.map((axis) => axes[axis]!) });
      }),
      rule("broadcast of a reshape that puts in axes of size 1", copied, ([x], { shape, axes }, { madeBy }) => {
        const source = madeBy(x!, calls().reshape)?.inputs[0];
        const places = source === undefined ? null : placesOf(source.shape, x!.shape);
        return places === null ? null : calls().broadcast(source!, { shape, axes: places.map((axis) => axes[axis]!) });
      }),
    ],
    reduceSum: [
      rule("a sum over no axes is its operand", "nothing is added", ([x], { axes }) => (axes.length === 0 ? x! : null)),
      unitReduction(
        "an integer sum over axes of size 1 is a reshape",
        "nothing is added; a float sum turns -0 into 0",
        () => calls().reshape,
        (x) => !isFloatArray(x),
      ),
      nestedReduction(
        "a sum of sums of integers is a sum",
        "integers are a ring; floats would round in another order",
        () => calls().reduceSum,
        (x) => !isFloatArray(x),
      ),
    ],
  };
};

/** Whether two arrays are the same value, as far as is known. */
export const isSameValue = (x: NDArray, y: NDArray, constant: (x: NDArray) => number | null): boolean => {
  if (x === y) return true;
  const value = constant(x);
  return value !== null && sameShape(x.shape, y.shape) && Object.is(value, constant(y));
};

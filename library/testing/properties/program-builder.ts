/**
 * A program under construction, evaluated as it grows, and the fitting of earlier values to what an operand must be.
 * Idea: a value takes another shape by reshaping, repeating and cutting, and enters a domain as middle + width * sin(value)
 * on a stretch without kinks. So programs stay in range and smooth by construction, and derivatives flow through every step.
 */
import { CotangentError } from "../../../src/error.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import type { NDArray } from "../../../src/array/ndarray.ts";
import type { Shape } from "../../../src/array/shape.ts";
import { sameShape, sizeOf } from "../../../src/array/shape.ts";
import type { InputSpec, Params, Pick, Primitive } from "../../../src/ir/primitive.ts";
import { families } from "../../../ops/families.ts";
import type { Uniform } from "../chance.ts";
import { clearance, drawArray, pickWith } from "../chance.ts";
import { elementsOf } from "../comparison.ts";
import type { Instruction, OwnPrimitive, Vocabulary } from "./program.ts";
import { arrayOf, isTame, valueOf } from "./program.ts";

/** Primitives of the library's families, by name. */
export const known: ReadonlyMap<string, Primitive> = new Map(
  Object.values(families)
    .flat()
    .map((primitive) => [primitive.name, primitive]),
);

/** Records by name: the user's own first, then the library's. */
export const vocabularyOf =
  (own: Readonly<Record<string, OwnPrimitive>> | undefined): Vocabulary =>
  (name) => {
    const primitive = own?.[name]?.primitive ?? known.get(name);
    if (primitive === undefined) throw new Error(`no primitive is called ${name}`);
    return primitive;
  };

/** Elements an operand may have. */
export const sizeBound = 512;

/** A program under construction, evaluated as it grows. */
export interface Builder {
  readonly instructions: Instruction[];
  readonly values: NDArray[];
  /** Places that must not be used again: factors, whose tangent is zero by convention. */
  readonly hidden: Set<number>;
  readonly find: Vocabulary;
  readonly random: Uniform;
  readonly pick: Pick;
  /** Appends an instruction and returns the place of its value. */
  readonly push: (instruction: Instruction) => number;
  readonly apply: (primitive: string, operands: readonly number[], params?: Params) => number;
  readonly input: (spec: InputSpec) => number;
  readonly constant: (spec: InputSpec) => number;
  /** A number in every place of a shape. */
  readonly filled: (value: number, shape: Shape) => number;
  readonly shapeOf: (place: number) => Shape;
}

export const createBuilder = (find: Vocabulary, random: Uniform): Builder => {
  const instructions: Instruction[] = [];
  const values: NDArray[] = [];
  const push: Builder["push"] = (instruction) => {
    values.push(instruction.kind === "input" ? arrayOf(instruction) : valueOf(instruction, values, find));
    return instructions.push(instruction) - 1;
  };
  const apply: Builder["apply"] = (primitive, operands, params = {}) =>
    push({ kind: "apply", primitive, operands, params, output: 0, outputs: 1 });
  return {
    instructions,
    values,
    hidden: new Set(),
    find,
    random,
    pick: pickWith(random),
    push,
    apply,
    input: (spec) => {
      const { shape, dtype, domain } = spec;
      return push({ kind: "input", shape, dtype, domain, values: Array.from(elementsOf(drawArray(random, spec))) });
    },
    constant: (spec) =>
      push({
        kind: "constant",
        shape: spec.shape,
        dtype: spec.dtype,
        values: Array.from(elementsOf(drawArray(random, spec))),
      }),
    filled: (value, shape) => {
      const scalar = push({ kind: "constant", shape: [], dtype: "float64", values: [value] });
      return shape.length === 0 ? scalar : apply("broadcast", [scalar], { shape, axes: [] });
    },
    shapeOf: (place) => values[place]!.shape,
  };
};

/**
 * The place that `extend` adds, if every value on the way is tame; otherwise the builder is as it was, and null. A primitive may
 * refuse values by name (a matrix that is not positive definite): that is no program either.
 */
export const attempt = (builder: Builder, extend: () => number | null): number | null => {
  const before = builder.instructions.length;
  try {
    const place = extend();
    if (place !== null && builder.values.slice(before).every(isTame) && builder.values[place]!.size <= sizeBound)
      return place;
  } catch (error) {
    if (!(error instanceof CotangentError)) throw error;
  }
  builder.instructions.length = before;
  builder.values.length = before;
  return null;
};

/** A value of the shape, made of one that is not empty: repeated, cut and reshaped. */
const fitShape = (builder: Builder, place: number, shape: Shape): number => {
  if (sameShape(builder.shapeOf(place), shape)) return place;
  const [have, want] = [builder.values[place]!.size, sizeOf(shape)];
  let flat = builder.apply("reshape", [place], { shape: [have] });
  if (have < want) {
    const copies = Math.ceil(want / have);
    const repeated = builder.apply("broadcast", [flat], { shape: [copies, have], axes: [1] });
    flat = builder.apply("reshape", [repeated], { shape: [copies * have] });
  }
  const length = builder.shapeOf(flat)[0]!;
  if (length > want) {
    const start = builder.pick.integer(0, length - want);
    flat = builder.apply("slice", [flat], { start: [start], limit: [start + want], stride: [1] });
  }
  return shape.length === 1 ? flat : builder.apply("reshape", [flat], { shape });
};

/** A stretch of the domain, at most 1.5 wide, that keeps clear of kinks and ends. */
const stretchOf = (builder: Builder, { low, high, kinks = [] }: InputSpec["domain"]): readonly [number, number] => {
  const borders = [low - clearance, ...kinks.filter((kink) => kink > low && kink < high), high + clearance].sort(
    (left, right) => left - right,
  );
  const stretches = borders
    .slice(1)
    .map((end, k) => [borders[k]! + clearance, end - clearance] as const)
    .filter(([start, end]) => end > start);
  const [start, end] = builder.pick.oneOf(stretches);
  const width = Math.min(1.5, end - start);
  const offset = start + builder.random() * (end - start - width);
  return [offset, offset + width];
};

/** sin of the value, divided by its size where that is large: bounded by 1, with slopes of order 1. */
const bounded = (builder: Builder, place: number): number => {
  const elements = elementsOf(builder.values[place]!);
  let largest = 1;
  for (let k = 0; k < elements.length; k++) largest = Math.max(largest, Math.abs(elements[k]!));
  const scaled =
    largest === 1
      ? place
      : builder.apply("mul", [place, builder.filled(2 ** -Math.ceil(Math.log2(largest)), builder.shapeOf(place))]);
  return builder.apply("sin", [scaled]);
};

/** A value of the domain, made of any. Distinct values are set apart by a constant of well-spread ones. */
const fitDomain = (builder: Builder, place: number, domain: InputSpec["domain"]): number => {
  const shape = builder.shapeOf(place);
  const small = bounded(builder, place);
  if (domain.distinct === true) {
    const count = sizeOf(shape);
    const places = builder.pick.permutation(count);
    const gap = (domain.high - domain.low) / count;
    const values = places.map((k) => domain.low + gap * (k + 0.5));
    const centers = builder.push({ kind: "constant", shape, dtype: "float64", values });
    return builder.apply("add", [builder.apply("mul", [small, builder.filled(0.2 * gap, shape)]), centers]);
  }
  const [start, end] = stretchOf(builder, domain);
  const swing = builder.apply("mul", [small, builder.filled(0.5 * (end - start), shape)]);
  return builder.apply("add", [swing, builder.filled(0.5 * (start + end), shape)]);
};

/** Numbers within a distance of given centers, made of an earlier value. */
export const around = (builder: Builder, centers: readonly number[], shape: Shape, distance: number): number => {
  const source = operandFor(builder, { shape, dtype: "float64", domain: { low: -2, high: 2 } });
  const small = builder.apply("mul", [bounded(builder, source), builder.filled(distance, shape)]);
  const middle = builder.push({ kind: "constant", shape, dtype: "float64", values: centers });
  return builder.apply("add", [small, middle]);
};

/** Whether all elements lie in the domain, clear of its kinks. */
const isInside = (x: NDArray, { low, high, kinks = [], distinct = false }: InputSpec["domain"]): boolean => {
  const margin = isFloat(x.dtype) ? clearance : 0;
  const elements = elementsOf(x);
  for (let k = 0; k < elements.length; k++) {
    const value = elements[k]!;
    if (!(value >= low + margin && value <= high - margin)) return false;
    if (kinks.some((kink) => Math.abs(value - kink) < margin)) return false;
    if (distinct)
      for (let other = 0; other < k; other++) if (Math.abs(value - elements[other]!) < 2 * margin) return false;
  }
  return true;
};

/** A place whose value may stand where the spec is asked for: a fresh input, or an earlier value that fits or is fitted. */
export const operandFor = (builder: Builder, spec: InputSpec): number => {
  const { shape, dtype, domain } = spec;
  const { pick, values } = builder;
  const same = values.flatMap((x, k) => (x.dtype === dtype && x.size > 0 && !builder.hidden.has(k) ? [k] : []));
  if (sizeOf(shape) === 0 || same.length === 0 || pick.integer(0, 4) === 0) return builder.input(spec);
  const fitting = same.filter((k) => sameShape(values[k]!.shape, shape) && isInside(values[k]!, domain));
  if (fitting.length > 0 && pick.integer(0, 3) > 0) return pick.oneOf(fitting);
  if (dtype !== "float64") return builder.input(spec);
  // Recent values are chosen more often, so that programs become deep.
  const source = pick.integer(0, 1) === 0 ? same.at(-1)! : pick.oneOf(same);
  return fitDomain(builder, fitShape(builder, source, shape), domain);
};

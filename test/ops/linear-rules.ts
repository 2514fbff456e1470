/**
 * Laws of primitives that are linear or bilinear in their float inputs, checked on the rules themselves:
 * jvp against central differences (exact here), transpose against the inner product, batch against a loop,
 * strided view against evaluate, abstractEval against what evaluate returns.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate } from "../../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { sizeOf, stridesOf } from "../../src/array/shape.ts";
import { avalOf } from "../../src/ir/aval.ts";
import { isZero, toList, zero } from "../../src/ir/primitive.ts";
import type { InputSpec, LawCase, Pick, Primitive, Tangent } from "../../src/ir/primitive.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { pickFromIntegers } from "../../library/testing/chance.ts";

/** Choices that shrink. */
const pickFrom = (generate: fc.GeneratorValue): Pick =>
  pickFromIntegers((min, max) => generate(fc.integer, { min, max }));

/** Values of the domain from a seed; whole ones for integer inputs. */
export const draw = ({ shape, dtype, domain }: InputSpec, seed: number): ConcreteArray => {
  const buffer = allocate(dtype, sizeOf(shape));
  let state = seed | 0;
  for (let k = 0; k < buffer.length; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const unit = (state >>> 0) / 2 ** 32;
    buffer[k] =
      dtype === "float64"
        ? domain.low + unit * (domain.high - domain.low)
        : domain.low + Math.floor(unit * (domain.high - domain.low + 1));
  }
  return fromBuffer(buffer, shape, dtype);
};

const single = (primitive: Primitive, inputs: readonly NDArray[], params: unknown): ConcreteArray =>
  toList(primitive.evaluate(inputs as ConcreteArray[], params))[0] as ConcreteArray;

const combine = (x: NDArray, y: NDArray, factor: number): ConcreteArray => {
  const [left, right] = [bufferOf(x as ConcreteArray), bufferOf(y as ConcreteArray)];
  return fromBuffer(
    Float64Array.from(left, (value, k) => value + factor * right[k]!),
    x.shape,
    "float64",
  );
};

const inner = (x: NDArray, y: NDArray): number => {
  const right = bufferOf(y as ConcreteArray);
  return [...bufferOf(x as ConcreteArray)].reduce((sum, value, k) => sum + value * right[k]!, 0);
};

const expectClose = (seen: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void => {
  expect(seen.length).toBe(wanted.length);
  for (let k = 0; k < seen.length; k++)
    if (!Object.is(seen[k], wanted[k]))
      expect(Math.abs(seen[k]! - wanted[k]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(wanted[k]!)));
};

const like = (x: NDArray, seed: number): ConcreteArray =>
  draw({ shape: x.shape, dtype: "float64", domain: { low: -2, high: 2 } }, seed);

const isFloating = (x: NDArray): boolean => x.dtype === "float64";

export interface Case {
  readonly inputs: readonly ConcreteArray[];
  readonly specs: readonly InputSpec[];
  readonly params: unknown;
  readonly pick: Pick;
  readonly seed: number;
}

/** Runs a law on random cases of the primitive. */
export const forAllCases = (primitive: Primitive, law: (sampled: Case) => void, numRuns = 150): void => {
  fc.assert(
    fc.property(fc.gen(), fc.integer(), (generate, seed) => {
      const pick = pickFrom(generate);
      const { laws } = primitive;
      if (!("sample" in laws)) throw new Error(`${primitive.name} has no sample`);
      const { inputs: specs, params } = laws.sample(pick) as LawCase<unknown>;
      law({ inputs: specs.map((spec, k) => draw(spec, seed + 31 * k)), specs, params, pick, seed });
    }),
    { numRuns },
  );
};

export const typeIsWhatEvaluateReturns = (primitive: Primitive): void =>
  forAllCases(primitive, ({ inputs, params }) => {
    const { shape, dtype } = single(primitive, inputs, params);
    expect(toList(primitive.abstractEval(inputs.map(avalOf), params))[0]).toMatchObject({ shape, dtype });
    expect(bufferOf(single(primitive, inputs, params)).length).toBe(sizeOf(shape));
  });

export const jvpIsTheDifference = (primitive: Primitive): void =>
  forAllCases(primitive, ({ inputs, params, pick, seed }) => {
    const floats = inputs.flatMap((x, k) => (isFloating(x) ? [k] : []));
    const chosen = [...new Set([pick.oneOf(floats), ...pick.subset(inputs.length)])].filter((k) => floats.includes(k));
    const tangents = inputs.map((x, k): Tangent => (chosen.includes(k) ? like(x, seed + k) : zero(x)));
    const moved = (step: number): ConcreteArray =>
      single(
        primitive,
        inputs.map((x, k) => (isZero(tangents[k]) ? x : combine(x, tangents[k]!, step))),
        params,
      );
    const [out, tangentOut] = primitive.jvp(inputs, tangents, params, { mark: newMark("test") });
    expect((out as ConcreteArray).toTypedArray()).toEqual(bufferOf(single(primitive, inputs, params)));
    const difference = combine(moved(0.25), moved(-0.25), -1);
    expectClose(
      bufferOf(tangentOut as ConcreteArray),
      bufferOf(difference).map((value) => value * 2),
      1e-11,
    );
  });

const transposeIsTheAdjoint = (primitive: Primitive, isJointlyLinear: boolean): void =>
  forAllCases(primitive, ({ inputs, params, pick, seed }) => {
    const floats = inputs.flatMap((x, k) => (isFloating(x) ? [k] : []));
    const linear = isJointlyLinear && pick.integer(0, 1) === 1 ? floats : [pick.oneOf(floats)];
    const zeros = (x: NDArray): ConcreteArray => fromBuffer(new Float64Array(x.size), x.shape, "float64");
    const without = single(
      primitive,
      inputs.map((x, k) => (linear.includes(k) ? zeros(x) : x)),
      params,
    );
    const linearPart = combine(single(primitive, inputs, params), without, -1);
    const cotangent = like(linearPart, seed);
    const operands = inputs.map((x, k) => (linear.includes(k) ? { kind: "linear" as const, aval: avalOf(x) } : x));
    const cotangents = primitive.transpose([cotangent], operands, params);
    inputs.forEach((x, k) => {
      if (linear.includes(k)) expect((cotangents[k] as NDArray).shape).toEqual(x.shape);
      else expect(cotangents[k]).toBeNull();
    });
    expectClose(
      [linear.reduce((sum, k) => sum + inner(cotangents[k] as NDArray, inputs[k]!), 0)],
      [inner(cotangent, linearPart)],
      1e-11,
    );
  });

/** Element of an array with the mapped axis fixed, by definition. */
const exampleOf = (x: NDArray, dim: number | null, example: number): ConcreteArray => {
  if (dim === null) return x as ConcreteArray;
  const shape = x.shape.filter((_, axis) => axis !== dim);
  const inside = sizeOf(x.shape.slice(dim + 1));
  const source = bufferOf(x as ConcreteArray);
  const out = allocate(x.dtype, sizeOf(shape));
  for (let k = 0; k < out.length; k++)
    out[k] = source[(Math.floor(k / inside) * x.shape[dim]! + example) * inside + (k % inside)]!;
  return fromBuffer(out, shape, x.dtype);
};

export const batchIsALoop = (primitive: Primitive): void =>
  forAllCases(primitive, ({ specs, params, pick, seed }) => {
    const size = pick.integer(0, 3);
    const sure = pick.integer(0, specs.length - 1);
    const dims = specs.map(({ shape }, k) =>
      k === sure || pick.integer(0, 2) > 0 ? pick.integer(0, shape.length) : null,
    );
    const inputs = specs.map((spec, k) =>
      draw({ ...spec, shape: dims[k] === null ? spec.shape : spec.shape.toSpliced(dims[k]!, 0, size) }, seed + k),
    );
    const [out, outDim] = primitive.batch(inputs, dims, params, { size, mark: newMark("test") });
    const result = toList(out)[0]!;
    const dim = toList(outDim)[0]!;
    expect(result.shape[dim!]).toBe(size);
    const { shape } = toList(
      primitive.abstractEval(
        inputs.map((x, k) => ({ ...avalOf(x), shape: x.shape.filter((_, axis) => axis !== dims[k]) })),
        params,
      ),
    )[0]!;
    expect(result.shape.filter((_, axis) => axis !== dim)).toEqual(shape);
    for (let example = 0; example < size; example++) {
      const own = single(
        primitive,
        inputs.map((x, k) => exampleOf(x, dims[k]!, example)),
        params,
      );
      expectClose(bufferOf(exampleOf(result, dim, example)), bufferOf(own), 1e-13);
    }
  });

export const viewIsTheValue = (primitive: Primitive): void =>
  forAllCases(primitive, ({ inputs: [x], params }) => {
    const { lower } = primitive;
    if (lower.kind !== "view") throw new Error(`${primitive.name} is not a view`);
    const out = single(primitive, [x!], params);
    const view = lower.view({ offset: 0, shape: x!.shape, strides: stridesOf(x!.shape) }, params, avalOf(out))!;
    expect(view.shape).toEqual(out.shape);
    const strides = stridesOf(out.shape);
    bufferOf(out).forEach((value, flat) => {
      const place = view.strides.reduce(
        (sum, stride, axis) => sum + stride * (Math.floor(flat / strides[axis]!) % out.shape[axis]!),
        view.offset,
      );
      expect(bufferOf(x!)[place]).toBe(value);
    });
  });

/** One test per law for every primitive; jointly linear means linear in all float inputs together, not only one by one. */
export const describeRules = (primitive: Primitive, isJointlyLinear: boolean): void => {
  describe(`${primitive.name}`, () => {
    test("abstractEval gives the type that evaluate returns", () => typeIsWhatEvaluateReturns(primitive));
    test("its jvp is the difference quotient", () => jvpIsTheDifference(primitive));
    test("its transpose is the adjoint", () => transposeIsTheAdjoint(primitive, isJointlyLinear));
    test("its batching equals a loop", () => batchIsALoop(primitive));
  });
};

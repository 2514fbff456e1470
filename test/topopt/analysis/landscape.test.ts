/** Laws of landscapes: axes, middle, parabolas, norms of filters, orthogonality, equal bits. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { landscape } from "cotangent/topopt";
import { floats, innerProduct, relativeGap, wave } from "../../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const seeds = fc.integer({ min: 0, max: 1000 });

interface Weights {
  readonly matrix: NDArray;
  readonly kernel: NDArray;
  readonly row: NDArray;
  readonly bias: NDArray;
  readonly scale: NDArray;
}

/** Every kind of leaf: a matrix, a convolution kernel, a matrix of one input, a vector, a scalar. */
const weightsOf = (phase: number): Weights => ({
  matrix: wave([3, 4], phase),
  kernel: wave([2, 2, 3, 2], phase + 1, { amplitude: 30 }),
  row: wave([1, 3], phase + 2),
  bias: wave([4], phase + 3),
  scale: wave([], phase + 4),
});

const sumOfSines = (p: Weights): NDArray =>
  tree.reduce((total, x) => total.add(np.sum(np.sin(x))), p, array(0) as NDArray);

/** Filters as columns. */
const columns = (x: NDArray): NDArray => x.reshape([-1, x.shape.at(-1)!]);
const norms = (x: NDArray): Float64Array => floats(np.sqrt(np.sum(np.square(columns(x)), { axis: 0 })));
const bits = (x: NDArray): readonly number[] => Array.from(floats(x));

describe("axes", () => {
  test("are symmetric to the bit for a symmetric span, rise, and have 0 in the middle", () =>
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.integer({ min: 1, max: 20 }), (span, half) => {
        const points = 2 * half + 1;
        const { alphas } = landscape((x) => x, array(1), { directions: [array(1)], span, points });
        const places = bits(alphas);
        expect(places[half]).toBe(0);
        expect([places[0], places.at(-1)]).toEqual([-span, span]);
        places.forEach((place, k) => {
          expect(place + places[points - 1 - k]!).toBe(0);
          if (k > 0) expect(place).toBeGreaterThan(places[k - 1]!);
        });
      }),
      { numRuns: 40 },
    ));

  test("have the ends that were asked for, each its own", () => {
    const directions = [array([1, 0]), array([0, 1])] as const;
    const span = { alpha: [-0.1, 0.3], beta: 2 } as const;
    const { alphas, betas } = landscape((x) => np.sum(x), array([0, 0]), { directions, span, points: 5 });
    expect([bits(alphas)[0], bits(alphas)[4], bits(betas!)[0], bits(betas!)[4]]).toEqual([-0.1, 0.3, -2, 2]);
  });
});

describe("values", () => {
  test("have the loss at the parameters in the middle", () =>
    fc.assert(
      fc.property(seeds, (seed) => {
        const p = weightsOf(seed);
        const { values } = landscape(sumOfSines, p, { seed, points: 3 });
        expect(values.at(1, 1).get().item()).toBe(sumOfSines(p).item());
      }),
      { numRuns: 10 },
    ));

  test("are the loss at parameters plus steps along the directions, alphas along the first axis", () => {
    const p = weightsOf(5);
    const { alphas, betas, values, directions } = landscape(sumOfSines, p, { seed: 1, points: 3, span: 0.7 });
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const step = (x: NDArray, d: NDArray, e: NDArray): NDArray =>
          x.add(d.mul(alphas.at(i).get())).add(e.mul(betas!.at(j).get()));
        const moved = tree.map(step as never, p as never, ...(directions as never[])) as unknown as Weights;
        expect(Math.abs(values.at(i, j).get().item() - sumOfSines(moved).item())).toBeLessThan(1e-12);
      }
  });

  test("of a quadratic along two eigenvectors are the parabolas of their eigenvalues", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        seeds,
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (first, phase, span) => {
          const root = wave([6, 6], phase);
          const matrix = np.matmul(root, root.T);
          const [eigenvalues, vectors] = linalg.eigh(matrix);
          const at = (k: number): NDArray => vectors.at(np.slice(), k).get();
          const quadratic = (x: NDArray): NDArray => np.dot(x, np.matmul(matrix, x)).mul(0.5);
          const directions = [at(first), at(5)] as const;
          const { alphas, betas, values } = landscape(quadratic, np.zeros([6]), { directions, span, points: 5 });
          const [small, large] = [eigenvalues.at(first).get(), eigenvalues.at(5).get()];
          const parabolas = np
            .add(alphas.square().mul(small).reshape([5, 1]), betas!.square().mul(large).reshape([1, 5]))
            .mul(0.5);
          expect(relativeGap(values, parabolas)).toBeLessThan(1e-13);
        },
      ),
      { numRuns: 20 },
    ));

  test("keep NaN and infinities where they are", () => {
    const { values } = landscape((x) => np.log(x), array(0), { directions: [array(1)], points: 3 });
    expect(bits(values)).toEqual([NaN, -Infinity, 0]);
  });

  test("are the same bits on every back end, and the same to rounding in chunks of any size", () => {
    const network = nn.mlp({ hidden: [5, 5], activation: nn.tanh, dtype: "float64" });
    const params = network.init(random.key(3));
    const x = nn.coordinates([3, 4]);
    const loss = (p: typeof params): NDArray => np.mean(np.square(network.apply(p, x)));
    const common = { seed: 7, points: 5 } as const;
    const { values } = landscape(loss, params, common);
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(bits(landscape(loss, params, { ...common, backend }).values)).toEqual(bits(values));
    for (const chunk of [2, 7, 25, 60])
      expect(relativeGap(landscape(loss, params, { ...common, chunk }).values, values)).toBeLessThan(1e-14);
  });

  test.each([1, 4])("call the loss once, to trace it, in chunks of %i", (chunk) => {
    let calls = 0;
    const loss = (x: NDArray): NDArray => {
      calls++;
      return np.sum(x);
    };
    landscape(loss, np.ones([2, 2]), { points: 5, chunk });
    expect(calls).toBe(1);
  });

  test("have the dtype of the loss, and directions those of the parameters", () => {
    const at = np.ones([3, 2], { dtype: "float32" });
    const { values, directions } = landscape((x) => np.sum(x), at, { points: 3 });
    expect([values.dtype, ...directions.map(({ dtype }) => dtype)]).toEqual(["float32", "float32", "float32"]);
  });
});

describe("filter normalization", () => {
  test("gives every filter the norm of the parameters' filter, and vectors and scalars zeros", () =>
    fc.assert(
      fc.property(seeds, (seed) => {
        const p = weightsOf(seed);
        for (const direction of landscape(sumOfSines, p, { seed, points: 3 }).directions) {
          for (const name of ["matrix", "kernel", "row"] as const) {
            const wanted = norms(p[name]);
            norms(direction[name]).forEach((norm, k) => expect(Math.abs(norm / wanted[k]! - 1)).toBeLessThan(1e-13));
          }
          expect([...bits(direction.bias), ...bits(direction.scale)]).toEqual([0, 0, 0, 0, 0]);
        }
      }),
      { numRuns: 20 },
    ));

  test("leaves a filter that is zero where it is", () => {
    const p = array([
      [0, 1],
      [0, 2],
    ]);
    const [direction] = landscape((x) => np.sum(x), p, { dimensions: 1, points: 3 }).directions;
    const [first, second] = norms(direction!);
    expect(first).toBe(0);
    expect(second).toBeCloseTo(Math.sqrt(5), 14);
  });

  test("makes the landscape of a network with rectifiers the same however scales are shared between its layers", () =>
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.1, max: 10, noNaN: true }), (seed, share) => {
        const [x, first, second] = [wave([6, 2], seed), wave([2, 5], seed + 1), wave([5, 3], seed + 2)];
        const loss = ({ a, b }: { readonly a: NDArray; readonly b: NDArray }): NDArray =>
          np.sum(np.square(np.matmul(nn.relu(np.matmul(x, a)), b)));
        const options = { seed, points: 3 } as const;
        const shared = { a: first.mul(share), b: second.div(share) };
        const { values } = landscape(loss, { a: first, b: second }, options);
        expect(relativeGap(landscape(loss, shared, options).values, values)).toBeLessThan(1e-13);
      }),
      { numRuns: 8 },
    ));
});

describe("orthogonal directions", () => {
  test("are orthogonal filter by filter and keep the norms of filters; one weight alone stays where it is", () =>
    fc.assert(
      fc.property(seeds, (seed) => {
        const p = weightsOf(seed);
        const [first, second] = landscape(sumOfSines, p, { seed, points: 3, orthogonal: true }).directions;
        for (const name of ["matrix", "kernel"] as const) {
          const wanted = norms(p[name]);
          const products = floats(np.sum(columns(first![name]).mul(columns(second![name])), { axis: 0 }));
          products.forEach((product, k) => expect(Math.abs(product)).toBeLessThan(1e-13 * wanted[k]! ** 2));
          norms(second![name]).forEach((norm, k) => expect(Math.abs(norm / wanted[k]! - 1)).toBeLessThan(1e-13));
        }
        expect(bits(second!.row)).toEqual([0, 0, 0]);
      }),
      { numRuns: 20 },
    ));

  test("that are given keep the first, and the plane that both span", () => {
    const directions = [array([3, 4, 0]), array([1, 1, 0])] as const;
    const used = landscape((x) => np.sum(x), np.zeros([3]), { directions, points: 3, orthogonal: true }).directions;
    expect(bits(used[0]!)).toEqual([3, 4, 0]);
    expect(Math.abs(innerProduct(used[0]!, used[1]!))).toBeLessThan(1e-15);
    expect(Math.abs(linalg.det(np.stack([used[1]!, directions[1], directions[0]])).item())).toBeLessThan(1e-15);
  });

  test("given ones are used as they are unless asked otherwise", () => {
    const direction = { w: np.full([2, 2], 7), b: array([5]) };
    const loss = (p: typeof direction): NDArray => np.sum(p.w).add(np.sum(p.b));
    const at = { w: np.ones([2, 2]), b: array([1]) };
    const options = { directions: [direction] as const, points: 3 };
    expect(bits(landscape(loss, at, options).values)).toEqual([5 - 33, 5, 5 + 33]);
    const [used] = landscape(loss, at, { ...options, normalize: "filter" }).directions;
    expect([...bits(used!.w), ...bits(used!.b)].map((value) => Math.round(value * 1e12) / 1e12)).toEqual([
      1, 1, 1, 1, 0,
    ]);
  });
});

describe("random directions", () => {
  test("are the same bits for the same seed or its key, and others for another", () => {
    const p = weightsOf(1);
    const drawn = (options: object): readonly number[] =>
      landscape(sumOfSines, p, { points: 3, ...options }).directions.flatMap(({ matrix }) => bits(matrix));
    expect(drawn({ seed: 4 })).toEqual(drawn({ seed: 4 }));
    expect(drawn({ key: random.key(4) })).toEqual(drawn({ seed: 4 }));
    expect(drawn({})).toEqual(drawn({ seed: 0 }));
    expect(drawn({ seed: 5 })).not.toEqual(drawn({ seed: 4 }));
    expect(drawn({ dimensions: 1 })).toHaveLength(12);
  });

  test("are nearly orthogonal in many dimensions", () => {
    const [first, second] = landscape((x) => np.sum(x), np.ones([64, 64]), { points: 3 }).directions;
    expect(Math.abs(innerProduct(first!, second!)) / 4096).toBeLessThan(6 / 64);
  });
});

test("a landscape along the gradient falls in the middle with the slope of its squared norm", () => {
  const p = wave([4, 3], 2);
  const loss = (x: NDArray): NDArray => np.sum(np.cos(x));
  const slope = grad(loss)(p);
  const { values } = landscape(loss, p, { directions: [slope], span: 1e-4, points: 3 });
  const [before, , after] = bits(values);
  expect((after! - before!) / 2e-4 / innerProduct(slope, slope)).toBeCloseTo(1, 6);
});

describe("what cannot be drawn is refused", () => {
  const at = np.ones([2, 2]);
  const sum = (x: NDArray): NDArray => np.sum(x);
  test.each<[string, object]>([
    ["points", { points: 4 }],
    ["points", { points: 1 }],
    ["span", { span: 0 }],
    ["span", { span: [1, -1] }],
    ["span", { span: { alpha: 1, beta: Number.NaN } }],
    ["span", { dimensions: 1, span: { alpha: 1, beta: 1 } }],
    ["chunk", { chunk: 0 }],
    ["dimensions", { dimensions: 3 }],
    ["normalize", { normalize: "layer" }],
    ["orthogonal", { orthogonal: "yes" }],
    ["orthogonal", { orthogonal: true, dimensions: 1 }],
    ["directions", { directions: [] }],
    ["directions", { directions: at }],
    ["seed", { directions: [at], seed: 1 }],
    ["seed", { seed: 1, key: random.key(1) }],
    ["direction 1", { directions: [at, at.mul(2)], orthogonal: true }],
    ["direction 0", { directions: [np.full([2, 2], Infinity)] }],
    ["backend", { backend: "gpu" }],
  ])("%s, %j", (name, options) => {
    expect(() => landscape(sum, at, options)).toThrow(coded("InvalidOption"));
    expect(() => landscape(sum, at, options)).toThrow(name);
  });

  test("with a code each: unknown options, other trees, no scalar, integers, vectors alone", () => {
    expect(() => landscape(sum, at, { point: 3 } as object)).toThrow(coded("UnknownOption"));
    expect(() => landscape(sum, at, { directions: [array([1])] })).toThrow(coded("ShapeMismatch"));
    expect(() => landscape((x: NDArray) => x, at)).toThrow(coded("NotAScalar"));
    expect(() => landscape(sum, array([1], { dtype: "int32" }))).toThrow(coded("DTypeMismatch"));
    expect(() => landscape(sum, array([1, 2]))).toThrow(/normalize "none"/);
    expect(() => landscape(sum, at, { key: array([1]) })).toThrow(coded("InvalidKey"));
  });
});

/** newton, fixedPoint, bisect: roots to the last bits, implicit derivatives of any order, failures that are loud. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  bisect,
  fixedPoint,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  newton,
  NDArray,
  ravelTree,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { expectError } from "../semantics/support.ts";

type Scalar = (p: NDArray) => NDArray;

/** Ways to the n-th derivative of a function of one number. */
const derivatives: Readonly<Record<string, readonly [order: number, of: (f: Scalar) => Scalar]>> = {
  value: [0, (f) => f],
  compiled: [0, (f) => jit(f)],
  grad: [1, (f) => grad(f) as Scalar],
  "compiled grad": [1, (f) => jit(grad(f) as Scalar)],
  jvp: [1, (f) => (p) => jvp(f, [p], [array(1)])[1]],
  "grad of grad": [2, (f) => grad(grad(f) as Scalar) as Scalar],
  hessian: [2, (f) => hessian(f)],
  "compiled forward twice": [2, (f) => jit(jacfwd(jacfwd(f)))],
  "third derivative": [3, (f) => grad(grad(grad(f) as Scalar) as Scalar) as Scalar],
};

const solvers: Readonly<Record<string, Scalar>> = {
  newton: (p) => newton((x: NDArray) => x.pow(3).sub(p), array(1)),
  bisect: (p) => bisect((x) => x.pow(3).sub(p)),
  fixedPoint: (p) => fixedPoint((x: NDArray) => x.sub(x.pow(3).sub(p).div(15)), array(1.5)),
};

describe.each(Object.keys(solvers))("the cube root by %s", (name) => {
  const ps = [2, 5, 8];
  test.each(Object.keys(derivatives))("%s is that of p^(1/3), alone and mapped", (way) => {
    const [order, of] = derivatives[way]!;
    const factor = [1, 1 / 3, -2 / 9, 10 / 27][order]!;
    const wanted = ps.map((p) => factor * p ** (1 / 3 - order));
    const tolerance = name === "fixedPoint" ? 1e-9 : 1e-13;
    const alone = ps.map((p) => of(solvers[name]!)(array(p)).item());
    const mapped = vmap(of(solvers[name]!))(array(ps)).toList() as number[];
    wanted.forEach((value, k) => {
      expect(Math.abs(alone[k]! - value)).toBeLessThan(tolerance);
      expect(Math.abs(mapped[k]! - value)).toBeLessThan(tolerance);
    });
  });
});

describe("newton", () => {
  test("systems as trees: the root and its Jacobian by every parameter", () => {
    type Unknown = { readonly x: NDArray; readonly y: readonly NDArray[] };
    const solve = (p: NDArray): Unknown =>
      newton(
        ({ x, y }: Unknown): Unknown => ({
          x: x.add(np.sum(np.square(y[0]!))).sub(np.at(p, 0).get()),
          y: [np.exp(y[0]!).sub(np.at(p, 1).get().mul(x))],
        }),
        { x: array(1), y: [array([0.1, 0.2])] },
      );
    const p = array([2, 0.7]);
    const { x, y } = solve(p);
    expect(Math.abs(x.item() + np.sum(np.square(y[0]!)).item() - 2)).toBeLessThan(1e-14);
    const sum: Scalar = (q) => np.sum(ravelTree(solve(q))[0]);
    const h = 1e-5;
    const slopes = grad(sum)(p).toTypedArray();
    [0, 1].forEach((k) => {
      const step = array([k === 0 ? h : 0, k === 1 ? h : 0]);
      const difference = (sum(p.add(step)).item() - sum(p.sub(step)).item()) / (2 * h);
      expect(Math.abs(slopes[k]! - difference)).toBeLessThan(1e-9);
    });
    expect(np.allclose(jacfwd(jacrev(sum))(p), jacrev(jacrev(sum))(p), { rtol: 1e-10 }).item()).toBe(1);
  });

  test("steps that overshoot are halved: atan from far away converges", () => {
    expect(Math.abs(newton((x: NDArray) => np.arctan(x), array(10)).item())).toBeLessThan(1e-12);
  });

  test("a function without root is refused with iterations and residual, compiled too", () => {
    const none = (): NDArray => newton((x: NDArray) => x.mul(x).add(1), array(0.7), { maxIterations: 20 });
    expectError(none, "NotConverged", "newton", "iteration");
    expectError(() => jit(none)(), "NotConverged");
    expectError(
      () => vmap((p: NDArray) => newton((x: NDArray) => x.mul(x).sub(p), array(1.3)))(array([4, -1])),
      "NotConverged",
    );
    expectError(() => newton((x: NDArray) => np.log(x), array(-1)), "NotConverged", "NaN");
  });

  test("a singular Jacobian, wrong shapes and options are refused", () => {
    expectError(() => newton((x: NDArray) => x.mul(0).add(1), array([1, 2])), "Singular");
    expectError(() => newton((x: NDArray) => np.sum(x), array([1, 2])), "ShapeMismatch");
    expectError(() => newton((x: NDArray) => x, array(1), { tol: 1 } as never), "UnknownOption", "tolerance");
    expectError(() => newton((x: NDArray) => x, array(1), { tolerance: 0 }), "InvalidOption", "tolerance 0");
    expectError(() => newton((x: NDArray) => x, array(1), { maxIterations: 0.5 }), "InvalidOption", "0.5");
  });

  test("float32 stays float32", () => {
    const root = newton((x: NDArray) => x.mul(x).sub(2), array(1, { dtype: "float32" }));
    expect([root.dtype, Math.abs(root.item() - Math.SQRT2) < 1e-6]).toEqual(["float32", true]);
  });
});

describe("bisect", () => {
  test("finds the root of any monotone cubic to the last bits, wherever it lies", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.boolean(),
        (root, scale, isRising) => {
          const f = (x: NDArray): NDArray => {
            const d = x.sub(root);
            return d.add(d.pow(3)).mul(isRising ? scale : -scale);
          };
          expect(Math.abs(bisect(f).item() - root)).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(root)));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("the order of the residual's arguments does not matter: the swapped-argument fault stays away", () => {
    // root in eta of mean(exp(eta) (1 + x^2)) - 2, which is not symmetric in (eta, x)
    const eta = (x: NDArray): NDArray => bisect((e) => np.mean(np.exp(e).mul(np.square(x).add(1))).sub(2));
    const gradient = grad(eta)(array([0.3, 0.7, -0.2])).toTypedArray();
    [-0.1657, -0.3867, 0.1105].forEach((value, k) => expect(gradient[k]).toBeCloseTo(value, 4));
  });

  test("the shift that gives a sigmoid its mean: gradients sum to minus the slope along ones, whatever the logits", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -40, max: 40, noNaN: true }), { minLength: 2, maxLength: 6 }), (logits) => {
        const sigmoid = (x: NDArray): NDArray => np.div(1, np.exp(x.neg()).add(1));
        const shift = (x: NDArray): NDArray => bisect((eta) => np.mean(sigmoid(x.add(eta))).sub(0.4));
        const x = array(logits);
        expect(Math.abs(np.mean(sigmoid(x.add(shift(x)))).item() - 0.4)).toBeLessThan(1e-14);
        // shifting all logits shifts eta back by the same amount
        expect(np.sum(grad(shift)(x)).item()).toBeCloseTo(-1, 9);
      }),
      { numRuns: 25 },
    );
  });

  test("without sign change it is refused with both ends and values", () => {
    expectError(() => bisect((x) => x.mul(x).add(1)), "RootNotBracketed");
    expectError(() => bisect((x) => x.sub(3), { expand: false }), "RootNotBracketed", "-4 at -1", "-2 at 1");
    expectError(() => jit(() => bisect((x) => np.exp(x).add(1)))(), "RootNotBracketed");
    expectError(
      () => vmap((p: NDArray) => bisect((x) => x.sub(p), { expand: false }))(array([0, 5])),
      "RootNotBracketed",
      "-6 at -1",
    );
    expectError(() => bisect((x) => np.log(x.sub(5))), "RootNotBracketed", "NaN");
    expectError(() => bisect((x) => x, { lower: 2, upper: 1 }), "InvalidOption", "lower 2");
  });

  test("ends that are given stay where they are unless they are let move", () => {
    const f = (x: NDArray): NDArray => x.sub(3);
    expectError(() => bisect(f, { lower: 0, upper: 2 }), "RootNotBracketed", "-3 at 0", "-1 at 2", "expand: true");
    expectError(() => bisect(f, { lower: 0 }), "RootNotBracketed", "-3 at 0", "-2 at 1");
    expectError(
      () => jit((p: NDArray) => bisect((x) => x.sub(p), { upper: 2 }))(array(3)),
      "RootNotBracketed",
      "-1 at 2",
    );
    for (const options of [{}, { lower: 0, upper: 2, expand: true }, { lower: 0, upper: 4 }, { upper: 9 }])
      expect(bisect(f, options).item()).toBe(3);
  });

  test("a root at an end or in the middle of the bracket, and a function that is flat there", () => {
    expect(bisect((x) => x.sub(1)).item()).toBe(1);
    expect(bisect((x) => x).item()).toBe(0);
    expect(Math.abs(bisect((x) => x.pow(3)).item())).toBeLessThan(1e-100);
  });

  test("a pole is no root, wherever it lies, eager, compiled and mapped", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        fc.constantFrom(-3, -1 / 3, 1 / 3, 1, 1e6),
        (pole, scale) => {
          expectError(() => bisect((x) => np.div(scale, x.sub(pole))), "RootNotBracketed", "at a pole");
        },
      ),
      { numRuns: 20 },
    );
    expectError(() => bisect((x) => np.tan(x), { lower: 1, upper: 2 }), "RootNotBracketed", "at a pole");
    const f = (p: NDArray): NDArray => bisect((x) => np.div(1, x.sub(p)));
    expectError(() => jit(f)(0.3), "RootNotBracketed", "at a pole");
    expectError(() => vmap(f)(array([0.3, 0.4])), "RootNotBracketed", "at a pole");
  });

  test("a jump is no root, wherever it lies and however high", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (jump, height, slope) => {
          const f = (x: NDArray): NDArray => np.where(x.less(jump), -1, height).add(x.sub(jump).mul(slope));
          expectError(() => bisect(f), "RootNotBracketed", "at a jump");
        },
      ),
      { numRuns: 20 },
    );
    const steps = (x: NDArray): NDArray => np.floor(x).sub(0.5);
    expectError(() => bisect(steps, { lower: -1000, upper: 1000 }), "RootNotBracketed", "at a jump");
    expectError(() => jit(() => bisect(steps))(), "RootNotBracketed", "at a jump");
    const upward = (x: NDArray): NDArray => np.where(x.less(0), NaN, x.sub(0.3));
    expectError(() => bisect(upward, { lower: -2, upper: 1 }), "RootNotBracketed");
    const holed = (x: NDArray): NDArray => np.where(x.equal(0), NaN, x.add(0.3));
    expectError(() => bisect(holed), "RootNotBracketed", "not numbers");
  });

  test("steep, flat, coarse and infinite functions have their roots", () => {
    const root = 1 / 3;
    const single = (x: NDArray): NDArray => x.astype("float32").add(1e3).sub(1e3).astype("float64").sub(root);
    const functions: readonly (readonly [(d: NDArray) => NDArray, number])[] = [
      [(d) => d.mul(1e300), 1e-15],
      [(d) => np.tanh(d.mul(1e15)), 1e-15],
      [(d) => np.sign(d).mul(np.pow(np.abs(d), 0.02)), 1e-15],
      [(d) => np.cbrt(d), 1e-15],
      [(d) => np.exp(d.mul(500)).sub(1), 1e-15],
      [(d) => np.where(d.less(0), d.mul(1e-6), d.mul(1e6)), 1e-15],
      [(d) => d.add(1e10).sub(1e10), 2e-6],
      [(d) => np.sinh(d.mul(300)), 1e-15],
    ];
    for (const [f, bound] of functions)
      for (const shift of [root, 0.1, -Math.PI / 4])
        expect(Math.abs(bisect((x) => f(x.sub(shift))).item() - shift)).toBeLessThan(bound);
    expect(Math.abs(bisect(single).item() - root)).toBeLessThan(1e-4);
    expect(bisect((x) => np.log(x.div(np.sub(1, x))).sub(2), { lower: 0, upper: 1 }).item()).toBeCloseTo(
      1 / (1 + Math.exp(-2)),
      14,
    );
    const near = 2 ** (1 / 3);
    const cube = (x: NDArray): NDArray => x.pow(3).sub(2);
    expect(bisect(cube, { lower: near * (1 - 4e-16), upper: near * (1 + 4e-16) }).item()).toBeCloseTo(near, 14);
  });
});

describe("fixedPoint", () => {
  test("is where cosine stops, and forward and reverse derivatives agree", () => {
    const f = (a: NDArray): NDArray => fixedPoint((x: NDArray) => np.cos(x.mul(a)), np.zeros([3]));
    const total = (a: NDArray): NDArray => np.sum(np.square(f(a)));
    const a = array(0.9);
    expect(jacfwd(total)(a).item()).toBeCloseTo(grad(total)(a).item(), 11);
    expect(hessian(total)(a).item()).toBeCloseTo(jacrev(jacrev(total))(a).item(), 9);
  });

  test("an iteration that does not settle is refused", () => {
    expectError(() => fixedPoint((x: NDArray) => x.mul(2), array(1)), "NotConverged", "NaN or infinity");
    expectError(
      () => fixedPoint((x: NDArray) => x.neg(), array(1), { maxIterations: 50 }),
      "NotConverged",
      "50 iterations",
    );
  });
});

test("ravelTree and its restore undo each other, dtypes included", () => {
  const tree = { a: array([[1, 2]], { dtype: "float32" }), b: [array(3), null] as const };
  const [vector, restore] = ravelTree(tree);
  expect([vector.dtype, vector.toList()]).toEqual(["float64", [1, 2, 3]]);
  const back = restore(vector);
  expect([back.a.dtype, back.a.toList(), back.b[0].toList(), back.b[1]]).toEqual(["float32", [[1, 2]], 3, null]);
  expectError(() => ravelTree([array([1], { dtype: "int32" })]), "DTypeMismatch", "int32[1]");
});

/** Filters within a mask, and the sensitivity filter: what they average, what flows back, and a golden run. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, jvp, linearTranspose, valueAndGrad, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField, gridMesh } from "cotangent/fem";
import type { ElementField, GridMesh } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, densityFilter, problems, sensitivityFilter, simp } from "cotangent/topopt";
import { floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";
import { readGolden } from "../reference/read.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const backends = ["interpreter", "js", "wasm"] as const;

const meshes = fc
  .record({
    nelx: fc.integer({ min: 1, max: 8 }),
    nely: fc.integer({ min: 1, max: 6 }),
    nelz: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  })
  .map((counts) => gridMesh(counts));
const radii = fc.oneof(fc.constantFrom(0, 1, 1.5, 3), fc.double({ min: 0, max: 9, noNaN: true }));
const phases = fc.double({ min: 0, max: 6, noNaN: true });

const fieldOf = ({ elementShape }: GridMesh, phase: number): ElementField =>
  wave(elementShape, phase, { middle: 0.5, amplitude: 0.45 }) as ElementField;
/** Zeros and ones without a pattern. */
const maskOf = (mesh: GridMesh, phase: number): ElementField =>
  elementField(
    mesh,
    wave(mesh.elementShape, 7 * phase)
      .greater(-0.3)
      .astype("float64"),
  );

/** Place of an element along x, y, z. */
const placeOf = ({ nelx, nely }: GridMesh, e: number): readonly number[] => [
  e % nelx,
  Math.floor(e / nelx) % nely,
  Math.floor(e / (nelx * nely)),
];
const coneWeight = (mesh: GridMesh, radius: number, e: number, other: number): number => {
  const [here, there] = [placeOf(mesh, e), placeOf(mesh, other)];
  const distance = Math.hypot(...here.map((own, axis) => own - there[axis]!));
  return e === other ? 1 : radius === 0 ? 0 : Math.max(0, 1 - distance / radius);
};

describe("a density filter with a mask", () => {
  test("it is the naive sum over pairs of elements inside, and 0 outside", () => {
    fc.assert(
      fc.property(meshes, radii, phases, (mesh, radius, phase) => {
        const [density, mask] = [floats(fieldOf(mesh, phase)), floats(maskOf(mesh, phase))];
        const seen = floats(densityFilter(mesh, { radius, mask: maskOf(mesh, phase) })(fieldOf(mesh, phase)));
        seen.forEach((value, e) => {
          let [total, weights] = [0, 0];
          for (let other = 0; other < density.length; other++) {
            const weight = mask[other]! * coneWeight(mesh, radius, e, other);
            total += weight * density[other]!;
            weights += weight;
          }
          expect(Math.abs(value - (mask[e] === 1 ? total / weights : 0))).toBeLessThanOrEqual(1e-14);
        });
      }),
    );
  });

  test("constants inside stay up to the mask's edge, and what is outside changes nothing, NaN included", () => {
    fc.assert(
      fc.property(meshes, radii, phases, fc.constantFrom(0, 5, NaN), (mesh, radius, phase, outside) => {
        const mask = maskOf(mesh, phase);
        const filter = densityFilter(mesh, { radius, mask });
        const density = np.where(mask, 0.7, outside) as NDArray as ElementField;
        floats(filter(density)).forEach((value, e) =>
          expect(Math.abs(value - (floats(mask)[e] === 1 ? 0.7 : 0))).toBeLessThanOrEqual(1e-14),
        );
        const gradient = floats(grad((x: ElementField) => np.vdot(wave(mesh.elementShape, 1), filter(x)))(density));
        gradient.forEach((own, e) => expect(floats(mask)[e] === 1 ? Number.isFinite(own) : own === 0).toBe(true));
      }),
    );
  });

  test("a mask of ones is no mask, to the bit", () => {
    fc.assert(
      fc.property(meshes, radii, phases, (mesh, radius, phase) => {
        const density = fieldOf(mesh, phase);
        const masked = densityFilter(mesh, { radius, mask: elementField(mesh, 1) });
        expect(floats(masked(density))).toEqual(floats(densityFilter(mesh, { radius })(density)));
      }),
    );
  });

  test("<H x, y> is <x, H' y>, by linearTranspose and by vjp", () => {
    fc.assert(
      fc.property(meshes, radii, phases, (mesh, radius, phase) => {
        const filter = densityFilter(mesh, { radius, mask: maskOf(mesh, phase) });
        const [x, y] = [fieldOf(mesh, 0), fieldOf(mesh, 1)];
        const forward = innerProduct(filter(x), y);
        const images = [linearTranspose(filter, x)(y)[0] as NDArray, vjp(filter, x)[1](y)[0] as NDArray];
        for (const image of images) expect(Math.abs(innerProduct(x, image) - forward)).toBeLessThanOrEqual(1e-13);
      }),
    );
  });

  test("compiled it gives the same bits on every back end, and vmap is a loop", () => {
    for (const mesh of [gridMesh({ nelx: 9, nely: 5 }), gridMesh({ nelx: 5, nely: 3, nelz: 3 })]) {
      const filter = densityFilter(mesh, { radius: 2.4, mask: maskOf(mesh, 0) });
      const [x, y] = [fieldOf(mesh, 0), fieldOf(mesh, 1)];
      for (const backend of backends) expect(floats(jit(filter, { backend })(x))).toEqual(floats(filter(x)));
      const batched = vmap(filter)(np.stack([x, y]) as NDArray as ElementField);
      expect(relativeGap(batched, np.stack([filter(x), filter(y)]))).toBeLessThan(1e-15);
    }
  });

  test("masks of other numbers or another shape are refused", () => {
    const mesh = gridMesh({ nelx: 4, nely: 3 });
    expect(() => densityFilter(mesh, { radius: 2, mask: elementField(mesh, 0.5) })).toThrow(coded("InvalidOption"));
    expect(() => densityFilter(mesh, { radius: 2, mask: elementField(mesh, NaN) })).toThrow(coded("InvalidOption"));
    expect(() => densityFilter(mesh, { radius: 2, mask: np.ones([4, 3]) as ElementField })).toThrow(
      coded("ShapeMismatch"),
    );
    expect(() => densityFilter(mesh, { radius: 2, masks: 1 } as never)).toThrow(/"mask"/u);
  });
});

describe("the sensitivity filter", () => {
  test("forwards it is the identity, and the value of an objective is that without it", () => {
    fc.assert(
      fc.property(meshes, radii, phases, (mesh, radius, phase) => {
        const density = fieldOf(mesh, phase);
        expect(floats(sensitivityFilter(mesh, { radius })(density))).toEqual(floats(density));
      }),
    );
  });

  test("backwards it is the published sum: H (rho dc) / (max(gamma, rho) sum H)", () => {
    fc.assert(
      fc.property(meshes, radii, phases, fc.constantFrom(1e-3, 0.4), (mesh, radius, phase, gamma) => {
        const [density, cotangent] = [fieldOf(mesh, phase), wave(mesh.elementShape, phase + 1)];
        const filter = sensitivityFilter(mesh, { radius, gamma });
        const seen = floats(grad((x: ElementField) => np.vdot(cotangent, filter(x)))(density));
        const [rho, dc] = [floats(density), floats(cotangent)];
        seen.forEach((value, e) => {
          let [total, weights] = [0, 0];
          for (let other = 0; other < rho.length; other++) {
            const weight = coneWeight(mesh, radius, e, other);
            total += weight * rho[other]! * dc[other]!;
            weights += weight;
          }
          const expected = total / (Math.max(gamma, rho[e]!) * weights);
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-14 / gamma);
        });
      }),
    );
  });

  test("with radius 0 the gradient is the gradient, but for densities below gamma", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    const f = (x: ElementField): NDArray => np.sum(x.mul(x));
    const filter = sensitivityFilter(mesh, { radius: 0 });
    const x = fieldOf(mesh, 0);
    expect(relativeGap(grad((own: ElementField) => f(filter(own)))(x), grad(f)(x))).toBeLessThan(1e-15);
  });

  test("it is not the gradient: differences of the objective say something else", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    const f = (x: ElementField): NDArray => np.sum(x.mul(x));
    const filter = sensitivityFilter(mesh, { radius: 2 });
    expect(
      relativeGap(grad((own: ElementField) => f(filter(own)))(fieldOf(mesh, 0)), grad(f)(fieldOf(mesh, 0))),
    ).toBeGreaterThan(0.05);
  });

  test("forward mode is refused by name; jit, vmap and second order go through the rule", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    const filter = sensitivityFilter(mesh, { radius: 2 });
    const [x, y] = [fieldOf(mesh, 0), fieldOf(mesh, 1)];
    expect(() => jvp(filter, [x], [y])).toThrow(coded("ForwardModeOfCustomVjp"));
    const f = (own: ElementField): NDArray => np.sum(filter(own).mul(own));
    const expected = grad(f)(x);
    for (const backend of backends) expect(floats(jit(grad(f), { backend })(x))).toEqual(floats(expected));
    const batched = vmap(grad(f))(np.stack([x, y]) as NDArray as ElementField);
    expect(relativeGap(batched, np.stack([expected, grad(f)(y)]))).toBeLessThan(1e-14);
    // The rule's own derivative: cotangent ones, g(x) = H x / x with H rows that sum to one.
    const rule = (own: ElementField): NDArray => densityFilter(mesh, { radius: 2 })(own).div(own);
    const seen = grad((own: ElementField) => np.vdot(y, grad((z: ElementField) => np.sum(filter(z)))(own)))(x);
    expect(relativeGap(seen, grad((own: ElementField) => np.vdot(y, rule(own)))(x))).toBeLessThan(1e-14);
  });

  test("options that are none are refused", () => {
    const mesh = gridMesh({ nelx: 5, nely: 4 });
    for (const gamma of [0, -1, NaN, Infinity])
      expect(() => sensitivityFilter(mesh, { radius: 1, gamma })).toThrow(coded("InvalidOption"));
    for (const radius of [-1, NaN, Infinity])
      expect(() => sensitivityFilter(mesh, { radius })).toThrow(coded("InvalidOption"));
    expect(() => sensitivityFilter(mesh, { rmin: 1 } as never)).toThrow(coded("UnknownOption"));
    expect(() => sensitivityFilter(mesh, { radius: 1 })(fieldOf(mesh, 0).T as ElementField)).toThrow(
      coded("ShapeMismatch"),
    );
  });
});

test(
  "with the sensitivity filter inside the objective, the 88-line program's beam has its golden objectives",
  { timeout: 60_000 },
  () => {
    const golden = readGolden("mbb-60x20").cases.find(({ filter }) => filter === "sensitivity")!;
    const { nelx, nely, rmin } = golden;
    const problem = problems.mbb({ nelx, nely });
    const filter = sensitivityFilter(problem.mesh, { radius: rmin });
    const evaluate = jit(valueAndGrad((design: ElementField) => compliance(problem, simp(filter(design)))));
    let design = elementField(problem.mesh, 0.5);
    const seen: Record<string, number> = {};
    for (let iteration = 1; iteration <= 20; iteration++) {
      const [value, gradient] = evaluate(design);
      if (String(iteration) in golden.compliance) seen[iteration] = value.item();
      const [x, slopes] = [floats(design), floats(gradient)];
      let [low, high] = [0, 1e9];
      let next = x;
      while ((high - low) / (low + high) > 1e-3) {
        const middle = (low + high) / 2;
        next = x.map((own, e) =>
          Math.max(0, Math.max(own - 0.2, Math.min(1, own + 0.2, own * Math.sqrt(-slopes[e]! / middle)))),
        );
        if (next.reduce((sum, own) => sum + own, 0) > 0.5 * nelx * nely) low = middle;
        else high = middle;
      }
      design = elementField(problem.mesh, np.array(next, { shape: [nely, nelx] }));
    }
    expect(Object.keys(seen)).toEqual(["1", "2", "5", "10", "20"]);
    for (const [iteration, value] of Object.entries(seen))
      expect(Math.abs(value / golden.compliance[iteration]! - 1)).toBeLessThan(1e-8);
  },
);

/** Pixels and networks as densities: what holds of every design, whatever its parameters. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { array, grad } from "cotangent";
import type { NDArray } from "cotangent";
import { elasticity, elementField, gridMesh, vectorField } from "cotangent/fem";
import type { ElementField, GridMesh } from "cotangent/fem";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { checkGrads } from "cotangent/testing";
import { densityFilter, designOf, neural, objectives, pixels, problems, tanhProjection } from "cotangent/topopt";
import type { Continuation, Problem, Symmetry } from "cotangent/topopt";

const plain = problems.mbb({ nelx: 12, nely: 8 });
const { mesh } = plain;
const fieldOf = (f: (row: number, column: number) => number): ElementField =>
  elementField(
    mesh,
    Array.from({ length: 8 }, (_, r) => Array.from({ length: 12 }, (_column, c) => f(r, c))),
  );
const mask = fieldOf((r, c) => (r < 4 && c > 7 ? 0 : 1));
const solid = fieldOf((r, c) => (r === 7 && c < 3 ? 1 : 0));
const restricted: Problem = { ...plain, mask, solid };
const network = nn.siren({ width: 8, depth: 2, omega: 10, dtype: "float64" });

const keys = fc.integer({ min: 0, max: 1e6 }).map((seed) => random.key(seed));
const fields = keys.map((key) => random.uniform(key, [8, 12]) as NDArray as ElementField);

const projectedAt =
  (eta: number) =>
  (field: ElementField, { beta }: Continuation): ElementField =>
    tanhProjection(field, { beta, eta });

const largest = (x: NDArray): number => np.max(np.abs(x)).item();

describe("a design", () => {
  property.prop([fields])(
    "of pixels is void where the mask is 0, solid where the problem says so, and within [0, 1]",
    (x) => {
      const density = pixels(restricted, { filter: 2 }).density(x, {});
      expect(largest(density.mul(np.sub(1, mask)))).toBe(0);
      expect(largest(np.sub(density, 1).mul(solid))).toBe(0);
      expect([np.min(density).item() >= 0, np.max(density).item() <= 1 + 1e-15]).toEqual([true, true]);
    },
  );

  const volumeOf = (problem: Problem, density: ElementField): number =>
    objectives.volume()(designOf(problem, density), {}).item();
  const smooth = densityFilter(mesh, { radius: 2.5 });
  const whole: Problem = { mesh: plain.mesh, system: plain.system, load: plain.load };

  property.prop([
    keys,
    fc.record({
      problem: fc.constantFrom(whole, { ...whole, mask }, { ...whole, solid }, { ...whole, mask, solid }),
      volumeFraction: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      filter: fc.constantFrom(0, 1.5, 4, (field: ElementField) => smooth(field)),
      beta: fc.option(fc.double({ min: 0, max: 32, noNaN: true }), { nil: undefined }),
      eta: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
    }),
  ])(
    "of a network is, too, and its physical volume is the fraction, whatever follows the network",
    (key, { problem, beta, eta, ...options }) => {
      const projection = beta === undefined ? {} : { projection: projectedAt(eta) };
      const own = neural(problem, network, { ...options, ...projection });
      const [params, at] = [own.init(key), beta === undefined ? {} : { beta }];
      const density = own.density(params, at);
      if (problem.mask !== undefined) expect(largest(density.mul(np.sub(1, mask)))).toBe(0);
      if (problem.solid !== undefined) expect(largest(np.sub(density, 1).mul(solid))).toBe(0);
      expect(Math.abs(volumeOf(problem, density) - options.volumeFraction)).toBeLessThan(1e-12);
      expect(Math.abs(own.enforced!(params, at)["volume"]!.item())).toBeLessThan(1e-12);
    },
  );

  test("of a network has its volume before what follows if that is asked for, which then moves it", () => {
    const options = { volumeFraction: 0.4, volumeOf: "design", filter: 0 } as const;
    const own = neural({ ...whole, solid }, network, { ...options, projection: projectedAt(0.3) });
    const [params, at] = [own.init(random.key(1)), { beta: 8 }];
    expect(Math.abs(volumeOf(whole, own.density(params, at)) - 0.4)).toBeGreaterThan(0.01);
    expect(Math.abs(own.enforced!(params, at)["volume"]!.item())).toBeLessThan(1e-12);
    const bare = neural(whole, network, options).density(params, {});
    const finished = np.where(solid.greater(0), 1, tanhProjection(bare, { beta: 8, eta: 0.3 }));
    expect(largest(np.sub(own.density(params, at), finished))).toBeLessThan(1e-15);
  });

  test("of a network has the derivatives of its differences, through the shift, under a projection that moves", () => {
    const own = neural(restricted, network, { volumeFraction: 0.4, filter: 2, projection: projectedAt(0.4) });
    const weights = random.normal(random.key(3), [8, 12]);
    const f = (params: ReturnType<typeof own.init>, beta: NDArray): NDArray =>
      np.sum(own.density(params, { beta }).square().mul(weights));
    expect(checkGrads(f, [own.init(random.key(2)), array(3)], { order: 1 }).comparisons).toBeGreaterThan(0);
  });

  test("of a network with more solid elements than volume is refused", () => {
    const many = { ...whole, solid: fieldOf((r) => (r < 5 ? 1 : 0)) };
    const own = (volumeOf: "density" | "design") => neural(many, network, { volumeFraction: 0.4, volumeOf });
    expect(() => own("density")).toThrow(/0\.625 of where material may be, with volumeFraction 0\.4/u);
    expect(own("design").name).toBe("network");
    expect(() => neural(whole, network, { volumeFraction: 0.4, volumeOf: "both" as never })).toThrow(
      /volumeOf "both"/u,
    );
  });
});

describe("a symmetry", () => {
  const block = problems.cantilever3d({ nelx: 6, nely: 4, nelz: 5 });
  /** Axes along which a symmetry holds, counted from behind. */
  const axesOf = { "left-right": [-1], "top-bottom": [-2], "front-back": [-3], both: [-1, -2], all: [-1, -2, -3] };
  const gapsOf = (problem: Problem, key: NDArray, symmetry: Symmetry): readonly number[][] => {
    const x = random.uniform(key, problem.mesh.elementShape) as NDArray as ElementField;
    const siren = nn.siren({ inputs: problem.mesh.dimensions, width: 8, depth: 2, omega: 10, dtype: "float64" });
    const own = neural(problem, siren, { volumeFraction: 0.4, filter: 2, symmetry });
    const axes = axesOf[symmetry].slice(0, problem.mesh.dimensions);
    return [pixels(problem, { filter: 2, symmetry }).density(x, {}), own.density(own.init(key), {})].map((density) =>
      axes.map((axis) => largest(np.sub(density, np.flip(density, axis)))),
    );
  };

  property.prop([keys, fc.constantFrom("left-right", "top-bottom", "both", "all" as const)])(
    "in the plane makes the design its own mirror image, to the bit where additions allow it",
    (key, symmetry) => {
      for (const gaps of gapsOf(plain, key, symmetry)) for (const gap of gaps) expect(gap).toBeLessThan(1e-14);
    },
  );

  property.prop([keys, fc.constantFrom(...(Object.keys(axesOf) as Symmetry[]))], { numRuns: 20 })(
    "in space does so along the axes of its name, and along no others",
    (key, symmetry) => {
      for (const gaps of gapsOf(block, key, symmetry)) for (const gap of gaps) expect(gap).toBeLessThan(1e-14);
      const x = random.uniform(key, block.mesh.elementShape) as NDArray as ElementField;
      const density = pixels(block, { filter: 2, symmetry }).density(x, {});
      for (const axis of [-1, -2, -3].filter((other) => !axesOf[symmetry].includes(other)))
        expect(largest(np.sub(density, np.flip(density, axis)))).toBeGreaterThan(1e-3);
    },
  );

  property.prop([fields])("of all axes is that of both in the plane, to the bit", (x) => {
    const [all, both] = (["all", "both"] as const).map((symmetry) => pixels(plain, { symmetry }).density(x, {}));
    expect(largest(np.sub(all!, both!))).toBe(0);
  });
});

describe("the default filter", () => {
  const shapes = [
    { nelx: 12, nely: 8, size: [0.012, 0.008] },
    { nelx: 12, nely: 8, size: [3, 8] },
    { nelx: 5, nely: 4, nelz: 3, size: [5000, 4000, 9000] },
  ] as const;
  property.prop([keys, fc.constantFrom(...shapes)], { numRuns: 20 })(
    "reaches one and a half times the shortest edge of an element, whatever the units of the mesh",
    (key, shape) => {
      const own = gridMesh(shape);
      const problem: Problem = { mesh: own, system: elasticity(own, { supports: [] }), load: vectorField(own, 0) };
      const counts = [shape.nelx, shape.nely, ...("nelz" in shape ? [shape.nelz] : [])];
      const radius = 1.5 * Math.min(...counts.map((count, axis) => shape.size[axis]! / count));
      const x = random.uniform(key, own.elementShape) as NDArray as ElementField;
      const filtered = densityFilter(own, { radius })(x);
      expect(largest(np.sub(pixels(problem).density(x, {}), filtered))).toBe(0);
      const siren = nn.siren({ inputs: own.dimensions, width: 8, depth: 2, omega: 10, dtype: "float64" });
      const [bare, blurred] = [{ filter: 0 }, {}].map((rest) =>
        neural(problem, siren, { volumeFraction: 0.4, volumeOf: "design", ...rest }),
      );
      const params = bare!.init(key);
      const expected = densityFilter(own, { radius })(bare!.density(params, {}));
      expect(largest(np.sub(blurred!.density(params, {}), expected))).toBe(0);
    },
  );

  property.prop([fields])("keeps differences between elements that are a thousandth wide", (x) => {
    const small = gridMesh({ nelx: 12, nely: 8, size: [0.012, 0.008] });
    const seen = pixels({ ...plain, mesh: small }).density(x, {});
    expect(largest(np.sub(seen, pixels(plain).density(x, {})))).toBeLessThan(1e-12);
  });
});

describe("the filter of a problem with a mask", () => {
  const open = mask.toTypedArray();
  const columns = mesh.nelx;
  /** The published average, over the elements of the mask alone. */
  const averaged = (x: ElementField, radius: number): Float64Array => {
    const values = x.toTypedArray();
    return Float64Array.from(open, (own, e) => {
      if (own === 0) return 0;
      let [total, weights] = [0, 0];
      for (let i = 0; i < values.length; i++) {
        const distance = Math.hypot((i % columns) - (e % columns), Math.floor(i / columns) - Math.floor(e / columns));
        const weight = open[i]! * Math.max(0, radius - distance);
        [total, weights] = [total + weight * values[i]!, weights + weight];
      }
      return total / weights;
    });
  };

  property.prop([fields, fc.double({ min: 0.5, max: 3.5, noNaN: true })])(
    "averages over elements of the mask alone, for pixels and for networks",
    (x, radius) => {
      const [masked, key] = [{ ...plain, mask }, random.key(5)];
      const seen = pixels(masked, { filter: radius }).density(x, {});
      const whole = np.array(averaged(x, radius), { shape: [8, 12] });
      expect(largest(np.sub(seen, whole))).toBeLessThan(1e-14);
      const [bare, blurred] = [0, radius].map((filter) =>
        neural(masked, network, { volumeFraction: 0.4, volumeOf: "design", filter }),
      );
      const params = bare!.init(key);
      const expected = np.array(averaged(bare!.density(params, {}), radius), { shape: [8, 12] });
      expect(largest(np.sub(blurred!.density(params, {}), expected))).toBeLessThan(1e-14);
    },
  );

  test("with its default radius too lets a constant inside the mask pass up to its edge, whatever stands outside", () => {
    const own = pixels({ ...plain, mask }, { initial: mask.mul(0.2).add(0.1) });
    expect(largest(np.sub(own.density(own.init(random.key(0)), {}), mask.mul(0.3)))).toBeLessThan(1e-15);
  });

  property.prop([fields])("gives variables outside the mask no influence and no slope, those inside one", (x) => {
    const own = pixels({ ...plain, mask }, { filter: 2 });
    const slopes = grad((field: ElementField) => np.sum(own.density(field, {}).square()))(x);
    expect(largest(np.where(mask, 0, slopes))).toBe(0);
    expect(np.min(np.where(mask, slopes, 1)).item()).toBeGreaterThan(0);
  });

  property.prop([fields])("that is a function gets the whole field, and the mask is applied to what it gives", (x) => {
    const filter = densityFilter(mesh, { radius: 2 });
    const seen = pixels({ ...plain, mask }, { filter }).density(x, {});
    expect(largest(np.sub(seen, filter(x).mul(mask)))).toBe(0);
  });
});

describe("a projection", () => {
  const at = { beta: 8 };
  const sharp = pixels(plain, { filter: 2, projection: (x, { beta }) => tanhProjection(x, { beta }) });

  property.prop([fields])("comes after the filter", (x) => {
    const blurred = pixels(plain, { filter: 2 }).density(x, {});
    expect(largest(np.sub(sharp.density(x, at), tanhProjection(blurred, at)))).toBe(0);
  });

  test("whose beta no continuation gives says which one to give", () => {
    const x = elementField(mesh, 0.3);
    expect(() => sharp.density(x, {})).toThrow(expect.objectContaining({ code: "InvalidOption" }));
    expect(() => sharp.density(x, {})).toThrow(/tanhProjection: beta undefined\. .*continuation: \{ beta: 8 \}/u);
  });
});

describe("a trained network", () => {
  test("makes the same design on a finer grid, in more detail", () => {
    const fine = problems.mbb({ nelx: 48, nely: 32 });
    const [coarse, finer] = [plain, fine].map((problem) =>
      neural(problem, network, { volumeFraction: 0.4, filter: 0 }),
    );
    const params = coarse!.init(random.key(3));
    const [density, detailed] = [coarse!.density(params, {}), finer!.density(params, {})];
    expect(detailed.shape).toEqual([32, 48]);
    const means = np.mean(detailed.reshape([8, 4, 12, 4]), { axis: [1, 3] });
    // Cells of the fine grid average to those of the coarse one, as far as the sigmoid is straight within a cell.
    expect(largest(np.sub(means, density))).toBeLessThan(0.05);
    expect(np.mean(detailed).item()).toBeCloseTo(0.4, 12);
  });

  test("in float32 drives physics in float64", () => {
    const single = nn.siren({ width: 8, depth: 2 });
    const own = neural(plain, single, { volumeFraction: 0.4 });
    const params = own.init(random.key(0));
    expect(params[0]!.weights.dtype).toBe("float32");
    expect(own.density(params, {}).dtype).toBe("float64");
  });
});

describe("is refused:", () => {
  const invalid = (code: string): object => expect.objectContaining({ code });

  test("a network without a volume fraction, or of another shape", () => {
    expect(() => neural(plain, network)).toThrow(invalid("InvalidOption"));
    const wide = neural(plain, nn.siren({ width: 4, depth: 1, outputs: 2 }), { volumeFraction: 0.4 });
    expect(() => wide.density(wide.init(random.key(0)), {})).toThrow(/\[8,12,2\]/u);
  });

  test("elements both void and solid", () => {
    expect(() => pixels({ ...plain, mask, solid: np.sub(1, mask) as ElementField })).toThrow(
      /solid where the mask is 0/u,
    );
  });

  const both = {
    pixels: (problem: Problem, symmetry?: Symmetry) => pixels(problem, symmetry === undefined ? {} : { symmetry }),
    neural: (problem: Problem, symmetry?: Symmetry) =>
      neural(problem, network, { volumeFraction: 0.4, ...(symmetry === undefined ? {} : { symmetry }) }),
  };
  const upright = fieldOf((_, c) => (c === 3 || c === 8 ? 1 : 0));
  const foot = fieldOf((r) => (r === 7 ? 1 : 0));
  describe.each(Object.entries(both))("%s with", (name, make) => {
    test.each([
      [{ mask }, "left-right", "mask", "x (left to right): element 0 is 1, its mirror image 0"],
      [{ mask: fieldOf((r, c) => (r < 4 && c > 4 && c < 7 ? 0 : 1)) }, "both", "mask", "y (top to bottom): element 5"],
      [{ solid }, "left-right", "solid field", "x (left to right): element 84 is 1, its mirror image 0"],
      [{ solid: foot }, "top-bottom", "solid field", "y (top to bottom)"],
      [
        { mask: fieldOf((r, c) => (r === 0 || r === 7 || (c > 0 && c < 11) ? 1 : 0)), solid: foot },
        "all",
        "solid field",
        "y (top to bottom)",
      ],
    ] as const)("passive elements that are less symmetric than the design: %#", (passive, symmetry, field, axis) => {
      const asked = (): unknown => make({ ...plain, ...passive }, symmetry);
      expect(asked).toThrow(invalid("InvalidProblem"));
      expect(asked).toThrow(`${name}: symmetry "${symmetry}" with a ${field} that is not`);
      expect(asked).toThrow(axis);
    });

    test("a mask of zeros alone", () => {
      const asked = (): unknown => make({ ...plain, mask: elementField(mesh, 0) });
      expect(asked).toThrow(invalid("InvalidProblem"));
      expect(asked).toThrow(`${name}: a mask of zeros alone`);
    });

    test("but not passive elements that are as symmetric as the design, along the axes that it names", () => {
      expect(make({ ...plain, mask: np.sub(1, upright) as ElementField }, "both").name).not.toBe("");
      expect(make({ ...plain, solid: foot }, "left-right").name).not.toBe("");
      expect(make({ ...plain, solid: upright }, "all").name).not.toBe("");
    });
  });

  test("a block whose mask is another one at its back, under a symmetry of that axis alone", () => {
    const block = problems.cantilever3d({ nelx: 4, nely: 2, nelz: 3 });
    const front = elementField(block.mesh, 1).at(0).set(0) as ElementField;
    expect(() => pixels({ ...block, mask: front }, { symmetry: "front-back" })).toThrow(/along z \(front to back\)/u);
    expect(pixels({ ...block, mask: front }, { symmetry: "both" }).name).toBe("pixels");
  });

  const inPlane = gridMesh({ nelx: 8, nely: 12 });
  const wrong = (mesh: GridMesh, value: number): ElementField =>
    elementField(mesh, 0.5).at(2, 3).set(value) as ElementField;
  test.each([
    [{ initial: 1.5 }, "InvalidOption", "initial 1.5"],
    [{ initial: -1e-9 }, "InvalidOption", "initial -1e-9"],
    [{ initial: NaN }, "InvalidOption", "initial NaN"],
    [{ initial: "0.4" }, "InvalidOption", 'initial "0.4"'],
    [{ initial: null }, "InvalidOption", "initial null"],
    [{ initial: elementField(inPlane, 0.5) }, "ShapeMismatch", "[12,8]"],
    [{ initial: np.full([2, 8, 12], 0.5) }, "ShapeMismatch", "[2,8,12]"],
    [{ initial: np.full([], 0.5) }, "ShapeMismatch", "[]"],
    [{ initial: wrong(mesh, 1.25) }, "InvalidOption", "the initial density 1.25 of element 27"],
    [{ initial: wrong(mesh, NaN) }, "InvalidOption", "the initial density NaN of element 27"],
  ])("pixels with %o", (options, code, seen) => {
    expect(() => pixels(plain, options as never)).toThrow(invalid(code));
    expect(() => pixels(plain, options as never)).toThrow(seen);
  });

  test("pixels of a problem whose volume fraction is none, unless they start elsewhere", () => {
    const heavy = { ...plain, volumeFraction: 40 };
    expect(() => pixels(heavy)).toThrow(/initial 40\. /u);
    expect(pixels(heavy, { initial: 0.4 }).init(random.key(0)).at(0, 0).get().item()).toBe(0.4);
  });

  const made = {
    pixels: (options: object) => pixels(plain, options as never).density(elementField(mesh, 0.5), {}),
    neural: (options: object) => {
      const own = neural(plain, network, { volumeFraction: 0.4, ...options });
      return own.density(own.init(random.key(0)), {});
    },
  };
  const early = [
    [{ filter: -1 }, "InvalidOption", "filter -1"],
    [{ filter: Infinity }, "InvalidOption", "filter Infinity"],
    [{ filter: NaN }, "InvalidOption", "filter NaN"],
    [{ filter: "2" }, "InvalidOption", 'filter "2"'],
    [{ filter: null }, "InvalidOption", "filter null"],
    [{ projection: 8 }, "InvalidOption", "projection 8"],
    [{ projection: { beta: 8 } }, "InvalidOption", "projection { beta: 8 }"],
    [{ symmetry: "diagonal" }, "InvalidOption", 'symmetry "diagonal"'],
    [{ symmetry: "toString" }, "InvalidOption", 'symmetry "toString"'],
    [{ symmetry: "front-back" }, "InvalidOption", 'symmetry "front-back" on a mesh in the plane'],
  ] as const;
  const late = [
    [{ filter: () => undefined }, "InvalidOption", "the filter of"],
    [{ filter: (x: NDArray) => np.mean(x) }, "ShapeMismatch", "the filter of"],
    [{ projection: () => undefined }, "InvalidOption", "the projection of"],
    [{ projection: (x: NDArray) => x.T }, "ShapeMismatch", "[12,8]"],
  ] as const;
  describe.each(Object.entries(made))("%s with", (name, make) => {
    test.each([...early, ...late])("%o", (options, code, seen) => {
      expect(() => make(options)).toThrow(invalid(code));
      expect(() => make(options)).toThrow(seen);
      expect(() => make(options)).toThrow(name);
    });
  });

  test.each(early)("%o when the parameterization is made, not when it is used", (options) => {
    expect(() => pixels(plain, options as never)).toThrow(invalid("InvalidOption"));
    expect(() => neural(plain, network, { volumeFraction: 0.4, ...options } as never)).toThrow(
      invalid("InvalidOption"),
    );
  });

  test("what is no network", () => {
    for (const other of [undefined, {}, { init: network.init }, network.apply])
      expect(() => neural(plain, other as never, { volumeFraction: 0.4 })).toThrow(invalid("InvalidOption"));
  });
});

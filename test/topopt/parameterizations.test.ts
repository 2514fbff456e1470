/** Pixels and networks as densities: what holds of every design, whatever its parameters. */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { NDArray } from "cotangent";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { neural, pixels, problems, tanhProjection } from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";

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

  property.prop([keys])("of a network is, too, and has its volume before filter and solid parts", (key) => {
    const own = neural(restricted, network, { volumeFraction: 0.4, filter: 1.5 });
    const params = own.init(key);
    const density = own.density(params, {});
    expect(largest(density.mul(np.sub(1, mask)))).toBe(0);
    expect(largest(np.sub(density, 1).mul(solid))).toBe(0);
    expect(Math.abs(own.enforced!(params, {})["volume"]!.item())).toBeLessThan(1e-12);
  });

  property.prop([keys, fc.constantFrom("left-right", "top-bottom", "both" as const)])(
    "that is to be symmetric is its own mirror image, to the bit where additions allow it",
    (key, symmetry) => {
      const axes = { "left-right": [1], "top-bottom": [0], both: [0, 1] }[symmetry];
      const uniform = random.uniform(key, [8, 12]) as NDArray as ElementField;
      const ofPixels = pixels(plain, { filter: 2, symmetry }).density(uniform, {});
      const own = neural(plain, network, { volumeFraction: 0.4, filter: 2, symmetry });
      const ofNetwork = own.density(own.init(key), {});
      for (const density of [ofPixels, ofNetwork])
        for (const axis of axes) expect(largest(np.sub(density, np.flip(density, axis)))).toBeLessThan(1e-14);
    },
  );
});

describe("a projection", () => {
  const at = { beta: 8 };
  const sharp = pixels(plain, { filter: 2, projection: (x, { beta }) => tanhProjection(x, { beta: beta! }) });

  property.prop([fields])("comes after the filter", (x) => {
    const blurred = pixels(plain, { filter: 2 }).density(x, {});
    expect(largest(np.sub(sharp.density(x, at), tanhProjection(blurred, at)))).toBe(0);
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

  test("another symmetry, a filter of negative radius, elements both void and solid", () => {
    expect(() => pixels(plain, { symmetry: "diagonal" as never })).toThrow(invalid("InvalidOption"));
    expect(() => pixels(plain, { filter: -1 })).toThrow(invalid("InvalidOption"));
    expect(() => pixels({ ...plain, mask, solid: np.sub(1, mask) as ElementField })).toThrow(
      /solid where the mask is 0/u,
    );
  });
});

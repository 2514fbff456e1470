/**
 * Fault 64: size of a program is no limit. 100,000 equations in a chain are traced, printed and differentiated, 30,000 in a chain
 * or side by side, several times what recursion would reach, also pushed forward, mapped and compiled, and so are 2^20 paths
 * through a diamond. COTANGENT_NIGHTLY=1 makes all of them 100,000; back ends compile as many in test/backend/large.test.ts.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { array, grad, jit, jvp, linearize, makeJaxpr, NDArray, printJaxpr, vjp, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { optimize } from "../../src/compile/optimize.ts";
import { validateClosed } from "../../src/ir/validate.ts";

const isNightly = process.env["COTANGENT_NIGHTLY"] === "1";

const length = 100_000;
const fewer = isNightly ? length : 30_000;

/** Every step depends on the one before. */
const chainOf =
  (steps: number) =>
  (x: NDArray): NDArray => {
    let y = x;
    for (let k = 0; k < steps; k++) y = k % 2 === 0 ? np.mul(y, 1.00001) : np.sin(y);
    return y;
  };

const chain = chainOf(length);

const chainInNumbers = (x: number, steps: number): [value: number, slope: number] => {
  let [y, slope] = [x, 1];
  for (let k = 0; k < steps; k++) {
    slope *= k % 2 === 0 ? 1.00001 : Math.cos(y);
    y = k % 2 === 0 ? y * 1.00001 : Math.sin(y);
  }
  return [y, slope];
};

describe("64: a chain of 1e5 equations", () => {
  const traced = makeJaxpr(chain)(array(0.5));

  test("is traced, validated and printed, one line per equation", () => {
    expect(traced.jaxpr.equations.length).toBe(length);
    validateClosed(traced);
    const text = printJaxpr(traced.jaxpr);
    expect(text.split("\n").length).toBe(length + 2);
    expect(String(traced)).toBe(text);
  });

  test("goes through the passes unchanged", () => {
    expect(optimize(traced.jaxpr).equations.length).toBe(length);
  });

  test("has the right cotangent", () => {
    const [value, slope] = chainInNumbers(0.5, length);
    const [out, pullback] = vjp(chain, array(0.5));
    expect(out.item()).toBeCloseTo(value, 10);
    expect(pullback(array(1))[0].item() / slope).toBeCloseTo(1, 8);
  });
});

describe(`64: a chain of ${fewer} equations`, () => {
  const shorter = chainOf(fewer);
  const [value, slope] = chainInNumbers(0.5, fewer);

  test("has the right tangent, by jvp and by linearize", () => {
    const [out, tangent] = jvp(shorter, [array(0.5)], [array(1)]);
    expect(out.item()).toBeCloseTo(value, 10);
    expect(tangent.item() / slope).toBeCloseTo(1, 8);
    expect(linearize(shorter, array(0.5))[1](array(1)).item() / slope).toBeCloseTo(1, 8);
  });

  test("has the right gradient", () => {
    expect(grad(shorter)(array(0.5)).item() / slope).toBeCloseTo(1, 8);
  });

  test("is mapped", () => {
    const out = vmap(shorter)(array([0.5, 0.25])).toList() as number[];
    expect(out[0]).toBeCloseTo(value, 10);
    expect(out[1]).toBeCloseTo(chainInNumbers(0.25, fewer)[0], 10);
  });

  test("is compiled and run", () => {
    const jitted = jit(shorter);
    expect(jitted(array(0.5)).item()).toBeCloseTo(value, 10);
    expect(jitted(array(0.25)).item()).toBeCloseTo(chainInNumbers(0.25, fewer)[0], 10);
  });
});

describe("64: a chain of 2e4 equations", () => {
  const steps = 20_000;

  test.each(["wasm", "js", "interpreter"] as const)("is compiled and run on %s", (backend) => {
    expect(jit(chainOf(steps), { backend })(array(0.5)).item()).toBeCloseTo(chainInNumbers(0.5, steps)[0], 10);
  });

  test("is differentiated through jit, whose residuals are as many outputs", () => {
    expect(grad(jit(chainOf(steps)))(array(0.5)).item() / chainInNumbers(0.5, steps)[1]).toBeCloseTo(1, 8);
  });
});

test.runIf(isNightly)(
  "64: in a process of its own every way of looking at a chain of 1e5 equations needs less than 1 GiB",
  () => {
    const ways = {
      trace: "makeJaxpr(chain)(x)",
      print: "String(makeJaxpr(chain)(x))",
      jvp: "jvp(chain, [x], [x])",
      vjp: "vjp(chain, x)[1](x)",
      vmap: "vmap(chain)(array([1, 2]))",
      jit: "jit(chain)(x)",
      "jit of grad": "jit(grad(chain))(x)",
      "grad of jit": "grad(jit(chain))(x)",
    };
    for (const [name, way] of Object.entries(ways)) {
      const program = `
        import { array, grad, jit, jvp, makeJaxpr, vjp, vmap } from "cotangent";
        import * as np from "cotangent/numpy";
        const chain = (y) => {
          for (let k = 0; k < ${length}; k++) y = k % 2 === 0 ? np.mul(y, 1.00001) : np.sin(y);
          return y;
        };
        const x = array(0.5);
        ${way};
        console.log(process.resourceUsage().maxRSS);`;
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ["--conditions=@cotangent/source", "--import", "tsx", "--input-type=module", "--eval", program],
        { encoding: "utf8" },
      );
      expect(Number(stdout), `${name} ${stderr}`).toBeGreaterThan(0);
      expect(Number(stdout), name).toBeLessThan(2 ** 20);
    }
  },
  200_000,
);

describe(`64: a fan of ${fewer} equations`, () => {
  const fan = (x: NDArray): NDArray => {
    const parts: NDArray[] = [];
    for (let k = 0; k < fewer; k++) parts.push(np.mul(x, k / fewer));
    return np.sum(np.stack(parts));
  };
  const total = (fewer - 1) / 2;

  test("sums and differentiates, eager and jitted", () => {
    expect(fan(array(2)).item()).toBeCloseTo(2 * total, 5);
    expect(grad(fan)(array(2)).item()).toBeCloseTo(total, 5);
    expect(jit(fan)(array(2)).item()).toBeCloseTo(2 * total, 5);
  });

  test("has 30,000 inputs and outputs as well as one", () => {
    const count = 30_000;
    const inputs = Array.from({ length: count }, (_, k) => array(k));
    const out = jit((list: NDArray[]) => list.map((x) => np.add(x, 1)))(inputs);
    expect([out.length, out[0]!.item(), out[count - 1]!.item()]).toEqual([count, 1, count]);
    const gradient = grad((list: NDArray[]) => np.sum(np.stack(list.map((x, k) => np.mul(x, k)))))(inputs);
    expect([gradient.length, gradient[7]!.item(), gradient[count - 1]!.item()]).toEqual([count, 7, count - 1]);
  });

  test("130,000 arrays are joined", () => {
    const many = new Array<NDArray>(130_000).fill(array([1]));
    expect(np.sum(np.concatenate(many)).item()).toBe(130_000);
  });
});

describe("64: a diamond of 2^20 paths", () => {
  const diamond = (x: NDArray): NDArray => {
    let y = x;
    for (let k = 0; k < 20; k++) y = np.add(np.mul(y, 0.5), np.mul(y, 0.75));
    return y;
  };

  test("is differentiated along equations, not along paths", () => {
    const wanted = 1.25 ** 20;
    expect(grad(diamond)(array(1)).item() / wanted).toBeCloseTo(1, 12);
    expect(jvp(diamond, [array(1)], [array(1)])[1].item() / wanted).toBeCloseTo(1, 12);
    expect(grad(jit(diamond))(array(1)).item() / wanted).toBeCloseTo(1, 12);
    const gradient = makeJaxpr(grad(diamond))(array(1));
    expect(gradient.jaxpr.equations.length).toBeLessThan(10 * 20);
    const second = makeJaxpr(grad(grad((x: NDArray) => np.mul(diamond(x), x))))(array(1));
    expect(second.jaxpr.equations.length).toBeLessThan(40 * 20);
  });
});

/** Certificates: wrong rules are caught, right ones raise no alarm. COTANGENT_NIGHTLY=1 looks at 200 clean runs. */
import { describe, expect, test } from "vitest";
import { bisect, customVjp, debugCallback, grad, NDArray, vjp } from "cotangent";
import type { ElementField } from "cotangent/fem";
import { corner, edge, elasticity, elementField, feSolve, fix, gridMesh, nodalLoad } from "cotangent/fem";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, densityFilter, neural, objectives, optimize, pixels, problems, simp } from "cotangent/topopt";
import type { Certificate, OptimizeOptions, Parameterization, Problem } from "cotangent/topopt";

const problem = problems.mbb({ nelx: 12, nely: 8 });
const { mesh } = problem;
const blur = densityFilter(mesh, { radius: 1.5 });
const wavy = elementField(
  mesh,
  np.array(
    Float64Array.from({ length: 96 }, (_, e) => 0.5 + 0.3 * Math.sin(12.9898 * (e + 1))),
    { shape: [8, 12] },
  ),
);
const volume = { volume: constraint(objectives.volume(), "<=", 0.4) };

const certificateOf = (options: Partial<OptimizeOptions<ElementField>>): Certificate =>
  optimize({
    problem,
    parameterization: pixels(problem, { initial: wavy }),
    constraints: volume,
    optimizer: optim.mma,
    stop: { iterations: 1 },
    ...options,
  }).certificates[0]!;

const withDensity = (density: (x: ElementField) => NDArray): Parameterization<ElementField> => ({
  ...pixels(problem, { initial: wavy }),
  density: (x) => density(x) as ElementField,
});

/** A function with another one's derivative. */
const mistaken = (right: (x: NDArray) => NDArray, pulled: (x: NDArray, cotangent: NDArray) => NDArray) =>
  customVjp(right, { fwd: (x: NDArray) => [right(x), x], bwd: (x: NDArray, ct: NDArray) => [pulled(x, ct)] });

const blurred = (x: NDArray): NDArray => blur(x as ElementField);
const hole = elementField(
  mesh,
  np.array(
    Array.from({ length: 96 }, (_, e) => (e % 12 > 7 && e < 48 ? 0 : 1)),
    { shape: [8, 12] },
  ),
);
/** The shift s with mean(exp(s) (1 + x^2)) = 2: not a function of s + x, so that the order of arguments matters. */
const shiftOf = (x: NDArray): NDArray =>
  bisect((s) => np.mean(np.exp(s).mul(np.square(x).add(1))).sub(2), { lower: -9, upper: 9 });

const faults: Readonly<Record<string, () => Partial<OptimizeOptions<ElementField>>>> = {
  "a gradient in the other order of rows and columns": () => ({
    parameterization: withDensity(
      mistaken(blurred, (x, ct) => np.transpose(vjp(blurred, x)[1](ct)[0]).reshape(x.shape)),
    ),
  }),
  "a filter without its transpose": () => ({ parameterization: withDensity(mistaken(blurred, (_x, ct) => ct)) }),
  "the slope of another penalization": () => ({
    interpolation: (density) =>
      mistaken(
        (rho) => simp(rho as ElementField, { penal: 3 }),
        (rho, ct) => vjp((own: NDArray): NDArray => simp(own as ElementField, { penal: 2 }), rho)[1](ct as never)[0],
      )(density) as ElementField,
  }),
  "an implicit rule with its arguments swapped": () => ({
    parameterization: withDensity((x) => {
      const swapped = mistaken(shiftOf, (own, ct) => {
        const s = shiftOf(own);
        const f = (eta: NDArray, y: NDArray): NDArray => np.mean(np.exp(y).mul(np.square(eta).add(1)));
        return np.ones(own.shape).mul(ct.mul(grad((eta: NDArray) => f(eta, own))(s)).div(-96));
      });
      return blur(nn.sigmoid(np.sub(x, 0.5).mul(4).add(swapped(x))) as ElementField);
    }),
  }),
  "a mask after the filter, differentiated as if it came before": () => ({
    parameterization: withDensity(
      mistaken(
        (x) => np.mul(blurred(x), hole),
        (x, ct) => np.mul(vjp(blurred, x)[1](ct)[0], hole),
      ),
    ),
  }),
};

describe("a certificate fails at", () => {
  test.each(Object.keys(faults))("%s", (name) => {
    const { isPassed, gradients } = certificateOf(faults[name]!());
    expect(gradients.find((own) => own.name === "objective")!.verdict).toBe("failed");
    expect(isPassed).toBe(false);
  });

  test.each(Object.keys(faults))("%s, where every parameter is at a bound", (name) => {
    const cornered = elementField(mesh, np.where(np.greater(wavy, 0.5), 1, 0));
    const own = faults[name]!();
    const parameterization = { ...(own.parameterization ?? pixels(problem)), init: () => cornered };
    const { verdict, gradients } = certificateOf({ ...own, parameterization });
    expect([verdict, gradients[0]!.verdict]).toEqual(["failed", "failed"]);
    const clean = certificateOf({ parameterization: pixels(problem, { initial: cornered }) });
    expect(clean.verdict).toBe("passed");
    for (const { derivative, pairing } of clean.gradients) {
      expect(Math.abs(derivative)).toBeGreaterThan(1e-3);
      expect(pairing).toBeLessThan(1e-10);
    }
  });

  test("a wrong constraint alone, and says which", () => {
    const wrong = mistaken(
      (density) => np.mean(density),
      (density, ct) => np.ones(density.shape).mul(ct),
    );
    const { gradients } = certificateOf({
      constraints: { ...volume, wrong: constraint(({ density }) => wrong(density), "<=", 0.5) },
    });
    expect(gradients.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["objective", "passed"],
      ["volume", "passed"],
      ["wrong", "failed"],
    ]);
  });
});

describe("a certificate is undecided", () => {
  test("where differences have no digits, and does not say that it passed", () => {
    // Waves shorter than any step: the derivative is right, and no difference can show it.
    const waves = constraint(({ density }) => np.sin(np.mean(density).mul(1e9)), "<=", 1);
    const { gradients, verdict, isPassed } = certificateOf({ constraints: { ...volume, waves } });
    expect(gradients.map((own) => own.verdict)).toEqual(["passed", "passed", "undecided"]);
    expect([verdict, isPassed]).toEqual(["undecided", false]);
  });

  test.each([
    ["a number that nothing changes", () => np.array(0.3)],
    ["what changes by rounding only", (rho: NDArray) => np.add(np.sum(rho).mul(1e-14), 1)],
  ])("at %s", (_name, scalar) => {
    const { gradients, verdict } = certificateOf({
      parameterization: pixels(problem, { initial: 0.5, filter: 0 }),
      constraints: { ...volume, own: constraint(({ density }) => scalar(density), "<=", 1) },
    });
    expect([verdict, ...gradients.map((own) => own.verdict)]).toEqual(["undecided", "passed", "passed", "undecided"]);
  });

  test("at a network that has collapsed to a constant, where rounding is all there is to compare", () => {
    const own = problems.mbb({ nelx: 10, nely: 6 });
    const decoder = nn.cnnDecoder({ height: 6, width: 10, resizes: [3, 5], filters: [2, 1] });
    const network = nn.latentInput(decoder, { size: 128 });
    for (const [learningRate, iterations] of [
      [0.02, 20],
      [0.02, 40],
      [0.05, 20],
    ] as const) {
      const parameterization = neural(own, network, { volumeFraction: 0.4 });
      const { certificates } = optimize({
        problem: own,
        parameterization,
        optimizer: optim.adam(learningRate),
        stop: { iterations },
      });
      expect(certificates.at(-1)!.gradients[0]!.verdict).toBe("undecided");
    }
  });

  test("but failed at a gradient of zeros where there is a slope, and at one without its smallest part", () => {
    const cut = (factor: number) =>
      mistaken(
        (x: NDArray) => x,
        (_x, ct) => ct.mul(factor),
      );
    for (const factor of [0, 1 - 1e-4]) {
      const { gradients } = certificateOf({ objective: ({ density }) => cut(factor)(np.sum(np.square(density))) });
      expect(gradients[0]!.verdict).toBe("failed");
    }
  });

  test("as a whole run is without certificates", () => {
    const { verdict, certificates } = optimize({
      problem,
      parameterization: pixels(problem),
      optimizer: optim.sgd(1e-4),
      certificate: false,
      stop: { iterations: 1 },
    });
    expect([verdict, certificates]).toEqual(["undecided", []]);
  });
});

describe("the residual of a certificate", () => {
  test("is that of the design's own solve, whatever was solved for the differences", () => {
    const own = certificateOf({});
    const { residual } = problem.system.report()!;
    expect(own.residual).toBe(residual);
    const density = pixels(problem).density(wavy, {});
    feSolve(problem.system, simp(density), problem.load);
    expect(problem.system.report()!.residual).toBe(residual);
  });

  test("is null where nothing is solved", () => {
    const { residual, verdict } = certificateOf({ objective: ({ density }) => np.sum(np.square(density)) });
    expect([residual, verdict]).toEqual([null, "passed"]);
  });

  test("that rounding leaves, of a bar that floats in void, raises no alarm, and neither do its gradients", () => {
    const own = problems.mbb({ nelx: 60, nely: 20 });
    const rows = np.expandDims(np.linspace(1, 0, 20), 1);
    const columns = np.expandDims(np.linspace(0, 1, 60), 0);
    const density = ({ height, slope }: { height: NDArray; slope: NDArray }): ElementField => {
      const distance = np.sub(rows, np.add(height, np.mul(slope, columns))).div(0.1);
      return elementField(own.mesh, np.exp(np.square(distance).neg()));
    };
    const bar = { name: "bar", init: () => ({ height: np.array(0.5), slope: np.array(0.2) }), density };
    const common = { problem: own, stop: { iterations: 1 } };
    const [moved] = optimize({ ...common, parameterization: bar, optimizer: optim.sgd(1e-16) }).certificates;
    const initial = density(bar.init());
    const [free] = optimize({
      ...common,
      parameterization: pixels(own, { initial, filter: 0 }),
      optimizer: optim.mma,
    }).certificates;
    for (const { residual, verdict } of [moved!, free!]) {
      expect(residual).toBeGreaterThan(1e-6);
      expect(verdict).not.toBe("failed");
    }
  });

  test("fails a certificate where the solver has not met its equations", () => {
    const beam = gridMesh({ nelx: 48, nely: 16 });
    const own: Problem = {
      mesh: beam,
      system: elasticity(beam, {
        supports: [fix(edge(beam, "left"), "all")],
        solver: { kind: "multigrid", tolerance: 1e-3 },
      }),
      load: nodalLoad(corner(beam, "bottomRight"), [0, -1]),
    };
    const { verdict, residual } = certificateOf({ problem: own, parameterization: pixels(own, { initial: 0.4 }) });
    expect([verdict, residual! > 1e-6]).toEqual(["failed", true]);
  });
});

describe("a certificate passes", () => {
  test("at the first, tenth and last iteration, and only there", () => {
    const result = optimize({
      problem,
      parameterization: pixels(problem, { initial: wavy }),
      constraints: volume,
      optimizer: optim.mma,
      stop: { iterations: 14 },
    });
    expect(result.certificates.map(({ iteration }) => iteration)).toEqual([1, 10, 14]);
    for (const { gradients, residual, isPassed } of result.certificates) {
      expect(isPassed).toBe(true);
      expect(residual).toBeLessThan(1e-9);
      for (const { pairing, gap, verdict } of gradients) {
        expect(verdict).toBe("passed");
        expect(pairing).toBeLessThan(1e-10);
        expect(gap).toBeLessThan(1e-5);
      }
    }
  });

  test.each([
    ["a rectifier that begins to bend there", (rho: NDArray) => np.mean(nn.relu(np.sub(rho, 0.5)))],
    ["a maximum of equals", (rho: NDArray) => np.max(rho)],
    ["a median of equals", (rho: NDArray) => np.median(rho)],
  ])("next to %s", (_name, scalar) => {
    const { verdict } = certificateOf({
      parameterization: pixels(problem, { initial: 0.5, filter: 0 }),
      constraints: { own: constraint(({ density }) => scalar(density), "<=", 1) },
    });
    expect(verdict).toBe("passed");
  });

  test("between two kinks closer than the finest differences, of which none is where it looks again", () => {
    const seen: number[] = [];
    const certified = (own: (mean: NDArray) => NDArray): Certificate =>
      certificateOf({
        parameterization: pixels(problem, { initial: wavy, filter: 0 }),
        constraints: { own: constraint(({ density }) => own(np.mean(density)), "<=", 1) },
      });
    const recorded = (mean: NDArray): NDArray => {
      debugCallback((value: NDArray) => void seen.push(value.item()), mean);
      return mean;
    };
    expect(certified(recorded).verdict).toBe("passed");
    // Of the differences along a line, the farthest ones: the point that is looked at is in their middle.
    const [first, last] = [Math.min(...seen), Math.max(...seen)];
    const [middle, finest] = [(first + last) / 2, (last - first) / 2e3];
    const kinked = (mean: NDArray): NDArray => {
      const [ahead, behind] = [
        np.abs(np.sub(mean, middle + 0.003 * finest)),
        np.abs(np.sub(mean, middle - 0.002 * finest)),
      ];
      return mean.mul(10).add(np.sub(ahead, behind).mul(0.02));
    };
    const { gradients, verdict } = certified(kinked);
    expect([verdict, gradients[1]!.derivative / gradients[1]!.difference]).toEqual(["passed", expect.closeTo(1, 5)]);
  });

  test("next to the middle of an odd grid, where every neuron without a bias bends", () => {
    for (const [nelx, nely] of [
      [11, 7],
      [15, 9],
      [21, 15],
    ] as const)
      for (const seed of [0, 1, 2]) {
        const own = problems.mbb({ nelx, nely });
        const result = optimize({
          problem: own,
          parameterization: neural(own, nn.mlp(), { volumeFraction: 0.4 }),
          optimizer: optim.adam(0.01),
          stop: { iterations: 2 },
          seed,
        });
        expect(result.verdict, `${nelx} x ${nely}, seed ${seed}`).toBe("passed");
      }
  });

  test("networks that compute in single precision", () => {
    const wide = nn.siren({ width: 16 });
    const narrow: nn.Network<Parameters<typeof wide.apply>[0]> = {
      init: wide.init,
      apply: (params, x) =>
        wide.apply(
          params.map(({ weights, bias }) => ({ weights: weights.astype("float32"), bias: bias.astype("float32") })),
          x.astype("float32"),
        ),
    };
    for (const seed of [0, 1, 2, 3]) {
      const parameterization = neural(problem, narrow, { volumeFraction: 0.4 });
      const stop = { iterations: 2 };
      const { verdict } = optimize({ problem, parameterization, optimizer: optim.adam(0.01), stop, seed });
      expect(verdict).not.toBe("failed");
    }
  });

  test("constraints that are met to rounding, and objectives beside a large constant", () => {
    const { verdict } = certificateOf({
      constraints: { met: constraint(objectives.volume(), "<=", np.mean(blur(wavy)).item()) },
      objective: (design, at) => objectives.compliance()(design, at).add(1e6),
    });
    expect(verdict).toBe("passed");
  });

  test("custom rules without a forward derivative, whose pairing is then missing", () => {
    const right = mistaken(blurred, (x, ct) => vjp(blurred, x)[1](ct)[0]);
    const { isPassed, gradients } = certificateOf({ parameterization: withDensity(right) });
    expect([isPassed, gradients[0]!.pairing, gradients[0]!.verdict]).toEqual([true, null, "passed"]);
  });

  const runs = process.env["COTANGENT_NIGHTLY"] === "1" ? 200 : 12;

  test(`all of ${runs} clean runs`, { timeout: 1_200_000 }, () => {
    const kinds = ["mbb", "tensile", "bridge", "michell"] as const;
    const filters = [0, 1.5, 2.2];
    for (let seed = 0; seed < runs; seed++) {
      const size = { nelx: 6 + (seed % 7), nely: 4 + 2 * (seed % 3) };
      const own: Problem = problems[kinds[seed % 4]!](size);
      const filter = filters[seed % 3]!;
      const common = { problem: own, stop: { iterations: 3 }, continuation: { penal: 1 + (seed % 5) / 2 }, seed };
      const networks = [
        nn.siren({ width: 8, depth: 2, omega: 10 }),
        nn.mlp({ hidden: [8, 8] }),
        nn.fourierMlp({ features: 8, hidden: [8] }),
      ];
      const isNetwork = seed % 2 === 1;
      const result = isNetwork
        ? optimize({
            ...common,
            parameterization: neural(own, networks[seed % 3]! as never, { volumeFraction: 0.4, filter }),
            optimizer: optim.adam(1e-2),
          })
        : optimize({
            ...common,
            parameterization: pixels(own, { initial: 0.4, filter }),
            constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
            optimizer: optim.mma,
          });
      for (const found of result.certificates)
        expect(found.isPassed, `run ${seed}: ${JSON.stringify(found)}`).toBe(true);
    }
  });
});

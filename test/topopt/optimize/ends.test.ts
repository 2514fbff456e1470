/** Where a run does not end: in the middle of a continuation, and where an optimizer knows how to go on. */
import { describe, expect, test } from "vitest";
import type { NDArray } from "cotangent";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, objectives, optimize, pixels, problems, simp } from "cotangent/topopt";
import type { Bounds, Continuation, Design, OptimizeOptions } from "cotangent/topopt";

const problem = problems.mbb({ nelx: 24, nely: 8 });
const asked: OptimizeOptions<ElementField> = {
  problem,
  parameterization: pixels(problem, { initial: 0.4 }),
  optimizer: (bounds) => optim.lbfgs(bounds),
  stop: { iterations: 40 },
  certificate: false,
};
const compliance = objectives.compliance();
const weighted = (design: Design, at: Continuation): NDArray =>
  compliance(design, at).add(np.sum(design.density).mul(20));

describe("in the middle of a continuation a run does not end", () => {
  const mean = ({ density }: Design): NDArray => np.mean(density);

  test("because its parameters rest", () => {
    const resting = {
      ...asked,
      constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
      optimizer: optim.optimalityCriteria(),
      continuation: { penal: (k: number) => (k < 60 ? 1 : 3) },
      stop: { iterations: 400, change: 0.02 },
    };
    const { history, reason } = optimize(resting);
    expect(reason).toBe("change");
    expect(history.some(({ iteration, change }) => iteration < 59 && change < 0.02)).toBe(true);
    expect(history.length).toBeGreaterThan(60);
    expect(history.slice(59, -1).every(({ change }) => change >= 0.02)).toBe(true);
  });

  test("because its optimizer has nothing to add", () => {
    const ended = optimize({ ...asked, objective: mean, stop: { iterations: 30 } });
    expect([ended.reason, ended.history.length < 20]).toEqual(["optimizer", true]);
    const { reason, history } = optimize({
      ...asked,
      objective: mean,
      continuation: { penal: (k) => (k < 20 ? 2 : 3) },
      stop: { iterations: 30 },
    });
    // The optimizer begins anew with the twentieth, and is done at once.
    expect([reason, history.length]).toEqual(["optimizer", 20]);
  });
});

describe("a design without a value", () => {
  /** Beyond a mean density there is no number, or a modulus that the solver refuses: L-BFGS's first step goes there. */
  const forbidden = ({ density }: Design): NDArray => np.greater(np.mean(density), 0.5);

  test.each([
    [
      "value",
      {
        objective: (design: Design, at: Continuation) => np.where(forbidden(design), Number.NaN, weighted(design, at)),
      },
    ],
    [
      "solve",
      {
        objective: weighted,
        interpolation: (density: ElementField) =>
          np.where(np.greater(np.mean(density), 0.5), Number.NaN, simp(density)) as ElementField,
      },
    ],
  ] as const)("for want of a %s is left by L-BFGS with a shorter step, by GCMMA with a nearer point", (_what, own) => {
    const methods = {
      "not finite, step shortened": (bounds: Bounds) => optim.lbfgs({ ...bounds, initialStep: 8 }),
      "not finite": (bounds: Bounds) => optim.gcmma({ ...bounds, move: 1, asymptoteInit: 2 }, 0),
    };
    for (const [word, optimizer] of Object.entries(methods)) {
      const { history, reason, best, failure } = optimize({ ...asked, ...own, optimizer });
      const isBad = history.map(({ objective }) => !Number.isFinite(objective));
      expect(isBad).toContain(true);
      expect(isBad.at(-1)).toBe(false);
      history.forEach(({ optimizer }, k) => {
        if (isBad[k]!) expect(optimizer["reason"]).toBe(word);
      });
      expect([reason, failure]).toEqual(["iterations", null]);
      expect(best.objective).toBe(Math.min(...history.map(({ objective }) => objective).filter(Number.isFinite)));
      expect(best.objective).toBeLessThan(history[0]!.objective);
    }
  });

  test("ends a run by GCMMA where points as near as it goes have none, too", () => {
    const { history, reason, best } = optimize({
      ...asked,
      objective: (design, at) => np.where(np.less(np.mean(design.density), 0.4), compliance(design, at), Number.NaN),
      parameterization: pixels(problem, { initial: 0.399999999 }),
      optimizer: (bounds) => optim.gcmma({ ...bounds, innerLimit: 3 }, 0),
    });
    expect([reason, best.iteration, history.length]).toEqual(["not finite", 1, 5]);
  });

  test("ends a run whose optimizer does not go on, with what was thrown", () => {
    const { history, reason, failure, state } = optimize({
      ...asked,
      optimizer: optim.sgd(1e-3),
      interpolation: (density) =>
        np.where(np.greater(np.mean(density), 0.5), Number.NaN, simp(density)) as ElementField,
    });
    expect([reason, failure!.code]).toEqual(["not finite", "InvalidModulus"]);
    expect(history.at(-1)).toMatchObject({ objective: Number.NaN, isFeasible: false, volume: Number.NaN });
    expect([state.iteration, state.last!.iteration]).toEqual([history.length, history.length - 1]);
  });
});

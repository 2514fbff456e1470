/** Optimizers of one's own are written without a cast, alone and in the place of an option. Checked by the compiler, never run. */
import { array, tree } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { helmholtzFilter, optimize, pixels, problems } from "cotangent/topopt";

const lion = (rate: number): optim.GradientTransformation =>
  optim.gradientTransformation({
    init: (params) => tree.map((p: NDArray) => np.zerosLike(p), params),
    update: (gradients, mean) => [
      tree.map((m: NDArray, g: NDArray) => np.sign(m.add(g)).mul(-rate), mean, gradients),
      tree.map((m: NDArray, g: NDArray) => m.mul(0.99).add(g.mul(0.01)), mean, gradients),
    ],
  });

const careful: optim.Optimizer = optim.optimizer({
  init: () => ({ step: array(1), value: array(Infinity) }),
  update: ({ value, gradient, constraints }, { step, value: before }, params) => {
    const next = np.where(value.less(before), step, step.mul(constraints === undefined ? 0.5 : 0.25));
    return [tree.map((x: NDArray, g: NDArray) => x.sub(g.mul(next)), params, gradient), { step: next, value }];
  },
  isDone: ({ step }) => step.item() < 1e-9,
  report: ({ step }) => ({ step: step.item() }),
});

// @ts-expect-error The state of update is that of init.
optim.gradientTransformation({ init: () => array(1), update: (g) => [g, { other: array(1) }] });

const problem = problems.mbb({ nelx: 12, nely: 8 });
const smooth = helmholtzFilter(problem.mesh, { radius: 2 });

/** What functions of fields make needs no cast: its shape is looked at when it is used. */
export const clipped = optimize({
  problem,
  parameterization: pixels(problem, {
    filter: (field) => np.clip(smooth(field), 0, 1),
    projection: (field, { beta }) => np.where(field.greater(0.5), field, field.mul(beta!)),
  }),
  interpolation: (density, { penal }) => density.pow(penal!).mul(0.999).add(0.001),
  continuation: { penal: 3, beta: 0.5 },
  optimizer: optim.chain(optim.clipByGlobalNorm(1), lion(0.01)),
});

export const scaled = optimize({
  problem,
  parameterization: {
    name: "one number",
    init: () => ({ share: array(0.5) }),
    density: ({ share }) => np.full([8, 12], 0.5).mul(share),
  },
  optimizer: careful,
});

const beam = { ...problem, weight: [0, -0.2] };
export const heavy = optimize({ problem: beam, parameterization: pixels(beam), optimizer: optim.adam(0.01) });
export const field = elementField(problem.mesh, np.ones([8, 12]).mul(0.5));

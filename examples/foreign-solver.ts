/**
 * Wrap an existing solver, do not rewrite it: another package's dense Cholesky (ml-matrix) solves K(E) u = f behind two
 * differentiable doors - the equation it solves (customLinearSolve), and an adjoint rule of three lines (customVjp).
 * Both gradients are compared with the built-in solve and with finite differences.
 * Run: npm run example -- foreign-solver
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { array, customLinearSolve, customVjp, jit, pureCallback, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import type { ElementField, VectorField } from "cotangent/fem";
import { elementField, feApply, feForm, feSolve } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter, problems, simp } from "cotangent/topopt";

const { mesh, system, load } = problems.michell({ nelx: 12, nely: 8 });
const { shape, size } = load;
const fixed = system.fixed.toTypedArray();
const everyUnitVector = np.reshape(np.eye(size), [size, ...shape]) as VectorField;

/** The foreign solver: plain numbers in and out, nothing here is traced. */
const solveDense = (modulus: ElementField, force: VectorField): NDArray => {
  const stiffness = new Matrix(
    np.reshape(feApply(system, modulus, everyUnitVector), [size, size]).toList() as number[][],
  );
  fixed.forEach((flag, dof) => flag === 1 && stiffness.set(dof, dof, 1));
  const free = Array.from(force.toTypedArray(), (value, dof) => (fixed[dof] === 1 ? 0 : value));
  return array(new CholeskyDecomposition(stiffness).solve(Matrix.columnVector(free)).to1DArray(), { shape });
};
const solveOutside = (modulus: ElementField, force: VectorField): VectorField =>
  pureCallback(solveDense, { shape }, [modulus, force]);

/** By its equation: every derivative, of any order and in both modes, is one more solve. */
const byEquation = (modulus: ElementField, force: VectorField): VectorField =>
  customLinearSolve(
    (u) => feApply(system, modulus, u),
    force,
    (_matvec, rhs) => solveOutside(modulus, rhs),
    { symmetric: true },
  );

/** By its adjoint: lambda = K^-1 g, and -lambda' K0 u per element is the gradient by the modulus. */
const byRule = customVjp(solveOutside, {
  fwd: (modulus, force) => {
    const u = solveOutside(modulus, force);
    return [u, { modulus, u }];
  },
  bwd: ({ modulus, u }, g) => {
    const lambda = solveOutside(modulus, g);
    return [feForm(system, lambda, u).neg(), lambda];
  },
});

const filter = densityFilter(mesh, { radius: 1.5 });
const meanSquareDisplacement =
  (solve: typeof byEquation) =>
  (density: ElementField): NDArray =>
    np.mean(np.square(solve(simp(filter(density), { eMin: 1e-3 }), load)));
const wave = (phase: number): ElementField => {
  const values = np.sin(
    np
      .arange(mesh.nelx * mesh.nely)
      .mul(12.9898)
      .add(phase),
  );
  return elementField(mesh, values.reshape(mesh.elementShape));
};
const [density, direction] = [wave(0).mul(0.3).add(0.5), wave(1)];

const builtIn = meanSquareDisplacement((modulus, force) => feSolve(system, modulus, force));
const [, expected] = valueAndGrad(builtIn)(density);
const step = 1e-5;
const difference =
  (builtIn(density.add(direction.mul(step))).item() - builtIn(density.sub(direction.mul(step))).item()) / (2 * step);
for (const [name, solve] of [
  ["customLinearSolve", byEquation],
  ["customVjp", byRule],
] as const) {
  const [, gradient] = jit(valueAndGrad(meanSquareDisplacement(solve)))(density);
  const gap = np.max(gradient.sub(expected).abs()).item() / np.max(expected.abs()).item();
  const slope = np.vdot(gradient, direction).item();
  console.log(
    `${name}: gradient differs from the built-in solve by ${gap.toExponential(1)}, from finite differences by ${Math.abs(slope / difference - 1).toExponential(1)}`,
  );
  if (!(gap < 1e-10) || !(Math.abs(slope / difference - 1) < 1e-6)) process.exitCode = 1;
}

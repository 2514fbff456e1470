/**
 * Wrap an existing solver, do not rewrite it: another package's dense Cholesky (ml-matrix) solves K(E) u = f behind two
 * differentiable doors - the equation it solves (customLinearSolve), and an adjoint rule of three lines (customVjp).
 * Both gradients are compared with finite differences, and with that of the built-in solve.
 * Run: npm run example -- foreign-solver
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { array, customLinearSolve, customVjp, grad, pureCallback } from "cotangent";
import type { NDArray } from "cotangent";
import type { ElementField, VectorField } from "cotangent/fem";
import { elementField, feApply, feForm, feSolve } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { problems, simp } from "cotangent/topopt";

const { mesh, system, load } = problems.michell({ nelx: 12, nely: 8 });
const { shape, size } = load;
const unitVectors = np.reshape(np.eye(size), [size, ...shape]) as VectorField;

/** The foreign solver: plain numbers in and out, nothing here is traced. Held dofs have a 1 on the diagonal. */
const solveDense = (modulus: ElementField, force: VectorField): NDArray => {
  const free = feApply(system, modulus, unitVectors).reshape([size, size]);
  const matrix = new Matrix(free.add(np.diag(system.fixed.reshape([size]))).toList() as number[][]);
  const rhs = force.mul(np.sub(1, system.fixed)).reshape([size]).toList() as number[];
  return array(new CholeskyDecomposition(matrix).solve(Matrix.columnVector(rhs)).to1DArray(), { shape });
};
const solveOutside = (modulus: ElementField, force: VectorField): VectorField =>
  pureCallback(solveDense, { shape }, [modulus, force]);

/** By its equation: every derivative, of any order and in both modes, is one more solve. */
const byEquation = (modulus: ElementField, force: VectorField): VectorField =>
  customLinearSolve(
    (u) => feApply(system, modulus, u),
    force,
    (_, rhs) => solveOutside(modulus, rhs),
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

const squareOf = (solve: typeof byEquation) => (density: ElementField) =>
  np.mean(np.square(solve(simp(density, { eMin: 1e-3 }), load)));
const density = elementField(mesh, 0.5);
const expected = grad(squareOf((modulus, force) => feSolve(system, modulus, force)))(density);
for (const [name, solve] of Object.entries({ byEquation, byRule })) {
  const { worst } = checkGrads(squareOf(solve), [density], { order: 1, modes: ["reverse"] });
  const gap = np.max(np.abs(grad(squareOf(solve))(density).sub(expected).div(expected))).item();
  console.log(`${name}: off from differences by ${Math.max(...Object.values(worst)).toExponential(1)}`);
  console.log(`  and from the gradient of the built-in solve by ${gap.toExponential(1)}`);
}

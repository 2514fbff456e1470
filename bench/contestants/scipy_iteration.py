"""Topology optimization of the MBB beam with NumPy and SciPy: what bench/iteration.ts compares ours with.

density filter -> SIMP -> stiffness matrix -> solve -> compliance, its gradient by the adjoint, optimality criteria.
"generic": a matrix from triplets and two calls of spsolve, as a differentiable solve does that knows nothing of the matrix.
"tuned":   a matrix through a precomputed sum, one symmetric-mode factorization for both solves.
"cholmod": the same with a supernodal Cholesky factorization through cvxopt, its analysis kept, and one solve, which is its
           own adjoint.
Arguments: nelx nely volume_fraction radius penal variant. Each line of input asks for that many iterations of a
run that continues; each line of output is one JSON object (the first one: versions).
"""
import json
import sys

import numpy as np
import scipy
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.linalg import splu, spsolve

from contestant_process import look

E_MIN, E_0, POISSON, MOVE, VOLUME_TOLERANCE = 1e-9, 1.0, 0.3, 0.2, 1e-9


def element_stiffness(poisson):
    """Plane stress bilinear unit square by 2 x 2 Gauss points; nodes counter-clockwise from the lower left."""
    material = np.array([[1, poisson, 0], [poisson, 1, 0], [0, 0, (1 - poisson) / 2]]) / (1 - poisson**2)
    stiffness = np.zeros((8, 8))
    for x in (0.5 - 0.5 / 3**0.5, 0.5 + 0.5 / 3**0.5):
        for y in (0.5 - 0.5 / 3**0.5, 0.5 + 0.5 / 3**0.5):
            d_dx = np.array([y - 1, 1 - y, y, -y])
            d_dy = np.array([x - 1, -x, x, 1 - x])
            strain = np.zeros((3, 8))
            strain[0, 0::2] = strain[2, 1::2] = d_dx
            strain[1, 1::2] = strain[2, 0::2] = d_dy
            stiffness += strain.T @ material @ strain / 4
    return stiffness


def cone_filter(nelx, nely, radius):
    """Rows sum to one: weights max(0, radius - distance) among the elements of the grid."""
    reach = int(np.ceil(radius)) - 1
    row, column = np.divmod(np.arange(nelx * nely), nelx)
    targets, sources, weights = [], [], []
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            weight = radius - np.hypot(down, right)
            inside = (row + down >= 0) & (row + down < nely) & (column + right >= 0) & (column + right < nelx)
            if weight <= 0:
                continue
            targets.append(np.flatnonzero(inside))
            sources.append(targets[-1] + down * nelx + right)
            weights.append(np.full(targets[-1].size, weight))
    cone = csr_matrix((np.concatenate(weights), (np.concatenate(targets), np.concatenate(sources))), shape=(row.size, row.size))
    return csr_matrix(cone.multiply(1 / cone.sum(axis=1)))


class Beam:
    """Half of a simply supported beam: unit force down at the upper left, symmetry on the left, a roller at the lower right."""

    def __init__(self, nelx, nely, volume_fraction, radius, penal, variant):
        self.volume_fraction, self.penal, self.variant = volume_fraction, penal, variant
        node = np.arange((nely + 1) * (nelx + 1)).reshape(nely + 1, nelx + 1)
        corners = np.stack([node[1:, :-1], node[1:, 1:], node[:-1, 1:], node[:-1, :-1]], axis=-1).reshape(-1, 4)
        self.dofs = np.stack([2 * corners, 2 * corners + 1], axis=-1).reshape(-1, 8)
        dof_count = 2 * node.size
        is_free = np.ones(dof_count, dtype=bool)
        is_free[2 * node[:, 0]] = False
        is_free[2 * node[-1, -1] + 1] = False
        self.free = np.flatnonzero(is_free)
        load = np.zeros(dof_count)
        load[2 * node[0, 0] + 1] = -1
        self.load = load[self.free]
        self.element_stiffness = element_stiffness(POISSON)
        # Triplets with both ends free, numbered among the free dofs: supports cost nothing per iteration.
        number = np.full(dof_count, -1, dtype=np.int32)
        number[self.free] = np.arange(self.free.size, dtype=np.int32)
        rows = number[np.repeat(self.dofs, 8, axis=1)].ravel()
        columns = number[np.tile(self.dofs, (1, 8))].ravel()
        self.kept = np.flatnonzero((rows >= 0) & (columns >= 0))
        self.rows, self.columns = rows[self.kept], columns[self.kept]
        self.filter = cone_filter(nelx, nely, radius)
        self.filter_transpose = csr_matrix(self.filter.T)
        self.weights = self.filter_transpose @ np.full(nelx * nely, 1 / (nelx * nely))
        self.design = np.full(nelx * nely, volume_fraction)
        if variant == "cholmod":
            is_lower = self.rows >= self.columns
            self.kept, self.rows, self.columns = self.kept[is_lower], self.rows[is_lower], self.columns[is_lower]
        if variant != "generic":
            self.prepare_pattern()
        if variant == "cholmod":
            self.prepare_cholmod()

    def prepare_pattern(self):
        """The matrix's stored values as one sparse product with the moduli."""
        size = self.free.size
        entry = self.columns.astype(np.int64) * size + self.rows
        _, place = np.unique(entry, return_inverse=True)
        values = np.tile(self.element_stiffness.ravel(), len(self.dofs))[self.kept]
        self.matrix = coo_matrix((np.ones(entry.size), (self.rows, self.columns)), shape=(size, size)).tocsc()
        self.matrix.sort_indices()
        self.values_of_modulus = csr_matrix((values, (place, self.kept // 64)), shape=(self.matrix.nnz, len(self.dofs)))

    def prepare_cholmod(self):
        """The matrix in the form that cvxopt wants, and its symbolic factor."""
        import cvxopt
        import cvxopt.cholmod

        cvxopt.cholmod.options["supernodal"] = 2
        lower = self.matrix.tocoo()
        rows, columns = (cvxopt.matrix(index.astype(np.int64)) for index in (lower.row, lower.col))
        self.cvxopt = cvxopt
        self.lower = cvxopt.spmatrix(cvxopt.matrix(lower.data), rows, columns, lower.shape)
        # At first a matrix of ones, which no analysis looks at.
        self.symbolic = cvxopt.cholmod.symbolic(self.lower, uplo="L")

    def solve_pair(self, modulus):
        """Displacement for the load, and adjoint for the objective's gradient (here the load again)."""
        if self.variant == "cholmod":
            self.lower.V = self.cvxopt.matrix(self.values_of_modulus @ modulus)
            self.cvxopt.cholmod.numeric(self.lower, self.symbolic)
            solution = self.cvxopt.matrix(self.load)
            self.cvxopt.cholmod.solve(self.symbolic, solution)
            displacement = np.array(solution).ravel()
            return displacement, displacement
        if self.variant == "tuned":
            self.matrix.data = self.values_of_modulus @ modulus
            factor = splu(self.matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
            return factor.solve(self.load), factor.solve(self.load, "T")
        values = (modulus[:, None] * self.element_stiffness.ravel()).ravel()[self.kept]
        matrix = coo_matrix((values, (self.rows, self.columns)), shape=(self.free.size, self.free.size)).tocsc()
        return spsolve(matrix, self.load), spsolve(matrix.T.tocsc(), self.load)

    def value_and_gradient(self):
        density = self.filter @ self.design
        modulus = E_MIN + density**self.penal * (E_0 - E_MIN)
        displacement, adjoint = self.solve_pair(modulus)
        objective = self.load @ displacement
        u, v = np.zeros(2 * (self.dofs.max() // 2 + 1)), np.zeros(2 * (self.dofs.max() // 2 + 1))
        u[self.free], v[self.free] = displacement, adjoint
        modulus_gradient = -np.einsum("ei,ei->e", v[self.dofs] @ self.element_stiffness, u[self.dofs])
        density_gradient = modulus_gradient * self.penal * density ** (self.penal - 1) * (E_0 - E_MIN)
        return objective, self.filter_transpose @ density_gradient

    def optimality_criteria(self, gradient):
        strength = self.design * np.sqrt(np.maximum(0, -gradient) / self.weights)
        lowest = np.maximum(0, self.design - MOVE)
        highest = np.minimum(1, self.design + MOVE)
        low, high = 1e-9, 1e9
        while True:
            middle = (low + high) / 2
            candidate = np.clip(strength / np.sqrt(middle), lowest, highest)
            volume = self.weights @ candidate
            if abs(volume - self.volume_fraction) < VOLUME_TOLERANCE or middle in (low, high):
                return candidate
            if volume > self.volume_fraction:
                low = middle
            else:
                high = middle

    def iterate(self):
        _, waited, started = look()
        objective, gradient = self.value_and_gradient()
        self.design = self.optimality_criteria(gradient)
        stopped, waited_at_stop, _ = look()
        return {"objective": objective, "milliseconds": stopped - started - (waited_at_stop - waited)}


def main():
    nelx, nely, volume_fraction, radius, penal, variant = sys.argv[1:]
    beam = Beam(int(nelx), int(nely), float(volume_fraction), float(radius), float(penal), variant)
    cholmod = f", CHOLMOD through cvxopt {beam.cvxopt.__version__}" if variant == "cholmod" else ""
    versions = f"SciPy {scipy.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}{cholmod}"
    print(json.dumps({"versions": versions}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"history": [beam.iterate() for _ in range(int(line))]}), flush=True)


if __name__ == "__main__":
    main()

"""Sparse direct solves of structures on grids by SciPy's SuperLU and by CHOLMOD: what ours are compared with.

Each line of input is one question, each line of output one JSON object (the first one: versions).
  {"grid": [nelx, nely] or [nelx, nely, nelz], "modulus": file, "peer": name, "samples": count, "maySkip": seconds,
   "problem": beginning of the names of three files, optional}
Files are little-endian. Moduli: float64, [nely, nelx] or [nelz, nely, nelx], row 0 on top. A problem is "-matrix.f64", the
stiffness of one element, nodes counter-clockwise from the lower left, those at larger z behind; "-fixed.u8", 1 where a
degree of freedom is held; "-load.f64". Without one: the MBB beam, with an element that is integrated here. Peers:
  "spsolve":   all of spsolve with its default ordering (COLAMD), as published pipelines call it; counts as solve
  "symmetric": splu in symmetric mode with an ordering of the symmetric pattern, and its solve; analysis is part of factor
  "cholmod":   supernodal Cholesky through cvxopt from the lower triangle: analysis once, then factor and solve
Answers {"assembly", "analysis": ms, "factor", "solve": [ms of each sample, none left out], "compliance",
"residual": |K u - f| / |f|, "bytes": most resident from the assembled matrix on, "resident": at that point},
or {"error": text}. Assembly, and the matrix in the form that a library wants, are outside the times, and so is time that
the scheduler gave to others; the last design's matrix and analysis are kept for the next question. Once the samples
together have taken maySkip, the others are left out; there is always one.
"""
import os

# Numeric libraries read these when they are loaded.
for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMEXPR"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import itertools
import json
import resource
import sys
import time

import numpy as np
import scipy
from scipy.sparse import coo_matrix, tril
from scipy.sparse.linalg import splu, spsolve

from contestant_process import begin_memory, look, resident_kibibytes

try:
    import cvxopt
    import cvxopt.cholmod
except ImportError:
    cvxopt = None

POISSON = 0.3


def material_of(dimensions):
    """Stress of strain for modulus 1, and which directions each strain joins: plane stress, or solid."""
    shear = 1 / (2 * (1 + POISSON))
    if dimensions == 2:
        material = np.array([[1, POISSON, 0], [POISSON, 1, 0], [0, 0, (1 - POISSON) / 2]]) / (1 - POISSON**2)
        return material, [(0, 0), (1, 1), (0, 1)]
    material = np.diag([2 * shear] * 3 + [shear] * 3)
    material[:3, :3] += POISSON / ((1 + POISSON) * (1 - 2 * POISSON))
    return material, [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)]


def element_stiffness(corners):
    """Of a unit square or cube with linear shape functions along each axis, by two Gauss points along each."""
    count, dimensions = corners.shape
    material, pairs = material_of(dimensions)
    stiffness = np.zeros((count * dimensions, count * dimensions))
    for point in itertools.product((0.5 - 0.5 / 3**0.5, 0.5 + 0.5 / 3**0.5), repeat=dimensions):
        along = np.where(corners == 1, point, 1 - np.array(point))
        gradient = np.stack(
            [(2 * corners[:, a] - 1) * np.delete(along, a, axis=1).prod(axis=1) for a in range(dimensions)], axis=1
        )
        strain = np.zeros((len(pairs), count * dimensions))
        for row, (a, b) in enumerate(pairs):
            strain[row, a::dimensions] = gradient[:, b]
            strain[row, b::dimensions] = gradient[:, a]
        stiffness += strain.T @ material @ strain / 2**dimensions
    return stiffness


def corner_order(dimensions):
    """Corners (x, y, z) of an element, counter-clockwise from the lower left, those at larger z behind."""
    plane = [(0, 0), (1, 0), (1, 1), (0, 1)]
    return np.array(plane if dimensions == 2 else [(*corner, z) for z in (0, 1) for corner in plane])


def mbb_beam(node, corners):
    """Stiffness of an element, which dofs are held, and the load.

    Half of a simply supported beam: the left side is a plane of symmetry, the lower right edge a roller, force 1 down
    spread evenly over the nodes of the upper left edge. A solid is also held in z where the left side meets z = 0.
    """
    dimensions = node.ndim
    is_fixed = np.zeros(dimensions * node.size, dtype=bool)
    is_fixed[dimensions * node[..., 0]] = True
    is_fixed[dimensions * node[..., -1, -1] + 1] = True
    if dimensions == 3:
        is_fixed[dimensions * node[0, :, 0] + 2] = True
    loaded = node[..., 0, 0]
    load = np.zeros(is_fixed.size)
    load[dimensions * loaded + 1] = -1 / loaded.size
    return element_stiffness(corners), is_fixed, load


def read_problem(problem):
    """The same from files."""
    stiffness = np.fromfile(f"{problem}-matrix.f64", dtype="<f8")
    size = round(stiffness.size**0.5)
    is_fixed = np.fromfile(f"{problem}-fixed.u8", dtype="u1") == 1
    return stiffness.reshape(size, size), is_fixed, np.fromfile(f"{problem}-load.f64", dtype="<f8")


def assemble(grid, modulus, problem):
    """Stiffness matrix and load of the free degrees of freedom, those of a node side by side, nodes row by row from the top."""
    dimensions = len(grid)
    node = np.arange(np.prod([cells + 1 for cells in grid])).reshape([cells + 1 for cells in reversed(grid)])
    corners = corner_order(dimensions)

    def nodes_at(corner):
        """Rows are counted downwards, y upwards."""
        first = [1 - offset if axis == 1 else offset for axis, offset in enumerate(corner)]
        return node[tuple(slice(start, start + cells) for start, cells in zip(reversed(first), reversed(grid)))].ravel()

    nodes = np.stack([nodes_at(corner) for corner in corners], axis=-1)
    dofs = (dimensions * nodes[:, :, None] + np.arange(dimensions)).reshape(len(nodes), -1)
    stiffness, is_fixed, load = mbb_beam(node, corners) if problem is None else read_problem(problem)
    is_free = ~is_fixed
    number = np.where(is_free, np.cumsum(is_free) - 1, -1).astype(np.int32)[dofs]
    size = dofs.shape[1]
    rows, columns = np.repeat(number, size, axis=1).ravel(), np.tile(number, (1, size)).ravel()
    kept = (rows >= 0) & (columns >= 0)
    values = (modulus[:, None] * stiffness.ravel()).ravel()
    free_count = np.count_nonzero(is_free)
    matrix = coo_matrix((values[kept], (rows[kept], columns[kept])), shape=(free_count, free_count)).tocsc()
    matrix.sort_indices()
    return matrix, load[is_free]


def timed(work):
    """Milliseconds, without those that the scheduler gave to others, and the result."""
    _, waited, start = look()
    result = work()
    stop, waited_at_stop, _ = look()
    return stop - start - (waited_at_stop - waited), result


# Each peer is prepared with a matrix and a load, and gives the milliseconds of its analysis and a function: one sample,
# that is the milliseconds of factor and solve and the displacement.


def prepare_spsolve(matrix, load):
    def sample():
        # Without UMFPACK, which it would take where another package is installed.
        solve, displacement = timed(lambda: spsolve(matrix, load, use_umfpack=False))
        return None, solve, displacement

    return 0, sample


def prepare_symmetric(matrix, load):
    def sample():
        options = {"SymmetricMode": True}
        factor, lu = timed(lambda: splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options))
        solve, displacement = timed(lambda: lu.solve(load))
        return factor, solve, displacement

    return 0, sample


def prepare_cholmod(matrix, load):
    if cvxopt is None:
        raise RuntimeError("cvxopt is not installed")
    cvxopt.cholmod.options["supernodal"] = 2
    lower = tril(matrix).tocoo()
    rows, columns = (cvxopt.matrix(index.astype(np.int64)) for index in (lower.row, lower.col))
    own = cvxopt.spmatrix(cvxopt.matrix(lower.data), rows, columns, lower.shape)
    del lower, rows, columns
    analysis, factorization = timed(lambda: cvxopt.cholmod.symbolic(own, uplo="L"))

    def sample():
        factor, _ = timed(lambda: cvxopt.cholmod.numeric(own, factorization))
        displacement = cvxopt.matrix(load)
        solve, _ = timed(lambda: cvxopt.cholmod.solve(factorization, displacement))
        return factor, solve, np.array(displacement).ravel()

    return analysis, sample


PEERS = {"spsolve": prepare_spsolve, "symmetric": prepare_symmetric, "cholmod": prepare_cholmod}


def most_resident():
    if sys.platform == "linux":
        return 1024 * resident_kibibytes("VmHWM")
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else 1024 * highest


class Prepared:
    """A design's matrix as a peer wants it, analysed."""

    def __init__(self, grid, modulus_file, problem, peer):
        modulus = np.fromfile(modulus_file, dtype="<f8")
        if modulus.size != np.prod(grid):
            raise ValueError(f"{modulus.size} moduli for a grid of {grid}")
        self.assembly, (self.matrix, self.load) = timed(lambda: assemble(grid, modulus, problem))
        self.resident = 1024 * begin_memory() if sys.platform == "linux" else most_resident()
        self.analysis, self.sample = PEERS[peer](self.matrix, self.load)


class Answerer:
    def __init__(self):
        self.key, self.prepared = None, None

    def prepare(self, question):
        key = (tuple(question["grid"]), question["modulus"], question.get("problem"), question["peer"])
        if key != self.key:
            # The one before goes first: two at a time would count as memory of the new one.
            self.key = self.prepared = None
            self.prepared, self.key = Prepared(*key), key
        return self.prepared

    def answer(self, question):
        own = self.prepare(question)
        factors, solves = [], []
        start = time.perf_counter()
        while not solves or (len(solves) < question["samples"] and time.perf_counter() - start < question["maySkip"]):
            factor, solve, displacement = own.sample()
            factors += [] if factor is None else [factor]
            solves.append(solve)
        return {
            "assembly": own.assembly,
            "analysis": own.analysis,
            "factor": factors,
            "solve": solves,
            "compliance": own.load @ displacement,
            "residual": np.linalg.norm(own.matrix @ displacement - own.load) / np.linalg.norm(own.load),
            "bytes": most_resident(),
            "resident": own.resident,
        }


def main():
    cholmod = "" if cvxopt is None else f", CHOLMOD through cvxopt {cvxopt.__version__}"
    print(json.dumps({"versions": f"SciPy {scipy.__version__}{cholmod}"}), flush=True)
    answerer = Answerer()
    for line in sys.stdin:
        try:
            reply = answerer.answer(json.loads(line))
        except Exception as problem:
            reply = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

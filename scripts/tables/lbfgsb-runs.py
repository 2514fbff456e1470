#!/usr/bin/env python3
"""Runs of SciPy's L-BFGS-B with 10 pairs, to the end: writes test/reference/lbfgsb-runs.json.

A run holds its problem (test/optim/problems.ts has the same ones by the same names), the final value, and how many
evaluations it took until the value was within 1e-8 (1 + |final|) of it.
Usage: python3 scripts/tables/lbfgsb-runs.py (needs numpy and scipy 1.17).
"""
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import minimize

TARGET = Path(__file__).resolve().parents[2] / "test" / "reference" / "lbfgsb-runs.json"


def rosenbrock(x):
    u, v = x[:-1], x[1:]
    g = np.zeros_like(x)
    g[:-1] += -400 * u * (v - u * u) - 2 * (1 - u)
    g[1:] += 200 * (v - u * u)
    return np.sum(100 * (v - u * u) ** 2 + (1 - u) ** 2), g


def beale(x):
    a, b = x
    r = np.array([1.5 - a + a * b, 2.25 - a + a * b**2, 2.625 - a + a * b**3])
    return r @ r, 2 * np.array([[b - 1, a], [b * b - 1, 2 * a * b], [b**3 - 1, 3 * a * b * b]]).T @ r


def quartic(x):
    return np.sum(x**4), 4 * x**3


def diagonal(x):
    d, t = np.linspace(1, 100, x.size), np.linspace(-2, 2, x.size)
    return 0.5 * np.sum(d * (x - t) ** 2), d * (x - t)


def chain(x):
    a = 2.001 * x
    a[1:] -= x[:-1]
    a[:-1] -= x[1:]
    b = np.sin(0.7 * np.arange(x.size))
    return 0.5 * x @ a - b @ x, a - b


def obstacle(x):
    a = 2.001 * x
    a[1:] -= x[:-1]
    a[:-1] -= x[1:]
    return 0.5 * x @ a + 0.01 * np.sum(x), a + 0.01


def zigzag(n):
    return np.where(np.arange(n) % 2 == 0, -1.2, 1.0)


def run(name, f, start, lower=None, upper=None):
    start = np.clip(start, -np.inf if lower is None else lower, np.inf if upper is None else upper)
    values = []

    def seen(x):
        value, gradient = f(x)
        values.append(value)
        return value, gradient

    options = {"maxcor": 10, "ftol": 0, "gtol": 1e-12, "maxfun": 20000, "maxiter": 20000, "maxls": 20}
    result = minimize(seen, start, jac=True, method="L-BFGS-B", bounds=[(lower, upper)] * start.size, options=options)
    close = next(k for k, value in enumerate(values) if value - result.fun <= 1e-8 * (1 + abs(result.fun)))
    bounds = {key: bound for key, bound in (("lower", lower), ("upper", upper)) if bound is not None}
    return {"name": name, "start": start.tolist(), **bounds, "value": float(result.fun), "evaluations": close + 1}


runs = [
    run("rosenbrock", rosenbrock, zigzag(2)),
    run("rosenbrock", rosenbrock, zigzag(100)),
    run("beale", beale, np.ones(2)),
    run("quartic", quartic, np.array([1.0, 2.0, -3.0])),
    run("diagonal", diagonal, np.zeros(30)),
    run("chain", chain, np.zeros(40)),
    run("rosenbrock", rosenbrock, zigzag(2), upper=0.5),
    run("rosenbrock", rosenbrock, zigzag(20), lower=-1.0, upper=0.8),
    run("diagonal", diagonal, np.zeros(30), lower=-1.0, upper=0.5),
    run("chain", chain, np.zeros(40), lower=-0.5, upper=0.5),
    run("obstacle", obstacle, np.ones(40), lower=-0.5),
]
TARGET.write_text(json.dumps({"source": f"scipy {scipy.__version__}, L-BFGS-B", "runs": runs}) + "\n")

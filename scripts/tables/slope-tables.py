#!/usr/bin/env python3
"""First and second derivatives of elementary functions at extreme points: test/reference/slopes.json.

{precision: {name: [[point, ...], [first derivatives], [second derivatives]], ...}}; of atan2, as of two arguments (y, x),
the derivatives are those by y, x and by yy, yx, xx. The closed forms below are evaluated with 2000 digits and rounded to
float64 once; points are exact in their precision. Usage: python3 scripts/tables/slope-tables.py (needs mpmath 1.3).
"""
import json
import math
import struct
from pathlib import Path
from mpmath import mp, mpf

mp.dps = 2000
TARGET = Path(__file__).resolve().parents[2] / "test" / "reference" / "slopes.json"
SCALE, ALPHA = mpf(1.0507009873554805), mpf(1.6732632423543772)


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def mirrored(*points):
    return [sign * x for x in points for sign in (1, -1)]


# --- Points -----------------------------------------------------------------------------------

SATURATING = {
    "float64": (1e-300, 1e-160, 1e-10, 0.25, 0.4999, 0.5, 0.75, 1, 5, 9, 18.5, 20, 37, 40, 100, 300, 350),
    "float32": (1e-30, 1e-10, 1e-4, 0.25, 0.4999, 0.5, 0.75, 1, 3, 5, 9, 10, 17, 30, 40),
}
WIDE = {
    "float64": (1e-300, 1e-160, 1e-10, 0.25, 0.999, 1, 1.001, 2, 1e8, 1e60, 1e100, 1e140),
    "float32": (1e-30, 1e-10, 1e-4, 0.25, 0.999, 1, 1.001, 2, 1e4, 1e9, 1e12),
}
INNER = {
    "float64": (1e-300, 1e-160, 1e-10, 0.25, 0.4999, 0.5, 0.9, 1 - 2**-20, 1 - 2**-40, 1 - 2**-53),
    "float32": (1e-30, 1e-10, 1e-4, 0.25, 0.4999, 0.5, 0.9, 1 - 2**-12, 1 - 2**-24),
}
# The second derivative of the logistic function is 0 at 0 and made of a difference, so 0 is left out.
OFF_ZERO = {"float64": (1, 5, 18.5, 37, 40, 100, 300, 700), "float32": (1, 5, 9, 17, 30, 80)}
BELOW = {"float64": (-1e-10, -1, -20, -37, -40, -50, -300, -700), "float32": (-1e-4, -1, -9, -17, -20, -40, -80)}
ABOVE_ONE = {
    "float64": (1 + 2**-52, 1 + 2**-20, 1.5, 3, 1e8, 1e60, 1e100, 1e140, 1e153),
    "float32": (1 + 2**-23, 1 + 2**-12, 1.5, 3, 1e4, 1e9, 1e12, 1e18),
}
# First derivatives alone, where the second is no normal number.
FAR = {"float64": (1e153, 1e154, 1e155, 1e160, 1e200, 1e300), "float32": (1e18, 1e19, 1e20, 1e30, 1e37)}
SCALES = {"float64": (1e-170, 1e-150, 1e-30, 1, 1e30, 1e100, 1e150, 1e170, 1e300), "float32": (1e-25, 1e-15, 1, 1e15, 1e25)}

# --- Derivatives ------------------------------------------------------------------------------


def below(scale, alpha, rate):
    return lambda x: (scale * alpha * rate * mp.exp(rate * x), scale * alpha * rate**2 * mp.exp(rate * x))


def tanh(x):
    slope = 1 / mp.cosh(x) ** 2
    return slope, -2 * mp.tanh(x) * slope


def logistic(x):
    value = 1 / (1 + mp.exp(-x))
    return value * (1 - value), value * (1 - value) * (1 - 2 * value)


def power_of_square(factor, sign, exponent):
    """factor (1 + sign x^2)^exponent and its derivative."""

    def derivatives(x):
        base = 1 + sign * x * x
        return factor * base**exponent, factor * exponent * 2 * sign * x * base ** (exponent - 1)

    return derivatives


def acosh(x):
    base = x * x - 1
    return base ** mpf(-0.5), -x * base ** mpf(-1.5)


FUNCTIONS = {
    "expm1": (below(1, 1, mpf(1)), BELOW, 1),
    "elu": (below(1, 1, mpf(1)), BELOW, 1),
    "selu": (below(SCALE, ALPHA, mpf(1)), BELOW, 1),
    "celu": (below(1, 2, mpf(0.5)), BELOW, 1),
    "tanh": (tanh, SATURATING, 0),
    "logistic": (logistic, OFF_ZERO, 0),
    "sinh": (lambda x: (mp.cosh(x), mp.sinh(x)), SATURATING, 0),
    "cosh": (lambda x: (mp.sinh(x), mp.cosh(x)), SATURATING, 0),
    "asinh": (power_of_square(1, 1, mpf(-0.5)), WIDE, 0),
    "acosh": (acosh, ABOVE_ONE, 1),
    "atanh": (power_of_square(1, -1, -1), INNER, 0),
    "asin": (power_of_square(1, -1, mpf(-0.5)), INNER, 0),
    "acos": (power_of_square(-1, -1, mpf(-0.5)), INNER, 0),
    "atan": (power_of_square(1, 1, -1), WIDE, 0),
    "log1p": (lambda x: (1 / (1 + x), -1 / (1 + x) ** 2), INNER, 0),
}


def atan2(y, x):
    square = x * x + y * y
    mixed = (y * y - x * x) / square**2
    return x / square, -y / square, -2 * x * y / square**2, mixed, 2 * x * y / square**2


def rounded(value):
    """JSON knows no infinity: what overflows is null."""
    number = float(value)
    return None if math.isinf(number) else number


def columns(derivatives, points):
    rows = [[rounded(part) for part in derivatives(*map(mpf, point))] for point in points]
    return [list(column) for column in zip(*points)] + [list(column) for column in zip(*rows)]


def tables(precision):
    fit = single if precision == "float32" else float
    out = {}
    for name, (derivatives, points, is_one_sided) in FUNCTIONS.items():
        chosen = points[precision] if is_one_sided else mirrored(*points[precision])
        out[name] = columns(derivatives, [(fit(x),) for x in chosen])
    for name in ("asinh", "atan", "acosh"):
        first = FUNCTIONS[name][0]
        chosen = FAR[precision] if name == "acosh" else mirrored(*FAR[precision])
        out[f"{name} far"] = columns(lambda x: first(x)[:1], [(fit(x),) for x in chosen])
    pairs = [(fit(a * s), fit(b * t)) for a in SCALES[precision] for b in SCALES[precision] for s, t in ((1.5, 1), (-0.75, 1), (1, -2))]
    out["atan2"] = columns(atan2, pairs)
    return out


def main():
    TARGET.write_text(json.dumps({precision: tables(precision) for precision in ("float64", "float32")}) + "\n")


main()

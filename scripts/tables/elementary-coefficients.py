#!/usr/bin/env python3
"""Coefficients of the exponential family: writes kernels/elementary/exponential-coefficients.ts.

Each polynomial is minimax by Remez' exchange with a weight. Its coefficients are rounded to the precision one after the
other, from the constant term up, and those that are left are fitted again, which hides most of the rounding.
Usage: python3 scripts/tables/elementary-coefficients.py (needs mpmath 1.3).
"""
from pathlib import Path
from mpmath import mp, mpf

mp.dps = 60
TARGET = Path(__file__).resolve().parents[2] / "kernels" / "elementary" / "exponential-coefficients.ts"
BITS = {"float64": 53, "float32": 24}
# How many coefficients are rounded one by one.
REFITS = 4
SUFFIX = {"float64": "64", "float32": "32"}


def nearest(value, bits):
    if value == 0:
        return value
    unit = mpf(2) ** (mp.frexp(value)[1] - bits)
    return mp.nint(value / unit) * unit


def extremes(error, low, high, count):
    """Points between which the error changes sign, each where it is largest."""
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * k / (count * 24)) for k in range(count * 24 + 1)]
    values = [error(x) for x in points]
    runs = []
    for x, value in zip(points, values):
        if runs and (runs[-1][1] > 0) == (value > 0):
            if abs(value) > abs(runs[-1][1]):
                runs[-1] = (x, value)
        else:
            runs.append((x, value))
    while len(runs) > count:
        runs.pop(0 if abs(runs[0][1]) < abs(runs[-1][1]) else -1)
    return [x for x, _ in runs], max(abs(value) for value in values)


def remez(f, weight, powers, low, high):
    """Coefficients c with sum of c_k x^powers_k nearest to f on [low, high], in weight; and the largest error."""
    count = len(powers) + 1
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * k / (count - 1)) for k in range(count)]
    best = None
    for _ in range(30):
        matrix = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for row, x in enumerate(points):
            for column, power in enumerate(powers):
                matrix[row, column] = x**power * weight(x)
            matrix[row, count - 1] = (-1) ** row
            right[row] = f(x) * weight(x)
        solution = mp.lu_solve(matrix, right)
        coefficients = [solution[k] for k in range(count - 1)]
        level = abs(solution[count - 1])
        error = lambda x: weight(x) * (f(x) - sum(c * x**p for c, p in zip(coefficients, powers)))
        exchanged, largest = extremes(error, low, high, count)
        if best is None or largest < best[1]:
            best = (coefficients, largest)
        if len(exchanged) < count or largest < level * (1 + mpf(10) ** -3):
            break
        points = exchanged
    return best


def fitted(f, weight, degree, low, high, bits):
    """Rounded coefficients, lowest first, and the largest weighted error."""
    low, high = mpf(low), mpf(high)
    done = []
    while len(done) <= degree:
        first = len(done)
        rest = lambda x: f(x) - sum(c * x**k for k, c in enumerate(done))
        coefficients, _ = remez(rest, weight, list(range(first, degree + 1)), low, high)
        done += [nearest(c, bits) for c in (coefficients[:1] if first < REFITS else coefficients)]
    error = lambda x: weight(x) * (f(x) - sum(c * x**k for k, c in enumerate(done)))
    return done, extremes(error, low, high, degree + 2)[1]


def settled(f, weight, degree, interval, centers, bits):
    """
    The center, of those given, at which rounding the coefficients of f(center) changes least: with 0 inside the
    interval, rounding the constant term cannot be hidden. Without a weight errors are relative.
    """
    relative, given = weight is None, weight

    def rounded(center):
        low, high = interval(center)
        function = f(center)
        weight = (lambda t: 1 / function(t)) if relative else given
        coefficients, _ = remez(function, weight, list(range(degree + 1)), mpf(low), mpf(high))
        coefficients = [nearest(c, bits) for c in coefficients]
        error = lambda t: weight(t) * (function(t) - sum(c * t**k for k, c in enumerate(coefficients)))
        return coefficients, extremes(error, mpf(low), mpf(high), degree + 2)[1], center

    likely = sorted(centers, key=lambda center: abs(f(center)(0) - nearest(f(center)(0), bits)))[:4]
    return min((rounded(center) for center in likely), key=lambda found: found[1])


def series(terms):
    return lambda x: sum(c * x**k for k, c in enumerate(terms))


HALF_LOG2 = mp.log(2) / 2 * mpf("1.0001")


def exp_rest(r):
    """(e^r - 1 - r) / r^2."""
    if abs(r) < mpf("1e-8"):
        return series([1 / mp.factorial(k + 2) for k in range(8)])(r)
    return (mp.expm1(r) - r) / r**2


def cosh_rest(u):
    """(cosh r - 1) / r^2, u = r^2."""
    if u < mpf("1e-12"):
        return series([1 / mp.factorial(2 * k + 2) for k in range(6)])(u)
    return (mp.cosh(mp.sqrt(u)) - 1) / u


def sinh_rest(u):
    """(sinh r - r) / r^3, u = r^2."""
    if u < mpf("1e-12"):
        return series([1 / mp.factorial(2 * k + 3) for k in range(6)])(u)
    return (mp.sinh(mp.sqrt(u)) / mp.sqrt(u) - 1) / u


def atanh_rest(z):
    """(2 atanh(s) - 2 s) / s^3, z = s^2."""
    if z < mpf("1e-12"):
        return series([mpf(2) / (2 * k + 3) for k in range(6)])(z)
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) - 2 * s) / s**3


def atanh_second_rest(z):
    """(3 atanh(s) / s - 3 - z) / z^2, z = s^2."""
    if z < mpf("1e-9"):
        return series([mpf(3) / (2 * k + 5) for k in range(8)])(z)
    s = mp.sqrt(z)
    return (3 * mp.atanh(s) / s - 3 - z) / z**2


def erf_exponent(x):
    """(-log(1 - erf x) / x - 2 / sqrt(pi)) / x."""
    if x < mpf("1e-20"):
        return 2 / mp.pi
    return (-mp.log(mp.erfc(x)) / x - 2 / mp.sqrt(mp.pi)) / x


def erf_weight(x):
    """The relative error of erf x by an error of the above."""
    if x < mpf("1e-20"):
        return x * mp.sqrt(mp.pi) / 2
    return x * x * mp.erfc(x) / (1 - mp.erfc(x))


def scaled_erfc(center):
    """e^(x^2) erfc(x) (1 + 5/4 x), t = (x - center) / (x + center)."""

    def function(t):
        x = center * (1 + t) / (1 - t)
        return mp.exp(x * x) * mp.erfc(x) * (1 + mpf(5) / 4 * x)

    return function


REMEMBERED = {}


def erfinv_over_argument(w):
    """erfinv(x) / x, w = -log(1 - x^2)."""
    if w < mpf("1e-40"):
        return mp.sqrt(mp.pi) / 2
    if w not in REMEMBERED:
        x = mp.sqrt(-mp.expm1(-w))
        REMEMBERED[w] = mp.erfinv(x) / x
    return REMEMBERED[w]


def erfinv_near(center):
    return lambda u: erfinv_over_argument(u + center)


def erfinv_far(center):
    """erfinv(x) / (x sqrt(w)), v = 1 / sqrt(w) - center."""
    return lambda v: erfinv_over_argument(1 / (v + center) ** 2) * (v + center)


def around(low, high):
    return lambda center: (mpf(low) - center, mpf(high) - center)


def scaled_interval(highest):
    return lambda center: (-1, (mpf(highest) - center) / (mpf(highest) + center))


# (f / (2 + f))^2 at 1 + f = sqrt(2)
LARGEST_Z = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * mpf("1.0001")) ** 2
# The same at f = 1/2
WIDER_Z = (mpf("0.2") * mpf("1.0001")) ** 2
LARGEST_U = HALF_LOG2**2

# name: (function, weight, degree for float64 and float32, interval)
POLYNOMIALS = {
    "expRest": (exp_rest, lambda r: r**2 * mp.exp(-r), (10, 4), (-HALF_LOG2, HALF_LOG2)),
    "coshRest": (cosh_rest, lambda u: u, (4, 2), (0, LARGEST_U)),
    "sinhRest": (sinh_rest, lambda u: u, (4, 2), (0, LARGEST_U)),
    "atanhRest": (atanh_rest, lambda z: z / 2, (6, 2), (0, LARGEST_Z)),
    "atanhWiderRest": (atanh_rest, lambda z: z / 2, (7, 2), (0, WIDER_Z)),
    "atanhSecondRest": (atanh_second_rest, lambda z: z**2 / 3, (7, 2), (0, LARGEST_Z)),
}

# name: precision, then as above
SINGLE_POLYNOMIALS = {
    "erfExponent64": ("float64", erf_exponent, erf_weight, 23, (0, "5.95")),
    "erfExponent32": ("float32", erf_exponent, erf_weight, 7, (0, "4")),
}

# name: precision, function by center, weight, degree, interval by center, centers
SETTLED_POLYNOMIALS = {
    "scaledErfc64": ("float64", scaled_erfc, lambda t: 1, 22, scaled_interval("27.3"), [3 + mpf(k) / 64 for k in range(60)]),
    "scaledErfc32": ("float32", scaled_erfc, lambda t: 1, 10, scaled_interval("10.1"), [2 + mpf(k) / 64 for k in range(90)]),
}

NEAR_CENTERS = [2 + mpf(k) / 64 for k in range(64)]
FAR_CENTERS = [mpf(5) / 16 + mpf(k) / 1024 for k in range(64)]
# As above; the weight is one over the function.
RELATIVE_POLYNOMIALS = {
    "erfinvNear64": ("float64", erfinv_near, 21, around(0, 5), NEAR_CENTERS),
    "erfinvNear32": ("float32", erfinv_near, 9, around(0, 5), NEAR_CENTERS),
    "erfinvFar64": ("float64", erfinv_far, 30, around("0.1664", "0.4473"), FAR_CENTERS),
    "erfinvFar32": ("float32", erfinv_far, 8, around("0.25", "0.4473"), FAR_CENTERS),
}

# Numbers in two parts, the first with this many bits. "Short" ones have exact products with exponents, "half" ones with
# the high parts of numbers.
SHORT = {"float64": 42, "float32": 16}
HALF = {"float64": 26, "float32": 12}
CONSTANTS = {
    "log2Short": (mp.log(2), SHORT),
    "log10of2Short": (mp.log10(2), SHORT),
    "log2Half": (mp.log(2), HALF),
    "twoPerRootPiHalf": (2 / mp.sqrt(mp.pi), HALF),
    "perLog2Half": (1 / mp.log(2), HALF),
    "perLog10Half": (1 / mp.log(10), HALF),
    "twoThirdsPerLog2Half": (2 / (3 * mp.log(2)), HALF),
}


def written(value, bits):
    digits = 17 if bits == 53 else 9
    return mp.nstr(value, digits, min_fixed=-6, max_fixed=20, strip_zeros=True).removesuffix(".0")


def main():
    lines = [
        "/**",
        " * Minimax polynomials of the exponential family, the constant term first, and constants as the sum of two parts.",
        " * Written by `scripts/tables/elementary-coefficients.py`, which says what of.",
        " */",
        "",
    ]
    tables = {
        f"{name}{SUFFIX[precision]}": (precision, f, weight, degree, interval)
        for name, (f, weight, degrees, interval) in POLYNOMIALS.items()
        for precision, degree in zip(BITS, degrees)
    } | SINGLE_POLYNOMIALS
    for name, (precision, f, weight, degree, interval) in tables.items():
        coefficients, error = fitted(f, weight, degree, *interval, BITS[precision])
        print(name, degree, "2 ^", mp.nstr(mp.log(error, 2), 4), flush=True)
        lines.append(f"export const {name}: readonly number[] = [")
        lines += [f"  {written(c, BITS[precision])}," for c in coefficients]
        lines += ["];", ""]
    for name, (precision, f, weight, degree, interval, centers) in SETTLED_POLYNOMIALS.items():
        coefficients, error, center = settled(f, weight, degree, interval, centers, BITS[precision])
        print(name, degree, "2 ^", mp.nstr(mp.log(error, 2), 4), "center", center, flush=True)
        lines.append(f"export const {name}: readonly number[] = [")
        lines += [f"  {written(c, BITS[precision])}," for c in coefficients]
        lines += ["];", "", f"export const {name.replace('Erfc', 'ErfcCenter')} = {center};", ""]
    for name, (precision, f, degree, interval, centers) in RELATIVE_POLYNOMIALS.items():
        coefficients, error, center = settled(f, None, degree, interval, centers, BITS[precision])
        print(name, degree, "2 ^", mp.nstr(mp.log(error, 2), 4), "center", center, flush=True)
        lines.append(f"export const {name}: readonly number[] = [")
        lines += [f"  {written(c, BITS[precision])}," for c in coefficients]
        lines += ["];", "", f"export const {name[:-2]}Center{name[-2:]} = {center};", ""]
    for name, (value, high_bits) in CONSTANTS.items():
        for precision, bits in BITS.items():
            high = nearest(value, high_bits[precision])
            parts = f"{written(high, bits)}, {written(nearest(value - high, bits), bits)}"
            lines += [f"export const {name}{SUFFIX[precision]}: readonly [number, number] = [{parts}];", ""]
    TARGET.write_text("\n".join(lines[:-1]) + "\n")


if __name__ == "__main__":
    main()

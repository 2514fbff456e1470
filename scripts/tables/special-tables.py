#!/usr/bin/env python3
"""Reference values of elementary and special functions: test/reference/special/NAME.json, 2000 points each.

A file holds columns of little-endian numbers in base64, so that nothing is lost: `arguments`, one column of float64 per
argument; `values`, the exact result rounded to float64; `remainders`, int8, what rounding took away in 1/256 ulp.
Points are drawn from the segments below with a fixed seed; results come from mpmath at growing precision until two
agree to 30 digits. Usage: python3 scripts/tables/special-tables.py [NAME ...] (needs mpmath 1.3).
"""
import base64
import json
import math
import random
import struct
import sys
from pathlib import Path
from mpmath import mp, mpf

POINTS = 2000
TARGET = Path(__file__).resolve().parents[2] / "test" / "reference" / "special"
LARGEST = mpf(sys.float_info.max)
TINY = 5e-324

# --- Points -----------------------------------------------------------------------------------


def uniform(low, high):
    return lambda rng: rng.uniform(low, high)


def spread(low, high, sign=1):
    """Uniform in the logarithm; sign 0 for both signs."""

    def draw(rng):
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
        return value * (sign or rng.choice((-1, 1)))

    return draw


def around(centers, width=1e-3):
    """Closer and closer to one of the centers, on both sides; the neighbours in float64 too."""

    def draw(rng):
        center = rng.choice(centers)
        if rng.random() < 0.1:
            return math.nextafter(center, rng.choice((-math.inf, math.inf)))
        return center + rng.choice((-1, 1)) * width * 10 ** rng.uniform(-12, 0)

    return draw


def multiples(period, most):
    """The doubles next to multiples of an irrational period."""
    return lambda rng: float(rng.randint(-most, most) * period)


def subnormal(rng):
    return rng.choice((-1, 1)) * TINY * rng.randint(1, 2**20)


def positive(draw):
    return lambda rng: abs(draw(rng)) or 1.0


def within(draw, low, high):
    def redraw(rng):
        while True:
            value = draw(rng)
            if low <= value <= high:
                return value

    return redraw


def pairs(*draws):
    return lambda rng: tuple(draw(rng) for draw in draws)


def one(draw):
    return lambda rng: (draw(rng),)


# --- Functions --------------------------------------------------------------------------------

half = mpf(1) / 2


def normal(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def log_normal(x):
    return mp.log(normal(x)) if x < 5 else mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)


def erfcx(x):
    if x < 1e4:
        return mp.exp(x * x) * mp.erfc(x)
    # Asymptotic series; its terms fall below any precision used here.
    v = 1 / (2 * x * x)
    return (1 - v + 3 * v**2 - 15 * v**3 + 105 * v**4 - 945 * v**5 + 10395 * v**6) / (x * mp.sqrt(mp.pi))


def inverse_erfc(w):
    """Newton on log erfc."""
    if w > 1:
        return -inverse_erfc(2 - w)
    y = mp.erfinv(1 - w) if w > 1e-3 else mp.sqrt(-mp.log(w * mp.sqrt(-mp.log(w)) * 1.77))
    for _ in range(80):
        value = mp.erfc(y)
        step = (mp.log(value) - mp.log(w)) * value * mp.sqrt(mp.pi) * mp.exp(y * y) / 2
        y += step
        if abs(step) < mp.eps * 8 * max(abs(y), mp.eps):
            return y
    return y


def inverse_erf(x):
    return mp.sign(x) * inverse_erfc(1 - abs(x)) if abs(x) > half else mp.erfinv(x)


def log_gamma(x):
    return mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x)


def beta_logarithm(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def lower_gamma(a, x):
    """x^a e^-x times a series of positive terms, over gamma(a + 1)."""
    return mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)) * mp.hyp1f1(1, a + 1, x)


def upper_gamma(a, x):
    return 1 - lower_gamma(a, x) if x < a else mp.gammainc(a, x, mp.inf, regularized=True)


def incomplete_beta(a, b, x):
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    scale = mp.exp(a * mp.log(x) + b * mp.log(1 - x) - beta_logarithm(a, b)) / a
    return scale * mp.hyp2f1(1, a + b, a + 1, x)


def hurwitz(s, q):
    return mp.zeta(s, q)



def dawson(x):
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def dilogarithm(z):
    return mp.polylog(2, 1 - z).real


def exponential_integral(n):
    return lambda x: mp.expint(n, x)


def scaled_bessel(n):
    return lambda x: mp.besseli(n, x) * mp.exp(-abs(x))


def divergence(p, q):
    return p * mp.log(p / q) - p + q


everywhere = [spread(1e-308, 1e308, 0), spread(1e-5, 1e5, 0), subnormal]
wide_positive = [positive(draw) for draw in everywhere]
quarter = math.pi / 2
small = [spread(1e-300, 1e-3, 0), subnormal]
gamma_poles = [-float(k) for k in range(1, 40)]

# name: (function, segments); the points are drawn from the segments in turn.
UNARY = {
    "exp": (mp.exp, [uniform(-745.2, 709.9), uniform(-1, 1), *small, uniform(709, 709.79), uniform(-745.2, -707)]),
    "expm1": (mp.expm1, [uniform(-40, 709.9), uniform(-1, 1), *small, around([math.log(2)])]),
    "exp2": (lambda x: mpf(2) ** x, [uniform(-1075, 1024), uniform(-1, 1), *small, uniform(-1075, -1022)]),
    "log": (mp.log, [*wide_positive, uniform(0.5, 2), around([1.0])]),
    "log2": (lambda x: mp.log(x) / mp.log(2), [*wide_positive, uniform(0.5, 2), around([1.0])]),
    "log10": (lambda x: mp.log(x) / mp.log(10), [*wide_positive, uniform(0.5, 2), around([1.0])]),
    "log1p": (mp.log1p, [uniform(-1, 3), *small, spread(1, 1e308), within(around([-1.0], 0.1), -0.9999999999999999, 0)]),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), everywhere),
    "sin": (mp.sin, [uniform(-10, 10), spread(1, 1e308, 0), *small, multiples(quarter, 10**6)]),
    "cos": (mp.cos, [uniform(-10, 10), spread(1, 1e308, 0), *small, multiples(quarter, 10**6)]),
    "tan": (mp.tan, [uniform(-10, 10), spread(1, 1e308, 0), *small, multiples(quarter, 10**6)]),
    "asin": (mp.asin, [uniform(-1, 1), *small, within(around([-1.0, 1.0], 0.1), -1, 1), around([-0.5, 0.5])]),
    "acos": (mp.acos, [uniform(-1, 1), *small, within(around([-1.0, 1.0], 0.1), -1, 1), around([-0.5, 0.5])]),
    "atan": (mp.atan, [*everywhere, uniform(-3, 3)]),
    "sinh": (mp.sinh, [uniform(-710.4, 710.4), uniform(-2, 2), *small]),
    "cosh": (mp.cosh, [uniform(-710.4, 710.4), uniform(-2, 2), *small]),
    "tanh": (mp.tanh, [uniform(-25, 25), uniform(-1, 1), *small, spread(20, 1e308, 0)]),
    "asinh": (mp.asinh, [*everywhere, uniform(-3, 3)]),
    "acosh": (mp.acosh, [spread(1, 1e308), uniform(1, 4), within(around([1.0], 0.1), 1, 2)]),
    "atanh": (mp.atanh, [uniform(-1, 1), *small, within(around([-1.0, 1.0], 0.1), -1 + 2**-53, 1 - 2**-53)]),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), [uniform(-745, 40), uniform(-3, 3), *small]),
    "erf": (mp.erf, [uniform(-6.5, 6.5), *small, around([-1.0, 1.0])]),
    "erfc": (mp.erfc, [uniform(-6.5, 27.3), uniform(-1, 1), *small, around([0.25, 4.0, 26.0]), uniform(25.5, 27.22)]),
    "erfcx": (erfcx, [uniform(-26.6, 30), spread(1, 1e300), *small, around([4.0])]),
    "erfinv": (inverse_erf, [uniform(-1, 1), *small, within(around([-1.0, 1.0], 0.1), -1 + 2**-53, 1 - 2**-53)]),
    "erfcinv": (inverse_erfc, [uniform(0.001, 1.999), spread(TINY, 1), within(around([1.0, 2.0], 0.1), 0.1, 2 - 2**-52)]),
    "ndtr": (normal, [uniform(-38.4, 8.5), uniform(-2, 2), *small]),
    "ndtri": (lambda p: -mp.sqrt(2) * inverse_erfc(2 * p), [uniform(0, 1), spread(TINY, 0.5), within(around([0.5, 1.0], 0.1), 0.1, 1 - 2**-53)]),
    "logNdtr": (log_normal, [uniform(-40, 8), spread(1, 1e100, -1), uniform(8, 38), *small]),
    "gamma": (mp.gamma, [uniform(0, 171.6), uniform(0, 12), uniform(-20, 0), uniform(-177, -20), spread(1e-307, 1, 0), around(gamma_poles + [1.0, 2.0, 3.0, 12.0, 140.0])]),
    "gammaln": (log_gamma, [uniform(0, 20), spread(1e-320, 2e305), uniform(-30, 0), spread(1e-300, 1, -1), around([1.0, 2.0], 0.1), around(gamma_poles)]),
    "digamma": (mp.digamma, [uniform(0, 20), spread(1e-307, 1e308), uniform(-30, 0), around([1.4616321449683622], 0.1), around(gamma_poles)]),
    "trigamma": (lambda x: mp.polygamma(1, x), [uniform(0, 40), spread(1e-150, 1e300)]),
    "polygamma4": (lambda x: mp.polygamma(4, x), [uniform(0, 40), spread(1e-50, 1e60)]),
    "i0": (lambda x: mp.besseli(0, x), [uniform(-713, 713), uniform(-10, 10), *small]),
    "i0e": (scaled_bessel(0), [uniform(-30, 30), spread(1, 1e5, 0), *small]),
    "i1": (lambda x: mp.besseli(1, x), [uniform(-713, 713), uniform(-10, 10), *small]),
    "i1e": (scaled_bessel(1), [uniform(-30, 30), spread(1, 1e5, 0), *small]),
    "expi": (mp.ei, [uniform(-20, 20), uniform(0, 709), spread(1e-300, 1, 0), around([0.37250741078136663], 0.1)]),
    "exp1": (mp.e1, [uniform(0, 5), uniform(0, 740), spread(1e-300, 1)]),
    "expn3": (exponential_integral(3), [uniform(0, 5), uniform(0, 700), spread(1e-300, 1)]),
    "sinIntegral": (mp.si, [uniform(-40, 40), spread(1e-300, 1e15, 0)]),
    "cosIntegral": (mp.ci, [uniform(0, 40), spread(1e-300, 1e15)]),
    "fresnelS": (mp.fresnels, [uniform(-10, 10), spread(1e-90, 1e5, 0)]),
    "fresnelC": (mp.fresnelc, [uniform(-10, 10), spread(1e-300, 1e5, 0)]),
    "dawsn": (dawson, [uniform(-30, 30), uniform(-2, 2), *small, around([4.0])]),
    "spence": (dilogarithm, [uniform(0, 10), spread(1e-300, 1e300), around([1.0], 0.1)]),
    "logit": (lambda p: mp.log(p / (1 - p)), [uniform(0, 1), spread(TINY, 0.5), within(around([0.5, 1.0], 0.1), 0.1, 1 - 2**-53)]),
}

MANY = {
    "pow": (
        lambda x, y: x**y,
        [pairs(spread(1e-308, 1e308), uniform(-1, 1)), pairs(uniform(0.5, 2), uniform(-1000, 1000)), pairs(spread(1e-3, 1e3), uniform(-100, 100)), pairs(uniform(0, 1e4), lambda rng: float(rng.randint(-70, 70))), pairs(uniform(0.999999, 1.000001), spread(1, 1e8, 0))],
    ),
    "atan2": (mp.atan2, [pairs(uniform(-2, 2), uniform(-2, 2)), pairs(spread(1e-150, 1e150, 0), spread(1e-150, 1e150, 0))]),
    "zeta": (hurwitz, [pairs(uniform(1.0001, 20), spread(0.01, 1e4)), pairs(lambda rng: float(rng.randint(2, 30)), uniform(0.1, 40)), pairs(spread(1.00001, 100), lambda rng: 1.0)]),
    "betaln": (beta_logarithm, [pairs(spread(1e-3, 1e6), spread(1e-3, 1e6)), pairs(uniform(0, 20), uniform(0, 20)), pairs(spread(1e-300, 1), spread(1e-3, 1e10))]),
    "gammainc": (lower_gamma, [pairs(spread(1e-3, 1e3), spread(1e-3, 1e3)), pairs(uniform(0, 20), uniform(0, 40))]),
    "gammaincc": (upper_gamma, [pairs(spread(1e-3, 1e3), spread(1e-3, 1e3)), pairs(uniform(0, 20), uniform(0, 40))]),
    "betainc": (incomplete_beta, [pairs(spread(1e-2, 300), spread(1e-2, 300), uniform(0, 1)), pairs(uniform(0.1, 12), uniform(0.1, 12), spread(1e-10, 1))]),
    "klDiv": (divergence, [pairs(spread(1e-3, 1e3), spread(1e-3, 1e3)), pairs(uniform(1, 1.001), uniform(1, 1.001))]),
    "xlog1py": (lambda x, y: x * mp.log1p(y), [pairs(spread(1e-100, 1e100, 0), spread(1e-100, 1e100)), pairs(uniform(-2, 2), uniform(-0.99, 2))]),
}

# --- Values -----------------------------------------------------------------------------------


def precise(function, arguments):
    """The value at the arguments to 30 digits or more."""
    previous = None
    for digits in (40, 70, 120, 220, 420, 820, 1600):
        mp.dps = digits
        value = mpf(function(*(mpf(x) for x in arguments)))
        if previous is not None and (value == previous or abs(value - previous) < abs(value) * mpf(10) ** -30):
            return value
        previous = value
    raise ArithmeticError(f"no convergence at {arguments}")


def rounded(value):
    """The nearest float64, ties to even, and what rounding took away in 1/256 of an ulp."""
    if abs(value) >= LARGEST * (1 + mpf(2) ** -54):
        return math.inf * (1 if value > 0 else -1), 0
    if value == 0:
        return 0.0, 0
    mantissa_exponent = mp.frexp(abs(value))[1]
    ulp = mpf(2) ** max(mantissa_exponent - 53, -1074)
    units = value / ulp
    whole = mp.nint(units)
    remainder = int(mp.nint((units - whole) * 256))
    return float(whole * ulp), max(-128, min(127, remainder))


def base64_of(form, column):
    return base64.b64encode(struct.pack(f"<{len(column)}{form}", *column)).decode()


def tabulate(name, function, segments):
    rng = random.Random(name)
    points, values, remainders = [], [], []
    while len(points) < POINTS:
        arguments = segments[len(points) % len(segments)](rng)
        if not all(math.isfinite(x) for x in arguments):
            continue
        try:
            value = precise(function, arguments)
        except (ZeroDivisionError, ValueError):
            continue  # a pole itself
        if mp.isnan(value) or mp.isinf(value):
            continue
        nearest, remainder = rounded(value)
        points.append(arguments)
        values.append(nearest)
        remainders.append(remainder)
    table = {
        "function": name,
        "points": POINTS,
        "arguments": [base64_of("d", [p[k] for p in points]) for k in range(len(points[0]))],
        "values": base64_of("d", values),
        "remainders": base64_of("b", remainders),
    }
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{name}.json").write_text(json.dumps(table, indent=2) + "\n")


def main():
    tables = {name: (f, [one(draw) for draw in segments]) for name, (f, segments) in UNARY.items()} | MANY
    for name in sys.argv[1:] or tables:
        tabulate(name, *tables[name])
        print(name, flush=True)


main()

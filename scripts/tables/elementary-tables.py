#!/usr/bin/env python3
"""Reference values of the exponential family where it is hard: test/reference/elementary/NAME.json, 600 points each.

The form of a file is that of scripts/tables/special-tables.py: columns of little-endian numbers in base64, `arguments`,
`values` rounded to float64, and `remainders`, what rounding took away in 1/256 ulp. Points lie next to where a reduction
changes its case, where results overflow or become subnormal, where terms cancel, and at subnormal arguments.
Usage: python3 scripts/tables/elementary-tables.py [NAME ...] (needs mpmath 1.3).
"""
import base64
import json
import math
import random
import struct
import sys
from pathlib import Path
from mpmath import mp, mpf

POINTS = 600
TARGET = Path(__file__).resolve().parents[2] / "test" / "reference" / "elementary"
LARGEST = mpf(sys.float_info.max)
TINY = 5e-324
LOG2 = math.log(2)


def uniform(low, high):
    return lambda rng: rng.uniform(low, high)


def either_sign(draw):
    return lambda rng: rng.choice((-1, 1)) * draw(rng)


def spread(low, high):
    """Uniform in the logarithm."""
    return lambda rng: 2 ** rng.uniform(math.log2(low), math.log2(high))


def near(draw):
    """Up to a hundred neighbours away, or by a small relative distance."""

    def moved(rng):
        x = draw(rng)
        if rng.random() < 0.5:
            return x + rng.randint(-100, 100) * math.ulp(x)
        return x * (1 + rng.choice((-1, 1)) * 2 ** rng.uniform(-50, -5))

    return moved


def one_of(*values):
    return lambda rng: rng.choice(values)


def whole(low, high):
    return lambda rng: float(rng.randint(low, high))


def multiples(unit, low, high, offset=0.0):
    return near(lambda rng: (rng.randint(low, high) + offset) * unit)


def subnormal(rng):
    return TINY * rng.randint(1, 2 ** rng.randint(1, 52))


def powers(base, low, high):
    return near(lambda rng: base ** rng.randint(low, high))


def pairs(*draws):
    return lambda rng: tuple(draw(rng) for draw in draws)


def log_sum(x, y):
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def power_onto(exponents):
    """x and y with x^y near 2^exponent."""

    def draw(rng):
        x = rng.choice((spread(1e-300, 1e300), uniform(0.5, 2), uniform(0.999, 1.001)))(rng)
        return x, exponents(rng) / math.log2(x)

    return draw


def multiple_of(divisors, quotients):
    """y, and x next to a whole multiple of it, but not on it."""

    def draw(rng):
        y = divisors(rng)
        x = y * quotients(rng)
        return x + rng.choice((-3, -2, -1, 1, 2, 3)) * math.ulp(x), rng.choice((-1, 1)) * y

    return draw


tiny = either_sign(spread(1e-300, 1e-9))
small = either_sign(spread(2**-30, 1))
# where nearest(x / log 2) changes
halfway = either_sign(multiples(LOG2, 0, 60, 0.5))
roots = near(lambda rng: math.sqrt(0.5) * 2.0 ** rng.randint(-20, 20))

FUNCTIONS = {
    "exp": (mp.exp, [multiples(LOG2, -1074, 1022, 0.5), multiples(LOG2, -1074, 1023), uniform(-745.13, -708), near(one_of(709.78, -708.4)), small]),
    "exp2": (lambda x: mpf(2) ** x, [near(whole(-1074, 1023)), near(lambda rng: rng.randint(-1074, 1022) + 0.5), uniform(-1074.9, -1022), small]),
    "expm1": (mp.expm1, [halfway, multiples(LOG2, -60, 1023), small, tiny, uniform(-38, -36), uniform(36, 38), near(one_of(709.78))]),
    "log": (mp.log, [near(one_of(1.0)), roots, powers(2.0, -1022, 1023), subnormal, spread(2.0**1021, 1.7e308)]),
    "log2": (lambda x: mp.log(x) / mp.log(2), [near(one_of(1.0)), roots, powers(2.0, -1022, 1023), subnormal, spread(2.0**1021, 1.7e308)]),
    "log10": (lambda x: mp.log(x) / mp.log(10), [near(one_of(1.0)), roots, powers(10.0, -300, 300), subnormal, spread(2.0**1021, 1.7e308)]),
    "log1p": (mp.log1p, [lambda rng: roots(rng) - 1, small, tiny, lambda rng: -1 + 2.0 ** -rng.randint(1, 53), spread(2.0**50, 2.0**56), spread(2.0**1021, 1.7e308)]),
    "pow": (
        lambda x, y: x**y,
        [
            power_onto(uniform(-1074, -1022)),
            power_onto(uniform(1022, 1023.99)),
            power_onto(uniform(-1020, 1020)),
            pairs(lambda rng: 1 + rng.choice((-1, 1)) * 2.0 ** -rng.randint(10, 52), either_sign(spread(1, 2**50))),
            pairs(lambda rng: -rng.uniform(0.1, 20), whole(-60, 60)),
            pairs(subnormal, uniform(-0.9, 0.9)),
            pairs(spread(2.0**1022, 1.7e308), uniform(-0.9, 0.9)),
            pairs(whole(2, 100), whole(2, 20)),
        ],
    ),
    "sinh": (mp.sinh, [halfway, multiples(LOG2, 0, 1023), small, tiny, near(one_of(710.47, -710.47)), uniform(18, 19)]),
    "cosh": (mp.cosh, [halfway, multiples(LOG2, 0, 1023), small, near(one_of(710.47, -710.47)), uniform(18, 19)]),
    "tanh": (mp.tanh, [lambda rng: halfway(rng) / 2, small, tiny, uniform(17, 20)]),
    "logistic": (lambda x: 1 / (1 + mp.exp(-x)), [halfway, uniform(-745.1, -707), uniform(-38, -35), uniform(35, 38), small]),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), [halfway, uniform(-745, 40), uniform(-3, 3), near(one_of(LOG2, -LOG2)), uniform(-745.1, -707), uniform(34, 38), small]),
    "logaddexp": (
        log_sum,
        [
            pairs(uniform(-3, 3), uniform(-3, 3)),
            pairs(uniform(-700, 700), uniform(-700, 700)),
            lambda rng: (lambda x, distance: (x, x + distance))(rng.uniform(-30, 30), rng.uniform(-40, 40)),
            pairs(spread(1e-300, 1e-3), uniform(-745, -700)),
        ],
    ),
    "rem": (
        lambda x, y: x - y * (mp.floor(x / y) if x / y > 0 else mp.ceil(x / y)),
        [
            multiple_of(spread(1e-3, 1e3), lambda rng: rng.randint(1, 2 ** rng.randint(1, 26))),
            multiple_of(lambda rng: 1 - rng.randint(1, 9) * 2.0**-53, lambda rng: rng.randint(1, 2**25)),
            multiple_of(spread(1e-300, 1e-290), lambda rng: rng.randint(1, 2**25)),
            pairs(either_sign(spread(1e-3, 1e9)), either_sign(spread(1e-3, 1e3))),
            pairs(spread(2.0**20, 2.0**30), uniform(0.5, 2)),
            pairs(spread(2.0**40, 2.0**60), uniform(0.5, 2)),
            pairs(subnormal, subnormal),
            pairs(spread(2.0**1020, 1.7e308), spread(2.0**1000, 1.7e308)),
        ],
    ),
    "erf": (mp.erf, [uniform(0.1, 0.3), uniform(5.5, 6), small, tiny, uniform(0.5, 3)]),
    "erfc": (mp.erfc, [uniform(26, 27.2), uniform(-6, -0.1), uniform(0, 1), tiny, uniform(1, 26)]),
}


def precise(function, arguments):
    """The value at the arguments to 30 digits or more."""
    previous = None
    for digits in (40, 80, 160, 320, 640):
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
    ulp = mpf(2) ** max(mp.frexp(abs(value))[1] - 53, -1074)
    units = value / ulp
    nearest = mp.nint(units)
    return float(nearest * ulp), max(-128, min(127, int(mp.nint((units - nearest) * 256))))


def base64_of(form, column):
    return base64.b64encode(struct.pack(f"<{len(column)}{form}", *column)).decode()


def tabulate(name, function, segments):
    rng = random.Random(name)
    points, values, remainders = [], [], []
    while len(points) < POINTS:
        drawn = segments[len(points) % len(segments)](rng)
        arguments = drawn if isinstance(drawn, tuple) else (drawn,)
        nearest, remainder = rounded(precise(function, arguments))
        points.append(arguments)
        values.append(nearest)
        remainders.append(remainder)
    table = {
        "function": name,
        "points": POINTS,
        "arguments": [base64_of("d", [point[k] for point in points]) for k in range(len(points[0]))],
        "values": base64_of("d", values),
        "remainders": base64_of("b", remainders),
    }
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{name}.json").write_text(json.dumps(table, indent=2) + "\n")


def main():
    for name in sys.argv[1:] or FUNCTIONS:
        tabulate(name, *FUNCTIONS[name])
        print(name, flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reference values of the trigonometric family where it is hard: test/reference/elementary/NAME.json, 600 points each.

Made as elementary-tables.py makes those of the exponential family. Angles lie next to multiples of pi / 2, among them the
nearest of all for a binary exponent; other points next to where a reduction changes its case, to zeros and to the ends
of the domain, and where results are subnormal.
Usage: python3 scripts/tables/trigonometric-tables.py [NAME ...] (needs mpmath 1.3).
"""
import importlib.util
import math
import struct
import sys
from pathlib import Path
from mpmath import mp, mpf

SIBLING = Path(__file__).with_name("elementary-tables.py")
specification = importlib.util.spec_from_file_location("elementary_tables", SIBLING)
tables = importlib.util.module_from_spec(specification)
specification.loader.exec_module(tables)
either_sign, near, one_of, pairs, powers = tables.either_sign, tables.near, tables.one_of, tables.pairs, tables.powers
spread, subnormal, uniform = tables.spread, tables.subnormal, tables.uniform

mp.prec = 1400
QUARTER = mp.pi / 2


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def quarter_turns(low, high, offset=0, round=float):
    """Neighbours of multiples of a quarter turn, whose numbers are uniform in the logarithm."""

    def draw(rng):
        with mp.workprec(120):
            x = round(float((int(spread(low, high)(rng)) + offset) * mp.pi / 2))
        return rng.choice((-1, 1)) * (x + rng.choice((0, 0, 0, 1, -1, 7)) * math.ulp(x))

    return draw


def nearest_to_quarter_turn(exponent):
    """m 2^exponent, 2^52 <= m < 2^53, nearest to a multiple of pi / 2 among those of the convergents of their ratio."""
    with mp.workprec(1400):
        ratio = mpf(2) ** exponent / QUARTER
        rest, (previous, current) = ratio, (0, 1)
        best = None
        while current < 2**53:
            if current > 1:
                multiple = current * -(-(2**52) // current)
                distance = abs(multiple * ratio - mp.nint(multiple * ratio))
                if multiple < 2**53 and (best is None or distance < best[0]):
                    best = (distance, multiple)
            fraction = rest - mp.floor(rest)
            rest = 1 / fraction
            previous, current = current, int(mp.floor(rest)) * current + previous
        return float(best[1]) * 2.0**exponent


def closest(low, high):
    return either_sign(lambda rng: nearest_to_quarter_turn(rng.randint(low, high)))


tiny = either_sign(spread(1e-300, 1e-9))
small = either_sign(spread(2**-30, 1))
any_angle = either_sign(spread(1, 1.7e308))
# the nearest of all, those of float64 and float32 that moderate reductions must take, and where moderate ends
notable = either_sign(one_of(6381956970095103 * 2.0**797, 45.553093477052, 252.89820861816406, 411774.0, 12867.0))
angles = [
    quarter_turns(1, 2**18),
    quarter_turns(1, 2**13, round=single),
    quarter_turns(1, 2**18, offset=0.5),
    near(lambda rng: notable(rng)),
    closest(-52, 970),
    either_sign(spread(2.0**18, 2.0**60)),
    any_angle,
    small,
    tiny,
    either_sign(subnormal),
]


def below_one(rng):
    return rng.choice((-1, 1)) * (1 - 2.0 ** -rng.randint(1, 53) * rng.choice((1, rng.random())))


def ratio(*ratios):
    """Points whose coordinates have one of the ratios, nearly."""
    factor = near(one_of(*ratios))

    def draw(rng):
        x = spread(2.0**-30, 2.0**30)(rng)
        return rng.choice((-1, 1)) * x * factor(rng), rng.choice((-1, 1)) * x

    return draw


def quotient(low, high):
    """Points whose coordinates have a quotient between the bounds, small and large ones."""

    def draw(rng):
        exponent, x = rng.uniform(low, high), rng.uniform(-1000, 1000)
        y = max(-1074, min(1023, x + exponent))
        return rng.choice((-1, 1)) * 2.0**y, rng.choice((-1, 1)) * 2.0 ** max(-1074, min(1023, y - exponent))

    return draw


wide = either_sign(spread(1e-308, 1e308))
FUNCTIONS = {
    "sin": (mp.sin, angles),
    "cos": (mp.cos, angles),
    "tan": (mp.tan, angles),
    "asin": (mp.asin, [either_sign(near(one_of(0.5))), below_one, small, tiny, either_sign(subnormal), uniform(-1, 1)]),
    "acos": (mp.acos, [either_sign(near(one_of(0.5))), below_one, small, tiny, either_sign(uniform(0.4, 0.6))]),
    "atan": (mp.atan, [either_sign(near(one_of(0.5, 1.0, 2.0))), wide, tiny, either_sign(subnormal), uniform(-3, 3)]),
    "atan2": (
        mp.atan2,
        [
            ratio(0.5, 1.0, 2.0),
            quotient(-60, 60),
            quotient(-1074, -1000),
            quotient(-1000, 1000),
            pairs(wide, wide),
            pairs(either_sign(subnormal), either_sign(subnormal)),
            pairs(either_sign(spread(1e307, 1.7e308)), either_sign(spread(1e307, 1.7e308))),
            pairs(uniform(-3, 3), uniform(-3, 3)),
        ],
    ),
    "asinh": (
        mp.asinh,
        [near(one_of(0.75, -0.75, 2.0**60)), wide, small, tiny, either_sign(subnormal), uniform(-3, 3), uniform(0.5, 1.5)],
    ),
    "acosh": (
        mp.acosh,
        [lambda rng: 1 + 2.0 ** -rng.uniform(1, 52), near(one_of(1.25, 2.0**60)), spread(1, 1.7e308), uniform(1, 1.3), uniform(1, 9)],
    ),
    "atanh": (mp.atanh, [near(either_sign(one_of(1 / 3, 0.5, 0.75))), below_one, small, tiny, either_sign(subnormal), uniform(-1, 1)]),
    "cbrt": (
        lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        [near(lambda rng: float(rng.randint(1, 200000)) ** 3), either_sign(powers(2.0, -1022, 1023)), wide, subnormal, uniform(0.5, 4)],
    ),
}


def main():
    for name in sys.argv[1:] or FUNCTIONS:
        tables.tabulate(name, *FUNCTIONS[name])
        print(name, flush=True)


main()

#!/usr/bin/env python3
"""Coefficients of the trigonometric family: writes kernels/elementary/trigonometric-coefficients.ts.

Minimax polynomials as elementary-coefficients.py makes them, in the square z of the argument unless said otherwise; parts
of pi / 2 short enough for exact products with whole numbers; digits of 2 / pi for huge angles.
Usage: python3 scripts/tables/trigonometric-coefficients.py (needs mpmath 1.3), then npx oxfmt on what it wrote.
"""
import importlib.util
from pathlib import Path
from mpmath import mp, mpf

SIBLING = Path(__file__).with_name("elementary-coefficients.py")
specification = importlib.util.spec_from_file_location("elementary_coefficients", SIBLING)
remez = importlib.util.module_from_spec(specification)
specification.loader.exec_module(remez)

TARGET = Path(__file__).resolve().parents[2] / "kernels" / "elementary" / "trigonometric-coefficients.ts"
SERIES_TERMS = 40


def rest_of(f, coefficient):
    """|f(t) - t| / t^3 in z = t^2, for an odd f whose power series is t + sum of coefficient(k) t^(2 k + 3)."""
    near = remez.series([coefficient(k) for k in range(SERIES_TERMS)])

    def rest(z):
        if z < mpf("1e-3"):
            return near(z)
        t = mp.sqrt(z)
        return abs(f(t) - t) / (t * z)

    return rest


def relative_to(f):
    """Turns the error of such a rest into the relative error of f."""
    return lambda z: z * (mp.sqrt(z) / f(mp.sqrt(z)) if z else 1)


def cosine_rest(z):
    """(cos t - 1 + t^2 / 2) / t^4."""
    return mp.fsum((-z) ** k / mp.factorial(2 * k + 4) for k in range(SERIES_TERMS))


def arcsine_coefficient(k):
    return mp.binomial(2 * k + 2, k + 1) / mpf(4) ** (k + 1) / (2 * k + 3)


def double_area_tangent(t):
    return 2 * mp.atanh(t / 2)


EIGHTH_TURN = (mp.pi / 4 * mpf("1.0001")) ** 2

# name: (function, weight, degree for float64 and float32, interval)
POLYNOMIALS = {
    "sine": (
        rest_of(mp.sin, lambda k: (-1) ** k / mp.factorial(2 * k + 3)),
        relative_to(mp.sin),
        (5, 2),
        (0, EIGHTH_TURN),
    ),
    "cosine": (cosine_rest, lambda z: z * z / mp.cos(mp.sqrt(z)), (5, 2), (0, EIGHTH_TURN)),
    "arctangent": (
        rest_of(mp.atan, lambda k: mpf((-1) ** k) / (2 * k + 3)),
        relative_to(mp.atan),
        (11, 4),
        (0, mpf(1) / 4),
    ),
    "arcsine": (rest_of(mp.asin, arcsine_coefficient), relative_to(mp.asin), (12, 4), (0, mpf(1) / 4)),
    "areaTangent": (
        rest_of(double_area_tangent, lambda k: mpf(1) / (2 * k + 3) / 4 ** (k + 1)),
        relative_to(double_area_tangent),
        (9, 3),
        (0, mpf(4) / 9),
    ),
    "inverseCubeRoot": (lambda m: 1 / mp.cbrt(m), lambda m: mp.cbrt(m), (4, 2), (1, 2)),
}

# Significant bits of the parts of pi / 2: all but the last give exact products with whole numbers below 2^18 and 2^13.
PARTS = {"float64": (37, 37, 53), "float32": (12, 12, 13, 24)}
DIGIT_BITS = 24
DIGITS = 56


def parts_of(value, bits):
    parts = []
    for count in bits:
        unit = mpf(2) ** (mp.frexp(value)[1] - count)
        part = mp.floor(value / unit) * unit if count != bits[-1] else remez.nearest(value, count)
        parts.append(part)
        value -= part
    return parts


def listed(name, numbers):
    return [f"export const {name}: readonly number[] = [", *(f"  {number}," for number in numbers), "];", ""]


def rows(numbers, width):
    return [", ".join(numbers[k : k + width]) for k in range(0, len(numbers), width)]


def main():
    lines = [
        "/**",
        " * Minimax polynomials of the trigonometric family, the constant term first; parts of pi / 2; digits of 2 / pi.",
        " * `scripts/tables/trigonometric-coefficients.py` wrote them and says what of.",
        " */",
        "",
    ]
    for name, (f, weight, degrees, interval) in POLYNOMIALS.items():
        for precision, degree in zip(remez.BITS, degrees):
            bits = remez.BITS[precision]
            coefficients, error = remez.fitted(f, weight, degree, *interval, bits)
            print(name, precision, degree, "2 ^", mp.nstr(mp.log(error, 2), 4), flush=True)
            lines += listed(f"{name}{precision[-2:]}", [remez.written(c, bits) for c in coefficients])
    with mp.workprec(DIGIT_BITS * (DIGITS + 4)):
        for precision, bits in PARTS.items():
            parts = [remez.written(part, 53) for part in parts_of(mp.pi / 2, bits)]
            lines += listed(f"quarterTurn{precision[-2:]}", parts)
        lines.append(f"/** 2 / pi = the sum of digits[k] 2^(-{DIGIT_BITS} (k + 1)). */")
        value = int(mp.floor(2 / mp.pi * mpf(2) ** (DIGIT_BITS * DIGITS)))
    digits = [hex(value >> DIGIT_BITS * (DIGITS - 1 - k) & 2**DIGIT_BITS - 1) for k in range(DIGITS)]
    lines += listed("turnDigits", rows(digits, 8))
    TARGET.write_text("\n".join(lines[:-1]) + "\n")


main()

#!/usr/bin/env python3
"""Coefficients of kernels/special-functions: piecewise polynomials interpolating at Chebyshev points.

Each fit covers [low, low + pieces / per_unit) by pieces of equal width; on a piece the polynomial's variable t
runs from -1/2 to 1/2. Values come from mpmath with 50 digits; the fit's error is checked at points in between.
Usage: python3 scripts/tables/special-coefficients.py > kernels/special-functions/coefficients.ts (needs mpmath 1.3),
then npx oxfmt kernels/special-functions/coefficients.ts.
"""
import sys
from mpmath import mp, mpf

mp.dps = 50
LIMIT = mpf(2) ** -56  # an eighth of an ulp


def interpolate(f, low, high, degree):
    """Monomial coefficients in t in [-1/2, 1/2] of the interpolant of f at Chebyshev points of [low, high]."""
    count = degree + 1
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    values = [f((low + high) / 2 + (high - low) / 2 * t) for t in nodes]
    chebyshev = []
    for j in range(count):
        total = sum(values[k] * mp.cos(j * mp.pi * (2 * k + 1) / (2 * count)) for k in range(count))
        chebyshev.append(total * (1 if j == 0 else 2) / count)
    previous, current = [mpf(1)], [mpf(0), mpf(1)]
    result = [mpf(0)] * count
    for j in range(count):
        for k, c in enumerate(previous):
            result[k] += chebyshev[j] * c
        following = [mpf(0)] + [2 * c for c in current]
        for k, c in enumerate(previous):
            following[k] -= c
        previous, current = current, following
    return [c * mpf(2) ** k for k, c in enumerate(result)]


def evaluate(coefficients, t):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * t + c
    return total


def fit(f, low, per_unit, pieces):
    """Rows of the smallest common degree whose relative error stays below LIMIT on every piece."""
    low, per_unit = mpf(low), mpf(per_unit)
    degree = 4
    rows = []
    while len(rows) < pieces:
        start = low + len(rows) / per_unit
        row = interpolate(f, start, start + 1 / per_unit, degree)
        worst = max(
            abs(evaluate(row, t) / f(start + (t + mpf(1) / 2) / per_unit) - 1)
            for t in [mpf(k) / 46 - mpf(1) / 2 + mpf(1) / 977 for k in range(46)]
        )
        if worst < LIMIT:
            rows.append(row)
        else:
            degree += 1
            rows = []
    # Rows are fitted once more, all with the degree that the hardest needs.
    return [interpolate(f, low + k / per_unit, low + (k + 1) / per_unit, degree) for k in range(pieces)]


def erf_over_x(u):
    x = mp.sqrt(u)
    return mp.erf(x) / x


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x)


def erfcx_far(v):
    x = 1 / mp.sqrt(v)
    return erfcx(x) * x


def erfinv_over_x(u):
    x = mp.sqrt(u)
    return mp.erfinv(x) / x


def erfcinv(w):
    """Newton's method on log erfc, from the leading term of the asymptotic expansion."""
    y = mp.sqrt(-mp.log(w))
    y = mp.sqrt(abs(-mp.log(w * y * mp.sqrt(mp.pi)))) if w < mpf("1e-3") else mp.erfinv(1 - w)
    for _ in range(60):
        value = mp.erfc(y)
        step = (mp.log(value) - mp.log(w)) * value * mp.sqrt(mp.pi) * mp.exp(y * y) / 2
        y += step
        if abs(step) < mpf(10) ** -40 * y:
            return y
    raise ValueError(w)


def erfcinv_of_root(r):
    return erfcinv(mp.exp(-r * r)) / r


def lgamma_quotient(x):
    return mp.loggamma(x) / ((x - 1) * (x - 2))


def stirling(v):
    """gamma(x) over its leading asymptotic term x^(x - 1/2) e^-x, in v = 1 / x."""
    x = 1 / v
    return mp.exp(mp.loggamma(x) - (x - mpf(1) / 2) * mp.log(x) + x)


def lgamma_rest(v):
    x = 1 / v
    return mp.loggamma(x) - (x - mpf(1) / 2) * (mp.log(x) - 1)


def bessel_near(order):
    return lambda x: mp.besseli(order, x) * mp.exp(-x) / x**order


def bessel_far(order):
    return lambda v: mp.besseli(order, 1 / v) * mp.exp(-1 / v) / mp.sqrt(v)


def e1_regular(x):
    return mp.e1(x) + mp.log(x)


def e1_far(v):
    return mp.e1(1 / v) * mp.exp(1 / v) / v


def ei_far(v):
    return mp.ei(1 / v) * mp.exp(-1 / v) / v


def ei_regular(x):
    return mp.ei(x) - mp.log(x)


def si_near(u):
    x = mp.sqrt(u)
    return mp.si(x) / x


def ci_near(u):
    """(Ci(x) - log x - gamma) / x^2."""
    x = mp.sqrt(u)
    return (mp.ci(x) - mp.log(x) - mp.euler) / u


def auxiliary_sine(v):
    """x f(x) of the sine integrals, v = 1 / x^2."""
    x = 1 / mp.sqrt(v)
    return x * (mp.ci(x) * mp.sin(x) + (mp.pi / 2 - mp.si(x)) * mp.cos(x))


def auxiliary_cosine(v):
    """x^2 g(x) of the sine integrals."""
    x = 1 / mp.sqrt(v)
    return x * x * ((mp.pi / 2 - mp.si(x)) * mp.sin(x) - mp.ci(x) * mp.cos(x))


def fresnel_s_near(u):
    x = mp.sqrt(mp.sqrt(u))
    return mp.fresnels(x) / x**3


def fresnel_c_near(u):
    x = mp.sqrt(mp.sqrt(u))
    return mp.fresnelc(x) / x


def fresnel_auxiliary(v):
    x = 1 / mp.sqrt(mp.sqrt(v))
    angle = mp.pi * x * x / 2
    s, c = mpf(1) / 2 - mp.fresnels(x), mpf(1) / 2 - mp.fresnelc(x)
    return x, s * mp.cos(angle) - c * mp.sin(angle), c * mp.cos(angle) + s * mp.sin(angle)


def fresnel_f(v):
    x, f, _ = fresnel_auxiliary(v)
    return mp.pi * x * f


def fresnel_g(v):
    x, _, g = fresnel_auxiliary(v)
    return mp.pi**2 * x**3 * g


def dawson(x):
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def dawson_near(u):
    x = mp.sqrt(u)
    return dawson(x) / x


def dawson_far(v):
    x = 1 / mp.sqrt(v)
    return 2 * x * dawson(x)


def spence_quotient(z):
    return mp.polylog(2, 1 - z).real / (1 - z)


def digamma_zero():
    return mp.findroot(mp.digamma, mpf("1.4616321449683623412626595423257"))


def digamma_quotient(x):
    return mp.digamma(x) / (x - digamma_root)


digamma_root = digamma_zero()
ei_root = mp.findroot(mp.ei, mpf("0.37250741078136663446"))

# name, function, low, pieces per unit, number of pieces, what it is
FITS = [
    ("erfCentral", erf_over_x, 0, 1, 1, "erf(x) / x in x^2, |x| < 1"),
    ("erfcxNear", erfcx, 0, 2, 8, "erfcx(x), 0 <= x < 4"),
    ("erfcxFar", erfcx_far, 0, 64, 4, "x erfcx(x) in 1 / x^2, x > 4"),
    ("erfinvCentral", erfinv_over_x, 0, 4, 3, "erfinv(x) / x in x^2, x^2 < 3/4"),
    ("erfcinvNear", erfcinv_of_root, 1, 2, 8, "erfcinv(w) / r in r = sqrt(-log w), 1 <= r < 5"),
    ("erfcinvFar", erfcinv_of_root, 5, 0.25, 6, "the same, 5 <= r < 29"),
    ("lgammaNear", lgamma_quotient, 0.5, 4, 8, "log(gamma(x)) / ((x - 1)(x - 2)), 1/2 <= x < 5/2"),
    ("lgammaMiddle", lgamma_quotient, 2.5, 1, 6, "the same, 5/2 <= x < 17/2"),
    ("lgammaFar", lgamma_rest, 0, 8, 1, "log(gamma(x)) - (x - 1/2)(log x - 1) in 1 / x, x > 8"),
    ("gammaNear", mp.gamma, 1, 2, 4, "gamma(x), 1 <= x < 3"),
    ("gammaFar", stirling, 0, 8, 1, "gamma(x) e^x x^(1/2 - x) in 1 / x, x > 8"),
    ("digammaNear", digamma_quotient, 1, 4, 4, "digamma(x) / (x - its zero), 1 <= x < 2"),
    ("digammaMiddle", mp.digamma, 2, 1, 8, "digamma(x), 2 <= x < 10"),
    ("besselNear0", bessel_near(0), 0, 0.5, 4, "e^-x I_0(x), 0 <= x < 8"),
    ("besselFar0", bessel_far(0), 0, 32, 4, "sqrt(x) e^-x I_0(x) in 1 / x, x > 8"),
    ("besselNear1", bessel_near(1), 0, 0.5, 4, "e^-x I_1(x) / x, 0 <= x < 8"),
    ("besselFar1", bessel_far(1), 0, 32, 4, "sqrt(x) e^-x I_1(x) in 1 / x, x > 8"),
    ("e1Near", e1_regular, 0, 2, 1, "E_1(x) + log x, 0 < x < 1/2"),
    ("e1Middle", mp.e1, 0.5, 4, 2, "E_1(x), 1/2 <= x < 1"),
    ("e1Far", e1_far, 0, 8, 8, "x e^x E_1(x) in 1 / x, x > 1"),
    ("eiNear", ei_regular, 0, 8, 1, "Ei(x) - log x, 0 < x < 1/8"),
    ("eiAtZero", lambda x: mp.ei(x) / (x - ei_root), 0.125, 16, 6, "Ei(x) / (x - its zero), 1/8 <= x < 1/2"),
    ("eiMiddle", lambda x: mp.ei(x) * mp.exp(-x), 0.5, 4, 10, "e^-x Ei(x), 1/2 <= x < 3"),
    ("eiUpper", lambda x: mp.ei(x) * mp.exp(-x), 3, 1, 5, "the same, 3 <= x < 8"),
    ("eiFar", ei_far, 0, 64, 8, "x e^-x Ei(x) in 1 / x, x > 8"),
    ("siNear", si_near, 0, 0.25, 4, "Si(x) / x in x^2, x < 4"),
    ("ciNear", ci_near, 0, 0.25, 4, "(Ci(x) - log x - Euler's constant) / x^2 in x^2, x < 4"),
    ("siciF", auxiliary_sine, 0, 64, 4, "x f(x) in 1 / x^2, x > 4"),
    ("siciG", auxiliary_cosine, 0, 64, 4, "x^2 g(x) in 1 / x^2, x > 4"),
    ("fresnelS", fresnel_s_near, 0, 0.5, 3, "S(x) / x^3 in x^4, x^4 < 6"),
    ("fresnelC", fresnel_c_near, 0, 0.5, 3, "C(x) / x in x^4, x^4 < 6"),
    ("fresnelF", fresnel_f, 0, 32, 6, "pi x f(x) in 1 / x^4, x^4 > 16/3"),
    ("fresnelG", fresnel_g, 0, 32, 6, "pi^2 x^3 g(x) in 1 / x^4, x^4 > 16/3"),
    ("dawsonNear", dawson_near, 0, 0.25, 4, "D(x) / x in x^2, x < 4"),
    ("dawsonFar", dawson_far, 0, 64, 4, "2 x D(x) in 1 / x^2, x > 4"),
    ("spenceNear", spence_quotient, 0.5, 4, 6, "Li2(1 - z) / (1 - z), 1/2 <= z < 2"),
]


def multiply(left, right, size):
    out = [mpf(0)] * size
    for i, a in enumerate(left[:size]):
        for k, b in enumerate(right[: size - i]):
            out[i + k] += a * b
    return out


def temme(orders, terms):
    """Taylor coefficients of Temme's C_k(eta), DLMF 8.12.10, from mu(eta) with eta^2 / 2 = mu - log(1 + mu)."""
    size = terms + 2 * orders + 4
    # From eta = mu' eta^2... differentiate: eta (1 + mu) = mu mu'. With mu = sum m_k eta^k this gives m_k in turn.
    m = [mpf(0), mpf(1)]
    for k in range(2, size):
        # Coefficient of eta^k in mu mu' less eta (1 + mu): all but the new m_k known.
        known = sum(m[i] * (k + 1 - i) * m[k + 1 - i] for i in range(2, k))
        m.append((m[k - 1] - known) / (k + 1))
    over_mu = [mpf(1)]  # eta / mu
    base = m[1:]
    for k in range(1, size - 1):
        over_mu.append(-sum(base[i] * over_mu[k - i] for i in range(1, k + 1)))
    # g_k of gamma(z) ~ e^-z z^z sqrt(2 pi / z) sum g_k / z^k: exp of Stirling's series.
    stirling_terms = [mpf(0)] * (orders + 1)
    for k in range(1, orders // 2 + 2):
        if 2 * k - 1 <= orders:
            stirling_terms[2 * k - 1] = mp.bernoulli(2 * k) / (2 * k * (2 * k - 1))
    g = [mpf(1)]
    for k in range(1, orders + 1):
        g.append(sum(i * stirling_terms[i] * g[k - i] for i in range(1, k + 1)) / k)
    rows = [over_mu[1:]]  # 1 / mu - 1 / eta
    for k in range(1, orders):
        last = rows[-1]
        # last' / eta + (-1)^k g_k / mu: their poles cancel.
        derived = [(i + 2) * last[i + 2] for i in range(len(last) - 2)]
        rows.append([d + (-1) ** k * g[k] * o for d, o in zip(derived, over_mu[1:])])
    return [row[:terms] for row in rows]


def guarded(f):
    """f, continued to its removable singularities by a tiny step aside."""

    def value(x):
        try:
            result = f(x)
            if mp.isfinite(result) and result != 0:
                return result
        except (ZeroDivisionError, ValueError):
            pass
        return f(x + mpf(10) ** -30)

    return value


def main():
    print("/**")
    print(" * Coefficients written by scripts/tables/special-coefficients.py: piecewise polynomials with relative error below 2^-56.")
    print(" * Piece k covers [low + k / perUnit, low + (k + 1) / perUnit); its rows are powers of t in [-1/2, 1/2], lowest first.")
    print(" */")
    print('import type { Pieces } from "./pieces.ts";')
    chosen = sys.argv[1:]
    for name, f, low, per_unit, pieces, text in FITS:
        if chosen and name not in chosen:
            continue
        rows = fit(guarded(f), low, per_unit, pieces)
        print(f"\n/** {text}. */")
        print(f"export const {name}: Pieces = {{")
        print(f"  low: {low},\n  perUnit: {per_unit},\n  rows: [")
        for row in rows:
            print("    [")
            for c in row:
                print(f"      {float(c)!r},")
            print("    ],")
        print("  ],\n};")
        print(name, "degree", len(rows[0]) - 1, "pieces", pieces, file=sys.stderr, flush=True)

    if not chosen:
        print("\n/** n! correctly rounded, n = 0 to 170. */")
        print("export const factorials: readonly number[] = [")
        for n in range(171):
            print(f"  {float(mp.factorial(n))!r},")
        print("];")
        print("\n/** Temme's C_k in powers of eta, k = 0 to 9: corrections of the incomplete gamma function for large a. */")
        print("export const temme: readonly (readonly number[])[] = [")
        for row in temme(10, 24):
            print("  [" + ", ".join(repr(float(c)) for c in row) + "],")
        print("];")


main()

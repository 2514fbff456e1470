"""
Golden values of NumPy for test/numpy/golden.test.ts: one call of cotangent/numpy, NumPy's answer and a tolerance a line.
A tolerance of 0 demands the same bits; others bound the error relative to max(1, |answer|).
Usage: python3 scripts/tables/numpy-golden.py > test/numpy/golden.jsonl (needs NumPy 2.1 or later).
"""

import json
import math
import warnings

import numpy as np

warnings.simplefilter("ignore")
generator = np.random.default_rng(0)


def encode(value):
    """Nested lists; NaN and infinities as text, since JSON has none."""
    if isinstance(value, (tuple, list)):
        return [encode(part) for part in value]
    array = np.asarray(value)
    if array.ndim > 0:
        return [encode(part) for part in array]
    number = float(array)
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    return int(number) if number.is_integer() and abs(number) < 1e15 and str(number) != "-0.0" else number


def case(call, value, tolerance=1e-13):
    print(json.dumps([call, encode(value), tolerance], separators=(",", ":")))


def text(array):
    """An array as an argument of a call."""
    array = np.asarray(array)
    name = {"int32": ",{dtype:'int32'}", "uint32": ",{dtype:'uint32'}", "bool": ",{dtype:'bool'}"}.get(str(array.dtype), "")
    numbers = str([encode(part) for part in array]) if array.ndim else str(encode(array))
    for word, number in (("'nan'", "NaN"), ("'-inf'", "-Infinity"), ("'inf'", "Infinity"), (" ", "")):
        numbers = numbers.replace(word, number)
    return f"array({numbers}{name})"


def options(**entries):
    shown = []
    for key, entry in entries.items():
        if isinstance(entry, np.ndarray):
            shown.append(f"{key}:{text(entry)}")
        elif isinstance(entry, bool):
            shown.append(f"{key}:{str(entry).lower()}")
        elif entry is None:
            shown.append(f"{key}:null")
        elif isinstance(entry, tuple):
            shown.append(f"{key}:[{','.join(map(str, entry))}]")
        elif isinstance(entry, str):
            shown.append(f"{key}:'{entry}'")
        else:
            shown.append(f"{key}:{entry}")
    return "{" + ",".join(shown) + "}"


A = np.array([[0.5, -1.25, 3.0, 2.0], [1.5, 2.5, -0.75, 4.0]])
V = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6])
WITH_NAN = np.array([[np.nan, 1.0, 3.0], [2.0, np.nan, -1.0], [np.nan] * 3])
MASK = np.array([[1, 0, 1, 1], [0, 1, 1, 0]], bool)
SPECIAL = np.array([0, -0.0, 1, -1.5, 2.5, -3, np.inf, -np.inf, np.nan, 5e-324, 1e308])
INT32 = np.array([0, 1, -1, 7, -8, 2147483647, -2147483648], np.int32)
UINT32 = np.array([0, 1, 4294967295, 2147483648, 77], np.uint32)


def reductions():
    for place in (dict(axis=None, keepdims=False), dict(axis=0, keepdims=True), dict(axis=-1, keepdims=False)):
        shown = options(**place)
        for name in "sum prod mean std var max min ptp median any all".split():
            case(f"np.{name}({text(A)},{shown})", getattr(np, name)(A, **place))
        case(f"np.countNonzero({text(A)},{shown})", np.count_nonzero(A, **place))
        for name in "nansum nanprod nanmean nanstd nanvar nanmax nanmin nanmedian".split():
            case(f"np.{name}({text(WITH_NAN)},{shown})", getattr(np, name)(WITH_NAN, **place))
        for name in "sum prod mean std var".split():
            masked = dict(place, where=MASK)
            case(f"np.{name}({text(A)},{options(**masked)})", getattr(np, name)(A, **masked))
        for name in "max min sum prod".split():
            masked = dict(place, where=MASK, initial=0.25)
            case(f"np.{name}({text(A)},{options(**masked)})", getattr(np, name)(A, **masked))
        for method in "linear lower higher midpoint nearest".split():
            shares = np.array([0, 0.1, 0.5, 0.77, 1])
            chosen = dict(place, method=method)
            case(f"np.quantile({text(A)},{text(shares)},{options(**chosen)})", np.quantile(A, shares, **chosen))
            case(
                f"np.nanquantile({text(WITH_NAN)},{text(shares)},{options(**chosen)})",
                np.nanquantile(WITH_NAN, shares, **chosen),
            )
    case(f"np.percentile({text(V)},40)", np.percentile(V, 40))


def statistics():
    counts, importance = np.array([1, 2, 0, 3]), np.array([0.5, 1, 1, 2])
    for name, entries in (
        ("cov", {}),
        ("cov", dict(rowvar=False)),
        ("cov", dict(bias=True)),
        ("cov", dict(ddof=0, fweights=counts, aweights=importance)),
        ("cov", dict(fweights=counts, aweights=importance)),
        ("cov", dict(aweights=importance)),
        ("cov", dict(y=A[::-1])),
        ("corrcoef", {}),
        ("corrcoef", dict(y=A * A)),
    ):
        case(f"np.{name}({text(A)},{options(**entries)})", getattr(np, name)(A, **entries))
    case(f"np.cov({text(V)})", np.cov(V))
    case(f"np.corrcoef({text(V)})", np.corrcoef(V))
    for axis, weights in (
        (0, np.array([1, 3])),
        (1, np.array([1, 2, 3, 4])),
        (None, A),
        ((0, 1), A),
        ((1, 0), np.array([[1, 2], [3, 4], [5, 6], [7, 8]])),
    ):
        entries = dict(axis=axis, weights=weights, returned=True)
        case(f"np.average({text(A)},{options(**entries)})", np.average(A, **entries))


def histograms():
    for entries in (
        {},
        dict(bins=3),
        dict(bins=4, range=(0, 5)),
        dict(bins=np.array([0, 1, 2, 4, 9])),
        dict(bins=4, density=True),
        dict(bins=3, weights=np.array([1, 2, 3, 4, 5, 6])),
    ):
        case(f"np.histogram({text(V)},{options(**entries)})", np.histogram(V, **entries))
    case("np.histogram(array([2,2,2]),{bins:3})", np.histogram([2, 2, 2], bins=3))
    case("np.histogram(array([]),{bins:3})", np.histogram([], bins=3))
    case(f"np.histogram2d({text(V)},{text(V[::-1])},{{bins:[3,2]}})", np.histogram2d(V, V[::-1], bins=[3, 2]))
    case(f"np.histogramdd({text(A.T)},{{bins:2,density:true}})[0]", np.histogramdd(A.T, bins=2, density=True)[0])
    case(
        f"np.histogramdd({text(A.T)},{{bins:[2,array([-1,0,3])],range:[[0,2],null]}})[0]",
        np.histogramdd(A.T, bins=[2, np.array([-1, 0, 3])], range=[(0, 2), None])[0],
    )
    for right in (True, False):
        for edges in ([0, 1, 2.6, 4], [4, 2.6, 1, 0]):
            shown = f"np.digitize({text(V)},{text(edges)},{options(right=right)})"
            case(shown, np.digitize(V, edges, right=right))
    weights = np.array([0.5, 1, 2])
    case(
        f"np.bincount(array([1,1,3],{{dtype:'int32'}}),{options(weights=weights, minlength=6)})",
        np.bincount([1, 1, 3], weights=weights, minlength=6),
    )


def calculus():
    for entries in ({}, dict(n=2), dict(axis=0), dict(n=5), dict(prepend=0, append=np.array([[9], [8]]))):
        case(f"np.diff({text(A)},{options(**entries)})", np.diff(A, **entries))
    case("np.diff(array([true,false,false]))", np.diff([True, False, False]))
    case(f"np.ediff1d({text(A)},{{toBegin:array([7,8]),toEnd:9}})", np.ediff1d(A, to_begin=[7, 8], to_end=9))
    x = np.array([0, 1, 1.5, 3.0])
    for order in (1, 2):
        case(f"np.gradient({text(V)},{{spacing:.5,edgeOrder:{order}}})", np.gradient(V, 0.5, edge_order=order))
        case(
            f"np.gradient({text(A)},{{axis:1,spacing:{text(x)},edgeOrder:{order}}})",
            np.gradient(A, x, axis=1, edge_order=order),
        )
    case(f"np.gradient({text(A)})", np.gradient(A))
    case(f"np.gradient({text(A)},{{spacing:[2,{text(x)}]}})", np.gradient(A, 2, x))
    for entries in ({}, dict(axis=0, dx=3), dict(x=x), dict(x=A, axis=0)):
        case(f"np.trapezoid({text(A)},{options(**entries)})", np.trapezoid(A, **entries))
    for name in ("cumsum", "cumprod"):
        for axis in (None, 0, 1):
            case(f"np.{name}({text(A)},{options(axis=axis)})", getattr(np, name)(A, axis=axis))
            shown = f"np.nan{name}({text(WITH_NAN)},{options(axis=axis)})"
            case(shown, getattr(np, "nan" + name)(WITH_NAN, axis=axis))
    case(f"np.cumulativeSum({text(V)},{{includeInitial:true}})", np.cumulative_sum(V, include_initial=True))
    case(f"np.cumulativeProd({text(V)},{{includeInitial:true}})", np.cumulative_prod(V, include_initial=True))
    case(f"np.cummax({text(A)},{{axis:1}})", np.maximum.accumulate(A, axis=1))
    case(f"np.cummin({text(A)},{{axis:0}})", np.minimum.accumulate(A, axis=0))
    case(f"np.cumlogsumexp({text(V)})", np.logaddexp.accumulate(V))


def polynomials():
    for m in range(1, 6):
        for n in range(1, 5):
            p, q = generator.integers(-4, 5, m), generator.integers(-4, 5, n)
            for name in ("convolve", "correlate"):
                for mode in ("full", "same", "valid"):
                    case(f"np.{name}({text(p)},{text(q)},{options(mode=mode)})", getattr(np, name)(p, q, mode))
            case(f"np.polyadd({text(p)},{text(q)})", np.polyadd(p, q))
            case(f"np.polysub({text(p)},{text(q)})", np.polysub(p, q))
            case(f"np.polyval({text(p)},{text(q)})", np.polyval(p, q))
            case(f"np.polyder({text(p)},{n - 1})", np.polyder(p, n - 1))
            case(f"np.polyint({text(p)},{n - 1})", np.polyint(p, n - 1))
        case(f"np.poly({text(p)})", np.poly(p))
    case(f"np.polyint({text(V)},2,{{k:array([3,5])}})", np.polyint(V, 2, k=[3, 5]))
    case("np.polydiv(array([3,5,2]),array([2,1]))", np.polydiv([3, 5, 2], [2, 1]))
    case("np.polydiv(array([1,-3,2,7]),array([1,0.5]))", np.polydiv([1, -3, 2, 7], [1, 0.5]))
    x = np.linspace(0, 3, 12)
    for degree in range(0, 8):
        shown = f"np.polyfit(np.linspace(0,3,12),np.sin(np.linspace(0,3,12)),{degree})"
        case(shown, np.polyfit(x, np.sin(x), degree), 1e-11)
    shown = "np.polyfit(np.linspace(0,3,12),np.sin(np.linspace(0,3,12)),3,{w:np.linspace(1,2,12)})"
    case(shown, np.polyfit(x, np.sin(x), 3, w=np.linspace(1, 2, 12)), 1e-12)
    for points in range(0, 8):
        for name in ("bartlett", "blackman", "hamming", "hanning"):
            case(f"np.{name}({points})", getattr(np, name)(points), 1e-15)


def bessel():
    case("np.i0(array([0,0.5,-1,3,20,-0]))", np.i0([0, 0.5, -1, 3, 20, -0.0]), 1e-14)
    for points in range(0, 8):
        for beta in (0, 2.5, 14, -6):
            case(f"np.kaiser({points},{beta})", np.kaiser(points, beta), 1e-14)


def products():
    left, right = A[:, :3], A[:, 1:]
    case(f"np.cross({text(left)},{text(right)})", np.cross(left, right))
    case(f"np.cross({text(left.T)},{text(right.T)},{{axis:0}})", np.cross(left.T, right.T, axis=0))
    case("np.cross(array([1,2,3]),array([[1,2],[3,4]]))", np.cross([1, 2, 3], [[1, 2], [3, 4]]))
    case(f"np.kron({text(A)},{text(left)})", np.kron(A, left))
    case(f"np.kron({text(V)},{text(A)})", np.kron(V, A))
    u = np.array([3.0, 4.5, -2.0, 0.0])
    case(f"np.vecdot({text(A)},{text(u)})", np.vecdot(A, u))
    case(f"np.matvec({text(A)},{text(u)})", A @ u)
    case(f"np.vecmat(array([1,2]),{text(A)})", np.array([1, 2]) @ A)


def special_values():
    names = dict(nanToNum="nan_to_num", floorDivide="floor_divide", floatPower="float_power")
    for name in (
        "frexp modf spacing signbit isposinf isneginf nanToNum fabs deg2rad rad2deg rint floor ceil trunc "
        "log2 log10 exp2 square cbrt"
    ).split():
        case(f"np.{name}({text(SPECIAL)})", getattr(np, names.get(name, name))(SPECIAL), 2e-15)
    column = SPECIAL.reshape(-1, 1)
    for name in "copysign nextafter heaviside hypot logaddexp logaddexp2 fmod floorDivide floatPower".split():
        shown = f"np.{name}({text(column)},{text(SPECIAL)})"
        case(shown, getattr(np, names.get(name, name))(column, SPECIAL), 2e-15)
    # which zero fmax and fmin choose is left open by NumPy
    some = SPECIAL[1:]
    for name in ("fmax", "fmin"):
        case(f"np.{name}({text(some.reshape(-1, 1))},{text(some)})", getattr(np, name)(some.reshape(-1, 1), some), 0)
    case("np.sinc(array([0,0.1,-0.3,0.5,0.9,2.5]))", np.sinc([0, 0.1, -0.3, 0.5, 0.9, 2.5]), 4e-16)
    case("np.divmod(array([-7,7,-7.5]),array([3,-3,2]))", np.divmod([-7, 7, -7.5], [3, -3, 2]))
    exponents = np.array([1100, 1074, -1074, -1080], np.int32)
    mantissas = np.array([1.5, 5e-324, 1, 1])
    case(f"np.ldexp({text(mantissas)},{text(exponents)})", np.ldexp(mantissas, exponents), 0)
    phases = np.array([0, 3, 6.5, 1, -4, 2, 9, 3.5])
    case(f"np.unwrap({text(phases)})", np.unwrap(phases))
    case(f"np.unwrap({text(phases)},{{period:8}})", np.unwrap(phases, period=8))
    case(f"np.unwrap({text(phases)},{{period:6,discont:4.5}})", np.unwrap(phases, period=6, discont=4.5))
    numbers = np.array([1234.56789, -0.05, 2.5, 1e300, -77])
    for decimals in (-2, -1, 0, 1, 2, 5):
        case(f"np.round({text(numbers)},{{decimals:{decimals}}})", np.round(numbers, decimals), 0)


def integers():
    for numbers in (INT32, UINT32):
        column = numbers.reshape(-1, 1)
        for name, own in (
            ("bitwiseAnd", np.bitwise_and),
            ("bitwiseOr", np.bitwise_or),
            ("bitwiseXor", np.bitwise_xor),
            ("gcd", np.gcd),
            ("lcm", np.lcm),
        ):
            case(f"np.{name}({text(column)},{text(numbers)})", own(column, numbers), 0)
        case(f"np.bitwiseNot({text(numbers)})", ~numbers, 0)
        case(f"np.bitwiseCount({text(numbers)})", np.bitwise_count(numbers), 0)
        counts = np.array([0, 1, 2, 5, 30, 31, 32, 33, 39], numbers.dtype)
        case(f"np.leftShift({text(column)},{text(counts)})", np.left_shift(column, counts), 0)
        case(f"np.rightShift({text(column)},{text(counts)})", np.right_shift(column, counts), 0)


for family in (
    reductions,
    statistics,
    histograms,
    calculus,
    polynomials,
    bessel,
    products,
    special_values,
    integers,
):
    family()

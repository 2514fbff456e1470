"""
Golden values of NumPy for test/numpy/arrangement-golden.test.ts: creation, rearrangement, indexing, order, sets,
interpolation, einsum. A line holds one call of cotangent/numpy, NumPy's answer, a tolerance (0 demands the same
bits), and 1 if the shape of the answer depends on values, so that the call cannot be compiled.
Usage: python3 scripts/tables/numpy-arrangement-golden.py > test/numpy/arrangement-golden.jsonl (needs NumPy 2.1 or later).
"""

import json
import math

import numpy as np

generator = np.random.default_rng(7)


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
    return int(number) if number.is_integer() and str(number) != "-0.0" else number


def case(call, value, tolerance=0, dynamic=0):
    print(json.dumps([call, encode(value), tolerance, dynamic], separators=(",", ":")))


def dynamic(call, value):
    case(call, value, 0, 1)


def text(array):
    """An array as an argument of a call."""
    array = np.asarray(array)
    kind = {"int64": "int32", "int32": "int32", "bool": "bool"}.get(str(array.dtype))
    shown = json.dumps(encode(array), separators=(",", ":"))
    for word, number in (('"nan"', "NaN"), ('"inf"', "Infinity"), ('"-inf"', "-Infinity")):
        shown = shown.replace(word, number)
    named = [f"dtype:'{kind}'"] if kind else []
    if array.size == 0:
        named.append("shape:" + shape(array.shape))
    return f"array({shown},{{{','.join(named)}}})" if named else f"array({shown})"


def shape(sizes):
    return "[" + ",".join(map(str, sizes)) + "]"


def numbers(*sizes):
    return generator.integers(-9, 10, sizes).astype(float)


def places(high, *sizes):
    return generator.integers(0, high, sizes)


def joining():
    a, b, u, v = numbers(2, 3), numbers(2, 3), numbers(3), numbers(3)
    for axis in (0, 1, -1):
        case(f"np.concatenate([{text(a)},{text(b)}],{{axis:{axis}}})", np.concatenate([a, b], axis))
        case(f"np.append({text(a)},{text(b)},{{axis:{axis}}})", np.append(a, b, axis))
        case(f"np.stack([{text(a)},{text(b)}],{{axis:{axis}}})", np.stack([a, b], axis))
    case(f"np.concatenate([{text(a)},{text(u)}],{{axis:null}})", np.concatenate([a, u], None))
    case(f"np.append({text(a)},{text(u)})", np.append(a, u))
    for ours, theirs in (("vstack", np.vstack), ("hstack", np.hstack), ("dstack", np.dstack), ("columnStack", np.column_stack)):
        case(f"np.{ours}([{text(a)},{text(b)}])", theirs([a, b]))
        case(f"np.{ours}([{text(u)},{text(v)}])", theirs([u, v]))
    case(f"np.columnStack([{text(numbers(2) * 0 + 1)},{text(a)}])", np.column_stack([np.ones(2), a]))
    case(f"np.block([[{text(a)},{text(b)}],[{text(b)},{text(a)}]])", np.block([[a, b], [b, a]]))
    case(f"np.block([{text(u)},{text(v)},5])", np.block([u, v, 5]))
    case(f"np.block([[{text(u)}],[{text(v)}]])", np.block([[u], [v]]))
    for x in (3.0, u, a):
        for ours, theirs in (("atleast1d", np.atleast_1d), ("atleast2d", np.atleast_2d), ("atleast3d", np.atleast_3d)):
            case(f"np.{ours}({text(x)})", theirs(x))
    x = numbers(7, 2)
    for cuts in (3, [2, 5], [5, 2], [-3, 9], [0, 0, 7]):
        case(f"np.arraySplit({text(x)},{cuts})", np.array_split(x, cuts))
    case(f"np.split({text(x)},[1,3])", np.split(x, [1, 3]))
    y = numbers(2, 4, 6)
    case(f"np.vsplit({text(y)},2)", np.vsplit(y, 2))
    case(f"np.hsplit({text(y)},2)", np.hsplit(y, 2))
    case(f"np.dsplit({text(y)},[1,4])", np.dsplit(y, [1, 4]))
    case(f"np.hsplit({text(u)},3)", np.hsplit(u, 3))
    case(f"np.unstack({text(a)},{{axis:1}})", [a[:, k] for k in range(3)])


def rearranging():
    x = numbers(2, 3, 2)
    case(f"np.moveaxis({text(x)},[0,1],[-1,0])", np.moveaxis(x, [0, 1], [-1, 0]))
    for axis, start in ((2, 0), (0, 3), (1, -1), (0, 2), (2, 1)):
        case(f"np.rollaxis({text(x)},{axis},{start})", np.rollaxis(x, axis, start))
    case(f"np.matrixTranspose({text(x)})", np.matrix_transpose(x))
    for turns in range(-1, 5):
        case(f"np.rot90({text(x)},{turns})", np.rot90(x, turns))
    case(f"np.rot90({text(x)},1,{{axes:[2,0]}})", np.rot90(x, 1, axes=(2, 0)))
    case(f"np.fliplr({text(x)})", np.fliplr(x))
    case(f"np.flipud({text(x)})", np.flipud(x))
    case(f"np.roll({text(x)},[1,-2],{{axis:[0,1]}})", np.roll(x, [1, -2], axis=(0, 1)))
    case(f"np.roll({text(x)},[1,2],{{axis:1}})", np.roll(x, (1, 2), axis=1))
    case(f"np.roll({text(x)},1,{{axis:[0,2]}})", np.roll(x, 1, axis=(0, 2)))
    for sizes in ((3, 2), (5,), (2, 2, 5), (0, 3)):
        case(f"np.resize({text(x)},{shape(sizes)})", np.resize(x, sizes))
    case(f"np.tile({text(x)},[2,1,3])", np.tile(x, (2, 1, 3)))
    case(f"np.repeat({text(x)},[1,0,3],{{axis:1}})", np.repeat(x, [1, 0, 3], axis=1))


def padding():
    x, line = numbers(3, 4), numbers(5)
    widths = ("[[2,5],[1,0]]", ((2, 5), (1, 0)))
    for ours, theirs in zip("edge reflect symmetric wrap maximum minimum mean".split(), "edge reflect symmetric wrap maximum minimum mean".split()):
        tolerance = 1e-14 if ours == "mean" else 0
        case(f"np.pad({text(x)},{widths[0]},{{mode:'{ours}'}})", np.pad(x, widths[1], theirs), tolerance)
        for width in (1, 4, 9, 13):
            case(f"np.pad({text(line)},{width},{{mode:'{ours}'}})", np.pad(line, width, theirs), tolerance)
        case(f"np.pad({text(line[:1])},3,{{mode:'{ours}'}})", np.pad(line[:1], 3, theirs), tolerance)
    for mode in ("reflect", "symmetric"):
        for width in (1, 3, 4):
            case(f"np.pad({text(line)},{width},{{mode:'{mode}',reflectType:'odd'}})", np.pad(line, width, mode, reflect_type="odd"))
    for width in (4, 9, 14):
        case(f"np.pad({text(line)},[0,{width}],{{mode:'reflect',reflectType:'odd'}})", np.pad(line, (0, width), "reflect", reflect_type="odd"))
        case(f"np.pad({text(line)},[{width},0],{{mode:'symmetric',reflectType:'odd'}})", np.pad(line, (width, 0), "symmetric", reflect_type="odd"))
    case(f"np.pad({text(x)},{widths[0]},{{value:[[1,2],[3,4]]}})", np.pad(x, widths[1], constant_values=((1, 2), (3, 4))))
    case(f"np.pad({text(x)},{widths[0]},{{mode:'linearRamp',endValue:[-4,7]}})", np.pad(x, widths[1], "linear_ramp", end_values=(-4, 7)), 1e-14)
    for mode in ("maximum", "minimum", "mean"):
        case(f"np.pad({text(line)},3,{{mode:'{mode}',statLength:[2,3]}})", np.pad(line, 3, mode, stat_length=(2, 3)), 1e-14)
    whole = places(9, 5)
    case(f"np.pad({text(whole)},2,{{mode:'mean',statLength:2}})", np.pad(whole, 2, "mean", stat_length=2))


def creating():
    for count in (0, 1, 2, 5):
        for end in (True, False):
            shown = str(end).lower()
            case(f"np.linspace(-1,2,{count},{{endpoint:{shown}}})", np.linspace(-1, 2, count, endpoint=end), 1e-15)
            case(f"np.logspace(0,3,{count},{{endpoint:{shown}}})", np.logspace(0, 3, count, endpoint=end), 1e-14)
            case(f"np.geomspace(2,54,{count},{{endpoint:{shown}}})", np.geomspace(2, 54, count, endpoint=end), 1e-14)
    case("np.geomspace(-1000,-1,4)", np.geomspace(-1000, -1, 4), 1e-14)
    case("np.logspace(0,4,3,{base:2})", np.logspace(0, 4, 3, base=2))
    a, b = numbers(2), numbers(2)
    case(f"np.linspace({text(a)},{text(b)},3,{{axis:1}})", np.linspace(a, b, 3, axis=1), 1e-15)
    case(f"np.linspace({text(a)},1,3,{{retstep:true}})", np.linspace(a, 1, 3, retstep=True), 1e-15)
    u, v, w = numbers(2), numbers(3), numbers(2)
    for indexing in ("xy", "ij"):
        case(f"np.meshgrid({text(u)},{text(v)},{text(w)},{{indexing:'{indexing}'}})", np.meshgrid(u, v, w, indexing=indexing))
        case(f"np.meshgrid({text(u)},{text(v)},{{indexing:'{indexing}',sparse:true}})", np.meshgrid(u, v, indexing=indexing, sparse=True))
    case("np.indices([2,3])", np.indices((2, 3)))
    for k in (-2, 0, 1):
        case(f"np.eye(3,4,{{k:{k}}})", np.eye(3, 4, k))
        case(f"np.tri(3,4,{{k:{k}}})", np.tri(3, 4, k))
        x = numbers(2, 3, 4)
        case(f"np.tril({text(x)},{{k:{k}}})", np.tril(x, k))
        case(f"np.triu({text(x)},{{k:{k}}})", np.triu(x, k))
        case(f"np.diagonal({text(x)},{{offset:{k},axis1:2,axis2:0}})", np.diagonal(x, k, 2, 0))
        case(f"np.trace({text(x)},{{offset:{k},axis1:1,axis2:2}})", np.trace(x, k, 1, 2))
        case(f"np.trilIndices(3,{{k:{k},columns:4}})", np.tril_indices(3, k, 4))
        case(f"np.triuIndices(3,{{k:{k},columns:4}})", np.triu_indices(3, k, 4))
    case(f"np.vander({text(v)},4)", np.vander(v, 4))
    case(f"np.vander({text(v)},4,{{increasing:true}})", np.vander(v, 4, increasing=True))
    for sizes in ((3, 3), (5, 2), (2, 5), (3, 3, 3), (7, 2)):
        for wrap in (False, True):
            x = np.zeros(sizes)
            np.fill_diagonal(x, [1, 2, 3], wrap=wrap)
            case(f"np.fillDiagonal(np.zeros({shape(sizes)}),{text(np.array([1.0, 2, 3]))},{{wrap:{str(wrap).lower()}}})", x)


def indexing():
    x, y = numbers(3, 4), numbers(3, 4)
    k = places(4, 3, 2)
    case(f"np.takeAlongAxis({text(x)},{text(k)},{{axis:1}})", np.take_along_axis(x, k, 1))
    out = x.copy()
    np.put_along_axis(out, k[:, :1], 99, 1)
    case(f"np.putAlongAxis({text(x)},{text(k[:, :1])},99,{{axis:1}})", out)
    out = x.copy()
    np.put(out, [0, -1, 5], [7, 8])
    case(f"np.put({text(x)},{text([0, -1, 5])},{text(np.array([7.0, 8]))})", out)
    mask = x > 0
    out = x.copy()
    np.place(out, mask, [50, 60])
    case(f"np.place({text(x)},{text(mask)},{text(np.array([50.0, 60]))})", out)
    pick = places(2, 3, 4)
    case(f"np.choose({text(pick)},[{text(x)},{text(y)}])", np.choose(pick, [x, y]))
    wide = places(9, 3, 4) - 4
    case(f"np.choose({text(wide)},[{text(x)},{text(y)}],{{mode:'wrap'}})", np.choose(wide, [x, y], mode="wrap"))
    case(f"np.choose({text(wide)},[{text(x)},{text(y)}],{{mode:'clip'}})", np.choose(wide, [x, y], mode="clip"))
    case(f"np.select([{text(x > 3)},{text(x > 0)}],[{text(x)},{text(y)}],-1)", np.select([x > 3, x > 0], [x, y], -1))
    rows = [places(3, 4), places(4, 4)]
    case(f"np.ravelMultiIndex([{text(rows[0])},{text(rows[1])}],[3,4])", np.ravel_multi_index(rows, (3, 4)))
    far = [places(9, 4) - 4, places(9, 4) - 4]
    for mode in ("clip", "wrap"):
        case(f"np.ravelMultiIndex([{text(far[0])},{text(far[1])}],[3,4],{{mode:'{mode}'}})", np.ravel_multi_index(far, (3, 4), mode=mode))
    flat = places(12, 5)
    case(f"np.unravelIndex({text(flat)},[3,4])", np.unravel_index(flat, (3, 4)))
    sparse = numbers(3, 4) * (generator.random((3, 4)) < 0.5)
    dynamic(f"np.nonzero({text(sparse)})", np.nonzero(sparse))
    dynamic(f"np.argwhere({text(sparse)})", np.argwhere(sparse))
    dynamic(f"np.flatnonzero({text(sparse)})", np.flatnonzero(sparse))
    dynamic(f"np.where({text(sparse)})", np.where(sparse))
    dynamic(f"np.extract({text(sparse)},{text(x)})", np.extract(sparse, x))
    dynamic(f"np.compress({text(np.array([True, False, True]))},{text(x)},{{axis:1}})", np.compress([True, False, True], x, 1))
    for trim in ("f", "b", "fb"):
        line = np.array([0, 0, 1, 0, 2, 0.0])
        dynamic(f"np.trimZeros({text(line)},{{trim:'{trim}'}})", np.trim_zeros(line, trim))
    for place, shown in ((1, "1"), (-1, "-1"), (slice(0, 3, 2), "np.slice(0,3,2)"), (slice(None, None, -2), "np.slice(null,null,-2)")):
        case(f"np.delete({text(x)},{shown},{{axis:0}})", np.delete(x, place, 0))
        case(f"np.delete({text(x)},{shown})", np.delete(x, place))
    gone = np.array([0, 2, 0])
    dynamic(f"np.delete({text(x)},{text(gone)},{{axis:1}})", np.delete(x, gone, 1))
    line = numbers(4)
    for place, shown in ((1, "1"), (-1, "-1"), (4, "4")):
        case(f"np.insert({text(line)},{shown},{text(np.array([7.0, 8]))})", np.insert(line, place, [7, 8]))
        case(f"np.insert({text(x)},{shown if place != 4 else 3},5,{{axis:0}})", np.insert(x, place if place != 4 else 3, 5, 0))
    for at in ([1, 1, 3], [3, 0, 1], [0, -1, 2], [2]):
        values = numbers(len(at))
        dynamic(f"np.insert({text(line)},{text(at)},{text(values)})", np.insert(line, at, values))
        columns = numbers(3, len(at))
        dynamic(f"np.insert({text(x)},{text(at)},{text(columns)},{{axis:1}})", np.insert(x, at, columns, 1))
    case(f"np.insert({text(x)},1,{text(numbers(3) * 0 + 5)},{{axis:1}})", np.insert(x, 1, np.full(3, 5.0), 1))
    two = numbers(2, 3)
    case(f"np.insert({text(x)},1,{text(two)},{{axis:1}})", np.insert(x, 1, two, 1))
    case(f"np.insert({text(x)},np.slice(0,4,2),{text(numbers(3, 1) * 0 - 5)},{{axis:1}})", np.insert(x, slice(0, 4, 2), np.full((3, 1), -5.0), 1))


def order():
    keys = [places(3, 8), places(3, 8)]
    case(f"np.lexsort([{text(keys[0])},{text(keys[1])}])", np.lexsort(keys))
    grid = [places(2, 3, 4), places(2, 3, 4)]
    for axis in (0, 1):
        case(f"np.lexsort([{text(grid[0])},{text(grid[1])}],{{axis:{axis}}})", np.lexsort(grid, axis))
    line = numbers(6)
    rank = np.argsort(line, kind="stable")
    for side in ("left", "right"):
        wanted = numbers(5)
        case(f"np.searchsorted({text(line)},{text(wanted)},{{side:'{side}',sorter:{text(rank)}}})", np.searchsorted(line, wanted, side, rank))


def sets():
    with_nan = np.array([3, np.nan, 1, 3, np.nan, 0, np.inf, 0])
    for x in (places(4, 9), numbers(3, 4), with_nan):
        dynamic(f"np.unique({text(x)})", np.unique(x))
        dynamic(
            f"np.unique({text(x)},{{returnIndex:true,returnInverse:true,returnCounts:true}})",
            np.unique(x, return_index=True, return_inverse=True, return_counts=True),
        )
        dynamic(f"np.uniqueValues({text(x)})", np.unique_values(x) if x is not with_nan else np.unique(x, equal_nan=False))
    dynamic(f"np.unique({text(with_nan)},{{equalNan:false,returnCounts:true}})", np.unique(with_nan, equal_nan=False, return_counts=True))
    rows = places(2, 6, 2).astype(float)
    dynamic(f"np.unique({text(rows)},{{axis:0}})", np.unique(rows, axis=0))
    dynamic(f"np.unique({text(rows)},{{axis:0,returnIndex:true,returnCounts:true}})", np.unique(rows, axis=0, return_index=True, return_counts=True))
    dynamic(f"np.unique({text(rows.T)},{{axis:1}})", np.unique(rows.T, axis=1))
    for _ in range(4):
        a, b = places(8, 6), places(8, 5)
        case(f"np.isin({text(a)},{text(b)})", np.isin(a, b))
        for ours in ("union1d", "intersect1d", "setdiff1d", "setxor1d"):
            dynamic(f"np.{ours}({text(a)},{text(b)})", getattr(np, ours)(a, b))
        dynamic(f"np.intersect1d({text(a)},{text(b)},{{returnIndices:true}})", np.intersect1d(a, b, return_indices=True))
    other = np.array([np.nan, 1, 5])
    case(f"np.isin({text(with_nan)},{text(other)})", np.isin(with_nan, other))
    for ours in ("union1d", "intersect1d", "setdiff1d", "setxor1d"):
        dynamic(f"np.{ours}({text(with_nan)},{text(other)})", getattr(np, ours)(with_nan, other))
    empty = np.zeros(0)
    for ours in ("union1d", "intersect1d", "setdiff1d", "setxor1d"):
        dynamic(f"np.{ours}({text(other[1:])},{text(empty)})", getattr(np, ours)(other[1:], empty))
        dynamic(f"np.{ours}({text(empty)},{text(other[1:])})", getattr(np, ours)(empty, other[1:]))


def interpolating():
    xp = np.sort(generator.choice(40, 7, False) / 2 - 8)
    fp = numbers(7)
    x = np.concatenate([generator.uniform(-12, 15, 20).round(3), xp, [np.inf, -np.inf, np.nan]])
    case(f"np.interp({text(x)},{text(xp)},{text(fp)})", np.interp(x, xp, fp), 1e-14)
    case(f"np.interp({text(x)},{text(xp)},{text(fp)},{{left:-1,right:NaN}})", np.interp(x, xp, fp, -1, np.nan), 1e-14)
    finite = x[:-3]
    mixed = generator.permutation(7)
    case(f"np.interp({text(finite)},{text(xp[mixed])},{text(fp)},{{period:5.3}})", np.interp(finite, xp[mixed], fp, period=5.3), 1e-12)
    case(f"np.interp({text(finite)},{text(xp[:1])},{text(fp[:1])})", np.interp(finite, xp[:1], fp[:1]))
    steps = np.array([0.0, 1, 1, 2])
    case(f"np.interp({text(np.array([0.5, 1, 1.5]))},{text(steps)},{text(np.array([0.0, 1, 5, 6]))})", np.interp([0.5, 1, 1.5], steps, [0, 1, 5, 6]))


EINSUM = """
ij,jk->ik|2,3|3,4
ij,jk|2,3|3,4
ji,jk|3,2|3,4
ij->ji|2,3
ij|2,3
ba|2,3
ii|3,3
ii->i|3,3
iij->ji|2,2,3
iji->j|2,3,2
ij,ij|2,3|2,3
ij,ij->|2,3|2,3
i,j->ij|2|3
i,i|4|4
i->|4
...->...|2,3
...ij,...jk->...ik|2,2,3|3,2
...ij,...jk|2,1,2,3|4,3,2
i...,i...->...|3,2|3,2
...i->...|2,3
i...j->j...|2,4,3
ij...,jk...->ik...|2,3,2|3,2,2
...,...|2,3|3
bij,bjk,bkl->bil|2,2,3|2,3,2|2,2,4
ij,jk,kl,lm->im|2,3|3,4|4,2|2,3
ab,bc,cd,da->|2,3|3,2|2,4|4,2
ab,ab,ab->a|2,3|2,3|2,3
i,j,k->kij|2|3|2
ij,j,jk,k->i|2,3|3|3,2|2
ij,jk->ik|2,1|3,4
ij,kj->ik|2,3|4,1
ijk,ilm,njm,nlk,abc->|2,2,2|2,2,2|2,2,2|2,2,2|2,2,2
ea,fb,abcd,gc,hd->efgh|2,3|2,3|3,3,2,2|2,2|2,2
ij,ij,jk->ik|2,3|2,3|3,2
aab,bcc->ac|2,2,3|3,2,2
ij,jk->ki|2,0|0,3
i,->i|3|
Ab,bA->A|2,3|3,2
"""


def contracting():
    for line in EINSUM.strip().split("\n"):
        subscripts, *sizes = line.split("|")
        arrays = [numbers(*(int(k) for k in size.split(",") if k)) for size in sizes]
        value = np.einsum(subscripts, *arrays)
        shown = ",".join(text(array) for array in arrays)
        case(f"np.einsum('{subscripts}',{shown})", value)
        if len(arrays) > 2:
            case(f"np.einsum('{subscripts}',{shown},{{optimize:false}})", value)


for part in (joining, rearranging, padding, creating, indexing, order, sets, interpolating, contracting):
    part()

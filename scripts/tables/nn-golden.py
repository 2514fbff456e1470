#!/usr/bin/env python3
"""Resizing and pooling as JAX and flax compute them in float64: writes test/reference/nn-golden.json.

Each case holds a call, the shape and values of its result, and the values of its pullback. Inputs and cotangents follow from
their shapes: element k is ((k + 1) * 7919 % 17 - 8) / 4, so that many tie.
Usage: python3 scripts/tables/nn-golden.py (needs jax 0.10 and flax 0.12).
"""
import json
from pathlib import Path

import flax
import jax
import jax.numpy as jnp
import numpy as np
from flax.linen import pooling as nn

jax.config.update("jax_enable_x64", True)
TARGET = Path(__file__).resolve().parents[2] / "test" / "reference" / "nn-golden.json"


def values(shape):
    k = np.arange(int(np.prod(shape)), dtype=np.int64) + 1
    return jnp.asarray(((k * 7919 % 17 - 8) / 4).reshape(shape))


def case(f, shape, **call):
    y, pullback = jax.vjp(f, values(shape))
    (cotangent,) = pullback(values(y.shape))
    return {
        **call,
        "from": list(shape),
        "to": list(y.shape),
        "values": np.asarray(y).ravel().tolist(),
        "pullback": np.asarray(cotangent).ravel().tolist(),
    }


SIZES = [((5,), (8,)), ((8,), (5,)), ((7,), (21,)), ((21,), (7,)), ((1,), (4,)), ((6,), (1,)), ((3, 4), (7, 5)), ((6, 5), (4, 9))]
resized = [
    case(
        lambda x: jax.image.resize(x, to, method, antialias=antialias),
        size,
        method=method,
        antialias=antialias,
    )
    for size, to in SIZES
    for method in ("nearest", "linear", "cubic")
    for antialias in (True, False)
]

POOLS = {"maxPool": nn.max_pool, "minPool": nn.min_pool, "avgPool": nn.avg_pool}
WINDOWS = [
    ((2, 7, 6, 3), (2, 2), (2, 2), "VALID"),
    ((1, 7, 6, 2), (3, 2), (2, 1), "SAME"),
    ((1, 5, 8, 2), (3, 3), (1, 3), ((1, 2), (0, 1))),
    ((2, 9, 3), (4,), (3,), "SAME"),
]
pooled = []
for shape, window, strides, padding in WINDOWS:
    pads = padding.lower() if isinstance(padding, str) else padding
    for name, pool in POOLS.items():
        for counts in (True, False) if name == "avgPool" else (True,):
            extra = {"count_include_pad": counts} if name == "avgPool" else {}
            pooled.append(
                case(
                    lambda x: pool(x, window, strides=strides, padding=padding, **extra),
                    shape,
                    name=name,
                    window=window,
                    strides=strides,
                    padding=pads,
                    countIncludePad=counts,
                )
            )

SOURCE = f"scripts/tables/nn-golden.py with jax {jax.__version__} and flax {flax.__version__}"
TARGET.write_text(json.dumps({"source": SOURCE, "resized": resized, "pooled": pooled}, separators=(",", ":")) + "\n")

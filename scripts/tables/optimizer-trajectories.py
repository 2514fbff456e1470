#!/usr/bin/env python3
"""Steps of Keras's optimizers on a quadratic and values of its schedules, float64: writes test/reference/optimizer-trajectories.json.

The function is sum(c (x - t)^2) / 2 with the curvatures, targets and starts below, so its gradient is c (x - t).
A case holds the optimizer, its arguments as Keras names them, and x after every step. With torch Keras rounds the
factor of global_clipnorm to float32 (ops.minimum of a float64 scalar and a Python number); its formula is applied here.
Usage: KERAS_BACKEND=torch python3 scripts/tables/optimizer-trajectories.py (needs keras 3.15 and torch 2).
"""
import json
from pathlib import Path

import keras
import numpy as np

keras.config.set_floatx("float64")
TARGET = Path(__file__).resolve().parents[2] / "test" / "reference" / "optimizer-trajectories.json"
CURVATURES = np.array([1.0, 10.0, 0.3, 100.0])
TARGETS = np.array([0.5, -1.0, 2.0, 0.0])
STARTS = np.array([2.0, 1.0, -1.0, 0.05])
STEPS = 20


def shortened(gradient, global_clipnorm=None):
    if global_clipnorm is None:
        return gradient
    return gradient * (global_clipnorm * min(1 / np.sqrt(np.sum(gradient**2)), 1 / global_clipnorm))


def trajectory(optimizer, **arguments):
    x = keras.Variable(STARTS, dtype="float64")
    own = {name: value for name, value in arguments.items() if name != "global_clipnorm"}
    method = getattr(keras.optimizers, optimizer)(**own)
    points = []
    for _ in range(STEPS):
        gradient = CURVATURES * (keras.ops.convert_to_numpy(x.value) - TARGETS)
        gradient = shortened(gradient, arguments.get("global_clipnorm"))
        method.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [x])
        points.append(keras.ops.convert_to_numpy(x.value).tolist())
    return {"optimizer": optimizer, "arguments": arguments, "points": points}


def schedule(name, steps, **arguments):
    own = getattr(keras.optimizers.schedules, name)(**arguments)
    values = [float(keras.ops.convert_to_numpy(own(step))) for step in steps]
    return {"schedule": name, "arguments": arguments, "steps": list(steps), "values": values}


trajectories = [
    trajectory("SGD", learning_rate=0.015),
    trajectory("SGD", learning_rate=0.01, momentum=0.9),
    trajectory("SGD", learning_rate=0.01, momentum=0.9, nesterov=True),
    trajectory("SGD", learning_rate=0.01, global_clipnorm=1.5),
    trajectory("SGD", learning_rate=0.01, clipvalue=0.7),
    trajectory("Adam", learning_rate=0.1),
    trajectory("Adam", learning_rate=0.05, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
    trajectory("Adam", learning_rate=0.3, beta_2=0.5, amsgrad=True),
    trajectory("AdamW", learning_rate=0.1, weight_decay=0.04),
    trajectory("RMSprop", learning_rate=0.05),
    trajectory("RMSprop", learning_rate=0.02, momentum=0.7),
    trajectory("RMSprop", learning_rate=0.02, rho=0.8, momentum=0.5, centered=True, epsilon=1e-2),
    trajectory("Adagrad", learning_rate=0.5),
    trajectory("Adagrad", learning_rate=0.5, initial_accumulator_value=1.0, epsilon=1e-3),
]
steps = [0, 1, 2, 3, 5, 9, 10, 11, 17, 25, 40]
schedules = [
    schedule("PolynomialDecay", steps, initial_learning_rate=0.3, decay_steps=10, end_learning_rate=0.01, power=1.0),
    schedule("PolynomialDecay", steps, initial_learning_rate=0.3, decay_steps=20, end_learning_rate=0.05, power=2.5),
    schedule("ExponentialDecay", steps, initial_learning_rate=0.3, decay_steps=7, decay_rate=0.6),
    schedule("ExponentialDecay", steps, initial_learning_rate=0.3, decay_steps=7, decay_rate=0.6, staircase=True),
    schedule("CosineDecay", steps, initial_learning_rate=0.3, decay_steps=20, alpha=0.1),
    schedule("CosineDecay", steps, initial_learning_rate=0.02, decay_steps=20, alpha=0.1, warmup_target=0.3, warmup_steps=9),
    schedule("PiecewiseConstantDecay", steps, boundaries=[2, 10], values=[0.3, 0.1, 0.05]),
]
TARGET.write_text(
    json.dumps(
        {
            "source": f"keras {keras.__version__}, float64",
            "curvatures": CURVATURES.tolist(),
            "targets": TARGETS.tolist(),
            "starts": STARTS.tolist(),
            "trajectories": trajectories,
            "schedules": schedules,
        }
    )
    + "\n"
)

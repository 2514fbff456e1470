"""NumPy's way through the jobs: forwards only, one array operation after the other."""
import numpy as np

version = np.__version__


def chain(x):
    return np.sin(x) * np.exp(-np.square(x)) + np.tanh(x) / (1 + np.square(x))


FUNCTIONS = {
    "matmul": np.matmul,
    "chain": chain,
    "sum": np.sum,
    "argmax": lambda x: np.argmax(x, axis=1),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "affine": lambda x: 2 * x + 1,
    "add": np.add,
}


def contestant(kind, inputs, _reads_back):
    """A call, and its outputs as arrays."""
    function = FUNCTIONS[kind]
    return lambda: function(*inputs), lambda: [function(*inputs)]

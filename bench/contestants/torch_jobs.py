"""PyTorch's way through the jobs, eagerly, on one thread. Gradients by its tape."""
import torch
from torch.nn import functional

version = torch.__version__
torch.set_num_threads(1)

OMEGA = 30
ROUNDS, SHIFT = 5, 0.5
STEPS, TIME_STEP = 1000, 0.01
MAGNIFICATIONS = (1, 2, 2, 2, 1)
NORMALIZATION_FLOOR = 1e-3


def chain(x):
    return torch.sin(x) * torch.exp(-torch.square(x)) + torch.tanh(x) / (1 + torch.square(x))


def twenty_operations(x):
    y = x
    for _ in range(ROUNDS):
        y = torch.tanh(torch.sin(y) * x + SHIFT)
    return y


def siren(points, target, *weights):
    layer = points
    for k in range(0, len(weights) - 2, 2):
        layer = torch.sin(OMEGA * torch.addmm(weights[k + 1], layer, weights[k]))
    return torch.mean(torch.square(torch.addmm(weights[-1], layer, weights[-2]) - target))


def normalize(x, scale, shift):
    centred = x - torch.mean(x, 1, keepdim=True)
    unit = centred / torch.sqrt(torch.mean(torch.square(centred), 1, keepdim=True) + NORMALIZATION_FLOOR)
    return unit * scale[:, None, None] + shift[:, None, None]


def decoder(latent, target, dense, offsets, *blocks):
    image = torch.addmm(offsets, latent, dense).reshape(1, 32, 8, 12)
    for k, magnification in enumerate(MAGNIFICATIONS):
        scale, shift, windows, biases = blocks[4 * k : 4 * k + 4]
        bent = torch.tanh(image)
        if magnification > 1:
            bent = functional.interpolate(bent, scale_factor=magnification, mode="bilinear", align_corners=False)
        image = functional.conv2d(normalize(bent, scale, shift), windows, biases, padding="same")
    return torch.mean(torch.square(image - target))


def weigh(density, window, sums):
    return functional.conv2d(density[None, None], window[None, None], padding="same")[0, 0] / sums


def last_state(start, matrix):
    def slope(y):
        return matrix @ torch.tanh(y)

    y = start
    for _ in range(STEPS):
        k1 = slope(y)
        k2 = slope(y + TIME_STEP / 2 * k1)
        k3 = slope(y + TIME_STEP / 2 * k2)
        k4 = slope(y + TIME_STEP * k3)
        y = y + TIME_STEP / 6 * (k1 + 2 * k2 + (2 * k3 + k4))
    return torch.sum(torch.square(y))


def value_and_gradient(loss, fixed=0):
    """Of a loss whose first `fixed` inputs are no variables."""

    def run(*inputs):
        variables = [x.detach().requires_grad_() for x in inputs[fixed:]]
        value = loss(*inputs[:fixed], *variables)
        return [value.detach(), *torch.autograd.grad(value, variables)]

    return run


def gradient(function):
    return lambda *inputs: value_and_gradient(function)(*inputs)[1:]


def filter_vjp(density, window, sums, cotangent):
    variable = density.detach().requires_grad_()
    return [torch.autograd.grad(weigh(variable, window, sums), variable, cotangent)[0]]


FUNCTIONS = {
    "matmul": lambda a, b: [torch.matmul(a, b)],
    "chain": lambda x: [chain(x)],
    "chain gradient": gradient(lambda x: torch.sum(chain(x))),
    "sum": lambda x: [torch.sum(x)],
    "softmax": lambda x: [torch.softmax(x, 1)],
    "argmax": lambda x: [torch.argmax(x, 1)],
    "cumsum": lambda x: [torch.cumsum(x, 1)],
    "siren": value_and_gradient(siren, 2),
    "decoder": value_and_gradient(decoder, 2),
    "filter": lambda density, window, sums: [weigh(density, window, sums)],
    "filter vjp": filter_vjp,
    "rk4": value_and_gradient(last_state),
    "affine": lambda x: [2 * x + 1],
    "add": lambda a, b: [torch.add(a, b)],
    "twenty operations gradient": gradient(twenty_operations),
}


def contestant(kind, inputs, reads_back):
    """A call, and its outputs as arrays."""
    function = FUNCTIONS[kind]
    tensors = [torch.from_numpy(x) for x in inputs]

    def outputs():
        return [x.numpy() for x in function(*tensors)]

    return outputs if reads_back else lambda: function(*tensors), outputs

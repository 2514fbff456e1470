"""Neural optimization of the MBB beam with PyTorch and SciPy, as published pipelines do it: what bench/neural-rows.ts compares ours with.

network in float32 -> logits in float64 -> sigmoid whose shift meets the volume -> density filter -> SIMP -> stiffness matrix
from triplets -> spsolve -> compliance. PyTorch's tape leads back to the weights, through operations of its own for the
shift (implicit function theorem), the filter, and the solve (a second spsolve for the adjoint); then clipping and Adam.
Argument: a NeuralSetting of neural-setting.ts as JSON. Each line of input is a NeuralQuestion, each line of output one JSON
object (the first one: versions). Weights come from ours, so that both begin at the same design. One thread.
"""
import json
import math
import sys

import numpy as np
import scipy
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_

from contestant_process import look
from scipy_iteration import E_0, E_MIN, Beam
from torch_jobs import MAGNIFICATIONS, OMEGA, normalize

torch.set_num_threads(1)

HALVINGS, VOLUME_TOLERANCE, ADAM_EPSILON = 64, 1e-12, 1e-7


class VolumeSigmoid(torch.autograd.Function):
    """sigmoid(logits + shift) with the fraction as its mean; the shift by bisection, its derivative without it."""

    @staticmethod
    def forward(ctx, logits, fraction):
        middle = math.log(fraction / (1 - fraction))
        low, high = middle - logits.max().item(), middle - logits.min().item()
        for _ in range(HALVINGS):
            shift = (low + high) / 2
            density = torch.sigmoid(logits + shift)
            excess = density.mean().item() - fraction
            if abs(excess) <= VOLUME_TOLERANCE:
                break
            low, high = (low, shift) if excess > 0 else (shift, high)
        ctx.save_for_backward(density)
        return density

    @staticmethod
    def backward(ctx, cotangent):
        (density,) = ctx.saved_tensors
        slope = density * (1 - density)
        weighted = slope * cotangent
        return weighted - slope * (weighted.sum() / slope.sum()), None


class Filter(torch.autograd.Function):
    """A sparse product."""

    @staticmethod
    def forward(ctx, design, beam):
        ctx.beam = beam
        return torch.from_numpy(beam.filter @ design.numpy())

    @staticmethod
    def backward(ctx, cotangent):
        return torch.from_numpy(ctx.beam.filter_transpose @ cotangent.numpy()), None


class Structure(Beam):
    """Triplets of all degrees of freedom, reduced to the free ones as a matrix."""

    def __init__(self, setting):
        super().__init__(
            setting["nelx"], setting["nely"], setting["volumeFraction"], setting["filterRadius"], setting["penal"], "generic"
        )
        self.dof_count = 2 * (setting["nelx"] + 1) * (setting["nely"] + 1)
        self.all_rows = np.repeat(self.dofs, 8, axis=1).ravel()
        self.all_columns = np.tile(self.dofs, (1, 8)).ravel()

    def stiffness(self, modulus):
        values = (modulus[:, None] * self.element_stiffness.ravel()).ravel()
        shape = (self.dof_count, self.dof_count)
        return coo_matrix((values, (self.all_rows, self.all_columns)), shape=shape).tocsr()[self.free][:, self.free]

    def spread(self, reduced):
        """To all degrees of freedom, element by element."""
        every = np.zeros(self.dof_count)
        every[self.free] = reduced
        return every[self.dofs]


class Solve(torch.autograd.Function):
    """Displacement of the free degrees of freedom, K(modulus)^-1 load."""

    @staticmethod
    def forward(ctx, modulus, structure):
        ctx.structure, ctx.matrix = structure, structure.stiffness(modulus.numpy())
        ctx.displacement = spsolve(ctx.matrix, structure.load)
        return torch.from_numpy(ctx.displacement)

    @staticmethod
    def backward(ctx, cotangent):
        structure = ctx.structure
        adjoint = structure.spread(spsolve(ctx.matrix.T, cotangent.numpy()))
        displacement = structure.spread(ctx.displacement)
        return torch.from_numpy(-np.einsum("ei,ei->e", adjoint @ structure.element_stiffness, displacement)), None


def siren(points, *weights):
    layer = points
    for k in range(0, len(weights) - 2, 2):
        layer = torch.sin(OMEGA * torch.addmm(weights[k + 1], layer, weights[k]))
    return torch.addmm(weights[-1], layer, weights[-2])


def decoder(latent, coarse, dense, offsets, *stages):
    """Channels before rows and columns, as PyTorch has images; `coarse` is the shape of the first."""
    image = torch.addmm(offsets, latent, dense).reshape(1, *coarse)
    for k, magnification in enumerate(MAGNIFICATIONS):
        scale, shift, windows, biases = stages[4 * k : 4 * k + 4]
        bent = torch.tanh(image)
        if magnification > 1:
            bent = functional.interpolate(bent, scale_factor=magnification, mode="bilinear", align_corners=False)
        image = functional.conv2d(normalize(bent, scale, shift), windows, biases, padding="same")
    return image


def centres(setting):
    """Of the elements, [elements, 2] between -1 and 1: x along the rows, then y from row to row."""
    x, y = ((2 * np.arange(count) + 1) / count - 1 for count in (setting["nelx"], setting["nely"]))
    return torch.from_numpy(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32))


def channels_first(setting, dense, offsets, *stages):
    """Weights of images whose channels come last, for images whose channels come first."""
    total = math.prod(MAGNIFICATIONS)
    rows, columns = setting["nely"] // total, setting["nelx"] // total
    channels = offsets.numel() // (rows * columns)

    def turned(x):
        return x.reshape(-1, rows, columns, channels).permute(0, 3, 1, 2).reshape(x.shape)

    windows = [x.permute(3, 2, 0, 1).contiguous() if x.dim() == 4 else x for x in stages]
    return (channels, rows, columns), [turned(dense), turned(offsets), *windows]


class Optimization:
    def __init__(self, setting):
        self.setting, self.structure = setting, Structure(setting)

    def begin(self, file, shapes):
        flat = torch.from_numpy(np.fromfile(file, dtype="<f4"))
        sizes = [math.prod(shape) for shape in shapes]
        first = [x.reshape(shape) for x, shape in zip(torch.split(flat, sizes), shapes)]
        if self.setting["network"] == "siren":
            self.function, self.fixed = siren, [centres(self.setting)]
        else:
            latent, *first = first
            coarse, first = channels_first(self.setting, *first)
            self.function, self.fixed = decoder, [latent[None], coarse]
        self.weights = [x.clone().requires_grad_() for x in first]
        self.optimizer = torch.optim.Adam(self.weights, lr=self.setting["learningRate"], eps=ADAM_EPSILON)

    def objective(self, logits):
        structure = self.structure
        density = Filter.apply(VolumeSigmoid.apply(logits, structure.volume_fraction), structure)
        modulus = E_MIN + density**structure.penal * (E_0 - E_MIN)
        return torch.dot(torch.from_numpy(structure.load), Solve.apply(modulus, structure))

    def iterate(self):
        _, waited, started = look()
        self.optimizer.zero_grad(set_to_none=True)
        objective = self.objective(self.function(*self.fixed, *self.weights).reshape(-1).double())
        objective.backward()
        if self.setting["clip"] is not None:
            clip_grad_norm_(self.weights, self.setting["clip"])
        self.optimizer.step()
        value = objective.item()
        stopped, waited_at_stop, _ = look()
        return {"objective": value, "milliseconds": stopped - started - (waited_at_stop - waited)}

    def write_gradient(self, logits_file, file):
        logits = torch.from_numpy(np.fromfile(logits_file, dtype="<f8")).requires_grad_()
        objective = self.objective(logits)
        objective.backward()
        logits.grad.numpy().astype("<f8").tofile(file)
        return objective.item()

    def answer(self, question):
        if question["ask"] == "begin":
            self.begin(question["file"], question["shapes"])
            return {"parameters": sum(x.numel() for x in self.weights)}
        if question["ask"] == "iterate":
            return {"history": [self.iterate() for _ in range(question["count"])]}
        if question["ask"] == "gradient":
            return {"objective": self.write_gradient(question["logits"], question["file"])}
        raise ValueError(f"no answer to {question['ask']}")


def main():
    optimization = Optimization(json.loads(sys.argv[1]))
    versions = f"PyTorch {torch.__version__}, SciPy {scipy.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}"
    print(json.dumps({"versions": versions}), flush=True)
    for line in sys.stdin:
        print(json.dumps(optimization.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

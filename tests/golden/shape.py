"""Shapes, by torchmetrics in float64."""

import numpy as np
import scipy.spatial
import torch
from torchmetrics.shape import ProcrustesDisparity

from harness import Golden, Options, domain
from regression import run
from regression_definitions import TOLERANCE
from regression_inputs import Array, Input, made, related


def cloud_inputs() -> dict[str, Input]:
    def drawn(name: str, *shape: int, noise: float = 0.25) -> tuple[Array, Array]:
        inp = related(name, *shape, noise=noise)
        return inp.true, inp.preds

    one, other = drawn("clouds_2d", 4, 9, 2)
    three, four = drawn("clouds_3d", 5, 7, 3)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    turn_3d = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return {
        "clouds_2d": made(one, other),
        "clouds_3d": made(three, four),
        "clouds_one": made(one[:1], other[:1]),
        "clouds_one_3d": made(three[:1], four[:1]),
        "clouds_same": made(one[:2], one[:2]),
        "clouds_moved": made(one[:2], 2.0 * one[:2] @ turn + 3.5),
        "clouds_moved_3d": made(three[:2], 0.5 * three[:2] @ turn_3d - 1.25),
        "clouds_reflected": made(one[:2], one[:2] * [1.0, -1.0]),
        "clouds_reflected_3d": made(three[:2], -three[:2] * 4.0 + [1.0, 2.0, 3.0]),
        "clouds_reflected_noisy": made(one[:2], other[:2] * [-1.0, 1.0]),
        "clouds_unrelated": made(one[:2], other[2:]),
        "clouds_flat": made(three[:1] * [1.0, 1.0, 0.0], four[:1]),
        "clouds_line": made([[[0.0, 0.0], [1.0, 1.0], [3.0, 3.0]]], [[[0.0, 1.0], [0.0, 2.0], [0.5, 4.0]]]),
        "clouds_far": made(one[:2] + 1000.0, other[:2] - 500.0),
    }


@domain("shape", libraries=("torchmetrics", "torch", "scipy", "numpy"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    for name, inp in cloud_inputs().items():
        golden.input(name, **inp.tensors())
        each = [scipy.spatial.procrustes(a, b)[2] for a, b in zip(inp.preds, inp.true, strict=True)]
        for reduction in ("mean", "sum"):
            value = run(ProcrustesDisparity(reduction), inp.preds, inp.true)
            right = sum(each) / (len(each) if reduction == "mean" else 1)
            options: Options = {} if reduction == "mean" else {"reduction": reduction}
            golden.compared("procrustes_disparity", name, value, right, options=options, within=TOLERANCE)

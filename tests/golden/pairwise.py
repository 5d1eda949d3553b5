"""Similarities and distances between all rows, by the functions of torchmetrics in float64."""

import itertools
from collections.abc import Callable

import numpy as np
import scipy.spatial
import torch
from sklearn import metrics as sk
from torchmetrics.functional import pairwise

from harness import Golden, Options, domain, plain
from regression_definitions import TOLERANCE
from regression_inputs import Array, Input, made, related


def pairwise_inputs() -> dict[str, Input]:
    x, y = related("rows", 5, 3).preds, related("rows_other", 4, 3).preds
    wide = related("rows_wide", 3, 12)
    zero = np.array([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [-3.0, 1.0]])
    near = related("rows_near", 4, 3, mean=2.0**20 + 64, spread=4.0, steps=8)
    return {
        "rows": made(x),
        "rows_two": made(x, y),
        "rows_two_tall": made(x[:2], y),
        "rows_same": made(x, x),
        "rows_one": made(x[:1]),
        "rows_wide": made(wide.preds, wide.target),
        "rows_1d": made([[1.0], [-2.5], [0.25], [1.0]], [[0.5], [-2.5]]),
        "rows_equal": made([[1.5, -2.0], [1.5, -2.0], [0.25, 1.0]]),
        "rows_zero": made(zero),
        "rows_zero_two": made(zero, [[0.0, 0.0], [1.5, 2.0], [0.0, 0.0]]),
        "rows_near_2e20": made(near.preds, near.target),
    }


def pairwise_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    cdist = scipy.spatial.distance.cdist
    kinds: dict[str, Callable[..., Array]] = {
        "pairwise_cosine_similarity": lambda x, y, e: sk.pairwise.cosine_similarity(x, y),
        "pairwise_euclidean_distance": lambda x, y, e: cdist(x, y),
        "pairwise_linear_similarity": lambda x, y, e: x @ y.T,
        "pairwise_manhattan_distance": lambda x, y, e: cdist(x, y, "cityblock"),
        "pairwise_minkowski_distance": lambda x, y, e: cdist(x, y, "minkowski", p=e or 2),
    }
    for metric, definition in kinds.items():
        function = getattr(pairwise, metric)
        exponents = (1, 1.5, None, 3, 4) if metric == "pairwise_minkowski_distance" else (None,)
        for name, inp in inputs.items():
            full = name in ("rows", "rows_two")
            for exponent, reduction, zero in itertools.product(exponents, (None, "mean", "sum"), (None, True, False)):
                if exponent is not None and (zero is not None or name not in ("rows", "rows_two")):
                    continue
                if not full and (reduction == "sum" or zero is False or (zero and reduction)):
                    continue
                if not full and reduction and name not in ("rows_wide", "rows_zero"):
                    continue
                if zero and not full and name not in ("rows_same", "rows_zero_two", "rows_1d", "rows_two_tall"):
                    continue
                if reduction == "sum" and zero is not None:
                    continue
                options: Options = {} if exponent is None else {"exponent": exponent}
                options |= {} if reduction is None else {"reduction": reduction}
                options |= {} if zero is None else {"zero_diagonal": zero}
                data = [torch.tensor(a) for a in (inp.preds, inp.target) if a is not None]
                value = plain(function(*data, **options))
                matrix = definition(inp.preds, inp.preds if inp.target is None else inp.true, exponent).copy()
                if zero or (zero is None and inp.target is None):
                    np.fill_diagonal(matrix, 0)
                right = {None: matrix, "mean": matrix.mean(1), "sum": matrix.sum(1)}[reduction]
                cosine_of_zero = metric == "pairwise_cosine_similarity" and "zero" in name
                details: Options = {"options": options, "oddity": "zero-vector" if cosine_of_zero else None}
                golden.compared(metric, name, value, right, within=TOLERANCE, **details)


@domain("pairwise", libraries=("torchmetrics", "torch", "scikit-learn", "scipy", "numpy"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    inputs = pairwise_inputs()
    for name, inp in inputs.items():
        golden.input(name, **inp.tensors())
    pairwise_cases(golden, inputs)

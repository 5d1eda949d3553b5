"""Random scores and labels that several domains use.

Scores are multiples of 1/256: exact in float32, short in JSON, and never next to a threshold by accident.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def task_options(task: str, size: int) -> dict[str, Any]:
    """The options that say what a classifier distinguishes."""
    return {"task": task} | {"multiclass": {"num_classes": size}, "multilabel": {"num_labels": size}}.get(task, {})


def single(values: Any) -> NDArray[Any] | None:
    """Floating-point numbers as float32, which must hold them exactly; whatever else as it is."""
    if values is None or values.dtype != np.float64:
        return values
    assert np.array_equal(values.astype(np.float32).astype(np.float64), values, equal_nan=True)
    return values.astype(np.float32)


def floats(values: Any) -> Floats:
    return np.asarray(values, np.float32)


def ints(values: Any) -> Ints:
    return np.asarray(values, np.int64)


def binary_scores(r: np.random.Generator, target: Ints) -> Floats:
    """Probabilities that lean towards the target."""
    p = r.beta(np.where(target == 1, 2.5, 1.2), np.where(target == 1, 1.2, 2.5))
    return floats(np.clip(np.round(p * 256), 1, 255) / 256)


def binary_logits(r: np.random.Generator, target: Ints) -> Floats:
    logits = np.round(r.normal(np.where(target == 1, 1.0, -1.0), 2.0) * 16) / 16
    logits.flat[:3] = (0.0, 3.5, -3.5)  # sigmoid(0) is exactly the default threshold; the others leave [0, 1]
    return floats(logits)


def class_scores(r: np.random.Generator, target: Ints, classes: int) -> Floats:
    """Probabilities `[N, C, ...]` without ties that add up to one and lean towards the target."""

    def row(label: int) -> NDArray[np.float64]:
        while True:
            p = np.floor(r.dirichlet(1.0 + 1.5 * (np.arange(classes) == label)) * 256)
            p[p.argmax()] += 256 - p.sum()
            if len(set(p)) == classes:
                return p / 256

    rows = np.stack([row(int(label)) for label in target.flat]).reshape(*target.shape, classes)
    return floats(np.moveaxis(rows, -1, 1))


def noisy(r: np.random.Generator, target: Ints, classes: int, right: float = 0.6) -> Ints:
    """Labels that agree with the target in about `right` of the places."""
    return np.where(r.random(target.shape) < right, target, r.integers(classes, size=target.shape))


def masked(r: np.random.Generator, target: Ints, index: int, share: float = 0.25) -> Ints:
    """The target with about `share` of the places, and if there are rows, the second row, set to `index`."""
    out = np.where(r.random(target.shape) < share, index, target)
    if target.ndim > 1:
        out[1] = index
    out.flat[0] = index
    return out


def sample_weights(r: np.random.Generator, n: int) -> Floats:
    """Positive weights with every seventh zero."""
    w = r.integers(1, 40, n) / 8
    w[::7] = 0
    return floats(w)

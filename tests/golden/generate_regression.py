"""Write `regression.json`: regression, aggregation, pairwise distances and their kin for small, fixed inputs.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python generate_regression.py

Runs in well under a minute on one thread; two runs write identical bytes. README.md describes format and findings.
Every number of a reference is compared with a definition below, moments being exact fractions; a difference without a
known reason ends the run.
"""

import importlib.metadata
import itertools
import json
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.spatial
import scipy.stats
import torch
import torchmetrics
from numpy.typing import NDArray
from scipy.special import rel_entr
from sklearn import metrics as sk
from torcheval.metrics import ClickThroughRate, WeightedCalibration
from torchmetrics import regression as tm
from torchmetrics.aggregation import RunningMean, RunningSum
from torchmetrics.functional import pairwise
from torchmetrics.shape import ProcrustesDisparity
from torchmetrics.utilities.exceptions import TorchMetricsUserError

from generate import dump, plain, rng
from generate_curves import lines, short

OUTPUT = Path(__file__).with_name("regression.json")
TOLERANCE = 1e-11
SINGLE = 1e-6
"""For what the reference computes in float32 whatever it is given."""

NAN, INF = math.nan, math.inf
Array = NDArray[np.float64]
Options = dict[str, Any]
Case = dict[str, Any]
Oddity = tuple[str, Any]
"""A slug and the right value, or None where there is none to prefer."""


@dataclass(frozen=True)
class Input:
    """One input; all of its numbers are exact in float32."""

    preds: NDArray[Any]
    target: NDArray[Any] | None = None
    weights: Array | None = None
    target_weights: Array | None = None
    oddity: str | None = None

    @property
    def true(self) -> NDArray[Any]:
        """The target where there is one."""
        assert self.target is not None
        return self.target

    @property
    def outputs(self) -> int:
        return self.preds.shape[1] if self.preds.ndim > 1 else 1

    def columns(self, flat: bool = False) -> "list[Columns]":
        """Pairs of every output, or all in one."""
        n, k = len(self.preds), 1 if flat else self.outputs
        x, y = (fractions(a).reshape(-1, k) for a in (self.preds, self.true))
        w = fractions(np.ones(n) if self.weights is None else self.weights)
        w = np.repeat(w, len(x) // n)
        return [Columns(x[:, c], y[:, c], w) for c in range(k)]

    @cached_property
    def offset(self) -> float:
        """How large the numbers are, where that is what makes a difference."""
        numbers = [np.abs(a).max() for a in (self.preds, self.target) if a is not None]
        return float(max(numbers))


def fractions(a: NDArray[Any]) -> NDArray[Any]:
    return np.array([Fraction(float(v)) for v in a.ravel()], dtype=object)


Definition = Callable[[Input, Options], Any]


class Columns:
    """Exact weighted moments (dividing by the sum of weights) of two columns."""

    def __init__(self, x: NDArray[Any], y: NDArray[Any], w: NDArray[Any]) -> None:
        self.x, self.y, self.w = x, y, w
        self.total = sum(w)
        self.mx, self.my = self.mean(x), self.mean(y)

    def mean(self, values: NDArray[Any]) -> Fraction:
        return Fraction(sum(values * self.w), self.total)

    @cached_property
    def vx(self) -> Fraction:
        return self.mean((self.x - self.mx) ** 2)

    @cached_property
    def vy(self) -> Fraction:
        return self.mean((self.y - self.my) ** 2)

    @cached_property
    def cxy(self) -> Fraction:
        return self.mean((self.x - self.mx) * (self.y - self.my))

    @cached_property
    def mse(self) -> Fraction:
        return self.mean((self.x - self.y) ** 2)

    @property
    def error_variance(self) -> Fraction:
        return self.mse - (self.mx - self.my) ** 2

    def float_mean(self, function: Callable[[float, float], float]) -> float:
        """Weighted mean of a function of both."""
        terms = [function(float(a), float(b)) * float(c) for a, b, c in zip(self.x, self.y, self.w, strict=True)]
        return math.fsum(terms) / float(self.total) if all(map(math.isfinite, terms)) else sum(terms)


# ------------------------------------------------------------------------------------------------ inputs


def grid(values: Any, steps: int = 64) -> Array:
    """Multiples of 1/steps."""
    return np.round(np.asarray(values, np.float64) * steps) / steps + 0.0


def made(preds: Any, target: Any = None, **more: Any) -> Input:
    def array(values: Any) -> NDArray[Any]:
        a = np.asarray(values)
        return a if a.dtype == np.int64 and "int" in more.get("kinds", ()) else np.asarray(a, np.float64)

    more = {k: array(v) if k.endswith("weights") else v for k, v in more.items()}
    inp = Input(
        array(preds),
        None if target is None else array(target),
        **{k: v for k, v in more.items() if k != "kinds"},
    )
    for a in (inp.preds, inp.target, inp.weights, inp.target_weights):
        assert a is None or np.array_equal(a.astype(np.float32).astype(np.float64), a, equal_nan=True)
    return inp


def related(
    name: str, *shape: int, noise: float = 0.5, steps: int = 64, mean: float = 0.0, spread: float = 1.0
) -> Input:
    """Predictions that lean towards the target."""
    r = rng("regression_" + name)
    target = r.normal(size=shape) * spread
    preds = target + r.normal(size=shape) * spread * noise + 0.1 * spread
    return made(grid(preds + mean, steps), grid(target + mean, steps))


def distinct(name: str, *shape: int, noise: float = 0.5, steps: int = 256) -> Input:
    """The same without ties within a column, and without zeros."""
    r = rng("regression_" + name)
    columns = []
    while len(columns) < math.prod(shape[1:]):
        target = grid(r.normal(size=shape[0]), steps)
        preds = grid(target + r.normal(size=shape[0]) * noise + 0.1, steps)
        if all(len({0.0, *v}) == len(v) + 1 for v in (preds, target)):
            columns.append((preds, target))
    preds, target = (np.stack(v, 1).reshape(shape) for v in zip(*columns, strict=True))
    return made(preds, target)


def positive(name: str, *shape: int) -> Input:
    r = rng("regression_" + name)
    target = np.maximum(grid(r.gamma(2.0, 1.0, shape)), 1 / 64)
    preds = np.maximum(grid(target * r.gamma(8.0, 0.125, shape)), 1 / 64)
    return made(preds, target)


def levels(name: str, count: int, *shape: int) -> Input:
    """Whole numbers below `count`, many of them tied."""
    r = rng("regression_" + name)
    target = r.integers(count, size=shape)
    preds = np.clip(target + r.integers(-1, 2, size=shape), 0, count - 1)
    return made(preds, target)


def plain_inputs() -> dict[str, Input]:
    """`[N]` for anything."""
    out = {
        "ordinary": distinct("ordinary", 37),
        "pair": made([1.5, -0.25], [1.0, 0.5]),
        "one": made([1.25], [2.0]),
        "one_right": made([1.25], [1.25]),
    }
    twelve = out["ordinary"].true[:12]
    out |= {
        "constant_preds": made(np.full(12, 0.75), twelve),
        "constant_target": made(twelve, np.full(12, 0.75)),
        "constant_both": made(np.full(5, 0.75), np.full(5, 1.5)),
        "constant_equal": made(np.full(5, 0.75), np.full(5, 0.75)),
        "perfect": made(twelve, twelve),
        "shifted": made(twelve + 1.5, twelve),
        "opposite": made(-twelve, twelve),
        "anticorrelated": made(grid(-twelve + 0.25 * np.cos(np.arange(12))), twelve),
        "near_1e3": related("near_1e3", 37, mean=1000.0),
        "near_2e20": related("near_2e20", 37, mean=2.0**20 + 64, spread=4.0, steps=8),
        # So large that the sum of squares is rounded even in float64.
        "constant_near_2e21": made(
            2.0**21 - 16 + grid(rng("regression_constant_near").normal(size=37) * 4, 8), np.full(37, 2.0**21 - 0.875)
        ),
        "small": made(grid(related("small", 20).preds / 300, 4096), grid(related("small", 20).true / 300, 4096)),
        "small_target": made([0.0625, -0.03125, 0.0, 0.015625], [0.001953125, 0.0, -0.001953125, 0.0009765625]),
        "negative": made(-positive("negative", 20).preds, -positive("negative", 20).true),
        "far": made([1000.0, -1000.0, 0.5, 20.0], [-250.0, 500.0, 0.25, -16.0]),
        "biased": made(grid(twelve + 4096 + np.sin(np.arange(12)) / 4), twelve),
        "zeros_in_target": made([0.5, 0.0, -0.25, 1.5, 2.0, 0.0], [0.0, 0.0, 1.0, 1.25, 0.0, -0.5]),
        "zero_target": made([0.5, 0.0, -0.25, 1.5], [0.0] * 4),
    }
    return out


def positive_inputs() -> dict[str, Input]:
    base = positive("positive", 37)
    return {
        "positive": base,
        "positive_pair": made([1.5, 0.25], [1.0, 0.5]),
        "positive_one": made([1.5], [0.5]),
        "positive_perfect": made(base.true[:10], base.true[:10]),
        "positive_constant": made([2.5] * 4, [2.5] * 4),
        "positive_zeros": made([0.5, 0.25, 2.0, 1.5, 0.75], [0.0, 0.25, 0.0, 2.0, 1.0]),
        "positive_any_target": made([0.5, 0.25, 2.0, 1.5, 0.75], [-0.5, 0.25, 0.0, 2.0, -3.0]),
        "positive_large": made(grid(base.preds[:20] * 5000, 4), grid(base.true[:20] * 5000, 4)),
        "positive_columns3": positive("positive_columns3", 12, 3),
        "positive_column1": positive("positive_column1", 8, 1),
    }


def column_inputs() -> dict[str, Input]:
    out = {
        "columns3": distinct("columns3", 37, 3),
        "columns2": distinct("columns2", 12, 2, noise=1.5),
        "column1": distinct("column1", 20, 1),
        "columns3_pair": related("columns3_pair", 2, 3),
        "columns3_one": related("columns3_one", 1, 3),
        "columns3_near_1e3": related("columns3_near_1e3", 16, 3, mean=1000.0),
    }
    base = related("columns3_constant", 10, 3)
    preds, target = base.preds.copy(), base.true.copy()
    preds[:, 0], target[:, 1] = 0.75, -0.5
    out["columns3_constant"] = made(preds, target)
    # One column right, one constant and right, one with a constant target and not right.
    preds, target = base.preds.copy(), base.preds.copy()
    preds[:, 1] = target[:, 1] = target[:, 2] = 1.25
    out["columns3_perfect"] = made(preds, target)
    out["columns2_constant_targets"] = made(base.preds[:, :2], np.broadcast_to([0.5, -1.25], (10, 2)))
    return out


def rank_inputs() -> dict[str, Input]:
    ordinary = distinct("ordinary", 37)
    order = np.sort(ordinary.true)[:16] * 2
    return {
        "ties": levels("ties", 5, 40),
        "ties_heavy": levels("ties_heavy", 2, 24),
        "ties_preds": made(grid(ordinary.preds[:20], 1), ordinary.true[:20]),
        "ties_target": made(ordinary.preds[:20], grid(ordinary.true[:20], 1)),
        "ties_four": made([1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 3.0]),
        "all_tied": made([3.0] * 6, [2.0] * 6),
        "preds_tied": made([3.0] * 6, [1.0, 2.0, 3.0, 3.0, 5.0, 4.0]),
        "pair_tied": made([1.0, 2.0], [3.0, 3.0]),
        "rising": made(grid(np.sign(order) * order**2), order),
        "three": made([1.0, 3.0, 2.0], [2.0, 1.0, 3.0]),
        "independent": made(ordinary.preds[:30], ordinary.true[7:37]),
        "large": distinct("large", 300, noise=1.0, steps=4096),
        "large_ties": levels("large_ties", 12, 300),
        "columns3_ties": levels("columns3_ties", 4, 18, 3),
        "columns3_tied": made(
            [[1, 2, 3], [1, 3, 1], [1, 1, 2], [1, 4, 5]], [[1, 2, 3], [2, 3, 3], [3, 1, 3], [4, 5, 3]]
        ),
    }


def vector_inputs() -> dict[str, Input]:
    """`[N, D]` for cosines, with rows as vectors."""
    return {
        "vectors": related("vectors", 12, 5),
        "vectors_wide": related("vectors_wide", 4, 20, noise=2.0),
        "vectors_one": made([[3.0, 4.0]], [[4.0, 3.0]]),
        "vectors_1d": made([[0.5], [-2.0], [0.25]], [[1.0], [1.0], [-3.0]]),
        "vectors_parallel": made(
            [[1.0, 2.0, 2.0], [0.5, 0.25, -1.0], [1.0, 0.0, 0.0]],
            [[2.0, 4.0, 4.0], [-0.5, -0.25, 1.0], [0.0, 7.0, 0.0]],
        ),
        "vectors_zero": made(
            [[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [3.0, 1.0]], [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [1.0, 3.0]]
        ),
        "vectors_near_1e3": related("vectors_near_1e3", 6, 3, mean=1000.0),
        "vectors_negative": made(-positive("vectors_negative", 5, 3).preds, positive("vectors_negative", 5, 3).target),
    }


def distributions(name: str, *shape: int, among: int = 256) -> Array:
    """Multiples of 1/256 that add up to one."""
    r = rng("regression_" + name)
    p = np.floor(r.dirichlet(np.ones(shape[1]), shape[0]) * among)
    p[np.arange(shape[0]), p.argmax(1)] += among - p.sum(1)
    assert (p.sum(1) == among).all()
    return p / 256


def probability_inputs() -> dict[str, Input]:
    p, q = (np.maximum(distributions(f"probabilities_{c}", 8, 5, among=251), 1 / 256) for c in "pq")
    for a in (p, q):
        a[np.arange(8), a.argmax(1)] += 1 - a.sum(1)
        assert (a.sum(1) == 1).all() and (a > 0).all()
    return {
        "probabilities": made(p, q),
        "probabilities_two": made([[0.25, 0.75], [0.5, 0.5], [0.875, 0.125]], [[0.5, 0.5], [0.5, 0.5], [0.125, 0.875]]),
        "probabilities_one": made([[0.25, 0.5, 0.25]], [[0.125, 0.125, 0.75]]),
        "probabilities_equal": made(p[:3], p[:3]),
        "probabilities_zero_p": made([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], [[0.25, 0.25, 0.5], [0.75, 0.125, 0.125]]),
        "probabilities_zero_both": made([[0.0, 0.5, 0.5], [0.25, 0.0, 0.75]], [[0.0, 0.25, 0.75], [0.5, 0.0, 0.5]]),
        "probabilities_zero_q": made([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]], [[0.0, 0.25, 0.75], [0.25, 0.5, 0.25]]),
        "probabilities_disjoint": made([[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.25, 0.75]]),
        "probabilities_wide": made(
            distributions("probabilities_wide_p", 3, 40), distributions("probabilities_wide_q", 3, 40)
        ),
        "probabilities_unnormalized": made(p[:4] * 2, q[:4] / 4, oddity="unnormalized"),
        "probabilities_unnormalized_rows": made(
            [[1.0, 2.0, 1.0], [0.25, 0.25, 0.25]], [[0.5, 0.25, 0.25], [3.0, 1.0, 4.0]], oddity="unnormalized"
        ),
    }


def logarithms(probabilities: Any) -> NDArray[np.float64]:
    """Rounded to float32, so that they stay normalized to seven digits."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(probabilities, np.float64)).astype(np.float32).astype(np.float64)


def log_probability_inputs() -> dict[str, Input]:
    given = probability_inputs()
    logs = {}
    for name in ("probabilities", "probabilities_two", "probabilities_equal"):
        inp = given[name]
        logs["log_" + name] = made(logarithms(inp.preds), logarithms(inp.true))
    logs["log_probabilities_unnormalized"] = made(
        [[-1.0, 0.5, -0.25], [-2.0, -2.0, 0.0]], [[-0.5, -1.5, 0.25], [-1.0, -3.0, -3.0]], oddity="unnormalized"
    )
    holed = logarithms([[0.0, 0.5, 0.5], [0.5, 0.5, 0.0]])
    whole = logarithms([[0.25, 0.375, 0.375], [0.125, 0.625, 0.25]])
    logs["log_probabilities_zero_p"] = made(holed, whole)
    logs["log_probabilities_zero_q"] = made(whole, logarithms([[0.0, 0.5, 0.5], [0.25, 0.375, 0.375]]))
    return logs


def ensemble_inputs() -> dict[str, Input]:
    def drawn(name: str, n: int, members: int, mean: float = 0.0, steps: int = 64) -> Input:
        r = rng("regression_" + name)
        return made(grid(r.normal(size=(n, members)) + mean, steps), grid(r.normal(size=n) * 1.5 + mean, steps))

    return {
        "ensemble": drawn("ensemble", 12, 7),
        "ensemble_two": drawn("ensemble_two", 5, 2),
        "ensemble_one": drawn("ensemble_one", 1, 4),
        "ensemble_wide": drawn("ensemble_wide", 4, 50),
        "ensemble_ties": drawn("ensemble_ties", 6, 8, steps=1),
        "ensemble_constant": made([[1.5] * 3, [-2.0] * 3], [1.0, -2.0]),
        "ensemble_outside": made([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], [10.0, -10.0]),
        "ensemble_near_1e3": drawn("ensemble_near_1e3", 6, 5, mean=1000.0),
        "ensemble_near_2e20": drawn("ensemble_near_2e20", 6, 5, mean=2.0**20 + 64, steps=8),
    }


def field_inputs() -> dict[str, Input]:
    def drawn(name: str, *shape: int) -> Input:
        inp = related(name, *shape)
        return made(np.abs(inp.preds), np.abs(inp.true))

    return {
        "field": drawn("field", 40),
        "field_2d": drawn("field_2d", 5, 8),
        "field_3d": drawn("field_3d", 3, 4, 5),
        "field_4d": drawn("field_4d", 2, 3, 2, 2),
        "field_one": made([0.75], [0.5]),
        "field_equal_threshold": made([0.5, 0.5, 0.25, 0.75, 0.25], [0.5, 0.25, 0.5, 0.75, 0.0]),
        "field_low": made([[0.125, 0.0], [0.25, 0.75]], [[0.0, 0.125], [0.5, 1.0]]),
        "field_negative": made([-0.5, -0.25, 0.5, -1.0], [-0.25, -0.75, 0.25, -1.5]),
    }


def weighted_inputs() -> dict[str, Input]:
    def weights(name: str, n: int, zeros: bool = False) -> Array:
        w = rng(f"regression_{name}_weights").integers(1, 64, n) / 16
        if zeros:
            w[::4] = 0
        return w

    def given(name: str, inp: Input, zeros: bool = False) -> Input:
        target = np.where(inp.true == 0, 1 / 64, inp.true)  # percentage errors want none
        return made(inp.preds, target, weights=weights(name, len(inp.preds), zeros))

    out = {
        name: given(name, inp)
        for name, inp in (
            ("weighted", positive("weighted", 37)),
            ("weighted_signed", related("weighted_signed", 30)),
            ("weighted_columns3", positive("weighted_columns3", 20, 3)),
            ("weighted_columns2_signed", related("weighted_columns2_signed", 15, 2, noise=1.5)),
            ("weighted_near_2e20", related("weighted_near_2e20", 24, mean=2.0**20 + 64, spread=4.0, steps=8)),
            ("weighted_constant_target", made([1.0, 2.5, 0.75, 3.0], [1.5] * 4)),
        )
    }
    base = positive("weighted_zeros", 24)
    preds, target = base.preds.copy(), base.true.copy()
    preds[0], target[0], target[4], preds[4], target[8] = 40.0, 0.015625, 60.0, 0.5, 50.0  # all of weight 0
    out["weighted_zeros"] = given("weighted_zeros", made(preds, target), zeros=True)
    out["weighted_ones"] = made(base.preds[:10], base.true[:10], weights=np.ones(10))
    constant = positive("weighted_columns3_constant", 9, 3)
    constant.true[:, 1] = 2.5
    out["weighted_columns3_constant"] = given("weighted_columns3_constant", constant)
    return out


def aggregation_inputs() -> dict[str, Input]:
    r = rng("regression_values")
    values = grid(r.normal(size=37) * 3)
    square = grid(r.normal(size=(6, 4)) * 3)
    weights = r.integers(1, 64, 37) / 16
    square_weights = r.integers(1, 64, (6, 4)) / 16
    square_weights[2, 1] = 0
    gaps, square_gaps = values[:12].copy(), square.copy()
    gaps[[0, 3, 4, 11]] = NAN
    square_gaps[[0, 2, 2, 5], [1, 0, 3, 2]] = NAN
    lost = weights[:12].copy()
    lost[[1, 3]] = NAN
    return {
        "values": made(values, weights=weights),
        "values_2d": made(square, weights=square_weights),
        "values_one": made([2.5], weights=[0.75]),
        "values_one_2d": made([[2.5, -1.0]], weights=[[0.75, 2.0]]),
        "values_near_2e20": made(2.0**20 + 64 + grid(values, 8), weights=weights),
        "values_infinite": made([1.0, INF, -2.0], weights=[1.0, 2.0, 0.5]),
        "values_no_weight": made([1.0, 4.0], weights=[0.0, 0.0]),
        "values_nan": made(gaps, weights=weights[:12]),
        "values_nan_2d": made(square_gaps, weights=square_weights),
        "values_all_nan": made([NAN] * 3, weights=[1.0, 2.0, 0.5]),
        "values_nan_weights": made(values[:12], weights=lost),
        "values_nan_both": made(gaps, weights=lost),
    }


def running_inputs() -> dict[str, Input]:
    r = rng("regression_running")
    values, weights = grid(r.normal(size=12) * 3), r.integers(1, 64, 12) / 16
    gaps = values.copy()
    gaps[[1, 6, 7, 8]] = NAN
    return {
        "running": made(values, weights=weights),
        "running_2d": made(grid(r.normal(size=(6, 2))), weights=r.integers(1, 64, (6, 2)) / 16),
        "running_nan": made(gaps, weights=weights),
    }


BATCHES = {12: ([12], [3, 3, 3, 3], [5, 1, 4, 2], [1] * 12), 6: ([2, 2, 2], [3, 1, 2])}


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


def wasserstein_inputs() -> dict[str, Input]:
    r = rng("regression_wasserstein")
    u, v = grid(r.normal(size=20)), grid(r.normal(size=13) * 1.5 + 0.5)
    a, b = r.integers(1, 64, 20) / 16, r.integers(1, 64, 13) / 16
    zeros = a.copy()
    zeros[::3] = 0
    return {
        "samples": made(u, v, weights=a, target_weights=b),
        "samples_zero_weights": made(u, v, weights=zeros, target_weights=b),
        "samples_ties": made(grid(u, 1), grid(v, 1), weights=a, target_weights=b),
        "samples_equal": made(u, u[::-1], weights=a, target_weights=a[::-1]),
        "samples_same_mass": made([0.0, 1.0, 1.0], [0.0, 1.0], weights=[1.0, 0.5, 0.5], target_weights=[2.0, 2.0]),
        "samples_one": made([1.5], [-2.0], weights=[0.5], target_weights=[3.0]),
        "samples_one_many": made([0.25], v, weights=[2.0], target_weights=b),
        "samples_apart": made(u[:6] - 100, v[:8] + 100, weights=a[:6], target_weights=b[:8]),
        "samples_near_2e20": made(2.0**20 + 64 + grid(u, 8), 2.0**20 + 64 + grid(v, 8), weights=a, target_weights=b),
    }


def click_inputs() -> dict[str, Input]:
    def drawn(name: str, *shape: int) -> Input:
        r = rng("regression_" + name)
        scores = np.round(r.beta(2, 3, shape) * 256) / 256
        target = (r.random(shape) < scores).astype(np.int64)
        return made(scores, target, weights=r.integers(1, 64, shape) / 16, kinds=("int",))

    one, several = drawn("scores", 24), drawn("scores_tasks3", 3, 10)
    zeros = one.weights.copy() if one.weights is not None else one.preds
    zeros[::3] = 0
    return {
        "scores": one,
        "scores_zero_weights": made(one.preds, one.true, weights=zeros, kinds=("int",)),
        "scores_tasks3": several,
        "scores_one": made([0.75], np.array([1]), weights=[0.5], kinds=("int",)),
        "scores_no_target": made([0.75, 0.25], np.array([0, 0]), weights=[0.5, 2.0], kinds=("int",)),
        "scores_tasks2_no_target": made(
            [[0.75, 0.25], [0.5, 0.5]], np.array([[0, 0], [1, 0]]), weights=[[0.5, 2.0], [1.0, 3.0]], kinds=("int",)
        ),
        "clicks": made(one.true, weights=one.weights, kinds=("int",)),
        "clicks_tasks3": made(several.true, weights=several.weights, kinds=("int",)),
        "clicks_none": made(np.array([0, 0, 0]), weights=[1.0, 0.5, 2.0], kinds=("int",)),
        "clicks_no_weight": made(np.array([1, 0, 1]), weights=[0.0] * 3, kinds=("int",)),
    }


# ------------------------------------------------------------------------------------------------ definitions
# Without epsilons, from exact fractions; each takes the input and all options.


def quotient(a: Fraction, b: Fraction) -> float:
    if b == 0:
        return NAN if a == 0 else INF if a > 0 else -INF
    return float(a / b)


def root(a: Fraction) -> float:
    """Also of fractions that a float cannot hold."""
    return math.sqrt(float(a))


def unlist(values: list[float]) -> Any:
    return values[0] if len(values) == 1 else values


def flattened(inp: Input, options: Options) -> list[Columns]:
    return inp.columns(flat=options["num_outputs"] == 1)


def averaged(scores: list[float], weights: list[Fraction], multioutput: str) -> Any:
    if multioutput == "raw_values":
        return unlist(scores)
    if multioutput == "variance_weighted" and sum(weights) != 0:
        return math.fsum(s * float(w / sum(weights)) for s, w in zip(scores, weights, strict=True))
    return math.fsum(scores) / len(scores)


def share_explained(left: Fraction, whole: Fraction) -> float:
    """1 - left / whole; a constant target is explained if nothing is left."""
    return float(1 - left / whole) if whole else float(left == 0)


def mean_squared_error(inp: Input, o: Options) -> Any:
    return unlist([float(c.mse) if o["squared"] else root(c.mse) for c in flattened(inp, o)])


def mean_absolute_error(inp: Input, o: Options) -> Any:
    return unlist([float(c.mean(abs(c.x - c.y))) for c in flattened(inp, o)])


def log_cosh_error(inp: Input, o: Options) -> Any:
    def one(a: float, b: float) -> float:
        d = abs(a - b)
        return math.log1p(2 * math.sinh(d / 2) ** 2) if d < 1 else d + math.log1p(math.exp(-2 * d)) - math.log(2)

    return unlist([c.float_mean(one) for c in inp.columns()])


def mean_squared_log_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return c.float_mean(lambda a, b: (np.log1p(a) - np.log1p(b)) ** 2)


def mean_absolute_percentage_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return c.float_mean(lambda a, b: abs(a - b) / abs(b) if b else INF if a else 0.0)


def symmetric_mean_absolute_percentage_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return 2 * c.float_mean(lambda a, b: abs(a - b) / (abs(a) + abs(b)) if a or b else 0.0)


def weighted_mean_absolute_percentage_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return quotient(c.mean(abs(c.x - c.y)), c.mean(abs(c.y)))


def minkowski_distance(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return (c.float_mean(lambda a, b: abs(a - b) ** o["p"]) * float(c.total)) ** (1 / o["p"])


def normalized_root_mean_squared_error(inp: Input, o: Options) -> Any:
    def one(c: Columns) -> float:
        there = c.y[c.w != 0]
        by = {
            "mean": lambda: float(abs(c.my)),
            "range": lambda: float(max(there) - min(there)),
            "std": lambda: root(c.vy),
            "l2": lambda: root(c.total * c.mean(c.y**2)),
        }[o["normalization"]]()
        return root(c.mse) / by if by else NAN if c.mse == 0 else INF

    return unlist([one(c) for c in flattened(inp, o)])


def relative_squared_error(inp: Input, o: Options) -> Any:
    errors = [quotient(c.mse, c.vy) for c in inp.columns()]
    return sum(e if o["squared"] else math.sqrt(e) for e in errors) / len(errors)


def r2_score(inp: Input, o: Options) -> Any:
    columns = inp.columns()
    scores = [share_explained(c.mse, c.vy) for c in columns]
    score = averaged(scores, [c.vy for c in columns], o["multioutput"])
    n, adjusted = len(inp.preds), o["adjusted"]
    if 0 < adjusted < n - 1:
        return plain(1 - (1 - np.array(score)) * (n - 1) / (n - adjusted - 1))
    return score


def explained_variance(inp: Input, o: Options) -> Any:
    columns = inp.columns()
    scores = [share_explained(c.error_variance, c.vy) for c in columns]
    return averaged(scores, [c.vy for c in columns], o["multioutput"])


def correlation(c: Columns) -> float:
    """Pearson's."""
    if c.vx == 0 or c.vy == 0:
        return NAN
    return math.copysign(root(c.cxy**2 / (c.vx * c.vy)), c.cxy)


def pearson_corrcoef(inp: Input, o: Options) -> Any:
    return unlist([correlation(c) for c in inp.columns()])


def concordance_corrcoef(inp: Input, o: Options, *, unbiased: bool = False) -> Any:
    def one(c: Columns) -> float:
        if unbiased and (c.vx == 0 or c.vy == 0):
            return NAN
        by = Fraction(len(c.x) - 1, len(c.x)) if unbiased else 1
        return quotient(2 * c.cxy, c.vx + c.vy + by * (c.mx - c.my) ** 2)

    return unlist([one(c) for c in inp.columns()])


def ranked(c: Columns) -> Columns:
    x, y = (fractions(scipy.stats.rankdata(v.astype(np.float64))) for v in (c.x, c.y))
    return Columns(x, y, c.w)


def spearman_corrcoef(inp: Input, o: Options) -> Any:
    def one(c: Columns) -> float:
        value = correlation(ranked(c))
        if c.vx and c.vy:
            assert close(value, scipy.stats.spearmanr(c.x.astype(np.float64), c.y.astype(np.float64)).statistic)
        return value

    return unlist([one(c) for c in inp.columns()])


def kendall_rank_corrcoef(inp: Input, o: Options) -> Any:
    def one(c: Columns) -> tuple[float, float]:
        x, y = c.x.astype(np.float64), c.y.astype(np.float64)
        n = len(x)
        pairs = n * (n - 1) // 2
        score = int((np.sign(x[:, None] - x) * np.sign(y[:, None] - y)).sum()) // 2
        ties = [np.unique(v, return_counts=True)[1].tolist() for v in (x, y)]
        tied = [sum(t * (t - 1) // 2 for t in ts) for ts in ties]
        classes = min(map(len, ties))
        tau = {
            "a": lambda: quotient(Fraction(score), Fraction(pairs)),
            "b": lambda: score / math.sqrt(d) if (d := (pairs - tied[0]) * (pairs - tied[1])) else NAN,
            "c": lambda: quotient(Fraction(2 * score), Fraction(n * n * (classes - 1), classes)),
        }[o["variant"]]()
        # The variance of the score, with ties.
        base = n * (n - 1) * (2 * n + 5)
        variance = Fraction(base - sum(t * (t - 1) * (2 * t + 5) for ts in ties for t in ts), 18)
        if n > 1:
            variance += Fraction(2 * tied[0] * tied[1], n * (n - 1))
        if n > 2:
            cubes = [sum(t * (t - 1) * (t - 2) for t in ts) for ts in ties]
            variance += Fraction(cubes[0] * cubes[1], 9 * n * (n - 1) * (n - 2))
        z = score / root(variance) if variance else NAN
        alternative = o["alternative"]
        p = math.erfc({"two-sided": abs(z), "greater": z, "less": -z}[alternative] / math.sqrt(2)) / 2
        p *= 2 if alternative == "two-sided" else 1
        if n > 2 and variance and o["variant"] != "a":
            known = scipy.stats.kendalltau(x, y, variant=o["variant"], method="asymptotic", alternative=alternative)
            assert close([tau, p], [known.statistic, known.pvalue]), (tau, p, known)
        return tau, p

    taus, ps = zip(*map(one, inp.columns()), strict=True)
    return [unlist(list(taus)), unlist(list(ps))] if o["t_test"] else unlist(list(taus))


def weighted_spearman(inp: Input, o: Options) -> Any:
    """The rank is the weight of lesser numbers and half that of equal ones."""

    def ranks(v: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
        return np.array([(w * (v < a)).sum() + (w * (v == a)).sum() / 2 for a in v], dtype=object)

    return unlist([correlation(Columns(ranks(c.x, c.w), ranks(c.y, c.w), c.w)) for c in inp.columns()])


def weighted_kendall(inp: Input, o: Options) -> Any:
    """Pairs count as much as the product of their weights."""

    def one(c: Columns) -> float:
        pairs, untied, excess = Fraction(0), [Fraction(0)] * 2, Fraction(0)
        for i, j in itertools.combinations(range(len(c.x)), 2):
            weight = c.w[i] * c.w[j]
            order = [int(v[i] > v[j]) - int(v[i] < v[j]) for v in (c.x, c.y)]
            pairs += weight
            untied = [u + weight * abs(sign) for u, sign in zip(untied, order, strict=True)]
            excess += weight * order[0] * order[1]
        classes = min(len(set(v[c.w > 0])) for v in (c.x, c.y))
        match o["variant"]:
            case "a":
                return float(excess / pairs)
            case "b":
                return float(excess) / root(untied[0] * untied[1]) if untied[0] * untied[1] else NAN
            case _:
                return quotient(2 * excess, c.total**2 * Fraction(classes - 1, classes))

    return unlist([one(c) for c in inp.columns()])


def tweedie_deviance_score(inp: Input, o: Options) -> Any:
    return float(sk.mean_tweedie_deviance(inp.true.ravel(), inp.preds.ravel(), power=o["power"]))


def reduced(values: Array, reduction: str) -> Any:
    if reduction == "none":
        return unlist(values.tolist())
    return float(values.sum() if reduction == "sum" else values.mean())


def cosine_similarity(inp: Input, o: Options) -> Any:
    """0 for a zero vector, as in scikit-learn and torch."""
    return reduced(np.diag(sk.pairwise.cosine_similarity(inp.preds, inp.true)), o["reduction"])


def kl_divergence(inp: Input, o: Options) -> Any:
    p, q = inp.preds, inp.true
    logs = o["log_prob"]
    each = np.where(p == -INF, 0.0, np.exp(p) * (p - q)).sum(1) if logs else scipy.stats.entropy(p, q, axis=1)
    return reduced(each, o["reduction"])


def js_divergence(inp: Input, o: Options) -> Any:
    p, q = inp.preds, inp.true
    if o["log_prob"]:
        p, q = np.exp(p), np.exp(q)
        m = (p + q) / 2
        each = (rel_entr(p, m) + rel_entr(q, m)).sum(1) / 2
    else:
        each = scipy.spatial.distance.jensenshannon(p, q, axis=1) ** 2
    return reduced(each, o["reduction"])


def continuous_ranked_probability_score(inp: Input, o: Options) -> Any:
    """The integral over x of (share of members below x - [target below x]) squared."""

    def one(members: list[Fraction], target: Fraction) -> Fraction:
        steps = sorted([*members, target])
        return sum(
            (
                (b - a) * (Fraction(sum(m <= a for m in members), len(members)) - (target <= a)) ** 2
                for a, b in itertools.pairwise(steps)
            ),
            Fraction(0),
        )

    rows = fractions(inp.preds).reshape(inp.preds.shape)
    scores = [one(list(row), y) for row, y in zip(rows, fractions(inp.true), strict=True)]
    return float(sum(scores) / len(scores))


def critical_success_index(inp: Input, o: Options) -> Any:
    kept = o["keep_sequence_dim"]
    a, b = inp.preds >= o["threshold"], inp.true >= o["threshold"]
    if kept is None:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    else:
        a, b = (np.moveaxis(v, kept, 0).reshape(v.shape[kept], -1) for v in (a, b))
    both, either = (a & b).sum(1), (a | b).sum(1)
    return unlist([int(i) / int(j) if j else 0.0 for i, j in zip(both, either, strict=True)])


# ------------------------------------------------------------------------------------------------ oddities


def odd_mean(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if o.get("normalization") == "mean" and any(c.my < 0 for c in flattened(inp, o)):
        return "nrmse-negative", right
    return ("cancellation", right) if o.get("normalization") == "std" and inp.offset > 500 else None


def odd_log_cosh(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("log-cosh-overflow", right) if np.abs(inp.preds - inp.true).max() > 709 else None


def odd_percentage(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("percentage-epsilon", None) if (inp.true == 0).any() else None


def odd_share(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    """Of R² and explained variance."""
    columns = inp.columns()
    if o["multioutput"] == "variance_weighted" and all(c.vy == 0 for c in columns) and value == "nan":
        return "variance-weighted-constant", right
    if "adjusted" in o and any(0 < v * len(inp.preds) <= 1e-4 for c in columns for v in (c.mse, c.vy)):
        return "r2-absolute", right
    return ("cancellation", right) if inp.offset > 500 else None


def odd_relative(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if any(c.vy == 0 for c in inp.columns()):
        return "rse-epsilon", right
    return ("cancellation", right) if inp.offset > 500 else None


def odd_concordance(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if not close(plain(value), plain(concordance_corrcoef(inp, o, unbiased=True))):
        return None
    constant = any(c.vx == 0 or c.vy == 0 for c in inp.columns())
    return "concordance-constant" if constant else "concordance-unbiased", right


def odd_spearman(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    def one(c: Columns) -> float:
        r = ranked(c)
        return float(r.cxy) / (math.sqrt(float(r.vx)) * math.sqrt(float(r.vy)) + 1e-6)

    return ("spearman-epsilon", right) if close(plain(value), unlist([one(c) for c in inp.columns()])) else None


def odd_kendall(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    if len(inp.preds) == 2 and o["variant"] != "a" and o["t_test"]:
        return "kendall-two", right
    if o["t_test"] and any(c.vx == 0 or c.vy == 0 for c in inp.columns()) and o["variant"] != "a":
        return "kendall-constant", right
    tied = any(len(set(v)) < len(v) for c in inp.columns() for v in (c.x, c.y))
    return ("kendall-a-ties", right) if tied and o["variant"] == "a" else None


def odd_log(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("log-of-negative", None) if min(inp.preds.min(), inp.true.min()) < -1 else None


def odd_index(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("csi-one-dimension", right) if o["keep_sequence_dim"] == 0 and inp.preds.ndim == 1 else None


def odd_zero(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return "zero-vector", right


def odd_divergence(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return ("log-zero", right) if o["log_prob"] and (np.isinf(inp.preds) | np.isinf(inp.true)).any() else None


def unknown(inp: Input, o: Options, value: Any, right: Any) -> Oddity | None:
    return None


# ------------------------------------------------------------------------------------------------ torchmetrics


@dataclass(frozen=True)
class Metric:
    """A class of the reference, which options to try, and what it should compute."""

    make: Callable[..., Any]
    defaults: Options
    axes: Callable[[Input], Options]
    inputs: Sequence[str]
    definition: Definition
    oddity: Callable[[Input, Options, Any, Any], Oddity | None] = unknown
    single: bool = False


def outputs_of(inp: Input) -> Options:
    """What `num_outputs` can be where an output is never flattened."""
    return {"num_outputs": (inp.outputs,)}


def outputs_or_flat(inp: Input) -> Options:
    return {"num_outputs": (1,) if inp.outputs == 1 else (1, inp.outputs)}


def multioutput(inp: Input) -> Options:
    return {"multioutput": ("uniform_average", "raw_values", "variance_weighted")}


def r2_axes(inp: Input) -> Options:
    n = len(inp.preds)
    return multioutput(inp) | {"adjusted": (0, 2, 5, n - 2, n - 1, n) if n in (37, 12) else (0, 1)}


def nothing(inp: Input) -> Options:
    return {}


def catalogue(groups: dict[str, list[str]]) -> dict[str, Metric]:
    plain_, positive_, columns = groups["plain"], groups["positive"], groups["columns"]
    usual = [*plain_, *columns]
    squared = {"squared": (True, False)}
    reductions = {"reduction": ("sum", "mean", "none")}
    divergences = {"log_prob": False, "reduction": "mean"}

    def divergence_axes(inp: Input) -> Options:
        return reductions | {"log_prob": (bool((inp.preds < 0).any()),)}

    def csi_axes(inp: Input) -> Options:
        return {"threshold": (0.5, 0.25, 5.0), "keep_sequence_dim": (None, *range(inp.preds.ndim))}

    def kendall_axes(inp: Input) -> Options:
        return outputs_of(inp) | {
            "variant": ("a", "b", "c"),
            "t_test": (False, True),
            "alternative": ("two-sided", "less", "greater"),
        }

    few = [n for n in usual if n not in ("one_right", "shifted", "anticorrelated", "columns3_pair", "biased", "pair")]
    percentages = [
        n for n in few if n not in ("constant_both", "small", "small_target", "columns3_constant", "columns2")
    ]
    percentages += ["positive", "positive_one", "positive_columns3", "positive_column1"]
    rare = (
        "small",
        "small_target",
        "zero_target",
        "zeros_in_target",
        "biased",
        "negative",
        "one_right",
        "columns3_pair",
    )
    correlated = [n for n in usual if n not in rare]
    explained = [n for n in usual if n not in ("negative", "columns3_pair", "anticorrelated")]
    ranks = groups["ranks"]
    tied = ["ties", "all_tied", "independent", "large", "large_ties", "columns3_ties"]
    kendall = [
        *("ordinary", "pair", "one", "perfect", "opposite", "anticorrelated", "constant_both"),
        *("columns3", "columns2", "columns3_constant"),
    ]
    reads = [*positive_, "zero_target", "ordinary", "zeros_in_target", "columns3_one"]
    return {
        "mean_squared_error": Metric(
            tm.MeanSquaredError,
            {"squared": True},
            lambda i: squared | outputs_or_flat(i),
            explained,
            mean_squared_error,
        ),
        "mean_absolute_error": Metric(tm.MeanAbsoluteError, {}, outputs_or_flat, few, mean_absolute_error),
        "log_cosh_error": Metric(tm.LogCoshError, {}, outputs_of, few, log_cosh_error, odd_log_cosh),
        "mean_squared_log_error": Metric(
            tm.MeanSquaredLogError, {}, nothing, [*reads, "msle_edge"], mean_squared_log_error, odd_log
        ),
        "mean_absolute_percentage_error": Metric(
            tm.MeanAbsolutePercentageError, {}, nothing, percentages, mean_absolute_percentage_error, odd_percentage
        ),
        "symmetric_mean_absolute_percentage_error": Metric(
            tm.SymmetricMeanAbsolutePercentageError, {}, nothing, percentages, symmetric_mean_absolute_percentage_error
        ),
        "weighted_mean_absolute_percentage_error": Metric(
            tm.WeightedMeanAbsolutePercentageError,
            {},
            nothing,
            percentages,
            weighted_mean_absolute_percentage_error,
            odd_percentage,
        ),
        "minkowski_distance": Metric(
            tm.MinkowskiDistance, {}, lambda i: {"p": (1.0, 1.5, 2.0, 3.0)}, few, minkowski_distance
        ),
        "normalized_root_mean_squared_error": Metric(
            tm.NormalizedRootMeanSquaredError,
            {"normalization": "mean"},
            lambda i: {"normalization": ("mean", "range", "std", "l2")} | outputs_or_flat(i),
            [n for n in few if n not in ("zeros_in_target", "opposite", "far", "columns2", "small_target")],
            normalized_root_mean_squared_error,
            odd_mean,
        ),
        "relative_squared_error": Metric(
            tm.RelativeSquaredError,
            {"squared": True},
            lambda i: squared | outputs_of(i),
            explained,
            relative_squared_error,
            odd_relative,
        ),
        "r2_score": Metric(
            tm.R2Score, {"adjusted": 0, "multioutput": "uniform_average"}, r2_axes, usual, r2_score, odd_share
        ),
        "explained_variance": Metric(
            tm.ExplainedVariance,
            {"multioutput": "uniform_average"},
            multioutput,
            explained,
            explained_variance,
            odd_share,
        ),
        "pearson_corrcoef": Metric(tm.PearsonCorrCoef, {}, outputs_of, [*correlated, *tied], pearson_corrcoef),
        "concordance_corrcoef": Metric(
            tm.ConcordanceCorrCoef, {}, outputs_of, [*correlated, *tied], concordance_corrcoef, odd_concordance
        ),
        "spearman_corrcoef": Metric(
            tm.SpearmanCorrCoef, {}, outputs_of, [*correlated, *ranks], spearman_corrcoef, odd_spearman
        ),
        "kendall_rank_corrcoef": Metric(
            tm.KendallRankCorrCoef,
            {"variant": "b", "t_test": False, "alternative": "two-sided"},
            kendall_axes,
            [*kendall, *ranks],
            kendall_rank_corrcoef,
            odd_kendall,
        ),
        "tweedie_deviance_score": Metric(
            tm.TweedieDevianceScore,
            {"power": 0.0},
            lambda i: {"power": (-1.0, -0.5, 0.0, 1.0, 1.5, 1.9, 2.0, 2.5, 3.0)},
            [*positive_, "ordinary", "zeros_in_target"],
            tweedie_deviance_score,
        ),
        "cosine_similarity": Metric(
            tm.CosineSimilarity,
            {"reduction": "sum"},
            lambda i: reductions,
            groups["vectors"],
            cosine_similarity,
            odd_zero,
            True,
        ),
        "kl_divergence": Metric(
            tm.KLDivergence, divergences, divergence_axes, groups["probabilities"], kl_divergence, odd_divergence
        ),
        "js_divergence": Metric(
            tm.JensenShannonDivergence,
            divergences,
            divergence_axes,
            groups["probabilities"],
            js_divergence,
            odd_divergence,
        ),
        "continuous_ranked_probability_score": Metric(
            tm.ContinuousRankedProbabilityScore, {}, nothing, groups["ensembles"], continuous_ranked_probability_score
        ),
        "critical_success_index": Metric(
            tm.CriticalSuccessIndex,
            {"keep_sequence_dim": None},
            csi_axes,
            groups["fields"],
            critical_success_index,
            odd_index,
        ),
    }


def combinations(axes: Options) -> Iterator[Options]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


# Inputs that get every combination of options, or more of them than others.
THOROUGH = {
    "kendall_rank_corrcoef": ("ties", "independent", "columns3_ties", "preds_tied", "pair"),
    "r2_score": ("ordinary", "columns3", "columns2", "pair", "perfect", "constant_target"),
    "explained_variance": ("ordinary", "constant_target", "perfect"),
    "critical_success_index": ("field", "field_2d", "field_3d", "field_low"),
    "kl_divergence": ("probabilities", "probabilities_zero_q", "log_probabilities", "probabilities_unnormalized"),
    "js_divergence": ("probabilities", "probabilities_zero_q", "log_probabilities", "probabilities_unnormalized"),
    "minkowski_distance": ("ordinary", "columns3", "near_1e3", "far", "perfect", "one"),
}
# Inputs where only the usual options are of interest.
BRIEF = (
    *("one_right", "shifted", "anticorrelated", "biased", "negative", "zero_target", "zeros_in_target", "small"),
    *("constant_equal", "columns3_near_1e3", "columns3_pair", "columns2_constant_targets", "opposite"),
)


def sensible(metric: str, name: str, options: Options, inp: Input) -> bool:
    """Leaves out what would say the same thing twice."""
    thorough = name in THOROUGH.get(metric, ())
    match metric:
        case "kendall_rank_corrcoef":
            if not options["t_test"]:
                return options["alternative"] == "two-sided" and name in ("ordinary", "ties", "columns3_ties")
            return thorough or options["alternative"] == "two-sided"
        case "r2_score":
            if options["adjusted"] and inp.outputs == 1 and options["multioutput"] != "uniform_average":
                return False
            if inp.outputs > 1 and options["adjusted"] not in (0, 2, len(inp.preds) - 1):
                return False
            several = inp.outputs > 1 or options["multioutput"] == "uniform_average"
            return thorough or (several and not options["adjusted"])
        case "explained_variance":
            return thorough or inp.outputs > 1 or options["multioutput"] == "uniform_average"
        case "critical_success_index":
            return options["threshold"] in ((0.5, 0.25, 5.0) if thorough else (0.5,)) and not (
                options["threshold"] == 5.0 and options["keep_sequence_dim"]
            )
        case "kl_divergence" | "js_divergence":
            return thorough or options["reduction"] == "none"
        case "minkowski_distance":
            return thorough or options["p"] == 1.5
        case "mean_squared_error" | "relative_squared_error":
            return options["squared"] or (name not in BRIEF and "constant" not in name)
        case "normalized_root_mean_squared_error":
            if name in BRIEF or "near" in name:
                return options["normalization"] in ("mean", "std")
            return "constant" not in name or options["normalization"] != "l2"
        case "tweedie_deviance_score":
            if name in ("positive", "positive_any_target"):
                return True
            brief = name in ("positive_pair", "positive_constant", "positive_column1", "positive_one")
            return options["power"] in ((1.0, 1.5, 2.0) if brief else (-1.0, 0.0, 1.0, 1.5, 2.0, 3.0))
    return True


def run(metric: Any, *data: NDArray[Any] | None) -> Any:
    """What an object says after one update, in float64."""
    metric.set_dtype(torch.float64)
    metric.update(*(torch.tensor(a) for a in data if a is not None))
    value = metric.compute()
    return list(value) if isinstance(value, tuple) else value


def torchmetrics_cases(inputs: dict[str, Input], catalogue: dict[str, Metric], skipped: Counter[str]) -> Iterator[Case]:
    for metric, how in catalogue.items():
        for name in how.inputs:
            inp = inputs[name]
            for options in combinations(how.axes(inp)):
                if not sensible(metric, name, options, inp):
                    continue
                try:
                    value = run(how.make(**options), inp.preds, inp.true)
                except (ValueError, RuntimeError, IndexError, TorchMetricsUserError) as error:
                    skipped[f"{metric} {name}: {type(error).__name__}: {str(error)[:60]}"] += 1
                    continue
                value = plain(short(value))
                single = how.single or options.get("keep_sequence_dim") is not None
                right = plain(short(how.definition(inp, how.defaults | {"num_outputs": 1} | options)))
                odd: Oddity | None = (inp.oddity, None) if inp.oddity else None
                if metric == "mean_squared_log_error":
                    odd = how.oddity(inp, options, value, right)
                if not close(value, right, SINGLE if single else TOLERANCE):
                    odd = odd or how.oddity(inp, how.defaults | options, value, right)
                    assert odd, f"{metric} {name} {options}: {value}, by definition {right}"
                recorded = {k: v for k, v in options.items() if k not in how.defaults or v != how.defaults[k]}
                yield case(metric, "regression", name, recorded, value, "torchmetrics", odd, single)


def case(
    metric: str,
    task: str,
    name: str,
    options: Options,
    value: Any,
    source: str,
    odd: Oddity | None = None,
    single: bool = False,
) -> Case:
    made = {"metric": metric, "task": task, "size": 0, "input": name, "options": options}
    made |= {"expected": plain(short(value)), "source": source}
    if odd:
        made["oddity"] = odd[0]
        if odd[1] is not None:
            made["right"] = plain(short(odd[1]))
    if single:
        made["tolerance"] = SINGLE
    return made


def close(a: Any, b: Any, tolerance: float = TOLERANCE) -> bool:
    """Equal but for rounding: absolute below 1, relative above."""
    if isinstance(a, list) or isinstance(b, list):
        return (
            isinstance(a, list)
            and isinstance(b, list)
            and len(a) == len(b)
            and all(close(*pair, tolerance) for pair in zip(a, b, strict=True))
        )
    a, b = float(a), float(b)
    if math.isfinite(a) and math.isfinite(b):
        return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))
    return a == b or (math.isnan(a) and math.isnan(b))


# ------------------------------------------------------------------------------------------------ aggregation


def aggregated(metric: str, inp: Input, o: Options) -> Any:
    """By definition: what is not a number is left out, or is another number; weights stay as they are."""
    strategy = o.get("nan_strategy", "ignore")
    values, weights = inp.preds, inp.weights if o.get("weighted") else np.ones(inp.preds.shape)
    assert weights is not None
    lost = np.isnan(values) | np.isnan(weights)
    if isinstance(strategy, float):
        values, weights = np.where(lost, strategy, values), np.where(np.isnan(weights), 1.0, weights)
    elif strategy == "ignore" and lost.any():
        values, weights = values[~lost], weights[~lost]
    if metric == "cat":
        return values.item() if values.size == 1 else values.tolist()
    if metric == "sum":
        return float(values.sum())
    if metric in ("max", "min"):
        ends = {"max": (np.max, -INF), "min": (np.min, INF)}[metric]
        return float(ends[0](values)) if values.size else ends[1]
    return float((values * weights).sum() / weights.sum()) if weights.sum() != 0 else NAN


def aggregation_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    classes = {
        "sum": torchmetrics.SumMetric,
        "mean": torchmetrics.MeanMetric,
        "max": torchmetrics.MaxMetric,
        "min": torchmetrics.MinMetric,
        "cat": torchmetrics.CatMetric,
    }
    for metric, make in classes.items():
        for name, inp in inputs.items():
            assert inp.weights is not None
            gaps = bool(np.isnan(inp.preds).any() or np.isnan(inp.weights).any())
            for strategy, weighted in itertools.product((None, "ignore", "disable", 0.0, 2.5), (False, True)):
                if (weighted and metric != "mean") or (not weighted and not np.isnan(inp.preds).any() and gaps):
                    continue
                if not gaps and strategy is not None and not (weighted and strategy == "disable"):
                    continue
                if (metric in ("min", "cat") and strategy == 2.5) or (metric == "max" and strategy == 0.0):
                    continue
                # By default as with "ignore", but for a warning.
                if gaps and name != "values_nan" and (strategy is None or (strategy == "disable" and not weighted)):
                    continue
                given: Options = {} if strategy is None else {"nan_strategy": strategy}
                options = given | ({"weighted": True} if weighted else {})
                data = (inp.preds, inp.weights) if weighted else (inp.preds,)
                value = plain(short(run(make(**given), *data)))
                right = plain(short(aggregated(metric, inp, options)))
                odd: Oddity | None = None
                if not close(value, right):
                    assert metric == "mean" and weighted and strategy not in (None, "ignore"), (metric, name, options)
                    odd = ("weights-disabled" if strategy == "disable" else "nan-weight", right)
                yield case(metric, "aggregation", name, options, value, "torchmetrics", odd)


def running_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    for metric, make in (("running_mean", RunningMean), ("running_sum", RunningSum)):
        for name, inp in inputs.items():
            assert inp.weights is not None
            strategies: tuple[Any, ...] = (None, "ignore", 0.5) if np.isnan(inp.preds).any() else (None,)
            for strategy, batches, window, weighted in itertools.product(
                strategies, BATCHES[len(inp.preds)], (1, 2, 3, 5), (False, True)
            ):
                if weighted and (metric == "running_sum" or strategy == 0.5 or len(batches) in (1, 12)):
                    continue
                if strategy is not None and (len(batches) in (1, 12) or window == 2):
                    continue
                if (len(batches) == 1 and window != 2) or (window == 1 and (weighted or batches[0] == 5)):
                    continue
                if (name == "running_2d" and window in (1, 5)) or (strategy is None and "nan" in name and window != 2):
                    continue
                given: Options = {} if strategy is None else {"nan_strategy": strategy}
                running = make(window=window, **given)
                ends = np.cumsum(batches)
                for start, end in zip(ends - batches, ends, strict=True):
                    running.update(*(torch.tensor(a[start:end]) for a in (inp.preds, inp.weights)[: 1 + weighted]))
                start = ([0, *ends])[max(0, len(batches) - window)]
                rest = Input(inp.preds[start:], weights=inp.weights[start:])
                options = given | {"window": window, "batches": list(batches)}
                options |= {"weighted": True} if weighted else {}
                value = plain(short(running.compute()))
                assert close(value, plain(aggregated(metric.removeprefix("running_"), rest, options))), (name, options)
                yield case(metric, "aggregation", name, options, value, "torchmetrics")


# ------------------------------------------------------------------------------------------------ pairwise and shape


def pairwise_cases(inputs: dict[str, Input]) -> Iterator[Case]:
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
                value = plain(short(function(*data, **options)))
                matrix = definition(inp.preds, inp.preds if inp.target is None else inp.true, exponent).copy()
                if zero or (zero is None and inp.target is None):
                    np.fill_diagonal(matrix, 0)
                right = plain(short({None: matrix, "mean": matrix.mean(1), "sum": matrix.sum(1)}[reduction]))
                odd: Oddity | None = None
                if not close(value, right):
                    assert metric == "pairwise_cosine_similarity" and "zero" in name, (metric, name, options)
                    odd = ("zero-vector", right)
                yield case(metric, "pairwise", name, options, value, "torchmetrics", odd)


def shape_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    for name, inp in inputs.items():
        each = [scipy.spatial.procrustes(a, b)[2] for a, b in zip(inp.preds, inp.true, strict=True)]
        for reduction in ("mean", "sum"):
            value = plain(run(ProcrustesDisparity(reduction), inp.preds, inp.true))
            right = sum(each) / (len(each) if reduction == "mean" else 1)
            assert close(value, right), (name, value, right)
            yield case(
                "procrustes_disparity",
                "shape",
                name,
                {} if reduction == "mean" else {"reduction": reduction},
                value,
                "torchmetrics",
            )


# ------------------------------------------------------------------------------------------------ torcheval


def wasserstein_1d(inp: Input, weighted: bool) -> float:
    """The integral of the difference of the two distribution functions."""
    assert inp.target is not None and inp.weights is not None and inp.target_weights is not None
    sides = [(inp.preds, inp.weights), (inp.true, inp.target_weights)]
    values = [fractions(v) for v, _ in sides]
    weights = [fractions(w if weighted else np.ones(len(w))) for _, w in sides]
    shares = lambda at: [sum(w[v <= at]) / sum(w) for v, w in zip(values, weights, strict=True)]  # noqa: E731
    total = Fraction(0)
    for a, b in itertools.pairwise(sorted(np.concatenate(values))):
        one, other = shares(a)
        total += abs(one - other) * (b - a)
    return float(total)


def wasserstein_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    for name, inp in inputs.items():
        for weighted in (False, True):
            weights = (inp.weights, inp.target_weights) if weighted else ()
            value = float(scipy.stats.wasserstein_distance(inp.preds, inp.true, *weights))
            right = wasserstein_1d(inp, weighted)
            # The sum over many small steps of large numbers loses nothing: differences are taken first.
            assert close(value, right), (name, value, right)
            yield case("wasserstein_1d", "torcheval", name, {"weighted": True} if weighted else {}, value, "scipy")


def click_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    for metric, make in (("weighted_calibration", WeightedCalibration), ("click_through_rate", ClickThroughRate)):
        for name, inp in inputs.items():
            if (metric == "click_through_rate") != (inp.target is None):
                continue
            tasks = len(inp.preds) if inp.preds.ndim > 1 else 1
            for weighted in (False, True):
                weights = inp.weights if weighted else None
                data = [torch.tensor(a) for a in (inp.preds, inp.target, weights) if a is not None]
                value = plain(short(make(num_tasks=tasks).update(*data).compute()))
                value = unlist(value) if value else value
                w = fractions(np.ones(inp.preds.shape) if weights is None else weights).reshape(tasks, -1)
                x = fractions(inp.preds).reshape(tasks, -1)
                y = fractions(inp.true).reshape(tasks, -1) if inp.target is not None else 1
                right = unlist([quotient(a, b) for a, b in zip((w * x).sum(1), (w * y).sum(1), strict=True)])
                right = plain(short(right))
                odd: Oddity | None = None
                if not close(value, right):
                    odd = ("calibration-empty" if inp.target is not None else "no-weight", right)
                    assert value == [] or value == 0, (metric, name, value, right)
                options = {"num_tasks": tasks} | ({"weighted": True} if weighted else {})
                yield case(metric, "torcheval", name, options, value, "torcheval", odd)


# ------------------------------------------------------------------------------------------------ weights


def weighted_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    for name, inp in inputs.items():
        for metric, options, value, source, definition, defaults in weighted_values(inp):
            o = defaults | {"num_outputs": 1} | options
            right, value = plain(short(definition(inp, o))), plain(short(value))
            assert close(value, right), f"{metric} {name} {options}: {value}, by definition {right}"
            if inp.outputs == 1 and options.get("multioutput"):
                continue
            if name not in ("weighted", "weighted_zeros", "weighted_columns3", "weighted_signed") and (
                options.get("p") in (1.0, 2.0, 3.0)
                or options.get("power") in (-1.0, 1.0, 2.0, 3.0)
                or options.get("normalization") == "l2"
                or (options.get("squared") is False and name == "weighted_ones")
            ):
                continue
            yield case(metric, "regression", name, options | {"weighted": True}, value, source)


def weighted_values(inp: Input) -> Iterator[tuple[str, Options, Any, str, Definition, Options]]:
    """Metric, options, value, source, definition, defaults."""
    assert inp.target is not None and inp.weights is not None
    x, y, w, k = inp.preds, inp.true, inp.weights, inp.outputs
    weight: dict[str, Any] = {"sample_weight": w}
    rows = [a.reshape(len(w), -1) for a in (x, y)]
    every = [a.ravel() for a in rows]
    each = np.repeat(w, k)
    flat = dict[str, Any](zip(("x", "y", "w"), ([every[0][:, None], every[1][:, None], each]), strict=True))
    split = dict[str, Any](zip(("x", "y", "w"), (*rows, w), strict=True))

    # scikit-learn.
    outputs = (1,) if k == 1 else (1, k)
    for n in outputs:
        how: dict[str, Any] = weight | {"multioutput": "raw_values" if n > 1 else "uniform_average"}
        mse = sk.mean_squared_error(y, x, **how)
        yield "mean_squared_error", {"num_outputs": n}, mse, "scikit-learn", mean_squared_error, {"squared": True}
        # Over all outputs at once: their mean would be another number.
        rmse = sk.root_mean_squared_error(y, x, **how) if n == k else math.sqrt(mse)
        yield "mean_squared_error", {"squared": False, "num_outputs": n}, rmse, "scikit-learn", mean_squared_error, {}
        mae = sk.mean_absolute_error(y, x, **how)
        yield "mean_absolute_error", {"num_outputs": n}, mae, "scikit-learn", mean_absolute_error, {}
    for mode in ("uniform_average", "raw_values", "variance_weighted"):
        options: Options = {} if mode == "uniform_average" else {"multioutput": mode}
        for metric, function, definition in (
            ("r2_score", sk.r2_score, r2_score),
            ("explained_variance", sk.explained_variance_score, explained_variance),
        ):
            value = np.atleast_1d(function(y, x, multioutput=mode, **weight))
            defaults = {"multioutput": "uniform_average", "adjusted": 0}
            yield metric, options, unlist(value.tolist()), "scikit-learn", definition, defaults
    mape = sk.mean_absolute_percentage_error(y, x, **weight)
    yield "mean_absolute_percentage_error", {}, mape, "scikit-learn", mean_absolute_percentage_error, {}
    if min(x.min(), y.min()) > 0:
        msle = sk.mean_squared_log_error(y, x, **weight)
        yield "mean_squared_log_error", {}, msle, "scikit-learn", mean_squared_log_error, {}
    for power in (-1.0, 0.0, 1.0, 1.5, 2.0, 3.0):
        if power and min(x.min(), y.min()) <= 0:
            continue
        value = sk.mean_tweedie_deviance(every[1], every[0], power=power, sample_weight=each)
        options = {"power": power} if power else {}
        yield "tweedie_deviance_score", options, value, "scikit-learn", weighted_deviance, {"power": 0.0}

    # scipy: weights are so many sixteenths, so the correlation of samples that are there so many times.
    here = {"num_outputs": k}
    columns = list(zip(rows[0].T, rows[1].T, strict=True))
    times = (16 * w).astype(int)
    repeated = [(np.repeat(a, times), np.repeat(b, times)) for a, b in columns]

    def scipy_ranks(function: Callable[..., Any], of: list[tuple[Array, Array]], **how: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return unlist([float(function(a, b, **how).statistic) for a, b in of])

    spearman = scipy_ranks(scipy.stats.spearmanr, repeated)
    yield "spearman_corrcoef", here, spearman, "scipy", weighted_spearman, {}
    tau = scipy_ranks(scipy.stats.weightedtau, columns, rank=np.arange(len(w)), weigher=lambda r: w[r], additive=False)
    yield "kendall_rank_corrcoef", here | {"variant": "b"}, tau, "scipy", weighted_kendall, {}
    tau = scipy_ranks(scipy.stats.kendalltau, repeated, variant="c")
    yield "kendall_rank_corrcoef", here | {"variant": "c"}, tau, "scipy", weighted_kendall, {}
    # Repeated samples would be pairs of their own.
    tau = weighted_kendall(inp, {"variant": "a"})
    yield "kendall_rank_corrcoef", here | {"variant": "a"}, tau, "definition", weighted_kendall, {}

    # numpy.
    def numpy(
        metric: str, options: Options, value: Any, definition: Definition, defaults: Options | None = None
    ) -> tuple[str, Options, Any, str, Definition, Options]:
        return metric, options, unlist(np.atleast_1d(value).tolist()), "numpy", definition, defaults or {}

    both = [moments(a, b, w) for a, b in zip(rows[0].T, rows[1].T, strict=True)]
    pearson = [c / math.sqrt(u * v) if u and v else NAN for _, _, u, v, c in both]
    yield numpy("pearson_corrcoef", here, pearson, pearson_corrcoef)
    ccc = [2 * c / (u + v + (a - b) ** 2) for a, b, u, v, c in both]
    yield numpy("concordance_corrcoef", here, ccc, concordance_corrcoef)
    rse = np.array([np.average((a - b) ** 2, weights=w) for a, b in zip(rows[0].T, rows[1].T, strict=True)])
    with np.errstate(divide="ignore"):
        rse = rse / np.array([v for _, _, _, v, _ in both])
    yield numpy("relative_squared_error", here, rse.mean(), relative_squared_error, {"squared": True})
    yield numpy("relative_squared_error", {"squared": False} | here, np.sqrt(rse).mean(), relative_squared_error)
    difference = rows[0] - rows[1]
    yield numpy("log_cosh_error", here, np.average(np.log(np.cosh(difference)), axis=0, weights=w), log_cosh_error)
    for n in outputs:
        for kind in ("mean", "range", "std", "l2"):
            options = {"num_outputs": n} if kind == "mean" else {"normalization": kind, "num_outputs": n}
            value = numpy_nrmse(kind=kind, **(split if n == k else flat))
            definition, defaults = normalized_root_mean_squared_error, {"normalization": "mean"}
            yield numpy("normalized_root_mean_squared_error", options, value, definition, defaults)
    d, a, b = np.abs(every[0] - every[1]), np.abs(every[0]), np.abs(every[1])
    smape = 2 * np.average(d / (a + b), weights=each)
    yield numpy("symmetric_mean_absolute_percentage_error", {}, smape, symmetric_mean_absolute_percentage_error)
    wmape = (each * d).sum() / (each * b).sum()
    yield numpy("weighted_mean_absolute_percentage_error", {}, wmape, weighted_mean_absolute_percentage_error)
    for p in (1.0, 1.5, 2.0, 3.0):
        yield numpy("minkowski_distance", {"p": p}, (each * d**p).sum() ** (1 / p), minkowski_distance)


def weighted_deviance(inp: Input, o: Options) -> float:
    power = o["power"]

    def one(x: float, y: float) -> float:
        if power == 0:
            return (x - y) ** 2
        if power == 1:
            return 2 * (y * math.log(y / x) + x - y)
        if power == 2:
            return 2 * (math.log(x / y) + y / x - 1)
        p, q = 1 - power, 2 - power
        return 2 * (y**q / (p * q) - y * x**p / p + x**q / q)

    (c,) = inp.columns(flat=True)
    return c.float_mean(one)


def moments(x: Array, y: Array, w: Array) -> tuple[float, float, float, float, float]:
    """Means, variances and covariance, divided by the sum of weights."""
    mx, my = np.average(x, weights=w), np.average(y, weights=w)
    vx, vy, cxy = (np.average(a * b, weights=w) for a, b in ((x - mx, x - mx), (y - my, y - my), (x - mx, y - my)))
    if len(x) > 1:
        known = np.cov(x, y, aweights=w, ddof=0)
        assert np.allclose([[vx, cxy], [cxy, vy]], known, rtol=1e-9, atol=1e-12)
    return mx, my, vx, vy, cxy


def numpy_nrmse(x: Array, y: Array, w: Array, kind: str) -> Array:
    rmse = np.sqrt(np.average((x - y) ** 2, axis=0, weights=w))
    mean = np.average(y, axis=0, weights=w)
    there = y[w > 0]
    by = {
        "mean": np.abs(mean),
        "range": there.max(0) - there.min(0),
        "std": np.sqrt(np.average((y - mean) ** 2, axis=0, weights=w)),
        "l2": np.sqrt((w[:, None] * y**2).sum(0)),
    }[kind]
    with np.errstate(divide="ignore"):
        return rmse / by


# ------------------------------------------------------------------------------------------------ hard numbers


def stream(dtype: str, mean: float, seed: int, n: int) -> tuple[Array, Array]:
    """Predictions and targets by a small generator that any language can repeat."""
    state, numbers = seed, []
    for _ in range(2 * n):
        numbers.append(state)
        state = (state * 1664525 + 1013904223) % 2**32
    u = np.array(numbers, np.float64) / 2.0**32
    target = (mean + (u[0::2] - 0.5) * math.sqrt(12.0)).astype(dtype)
    preds = (target.astype(np.float64) + (u[1::2] - 0.5)).astype(dtype)
    return preds.astype(np.float64), target.astype(np.float64)


def hard_section() -> Iterator[Any]:
    n = 1_000_000
    for dtype, mean, seed in (
        ("float32", 0.0, 7),
        ("float32", 1e3, 1),
        ("float32", -1e3, 12345),
        ("float64", 1e3, 2),
        ("float64", 1e8, 1),
        ("float64", 1e8, 4242),
        ("float64", -1e8, 99),
    ):
        preds, target = stream(dtype, mean, seed, n)
        # Near the mean the difference from it is exact, and so are the sums of these.
        x, y = preds - mean, target - mean
        mx, my = (Fraction(math.fsum(v)) / n for v in (x, y))

        def second(a: Array, b: Array) -> Fraction:
            """Mean of products of deviations, in two passes."""
            u, v = (c.astype(np.longdouble) - np.longdouble(math.fsum(c) / n) for c in (a, b))
            return Fraction(math.fsum(u * v)) / n

        vx, vy, cxy, error = second(x, x), second(y, y), second(x, y), second(x - y, x - y)
        mse = Fraction(math.fsum((x.astype(np.longdouble) - y) ** 2)) / n
        expected = {
            "mean_preds": float(Fraction(mean) + mx),
            "mean_target": float(Fraction(mean) + my),
            "variance_preds": float(vx),
            "variance_target": float(vy),
            "mse": float(mse),
            "r2": float(1 - mse / vy),
            "pearson": root(cxy**2 / (vx * vy)),
            "explained_variance": float(1 - error / vy),
            "concordance": float(2 * cxy / (vx + vy + (mx - my) ** 2)),
        }
        yield {"dtype": dtype, "mean": mean, "seed": seed, "n": n, "expected": expected}


# ------------------------------------------------------------------------------------------------ output


def array_json(a: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(a.shape), "int" if a.dtype == np.int64 else "float": plain(a.ravel())}


def input_json(inp: Input) -> dict[str, Any]:
    keys = ("preds", "target", "weights", "target_weights")
    return {key: array_json(a) for key in keys if (a := getattr(inp, key)) is not None}


def main() -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    torch.set_num_threads(1)
    # So that also what the reference makes of counts is float64.
    torch.set_default_dtype(torch.float64)
    groups = {
        "plain": plain_inputs(),
        "positive": positive_inputs(),
        "columns": column_inputs(),
        "ranks": rank_inputs(),
        "vectors": vector_inputs(),
        "probabilities": probability_inputs() | log_probability_inputs(),
        "ensembles": ensemble_inputs(),
        "fields": field_inputs(),
        "other": {"msle_edge": made([-0.5, 0.0, -0.875, 2.0], [-0.25, -0.5, 0.5, 3.0])},
    }
    more = {
        "weighted": weighted_inputs(),
        "aggregation": aggregation_inputs(),
        "running": running_inputs(),
        "pairwise": pairwise_inputs(),
        "clouds": cloud_inputs(),
        "samples": wasserstein_inputs(),
        "clicks": click_inputs(),
    }
    inputs: dict[str, Input] = {}
    for group in itertools.chain(groups.values(), more.values()):
        assert not inputs.keys() & group.keys()
        inputs |= group
    skipped: Counter[str] = Counter()
    cases = [
        *torchmetrics_cases(inputs, catalogue({k: list(v) for k, v in groups.items()}), skipped),
        *weighted_cases(more["weighted"]),
        *aggregation_cases(more["aggregation"]),
        *running_cases(more["running"]),
        *pairwise_cases(more["pairwise"]),
        *shape_cases(more["clouds"]),
        *wasserstein_cases(more["samples"]),
        *click_cases(more["clicks"]),
    ]
    used = {c["input"] for c in cases}
    assert used == inputs.keys(), inputs.keys() - used
    libraries = ("torchmetrics", "torch", "scikit-learn", "numpy", "scipy", "torcheval")
    sections = {
        "versions": dump({name: importlib.metadata.version(name).split("+")[0] for name in libraries}),
        "inputs": "{\n" + ",\n".join(f"{dump(k)}:{dump(input_json(v))}" for k, v in inputs.items()) + "\n}",
        "cases": lines(cases),
        "hard": lines(hard_section()),
    }
    text = "{" + ",\n".join(f"{dump(name)}:{body}" for name, body in sections.items()) + "}\n"
    json.loads(text)
    OUTPUT.write_text(text)

    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size / 1e6:.2f} MB, {len(inputs)} inputs, {len(cases)} cases")
    odd = [c for c in cases if "oddity" in c]
    for title, counts in (
        ("cases", Counter(f"{c['task']} {c['metric']} ({c['source']})" for c in cases)),
        ("oddities", Counter(f"{c['oddity']} {c['metric']}, {'right' if 'right' in c else 'no right'}" for c in odd)),
        ("skipped", skipped),
    ):
        print(f"{title}:", *(f"{count:6} {kind}" for kind, count in sorted(counts.items())), sep="\n")


if __name__ == "__main__":
    main()

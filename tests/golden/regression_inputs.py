"""The inputs of regression, and exact moments of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import rng
from inputs import single

NAN, INF = math.nan, math.inf
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """One input; all of its numbers are exact in float32."""

    preds: NDArray[Any]
    target: NDArray[Any] | None = None
    weights: Array | None = None
    target_weights: Array | None = None
    oddity: str | None = None

    def tensors(self) -> dict[str, NDArray[Any] | None]:
        """As they are written."""
        keys = ("preds", "target", "weights", "target_weights")
        return {key: single(getattr(self, key)) for key in keys}

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


# ------------------------------------------------------------------------------------------------ drawing


def grid(values: Any, steps: int = 64) -> Array:
    """Multiples of 1/steps."""
    return np.round(np.asarray(values, np.float64) * steps) / steps + 0.0


def made(preds: Any, target: Any = None, **more: Any) -> Input:
    def array(values: Any) -> NDArray[Any]:
        a = np.asarray(values)
        return a if a.dtype == np.int64 and "int" in more.get("kinds", ()) else np.asarray(a, np.float64)

    more = {k: array(v) if k.endswith("weights") else v for k, v in more.items()}
    inp = Input(
        array(preds), None if target is None else array(target), **{k: v for k, v in more.items() if k != "kinds"}
    )
    inp.tensors()  # asserts that float32 is enough
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


# ------------------------------------------------------------------------------------------------ inputs


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

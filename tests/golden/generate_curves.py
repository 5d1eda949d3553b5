"""Write `curves.json`: curves, areas under them, calibration, hinge, ranking and fairness for small, fixed inputs.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python generate_curves.py

Runs in well under a minute on one thread; two runs write identical bytes. Format and findings are described in README.md.
Every number of torchmetrics is compared with `definitions.py`; a difference without a known reason ends the run.
"""

import importlib
import importlib.metadata
import itertools
import json
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from statistics import NormalDist
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import metrics as sk
from statsmodels.stats.proportion import proportion_confint
from torcheval.metrics.functional import binary_normalized_entropy
from torchmetrics.functional import classification as tm
from torchmetrics.utilities.data import interp

import definitions as by
from generate import (
    Floats,
    Ints,
    binary_logits,
    binary_scores,
    class_scores,
    dump,
    floats,
    ints,
    masked,
    plain,
    rng,
    sample_weights,
)

OUTPUT = Path(__file__).with_name("curves.json")
TOLERANCE = 2e-6

Thresholds = int | list[float] | None
Options = dict[str, Any]
Case = dict[str, Any]

SOME: list[float] = [0.1, 0.3, 0.5, 0.9]
ENDS: list[float] = [0.0, 0.25, 0.5, 1.0]
FEW: tuple[Thresholds, ...] = (None, 5)
USUAL: tuple[Thresholds, ...] = (None, 5, SOME)
ALL: tuple[Thresholds, ...] = (None, 5, 11, SOME, ENDS)
LEAST = (0.0, 0.3, 0.5, 0.9, 1.0)
RANGES = ((0.001, 0.1), (0.05, 0.5))

CURVES = ("roc", "precision_recall_curve")
AT = {
    "recall_at_fixed_precision": "min_precision",
    "precision_at_fixed_recall": "min_recall",
    "sensitivity_at_specificity": "min_specificity",
    "specificity_at_sensitivity": "min_sensitivity",
}
FROM_PRECISION = (
    "precision_recall_curve",
    "average_precision",
    "recall_at_fixed_precision",
    "precision_at_fixed_recall",
)
RANKING = {
    "coverage_error": by.coverage_error,
    "ranking_loss": by.ranking_loss,
    "ranking_average_precision": by.ranking_average_precision,
}
FAIRNESS = ("groups_stat_rates", "demographic_parity", "equal_opportunity", "fairness")


@dataclass(frozen=True)
class Input:
    """One input, and the options worth trying on it."""

    task: str
    size: int
    preds: NDArray[Any]
    target: Ints
    ignore: tuple[int | None, ...] = (None,)
    logits: bool = False
    weights: Floats | None = None
    groups: Ints | None = None
    thresholds: tuple[Thresholds, ...] = FEW
    bins: tuple[int, ...] = (5, 10, 15)
    wide: bool = False
    least: tuple[float, ...] | None = None
    """Values for `min_...` with any thresholds."""
    metrics: tuple[str, ...] | None = None
    """The only ones to compute, where not all are of interest."""

    @property
    def double(self) -> bool:
        return self.preds.dtype == np.float64

    @cached_property
    def rows(self) -> tuple[NDArray[Any], Ints]:
        """Scores `[n, size]` and targets `[n]` or `[n, size]`, extra dimensions flattened; for binary both `[n]`."""
        if self.task == "binary":
            return self.preds.ravel(), self.target.ravel()
        scores = np.moveaxis(self.preds, 1, -1).reshape(-1, self.size)
        if self.task == "multiclass":
            return scores, self.target.ravel()
        return scores, np.moveaxis(self.target, 1, -1).reshape(-1, self.size)

    def known(self, index: int | None) -> tuple[NDArray[Any], Ints, NDArray[Any]]:
        """Scores, target and weights without what is ignored; not for multilabel."""
        scores, target = self.rows
        kept = np.full(target.shape, True) if index is None else target != index
        weights = np.ones(len(scores)) if self.weights is None else self.weights.astype(np.float64)
        return scores[kept], target[kept], weights[kept]

    def normalized(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Probabilities, rounded as the reference rounds them."""
        if self.logits:
            tensor = torch.tensor(scores)
            tensor = torch.softmax(tensor, 1) if self.task == "multiclass" else torch.sigmoid(tensor)
            scores = tensor.numpy()
        return scores.astype(np.float64)

    def problems(self, index: int | None, average: str | None = None) -> list[by.Problem]:
        """One for each class or label, or a single one of all elements."""
        if self.task == "multilabel":
            scores, target = self.rows
            kept = np.full(target.shape, True) if index is None else target != index
            weights = np.ones(len(scores)) if self.weights is None else self.weights.astype(np.float64)
            weights = np.broadcast_to(weights[:, None], target.shape)
            scores = self.normalized(scores)
            if average == "micro":
                return [by.Problem(scores[kept], target[kept] == 1, weights[kept])]
            return [
                by.Problem(s[k], t[k] == 1, w[k])
                for s, t, w, k in zip(scores.T, target.T, weights.T, kept.T, strict=True)
            ]
        scores, target, weights = self.known(index)
        scores = self.normalized(scores)
        if self.task == "binary":
            return [by.Problem(scores, target == 1, weights)]
        own = target[:, None] == np.arange(self.size)
        if average == "micro":
            return [by.Problem(scores.ravel(), own.ravel(), np.repeat(weights, self.size))]
        return [by.Problem(scores[:, c], own[:, c], weights) for c in range(self.size)]


# ------------------------------------------------------------------------------------------------ inputs


def eighths(r: np.random.Generator, target: Ints) -> Floats:
    """Few different probabilities that lean towards the target."""
    return floats(np.clip(np.round(binary_scores(r, target) * 8), 1, 7) / 8)


def distinct(r: np.random.Generator, target: Ints) -> Floats:
    """Probabilities without ties that lean towards the target."""
    while True:
        scores = binary_scores(r, target)
        if len(np.unique(scores)) == scores.size:
            return scores


def spread_logits(r: np.random.Generator, *shape: int) -> Floats:
    """Logits `[N, C, ...]` whose softmax has no two values that rounding could confuse."""
    while True:
        logits = np.round(r.normal(size=shape) * 256) / 128
        p = np.sort(torch.softmax(torch.tensor(logits), 1).numpy().ravel())
        if np.diff(p).min() > 2e-5:
            return floats(logits)


def binary_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, preds: Any, target: Any, **options: Any) -> tuple[str, Input]:
        preds = preds if getattr(preds, "dtype", None) == np.float64 else floats(preds)
        return "binary_" + name, Input("binary", 0, preds, ints(target), **{"thresholds": USUAL} | options)

    def drawn(
        name: str,
        *shape: int,
        kind: Callable[..., Floats] = binary_scores,
        index: int | None = None,
        positive: float = 0.5,
        **options: Any,
    ) -> tuple[str, Input]:
        r = rng("curves_binary_" + name)
        target = (r.random(shape) < positive).astype(np.int64)
        preds = kind(r, target)
        if index is not None:
            target, options["ignore"] = masked(r, target, index), (index,)
        return make(name, preds, target, logits=kind is binary_logits, **options)

    yield drawn("ordinary", 40, thresholds=(*ALL, 100), wide=True, ignore=(None, 1))
    yield drawn("ties", 30, kind=eighths, thresholds=ALL, bins=(4, 5, 10, 15), wide=True)
    yield drawn("distinct", 24, kind=distinct, thresholds=ALL, wide=True)
    yield drawn("rare", 100, positive=0.15, wide=True)
    yield drawn("2d", 6, 4)
    yield drawn("3d", 4, 2, 3, thresholds=FEW)
    yield drawn("logits", 24, kind=binary_logits, wide=True)
    yield drawn("logits_2d", 5, 4, kind=binary_logits, thresholds=FEW)
    yield drawn("ignore", 30, index=-1, wide=True)
    yield drawn("ignore_2d", 5, 4, index=-1, thresholds=FEW)
    yield drawn("ignore_logits", 20, kind=binary_logits, index=-1)
    yield make("tied", [0.5] * 6, [1, 0, 1, 0, 0, 1], wide=True)
    yield make(
        "zero_one",
        [0.0, 1.0, 0.25, 1.0, 0.5, 0.75, 0.0, 1.0, 0.875, 0.5, 0.0, 0.96875],
        [0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1],
        thresholds=ALL,
        bins=(4, 5, 10, 15),
        wide=True,
    )
    yield make("only_zero_one", [0.0, 1.0, 1.0, 0.0, 1.0, 0.0], [0, 1, 1, 1, 0, 0], thresholds=(*FEW, ENDS))
    yield make(
        "perfect", [0.75, 0.25, 0.875, 0.125, 0.625, 0.375], [1, 0, 1, 0, 1, 0], thresholds=(*FEW, ENDS), wide=True
    )
    yield make(
        "wrong", [0.25, 0.75, 0.375, 0.625, 0.875, 0.125], [1, 0, 1, 0, 0, 1], thresholds=(*FEW, ENDS), wide=True
    )
    yield make("one_positive", [0.75], [1], thresholds=FEW)
    yield make("one_negative", [0.75], [0], thresholds=FEW)
    yield make("pair", [0.25, 0.75], [0, 1])
    yield make("positives", [0.75, 0.625, 0.25, 0.875], [1] * 4)
    yield make("negatives", [0.75, 0.25, 0.375, 0.125, 0.0], [0] * 5)
    yield make("ignore_but_one", [0.25, 0.75, 0.5, 0.875], [-1, -1, 1, -1], ignore=(-1,), thresholds=FEW)
    # Two points of the curve are equally far from the diagonal, but not after rounding.
    yield make(
        "equal_errors",
        np.arange(30, 0, -1) / 32,
        [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0],
        metrics=("roc", "eer"),
    )
    # All below the lowest threshold of a list.
    yield make("low", [0.0625, 0.03125, 0.09375, 0.0], [1, 0, 1, 0], thresholds=(SOME,), least=(0.0, 0.5))
    # sigmoid makes one of scores that differ.
    yield make(
        "saturated_logits",
        [20.0, 18.0, 17.5, 25.0, -3.0, 1.0, 19.0, -20.0],
        [1, 0, 1, 0, 0, 1, 1, 0],
        logits=True,
        thresholds=(None,),
        metrics=("roc", "auroc", "average_precision"),
    )
    steps = np.array([5, 3, 9, 1, 7, 2, 8, 4, 6, 0, 11, 10])
    yield make(
        "double", 0.35 + steps * 2.0**-40, [1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0], thresholds=(None, 5, [0.35, 0.5])
    )
    for name, kind in (("weighted", binary_scores), ("weighted_ties", eighths)):
        yield drawn(name, 40, kind=kind, weights=sample_weights(rng(f"curves_binary_{name}_weights"), 40))
    yield drawn("weighted_logits", 20, kind=binary_logits, weights=sample_weights(rng("curves_logits_weights"), 20))


def multiclass_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, classes: int, preds: Any, target: Any, **options: Any) -> tuple[str, Input]:
        preds = preds if getattr(preds, "dtype", None) == np.float64 else floats(preds)
        return f"multiclass{classes}_{name}", Input("multiclass", classes, preds, ints(target), **options)

    def drawn(
        name: str,
        classes: int,
        *shape: int,
        among: tuple[int, ...] | None = None,
        index: int | None = None,
        kind: str = "scores",
        **options: Any,
    ) -> tuple[str, Input]:
        r = rng(f"curves_multiclass{classes}_{name}")
        target = r.choice(ints(among if among else range(classes)), size=shape)
        if kind == "logits":
            preds = spread_logits(r, shape[0], classes, *shape[1:])
        elif kind == "ties":
            leaning = np.eye(classes)[target] * 3
            preds = floats(np.stack([r.multinomial(8, r.dirichlet(1 + row)) for row in leaning]) / 8)
        else:
            preds = class_scores(r, target, classes)
            while kind == "distinct" and len(np.unique(preds)) < preds.size:
                preds = class_scores(r, target, classes)
        if index is not None:
            target, options["ignore"] = masked(r, target, index), (index,)
        return make(name, classes, preds, target, logits=kind == "logits", **options)

    yield drawn("ordinary", 3, 30, ignore=(None, 1), thresholds=ALL, wide=True)
    yield drawn("ordinary", 5, 40)
    yield drawn("ordinary", 2, 20)
    yield drawn("ties", 3, 24, kind="ties", bins=(4, 5, 10, 15), thresholds=USUAL, wide=True)
    yield drawn("distinct", 4, 12, kind="distinct")
    yield drawn("2d", 3, 5, 4)
    yield drawn("3d", 4, 3, 2, 3)
    yield drawn("logits", 3, 16, kind="logits", thresholds=ALL)
    yield drawn("logits_2d", 3, 5, 3, kind="logits")
    yield drawn("ignore", 4, 30, index=-1)
    yield drawn("ignore_2d", 3, 5, 4, index=-1)
    yield drawn("ignore_logits", 3, 14, index=-1, kind="logits")
    yield drawn("absent", 4, 20, among=(0, 1, 3), thresholds=ALL, wide=True)
    yield make(
        "ignore_but_one",
        3,
        [[0.5, 0.25, 0.25], [0.125, 0.625, 0.25], [0.25, 0.25, 0.5]],
        [-1, 1, -1],
        ignore=(-1,),
        thresholds=FEW,
    )
    three = [[0.5, 0.375, 0.125], [0.25, 0.625, 0.125], [0.125, 0.25, 0.625], [0.125, 0.875, 0.0]]
    yield make("only_1", 3, three, [1] * 4)
    yield make("only_0", 3, three, [0] * 4)
    yield make("one", 3, [[0.25, 0.5, 0.25]], [1])
    yield make("tied", 4, np.full((6, 4), 0.25), [0, 1, 0, 3, 2, 1], bins=(4, 5, 10, 15))
    yield make(
        "zero_one",
        3,
        [*np.eye(3)[[0, 1, 2, 1, 0, 2]], [0.9375, 0.0625, 0.0], [0.0, 0.96875, 0.03125], [0.5, 0.5, 0.0]],
        [0, 1, 2, 0, 2, 2, 0, 2, 1],
        thresholds=(*FEW, ENDS),
    )
    target = ints([0, 1, 2, 2, 1, 0])
    yield make("perfect", 3, np.where(np.eye(3)[target] == 1, 0.75, 0.125), target, thresholds=(*FEW, ENDS))
    yield make("wrong", 3, np.where(np.eye(3)[target] == 1, 0.0625, 0.46875), target, thresholds=(*FEW, ENDS))
    steps = np.array(
        [[5, -3, -2], [3, 1, -4], [-6, 4, 2], [1, 7, -8], [-7, -2, 9], [4, -1, -3], [2, 3, -5], [-1, 5, -4]]
    )
    yield make("double", 3, np.array([0.5, 0.25, 0.25]) + steps * 2.0**-40, [0, 1, 2, 1, 2, 0, 1, 0])
    for classes, name in ((3, "weighted"), (4, "weighted")):
        weights = sample_weights(rng(f"curves_multiclass{classes}_{name}_weights"), 36)
        yield drawn(name, classes, 36, weights=weights)


def multilabel_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, preds: Any, target: Any, **options: Any) -> tuple[str, Input]:
        preds = preds if getattr(preds, "dtype", None) == np.float64 else floats(preds)
        size = np.shape(target)[1]
        return f"multilabel{size}_{name}", Input("multilabel", size, preds, ints(target), **options)

    def drawn(
        name: str,
        *shape: int,
        kind: Callable[..., Floats] = binary_scores,
        index: int | None = None,
        rates: tuple[float, ...] | None = None,
        **options: Any,
    ) -> tuple[str, Input]:
        r = rng(f"curves_multilabel{shape[1]}_{name}")
        share = np.array(rates) if rates else np.linspace(0.3, 0.7, shape[1])
        target = (r.random(shape) < share.reshape(1, shape[1], *[1] * (len(shape) - 2))).astype(np.int64)
        preds = kind(r, target)
        if index is not None:
            target, options["ignore"] = masked(r, target, index), (index,)
        return make(name, preds, target, logits=kind is binary_logits, **options)

    yield drawn("ordinary", 30, 3, thresholds=ALL, wide=True)
    yield drawn("ordinary", 20, 5)
    yield drawn("ties", 24, 3, kind=eighths, thresholds=USUAL, wide=True)
    yield drawn("distinct", 12, 4, kind=distinct)
    yield drawn("3d", 5, 3, 4)
    yield drawn("4d", 3, 2, 2, 3)
    yield drawn("logits", 16, 3, kind=binary_logits)
    yield drawn("logits_3d", 4, 3, 3, kind=binary_logits)
    yield drawn("ignore", 24, 3, index=-1)
    yield drawn("ignore_3d", 5, 3, 4, index=-1)
    yield drawn("ignore_logits", 16, 3, kind=binary_logits, index=-1)
    # Label 1 is never there, label 3 always.
    yield drawn("absent", 12, 4, rates=(0.4, 0.0, 0.6, 1.0), thresholds=USUAL, wide=True)
    yield make(
        "ignore_but_one",
        [[0.25, 0.75], [0.5, 0.875], [0.125, 0.375]],
        [[-1, -1], [-1, 1], [-1, -1]],
        ignore=(-1,),
    )
    yield make("one", [[0.25, 0.75, 0.875]], [[0, 1, 0]])
    yield make("positives", [[0.25, 0.75], [0.625, 0.875], [0.375, 0.0]], [[1, 1]] * 3)
    yield make("negatives", [[0.25, 0.75], [0.625, 0.375], [0.375, 0.0]], [[0, 0]] * 3)
    yield make("tied", np.full((4, 3), 0.5), [[1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 1]])
    yield make(
        "zero_one",
        [[0.0, 1.0], [1.0, 0.25], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [0.75, 1.0]],
        [[0, 1], [1, 0], [0, 1], [0, 0], [1, 1], [1, 0]],
        thresholds=(*FEW, ENDS),
    )
    target = ints([[0, 1, 0], [1, 0, 1], [1, 1, 0], [0, 0, 1]])
    yield make("perfect", np.where(target == 1, 0.75, 0.25), target, thresholds=(*FEW, ENDS))
    yield make("wrong", np.where(target == 1, 0.25, 0.75), target, thresholds=(*FEW, ENDS))
    steps = np.array([[5, 3, 1], [2, 9, 4], [7, 6, 8], [0, 1, 2], [8, 4, 3], [1, 0, 9]])
    target = ints([[1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]])
    yield make("double", 0.35 + steps * 2.0**-40, target)
    for name, kind in (("weighted", binary_scores), ("weighted_ties", eighths)):
        yield drawn(name, 30, 3, kind=kind, weights=sample_weights(rng(f"curves_multilabel_{name}_weights"), 30))


def group_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, preds: Any, target: Any, groups: Any, **options: Any) -> tuple[str, Input]:
        return "groups_" + name, Input("binary", 0, floats(preds), ints(target), groups=ints(groups), **options)

    def drawn(
        name: str, groups: int, *shape: int, kind: Callable[..., Floats] = binary_scores, index: int | None = None
    ) -> tuple[str, Input]:
        r = rng("curves_groups_" + name)
        target = r.integers(2, size=shape)
        preds = kind(r, target)
        ignore: tuple[int | None, ...] = (None,)
        if index is not None:
            target, ignore = masked(r, target, index), (index,)
        of = r.permutation(np.arange(shape[0]) % groups)
        return make(name, preds, target, of, ignore=ignore, logits=kind is binary_logits)

    yield drawn("two", 2, 24)
    yield drawn("three", 3, 30)
    yield drawn("2d", 2, 8, 3)
    yield drawn("logits", 2, 20, kind=binary_logits)
    yield drawn("ignore", 2, 24, index=-1)
    yield make("one", [0.75, 0.25, 0.625], [1, 1, 0], [0, 0, 0])
    yield make("equal", [0.75, 0.25, 0.75, 0.25], [1, 0, 1, 0], [0, 0, 1, 1])
    yield make("no_positives", [0.75, 0.25, 0.75, 0.25, 0.5], [1, 0, 0, 0, 1], [0, 0, 1, 1, 0])
    yield make("none_predicted", [0.125, 0.25, 0.375, 0.25], [1, 0, 0, 1], [0, 0, 1, 1])
    yield make("gap", [0.75, 0.25, 0.875, 0.625, 0.125], [1, 1, 0, 1, 0], [0, 0, 2, 2, 2])


# ------------------------------------------------------------------------------------------------ torchmetrics


def curve_options(metric: str, inp: Input) -> Iterator[Options]:
    """Options as they are written; what is left out is the reference's default, except for `average`."""
    averages: tuple[str | None, ...] = (None,)
    if metric in ("auroc", "average_precision", "logauc"):
        averages = {"binary": (None,), "multiclass": ("macro", "weighted", "none")}.get(
            inp.task, ("micro", "macro", "weighted", "none")
        )
        if metric == "logauc" and inp.task != "binary":
            averages = ("macro", "none")
    elif metric in (*CURVES, "eer") and inp.task == "multiclass":
        averages = ("none", "micro", "macro")
    own: list[Options] = [{}]
    if metric == "auroc" and inp.task == "binary":
        own = [{}, {"max_fpr": 0.3}, {"max_fpr": 0.75}]
    elif metric == "logauc":
        own = [{}, {"fpr_range": list(RANGES[1])}]
        if inp.wide and inp.task == "binary" and inp.ignore != (None,):
            own.append({"fpr_range": [0.0, 0.5]})
    elif metric in AT:
        own = [{AT[metric]: least} for least in inp.least or (LEAST if inp.wide else (0.5, 0.9))]

    for average, index, thresholds, extra in itertools.product(averages, inp.ignore, inp.thresholds, own):
        # Not every combination: curves are long, and least values many.
        least, binned = extra.get(AT.get(metric, "")), thresholds is not None
        if index in (0, 1) and (thresholds not in (None, 5) or extra not in (own[0], {AT.get(metric): 0.5})):
            continue
        if thresholds in (11, 100) and (index is not None or average == "macro" or least is not None or extra):
            continue
        if binned and (extra.get("max_fpr") == 0.75 or "fpr_range" in extra):
            continue
        if binned and least in (0.0, 0.5, 1.0) and not inp.least:
            continue
        if binned and least is not None and not inp.wide and not inp.least:
            continue
        if thresholds not in FEW and average in ("weighted", "micro", "macro" if metric in CURVES else "weighted"):
            continue
        if metric == "precision_recall_curve" and average == "macro" and (not inp.wide or index is not None):
            continue
        if metric in CURVES and inp.size == 5 and (binned or average == "macro"):
            continue
        if inp.size and (least == 1.0 or (metric == "logauc" and binned and "fpr_range" in extra)):
            continue
        options: Options = {} if thresholds is None else {"thresholds": thresholds}
        if average is not None:
            options["average"] = average
        if index is not None:
            options["ignore_index"] = index
        yield options | extra


def options_of(metric: str, inp: Input) -> Iterator[Options]:
    known = [{} if index is None else {"ignore_index": index} for index in inp.ignore]
    if metric == "calibration_error":
        for index, norm, bins in itertools.product(known, ("l1", "l2", "max"), inp.bins):
            if (bins != 10 and norm != "l1" and not inp.wide) or (bins == 15 and norm == "max"):
                continue
            yield index | {"norm": norm, "n_bins": bins}
    elif metric == "hinge_loss":
        modes = ("crammer-singer", "one-vs-all") if inp.task == "multiclass" else (None,)
        for index, mode, squared in itertools.product(known, modes, (False, True)):
            if inp.task == "multiclass" and index.get("ignore_index") in (0, 1):
                continue
            yield index | ({"multiclass_mode": mode} if mode else {}) | {"squared": squared}
    elif metric in RANKING:
        yield from known
    elif metric in FAIRNESS:
        yield from [{}] if metric == "demographic_parity" else known  # it has no target
        if inp.target.ndim == 1 and known == [{}]:
            yield {"threshold": 0.3}
    else:
        yield from curve_options(metric, inp)


def metrics_of(inp: Input) -> Iterator[str]:
    if inp.groups is not None:
        yield from FAIRNESS
        return
    for metric in (
        *CURVES,
        "auroc",
        "average_precision",
        "eer",
        "logauc",
        *AT,
        "calibration_error",
        "hinge_loss",
        *RANKING,
    ):
        if inp.task == "multilabel" and metric in ("calibration_error", "hinge_loss"):
            continue
        if (metric in RANKING) > (inp.task == "multilabel"):
            continue
        if inp.metrics is None or metric in inp.metrics:
            yield metric


def torchmetrics_value(metric: str, inp: Input, options: Options) -> Any:
    arguments = dict(options)
    arguments |= {"multiclass": {"num_classes": inp.size}, "multilabel": {"num_labels": inp.size}}.get(inp.task, {})
    if metric in (*CURVES, "eer") and arguments.get("average") == "none":
        arguments["average"] = None
    if "fpr_range" in arguments:
        arguments["fpr_range"] = tuple(arguments["fpr_range"])
    preds, target = torch.tensor(inp.preds), torch.tensor(inp.target)
    if metric in FAIRNESS:
        return fairness_value(metric, preds, target, torch.tensor(inp.groups), arguments)
    function = getattr(tm, f"{inp.task}_{metric}")
    value = function(preds, target, validate_args=True, **arguments)
    if metric in CURVES:
        names = ("fpr", "tpr", "thresholds") if metric == "roc" else ("precision", "recall", "thresholds")
        single = isinstance(value[0], torch.Tensor) and value[0].ndim == 1
        if single:
            return dict(zip(names, value, strict=True))
        shared = isinstance(value[2], torch.Tensor)
        return [
            dict(zip(names, (a, b, value[2] if shared else value[2][i]), strict=True))
            for i, (a, b) in enumerate(zip(value[0], value[1], strict=True))
        ]
    if metric in AT:
        if inp.task == "binary":
            return {"value": value[0], "threshold": value[1]}
        return [{"value": v, "threshold": t} for v, t in zip(*value, strict=True)]
    return value


def fairness_value(metric: str, preds: Any, target: Any, groups: Any, arguments: Options) -> Any:
    if metric == "groups_stat_rates":
        rates = tm.binary_groups_stat_rates(preds, target, groups, int(groups.max()) + 1, **arguments)
        return list(rates.values())
    if metric == "demographic_parity":
        result = tm.demographic_parity(preds, groups, **arguments)
    elif metric == "equal_opportunity":
        result = tm.equal_opportunity(preds, target, groups, **arguments)
    else:
        result = tm.binary_fairness(preds, target, groups, task="all", **arguments)
    named = {}
    for key, value in result.items():
        kind, low, high = key.split("_")
        name = {"DP": "demographic_parity", "EO": "equal_opportunity"}[kind]
        named[name] = {"value": value, "lowest": int(low), "highest": int(high)}
    return named


# ------------------------------------------------------------------------------------------------ definitions


def as_array(thresholds: Thresholds) -> NDArray[np.float64] | None:
    """In float32 first, as the reference has them."""
    if thresholds is None:
        return None
    tensor = torch.linspace(0, 1, thresholds) if isinstance(thresholds, int) else torch.tensor(thresholds)
    return tensor.numpy().astype(np.float64)


def defined_value(metric: str, inp: Input, options: Options, *, reference: bool) -> Any:
    """The value by definition. With `reference`, its conventions for what is not defined and its mistakes too.

    None where there is nothing to say.
    """
    index, average = options.get("ignore_index"), options.get("average")
    thresholds = as_array(options.get("thresholds"))
    binned = thresholds is not None

    if metric == "calibration_error":
        scores, target, weights = inp.known(index)
        scores = inp.normalized(scores)
        right = target == 1
        if inp.task == "multiclass":
            right, scores = scores.argmax(1) == target, scores.max(1)
            scores = scores.astype(np.float32) if reference else scores
        return by.calibration_error(scores, right, weights, options["n_bins"], options["norm"], reference=reference)
    if metric == "hinge_loss":
        scores, target, weights = inp.known(index)
        values = inp.normalized(scores) if reference else scores.astype(np.float64)
        if inp.task == "binary":
            return by.binary_hinge(values, target == 1, weights, squared=options["squared"])
        one_vs_all = options["multiclass_mode"] == "one-vs-all"
        return by.multiclass_hinge(values, target, weights, squared=options["squared"], one_vs_all=one_vs_all)
    if metric in RANKING:
        scores, target = inp.rows
        known = np.full(target.shape, True) if index is None else target != index
        weights = np.ones(len(scores)) if inp.weights is None else inp.weights
        scores = inp.normalized(scores)
        if reference and metric == "coverage_error":
            scores, target = np.where(known, scores, -1), np.where(known, target, 1)
            known = np.full(target.shape, True)
        elif reference and metric == "ranking_loss":
            # Ties resolved by position, the last one first, and what is ignored counts as not relevant and last.
            scores = np.where(known, scores, -1).argsort(1, kind="stable").argsort(1, kind="stable")
            known = np.full(target.shape, True)
        return RANKING[metric](scores, target, known, weights)
    if metric in FAIRNESS:
        return defined_fairness(metric, inp, options, reference=reference)

    problems = inp.problems(index, average)
    single = inp.task == "binary" or average == "micro"
    sound = [bool(p.positives) and (metric in FROM_PRECISION or bool(p.negatives)) for p in problems]
    if single and not reference and not sound[0]:
        return None

    if metric in FROM_PRECISION:
        empty = 1.0 if inp.task != "multiclass" or single else math.nan
        only_zero = inp.task == "multiclass" and not single and not binned and not (inp.known(index)[1] != 0).any()
        curves = [by.precision_recall(p, thresholds, empty) for p in problems]
        if reference and only_zero:
            for c in curves:
                c["recall"] = np.append(np.ones(len(c["recall"]) - 1), 0.0)
    else:
        curves = [by.roc(p, thresholds) for p in problems]
    if metric in CURVES or metric == "eer":
        if average == "macro":
            if metric == "precision_recall_curve":
                return by.macro_precision_recall_reference(curves) if reference else None
            curve = by.macro_roc(problems, thresholds, reference=reference)
            return curve if metric == "roc" or curve is None else by.eer(curve)
        each: list[Any] = curves if metric in CURVES else [by.eer(c) for c in curves]
        return each[0] if single else each
    if metric in AT:
        compute = {
            "recall_at_fixed_precision": by.recall_at_precision,
            "precision_at_fixed_recall": by.precision_at_recall,
            "sensitivity_at_specificity": by.sensitivity_at_specificity,
            "specificity_at_sensitivity": by.specificity_at_sensitivity,
        }[metric]
        pairs = [dict(zip(("value", "threshold"), compute(c, options[AT[metric]]), strict=True)) for c in curves]
        return pairs[0] if single else pairs

    if metric == "average_precision":
        numbers = [by.average_precision(c, binned=binned) for c in curves]
    else:
        if reference and (metric == "logauc" or "max_fpr" in options) and any(by.open_ended(c) for c in curves):
            return None
        if not reference:
            curves = [by.closed(c) for c in curves]
        if metric == "auroc":
            numbers = [by.auroc(c, options.get("max_fpr")) for c in curves]
        else:
            low, high = options.get("fpr_range", RANGES[0])
            if low == 0:
                return None
            numbers = [by.log_auc(c, low, high) for c in curves]
    if single:
        return numbers[0]
    defined = ~np.isnan(numbers) if reference else np.array(sound)
    if not reference and not defined.all() and (average == "none" or not defined.any()):
        return None
    weights = np.array([p.positives for p in problems])
    return by.average(np.array(numbers), str(average), weights, defined)


def defined_fairness(metric: str, inp: Input, options: Options, *, reference: bool) -> Any:
    assert inp.groups is not None
    shape = (len(inp.target), -1)
    target = inp.target.reshape(shape)
    if metric == "demographic_parity":
        target = np.zeros_like(target)
    known = target != options.get("ignore_index", -100)
    predicted = inp.normalized(inp.preds).reshape(shape) > options.get("threshold", 0.5)
    names = np.unique(inp.groups) if reference else np.arange(inp.groups.max() + 1)
    counts = []
    for group in names:
        p, t = (a[inp.groups == group][known[inp.groups == group]] for a in (predicted, target))
        counts.append([(p & (t == 1)).sum(), (p & (t == 0)).sum(), (~p & (t == 0)).sum(), (~p & (t == 1)).sum()])
    tp, fp, tn, fn = np.array(counts, float).T
    if metric == "groups_stat_rates":
        return list(by.divide(np.array(counts, float), np.array(counts).sum(1, keepdims=True), math.nan))

    def ratio(a: NDArray[Any], b: NDArray[Any]) -> Any:
        there = np.flatnonzero(b + (tp + fp + tn + fn if reference else 0) > 0)
        rates = by.divide(a, b, 0.0)[there]
        low, high = int(rates.argmin()), int(rates.argmax())
        value = float(by.divide(rates[low : low + 1], rates[high : high + 1], 0.0 if reference else math.nan)[0])
        return {"value": value, "lowest": int(there[low]), "highest": int(there[high])}

    result = {}
    if metric in ("demographic_parity", "fairness"):
        result["demographic_parity"] = ratio(tp + fp, tp + fp + tn + fn)
    if metric in ("equal_opportunity", "fairness"):
        result["equal_opportunity"] = ratio(tp, tp + fn)
    return result


# ------------------------------------------------------------------------------------------------ oddities


def numbers_in(value: Any) -> list[float]:
    """All numbers, in order."""
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers_in(v)]
    if isinstance(value, list):
        return [n for v in value for n in numbers_in(v)]
    if hasattr(value, "tolist"):
        return numbers_in(value.tolist())
    return [float(value)]


def same(a: Any, b: Any) -> bool:
    x, y = numbers_in(a), numbers_in(b)
    return len(x) == len(y) and all(
        p == q or (math.isnan(p) and math.isnan(q)) or abs(p - q) <= TOLERANCE * max(1, abs(q))
        for p, q in zip(x, y, strict=True)
    )


def undefined(metric: str, inp: Input, options: Options) -> str | None:
    """Whether a class lacks what its value divides by."""
    if metric in FAIRNESS or metric in RANKING or metric in ("calibration_error", "hinge_loss"):
        return None
    index, average = options.get("ignore_index"), options.get("average")
    problems = inp.problems(index, average)
    positives = all(p.positives for p in problems)
    negatives = all(p.negatives for p in problems) or metric in FROM_PRECISION
    if inp.task == "binary" or average == "micro":
        return "no-positives" if not positives else "no-negatives" if not negatives else None
    if inp.task == "multilabel":
        return "absent-label" if not positives else "full-label" if not negatives else None
    target = inp.known(index)[1]
    if len(set(target)) == 1:
        exact = "thresholds" not in options
        return "only-class-0" if metric in FROM_PRECISION and exact and target[0] == 0 else "single-class"
    return "absent-class" if not positives else None


def stable_interp(x: torch.Tensor, xp: torch.Tensor, fp: torch.Tensor) -> torch.Tensor:
    """The reference's interpolation, but for the order of equal `xp`."""
    with patch.object(torch, "argsort", partial(torch.argsort, stable=True)):
        return interp(x, xp, fp)


def wrong_because(metric: str, inp: Input, options: Options, value: Any, imitated: Any) -> str:
    """Why the reference's value is not the right one. `imitated` is what we believe it computes."""
    exempt = ("eer", "logauc", "precision_at_fixed_recall")
    assert imitated is None or same(value, imitated) or metric in exempt, (metric, options, value, imitated)
    index, average = options.get("ignore_index"), options.get("average")
    if metric == "calibration_error":
        return "calibration-float32" if inp.double else "calibration-one"
    if metric == "hinge_loss":
        return "hinge-normalized"
    if metric in RANKING:
        return "ranking-ignore" if index is not None else "ranking-loss-ties"
    if metric in FAIRNESS:
        assert inp.groups is not None
        if len(np.unique(inp.groups)) <= inp.groups.max():
            return "groups-renumbered"
        positives = [(inp.target[inp.groups == group] == 1).any() for group in np.unique(inp.groups)]
        return "fairness-zero-rates" if all(positives) or metric == "demographic_parity" else "no-positives"
    if metric == "precision_at_fixed_recall" and math.isnan(value["value"]):
        return "nan-precision"
    problems, thresholds = inp.problems(index, average), as_array(options.get("thresholds"))
    if metric in ("roc", "auroc", "logauc", "eer"):
        curves = [by.roc(p, thresholds) for p in problems]
        if any(map(by.open_ended, curves)):
            return "binned-open-ends"
        if average == "macro" and metric in ("roc", "eer"):
            return "macro-roc-end"
        if metric == "logauc":
            module = importlib.import_module("torchmetrics.functional.classification.logauc")
            with patch.object(module, "interp", stable_interp):
                assert same(torchmetrics_value(metric, inp, options), imitated), (metric, options, value, imitated)
            return "logauc-unstable-sort"
        if metric == "eer":
            for got, curve in zip(np.atleast_1d(np.array(value)), curves, strict=True):
                assert min(abs(got - v) for v in by.eer_at_ties(curve)) < TOLERANCE, (inp, options, value)
            return "eer-rounding"
    raise AssertionError(f"{metric} {options}: {value}")


def judge(metric: str, inp: Input, options: Options, value: Any) -> tuple[str | None, Any]:
    """What is odd about a value of the reference, and the right value where that is another one."""
    reason = undefined(metric, inp, options)
    imitated = defined_value(metric, inp, options, reference=True)
    right = defined_value(metric, inp, options, reference=False)
    if options.get("fpr_range", RANGES[0])[0] == 0:
        return "logauc-from-zero", None
    if metric == "precision_recall_curve" and options.get("average") == "macro":
        assert same(value, imitated), (metric, options)
        return "macro-precision-recall", None
    if reason is not None:
        assert imitated is None or same(value, imitated), (metric, options, value, imitated)
        return reason, None if right is None or same(value, right) else right
    assert right is not None
    if metric in AT and 1e6 in numbers_in(value):
        assert same(value, right), (metric, options, value, right)
        return "threshold-1e6", None
    if same(value, right):
        return None, None
    reason = wrong_because(metric, inp, options, value, imitated)
    # The macro curve has lost the lower ends of steep parts: which point is nearest is a matter of chance.
    return reason, None if (metric, reason) == ("eer", "macro-roc-end") else right


def torchmetrics_cases(inputs: dict[str, Input], skipped: Counter[str]) -> Iterator[Case]:
    for name, inp in inputs.items():
        if inp.weights is not None:
            continue
        for metric in metrics_of(inp):
            for options in options_of(metric, inp):
                try:
                    value = torchmetrics_value(metric, inp, options)
                except (ValueError, RuntimeError, IndexError) as error:
                    skipped[f"{metric} of {name}: {type(error).__name__}: {str(error)[:60]}"] += 1
                    continue
                if name == "binary_saturated_logits":
                    precise = replace(inp, preds=inp.preds.astype(np.float64))
                    right = defined_value(metric, precise, options, reference=True)
                    yield case(name, inp, metric, options, value, "torchmetrics", "saturated-logits", right)
                    continue
                try:
                    odd, right = judge(metric, inp, options, value)
                except AssertionError as error:
                    raise AssertionError(f"{name}: {error}") from error
                yield case(name, inp, metric, options, value, "torchmetrics", odd, right)


def case(
    name: str,
    inp: Input,
    metric: str,
    options: Options,
    value: Any,
    source: str,
    odd: str | None = None,
    right: Any = None,
) -> Case:
    if inp.logits:
        options = options | {"from_logits": True}
    made = {
        "metric": metric,
        "task": inp.task,
        "size": inp.size,
        "input": name,
        "options": options,
        "expected": short(value),
        "source": source,
    }
    if odd is not None:
        made["oddity"] = odd
    if right is not None:
        made["right"] = short(right)
    return made


# ------------------------------------------------------------------------------------------------ weights, sklearn


def weighted_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    for name, inp in inputs.items():
        if inp.weights is None:
            continue
        for metric, options, value, source in weighted_values(inp):
            odd = "hinge-normalized" if metric == "hinge_loss" and inp.logits else None
            yield case(name, inp, metric, options | {"weighted": True}, value, source, odd, value if odd else None)


def weighted_values(inp: Input) -> Iterator[tuple[str, Options, Any, str]]:
    assert inp.weights is not None
    weight = {"sample_weight": inp.weights.astype(np.float64)}
    raw, target = inp.rows
    scores = inp.normalized(raw)
    one_hot = target if inp.task != "multiclass" else (target[:, None] == np.arange(inp.size)).astype(np.int64)
    columns = [(scores, target)] if inp.task == "binary" else list(zip(scores.T, one_hot.T, strict=True))
    single = inp.task == "binary"
    taken: dict[str, Any] = {}

    def sklearn(metric: str, options: Options, value: Any) -> tuple[str, Options, Any, str]:
        taken[repr((metric, options))] = value
        return metric, options, value, "scikit-learn"

    each: dict[str, list[Any]] = {"roc": [], "precision_recall_curve": []}
    for s, t in columns:
        curve = sk.roc_curve(t, s, drop_intermediate=False, **weight)
        each["roc"].append(dict(zip(("fpr", "tpr", "thresholds"), curve, strict=True)))
        curve = sk.precision_recall_curve(t, s, **weight)
        each["precision_recall_curve"].append(dict(zip(("precision", "recall", "thresholds"), curve, strict=True)))
    none = {"average": "none"} if inp.task == "multiclass" else {}
    for metric, curves in each.items():
        yield sklearn(metric, none, curves[0] if single else curves)
    if single:
        for max_fpr in (None, 0.3, 0.75):
            options: Options = {} if max_fpr is None else {"max_fpr": max_fpr}
            yield sklearn("auroc", options, sk.roc_auc_score(target, scores, max_fpr=max_fpr, **weight))
        yield sklearn("average_precision", {}, sk.average_precision_score(target, scores, **weight))
        yield sklearn("hinge_loss", {"squared": False}, sk.hinge_loss(target, raw, **weight))
    else:
        for average in ("macro", "weighted", "none", *(("micro",) if inp.task == "multilabel" else ())):
            how = {"average": None if average == "none" else average} | weight
            yield sklearn("auroc", {"average": average}, sk.roc_auc_score(one_hot, scores, **how))
            yield sklearn("average_precision", {"average": average}, sk.average_precision_score(one_hot, scores, **how))
    if inp.task == "multiclass":
        options = {"multiclass_mode": "crammer-singer", "squared": False}
        yield sklearn("hinge_loss", options, sk.hinge_loss(target, raw, labels=np.arange(inp.size), **weight))
    if inp.task == "multilabel":
        yield sklearn("coverage_error", {}, sk.coverage_error(target, scores, **weight))
        yield sklearn("ranking_loss", {}, sk.label_ranking_loss(target, scores, **weight))
        yield sklearn(
            "ranking_average_precision", {}, sk.label_ranking_average_precision_score(target, scores, **weight)
        )
    # The rest, for which there is no library.
    for metric in metrics_of(inp):
        for options in options_of(metric, inp):
            if options.get("average") == "macro" and metric in (*CURVES, "eer"):
                continue
            value = defined_value(metric, inp, options, reference=False)
            if (known := taken.get(repr((metric, options)))) is not None:
                # Apart from the threshold at which the curve starts.
                assert metric == "roc" or same(value, known), (metric, options, value, known)
                continue
            if metric in ("auroc", "logauc"):
                imitated = defined_value(metric, inp, options, reference=True)
                if imitated is None or not same(value, imitated):
                    continue  # binned with open ends: a matter of convention
            yield metric, options, value, "definition"


def ranking_cases(inputs: dict[str, Input]) -> Iterator[Case]:
    """What scikit-learn says without weights."""
    functions = {
        "coverage_error": sk.coverage_error,
        "ranking_loss": sk.label_ranking_loss,
        "ranking_average_precision": sk.label_ranking_average_precision_score,
    }
    for name, inp in inputs.items():
        if inp.task == "multilabel" and inp.weights is None and inp.ignore == (None,):
            scores, target = inp.rows
            if len(target) == 1:
                scores, target = np.repeat(scores, 2, 0), np.repeat(target, 2, 0)  # it wants two different rows or more
            for metric, function in functions.items():
                try:
                    value = function(target, inp.normalized(scores))
                except ValueError:
                    continue
                yield case(name, inp, metric, {}, value, "scikit-learn")


# ------------------------------------------------------------------------------------------------ other sections


def delong_section(inputs: dict[str, Input]) -> Iterator[Any]:
    for name in ("ordinary", "ties", "distinct", "rare", "2d", "perfect"):
        (problem,) = inputs["binary_" + name].problems(None)
        auroc, variance = by.delong(problem)
        intervals = []
        for level in (0.95, 0.9):
            half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(variance)
            intervals.append({"level": level, "low": max(auroc - half, 0.0), "high": min(auroc + half, 1.0)})
        yield short({"input": "binary_" + name, "auroc": auroc, "variance": variance, "intervals": intervals})


def wilson_section() -> Iterator[Any]:
    for k, n in (
        (0, 1),
        (1, 1),
        (0, 10),
        (10, 10),
        (3, 10),
        (8, 10),
        (50, 100),
        (1, 1000),
        (987, 1000),
        (123456, 1000000),
    ):
        for level in (0.9, 0.95, 0.99):
            low, high = proportion_confint(k, n, alpha=1 - level, method="wilson")
            yield short({"successes": k, "trials": n, "level": level, "low": low, "high": high})


def auc_section() -> Iterator[Any]:
    for x, y in (
        ([0.0, 0.25, 0.5, 1.0], [0.0, 0.5, 0.75, 1.0]),
        ([1.0, 0.5, 0.25, 0.0], [1.0, 0.75, 0.5, 0.0]),
        ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.25, 0.25, 0.75, 1.0]),
        ([3.0, 2.0, 2.0, -1.0], [1.0, -2.0, 4.0, 0.5]),
        ([-2.0, 0.5, 7.0], [1.5, -3.0, 2.0]),
        ([1.0, 1.0], [0.0, 5.0]),
    ):
        yield short({"x": x, "y": y, "area": sk.auc(x, y)})


def entropy_section(inputs: dict[str, Input]) -> Iterator[Any]:
    names = (
        *("ordinary", "ties", "rare", "zero_one", "only_zero_one", "tied", "logits", "pair", "positives", "negatives"),
        *("double", "weighted", "weighted_ties", "weighted_logits"),
    )
    for name in names:
        inp = inputs["binary_" + name]
        # In float64: the reference sums in the precision of its input.
        preds, target = torch.tensor(inp.preds, dtype=torch.float64), torch.tensor(inp.target, dtype=torch.float64)
        for weighted in (False, True) if inp.weights is not None else (False,):
            weight = torch.tensor(inp.weights, dtype=torch.float64) if weighted else None
            value = binary_normalized_entropy(preds, target, weight=weight, from_logits=inp.logits)
            entry: dict[str, Any] = {"input": "binary_" + name, "from_logits": inp.logits, "weighted": weighted}
            entry |= {"expected": short(value), "source": "torcheval"}
            if len(np.unique(inp.target)) == 1:
                entry["oddity"] = "no-negatives" if inp.target[0] else "no-positives"
            elif not inp.logits and (np.abs(inp.target - inp.preds) == 1).any():
                entry |= {"oddity": "entropy-clamped", "right": "inf"}
            yield entry


# ------------------------------------------------------------------------------------------------ output


def short(value: Any) -> Any:
    """As JSON, float32 by the shortest decimals that mean it and float64 rounded to 15 digits."""
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [short(v) for v in value]
    if isinstance(value, torch.Tensor):
        return plain(value) if value.dtype == torch.float64 else short(value.numpy())
    if isinstance(value, np.ndarray):
        return [short(v) for v in value] if value.ndim else short(value[()])
    if isinstance(value, np.float32):
        return plain(float(str(value)) + 0.0)
    if isinstance(value, float):
        return plain(float(f"{float(value):.15g}") + 0.0)
    return int(value) if isinstance(value, np.integer) else value


def array(a: NDArray[Any]) -> dict[str, Any]:
    kind = "int" if a.dtype == np.int64 else "float"
    return {"shape": list(a.shape), kind: a.ravel().tolist() if a.dtype == np.float64 else short(a.ravel())}


def input_json(inp: Input) -> dict[str, Any]:
    out: dict[str, Any] = {"preds": array(inp.preds), "target": array(inp.target)}
    for key in ("weights", "groups"):
        if (extra := getattr(inp, key)) is not None:
            out[key] = array(extra)
    return out | {key: True for key in ("logits", "double") if getattr(inp, key)}


def lines(items: Iterator[Any] | list[Any]) -> str:
    return "[\n" + ",\n".join(map(dump, items)) + "\n]"


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    inputs = dict(itertools.chain(binary_inputs(), multiclass_inputs(), multilabel_inputs(), group_inputs()))
    skipped: Counter[str] = Counter()
    cases = [*torchmetrics_cases(inputs, skipped), *ranking_cases(inputs), *weighted_cases(inputs)]
    libraries = ("torchmetrics", "torch", "scikit-learn", "numpy", "torcheval", "statsmodels")
    versions = {name: importlib.metadata.version(name).split("+")[0] for name in libraries}
    sections = {
        "versions": dump(versions),
        "inputs": "{\n" + ",\n".join(f"{dump(k)}:{dump(input_json(v))}" for k, v in inputs.items()) + "\n}",
        "cases": lines(cases),
        "delong": lines(delong_section(inputs)),
        "wilson": lines(wilson_section()),
        "auc": lines(auc_section()),
        "normalized_entropy": lines(entropy_section(inputs)),
    }
    text = "{" + ",\n".join(f"{dump(name)}:{body}" for name, body in sections.items()) + "}\n"
    json.loads(text)
    OUTPUT.write_text(text)

    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size / 1e6:.2f} MB, {len(inputs)} inputs, {len(cases)} cases")
    for title, counts in (
        ("cases", Counter(f"{c['source']} {c['task']} {c['metric']}" for c in cases)),
        (
            "oddities",
            Counter(c["oddity"] + (", with a right value" if "right" in c else "") for c in cases if "oddity" in c),
        ),
        ("skipped", skipped),
    ):
        print(f"{title}:", *(f"{count:6} {kind}" for kind, count in sorted(counts.items())), sep="\n")


if __name__ == "__main__":
    main()

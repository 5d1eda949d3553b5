"""The inputs of curves, areas, calibration, ranking and fairness, and which options to try on each."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import definitions as by
from harness import rng
from inputs import Floats, Ints, binary_logits, binary_scores, class_scores, floats, ints, masked, sample_weights

Thresholds = int | list[float] | None

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
RANKING = ("coverage_error", "ranking_loss", "ranking_average_precision")
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


def all_inputs() -> dict[str, Input]:
    return dict(itertools.chain(binary_inputs(), multiclass_inputs(), multilabel_inputs(), group_inputs()))


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
        "ignore_but_one", [[0.25, 0.75], [0.5, 0.875], [0.125, 0.375]], [[-1, -1], [-1, 1], [-1, -1]], ignore=(-1,)
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

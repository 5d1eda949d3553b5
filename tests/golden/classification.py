"""Metrics of predicted labels, by torchmetrics and, with sample weights, by scikit-learn."""

import inspect
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn import metrics as sk
from statsmodels.stats.proportion import proportion_confint
from torchmetrics.functional import classification as tm

from harness import Golden, Options, domain, plain, rng
from inputs import (
    Floats,
    Ints,
    binary_logits,
    binary_scores,
    class_scores,
    floats,
    ints,
    masked,
    noisy,
    sample_weights,
    task_options,
)

AVERAGES = ("micro", "macro", "weighted", "none")

# Our name -> the reference's function without its task prefix, and the options only this metric has.
METRICS: dict[str, tuple[str, dict[str, tuple[Any, ...]]]] = {
    "stat_scores": ("stat_scores", {}),
    "accuracy": ("accuracy", {}),
    "precision": ("precision", {}),
    "recall": ("recall", {}),
    "specificity": ("specificity", {}),
    "negative_predictive_value": ("negative_predictive_value", {}),
    "fbeta": ("fbeta_score", {"beta": (0.5, 2.0)}),
    "f1": ("f1_score", {}),
    "hamming_distance": ("hamming_distance", {}),
    "jaccard": ("jaccard_index", {}),
    "confusion_matrix": ("confusion_matrix", {"normalize": ("none", "true", "pred", "all")}),
    "cohen_kappa": ("cohen_kappa", {"weights": ("none", "linear", "quadratic")}),
    "matthews": ("matthews_corrcoef", {}),
    "exact_match": ("exact_match", {}),
}


@dataclass(frozen=True)
class Input:
    """One input, and the options worth trying on it."""

    task: str
    size: int
    preds: Floats | Ints
    target: Ints
    ignore: tuple[int | None, ...] = (None,)
    thresholds: tuple[float, ...] = (0.5,)
    top_k: tuple[int, ...] = (1,)
    logits: bool = False
    weights: Floats | None = None

    @property
    def scored(self) -> bool:
        return self.preds.dtype == np.float32

    @property
    def samplewise(self) -> bool:
        """Whether there are extra dimensions. The reference mishandles one sample except for multiclass."""
        extra = self.target.ndim > (2 if self.task == "multilabel" else 1)
        return extra and (self.task == "multiclass" or len(self.target) > 1)

    def labels(self) -> Ints:
        """Predictions as labels, for scikit-learn."""
        if not self.scored:
            return self.preds.astype(np.int64)
        if self.task == "multiclass":
            return self.preds.argmax(1)
        return (self.preds > self.thresholds[0]).astype(np.int64)


# ------------------------------------------------------------------------------------------------ inputs


def binary_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, preds: Any, target: Any, **options: Any) -> tuple[str, Input]:
        return name, Input("binary", 0, preds, ints(target), **options)

    def drawn(
        name: str, *shape: int, kind: Callable[..., Any] = binary_scores, index: int | None = None, **options: Any
    ) -> tuple[str, Input]:
        r = rng(name)
        target = r.integers(2, size=shape)
        preds = kind(r, target)
        if kind is binary_logits:
            options["logits"] = True
        if index is not None:
            target, options["ignore"] = masked(r, target, index), (index,)
        return make(name, preds, target, **options)

    def labels(r: np.random.Generator, target: Ints) -> Ints:
        return noisy(r, target, 2)

    yield drawn("binary_scores", 60, thresholds=(0.5, 0.3), ignore=(None, 0, 1))
    yield drawn("binary_labels", 40, kind=labels, ignore=(None, 1))
    yield drawn("binary_scores_2d", 8, 5, thresholds=(0.5, 0.7))
    yield drawn("binary_scores_3d", 4, 2, 3)
    yield drawn("binary_labels_2d", 6, 4, kind=labels)
    yield drawn("binary_logits", 30, kind=binary_logits, thresholds=(0.5, 0.3))
    yield drawn("binary_logits_2d", 5, 4, kind=binary_logits)
    yield drawn("binary_ignore", 40, index=-1)
    yield drawn("binary_ignore_labels", 24, kind=labels, index=-100)
    yield drawn("binary_ignore_2d", 6, 5, index=-1)
    yield drawn("binary_ignore_logits", 24, kind=binary_logits, index=-1)
    yield make("binary_ignore_all", floats([0.25, 0.75, 0.5, 0.875]), [-1] * 4, ignore=(-1,))
    yield make("binary_one_right", floats([0.75]), [1])
    yield make("binary_one_wrong", floats([0.75]), [0])
    yield make("binary_one_2d", floats([[0.75, 0.25, 0.625]]), [[1, 1, 0]])
    yield make("binary_single_positive", floats([0.75, 0.625, 0.25, 0.875]), [1, 1, 1, 1])
    yield make("binary_single_negative", floats([0.75, 0.25, 0.375, 0.125, 0.0]), [0] * 5)
    yield make("binary_single_perfect_positive", ints([1, 1, 1]), [1, 1, 1])
    yield make("binary_single_perfect_negative", ints([0, 0, 0]), [0, 0, 0])
    yield make("binary_predicted_positive", ints([1] * 5), [1, 0, 1, 1, 0])
    yield make("binary_predicted_negative", ints([0] * 5), [1, 0, 0, 1, 0])
    yield make("binary_perfect", floats([0.75, 0.25, 0.875, 0.125]), [1, 0, 1, 0])
    yield make("binary_wrong", floats([0.25, 0.75, 0.375, 0.625, 0.875]), [1, 0, 1, 0, 0])
    yield make("binary_tied", floats([0.5] * 6), [1, 0, 1, 0, 0, 1], thresholds=(0.5, 0.25))
    yield make(
        "binary_threshold",
        floats([0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1.0, 1.0, 0.0]),
        [0, 0, 1, 1, 0, 1, 0, 1, 0, 1],
        thresholds=(0.0, 0.25, 0.5, 0.75, 1.0),
    )
    for name, kind in (("binary_weighted_scores", binary_scores), ("binary_weighted_labels", labels)):
        yield drawn(name, 50, kind=kind, weights=sample_weights(rng(name + "_weights"), 50))


def multiclass_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, classes: int, preds: Any, target: Any, **options: Any) -> tuple[str, Input]:
        return name, Input("multiclass", classes, preds, ints(target), **options)

    def drawn(
        name: str,
        classes: int,
        *shape: int,
        labels: bool = False,
        among: tuple[int, ...] | None = None,
        index: int | None = None,
        **options: Any,
    ) -> tuple[str, Input]:
        r = rng(name)
        target = r.choice(ints(among if among else range(classes)), size=shape)
        preds = noisy(r, target, classes) if labels else class_scores(r, target, classes)
        if index is not None:
            target, options["ignore"] = masked(r, target, index), (index,)
        return make(name, classes, preds, target, **options)

    top = (1, 2, 3)
    yield drawn("multiclass2_scores", 2, 30, top_k=(1, 2))
    yield drawn("multiclass3_scores", 3, 60, top_k=top, ignore=(None, 1))
    yield drawn("multiclass5_scores", 5, 100, top_k=top)
    yield drawn("multiclass6_scores", 6, 30, top_k=top, ignore=(None, 0))
    yield drawn("multiclass2_labels", 2, 20, labels=True)
    yield drawn("multiclass4_labels", 4, 50, labels=True, ignore=(None, 0))
    yield drawn("multiclass3_scores_2d", 3, 6, 5, top_k=(1, 2), ignore=(None, 1))
    yield drawn("multiclass4_scores_3d", 4, 3, 2, 4, top_k=(1, 3))
    yield drawn("multiclass4_labels_2d", 4, 6, 5, labels=True, ignore=(None, 2))
    yield drawn("multiclass5_absent_target", 5, 24, among=(0, 1, 3), top_k=top)
    yield drawn("multiclass5_absent_labels", 5, 24, labels=True, among=(0, 2, 3, 4))
    yield drawn("multiclass4_ignore", 4, 40, index=-1, top_k=top)
    yield drawn("multiclass4_ignore_labels", 4, 30, labels=True, index=-100)
    yield drawn("multiclass3_ignore_2d", 3, 5, 4, index=-1, top_k=(1, 2))
    yield drawn("multiclass4_ignore_255", 4, 4, 3, 2, index=255, top_k=(1, 2))
    yield drawn("multiclass3_ignore_labels_2d", 3, 5, 4, labels=True, index=-1)
    yield make(
        "multiclass3_ignore_all",
        3,
        floats([[0.5, 0.25, 0.125], [0.25, 0.125, 0.5]]),
        [-1, -1],
        ignore=(-1,),
        top_k=(1, 2),
    )
    yield make("multiclass3_ignore_all_in_range", 3, ints([1, 2, 2]), [1, 1, 1], ignore=(1,))
    yield make("multiclass2_ignore_all", 2, ints([1, 0]), [-1, -1], ignore=(-1,))
    yield make("multiclass4_one_right", 4, floats([[0.125, 0.5, 0.25, 0.0625]]), [1], top_k=top)
    yield make("multiclass4_one_wrong", 4, floats([[0.125, 0.5, 0.25, 0.0625]]), [2], top_k=top)
    yield make("multiclass3_one_2d", 3, ints([[1, 2, 0]]), [[1, 1, 0]])
    # Class 2 is never predicted and never the target.
    yield make("multiclass4_absent_both", 4, ints([0, 1, 3, 0, 1, 3, 3, 0]), [0, 1, 3, 1, 1, 0, 3, 0])
    yield make(
        "multiclass4_absent_both_scores",
        4,
        floats(
            [
                [0.5, 0.25, 0.0625, 0.125],
                [0.125, 0.5, 0.0625, 0.25],
                [0.25, 0.125, 0.0625, 0.5],
                [0.5, 0.125, 0.0625, 0.25],
            ]
        ),
        [0, 1, 3, 3],
        top_k=top,
    )
    # Class 2 is ignored and never predicted.
    yield make("multiclass4_ignore_unpredicted", 4, ints([0, 1, 3, 0, 1, 3]), [0, 2, 3, 1, 2, 0], ignore=(2,))
    yield make("multiclass3_single", 3, ints([1, 1, 0, 2, 1]), [1] * 5)
    yield make("multiclass3_single_perfect", 3, ints([1] * 4), [1] * 4)
    yield make("multiclass2_single_perfect", 2, ints([1] * 4), [1] * 4)
    yield make("multiclass2_single", 2, ints([1, 1, 0]), [1] * 3)
    yield make("multiclass3_predicted_single", 3, ints([2] * 5), [0, 1, 2, 2, 1])
    yield make("multiclass3_perfect", 3, ints([0, 1, 2, 2, 1]), [0, 1, 2, 2, 1])
    yield make("multiclass3_wrong", 3, ints([1, 2, 0, 0, 2]), [0, 1, 2, 1, 0])
    yield make("multiclass4_tied", 4, floats(np.full((5, 4), 0.25)), [0, 1, 0, 3, 2])
    yield make(
        "multiclass3_tied_pairs",
        3,
        floats([[0.25, 0.375, 0.375], [0.375, 0.25, 0.375], [0.375, 0.375, 0.25], [0.25, 0.5, 0.25]]),
        [1, 2, 0, 1],
    )
    r = rng("multiclass4_logits")
    yield make(
        "multiclass4_logits",
        4,
        floats(np.round(r.normal(size=(30, 4)) * 512) / 128),
        r.integers(4, size=30),
        top_k=(1, 2),
    )
    for name, classes, labels in (("multiclass3_weighted_labels", 3, True), ("multiclass4_weighted_scores", 4, False)):
        yield drawn(name, classes, 50, labels=labels, weights=sample_weights(rng(name + "_weights"), 50))
    yield drawn(
        "multiclass5_weighted_absent",
        5,
        30,
        among=(0, 1, 4),
        weights=sample_weights(rng("multiclass5_weighted_absent_weights"), 30),
    )


def multilabel_inputs() -> Iterator[tuple[str, Input]]:
    def make(name: str, preds: Any, target: Any, **options: Any) -> tuple[str, Input]:
        return name, Input("multilabel", np.shape(target)[1], preds, ints(target), **options)

    def drawn(
        name: str, *shape: int, kind: Callable[..., Any] = binary_scores, index: int | None = None, **options: Any
    ) -> tuple[str, Input]:
        r = rng(name)
        rates = np.linspace(0.3, 0.7, shape[1]).reshape(1, shape[1], *[1] * (len(shape) - 2))
        target = (r.random(shape) < rates).astype(np.int64)
        preds = kind(r, target)
        if kind is binary_logits:
            options["logits"] = True
        if index is not None:
            target, options["ignore"] = masked(r, target, index), (index,)
        return make(name, preds, target, **options)

    def labels(r: np.random.Generator, target: Ints) -> Ints:
        return noisy(r, target, 2)

    yield drawn("multilabel2_scores", 20, 2)
    yield drawn("multilabel3_scores", 40, 3, thresholds=(0.5, 0.3), ignore=(None, 0, 1))
    yield drawn("multilabel5_scores", 24, 5)
    yield drawn("multilabel3_labels", 30, 3, kind=labels)
    yield drawn("multilabel4_scores_3d", 5, 4, 4, thresholds=(0.5, 0.7))
    yield drawn("multilabel2_scores_4d", 4, 2, 2, 3)
    yield drawn("multilabel3_labels_3d", 4, 3, 4, kind=labels, ignore=(None, 1))
    yield drawn("multilabel3_logits", 20, 3, kind=binary_logits, thresholds=(0.5, 0.3))
    yield drawn("multilabel3_logits_3d", 4, 3, 3, kind=binary_logits)
    yield drawn("multilabel3_ignore", 30, 3, index=-1)
    yield drawn("multilabel4_ignore_labels", 20, 4, kind=labels, index=255)
    yield drawn("multilabel3_ignore_3d", 5, 3, 4, index=-1)
    yield drawn("multilabel3_ignore_logits", 16, 3, kind=binary_logits, index=-1)
    yield make("multilabel2_ignore_all", floats([[0.25, 0.75], [0.5, 0.875]]), [[-1, -1], [-1, -1]], ignore=(-1,))
    yield make("multilabel3_one", floats([[0.25, 0.75, 0.875]]), [[0, 1, 0]])
    yield make("multilabel2_single_positive", floats([[0.25, 0.75], [0.625, 0.875], [0.375, 0.0]]), [[1, 1]] * 3)
    yield make("multilabel2_single_negative", floats([[0.25, 0.75], [0.625, 0.375], [0.375, 0.0]]), [[0, 0]] * 3)
    yield make("multilabel2_single_perfect", ints([[1, 1], [1, 1]]), [[1, 1], [1, 1]])
    yield make("multilabel2_predicted_negative", ints([[0, 0]] * 3), [[0, 1], [1, 0], [0, 0]])
    # Label 0 is everyday, 1 has no positive target, 2 no positive target or prediction, 3 only positive targets.
    yield make(
        "multilabel4_absent",
        floats(
            [
                [0.75, 0.625, 0.25, 0.75],
                [0.25, 0.375, 0.125, 0.875],
                [0.625, 0.25, 0.0, 0.25],
                [0.375, 0.75, 0.375, 0.625],
            ]
        ),
        [[1, 0, 0, 1], [1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]],
    )
    yield make("multilabel3_perfect", ints([[0, 1, 0], [1, 0, 1]]), [[0, 1, 0], [1, 0, 1]])
    yield make("multilabel3_wrong", ints([[0, 1, 0], [1, 0, 1]]), [[1, 0, 1], [0, 1, 0]])
    yield make(
        "multilabel3_tied",
        floats(np.full((4, 3), 0.5)),
        [[1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 1]],
        thresholds=(0.5, 0.25),
    )
    yield make(
        "multilabel2_threshold",
        floats([[0.25, 0.5], [0.5, 0.25], [0.75, 0.75], [0.0, 1.0], [0.5, 0.5]]),
        [[0, 1], [1, 1], [1, 0], [0, 1], [0, 1]],
        thresholds=(0.25, 0.5, 0.75),
    )
    for name, shape, kind in (
        ("multilabel3_weighted_labels", (40, 3), labels),
        ("multilabel4_weighted_scores", (40, 4), binary_scores),
    ):
        yield drawn(name, *shape, kind=kind, weights=sample_weights(rng(name + "_weights"), shape[0]))


# ------------------------------------------------------------------------------------------------ cases


def top_k_decided(scores: Floats, k: int) -> bool:
    """Whether ties leave both the set of the k highest scores and the highest one open to no choice."""
    ranked = -np.sort(-scores, axis=1)
    cut = k == scores.shape[1] or (ranked[:, k - 1] > ranked[:, k]).all()
    return bool(cut and (ranked[:, 0] > ranked[:, 1]).all())


def oddity(metric: str, inp: Input, options: Options, value: Any) -> str | None:
    """Why the reference's value is not to be taken for granted, if so (see ODDITIES.md)."""
    average, index = options.get("average"), options.get("ignore_index")
    if inp.task == "multilabel":
        if metric == "stat_scores" and average == "weighted" and "multidim" in options:
            return "stat-scores-samplewise-weighted"
        if metric == "jaccard" and average in ("micro", "macro") and index is not None and 0 <= index < inp.size:
            return "jaccard-multilabel-ignore"
    if metric == "jaccard" and average in ("macro", "weighted") and value == "nan" and "zero_division" not in options:
        return "jaccard-no-weight"
    if metric == "matthews" and matthews_degenerate(inp, options, value):
        return "matthews-2x2"
    return None


def matthews_degenerate(inp: Input, options: Options, value: Any) -> bool:
    """Whether a 2x2 matrix with an empty margin gave a value other than the usual zero."""
    if value == 0 or (inp.task == "multiclass" and inp.size > 2):
        return False
    matrix = torchmetrics_value("confusion_matrix", inp, {"normalize": "none"} | options).reshape(-1, 2, 2).sum(0)
    return bool((matrix.sum(0) == 0).any() or (matrix.sum(1) == 0).any())


def torchmetrics_value(metric: str, inp: Input, options: Options) -> torch.Tensor:
    size = {k: v for k, v in task_options(inp.task, inp.size).items() if k != "task"}
    arguments = {("multidim_average" if k == "multidim" else k): v for k, v in options.items() if k != "from_logits"}
    function = getattr(tm, f"{inp.task}_{METRICS[metric][0]}")
    return function(torch.tensor(inp.preds), torch.tensor(inp.target), **size, **arguments).double()


def torchmetrics_options(metric: str, inp: Input) -> Iterator[dict[str, Any]]:
    """Combinations of the options that the reference's signature has, defaults left out."""
    stem, own = METRICS[metric]
    known = inspect.signature(getattr(tm, f"{inp.task}_{stem}")).parameters
    axes: dict[str, tuple[Any, ...]] = dict(own)
    if "average" in known:
        axes["average"] = AVERAGES
    if "multidim_average" in known:
        axes["multidim"] = ("global", "samplewise") if inp.samplewise else ("global",)
    axes["ignore_index"] = inp.ignore
    if "threshold" in known and inp.scored:
        axes["threshold"] = inp.thresholds
        axes["from_logits"] = (inp.logits,)
    if "top_k" in known:
        axes["top_k"] = inp.top_k
    if "zero_division" in known:
        axes["zero_division"] = (0.0, 1.0, math.nan)
    defaults = {
        "multidim": "global",
        "ignore_index": None,
        "threshold": 0.5,
        "from_logits": False,
        "top_k": 1,
        "zero_division": 0.0,
    }
    for values in itertools.product(*axes.values()):
        options = {k: v for k, v in zip(axes, values, strict=True) if k not in defaults or v != defaults[k]}
        # The options that this combination chose, not those which the input or the metric impose.
        chosen = {k for k in options if len(axes[k]) > 1} - {"average", "normalize", "weights", "beta"}
        limit = 0 if options.get("beta") == 0.5 else 1 if "zero_division" in options or options.get("top_k") == 3 else 2
        if len(chosen) <= limit:
            yield options


def torchmetrics_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for metric, (stem, _) in METRICS.items():
        for name, inp in inputs.items():
            if inp.weights is not None or not hasattr(tm, f"{inp.task}_{stem}"):
                continue
            usual: dict[str, Any] = {}  # values at zero_division = 0: other choices matter only where they change them
            for options in torchmetrics_options(metric, inp):
                if options.get("top_k", 1) > 1 and not top_k_decided(floats(inp.preds), options["top_k"]):
                    golden.skipped[f"{metric} of {name}: ties leave top_k a choice"] += 1
                    continue
                value = golden.attempt(metric, lambda: plain(torchmetrics_value(metric, inp, options)))  # noqa: B023
                if value is None:
                    continue
                key = repr({k: v for k, v in options.items() if k != "zero_division"})
                if "zero_division" not in options:
                    usual[key] = value
                elif value == usual[key]:
                    continue
                odd = oddity(metric, inp, options, value)
                golden.case(metric, name, value, options=task_options(inp.task, inp.size) | options, oddity=odd)


def sklearn_values(inp: Input) -> Iterator[tuple[str, dict[str, Any], Any]]:
    assert inp.weights is not None
    target, preds, weight = inp.target, inp.labels(), {"sample_weight": inp.weights.astype(np.float64)}
    labels = list(range(max(inp.size, 2)))
    multiclass, multilabel = inp.task == "multiclass", inp.task == "multilabel"
    occurring = set(target[inp.weights > 0].flat)

    if not multilabel:
        micro = {"average": "micro"} if multiclass else {}
        yield "accuracy", micro, sk.accuracy_score(target, preds, **weight)
        for normalize in ("none", "true", "pred", "all"):
            kind = None if normalize == "none" else normalize
            yield (
                "confusion_matrix",
                {"normalize": normalize},
                sk.confusion_matrix(target, preds, labels=labels, normalize=kind, **weight),
            )
        for weights in ("none", "linear", "quadratic"):
            kind = None if weights == "none" else weights
            yield (
                "cohen_kappa",
                {"weights": weights},
                sk.cohen_kappa_score(target, preds, labels=labels, weights=kind, **weight),
            )
        yield "matthews", {}, sk.matthews_corrcoef(target, preds, **weight)
        yield "hamming_distance", micro, sk.hamming_loss(target, preds, **weight)
    else:
        yield "confusion_matrix", {"normalize": "none"}, sk.multilabel_confusion_matrix(target, preds, **weight)
        yield "hamming_distance", {"average": "micro"}, sk.hamming_loss(target, preds, **weight)

    scores: list[tuple[str, dict[str, Any], Callable[..., Any]]] = [
        ("precision", {}, sk.precision_score),
        ("recall", {}, sk.recall_score),
        ("f1", {}, sk.f1_score),
        ("fbeta", {"beta": 0.5}, sk.fbeta_score),
        ("fbeta", {"beta": 2.0}, sk.fbeta_score),
        ("jaccard", {}, sk.jaccard_score),
    ]
    for metric, own, function in scores:
        for average in AVERAGES if multiclass or multilabel else ("binary",):
            # scikit-learn's macro counts classes that occur nowhere, torchmetrics' does not: keep off the difference.
            if average == "macro" and multiclass and len(occurring) < inp.size:
                continue
            how: dict[str, Any] = {"average": None if average == "none" else average, "zero_division": 0.0}
            if multiclass:
                how["labels"] = labels
            recorded = own if average == "binary" else own | {"average": average}
            yield metric, recorded, function(target, preds, **own, **how, **weight)


def sklearn_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for name, inp in inputs.items():
        if inp.weights is not None:
            for metric, options, value in sklearn_values(inp):
                options = task_options(inp.task, inp.size) | options | {"weighted": True}
                golden.case(metric, name, value, options=options, reference="scikit-learn")


def interval_cases(golden: Golden) -> None:
    """Wilson's intervals around the accuracy of so many successes in so many trials."""
    trials = ((0, 1), (1, 1), (0, 10), (10, 10), (3, 10), (8, 10), (50, 100), (1, 1000), (987, 1000), (123456, 1000000))
    for (k, n), level in itertools.product(trials, (0.9, 0.95, 0.99)):
        lower, upper = proportion_confint(k, n, alpha=1 - level, method="wilson")
        options = {"task": "binary", "successes": k, "trials": n, "confidence_interval": level}
        golden.case("accuracy", None, {"lower": lower, "upper": upper}, options=options, reference="statsmodels")


@domain("classification", libraries=("torchmetrics", "torch", "scikit-learn", "statsmodels"))
def declare(golden: Golden) -> None:
    inputs = dict(itertools.chain(binary_inputs(), multiclass_inputs(), multilabel_inputs()))
    for name, inp in inputs.items():
        golden.input(name, preds=inp.preds, target=inp.target, weights=inp.weights)
    torchmetrics_cases(golden, inputs)
    sklearn_cases(golden, inputs)
    interval_cases(golden)

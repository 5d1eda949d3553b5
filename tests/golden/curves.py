"""Curves, areas under them, calibration, hinge, ranking and fairness.

Every value of torchmetrics is compared with `definitions.py`. Weighted values are scikit-learn's, or by definition.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import torch
from sklearn import metrics as sk
from torcheval.metrics.functional import binary_normalized_entropy

import definitions as by
from curve_inputs import AT, CURVES, FAIRNESS, FEW, LEAST, RANGES, RANKING, Input, all_inputs
from curve_oddities import agree, judge
from curve_values import defined_value, torchmetrics_value
from harness import Golden, Options, domain
from inputs import task_options

# ------------------------------------------------------------------------------------------------ options


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


# ------------------------------------------------------------------------------------------------ torchmetrics


def case(golden: Golden, metric: str, name: str, inp: Input, options: Options, value: Any, **details: Any) -> None:
    logits = {"from_logits": True} if inp.logits else {}
    golden.case(metric, name, value, options=task_options(inp.task, inp.size) | options | logits, **details)


def torchmetrics_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for name, inp in inputs.items():
        if inp.weights is not None:
            continue
        for metric in metrics_of(inp):
            for options in options_of(metric, inp):
                value = golden.attempt(f"{metric} of {name}", lambda: torchmetrics_value(metric, inp, options))  # noqa: B023
                if value is None:
                    continue
                if name == "binary_saturated_logits":
                    precise = replace(inp, preds=inp.preds.astype(np.float64))
                    odd, right = "saturated-logits", defined_value(metric, precise, options, reference=True)
                else:
                    odd, right = judge(metric, inp, options, value)
                case(golden, metric, name, inp, options, value, oddity=odd, right=right)


# ------------------------------------------------------------------------------------------------ weights, scikit-learn


def weighted_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for name, inp in inputs.items():
        if inp.weights is None:
            continue
        for metric, options, value, reference in weighted_values(inp):
            details: Options = {"reference": reference}
            if metric == "hinge_loss" and inp.logits:
                details |= {"oddity": "hinge-normalized", "right": value}
            case(golden, metric, name, inp, options | {"weighted": True}, value, **details)


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
                assert metric == "roc" or agree(value, known), (metric, options, value, known)
                continue
            if metric in ("auroc", "logauc"):
                imitated = defined_value(metric, inp, options, reference=True)
                if imitated is None or not agree(value, imitated):
                    continue  # binned with open ends: a matter of convention
            yield metric, options, value, "definition"


def ranking_cases(golden: Golden, inputs: dict[str, Input]) -> None:
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
                compute = lambda: function(target, inp.normalized(scores))  # noqa: B023, E731
                case(golden, metric, name, inp, {}, compute, reference="scikit-learn")


# ------------------------------------------------------------------------------------------------ other values


def interval_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    """Normal intervals around an area, with DeLong's variance, clipped to [0, 1]."""
    for name in ("ordinary", "ties", "distinct", "rare", "2d", "perfect"):
        inp = inputs["binary_" + name]
        auroc, variance = by.delong(inp.problems(None)[0])
        for level in (0.95, 0.9):
            half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(variance)
            value = {"value": auroc, "lower": max(auroc - half, 0.0), "upper": min(auroc + half, 1.0)}
            options = {"confidence_interval": level}
            case(golden, "auroc", "binary_" + name, inp, options, value, reference="definition")


def area_cases(golden: Golden) -> None:
    """Trapezoids for rising or falling `x`, positive if `y` is, either way."""
    for name, x, y in (
        ("rising", [0.0, 0.25, 0.5, 1.0], [0.0, 0.5, 0.75, 1.0]),
        ("falling", [1.0, 0.5, 0.25, 0.0], [1.0, 0.75, 0.5, 0.0]),
        ("steep", [0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.25, 0.25, 0.75, 1.0]),
        ("falling_steep", [3.0, 2.0, 2.0, -1.0], [1.0, -2.0, 4.0, 0.5]),
        ("negative", [-2.0, 0.5, 7.0], [1.5, -3.0, 2.0]),
        ("no_width", [1.0, 1.0], [0.0, 5.0]),
    ):
        golden.input("points_" + name, x=x, y=y)
        golden.case("auc", "points_" + name, sk.auc(x, y), reference="scikit-learn")


def entropy_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    """Cross entropy, divided by that of the (weighted) share of positives."""
    names = (
        *("ordinary", "ties", "rare", "zero_one", "only_zero_one", "tied", "logits", "pair", "positives", "negatives"),
        *("double", "weighted", "weighted_ties", "weighted_logits"),
    )
    for name in names:
        inp = inputs["binary_" + name]
        # In float64: the reference sums in the precision of its input.
        preds, target = torch.tensor(inp.preds, dtype=torch.float64), torch.tensor(inp.target, dtype=torch.float64)
        details: Options = {"reference": "torcheval"}
        if len(np.unique(inp.target)) == 1:
            details["oddity"] = "no-negatives" if inp.target[0] else "no-positives"
        elif not inp.logits and (np.abs(inp.target - inp.preds) == 1).any():
            details |= {"oddity": "entropy-clamped", "right": math.inf}
        for weighted in (False, True) if inp.weights is not None else (False,):
            weight = torch.tensor(inp.weights, dtype=torch.float64) if weighted else None
            value = binary_normalized_entropy(preds, target, weight=weight, from_logits=inp.logits)
            options = {"weighted": True} if weighted else {}
            case(golden, "normalized_entropy", "binary_" + name, inp, options, value, **details)


@domain("curves", libraries=("torchmetrics", "torch", "scikit-learn", "numpy", "torcheval"))
def declare(golden: Golden) -> None:
    inputs = all_inputs()
    for name, inp in inputs.items():
        golden.input(name, preds=inp.preds, target=inp.target, weights=inp.weights, groups=inp.groups)
    torchmetrics_cases(golden, inputs)
    ranking_cases(golden, inputs)
    weighted_cases(golden, inputs)
    interval_cases(golden, inputs)
    area_cases(golden)
    entropy_cases(golden, inputs)

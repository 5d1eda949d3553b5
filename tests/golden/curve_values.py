"""The values of the metrics of `curves.py`: by torchmetrics, and by definition."""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional import classification as tm

import definitions as by
from curve_inputs import AT, CURVES, FAIRNESS, FROM_PRECISION, RANGES, RANKING, Input, Thresholds
from harness import Options
from inputs import task_options

RANKING_DEFINITIONS = {
    "coverage_error": by.coverage_error,
    "ranking_loss": by.ranking_loss,
    "ranking_average_precision": by.ranking_average_precision,
}


# ------------------------------------------------------------------------------------------------ torchmetrics


def torchmetrics_value(metric: str, inp: Input, options: Options) -> Any:
    arguments = dict(options)
    arguments |= {k: v for k, v in task_options(inp.task, inp.size).items() if k != "task"}
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
        return RANKING_DEFINITIONS[metric](scores, target, known, weights)
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

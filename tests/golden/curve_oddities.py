"""Why a value of torchmetrics is not the value by definition. A difference without a known reason ends the run."""

import importlib
import math
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torchmetrics.utilities.data import interp

import definitions as by
from curve_inputs import AT, FAIRNESS, FROM_PRECISION, RANGES, RANKING, Input
from curve_values import as_array, defined_value, torchmetrics_value
from harness import Options, close

TOLERANCE = 2e-6


def agree(a: Any, b: Any) -> bool:
    return close(a, b, TOLERANCE)


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
    assert imitated is None or agree(value, imitated) or metric in exempt, (metric, options, value, imitated)
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
                assert agree(torchmetrics_value(metric, inp, options), imitated), (metric, options, value, imitated)
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
        assert agree(value, imitated), (metric, options)
        return "macro-precision-recall", None
    if reason is not None:
        assert imitated is None or agree(value, imitated), (metric, options, value, imitated)
        return reason, None if right is None or agree(value, right) else right
    assert right is not None
    if metric in AT and any(v["threshold"] == 1e6 for v in (value if isinstance(value, list) else [value])):
        assert agree(value, right), (metric, options, value, right)
        return "threshold-1e6", None
    if agree(value, right):
        return None, None
    reason = wrong_because(metric, inp, options, value, imitated)
    # The macro curve has lost the lower ends of steep parts: which point is nearest is a matter of chance.
    return reason, None if (metric, reason) == ("eer", "macro-roc-end") else right

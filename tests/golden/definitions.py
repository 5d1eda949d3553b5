"""The metrics of `curves.py` by their definitions, in float64 and without torchmetrics.

`curves.py` checks the reference against these, and takes from here what the reference gets wrong or lacks.
Wherever a `reference` flag appears, true imitates what torchmetrics does and false is what it should do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Curve = dict[str, Array]

NAN = math.nan


@dataclass(frozen=True)
class Problem:
    """One class or label against the rest, or the positives of a binary task."""

    scores: Array
    positive: Array
    weights: Array

    @property
    def positives(self) -> float:
        return float(self.weights[self.positive].sum())

    @property
    def negatives(self) -> float:
        return float(self.weights[~self.positive].sum())

    def counts(self, thresholds: Array | None) -> tuple[Array, Array, Array]:
        """Thresholds from the last to the first, or all scores downwards, and the weights at or above them."""
        down = np.unique(self.scores[self.weights > 0])[::-1] if thresholds is None else thresholds[::-1]
        above = self.scores >= down[:, None]
        return down, above @ (self.positive * self.weights), above @ (~self.positive * self.weights)


def divide(a: Array, b: float | Array, empty: float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(b) == 0, empty, a / b)


# ------------------------------------------------------------------------------------------------ curves


def roc(problem: Problem, thresholds: Array | None = None, *, start: float = 1.0) -> Curve:
    down, tp, fp = problem.counts(thresholds)
    if thresholds is None:
        down, tp, fp = (np.concatenate([[first], rest]) for first, rest in ((start, down), (0, tp), (0, fp)))
    return {"fpr": divide(fp, problem.negatives, 0.0), "tpr": divide(tp, problem.positives, 0.0), "thresholds": down}


def closed(curve: Curve) -> Curve:
    """With the ends (0, 0) and (1, 1)."""
    return {k: np.concatenate([[0.0], curve[k], [1.0]]) for k in ("fpr", "tpr")}


def open_ended(curve: Curve) -> bool:
    ends = [float(curve[k][i]) for k in ("fpr", "tpr") for i in (0, -1)]
    return ends != [0.0, 1.0, 0.0, 1.0]


def precision_recall(problem: Problem, thresholds: Array | None, no_positives: float) -> Curve:
    """Upwards, and the appended point (1, 0). `no_positives` is the recall of the exact curve without any."""
    down, tp, fp = problem.counts(thresholds)
    recall = divide(tp, problem.positives, no_positives if thresholds is None else NAN)
    precision = divide(tp, tp + fp, NAN)
    return {
        "precision": np.append(precision[::-1], 1.0),
        "recall": np.append(recall[::-1], 0.0),
        "thresholds": down[::-1],
    }


def interpolate_reference(x: Array, xp: Array, fp: Array) -> Array:
    """`torchmetrics.utilities.compute.interp`: flat where `xp` stands still, and so too low at a steep end."""
    slope = divide(np.diff(fp), np.diff(xp), 0.0)
    index = np.clip((x[:, None] >= xp).sum(1) - 1, 0, len(slope) - 1)
    return slope[index] * x + (fp[:-1] - slope * xp[:-1])[index]


def macro_roc(problems: Sequence[Problem], thresholds: Array | None, *, reference: bool) -> Curve | None:
    if not reference:
        problems = [p for p in problems if p.positives and p.negatives]
    if not problems:
        return None
    # Where a curve stands still in `fpr`, np.interp gives the last value.
    curves = [roc(p, thresholds) for p in problems]
    grid = np.sort(np.concatenate([c["fpr"] for c in curves]))
    if reference:
        rows = [interpolate_reference(grid, c["fpr"], c["tpr"]) for c in curves]
    else:
        rows = [np.interp(grid, c["fpr"], c["tpr"]) for c in map(closed, curves)]
    down = np.sort(np.concatenate([c["thresholds"] for c in curves]))[::-1]
    return {"fpr": grid, "tpr": np.mean(rows, axis=0), "thresholds": down}


def macro_precision_recall_reference(curves: Sequence[Curve]) -> Curve:
    """Not a definition: precision does not rise along the curve, which interpolation takes for granted."""
    grid = np.sort(np.concatenate([c["precision"] for c in curves]))
    rows = [interpolate_reference(grid, c["precision"], c["recall"]) for c in curves]
    up = np.sort(np.concatenate([c["thresholds"] for c in curves]))
    return {"precision": grid, "recall": np.mean(rows, axis=0), "thresholds": up}


# ------------------------------------------------------------------------------------------------ areas and points


def area(x: Array, y: Array) -> float:
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def auroc(curve: Curve, max_fpr: float | None = None) -> float:
    fpr, tpr = curve["fpr"], curve["tpr"]
    if max_fpr is None or max_fpr == 1 or fpr.sum() == 0 or tpr.sum() == 0:
        return area(fpr, tpr)
    stop = int((fpr <= max_fpr).sum())
    at = np.interp(max_fpr, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1])
    partial = area(np.append(fpr[:stop], max_fpr), np.append(tpr[:stop], at))
    low = max_fpr**2 / 2
    return float((1 + (partial - low) / (max_fpr - low)) / 2)


def average_precision(curve: Curve, *, binned: bool) -> float:
    """Steps of recall times precision. Binned, what is not a number counts as zero."""
    precision, recall = curve["precision"], curve["recall"]
    if binned:
        precision, recall = np.nan_to_num(precision), np.nan_to_num(recall)
    return float(-np.sum(np.diff(recall) * precision[:-1]))


def eer(curve: Curve) -> float:
    fpr, fnr = curve["fpr"], 1 - curve["tpr"]
    distance = np.abs(fpr - fnr)
    first = int(np.argmax(distance <= distance.min() + 1e-9))
    return float((fpr[first] + fnr[first]) / 2)


def eer_at_ties(curve: Curve) -> list[float]:
    """The values at all points that are nearest, if only just not."""
    fpr, fnr = curve["fpr"], 1 - curve["tpr"]
    distance = np.abs(fpr - fnr)
    return [float(v) for v in ((fpr + fnr) / 2)[distance <= distance.min() + 1e-6]]


def log_auc(curve: Curve, low: float, high: float) -> float:
    """For a curve from (0, 0) to (1, 1) and 0 < low."""
    fpr, tpr = curve["fpr"], curve["tpr"]
    inside = (fpr > low) & (fpr < high)
    first = int((fpr < high).sum())  # the lower end of what stands at `high`, if anything does
    at_high = np.interp(high, fpr[first - 1 : first + 1], tpr[first - 1 : first + 1])
    x = np.log10(np.concatenate([[low], fpr[inside], [high]]))
    y = np.concatenate([[np.interp(low, fpr, tpr)], tpr[inside], [at_high]])
    return area(x, y) / float(x[-1] - x[0])


def recall_at_precision(curve: Curve, least: float) -> tuple[float, float]:
    rows = zip(curve["recall"], curve["precision"], curve["thresholds"], strict=False)
    best = max((row for row in rows if row[1] >= least), default=(0.0, 0.0, NAN))
    return float(best[0]), float(best[2]) if best[0] else NAN


def precision_at_recall(curve: Curve, least: float) -> tuple[float, float]:
    rows = zip(curve["precision"], curve["recall"], curve["thresholds"], strict=False)
    best = max((row for row in rows if row[1] >= least and not math.isnan(row[0])), default=(0.0, 0.0, NAN))
    return float(best[0]), float(best[2]) if best[0] else NAN


def sensitivity_at_specificity(curve: Curve, least: float) -> tuple[float, float]:
    return best_where(curve["tpr"], 1 - curve["fpr"], curve["thresholds"], least)


def specificity_at_sensitivity(curve: Curve, least: float) -> tuple[float, float]:
    return best_where(1 - curve["fpr"], curve["tpr"], curve["thresholds"], least)


def best_where(value: Array, other: Array, thresholds: Array, least: float) -> tuple[float, float]:
    """The first of the greatest values, from the highest threshold down. 1 - 0.9 is not less than 0.1 here."""
    allowed = np.flatnonzero(other >= least - 1e-12)
    if not len(allowed):
        return 0.0, 1e6
    best = allowed[np.argmax(value[allowed])]
    return float(value[best]), float(thresholds[best])


def average(values: Array, how: str, weights: Array, defined: Array) -> Any:
    if how == "none":
        return values
    values, weights = values[defined], weights[defined]
    if not len(values):
        return NAN
    if how == "macro":
        return float(values.mean())
    return float(np.sum(values * weights) / weights.sum()) if weights.sum() else 0.0


# ------------------------------------------------------------------------------------------------ calibration, hinge


def calibration_error(
    confidence: Array, right: Array, weights: Array, n_bins: int, norm: str, *, reference: bool
) -> float:
    """Bins are closed below and open above. The last one has 1.0 too; in the reference that has a bin of its own."""
    index = np.searchsorted(np.arange(n_bins + 1) / n_bins, confidence, side="right") - 1
    if not reference:
        index = np.minimum(index, n_bins - 1)
    gaps, shares = [], []
    for i in range(n_bins + 1):
        w = weights * (index == i)
        if w.sum() > 0:
            gaps.append(abs(np.sum(w * right) - np.sum(w * confidence)) / w.sum())
            shares.append(w.sum() / weights.sum())
    gap, share = np.array(gaps), np.array(shares)
    if norm == "max":
        return float(gap.max())
    return float(np.sum(gap * share)) if norm == "l1" else math.sqrt(float(np.sum(gap**2 * share)))


def binary_hinge(values: Array, positive: Array, weights: Array, *, squared: bool) -> float:
    loss = np.maximum(1 - np.where(positive, values, -values), 0)
    return float(np.average(loss**2 if squared else loss, weights=weights))


def multiclass_hinge(values: Array, target: Array, weights: Array, *, squared: bool, one_vs_all: bool) -> Any:
    own = np.arange(values.shape[1]) == target[:, None]
    if one_vs_all:
        return np.array(
            [binary_hinge(values[:, c], own[:, c], weights, squared=squared) for c in range(values.shape[1])]
        )
    margin = values[own] - np.where(own, -np.inf, values).max(1)
    return binary_hinge(margin, np.ones(len(margin), bool), weights, squared=squared)


# ------------------------------------------------------------------------------------------------ ranking


def coverage_error(scores: Array, target: Array, known: Array, weights: Array) -> float:
    """How many of the known labels have to be taken, from the highest score down, to have all that are relevant."""
    rows = []
    for s, t, k in zip(scores, target, known, strict=True):
        relevant = s[k & (t == 1)]
        rows.append((s[k] >= relevant.min()).sum() if len(relevant) else 0)
    return float(np.average(rows, weights=weights))


def ranking_loss(scores: Array, target: Array, known: Array, weights: Array) -> float:
    """The share of pairs of a relevant and another label in which the relevant one has no greater score."""
    rows = []
    for s, t, k in zip(scores, target, known, strict=True):
        relevant, other = s[k & (t == 1)], s[k & (t != 1)]
        rows.append((relevant[:, None] <= other).mean() if len(relevant) and len(other) else 0.0)
    return float(np.average(rows, weights=weights))


def ranking_average_precision(scores: Array, target: Array, known: Array, weights: Array) -> float:
    """The mean over relevant labels of the share of relevant ones among those with at least its score."""
    rows = []
    for s, t, k in zip(scores, target, known, strict=True):
        s, relevant = s[k], t[k] == 1
        if not relevant.any() or relevant.all():
            rows.append(1.0)
        else:
            rows.append(float(np.mean([relevant[s >= x].mean() for x in s[relevant]])))
    return float(np.average(rows, weights=weights))


# ------------------------------------------------------------------------------------------------ intervals


def delong(problem: Problem) -> tuple[float, float]:
    """Area and its variance, pair by pair."""
    positive, negative = problem.scores[problem.positive], problem.scores[~problem.positive]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    v10, v01 = wins.mean(1), wins.mean(0)
    return float(wins.mean()), float(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))

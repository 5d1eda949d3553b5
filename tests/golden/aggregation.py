"""Sums, means and extremes of numbers, over all updates or the last ones, by torchmetrics in float64."""

import itertools
from typing import Any

import numpy as np
import torch
import torchmetrics
from torchmetrics.aggregation import RunningMean, RunningSum

from harness import Golden, Options, domain, plain, rng
from regression import run
from regression_definitions import TOLERANCE
from regression_inputs import INF, NAN, Input, grid, made

BATCHES = {12: ([12], [3, 3, 3, 3], [5, 1, 4, 2], [1] * 12), 6: ([2, 2, 2], [3, 1, 2])}
"""The lengths of the updates, by the length of the input."""


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


def aggregation_cases(golden: Golden, inputs: dict[str, Input]) -> None:
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
                value = plain(run(make(**given), *data))
                slug = None
                if metric == "mean" and weighted and strategy not in (None, "ignore"):
                    slug = "weights-disabled" if strategy == "disable" else "nan-weight"
                right = aggregated(metric, inp, options)
                golden.compared(metric, name, value, right, options=options, oddity=slug, within=TOLERANCE)


def running_cases(golden: Golden, inputs: dict[str, Input]) -> None:
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
                right = aggregated(metric.removeprefix("running_"), rest, options)
                golden.compared(metric, name, running.compute(), right, options=options, within=TOLERANCE)


@domain("aggregation", libraries=("torchmetrics", "torch", "numpy"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    values, running = aggregation_inputs(), running_inputs()
    for name, inp in (values | running).items():
        golden.input(name, **inp.tensors())
    aggregation_cases(golden, values)
    running_cases(golden, running)

"""Regression with sample weights, which torchmetrics lacks: by scikit-learn, scipy or numpy."""

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.stats
from sklearn import metrics as sk

import regression_definitions as by
from harness import Golden, Options
from regression_definitions import Definition, agree, unlist
from regression_inputs import NAN, Array, Input


def weighted_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for name, inp in inputs.items():
        for metric, options, value, source, definition, defaults in weighted_values(inp):
            o = defaults | {"num_outputs": 1} | options
            right = definition(inp, o)
            assert agree(value, right), f"{metric} {name} {options}: {value}, by definition {right}"
            if inp.outputs == 1 and options.get("multioutput"):
                continue
            if name not in ("weighted", "weighted_zeros", "weighted_columns3", "weighted_signed") and (
                options.get("p") in (1.0, 2.0, 3.0)
                or options.get("power") in (-1.0, 1.0, 2.0, 3.0)
                or options.get("normalization") == "l2"
                or (options.get("squared") is False and name == "weighted_ones")
            ):
                continue
            golden.case(metric, name, value, options=options | {"weighted": True}, reference=source)


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
        yield "mean_squared_error", {"num_outputs": n}, mse, "scikit-learn", by.mean_squared_error, {"squared": True}
        # Over all outputs at once: their mean would be another number.
        rmse = sk.root_mean_squared_error(y, x, **how) if n == k else math.sqrt(mse)
        yield (
            "mean_squared_error",
            {"squared": False, "num_outputs": n},
            rmse,
            "scikit-learn",
            by.mean_squared_error,
            {},
        )
        mae = sk.mean_absolute_error(y, x, **how)
        yield "mean_absolute_error", {"num_outputs": n}, mae, "scikit-learn", by.mean_absolute_error, {}
    for mode in ("uniform_average", "raw_values", "variance_weighted"):
        options: Options = {} if mode == "uniform_average" else {"multioutput": mode}
        for metric, function, definition in (
            ("r2_score", sk.r2_score, by.r2_score),
            ("explained_variance", sk.explained_variance_score, by.explained_variance),
        ):
            value = np.atleast_1d(function(y, x, multioutput=mode, **weight))
            defaults = {"multioutput": "uniform_average", "adjusted": 0}
            yield metric, options, unlist(value.tolist()), "scikit-learn", definition, defaults
    mape = sk.mean_absolute_percentage_error(y, x, **weight)
    yield "mean_absolute_percentage_error", {}, mape, "scikit-learn", by.mean_absolute_percentage_error, {}
    if min(x.min(), y.min()) > 0:
        msle = sk.mean_squared_log_error(y, x, **weight)
        yield "mean_squared_log_error", {}, msle, "scikit-learn", by.mean_squared_log_error, {}
    for power in (-1.0, 0.0, 1.0, 1.5, 2.0, 3.0):
        if power and min(x.min(), y.min()) <= 0:
            continue
        value = sk.mean_tweedie_deviance(every[1], every[0], power=power, sample_weight=each)
        options = {"power": power} if power else {}
        yield "tweedie_deviance_score", options, value, "scikit-learn", by.weighted_deviance, {"power": 0.0}

    # scipy: weights are so many sixteenths, so the correlation of samples that are there so many times.
    here = {"num_outputs": k}
    columns = list(zip(rows[0].T, rows[1].T, strict=True))
    times = (16 * w).astype(int)
    repeated = [(np.repeat(a, times), np.repeat(b, times)) for a, b in columns]

    def scipy_ranks(function: Callable[..., Any], of: list[tuple[Array, Array]], **how: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return unlist([float(function(a, b, **how).statistic) for a, b in of])

    spearman = scipy_ranks(scipy.stats.spearmanr, repeated)
    yield "spearman_corrcoef", here, spearman, "scipy", by.weighted_spearman, {}
    tau = scipy_ranks(scipy.stats.weightedtau, columns, rank=np.arange(len(w)), weigher=lambda r: w[r], additive=False)
    yield "kendall_rank_corrcoef", here | {"variant": "b"}, tau, "scipy", by.weighted_kendall, {}
    tau = scipy_ranks(scipy.stats.kendalltau, repeated, variant="c")
    yield "kendall_rank_corrcoef", here | {"variant": "c"}, tau, "scipy", by.weighted_kendall, {}
    # Repeated samples would be pairs of their own.
    tau = by.weighted_kendall(inp, {"variant": "a"})
    yield "kendall_rank_corrcoef", here | {"variant": "a"}, tau, "definition", by.weighted_kendall, {}

    # numpy.
    def numpy(
        metric: str, options: Options, value: Any, definition: Definition, defaults: Options | None = None
    ) -> tuple[str, Options, Any, str, Definition, Options]:
        return metric, options, unlist(np.atleast_1d(value).tolist()), "numpy", definition, defaults or {}

    both = [moments(a, b, w) for a, b in zip(rows[0].T, rows[1].T, strict=True)]
    pearson = [c / math.sqrt(u * v) if u and v else NAN for _, _, u, v, c in both]
    yield numpy("pearson_corrcoef", here, pearson, by.pearson_corrcoef)
    ccc = [2 * c / (u + v + (a - b) ** 2) for a, b, u, v, c in both]
    yield numpy("concordance_corrcoef", here, ccc, by.concordance_corrcoef)
    rse = np.array([np.average((a - b) ** 2, weights=w) for a, b in zip(rows[0].T, rows[1].T, strict=True)])
    with np.errstate(divide="ignore"):
        rse = rse / np.array([v for _, _, _, v, _ in both])
    yield numpy("relative_squared_error", here, rse.mean(), by.relative_squared_error, {"squared": True})
    yield numpy("relative_squared_error", {"squared": False} | here, np.sqrt(rse).mean(), by.relative_squared_error)
    difference = rows[0] - rows[1]
    yield numpy("log_cosh_error", here, np.average(np.log(np.cosh(difference)), axis=0, weights=w), by.log_cosh_error)
    for n in outputs:
        for kind in ("mean", "range", "std", "l2"):
            options = {"num_outputs": n} if kind == "mean" else {"normalization": kind, "num_outputs": n}
            value = numpy_nrmse(kind=kind, **(split if n == k else flat))
            definition, defaults = by.normalized_root_mean_squared_error, {"normalization": "mean"}
            yield numpy("normalized_root_mean_squared_error", options, value, definition, defaults)
    d, a, b = np.abs(every[0] - every[1]), np.abs(every[0]), np.abs(every[1])
    smape = 2 * np.average(d / (a + b), weights=each)
    yield numpy("symmetric_mean_absolute_percentage_error", {}, smape, by.symmetric_mean_absolute_percentage_error)
    wmape = (each * d).sum() / (each * b).sum()
    yield numpy("weighted_mean_absolute_percentage_error", {}, wmape, by.weighted_mean_absolute_percentage_error)
    for p in (1.0, 1.5, 2.0, 3.0):
        yield numpy("minkowski_distance", {"p": p}, (each * d**p).sum() ** (1 / p), by.minkowski_distance)


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

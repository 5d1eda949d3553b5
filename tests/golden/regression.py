"""Regression metrics by the classes of torchmetrics, scipy and torcheval in one update of float64 tensors.

Every value is compared with `regression_definitions.py`. A difference without a known reason ends the run.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.stats
import torch
from numpy.typing import NDArray
from torcheval.metrics import ClickThroughRate, WeightedCalibration
from torchmetrics import regression as tm

import regression_definitions as by
import regression_oddities as odd
from harness import Golden, Options, domain, plain
from regression_definitions import TOLERANCE, Definition, agree, quotient, root, unlist
from regression_inputs import (
    Array,
    Input,
    click_inputs,
    column_inputs,
    ensemble_inputs,
    field_inputs,
    fractions,
    log_probability_inputs,
    made,
    plain_inputs,
    positive_inputs,
    probability_inputs,
    rank_inputs,
    vector_inputs,
    wasserstein_inputs,
    weighted_inputs,
)
from regression_oddities import Oddity
from regression_weighted import weighted_cases

SINGLE = 1e-6
"""For what the reference computes in float32 whatever it is given."""

# ------------------------------------------------------------------------------------------------ torchmetrics


@dataclass(frozen=True)
class Metric:
    """A class of the reference, which options to try, and what it should compute."""

    make: Callable[..., Any]
    defaults: Options
    axes: Callable[[Input], Options]
    inputs: Sequence[str]
    definition: Definition
    oddity: Callable[[Input, Options, Any, Any], Oddity | None] = odd.unknown
    single: bool = False


def outputs_of(inp: Input) -> Options:
    """What `num_outputs` can be where an output is never flattened."""
    return {"num_outputs": (inp.outputs,)}


def outputs_or_flat(inp: Input) -> Options:
    return {"num_outputs": (1,) if inp.outputs == 1 else (1, inp.outputs)}


def multioutput(inp: Input) -> Options:
    return {"multioutput": ("uniform_average", "raw_values", "variance_weighted")}


def r2_axes(inp: Input) -> Options:
    n = len(inp.preds)
    return multioutput(inp) | {"adjusted": (0, 2, 5, n - 2, n - 1, n) if n in (37, 12) else (0, 1)}


def nothing(inp: Input) -> Options:
    return {}


def catalogue(groups: dict[str, list[str]]) -> dict[str, Metric]:
    plain_, positive_, columns = groups["plain"], groups["positive"], groups["columns"]
    usual = [*plain_, *columns]
    squared = {"squared": (True, False)}
    reductions = {"reduction": ("sum", "mean", "none")}
    divergences = {"log_prob": False, "reduction": "mean"}

    def divergence_axes(inp: Input) -> Options:
        return reductions | {"log_prob": (bool((inp.preds < 0).any()),)}

    def csi_axes(inp: Input) -> Options:
        return {"threshold": (0.5, 0.25, 5.0), "keep_sequence_dim": (None, *range(inp.preds.ndim))}

    def kendall_axes(inp: Input) -> Options:
        return outputs_of(inp) | {
            "variant": ("a", "b", "c"),
            "t_test": (False, True),
            "alternative": ("two-sided", "less", "greater"),
        }

    few = [n for n in usual if n not in ("one_right", "shifted", "anticorrelated", "columns3_pair", "biased", "pair")]
    percentages = [
        n for n in few if n not in ("constant_both", "small", "small_target", "columns3_constant", "columns2")
    ]
    percentages += ["positive", "positive_one", "positive_columns3", "positive_column1"]
    rare = (
        "small",
        "small_target",
        "zero_target",
        "zeros_in_target",
        "biased",
        "negative",
        "one_right",
        "columns3_pair",
    )
    correlated = [n for n in usual if n not in rare]
    explained = [n for n in usual if n not in ("negative", "columns3_pair", "anticorrelated")]
    ranks = groups["ranks"]
    tied = ["ties", "all_tied", "independent", "large", "large_ties", "columns3_ties"]
    kendall = [
        *("ordinary", "pair", "one", "perfect", "opposite", "anticorrelated", "constant_both"),
        *("columns3", "columns2", "columns3_constant"),
    ]
    reads = [*positive_, "zero_target", "ordinary", "zeros_in_target", "columns3_one"]
    return {
        "mean_squared_error": Metric(
            tm.MeanSquaredError,
            {"squared": True},
            lambda i: squared | outputs_or_flat(i),
            explained,
            by.mean_squared_error,
        ),
        "mean_absolute_error": Metric(tm.MeanAbsoluteError, {}, outputs_or_flat, few, by.mean_absolute_error),
        "log_cosh_error": Metric(tm.LogCoshError, {}, outputs_of, few, by.log_cosh_error, odd.odd_log_cosh),
        "mean_squared_log_error": Metric(
            tm.MeanSquaredLogError, {}, nothing, [*reads, "msle_edge"], by.mean_squared_log_error, odd.odd_log
        ),
        "mean_absolute_percentage_error": Metric(
            tm.MeanAbsolutePercentageError,
            {},
            nothing,
            percentages,
            by.mean_absolute_percentage_error,
            odd.odd_percentage,
        ),
        "symmetric_mean_absolute_percentage_error": Metric(
            tm.SymmetricMeanAbsolutePercentageError,
            {},
            nothing,
            percentages,
            by.symmetric_mean_absolute_percentage_error,
        ),
        "weighted_mean_absolute_percentage_error": Metric(
            tm.WeightedMeanAbsolutePercentageError,
            {},
            nothing,
            percentages,
            by.weighted_mean_absolute_percentage_error,
            odd.odd_percentage,
        ),
        "minkowski_distance": Metric(
            tm.MinkowskiDistance, {}, lambda i: {"p": (1.0, 1.5, 2.0, 3.0)}, few, by.minkowski_distance
        ),
        "normalized_root_mean_squared_error": Metric(
            tm.NormalizedRootMeanSquaredError,
            {"normalization": "mean"},
            lambda i: {"normalization": ("mean", "range", "std", "l2")} | outputs_or_flat(i),
            [n for n in few if n not in ("zeros_in_target", "opposite", "far", "columns2", "small_target")],
            by.normalized_root_mean_squared_error,
            odd.odd_mean,
        ),
        "relative_squared_error": Metric(
            tm.RelativeSquaredError,
            {"squared": True},
            lambda i: squared | outputs_of(i),
            explained,
            by.relative_squared_error,
            odd.odd_relative,
        ),
        "r2_score": Metric(
            tm.R2Score, {"adjusted": 0, "multioutput": "uniform_average"}, r2_axes, usual, by.r2_score, odd.odd_share
        ),
        "explained_variance": Metric(
            tm.ExplainedVariance,
            {"multioutput": "uniform_average"},
            multioutput,
            explained,
            by.explained_variance,
            odd.odd_share,
        ),
        "pearson_corrcoef": Metric(tm.PearsonCorrCoef, {}, outputs_of, [*correlated, *tied], by.pearson_corrcoef),
        "concordance_corrcoef": Metric(
            tm.ConcordanceCorrCoef, {}, outputs_of, [*correlated, *tied], by.concordance_corrcoef, odd.odd_concordance
        ),
        "spearman_corrcoef": Metric(
            tm.SpearmanCorrCoef, {}, outputs_of, [*correlated, *ranks], by.spearman_corrcoef, odd.odd_spearman
        ),
        "kendall_rank_corrcoef": Metric(
            tm.KendallRankCorrCoef,
            {"variant": "b", "t_test": False, "alternative": "two-sided"},
            kendall_axes,
            [*kendall, *ranks],
            by.kendall_rank_corrcoef,
            odd.odd_kendall,
        ),
        "tweedie_deviance_score": Metric(
            tm.TweedieDevianceScore,
            {"power": 0.0},
            lambda i: {"power": (-1.0, -0.5, 0.0, 1.0, 1.5, 1.9, 2.0, 2.5, 3.0)},
            [*positive_, "ordinary", "zeros_in_target"],
            by.tweedie_deviance_score,
        ),
        "cosine_similarity": Metric(
            tm.CosineSimilarity,
            {"reduction": "sum"},
            lambda i: reductions,
            groups["vectors"],
            by.cosine_similarity,
            odd.odd_zero,
            True,
        ),
        "kl_divergence": Metric(
            tm.KLDivergence, divergences, divergence_axes, groups["probabilities"], by.kl_divergence, odd.odd_divergence
        ),
        "js_divergence": Metric(
            tm.JensenShannonDivergence,
            divergences,
            divergence_axes,
            groups["probabilities"],
            by.js_divergence,
            odd.odd_divergence,
        ),
        "continuous_ranked_probability_score": Metric(
            tm.ContinuousRankedProbabilityScore,
            {},
            nothing,
            groups["ensembles"],
            by.continuous_ranked_probability_score,
        ),
        "critical_success_index": Metric(
            tm.CriticalSuccessIndex,
            {"keep_sequence_dim": None},
            csi_axes,
            groups["fields"],
            by.critical_success_index,
            odd.odd_index,
        ),
    }


def combinations(axes: Options) -> Iterator[Options]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


# Inputs that get every combination of options, or more of them than others.
THOROUGH = {
    "kendall_rank_corrcoef": ("ties", "independent", "columns3_ties", "preds_tied", "pair"),
    "r2_score": ("ordinary", "columns3", "columns2", "pair", "perfect", "constant_target"),
    "explained_variance": ("ordinary", "constant_target", "perfect"),
    "critical_success_index": ("field", "field_2d", "field_3d", "field_low"),
    "kl_divergence": ("probabilities", "probabilities_zero_q", "log_probabilities", "probabilities_unnormalized"),
    "js_divergence": ("probabilities", "probabilities_zero_q", "log_probabilities", "probabilities_unnormalized"),
    "minkowski_distance": ("ordinary", "columns3", "near_1e3", "far", "perfect", "one"),
}
# Inputs where only the usual options are of interest.
BRIEF = (
    *("one_right", "shifted", "anticorrelated", "biased", "negative", "zero_target", "zeros_in_target", "small"),
    *("constant_equal", "columns3_near_1e3", "columns3_pair", "columns2_constant_targets", "opposite"),
)


def sensible(metric: str, name: str, options: Options, inp: Input) -> bool:
    """Leaves out what would say the same thing twice."""
    thorough = name in THOROUGH.get(metric, ())
    match metric:
        case "kendall_rank_corrcoef":
            if not options["t_test"]:
                return options["alternative"] == "two-sided" and name in ("ordinary", "ties", "columns3_ties")
            return thorough or options["alternative"] == "two-sided"
        case "r2_score":
            if options["adjusted"] and inp.outputs == 1 and options["multioutput"] != "uniform_average":
                return False
            if inp.outputs > 1 and options["adjusted"] not in (0, 2, len(inp.preds) - 1):
                return False
            several = inp.outputs > 1 or options["multioutput"] == "uniform_average"
            return thorough or (several and not options["adjusted"])
        case "explained_variance":
            return thorough or inp.outputs > 1 or options["multioutput"] == "uniform_average"
        case "critical_success_index":
            return options["threshold"] in ((0.5, 0.25, 5.0) if thorough else (0.5,)) and not (
                options["threshold"] == 5.0 and options["keep_sequence_dim"]
            )
        case "kl_divergence" | "js_divergence":
            return thorough or options["reduction"] == "none"
        case "minkowski_distance":
            return thorough or options["p"] == 1.5
        case "mean_squared_error" | "relative_squared_error":
            return options["squared"] or (name not in BRIEF and "constant" not in name)
        case "normalized_root_mean_squared_error":
            if name in BRIEF or "near" in name:
                return options["normalization"] in ("mean", "std")
            return "constant" not in name or options["normalization"] != "l2"
        case "tweedie_deviance_score":
            if name in ("positive", "positive_any_target"):
                return True
            brief = name in ("positive_pair", "positive_constant", "positive_column1", "positive_one")
            return options["power"] in ((1.0, 1.5, 2.0) if brief else (-1.0, 0.0, 1.0, 1.5, 2.0, 3.0))
    return True


def run(metric: Any, *data: NDArray[Any] | None) -> Any:
    """What an object says after one update, in float64."""
    metric.set_dtype(torch.float64)
    metric.update(*(torch.tensor(a) for a in data if a is not None))
    value = metric.compute()
    return list(value) if isinstance(value, tuple) else value


def torchmetrics_cases(golden: Golden, inputs: dict[str, Input], catalogue: dict[str, Metric]) -> None:
    for metric, how in catalogue.items():
        for name in how.inputs:
            inp = inputs[name]
            for options in combinations(how.axes(inp)):
                if not sensible(metric, name, options, inp):
                    continue
                compute = lambda: run(how.make(**options), inp.preds, inp.true)  # noqa: B023, E731
                value = plain(golden.attempt(f"{metric} of {name}", compute))
                if value is None:
                    continue
                single = how.single or options.get("keep_sequence_dim") is not None
                right = plain(how.definition(inp, how.defaults | {"num_outputs": 1} | options))
                found: Oddity | None = (inp.oddity, None) if inp.oddity else None
                if metric == "mean_squared_log_error":
                    found = how.oddity(inp, options, value, right)
                if not agree(value, right, SINGLE if single else TOLERANCE):
                    found = found or how.oddity(inp, how.defaults | options, value, right)
                    assert found, f"{metric} {name} {options}: {value}, by definition {right}"
                recorded = {k: v for k, v in options.items() if k not in how.defaults or v != how.defaults[k]}
                details: Options = {"options": recorded, "tolerance": SINGLE if single else None}
                if found:
                    details |= {"oddity": found[0], "right": found[1]}
                golden.case(metric, name, value, **details)


# ------------------------------------------------------------------------------------------------ scipy and torcheval


def wasserstein_1d(inp: Input, weighted: bool) -> float:
    """The integral of the difference of the two distribution functions."""
    assert inp.target is not None and inp.weights is not None and inp.target_weights is not None
    sides = [(inp.preds, inp.weights), (inp.true, inp.target_weights)]
    values = [fractions(v) for v, _ in sides]
    weights = [fractions(w if weighted else np.ones(len(w))) for _, w in sides]
    shares = lambda at: [sum(w[v <= at]) / sum(w) for v, w in zip(values, weights, strict=True)]  # noqa: E731
    total = Fraction(0)
    for a, b in itertools.pairwise(sorted(np.concatenate(values))):
        one, other = shares(a)
        total += abs(one - other) * (b - a)
    return float(total)


def wasserstein_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for name, inp in inputs.items():
        for weighted in (False, True):
            weights = (inp.weights, inp.target_weights) if weighted else ()
            value = float(scipy.stats.wasserstein_distance(inp.preds, inp.true, *weights))
            # The sum over many small steps of large numbers loses nothing: differences are taken first.
            details: Options = {"options": {"weighted": True} if weighted else {}, "reference": "scipy"}
            right = wasserstein_1d(inp, weighted)
            golden.compared("wasserstein_1d", name, value, right, within=TOLERANCE, **details)


def click_cases(golden: Golden, inputs: dict[str, Input]) -> None:
    for metric, make in (("weighted_calibration", WeightedCalibration), ("click_through_rate", ClickThroughRate)):
        for name, inp in inputs.items():
            if (metric == "click_through_rate") != (inp.target is None):
                continue
            tasks = len(inp.preds) if inp.preds.ndim > 1 else 1
            for weighted in (False, True):
                weights = inp.weights if weighted else None
                data = [torch.tensor(a) for a in (inp.preds, inp.target, weights) if a is not None]
                value = plain(make(num_tasks=tasks).update(*data).compute())
                value = unlist(value) if value else value
                w = fractions(np.ones(inp.preds.shape) if weights is None else weights).reshape(tasks, -1)
                x = fractions(inp.preds).reshape(tasks, -1)
                y = fractions(inp.true).reshape(tasks, -1) if inp.target is not None else 1
                right = unlist([quotient(a, b) for a, b in zip((w * x).sum(1), (w * y).sum(1), strict=True)])
                slug = "calibration-empty" if inp.target is not None else "no-weight"
                assert agree(value, right) or value in ([], 0), (metric, name, value, right)
                options = {"num_tasks": tasks} | ({"weighted": True} if weighted else {})
                details: Options = {"options": options, "oddity": slug, "within": TOLERANCE}
                golden.compared(metric, name, value, right, reference="torcheval", **details)


# ------------------------------------------------------------------------------------------------ numbers far from zero


def stream(dtype: str, mean: float, seed: int, n: int) -> tuple[Array, Array]:
    """Predictions and targets by a small generator that any language can repeat."""
    state, numbers = seed, []
    for _ in range(2 * n):
        numbers.append(state)
        state = (state * 1664525 + 1013904223) % 2**32
    u = np.array(numbers, np.float64) / 2.0**32
    target = (mean + (u[0::2] - 0.5) * math.sqrt(12.0)).astype(dtype)
    preds = (target.astype(np.float64) + (u[1::2] - 0.5)).astype(dtype)
    return preds.astype(np.float64), target.astype(np.float64)


def stream_cases(golden: Golden) -> None:
    """Many numbers far from zero, as they are after rounding to `dtype`: exact means, and moments in two passes."""
    n = 1_000_000
    for dtype, mean, seed in (
        ("float32", 0.0, 7),
        ("float32", 1e3, 1),
        ("float32", -1e3, 12345),
        ("float64", 1e3, 2),
        ("float64", 1e8, 1),
        ("float64", 1e8, 4242),
        ("float64", -1e8, 99),
    ):
        preds, target = stream(dtype, mean, seed, n)
        # Near the mean the difference from it is exact, and so are the sums of these.
        x, y = preds - mean, target - mean
        mx, my = (Fraction(math.fsum(v)) / n for v in (x, y))

        def second(a: Array, b: Array) -> Fraction:
            """Mean of products of deviations, in two passes."""
            u, v = (c.astype(np.longdouble) - np.longdouble(math.fsum(c) / n) for c in (a, b))
            return Fraction(math.fsum(u * v)) / n

        vx, vy, cxy, error = second(x, x), second(y, y), second(x, y), second(x - y, x - y)
        mse = Fraction(math.fsum((x.astype(np.longdouble) - y) ** 2)) / n
        options = {"dtype": dtype, "mean": mean, "seed": seed, "n": n}
        moments = {
            "mean_preds": float(Fraction(mean) + mx),
            "mean_target": float(Fraction(mean) + my),
            "variance_preds": float(vx),
            "variance_target": float(vy),
        }
        golden.case("stream_moments", None, moments, options=options, reference="definition")
        scores = {
            "mse": float(mse),
            "r2": float(1 - mse / vy),
            "pearson": root(cxy**2 / (vx * vy)),
            "explained_variance": float(1 - error / vy),
            "concordance": float(2 * cxy / (vx + vy + (mx - my) ** 2)),
        }
        golden.case("stream_scores", None, scores, options=options, reference="definition")


@domain(
    "regression",
    libraries=("torchmetrics", "torch", "scikit-learn", "numpy", "scipy", "torcheval"),
    dtype=torch.float64,
)
def declare(golden: Golden) -> None:
    groups = {
        "plain": plain_inputs(),
        "positive": positive_inputs(),
        "columns": column_inputs(),
        "ranks": rank_inputs(),
        "vectors": vector_inputs(),
        "probabilities": probability_inputs() | log_probability_inputs(),
        "ensembles": ensemble_inputs(),
        "fields": field_inputs(),
        "other": {"msle_edge": made([-0.5, 0.0, -0.875, 2.0], [-0.25, -0.5, 0.5, 3.0])},
    }
    weighted, samples, clicks = weighted_inputs(), wasserstein_inputs(), click_inputs()
    for group in (*groups.values(), weighted, samples, clicks):
        for name, inp in group.items():
            golden.input(name, **inp.tensors())
    inputs = {name: inp for group in groups.values() for name, inp in group.items()}
    torchmetrics_cases(golden, inputs, catalogue({k: list(v) for k, v in groups.items()}))
    weighted_cases(golden, weighted)
    wasserstein_cases(golden, samples)
    click_cases(golden, clicks)
    stream_cases(golden)

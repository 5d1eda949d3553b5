"""Association of nominal data, and agreement of raters, by torchmetrics in float64."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats import inter_rater
from torchmetrics import nominal as tm
from torchmetrics.functional import nominal as matrices

from harness import Golden, Options, close, domain, rng
from inputs import Ints, ints, single
from tables import cells, entropy, moved, mutual_information

TOLERANCE = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """Two columns, a matrix of columns, or ratings."""

    preds: Ints | Floats
    target: Ints | None = None
    size: int = 0
    variants: tuple[Options, ...] = ({},)
    """Each is added to the options of every metric."""


# ------------------------------------------------------------------------------------------------ inputs


def from_table(r: np.random.Generator, table: Any) -> tuple[Ints, Ints]:
    """Predictions and targets with these counts (a row for each target), in random order."""
    target, preds = np.nonzero(table)
    order = r.permutation(int(np.sum(table)))
    counts = np.asarray(table)[target, preds]
    return np.repeat(preds, counts)[order], np.repeat(target, counts)[order]


REPLACED: tuple[Options, ...] = ({}, {"nan_replace_value": 2.0}, {"nan_strategy": "drop"})


def nominal_inputs() -> dict[str, Input]:
    def pair(preds: Any, target: Any, size: int, variants: tuple[Options, ...] = ({},)) -> Input:
        if np.asarray(preds).dtype != np.float64:
            preds, target = ints(preds), ints(target)
        return Input(preds, target, size, variants)

    def blanked(r: np.random.Generator, values: Any, share: float) -> Floats:
        return np.where(r.random(len(values)) < share, np.nan, np.asarray(values, np.float64))

    def inputs(r: Callable[[str], np.random.Generator]) -> Iterator[tuple[str, Input]]:
        for name, size, table in (
            ("2x2", 2, [[14, 6], [5, 15]]),
            ("2x2_weak", 2, [[10, 11], [9, 11]]),
            ("2x2_apart", 2, [[28, 1], [1, 0]]),
            ("2x2_unlucky", 2, [[40, 2], [3, 0]]),
            ("2x2_independent", 2, [[6, 9], [4, 6]]),
            ("2x2_perfect", 2, [[9, 0], [0, 11]]),
            ("2x2_rare", 2, [[50, 1], [1, 2]]),
            ("2x2_of_5", 5, [[0, 0, 0, 0, 0], [0, 7, 0, 3, 0], [0] * 5, [0] * 5, [0, 2, 0, 8, 0]]),
            ("2x3", 3, [[8, 3, 5], [2, 9, 4]]),
            ("3x4", 4, [[8, 1, 4, 2], [2, 9, 3, 3], [5, 2, 1, 10]]),
            ("4x3", 4, [[8, 1, 4], [2, 9, 3], [5, 2, 1], [3, 3, 7]]),
            ("3x3_weak", 3, [[7, 6, 7], [6, 7, 7], [7, 7, 6]]),
            ("5x5", 5, (3 * np.eye(5) + np.arange(25).reshape(5, 5) % 4).astype(int)),
            ("perfect", 3, [[0, 12, 0], [0, 0, 9], [10, 0, 0]]),
            ("preds_finer", 4, [[5, 6, 0, 0], [0, 0, 4, 7]]),
            ("target_finer", 4, [[5, 0], [6, 0], [0, 4], [0, 7]]),
            ("independent", 4, [[2, 4, 6, 3], [4, 8, 12, 6], [2, 4, 6, 3]]),
            ("constant_preds", 3, [[8], [5], [9]]),
            ("constant_target", 3, [[8, 5, 9]]),
            ("constant", 2, [[0, 0], [0, 9]]),
            ("distinct", 6, np.eye(6, dtype=int)),
            ("preds_distinct", 8, [[1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]]),
            ("preds_distinct_50", 50, np.arange(100).reshape(2, 50) // 25 % 3 == 0),
            ("almost_distinct", 5, np.diag([1, 1, 1, 1, 2])),
            ("n1", 2, [[0, 1]]),
            ("n2", 2, [[1, 0], [0, 1]]),
            ("n3", 3, [[1, 0], [1, 1]]),
        ):
            yield name, pair(*from_table(r(name), table), size)
        g = r("random")
        yield "random", pair(g.integers(3, size=80), g.integers(4, size=80), 4, ({}, {"nan_strategy": "drop"}))
        g = r("sparse")
        target = g.choice([1, 4, 5], 50)
        yield "sparse", pair(np.where(g.random(50) < 0.5, target, g.choice([0, 4, 6], 50)), target, 8)
        g = r("wide")
        target = g.integers(8, size=150)
        yield "wide", pair(np.where(g.random(150) < 0.3, target, g.integers(8, size=150)) % 5, target, 8)
        g = r("large")
        target = g.choice(3, 600, p=(0.5, 0.3, 0.2))
        yield "large", pair(np.where(g.random(600) < 0.2, target, g.integers(2, size=600)), target, 3)

        g = r("nan")
        target = g.integers(3, size=50)
        preds = moved(g, target, 3, 0.4)
        yield "nan", pair(blanked(g, preds, 0.2), blanked(g, target, 0.15), 3, REPLACED)
        yield "nan_preds", pair(blanked(g, preds, 0.3), target * 1.0, 3, REPLACED)
        variants = (*REPLACED, {"nan_replace_value": 3.0})
        yield "nan_class", pair(np.where(preds == 0, np.nan, preds), target * 1.0, 4, variants)
        g = r("nan_2x2")
        preds, target = from_table(g, [[12, 5], [6, 13]])
        yield "nan_2x2", pair(blanked(g, preds, 0.2), blanked(g, target, 0.2), 3, REPLACED)
        nan = math.nan
        yield "nan_all", pair(np.array([nan, 0, nan, 1]), np.array([1, nan, 0, nan]), 3, ({}, {"nan_strategy": "drop"}))
        yield "no_nan", pair(np.array([0.0, 2, 1, 0, 1, 2, 2]), np.array([1.0, 2, 1, 0, 0, 2, 2]), 3)

    return {"nominal_" + name: inp for name, inp in inputs(lambda name: rng("nominal_" + name))}


def matrix_inputs() -> dict[str, Input]:
    def matrix(*columns: Any, variants: tuple[Options, ...] = ({},)) -> Input:
        return Input(np.stack(columns, 1), variants=variants)

    def inputs(r: Callable[[str], np.random.Generator]) -> Iterator[tuple[str, Input]]:
        g = r("ordinary")
        base = g.integers(3, size=50)
        columns = [base, moved(g, base, 4, 0.5), g.integers(2, size=50), moved(g, base, 5, 0.8)]
        yield "ordinary", matrix(*columns, variants=({}, {"nan_strategy": "drop"}))
        g = r("binary")
        base = g.integers(2, size=40)
        yield "binary", matrix(base, moved(g, base, 2, 0.5), g.integers(2, size=40), moved(g, base, 2, 0.9))
        g = r("constant")
        yield "constant", matrix(g.integers(3, size=30), np.zeros(30, np.int64), g.integers(4, size=30))
        base = g.integers(3, size=30)
        yield "same", matrix(base, ints([2, 0, 1])[base], base % 2)
        yield "one", matrix(base)
        g = r("gap")
        base = g.integers(3, size=40)
        yield "gap", matrix(ints([0, 1, 4])[base], moved(g, base // 2, 2, 0.5))
        g = r("nan")
        base = g.integers(3, size=40)
        columns = [base, moved(g, base, 4, 0.4), moved(g, base, 3, 0.7)]
        blank = [np.where(g.random(40) < 0.2, np.nan, c) for c in columns]
        yield "nan", matrix(*blank, variants=REPLACED)

    return {"matrix_" + name: inp for name, inp in inputs(lambda name: rng("matrix_" + name))}


def rating_inputs() -> dict[str, Input]:
    def inputs(r: Callable[[str], np.random.Generator]) -> Iterator[tuple[str, Any]]:
        wikipedia = [
            *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0]),
            *([3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
        ]
        yield "wikipedia", wikipedia
        yield "ordinary", r("ordinary").multinomial(6, [0.4, 0.3, 0.2, 0.1], 30)
        g = r("agreeing")
        yield "agreeing", [g.multinomial(9, np.full(3, 0.05) + 0.85 * np.eye(3)[c]) for c in g.integers(3, size=25)]
        yield "perfect", np.eye(3, dtype=int)[[0, 2, 1, 1, 0, 2, 2, 0]] * 5
        yield "perfect_rare", np.eye(2, dtype=int)[[0] * 19 + [1]] * 4
        yield "one_category", [[6, 0, 0]] * 5
        yield "single_column", [[4]] * 3
        yield "disagreeing", [[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
        yield "two_raters", [[2, 0], [1, 1], [0, 2], [2, 0], [1, 1], [2, 0]]
        yield "one_rater", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
        yield "one_subject", [[3, 2, 0]]
        yield "unequal", [[3, 2, 1], [4, 0, 0], [1, 1, 3], [0, 5, 1], [2, 2, 0]]
        yield "unequal_perfect", [[6, 0, 0], [0, 4, 0], [0, 0, 2], [5, 0, 0]]
        yield "missing", [[4, 0, 0], [0, 0, 0], [0, 4, 0], [1, 3, 0], [0, 0, 4], [1, 0, 0]]
        yield "large", r("large").multinomial(20, np.full(6, 1 / 6), 60)

        def probabilities(name: str, subjects: int, categories: int, raters: int) -> Floats:
            g = r(name)
            truth = g.integers(categories, size=(subjects, 1))
            alpha = 1 + 2.0 * (np.arange(categories) == truth)
            p = np.stack([[g.dirichlet(a) for _ in range(raters)] for a in alpha])
            return np.round(np.moveaxis(p, 1, 2) * 64) / 64

        yield "probs", probabilities("probs", 15, 3, 5)
        yield "probs_2", probabilities("probs_2", 20, 2, 2)
        yield "probs_4", probabilities("probs_4", 8, 4, 4)
        yield "probs_few", np.concatenate([probabilities("probs_few", 8, 3, 3), np.zeros((8, 2, 3))], 1)
        yield "probs_logits", np.round(r("probs_logits").normal(0, 3, (10, 3, 4)) * 16) / 16
        yield "probs_ties", r("probs_ties").integers(3, size=(12, 3, 6)) / 4
        yield "probs_one_category", np.repeat(np.array([[[0.75], [0.25]]]), 4, 0).repeat(3, 2)

    return {
        "ratings_" + name: Input(np.asarray(values), variants=({"mode": "probs"},))
        if name.startswith("probs")
        else Input(ints(values))
        for name, values in inputs(lambda name: rng("ratings_" + name))
    }


# ------------------------------------------------------------------------------------------------ definitions


def known_values(preds: Any, target: Any, options: Options) -> tuple[Ints, Ints]:
    """Without NaN, as integers."""
    preds, target = np.asarray(preds, np.float64), np.asarray(target, np.float64)
    if options.get("nan_strategy") == "drop":
        kept = ~(np.isnan(preds) | np.isnan(target))
        preds, target = preds[kept], target[kept]
    value = options.get("nan_replace_value", 0.0)
    return ints(np.nan_to_num(preds, nan=value)), ints(np.nan_to_num(target, nan=value))


def association(metric: str, table: Ints, options: Options) -> float:
    """With scipy's chi² (and its continuity correction), corrected as by Bergsma (2013)."""
    n, (rows, columns) = int(table.sum()), table.shape
    corrected = options.get("bias_correction", True) and metric in ("cramers_v", "tschuprows_t")
    if n == 0:
        return 0.0 if metric == "theils_u" else math.nan
    if metric == "theils_u":
        h = entropy(table.sum(0))
        return mutual_information(table) / h if h else 0.0
    if 1 in (rows, columns):
        return 0.0 if metric == "pearsons_contingency_coefficient" else math.nan
    phi2 = stats.chi2_contingency(table, correction=corrected).statistic / n
    if metric == "pearsons_contingency_coefficient":
        value = math.sqrt(phi2 / (1 + phi2))
        assert close(value, stats.contingency.association(table, "pearson"), TOLERANCE)
        return value
    if corrected:
        if n in (rows, columns):
            return math.nan
        phi2 = max(phi2 - (rows - 1) * (columns - 1) / (n - 1), 0.0)
        degrees = [r - 1 - (r - 1) ** 2 / (n - 1) for r in (rows, columns)]
    else:
        degrees = [rows - 1, columns - 1]
    value = math.sqrt(phi2 / (min(degrees) if metric == "cramers_v" else math.sqrt(degrees[0] * degrees[1])))
    if not corrected:
        method = "cramer" if metric == "cramers_v" else "tschuprow"
        assert close(value, stats.contingency.association(table, method), TOLERANCE)
    return min(value, 1.0)


def fleiss(counts: Ints) -> float:
    """By the raters each subject has; without those with less than two, which cannot agree."""
    raters = counts.sum(1)
    share = counts.sum(0) / counts.sum()
    chance = (share**2).sum()
    rated = raters > 1
    if not rated.any() or chance == 1:
        return math.nan
    n = raters[rated]
    value = float((((counts[rated] ** 2).sum(1) - n) / (n * (n - 1))).mean() - chance) / (1 - chance)
    if (raters == raters[0]).all():
        assert close(value, inter_rater.fleiss_kappa(counts), TOLERANCE)
    return value


def fleiss_of(inp: Input, options: Options) -> float:
    if options.get("mode") == "probs":
        chosen = inp.preds.argmax(1)
        return fleiss(np.stack([(chosen == c).sum(1) for c in range(inp.preds.shape[1])], 1))
    return fleiss(inp.preds)


def association_matrix(metric: str, inp: Input, options: Options) -> list[list[float]]:
    columns = inp.preds.T

    def entry(i: int, j: int) -> float:
        if i == j and metric != "pearsons_contingency_coefficient":
            return 1.0
        return association(metric, cells(*known_values(columns[i], columns[j], options)), options)

    return [[entry(i, j) for j in range(len(columns))] for i in range(len(columns))]


# ------------------------------------------------------------------------------------------------ cases

CORRECTION: tuple[Options, ...] = ({}, {"bias_correction": False})

METRICS: dict[str, tuple[Any, tuple[Options, ...]]] = {
    "cramers_v": (tm.CramersV, CORRECTION),
    "pearsons_contingency_coefficient": (tm.PearsonsContingencyCoefficient, ({},)),
    "theils_u": (tm.TheilsU, ({},)),
    "tschuprows_t": (tm.TschuprowsT, CORRECTION),
}


def yates(metric: str, inp: Input, options: Options) -> str | None:
    """A reason for a corrected value not to follow the definition."""
    if metric not in ("cramers_v", "tschuprows_t") or not options.get("bias_correction", True):
        return None
    table = cells(*known_values(inp.preds, inp.target, options))
    if table.shape == (2, 2) and np.abs(table - stats.contingency.expected_freq(table)).max() < 0.5:
        return "yates-overshoot"
    return "distinct-rounding" if table.sum() in table.shape and table.sum() >= 50 else None


@domain("nominal", libraries=("torchmetrics", "torch", "scipy", "numpy", "statsmodels"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    def run(metric: Any, *tensors: Any) -> Any:
        metric.update(*map(torch.tensor, tensors))
        return metric.compute()

    def case(metric: str, name: str, options: Options, compute: Callable[[], Any], right: Any, odd: str | None) -> None:
        inp = inputs[name]
        value = golden.attempt(f"{metric} of {name}", lambda: compute().double())
        if value is not None:
            options = options | ({"num_classes": inp.size} if inp.size else {})
            golden.compared(metric, name, value, right(), options=options, within=TOLERANCE, oddity=odd)

    pairs, columns, ratings = nominal_inputs(), matrix_inputs(), rating_inputs()
    inputs = pairs | columns | ratings
    for name, inp in inputs.items():
        golden.input(name, preds=single(inp.preds), target=single(inp.target))
    for name, inp in pairs.items():
        for metric, (make, choices) in METRICS.items():
            for options in (a | b for a, b in itertools.product(choices, inp.variants)):
                case(
                    metric,
                    name,
                    options,
                    lambda: run(make(num_classes=inp.size, **options), inp.preds, inp.target),  # noqa: B023
                    lambda: association(metric, cells(*known_values(inp.preds, inp.target, options)), options),  # noqa: B023
                    yates(metric, inp, options),
                )
    for name, inp in columns.items():
        for metric, (_, choices) in METRICS.items():
            function = getattr(matrices, metric + "_matrix")
            pearson = metric == "pearsons_contingency_coefficient"
            if pearson and name == "matrix_gap":
                continue
            for options in (a | b for a, b in itertools.product(choices, inp.variants)):
                case(
                    metric + "_matrix",
                    name,
                    options,
                    lambda: function(torch.tensor(inp.preds), **options),  # noqa: B023
                    lambda: association_matrix(metric, inp, options),  # noqa: B023
                    "pearson-diagonal" if pearson else "matrix-gap" if name == "matrix_gap" else None,
                )
    for name, inp in ratings.items():
        for options in inp.variants:
            equal = inp.preds.ndim == 3 or len(np.unique(inp.preds.sum(1))) == 1
            case(
                "fleiss_kappa",
                name,
                options,
                lambda: run(tm.FleissKappa(**options), inp.preds),  # noqa: B023
                lambda: fleiss_of(inp, options),  # noqa: B023
                "fleiss-epsilon" if equal else "fleiss-unequal",
            )

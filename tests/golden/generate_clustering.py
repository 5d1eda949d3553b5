"""Write `clustering.json`: agreement of clusterings, quality of clusterings of points, association of nominal data.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python generate_clustering.py

Runs in well under a minute on one thread; two runs write identical bytes. Format and findings are described in
README.md. Every number of torchmetrics is compared with scikit-learn, scipy, statsmodels or a definition from here, all
of them in float64; a difference without a known reason ends the run.
"""

import importlib.metadata
import inspect
import itertools
import json
import math
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize, stats
from sklearn import metrics as sk
from statsmodels.stats import inter_rater
from torchmetrics import clustering, nominal
from torchmetrics.functional import nominal as matrices

from generate import Ints, dump, ints, plain, rng
from generate_curves import lines, short

OUTPUT = Path(__file__).with_name("clustering.json")
TOLERANCE = 1e-9

Floats = NDArray[np.float64]
Options = dict[str, Any]
Case = dict[str, Any]

AVERAGES = ("min", "geometric", "arithmetic", "max")
FROM_LABELS: dict[str, tuple[Options, ...]] = {
    "adjusted_mutual_info_score": tuple({"average_method": a} for a in AVERAGES),
    "adjusted_rand_score": ({},),
    "cluster_accuracy": ({},),
    "completeness_score": ({},),
    "fowlkes_mallows_index": ({},),
    "homogeneity_score": ({},),
    "mutual_info_score": ({},),
    "normalized_mutual_info_score": tuple({"average_method": a} for a in AVERAGES),
    "rand_score": ({},),
    "v_measure_score": ({"beta": 0.5}, {}, {"beta": 2.0}),
}
FROM_DATA: dict[str, tuple[Options, ...]] = {
    "calinski_harabasz_score": ({},),
    "davies_bouldin_score": ({},),
    "dunn_index": ({"p": 1.0}, {}, {"p": 3.0}, {"p": math.inf}),
}
NOMINAL: dict[str, tuple[Options, ...]] = {
    "cramers_v": ({}, {"bias_correction": False}),
    "pearsons_contingency_coefficient": ({},),
    "theils_u": ({},),
    "tschuprows_t": ({}, {"bias_correction": False}),
}
MATRICES = {metric + "_matrix": options for metric, options in NOMINAL.items()}
CLASSES = {
    "adjusted_mutual_info_score": clustering.AdjustedMutualInfoScore,
    "adjusted_rand_score": clustering.AdjustedRandScore,
    "calinski_harabasz_score": clustering.CalinskiHarabaszScore,
    "cluster_accuracy": clustering.ClusterAccuracy,
    "completeness_score": clustering.CompletenessScore,
    "davies_bouldin_score": clustering.DaviesBouldinScore,
    "dunn_index": clustering.DunnIndex,
    "fowlkes_mallows_index": clustering.FowlkesMallowsIndex,
    "homogeneity_score": clustering.HomogeneityScore,
    "mutual_info_score": clustering.MutualInfoScore,
    "normalized_mutual_info_score": clustering.NormalizedMutualInfoScore,
    "rand_score": clustering.RandScore,
    "v_measure_score": clustering.VMeasureScore,
    "cramers_v": nominal.CramersV,
    "fleiss_kappa": nominal.FleissKappa,
    "pearsons_contingency_coefficient": nominal.PearsonsContingencyCoefficient,
    "theils_u": nominal.TheilsU,
    "tschuprows_t": nominal.TschuprowsT,
}


@dataclass(frozen=True)
class Input:
    """One input, and the metrics and options worth trying on it."""

    task: str
    kind: str
    """`labels`, `data`, `nominal`, `matrix` or `ratings`."""
    preds: Ints | Floats
    target: Ints | None = None
    size: int = 0
    variants: tuple[Options, ...] = ({},)
    """Each is added to the options of every metric."""
    metrics: tuple[str, ...] | None = None
    """The only ones to compute, where not all are of interest."""
    wide: bool = True
    """Whether to try all averages and betas."""


# ------------------------------------------------------------------------------------------------ inputs


def labels(preds: Any, target: Any, wide: bool = False) -> Input:
    """`size` is for `cluster_accuracy`: 0 if the labels are not for it."""
    preds, target = ints(preds), ints(target)
    low, high = min(preds.min(), target.min()), max(preds.max(), target.max())
    size = max(int(high) + 1, 2) if low >= 0 and high < 50 else 0
    return Input("clustering", "labels", preds, target, size, wide=wide)


def moved(r: np.random.Generator, target: Ints, classes: int, share: float) -> Ints:
    """The target with about `share` of the places drawn anew."""
    return np.where(r.random(target.shape) < share, r.integers(classes, size=target.shape), target)


def label_inputs() -> Iterator[tuple[str, Input]]:
    def inputs(r: Callable[[str], np.random.Generator]) -> Iterator[tuple[str, Input]]:
        g = r("ordinary")
        target = g.integers(4, size=60)
        yield "ordinary", (inp := labels(moved(g, target, 4, 0.5), target, True))
        yield "ordinary_of_6", replace(inp, size=6, metrics=("cluster_accuracy",))
        g = r("unequal")
        target = g.integers(6, size=60)
        yield "unequal", labels(moved(g, target // 2, 3, 0.4), target, True)
        g = r("unequal_turned")
        target = g.integers(3, size=60)
        yield "unequal_turned", labels(moved(g, target * 2 + g.integers(2, size=60), 6, 0.4), target)
        g = r("gaps")
        target = g.integers(4, size=50)
        names = ints([7, -1, 100, 3])
        yield "gaps", labels(names[moved(g, target, 4, 0.5)], ints([0, 1000000, -50, 8])[target], True)
        g = r("gaps_positive")
        target = g.integers(3, size=40)
        yield "gaps_positive", labels(ints([1, 4, 9])[moved(g, target, 3, 0.5)], ints([0, 7, 2])[target])
        g = r("identical")
        target = g.integers(4, size=40)
        yield "identical", labels(target, target)
        yield "permuted", labels(ints([2, 0, 3, 1])[target], target)
        yield "permuted_gaps", labels(ints([-3, 40, 5, 17])[target], target)
        g = r("refined")
        target = g.integers(3, size=48)
        fine = target * 2 + g.integers(2, size=48)
        yield "refined", labels(fine, target, True)
        yield "merged", labels(target, fine, True)
        g = r("one")
        target = g.integers(4, size=30)
        yield "preds_one", labels(np.zeros(30), target, True)
        yield "target_one", labels(target, np.full(30, 1), True)
        yield "both_one", labels(np.zeros(30), np.full(30, 1), True)
        g = r("singletons")
        target, single = g.integers(3, size=12), g.permutation(12)
        yield "preds_singletons", labels(single, target, True)
        yield "target_singletons", labels(target, single, True)
        yield "both_singletons", labels(single, np.arange(12), True)
        yield "singletons_one", labels(single, np.zeros(12))
        yield "n1", labels([0], [1])
        yield "n2_same", labels([0, 0], [1, 1])
        yield "n2_split", labels([0, 1], [1, 0])
        yield "n2_preds_split", labels([0, 1], [0, 0])
        yield "n2_target_split", labels([0, 0], [0, 1])
        yield "n3", labels([0, 0, 1], [0, 1, 1])
        yield "documented", labels([2, 1, 0, 1, 0], [0, 2, 1, 1, 0])
        g = r("many")
        target = g.permutation(np.resize(np.arange(30), 200))
        yield "many", labels(moved(g, target % 20, 20, 0.6), target, True)
        g = r("random")
        yield "random", labels(g.integers(5, size=100), g.integers(5, size=100))
        g = r("random_unequal")
        yield "random_unequal", labels(g.integers(2, size=80), g.integers(9, size=80), True)
        yield "crossed", labels(np.arange(60) % 3, np.arange(60) // 3 % 4, True)
        yield "crossed_2x2", labels([0, 0, 1, 1], [0, 1, 0, 1])
        yield "opposed", labels([0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2])
        g = r("rare")
        target = (g.random(150) < 0.06).astype(np.int64)
        yield "rare", labels(np.where(g.random(150) < 0.04, 1 - target, target), target, True)
        g = r("large")
        target = g.choice(3, 1000, p=(0.6, 0.3, 0.1))
        yield "large", labels(moved(g, target, 3, 0.3), target, True)

    yield from (("labels_" + name, inp) for name, inp in inputs(lambda name: rng("labels_" + name)))


def points(r: np.random.Generator, sizes: Any, d: int, spread: float, apart: float) -> tuple[Floats, Ints]:
    """Normal clusters around random centres, in random order, as multiples of 1/64."""
    label = r.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centers = r.uniform(-apart, apart, (len(sizes), d))
    return np.round((centers[label] + r.normal(0, spread, (len(label), d))) * 64) / 64, ints(label)


def data_inputs() -> Iterator[tuple[str, Input]]:
    def data(values: Any, label: Any) -> Input:
        values = np.asarray(values, np.float64)
        assert (values == values.astype(np.float32)).all()
        wide = values.shape[1] > 1 and len(values) > 8 and len(np.unique(label)) < 7
        return Input("clustering", "data", values, ints(label), wide=wide)

    def inputs(r: Callable[[str], np.random.Generator]) -> Iterator[tuple[str, Input]]:
        for name, sizes, d, spread, apart in (
            ("separated", (20, 20, 20), 2, 0.5, 12),
            ("overlapping", (15, 15, 15, 15), 2, 2, 2),
            ("5d", (8, 10, 12, 9, 11), 5, 1, 4),
            ("1d", (10, 14, 16), 1, 0.75, 6),
            ("1d_overlapping", (10, 10), 1, 2, 1),
            ("two", (14, 16), 2, 1, 4),
            ("two_5d", (9, 11), 5, 1.5, 2),
            ("seven", (4, 6, 8, 5, 7, 3, 6), 3, 1, 6),
            ("ten", (10,) * 10, 2, 1, 10),
            ("uneven", (40, 3, 2), 2, 1, 5),
            ("singleton", (1, 12, 15), 2, 1, 6),
            ("singletons", (1, 1, 1, 9), 2, 1, 6),
            ("wide", (10, 10, 10), 2, 200, 1000),
        ):
            yield name, data(*points(r(name), sizes, d, spread, apart))
        for name, sizes, d in (("offset", (20, 20, 20), 2), ("offset_1d", (12, 12), 1), ("offset_5d", (7, 8, 9), 5)):
            values, label = points(r(name), sizes, d, 0.5, 2)
            yield name, data(values + 1000, label)
        values, label = points(r("gaps"), (10, 9, 11), 2, 1, 5)
        yield "gaps", data(values, ints([7, -1, 100])[label])
        g = r("random")
        yield "random", data(np.round(g.normal(size=(50, 3)) * 64) / 64, g.integers(4, size=50))
        cross = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        yield "same_centroid", data(np.concatenate([cross, 2.5 * cross, cross + 6]), np.repeat([0, 1, 2], 4))
        yield "same_centroids", data(np.concatenate([cross, cross * 3, cross * 7]) + 2, np.repeat([0, 1, 2], 4))
        yield "no_spread", data(np.repeat([[0, 0], [3, 4], [-2.5, 1]], 3, 0), np.repeat([0, 1, 2], 3))
        yield "some_spread", data([[0, 0], [0, 0], [3, 4], [3, 4], [8, 1], [9, 1]], [0, 0, 1, 1, 2, 2])
        yield "no_distance", data(np.full((6, 2), 1.5), [0, 0, 0, 1, 1, 1])
        yield "n3", data([[0, 0], [1, 0.5], [4, 4]], [0, 0, 1])
        yield "n_minus_1", data([[0, 0], [1, 0.5], [4, 4], [-3, 2], [2, -5.25]], [0, 0, 1, 2, 3])
        yield "all_singletons", data([[0, 0], [1, 0.5], [4, 4], [-3, 2]], [2, 0, 1, 3])
        yield "documented", data([[0, 0], [0.5, 0], [1, 0], [0.5, 1]], [0, 0, 0, 1])
        tiny = np.array([[0, 0], [1, 0], [0, 1], [5, 5], [6, 5], [5, 7]]) * 2.0**-30
        yield "tiny", data(tiny, [0, 0, 0, 1, 1, 1])
        yield "clusters_25", data(*points(r("clusters_25"), (3,) * 25, 2, 0.5, 8))
        values, label = points(r("clusters_26"), (3,) * 26, 2, 0.5, 8)
        yield "clusters_26", data(values + 3, label)
        values, label = points(r("clusters_30"), (3,) * 30, 2, 0.5, 8)
        yield "clusters_30_offset", data(values + 1000, label)

    yield from (("data_" + name, inp) for name, inp in inputs(lambda name: rng("data_" + name)))


def from_table(r: np.random.Generator, table: Any) -> tuple[Ints, Ints]:
    """Predictions and targets with these counts (a row for each target), in random order."""
    target, preds = np.nonzero(table)
    order = r.permutation(int(np.sum(table)))
    counts = np.asarray(table)[target, preds]
    return np.repeat(preds, counts)[order], np.repeat(target, counts)[order]


REPLACED: tuple[Options, ...] = ({}, {"nan_replace_value": 2.0}, {"nan_strategy": "drop"})


def nominal_inputs() -> Iterator[tuple[str, Input]]:
    def pair(preds: Any, target: Any, size: int, variants: tuple[Options, ...] = ({},)) -> Input:
        if np.asarray(preds).dtype != np.float64:
            preds, target = ints(preds), ints(target)
        return Input("nominal", "nominal", preds, target, size, variants)

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

    yield from (("nominal_" + name, inp) for name, inp in inputs(lambda name: rng("nominal_" + name)))


def matrix_inputs() -> Iterator[tuple[str, Input]]:
    def matrix(*columns: Any, variants: tuple[Options, ...] = ({},)) -> Input:
        return Input("nominal", "matrix", np.stack(columns, 1), variants=variants)

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
        metrics = tuple(m for m in MATRICES if m != "pearsons_contingency_coefficient_matrix")
        yield "gap", replace(matrix(ints([0, 1, 4])[base], moved(g, base // 2, 2, 0.5)), metrics=metrics)
        g = r("nan")
        base = g.integers(3, size=40)
        columns = [base, moved(g, base, 4, 0.4), moved(g, base, 3, 0.7)]
        blank = [np.where(g.random(40) < 0.2, np.nan, c) for c in columns]
        yield "nan", matrix(*blank, variants=REPLACED)

    yield from (("matrix_" + name, inp) for name, inp in inputs(lambda name: rng("matrix_" + name)))


def rating_inputs() -> Iterator[tuple[str, Input]]:
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

    for name, values in inputs(lambda name: rng("ratings_" + name)):
        if name.startswith("probs"):
            yield "ratings_" + name, Input("nominal", "ratings", np.asarray(values), variants=({"mode": "probs"},))
        else:
            yield "ratings_" + name, Input("nominal", "ratings", ints(values))


# ------------------------------------------------------------------------------------------------ the reference


def assign(costs: torch.Tensor) -> torch.Tensor:
    """What `torch_linear_assignment.batch_linear_assignment` does, which needs a compiler to install."""
    return torch.tensor(np.stack([optimize.linear_sum_assignment(c)[1] for c in costs.numpy()]))


def reference(metric: str, inp: Input, options: Options) -> Any:
    """What torchmetrics gives for all in one update, with float64 as the default type."""
    preds = torch.tensor(inp.preds)
    if inp.kind == "matrix":
        return getattr(matrices, metric)(preds, **options)
    if metric == "cluster_accuracy":
        module = types.ModuleType("torch_linear_assignment")
        module.batch_linear_assignment = assign
        with (
            patch.dict(sys.modules, {module.__name__: module}),
            patch("torchmetrics.clustering.cluster_accuracy._TORCH_LINEAR_ASSIGNMENT_AVAILABLE", True),
        ):
            measure = CLASSES[metric](num_classes=inp.size)
            measure.update(preds, torch.tensor(inp.target))
            return measure.compute()
    measure = CLASSES[metric](**({"num_classes": inp.size} if inp.kind == "nominal" else {}), **options)
    measure.update(*((preds,) if inp.target is None else (preds, torch.tensor(inp.target))))
    return measure.compute()


# ------------------------------------------------------------------------------------------------ definitions


def entropy(counts: Any) -> float:
    n = math.fsum(counts)
    return math.fsum(c / n * math.log(n / c) for c in counts if c)


def cells(preds: Any, target: Any) -> Ints:
    """Counts of what occurs: a row for each target, a column for each prediction."""
    rows, row = np.unique(target, return_inverse=True)
    columns, column = np.unique(preds, return_inverse=True)
    table = np.zeros((len(rows), len(columns)), np.int64)
    np.add.at(table, (row, column), 1)
    return table


def mutual_information(table: Ints) -> float:
    n, rows, columns = table.sum(), table.sum(1), table.sum(0)
    return math.fsum(
        table[i, j] / n * math.log(n * table[i, j] / (rows[i] * columns[j])) for i, j in np.argwhere(table)
    )


def expected_mutual_information(table: Ints) -> float:
    """The mean over all permutations, with exact binomials."""
    n = int(table.sum())
    rows, columns = Counter(table.sum(1).tolist()), Counter(table.sum(0).tolist())
    terms = []
    for (a, times_a), (b, times_b) in itertools.product(rows.items(), columns.items()):
        for k in range(max(1, a + b - n), min(a, b) + 1):
            share = math.comb(a, k) * math.comb(n - a, b - k) / math.comb(n, b)  # of integers: rounded once
            terms.append(times_a * times_b * share * (k / n) * math.log(n * k / (a * b)))
    return math.fsum(terms)


def mean(values: tuple[float, float], method: str) -> float:
    low, high = sorted(values)
    return {"min": low, "geometric": math.sqrt(low * high), "arithmetic": (low + high) / 2, "max": high}[method]


def adjusted_mutual_information(table: Ints, method: str) -> float:
    """1 for equal partitions, 0 where nothing could differ by chance."""
    rows, columns = table.shape
    n = table.sum()
    if rows == columns == np.count_nonzero(table):
        return 1.0
    if 1 in (rows, columns) or n in (rows, columns):
        return 0.0
    expected = expected_mutual_information(table)
    most = mean((entropy(table.sum(1)), entropy(table.sum(0))), method)
    return (mutual_information(table) - expected) / (most - expected)


def best_assignment(table: Ints) -> float:
    """The optimum as a linear program."""
    rows, columns = table.shape
    once = np.concatenate([np.kron(np.eye(rows), np.ones(columns)), np.kron(np.ones(rows), np.eye(columns))])
    found = optimize.linprog(-table.ravel(), A_ub=once, b_ub=np.ones(rows + columns), bounds=(0, 1), method="highs")
    return -found.fun / table.sum()


def davies_bouldin(data: Floats, label: Ints) -> float:
    """Without tolerances for zero: 0 only if there is no spread at all, or all centroids are one."""
    groups = [data[label == c] for c in np.unique(label)]
    centers = [g.mean(0) for g in groups]
    spread = [np.sqrt(((g - c) ** 2).sum(1)).mean() for g, c in zip(groups, centers, strict=True)]
    worst = [0.0] * len(groups)
    for i, j in itertools.permutations(range(len(groups)), 2):
        distance = math.dist(centers[i], centers[j])
        worst[i] = max(worst[i], (spread[i] + spread[j]) / distance if distance else 0.0)
    return float(np.mean(worst))


def calinski_harabasz(data: Floats, label: Ints) -> float:
    groups = [data[label == c] for c in np.unique(label)]
    n, k = len(data), len(groups)
    between = sum(len(g) * ((g.mean(0) - data.mean(0)) ** 2).sum() for g in groups)
    within = sum(((g - g.mean(0)) ** 2).sum() for g in groups)
    return (between / (k - 1)) / (within / (n - k)) if within else 1.0


def dunn(data: Floats, label: Ints, p: float) -> float:
    groups = [data[label == c] for c in np.unique(label)]
    centers = [g.mean(0) for g in groups]

    def norm(v: Floats) -> float:
        return max(np.abs(v)) if p == math.inf else math.fsum(np.abs(v) ** p) ** (1 / p)

    closest = min(norm(a - b) for a, b in itertools.combinations(centers, 2))
    widest = max(norm(x - c) for g, c in zip(groups, centers, strict=True) for x in g)
    return closest / widest if widest else (math.inf if closest else math.nan)


def by_labels(metric: str, inp: Input, options: Options) -> float:
    preds, target = inp.preds, inp.target
    match metric:
        case "adjusted_mutual_info_score":
            return adjusted_mutual_information(cells(preds, target), options["average_method"])
        case "adjusted_rand_score":
            return sk.adjusted_rand_score(target, preds)
        case "cluster_accuracy":
            return best_assignment(cells(preds, target))
        case "completeness_score":
            return sk.completeness_score(target, preds)
        case "fowlkes_mallows_index":
            return sk.fowlkes_mallows_score(target, preds)
        case "homogeneity_score":
            return sk.homogeneity_score(target, preds)
        case "mutual_info_score":
            assert close(sk.mutual_info_score(target, preds), mutual_information(cells(preds, target)))
            return sk.mutual_info_score(target, preds)
        case "normalized_mutual_info_score":
            return sk.normalized_mutual_info_score(target, preds, **options)
        case "rand_score":
            return sk.rand_score(target, preds)
        case "v_measure_score":
            return sk.v_measure_score(target, preds, **options)
    raise KeyError(metric)


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
        assert close(value, stats.contingency.association(table, "pearson"))
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
        assert close(value, stats.contingency.association(table, method))
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
        assert close(value, inter_rater.fleiss_kappa(counts))
    return value


def definition(metric: str, inp: Input, options: Options) -> Any:
    if inp.kind == "labels":
        return by_labels(metric, inp, options)
    if metric == "dunn_index":
        return dunn(inp.preds, inp.target, options.get("p", 2))
    if metric == "davies_bouldin_score":
        value = davies_bouldin(inp.preds, inp.target)
        if np.ptp(inp.preds) > 1e-8:
            assert close(value, sk.davies_bouldin_score(inp.preds, inp.target), 1e-8)
        return value
    if metric == "calinski_harabasz_score":
        value = calinski_harabasz(inp.preds, inp.target)
        assert close(value, sk.calinski_harabasz_score(inp.preds, inp.target))
        return value
    if inp.kind == "nominal":
        return association(metric, cells(*known_values(inp.preds, inp.target, options)), options)
    if inp.kind == "ratings":
        if options.get("mode") == "probs":
            chosen = inp.preds.argmax(1)
            return fleiss(np.stack([(chosen == c).sum(1) for c in range(inp.preds.shape[1])], 1))
        return fleiss(inp.preds)
    single = metric.removesuffix("_matrix")
    columns = inp.preds.T

    def entry(i: int, j: int) -> float:
        if i == j and single != "pearsons_contingency_coefficient":
            return 1.0
        return association(single, cells(*known_values(columns[i], columns[j], options)), options)

    return [[entry(i, j) for j in range(len(columns))] for i in range(len(columns))]


# ------------------------------------------------------------------------------------------------ cases


def close(a: Any, b: Any, tolerance: float = TOLERANCE) -> bool:
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))


def oddity(metric: str, inp: Input, options: Options) -> str | None:
    """A reason for the reference not to follow the definition. It may still be right, by luck."""
    if inp.kind == "ratings":
        return "fleiss-epsilon" if len(np.unique(inp.preds.sum(1))) == 1 or inp.preds.ndim == 3 else "fleiss-unequal"
    if inp.kind == "matrix":
        if metric == "pearsons_contingency_coefficient_matrix":
            return "pearson-diagonal"
        return "matrix-gap" if inp.metrics else None
    if metric == "davies_bouldin_score":
        if len(np.unique(inp.target)) > 25:
            return "davies-bouldin-26"
        return "davies-bouldin-small" if np.ptp(inp.preds) < 1e-8 else None
    if inp.kind == "labels":
        table = cells(inp.preds, inp.target)
        n, single = table.sum(), [size == table.sum() for size in table.shape]
        if metric in ("adjusted_mutual_info_score", "normalized_mutual_info_score") and table.shape == (1, 1):
            return "one-cluster"
        if metric == "adjusted_mutual_info_score" and 1 not in table.shape:
            return "ami-singletons" if all(single) or any(single) and options["average_method"] == "min" else None
        if metric == "v_measure_score" and 1 not in table.shape:
            return "v-measure-zero" if close(table * n, np.outer(table.sum(1), table.sum(0))) else None
    if metric in ("cramers_v", "tschuprows_t") and options.get("bias_correction", True):
        table = cells(*known_values(inp.preds, inp.target, options))
        if table.shape == (2, 2) and np.abs(table - stats.contingency.expected_freq(table)).max() < 0.5:
            return "yates-overshoot"
        n = table.sum()
        if n in table.shape and n >= 50:
            return "distinct-rounding"
    return None


RANDOM = ("ami-singletons", "v-measure-zero", "davies-bouldin-26")
"""Oddities where rounding decides, so that a value that happens to be right is marked too."""


def case(name: str, inp: Input, metric: str, options: Options) -> Case:
    value = reference(metric, inp, options).double().tolist()
    right = definition(metric, inp, options)
    parameters = inspect.signature(CLASSES.get(metric) or getattr(matrices, metric)).parameters
    options = {k: plain(v) for k, v in options.items() if v != parameters[k].default}
    sized = inp.kind == "nominal" or metric == "cluster_accuracy"
    out: Case = {"metric": metric, "task": inp.task, "size": inp.size if sized else 0, "input": name}
    out |= {"options": options, "expected": short(value)}
    out["source"] = "scipy" if metric == "cluster_accuracy" else "torchmetrics"
    slug = oddity(metric, inp, {"average_method": "arithmetic"} | options)
    agree = close(value, right)
    if not agree and slug is None:
        raise AssertionError(f"{metric} {name} {options}: {value}, but by definition {right}")
    if not agree or slug in RANDOM:
        out |= {"oddity": slug, "right": short(right)}
    return out


def cases(inputs: dict[str, Input], refused: list[str]) -> Iterator[Case]:
    of = {"labels": FROM_LABELS, "data": FROM_DATA, "nominal": NOMINAL, "matrix": MATRICES}
    for name, inp in inputs.items():
        for metric, choices in of.get(inp.kind, {"fleiss_kappa": ({},)}).items():
            if inp.metrics and metric not in inp.metrics or metric == "cluster_accuracy" and not inp.size:
                continue
            if not inp.wide:
                choices = [o for o in choices if o in ({}, {"average_method": "arithmetic"})]
            for options, variant in itertools.product(choices, inp.variants):
                try:
                    yield case(name, inp, metric, options | variant)
                except (RuntimeError, ValueError) as error:
                    refused.append(f"{metric} {name} {options | variant}: {error}")


# ------------------------------------------------------------------------------------------------ output


def array(a: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(a.shape), "int" if a.dtype == np.int64 else "float": plain(a.ravel())}


def input_json(inp: Input) -> dict[str, Any]:
    return {"preds": array(inp.preds)} | ({} if inp.target is None else {"target": array(inp.target)})


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    kinds = (label_inputs(), data_inputs(), nominal_inputs(), matrix_inputs(), rating_inputs())
    inputs = dict(itertools.chain(*kinds))
    refused: list[str] = []
    found = list(cases(inputs, refused))
    libraries = ("torchmetrics", "torch", "scikit-learn", "scipy", "numpy", "statsmodels")
    versions = {name: importlib.metadata.version(name).split("+")[0] for name in libraries}
    sections = {
        "versions": dump(versions),
        "inputs": "{\n" + ",\n".join(f"{dump(k)}:{dump(input_json(v))}" for k, v in inputs.items()) + "\n}",
        "cases": lines(found),
    }
    text = "{" + ",\n".join(f"{dump(name)}:{body}" for name, body in sections.items()) + "}\n"
    json.loads(text)
    OUTPUT.write_text(text)

    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size / 1e3:.0f} kB, {len(inputs)} inputs, {len(found)} cases")
    print("cases:", *(f"{n:6} {k}" for k, n in sorted(Counter(c["metric"] for c in found).items())), sep="\n")
    odd = Counter(f"{c['oddity']} ({c['metric']})" for c in found if "oddity" in c)
    print("oddities:", *(f"{n:6} {k}" for k, n in sorted(odd.items())), sep="\n")
    print("refused:", *refused, sep="\n")


if __name__ == "__main__":
    main()

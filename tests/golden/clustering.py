"""Agreement of clusterings, and quality of clusterings of points, by the classes of torchmetrics in float64."""

import itertools
import math
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize
from sklearn import metrics as sk
from torchmetrics import clustering as tm

from harness import Golden, Options, close, domain, rng
from inputs import Ints, ints, single
from tables import cells, entropy, moved, mutual_information

TOLERANCE = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """Two clusterings, or points and their clusters."""

    preds: Ints | Floats
    target: Ints
    size: int = 0
    """The number of classes of `cluster_accuracy`."""
    wide: bool = True
    """Whether to try all averages and betas."""


# ------------------------------------------------------------------------------------------------ inputs


def labels(preds: Any, target: Any, wide: bool = False) -> Input:
    """`size` is for `cluster_accuracy`: 0 if the labels are not for it."""
    preds, target = ints(preds), ints(target)
    low, high = min(preds.min(), target.min()), max(preds.max(), target.max())
    size = max(int(high) + 1, 2) if low >= 0 and high < 50 else 0
    return Input(preds, target, size, wide)


def label_inputs() -> dict[str, Input]:
    def inputs(r: Callable[[str], np.random.Generator]) -> Iterator[tuple[str, Input]]:
        g = r("ordinary")
        target = g.integers(4, size=60)
        yield "ordinary", (inp := labels(moved(g, target, 4, 0.5), target, True))
        yield "ordinary_of_6", replace(inp, size=6)
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

    return {"labels_" + name: inp for name, inp in inputs(lambda name: rng("labels_" + name))}


def points(r: np.random.Generator, sizes: Any, d: int, spread: float, apart: float) -> tuple[Floats, Ints]:
    """Normal clusters around random centres, in random order, as multiples of 1/64."""
    label = r.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centers = r.uniform(-apart, apart, (len(sizes), d))
    return np.round((centers[label] + r.normal(0, spread, (len(label), d))) * 64) / 64, ints(label)


def data_inputs() -> dict[str, Input]:
    def data(values: Any, label: Any) -> Input:
        values = np.asarray(values, np.float64)
        assert (values == values.astype(np.float32)).all()
        wide = values.shape[1] > 1 and len(values) > 8 and len(np.unique(label)) < 7
        return Input(values, ints(label), wide=wide)

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

    return {"data_" + name: inp for name, inp in inputs(lambda name: rng("data_" + name))}


# ------------------------------------------------------------------------------------------------ the reference


def assign(costs: torch.Tensor) -> torch.Tensor:
    """What `torch_linear_assignment.batch_linear_assignment` does, which needs a compiler to install."""
    return torch.tensor(np.stack([optimize.linear_sum_assignment(c)[1] for c in costs.numpy()]))


def cluster_accuracy(inp: Input) -> float:
    module = types.ModuleType("torch_linear_assignment")
    module.batch_linear_assignment = assign
    with (
        patch.dict(sys.modules, {module.__name__: module}),
        patch("torchmetrics.clustering.cluster_accuracy._TORCH_LINEAR_ASSIGNMENT_AVAILABLE", True),
    ):
        return run(tm.ClusterAccuracy(num_classes=inp.size), inp)


def run(metric: Any, inp: Input) -> float:
    """What an object says after one update."""
    metric.update(torch.tensor(inp.preds), torch.tensor(inp.target))
    return metric.compute().double()


# ------------------------------------------------------------------------------------------------ definitions


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


def checked(value: float, known: float, within: float = TOLERANCE) -> float:
    """A value that two implementations agree on."""
    assert close(value, known, within), (value, known)
    return value


def davies_bouldin_checked(data: Floats, label: Ints) -> float:
    value = davies_bouldin(data, label)
    return checked(value, sk.davies_bouldin_score(data, label), 1e-8) if np.ptp(data) > 1e-8 else value


# ------------------------------------------------------------------------------------------------ cases

AVERAGES: tuple[Options, ...] = tuple({"average_method": a} for a in ("min", "geometric", "arithmetic", "max"))
BETAS: tuple[Options, ...] = ({"beta": 0.5}, {}, {"beta": 2.0})
EXPONENTS: tuple[Options, ...] = ({"p": 1.0}, {}, {"p": 3.0}, {"p": math.inf})
ONCE: tuple[Options, ...] = ({},)

# The class of the reference, the options to try, and the definition of predictions, targets and options.
FROM_LABELS: dict[str, tuple[Any, tuple[Options, ...], Callable[..., float]]] = {
    "adjusted_mutual_info_score": (
        tm.AdjustedMutualInfoScore,
        AVERAGES,
        lambda p, t, average_method: adjusted_mutual_information(cells(p, t), average_method),
    ),
    "adjusted_rand_score": (tm.AdjustedRandScore, ONCE, lambda p, t: sk.adjusted_rand_score(t, p)),
    "completeness_score": (tm.CompletenessScore, ONCE, lambda p, t: sk.completeness_score(t, p)),
    "fowlkes_mallows_index": (tm.FowlkesMallowsIndex, ONCE, lambda p, t: sk.fowlkes_mallows_score(t, p)),
    "homogeneity_score": (tm.HomogeneityScore, ONCE, lambda p, t: sk.homogeneity_score(t, p)),
    "mutual_info_score": (
        tm.MutualInfoScore,
        ONCE,
        lambda p, t: checked(sk.mutual_info_score(t, p), mutual_information(cells(p, t))),
    ),
    "normalized_mutual_info_score": (
        tm.NormalizedMutualInfoScore,
        AVERAGES,
        lambda p, t, **o: sk.normalized_mutual_info_score(t, p, **o),
    ),
    "rand_score": (tm.RandScore, ONCE, lambda p, t: sk.rand_score(t, p)),
    "v_measure_score": (tm.VMeasureScore, BETAS, lambda p, t, **o: sk.v_measure_score(t, p, **o)),
}
FROM_DATA: dict[str, tuple[Any, tuple[Options, ...], Callable[..., float]]] = {
    "calinski_harabasz_score": (
        tm.CalinskiHarabaszScore,
        ONCE,
        lambda x, c: checked(calinski_harabasz(x, c), sk.calinski_harabasz_score(x, c)),
    ),
    "davies_bouldin_score": (tm.DaviesBouldinScore, ONCE, davies_bouldin_checked),
    "dunn_index": (tm.DunnIndex, EXPONENTS, lambda x, c, p=2.0: dunn(x, c, p)),
}
RANDOM = ("ami-singletons", "v-measure-zero", "davies-bouldin-26")
"""Oddities where rounding decides, so that a value that happens to be right is marked too."""


def oddity(metric: str, inp: Input, options: Options) -> str | None:
    """A reason for the reference not to follow the definition. It may still be right, by luck."""
    if metric == "davies_bouldin_score":
        if len(np.unique(inp.target)) > 25:
            return "davies-bouldin-26"
        return "davies-bouldin-small" if np.ptp(inp.preds) < 1e-8 else None
    if metric in FROM_DATA:
        return None
    table = cells(inp.preds, inp.target)
    n, each_alone = table.sum(), [size == table.sum() for size in table.shape]
    if metric in ("adjusted_mutual_info_score", "normalized_mutual_info_score") and table.shape == (1, 1):
        return "one-cluster"
    if metric == "adjusted_mutual_info_score" and 1 not in table.shape:
        odd = all(each_alone) or any(each_alone) and options["average_method"] == "min"
        return "ami-singletons" if odd else None
    if metric == "v_measure_score" and 1 not in table.shape:
        independent = close(table * n, np.outer(table.sum(1), table.sum(0)), TOLERANCE)
        return "v-measure-zero" if independent else None
    return None


def declare_case(golden: Golden, metric: str, name: str, inp: Input, how: Any, options: Options) -> None:
    make, _, definition = how
    value = golden.attempt(f"{metric} of {name}", lambda: run(make(**options), inp))
    if value is None:
        return
    odd = oddity(metric, inp, options)
    details: Options = {"oddity": odd, "marked": odd in RANDOM, "within": TOLERANCE}
    recorded = {k: v for k, v in options.items() if v != "arithmetic"}  # the default
    golden.compared(metric, name, value, definition(inp.preds, inp.target, **options), options=recorded, **details)


@domain("clustering", libraries=("torchmetrics", "torch", "scikit-learn", "scipy", "numpy"), dtype=torch.float64)
def declare(golden: Golden) -> None:
    for inputs, metrics in ((label_inputs(), FROM_LABELS), (data_inputs(), FROM_DATA)):
        for name, inp in inputs.items():
            golden.input(name, preds=single(inp.preds), target=inp.target)
            if inp.size and metrics is FROM_LABELS:
                # The reference's class with scipy's assignment, against the optimum of a linear program.
                value, optimum = cluster_accuracy(inp), best_assignment(cells(inp.preds, inp.target))
                details: Options = {"options": {"num_classes": inp.size}, "reference": "scipy", "within": TOLERANCE}
                golden.compared("cluster_accuracy", name, value, optimum, **details)
            if name == "labels_ordinary_of_6":
                continue  # only for the number of classes
            for metric, how in metrics.items():
                chosen = how[1] if inp.wide else [o for o in how[1] if o in ({}, {"average_method": "arithmetic"})]
                for options in chosen:
                    declare_case(golden, metric, name, inp, how, options)

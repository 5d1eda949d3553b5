"""The metrics of `regression.py` by definition: without epsilons, from exact fractions.

Each takes the input and all options.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.spatial
import scipy.stats
from numpy.typing import NDArray
from scipy.special import rel_entr
from sklearn import metrics as sk

from harness import Options, close, plain
from regression_inputs import INF, NAN, Array, Columns, Input, fractions

TOLERANCE = 1e-11

Definition = Callable[[Input, Options], Any]


def agree(a: Any, b: Any, within: float = TOLERANCE) -> bool:
    return close(a, b, within)


def quotient(a: Fraction, b: Fraction) -> float:
    if b == 0:
        return NAN if a == 0 else INF if a > 0 else -INF
    return float(a / b)


def root(a: Fraction) -> float:
    """Also of fractions that a float cannot hold."""
    return math.sqrt(float(a))


def unlist(values: list[float]) -> Any:
    return values[0] if len(values) == 1 else values


def flattened(inp: Input, options: Options) -> list[Columns]:
    return inp.columns(flat=options["num_outputs"] == 1)


def averaged(scores: list[float], weights: list[Fraction], multioutput: str) -> Any:
    if multioutput == "raw_values":
        return unlist(scores)
    if multioutput == "variance_weighted" and sum(weights) != 0:
        return math.fsum(s * float(w / sum(weights)) for s, w in zip(scores, weights, strict=True))
    return math.fsum(scores) / len(scores)


def share_explained(left: Fraction, whole: Fraction) -> float:
    """1 - left / whole; a constant target is explained if nothing is left."""
    return float(1 - left / whole) if whole else float(left == 0)


def mean_squared_error(inp: Input, o: Options) -> Any:
    return unlist([float(c.mse) if o["squared"] else root(c.mse) for c in flattened(inp, o)])


def mean_absolute_error(inp: Input, o: Options) -> Any:
    return unlist([float(c.mean(abs(c.x - c.y))) for c in flattened(inp, o)])


def log_cosh_error(inp: Input, o: Options) -> Any:
    def one(a: float, b: float) -> float:
        d = abs(a - b)
        return math.log1p(2 * math.sinh(d / 2) ** 2) if d < 1 else d + math.log1p(math.exp(-2 * d)) - math.log(2)

    return unlist([c.float_mean(one) for c in inp.columns()])


def mean_squared_log_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return c.float_mean(lambda a, b: (np.log1p(a) - np.log1p(b)) ** 2)


def mean_absolute_percentage_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return c.float_mean(lambda a, b: abs(a - b) / abs(b) if b else INF if a else 0.0)


def symmetric_mean_absolute_percentage_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return 2 * c.float_mean(lambda a, b: abs(a - b) / (abs(a) + abs(b)) if a or b else 0.0)


def weighted_mean_absolute_percentage_error(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return quotient(c.mean(abs(c.x - c.y)), c.mean(abs(c.y)))


def minkowski_distance(inp: Input, o: Options) -> Any:
    (c,) = inp.columns(flat=True)
    return (c.float_mean(lambda a, b: abs(a - b) ** o["p"]) * float(c.total)) ** (1 / o["p"])


def normalized_root_mean_squared_error(inp: Input, o: Options) -> Any:
    def one(c: Columns) -> float:
        there = c.y[c.w != 0]
        by = {
            "mean": lambda: float(abs(c.my)),
            "range": lambda: float(max(there) - min(there)),
            "std": lambda: root(c.vy),
            "l2": lambda: root(c.total * c.mean(c.y**2)),
        }[o["normalization"]]()
        return root(c.mse) / by if by else NAN if c.mse == 0 else INF

    return unlist([one(c) for c in flattened(inp, o)])


def relative_squared_error(inp: Input, o: Options) -> Any:
    errors = [quotient(c.mse, c.vy) for c in inp.columns()]
    return sum(e if o["squared"] else math.sqrt(e) for e in errors) / len(errors)


def r2_score(inp: Input, o: Options) -> Any:
    columns = inp.columns()
    scores = [share_explained(c.mse, c.vy) for c in columns]
    score = averaged(scores, [c.vy for c in columns], o["multioutput"])
    n, adjusted = len(inp.preds), o["adjusted"]
    if 0 < adjusted < n - 1:
        return plain(1 - (1 - np.array(score)) * (n - 1) / (n - adjusted - 1))
    return score


def explained_variance(inp: Input, o: Options) -> Any:
    columns = inp.columns()
    scores = [share_explained(c.error_variance, c.vy) for c in columns]
    return averaged(scores, [c.vy for c in columns], o["multioutput"])


def correlation(c: Columns) -> float:
    """Pearson's."""
    if c.vx == 0 or c.vy == 0:
        return NAN
    return math.copysign(root(c.cxy**2 / (c.vx * c.vy)), c.cxy)


def pearson_corrcoef(inp: Input, o: Options) -> Any:
    return unlist([correlation(c) for c in inp.columns()])


def concordance_corrcoef(inp: Input, o: Options, *, unbiased: bool = False) -> Any:
    def one(c: Columns) -> float:
        if unbiased and (c.vx == 0 or c.vy == 0):
            return NAN
        by = Fraction(len(c.x) - 1, len(c.x)) if unbiased else 1
        return quotient(2 * c.cxy, c.vx + c.vy + by * (c.mx - c.my) ** 2)

    return unlist([one(c) for c in inp.columns()])


def ranked(c: Columns) -> Columns:
    x, y = (fractions(scipy.stats.rankdata(v.astype(np.float64))) for v in (c.x, c.y))
    return Columns(x, y, c.w)


def spearman_corrcoef(inp: Input, o: Options) -> Any:
    def one(c: Columns) -> float:
        value = correlation(ranked(c))
        if c.vx and c.vy:
            assert agree(value, scipy.stats.spearmanr(c.x.astype(np.float64), c.y.astype(np.float64)).statistic)
        return value

    return unlist([one(c) for c in inp.columns()])


def kendall_rank_corrcoef(inp: Input, o: Options) -> Any:
    def one(c: Columns) -> tuple[float, float]:
        x, y = c.x.astype(np.float64), c.y.astype(np.float64)
        n = len(x)
        pairs = n * (n - 1) // 2
        score = int((np.sign(x[:, None] - x) * np.sign(y[:, None] - y)).sum()) // 2
        ties = [np.unique(v, return_counts=True)[1].tolist() for v in (x, y)]
        tied = [sum(t * (t - 1) // 2 for t in ts) for ts in ties]
        classes = min(map(len, ties))
        tau = {
            "a": lambda: quotient(Fraction(score), Fraction(pairs)),
            "b": lambda: score / math.sqrt(d) if (d := (pairs - tied[0]) * (pairs - tied[1])) else NAN,
            "c": lambda: quotient(Fraction(2 * score), Fraction(n * n * (classes - 1), classes)),
        }[o["variant"]]()
        # The variance of the score, with ties.
        base = n * (n - 1) * (2 * n + 5)
        variance = Fraction(base - sum(t * (t - 1) * (2 * t + 5) for ts in ties for t in ts), 18)
        if n > 1:
            variance += Fraction(2 * tied[0] * tied[1], n * (n - 1))
        if n > 2:
            cubes = [sum(t * (t - 1) * (t - 2) for t in ts) for ts in ties]
            variance += Fraction(cubes[0] * cubes[1], 9 * n * (n - 1) * (n - 2))
        z = score / root(variance) if variance else NAN
        alternative = o["alternative"]
        p = math.erfc({"two-sided": abs(z), "greater": z, "less": -z}[alternative] / math.sqrt(2)) / 2
        p *= 2 if alternative == "two-sided" else 1
        if n > 2 and variance and o["variant"] != "a":
            known = scipy.stats.kendalltau(x, y, variant=o["variant"], method="asymptotic", alternative=alternative)
            assert agree([tau, p], [known.statistic, known.pvalue]), (tau, p, known)
        return tau, p

    taus, ps = zip(*map(one, inp.columns()), strict=True)
    return [unlist(list(taus)), unlist(list(ps))] if o["t_test"] else unlist(list(taus))


def weighted_spearman(inp: Input, o: Options) -> Any:
    """The rank is the weight of lesser numbers and half that of equal ones."""

    def ranks(v: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
        return np.array([(w * (v < a)).sum() + (w * (v == a)).sum() / 2 for a in v], dtype=object)

    return unlist([correlation(Columns(ranks(c.x, c.w), ranks(c.y, c.w), c.w)) for c in inp.columns()])


def weighted_kendall(inp: Input, o: Options) -> Any:
    """Pairs count as much as the product of their weights."""

    def one(c: Columns) -> float:
        pairs, untied, excess = Fraction(0), [Fraction(0)] * 2, Fraction(0)
        for i, j in itertools.combinations(range(len(c.x)), 2):
            weight = c.w[i] * c.w[j]
            order = [int(v[i] > v[j]) - int(v[i] < v[j]) for v in (c.x, c.y)]
            pairs += weight
            untied = [u + weight * abs(sign) for u, sign in zip(untied, order, strict=True)]
            excess += weight * order[0] * order[1]
        classes = min(len(set(v[c.w > 0])) for v in (c.x, c.y))
        match o["variant"]:
            case "a":
                return float(excess / pairs)
            case "b":
                return float(excess) / root(untied[0] * untied[1]) if untied[0] * untied[1] else NAN
            case _:
                return quotient(2 * excess, c.total**2 * Fraction(classes - 1, classes))

    return unlist([one(c) for c in inp.columns()])


def tweedie_deviance_score(inp: Input, o: Options) -> Any:
    return float(sk.mean_tweedie_deviance(inp.true.ravel(), inp.preds.ravel(), power=o["power"]))


def weighted_deviance(inp: Input, o: Options) -> float:
    power = o["power"]

    def one(x: float, y: float) -> float:
        if power == 0:
            return (x - y) ** 2
        if power == 1:
            return 2 * (y * math.log(y / x) + x - y)
        if power == 2:
            return 2 * (math.log(x / y) + y / x - 1)
        p, q = 1 - power, 2 - power
        return 2 * (y**q / (p * q) - y * x**p / p + x**q / q)

    (c,) = inp.columns(flat=True)
    return c.float_mean(one)


def reduced(values: Array, reduction: str) -> Any:
    if reduction == "none":
        return unlist(values.tolist())
    return float(values.sum() if reduction == "sum" else values.mean())


def cosine_similarity(inp: Input, o: Options) -> Any:
    """0 for a zero vector, as in scikit-learn and torch."""
    return reduced(np.diag(sk.pairwise.cosine_similarity(inp.preds, inp.true)), o["reduction"])


def kl_divergence(inp: Input, o: Options) -> Any:
    p, q = inp.preds, inp.true
    logs = o["log_prob"]
    each = np.where(p == -INF, 0.0, np.exp(p) * (p - q)).sum(1) if logs else scipy.stats.entropy(p, q, axis=1)
    return reduced(each, o["reduction"])


def js_divergence(inp: Input, o: Options) -> Any:
    p, q = inp.preds, inp.true
    if o["log_prob"]:
        p, q = np.exp(p), np.exp(q)
        m = (p + q) / 2
        each = (rel_entr(p, m) + rel_entr(q, m)).sum(1) / 2
    else:
        each = scipy.spatial.distance.jensenshannon(p, q, axis=1) ** 2
    return reduced(each, o["reduction"])


def continuous_ranked_probability_score(inp: Input, o: Options) -> Any:
    """The integral over x of (share of members below x - [target below x]) squared."""

    def one(members: list[Fraction], target: Fraction) -> Fraction:
        steps = sorted([*members, target])
        return sum(
            (
                (b - a) * (Fraction(sum(m <= a for m in members), len(members)) - (target <= a)) ** 2
                for a, b in itertools.pairwise(steps)
            ),
            Fraction(0),
        )

    rows = fractions(inp.preds).reshape(inp.preds.shape)
    scores = [one(list(row), y) for row, y in zip(rows, fractions(inp.true), strict=True)]
    return float(sum(scores) / len(scores))


def critical_success_index(inp: Input, o: Options) -> Any:
    kept = o["keep_sequence_dim"]
    a, b = inp.preds >= o["threshold"], inp.true >= o["threshold"]
    if kept is None:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    else:
        a, b = (np.moveaxis(v, kept, 0).reshape(v.shape[kept], -1) for v in (a, b))
    both, either = (a & b).sum(1), (a | b).sum(1)
    return unlist([int(i) / int(j) if j else 0.0 for i, j in zip(both, either, strict=True)])

"""Search results and recommendations: by torchmetrics, trec_eval, ranx and scikit-learn, and by definition.

The definition is a plain function of the grades in the order of the ranking, averaged over all orders of documents with equal
scores.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean, median
from typing import Any

import numpy as np
import pytrec_eval
import ranx
import torch
from sklearn import metrics as sk
from torchmetrics import retrieval as tm

from harness import Array, Golden, Options, domain, rng

WITHIN = 2e-6
"""torchmetrics computes in float32."""


# ------------------------------------------------------------------------------------------------ inputs


def distinct(g: np.random.Generator, n: int) -> Array:
    """Different scores between 0 and 1."""
    return (g.permutation(4095)[:n] + 1).astype(np.float32) / 4096


def documents(golden: Golden, name: str, sizes: Sequence[int], grade: Callable[[np.random.Generator, int, int], Array],
              score: Callable[[np.random.Generator, int], Array] = distinct, dtype: type = np.float32) -> None:
    """Queries of these sizes, whose documents are in random order."""
    g = rng("retrieval_" + name)
    ids = np.repeat(np.arange(len(sizes)) * 3 - 2, sizes)
    target = np.concatenate([grade(g, query, size) for query, size in enumerate(sizes)])
    preds = np.concatenate([score(g, size) for size in sizes]).astype(dtype)
    order = g.permutation(len(ids))
    golden.input(name, preds=preds[order], target=target[order].astype(np.int64), queries=ids[order])


def binary(share: float) -> Callable[[np.random.Generator, int, int], Array]:
    def grade(g: np.random.Generator, _: int, size: int) -> Array:
        target = (g.random(size) < share).astype(np.int64)
        target[g.integers(size)] = 1
        return target

    return grade


def graded(g: np.random.Generator, _: int, size: int) -> Array:
    return np.maximum(g.integers(-3, 4, size), 0) + (np.arange(size) == 0)


def edges(g: np.random.Generator, query: int, size: int) -> Array:
    """No relevant document, all relevant, and one of each."""
    match query % 4:
        case 0:
            return np.zeros(size, np.int64)
        case 1:
            return np.ones(size, np.int64)
        case 2:
            return (np.arange(size) == g.integers(size)).astype(np.int64)
        case _:
            return (np.arange(size) != g.integers(size)).astype(np.int64)


def with_ignored(g: np.random.Generator, _: int, size: int) -> Array:
    target = g.integers(-1, 2, size)
    target[:2] = [1, 0]
    return target


def tied(levels: int) -> Callable[[np.random.Generator, int], Array]:
    def score(g: np.random.Generator, size: int) -> Array:
        return (g.integers(levels, size=size) + 1) / 8

    return score


def around_0(g: np.random.Generator, size: int) -> Array:
    return distinct(g, size) * 4 - 2


def close_scores(g: np.random.Generator, size: int) -> Array:
    """Scores that float32 cannot tell apart."""
    return 0.5 + g.permutation(size) * 1e-12


def declare_inputs(golden: Golden) -> None:
    sizes = [5, 17, 1, 30, 8, 12]
    documents(golden, "ordinary", sizes, binary(0.3))
    documents(golden, "dense", [20] * 5, binary(0.7))
    documents(golden, "graded", sizes, graded)
    documents(golden, "edges", [1, 1, 4, 5, 6, 6, 9, 12], edges)
    documents(golden, "one_document", [1], binary(1.0))
    documents(golden, "ignored", [6, 9, 14], with_ignored)
    documents(golden, "around_0", sizes, binary(0.4), around_0)
    documents(golden, "many", [int(n) for n in rng("retrieval_sizes").integers(1, 40, 60)], binary(0.2))
    documents(golden, "long", [300, 150], binary(0.5))
    documents(golden, "double", [7, 9], binary(0.4), close_scores, np.float64)
    # Every order of equal scores is tried, so there are few.
    documents(golden, "ties", [6, 7, 5, 7], binary(0.4), tied(3))
    documents(golden, "ties_graded", [6, 6, 7], graded, tied(3))
    documents(golden, "all_tied", [6, 3, 7], binary(0.5), tied(1))
    documents(golden, "ties_edges", [4, 5, 5, 6], edges, tied(2))

    g = rng("retrieval_rows")
    golden.input("rows", preds=distinct(g, 60).reshape(6, 10), target=(g.random((6, 10)) < 0.4).astype(np.int64))
    golden.input("rows_float", preds=distinct(g, 24).reshape(4, 6), target=g.choice([0, 0.5, 1, 2.25], (4, 6)).astype(np.float32))
    mask = g.random((5, 9)) < 0.7
    golden.input("rows_masked", preds=distinct(g, 45).reshape(5, 9), target=(g.random((5, 9)) < 0.4).astype(np.int64), mask=mask)


Query = tuple[list[float], list[float]]
"""The scores and the grades of its documents."""


def queries_of(tensors: dict[str, Array], ignore_index: int | None = None) -> list[Query]:
    preds, target = tensors["preds"], tensors["target"]
    if "queries" in tensors:
        ids = tensors["queries"]
        rows = [(preds[ids == i], target[ids == i]) for i in np.unique(ids)]
    else:
        mask = tensors.get("mask", np.ones(preds.shape, bool))
        rows = [(p[m], t[m]) for p, t, m in zip(preds, target, mask, strict=True)]
    kept = [(p[t != ignore_index], t[t != ignore_index]) for p, t in rows]
    return [(p.tolist(), t.tolist()) for p, t in kept if len(p)]


# ------------------------------------------------------------------------------------------------ definitions

Formula = Callable[..., Any]


def orders(scores: Sequence[float], grades: Sequence[float]) -> Iterator[list[float]]:
    """The grades in every order of descending scores."""
    groups = [[g for s, g in zip(scores, grades, strict=True) if s == score] for score in sorted(set(scores), reverse=True)]
    for chosen in itertools.product(*(list(itertools.permutations(group)) for group in groups)):
        yield [grade for group in chosen for grade in group]


def relevances(ranked: Sequence[float]) -> list[int]:
    return [int(grade > 0) for grade in ranked]


def average_precision(ranked: list[float], k: int, missing: list[float], divisor: str = "relevant") -> float:
    hits = relevances(ranked)
    total = sum(relevances([*ranked, *missing]))
    precisions = [sum(hits[: i + 1]) / (i + 1) for i in range(min(k, len(hits))) if hits[i]]
    by = {"relevant": total, "relevant_or_k": min(total, k), "relevant_in_top_k": max(len(precisions), 1)}[divisor]
    return sum(precisions) / by


def reciprocal_rank(ranked: list[float], k: int, missing: list[float]) -> float:
    return next((1 / (i + 1) for i, hit in enumerate(relevances(ranked)[:k]) if hit), 0.0)


def precision(ranked: list[float], k: int, missing: list[float], adaptive_k: bool = False) -> float:
    whole = k >= 10**9
    return sum(relevances(ranked)[:k]) / (min(k, len(ranked)) if adaptive_k or whole else k)


def recall(ranked: list[float], k: int, missing: list[float]) -> float:
    return sum(relevances(ranked)[:k]) / sum(relevances([*ranked, *missing]))


def f1(ranked: list[float], k: int, missing: list[float]) -> float:
    p, r = precision(ranked, k, missing), recall(ranked, k, missing)
    return 2 * p * r / (p + r) if p + r else 0.0


def r_precision(ranked: list[float], k: int, missing: list[float]) -> float:
    total = sum(relevances([*ranked, *missing]))
    return sum(relevances(ranked)[:total]) / total


def hit_rate(ranked: list[float], k: int, missing: list[float]) -> float:
    return float(any(relevances(ranked)[:k]))


def fall_out(ranked: list[float], k: int, missing: list[float]) -> float:
    others = [1 - hit for hit in relevances(ranked)]
    return sum(others[:k]) / sum(others)


def ndcg(ranked: list[float], k: int, missing: list[float], gain: str = "linear") -> float:
    value = (lambda grade: grade) if gain == "linear" else (lambda grade: 2**grade - 1)

    def dcg(grades: list[float]) -> float:
        return sum(value(grade) / math.log2(i + 2) for i, grade in enumerate(grades[:k]))

    return dcg(ranked) / dcg(sorted([*ranked, *missing], reverse=True))


def err(ranked: list[float], k: int, missing: list[float], max_grade: float = 1.0) -> float:
    going, total = 1.0, 0.0
    for i, grade in enumerate(ranked[:k]):
        stops = (2**grade - 1) / 2**max_grade
        total += going * stops / (i + 1)
        going *= 1 - stops
    return total


def rbp(ranked: list[float], k: int, missing: list[float], p: float = 0.8) -> float:
    return (1 - p) * sum(hit * p**i for i, hit in enumerate(relevances(ranked)[:k]))


def auroc(scores: list[float], grades: list[float], max_fpr: float | None = None) -> float:
    """Of documents in the order of their ranks, of which those with equal scores count half."""
    hits = relevances(grades)
    if len(set(hits)) < 2:
        return 0.0
    return float(sk.roc_auc_score(hits, scores, max_fpr=max_fpr))


DEFINITIONS: dict[str, Formula] = {
    "retrieval_map": average_precision,
    "retrieval_mrr": reciprocal_rank,
    "retrieval_precision": precision,
    "retrieval_recall": recall,
    "retrieval_f1": f1,
    "retrieval_r_precision": r_precision,
    "retrieval_hit_rate": hit_rate,
    "retrieval_fall_out": fall_out,
    "retrieval_normalized_dcg": ndcg,
    "expected_reciprocal_rank": err,
    "rank_biased_precision": rbp,
}


def has_value(metric: str, grades: list[float]) -> bool:
    return any(g <= 0 for g in grades) if metric == "retrieval_fall_out" else any(g > 0 for g in grades)


def of_query(metric: str, query: Query, k: int, options: Options) -> Any:
    scores, grades = query
    if metric == "retrieval_auroc":
        pairs = sorted(zip(scores, grades, strict=True), key=lambda pair: -pair[0])
        groups = [list(group) for _, group in itertools.groupby(pairs, key=lambda pair: pair[0])]
        permuted = itertools.product(*(list(itertools.permutations(group)) for group in groups))
        ranked = [[pair for group in chosen for pair in group][:k] for chosen in permuted]
        return fmean(auroc(*map(list, zip(*pairs, strict=True)), **options) for pairs in ranked)
    if metric == "retrieval_precision_recall_curve":
        ks = range(1, options["max_k"] + 1)
        adaptive = {"adaptive_k": options.get("adaptive_k", False)}
        return [[of_query("retrieval_precision", query, k, adaptive) for k in ks], [of_query("retrieval_recall", query, k, {}) for k in ks]]
    return fmean(DEFINITIONS[metric](ranked, k, [], **options) for ranked in orders(scores, grades))


def defined(metric: str, queries: list[Query], options: Options) -> Any:
    """The value by definition, or None if no query has one."""
    options = dict(options)
    empty = options.pop("empty_target_action", "pos" if metric == "retrieval_fall_out" else "neg")
    aggregate = {"mean": fmean, "median": median, "min": min, "max": max}[options.pop("aggregation", "mean")]
    min_precision = options.pop("min_precision", None)
    k = options.pop("top_k", 10**9)
    if level := options.pop("relevance_level", None):
        queries = [(scores, [float(grade >= level) for grade in grades]) for scores, grades in queries]
    name = "retrieval_precision_recall_curve" if min_precision is not None else metric
    values = []
    for query in queries:
        if has_value(metric, query[1]):
            values.append(of_query(name, query, k, dict(options)))
        elif empty != "skip":
            value = float(empty == "pos")
            values.append([[value] * options["max_k"]] * 2 if name == "retrieval_precision_recall_curve" else value)
    if not values:
        return None
    if name != "retrieval_precision_recall_curve":
        return aggregate(values)
    curve = np.mean(values, axis=0)
    if min_precision is None:
        return {"precision": curve[0], "recall": curve[1]}
    points = [(r, k + 1) for k, (p, r) in enumerate(curve.T) if p >= min_precision]
    best = max(points, default=(0.0, 0))
    return {"recall": best[0], "k": best[1] if best[0] > 0 else len(curve[0])}


# ------------------------------------------------------------------------------------------------ torchmetrics

BY_TORCHMETRICS: dict[str, Any] = {
    "retrieval_map": tm.RetrievalMAP,
    "retrieval_mrr": tm.RetrievalMRR,
    "retrieval_precision": tm.RetrievalPrecision,
    "retrieval_recall": tm.RetrievalRecall,
    "retrieval_r_precision": tm.RetrievalRPrecision,
    "retrieval_hit_rate": tm.RetrievalHitRate,
    "retrieval_fall_out": tm.RetrievalFallOut,
    "retrieval_normalized_dcg": tm.RetrievalNormalizedDCG,
    "retrieval_auroc": tm.RetrievalAUROC,
    "retrieval_precision_recall_curve": tm.RetrievalPrecisionRecallCurve,
    "retrieval_recall_at_fixed_precision": tm.RetrievalRecallAtFixedPrecision,
}


def by_torchmetrics(metric: str, tensors: dict[str, Array], options: Options) -> Any:
    queries = queries_of(tensors)
    ids = torch.tensor([i for i, (scores, _) in enumerate(queries) for _ in scores])
    scores = torch.tensor([score for scores, _ in queries for score in scores], dtype=torch.float32)
    target = torch.tensor([grade for _, grades in queries for grade in grades])
    chosen = {key: value for key, value in options.items() if key not in ("memory", "divisor")}
    value = BY_TORCHMETRICS[metric](**chosen)(scores, target, indexes=ids)
    match metric:
        case "retrieval_precision_recall_curve":
            return {"precision": value[0].reshape(-1), "recall": value[1].reshape(-1)}
        case "retrieval_recall_at_fixed_precision":
            return {"recall": value[0], "k": int(value[1])}
    return value


def variants(metric: str) -> Iterator[Options]:
    """Options of torchmetrics."""
    yield {}
    match metric:
        case "retrieval_precision_recall_curve" | "retrieval_recall_at_fixed_precision":
            fixed: Options = {"min_precision": 0.42} if "fixed" in metric else {}
            for max_k in (1, 5, 40):
                for adaptive_k in (False, True):
                    yield {"max_k": max_k, "adaptive_k": adaptive_k, **fixed}
            for empty in ("pos", "skip"):
                yield {"max_k": 6, "empty_target_action": empty, **fixed}
            for min_precision in (0.0, 0.91, 1.0) if fixed else ():
                yield {"max_k": 8, "min_precision": min_precision}
            return
    cut = metric != "retrieval_r_precision"
    divisor: Options = {"divisor": "relevant_in_top_k"} if metric == "retrieval_map" else {}
    for top_k in (1, 3, 10, 100) if cut else ():
        yield {"top_k": top_k, **divisor}
    for empty in ("neg", "pos", "skip"):
        yield {"empty_target_action": empty}
        if cut:
            yield {"empty_target_action": empty, "top_k": 4, **divisor}
    for aggregation in ("min", "max"):
        yield {"aggregation": aggregation}
    if metric == "retrieval_precision":
        yield {"top_k": 10, "adaptive_k": True}
    if metric == "retrieval_auroc":
        for max_fpr in (0.1, 0.5, 1.0):
            yield {"max_fpr": max_fpr}
        yield {"max_fpr": 0.3, "top_k": 8}


def declare_torchmetrics(golden: Golden) -> None:
    inputs = ("ordinary", "dense", "edges", "one_document", "many", "long", "rows", "rows_masked", "around_0")
    for metric in BY_TORCHMETRICS:
        for name, options in itertools.product(inputs, variants(metric)):
            needs_k = "curve" in metric or "fixed" in metric
            if needs_k and "max_k" not in options:
                continue
            tensors = golden.inputs[name]
            right = defined(metric, queries_of(tensors), options)
            if right is None:
                continue  # torchmetrics gives 0 if all queries are skipped
            value = by_torchmetrics(metric, tensors, options)
            # torchmetrics takes a relevant document whose score is not above 0 as one that is not relevant.
            oddity = "scores_below_0" if name == "around_0" else None
            memories = ("scattered", "complete") if name.startswith("rows") else ("scattered",)
            for memory in memories:
                golden.compared(metric, name, value, right, within=WITHIN, oddity=oddity, options={**options, "memory": memory})
        if "curve" not in metric and "fixed" not in metric:
            kept = queries_of(golden.inputs["ignored"], -1)
            value = by_torchmetrics(metric, golden.inputs["ignored"], {"ignore_index": -1})
            golden.compared(metric, "ignored", value, defined(metric, kept, {}), within=WITHIN, options={"ignore_index": -1})
    for name in ("graded", "ties_graded", "rows_float", "ties", "all_tied"):
        for options in ({}, {"top_k": 1}, {"top_k": 3}, {"top_k": 5}):
            tensors = golden.inputs[name]
            value = by_torchmetrics("retrieval_normalized_dcg", tensors, options)
            right = defined("retrieval_normalized_dcg", queries_of(tensors), options)
            golden.compared("retrieval_normalized_dcg", name, value, right, within=WITHIN, options=options)


# ------------------------------------------------------------------------------------------------ definitions


def declare_definitions(golden: Golden) -> None:
    """Equal scores, scores of float64, and what torchmetrics does not have."""

    def case(metric: str, name: str, options: Options, ignore_index: int | None = None) -> None:
        value = defined(metric, queries_of(golden.inputs[name]), options)
        if value is not None:
            golden.case(metric, name, value, options=options, reference="definition")

    for name, metric in itertools.product(("ties", "all_tied", "ties_edges", "double"), [*DEFINITIONS, "retrieval_auroc"]):
        for top_k in (None, 1, 2, 3, 5):
            if metric == "retrieval_r_precision" and top_k:
                continue
            if metric == "retrieval_normalized_dcg" and name != "double":
                continue
            case(metric, name, {"top_k": top_k} if top_k else {})
    for name, top_k in itertools.product(("ties", "all_tied", "ties_edges"), (1, 2, 3, 5)):
        for divisor in ("relevant_or_k", "relevant_in_top_k"):
            case("retrieval_map", name, {"top_k": top_k, "divisor": divisor})
        case("retrieval_auroc", name, {"top_k": top_k, "max_fpr": 0.4})
        case("retrieval_precision", name, {"top_k": top_k, "adaptive_k": True})
    for name in ("ties", "all_tied"):
        case("retrieval_precision_recall_curve", name, {"max_k": 6})
        case("retrieval_recall_at_fixed_precision", name, {"max_k": 6, "min_precision": 0.4})

    for name in ("ordinary", "graded", "ties_graded", "edges"):
        for top_k in ({}, {"top_k": 2}, {"top_k": 5}):
            for max_grade in (4.0, 5.0):
                case("expected_reciprocal_rank", name, {"max_grade": max_grade, **top_k})
            for p in (0.0, 0.5, 0.95):
                case("rank_biased_precision", name, {"p": p, **top_k})
            case("retrieval_normalized_dcg", name, {"gain": "exponential", **top_k})
            case("retrieval_f1", name, top_k)
            case("retrieval_map", name, {"divisor": "relevant_or_k", **top_k})
            for level in (2, 3):
                if name in ("graded", "ties_graded"):
                    for metric in ("retrieval_map", "retrieval_precision", "retrieval_mrr"):
                        case(metric, name, {"relevance_level": level, **top_k})
    for metric in DEFINITIONS:
        case(metric, "many", {"aggregation": "median"})
        case(metric, "ordinary", {"aggregation": "median"})


# ------------------------------------------------------------------------------------------------ TREC


def lines(table: dict[str, dict[str, float]], line: str) -> list[str]:
    return [line.format(q=q, d=d, n=n) for q, documents in table.items() for d, n in documents.items()]


def trec(name: str, queries: int, tied: bool) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, int]]]:
    """A run and judgements: some documents of each are not in the other, and so are some queries."""
    g = rng("retrieval_trec_" + name)
    run: dict[str, dict[str, float]] = {}
    qrels: dict[str, dict[str, int]] = {}
    for query in range(queries):
        names = [f"doc{i:02}" for i in g.permutation(40)]
        scores = g.integers(1, 6, 25) / 4 if tied else g.permutation(200)[:25] / 8
        run[f"q{query}"] = dict(zip(names[:25], scores.tolist(), strict=True))
        judged = [str(d) for d in g.permutation(names)[:18]]
        qrels[f"q{query}"] = {d: int(n) for d, n in zip(judged, g.integers(-1, 4, 18), strict=True)}
    qrels["q0"] |= {d: 0 for d in qrels["q0"]}
    del run["q1"], qrels["q2"]
    return run, qrels


TREC = {
    "map": ("retrieval_map", {}),
    "map_cut_5": ("retrieval_map", {"top_k": 5}),
    "map_cut_10": ("retrieval_map", {"top_k": 10}),
    "recip_rank": ("retrieval_mrr", {}),
    "P_5": ("retrieval_precision", {"top_k": 5}),
    "P_100": ("retrieval_precision", {"top_k": 100}),
    "set_P": ("retrieval_precision", {}),
    "recall_5": ("retrieval_recall", {"top_k": 5}),
    "recall_100": ("retrieval_recall", {"top_k": 100}),
    "Rprec": ("retrieval_r_precision", {}),
    "success_1": ("retrieval_hit_rate", {"top_k": 1}),
    "success_5": ("retrieval_hit_rate", {"top_k": 5}),
    "ndcg": ("retrieval_normalized_dcg", {}),
    "ndcg_cut_5": ("retrieval_normalized_dcg", {"top_k": 5}),
    "ndcg_cut_10": ("retrieval_normalized_dcg", {"top_k": 10}),
}

RANX = {
    "f1@5": ("retrieval_f1", {"top_k": 5}),
    "f1@30": ("retrieval_f1", {"top_k": 30}),
    "rbp.80": ("rank_biased_precision", {"p": 0.8}),
    "rbp.50": ("rank_biased_precision", {"p": 0.5}),
    "ndcg_burges": ("retrieval_normalized_dcg", {"gain": "exponential"}),
    "ndcg_burges@5": ("retrieval_normalized_dcg", {"gain": "exponential", "top_k": 5}),
    "map@5": ("retrieval_map", {"top_k": 5}),
    "mrr@3": ("retrieval_mrr", {"top_k": 3}),
    "hit_rate@3": ("retrieval_hit_rate", {"top_k": 3}),
    "r-precision": ("retrieval_r_precision", {}),
}


def declare_trec(golden: Golden) -> None:
    for name, queries, tied in (("trec", 8, False), ("trec_ties", 12, True)):
        run, qrels = trec(name, queries, tied)
        golden.input(name, run=lines(run, "{q} Q0 {d} 0 {n} mine"), qrels=lines(qrels, "{q} 0 {d} {n}"))
        evaluator = pytrec_eval.RelevanceEvaluator(qrels, set(TREC))
        values = evaluator.evaluate(run).values()
        for measure, (metric, options) in TREC.items():
            mean = fmean(query[measure] for query in values)
            golden.case(metric, name, mean, options=options, reference="trec_eval")
        for level in (2, 3):
            values = pytrec_eval.RelevanceEvaluator(qrels, {"map", "P_5"}, relevance_level=level).evaluate(run).values()
            for measure, metric in (("map", "retrieval_map"), ("P_5", "retrieval_precision")):
                chosen = {"relevance_level": level} | ({"top_k": 5} if metric == "retrieval_precision" else {})
                golden.case(metric, name, fmean(query[measure] for query in values), options=chosen, reference="trec_eval")
    # ranx breaks ties in its own way, leaves out queries without relevant documents, and takes grades for the relevance of
    # rank-biased precision, which it documents as 0 or 1.
    run, qrels = trec("trec", 8, False)
    relevant = {q: {d: n for d, n in documents.items() if n > 0} for q, documents in qrels.items()}
    shared = sorted(q for q in run if relevant.get(q))
    of_run = ranx.Run({q: run[q] for q in shared})
    for measure, (metric, options) in RANX.items():
        binary_grades = measure.startswith("rbp")
        of_qrels = ranx.Qrels({q: {d: 1 if binary_grades else n for d, n in relevant[q].items()} for q in shared})
        value = ranx.evaluate(of_qrels, of_run, measure, make_comparable=True)
        skipping = {**options, "empty_target_action": "skip"}
        golden.case(metric, "trec", value, options=skipping, reference="ranx")


@domain("retrieval", libraries=("torchmetrics", "torch", "scikit-learn", "ranx", "pytrec_eval-terrier"))
def declare(golden: Golden) -> None:
    declare_inputs(golden)
    declare_torchmetrics(golden)
    declare_definitions(golden)
    declare_trec(golden)

"""Work with rankings for torchmetrics_peer.py. ranx takes the place of the second way to call TorchMetrics."""

import ranx
import torch
from torchmetrics import MetricCollection, retrieval

QUERIES, DOCUMENTS = 10_000, 100


def documents():
    """Scores, relevance and query ids, and the same for ranx."""
    n = QUERIES * DOCUMENTS
    scores, relevant = torch.rand(n), (torch.rand(n) < 0.1).long()
    ids = torch.arange(n) // DOCUMENTS
    names = [f"d{i:03}" for i in range(DOCUMENTS)]
    rows = zip(scores.view(QUERIES, DOCUMENTS).tolist(), relevant.view(QUERIES, DOCUMENTS).tolist())
    run, qrels = {}, {}
    for query, (of_run, of_qrels) in enumerate(rows):
        run[f"q{query:05}"] = dict(zip(names, of_run))
        judged = {name: n for name, n in zip(names, of_qrels) if n}
        qrels[f"q{query:05}"] = judged or {"none": 1}
    return scores, relevant, ids, ranx.Run(run), ranx.Qrels(qrels)


def both(make, measures):
    """The value of one batch, from nothing: by TorchMetrics, and by ranx."""
    return lambda first: (
        (lambda scores, relevant, ids, *_: make()(scores, relevant, indexes=ids))
        if first
        else (lambda *data: ranx.evaluate(data[4], data[3], measures))
    )


def all_eleven():
    r = retrieval
    return MetricCollection([
        r.RetrievalMAP(), r.RetrievalMRR(), r.RetrievalPrecision(top_k=10), r.RetrievalRecall(top_k=10),
        r.RetrievalRPrecision(), r.RetrievalHitRate(top_k=10), r.RetrievalFallOut(top_k=10), r.RetrievalNormalizedDCG(),
        r.RetrievalAUROC(), r.RetrievalPrecisionRecallCurve(max_k=10),
        r.RetrievalRecallAtFixedPrecision(min_precision=0.1, max_k=10),
    ])  # fmt: skip


MANY = ["map", "mrr", "precision@10", "recall@10", "r-precision", "hit_rate@10", "ndcg"]

WORKLOADS = {
    "retrieval MAP, 10000 x 100": (documents, both(retrieval.RetrievalMAP, "map")),
    "retrieval MAP, complete, 10000 x 100": (documents, both(retrieval.RetrievalMAP, "map")),
    "retrieval, all eleven, 10000 x 100": (documents, both(all_eleven, MANY)),
}

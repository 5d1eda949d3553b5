"""Times TorchMetrics.

Reads lines of seconds, a tab and a workload. Repeats the workload for so many seconds and answers with the
median seconds of a call: as it is by default, and with validate_args=False.
"""

import statistics
import sys
import time

import torch
import torchmetrics
from sklearn.metrics import accuracy_score, mean_absolute_error, mean_squared_error, roc_auc_score
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics.classification import (
    BinaryAccuracy,
    BinaryAUROC,
    BinaryAveragePrecision,
    BinaryPrecisionRecallCurve,
    BinaryROC,
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassPrecision,
    MulticlassRecall,
    MulticlassSpecificity,
    MultilabelF1Score,
)
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    binary_groups_stat_rates,
    multiclass_auroc,
    multiclass_calibration_error,
    multiclass_hinge_loss,
    multilabel_ranking_loss,
)
from torchmetrics.clustering import AdjustedRandScore, CalinskiHarabaszScore
from torchmetrics.nominal import CramersV
from torchmetrics.regression import (
    ConcordanceCorrCoef,
    CosineSimilarity,
    ExplainedVariance,
    KendallRankCorrCoef,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanSquaredError,
    MeanSquaredLogError,
    MinkowskiDistance,
    PearsonCorrCoef,
    R2Score,
    SpearmanCorrCoef,
    TweedieDevianceScore,
)
from torchmetrics.wrappers import BootStrapper

import detection_peer
import retrieval_peer
import segmentation_peer
import text_peer


def multiclass(n, classes):
    return torch.randn(n, classes), labels(n, classes)


def labels(n, classes):
    return torch.randint(classes, (n,))


def label_pair(n, classes):
    return labels(n, classes), labels(n, classes)


def multilabel(n, labels):
    return torch.rand(n, labels), torch.randint(2, (n, labels))


def binary(n):
    return torch.rand(n), labels(n, 2)


def probabilities(n, classes):
    return torch.randn(n, classes).softmax(1), labels(n, classes)


def numbers(n):
    target = torch.randn(n)
    return target + torch.randn(n) / 2, target


def positive(n):
    return tuple(x.abs() + 1e-6 for x in numbers(n))


def points(n, d):
    return torch.randn(n, d)


def weights(n):
    return positive(n)[0]


def weighted(batch):
    """For scikit-learn, with sample weights."""
    preds, target = batch
    return preds.numpy(), target.numpy(), weights(len(target)).numpy()


def authority(function):
    """scikit-learn, where TorchMetrics has no sample weights."""
    return lambda _: function


def whole(make):
    """The value of one batch, from nothing. These metrics have no validate_args."""

    def call(preds, target):
        metric = make()
        metric.update(preds, target)
        return metric.compute()

    return lambda _: call


def five_of_moments():
    metrics = MeanSquaredError, R2Score, PearsonCorrCoef, ConcordanceCorrCoef, ExplainedVariance
    return MetricCollection([metric() for metric in metrics])


def functional(function, *args, **options):
    """The value of one batch, from nothing."""
    return lambda v: lambda preds, target: function(preds, target, *args, validate_args=v, **options)


def four(validate):
    """Four curves of one batch, from nothing."""
    metrics = BinaryAUROC, BinaryAveragePrecision, BinaryROC, BinaryPrecisionRecallCurve

    def call(preds, target):
        collection = MetricCollection([metric(validate_args=validate) for metric in metrics])
        collection.update(preds, target)
        return collection.compute()

    return call


def accuracy(classes, validate, **options):
    return MulticlassAccuracy(classes, average="micro", validate_args=validate, **options)


def five(validate):
    metrics = MulticlassAccuracy, MulticlassPrecision, MulticlassRecall, MulticlassF1Score, MulticlassSpecificity
    return MetricCollection([metric(10, average="macro", validate_args=validate) for metric in metrics])


# The batch, and what is called with it. Calling a metric is its `forward`.
WORKLOADS = {
    "accuracy, update, 256 x 10": (lambda: multiclass(256, 10), lambda v: accuracy(10, v).update),
    "accuracy, forward, 256 x 10": (lambda: multiclass(256, 10), lambda v: accuracy(10, v)),
    "F1, forward, 256 x 10": (lambda: multiclass(256, 10), lambda v: MulticlassF1Score(10, validate_args=v)),
    "collection of 5, forward, 256 x 10": (lambda: multiclass(256, 10), five),
    "accuracy, 1000000 x 10": (lambda: multiclass(1_000_000, 10), lambda v: accuracy(10, v)),
    "F1, 1000000 x 10": (lambda: multiclass(1_000_000, 10), lambda v: MulticlassF1Score(10, validate_args=v)),
    "confusion matrix, 1000000 x 10": (
        lambda: multiclass(1_000_000, 10),
        lambda v: MulticlassConfusionMatrix(10, validate_args=v),
    ),
    "accuracy of labels, 1000000": (lambda: label_pair(1_000_000, 10), lambda v: accuracy(10, v)),
    "binary accuracy, 1000000": (lambda: binary(1_000_000), lambda v: BinaryAccuracy(validate_args=v)),
    "weighted accuracy, 1000000 x 10": (
        lambda: weighted(multiclass(1_000_000, 10)),
        authority(lambda p, t, w: accuracy_score(t, p.argmax(1), sample_weight=w)),
    ),
    "weighted binary accuracy, 1000000": (
        lambda: weighted(binary(1_000_000)),
        authority(lambda p, t, w: accuracy_score(t, p > 0.5, sample_weight=w)),
    ),
    "weighted AUROC, 1000000": (
        lambda: weighted(binary(1_000_000)),
        authority(lambda p, t, w: roc_auc_score(t, p, sample_weight=w)),
    ),
    "weighted MSE, 1000000": (
        lambda: weighted(numbers(1_000_000)),
        authority(lambda p, t, w: mean_squared_error(t, p, sample_weight=w)),
    ),
    "weighted MAE, 1000000": (
        lambda: weighted(numbers(1_000_000)),
        authority(lambda p, t, w: mean_absolute_error(t, p, sample_weight=w)),
    ),
    "weighted mean, 1000000": (lambda: (numbers(1_000_000)[0], weights(1_000_000)), whole(MeanMetric)),
    "group rates, 1000000 in 100 groups": (
        lambda: (*binary(1_000_000), labels(1_000_000, 100)),
        lambda v: lambda p, t, g: binary_groups_stat_rates(p, t, g, 100, validate_args=v),
    ),
    "accuracy, 50000 x 1000": (lambda: multiclass(50_000, 1000), lambda v: accuracy(1000, v)),
    "top-5 accuracy, 50000 x 1000": (lambda: multiclass(50_000, 1000), lambda v: accuracy(1000, v, top_k=5)),
    "AUROC, 1000000": (lambda: binary(1_000_000), functional(binary_auroc)),
    "average precision, 1000000": (lambda: binary(1_000_000), functional(binary_average_precision)),
    "AUROC, 200 bins, 1000000": (lambda: binary(1_000_000), functional(binary_auroc, thresholds=200)),
    "AUROC, 100000 x 10": (lambda: probabilities(100_000, 10), functional(multiclass_auroc, 10)),
    "AUROC, AP, ROC and PR, 1000000": (lambda: binary(1_000_000), four),
    "calibration error, 1000000 x 10": (
        lambda: probabilities(1_000_000, 10),
        functional(multiclass_calibration_error, 10),
    ),
    "ranking loss, 10000 x 20": (lambda: multilabel(10_000, 20), functional(multilabel_ranking_loss, 20)),
    "multilabel F1, 100000 x 20": (lambda: multilabel(100_000, 20), lambda v: MultilabelF1Score(20, validate_args=v)),
    "MSE, 10000000": (lambda: numbers(10_000_000), whole(MeanSquaredError)),
    "MAE, 10000000": (lambda: numbers(10_000_000), whole(MeanAbsoluteError)),
    "R2, 10000000": (lambda: numbers(10_000_000), whole(R2Score)),
    "Pearson, 10000000": (lambda: numbers(10_000_000), whole(PearsonCorrCoef)),
    "five of moments, 10000000": (lambda: numbers(10_000_000), whole(five_of_moments)),
    "bootstrap of accuracy, 1000000 x 10": (
        lambda: multiclass(1_000_000, 10),
        lambda v: whole(lambda: BootStrapper(accuracy(10, v), num_bootstraps=20))(v),
    ),
    "bootstrap of MSE, 1000000": (
        lambda: numbers(1_000_000),
        whole(lambda: BootStrapper(MeanSquaredError(), num_bootstraps=20)),
    ),
    "squared log error, 1000000": (lambda: positive(1_000_000), whole(MeanSquaredLogError)),
    "log-cosh error, 1000000": (lambda: numbers(1_000_000), whole(LogCoshError)),
    "Tweedie deviance (1.5), 1000000": (
        lambda: positive(1_000_000),
        whole(lambda: TweedieDevianceScore(1.5)),
    ),
    "Minkowski distance (3), 1000000": (lambda: numbers(1_000_000), whole(lambda: MinkowskiDistance(3))),
    "KL divergence, 100000 x 64": (
        lambda: (probabilities(100_000, 64)[0], probabilities(100_000, 64)[0]),
        whole(KLDivergence),
    ),
    "hinge loss, 1000000 x 10": (
        lambda: probabilities(1_000_000, 10),
        functional(multiclass_hinge_loss, 10),
    ),
    "MSE, update, 256": (lambda: numbers(256), lambda _: MeanSquaredError().update),
    "Spearman, 1000000": (lambda: numbers(1_000_000), whole(SpearmanCorrCoef)),
    "Kendall, 20000": (lambda: numbers(20_000), whole(KendallRankCorrCoef)),
    "cosine similarity, 100000 x 64": (
        lambda: (points(100_000, 64), points(100_000, 64)),
        whole(lambda: CosineSimilarity(reduction="mean")),
    ),
    "adjusted Rand, 1000000": (lambda: label_pair(1_000_000, 10), whole(AdjustedRandScore)),
    "Cramer's V, 1000000": (lambda: label_pair(1_000_000, 10), whole(lambda: CramersV(10))),
    "Calinski-Harabasz, 100000 x 8": (
        lambda: (points(100_000, 8), labels(100_000, 10)),
        whole(CalinskiHarabaszScore),
    ),
    **text_peer.WORKLOADS,
    **retrieval_peer.WORKLOADS,
    **segmentation_peer.WORKLOADS,
    **detection_peer.WORKLOADS,
}


def median_call(call, batch, seconds):
    call(*batch)
    times = []
    begin = time.perf_counter()
    while not times or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        call(*batch)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    about = f"TorchMetrics {torchmetrics.__version__}, PyTorch {torch.__version__}"
    print(f"{about}, {torch.get_num_threads()} threads", flush=True)
    current = None
    for line in sys.stdin:
        seconds, name = line.rstrip("\n").split("\t")
        if name != current:
            make_batch, make_call = WORKLOADS[name]
            batch, calls = make_batch(), [make_call(True), make_call(False)]
            current = name
        print(*(median_call(call, batch, float(seconds)) for call in calls), flush=True)


main()

//! The work that is timed, here and in burn-train.

use std::hint::black_box;

use burn::{
    data::dataloader::Progress,
    tensor::Tensor,
    train::metric::{self as train, ClassReduction, ConfusionStatsInput, MetricMetadata},
};
use burn_metrics::{InputOf, prelude::*};

use crate::common::{
    Batch, BinaryBatch, binary, labels, multiclass, multilabel, numbers, points, probabilities,
};

pub type Run = Box<dyn FnMut()>;

/// Work for [`Contenders`], whose inputs are made before time is taken.
pub struct Workload {
    /// By which `torchmetrics_peer.py` knows it, too.
    pub name: &'static str,
    /// How much faster than TorchMetrics this crate has to be.
    pub goal: f64,
    pub contenders: fn() -> Contenders,
}

pub struct Contenders {
    pub ours: Run,
    /// burn-train computes a value in each update, so its `update` stands for `update` and `forward`.
    pub burn_train: Option<Run>,
    /// A plain sum over the scores, for scale.
    pub sum: Option<Run>,
}

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "accuracy, update, 256 x 10",
        goal: 20.0,
        contenders: || {
            let batch = multiclass(256, 10);
            let mut accuracy = Accuracy::multiclass(10).accumulator();
            Contenders {
                burn_train: Some(train_accuracy(batch.clone())),
                ours: Box::new(move || accuracy.update(batch.clone()).unwrap()),
                sum: None,
            }
        },
    },
    Workload {
        name: "accuracy, forward, 256 x 10",
        goal: 40.0,
        contenders: || {
            let batch = multiclass(256, 10);
            Contenders {
                burn_train: Some(train_accuracy(batch.clone())),
                ours: forward(Accuracy::multiclass(10), batch),
                sum: None,
            }
        },
    },
    Workload {
        name: "F1, forward, 256 x 10",
        goal: 40.0,
        contenders: || {
            let batch = multiclass(256, 10);
            Contenders {
                burn_train: Some(train_f1(&batch)),
                ours: forward(F1::multiclass(10), batch),
                sum: None,
            }
        },
    },
    Workload {
        name: "collection of 5, forward, 256 x 10",
        goal: 40.0,
        contenders: || {
            let batch = multiclass(256, 10);
            let mut five = Collection::new()
                .with(Accuracy::multiclass(10).average(Macro))
                .with(Precision::multiclass(10))
                .with(Recall::multiclass(10))
                .with(F1::multiclass(10))
                .with(Specificity::multiclass(10));
            Contenders {
                ours: Box::new(move || drop(black_box(five.forward(batch.clone()).unwrap()))),
                burn_train: None,
                sum: None,
            }
        },
    },
    Workload {
        name: "accuracy, 1000000 x 10",
        goal: 12.0,
        contenders: || {
            let batch = multiclass(1_000_000, 10);
            Contenders {
                burn_train: Some(train_accuracy(batch.clone())),
                sum: Some(sum(&batch)),
                ours: forward(Accuracy::multiclass(10), batch),
            }
        },
    },
    Workload {
        name: "F1, 1000000 x 10",
        goal: 12.0,
        contenders: || {
            let batch = multiclass(1_000_000, 10);
            Contenders {
                burn_train: Some(train_f1(&batch)),
                sum: Some(sum(&batch)),
                ours: forward(F1::multiclass(10), batch),
            }
        },
    },
    Workload {
        name: "confusion matrix, 1000000 x 10",
        goal: 12.0,
        contenders: || {
            let batch = multiclass(1_000_000, 10);
            Contenders {
                burn_train: None,
                sum: Some(sum(&batch)),
                ours: forward(ConfusionMatrix::multiclass(10), batch),
            }
        },
    },
    Workload {
        name: "accuracy of labels, 1000000",
        goal: 1.0,
        contenders: || {
            let batch = (labels(1_000_000, 10), labels(1_000_000, 10));
            Contenders {
                ours: forward(Accuracy::multiclass(10), batch),
                burn_train: None,
                sum: None,
            }
        },
    },
    Workload {
        name: "accuracy, 50000 x 1000",
        goal: 1.0,
        contenders: || {
            let batch = multiclass(50_000, 1000);
            Contenders {
                burn_train: Some(train_accuracy(batch.clone())),
                sum: Some(sum(&batch)),
                ours: forward(Accuracy::multiclass(1000), batch),
            }
        },
    },
    Workload {
        name: "top-5 accuracy, 50000 x 1000",
        goal: 100.0,
        contenders: || {
            let batch = multiclass(50_000, 1000);
            let (scores, target) = batch.clone();
            let input = train::TopKAccuracyInput::new(scores, target);
            Contenders {
                burn_train: Some(update(train::TopKAccuracyMetric::new(5), input)),
                sum: Some(sum(&batch)),
                ours: forward(Accuracy::multiclass(1000).top_k(5), batch),
            }
        },
    },
    Workload {
        name: "AUROC, 1000000",
        goal: 5.0,
        contenders: || {
            let batch = binary(1_000_000);
            Contenders {
                burn_train: Some(train_curve(train::AurocMetric::binary(), &batch)),
                ours: evaluate(Auroc::binary(), batch),
                sum: None,
            }
        },
    },
    Workload {
        name: "average precision, 1000000",
        goal: 5.0,
        contenders: || {
            let batch = binary(1_000_000);
            Contenders {
                burn_train: Some(train_curve(train::AucPrMetric::binary(), &batch)),
                ours: evaluate(AveragePrecision::binary(), batch),
                sum: None,
            }
        },
    },
    Workload {
        name: "AUROC, 200 bins, 1000000",
        goal: 50.0,
        contenders: || Contenders {
            ours: evaluate(Auroc::binary().thresholds(200), binary(1_000_000)),
            burn_train: None,
            sum: None,
        },
    },
    Workload {
        name: "AUROC, 100000 x 10",
        goal: 8.0,
        contenders: || Contenders {
            ours: evaluate(Auroc::multiclass(10), probabilities(100_000, 10)),
            burn_train: None,
            sum: None,
        },
    },
    Workload {
        name: "AUROC, AP, ROC and PR, 1000000",
        goal: 5.0,
        contenders: || {
            let batch = binary(1_000_000);
            let four = Collection::new()
                .with(Auroc::binary())
                .with(AveragePrecision::binary())
                .with(Roc::binary())
                .with(PrecisionRecallCurve::binary());
            Contenders {
                ours: Box::new(move || {
                    let mut four = four.clone();
                    four.update(batch.clone()).unwrap();
                    drop(black_box(four.compute().unwrap()));
                }),
                burn_train: None,
                sum: None,
            }
        },
    },
    Workload {
        name: "calibration error, 1000000 x 10",
        goal: 1.0,
        contenders: || Contenders {
            ours: evaluate(
                CalibrationError::multiclass(10),
                probabilities(1_000_000, 10),
            ),
            burn_train: None,
            sum: None,
        },
    },
    Workload {
        name: "ranking loss, 10000 x 20",
        goal: 1.0,
        contenders: || Contenders {
            ours: evaluate(LabelRankingLoss::multilabel(20), multilabel(10_000, 20)),
            burn_train: None,
            sum: None,
        },
    },
    Workload {
        name: "multilabel F1, 100000 x 20",
        goal: 1.0,
        contenders: || {
            let (scores, target) = multilabel(100_000, 20);
            let input = ConfusionStatsInput::new(scores.clone(), target.clone().bool());
            let f1 = train::FBetaScoreMetric::multilabel(1.0, 0.5, ClassReduction::Macro);
            Contenders {
                ours: forward(F1::multilabel(20), (scores, target)),
                burn_train: Some(update(f1, input)),
                sum: None,
            }
        },
    },
    Workload {
        name: "MSE, 10000000",
        goal: 6.0,
        contenders: || alone(evaluate(MeanSquaredError::new(), numbers(10_000_000))),
    },
    Workload {
        name: "MAE, 10000000",
        goal: 6.0,
        contenders: || alone(evaluate(MeanAbsoluteError::new(), numbers(10_000_000))),
    },
    Workload {
        name: "R2, 10000000",
        goal: 8.0,
        contenders: || alone(evaluate(R2Score::new(), numbers(10_000_000))),
    },
    Workload {
        name: "Pearson, 10000000",
        goal: 8.0,
        contenders: || alone(evaluate(PearsonCorrCoef::new(), numbers(10_000_000))),
    },
    Workload {
        name: "five of moments, 10000000",
        goal: 8.0,
        contenders: || {
            let batch = numbers(10_000_000);
            let five = Collection::new()
                .with(MeanSquaredError::new())
                .with(R2Score::new())
                .with(PearsonCorrCoef::new())
                .with(ConcordanceCorrCoef::new())
                .with(ExplainedVariance::new());
            alone(Box::new(move || {
                let mut five = five.clone();
                five.update(batch.clone()).unwrap();
                drop(black_box(five.compute().unwrap()));
            }))
        },
    },
    // TorchMetrics has 20 replicates, so 20 times faster a replicate is 0.4 of its time.
    Workload {
        name: "bootstrap of accuracy, 1000000 x 10",
        goal: 0.4,
        contenders: || {
            let metric = Accuracy::multiclass(10).bootstrap(1000).seed(1);
            alone(evaluate(metric, multiclass(1_000_000, 10)))
        },
    },
    // 20 replicates each.
    Workload {
        name: "bootstrap of MSE, 1000000",
        goal: 1.0,
        contenders: || {
            let metric = MeanSquaredError::new().bootstrap(20).seed(1);
            alone(evaluate(metric, numbers(1_000_000)))
        },
    },
    Workload {
        name: "squared log error, 1000000",
        goal: 1.0,
        contenders: || alone(evaluate(MeanSquaredLogError::new(), positive(1_000_000))),
    },
    Workload {
        name: "log-cosh error, 1000000",
        goal: 1.0,
        contenders: || alone(evaluate(LogCoshError::new(), numbers(1_000_000))),
    },
    Workload {
        name: "Tweedie deviance (1.5), 1000000",
        goal: 1.0,
        contenders: || {
            alone(evaluate(
                TweedieDevianceScore::new(1.5),
                positive(1_000_000),
            ))
        },
    },
    Workload {
        name: "Minkowski distance (3), 1000000",
        goal: 1.0,
        contenders: || alone(evaluate(MinkowskiDistance::new(3.0), numbers(1_000_000))),
    },
    Workload {
        name: "KL divergence, 100000 x 64",
        goal: 1.0,
        contenders: || {
            let batch = || probabilities(100_000, 64).0;
            alone(evaluate(KLDivergence::new(), (batch(), batch())))
        },
    },
    Workload {
        name: "hinge loss, 1000000 x 10",
        goal: 1.0,
        contenders: || {
            alone(evaluate(
                HingeLoss::multiclass(10),
                probabilities(1_000_000, 10),
            ))
        },
    },
    Workload {
        name: "MSE, update, 256",
        goal: 1.0,
        contenders: || {
            let batch = numbers(256);
            let mut error = MeanSquaredError::new().accumulator();
            alone(Box::new(move || error.update(batch.clone()).unwrap()))
        },
    },
    Workload {
        name: "Spearman, 1000000",
        goal: 5.0,
        contenders: || alone(evaluate(SpearmanCorrCoef::new(), numbers(1_000_000))),
    },
    Workload {
        name: "Kendall, 20000",
        goal: 200.0,
        contenders: || alone(evaluate(KendallRankCorrCoef::new(), numbers(20_000))),
    },
    Workload {
        name: "cosine similarity, 100000 x 64",
        goal: 1.0,
        contenders: || {
            let batch = || points(100_000, 64);
            alone(evaluate(CosineSimilarity::new(), (batch(), batch())))
        },
    },
    Workload {
        name: "adjusted Rand, 1000000",
        goal: 10.0,
        contenders: || {
            let batch = (labels(1_000_000, 10), labels(1_000_000, 10));
            alone(evaluate(AdjustedRandScore::new(), batch))
        },
    },
    Workload {
        name: "Cramer's V, 1000000",
        goal: 10.0,
        contenders: || {
            let batch = (labels(1_000_000, 10), labels(1_000_000, 10));
            alone(evaluate(CramersV::new(), batch))
        },
    },
    Workload {
        name: "Calinski-Harabasz, 100000 x 8",
        goal: 1.0,
        contenders: || {
            let batch = (points(100_000, 8), labels(100_000, 10));
            alone(evaluate(CalinskiHarabaszScore::new(), batch))
        },
    },
];

fn positive(n: usize) -> (Tensor<1>, Tensor<1>) {
    let (preds, target) = numbers(n);
    // None is 0.
    (preds.abs() + 1e-6, target.abs() + 1e-6)
}

/// Work that burn-train has no metric for.
pub fn alone(ours: Run) -> Contenders {
    Contenders {
        ours,
        burn_train: None,
        sum: None,
    }
}

fn forward<M: Metric + 'static>(metric: M, batch: impl Into<InputOf<M>> + Clone + 'static) -> Run {
    let mut accumulator = metric.accumulator();
    Box::new(move || drop(black_box(accumulator.forward(batch.clone()).unwrap())))
}

/// The value of one batch, from nothing.
pub fn evaluate<M: Metric + 'static>(
    metric: M,
    batch: impl Into<InputOf<M>> + Clone + 'static,
) -> Run {
    Box::new(move || drop(black_box(metric.evaluate(batch.clone()).unwrap())))
}

/// A metric of burn-train that keeps all scores: made anew for each value.
fn train_curve<M>(metric: M, (scores, target): &BinaryBatch) -> Run
where
    M: train::Metric<Input = ConfusionStatsInput> + Clone + 'static,
{
    let n = scores.dims()[0];
    let (scores, target) = (
        scores.clone().reshape([n, 1]),
        target.clone().reshape([n, 1]),
    );
    let input = ConfusionStatsInput::new(scores, target.bool());
    Box::new(move || {
        let mut metric = metric.clone();
        metric.update(&input, &metadata()).unwrap();
        drop(black_box(metric.compute().unwrap()));
    })
}

fn update<M: train::Metric + 'static>(mut metric: M, input: M::Input) -> Run
where
    M::Input: 'static,
{
    Box::new(move || drop(black_box(metric.update(&input, &metadata()).unwrap())))
}

fn metadata() -> MetricMetadata {
    MetricMetadata {
        progress: Progress {
            items_processed: 1,
            items_total: 1,
            unit: None,
        },
        iteration: Some(0),
        lr: None,
    }
}

fn train_accuracy((scores, target): Batch) -> Run {
    let input = train::AccuracyInput::new(scores, target);
    update(train::AccuracyMetric::new(), input)
}

fn train_f1((scores, target): &Batch) -> Run {
    let classes = scores.dims()[1];
    let one_hot = target.clone().one_hot(classes).bool();
    let input = ConfusionStatsInput::new(scores.clone(), one_hot);
    let f1 = train::FBetaScoreMetric::multiclass(1.0, 1, ClassReduction::Macro);
    update(f1, input)
}

fn sum((scores, _): &Batch) -> Run {
    let scores = scores.clone();
    Box::new(move || drop(black_box(scores.clone().sum())))
}

//! Classification metrics: the cost of a call on a small batch, the throughput on large ones.

mod common;

use burn::tensor::FloatDType;
use burn_metrics::prelude::*;
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};

use common::{binary, labels, multiclass, multilabel, probabilities};

/// What a training loop pays for each step.
fn calls(criterion: &mut Criterion) {
    let mut group = group(criterion, 256, 10);
    let batch = multiclass(256, 10);

    let mut accuracy = Accuracy::multiclass(10).accumulator();
    group.bench_function("accuracy update", |b| {
        b.iter(|| accuracy.update(batch.clone()));
    });
    group.bench_function("accuracy forward", |b| {
        b.iter(|| accuracy.forward(batch.clone()));
    });

    let mut five = Collection::new()
        .with(Accuracy::multiclass(10).average(Macro))
        .with(Precision::multiclass(10))
        .with(Recall::multiclass(10))
        .with(F1::multiclass(10))
        .with(Specificity::multiclass(10));
    group.bench_function("collection of 5 update", |b| {
        b.iter(|| five.update(batch.clone()));
    });
    group.bench_function("collection of 5 forward", |b| {
        b.iter(|| five.forward(batch.clone()));
    });
}

/// At best as fast as memory is: compare with the sum.
fn few_classes(criterion: &mut Criterion) {
    let mut group = group(criterion, 1_000_000, 10);
    let accuracy = Accuracy::multiclass(10);
    let confusion = ConfusionMatrix::multiclass(10);
    let (scores, target) = multiclass(1_000_000, 10);

    group.bench_function("sum", |b| {
        b.iter(|| scores.clone().sum());
    });
    group.bench_function("accuracy", |b| {
        b.iter(|| accuracy.evaluate((scores.clone(), target.clone())));
    });
    group.bench_function("confusion matrix", |b| {
        b.iter(|| confusion.evaluate((scores.clone(), target.clone())));
    });
    for dtype in [FloatDType::F16, FloatDType::BF16, FloatDType::F64] {
        let scores = scores.clone().cast(dtype);
        group.bench_function(format!("accuracy {dtype:?}"), |b| {
            b.iter(|| accuracy.evaluate((scores.clone(), target.clone())));
        });
    }
    let predicted = labels(1_000_000, 10);
    group.bench_function("accuracy of labels", |b| {
        b.iter(|| accuracy.evaluate((predicted.clone(), target.clone())));
    });
}

fn many_classes(criterion: &mut Criterion) {
    let mut group = group(criterion, 50_000, 1000);
    let accuracy = Accuracy::multiclass(1000);
    let top_5 = Accuracy::multiclass(1000).top_k(5);
    let batch = multiclass(50_000, 1000);

    group.bench_function("sum", |b| {
        b.iter(|| batch.0.clone().sum());
    });
    group.bench_function("accuracy", |b| {
        b.iter(|| accuracy.evaluate(batch.clone()));
    });
    group.bench_function("top-5 accuracy", |b| {
        b.iter(|| top_5.evaluate(batch.clone()));
    });
}

fn many_labels(criterion: &mut Criterion) {
    let mut group = group(criterion, 100_000, 20);
    let f1 = F1::multilabel(20);
    let batch = multilabel(100_000, 20);

    group.bench_function("multilabel F1", |b| {
        b.iter(|| f1.evaluate(batch.clone()));
    });
}

/// Exact curves sort, binned ones do not.
fn curves(criterion: &mut Criterion) {
    let mut group = group(criterion, 1_000_000, 1);
    let batch = binary(1_000_000);
    let exact = Auroc::binary();
    group.bench_function("AUROC", |b| {
        b.iter(|| exact.evaluate(batch.clone()));
    });
    let binned = Auroc::binary().thresholds(200);
    group.bench_function("AUROC, 200 thresholds", |b| {
        b.iter(|| binned.evaluate(batch.clone()));
    });
    let classes = Auroc::multiclass(10);
    let probabilities = probabilities(100_000, 10);
    group.bench_function("AUROC of 10 classes", |b| {
        b.iter(|| classes.evaluate(probabilities.clone()));
    });
    let four = Collection::new()
        .with(Auroc::binary())
        .with(AveragePrecision::binary())
        .with(Roc::binary())
        .with(PrecisionRecallCurve::binary());
    group.bench_function("AUROC, AP, ROC and PR", |b| {
        b.iter(|| {
            let mut four = four.clone();
            four.update(batch.clone())?;
            four.compute()
        });
    });
}

/// Benches of batches of this size.
fn group(
    criterion: &mut Criterion,
    elements: usize,
    classes: usize,
) -> BenchmarkGroup<'_, WallTime> {
    let mut group = criterion.benchmark_group(format!("{elements}x{classes}"));
    group.throughput(Throughput::Elements((elements * classes) as u64));
    group.sample_size(20);
    group
}

criterion_group!(
    benches,
    calls,
    few_classes,
    many_classes,
    many_labels,
    curves
);
criterion_main!(benches);

//! Regression metrics: the cost of a call on a small batch, the throughput on large ones.

mod common;

use burn_metrics::prelude::*;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use common::{labels, numbers};

/// What a training loop pays for each step.
fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("256");
    let batch = numbers(256);
    let mut error = MeanSquaredError::new().accumulator();
    group.bench_function("MSE update", |b| {
        b.iter(|| error.update(batch.clone()));
    });
    group.bench_function("MSE forward", |b| {
        b.iter(|| error.forward(batch.clone()));
    });
}

/// Moments and sums of ten million pairs: compare with the sum of one side.
fn many(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10000000");
    group.throughput(Throughput::Elements(10_000_000));
    group.sample_size(20);
    let batch = numbers(10_000_000);
    group.bench_function("sum", |b| {
        b.iter(|| batch.0.clone().sum());
    });
    let mse = MeanSquaredError::new();
    group.bench_function("MSE", |b| {
        b.iter(|| mse.evaluate(batch.clone()));
    });
    let mae = MeanAbsoluteError::new();
    group.bench_function("MAE", |b| {
        b.iter(|| mae.evaluate(batch.clone()));
    });
    let five = Collection::new()
        .with(MeanSquaredError::new())
        .with(R2Score::new())
        .with(PearsonCorrCoef::new())
        .with(ConcordanceCorrCoef::new())
        .with(ExplainedVariance::new());
    group.bench_function(
        "MSE, R2, Pearson, concordance and explained variance",
        |b| {
            b.iter(|| {
                let mut five = five.clone();
                five.update(batch.clone())?;
                five.compute()
            });
        },
    );
}

/// What sorts or counts.
fn ranks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1000000");
    group.throughput(Throughput::Elements(1_000_000));
    group.sample_size(20);
    let batch = numbers(1_000_000);
    let spearman = SpearmanCorrCoef::new();
    group.bench_function("Spearman", |b| {
        b.iter(|| spearman.evaluate(batch.clone()));
    });
    let kendall = KendallRankCorrCoef::new();
    group.bench_function("Kendall", |b| {
        b.iter(|| kendall.evaluate(batch.clone()));
    });
    let pair = (labels(1_000_000, 10), labels(1_000_000, 10));
    let rand = AdjustedRandScore::new();
    group.bench_function("adjusted Rand", |b| {
        b.iter(|| rand.evaluate(pair.clone()));
    });
}

criterion_group!(benches, calls, many, ranks);
criterion_main!(benches);

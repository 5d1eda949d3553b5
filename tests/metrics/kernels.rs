//! The kernels of every device against a plain loop, on random inputs, ties, NaN and labels out of range
//! included.

use crate::common::devices;
use burn::{
    backend::Dispatch,
    tensor::{Device, Int, Tensor, TensorData},
};
use burn_metrics::ops::{
    ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, MetricOps, Predictions, ScoreSpec,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A batch in host memory: `[samples, width, inner]`.
struct Batch {
    extent: Extent,
    width: usize,
    scores: Vec<f32>,
    preds: Vec<i64>,
    target: Vec<i64>,
    weights: Vec<f32>,
}

impl Batch {
    /// One target and predicted label for each of `elements`, from `labels` labels, some out of range.
    fn random(
        random: &mut StdRng,
        extent: Extent,
        width: usize,
        elements: usize,
        labels: i64,
    ) -> Self {
        let mut label = |_| match random.random_range(0..20) {
            0 => -1,
            1 => labels,
            _ => random.random_range(0..labels),
        };
        let preds = (0..elements).map(&mut label).collect();
        let target = (0..elements).map(&mut label).collect();
        // Few values, so that there are ties; and a NaN now and then.
        let score = |random: &mut StdRng| match random.random_range(0..100 * width) {
            0 => f32::NAN,
            // No probabilities, and what may be rounded.
            1 => -0.25,
            2 => 1.5,
            3 => -1.0 / 256.0,
            4 => 1.0 + 1.0 / 128.0,
            n => (n % 8) as f32 / 8.0,
        };
        let scores = extent.samples * width * extent.inner;
        let scores = (0..scores).map(|_| score(random)).collect();
        let weight = |random: &mut StdRng| match random.random_range(0..30) {
            0 => f32::NAN,
            1 => -1.0,
            2 => f32::INFINITY,
            n => (n % 5) as f32 / 4.0,
        };
        let weights = (0..extent.samples).map(|_| weight(random)).collect();
        Self {
            extent,
            width,
            scores,
            preds,
            target,
            weights,
        }
    }

    fn scores(&self, device: &Device) -> Predictions<Dispatch> {
        let Extent { samples, inner } = self.extent;
        let data = TensorData::new(self.scores.clone(), [samples, self.width, inner]);
        Predictions::Scores(Tensor::<3>::from_data(data, device).into_dispatch())
    }

    fn labels(&self, device: &Device) -> Predictions<Dispatch> {
        Predictions::Labels(ints(&self.preds, device).into_dispatch())
    }

    fn score(&self, sample: usize, class: usize, place: usize) -> f32 {
        self.scores[(sample * self.width + class) * self.extent.inner + place]
    }
}

fn ints(data: &[i64], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(data.to_vec(), [data.len()]), device)
}

const NAN: i64 = -7;
const NO_PROBABILITY: i64 = -8;
/// Bad targets, bad predictions, NaN scores, scores that are no probabilities and bad weights are counted behind the cells.
const FAULTS: usize = 5;

fn is_probability(score: f32) -> bool {
    (-1.0 / 128.0..=1.0 + 1.0 / 128.0).contains(&score)
}

/// A table by the plainest loop: for each element its prediction, target and cells.
#[allow(clippy::too_many_arguments)]
fn reference(
    batch: &Batch,
    preds: &[i64],
    labels: i64,
    ignore: Option<i64>,
    weighted: bool,
    cells: usize,
    elements_a_sample: usize,
    place: impl Fn(usize, usize, usize) -> Vec<usize>,
) -> Vec<f64> {
    let mut table = vec![0.0; cells + FAULTS];
    for (i, (&pred, &target)) in preds.iter().zip(&batch.target).enumerate() {
        let weight = if weighted {
            f64::from(batch.weights[i / elements_a_sample])
        } else {
            1.0
        };
        if Some(target) == ignore {
            continue;
        } else if !(0..labels).contains(&target) {
            table[cells] += 1.0;
        } else if pred == NAN {
            table[cells + 2] += 1.0;
        } else if pred == NO_PROBABILITY {
            table[cells + 3] += 1.0;
        } else if !(0..labels).contains(&pred) {
            table[cells + 1] += 1.0;
        } else if !(weight >= 0.0 && weight.is_finite()) {
            table[cells + 4] += 1.0;
        } else {
            for cell in place(i, pred as usize, target as usize) {
                table[cell] += weight;
            }
        }
    }
    table
}

fn predicted_classes(batch: &Batch, top_k: usize) -> Vec<i64> {
    let Extent { samples, inner } = batch.extent;
    let mut preds = Vec::new();
    for sample in 0..samples {
        for place in 0..inner {
            let row: Vec<f32> = (0..batch.width)
                .map(|c| batch.score(sample, c, place))
                .collect();
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
            let target = batch.target[sample * inner + place];
            let hit = order[..top_k].iter().any(|&class| class as i64 == target);
            preds.push(match row.iter().any(|score| score.is_nan()) {
                true => NAN,
                false if hit => target,
                false => order[0] as i64,
            });
        }
    }
    preds
}

fn check(name: &str, what: impl std::fmt::Debug, got: TensorData, expected: &[f64]) {
    let got: Vec<f64> = got.iter::<f64>().collect();
    assert_eq!(got, expected, "{name}: {what:?}");
}

#[test]
fn class_kernels() {
    let mut random = StdRng::seed_from_u64(1);
    for (samples, classes, inner) in [
        (1, 2, 1),
        (700, 3, 1),
        (700, 4, 1),
        (700, 7, 1),
        (300, 13, 1),
        (300, 31, 1),
        (9, 5, 7),
        (40, 70, 1),
        (5000, 10, 1),
    ] {
        let extent = Extent { samples, inner };
        let mut batch = Batch::random(
            &mut random,
            extent,
            classes,
            samples * inner,
            classes as i64,
        );
        // Rows of infinite scores, and of both signs, which add up to NaN.
        for (i, score) in batch.scores.iter_mut().enumerate() {
            match i / classes % 9 {
                3 => *score = f32::NEG_INFINITY,
                5 if i % 2 == 0 => *score = f32::NEG_INFINITY,
                5 if i % 3 == 0 => *score = f32::INFINITY,
                _ => {}
            }
        }
        for table in [
            ClassTable::PerClass,
            ClassTable::PerSample,
            ClassTable::Confusion,
            ClassTable::Errors,
        ] {
            for (top_k, ignore_index) in [(1, None), (1, Some(-1)), (2, Some(1)), (2, None)] {
                let spec = ClassSpec {
                    extent,
                    classes,
                    top_k,
                    ignore_index,
                    table,
                };
                let place = |i: usize, pred: usize, target: usize| {
                    let base = if table == ClassTable::PerSample {
                        i / inner * 3 * classes
                    } else {
                        0
                    };
                    match table {
                        ClassTable::Confusion => vec![target * classes + pred],
                        ClassTable::Errors if pred == target => vec![],
                        ClassTable::Errors => vec![i / inner],
                        _ if pred == target => vec![base + target],
                        _ => vec![base + classes + pred, base + 2 * classes + target],
                    }
                };
                for scores in [true, false] {
                    if !scores && top_k > 1 {
                        continue;
                    }
                    let preds = if scores {
                        predicted_classes(&batch, top_k)
                    } else {
                        batch.preds.clone()
                    };
                    let expected = |weighted| {
                        let labels = classes as i64;
                        reference(
                            &batch,
                            &preds,
                            labels,
                            ignore_index,
                            weighted,
                            spec.cells(),
                            inner,
                            place,
                        )
                    };
                    let (counts, weights) = (expected(false), expected(true));
                    for (name, device) in devices() {
                        let device = device.inner();
                        let preds = || {
                            if scores {
                                batch.scores(&device)
                            } else {
                                batch.labels(&device)
                            }
                        };
                        let target = || ints(&batch.target, &device).into_dispatch();
                        let got = <Dispatch as MetricOps>::count_classes(preds(), target(), spec);
                        check(
                            name,
                            spec,
                            Tensor::<1, Int>::from_dispatch(got).into_data(),
                            &counts,
                        );
                        let weight = Tensor::<1>::from_floats(batch.weights.as_slice(), &device);
                        let got = <Dispatch as MetricOps>::weigh_classes(
                            preds(),
                            target(),
                            weight.into_dispatch(),
                            spec,
                        );
                        check(
                            name,
                            spec,
                            Tensor::<1>::from_dispatch(got).into_data(),
                            &weights,
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn label_kernels() {
    let mut random = StdRng::seed_from_u64(2);
    for (samples, labels, inner) in [
        (1, 1, 1),
        (6000, 1, 1),
        (700, 3, 1),
        (9, 5, 30),
        (3, 1, 2500),
    ] {
        let extent = Extent { samples, inner };
        let batch = Batch::random(&mut random, extent, labels, samples * labels * inner, 2);
        for table in [
            LabelTable::Global,
            LabelTable::PerSample,
            LabelTable::Errors,
        ] {
            for (threshold, probabilities, ignore_index) in [
                (0.5, true, None),
                (0.25, true, Some(-1)),
                (0.0, true, Some(1)),
                (0.0, false, Some(-1)),
            ] {
                let spec = LabelSpec {
                    extent,
                    labels,
                    threshold,
                    probabilities,
                    ignore_index,
                    table,
                };
                let place = |i: usize, pred: usize, target: usize| {
                    let (sample, label) = (i / (labels * inner), i / inner % labels);
                    let base = if table == LabelTable::PerSample {
                        sample * 4 * labels
                    } else {
                        0
                    };
                    match table {
                        LabelTable::Errors if pred == target => vec![],
                        LabelTable::Errors => vec![sample * inner + i % inner],
                        _ => vec![base + (3 - 2 * pred - target) * labels + label],
                    }
                };
                for scores in [true, false] {
                    let positive = |score: &f32| match score.is_nan() {
                        true => NAN,
                        false if probabilities && !is_probability(*score) => NO_PROBABILITY,
                        false => i64::from(f64::from(*score) > threshold),
                    };
                    let preds = match scores {
                        true => batch.scores.iter().map(positive).collect(),
                        false => batch.preds.clone(),
                    };
                    let expected = |weighted| {
                        let (cells, each) = (spec.cells(), labels * inner);
                        reference(
                            &batch,
                            &preds,
                            2,
                            ignore_index,
                            weighted,
                            cells,
                            each,
                            place,
                        )
                    };
                    let (counts, weights) = (expected(false), expected(true));
                    for (name, device) in devices() {
                        let device = device.inner();
                        let preds = || {
                            if scores {
                                batch.scores(&device)
                            } else {
                                batch.labels(&device)
                            }
                        };
                        let target = || ints(&batch.target, &device).into_dispatch();
                        let got = <Dispatch as MetricOps>::count_labels(preds(), target(), spec);
                        check(
                            name,
                            spec,
                            Tensor::<1, Int>::from_dispatch(got).into_data(),
                            &counts,
                        );
                        let weight = Tensor::<1>::from_floats(batch.weights.as_slice(), &device);
                        let got = <Dispatch as MetricOps>::weigh_labels(
                            preds(),
                            target(),
                            weight.into_dispatch(),
                            spec,
                        );
                        check(
                            name,
                            spec,
                            Tensor::<1>::from_dispatch(got).into_data(),
                            &weights,
                        );
                    }
                }
            }
        }
    }
}

/// The cells of a histogram by definition: `[width, 2, thresholds + 1]` and faults.
fn histogram(batch: &Batch, thresholds: &[f32], spec: ScoreSpec, weighted: bool) -> Vec<f64> {
    let Extent { samples, inner } = spec.extent;
    let (width, bins) = (spec.width, thresholds.len() + 1);
    let cells = width * 2 * bins;
    let mut table = vec![0.0; cells + FAULTS];
    let weight = |sample: usize| if weighted { batch.weights[sample] } else { 1.0 };
    let labels = if spec.exclusive { width as i64 } else { 2 };
    for at in 0..samples * inner {
        let (sample, place) = (at / inner, at % inner);
        let rows: Vec<Vec<usize>> = match spec.exclusive {
            true => vec![(0..width).collect()],
            false => (0..width).map(|class| vec![class]).collect(),
        };
        for classes in rows {
            let target = match spec.exclusive {
                true => batch.target[at],
                false => batch.target[(sample * width + classes[0]) * inner + place],
            };
            let scores = classes
                .iter()
                .map(|class| batch.score(sample, *class, place));
            let scores: Vec<f32> = scores.collect();
            if spec.ignore_index == Some(target) {
                continue;
            }
            if !(0..labels).contains(&target) {
                table[cells] += 1.0;
                continue;
            }
            if scores.iter().any(|score| score.is_nan()) {
                table[cells + 2] += 1.0;
                continue;
            }
            if !scores.iter().all(|score| is_probability(*score)) {
                table[cells + 3] += 1.0;
                continue;
            }
            if !(weight(sample) >= 0.0 && weight(sample).is_finite()) {
                table[cells + 4] += 1.0;
                continue;
            }
            for (class, score) in classes.iter().zip(scores) {
                let positive = if spec.exclusive { *class as i64 } else { 1 };
                let side = 2 * class + usize::from(target == positive);
                let bin = thresholds.iter().filter(|t| **t <= score).count();
                table[side * bins + bin] += f64::from(weight(sample));
            }
        }
    }
    table
}

#[test]
fn histogram_kernels() {
    let mut random = StdRng::seed_from_u64(3);
    let lists: [&[f32]; 4] = [
        &[0.5],
        &[0.0, 0.25, 0.5, 0.75, 1.0],
        &[0.1, 0.125, 0.125, 0.9],
        &[0.0, 0.5, 1.0],
    ];
    let shapes = [
        (1, 1, 1),
        (7, 1, 3),
        (33, 4, 1),
        (9, 3, 5),
        (20_000, 1, 1),
        (9000, 10, 1),
    ];
    for ((samples, width, inner), exclusive) in
        shapes.into_iter().flat_map(|s| [(s, false), (s, true)])
    {
        let extent = Extent { samples, inner };
        let spec = |ignore_index| ScoreSpec {
            extent,
            width,
            exclusive,
            ignore_index,
        };
        let labels = if exclusive { width as i64 } else { 2 };
        let batch = Batch::random(&mut random, extent, width, spec(None).targets(), labels);
        for (ignore_index, thresholds) in [None, Some(-1), Some(0)]
            .into_iter()
            .zip(lists.iter().cycle().skip(samples % 4))
        {
            let spec = spec(ignore_index);
            let expected =
                [false, true].map(|weighted| histogram(&batch, thresholds, spec, weighted));
            for (name, device) in devices() {
                let device = device.inner();
                let Predictions::Scores(scores) = batch.scores(&device) else {
                    unreachable!("a batch has scores")
                };
                let target = ints(&batch.target, &device).into_dispatch();
                let edges = Tensor::<1>::from_floats(*thresholds, &device).into_dispatch();
                let weights = Tensor::<1>::from_floats(batch.weights.as_slice(), &device);
                let counts = <Dispatch as MetricOps>::count_bins(
                    scores.clone(),
                    target.clone(),
                    edges.clone(),
                    spec,
                );
                let counts = Tensor::<1, Int>::from_dispatch(counts).into_data();
                check(name, (spec, thresholds), counts, &expected[0]);
                let weights = weights.into_dispatch();
                let sums =
                    <Dispatch as MetricOps>::weigh_bins(scores, target, weights, edges, spec);
                let sums = Tensor::<1>::from_dispatch(sums).into_data();
                check(name, (spec, thresholds), sums, &expected[1]);
            }
        }
    }
}

/// Neither does `update` read anything back, nor does it wait for work that is queued before it.
#[cfg(feature = "wgpu")]
#[test]
fn update_does_not_wait_for_a_gpu() {
    use burn_metrics::prelude::*;
    use std::time::Instant;

    let device = Device::wgpu(burn::tensor::DeviceKind::DefaultDevice);
    let scores = Tensor::<2>::random([256, 10], burn::tensor::Distribution::Default, &device);
    let target = Tensor::<1, Int>::zeros([256], &device);
    let batch = || (scores.clone(), target.clone());
    let mut accuracy = Accuracy::multiclass(10).accumulator();
    let mut metrics = Collection::new()
        .with(F1::multiclass(10))
        .with(ConfusionMatrix::multiclass(10))
        .with(Auroc::multiclass(10))
        .with_named("binned", Auroc::multiclass(10).thresholds(20));
    let mut update = || {
        accuracy.update(batch()).unwrap();
        metrics.update(batch()).unwrap();
    };
    // The first time compiles kernels.
    update();
    device.sync().unwrap();

    let large = Tensor::<2>::random([1024, 1024], burn::tensor::Distribution::Default, &device);
    let mut product = large.clone().matmul(large.clone());
    device.sync().unwrap();
    let alone = {
        let start = Instant::now();
        for _ in 0..8 {
            product = product.matmul(large.clone());
        }
        device.sync().unwrap();
        start.elapsed()
    };
    // Other tests share the device, so an update may be slow by chance; one that waits is slow each time.
    let updates = (0..5).map(|_| {
        for _ in 0..8 {
            product = product.clone().matmul(large.clone());
        }
        let start = Instant::now();
        for _ in 0..4 {
            update();
        }
        let updates = start.elapsed();
        device.sync().unwrap();
        updates
    });
    let updates = updates.min().unwrap();
    assert!(
        updates < alone / 2,
        "updates took {updates:?}, the work queued before them {alone:?}"
    );
    drop(product);

    let pending = accuracy.state().total();
    assert!(pending.is_empty(), "nothing was read: {pending:?}");
    accuracy.compute().unwrap();
    assert_eq!(accuracy.state().total().seen(), (1 + 5 * 4) * 256);
    metrics.compute().unwrap();
}

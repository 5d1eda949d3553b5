//! Whatever metrics are given, they do not panic, keep their state after an error, and give values within their bounds.
//!
//! Every kind of the catalogs is tried with random options, in and out of range, and random batches: NaN and infinite scores,
//! labels far out of range, weights that have no meaning, no samples or one. `GENERATED=1000 cargo test generated::` tries more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use burn_metrics::{Catalog, Description, prelude::*};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Map, Value as Json, json};

/// How many rounds of each kind of metric.
fn rounds() -> usize {
    let rounds = std::env::var("GENERATED").ok();
    rounds.and_then(|n| n.parse().ok()).unwrap_or(25)
}

/// Options of metrics, most of which are in range. One that the kind does not have is an error.
fn options(random: &mut StdRng) -> Map<String, Json> {
    let sizes = [0, 1, 2, 3, 3, 3, 7, 1 << 40, usize::MAX as u64];
    let numbers = [0.0, 0.5, 1.0, 2.0, -1.0, 1e300];
    let labels = [-100, -1, 0, 1, i64::MAX, i64::MIN];
    let size = *sizes.choose(random).unwrap();
    let number = *numbers.choose(random).unwrap();
    let label = *labels.choose(random).unwrap();
    let option = match random.random_range(0..26) {
        0 => json!({"task": {"classes": size}}),
        1 => json!({"task": {"labels": size}}),
        2 => json!({"task": {"ignore_index": label}}),
        3 => json!({"task": {"top_k": size}}),
        4 => json!({"task": {"threshold": number}}),
        5 => json!({"task": {"from_logits": true}}),
        6 => json!({"bins": size}),
        7 => json!({"resolution": [0.0, number]}),
        8 => json!({"formula": {"beta": number}}),
        9 => json!({"zero_division": number}),
        10 => json!({"formula": {"max_fpr": number}}),
        11 => json!({"top_k": size}),
        12 => json!({"max_fpr": number}),
        13 => json!({"relevance_level": number}),
        14 => json!({"max_grade": number}),
        15 => json!({"ignore_index": label}),
        16 => json!({"task": {"include_background": true}}),
        17 => json!({"formula": {"percentile": number}}),
        18 => json!({"formula": {"surfaces": {"spacing": [number, 1.0]}}}),
        19 => {
            let matches = json!({"max_detections": size, "thresholds": {"these": [number]}});
            json!({"max_detections": [size], "matches": matches})
        }
        20 => json!({"classes": size, "iou_threshold": number}),
        21 => json!({"threshold": number, "any_label": true}),
        _ => json!({}),
    };
    option.as_object().cloned().unwrap_or_default()
}

/// A number that may have no meaning, now and then.
fn number(random: &mut StdRng, wild: bool) -> f32 {
    match random.random_range(0..12) {
        0 if wild => f32::NAN,
        1 if wild => f32::INFINITY,
        2 if wild => f32::NEG_INFINITY,
        3 if wild => random.random_range(-1e30..1e30),
        4 => 0.0,
        5 => 1.0,
        _ => random.random_range(0.0..1.0),
    }
}

fn numbers<const D: usize>(dims: [usize; D], random: &mut StdRng, wild: bool) -> Tensor<D> {
    let n = dims.iter().product();
    let data: Vec<f32> = (0..n).map(|_| number(random, wild)).collect();
    Tensor::from_data(TensorData::new(data, dims), &Device::flex())
}

fn labels<const D: usize>(dims: [usize; D], random: &mut StdRng, wild: bool) -> Tensor<D, Int> {
    let n: usize = dims.iter().product();
    let mut label = || match random.random_range(0..12) {
        0 if wild => i64::MAX,
        1 if wild => i64::MIN,
        2 if wild => -100,
        3 if wild => 1000,
        4 => 2,
        n => n % 2,
    };
    let data: Vec<i64> = (0..n).map(|_| label()).collect();
    let data = TensorData::new(data, dims);
    Tensor::from_data(data, (&Device::flex(), DType::I64))
}

fn samples(random: &mut StdRng) -> usize {
    *[0, 1, 1, 2, 5, 40].choose(random).unwrap()
}

fn classification(kind: &str, random: &mut StdRng) -> ClassificationInput {
    let (n, wild) = (samples(random), random.random_bool(0.3));
    let width = *[2, 2, 3, 3, 3, 7].choose(random).unwrap();
    let labelled = random.random_bool(0.2);
    let weights = random.random_bool(0.3).then(|| numbers([n], random, wild));
    let several = kind.starts_with("multilabel");
    match (kind.starts_with("binary"), labelled, weights) {
        (true, true, None) => (labels([n], random, wild), labels([n], random, wild)).into(),
        (true, false, None) => (numbers([n], random, wild), labels([n], random, wild)).into(),
        (true, _, Some(w)) => (numbers([n], random, wild), labels([n], random, wild), w).into(),
        (false, true, None) => (labels([n], random, wild), labels([n], random, wild)).into(),
        (false, _, None) if several => {
            let dims = [n, width];
            (numbers(dims, random, wild), labels(dims, random, wild)).into()
        }
        (false, _, Some(w)) if several => {
            let dims = [n, width];
            (numbers(dims, random, wild), labels(dims, random, wild), w).into()
        }
        (false, _, None) => (numbers([n, width], random, wild), labels([n], random, wild)).into(),
        (false, _, Some(w)) => {
            let scores = numbers([n, width], random, wild);
            (scores, labels([n], random, wild), w).into()
        }
    }
}

fn regression(_kind: &str, random: &mut StdRng) -> RegressionInput {
    let (n, wild) = (samples(random), random.random_bool(0.3));
    let outputs = *[1, 1, 2, 3].choose(random).unwrap();
    let dims = [n, outputs];
    let (preds, target) = (numbers(dims, random, wild), numbers(dims, random, wild));
    match random.random_bool(0.3) {
        true => (preds, target, numbers([n], random, wild)).into(),
        false => (preds, target).into(),
    }
}

fn retrieval(_kind: &str, random: &mut StdRng) -> RetrievalInput {
    let (n, wild) = (samples(random), random.random_bool(0.3));
    let dims = [n, *[0, 1, 3, 20].choose(random).unwrap()];
    match random.random_range(0..3) {
        0 => (numbers(dims, random, wild), labels(dims, random, wild)).into(),
        1 => (numbers(dims, random, wild), numbers(dims, random, wild)).into(),
        _ => {
            let queries = labels([n], random, true);
            (
                numbers([n], random, wild),
                labels([n], random, wild),
                queries,
            )
                .into()
        }
    }
}

fn segmentation(_kind: &str, random: &mut StdRng) -> SegmentationInput {
    let (n, wild) = (samples(random).min(5), random.random_bool(0.3));
    let classes = *[2, 2, 2, 3, 1].choose(random).unwrap();
    let [height, width] = [(); 2].map(|()| random.random_range(0..5usize));
    let dims = [n, height, width];
    let mask = |random: &mut StdRng| labels([n, classes, height, width], random, false);
    match random.random_range(0..4) {
        0 => (mask(random).bool(), mask(random).bool()).into(),
        1 => {
            let scores = numbers([n, classes, height, width], random, wild);
            (scores, labels(dims, random, wild)).into()
        }
        2 => {
            let weights = numbers([n], random, wild);
            (
                labels(dims, random, wild),
                labels(dims, random, false),
                weights,
            )
                .into()
        }
        _ => (labels(dims, random, wild), labels(dims, random, wild)).into(),
    }
}

#[cfg(feature = "detection")]
fn detection(_kind: &str, random: &mut StdRng) -> DetectionInput {
    use burn_metrics::detection::Boxes;
    let wild = random.random_bool(0.2);
    let images = (0..*[0, 1, 3].choose(random).unwrap()).map(|_| {
        let device = Device::flex();
        let (n, m) = (random.random_range(0..6), random.random_range(0..4));
        let [found, truth] = [n, m].map(|n| numbers([n, 4], random, wild) * 50.0);
        let other = if wild { samples(random) } else { n };
        let found = Detections::new(
            Boxes::xywh(found),
            numbers([other], random, wild),
            labels([n], random, wild),
        );
        let truth = GroundTruth::new(Boxes::xywh(truth), labels([m], random, wild));
        let crowd = Tensor::<1, Int>::zeros([m], &device);
        (found, truth.crowd(crowd))
    });
    images.collect()
}

/// The bounds of the numbers of metrics whose names contain such a word.
fn bounds(name: &str) -> (f64, f64) {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if has(&["kappa", "matthews"]) => (-1.0, 1.0),
        // The cutoff is one of the numbers.
        () if has(&["retrieval_recall_at"]) => (0.0, f64::INFINITY),
        () if has(&[
            "auroc",
            "accuracy",
            "precision",
            "recall",
            "f1",
            "fbeta",
            "specificity",
            "retrieval",
            "reciprocal_rank",
        ]) =>
        {
            (0.0, 1.0)
        }
        () if has(&[
            "negative_predictive",
            "jaccard",
            "hamming",
            "exact",
            "calibration",
        ]) =>
        {
            (0.0, 1.0)
        }
        () if has(&["error", "loss", "divergence"]) && !has(&["log_auc"]) => (0.0, f64::INFINITY),
        () => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Tries one metric with several batches; how many of them it took.
fn try_metric<I: Clone + Send + Sync + 'static>(
    mut metrics: Collection<I>,
    kind: &str,
    batch: fn(&str, &mut StdRng) -> I,
    random: &mut StdRng,
) -> usize {
    let mut taken = 0;
    for _ in 0..6 {
        let before = metrics.to_bytes().unwrap();
        match random.random_range(0..8) {
            0 => metrics.merge(metrics.clone()).unwrap(),
            1 => {
                let mut other = metrics.emptied();
                other.restore_bytes(&before).unwrap();
                metrics = other;
            }
            _ => match metrics.update(batch(kind, random)) {
                Ok(()) => taken += 1,
                Err(_) => assert_eq!(metrics.to_bytes().unwrap(), before, "{kind}: the state"),
            },
        }
        let values = metrics.compute().unwrap();
        // The bounds hold up to rounding, and NaN says that there is no number.
        let (lower, upper) = bounds(kind);
        let fits = |x: f64| x.is_nan() || (lower - 1e-9..=upper + 1e-9).contains(&x);
        assert!(
            values.numbers().all(|(_, number)| fits(number)),
            "{kind}: {values:?}"
        );
    }
    taken
}

fn try_catalog<I: Clone + Send + Sync + 'static>(
    catalog: &Catalog<I>,
    batch: fn(&str, &mut StdRng) -> I,
) -> [usize; 2] {
    let (mut tried, mut taken) = (0, 0);
    for (seed, kind) in catalog.kinds().enumerate() {
        for round in 0..rounds() {
            let seed = ((seed as u64) << 32) + round as u64;
            let mut random = StdRng::seed_from_u64(seed);
            let options = options(&mut random);
            let described = json!({"it": {"metric": kind, "options": options}});
            let description: Description = serde_json::from_value(described).unwrap();
            let Ok(metrics) = catalog.collection(&description) else {
                continue;
            };
            let run = AssertUnwindSafe(|| try_metric(metrics, kind, batch, &mut random));
            match catch_unwind(run) {
                Ok(batches) => taken += batches,
                Err(_) => panic!("{kind} with {options:?}, seed {seed}"),
            }
            tried += 1;
        }
    }
    [tried, taken]
}

#[test]
fn metrics_withstand_whatever_they_are_given() {
    let of_classes = Catalog::<ClassificationInput>::default();
    let [a, b] = try_catalog(&of_classes, classification);
    let of_numbers = Catalog::<RegressionInput>::default();
    let [c, d] = try_catalog(&of_numbers, regression);
    let of_queries = Catalog::<RetrievalInput>::default();
    let [e, f] = try_catalog(&of_queries, retrieval);
    let of_pixels = Catalog::<SegmentationInput>::default();
    let [g, h] = try_catalog(&of_pixels, segmentation);
    #[cfg(feature = "detection")]
    {
        let [i, j] = try_catalog(&Catalog::<DetectionInput>::default(), detection);
        assert!(
            i > 20 && j > 50,
            "{i} accumulations and {j} good batches of detections"
        );
    }
    println!(
        "{} accumulations, {} good batches",
        a + c + e + g,
        b + d + f + h
    );
    assert!(a + c > 1000 && b + d > 1000 && e > 100 && f > 100 && g > 100 && h > 100);
}

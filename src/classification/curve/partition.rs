//! Partitions batches: each score goes to the positives or the negatives of its class.

use burn::tensor::DType;
use rayon::prelude::*;

use super::{
    sample::{BLOCK, PARALLEL, Sample},
    split_scores::SplitScores,
};
use crate::{
    Fault, Faults,
    fault::is_weight,
    ops::{HostTensor, ScoreSpec},
};

/// The number of scores that fit into the second-level cache.
const CHUNK: usize = 1 << 18;

/// A [`ScoredBatch`](super::parts::ScoredBatch) in host memory.
#[derive(Debug)]
pub struct ReadScores {
    pub(super) scores: HostTensor,
    pub(super) target: HostTensor,
    pub(super) weights: Option<Vec<f64>>,
    pub(super) spec: ScoreSpec,
}

/// Adds the scores of a batch to the positives and negatives of their classes, and leaves out invalid elements.
pub(super) fn add<S: Sample>(classes: &mut Vec<SplitScores<S>>, batch: &ReadScores) -> Faults {
    classes.resize_with(batch.spec.width.max(classes.len()), SplitScores::default);
    match batch.scores.dtype() {
        DType::F64 => add_scores(classes, &batch.scores.read::<f64>(), batch),
        // Half precision is read as single precision.
        _ => add_scores(classes, &batch.scores.read::<f32>(), batch),
    }
}

fn add_scores<S: Sample, N: Copy + Into<f64> + Sync>(
    classes: &mut [SplitScores<S>],
    scores: &[N],
    batch: &ReadScores,
) -> Faults {
    let (spec, target) = (batch.spec, batch.target.read());
    // Each case has its own loop, so that weights cost nothing if there are none.
    match (&batch.weights, spec.exclusive) {
        (None, false) => add_labels(classes, scores, &target, spec, false, |_| 1.0),
        (None, true) => add_classes(classes, scores, &target, spec, |_| 1.0),
        (Some(w), false) => add_labels(classes, scores, &target, spec, true, |sample| w[sample]),
        (Some(w), true) => add_classes(classes, scores, &target, spec, |sample| w[sample]),
    }
}

/// Records what is wrong with a target, and returns whether it counts.
#[inline(always)]
fn judge(label: i64, nan: bool, weight: f64, spec: ScoreSpec, faults: &mut Faults) -> bool {
    let counts = spec.ignore_index != Some(label);
    let is_label = (0..spec.labels() as i64).contains(&label);
    let (counts, bad_label) = (counts & is_label, counts & !is_label);
    let (counts, nan) = (counts & !nan, counts & nan);
    let (counts, bad_weight) = (counts & is_weight(weight), counts & !is_weight(weight));
    if bad_label | nan | bad_weight {
        faults.add(Fault::TargetLabel, u64::from(bad_label));
        faults.add(Fault::Nan, u64::from(nan));
        faults.add(Fault::Weight, u64::from(bad_weight));
    }
    // What weighs nothing is no point of a curve.
    counts & (weight != 0.0)
}

/// Adds scores each of which has its own target.
fn add_labels<S: Sample, N: Copy + Into<f64> + Sync>(
    classes: &mut [SplitScores<S>],
    scores: &[N],
    target: &[i64],
    spec: ScoreSpec,
    weighted: bool,
    weight_of: impl Fn(usize) -> f64 + Sync,
) -> Faults {
    let (width, inner) = (spec.width, spec.extent.inner);
    let elements = spec.extent.samples * inner;
    // Only NaN scores and invalid labels are left out.
    let simple = !weighted && !matches!(spec.ignore_index, Some(0 | 1));
    let chunk = (CHUNK / width).max(BLOCK);
    let mut faults = Faults::default();
    for start in (0..elements).step_by(chunk) {
        let chunk = start..elements.min(start + chunk);
        let add = |(class, own): (usize, &mut SplitScores<S>)| {
            let place = |at: usize| (at / inner * width + class) * inner + at % inner;
            let positives = chunk.clone().filter(|at| target[place(*at)] == 1).count();
            own.reserve(positives, chunk.len() - positives);
            let mut faults = Faults::default();
            for start in chunk.clone().step_by(BLOCK) {
                let block = start..chunk.end.min(start + BLOCK);
                if simple && width == 1 && plain(&scores[block.clone()], &target[block.clone()]) {
                    let samples = scores[block.clone()]
                        .iter()
                        .map(|s| S::new((*s).into(), 1.0));
                    let target_of = |label: &i64| (*label == 1, *label == 0);
                    own.partition(samples, target[block].iter().map(target_of));
                    continue;
                }
                let sample = |at: usize| S::new(scores[place(at)].into(), weight_of(at / inner));
                let target_of = |at: usize| {
                    let label = target[place(at)];
                    let nan = f64::is_nan(scores[place(at)].into());
                    let good = judge(label, nan, weight_of(at / inner), spec, &mut faults);
                    (good & (label == 1), good & (label == 0))
                };
                own.partition(block.clone().map(sample), block.map(target_of));
            }
            faults
        };
        let sum = |mut a: Faults, b: Faults| {
            a += b;
            a
        };
        faults += match chunk.len() * width < PARALLEL || width == 1 {
            true => classes
                .iter_mut()
                .enumerate()
                .map(add)
                .fold(Faults::default(), sum),
            false => (classes.par_iter_mut().enumerate().map(add)).reduce(Faults::default, sum),
        };
    }
    faults
}

/// Whether all targets are valid labels and no score is NaN.
fn plain<N: Copy + Into<f64>>(scores: &[N], target: &[i64]) -> bool {
    let labels = (target.iter()).fold(true, |all, label| all & (*label as u64 <= 1));
    let nan = |any, score: &N| any | f64::is_nan((*score).into());
    labels && !scores.iter().fold(false, nan)
}

/// Adds scores of elements that each have one class.
fn add_classes<S: Sample, N: Copy + Into<f64> + Sync>(
    classes: &mut [SplitScores<S>],
    scores: &[N],
    target: &[i64],
    spec: ScoreSpec,
    weight_of: impl Fn(usize) -> f64 + Sync,
) -> Faults {
    let (width, inner) = (spec.width, spec.extent.inner);
    let first = |at: usize| at / inner * width * inner + at % inner;
    let is_nan = |score: &N| f64::is_nan((*score).into());
    let any_nan = scores.iter().fold(false, |any, score| any | is_nan(score));
    let mut faults = Faults::default();
    // The invalid elements of a chunk are found first, and then its scores are added class by class.
    let chunk = (CHUNK / width).max(BLOCK);
    let mut labels = Vec::with_capacity(chunk.min(target.len()));
    for (start, target) in (0..).step_by(chunk).zip(target.chunks(chunk)) {
        labels.clear();
        labels.extend(target.iter().enumerate().map(|(i, label)| {
            let at = start + i;
            let mut row = scores[first(at)..].iter().step_by(inner).take(width);
            let nan = any_nan && row.any(is_nan);
            let good = judge(*label, nan, weight_of(at / inner), spec, &mut faults);
            if good { *label } else { -1 }
        }));
        let add = |(class, own): (usize, &mut SplitScores<S>)| {
            let class_label = class as i64;
            let positives = labels.iter().filter(|label| **label == class_label);
            let positives = positives.count();
            own.reserve(positives, labels.len() - positives);
            for (start, labels) in (start..).step_by(BLOCK).zip(labels.chunks(BLOCK)) {
                let samples = (start..start + labels.len()).map(|at| {
                    let score = scores[first(at) + class * inner].into();
                    S::new(score, weight_of(at / inner))
                });
                let target_of = |label: &i64| {
                    let positive = *label == class_label;
                    (positive, (*label >= 0) & !positive)
                };
                own.partition(samples, labels.iter().map(target_of));
            }
        };
        if labels.len() * width < PARALLEL {
            classes.iter_mut().enumerate().for_each(add);
        } else {
            classes.par_iter_mut().enumerate().for_each(add);
        }
    }
    faults
}

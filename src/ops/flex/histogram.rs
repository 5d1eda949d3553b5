//! Histograms of scores between thresholds.

use burn::{
    backend::flex::FlexTensor,
    tensor::{DType, bf16, f16},
};

use super::{Cell, OUT_OF_RANGE, Score, is_nan, is_probability, pass, read_labels, read_weights};
use crate::{Fault, Faults, ops::ScoreSpec};

/// The table of a histogram.
pub(super) fn fill<C: Cell>(
    scores: FlexTensor,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    thresholds: FlexTensor,
    spec: ScoreSpec,
) -> Vec<C> {
    let (scores, target) = (scores.to_contiguous(), target.to_contiguous());
    let weights = read_weights(weights);
    let thresholds = thresholds.to_contiguous();
    let thresholds: &[f32] = thresholds.as_slice().unwrap_or_default();
    with_floats!(scores, scores => {
        let bins = Bins::new(thresholds);
        let block = |table: &mut [C], start: usize, _: &mut [i32], truth: &mut [i32]| {
            with_ints!(target, target => {
                let target = &target[start..start + truth.len()];
                read_labels(target, spec.labels(), spec.ignore_index, truth);
            });
            match &weights {
                None => tally_bins(table, scores, truth, &bins, spec, start, |_| C::ONE),
                Some(weights) => tally_bins(table, scores, truth, &bins, spec, start, |sample| {
                    C::from_weight(weights[sample])
                }),
            }
        };
        let each = if spec.exclusive { spec.width } else { 1 };
        pass(0..spec.targets(), each, spec.len(thresholds.len()), block)
    })
}

/// Counts the scores of a block of targets, the first of which has the index `start`.
#[inline(always)]
fn tally_bins<C: Cell, S: Score>(
    table: &mut [C],
    scores: &[S],
    truth: &[i32],
    bins: &Bins<S::Wide>,
    spec: ScoreSpec,
    start: usize,
    weight_of: impl Fn(usize) -> C,
) {
    let (width, inner) = (spec.width, spec.extent.inner);
    let (cells, faults) = table.split_at_mut(table.len() - Faults::OF_TABLES);
    let side = bins.thresholds.len() + 1;
    for (i, truth) in truth.iter().enumerate() {
        let at = start + i;
        // The scores that this target is about, and the class of the first.
        let (sample, first, classes) = if spec.exclusive {
            let (sample, place) = (at / inner, at % inner);
            (sample, sample * width * inner + place, 0..width)
        } else {
            let class = at / inner % width;
            (at / (width * inner), at, class..class + 1)
        };
        let row = scores[first..].iter().step_by(inner).take(classes.len());
        let weight = weight_of(sample);
        if *truth < 0 {
            faults[Fault::TargetLabel as usize] += C::ONE.when(*truth == OUT_OF_RANGE);
        } else if !row.clone().all(|score| is_probability::<S>(score.wide())) {
            let nan = row.clone().any(|score| is_nan(score.wide()));
            let fault = if nan { Fault::Nan } else { Fault::Probability };
            faults[fault as usize] += C::ONE;
        } else if !weight.is_valid() {
            faults[Fault::Weight as usize] += C::ONE;
        } else {
            for (class, score) in classes.zip(row) {
                let positive = if spec.exclusive { class as i32 } else { 1 };
                let cell = 2 * class + usize::from(*truth == positive);
                cells[cell * side + bins.of(score.wide())] += weight;
            }
        }
    }
}

/// The thresholds of a histogram, and a guess at the bin of a score if they are evenly spaced.
struct Bins<W> {
    thresholds: Vec<W>,
    even: Option<(W, W)>,
}

/// The arithmetic for guessing the bin of a score.
pub(super) trait Wide: Copy + PartialOrd + std::ops::Add<Output = Self> {
    fn from_f32(value: f32) -> Self;

    /// `(self - first) * scale`, rounded down; 0 if that is negative.
    fn guess(self, first: Self, scale: Self) -> usize;
}

macro_rules! wide {
    ($($W:ty),+) => {
        $(impl Wide for $W {
            fn from_f32(value: f32) -> Self {
                value.into()
            }

            #[inline(always)]
            fn guess(self, first: Self, scale: Self) -> usize {
                ((self - first) * scale) as usize
            }
        })+
    };
}

wide!(f32, f64);

impl<W: Wide> Bins<W> {
    fn new(thresholds: &[f32]) -> Self {
        let even = match thresholds {
            [first, .., last] if last > first => {
                let scale = (thresholds.len() - 1) as f32 / (last - first);
                let guess = |t: f32| ((t - first) * scale).round() as usize;
                let even = thresholds.iter().enumerate().all(|(i, t)| guess(*t) == i);
                even.then(|| (W::from_f32(*first), W::from_f32(scale)))
            }
            _ => None,
        };
        Self {
            thresholds: thresholds.iter().map(|t| W::from_f32(*t)).collect(),
            even,
        }
    }

    /// The number of thresholds that are not above the score.
    #[inline(always)]
    fn of(&self, score: W) -> usize {
        let Some((first, scale)) = self.even else {
            return self.thresholds.partition_point(|t| *t <= score);
        };
        // The guess is off by rounding at most.
        let mut bin = score.guess(first, scale).min(self.thresholds.len());
        while bin < self.thresholds.len() && self.thresholds[bin] <= score {
            bin += 1;
        }
        while bin > 0 && self.thresholds[bin - 1] > score {
            bin -= 1;
        }
        bin
    }
}

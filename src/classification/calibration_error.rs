use burn::tensor::{DType, Element, FloatDType, Int, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassificationInput, Multiclass, Options, ScoredBatch, ScoredTask, Thresholds,
    tally::{check_state, seen},
    task::LogitMap,
};
use crate::{
    Bounds, Faults, Meta, Metric, MetricError, Result, State, Statistic, Total,
    ops::{self, Extent, HostTensor, ScoreSpec, is_host},
    state::{Counts, CountsTotal},
};

/// The mean gap between confidence and accuracy over bins of similar confidence (expected calibration error, ECE).
///
/// The elements are sorted into bins by their confidence. If a bin contains a share `w` of the elements, the error is
/// the sum over the bins `Σ w |accuracy - confidence|`. With [`l2`](Self::l2) it is `√(Σ w (accuracy - confidence)²)`,
/// and with [`max`](Self::max) it is the largest gap of any bin. In a binary task, the confidence of a bin is the mean
/// probability of class 1, and its accuracy is the share of class 1. In a multiclass task, the confidence is the mean
/// of the highest probabilities, and the accuracy is the share of elements whose true class has the highest
/// probability. Values range from 0 to 1, and lower is better.
///
/// The bins have equal width between 0 and 1, and there are 15 by default. A bin contains its lower edge but not its
/// upper edge, except for the last bin, which contains 1 as in the paper. (TorchMetrics puts a confidence of exactly 1
/// into a bin of its own.) Scores outside [0, 1] are an error. The state contains at most six numbers per bin,
/// regardless of the number of samples.
///
/// Options: [`bins`](Self::bins), [`l2`](Self::l2), [`max`](Self::max), [`ignore_index`](Options::ignore_index),
/// [`from_logits`](Options::from_logits). Inputs: scores as in [`ClassificationInput`]. Errors: [`MetricError`].
///
/// Source: Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning (2015); Kumar,
/// Liang and Ma, Verified uncertainty calibration (2019); TorchMetrics' `CalibrationError`.
///
/// # When to use
///
/// Use it when predicted probabilities are taken at face value, for example to weigh costs. The value depends on the
/// number of bins and is too high if the bins contain few elements, so compare it only for equal bins and similar
/// numbers of samples. It does not say how well the classes are separated: a binary model that always predicts the
/// share of positives has no calibration error, so report [`Accuracy`](super::Accuracy) or [`Auroc`](super::Auroc) with
/// it.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.25, 0.25, 0.75, 0.75], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 1, 1, 1], &device);
///
/// assert_eq!(CalibrationError::binary().bins(2).evaluate((scores, target))?, 0.25);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct CalibrationError<T: ConfidentTask> {
    #[serde(flatten)]
    reliability: Reliability<T>,
    norm: Norm,
}

/// The type of [`CalibrationError::binary`], under its TorchMetrics name.
pub type BinaryCalibrationError = CalibrationError<Binary>;
/// The type of [`CalibrationError::multiclass`], under its TorchMetrics name.
pub type MulticlassCalibrationError = CalibrationError<Multiclass>;

/// How the gaps of the bins are combined into one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Norm {
    L1,
    L2,
    Max,
}

/// The statistic of [`CalibrationError`]: for each bin of confidence, the number of elements, the number of correct
/// ones, and the sum of their confidences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Reliability<T: ConfidentTask> {
    task: T,
    bins: usize,
}

/// A task whose predictions have a confidence.
pub trait ConfidentTask: ScoredTask {
    /// Converts a batch to one of a single class, whose scores are the confidences and whose targets are 1 where the
    /// predicted class is right.
    fn confidence(batch: ScoredBatch) -> Result<ScoredBatch>;
}

impl ConfidentTask for Binary {
    fn confidence(batch: ScoredBatch) -> Result<ScoredBatch> {
        Ok(batch)
    }
}

impl ConfidentTask for Multiclass {
    fn confidence(batch: ScoredBatch) -> Result<ScoredBatch> {
        let spec = batch.spec;
        let Extent { samples, inner } = spec.extent;
        let to = ScoreSpec {
            width: 1,
            exclusive: false,
            ignore_index: spec.ignore_index.map(|_| IGNORED),
            ..spec
        };
        if is_host(&batch.scores.device()) {
            return on_host(batch, to);
        }
        let scores = batch.scores.reshape([samples, spec.width, inner]);
        let target: Tensor<3, Int> = batch.target.reshape([samples, 1, inner]);
        let nan = scores.clone().is_nan().int().sum_dim(1).greater_elem(0);
        let (confidence, predicted) = scores.max_dim_with_indices(1);
        let predicted = predicted.cast(target.dtype());
        let below = target.clone().lower_elem(0);
        let no_label = below.bool_or(target.clone().greater_equal_elem(spec.width as i64));
        let right = predicted
            .equal(target.clone())
            .int()
            .mask_fill(no_label, NO_LABEL);
        let right = match spec.ignore_index {
            Some(index) => right.mask_fill(target.equal_elem(index), IGNORED),
            None => right,
        };
        Ok(ScoredBatch {
            scores: confidence
                .mask_fill(nan, f64::NAN)
                .reshape([samples * inner]),
            target: right.reshape([samples * inner]),
            weights: batch.weights,
            spec: to,
        })
    }
}

/// The target in the result of [`ConfidentTask::confidence`] that marks an invalid label.
const NO_LABEL: i64 = 2;
/// The target that marks an ignored element.
const IGNORED: i64 = -1;

/// Computes the confidence of a multiclass batch in one pass over host memory.
fn on_host(batch: ScoredBatch, to: ScoreSpec) -> Result<ScoredBatch> {
    let ScoreSpec { extent, width, .. } = batch.spec;
    let ignore_index = batch.spec.ignore_index;
    let device = batch.scores.device();
    let (scores, target) = (HostTensor::of(batch.scores)?, HostTensor::of(batch.target)?);
    let target = target.read::<i64>();
    let judge = |(predicted, target): (usize, &i64)| match *target {
        label if ignore_index == Some(label) => IGNORED,
        label if !(0..width as i64).contains(&label) => NO_LABEL,
        label => i64::from(predicted as i64 == label),
    };
    macro_rules! confidence {
        ($Float:ty) => {{
            let scores = scores.read::<$Float>();
            let best = |at: usize| {
                let first = at / extent.inner * width * extent.inner + at % extent.inner;
                let row = scores[first..].iter().step_by(extent.inner).take(width);
                let (mut best, mut class, mut nan) = (<$Float>::NEG_INFINITY, 0, false);
                for (i, score) in row.enumerate() {
                    nan |= score.is_nan();
                    class = if *score > best { i } else { class };
                    best = if *score > best { *score } else { best };
                }
                (if nan { <$Float>::NAN } else { best }, class)
            };
            let all: (Vec<$Float>, Vec<usize>) =
                (0..target.len()).into_par_iter().map(best).unzip();
            let data = TensorData::new(all.0, [target.len()]);
            let dtype = <$Float as Element>::dtype();
            (Tensor::<1>::from_data(data, (&device, dtype)), all.1)
        }};
    }
    let (confidence, predicted) = match scores.dtype() {
        DType::F64 => confidence!(f64),
        _ => confidence!(f32),
    };
    let right: Vec<i64> = predicted
        .into_iter()
        .zip(target.iter())
        .map(judge)
        .collect();
    let right = TensorData::new(right, [target.len()]);
    Ok(ScoredBatch {
        scores: confidence,
        target: Tensor::from_data(right, (&device, DType::I64)),
        weights: batch.weights,
        spec: to,
    })
}

impl CalibrationError<Binary> {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl CalibrationError<Multiclass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl<T: ConfidentTask> CalibrationError<T> {
    /// Creates the metric for a task with options.
    pub fn new(task: T) -> Self {
        Self {
            reliability: Reliability { task, bins: BINS },
            norm: Norm::L1,
        }
    }

    /// Sets the number of bins of equal width, at least 1.
    pub fn bins(mut self, bins: usize) -> Self {
        self.reliability.bins = bins;
        self
    }

    /// Uses the square root of the mean of the squared gaps.
    pub fn l2(mut self) -> Self {
        self.norm = Norm::L2;
        self
    }

    /// Uses the largest gap of any bin.
    pub fn max(mut self) -> Self {
        self.norm = Norm::Max;
        self
    }
}

impl<T: ConfidentTask> Options for CalibrationError<T> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.reliability.task
    }
}

impl<T: ConfidentTask> Reliability<T> {
    /// The number of cells for each side of the histogram: one below 0, the bins, and one for 1 and above. Rounding can
    /// lead to numbers below 0 and above 1.
    fn cells(&self) -> usize {
        self.bins.saturating_add(2)
    }
}

impl<T: ConfidentTask> Statistic for Reliability<T> {
    type Input = ClassificationInput;
    /// Counts and sums of confidences, `[2, bins + 2]` each. The wrong elements come before the right ones.
    type State = (Counts, Counts);

    fn check_state(&self, state: &Self::State) -> Result<()> {
        check_state(self.cells().saturating_mul(2), state.0.total().len())
    }

    fn update(&self, state: &mut Self::State, input: ClassificationInput) -> Result<()> {
        self.task.show_labels(input, |input| self.add(state, input))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

impl<T: ConfidentTask> Reliability<T> {
    fn add(&self, (counts, sums): &mut (Counts, Counts), input: ClassificationInput) -> Result<()> {
        let valid = (1..=MOST_BINS).contains(&self.bins);
        let expected = format!("from 1 to {MOST_BINS}");
        MetricError::check_option("bins", self.bins, valid, expected)?;
        let batch = self.task.scored(input, LogitMap::Probability)?;
        if batch.spec.scores() == 0 {
            return Ok(());
        }
        let batch = T::confidence(batch)?;
        let Extent { samples, inner } = batch.spec.extent;
        let n = samples * inner;
        let edges = Tensor::<1>::from_data(
            Thresholds::from(self.bins + 1).as_slice(),
            (&batch.scores.device(), DType::F32),
        );
        let edges = edges.into_dispatch();
        let (confidence, right) = (batch.scores, batch.target.into_dispatch());
        let scores = confidence.clone().into_dispatch();
        let weighted = |weights: Tensor<1>, spec| {
            let weights = weights.into_dispatch();
            ops::weigh_bins(scores.clone(), right.clone(), weights, edges.clone(), spec)
        };
        let confidences = match &batch.weights {
            None => confidence,
            Some(weights) => {
                let dtype = match is_host(&confidence.device()) {
                    true => FloatDType::F64,
                    false => FloatDType::F32,
                };
                let weights = weights.clone().cast(dtype).reshape([samples, 1]);
                confidence.cast(dtype) * weights.expand([samples, inner]).reshape([n])
            }
        };
        // Here, each element has its own weight.
        let each = ScoreSpec {
            extent: Extent {
                samples: n,
                inner: 1,
            },
            ..batch.spec
        };
        let confidences = weighted(confidences, each);
        // The counts report invalid elements, so the sums do not report them again.
        let table = 2 * self.cells();
        let no_faults = confidences.clone().slice(0..Faults::OF_TABLES).zeros_like();
        let confidences = Tensor::cat(vec![confidences.slice(0..table), no_faults], 0);
        match batch.weights {
            None => {
                let table = ops::count_bins(scores.clone(), right.clone(), edges.clone(), each);
                counts.add_counts(table, n as u64)?;
            }
            Some(weights) => counts.add_weights(weighted(weights, batch.spec), n as u64)?,
        }
        sums.add_weights(confidences, n as u64)
    }
}

impl<T: ConfidentTask> CalibrationError<T> {
    /// The weight and the gap of each bin that has elements.
    fn gaps(&self, counts: &CountsTotal, sums: &CountsTotal) -> Result<Vec<(f64, f64)>> {
        seen(counts, NAME)?;
        let (cells, bins) = (self.reliability.cells(), self.reliability.bins);
        let both = |total: &CountsTotal, cell: usize| total.get(cell) + total.get(cells + cell);
        // The first bin contains what was rounded to less than 0, and the last one a confidence of 1.
        let in_bin = |of: &dyn Fn(usize) -> f64, bin: usize| {
            let below = if bin == 1 { of(0) } else { 0.0 };
            let one = if bin == bins { of(bin + 1) } else { 0.0 };
            of(bin) + below + one
        };
        let gaps: Vec<_> = (1..=bins)
            .map(|bin| {
                let weight = in_bin(&|cell| both(counts, cell), bin);
                let right = in_bin(&|cell| counts.get(cells + cell), bin);
                let confidence = in_bin(&|cell| both(sums, cell), bin);
                (weight, (right - confidence).abs() / weight)
            })
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        match gaps.is_empty() {
            true => Err(MetricError::empty(NAME)),
            false => Ok(gaps),
        }
    }
}

const NAME: &str = "Calibration error";

/// More bins are refused.
const MOST_BINS: usize = 1 << 20;
/// The default number of bins.
const BINS: usize = 15;

impl<T: ConfidentTask> Metric for CalibrationError<T> {
    type Statistic = Reliability<T>;
    type Value = f64;

    fn statistic(&self) -> &Reliability<T> {
        &self.reliability
    }

    fn compute(&self, (counts, sums): Total<'_, Self>) -> Result<f64> {
        let gaps = self.gaps(counts, sums)?;
        let all: f64 = gaps.iter().map(|(weight, _)| weight).sum();
        let mean = |of: fn(f64) -> f64| -> f64 {
            gaps.iter()
                .map(|(weight, gap)| weight / all * of(*gap))
                .sum()
        };
        Ok(match self.norm {
            Norm::L1 => mean(|gap| gap),
            Norm::L2 => mean(|gap| gap * gap).sqrt(),
            Norm::Max => gaps.iter().map(|(_, gap)| *gap).fold(0.0, f64::max),
        })
    }

    fn meta(&self) -> Meta {
        let meta = Meta::new(NAME).lower_is_better().within(Bounds::UNIT);
        let meta = match self.norm {
            Norm::L1 => meta,
            Norm::L2 => meta.with("L2"),
            Norm::Max => meta.with("maximum"),
        };
        match self.reliability.bins {
            BINS => meta,
            bins => meta.with(format!("{bins} bins")),
        }
    }
}

crate::combinator::arithmetic!([T: ConfidentTask] CalibrationError<T>);

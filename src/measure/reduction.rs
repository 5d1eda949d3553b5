use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{
    Measure, Measured, Measures, SampleMoments, SampleValues, SampleValuesTotal, moments, values,
};
use crate::{
    Bounds, Interval, Meta, Metric, MetricError, Result, State, Total, Value,
    state::{Outputs, OutputsTotal, same_width},
};

/// How values of samples are kept: [`KeepMoments`], [`KeepWeighted`] or [`KeepValues`].
pub trait Keep: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// The type of the state.
    type State: State;

    /// Checks that a state is consistent, and that it belongs to samples with this number of numbers.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`].
    fn check_state(_state: &Self::State, _numbers: usize) -> Result<()> {
        Ok(())
    }

    /// Adds the values of a batch.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`] and [`MetricError::Device`].
    fn add(state: &mut Self::State, batch: Measured) -> Result<()>;
}

/// Keeps sums, which take constant memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeepMoments;

/// Keeps every value and its weight, with 8 bytes per sample, or 16 with weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeepWeighted;

/// Keeps every value, whatever its weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeepValues;

impl Keep for KeepMoments {
    type State = Outputs<SampleMoments>;

    fn check_state(state: &Self::State, numbers: usize) -> Result<()> {
        same_width("numbers per sample", numbers, state.total().width())
    }

    fn add(state: &mut Self::State, batch: Measured) -> Result<()> {
        moments::add(state, batch)
    }
}

macro_rules! keep_values {
    ($($Keep:ty),+) => {
        $(impl Keep for $Keep {
            type State = SampleValues;

            fn add(state: &mut SampleValues, batch: Measured) -> Result<()> {
                values::add(state, batch)
            }
        })+
    };
}

keep_values!(KeepWeighted, KeepValues);

/// How the values of all samples are combined.
pub trait Reduction: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// What is kept of the values.
    type Keep: Keep;

    /// The type of the value: one number, or one number per sample.
    type Value: Value;

    /// Whether each number is reduced on its own if samples have several.
    const OF_EACH: bool = false;

    /// Derives the name and the bounds of the metric from those of the measure.
    fn meta(samples: Meta) -> Meta;

    /// Computes the value.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`].
    fn value(
        kept: <<Self::Keep as Keep>::State as State>::Total<'_>,
        metric: &str,
    ) -> Result<Self::Value>;
}

/// Computes the mean over the samples, weighted if they have weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanOfSamples;

/// Computes the sum over the samples, weighted if they have weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumOfSamples;

/// Computes the minimum over the samples with positive weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinOfSamples;

/// Computes the maximum over the samples with positive weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxOfSamples;

/// Computes the median over the samples, with half of the weight on either side. Between two values it is their mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedianOfSamples;

/// Returns the value of each sample, in the order of the updates: `[samples]`. It keeps all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerSample;

/// Reductions that compute a number from the moments of the samples.
macro_rules! of_moments {
    ($($Reduction:ty, |$samples:ident| $meta:expr, |$moments:ident| $value:expr;)+) => {
        $(impl Reduction for $Reduction {
            type Keep = KeepMoments;
            type Value = f64;

            fn meta($samples: Meta) -> Meta {
                $meta
            }

            fn value(kept: &OutputsTotal<SampleMoments>, metric: &str) -> Result<f64> {
                let $moments = &weighted(kept, metric)?[0];
                Ok($value)
            }
        })+
    };
}

of_moments! {
    MeanOfSamples, |samples| samples, |moments| moments.mean();
    SumOfSamples, |samples| unlimited(samples.with("sum")), |moments| moments.sum;
    MinOfSamples, |samples| samples.with("minimum"), |moments| moments.min;
    MaxOfSamples, |samples| samples.with("maximum"), |moments| moments.max;
}

/// The bounds of a sum: it may exceed the bounds of its terms, but it keeps their sign.
fn unlimited(meta: Meta) -> Meta {
    let Bounds { lower, upper } = meta.bounds;
    let lower = if lower < 0.0 { f64::NEG_INFINITY } else { 0.0 };
    let upper = if upper > 0.0 { f64::INFINITY } else { 0.0 };
    meta.within(Bounds::new(lower, upper))
}

/// The moments of each number of the samples, of which at least one has a weight.
pub(crate) fn weighted<'a>(
    kept: &'a OutputsTotal<SampleMoments>,
    metric: &str,
) -> Result<&'a [SampleMoments]> {
    let moments = kept.parts(metric)?;
    match moments.iter().all(|number| number.weight == 0.0) {
        true => Err(MetricError::empty(metric)),
        false => Ok(moments),
    }
}

/// Computes the mean of each number, for samples that have several, such as a loss per class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanOfEach;

impl Reduction for MeanOfEach {
    type Keep = KeepMoments;
    type Value = Vec<f64>;

    const OF_EACH: bool = true;

    fn meta(samples: Meta) -> Meta {
        samples
    }

    fn value(kept: &OutputsTotal<SampleMoments>, metric: &str) -> Result<Vec<f64>> {
        let moments = weighted(kept, metric)?.iter();
        Ok(moments.map(SampleMoments::mean).collect())
    }
}

impl Reduction for MedianOfSamples {
    type Keep = KeepWeighted;
    type Value = f64;

    fn meta(samples: Meta) -> Meta {
        samples.with("median")
    }

    fn value(kept: &SampleValuesTotal, metric: &str) -> Result<f64> {
        let values = kept.values(metric)?.iter().copied();
        let mut samples: Vec<(f64, f64)> = match kept.weights() {
            None => values.map(|value| (value, 1.0)).collect(),
            Some(weights) => values.zip(weights.iter().copied()).collect(),
        };
        samples.retain(|(value, weight)| *weight > 0.0 && !value.is_nan());
        samples.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let half = samples.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        let mut below = 0.0;
        for (i, (value, weight)) in samples.iter().enumerate() {
            below += weight;
            if below > half {
                return Ok(*value);
            }
            if below == half && i + 1 < samples.len() {
                return Ok((value + samples[i + 1].0) / 2.0);
            }
        }
        Err(MetricError::empty(metric))
    }
}

impl Reduction for PerSample {
    type Keep = KeepValues;
    type Value = Vec<f64>;

    fn meta(samples: Meta) -> Meta {
        samples.with("per sample")
    }

    fn value(kept: &SampleValuesTotal, metric: &str) -> Result<Vec<f64>> {
        kept.values(metric).map(<[f64]>::to_vec)
    }
}

/// The mean of a [`Measure`] with a confidence interval: see
/// [`SampleMetric::confidence_interval`](super::SampleMetric::confidence_interval).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct MeanInterval<M: Measure> {
    samples: Measures<M>,
    level: f64,
}

impl<M: Measure> MeanInterval<M> {
    pub(super) fn of(measure: M, level: f64) -> Self {
        let samples = Measures::of(measure);
        Self { samples, level }
    }
}

impl<M: Measure> Metric for MeanInterval<M> {
    type Statistic = Measures<M>;
    type Value = Interval;

    fn statistic(&self) -> &Measures<M> {
        &self.samples
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Interval> {
        Interval::check(self.level)?;
        let numbers = self.samples.measure().numbers();
        if numbers != 1 {
            let expected = "one number per sample for a confidence interval";
            return Err(MetricError::config("numbers", expected, numbers));
        }
        let name = self.name();
        let moments = &weighted(total, &name)?[0];
        let n = moments.effective_samples();
        let t = StudentsT::new(0.0, 1.0, n - 1.0);
        let t = t.map_err(|_| MetricError::TooFew {
            metric: name.clone().into_owned(),
            expected: 2,
            got: moments.weight as u64,
        })?;
        let mean = moments.mean();
        let half = t.inverse_cdf((1.0 + self.level) / 2.0) * moments.std() / n.sqrt();
        Ok(Interval {
            value: mean,
            lower: mean - half,
            upper: mean + half,
            level: self.level,
        })
    }

    fn meta(&self) -> Meta {
        let interval = format!("{}% interval", 100.0 * self.level);
        self.samples.measure().meta().with(interval)
    }
}

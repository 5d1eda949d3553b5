use serde::{Deserialize, Serialize};

use super::{PairSums, Pooled, Regression, RegressionInput, formula::PairFormula};
use crate::{
    Bounds, Meta, MetricError, PerSample, Result,
    measure::{Measure, Measured, SampleMetric},
    ops::{PairTerm, sum_along},
    state::Sums,
};

/// The critical success index, or threat score, of events: `hits / (hits + misses + false alarms)`.
///
/// An event happens, or is predicted, where a number reaches a threshold. The value is between 0 and 1, and higher is
/// better. It is 0 if no event happened and none was predicted.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`];
/// [`per_sample`](CriticalSuccessIndex::per_sample); sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput), such as maps of rain, `[batch, ...]`. Errors:
/// [`MetricError`](crate::MetricError).
///
/// TorchMetrics' `keep_sequence_dim` corresponds to [`per_output`](Regression::per_output) for the last of two
/// dimensions, and to [`per_sample`](CriticalSuccessIndex::per_sample) for the first.
///
/// Source: Donaldson et al. (1975); TorchMetrics' `CriticalSuccessIndex`.
///
/// # When to use
///
/// Use it to verify forecasts of rare events, such as heavy rain, because the many correct predictions of no event do
/// not count. It tends to be higher where events are more frequent, so compare only forecasts of the same data. It says
/// nothing about errors on either side of the threshold; for labels instead of numbers, use
/// [`JaccardIndex`](crate::classification::JaccardIndex).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([0.9, 0.8, 0.2, 0.1], &device);
/// let target = Tensor::<1>::from_floats([1.0, 0.0, 1.0, 0.0], &device);
///
/// assert_eq!(CriticalSuccessIndex::new(0.5).evaluate((preds, target))?, 1.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type CriticalSuccessIndex<O = Pooled> = Regression<CriticalSuccess, O>;

/// The formula of [`CriticalSuccessIndex`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CriticalSuccess {
    sums: PairSums,
}

impl CriticalSuccessIndex {
    /// Creates the metric for events at or above this threshold.
    pub fn new(threshold: f64) -> Self {
        let sums = PairSums::of(PairTerm::Reach { threshold });
        Self {
            formula: CriticalSuccess { sums },
            outputs: Pooled,
        }
    }

    /// Returns the value of each sample over all its other dimensions: `[samples]`.
    ///
    /// Use it to see which maps or sequences are predicted badly. The mean of these values is another number than the
    /// value over all samples, since samples without events count as 0.
    ///
    /// Source: TorchMetrics' `CriticalSuccessIndex(keep_sequence_dim=0)`, which sums over all elements of
    /// one-dimensional inputs.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let preds = Tensor::<2>::from_floats([[0.9, 0.8], [0.2, 0.1]], &device);
    /// let target = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 0.0]], &device);
    ///
    /// let each = CriticalSuccessIndex::new(0.5).per_sample();
    /// assert_eq!(each.evaluate((preds, target))?, [0.5, 0.0]);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn per_sample(self) -> SampleMetric<SampleSuccess, PerSample> {
        let threshold = self.formula.threshold();
        SampleMetric::reduce(SampleSuccess { threshold })
    }
}

impl CriticalSuccess {
    fn threshold(&self) -> f64 {
        match self.sums.term {
            PairTerm::Reach { threshold } => threshold,
            // It is never made of another term.
            _ => f64::NAN,
        }
    }
}

fn meta(threshold: f64) -> Meta {
    Meta::new("Critical success index")
        .higher_is_better()
        .within(Bounds::UNIT)
        .with(format!("threshold {threshold}"))
}

impl PairFormula for CriticalSuccess {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        meta(self.threshold())
    }

    fn statistic(&self) -> &PairSums {
        &self.sums
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        let [both, either, _] = sums.sums;
        Ok(if either == 0.0 { 0.0 } else { both / either })
    }
}

/// The measure of [`CriticalSuccessIndex::per_sample`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleSuccess {
    threshold: f64,
}

impl Measure for SampleSuccess {
    type Input = RegressionInput;

    fn meta(&self) -> Meta {
        meta(self.threshold)
    }

    fn measure(&self, input: RegressionInput) -> Result<Option<Measured>> {
        if !self.threshold.is_finite() {
            let expected = "a finite number";
            return Err(MetricError::config("threshold", expected, self.threshold));
        }
        let Some((preds, target, weights)) = input.into_rows()? else {
            return Ok(None);
        };
        let finite = preds
            .clone()
            .is_finite()
            .bool_and(target.clone().is_finite());
        let not_finite = finite.bool_not();
        let [p, t] = [preds, target].map(|x| x.greater_equal_elem(self.threshold));
        let count =
            |which: burn::tensor::Tensor<2, burn::tensor::Bool>| sum_along(which.float(), 1);
        let (both, either) = (count(p.clone().bool_and(t.clone())), count(p.bool_or(t)));
        // A sample with a number that is not finite has no score.
        let success = (both / either.clamp_min(1.0))
            .mask_fill(count(not_finite).greater_elem(0.0), f64::NAN)
            .squeeze_dim(1);
        Ok(Some(Measured::of(success).weighted(weights)))
    }
}

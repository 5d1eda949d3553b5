use serde::{Deserialize, Serialize};

use super::{PairMoments, Pooled, Regression, formula::PairFormula};
use crate::{Bounds, Meta, Result, state::Moments};

/// The root mean squared error divided by a measure of the size of the targets: `sqrt(sum (p - t)^2 / n) / d`.
///
/// | [`Normalization`] | `d` |
/// |---|---|
/// | `Mean` (the default) | the absolute value of the mean of the targets |
/// | `Range` | the maximum target minus the minimum target |
/// | `Std` | the standard deviation of the targets, `sqrt(sum (t - mean t)^2 / n)` |
/// | `L2` | the norm of the targets, `sqrt(sum t^2)` |
///
/// The value is at least 0, and lower is better. If `d` is 0, it is infinite, or NaN if there is no error. TorchMetrics
/// divides by the mean with its sign, so that its value is negative if the mean is.
///
/// Options: [`by`](NormalizedRootMeanSquaredError::by); [`average`](Regression::average) over outputs, by default
/// [`Pooled`]; sample weights. Inputs: [`RegressionInput`](super::RegressionInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `NormalizedRootMeanSquaredError`.
///
/// # When to use
///
/// Use it to compare errors of targets that have different units or scales, and always state the normalization. `Mean`
/// misleads if the mean is near 0, `Range` depends on two extreme targets, and `L2` falls as the number of samples
/// grows. [`RelativeSquaredError`](super::RelativeSquaredError) is the square of `Std`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([0.0, 1.0, 2.0, 3.0], &device);
/// let target = Tensor::<1>::from_floats([0.0, 1.0, 2.0, 1.0], &device);
///
/// let error = NormalizedRootMeanSquaredError::new().by(Normalization::Range);
/// assert_eq!(error.evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type NormalizedRootMeanSquaredError<O = Pooled> = Regression<NormalizedError, O>;

/// The formula of [`NormalizedRootMeanSquaredError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormalizedError {
    by: Normalization,
}

/// The number that an error is divided by: see [`NormalizedRootMeanSquaredError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Normalization {
    /// The absolute value of the mean.
    #[default]
    Mean,
    /// The maximum minus the minimum.
    Range,
    /// The standard deviation.
    Std,
    /// The Euclidean norm.
    L2,
}

impl NormalizedRootMeanSquaredError {
    /// Creates the metric, normalized by the mean of the targets.
    pub fn new() -> Self {
        Self {
            formula: NormalizedError::default(),
            outputs: Pooled,
        }
    }
}

impl Default for NormalizedRootMeanSquaredError {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> NormalizedRootMeanSquaredError<O> {
    /// Sets the number that the error is divided by.
    pub fn by(mut self, normalization: Normalization) -> Self {
        self.formula.by = normalization;
        self
    }
}

impl PairFormula for NormalizedError {
    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        let meta = Meta::new("Normalized root mean squared error")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        match self.by {
            Normalization::Mean => meta,
            Normalization::Range => meta.with("by range"),
            Normalization::Std => meta.with("by standard deviation"),
            Normalization::L2 => meta.with("by norm"),
        }
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        let moments = moments.in_one_unit();
        let (n, target) = (moments.weight, moments.target);
        let size = match self.by {
            Normalization::Mean => target.mean.abs(),
            Normalization::Range => moments.target_range[1] - moments.target_range[0],
            Normalization::Std => (target.squares / n).sqrt(),
            Normalization::L2 => (n * target.square_mean(n)).sqrt(),
        };
        Ok(moments.root_mean_squared_error() / size)
    }
}

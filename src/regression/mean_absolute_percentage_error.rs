use serde::{Deserialize, Serialize};

use super::{PairSums, Pooled, Regression, formula::PairFormula};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The mean absolute percentage error (MAPE), as a fraction: `sum |p - t| / max(|t|, epsilon) / n`.
///
/// The value is at least 0, and lower is better. It is not multiplied by 100.
///
/// Options: [`epsilon`](MeanAbsolutePercentageError::epsilon); [`average`](Regression::average) over outputs, by
/// default [`Pooled`]; sample weights. Inputs: [`RegressionInput`](super::RegressionInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MeanAbsolutePercentageError`; scikit-learn's `mean_absolute_percentage_error`, with sample
/// weights.
///
/// # When to use
///
/// Use it for positive targets well away from 0 when errors matter relative to the target. A target near 0 makes the
/// value very large (an error at a target of 0 is divided by `epsilon`);
/// [`WeightedMeanAbsolutePercentageError`](super::WeightedMeanAbsolutePercentageError) does not have this problem. It
/// favors models that predict too low: for positive numbers, a low prediction costs at most 1, a high one any amount.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 3.0], &device);
/// let target = Tensor::<1>::from_floats([2.0, 4.0], &device);
///
/// assert_eq!(MeanAbsolutePercentageError::new().evaluate((preds, target))?, 0.375);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MeanAbsolutePercentageError<O = Pooled> = Regression<AbsolutePercentageError, O>;

/// The smallest denominator in TorchMetrics: about 10 times the distance between 1 and the next `f32`.
pub(super) const EPSILON: f64 = 1.17e-6;

/// The formula of [`MeanAbsolutePercentageError`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AbsolutePercentageError {
    sums: PairSums,
}

impl MeanAbsolutePercentageError {
    /// Creates the metric with denominators of at least 1.17e-6, as in TorchMetrics.
    pub fn new() -> Self {
        Self {
            formula: AbsolutePercentageError {
                sums: PairSums::of(PairTerm::AbsolutePercentage { epsilon: EPSILON }),
            },
            outputs: Pooled,
        }
    }
}

impl Default for MeanAbsolutePercentageError {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> MeanAbsolutePercentageError<O> {
    /// Sets the smallest denominator, which must be above 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.formula.sums = PairSums::of(PairTerm::AbsolutePercentage { epsilon });
        self
    }
}

impl PairFormula for AbsolutePercentageError {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        Meta::new("Mean absolute percentage error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairSums {
        &self.sums
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression, formula::PairFormula, mean_absolute_percentage_error::EPSILON,
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The symmetric mean absolute percentage error (sMAPE), as a fraction: `sum 2 |p - t| / max(|p| + |t|, epsilon) / n`.
///
/// The value is between 0 and 2, and lower is better. It is not multiplied by 100.
///
/// Options: [`epsilon`](SymmetricMeanAbsolutePercentageError::epsilon); [`average`](Regression::average) over outputs,
/// by default [`Pooled`]; sample weights. Inputs: [`RegressionInput`](super::RegressionInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `SymmetricMeanAbsolutePercentageError`.
///
/// # When to use
///
/// Use it for relative errors when a bound is needed, for example to compare forecasts of many time series. Despite its
/// name it is not symmetric: a prediction that is too low costs more than one that is too high by the same amount. At a
/// target of 0, every prediction of at least `epsilon` in absolute value scores 2.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 4.0], &device);
/// let target = Tensor::<1>::from_floats([3.0, 4.0], &device);
///
/// assert_eq!(SymmetricMeanAbsolutePercentageError::new().evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type SymmetricMeanAbsolutePercentageError<O = Pooled> = Regression<SymmetricPercentageError, O>;

/// The formula of [`SymmetricMeanAbsolutePercentageError`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SymmetricPercentageError {
    sums: PairSums,
}

impl SymmetricMeanAbsolutePercentageError {
    /// Creates the metric with denominators of at least 1.17e-6, as in TorchMetrics.
    pub fn new() -> Self {
        Self {
            formula: SymmetricPercentageError {
                sums: PairSums::of(PairTerm::SymmetricPercentage { epsilon: EPSILON }),
            },
            outputs: Pooled,
        }
    }
}

impl Default for SymmetricMeanAbsolutePercentageError {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> SymmetricMeanAbsolutePercentageError<O> {
    /// Sets the smallest denominator, which must be above 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.formula.sums = PairSums::of(PairTerm::SymmetricPercentage { epsilon });
        self
    }
}

impl PairFormula for SymmetricPercentageError {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        Meta::new("Symmetric mean absolute percentage error")
            .lower_is_better()
            .within(Bounds::new(0.0, 2.0))
    }

    fn statistic(&self) -> &PairSums {
        &self.sums
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression, formula::PairFormula, mean_absolute_percentage_error::EPSILON,
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The mean of the absolute errors relative to the sizes of both numbers: `sum 2 |p - t| / max(|p| + |t|, epsilon) / n`.
///
/// From 0 to 2, lower is better.
///
/// Options: [`epsilon`](SymmetricMeanAbsolutePercentageError::epsilon); [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `SymmetricMeanAbsolutePercentageError`.
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
    /// The metric, with denominators of at least 1.17e-6, as in the reference.
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
    /// The least denominator, above 0.
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

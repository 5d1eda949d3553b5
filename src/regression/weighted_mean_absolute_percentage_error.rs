use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression,
    formula::{PairFormula, constructor},
    mean_absolute_percentage_error::EPSILON,
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The sum of the absolute errors relative to that of the targets: `sum |p - t| / sum |t|`.
///
/// Non-negative; lower is better: a percentage error in which each sample weighs as much as its target. Where all targets are 0, the
/// denominator is 1.17e-6, as in the reference.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `WeightedMeanAbsolutePercentageError`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 3.0, 0.0], &device);
/// let target = Tensor::<1>::from_floats([2.0, 4.0, 0.0], &device);
///
/// assert_eq!(WeightedMeanAbsolutePercentageError::new().evaluate((preds, target))?, 1.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type WeightedMeanAbsolutePercentageError<O = Pooled> = Regression<WeightedPercentageError, O>;

/// The formula of [`WeightedMeanAbsolutePercentageError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightedPercentageError {}

constructor!(WeightedMeanAbsolutePercentageError, WeightedPercentageError);

impl PairFormula for WeightedPercentageError {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        Meta::new("Weighted mean absolute percentage error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairSums {
        const { &PairSums::of(PairTerm::AbsoluteAndTarget) }
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        let [errors, targets, _] = sums.sums;
        Ok(errors / targets.max(EPSILON))
    }
}

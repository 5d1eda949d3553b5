use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression,
    formula::{PairFormula, constructor},
    mean_absolute_percentage_error::EPSILON,
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The weighted mean absolute percentage error (WMAPE), as a fraction: `sum |p - t| / sum |t|`.
///
/// The value is at least 0, and lower is better. It is a percentage error in which each sample is weighted by the size
/// of its target. If all targets are 0, the denominator is 1.17e-6, as in TorchMetrics.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `WeightedMeanAbsolutePercentageError`.
///
/// # When to use
///
/// Use it for relative errors when some targets are 0 or near 0, such as intermittent demand, where
/// [`MeanAbsolutePercentageError`](super::MeanAbsolutePercentageError) is very large. Large targets dominate it, so it
/// says little about the relative errors of small ones.
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

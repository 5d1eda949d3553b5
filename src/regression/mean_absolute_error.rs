use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The mean absolute error: `sum |p - t| / n`.
///
/// The value is at least 0, and lower is better. It has the target's unit.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MeanAbsoluteError`; scikit-learn's `mean_absolute_error`, with sample weights.
///
/// # When to use
///
/// Use it for a typical error in the unit of the target that a few outliers do not dominate. A model that minimizes it
/// predicts the median. It can hide rare, large errors, which [`MeanSquaredError`](super::MeanSquaredError) shows.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([2.5, 0.0, 2.0, 8.0], &device);
/// let target = Tensor::<1>::from_floats([3.0, -0.5, 2.0, 7.0], &device);
///
/// assert_eq!(MeanAbsoluteError::new().evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MeanAbsoluteError<O = Pooled> = Regression<AbsoluteError, O>;

/// The formula of [`MeanAbsoluteError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsoluteError {}

constructor!(MeanAbsoluteError, AbsoluteError);

impl PairFormula for AbsoluteError {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        Meta::new("Mean absolute error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairSums {
        const { &PairSums::of(PairTerm::Absolute) }
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

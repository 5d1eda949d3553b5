use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The mean squared logarithmic error: `sum (ln(1 + p) - ln(1 + t))^2 / n`.
///
/// The value is at least 0, and lower is better. Predictions and targets must be above -1: other numbers are an error,
/// where TorchMetrics gives NaN or infinity.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MeanSquaredLogError`; scikit-learn's `mean_squared_log_error`, with sample weights.
///
/// # When to use
///
/// Use it for targets that span several orders of magnitude or grow exponentially, such as counts and prices, where
/// relative errors matter. It penalizes a prediction that is too low more than one that is too high by the same amount.
/// For targets much smaller than 1 the logarithm is nearly linear, and the metric measures absolute errors.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([0.0, 1.0], &device);
/// let target = Tensor::<1>::from_floats([0.0, 3.0], &device);
///
/// let error = MeanSquaredLogError::new().evaluate((preds, target))?;
/// assert!((error - 2f64.ln().powi(2) / 2.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MeanSquaredLogError<O = Pooled> = Regression<SquaredLogError, O>;

/// The formula of [`MeanSquaredLogError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SquaredLogError {}

constructor!(MeanSquaredLogError, SquaredLogError);

impl PairFormula for SquaredLogError {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        Meta::new("Mean squared logarithmic error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairSums {
        const { &PairSums::of(PairTerm::SquaredLog) }
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

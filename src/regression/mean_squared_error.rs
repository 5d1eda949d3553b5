use serde::{Deserialize, Serialize};

use super::{
    PairMoments, Pooled, Regression,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The mean squared error: `sum (p - t)^2 / n`.
///
/// The value is at least 0, and lower is better. Its unit is the square of the target's unit; [`RootMeanSquaredError`]
/// has the target's unit.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MeanSquaredError`; scikit-learn's `mean_squared_error`, with sample weights.
///
/// # When to use
///
/// Use it when one large error is worse than several small ones, or when the model should predict the mean of the
/// targets. A few outliers can dominate it; [`MeanAbsoluteError`](super::MeanAbsoluteError) and
/// [`LogCoshError`](super::LogCoshError) are less sensitive to them.
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
/// assert_eq!(MeanSquaredError::new().evaluate((preds, target))?, 0.375);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MeanSquaredError<O = Pooled> = Regression<SquaredError, O>;

/// The root mean squared error: `sqrt(sum (p - t)^2 / n)`.
///
/// The value is at least 0, and lower is better. It has the target's unit. Options, inputs and errors are those of
/// [`MeanSquaredError`].
///
/// Source: TorchMetrics' `MeanSquaredError(squared=False)`; scikit-learn's `root_mean_squared_error`.
///
/// # When to use
///
/// Use it instead of [`MeanSquaredError`] when the error should be read in the unit of the target. It ranks models in
/// the same order as long as outputs are pooled, and outliers dominate it in the same way. It is never below
/// [`MeanAbsoluteError`](super::MeanAbsoluteError), and a large gap between the two is a sign of outliers.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<2>::from_floats([[1.0, 2.0], [5.0, 2.0]], &device);
/// let target = Tensor::<2>::from_floats([[1.0, 2.0], [1.0, 2.0]], &device);
///
/// let error = RootMeanSquaredError::new();
/// assert_eq!(error.evaluate((preds.clone(), target.clone()))?, 2.0);
/// assert_eq!(error.per_output().evaluate((preds, target))?, [8f64.sqrt(), 0.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RootMeanSquaredError<O = Pooled> = Regression<RootSquaredError, O>;

/// The formula of [`MeanSquaredError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SquaredError {}

/// The formula of [`RootMeanSquaredError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootSquaredError {}

constructor!(MeanSquaredError, SquaredError);
constructor!(RootMeanSquaredError, RootSquaredError);

impl PairFormula for SquaredError {
    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Mean squared error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        Ok(moments.mean_squared_error())
    }
}

impl PairFormula for RootSquaredError {
    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Root mean squared error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        Ok(moments.root_mean_squared_error())
    }
}

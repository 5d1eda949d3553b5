use serde::{Deserialize, Serialize};

use super::{
    PairMoments, Regression, UniformAverage,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The squared errors relative to those of always predicting the mean: `sum (t - p)^2 / sum (t - mean t)^2`.
///
/// The value is at least 0, and lower is better. It equals 1 minus [`R2Score`](super::R2Score) unless all targets are
/// equal. Then it is infinite, or NaN if there is no error either; TorchMetrics divides by the smallest step of its
/// type instead.
///
/// Options: [`average`](Regression::average) over outputs, by default [`UniformAverage`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `RelativeSquaredError`.
///
/// # When to use
///
/// Use it as an error that compares a model with the baseline of always predicting the mean: below 1, the model is
/// better than the baseline. Like [`R2Score`](super::R2Score), it depends on the variance of the targets, so values of
/// different data sets cannot be compared.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([2.0, 2.0, 3.0], &device);
/// let target = Tensor::<1>::from_floats([1.0, 2.0, 3.0], &device);
///
/// assert_eq!(RelativeSquaredError::new().evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RelativeSquaredError<O = UniformAverage> = Regression<RelativeError, O>;

/// The square root of the [`RelativeSquaredError`] of each output.
///
/// Options, inputs and errors are those of [`RelativeSquaredError`].
///
/// Source: TorchMetrics' `RelativeSquaredError(squared=False)`.
///
/// # When to use
///
/// Use it instead of [`RelativeSquaredError`] to read an error in standard deviations of the targets: 0.5 means that
/// the root mean squared error is half of their standard deviation. It depends on the variance of the targets in the
/// same way.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([0.0, 2.0, 4.0], &device);
/// let target = Tensor::<1>::from_floats([1.0, 2.0, 3.0], &device);
///
/// assert_eq!(RootRelativeSquaredError::new().evaluate((preds, target))?, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RootRelativeSquaredError<O = UniformAverage> = Regression<RootRelativeError, O>;

/// The formula of [`RelativeSquaredError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelativeError {}

/// The formula of [`RootRelativeSquaredError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootRelativeError {}

constructor!(RelativeSquaredError, RelativeError);
constructor!(RootRelativeSquaredError, RootRelativeError);

impl PairFormula for RelativeError {
    const AVERAGE: &'static str = "uniform average";

    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Relative squared error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        let moments = moments.in_one_unit();
        Ok(moments.weight * moments.mean_squared_error() / moments.target.squares)
    }
}

impl PairFormula for RootRelativeError {
    const AVERAGE: &'static str = "uniform average";

    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Root relative squared error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn score(&self, moments: &Moments, samples: u64) -> Result<f64> {
        Ok(RelativeError {}.score(moments, samples)?.sqrt())
    }
}

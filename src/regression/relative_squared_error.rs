use serde::{Deserialize, Serialize};

use super::{
    PairMoments, Regression, UniformAverage,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The squared errors relative to those of always predicting the mean: `sum (t - p)^2 / sum (t - mean t)^2`.
///
/// Non-negative; lower is better. For targets that are all equal it is infinite, or NaN if there is no error either; the reference
/// divides by the least number that its type adds to 1 then.
///
/// Options: [`average`](Regression::average) over outputs, by default [`UniformAverage`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `RelativeSquaredError`.
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

/// The square root of the [`RelativeSquaredError`], of each output.
///
/// Source: TorchMetrics' `RelativeSquaredError(squared=False)`.
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

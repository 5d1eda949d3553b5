use serde::{Deserialize, Serialize};

use super::{
    PairSums, Pooled, Regression,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The mean of the log-cosh of the errors: `sum ln cosh(p - t) / n`.
///
/// The value is at least 0, and lower is better. It is close to half the squared error for small errors, and to the
/// absolute error minus `ln 2` for large ones. Large errors do not overflow, as they do in TorchMetrics.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `LogCoshError`.
///
/// # When to use
///
/// Use it as a smooth compromise between [`MeanSquaredError`](super::MeanSquaredError) and
/// [`MeanAbsoluteError`](super::MeanAbsoluteError) that outliers do not dominate. It changes from squared to absolute
/// errors near an error of 1, so its meaning depends on the unit of the target, and values for different units cannot
/// be compared.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 1000.0], &device);
/// let target = Tensor::<1>::from_floats([1.0, 0.0], &device);
///
/// let error = LogCoshError::new().evaluate((preds, target))?;
/// assert!((error - (1000.0 - 2f64.ln()) / 2.0).abs() < 1e-9);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type LogCoshError<O = Pooled> = Regression<LogCosh, O>;

/// The formula of [`LogCoshError`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCosh {}

constructor!(LogCoshError, LogCosh);

impl PairFormula for LogCosh {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        Meta::new("Log-cosh error")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &PairSums {
        const { &PairSums::of(PairTerm::LogCosh) }
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

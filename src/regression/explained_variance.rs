use serde::{Deserialize, Serialize};

use super::{
    PairMoments, Regression, UniformAverage,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The explained variance: the fraction of the variance of the targets that predictions explain,
/// `1 - Var(p - t) / Var(t)`.
///
/// The value is at most 1, and higher is better. If all targets are equal, it is 1 if all errors are equal too, and 0
/// otherwise.
///
/// Options: [`average`](Regression::average) over outputs, by default [`UniformAverage`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `ExplainedVariance`, which loses digits to cancellation if targets are far from 0, and gives
/// NaN for constant targets with [`VarianceWeighted`](super::VarianceWeighted); scikit-learn's
/// `explained_variance_score`, with sample weights.
///
/// # When to use
///
/// Use it when a constant offset of the predictions does not matter, for example because it will be corrected later. It
/// ignores such a bias completely: predictions that are all too high by 100 can score 1. Use
/// [`R2Score`](super::R2Score) if the bias counts; a lower R2 than explained variance shows that there is one.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([2.5, 0.5, 2.5, 7.5], &device);
/// let target = Tensor::<1>::from_floats([3.0, 1.0, 2.0, 7.0], &device);
///
/// let explained = ExplainedVariance::new().evaluate((preds, target))?;
/// assert!((explained - (1.0 - 1.0 / 20.75)).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ExplainedVariance<O = UniformAverage> = Regression<Explained, O>;

/// The formula of [`ExplainedVariance`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {}

constructor!(ExplainedVariance, Explained);

impl PairFormula for Explained {
    const AVERAGE: &'static str = "uniform average";

    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Explained variance")
            .higher_is_better()
            .within(Bounds::new(f64::NEG_INFINITY, 1.0))
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    /// Of one sample, there is no variance to explain.
    fn fewest(&self) -> u64 {
        2
    }

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        let moments = moments.in_one_unit();
        Ok(one_less(moments.error.squares, moments.target.squares))
    }
}

/// `1 - residual / total`. If `total` is 0, the value is 1 if `residual` is 0 too, and 0 otherwise.
pub(super) fn one_less(residual: f64, total: f64) -> f64 {
    match (residual == 0.0, total == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => 1.0 - residual / total,
    }
}

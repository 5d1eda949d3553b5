use serde::{Deserialize, Serialize};

use super::{
    PairMoments, Regression, UniformAverage,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The share of the variance of the targets that predictions explain: `1 - Var(p - t) / Var(t)`.
///
/// Up to 1, higher is better. Unlike [`R2Score`](super::R2Score) it does not mind a constant error. For targets that are all
/// equal it is 1 if the errors are too, else 0.
///
/// Options: [`average`](Regression::average) over outputs, by default [`UniformAverage`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `ExplainedVariance`, which loses digits to cancellation where targets are far from 0, and gives NaN for
/// [`VarianceWeighted`](super::VarianceWeighted) constant targets; scikit-learn's `explained_variance_score`, with sample weights.
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

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        Ok(one_less(moments.error.squares, moments.target.squares))
    }
}

/// `1 - residual / total`; where there is nothing to explain, whether nothing is left.
pub(super) fn one_less(residual: f64, total: f64) -> f64 {
    match (residual == 0.0, total == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => 1.0 - residual / total,
    }
}

use serde::{Deserialize, Serialize};

use super::{
    OutputAverage, PairMoments, Regression, UniformAverage, explained_variance::one_less,
    formula::PairFormula,
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The coefficient of determination, R2: `1 - sum (t - p)^2 / sum (t - mean t)^2`.
///
/// The value is at most 1, and higher is better. A model that always predicts the mean of the targets scores 0. If all
/// targets are equal, the score is 1 if there is no error, and 0 otherwise. With fewer than two samples it is
/// undefined, which is an error.
///
/// [`adjusted`](R2Score::adjusted) for `k` regressors, the score is `1 - (1 - R^2) (n - 1) / (n - k - 1)` and needs at
/// least `k + 2` samples; with fewer, TorchMetrics gives the score without adjustment. `n` is the number of samples,
/// whatever their weights.
///
/// Options: [`adjusted`](R2Score::adjusted); [`average`](Regression::average) over outputs, by default
/// [`UniformAverage`]; sample weights. Inputs: [`RegressionInput`](super::RegressionInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `R2Score`, which treats sums of squares below 1e-4 as 0 and loses digits to cancellation if
/// targets are far from 0; scikit-learn's `r2_score`, with sample weights.
///
/// # When to use
///
/// Use it to compare models with the baseline of always predicting the mean. It depends on the variance of the targets:
/// on a data set with more spread the same errors score higher, so do not compare scores of different data sets. Report
/// [`RootMeanSquaredError`](super::RootMeanSquaredError) beside it for the size of the errors.
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
/// let r2 = R2Score::new();
/// assert!((r2.evaluate((preds.clone(), target.clone()))? - 0.948_608_137).abs() < 1e-9);
/// let adjusted = r2.adjusted(1).evaluate((preds, target))?;
/// assert!((adjusted - (1.0 - (1.0 - 0.948_608_137) * 3.0 / 2.0)).abs() < 1e-9);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type R2Score<O = UniformAverage> = Regression<Determination, O>;

/// The formula of [`R2Score`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Determination {
    regressors: u64,
}

impl R2Score {
    /// Creates the metric, without adjustment.
    pub fn new() -> Self {
        Self {
            formula: Determination::default(),
            outputs: UniformAverage,
        }
    }
}

impl Default for R2Score {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: OutputAverage<Moments>> R2Score<O> {
    /// Adjusts the score for this number of independent regressors.
    pub fn adjusted(mut self, regressors: u64) -> Self {
        self.formula.regressors = regressors;
        self
    }
}

impl PairFormula for Determination {
    const AVERAGE: &'static str = "uniform average";

    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        let meta = Meta::new("R2 score")
            .higher_is_better()
            .within(Bounds::new(f64::NEG_INFINITY, 1.0));
        match self.regressors {
            0 => meta,
            k => meta.with(format!("adjusted for {k}")),
        }
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn fewest(&self) -> u64 {
        self.regressors.saturating_add(2)
    }

    fn score(&self, moments: &Moments, samples: u64) -> Result<f64> {
        let moments = moments.in_one_unit();
        let (n, k) = (samples as f64, self.regressors as f64);
        let residual = moments.weight * moments.mean_squared_error();
        let r2 = one_less(residual, moments.target.squares);
        Ok(match self.regressors {
            0 => r2,
            _ => 1.0 - (1.0 - r2) * (n - 1.0) / (n - k - 1.0),
        })
    }
}

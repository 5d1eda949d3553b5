use serde::{Deserialize, Serialize};

use super::{PairMoments, Regression, UniformAverage, formula::PairFormula};
use crate::{Bounds, Meta, Result, state::Moments};

/// Lin's concordance correlation coefficient: `2 Cov(p, t) / (Var(p) + Var(t) + (mean p - mean t)^2)`.
///
/// The value is between -1 and 1, and higher is better. It is 1 only if predictions equal the targets. Variances and
/// the covariance divide by `n - 1`, as in TorchMetrics; [`population`](ConcordanceCorrCoef::population) divides by
/// `n`, as Lin does. The value is 0 if either the predictions or the targets are constant (NaN in TorchMetrics), and
/// NaN if both are the same constant. With fewer than two samples it is undefined, which is an error.
///
/// Options: [`population`](ConcordanceCorrCoef::population); [`average`](Regression::average) over outputs, by default
/// [`UniformAverage`]; sample weights. Inputs: [`RegressionInput`](super::RegressionInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Lin, A concordance correlation coefficient to evaluate reproducibility (1989); TorchMetrics'
/// `ConcordanceCorrCoef`.
///
/// # When to use
///
/// Use it when predictions should agree with the targets in value, not only rise and fall with them: unlike
/// [`PearsonCorrCoef`](super::PearsonCorrCoef), it penalizes a wrong scale or offset. Like other correlations it
/// depends on the variance of the targets, so do not compare values of different data sets.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 2.0, 3.0], &device);
/// let target = Tensor::<1>::from_floats([2.0, 3.0, 4.0], &device);
///
/// assert_eq!(ConcordanceCorrCoef::new().evaluate((preds, target))?, 2.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ConcordanceCorrCoef<O = UniformAverage> = Regression<Concordance, O>;

/// The formula of [`ConcordanceCorrCoef`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concordance {
    population: bool,
}

impl ConcordanceCorrCoef {
    /// Creates the metric, with variances that divide by `n - 1`.
    pub fn new() -> Self {
        Self {
            formula: Concordance::default(),
            outputs: UniformAverage,
        }
    }
}

impl Default for ConcordanceCorrCoef {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> ConcordanceCorrCoef<O> {
    /// Divides variances and the covariance by `n` instead of `n - 1`.
    pub fn population(mut self) -> Self {
        self.formula.population = true;
        self
    }
}

impl PairFormula for Concordance {
    const AVERAGE: &'static str = "uniform average";

    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Concordance correlation")
            .higher_is_better()
            .within(Bounds::SIGNED_UNIT)
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn fewest(&self) -> u64 {
        2
    }

    fn score(&self, moments: &Moments, samples: u64) -> Result<f64> {
        let moments = moments.in_one_unit();
        // All terms are multiplied by the weight. Variances that divide by `n - 1` instead of `n` are greater, so
        // `shift` is scaled down.
        let n = samples as f64;
        let correction = if self.population { 1.0 } else { (n - 1.0) / n };
        let spread = moments.preds.squares + moments.target.squares;
        let shift = moments.weight * correction * moments.error.mean.powi(2);
        Ok(2.0 * moments.products / (spread + shift))
    }
}

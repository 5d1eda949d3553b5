use serde::{Deserialize, Serialize};

use super::{
    PairMoments, Regression, UniformAverage,
    formula::{PairFormula, constructor},
};
use crate::{Bounds, Meta, Result, state::Moments};

/// The Pearson correlation coefficient: `Cov(p, t) / sqrt(Var(p) Var(t))`.
///
/// The value is between -1 and 1, and higher is better. It is 1 if the targets are an increasing linear function of the
/// predictions, and NaN if all predictions or all targets are equal. With fewer than two samples it is undefined, which
/// is an error.
///
/// Options: [`average`](Regression::average) over outputs, by default [`UniformAverage`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `PearsonCorrCoef`, which also gives NaN for small variances; scipy's `pearsonr`.
///
/// # When to use
///
/// Use it to measure how well predictions and targets follow a straight line. A few outliers can create or hide a
/// correlation; [`SpearmanCorrCoef`](super::SpearmanCorrCoef) is less sensitive to them and also finds relations that
/// are not linear. A wrong scale or offset of the predictions does not lower it; use
/// [`ConcordanceCorrCoef`](super::ConcordanceCorrCoef) if it should.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 2.0, 3.0], &device);
/// let target = Tensor::<1>::from_floats([10.0, 20.0, 30.0], &device);
///
/// let correlation = PearsonCorrCoef::new().evaluate((preds, target))?;
/// assert!((correlation - 1.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type PearsonCorrCoef<O = UniformAverage> = Regression<Pearson, O>;

/// The formula of [`PearsonCorrCoef`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pearson {}

constructor!(PearsonCorrCoef, Pearson);

impl PairFormula for Pearson {
    const AVERAGE: &'static str = "uniform average";

    type Statistic = PairMoments;
    fn meta(&self) -> Meta {
        Meta::new("Pearson correlation")
            .higher_is_better()
            .within(Bounds::SIGNED_UNIT)
    }

    fn statistic(&self) -> &PairMoments {
        &PairMoments
    }

    fn fewest(&self) -> u64 {
        2
    }

    fn score(&self, moments: &Moments, _samples: u64) -> Result<f64> {
        let variances = moments.preds.squares.sqrt() * moments.target.squares.sqrt();
        Ok((moments.products / variances).clamp(-1.0, 1.0))
    }
}

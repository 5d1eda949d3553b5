use serde::{Deserialize, Serialize};

use super::{PairSums, Pooled, Regression, formula::PairFormula};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The mean deviance of a Tweedie distribution of power `a`: `sum d(p, t) / n`.
///
/// The unit deviance `d` depends on the power:
///
/// | power | distribution | `d(p, t)` | domain |
/// |---|---|---|---|
/// | 0 | normal | `(p - t)^2` | |
/// | 1 | Poisson | `2 (t ln(t / p) - t + p)` | `p > 0`, `t >= 0` |
/// | 2 | gamma | `2 (t / p - ln(t / p) - 1)` | `p > 0`, `t > 0` |
/// | below 0 | extreme stable | as for 1 to 2, with `max(t, 0)` for `t` in the first term | `p > 0` |
/// | 1 to 2 | compound Poisson-gamma | `2 (t^(2-a) / ((1-a) (2-a)) - t p^(1-a) / (1-a) + p^(2-a) / (2-a))` | `p > 0`, `t >= 0` |
/// | above 2 | stable | as for 1 to 2 | `p > 0`, `t > 0` |
///
/// The value is at least 0, and lower is better. There is no such distribution for a power between 0 and 1, which is an
/// error, as are numbers outside the domain.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `TweedieDevianceScore`; scikit-learn's `mean_tweedie_deviance`, with sample weights.
///
/// # When to use
///
/// Use it if the spread of the targets grows with their mean: power 1 for counts, power 2 for positive, skewed amounts,
/// and a power between 1 and 2 for amounts that are often exactly 0, such as insurance claims. Scores of different
/// powers cannot be compared, and the higher the power, the less an error at a large target counts. Power 0 is
/// [`MeanSquaredError`](super::MeanSquaredError).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([4.0, 3.0, 2.0, 1.0], &device);
/// let target = Tensor::<1>::from_floats([1.0, 2.0, 3.0, 4.0], &device);
///
/// assert_eq!(TweedieDevianceScore::new(0.0).evaluate((preds, target))?, 5.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type TweedieDevianceScore<O = Pooled> = Regression<Tweedie, O>;

/// The formula of [`TweedieDevianceScore`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tweedie {
    sums: PairSums,
}

impl TweedieDevianceScore {
    /// Creates the metric with this power: 0 is normal, 1 Poisson, 2 gamma and 3 inverse Gaussian.
    pub fn new(power: f64) -> Self {
        let sums = PairSums::of(PairTerm::Deviance { power });
        Self {
            formula: Tweedie { sums },
            outputs: Pooled,
        }
    }
}

impl PairFormula for Tweedie {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        let meta = Meta::new("Tweedie deviance")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        match self.sums.term {
            PairTerm::Deviance { power } => meta.with(format!("power {power}")),
            _ => meta,
        }
    }

    fn statistic(&self) -> &PairSums {
        &self.sums
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

use serde::{Deserialize, Serialize};

use super::{PairSums, Pooled, Regression, formula::PairFormula};
use crate::{Bounds, Meta, Result, ops::PairTerm, state::Sums};

/// The Minkowski distance between predictions and targets: `(sum |p - t|^e)^(1/e)`.
///
/// The value is at least 0, and lower is better. Exponent 1 gives the Manhattan distance, and 2 the Euclidean distance.
///
/// Options: [`average`](Regression::average) over outputs, by default [`Pooled`]; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MinkowskiDistance`.
///
/// # When to use
///
/// Use it for the distance between two vectors of fixed length; a greater exponent puts more emphasis on the largest
/// errors. It is a sum and not a mean: it grows with the number of samples, so compare values only for the same data.
/// For an error per sample, use [`MeanAbsoluteError`](super::MeanAbsoluteError) or
/// [`RootMeanSquaredError`](super::RootMeanSquaredError).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([0.0, 4.0], &device);
/// let target = Tensor::<1>::from_floats([3.0, 0.0], &device);
///
/// assert_eq!(MinkowskiDistance::new(2.0).evaluate((preds, target))?, 5.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MinkowskiDistance<O = Pooled> = Regression<Minkowski, O>;

/// The formula of [`MinkowskiDistance`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Minkowski {
    sums: PairSums,
}

impl MinkowskiDistance {
    /// Creates the metric with this exponent, which must be at least 1.
    pub fn new(exponent: f64) -> Self {
        let sums = PairSums::of(PairTerm::Power { exponent });
        Self {
            formula: Minkowski { sums },
            outputs: Pooled,
        }
    }
}

impl PairFormula for Minkowski {
    type Statistic = PairSums;
    fn meta(&self) -> Meta {
        let meta = Meta::new("Minkowski distance")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        match self.sums.term {
            PairTerm::Power { exponent } => meta.with(format!("exponent {exponent}")),
            _ => meta,
        }
    }

    fn statistic(&self) -> &PairSums {
        &self.sums
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        let exponent = match self.sums.term {
            PairTerm::Power { exponent } => exponent,
            _ => 1.0,
        };
        Ok(sums.sums[0].powf(1.0 / exponent))
    }
}

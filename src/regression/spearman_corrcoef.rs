use serde::{Deserialize, Serialize};

use super::{
    UniformAverage,
    ranks::{RankCorrelation, RankFormula, RankedPairs, doubled_ranks},
};

/// The Spearman rank correlation coefficient: the Pearson correlation of the ranks, equal numbers sharing the mean of theirs.
///
/// From -1 to 1, higher is better; 1 if one is a rising function of the other. NaN if predictions or targets are all equal; of
/// fewer than two samples it is undefined: an error.
///
/// Options: [`per_output`](RankCorrelation::per_output), by default the mean over the outputs. Inputs:
/// [`RegressionInput`](super::RegressionInput), without weights. Errors: [`MetricError`](crate::MetricError).
/// Keeps all pairs: 8 bytes each.
///
/// Source: scipy's `spearmanr`; TorchMetrics' `SpearmanCorrCoef`, which adds 1e-6 to the denominator, so that it never reaches 1.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 2.0, 30.0, 4.0], &device);
/// let target = Tensor::<1>::from_floats([1.0, 2.0, 4.0, 3.0], &device);
///
/// assert_eq!(SpearmanCorrCoef::new().evaluate((preds, target))?, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type SpearmanCorrCoef<O = UniformAverage> = RankCorrelation<Spearman, O>;

/// The formula of [`SpearmanCorrCoef`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spearman {}

impl SpearmanCorrCoef {
    /// The metric.
    pub fn new() -> Self {
        Self {
            formula: Spearman {},
            outputs: UniformAverage,
        }
    }
}

impl Default for SpearmanCorrCoef {
    fn default() -> Self {
        Self::new()
    }
}

impl RankFormula for Spearman {
    type Value = f64;

    const NAME: &'static str = "Spearman correlation";

    fn of(&self, RankedPairs(pairs): &RankedPairs) -> f64 {
        let (preds, target) = rayon::join(
            || doubled_ranks(&pairs.preds),
            || doubled_ranks(&pairs.target),
        );
        // In whole numbers, so that the order of the samples does not matter to the last bit.
        let mean = preds.len() as i128 + 1;
        let [mut preds_square, mut target_square, mut product] = [0i128; 3];
        for (p, t) in preds.into_iter().zip(target) {
            let (p, t) = (i128::from(p) - mean, i128::from(t) - mean);
            preds_square += p * p;
            target_square += t * t;
            product += p * t;
        }
        let norm = (preds_square as f64 * target_square as f64).sqrt();
        (product as f64 / norm).clamp(-1.0, 1.0)
    }
}

use serde::{Deserialize, Serialize};

use super::{
    UniformAverage,
    ranks::{RankCorrelation, RankFormula, RankedPairs, doubled_ranks, weighted_ranks},
};
use crate::{Bounds, Meta, Result, sealed::Sealed, state::Columns};

/// The Spearman rank correlation coefficient: the Pearson correlation of the ranks.
///
/// Equal numbers share the mean of their ranks. The value is between -1 and 1, and higher is better. It is 1 if the
/// targets are an increasing function of the predictions, and NaN if all predictions or all targets are equal. With
/// fewer than two samples of positive weight it is undefined, which is an error.
///
/// With weights, the rank of a number is the weight of smaller numbers plus half the weight of equal ones, and the
/// correlation of the ranks is weighted. A weight of 2 has the same effect as repeating the sample.
///
/// Options: [`per_output`](RankCorrelation::per_output), by default the mean over the outputs; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError), also for weights that are
/// negative or infinite. Memory: all pairs are kept, with 8 bytes each and 4 per weight.
///
/// Source: scipy's `spearmanr`; TorchMetrics' `SpearmanCorrCoef`, which adds 1e-6 to the denominator, so that it never
/// reaches 1.
///
/// # When to use
///
/// Use it when only the order of the predictions matters, or when the relation is monotonic but not linear; it is less
/// sensitive to outliers than [`PearsonCorrCoef`](super::PearsonCorrCoef). It says nothing about the size of errors:
/// predictions on another scale can score 1. [`KendallRankCorrCoef`](super::KendallRankCorrCoef) counts pairs in the
/// right order and is easier to interpret.
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
    /// Creates the metric, which averages over the outputs.
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

impl Sealed for Spearman {}

impl RankFormula for Spearman {
    type Value = f64;

    fn meta(&self) -> Meta {
        Meta::new("Spearman correlation")
            .higher_is_better()
            .within(Bounds::SIGNED_UNIT)
    }

    fn of(&self, RankedPairs(pairs): &RankedPairs) -> Result<f64> {
        let correlation = match &pairs.weights {
            None => unweighted(pairs),
            Some(weights) => weighted(pairs, weights),
        };
        Ok(correlation.clamp(-1.0, 1.0))
    }
}

fn unweighted(pairs: &Columns) -> f64 {
    let (preds, target) = rayon::join(
        || doubled_ranks(&pairs.preds),
        || doubled_ranks(&pairs.target),
    );
    // Whole numbers make the result independent of the order of the samples, to the last bit.
    let mean = preds.len() as i128 + 1;
    let [mut preds_square, mut target_square, mut product] = [0i128; 3];
    for (p, t) in preds.into_iter().zip(target) {
        let (p, t) = (i128::from(p) - mean, i128::from(t) - mean);
        preds_square += p * p;
        target_square += t * t;
        product += p * t;
    }
    product as f64 / (preds_square as f64 * target_square as f64).sqrt()
}

fn weighted(pairs: &Columns, weights: &[f64]) -> f64 {
    let (preds, target) = rayon::join(
        || weighted_ranks(&pairs.preds, weights),
        || weighted_ranks(&pairs.target, weights),
    );
    // The mean of weighted ranks is half of the total weight.
    let total: f64 = weights.iter().sum();
    let [mut preds_square, mut target_square, mut product] = [0.0; 3];
    for ((p, t), weight) in preds.into_iter().zip(target).zip(weights) {
        let (p, t) = (p / total - 0.5, t / total - 0.5);
        preds_square += weight * p * p;
        target_square += weight * t * t;
        product += weight * p * t;
    }
    product / (preds_square * target_square).sqrt()
}

use serde::{Deserialize, Serialize};

use super::{
    UniformAverage,
    ranks::{RankCorrelation, RankFormula, RankedPairs, doubled_ranks, weighted_ranks},
};
use crate::{Bounds, Meta, Result, sealed::Sealed, state::Columns};

/// The Spearman rank correlation coefficient: the Pearson correlation of the ranks, equal numbers sharing the mean of theirs.
///
/// With weights, the rank of a number is the weight of lesser ones and half that of equal ones, and the correlation is weighted: a
/// weight of 2 is as good as the sample twice.
///
/// From -1 to 1, higher is better; 1 if one is a rising function of the other. NaN if predictions or targets are all equal; of
/// fewer than two samples that have weight it is undefined: an error.
///
/// Options: [`per_output`](RankCorrelation::per_output), by default the mean over the outputs. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError), also for weights that are negative or
/// infinite. Keeps all pairs: 8 bytes each, and 4 for a weight.
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
    // In whole numbers, so that the order of the samples does not matter to the last bit.
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
    // Of weighted ranks, the mean is half of all weight, as that of ranks is about half of their number.
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

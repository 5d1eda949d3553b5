use serde::{Deserialize, Serialize};

use super::{Agreement, AgreementFormula, agreement::constructor};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The share of the pairs of samples that both clusterings treat alike: `(tp + tn) / (tp + fp + fn + tn)`.
///
/// `tp` pairs share a cluster in both clusterings, and `tn` pairs share one in neither. `fp` pairs share a cluster only
/// in the predictions, and `fn` pairs only in the target. Values range from 0 to 1, and higher is better. The value is
/// 1 for a single sample.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Rand, Objective criteria for the evaluation of clustering methods (1971); TorchMetrics' `RandScore`;
/// scikit-learn's `rand_score`.
///
/// # When to use
///
/// Use it when the share of right decisions about pairs is wanted. It is not corrected for chance: with many clusters,
/// nearly all pairs are separated in both clusterings, so it is close to 1 even for unrelated ones.
/// [`AdjustedRandScore`] is usually the better choice.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 0, 1], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 0], &device);
///
/// // The clusterings agree about one of three pairs: the first two samples.
/// assert_eq!(RandScore::new().evaluate((preds, target))?, 1.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RandScore = Agreement<Rand>;

/// The [Rand index](RandScore) corrected for chance: `2 (tp tn - fn fp) / ((tp + fn)(fn + tn) + (tp + fp)(fp + tn))`.
///
/// Values range from -0.5 to 1, and higher is better. The value is around 0 for unrelated clusterings and 1 for equal
/// partitions.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Hubert and Arabie, Comparing partitions (1985); TorchMetrics' `AdjustedRandScore`; scikit-learn's
/// `adjusted_rand_score`.
///
/// # When to use
///
/// Use it as the first choice to compare a clustering with a reference; the numbers of clusters may differ. The number
/// of pairs grows with the square of the cluster size, so large clusters dominate;
/// [`AdjustedMutualInfoScore`](super::AdjustedMutualInfoScore) suits references with small or very unequal clusters.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 0, 1, 2], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
///
/// let score = AdjustedRandScore::new().evaluate((preds, target))?;
/// assert!((score - 4.0 / 7.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type AdjustedRandScore = Agreement<AdjustedRand>;

/// The formula of [`RandScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rand {}

/// The formula of [`AdjustedRandScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedRand {}

constructor!(RandScore);
constructor!(AdjustedRandScore);

impl AgreementFormula for Rand {
    fn meta(&self) -> Meta {
        Meta::new("Rand index")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        let pairs = PairCounts::of(table);
        let agreed = pairs.both + pairs.neither;
        match agreed + pairs.only_preds + pairs.only_target {
            0 => Ok(1.0),
            all => Ok(agreed as f64 / all as f64),
        }
    }
}

impl AgreementFormula for AdjustedRand {
    fn meta(&self) -> Meta {
        Meta::new("Adjusted Rand index")
            .higher_is_better()
            .within(Bounds::new(-0.5, 1.0))
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        let pairs = PairCounts::of(table);
        if pairs.only_preds == 0 && pairs.only_target == 0 {
            return Ok(1.0);
        }
        // Products of numbers of pairs can exceed every integer type.
        let [tp, fp, fneg, tn] = [
            pairs.both,
            pairs.only_preds,
            pairs.only_target,
            pairs.neither,
        ]
        .map(|pairs| pairs as f64);
        let range = (tp + fneg) * (fneg + tn) + (tp + fp) * (fp + tn);
        Ok(2.0 * (tp * tn - fneg * fp) / range)
    }
}

/// The numbers of ordered pairs of different samples, by whether they share a cluster.
struct PairCounts {
    both: u128,
    only_preds: u128,
    only_target: u128,
    neither: u128,
}

impl PairCounts {
    fn of(table: &ContingencyTable) -> Self {
        let n = u128::from(table.n);
        let cells = table.cells.iter().map(|cell| cell.count);
        let together = squares(cells);
        let (target, preds) = (
            squares(table.rows.iter().copied()),
            squares(table.columns.iter().copied()),
        );
        Self {
            both: together - n,
            only_preds: preds - together,
            only_target: target - together,
            // In this order, the result never goes below 0.
            neither: n * n + together - target - preds,
        }
    }
}

/// The sum of the squares of the counts.
pub(super) fn squares(counts: impl Iterator<Item = u64>) -> u128 {
    counts.map(|n| u128::from(n) * u128::from(n)).sum()
}

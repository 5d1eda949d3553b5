use serde::{Deserialize, Serialize};

use super::{Agreement, AgreementFormula, agreement::constructor};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The share of pairs of samples about which both clusterings agree, whether they are in one cluster or in two:
/// `(tp + tn) / (tp + fp + fn + tn)`.
///
/// From 0 to 1, higher is better; 1 of one sample.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Rand, Objective criteria for the evaluation of clustering methods (1971); TorchMetrics' `RandScore`;
/// scikit-learn's `rand_score`.
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
/// // They agree about the first two of three pairs.
/// assert_eq!(RandScore::new().evaluate((preds, target))?, 1.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RandScore = Agreement<Rand>;

/// The agreement about pairs of samples beyond that of chance:
/// `2 (tp tn - fn fp) / ((tp + fn)(fn + tn) + (tp + fp)(fp + tn))`.
///
/// From -0.5 to 1, higher is better; around 0 for unrelated clusterings, 1 of equal partitions.
///
/// No options. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Hubert and Arabie, Comparing partitions (1985); TorchMetrics' `AdjustedRandScore`; scikit-learn's
/// `adjusted_rand_score`.
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
        // Products of numbers of pairs are beyond any integer.
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

/// The ordered pairs of different samples, by whether they share a cluster.
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
            // In this order it never goes below 0.
            neither: n * n + together - target - preds,
        }
    }
}

/// The sum of the squares.
pub(super) fn squares(counts: impl Iterator<Item = u64>) -> u128 {
    counts.map(|n| u128::from(n) * u128::from(n)).sum()
}

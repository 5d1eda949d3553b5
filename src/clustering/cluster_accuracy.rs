use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};
use serde::{Deserialize, Serialize};

use super::{Agreement, AgreementFormula, agreement::constructor};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The accuracy under the best one-to-one matching of predicted clusters and clusters of the target.
///
/// Clusters without a partner count as wrong. Values range from 0 to 1, and higher is better. The best matching (Kuhn
/// and Munkres) takes time that grows with the cube of the number of clusters and memory for a table of all pairs of
/// clusters, so the metric is meant for tens to hundreds of clusters.
///
/// No options: any labels are allowed. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `ClusterAccuracy`, which must be told the number of clusters.
///
/// # When to use
///
/// Use it when each cluster should correspond to one known class, and a value that reads like an accuracy is wanted. It
/// requires about the right number of clusters: splitting a class in two counts as much as mixing it with another one.
/// It is not corrected for chance and is dominated by large clusters; [`AdjustedRandScore`](super::AdjustedRandScore)
/// is around 0 for unrelated clusterings.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([1, 1, 0, 0, 0], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1, 0], &device);
///
/// assert_eq!(ClusterAccuracy::new().evaluate((preds, target))?, 0.8);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ClusterAccuracy = Agreement<BestMatching>;

/// The formula of [`ClusterAccuracy`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BestMatching {}

constructor!(ClusterAccuracy);

impl AgreementFormula for BestMatching {
    fn meta(&self) -> Meta {
        Meta::new("Cluster accuracy")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, table: &ContingencyTable) -> Result<f64> {
        let (rows, columns) = (table.rows.len(), table.columns.len());
        // The solver requires at least as many columns as rows.
        let mut counts = Matrix::new(rows.min(columns), rows.max(columns), 0i64);
        for cell in &table.cells {
            let place = match rows <= columns {
                true => (cell.row, cell.column),
                false => (cell.column, cell.row),
            };
            counts[place] = cell.count as i64;
        }
        let (matched, _) = kuhn_munkres(&counts);
        Ok(matched as f64 / table.n as f64)
    }
}

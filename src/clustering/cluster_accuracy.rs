use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};
use serde::{Deserialize, Serialize};

use super::{Agreement, AgreementFormula, agreement::constructor};
use crate::{Bounds, Meta, Result, state::ContingencyTable};

/// The accuracy if each predicted cluster stands for at most one of the target's, and these are matched best.
///
/// From 0 to 1, higher is better. The best matching (Kuhn and Munkres) takes the cube of the number of clusters, and a
/// table of all of them: it is for tens to hundreds of clusters.
///
/// No options: labels are whatever came. Inputs: [`ClusteringInput`](super::ClusteringInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `ClusterAccuracy`, which must be told how many clusters there are.
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
        // The solver wants no fewer columns than rows.
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

use serde::{Deserialize, Serialize};

use super::{Association, AssociationFormula, association::matrix};
use crate::state::{Cell, ContingencyTable};
use crate::{Bounds, Meta};

/// Theil's U, or uncertainty coefficient: the share of the entropy of the predictions that knowing the target removes.
///
/// It is `(H(preds) - H(preds | target)) / H(preds)`. Values range from 0 to 1, and higher means a stronger
/// association. The metric is not symmetric. The value is 0 if there is a single predicted category.
///
/// Options: [`nan_strategy`](Association::nan_strategy). Inputs: [`NominalInput`](super::NominalInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `TheilsU`.
///
/// # When to use
///
/// Use it to measure how well one categorical column (the target) determines another one (the predictions), when the
/// two directions differ: exchanging the columns changes the value. It is not corrected for chance, so a target with
/// many categories and few samples in each scores too high. [`CramersV`](super::CramersV) is symmetric and has a bias
/// correction.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let coarse = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
/// let fine = Tensor::<1, Int>::from_ints([0, 1, 2, 3], &device);
///
/// assert_eq!(TheilsU::new().evaluate((coarse.clone(), fine.clone()))?, 1.0);
/// assert_eq!(TheilsU::new().evaluate((fine, coarse))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type TheilsU = Association<Theil>;

/// The formula of [`TheilsU`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theil {}

impl AssociationFormula for Theil {
    fn meta(&self) -> Meta {
        Meta::new("Theil's U")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    const SYMMETRIC: bool = false;

    fn score(&self, table: &ContingencyTable) -> f64 {
        if table.columns.len() == 1 {
            return 0.0;
        }
        let n = table.n as f64;
        let share = |count: u64| count as f64 / n;
        let term = |count: &u64| -share(*count) * share(*count).ln();
        let entropy: f64 = table.columns.iter().map(term).sum();
        let left = |cell: &Cell| {
            let target = table.rows[cell.row] as f64;
            share(cell.count) * (target / cell.count as f64).ln()
        };
        let left: f64 = table.cells.iter().map(left).sum();
        ((entropy - left) / entropy).clamp(0.0, 1.0)
    }
}

matrix!(
    /// Computes [`TheilsU`] for each column as predictions (row of the matrix) and each column as target.
    ///
    /// The value of a column with itself is 1.
    theils_u_matrix,
    TheilsU
);

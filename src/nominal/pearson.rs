use serde::{Deserialize, Serialize};

use super::{Association, AssociationFormula, association::matrix, chi_squared::phi_squared};
use crate::{Bounds, Meta, state::ContingencyTable};

/// Pearson's contingency coefficient: `sqrt(phi^2 / (1 + phi^2))`, where `phi^2 = chi^2 / n`.
///
/// From 0, higher is a stronger association; symmetric. It never reaches 1: of r categories, a column has
/// `sqrt((r - 1) / r)` with itself. 0 if a column has one category.
///
/// Options: [`nan_strategy`](Association::nan_strategy). Inputs: [`NominalInput`](super::NominalInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `PearsonsContingencyCoefficient`; scipy's `association`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
/// let target = Tensor::<1, Int>::from_ints([5, 5, 7, 7], &device);
///
/// let coefficient = PearsonsContingencyCoefficient::new().evaluate((preds, target))?;
/// assert_eq!(coefficient, 0.5f64.sqrt());
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type PearsonsContingencyCoefficient = Association<PearsonContingency>;

/// The formula of [`PearsonsContingencyCoefficient`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PearsonContingency {}

impl AssociationFormula for PearsonContingency {
    fn meta(&self) -> Meta {
        Meta::new("Pearson's contingency coefficient")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, table: &ContingencyTable) -> f64 {
        let phi_squared = phi_squared(table, false);
        (phi_squared / (1.0 + phi_squared)).sqrt()
    }

    fn diagonal(&self, table: &ContingencyTable) -> f64 {
        self.score(table)
    }
}

matrix!(
    /// [`PearsonsContingencyCoefficient`] of each pair of columns. Of a column with itself it is not 1, as in
    /// TorchMetrics, but what the formula says: `sqrt((r - 1) / r)` of r categories.
    pearsons_contingency_coefficient_matrix,
    PearsonsContingencyCoefficient
);

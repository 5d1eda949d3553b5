use serde::{Deserialize, Serialize};

use super::{Association, AssociationFormula, association::matrix, chi_squared::phi_squared};
use crate::{Bounds, Meta, state::ContingencyTable};

/// Pearson's contingency coefficient, a symmetric measure of association: `sqrt(phi^2 / (1 + phi^2))`.
///
/// `phi^2` is `chi^2 / n`. Values are not negative, and higher means a stronger association. The value is always below
/// 1: a column of `r` categories has `sqrt((r - 1) / r)` with itself. The value is 0 if a column has a single category.
///
/// Options: [`nan_strategy`](Association::nan_strategy). Inputs: [`NominalInput`](super::NominalInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `PearsonsContingencyCoefficient`; scipy's `association`.
///
/// # When to use
///
/// Use it to compare with published values of this coefficient. Its maximum depends on the numbers of categories, so
/// compare it only between tables of the same shape, and it is too high for few samples. [`CramersV`](super::CramersV)
/// can reach 1 for every shape and has a bias correction.
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
    /// Computes [`PearsonsContingencyCoefficient`] for each pair of columns.
    ///
    /// The value of a column of `r` categories with itself follows from the formula: `sqrt((r - 1) / r)`. In
    /// TorchMetrics, it is 1.
    pearsons_contingency_coefficient_matrix,
    PearsonsContingencyCoefficient
);

use serde::{Deserialize, Serialize};

use super::{Association, AssociationFormula, association::matrix, chi_squared::Strength};
use crate::{Bounds, Meta, state::ContingencyTable};

/// Tschuprow's T: `sqrt((chi^2 / n) / sqrt((r - 1)(c - 1)))` of a table of r rows and c columns.
///
/// From 0 to 1, higher is a stronger association; symmetric. 1 only of a square table. NaN if a column has one category,
/// and, with the correction, if it has as many as samples.
///
/// Options: [`bias_correction`](Self::bias_correction), on by default; [`nan_strategy`](Association::nan_strategy).
/// Inputs: [`NominalInput`](super::NominalInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Bergsma, A bias-correction for Cramér's V and Tschuprow's T (2013); TorchMetrics' `TschuprowsT`, which moves
/// the cells of a 2x2 table beyond what is expected; scipy's `association`, without correction.
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
/// let t = TschuprowsT::new().bias_correction(false).evaluate((preds, target))?;
/// assert_eq!(t, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type TschuprowsT = Association<Tschuprow>;

/// The formula of [`TschuprowsT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tschuprow {
    bias_correction: bool,
}

impl Default for Tschuprow {
    fn default() -> Self {
        Self {
            bias_correction: true,
        }
    }
}

impl TschuprowsT {
    /// Whether to take off what chance gives, with the correction of Yates of a 2x2 table.
    pub fn bias_correction(mut self, correct: bool) -> Self {
        self.formula.bias_correction = correct;
        self
    }
}

impl AssociationFormula for Tschuprow {
    fn meta(&self) -> Meta {
        let meta = Meta::new("Tschuprow's T")
            .higher_is_better()
            .within(Bounds::UNIT);
        match self.bias_correction {
            true => meta,
            false => meta.with("without bias correction"),
        }
    }

    fn score(&self, table: &ContingencyTable) -> f64 {
        let Some(strength) = Strength::of(table, self.bias_correction) else {
            return f64::NAN;
        };
        let most = ((strength.rows - 1.0) * (strength.columns - 1.0)).sqrt();
        (strength.phi_squared / most).sqrt().clamp(0.0, 1.0)
    }
}

matrix!(
    /// [`TschuprowsT`] of each pair of columns; 1 of a column with itself.
    tschuprows_t_matrix,
    TschuprowsT
);

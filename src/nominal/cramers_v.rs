use serde::{Deserialize, Serialize};

use super::{Association, AssociationFormula, association::matrix, chi_squared::Strength};
use crate::{Bounds, Meta, state::ContingencyTable};

/// Cramér's V, a symmetric measure of association: `sqrt((chi^2 / n) / min(r - 1, c - 1))`.
///
/// The table of the two columns has `r` rows and `c` columns. Values range from 0 to 1, and higher means a stronger
/// association. The value is NaN if a column has a single category. With the bias correction, it is also NaN if a
/// column has as many categories as samples.
///
/// Options: [`bias_correction`](Self::bias_correction), on by default; [`nan_strategy`](Association::nan_strategy).
/// Inputs: [`NominalInput`](super::NominalInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Bergsma, A bias-correction for Cramér's V and Tschuprow's T (2013); TorchMetrics' `CramersV`, whose
/// correction can move the cells of a 2x2 table past their expected counts; scipy's `association`, without correction.
///
/// # When to use
///
/// Use it to measure how strongly two categorical columns are associated, if neither is predicted from the other;
/// [`TheilsU`](super::TheilsU) has a direction. Without the bias correction, it is too high for few samples or many
/// categories. It does not use the order of categories.
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
/// let v = CramersV::new().bias_correction(false).evaluate((preds, target))?;
/// assert_eq!(v, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type CramersV = Association<Cramer>;

/// The formula of [`CramersV`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cramer {
    bias_correction: bool,
}

impl Default for Cramer {
    fn default() -> Self {
        Self {
            bias_correction: true,
        }
    }
}

impl CramersV {
    /// Sets whether the association that is expected by chance is subtracted, which is the default. For a 2x2 table,
    /// this includes the correction of Yates.
    pub fn bias_correction(mut self, correct: bool) -> Self {
        self.formula.bias_correction = correct;
        self
    }
}

impl AssociationFormula for Cramer {
    fn meta(&self) -> Meta {
        let meta = Meta::new("Cramér's V")
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
        let most = strength.rows.min(strength.columns) - 1.0;
        (strength.phi_squared / most).sqrt().clamp(0.0, 1.0)
    }
}

matrix!(
    /// Computes [`CramersV`] for each pair of columns; the value of a column with itself is 1.
    cramers_v_matrix,
    CramersV
);

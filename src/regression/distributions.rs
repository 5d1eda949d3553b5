//! Rows that are probability distributions.

use burn::tensor::{Bool, DType, Tensor};
use serde::{Deserialize, Serialize};

use super::{RegressionInput, rows::Measured};
use crate::{Result, ops::sum_along};

/// How rows are distributions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Distributions {
    /// They are logarithms of probabilities.
    pub log_prob: bool,
    /// They are divided by their sums first.
    pub normalize: bool,
}

impl Distributions {
    /// A measure of the distributions of each row, by probabilities or by their logarithms, and which rows are none.
    pub fn measure(
        self,
        input: RegressionInput,
        of_probabilities: fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
        of_logarithms: fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
    ) -> Result<Option<Measured>> {
        let tolerance = tolerance(&input);
        let Some((p, q, weights)) = input.into_rows()? else {
            return Ok(None);
        };
        let read = |rows| match self.log_prob {
            true => self.read_logarithms(rows, tolerance),
            false => self.read(rows, tolerance),
        };
        let ((p, p_fits), (q, q_fits)) = (read(p), read(q));
        let measure = match self.log_prob {
            true => of_logarithms,
            false => of_probabilities,
        };
        Ok(Some(Measured {
            values: measure(p, q),
            outside: Some(p_fits.bool_and(q_fits).bool_not()),
            weights,
        }))
    }

    /// Probabilities, and which rows of them are distributions. Of a NaN no comparison is true.
    fn read(self, rows: Tensor<2>, tolerance: f64) -> (Tensor<2>, Tensor<1, Bool>) {
        let sum = sum_along(rows.clone(), 1);
        let negative = sum_along(rows.clone().lower_elem(0.0).float(), 1);
        let positive = negative.equal_elem(0.0);
        let (rows, fits) = match self.normalize {
            // Nothing can be made of a row of zeros.
            true => (rows / sum.clone(), sum.greater_elem(0.0)),
            false => (rows, is_one(sum, tolerance)),
        };
        (rows, positive.bool_and(fits).squeeze_dim(1))
    }

    fn read_logarithms(self, rows: Tensor<2>, tolerance: f64) -> (Tensor<2>, Tensor<1, Bool>) {
        let greatest = rows.clone().max_dim(1);
        let sum = sum_along((rows.clone() - greatest.clone()).exp(), 1).log() + greatest;
        let fits = match self.normalize {
            true => sum.clone().is_finite(),
            false => is_one(sum.clone().exp(), tolerance),
        };
        let rows = if self.normalize { rows - sum } else { rows };
        (rows, fits.squeeze_dim(1))
    }
}

/// How far the sum of a row may be from 1: what rounding of many probabilities may add up to.
fn tolerance(input: &RegressionInput) -> f64 {
    match [input.preds.dtype(), input.target.dtype()].contains(&DType::BF16) {
        true => 3e-2,
        false => 1e-3,
    }
}

fn is_one(sum: Tensor<2>, tolerance: f64) -> Tensor<2, Bool> {
    (sum - 1.0).abs().lower_equal_elem(tolerance)
}

/// `p ln(p / q)`, and 0 where `p` is 0.
pub(super) fn relative_entropy(p: Tensor<2>, q: Tensor<2>) -> Tensor<2> {
    let none = p.clone().equal_elem(0.0);
    // Logarithms apart: the quotient may overflow.
    let [ln_p, ln_q] = [p.clone(), q].map(|x| x.mask_fill(none.clone(), 1.0).log());
    p * (ln_p - ln_q)
}

/// [`relative_entropy`] of logarithms.
pub(super) fn relative_entropy_of_logs(p: Tensor<2>, q: Tensor<2>) -> Tensor<2> {
    let probability = p.clone().exp();
    let none = probability.clone().equal_elem(0.0);
    probability * (p - q).mask_fill(none, 0.0)
}

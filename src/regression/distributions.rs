//! Rows that are probability distributions.

use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::{RegressionInput, rows::Measured};
use crate::Result;

/// How rows are distributions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Distributions {
    /// They are logarithms of probabilities.
    pub log_prob: bool,
    /// They are divided by their sums first.
    pub normalize: bool,
}

/// How far the sum of a row may be from 1: what many outcomes in half precision may add up to.
const TOLERANCE: f64 = 1e-3;

impl Distributions {
    /// A measure of the distributions of each row, and which rows are none.
    pub fn measure(
        self,
        input: RegressionInput,
        measure: fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
    ) -> Result<Option<Measured>> {
        let Some((p, q, weights)) = input.into_rows()? else {
            return Ok(None);
        };
        let ((p, not_p), (q, not_q)) = (self.read(p), self.read(q));
        Ok(Some(Measured {
            values: measure(p, q),
            outside: Some(not_p.bool_or(not_q)),
            weights,
        }))
    }

    fn read(self, rows: Tensor<2>) -> (Tensor<2>, Tensor<1, Bool>) {
        let rows = if self.log_prob { rows.exp() } else { rows };
        let negative = rows.clone().lower_elem(0.0).any_dim(1);
        let sum = rows.clone().sum_dim(1);
        if self.normalize {
            // Nothing can be made of a row of zeros.
            let none = sum.clone().lower_equal_elem(0.0);
            let outside = negative.bool_or(none).squeeze_dim(1);
            return (rows / sum, outside);
        }
        let off = (sum - 1.0).abs().greater_elem(TOLERANCE);
        (rows, negative.bool_or(off).squeeze_dim(1))
    }
}

/// `ln(p / q)`, and 0 where `p` is 0.
pub(super) fn log_ratio(p: Tensor<2>, q: Tensor<2>) -> Tensor<2> {
    let none = p.clone().equal_elem(0.0);
    let ratio = (p / q).mask_fill(none, 1.0);
    ratio.log()
}

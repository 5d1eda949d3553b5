//! Divergences between rows that are probability distributions.

use std::{fmt, marker::PhantomData};

use burn::tensor::{Bool, DType, Tensor};
use serde::{Deserialize, Serialize};

use super::RegressionInput;
use crate::{
    Result,
    measure::Measured,
    ops::{LANES, RowFormula, ln, sum_along, sum_lanes},
};

/// A divergence of two distributions: for rows of tensors, and for one outcome on the host. The terms of a row are
/// summed.
pub(super) trait Divergence {
    fn of_probabilities(p: Tensor<2>, q: Tensor<2>) -> Tensor<1>;

    fn of_logarithms(p: Tensor<2>, q: Tensor<2>) -> Tensor<1>;

    fn of_probability(p: f64, q: f64, entropy: impl Fn(f64, f64) -> f64) -> f64;

    fn of_logarithm(p: f64, q: f64) -> f64;
}

/// Computes a divergence of rows in host memory.
struct HostDistributions<D> {
    distributions: Distributions,
    tolerance: f64,
    divergence: PhantomData<fn() -> D>,
}

impl<D> Clone for HostDistributions<D> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<D> fmt::Debug for HostDistributions<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.distributions.fmt(f)
    }
}

impl<D: Divergence + 'static> RowFormula for HostDistributions<D> {
    #[inline(always)]
    fn value(&self, p: &[f64], q: &[f64]) -> Option<f64> {
        self.distributions.divergence::<D>(p, q, self.tolerance)
    }
}

/// How rows represent distributions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Distributions {
    /// Rows are logarithms of probabilities.
    pub log_prob: bool,
    /// Rows are divided by their sums first.
    pub normalize: bool,
}

impl Distributions {
    /// Computes a divergence of the distributions in each row, and marks the rows that are not distributions.
    pub fn measure<D: Divergence + 'static>(
        self,
        input: RegressionInput,
    ) -> Result<Option<Measured>> {
        let tolerance = tolerance(&input);
        let Some((p, q, weights)) = input.into_rows()? else {
            return Ok(None);
        };
        let rows = HostDistributions {
            distributions: self,
            tolerance,
            divergence: PhantomData::<fn() -> D>,
        };
        let divergences = Measured::of_rows(p, q, rows, |p, q| {
            let read = |rows| match self.log_prob {
                true => self.read_logarithms(rows, tolerance),
                false => self.read(rows, tolerance),
            };
            let ((p, p_fits), (q, q_fits)) = (read(p), read(q));
            let values = match self.log_prob {
                true => D::of_logarithms(p, q),
                false => D::of_probabilities(p, q),
            };
            Measured::of(values).outside(p_fits.bool_and(q_fits).bool_not())
        });
        Ok(Some(divergences.weighted(weights)))
    }

    /// Computes the divergence of a row in host memory, or `None` unless both are distributions.
    #[inline(always)]
    fn divergence<D: Divergence>(self, p: &[f64], q: &[f64], tolerance: f64) -> Option<f64> {
        let near_one = |sum: f64| (sum - 1.0).abs() <= tolerance;
        let sum = |row: &[f64]| {
            let negative = total(row, row, |x, _| if x < 0.0 { 1.0 } else { 0.0 });
            let sum = total(row, row, |x, _| x);
            let fits = if self.normalize {
                sum > 0.0
            } else {
                near_one(sum)
            };
            (negative == 0.0 && fits).then_some(sum)
        };
        let log_sum = |row: &[f64]| {
            let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum = row.iter().map(|x| (x - greatest).exp()).sum::<f64>().ln() + greatest;
            let fits = if self.normalize {
                sum.is_finite()
            } else {
                near_one(sum.exp())
            };
            fits.then_some(sum)
        };
        Some(match self.log_prob {
            true => {
                let (p_sum, q_sum) = (log_sum(p)?, log_sum(q)?);
                let [p_less, q_less] = match self.normalize {
                    true => [p_sum, q_sum],
                    false => [0.0; 2],
                };
                total(p, q, |p, q| D::of_logarithm(p - p_less, q - q_less))
            }
            false => {
                let (p_sum, q_sum) = (sum(p)?, sum(q)?);
                let [p_by, q_by] = match self.normalize {
                    true => [1.0 / p_sum, 1.0 / q_sum],
                    false => [1.0; 2],
                };
                let quick = |p, q| D::of_probability(p * p_by, q * q_by, quick_entropy);
                match total(p, q, quick) {
                    value if value.is_finite() => value,
                    _ => total(p, q, |p, q| D::of_probability(p * p_by, q * q_by, entropy)),
                }
            }
        })
    }

    /// Reads probabilities, and which rows are distributions. A NaN fails every comparison.
    fn read(self, rows: Tensor<2>, tolerance: f64) -> (Tensor<2>, Tensor<1, Bool>) {
        let sum = sum_along(rows.clone(), 1);
        let negative = sum_along(rows.clone().lower_elem(0.0).float(), 1);
        let positive = negative.equal_elem(0.0);
        let (rows, fits) = match self.normalize {
            // A row of zeros cannot be normalized.
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

/// The tolerance for the sum of a row: how far it may be from 1 because of rounding.
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
    // The quotient may overflow, so take the difference of logarithms.
    let [ln_p, ln_q] = [p.clone(), q].map(|x| x.mask_fill(none.clone(), 1.0).log());
    p * (ln_p - ln_q)
}

/// [`relative_entropy`] for logarithms of probabilities.
pub(super) fn relative_entropy_of_logs(p: Tensor<2>, q: Tensor<2>) -> Tensor<2> {
    let probability = p.clone().exp();
    let none = probability.clone().equal_elem(0.0);
    probability * (p - q).mask_fill(none, 0.0)
}

/// Sums the terms of a row in independent lanes.
#[inline(always)]
fn total(p: &[f64], q: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (p, p_rest) = p.as_chunks::<LANES>();
    let (q, q_rest) = q.as_chunks::<LANES>();
    for (p, q) in p.iter().zip(q) {
        for lane in 0..LANES {
            sums[lane] += term(p[lane], q[lane]);
        }
    }
    for (sum, (p, q)) in sums.iter_mut().zip(p_rest.iter().zip(q_rest)) {
        *sum += term(*p, *q);
    }
    sum_lanes(sums)
}

/// `p ln(p / q)`, and 0 where `p` is 0. It is NaN where the quotient is not a normal number.
#[inline(always)]
fn quick_entropy(p: f64, q: f64) -> f64 {
    let value = p * ln(p / q);
    if p == 0.0 { 0.0 } else { value }
}

/// `p ln(p / q)`, and 0 where `p` is 0.
fn entropy(p: f64, q: f64) -> f64 {
    match p == 0.0 {
        true => 0.0,
        // The quotient may overflow, so take the difference of logarithms.
        false => p * (p.ln() - q.ln()),
    }
}

/// `p ln(p / q)` for logarithms of probabilities.
#[inline(always)]
pub(super) fn entropy_of_logs(p: f64, q: f64) -> f64 {
    match p.exp() {
        0.0 => 0.0,
        probability => probability * (p - q),
    }
}

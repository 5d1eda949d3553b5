//! The mutual information that chance alone gives.

use std::collections::BTreeMap;

use crate::state::ContingencyTable;

/// The expected mutual information of two clusterings with clusters of these sizes, all of which are equally likely.
///
/// The number of samples that a cluster of `a` and one of `b` have in common is hypergeometric. Clusters of equal sizes
/// have equal expectations, so that each pair of sizes is worked out once.
pub(super) fn expected_mutual_information(table: &ContingencyTable) -> f64 {
    let (rows, columns) = (sizes(&table.rows), sizes(&table.columns));
    let mut sum = 0.0;
    for (a, times) in &rows {
        for (b, others) in &columns {
            sum += (times * others) as f64 * expected_term(table.n, *a, *b);
        }
    }
    sum
}

/// How many clusters there are of each size.
fn sizes(all: &[u64]) -> BTreeMap<u64, u64> {
    let mut sizes = BTreeMap::new();
    for size in all {
        *sizes.entry(*size).or_default() += 1;
    }
    sizes
}

/// What is less likely than the likeliest by more than this does not change a sum in `f64`.
const NEGLIGIBLE: f64 = 1e-30;

/// The expectation of `k/n ln(n k / (a b))` over the number `k` of samples that clusters of `a` and of `b` share.
///
/// Probabilities come from those next to them, relative to the greatest, so that there are no factorials, which would
/// cost precision, and tails end early: of n samples, about sqrt(n) terms count.
fn expected_term(n: u64, a: u64, b: u64) -> f64 {
    let (least, most) = ((a + b).saturating_sub(n), a.min(b));
    let mode = (u128::from(a + 1) * u128::from(b + 1) / u128::from(n + 2)) as u64;
    let mode = mode.clamp(least, most);
    let (n, a, b) = (n as f64, a as f64, b as f64);
    let term = |k: f64| match k {
        0.0 => 0.0,
        _ => k / n * (n * k / (a * b)).ln(),
    };
    // P(k + 1) / P(k)
    let ratio = |k: f64| (a - k) * (b - k) / ((k + 1.0) * (n - a - b + k + 1.0));
    let (mut weights, mut sum) = (1.0, term(mode as f64));
    let mut add = |weight: f64, k: u64| {
        weights += weight;
        sum += weight * term(k as f64);
        weight > NEGLIGIBLE
    };
    let mut weight = 1.0;
    for k in mode..most {
        weight *= ratio(k as f64);
        if !add(weight, k + 1) {
            break;
        }
    }
    weight = 1.0;
    for k in (least..mode).rev() {
        weight /= ratio(k as f64);
        if !add(weight, k) {
            break;
        }
    }
    sum / weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_definition() {
        let choose = |n: u64, k: u64| statrs::function::factorial::binomial(n, k);
        for (n, a, b) in [
            (10, 4, 5),
            (12, 1, 12),
            (20, 19, 18),
            (30, 15, 15),
            (7, 3, 1),
        ] {
            let term = |k: u64| {
                let p = choose(a, k) * choose(n - a, b - k) / choose(n, b);
                p * k as f64 / n as f64 * ((n * k) as f64 / (a * b) as f64).ln()
            };
            let first = (a + b).saturating_sub(n).max(1);
            let expected: f64 = (first..=a.min(b)).map(term).sum();
            let got = expected_term(n, a, b);
            assert!(
                (got - expected).abs() < 1e-14,
                "{got} instead of {expected}"
            );
        }
    }
}

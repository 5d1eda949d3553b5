//! The mutual information that is expected by chance.

use std::collections::BTreeMap;

use crate::state::ContingencyTable;

/// The expected mutual information of two clusterings whose clusters have these sizes, if all such clusterings are
/// equally likely.
///
/// The number of samples that a cluster of size `a` and one of size `b` have in common has a hypergeometric
/// distribution. Clusters of equal sizes have equal expectations, so each pair of sizes is computed once.
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

/// The number of clusters of each size.
fn sizes(all: &[u64]) -> BTreeMap<u64, u64> {
    let mut sizes = BTreeMap::new();
    for size in all {
        *sizes.entry(*size).or_default() += 1;
    }
    sizes
}

/// Terms whose probability is smaller than this, relative to the largest one, do not change a sum in `f64`.
const NEGLIGIBLE: f64 = 1e-30;

/// The expectation of `k/n ln(n k / (a b))` over the number `k` of samples that clusters of sizes `a` and `b` share.
///
/// Each probability is computed from its neighbour, relative to the largest one. This avoids factorials, which would
/// lose precision, and it lets tails end early: about sqrt(n) terms count for n samples.
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

//! N-grams as numbers, and how many two sequences have in common.

use std::{cmp::Ordering, hash::BuildHasher};

use foldhash::quality::FixedState;

/// The n-grams of a sequence of the orders from 1 to `longest`, as numbers, each order in ascending order. Different n-grams have
/// different numbers, but for a chance of 2^-64.
pub(super) fn ngrams(tokens: &[u64], longest: usize) -> Vec<Vec<u64>> {
    let hasher = FixedState::with_seed(0);
    let mut grams = tokens.to_vec();
    let mut orders = Vec::with_capacity(longest);
    for n in 1..=longest {
        // Those of this order, made of the shorter ones and the token that follows.
        if n > 1 {
            let last = tokens.iter().skip(n - 1);
            let longer = grams.iter().zip(last).map(|gram| hasher.hash_one(gram));
            grams = longer.collect();
        }
        let mut sorted = grams.clone();
        sorted.sort_unstable();
        orders.push(sorted);
    }
    orders
}

/// How many n-grams two sequences have in common, each as often as in both.
pub(super) fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => (i, j, n) = (i + 1, j + 1, n + 1),
        }
    }
    n
}

/// How many n-grams of a hypothesis its references have, each as often as in the reference that has it most often.
pub(super) fn clipped<'a>(
    hypothesis: &[u64],
    references: impl Iterator<Item = &'a Vec<u64>> + Clone,
) -> usize {
    if let (Some(reference), None) = (references.clone().next(), references.clone().nth(1)) {
        return common(hypothesis, reference);
    }
    let runs = hypothesis.chunk_by(|a, b| a == b);
    let found = runs.map(|run| {
        let found = references.clone().map(|reference| {
            let start = reference.partition_point(|gram| *gram < run[0]);
            let same = reference[start..].iter().take(run.len());
            same.take_while(|gram| **gram == run[0]).count()
        });
        found.max().unwrap_or(0)
    });
    found.sum()
}

//! N-grams as numbers, and how many two sequences have in common.

use std::{cmp::Ordering, hash::BuildHasher};

use foldhash::quality::FixedState;

use crate::{MetricError, Result};

/// The longest n-grams that are counted.
const LONGEST: usize = 1024;

/// Checks an option that is the length of n-grams.
pub(super) fn check_length(option: &'static str, n: usize) -> Result<()> {
    let expected = format!("from 1 to {LONGEST}");
    MetricError::check_option(option, n, (1..=LONGEST).contains(&n), expected)
}

/// The n-grams of a sequence, as numbers: those of each length from 1 to `longest`, in the order of the sequence. Different n-grams
/// have different numbers, but for a chance of 2^-64.
pub(super) fn orders(tokens: &[u64], longest: usize) -> impl Iterator<Item = Vec<u64>> {
    let hasher = FixedState::with_seed(0);
    let mut grams = tokens.to_vec();
    (1..=longest).map(move |n| {
        // Those of this length, made of the shorter ones and the token that follows.
        if n > 1 {
            let last = tokens.iter().skip(n - 1);
            let longer = grams.iter().zip(last).map(|gram| hasher.hash_one(gram));
            grams = longer.collect();
        }
        grams.clone()
    })
}

/// [`orders`], each in ascending order.
pub(super) fn ngrams(tokens: &[u64], longest: usize) -> Vec<Vec<u64>> {
    let sorted = orders(tokens, longest).map(|mut grams| {
        grams.sort_unstable();
        grams
    });
    sorted.collect()
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

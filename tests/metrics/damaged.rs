//! Damaged files are refused, and states that someone else has made cannot do harm.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    common::golden::Case,
    golden::{DOMAINS, Subject},
};
use burn_metrics::{InputOf, prelude::*};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Up to a dozen golden cases of each metric.
fn cases() -> impl Iterator<Item = (&'static Case, Box<dyn Subject>)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let cases = DOMAINS.iter().flat_map(|domain| {
        let cases = domain.cases().iter();
        cases
            .filter(|case| case.oddity.is_empty())
            .map(move |case| (domain, case))
    });
    cases.filter_map(move |(domain, case)| {
        let tried = seen.entry(&case.metric).or_default();
        *tried += 1;
        // A prime number visits all options.
        (*tried % 13 == 1 && *tried < 160).then(|| Some((case, domain.subject(case)?)))?
    })
}

/// How often the state of each case is damaged.
pub fn rounds() -> usize {
    let rounds = std::env::var("DAMAGES").ok();
    rounds.and_then(|n| n.parse().ok()).unwrap_or(60)
}

/// Damages bytes in one of the ways in which files are damaged.
fn damage(bytes: &mut Vec<u8>, random: &mut StdRng) {
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..6) {
        0 => bytes[at] ^= 1 << random.random_range(0..8),
        1 => bytes[at] = random.random(),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, random.random()),
        4 => {
            bytes.remove(at);
        }
        _ => {
            let end = bytes.len().min(at + random.random_range(1..64));
            bytes[at..end]
                .iter_mut()
                .for_each(|byte| *byte = random.random());
        }
    }
}

/// Damages states of a metric; how many damaged ones were tried, and how many forged ones were accepted.
pub fn check<M: Metric>(
    metric: &M,
    batch: InputOf<M>,
    case: &dyn Display,
    times: usize,
    random: &mut StdRng,
) -> (usize, usize) {
    let (mut tried, mut accepted) = (0, 0);
    let mut accumulator = metric.accumulator();
    if accumulator.update(batch).is_err() {
        return (tried, accepted);
    }
    let good = accumulator.to_bytes().unwrap();
    for _ in 0..times {
        let mut bytes = good.clone();
        while bytes == good {
            damage(&mut bytes, random);
        }
        let mut other = metric.accumulator();
        assert!(other.restore_bytes(&bytes).is_err(), "{case}");
        assert_eq!(other.updates(), 0);
        tried += 1;

        // The same with the checksum of the damaged bytes: whatever is accepted must not panic.
        let mut forged = good[..good.len() - 4].to_vec();
        damage(&mut forged, random);
        forged.extend(crc32fast::hash(&forged).to_le_bytes());
        let restored = catch_unwind(AssertUnwindSafe(|| {
            let mut other = metric.accumulator();
            other.restore_bytes(&forged).is_ok_and(|()| {
                let _ = other.compute();
                let _ = other.merge(accumulator.clone());
                let _ = other.compute();
                let _ = other.to_bytes();
                true
            })
        }));
        match restored {
            Ok(is_accepted) => accepted += usize::from(is_accepted),
            Err(_) => panic!("a forged state of {case}"),
        }
    }
    (tried, accepted)
}

/// Merges a state with itself until its counts are as large as they can be.
pub fn double<M: Metric>(metric: &M, batch: InputOf<M>, case: &dyn Display) {
    let mut accumulator = metric.accumulator();
    if accumulator.update(batch).is_err() {
        return;
    }
    // States that keep every sample double in size.
    let size = accumulator.to_bytes().unwrap().len();
    for _ in 0..70 {
        accumulator.merge(accumulator.clone()).unwrap();
        if accumulator.to_bytes().unwrap().len() > size + 100_000 {
            break;
        }
    }
    let tried = catch_unwind(AssertUnwindSafe(|| accumulator.compute().is_ok()));
    assert!(tried.is_ok(), "{case}");
}

#[test]
fn counts_saturate() {
    cases().for_each(|(case, subject)| subject.double(case));
}

#[test]
fn damaged_states_are_refused_and_forged_ones_do_not_panic() {
    let mut random = StdRng::seed_from_u64(14);
    let (mut metrics, mut tried, mut accepted) = (BTreeSet::new(), 0, 0);
    for (case, subject) in cases() {
        let (damaged, forged) = subject.damage(case, rounds(), &mut random);
        (tried, accepted) = (tried + damaged, accepted + forged);
        metrics.insert(&case.metric);
    }
    println!(
        "{tried} damaged and forged states of {} metrics; {accepted} forged ones were accepted",
        metrics.len()
    );
    assert!(tried > 10_000, "only {tried} states were damaged");
}

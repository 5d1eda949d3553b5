//! Damaged files are refused, and states that someone else has made cannot do harm.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::common::{Batch, Case, GOLDEN, Visitor, with_metric};
use burn::tensor::Device;
use burn_metrics::{InputOf, prelude::*};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// One golden case of each metric, task, and way to keep or average values.
fn cases() -> impl Iterator<Item = &'static Case> {
    let mut seen = BTreeSet::new();
    GOLDEN.cases.iter().filter(move |case| {
        let options = &case.options;
        let binned = options.thresholds.is_some();
        let kind = (
            &case.metric,
            &case.task,
            &options.average,
            &options.multidim,
            binned,
            options.weighted,
        );
        case.oddity.is_none() && seen.insert(format!("{kind:?}"))
    })
}

/// How often the state of each case is damaged.
fn rounds() -> usize {
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

struct Damage<'a> {
    case: &'a Case,
    random: &'a mut StdRng,
    tried: usize,
    accepted: usize,
}

impl Visitor for Damage<'_> {
    fn visit<M: Metric>(&mut self, metric: M)
    where
        InputOf<M>: Batch,
    {
        let mut accumulator = metric.accumulator();
        let batch = self.case.batch::<InputOf<M>>(&Device::default());
        if accumulator.update(batch).is_err() {
            return;
        }
        let good = accumulator.to_bytes().unwrap();
        for _ in 0..rounds() {
            let mut bytes = good.clone();
            while bytes == good {
                damage(&mut bytes, self.random);
            }
            let mut other = metric.accumulator();
            let refused = other.restore_bytes(&bytes);
            assert!(refused.is_err(), "{:?}", self.case);
            assert_eq!(other.updates(), 0);
            self.tried += 1;

            // The same with the checksum of the damaged bytes: whatever is accepted must not panic.
            let mut forged = good[..good.len() - 4].to_vec();
            damage(&mut forged, self.random);
            forged.extend(crc32fast::hash(&forged).to_le_bytes());
            let tried = catch_unwind(AssertUnwindSafe(|| {
                let mut other = metric.accumulator();
                other.restore_bytes(&forged).is_ok_and(|()| {
                    let _ = other.compute();
                    let _ = other.merge(accumulator.clone());
                    let _ = other.compute();
                    let _ = other.to_bytes();
                    true
                })
            }));
            match tried {
                Ok(accepted) => self.accepted += usize::from(accepted),
                Err(_) => panic!("a forged state of {:?}", self.case),
            }
        }
    }
}

struct Double<'a> {
    case: &'a Case,
}

impl Visitor for Double<'_> {
    fn visit<M: Metric>(&mut self, metric: M)
    where
        InputOf<M>: Batch,
    {
        let mut accumulator = metric.accumulator();
        let batch = self.case.batch::<InputOf<M>>(&Device::default());
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
        assert!(tried.is_ok(), "{:?}", self.case);
    }
}

#[test]
fn counts_saturate() {
    for case in cases() {
        with_metric(case, &mut Double { case });
    }
}

#[test]
fn damaged_states_are_refused_and_forged_ones_do_not_panic() {
    let mut random = StdRng::seed_from_u64(14);
    let (mut metrics, mut tried, mut accepted) = (BTreeSet::new(), 0, 0);
    for case in cases() {
        let mut damage = Damage {
            case,
            random: &mut random,
            tried: 0,
            accepted: 0,
        };
        with_metric(case, &mut damage);
        tried += damage.tried;
        accepted += damage.accepted;
        metrics.insert(&case.metric);
    }
    println!(
        "{tried} damaged and forged states of {} metrics; {accepted} forged ones were accepted",
        metrics.len()
    );
    assert!(tried > 10_000, "only {tried} states were damaged");
}

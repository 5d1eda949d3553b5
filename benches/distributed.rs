//! What it costs to bring states together: merging many, and an exchange between ranks beside that of the bare bytes.
//!
//! `cargo bench --bench distributed`

mod common;

use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

use burn_metrics::{
    distributed::{Communicator, Threads},
    prelude::*,
};

const RANKS: usize = 4;
const ROUNDS: usize = 200;

/// Five metrics of constant size, over four states.
fn five() -> Collection<ClassificationInput> {
    Collection::new()
        .with(Accuracy::multiclass(10))
        .with(F1::multiclass(10).average(Macro))
        .with(ConfusionMatrix::multiclass(10))
        .with(CalibrationError::multiclass(10))
        .with(Accuracy::multiclass(10).top_k(3))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn merges() {
    let mut batch = five();
    batch.update(common::probabilities(256, 10)).unwrap();
    let many: Vec<_> = (0..10_000).map(|_| batch.clone()).collect();
    let mut all = five();
    let start = Instant::now();
    many.into_iter().for_each(|other| all.merge(other).unwrap());
    let time = start.elapsed();
    assert_eq!(black_box(all).updates(), 10_000);
    println!(
        "merging 10000 states of {} states each: {time:?}",
        five().states()
    );
}

/// The time of a rank for each exchange, with all ranks at work.
fn exchanges(work: impl Fn(&Threads, &mut Collection<ClassificationInput>) + Sync) -> Duration {
    let times = thread::scope(|scope| {
        let ranks = Threads::group(RANKS).into_iter().map(|ranks| {
            let work = &work;
            scope.spawn(move || {
                let mut own = five();
                own.update(common::probabilities(256, 10)).unwrap();
                let times = (0..ROUNDS).map(|_| {
                    let start = Instant::now();
                    work(&ranks, &mut own);
                    start.elapsed()
                });
                median(times.collect())
            })
        });
        let ranks: Vec<_> = ranks.collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    });
    median(times)
}

fn main() {
    merges();
    let mut own = five();
    own.update(common::probabilities(256, 10)).unwrap();
    let bytes = own.to_bytes().unwrap();
    let bare = exchanges(|ranks, _| drop(black_box(ranks.all_gather(&bytes).unwrap())));
    let synced = exchanges(|ranks, own| drop(black_box(own.synced(ranks).unwrap())));
    println!(
        "{RANKS} ranks, {} bytes each: {bare:?} bare, {synced:?} with metrics, {:?} more",
        bytes.len(),
        synced.saturating_sub(bare)
    );
}

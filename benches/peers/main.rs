//! The same work in this crate, TorchMetrics and burn-train, side by side. Started by `benches/peers/run`.

#[path = "../common/mod.rs"]
mod common;
mod detection;
mod random;
mod retrieval;
mod segmentation;
mod text;
mod torchmetrics;
mod workloads;

use std::time::{Duration, Instant};

use torchmetrics::TorchMetrics;
use workloads::{Run, WORKLOADS, Workload};

/// Everybody does the same work in turn, so many times, so that a busy moment of the machine is nobody's
/// disadvantage.
const ROUNDS: usize = 5;
/// How long each one repeats its work in a round.
const ROUND: Duration = Duration::from_millis(250);

/// The median seconds of each one, over rounds.
struct Times {
    ours: f64,
    validated: f64,
    unvalidated: f64,
    burn_train: Option<f64>,
    sum: Option<f64>,
}

impl Times {
    fn of(workload: &Workload, torchmetrics: &mut TorchMetrics) -> Self {
        let mut contenders = (workload.contenders)();
        let (mut ours, mut validated, mut unvalidated) = (Vec::new(), Vec::new(), Vec::new());
        let (mut burn_train, mut sum) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(round(&mut contenders.ours));
            let times = torchmetrics.round(workload.name, ROUND);
            validated.push(times[0]);
            unvalidated.push(times[1]);
            burn_train.extend(contenders.burn_train.as_mut().map(round));
            sum.extend(contenders.sum.as_mut().map(round));
        }
        Self {
            ours: median(ours).unwrap(),
            validated: median(validated).unwrap(),
            unvalidated: median(unvalidated).unwrap(),
            burn_train: median(burn_train),
            sum: median(sum),
        }
    }

    /// A row of the table: times of the others, and how often ours fits into them.
    fn print(&self, workload: &Workload) {
        let than = |other: f64, goal: f64| {
            let ratio = other / self.ours;
            let miss = if ratio < goal { '!' } else { ' ' };
            format!("{} {ratio:7.1} x{miss}", seconds(other))
        };
        let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "-".into());
        println!(
            "{:36}{:>10}{:>22}{:>22}{:>22}{:>22}",
            workload.name,
            seconds(self.ours),
            than(self.validated, workload.goal),
            than(self.unvalidated, 0.0),
            or_none(self.burn_train.map(|time| than(time, 1.0))),
            or_none(self.sum.map(|time| than(time, 0.25))),
        );
    }
}

/// The median time of a call, after one that is not timed.
fn round(run: &mut Run) -> f64 {
    run();
    let mut times = Vec::new();
    let begin = Instant::now();
    while times.is_empty() || begin.elapsed() < ROUND {
        let start = Instant::now();
        run();
        times.push(start.elapsed().as_secs_f64());
    }
    median(times).unwrap()
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn seconds(time: f64) -> String {
    match time {
        _ if time < 1e-3 => format!("{:.1} us", time * 1e6),
        _ if time < 1.0 => format!("{:.2} ms", time * 1e3),
        _ => format!("{time:.2} s "),
    }
}

fn main() {
    // Words on the command line choose workloads; `cargo bench` adds options.
    let words: Vec<_> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));

    let (mut torchmetrics, about) = TorchMetrics::start();
    println!("{about}; {} threads here", rayon::current_num_threads());
    println!("x: how often our time fits into theirs. !: less often than it has to.\n");
    println!(
        "{:36}{:>10}{:>22}{:>22}{:>22}{:>22}",
        "", "ours", "TorchMetrics ", "unvalidated/authority ", "burn-train ", "sum of scores "
    );
    let workloads = WORKLOADS
        .iter()
        .chain(text::WORKLOADS)
        .chain(retrieval::WORKLOADS)
        .chain(segmentation::WORKLOADS)
        .chain(detection::WORKLOADS);
    for workload in workloads.filter(|workload| chosen(workload.name)) {
        Times::of(workload, &mut torchmetrics).print(workload);
    }
}

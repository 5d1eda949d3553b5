//! One evaluation by several processes, over MPI.
//!
//! ```text
//! apt-get install libopenmpi-dev openmpi-bin libclang-dev
//! cargo build --example distributed --features mpi
//! mpirun -n 4 target/debug/examples/distributed
//! ```
//!
//! Each rank evaluates its share of the batches, which are not equally many; then the ranks exchange what they have counted, once. Rank 0
//! prints the same numbers whatever the number of ranks.

use burn::tensor::{Device, Int, Tensor};
use burn_metrics::{
    distributed::{Communicator, Mpi},
    prelude::*,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const CLASSES: usize = 10;
const BATCHES: usize = 11;

/// What a model with two heads gives for a batch, and what is true.
#[derive(Clone)]
struct Output {
    class: (Tensor<2>, Tensor<1, Int>),
    size: (Tensor<1>, Tensor<1>),
}

/// Counts, curves and moments.
fn metrics() -> Collection<Output> {
    let classes = Collection::new()
        .with(Accuracy::multiclass(CLASSES))
        .with(F1::multiclass(CLASSES).average(Macro))
        .with(Auroc::multiclass(CLASSES))
        .with(AveragePrecision::multiclass(CLASSES));
    let sizes = Collection::new()
        .with(RootMeanSquaredError::new())
        .with(R2Score::new())
        .with(PearsonCorrCoef::new())
        .with(SpearmanCorrCoef::new());
    Collection::new()
        .with_prepared("class", "class", |output: Output| output.class, classes)
        .with_prepared("size", "size", |output: Output| output.size, sizes)
}

/// In place of a data set and a model: a batch that its index determines.
fn batch(index: usize, device: &Device) -> Output {
    let mut random = StdRng::seed_from_u64(index as u64);
    let n = 100 + 50 * index;
    let labels: Vec<i32> = (0..n)
        .map(|_| random.random_range(0..CLASSES as i32))
        .collect();
    let mut scores: Vec<f32> = (0..n * CLASSES).map(|_| random.random()).collect();
    for (scores, label) in scores.chunks_exact_mut(CLASSES).zip(&labels) {
        scores[*label as usize] += 0.5;
        let sum: f32 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score /= sum);
    }
    let sizes: Vec<f32> = (0..n).map(|_| 20.0 + random.random::<f32>()).collect();
    let estimates: Vec<f32> = sizes
        .iter()
        .map(|size| size + 0.4 * random.random::<f32>())
        .collect();
    let numbers = |numbers: &[f32]| Tensor::<1>::from_floats(numbers, device);
    Output {
        class: (
            numbers(&scores).reshape([n, CLASSES]),
            Tensor::from_ints(labels.as_slice(), device),
        ),
        size: (numbers(&estimates), numbers(&sizes)),
    }
}

fn main() -> Result<()> {
    let universe = mpi::initialize().expect("MPI is not initialized yet");
    let ranks = Mpi::new(universe.world());
    let device = Device::default();

    let mut own = metrics();
    // Two batches each, and the rest for the last rank.
    let share = (0..BATCHES).filter(|index| (index / 2).min(ranks.size() - 1) == ranks.rank());
    for index in share {
        own.update(batch(index, &device))?;
    }
    let bytes = own.to_bytes()?.len();
    eprintln!(
        "rank {} of {}: {} batches, {bytes} bytes to send",
        ranks.rank(),
        ranks.size(),
        own.updates()
    );

    let mut all = own.synced(&ranks)?;
    if ranks.rank() == 0 {
        println!("{} batches", all.updates());
        for (name, value) in all.compute()?.numbers() {
            println!("{name:30} {value:.12}");
        }
    }
    Ok(())
}

//! A metric of one's own: the root-mean-square error, out of two ready-made states.
//!
//! ```text
//! cargo run --example custom_metric
//! ```
//!
//! `Rmse` says what a batch contributes and what the total means. The rest follows: values of batches and of
//! all of them, merging, saving, and a place in Burn's training loop.

#[path = "shared/epoch_table.rs"]
mod epoch_table;

use std::error::Error;

use burn::data::dataloader::{DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::{
    Linear, LinearConfig,
    loss::{MseLoss, Reduction},
};
use burn::optim::SgdConfig;
use burn::tensor::{Device, Tensor};
use burn::train::{
    InferenceStep, Learner, RegressionOutput, SupervisedTraining, TrainOutput, TrainStep,
};
use burn_metrics::prelude::*;
use burn_metrics::regression::RegressionInput;
use burn_metrics::state::{Count, Sum};
use epoch_table::EpochTable;

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct Rmse;

impl Statistic for Rmse {
    type Input = RegressionInput;
    type State = (Sum, Count);

    fn update(&self, (sum, n): &mut (Sum, Count), batch: RegressionInput) -> Result<()> {
        n.add(batch.target().shape().num_elements() as u64);
        sum.add((batch.preds().clone() - batch.target().clone()).square())
    }
}

impl Metric for Rmse {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn meta(&self) -> Meta {
        Meta::new("RMSE").lower_is_better()
    }

    fn compute(&self, (sum, n): (f64, u64)) -> Result<f64> {
        Ok((sum / n as f64).sqrt())
    }
}

/// Batch by batch. The value of all is that of all samples, not the mean of the values of batches.
fn by_hand(device: &Device) -> Result<()> {
    let batches = [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 9.0]),
    ];
    let mut rmse = Rmse.accumulator();
    for (preds, target) in batches {
        let preds = Tensor::<1>::from_floats(preds, device);
        let target = Tensor::<1>::from_floats(target, device);
        println!("RMSE of this batch   {:.4}", rmse.forward((preds, target))?);
    }
    println!("RMSE of all batches  {:.4}", rmse.compute()?);
    Ok(())
}

/// In Burn's training loop, next to anything else that takes the same input.
fn in_a_learner(device: &Device) -> Result<(), Box<dyn Error>> {
    let artifacts = std::env::temp_dir().join(format!("burn-metrics-rmse-{}", std::process::id()));
    let x = |i: usize| i as f32 / 50.0 - 1.0;
    let line = |from| {
        let points = (from..100).step_by(2).map(|i| (x(i), 3.0 * x(i) - 1.0));
        DataLoaderBuilder::new(Points)
            .batch_size(10)
            .shuffle(0)
            .build(InMemDataset::new(points.collect()))
    };

    println!("\nFitting a line:\n");
    let model = Line {
        linear: LinearConfig::new(1, 1).init(&device.clone().autodiff()),
    };
    let learned = SupervisedTraining::new(&artifacts, line(0), line(1))
        .metrics(Rmse.logged())
        .num_epochs(10)
        .renderer(Box::new(EpochTable::default()))
        .launch(Learner::new(model, SgdConfig::new().init(), 0.1));
    if let Some(error) = learned.error {
        return Err(error.into());
    }
    println!("\nThe logs are in {}", artifacts.display());
    Ok(())
}

#[derive(Module, Debug)]
struct Line {
    linear: Linear,
}

#[derive(Clone)]
struct Points;

/// `x` and `y`, `[batch, 1]` each.
type Batch = (Tensor<2>, Tensor<2>);

impl Batcher<(f32, f32), Batch> for Points {
    fn batch(&self, points: Vec<(f32, f32)>, device: &Device) -> Batch {
        let (x, y): (Vec<f32>, Vec<f32>) = points.into_iter().unzip();
        let column =
            |numbers: Vec<f32>| Tensor::<1>::from_floats(&numbers[..], device).unsqueeze_dim(1);
        (column(x), column(y))
    }
}

impl InferenceStep for Line {
    type Input = Batch;
    type Output = RegressionOutput;

    fn step(&self, (x, y): Batch) -> RegressionOutput {
        let preds = self.linear.forward(x);
        let loss = MseLoss::new().forward(preds.clone(), y.clone(), Reduction::Mean);
        RegressionOutput::new(loss, preds, y)
    }
}

impl TrainStep for Line {
    type Input = Batch;
    type Output = RegressionOutput;

    fn step(&self, batch: Batch) -> TrainOutput<RegressionOutput> {
        let output = InferenceStep::step(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    device.seed(0);
    by_hand(&device)?;
    in_a_learner(&device)
}

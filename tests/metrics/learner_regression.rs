//! Every regression metric, registered in a real training run: what is logged for an epoch is the metric of all its outputs at
//! once.
#![cfg(all(feature = "train", feature = "flex"))]

use std::{cell::RefCell, fs, sync::Arc};

use crate::training::{Silent, directory, logged};
use burn::{
    data::{
        dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher},
        dataset::InMemDataset,
    },
    module::Module,
    nn::{Linear, LinearConfig},
    optim::AdamConfig,
    tensor::{Device, Tensor, TensorData, activation},
    train::{InferenceStep, Learner, RegressionOutput, SupervisedTraining, TrainOutput, TrainStep},
};
use burn_metrics::{prelude::*, regression::EnsembleInput};

const EPOCHS: usize = 2;
const OUTPUTS: usize = 2;

type Pair = (Tensor<2>, Tensor<2>);

thread_local! {
    /// Predictions and targets of the validation batches.
    static SEEN: RefCell<Vec<Pair>> = const { RefCell::new(Vec::new()) };
}

/// Positive numbers, as some metrics want them.
#[derive(Module, Debug)]
struct Model {
    linear: Linear,
}

impl Model {
    fn forward(&self, batch: Batch) -> RegressionOutput {
        let output = activation::softplus(self.linear.forward(batch.inputs), 1.0);
        let targets = batch.targets;
        let loss = (output.clone() - targets.clone()).square().mean();
        RegressionOutput::new(loss, output, targets)
    }
}

impl TrainStep for Model {
    type Input = Batch;
    type Output = RegressionOutput;

    fn step(&self, batch: Batch) -> TrainOutput<RegressionOutput> {
        let output = self.forward(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for Model {
    type Input = Batch;
    type Output = RegressionOutput;

    fn step(&self, batch: Batch) -> RegressionOutput {
        let output = self.forward(batch);
        let pair = (output.output.clone(), output.targets.clone());
        SEEN.with_borrow_mut(|seen| seen.push(pair));
        output
    }
}

#[derive(Clone, Debug)]
struct Batch {
    inputs: Tensor<2>,
    targets: Tensor<2>,
}

#[derive(Clone)]
struct Points {
    /// How many of the targets are kept.
    targets: usize,
}

impl Batcher<f32, Batch> for Points {
    fn batch(&self, items: Vec<f32>, device: &Device) -> Batch {
        let n = items.len();
        let inputs: Vec<f32> = items.iter().flat_map(|x| [*x, x * x]).collect();
        let targets = items.iter().flat_map(|x| [1.0 + x * x, 2.0 + x.sin()]);
        let targets = TensorData::new(targets.collect::<Vec<f32>>(), [n, OUTPUTS]);
        Batch {
            inputs: Tensor::from_data(TensorData::new(inputs, [n, 2]), device),
            targets: Tensor::<2>::from_data(targets, device).narrow(1, 0, self.targets),
        }
    }
}

fn loader(n: usize, targets: usize) -> Arc<dyn DataLoader<Batch>> {
    let dataset = InMemDataset::new((0..n).map(|i| (i as f32 * 0.37).sin()).collect());
    let batcher = Points { targets };
    DataLoaderBuilder::new(batcher)
        .batch_size(16)
        .build(dataset)
}

/// Trains with a collection and compares each value of the last epoch.
fn check<I>(name: &str, targets: usize, metrics: Collection<I>)
where
    I: Clone + Send + Sync + 'static + From<Pair>,
    RegressionOutput: burn::train::metric::Adaptor<I>,
{
    let directory = directory(name);
    SEEN.take();
    let device = Device::flex().autodiff();
    device.seed(5);
    let model = Model {
        linear: LinearConfig::new(2, OUTPUTS).init(&device),
    };
    let training = SupervisedTraining::new(&directory, loader(70, targets), loader(50, targets))
        .num_epochs(EPOCHS)
        .with_application_logger(None)
        .renderer(Box::new(Silent))
        .metrics(metrics.clone());
    let result = training.launch(Learner::new(model, AdamConfig::new().init(), 0.05));
    assert!(result.error.is_none(), "{:?}", result.error);

    let seen = SEEN.take();
    assert_eq!(seen.len(), 4 * EPOCHS);
    let (output, target): (Vec<_>, Vec<_>) = seen[4 * (EPOCHS - 1)..].iter().cloned().unzip();
    let mut all = metrics;
    all.update((Tensor::cat(output, 0), Tensor::cat(target, 0)))
        .unwrap();
    let values = all.compute().unwrap();
    for (metric, _) in all.members() {
        let file = metric.replace(' ', "_");
        let line = logged(&directory, "valid", EPOCHS, &file).pop().unwrap();
        let got: f64 = line.trim_end_matches(",final").parse().unwrap();
        let expected = values.number(metric).unwrap();
        assert!(
            (got - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{metric}: {got} instead of {expected}"
        );
        assert!(expected.is_finite(), "{metric}: {expected}");
    }
    fs::remove_dir_all(directory).ok();
}

#[test]
fn pairs_of_numbers() {
    let metrics = Collection::new()
        .with(MeanSquaredError::new())
        .with(RootMeanSquaredError::new())
        .with(MeanAbsoluteError::new())
        .with(MeanSquaredLogError::new())
        .with(MeanAbsolutePercentageError::new())
        .with(SymmetricMeanAbsolutePercentageError::new())
        .with(WeightedMeanAbsolutePercentageError::new())
        .with(LogCoshError::new())
        .with(MinkowskiDistance::new(3.0))
        .with(NormalizedRootMeanSquaredError::new())
        .with(RelativeSquaredError::new())
        .with(R2Score::new())
        .with(ExplainedVariance::new())
        .with(PearsonCorrCoef::new())
        .with(ConcordanceCorrCoef::new())
        .with(SpearmanCorrCoef::new())
        .with(KendallRankCorrCoef::new())
        .with(CosineSimilarity::new())
        .with(TweedieDevianceScore::new(1.5))
        .with(CriticalSuccessIndex::new(1.5))
        .with(KLDivergence::new().normalize())
        .with(JensenShannonDivergence::new().normalize());
    // Squared errors and correlations share the moments.
    assert_eq!(metrics.states(), 14);
    check("regression", OUTPUTS, metrics);
}

#[test]
fn ensembles() {
    // The outputs are the members of a forecast of one target.
    let metrics: Collection<EnsembleInput> = ContinuousRankedProbabilityScore::new().into();
    check("ensembles", 1, metrics);
}

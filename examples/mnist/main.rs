//! Handwritten digits: a collection of metrics in Burn's training loop, then on its own.
//!
//! ```text
//! cargo run --example mnist                              # 8 x 8 digits that come along, no network
//! cargo run --example mnist --features mnist -- --mnist  # MNIST, downloaded on first use
//! ```
//!
//! Look at `metrics`, which says what is measured; at `train`, which registers all of it in one call and
//! stops early on one of them; and at `evaluate` and `report`, which use the same metrics without a Learner.

mod data;
#[path = "../shared/epoch_table.rs"]
mod epoch_table;

use std::{error::Error, path::Path};

use burn::module::Module;
use burn::nn::{
    Linear, LinearConfig, PaddingConfig2d,
    conv::{Conv2d, Conv2dConfig},
    loss::CrossEntropyLossConfig,
    pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig, MaxPool2d, MaxPool2dConfig},
};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Tensor, activation::relu};
use burn::train::{
    ClassificationOutput, InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep,
    metric::store::Split,
};
use burn_metrics::{classification::ClassificationInput, prelude::*, train::early_stopping};

use data::{Batch, Splits};
use epoch_table::EpochTable;

const CLASSES: usize = 10;
const EPOCHS: usize = 30;
const PATIENCE: usize = 5;
const SEED: u64 = 42;

/// What is measured, while training and afterwards.
fn metrics() -> Collection<ClassificationInput> {
    Collection::new()
        .with(Accuracy::multiclass(CLASSES))
        .with_named("Macro F1", F1::multiclass(CLASSES).average(Macro))
        .with_named("Top-2 accuracy", Accuracy::multiclass(CLASSES).top_k(2))
        .with(ConfusionMatrix::multiclass(CLASSES))
}

fn train(model: Model, data: &Splits, artifacts: &Path) -> Result<Model, Box<dyn Error>> {
    let accuracy = Accuracy::multiclass(CLASSES);
    let learned = SupervisedTraining::new(artifacts, data.train.clone(), data.valid.clone())
        .metrics(metrics())
        .early_stopping(early_stopping(&accuracy, Split::Valid, PATIENCE)?)
        .num_epochs(EPOCHS)
        .renderer(Box::new(EpochTable::default()))
        .launch(Learner::new(model, AdamConfig::new().init(), 2e-3));
    match learned.error {
        Some(error) => Err(error.into()),
        None => Ok(learned.model),
    }
}

fn evaluate(model: &Model, data: &Splits) -> Result<Values, Box<dyn Error>> {
    let mut metrics = metrics()
        .with_named("Recall", Recall::multiclass(CLASSES).average(PerClass))
        .with_named("F1", F1::multiclass(CLASSES).average(PerClass));
    for batch in data.test.to_device(&model.devices()[0]).iter() {
        let Batch { images, labels } = batch?;
        metrics.update((model.forward(images), labels))?;
    }
    Ok(metrics.compute()?)
}

/// The numbers, and the three digits that are recognized worst.
fn report(values: &Values) -> Result<()> {
    for name in ["Accuracy", "Macro F1", "Top-2 accuracy"] {
        println!("{name:15} {:.3}", values.number(name)?);
    }

    let confusion: &Confusion = values.get("Confusion matrix")?;
    println!("\n{confusion}");

    let recall: &Vec<f64> = values.get("Recall")?;
    let f1: &Vec<f64> = values.get("F1")?;
    let mut digits: Vec<_> = (0..CLASSES).collect();
    digits.sort_by(|&a, &b| recall[a].total_cmp(&recall[b]));

    println!("\nworst digits  recall     F1  taken for");
    for &digit in &digits[..3] {
        let mistakes = confusion.mistakes().into_iter();
        let taken_for: Vec<_> = mistakes
            .filter(|(target, ..)| *target == digit)
            .map(|(_, prediction, times)| format!("{prediction} ({times}x)"))
            .collect();
        let (recall, f1) = (recall[digit], f1[digit]);
        println!(
            "{digit:12}  {recall:6.3}  {f1:5.3}  {}",
            taken_for.join(", ")
        );
    }
    Ok(())
}

/// Two convolutions and a linear layer, for square images of any size from 8 x 8.
#[derive(Module, Debug)]
struct Model {
    strokes: Conv2d,
    halve: MaxPool2d,
    shapes: Conv2d,
    grid: AdaptiveAvgPool2d,
    classes: Linear,
}

impl Model {
    fn new(device: &Device) -> Self {
        let conv =
            |from, to| Conv2dConfig::new([from, to], [3, 3]).with_padding(PaddingConfig2d::Same);
        Self {
            strokes: conv(1, 32).init(device),
            halve: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            shapes: conv(32, 64).init(device),
            grid: AdaptiveAvgPool2dConfig::new([4, 4]).init(),
            classes: LinearConfig::new(64 * 4 * 4, CLASSES).init(device),
        }
    }

    /// Scores `[batch, classes]` of images `[batch, 1, side, side]`.
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self.halve.forward(relu(self.strokes.forward(images)));
        let x = relu(self.shapes.forward(x));
        self.classes.forward(self.grid.forward(x).flatten(1, 3))
    }
}

impl InferenceStep for Model {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, Batch { images, labels }: Batch) -> ClassificationOutput {
        let scores = self.forward(images);
        let loss = CrossEntropyLossConfig::new().init(&scores.device());
        let loss = loss.forward(scores.clone(), labels.clone());
        ClassificationOutput::new(loss, scores, labels)
    }
}

impl TrainStep for Model {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<ClassificationOutput> {
        let output = InferenceStep::step(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

/// The digits that come along, or with `--mnist` the larger ones.
fn load() -> Result<Splits, Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => Ok(Splits::uci(SEED)?),
        #[cfg(feature = "mnist")]
        Some("--mnist") => Ok(Splits::mnist(SEED)?),
        _ => {
            eprintln!(
                "The only option is --mnist, and it needs the feature that downloads MNIST:\n\
                 cargo run --example mnist --features mnist -- --mnist"
            );
            std::process::exit(2)
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let data = load()?;
    let artifacts = std::env::temp_dir().join(format!("burn-metrics-mnist-{}", std::process::id()));
    let device = Device::default();
    device.seed(SEED);

    let [train_on, valid_on, test_on] =
        [&data.train, &data.valid, &data.test].map(|split| split.num_items());
    println!("{train_on} images to train, {valid_on} to validate, {test_on} to test.");
    println!(
        "At most {EPOCHS} epochs, fewer if {PATIENCE} in a row are no better on validation:\n"
    );
    let model = train(Model::new(&device.autodiff()), &data, &artifacts)?;

    println!("\nOn the test images:\n");
    report(&evaluate(&model, &data)?)?;
    println!(
        "\nThe logs of all metrics, batch by batch, are in {}",
        artifacts.display()
    );
    Ok(())
}

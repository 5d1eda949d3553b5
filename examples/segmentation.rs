//! A small U-Net that finds disks and squares in noisy images, with the IoU of each class.
//!
//! ```text
//! cargo run --example segmentation
//! ```

#[path = "shared/epoch_table.rs"]
mod epoch_table;

use std::error::Error;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::{
    PaddingConfig2d,
    conv::{Conv2d, Conv2dConfig},
    loss::CrossEntropyLossConfig,
};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};
use burn::train::{InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep};
use burn_metrics::{prelude::*, train::SegmentationOutput};
use epoch_table::EpochTable;
use rand::{RngExt, SeedableRng, rngs::StdRng};

const SIDE: usize = 24;
const CLASSES: [&str; 3] = ["background", "disk", "square"];

/// The pixels of an image and their labels.
#[derive(Clone, Debug)]
struct Sample {
    pixels: Vec<f32>,
    labels: Vec<i64>,
}

/// A disk and a square at random places and of random sizes, with noise. The square may hide the disk.
fn invent(random: &mut StdRng) -> Sample {
    let place = |random: &mut StdRng| random.random_range(4..SIDE as i64 - 4);
    let [disk, square] =
        [(); 2].map(|()| (place(random), place(random), random.random_range(3..6)));
    let label = |at: usize| {
        let (y, x) = ((at / SIDE) as i64, (at % SIDE) as i64);
        let gap = |(cy, cx, _): (i64, i64, i64)| (y - cy, x - cx);
        let (dy, dx) = gap(square);
        if dy.abs().max(dx.abs()) < square.2 {
            return 2;
        }
        let (dy, dx) = gap(disk);
        i64::from(dy * dy + dx * dx <= disk.2 * disk.2)
    };
    let labels: Vec<i64> = (0..SIDE * SIDE).map(label).collect();
    let brightness = |label: &i64| [0.1, 0.9, 0.5][*label as usize];
    let pixels = labels
        .iter()
        .map(|label| brightness(label) + random.random_range(-0.3..0.3));
    Sample {
        pixels: pixels.collect(),
        labels,
    }
}

/// Images, `[batch, 1, height, width]`, and labels, `[batch, height, width]`.
#[derive(Clone, Debug)]
struct Batch(Tensor<4>, Tensor<3, Int>);

#[derive(Clone)]
struct Images;

impl Batcher<Sample, Batch> for Images {
    fn batch(&self, samples: Vec<Sample>, device: &Device) -> Batch {
        let n = samples.len();
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for sample in samples {
            pixels.extend(sample.pixels);
            labels.extend(sample.labels);
        }
        Batch(
            Tensor::from_data(TensorData::new(pixels, [n, 1, SIDE, SIDE]), device),
            Tensor::from_data(TensorData::new(labels, [n, SIDE, SIDE]), device),
        )
    }
}

fn samples(n: usize, seed: u64) -> std::sync::Arc<dyn DataLoader<Batch>> {
    let mut random = StdRng::seed_from_u64(seed);
    let samples = (0..n).map(|_| invent(&mut random)).collect();
    DataLoaderBuilder::new(Images)
        .batch_size(8)
        .shuffle(0)
        .build(InMemDataset::new(samples))
}

/// A U-Net of one level: down to half the size and up again, with a skip connection.
#[derive(Module, Debug)]
struct UNet {
    first: Conv2d,
    down: Conv2d,
    deep: Conv2d,
    up: Conv2d,
    output: Conv2d,
}

impl UNet {
    fn new(device: &Device) -> Self {
        let conv = |channels, kernel, stride| {
            Conv2dConfig::new(channels, [kernel, kernel])
                .with_stride([stride, stride])
                .with_padding(PaddingConfig2d::Explicit(
                    kernel / 2,
                    kernel / 2,
                    kernel / 2,
                    kernel / 2,
                ))
                .init(device)
        };
        Self {
            first: conv([1, 8], 3, 1),
            down: conv([8, 16], 3, 2),
            deep: conv([16, 8], 3, 1),
            up: conv([16, 8], 3, 1),
            output: conv([8, CLASSES.len()], 1, 1),
        }
    }

    /// The logits of each class: `[batch, classes, height, width]`.
    fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let fine = relu(self.first.forward(images));
        let coarse = relu(self.down.forward(fine.clone()));
        let coarse = twice(relu(self.deep.forward(coarse)));
        let joined = Tensor::cat(vec![fine, coarse], 1);
        self.output.forward(relu(self.up.forward(joined)))
    }
}

/// Repeats each pixel in a square of four.
fn twice(images: Tensor<4>) -> Tensor<4> {
    let [n, channels, height, width] = images.dims();
    let apart: Tensor<6> = images.reshape([n, channels, height, 1, width, 1]);
    let squares = apart.expand([n, channels, height, 2, width, 2]);
    squares.reshape([n, channels, 2 * height, 2 * width])
}

impl InferenceStep for UNet {
    type Input = Batch;
    type Output = SegmentationOutput;

    fn step(&self, Batch(images, labels): Batch) -> SegmentationOutput {
        let scores = self.forward(images);
        let [n, classes, height, width] = scores.dims();
        let pixels = scores.clone().permute([0, 2, 3, 1]);
        let pixels = pixels.reshape([n * height * width, classes]);
        let loss = CrossEntropyLossConfig::new().init(&scores.device());
        let loss = loss.forward(pixels, labels.clone().reshape([n * height * width]));
        SegmentationOutput::new(loss, scores, labels)
    }
}

impl TrainStep for UNet {
    type Input = Batch;
    type Output = SegmentationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<SegmentationOutput> {
        let output = InferenceStep::step(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    device.seed(0);
    let artifacts = std::env::temp_dir();
    let artifacts = artifacts.join(format!("burn-metrics-segmentation-{}", std::process::id()));

    // The mean IoU of papers pools the pixels of all images.
    let iou = MeanIoU::new(CLASSES.len()).global();
    let model = UNet::new(&device.autodiff());
    let learned = SupervisedTraining::new(&artifacts, samples(320, 1), samples(96, 2))
        .metrics(iou.logged())
        .metrics(DiceScore::new(CLASSES.len()).logged().on_step(false))
        .num_epochs(5)
        .renderer(Box::new(EpochTable::default()))
        .launch(Learner::new(model, AdamConfig::new().init(), 0.01));
    if let Some(error) = learned.error {
        return Err(error.into());
    }

    let per_class = MeanIoU::new(CLASSES.len()).average(PerClass).global();
    let distance = HausdorffDistance::new(CLASSES.len()).percentile(95.0);
    let mut metrics = Collection::new()
        .with_named("IoU", per_class.classwise(CLASSES))
        .with_named("HD95 (median)", distance.median());
    for batch in samples(96, 3).to_device(&learned.model.devices()[0]).iter() {
        let Batch(images, labels) = batch?;
        metrics.update((learned.model.forward(images), labels))?;
    }
    println!("\nOn the test images:\n\n{}", metrics.compute()?);
    Ok(())
}

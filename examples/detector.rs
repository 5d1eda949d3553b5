//! A small detector, trained for a few seconds, with its mean average precision after each epoch.
//!
//! ```text
//! cargo run --example detector
//! ```
//!
//! Images of 32 x 32 pixels show up to three bright rectangles in noise. Each of the 4 x 4 cells of an image sees the
//! pixels around it, and predicts whether it contains the center of a rectangle, and the edges of the rectangle.

#[path = "shared/epoch_table.rs"]
mod epoch_table;

use std::{error::Error, sync::Arc};

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig, Relu, loss::BinaryCrossEntropyLossConfig};
use burn::optim::AdamConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation::sigmoid};
use burn::train::{InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep};
use burn_metrics::{
    detection::{Boxes, DetectionOutput, generalized_box_iou},
    prelude::*,
};
use epoch_table::EpochTable;
use rand::{RngExt, SeedableRng, rngs::StdRng};

const SIZE: usize = 32;
/// The number of cells per row and per column.
const CELLS: usize = 4;
const CELL: usize = SIZE / CELLS;
/// The number of pixels that a cell sees beyond each of its sides.
const MARGIN: usize = 4;
const VIEW: usize = CELL + 2 * MARGIN;
const BATCH: usize = 20;

/// The pixels that each cell sees, and the left, top, right and bottom edge of each rectangle.
#[derive(Clone, Debug)]
struct Sample {
    views: Vec<f32>,
    boxes: Vec<[f32; 4]>,
}

/// The cell with the center of a rectangle.
fn cell_of([left, top, right, bottom]: [f32; 4]) -> usize {
    let cell = |center: f32| (center as usize / CELL).min(CELLS - 1);
    cell((top + bottom) / 2.0) * CELLS + cell((left + right) / 2.0)
}

fn sample(seed: u64) -> Sample {
    let mut random = StdRng::seed_from_u64(seed);
    let mut boxes: Vec<[f32; 4]> = Vec::new();
    for _ in 0..random.random_range(0..4) {
        let [w, h] = [(); 2].map(|()| random.random_range(5..12) as f32);
        let [x, y] = [w, h].map(|size| random.random_range(0..SIZE - size as usize) as f32);
        let own = [x, y, x + w, y + h];
        let is_apart = |other: &[f32; 4]| {
            let [a, b] = [own, *other];
            a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1]
        };
        if boxes
            .iter()
            .all(|other| is_apart(other) && cell_of(*other) != cell_of(own))
        {
            boxes.push(own);
        }
    }
    let mut pixels = vec![0.0f32; SIZE * SIZE];
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = ((at % SIZE) as f32, (at / SIZE) as f32);
        let is_inside = |b: &[f32; 4]| b[0] <= x && x < b[2] && b[1] <= y && y < b[3];
        *pixel = f32::from(u8::from(boxes.iter().any(is_inside))) + random.random_range(-0.4..0.4);
    }
    let mut views = Vec::with_capacity(CELLS * CELLS * VIEW * VIEW);
    for cell in 0..CELLS * CELLS {
        for at in 0..VIEW * VIEW {
            let pixel = |cell: usize, at: usize| {
                (cell * CELL + at).checked_sub(MARGIN).filter(|i| *i < SIZE)
            };
            let (x, y) = (
                pixel(cell % CELLS, at % VIEW),
                pixel(cell / CELLS, at / VIEW),
            );
            views.push(x.zip(y).map_or(0.0, |(x, y)| pixels[y * SIZE + x]));
        }
    }
    Sample { views, boxes }
}

#[derive(Clone, Debug)]
struct Batch {
    /// `[images * cells, pixels]`
    views: Tensor<2>,
    /// The rectangles of each image: `[rectangles, 4]`.
    boxes: Vec<Tensor<2>>,
    /// The cell of each rectangle, among those of all images.
    cells: Tensor<1, Int>,
    /// Whether each cell has a rectangle.
    is_object: Tensor<1, Int>,
}

#[derive(Clone)]
struct Images;

impl Batcher<Sample, Batch> for Images {
    fn batch(&self, samples: Vec<Sample>, device: &Device) -> Batch {
        let n = samples.len() * CELLS * CELLS;
        let views: Vec<f32> = samples
            .iter()
            .flat_map(|sample| sample.views.clone())
            .collect();
        let cells = samples.iter().enumerate().flat_map(|(image, sample)| {
            let cells = sample.boxes.iter().map(|own| cell_of(*own));
            cells.map(move |cell| (image * CELLS * CELLS + cell) as i64)
        });
        let cells: Vec<i64> = cells.collect();
        let mut is_object = vec![0i64; n];
        cells.iter().for_each(|cell| is_object[*cell as usize] = 1);
        let boxes = samples.iter().map(|sample| {
            let boxes = TensorData::new(sample.boxes.concat(), [sample.boxes.len(), 4]);
            Tensor::from_data(boxes, device)
        });
        let length = cells.len();
        Batch {
            views: Tensor::from_data(TensorData::new(views, [n, VIEW * VIEW]), device),
            boxes: boxes.collect(),
            cells: Tensor::from_data(TensorData::new(cells, [length]), device),
            is_object: Tensor::from_data(TensorData::new(is_object, [n]), device),
        }
    }
}

fn samples(seeds: std::ops::Range<u64>) -> Arc<dyn DataLoader<Batch>> {
    DataLoaderBuilder::new(Images)
        .batch_size(BATCH)
        .shuffle(0)
        .build(InMemDataset::new(seeds.map(sample).collect()))
}

#[derive(Module, Debug)]
struct Detector {
    hidden: Linear,
    output: Linear,
}

impl Detector {
    fn new(device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(VIEW * VIEW, 64).init(device),
            output: LinearConfig::new(64, 5).init(device),
        }
    }

    /// The score, `[images * cells]`, and the box of each cell, `[images * cells, 4]`.
    fn forward(&self, views: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let hidden = Relu::new().forward(self.hidden.forward(views));
        let output = sigmoid(self.output.forward(hidden));
        let n = output.dims()[0];
        let column = |i: usize| output.clone().narrow(1, i, 1);
        // The corner of each cell.
        let cell = Tensor::<1, Int>::arange(0..n as i64, &output.device()).float();
        let column_of = cell.clone().remainder_scalar(CELLS as f64);
        let row_of = (cell / CELLS as f64).floor().remainder_scalar(CELLS as f64);
        let center =
            |corner: Tensor<1>, i: usize| (corner.unsqueeze_dim(1) + column(i)) * CELL as f64;
        let (x, y) = (center(column_of, 1), center(row_of, 2));
        let (w, h) = (column(3) * (CELL as f64), column(4) * (CELL as f64));
        let edges = vec![x.clone() - w.clone(), y.clone() - h.clone(), x + w, y + h];
        (column(0).reshape([n]), Tensor::cat(edges, 1))
    }
}

impl InferenceStep for Detector {
    type Input = Batch;
    type Output = DetectionOutput;

    fn step(&self, batch: Batch) -> DetectionOutput {
        let device = batch.views.device();
        let (scores, boxes) = self.forward(batch.views);
        let loss = BinaryCrossEntropyLossConfig::new().init(&device);
        let mut loss = loss.forward(scores.clone(), batch.is_object);
        if batch.cells.dims()[0] > 0 {
            // The overlap of each rectangle with the box of its cell is on the diagonal.
            let of_cells = boxes.clone().select(0, batch.cells);
            let n = of_cells.dims()[0];
            let truth = Tensor::cat(batch.boxes.clone(), 0);
            let overlaps = generalized_box_iou(of_cells, truth).expect("both have four edges");
            let diagonal = Tensor::<2>::eye(n, &device);
            loss = loss + 1.0 - (overlaps * diagonal).sum() / n as f64;
        }
        let images = batch.boxes.into_iter().enumerate().map(|(image, truth)| {
            let (from, n) = (image * CELLS * CELLS, CELLS * CELLS);
            let of_image = boxes.clone().narrow(0, from, n);
            let found = Detections::new(
                Boxes::from(of_image),
                scores.clone().narrow(0, from, n),
                vec![0i64; n],
            );
            let labels = vec![0i64; truth.dims()[0]];
            (found, GroundTruth::new(truth, labels))
        });
        DetectionOutput::new(loss, images.collect::<Vec<_>>())
    }
}

impl TrainStep for Detector {
    type Input = Batch;
    type Output = DetectionOutput;

    fn step(&self, batch: Batch) -> TrainOutput<DetectionOutput> {
        let output = InferenceStep::step(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    device.seed(0);
    let artifacts = std::env::temp_dir().join(format!("burn-metrics-boxes-{}", std::process::id()));

    // All three are computed from the same matches.
    let metrics = Collection::<DetectionInput>::new()
        .with_named("mAP", MeanAveragePrecision::new().map(|scores| scores.map))
        .with_named(
            "mAP 50",
            MeanAveragePrecision::new().map(|scores| scores.map_50),
        )
        .with_named(
            "recall",
            MeanAveragePrecision::new().map(|scores| scores.mar_of_all()),
        );

    let model = Detector::new(&device.autodiff());
    let learned = SupervisedTraining::new(&artifacts, samples(0..400), samples(10_000..10_100))
        .metrics(metrics.logged().on_step(false))
        .num_epochs(12)
        .renderer(Box::new(EpochTable::default()))
        .launch(Learner::new(model, AdamConfig::new().init(), 0.01));
    match learned.error {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

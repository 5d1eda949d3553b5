//! The work with detected objects. Pycocotools takes the place of TorchMetrics without validation.

use burn::tensor::{DType, Int, Tensor, TensorData};
use burn_metrics::{detection::Boxes, prelude::*};

use crate::{
    common::device,
    random::Random,
    workloads::{Workload, alone, evaluate},
};

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "mAP, 500 images x 36, 36 classes",
        goal: 50.0,
        contenders: || alone(evaluate(MeanAveragePrecision::new(), images(500, 36, 36))),
    },
    Workload {
        name: "mAP, 5000 images x 10, 80 classes",
        goal: 50.0,
        contenders: || alone(evaluate(MeanAveragePrecision::new(), images(5000, 10, 80))),
    },
];

/// Objects, each found once a little beside where it is, three of four times as what it is.
fn images(images: usize, objects: usize, classes: u64) -> DetectionInput {
    let random = &mut Random(1);
    let device = device();
    let images = (0..images).map(|_| {
        let (mut boxes, mut labels) = (Vec::new(), Vec::new());
        let (mut found, mut scores, mut guesses) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..objects {
            let [x, y, w, h] = [400, 400, 150, 150].map(|n| random.below(n) as f32);
            let (w, h) = (w + 4.0, h + 4.0);
            let label = random.below(classes) as i64;
            boxes.extend([x, y, w, h]);
            labels.push(label);
            let mut off = |size: f32| (random.below(101) as f32 - 50.0) / 250.0 * size;
            found.extend([x + off(w), y + off(h), w + off(w), h + off(h)]);
            scores.push(random.below(1 << 20) as f32 / (1 << 20) as f32);
            let is_right = random.below(4) > 0;
            let other = random.below(classes) as i64;
            guesses.push(if is_right { label } else { other });
        }
        let rows = |numbers: Vec<f32>| -> Tensor<2> {
            Tensor::from_data(TensorData::new(numbers, [objects, 4]), &device)
        };
        let ints = |labels: Vec<i64>| -> Tensor<1, Int> {
            let labels = TensorData::new(labels, [objects]);
            Tensor::from_data(labels, (&device, DType::I64))
        };
        let scores = Tensor::<1>::from_data(TensorData::new(scores, [objects]), &device);
        (
            Detections::new(Boxes::xywh(rows(found)), scores, ints(guesses)),
            GroundTruth::new(Boxes::xywh(rows(boxes)), ints(labels)),
        )
    });
    images.collect()
}

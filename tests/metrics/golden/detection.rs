//! Detected objects.

use burn::tensor::Device;
use burn_metrics::detection::{
    Boxes, DetectionInput, Detections, GroundTruth, MeanAveragePrecision,
};

use super::{Domain, FromGolden, Subject, metric};
use crate::common::{
    Tolerance,
    golden::{Array, Case, Input},
};

pub static DOMAIN: Domain = Domain::new(
    "detection",
    &[("mean_average_precision", mean_average_precision)],
)
.tolerance(|_, _| Tolerance::new(1e-9));

#[test]
fn cases() {
    DOMAIN.check();
}

fn mean_average_precision(case: &Case) -> Box<dyn Subject> {
    let mut map = match case.text("iou_type") {
        None => MeanAveragePrecision::new(),
        Some("segm") => MeanAveragePrecision::masks(),
        Some("keypoints") => MeanAveragePrecision::keypoints(case.numbers("sigmas").unwrap()),
        other => panic!("no overlap of {other:?}"),
    };
    if let Some(thresholds) = case.numbers("iou_thresholds") {
        map = map.iou_thresholds(thresholds);
    }
    if let Some(thresholds) = case.numbers("rec_thresholds") {
        map = map.recall_thresholds(thresholds);
    }
    if let Some(numbers) = case.numbers("max_detection_thresholds") {
        let numbers: Vec<usize> = numbers.into_iter().map(|n| n as usize).collect();
        map = map.max_detections(numbers);
    }
    if case.text("average") == Some("micro") {
        map = map.micro();
    }
    if case.flag("class_metrics") {
        map = map.class_metrics();
    }
    match case.flag("extended") {
        true => metric(map.extended_summary()),
        false => metric(map),
    }
}

/// The rows of the objects of one image.
fn rows(array: &Array, from: usize, n: usize) -> Array {
    array.part(from, from + n)
}

impl FromGolden for DetectionInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (counts, true_counts) = (input.preds().integers(), input.target().integers());
        let ids = input.tensor("image_ids").integers();
        let (mut found_at, mut true_at) = (0, 0);
        let images = ids.into_iter().zip(counts).zip(true_counts);
        let images = images.map(|((id, n), m)| {
            let (n, m) = (n as usize, m as usize);
            let found = |name: &str| Some(rows(input.find(name)?, found_at, n));
            let truth = |name: &str| Some(rows(input.find(name)?, true_at, m));
            let image = (
                detections(&found, device),
                ground_truth(&truth, device).image_id(id),
            );
            found_at += n;
            true_at += m;
            image
        });
        images.collect()
    }
}

type Find<'a> = dyn Fn(&str) -> Option<Array> + 'a;

fn detections(find: &Find, device: &Device) -> Detections {
    let tensor = |name: &str| find(name).expect(name);
    let scores = tensor("preds.scores").floats::<1>(device);
    let labels = tensor("preds.labels").ints::<1>(device);
    let boxes = Boxes::xywh(tensor("preds.boxes").floats::<2>(device));
    let found = Detections::new(boxes, scores, labels);
    match find("preds.masks") {
        None => found,
        Some(masks) => found.masks(masks.ints::<3>(device)),
    }
}

fn ground_truth(find: &Find, device: &Device) -> GroundTruth {
    let tensor = |name: &str| find(name).expect(name);
    let labels = tensor("target.labels").ints::<1>(device);
    let boxes = Boxes::xywh(tensor("target.boxes").floats::<2>(device));
    let truth = GroundTruth::new(boxes, labels)
        .crowd(tensor("target.crowd").ints::<1>(device))
        .area(tensor("target.area").floats::<1>(device));
    match find("target.masks") {
        None => truth,
        Some(masks) => truth.masks(masks.ints::<3>(device)),
    }
}

//! Detected objects.

use burn::tensor::Device;
use burn_metrics::{
    detection::{
        BoxOverlap, Boxes, DetectionConfusionMatrix, DetectionF1, DetectionInput, Detections,
        Frequency, GroundTruth, LvisAveragePrecision, MeanAveragePrecision,
        ModifiedPanopticQuality, PanopticInput, PanopticQuality, Tide, parts::Overlap,
    },
    detection::{
        CompleteIntersectionOverUnion, DistanceIntersectionOverUnion,
        GeneralizedIntersectionOverUnion, IntersectionOverUnion,
    },
};

use super::{Domain, FromGolden, Subject, metric};
use crate::common::{
    Tolerance,
    golden::{Array, Case, Input},
};

pub static DOMAIN: Domain = Domain::new(
    "detection",
    &[
        ("mean_average_precision", mean_average_precision),
        ("lvis_average_precision", |case| {
            let frequencies = case.text("frequencies").unwrap().chars().map(|c| match c {
                'r' => Frequency::Rare,
                'c' => Frequency::Common,
                _ => Frequency::Frequent,
            });
            let lvis = LvisAveragePrecision::new((0..).zip(frequencies));
            metric(lvis.max_detections(case.count("max_detections").unwrap()))
        }),
        ("detection_f1", |case| {
            let f1 = DetectionF1::new();
            metric(match case.number("iou_threshold") {
                Some(threshold) => f1.iou_threshold(threshold),
                None => f1,
            })
        }),
        ("detection_confusion_matrix", |case| {
            let mut confusion = DetectionConfusionMatrix::new(3);
            if let Some(threshold) = case.number("iou_threshold") {
                confusion = confusion.iou_threshold(threshold);
            }
            if let Some(threshold) = case.number("score_threshold") {
                confusion = confusion.score_threshold(threshold);
            }
            metric(confusion)
        }),
        ("tide", |_| metric(Tide::new())),
        ("intersection_over_union", |case| {
            overlap(case, IntersectionOverUnion::new())
        }),
        ("generalized_intersection_over_union", |case| {
            overlap(case, GeneralizedIntersectionOverUnion::new())
        }),
        ("distance_intersection_over_union", |case| {
            overlap(case, DistanceIntersectionOverUnion::new())
        }),
        ("complete_intersection_over_union", |case| {
            overlap(case, CompleteIntersectionOverUnion::new())
        }),
        ("panoptic_quality", |case| {
            panoptic(case, PanopticQuality::new)
        }),
        ("modified_panoptic_quality", |case| {
            panoptic(case, ModifiedPanopticQuality::new)
        }),
    ],
)
.tolerance(|_, device| match device {
    "wgpu" => Tolerance::new(1e-6),
    _ => Tolerance::new(1e-9),
});

#[test]
fn cases() {
    DOMAIN.check();
}

fn mean_average_precision(case: &Case) -> Box<dyn Subject> {
    let mut map = match case.text("iou_type") {
        None => MeanAveragePrecision::new(),
        Some("segm") => MeanAveragePrecision::masks(),
        Some("keypoints") => MeanAveragePrecision::keypoints(case.numbers("sigmas").unwrap()),
        Some("rotated") => MeanAveragePrecision::rotated_boxes(),
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

fn overlap<O: Overlap>(case: &Case, mut overlap: BoxOverlap<O>) -> Box<dyn Subject> {
    if let Some(threshold) = case.number("iou_threshold") {
        overlap = overlap.threshold(threshold);
    }
    if case.option("respect_labels").is_some() {
        overlap = overlap.any_label();
    }
    match case.flag("class_metrics") {
        true => metric(overlap.per_class()),
        false => metric(overlap),
    }
}

fn panoptic(case: &Case, new: fn(Vec<i64>, Vec<i64>) -> PanopticQuality) -> Box<dyn Subject> {
    let labels = |name: &str| {
        let numbers = case.numbers(name).unwrap().into_iter();
        numbers.map(|number| number as i64).collect()
    };
    let mut quality = new(labels("things"), labels("stuffs"));
    if case.flag("allow_unknown_preds_category") {
        quality = quality.allow_unknown_preds();
    }
    match case.flag("detailed") {
        true => metric(quality.detailed()),
        false => metric(quality),
    }
}

impl FromGolden for PanopticInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (preds, target) = (input.preds(), input.target());
        (preds.ints::<4>(device), target.ints::<4>(device)).into()
    }
}

/// The rows of each image.
fn rows(input: &Input, counts: &str, name: &str) -> Option<Vec<Array>> {
    let array = input.find(name)?;
    let mut start = 0;
    let rows = input.tensor(counts).integers().into_iter().map(|n| {
        let end = start + n as usize;
        let part = array.part(start, end);
        start = end;
        part
    });
    Some(rows.collect())
}

impl FromGolden for DetectionInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let ids = input.tensor("image_ids").integers();
        let [negative, partial] = ["negative", "not_exhaustive"].map(|name| {
            let rows = rows(input, name, &format!("{name}.labels"));
            rows.map(|rows| rows.iter().map(Array::integers).collect::<Vec<_>>())
        });
        let sides = ["preds", "target"].map(|side| {
            let names = [
                "boxes",
                "masks",
                "keypoints",
                "rotated",
                "labels",
                "scores",
                "crowd",
                "area",
            ];
            names.map(|name| rows(input, side, &format!("{side}.{name}")))
        });
        let images = ids.into_iter().enumerate().map(|(image, id)| {
            let [found, truth] = sides.each_ref().map(|side| {
                side.each_ref()
                    .map(|rows| rows.as_ref().map(|rows| &rows[image]))
            });
            let mut truth = ground_truth(truth, device).image_id(id);
            if let (Some(negative), Some(partial)) = (&negative, &partial) {
                truth = truth.federated(negative[image].clone(), partial[image].clone());
            }
            (detections(found, device), truth)
        });
        images.collect()
    }
}

/// The columns of an image: boxes, masks, keypoints, rotated boxes, labels, scores, crowd flags, areas.
type Columns<'a> = [Option<&'a Array>; 8];

fn detections(columns: Columns<'_>, device: &Device) -> Detections {
    let [boxes, masks, keypoints, rotated, labels, scores, ..] = columns;
    let scores = scores.unwrap().floats::<1>(device);
    let labels = labels.unwrap().ints::<1>(device);
    if let Some(keypoints) = keypoints {
        return Detections::of_keypoints(keypoints.floats::<3>(device), scores, labels);
    }
    if let Some(rotated) = rotated {
        return Detections::of_rotated_boxes(rotated.floats::<2>(device), scores, labels);
    }
    let boxes = Boxes::xywh(boxes.unwrap().floats::<2>(device));
    let found = Detections::new(boxes, scores, labels);
    match masks {
        None => found,
        Some(masks) => found.masks(masks.ints::<3>(device)),
    }
}

fn ground_truth(columns: Columns<'_>, device: &Device) -> GroundTruth {
    let [boxes, masks, keypoints, rotated, labels, _, crowd, area] = columns;
    let labels = labels.unwrap().ints::<1>(device);
    let area = area.unwrap().floats::<1>(device);
    let boxes = Boxes::xywh(boxes.unwrap().floats::<2>(device));
    let mut truth = match (keypoints, rotated) {
        (Some(keypoints), _) => {
            GroundTruth::of_keypoints(keypoints.floats::<3>(device), area.clone(), labels)
                .boxes(boxes)
        }
        (None, Some(rotated)) => GroundTruth::of_rotated_boxes(rotated.floats::<2>(device), labels),
        _ => GroundTruth::new(boxes, labels),
    };
    truth = truth
        .crowd(crowd.unwrap().ints::<1>(device))
        .area(area.clone());
    match masks {
        None => truth,
        Some(masks) => truth.masks(masks.ints::<3>(device)),
    }
}

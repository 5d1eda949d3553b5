//! Bad input: an error that names the image, and nothing is counted.

use burn::tensor::{Bool, Device, Int, Tensor};
use burn_metrics::{
    detection::{Boxes, Keypoints, Mask},
    prelude::*,
};

fn found() -> Detections {
    Detections::new([[0.0, 0.0, 10.0, 10.0]], [0.5], [1])
}

fn truth() -> GroundTruth {
    GroundTruth::new([[0.0, 0.0, 10.0, 10.0]], [1])
}

/// What a metric says about a batch whose second image is wrong. Its state is as before.
fn refused(
    metric: &(impl Metric<Statistic: Statistic<Input = DetectionInput>> + 'static),
    wrong: (Detections, GroundTruth),
) -> String {
    let mut accumulator = metric.accumulator();
    accumulator.update((found(), truth())).unwrap_or_default();
    let before = accumulator.to_bytes().unwrap();
    let error = accumulator
        .update(vec![(found(), truth()), wrong])
        .unwrap_err();
    assert!(
        matches!(error, MetricError::Sample { sample: 1, .. }),
        "{error:?}"
    );
    assert_eq!(accumulator.to_bytes().unwrap(), before);
    error.to_string()
}

fn map(wrong: (Detections, GroundTruth)) -> String {
    refused(&MeanAveragePrecision::new(), wrong)
}

#[test]
fn boxes() {
    let device = Device::flex();
    let nan = Detections::new([[0.0, f64::NAN, 1.0, 1.0]], [0.5], [1]);
    insta::assert_snapshot!(map((nan, truth())), @"detections of image 1: expected finite coordinates, and sizes that are not negative, got a box at (0, NaN) of 1 x NaN");
    let negative = GroundTruth::new([[10.0, 0.0, 0.0, 10.0]], [1]);
    insta::assert_snapshot!(map((found(), negative)), @"ground truth of image 1: expected finite coordinates, and sizes that are not negative, got a box at (10, 0) of -10 x 10");
    let wide = Detections::new(Tensor::<2>::zeros([2, 5], &device), [0.5, 0.5], [1, 1]);
    insta::assert_snapshot!(map((wide, truth())), @"detections of image 1: expected boxes of shape [2, 4], got [2, 5]");
    let infinite = Boxes::xywh([[0.0, 0.0, f64::INFINITY, 1.0]]);
    assert!(map((Detections::new(infinite, [0.5], [1]), truth())).contains("inf"));
}

#[test]
fn lengths() {
    let labels = Detections::new([[0.0, 0.0, 10.0, 10.0]], [0.5], [1, 2]);
    insta::assert_snapshot!(map((labels, truth())), @"detections of image 1: expected 1 labels, one per object, got 2");
    let scores = Detections::new([[0.0, 0.0, 10.0, 10.0]], [0.5, 0.6], [1]);
    insta::assert_snapshot!(map((scores, truth())), @"scores of image 1: expected 1, one per object, got 2");
    let unscored = Detections::unscored([[0.0, 0.0, 10.0, 10.0]], [1]);
    insta::assert_snapshot!(map((unscored.clone(), truth())), @"scores of image 1: expected 1, one per object, got none");
    insta::assert_snapshot!(map((found(), truth().crowd([true, false]))), @"crowd flags of image 1: expected 1, one per object, got 2");
    insta::assert_snapshot!(map((found(), truth().area([1.0, 2.0]))), @"areas of image 1: expected 1, one per object, got 2");
    // Overlaps need no scores.
    IntersectionOverUnion::new()
        .evaluate((unscored, truth()))
        .unwrap();

    let lists = (vec![found(), found()], vec![truth()]);
    let error = MeanAveragePrecision::new().evaluate(lists).unwrap_err();
    insta::assert_snapshot!(error, @"ground truth of image 1: expected as many as the detections of 2 images, got 1");
}

#[test]
fn values() {
    let nan = Detections::new([[0.0, 0.0, 10.0, 10.0]], [f64::NAN], [1]);
    insta::assert_snapshot!(map((nan, truth())), @"scores of image 1: expected numbers, got NaN");
    insta::assert_snapshot!(map((found(), truth().area([-1.0]))), @"areas of image 1: expected finite numbers that are not negative, got -1");
    let confusion = DetectionConfusionMatrix::new(2);
    let unknown = GroundTruth::new([[0.0, 0.0, 10.0, 10.0]], [2]);
    insta::assert_snapshot!(refused(&confusion, (found(), unknown)), @"labels of the objects of image 1: expected labels below 2, got 2");
}

#[test]
fn other_forms() {
    let device = Device::flex();
    let boxes = map((
        found(),
        GroundTruth::of_masks(Vec::new(), Vec::<i64>::new()),
    ));
    insta::assert_snapshot!(boxes, @"ground truth of image 1: expected boxes of the objects, got none");
    let mask = |h, w| Tensor::<3, Bool>::full([1, h, w], true, &device);
    let pair = |h, w| {
        let found = Detections::of_masks(mask(4, 5), [0.5], [1]);
        (found, GroundTruth::of_masks(mask(h, w), [1]))
    };
    let masks = MeanAveragePrecision::masks();
    let error = masks.evaluate(vec![pair(4, 5), pair(5, 4)]).unwrap_err();
    insta::assert_snapshot!(error, @"ground truth of image 1: expected masks of 4 x 5 pixels, as the first, got 5 x 4");
    assert!(Mask::from_runs(2, 2, vec![1, 2]).is_err());
    assert!(Mask::from_rows(&[vec![true], vec![true, false]]).is_err());

    let pose = Keypoints::new(vec![[[0.0, 0.0, 2.0], [1.0, 1.0, 2.0]]]);
    let poses = MeanAveragePrecision::keypoints([0.1, 0.1, 0.1]);
    let found = Detections::of_keypoints(pose.clone(), [0.5], [1]);
    let error = poses
        .evaluate((found, GroundTruth::of_keypoints(pose, [4.0], [1])))
        .unwrap_err();
    insta::assert_snapshot!(error, @"detections of image 0: expected 3 keypoints per object, got 2");

    // Coordinates without visibilities, a box too few, and a coordinate that is not finite.
    let poses = MeanAveragePrecision::keypoints([0.1, 0.1]);
    let pose = || Keypoints::new(vec![[[0.0, 0.0, 2.0], [1.0, 1.0, 2.0]]]);
    let refused = |found: Keypoints, truth: GroundTruth| {
        let found = Detections::of_keypoints(found, [0.5], [1]);
        poses.evaluate((found, truth)).unwrap_err()
    };
    let truth = || GroundTruth::of_keypoints(pose(), [4.0], [1]);
    let bare = Tensor::<3>::zeros([1, 2, 2], &device);
    insta::assert_snapshot!(refused(bare.into(), truth()), @"detections of image 0: expected 3 numbers per keypoint: two coordinates and the visibility, got 2");
    let no_boxes = truth().boxes(Vec::<[f64; 4]>::new());
    insta::assert_snapshot!(refused(pose(), no_boxes), @"ground truth of image 0: expected 1 boxes, one per object, got 0");
    let nan = Keypoints::new(vec![[[f64::NAN, 0.0, 2.0], [1.0, 1.0, 2.0]]]);
    insta::assert_snapshot!(refused(nan, truth()), @"detections of image 0: expected finite keypoints, got NaN");
}

#[test]
fn options() {
    let error =
        |map: MeanAveragePrecision| map.evaluate((found(), truth())).unwrap_err().to_string();
    let map = MeanAveragePrecision::new;
    insta::assert_snapshot!(error(map().iou_thresholds([1.5])), @"iou_thresholds: expected one or more numbers from 0 to 1, got [1.5]");
    insta::assert_snapshot!(error(map().recall_thresholds([0.5, 0.1])), @"recall_thresholds: expected one or more numbers in ascending order, got [0.5, 0.1]");
    insta::assert_snapshot!(error(map().max_detections([])), @"max_detections: expected a positive number, got 0");
    let overlap = IntersectionOverUnion::new().threshold(f64::NAN);
    let error = overlap.evaluate((found(), truth())).unwrap_err();
    insta::assert_snapshot!(error, @"threshold: expected a number, got NaN");
    // The numbers of a description must agree with those of the matches.
    let mut described = serde_json::to_value(map()).unwrap();
    described["max_detections"] = serde_json::json!([1, 300]);
    let other: MeanAveragePrecision = serde_json::from_value(described).unwrap();
    let error = other.evaluate((found(), truth())).unwrap_err();
    insta::assert_snapshot!(error, @"max_detections: expected numbers in ascending order, up to 100 as in `matches`, got [1, 300]");
    let labels = Tensor::<3, Int>::zeros([1, 4, 2], &Device::flex());
    let both = PanopticQuality::new([1], [1])
        .evaluate((labels.clone(), labels.clone()))
        .unwrap_err();
    insta::assert_snapshot!(both, @"stuffs: expected categories that are not things as well, got 1");
    let unknown = PanopticQuality::new([1], [2])
        .evaluate((labels.clone(), labels))
        .unwrap_err();
    insta::assert_snapshot!(unknown, @"predicted categories of image 0: expected things or stuff (others need `allow_unknown_preds`), got 0");
}

#[test]
fn nothing_to_score() {
    let map = MeanAveragePrecision::new();
    let none = GroundTruth::new(Vec::<[f64; 4]>::new(), Vec::<i64>::new());
    let error = map.evaluate((found(), none.clone())).unwrap_err();
    assert!(error.is_undefined());
    insta::assert_snapshot!(error, @"mAP: expected at least one object that is not a crowd, got none in 1 images");
    assert!(
        map.evaluate(DetectionInput::default())
            .unwrap_err()
            .is_undefined()
    );
    // Images without anything count, and an image may be given by defaults.
    let empty = (Detections::default(), GroundTruth::default());
    let scores = map.evaluate(vec![empty, (found(), truth())]).unwrap();
    assert!((scores.map - 1.0).abs() < 1e-12);
}

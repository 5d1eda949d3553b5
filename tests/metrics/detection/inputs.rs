//! Forms of input, order of images, and shares of statistics.

use burn::tensor::{Device, Int, Tensor};
use burn_metrics::{detection::Boxes, detection::Mask, prelude::*};

/// Two images whose detections have equal scores: a right one, and a wrong one.
fn tied(ids: Option<[i64; 2]>) -> [(Detections, GroundTruth); 2] {
    let found = |at: f64| Detections::new([[at, 0.0, at + 10.0, 10.0]], [0.5], [1]);
    let truth = |i: usize| {
        let truth = GroundTruth::new([[0.0, 0.0, 10.0, 10.0]], [1]);
        match ids {
            Some(ids) => truth.image_id(ids[i]),
            None => truth,
        }
    };
    [(found(0.0), truth(0)), (found(50.0), truth(1))]
}

#[test]
fn ids_decide_the_order_of_equal_scores() {
    let map = |images: Vec<_>| MeanAveragePrecision::new().evaluate(images).unwrap().map;
    let [right, wrong] = tied(None);
    // As pycocotools: the image that comes first is first.
    let first = map(vec![right.clone(), wrong.clone()]);
    let second = map(vec![wrong, right]);
    assert!((first - 51.0 / 101.0).abs() < 1e-9 && (second - 51.0 / 202.0).abs() < 1e-9);
    for (ids, expected) in [([1, 2], first), ([2, 1], second)] {
        let [right, wrong] = tied(Some(ids));
        assert_eq!(map(vec![right.clone(), wrong.clone()]), expected);
        assert_eq!(map(vec![wrong, right]), expected);
    }
}

#[test]
fn formats_and_sources_agree() {
    let corners = [[10.0f32, 20.0, 40.0, 60.0], [0.0, 0.0, 7.0, 9.0]];
    let xywh = [[10.0, 20.0, 30.0, 40.0], [0.0, 0.0, 7.0, 9.0]];
    let centers = [[25.0, 40.0, 30.0, 40.0], [3.5, 4.5, 7.0, 9.0]];
    let device = Device::flex();
    let tensor = Tensor::<2>::from_floats(corners, &device);
    let truth = GroundTruth::new([[12.0, 20.0, 40.0, 60.0], [0.0, 0.0, 8.0, 9.0]], [0, 1]);
    let all: [Boxes; 5] = [
        corners.into(),
        Boxes::xywh(xywh),
        Boxes::cxcywh(centers),
        tensor.into(),
        Boxes::cxcywh(Tensor::<2>::from_floats(centers, &device)),
    ];
    let scores = Tensor::<1>::from_floats([0.5, 0.75], &device);
    let labels = Tensor::<1, Int>::from_ints([0, 1], &device);
    let expected = MeanAveragePrecision::new()
        .evaluate((Detections::new(corners, [0.5, 0.75], [0, 1]), truth.clone()))
        .unwrap();
    for boxes in all {
        let found = Detections::new(boxes, scores.clone(), labels.clone());
        let got = MeanAveragePrecision::new()
            .evaluate((found, truth.clone()))
            .unwrap();
        assert_eq!(got.map, expected.map);
    }
}

#[test]
fn masks_are_encoded_as_by_coco() {
    let rows = [[false, true, true], [true, true, false]];
    let mask = Mask::from_rows(&rows).unwrap();
    assert_eq!(mask.runs(), [1, 4, 1]);
    assert_eq!((mask.size(), mask.area()), ([2, 3], 4));
    let other = Mask::from_runs(2, 3, vec![0, 2, 4]).unwrap();
    assert_eq!(mask.intersection(&other), 1);
}

#[test]
fn metrics_of_the_same_matches_share_them() {
    let mut metrics = Collection::<DetectionInput>::new()
        .with(MeanAveragePrecision::new())
        .with(MeanAveragePrecision::new().extended_summary())
        .with(IntersectionOverUnion::new())
        .with(IntersectionOverUnion::new().per_class());
    assert_eq!(metrics.states(), 2);
    metrics.update(tied(None).to_vec()).unwrap();
    let values = metrics.compute().unwrap();
    assert_eq!(values.get::<f64>("IoU").unwrap(), &0.5);
}

#[test]
fn bootstrap_draws_images() {
    let images = (0..200).map(|i| tied(None)[usize::from(i % 4 == 0)].clone());
    let map = MeanAveragePrecision::new()
        .iou_thresholds([0.5])
        .class_metrics();
    let bootstrap = map.bootstrap(100).seed(3);
    let images: Vec<_> = images.collect();
    let value = bootstrap.evaluate(images).unwrap();
    let entries = value.by_entry();
    let (_, recall) = entries.iter().find(|(name, _)| name == "mar_100").unwrap();
    assert_eq!(recall.value, 0.75);
    // The standard error of a share of 3/4 of 200 images.
    assert!(
        (recall.std() - (0.75f64 * 0.25 / 200.0).sqrt()).abs() < 0.008,
        "{}",
        recall.std()
    );
    assert!(
        entries
            .iter()
            .any(|(name, numbers)| name == "map_per_class/1" && numbers.replicates.len() == 100)
    );
}

#[test]
fn states_are_a_few_bytes_per_detection() {
    let mut map = MeanAveragePrecision::new().accumulator();
    let boxes = vec![[0.0, 0.0, 10.0, 10.0]; 100];
    let image = |n: usize| Detections::new(boxes[..n].to_vec(), vec![0.5; n], vec![1i64; n]);
    let truth = || GroundTruth::new([[0.0, 0.0, 10.0, 10.0]], [1]);
    map.update((image(100), truth())).unwrap();
    let one = map.to_bytes().unwrap().len();
    map.update((image(100), truth())).unwrap();
    assert_eq!(map.to_bytes().unwrap().len() - one, 100 * 18 + 8 + 16 + 16);
}

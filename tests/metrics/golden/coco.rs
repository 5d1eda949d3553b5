//! Files in COCO's format.

use burn_metrics::{
    detection::{COCO_PERSON_SIGMAS, CocoDataset, Keypoints},
    prelude::*,
};

use super::{Domain, function};
use crate::common::Tolerance;

pub static DOMAIN: Domain = Domain::new(
    "coco",
    &[("coco_files", |_| {
        function(|case, _| {
            let text = |name: &str| case.text(name).expect("a text");
            let dataset = CocoDataset::from_json(text("ground_truth"))?;
            assert_eq!(dataset.categories().last(), Some((3, "class 3")));
            let input = dataset.with_results(text("results"))?;
            let map = match text("iou_type") {
                "bbox" => MeanAveragePrecision::new(),
                "segm" => MeanAveragePrecision::masks(),
                _ => MeanAveragePrecision::keypoints(COCO_PERSON_SIGMAS),
            };
            let scores = map.evaluate(input.clone())?;
            let numbers = |scores: &burn_metrics::detection::DetectionScores| {
                vec![
                    scores.map,
                    scores.map_50,
                    scores.map_75,
                    scores.mar_of_all(),
                ]
            };
            if text("iou_type") != "keypoints" {
                // And back again.
                let files = input.to_coco()?;
                let again = CocoDataset::from_json(&files.ground_truth)?;
                let again = map.evaluate(again.with_results(&files.results)?)?;
                assert_eq!(numbers(&again), numbers(&scores));
            }
            Ok(numbers(&scores))
        })
    })],
)
.tolerance(|_, _| Tolerance::new(1e-9));

#[test]
fn cases() {
    DOMAIN.check();
}

#[test]
fn errors_name_the_entry() {
    let error = |truth: &str, results: &str| {
        let input = CocoDataset::from_json(truth).and_then(|data| data.with_results(results));
        input.unwrap_err().to_string()
    };
    let truth =
        r#"{"images": [{"id": 1, "height": 4, "width": 4}], "categories": [], "annotations": []}"#;
    insta::assert_snapshot!(error("[", "[]"), @"ground truth: EOF while parsing a list at line 1 column 1");
    let elsewhere = r#"[{"image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}]"#;
    insta::assert_snapshot!(error(truth, elsewhere), @"results[0].image_id: no image has the id 2");
    let unscored = r#"[{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}]"#;
    insta::assert_snapshot!(error(truth, unscored), @"results[0].score: it is missing");
    let broken = r#"[{"image_id": 1, "category_id": 1, "segmentation": {"size": [4, 4], "counts": [99]}, "score": 1, "bbox": [0, 0, 1, 1]}]"#;
    insta::assert_snapshot!(error(truth, broken), @"results[0].segmentation: it is not a mask of the image");
}

#[test]
fn lvis_files_say_what_was_searched_for() {
    let truth = r#"{
        "images": [{"id": 1, "height": 9, "width": 9, "neg_category_ids": [2], "not_exhaustive_category_ids": []}],
        "categories": [{"id": 1, "name": "a", "frequency": "r"}, {"id": 2, "name": "b", "frequency": "f"}, {"id": 3, "name": "c", "frequency": "c"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "area": 16}]
    }"#;
    let dataset = CocoDataset::from_json(truth).unwrap();
    let results = r#"[
        {"image_id": 1, "category_id": 3, "bbox": [0, 0, 4, 4], "score": 0.9},
        {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "score": 0.8}
    ]"#;
    let input = dataset.with_results(results).unwrap();
    let lvis = LvisAveragePrecision::new(dataset.frequencies());
    let scores = lvis.evaluate(input).unwrap();
    assert!((scores.map_rare - 1.0).abs() < 1e-12 && scores.map_common.is_nan());
}

#[test]
fn images_keep_apart_in_files() {
    let image = |x: f64| {
        let boxes = [[x, 0.0, x + 9.0, 9.0]];
        (
            Detections::new(boxes, [0.5], [1]),
            GroundTruth::new(boxes, [1]),
        )
    };
    let [(found, truth), second] = [0.0, 20.0].map(image);
    let empty = (Detections::default(), GroundTruth::default());
    let batch = vec![(found, truth.image_id(2)), second, empty];
    let files = DetectionInput::from(batch).to_coco().unwrap();
    let dataset = CocoDataset::from_json(&files.ground_truth).unwrap();
    let again = dataset.with_results(&files.results).unwrap();
    assert_eq!(again.len(), 3);
    let scores = MeanAveragePrecision::new().evaluate(again).unwrap();
    assert!((scores.map - 1.0).abs() < 1e-12);

    let pose = || Keypoints::new(vec![[[0.0, 0.0, 2.0]]]);
    let found = Detections::of_keypoints(pose(), [0.5], [1]);
    let truth = GroundTruth::of_keypoints(pose(), [4.0], [1]);
    let error = DetectionInput::from((found, truth)).to_coco().unwrap_err();
    insta::assert_snapshot!(error, @"detections of image 0: expected boxes of the objects, got none");
}

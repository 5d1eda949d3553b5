//! Names say what changes the value, and metrics are plain data.

use std::collections::BTreeSet;

use burn_metrics::{
    detection::{COCO_PERSON_SIGMAS, Frequency, Tide},
    prelude::*,
};

use crate::common::Names;

#[test]
fn names_say_what_changes_the_value() {
    let mut names = Names::default();
    names.add(MeanAveragePrecision::new());
    names.add(MeanAveragePrecision::masks());
    names.add(MeanAveragePrecision::keypoints(COCO_PERSON_SIGMAS));
    names.add(MeanAveragePrecision::rotated_boxes().micro());
    names.add(
        MeanAveragePrecision::new()
            .iou_thresholds([0.5, 0.75])
            .recall_thresholds([0.5]),
    );
    names.add(
        MeanAveragePrecision::new()
            .max_detections([300])
            .class_metrics(),
    );
    names.add(MeanAveragePrecision::new().extended_summary());
    names.add(LvisAveragePrecision::new([(1, Frequency::Rare)]));
    names.add(LvisAveragePrecision::masks([]).max_detections(100));
    names.add(DetectionF1::new());
    names.add(DetectionF1::masks().iou_threshold(0.75));
    names.add(DetectionConfusionMatrix::new(3));
    names.add(
        DetectionConfusionMatrix::new(3)
            .score_threshold(0.5)
            .iou_threshold(0.4),
    );
    names.add(Tide::new());
    names.add(Tide::masks().iou_threshold(0.75).background_threshold(0.2));
    names.add(IntersectionOverUnion::new());
    names.add(GeneralizedIntersectionOverUnion::new().threshold(0.5));
    names.add(DistanceIntersectionOverUnion::new().any_label());
    names.add(CompleteIntersectionOverUnion::new().per_class());
    names.add(PanopticQuality::new([0], [1]));
    names.add(
        PanopticQuality::new([0], [1])
            .allow_unknown_preds()
            .detailed(),
    );
    names.add(ModifiedPanopticQuality::new([0], [1]));
    let Names(names) = names;
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    insta::assert_snapshot!(names.join("\n"), @r"
    mAP
    mAP (masks)
    mAP (keypoints)
    mAP (rotated boxes, micro)
    mAP (IoU 0.5, 0.75, 1 recalls)
    mAP (up to 300 detections, per class)
    mAP (extended)
    LVIS mAP
    LVIS mAP (masks, up to 100 detections)
    Detection F1
    Detection F1 (masks, IoU 0.75)
    Detection confusion matrix
    Detection confusion matrix (score 0.5, IoU 0.4)
    TIDE
    TIDE (masks, IoU 0.75, background 0.2)
    IoU
    GIoU (threshold 0.5)
    DIoU (any label)
    CIoU (per class)
    Panoptic quality
    Panoptic quality (unknown predictions, detailed)
    Modified panoptic quality
    ");
}

#[cfg(feature = "catalog")]
#[test]
fn every_kind_of_the_catalog_can_be_read_and_written() {
    use burn_metrics::{Catalog, Description};
    let catalog = Catalog::<DetectionInput>::default();
    assert_eq!(catalog.kinds().len(), 11);
    for kind in catalog.kinds() {
        let file = format!(r#"{{"mine": {{"metric": "{kind}"}}}}"#);
        let description: Description = serde_json::from_str(&file).unwrap();
        let metrics = catalog.collection(&description).unwrap();
        assert_eq!(catalog.describe(&metrics).unwrap(), description, "{kind}");
    }
}

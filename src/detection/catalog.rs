use super::*;
use crate::Catalog;

/// Metrics by name, such as `mean_average_precision`.
///
/// The confusion matrix has two classes unless the option `classes` says otherwise. If the option `max_detections` of an
/// average precision is set, `matches.max_detections` must be set to the largest of its numbers.
impl Default for Catalog<DetectionInput> {
    fn default() -> Self {
        Self::new()
            .with("mean_average_precision", MeanAveragePrecision::new())
            .with("mask_mean_average_precision", MeanAveragePrecision::masks())
            .with(
                "rotated_mean_average_precision",
                MeanAveragePrecision::rotated_boxes(),
            )
            .with(
                "keypoint_mean_average_precision",
                MeanAveragePrecision::keypoints(COCO_PERSON_SIGMAS),
            )
            .with("detection_f1", DetectionF1::new())
            .with(
                "detection_confusion_matrix",
                DetectionConfusionMatrix::new(2),
            )
            .with("intersection_over_union", IntersectionOverUnion::new())
            .with(
                "generalized_intersection_over_union",
                GeneralizedIntersectionOverUnion::new(),
            )
            .with(
                "distance_intersection_over_union",
                DistanceIntersectionOverUnion::new(),
            )
            .with(
                "complete_intersection_over_union",
                CompleteIntersectionOverUnion::new(),
            )
            .with("tide", Tide::new())
    }
}

/// Metrics by name: `panoptic_quality` and `modified_panoptic_quality`, of the thing 0 and the stuff 1 unless they are
/// set.
impl Default for Catalog<PanopticInput> {
    fn default() -> Self {
        Self::new()
            .with("panoptic_quality", PanopticQuality::new([0], [1]))
            .with(
                "modified_panoptic_quality",
                ModifiedPanopticQuality::new([0], [1]),
            )
    }
}

//! Detection: objects in images, by boxes, masks or keypoints, and panoptic segmentations.

mod assignment;
mod box_overlaps;
mod boxes;
#[cfg(feature = "catalog")]
mod catalog;
#[cfg(feature = "coco")]
mod coco;
mod columns;
mod curve;
mod detection_confusion;
mod detection_f1;
mod extended_summary;
mod geometry;
mod input;
mod keypoints;
mod lvis;
mod mask;
mod match_table;
mod matches;
mod mean_average_precision;
mod objects;
#[cfg(feature = "train")]
mod output;
mod overlap;
mod panoptic_input;
mod panoptic_quality;
mod rotated;
mod scores;

pub use box_overlaps::{
    BoxOverlap, BoxOverlapPerClass, ClassOverlaps, CompleteIntersectionOverUnion,
    DistanceIntersectionOverUnion, GeneralizedIntersectionOverUnion, IntersectionOverUnion,
};
pub use boxes::{BoxFormat, Boxes};
#[cfg(feature = "coco")]
pub use coco::{CocoDataset, CocoFiles};
pub use columns::{Integers, Numbers, Rows};
pub use detection_confusion::{DetectionConfusion, DetectionConfusionMatrix};
pub use detection_f1::{BestF1, DetectionF1, F1Point};
pub use extended_summary::{ExtendedSummary, PrecisionArrays};
pub use input::DetectionInput;
pub use keypoints::COCO_PERSON_SIGMAS;
pub use lvis::{Frequency, LvisAveragePrecision, LvisScores};
pub use mask::{Mask, Masks};
pub use matches::AreaRange;
pub use mean_average_precision::MeanAveragePrecision;
pub use objects::{Detections, GroundTruth, Keypoints};
#[cfg(feature = "train")]
pub use output::DetectionOutput;
pub use overlap::{box_iou, complete_box_iou, distance_box_iou, generalized_box_iou};
pub use panoptic_input::PanopticInput;
pub use panoptic_quality::{
    CategoryQuality, ModifiedPanopticQuality, PanopticDetails, PanopticQuality, PanopticScores,
};
pub use scores::{DetectionScores, ScoresOfClass};

/// The parts that the metrics of this family are made of: statistics, and the states that they keep.
pub mod parts {
    pub use super::box_overlaps::{BoxPairs, OverlapTable};
    pub use super::detection_confusion::ConfusionTable;
    pub use super::geometry::Similarity;
    pub use super::input::{ReadBatch, ReadImages};
    pub use super::match_table::MatchTable;
    pub use super::matches::DetectionMatches;
    pub use super::overlap::{CompleteIou, DistanceIou, GeneralizedIou, Overlap, PlainIou};
    pub use super::panoptic_quality::{PanopticSegments, SegmentTable};
}

pub(crate) use parts::*;

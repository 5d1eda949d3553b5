//! Detection: objects in images, by boxes, masks or keypoints, and panoptic segmentations.
//!
//! | what | metrics |
//! |---|---|
//! | average precision | [`MeanAveragePrecision`], [`ExtendedSummary`], [`LvisAveragePrecision`] |
//! | a detector as it is used | [`DetectionF1`], [`DetectionConfusionMatrix`] |
//! | what to improve | [`Tide`] |
//! | overlap of boxes | [`IntersectionOverUnion`], [`GeneralizedIntersectionOverUnion`], [`DistanceIntersectionOverUnion`], [`CompleteIntersectionOverUnion`] |
//! | things and stuff | [`PanopticQuality`], [`ModifiedPanopticQuality`] |
//!
//! A batch is a [`DetectionInput`]: for each image, the detected objects and the true ones. Detections are matched with
//! the true objects in the update, and the state keeps a few bytes per detection. The functions [`box_iou`],
//! [`generalized_box_iou`], [`distance_box_iou`] and [`complete_box_iou`] are differentiable, for losses.
//!
//! # Why the matching is our own
//!
//! The crate `hotcoco` 1.3.1 evaluates COCO's data with pycocotools' numbers, and can be updated image by image. But
//! its `StreamingEval` cannot be a [state](crate::State). It needs a list of categories to start with. It identifies
//! images by ids, and an image replaces an earlier one with the same id, so images of two processes that number them
//! alike would be lost in a merge. It is serialized in a format of one version. Its matching functions allocate memory
//! for each class of each image, and are not declared stable.
//!
//! The feature `coco` uses `hotcoco` to read polygons and compressed masks. It adds 18 seconds of build time on one
//! core, so it is not enabled by default.

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
mod image_total;
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
mod panoptic_segments;
mod rotated;
mod scores;
mod tide;
mod tide_table;

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
pub use tide::{Tide, TideErrors};

/// The parts from which the metrics of this family are built: statistics and their states.
pub mod parts {
    pub use super::box_overlaps::{BoxPairs, OverlapTable};
    pub use super::detection_confusion::ConfusionTable;
    pub use super::geometry::Similarity;
    pub use super::image_total::{ImageTable, ImageTotal};
    pub use super::input::ReadBatch;
    pub use super::match_table::MatchTable;
    pub use super::matches::DetectionMatches;
    pub use super::overlap::{CompleteIou, DistanceIou, GeneralizedIou, Overlap, PlainIou};
    pub use super::panoptic_segments::{PanopticSegments, SegmentTable};
    pub use super::tide_table::TideTable;
}

pub(crate) use parts::*;

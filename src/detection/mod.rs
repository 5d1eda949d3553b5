//! Detection: objects in images, by boxes, masks or keypoints, and panoptic segmentations.

mod assignment;
mod boxes;
mod columns;
mod curve;
mod extended_summary;
mod geometry;
mod input;
mod keypoints;
mod mask;
mod match_table;
mod matches;
mod mean_average_precision;
mod objects;
mod rotated;
mod scores;

pub use boxes::{BoxFormat, Boxes};
pub use columns::{Integers, Numbers, Rows};
pub use extended_summary::{ExtendedSummary, PrecisionArrays};
pub use input::DetectionInput;
pub use keypoints::COCO_PERSON_SIGMAS;
pub use mask::{Mask, Masks};
pub use matches::AreaRange;
pub use mean_average_precision::MeanAveragePrecision;
pub use objects::{Detections, GroundTruth, Keypoints};
pub use scores::{DetectionScores, ScoresOfClass};

/// The parts that the metrics of this family are made of: statistics, and the states that they keep.
pub mod parts {
    pub use super::geometry::Similarity;
    pub use super::match_table::MatchTable;
    pub use super::matches::DetectionMatches;
}

pub(crate) use parts::*;

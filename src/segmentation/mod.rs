//! Segmentation of images and volumes: how well predicted labels or masks of pixels match the true ones.
//!
//! | what | metrics |
//! |---|---|
//! | overlap | [`DiceScore`], [`GeneralizedDiceScore`], [`MeanIoU`] |
//! | boundaries | [`HausdorffDistance`], [`AverageSurfaceDistance`], [`SurfaceDice`], [`BoundaryIoU`] |
//! | size | [`VolumeDifference`], [`RelativeVolumeDifference`] |
//!
//! A batch is a [`SegmentationInput`]: labels, scores or masks of images, volumes, or data with any other number of
//! dimensions. Class 0 is the background.
//!
//! All metrics are [measures of samples](crate::measure): each class of each sample has a score. A type chooses the
//! average over the classes: [`Micro`](crate::classification::Micro), [`Macro`](crate::classification::Macro),
//! [`Weighted`](crate::classification::Weighted), [`PerClass`](crate::classification::PerClass), or [`AllPairs`] of
//! samples and classes. Measures of overlap can also pool the pixels of all samples, with `global()`. A class that is
//! neither in the target nor in the prediction of a sample has no score there and is left out. Unless a reduction keeps
//! all values, states are sums and counts.
//!
//! Labels and scores are read once, and they are not expanded to one-hot masks.

mod average;
mod average_surface_distance;
mod boundary_iou;
#[cfg(feature = "catalog")]
mod catalog;
mod dice_score;
mod distance;
mod generalized_dice_score;
mod hausdorff_distance;
mod input;
mod mask_measure;
mod masks;
mod mean_iou;
mod overlap;
mod samples;
mod spacing;
mod surface;
mod surface_dice;
mod task;
mod volume_difference;

pub use average::AllPairs;
pub use average_surface_distance::AverageSurfaceDistance;
pub use boundary_iou::BoundaryIoU;
pub use dice_score::DiceScore;
pub use distance::DistanceMetric;
pub use generalized_dice_score::{GeneralizedDiceScore, WeightType};
pub use hausdorff_distance::HausdorffDistance;
pub use input::SegmentationInput;
pub use mean_iou::MeanIoU;
pub use surface::EmptyMask;
pub use surface_dice::SurfaceDice;
pub use volume_difference::{RelativeVolumeDifference, VolumeDifference};

/// The parts from which the metrics of this family are built: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, but most programs do not need them. Use them to write a metric that
/// shares them, or a function that is generic over metrics of this family.
///
/// [`SampleOverlap`] measures an [`OverlapFormula`] of each sample, and [`PooledOverlap`] of all pixels together;
/// [`SampleMasks`] measures a [`MaskFormula`].
pub mod parts {
    pub use super::average::{SampleAverage, ScoreAverage};
    pub use super::average_surface_distance::MeanDistance;
    pub use super::boundary_iou::BoundaryOverlap;
    pub use super::dice_score::Dice;
    pub use super::generalized_dice_score::GeneralizedDice;
    pub use super::hausdorff_distance::Hausdorff;
    pub use super::mask_measure::{MaskFormula, SampleMasks};
    pub use super::masks::MaskPair;
    pub use super::mean_iou::IntersectionOverUnion;
    pub use super::overlap::{
        Overlap, OverlapFormula, PooledFormula, PooledOverlap, PooledOverlaps, SampleOverlap,
    };
    pub use super::spacing::Spacing;
    pub use super::surface::{DistanceFormula, SurfaceFormula, Surfaces};
    pub use super::surface_dice::WithinTolerance;
    pub use super::task::SegmentationTask;
    pub use super::volume_difference::{RelativeVolumes, Volumes};
}

pub(crate) use parts::*;

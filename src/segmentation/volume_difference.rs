use serde::{Deserialize, Serialize};

use super::{
    AllPairs, Overlap, OverlapFormula, SampleAverage, SampleOverlap, ScoreAverage,
    SegmentationTask, spacing::Spacing,
};
use crate::{Bounds, Meta, Result, measure::SampleMetric};

/// The volume difference `| |P| - |T| |` of each class of each sample, averaged over all pairs of them.
///
/// `|P|` is the predicted and `|T|` the true volume of a class: its number of pixels or voxels, times the volume of
/// one, which [`spacing`](Self::spacing) sets. Lower is better; 0 says that the volumes are equal, wherever they are.
///
/// A class that is neither in the target nor in the prediction of a sample has no score there, and is left out.
///
/// Options: [`average`](Self::average): [`AllPairs`] (the default), [`PerClass`](crate::classification::PerClass) or
/// [`Macro`](crate::classification::Macro); [`signed`](Self::signed); [`spacing`](Self::spacing);
/// [`include_background`](Self::include_background), by default false; [`ignore_index`](Self::ignore_index) for void
/// pixels; the other reductions over samples. Inputs: [`SegmentationInput`](super::SegmentationInput), which may have
/// sample weights. Errors: [`MetricError`](crate::MetricError).
///
/// Source: Heimann et al., Comparison and Evaluation of Methods for Liver Segmentation From CT Datasets (2009).
///
/// # When to use
///
/// Use it where the volume itself matters, such as the size of a tumor or a ventricle. It does not compare positions: a
/// segmentation of the right size beside the organ has a difference of 0, so report it with a
/// [`DiceScore`](super::DiceScore). If sizes vary, use [`RelativeVolumeDifference`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[0, 1, 1], [0, 1, 1]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[0, 0, 1], [0, 0, 0]]], &device);
///
/// // Pixels of 0.5 mm x 2 mm.
/// let difference = VolumeDifference::new(2).spacing([0.5, 2.0]);
/// assert_eq!(difference.evaluate((preds.clone(), target.clone()))?, 3.0);
/// assert_eq!(RelativeVolumeDifference::new(2).evaluate((preds, target))?, 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type VolumeDifference<A = AllPairs> =
    SampleMetric<SampleOverlap<Volumes, A>, <A as SampleAverage>::Mean>;

/// The relative volume difference `| |P| - |T| | / |T|` of each class of each sample, averaged over all pairs of them.
///
/// It is 0 if the volumes are equal and infinite if a class is predicted that the target does not have. A class that is
/// in neither is left out. Everything else, and when to use it, is as for [`VolumeDifference`].
///
/// Options: [`average`](Self::average), [`signed`](Self::signed), [`include_background`](Self::include_background), by
/// default false, and [`ignore_index`](Self::ignore_index). Inputs: [`SegmentationInput`](super::SegmentationInput).
/// Errors: [`MetricError`](crate::MetricError).
///
/// Source: Heimann et al., Comparison and Evaluation of Methods for Liver Segmentation From CT Datasets (2009), as a
/// fraction instead of percent.
pub type RelativeVolumeDifference<A = AllPairs> =
    SampleMetric<SampleOverlap<RelativeVolumes, A>, <A as SampleAverage>::Mean>;

/// The formula of [`VolumeDifference`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Volumes {
    signed: bool,
    spacing: Spacing,
}

/// The formula of [`RelativeVolumeDifference`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelativeVolumes {
    signed: bool,
}

impl VolumeDifference {
    /// Creates the metric for `classes` classes. Class 0 is the background and has no score by default.
    pub fn new(classes: usize) -> Self {
        Self::of_overlap(Volumes::default(), SegmentationTask::new(classes, false))
    }
}

impl<A: SampleAverage> VolumeDifference<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: ScoreAverage>(self, average: B) -> VolumeDifference<B> {
        self.with_average(average)
    }

    /// Sets the distance between neighboring pixels along each dimension, by default 1.
    pub fn spacing(self, spacing: impl Into<Vec<f64>>) -> Self {
        self.with_formula(|formula| formula.spacing = Spacing::new(spacing))
    }

    /// Keeps the sign of the difference: positive if the prediction is larger. Values near 0 are then best.
    pub fn signed(self) -> Self {
        self.with_formula(|formula| formula.signed = true)
    }
}

impl RelativeVolumeDifference {
    /// Creates the metric for `classes` classes. Class 0 is the background and has no score by default.
    pub fn new(classes: usize) -> Self {
        let task = SegmentationTask::new(classes, false);
        Self::of_overlap(RelativeVolumes::default(), task)
    }
}

impl<A: SampleAverage> RelativeVolumeDifference<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: ScoreAverage>(self, average: B) -> RelativeVolumeDifference<B> {
        self.with_average(average)
    }

    /// Keeps the sign of the difference: positive if the prediction is larger. Values near 0 are then best.
    pub fn signed(self) -> Self {
        self.with_formula(|formula| formula.signed = true)
    }
}

fn meta(name: &'static str, signed: bool, least: f64) -> Meta {
    match signed {
        true => Meta::new(name)
            .within(Bounds::new(least, f64::INFINITY))
            .with("signed"),
        false => Meta::new(name).lower_is_better().within(Bounds::POSITIVE),
    }
}

impl OverlapFormula for Volumes {
    const AVERAGE: &'static str = <AllPairs as SampleAverage>::NAME;
    const BACKGROUND: bool = false;

    fn meta(&self) -> Meta {
        self.spacing
            .named(meta("Volume difference", self.signed, f64::NEG_INFINITY))
    }

    fn check(&self, dims: &[usize]) -> Result<()> {
        self.spacing.check(dims)
    }

    fn score(&self, class: &Overlap) -> f64 {
        let difference = (class.predicted - class.target) * self.spacing.volume();
        if self.signed {
            difference
        } else {
            difference.abs()
        }
    }
}

impl OverlapFormula for RelativeVolumes {
    const AVERAGE: &'static str = <AllPairs as SampleAverage>::NAME;
    const BACKGROUND: bool = false;

    fn meta(&self) -> Meta {
        meta("Relative volume difference", self.signed, -1.0)
    }

    fn score(&self, class: &Overlap) -> f64 {
        let difference = (class.predicted - class.target) / class.target;
        if self.signed {
            difference
        } else {
            difference.abs()
        }
    }
}

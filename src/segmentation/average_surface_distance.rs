use serde::{Deserialize, Serialize};

use super::{
    AllPairs, DistanceFormula, MaskFormula, MaskPair, SampleAverage, SampleMasks, ScoreAverage,
    SegmentationTask, SurfaceFormula, Surfaces,
};
use crate::{Bounds, Meta, Result, measure::SampleMetric};

/// The average distance between the predicted and the true surface of each class of each sample, averaged over all
/// pairs of them.
///
/// It is the mean distance from the pixels on either surface to the other surface (average symmetric surface distance,
/// ASSD). The surface of a mask consists of its pixels with a neighbor that is not in the mask. Lower is better.
///
/// A class that is neither in the target nor in the prediction of a sample has no distance there, and is left out. A
/// class in only one of them has an infinite distance unless [`empty_mask`](Self::empty_mask) says otherwise.
///
/// Options: [`directed`](Self::directed), [`distance_metric`](Self::distance_metric), [`spacing`](Self::spacing),
/// [`empty_mask`](Self::empty_mask); [`average`](Self::average): [`AllPairs`] (the default),
/// [`PerClass`](crate::classification::PerClass) or [`Macro`](crate::classification::Macro);
/// [`include_background`](Self::include_background), by default false; [`ignore_index`](Self::ignore_index) for void
/// pixels; the other reductions over samples. Inputs: [`SegmentationInput`](super::SegmentationInput) of images,
/// volumes or any number of dimensions; it may have sample weights. Errors: [`MetricError`](crate::MetricError).
///
/// Source: Heimann et al., Comparison and Evaluation of Methods for Liver Segmentation From CT Datasets (2009); MONAI's
/// `compute_average_surface_distance`, whose default is [`directed`](Self::directed). DeepMind's surface-distance
/// weights each pixel of a surface by its area, so its numbers differ.
///
/// # When to use
///
/// Use it to say how far a boundary is off on average, in pixels or millimeters, which is easier to understand than a
/// measure of overlap. A part that is far off hardly changes the mean of a long surface: report the
/// [`HausdorffDistance`](super::HausdorffDistance), too.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[1, 0, 0, 0], [1, 0, 0, 1]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[1, 0, 0, 0], [1, 0, 0, 0]]], &device);
///
/// // One of five pixels is 3 away.
/// let distance = AverageSurfaceDistance::new(2);
/// assert_eq!(distance.evaluate((preds.clone(), target.clone()))?, 0.6);
/// assert_eq!(distance.directed().evaluate((preds, target))?, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "ASD")]
#[doc(alias = "ASSD")]
pub type AverageSurfaceDistance<A = AllPairs> =
    SampleMetric<SampleMasks<MeanDistance, A>, <A as SampleAverage>::Mean>;

/// The formula of [`AverageSurfaceDistance`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanDistance {
    surfaces: Surfaces,
    directed: bool,
}

impl AverageSurfaceDistance {
    /// Creates the metric for `classes` classes. Class 0 is the background and has no distance by default.
    pub fn new(classes: usize) -> Self {
        Self::of_masks(MeanDistance::default(), classes)
    }
}

impl<A: SampleAverage> AverageSurfaceDistance<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: ScoreAverage>(self, average: B) -> AverageSurfaceDistance<B> {
        self.with_average(average)
    }

    /// Uses only the distances from the predicted to the true surface, so that missed parts do not count.
    pub fn directed(self) -> Self {
        self.with_formula(|formula| formula.directed = true)
    }
}

impl MaskFormula for MeanDistance {
    fn meta(&self) -> Meta {
        let meta = Meta::new("Average surface distance")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        self.surfaces.named(meta.with_if(self.directed, "directed"))
    }

    fn check(&self, _task: &SegmentationTask, dims: &[usize]) -> Result<()> {
        self.surfaces.check(dims)
    }

    fn score(&self, _class: usize, masks: &MaskPair, dims: &[usize]) -> f64 {
        self.surfaces.distance(masks, dims, |surfaces| {
            let mut distances = surfaces.preds_to_target();
            if !self.directed {
                distances.extend(surfaces.target_to_preds());
            }
            distances.iter().sum::<f64>() / distances.len() as f64
        })
    }
}

impl SurfaceFormula for MeanDistance {
    fn surfaces_mut(&mut self) -> &mut Surfaces {
        &mut self.surfaces
    }
}

impl DistanceFormula for MeanDistance {}

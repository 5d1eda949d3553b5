use serde::{Deserialize, Serialize};

use super::{
    AllPairs, Overlap, OverlapFormula, PooledFormula, SampleAverage, SampleOverlap,
    SegmentationTask,
};
use crate::{Bounds, Meta, measure::SampleMetric};

/// The mean intersection over union: `|P ∩ T| / |P ∪ T|` of each class of each sample, averaged over all pairs of them.
///
/// `P` is the set of pixels that are predicted to be of a class, and `T` the set of pixels that are of the class.
/// Values range from 0 to 1, and higher is better. It is the [Jaccard index](crate::classification::JaccardIndex) of
/// pixels.
///
/// **Papers and benchmarks mean [`MeanIoU::new(classes).global()`](Self::global)**, which pools the pixels of all
/// images before it averages over the classes. The default is that of TorchMetrics.
///
/// A class that is neither in the target nor in the prediction of a sample has no score there, and is left out. A class
/// in only one of them has a score of 0.
///
/// Options: [`average`](Self::average): [`AllPairs`] (the default), [`PerClass`](crate::classification::PerClass),
/// [`Macro`](crate::classification::Macro) (first over the classes of a sample, then over samples),
/// [`Micro`](crate::classification::Micro) or [`Weighted`](crate::classification::Weighted) (frequency-weighted);
/// [`global`](Self::global); [`include_background`](Self::include_background), by default true;
/// [`ignore_index`](Self::ignore_index) for void pixels; the other reductions over samples. Inputs:
/// [`SegmentationInput`](super::SegmentationInput), which may have sample weights. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective (2015), for the pooled value;
/// TorchMetrics' `MeanIoU`. There, a class that no sample has is -1 in a value per class; here, it is NaN.
///
/// # When to use
///
/// Use it for semantic segmentation with many classes. Every class counts the same, so a rare class with few pixels can
/// move the mean a lot; show the value [per class](crate::classification::PerClass), too. Say which of the averages you
/// report: the mean over images is often several points away from the pooled value. Wrong boundaries of large objects
/// hardly change it; use [`BoundaryIoU`](super::BoundaryIoU) for them.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[0, 1], [1, 1]], [[0, 0], [0, 0]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[0, 1], [0, 1]], [[0, 0], [0, 255]]], &device);
///
/// let iou = MeanIoU::new(2).ignore_index(255);
/// let of_pairs = iou.evaluate((preds.clone(), target.clone()))?;
/// assert!((of_pairs - (1.0 / 2.0 + 2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-12);
///
/// let of_pixels = iou.global().evaluate((preds, target))?;
/// assert!((of_pixels - (4.0 / 5.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "mIoU")]
#[doc(alias = "Jaccard")]
pub type MeanIoU<A = AllPairs> =
    SampleMetric<SampleOverlap<IntersectionOverUnion, A>, <A as SampleAverage>::Mean>;

/// The formula of [`MeanIoU`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntersectionOverUnion {}

impl MeanIoU {
    /// Creates the metric for `classes` classes, of which 0 is the background.
    pub fn new(classes: usize) -> Self {
        Self::of_overlap(
            IntersectionOverUnion {},
            SegmentationTask::new(classes, true),
        )
    }
}

impl<A: SampleAverage> MeanIoU<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: SampleAverage>(self, average: B) -> MeanIoU<B> {
        self.with_average(average)
    }
}

impl OverlapFormula for IntersectionOverUnion {
    const AVERAGE: &'static str = <AllPairs as SampleAverage>::NAME;

    fn meta(&self) -> Meta {
        Meta::new("Mean IoU")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, class: &Overlap) -> f64 {
        class.intersection / class.union()
    }
}

impl PooledFormula for IntersectionOverUnion {}

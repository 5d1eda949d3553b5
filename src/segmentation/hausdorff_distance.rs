use serde::{Deserialize, Serialize};

use super::{
    AllPairs, DistanceFormula, MaskFormula, MaskPair, SampleAverage, SampleMasks, ScoreAverage,
    SegmentationTask, SurfaceFormula, Surfaces,
};
use crate::{Bounds, Meta, MetricError, Result, measure::SampleMetric};

/// The Hausdorff distance between the predicted and the true surface of each class of each sample, averaged over all
/// pairs of them.
///
/// It is the largest distance from a pixel on one surface to the other surface. The surface of a mask consists of its
/// pixels with a neighbor that is not in the mask. Lower is better.
///
/// With [`percentile(95.0)`](Self::percentile), it is the 95% Hausdorff distance (HD95): the distance that 95% of the
/// pixels of a surface do not exceed, computed for both surfaces, of which the larger one counts.
///
/// A class that is neither in the target nor in the prediction of a sample has no distance there, and is left out. A
/// class in only one of them has an infinite distance unless [`empty_mask`](Self::empty_mask) says otherwise.
///
/// Options: [`percentile`](Self::percentile), [`directed`](Self::directed), [`distance_metric`](Self::distance_metric),
/// [`spacing`](Self::spacing), [`empty_mask`](Self::empty_mask); [`average`](Self::average): [`AllPairs`] (the
/// default), [`PerClass`](crate::classification::PerClass) or [`Macro`](crate::classification::Macro);
/// [`include_background`](Self::include_background), by default false; [`ignore_index`](Self::ignore_index) for void
/// pixels; the other reductions over samples, such as [`median`](Self::median). Inputs:
/// [`SegmentationInput`](super::SegmentationInput) of images, volumes or any number of dimensions; it may have sample
/// weights. Errors: [`MetricError`].
///
/// Source: Huttenlocher, Klanderman and Rucklidge, Comparing Images Using the Hausdorff Distance (1993); TorchMetrics'
/// `HausdorffDistance`; MONAI's `compute_hausdorff_distance` for percentiles. TorchMetrics raises an error or returns
/// wrong distances for masks that are not square, for volumes and for empty masks.
///
/// # When to use
///
/// Use it, beside a measure of overlap, where a boundary must not be far off anywhere, such as in radiotherapy. A
/// single wrong pixel can determine its value, so the 95% Hausdorff distance is reported more often; it hides up to 5%
/// of a surface. Set the [`spacing`](Self::spacing) of volumes, whose slices are often further apart than their pixels.
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
/// let distance = HausdorffDistance::new(2);
/// assert_eq!(distance.evaluate((preds.clone(), target.clone()))?, 3.0);
/// // Millimeters.
/// assert_eq!(distance.spacing([1.0, 0.5]).evaluate((preds, target))?, 1.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "HD95")]
pub type HausdorffDistance<A = AllPairs> =
    SampleMetric<SampleMasks<Hausdorff, A>, <A as SampleAverage>::Mean>;

/// The formula of [`HausdorffDistance`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hausdorff {
    surfaces: Surfaces,
    percentile: f64,
    directed: bool,
}

impl HausdorffDistance {
    /// Creates the metric for `classes` classes. Class 0 is the background and has no distance by default.
    pub fn new(classes: usize) -> Self {
        let formula = Hausdorff {
            surfaces: Surfaces::default(),
            percentile: 100.0,
            directed: false,
        };
        Self::of_masks(formula, classes)
    }
}

impl<A: SampleAverage> HausdorffDistance<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: ScoreAverage>(self, average: B) -> HausdorffDistance<B> {
        self.with_average(average)
    }

    /// Sets the percentile of the distances, from 0 to 100. The default is 100, the largest distance.
    ///
    /// It is interpolated linearly between two distances. Each direction has its own percentile, and the larger one
    /// counts.
    pub fn percentile(self, percentile: f64) -> Self {
        self.with_formula(|formula| formula.percentile = percentile)
    }

    /// Uses only the distances from the predicted to the true surface, so that missed parts do not count.
    pub fn directed(self) -> Self {
        self.with_formula(|formula| formula.directed = true)
    }
}

impl MaskFormula for Hausdorff {
    fn meta(&self) -> Meta {
        let mut meta = Meta::new("Hausdorff distance");
        if self.percentile != 100.0 {
            meta = meta.named(format!("{}% Hausdorff distance", self.percentile));
        }
        let meta = meta.lower_is_better().within(Bounds::POSITIVE);
        self.surfaces.named(meta.with_if(self.directed, "directed"))
    }

    fn check(&self, _task: &SegmentationTask, dims: &[usize]) -> Result<()> {
        let valid = (0.0..=100.0).contains(&self.percentile);
        MetricError::check_option("percentile", self.percentile, valid, "from 0 to 100")?;
        self.surfaces.check(dims)
    }

    fn score(&self, _class: usize, masks: &MaskPair, dims: &[usize]) -> f64 {
        self.surfaces.distance(masks, dims, |distances| {
            let of_preds = percentile(distances.preds_to_target(), self.percentile);
            match self.directed {
                true => of_preds,
                false => of_preds.max(percentile(distances.target_to_preds(), self.percentile)),
            }
        })
    }
}

/// A percentile of numbers, interpolated linearly.
fn percentile(mut numbers: Vec<f64>, percentile: f64) -> f64 {
    if percentile == 100.0 {
        return numbers.into_iter().fold(0.0, f64::max);
    }
    let at = percentile / 100.0 * (numbers.len() - 1) as f64;
    let (_, below, above) = numbers.select_nth_unstable_by(at as usize, f64::total_cmp);
    let below = *below;
    match above.iter().copied().min_by(f64::total_cmp) {
        None => below,
        Some(above) => below + at.fract() * (above - below),
    }
}

impl SurfaceFormula for Hausdorff {
    fn surfaces_mut(&mut self) -> &mut Surfaces {
        &mut self.surfaces
    }
}

impl DistanceFormula for Hausdorff {}

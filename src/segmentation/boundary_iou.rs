use serde::{Deserialize, Serialize};

use super::{
    AllPairs, DistanceMetric, MaskFormula, MaskPair, SampleAverage, SampleMasks, ScoreAverage,
    SegmentationTask, distance::DistanceMap, masks::next,
};
use crate::{Bounds, Meta, MetricError, Result, measure::SampleMetric};

/// The boundary IoU of each class of each sample, averaged over all pairs of them: the intersection over union of the
/// predicted and the true boundary.
///
/// The boundary of a mask consists of its pixels that are at most `d` pixels away, in the chessboard metric, from a
/// pixel that is not in the mask. Positions outside the image are not in the mask. By default, `d` is 2% of the
/// diagonal of the image, rounded, and at least 1. Values range from 0 to 1, and higher is better.
///
/// A class that is neither in the target nor in the prediction of a sample has no score there, and is left out. A class
/// in only one of them has a score of 0.
///
/// Options: [`ratio`](Self::ratio) or [`distance`](Self::distance); [`average`](Self::average): [`AllPairs`] (the
/// default), [`PerClass`](crate::classification::PerClass) or [`Macro`](crate::classification::Macro);
/// [`include_background`](Self::include_background), by default false; [`ignore_index`](Self::ignore_index) for void
/// pixels; the other reductions over samples. Inputs: [`SegmentationInput`](super::SegmentationInput) of images,
/// volumes or any number of dimensions; it may have sample weights. Errors: [`MetricError`].
///
/// Source: Cheng et al., Boundary IoU: Improving Object-Centric Image Segmentation Evaluation (2021), and its reference
/// implementation.
///
/// # When to use
///
/// Use it where objects are large, so that [`MeanIoU`](super::MeanIoU) is near 1 even if boundaries are wrong. For
/// objects that are not thicker than `2 d`, it is the IoU of the whole mask. Values for different `d` are not
/// comparable.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let target = Tensor::<3, Int>::ones([1, 5, 5], &device);
/// let preds = target.clone().slice_fill([0..1, 2..3, 2..3], 0);
///
/// // The boundary of the target is its outermost ring of 16 pixels; that of the prediction surrounds the hole as well.
/// assert_eq!(BoundaryIoU::new(2).evaluate((preds, target))?, 16.0 / 24.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type BoundaryIoU<A = AllPairs> =
    SampleMetric<SampleMasks<BoundaryOverlap, A>, <A as SampleAverage>::Mean>;

/// The default width of a boundary, as a share of the diagonal.
const RATIO: f64 = 0.02;

/// The formula of [`BoundaryIoU`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoundaryOverlap {
    /// The width of a boundary as a share of the diagonal of the sample.
    ratio: f64,
    /// The width of a boundary in pixels, which replaces the ratio.
    distance: Option<u32>,
}

impl BoundaryIoU {
    /// Creates the metric for `classes` classes. Class 0 is the background and has no score by default.
    pub fn new(classes: usize) -> Self {
        let formula = BoundaryOverlap {
            ratio: RATIO,
            distance: None,
        };
        Self::of_masks(formula, classes)
    }
}

impl<A: SampleAverage> BoundaryIoU<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: ScoreAverage>(self, average: B) -> BoundaryIoU<B> {
        self.with_average(average)
    }

    /// Sets the width of the boundary as a share of the diagonal of the image, by default 0.02. It is rounded to whole
    /// pixels, at least 1.
    pub fn ratio(self, ratio: f64) -> Self {
        self.with_formula(|formula| (formula.ratio, formula.distance) = (ratio, None))
    }

    /// Sets the width of the boundary in pixels, at least 1.
    pub fn distance(self, pixels: u32) -> Self {
        self.with_formula(|formula| formula.distance = Some(pixels))
    }
}

impl BoundaryOverlap {
    /// The width of the boundary in pixels, for a sample with these dimensions.
    fn pixels(&self, dims: &[usize]) -> f64 {
        if let Some(pixels) = self.distance {
            return f64::from(pixels);
        }
        let diagonal = dims.iter().map(|n| (n * n) as f64).sum::<f64>().sqrt();
        (self.ratio * diagonal).round_ties_even().max(1.0)
    }
}

impl MaskFormula for BoundaryOverlap {
    fn meta(&self) -> Meta {
        let meta = Meta::new("Boundary IoU")
            .higher_is_better()
            .within(Bounds::UNIT);
        match self.distance {
            Some(pixels) => meta.with(format_args!("{pixels} pixels")),
            None if self.ratio == RATIO => meta,
            None => meta.with(format_args!("ratio {}", self.ratio)),
        }
    }

    fn check(&self, _task: &SegmentationTask, _dims: &[usize]) -> Result<()> {
        match self.distance {
            Some(pixels) => {
                MetricError::check_option("distance", pixels, pixels > 0, "at least 1 pixel")
            }
            None => {
                let valid = self.ratio > 0.0 && self.ratio.is_finite();
                MetricError::check_option("ratio", self.ratio, valid, "a positive number")
            }
        }
    }

    fn score(&self, _class: usize, masks: &MaskPair, dims: &[usize]) -> f64 {
        let width = self.pixels(dims);
        let preds = boundary(&masks.preds, &masks.dims, width);
        let target = boundary(&masks.target, &masks.dims, width);
        let both = preds.iter().zip(&target);
        let intersection = both.clone().filter(|(p, t)| **p && **t).count();
        let union = both.filter(|(p, t)| **p || **t).count();
        intersection as f64 / union as f64
    }
}

/// The pixels of a mask that are at most `width` away from a pixel that is not in it.
fn boundary(mask: &[bool], dims: &[usize], width: f64) -> Vec<bool> {
    let sites: Vec<bool> = mask.iter().map(|is_there| !is_there).collect();
    let spacing = vec![1.0; dims.len()];
    let map = DistanceMap::new(&sites, dims, &spacing, DistanceMetric::Chessboard);
    let mut distances = map.distances(mask).into_iter();
    let mut place = vec![0; dims.len()];
    let mut boundary = Vec::with_capacity(mask.len());
    for is_there in mask {
        // The distance from the positions outside the box.
        let sides = place.iter().zip(dims).map(|(i, n)| (i + 1).min(n - i));
        let outside = sides.min().unwrap_or_default() as f64;
        let is_near = |distance: f64| distance.min(outside) <= width;
        boundary.push(*is_there && distances.next().is_some_and(is_near));
        next(&mut place, dims.iter().map(|n| 0..*n));
    }
    boundary
}

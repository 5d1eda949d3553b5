use serde::{Deserialize, Serialize};

use super::{
    AllPairs, MaskFormula, MaskPair, SampleAverage, SampleMasks, ScoreAverage, SegmentationTask,
    SurfaceFormula, Surfaces,
};
use crate::{Bounds, Meta, MetricError, Result, measure::SampleMetric};

/// The surface Dice at a tolerance of each class of each sample, averaged over all pairs of them: the share of the
/// predicted and the true surface that is within the tolerance of the other one.
///
/// The surface of a mask consists of its pixels with a neighbor that is not in the mask. Values range from 0 to 1, and
/// higher is better. It is also known as normalized surface distance (NSD).
///
/// A class that is neither in the target nor in the prediction of a sample has no score there, and is left out. A class
/// in only one of them has a score of 0.
///
/// Options: [`tolerances`](Self::tolerances) per class, [`distance_metric`](Self::distance_metric),
/// [`spacing`](Self::spacing); [`average`](Self::average): [`AllPairs`] (the default),
/// [`PerClass`](crate::classification::PerClass) or [`Macro`](crate::classification::Macro);
/// [`include_background`](Self::include_background), by default false; [`ignore_index`](Self::ignore_index) for void
/// pixels; the other reductions over samples. Inputs: [`SegmentationInput`](super::SegmentationInput) of images,
/// volumes or any number of dimensions; it may have sample weights. Errors: [`MetricError`].
///
/// Source: Nikolov et al., Deep Learning to Achieve Clinically Applicable Segmentation of Head and Neck Anatomy for
/// Radiotherapy (2018); MONAI's `compute_surface_dice` without subvoxels, which counts the pixels of surfaces.
/// DeepMind's surface-distance weights each pixel of a surface by its area, so its numbers differ slightly.
///
/// # When to use
///
/// Use it where people correct segmentations by hand: it is the share of the surface that needs no correction. Its
/// value depends on the tolerance, so choose one that experts agree on, such as the distance between the segmentations
/// of two experts, and report it.
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
/// // One of five pixels is further than 2 away.
/// assert_eq!(SurfaceDice::new(2, 2.0).evaluate((preds, target))?, 0.8);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "NSD")]
pub type SurfaceDice<A = AllPairs> =
    SampleMetric<SampleMasks<WithinTolerance, A>, <A as SampleAverage>::Mean>;

/// The formula of [`SurfaceDice`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithinTolerance {
    surfaces: Surfaces,
    /// One for all classes, or one per class that is scored.
    tolerances: Vec<f64>,
}

impl SurfaceDice {
    /// Creates the metric for `classes` classes. Class 0 is the background and has no score by default. Pixels of a
    /// surface that are at most `tolerance` away from the other surface count as right.
    pub fn new(classes: usize, tolerance: f64) -> Self {
        let formula = WithinTolerance {
            surfaces: Surfaces::default(),
            tolerances: vec![tolerance],
        };
        Self::of_masks(formula, classes)
    }
}

impl<A: SampleAverage> SurfaceDice<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: ScoreAverage>(self, average: B) -> SurfaceDice<B> {
        self.with_average(average)
    }

    /// Sets a tolerance for each class that is scored, in the order of the classes.
    pub fn tolerances(self, tolerances: impl Into<Vec<f64>>) -> Self {
        self.with_formula(|formula| formula.tolerances = tolerances.into())
    }
}

impl MaskFormula for WithinTolerance {
    fn meta(&self) -> Meta {
        let tolerances: Vec<String> = self.tolerances.iter().map(f64::to_string).collect();
        let meta = Meta::new("Surface Dice")
            .higher_is_better()
            .within(Bounds::UNIT)
            .with(format_args!("tolerance {}", tolerances.join(" ")));
        self.surfaces.named(meta)
    }

    fn check(&self, task: &SegmentationTask, dims: &[usize]) -> Result<()> {
        let classes = task.scored().len();
        let valid = |tolerance: &f64| *tolerance >= 0.0 && tolerance.is_finite();
        let valid =
            [1, classes].contains(&self.tolerances.len()) && self.tolerances.iter().all(valid);
        let expected = match classes {
            1 => "1 finite number that is not negative".to_owned(),
            _ => format!(
                "1 or {classes} finite numbers that are not negative, one per class with a score"
            ),
        };
        MetricError::check_option(
            "tolerances",
            format!("{:?}", self.tolerances),
            valid,
            expected,
        )?;
        self.surfaces.check(dims)
    }

    fn score(&self, class: usize, masks: &MaskPair, _dims: &[usize]) -> f64 {
        if masks.has_empty() {
            return 0.0;
        }
        let tolerance = self.tolerances.get(class).unwrap_or(&self.tolerances[0]);
        let surfaces = self.surfaces.between(masks);
        let distances = [surfaces.preds_to_target(), surfaces.target_to_preds()].concat();
        let within = distances.iter().filter(|distance| *distance <= tolerance);
        within.count() as f64 / distances.len() as f64
    }
}

impl SurfaceFormula for WithinTolerance {
    fn surfaces_mut(&mut self) -> &mut Surfaces {
        &mut self.surfaces
    }
}

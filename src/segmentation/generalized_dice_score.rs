use serde::{Deserialize, Serialize};

use super::{
    Overlap, OverlapFormula, PooledFormula, SampleAverage, SampleOverlap, SegmentationTask,
};
use crate::{
    Bounds, Meta,
    classification::{Average, Micro, PerClass},
    measure::SampleMetric,
};

/// The generalized Dice score of each sample, in which small classes have large weights, averaged over the samples:
/// `2 Σ w |P ∩ T| / Σ w (|P| + |T|)`.
///
/// The sums are over the classes of a sample. `P` is the set of pixels that are predicted to be of a class, and `T` the
/// set of pixels that are of the class. The [weight](WeightType) `w` of a class is by default `1 / |T|²`. A class that
/// is only predicted has the largest weight of the classes in the target. Values range from 0 to 1, and higher is
/// better. A sample without any class is left out.
///
/// Options: [`weight_type`](Self::weight_type); [`per_class`](Self::per_class); [`global`](Self::global);
/// [`include_background`](Self::include_background), by default true; [`ignore_index`](Self::ignore_index) for void
/// pixels; the other reductions over samples. Inputs: [`SegmentationInput`](super::SegmentationInput), which may have
/// sample weights. Errors: [`MetricError`](crate::MetricError).
///
/// Source: Sudre et al., Generalised Dice Overlap as a Deep Learning Loss Function for Highly Unbalanced Segmentations
/// (2017); MONAI's `compute_generalized_dice`. TorchMetrics' `GeneralizedDiceScore` gives the same value if each sample
/// has all classes. Otherwise it takes the weight of a missing class from other samples of the batch, so its value
/// depends on how the data is divided into batches. Per class, it counts a class that does not occur in a sample as 0;
/// here, it is left out.
///
/// # When to use
///
/// Use it to get one number for classes of very different sizes, or to report what a loss of the same name optimizes.
/// The smallest class of an image has the most influence on its score: if it has few pixels, the score is mostly noise.
/// A macro [`DiceScore`](super::DiceScore) is easier to explain.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
/// use burn_metrics::segmentation::WeightType;
///
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[0, 0, 0], [0, 0, 1]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[0, 0, 0], [0, 1, 1]]], &device);
///
/// let dice = GeneralizedDiceScore::new(2).weight_type(WeightType::Linear);
/// assert_eq!(dice.evaluate((preds, target))?, 2.0 * (4.0 + 1.0) / (9.0 + 3.0));
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type GeneralizedDiceScore<A = Micro> =
    SampleMetric<SampleOverlap<GeneralizedDice, A>, <A as SampleAverage>::Mean>;

/// The formula of [`GeneralizedDiceScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneralizedDice {
    weight_type: WeightType,
}

/// The weight of a class with `t` pixels in a [`GeneralizedDiceScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightType {
    /// `1 / t²`.
    #[default]
    Square,
    /// `1 / t`.
    Simple,
    /// 1 for all classes.
    Linear,
}

impl WeightType {
    fn weight(self, target: f64) -> f64 {
        match self {
            Self::Square => 1.0 / (target * target),
            Self::Simple => 1.0 / target,
            Self::Linear => 1.0,
        }
    }
}

impl GeneralizedDiceScore {
    /// Creates the metric for `classes` classes, of which 0 is the background.
    pub fn new(classes: usize) -> Self {
        let task = SegmentationTask::new(classes, true);
        Self::of_overlap(GeneralizedDice::default(), task)
    }

    /// Returns the score of each class, in which its weight cancels out: it equals the Dice score of the class.
    pub fn per_class(self) -> GeneralizedDiceScore<PerClass> {
        self.with_average(PerClass)
    }
}

impl<A: SampleAverage> GeneralizedDiceScore<A> {
    /// Sets the weights of the classes.
    pub fn weight_type(self, weight_type: WeightType) -> Self {
        self.with_formula(|formula| formula.weight_type = weight_type)
    }
}

impl OverlapFormula for GeneralizedDice {
    const AVERAGE: &'static str = <Micro as Average>::NAME;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Generalized Dice score")
            .higher_is_better()
            .within(Bounds::UNIT);
        match self.weight_type {
            WeightType::Square => meta,
            WeightType::Simple => meta.with("simple weights"),
            WeightType::Linear => meta.with("linear weights"),
        }
    }

    fn score(&self, class: &Overlap) -> f64 {
        2.0 * class.intersection / (class.predicted + class.target)
    }

    fn pooled(&self, classes: &[Overlap]) -> f64 {
        let weights = classes
            .iter()
            .map(|class| self.weight_type.weight(class.target));
        let largest = weights
            .clone()
            .filter(|weight| weight.is_finite())
            .fold(0.0, f64::max);
        // Nothing is in the target.
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for (class, weight) in classes.iter().zip(weights) {
            let weight = if weight.is_finite() { weight } else { largest };
            numerator += weight * 2.0 * class.intersection;
            denominator += weight * (class.predicted + class.target);
        }
        numerator / denominator
    }
}

impl PooledFormula for GeneralizedDice {}

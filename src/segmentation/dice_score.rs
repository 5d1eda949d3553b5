use serde::{Deserialize, Serialize};

use super::{
    Overlap, OverlapFormula, PooledFormula, SampleAverage, SampleOverlap, SegmentationTask,
};
use crate::{
    Bounds, Meta,
    classification::{Average, Macro},
    measure::SampleMetric,
};

/// The Dice score of each sample, averaged over the samples: `2 |P ∩ T| / (|P| + |T|)`.
///
/// `P` is the set of pixels that are predicted to be of a class, and `T` the set of pixels that are of the class.
/// Values range from 0 to 1, and higher is better. It is the F1 score of pixels, also known as Sørensen-Dice
/// coefficient.
///
/// A class that is neither in the target nor in the prediction of a sample has no score there: it is left out of all
/// averages, and a sample without any class is left out as well. A class in only one of them has a score of 0.
///
/// Options: [`average`](Self::average) over the classes: [`Micro`](crate::classification::Micro), [`Macro`] (the
/// default), [`Weighted`](crate::classification::Weighted), [`PerClass`](crate::classification::PerClass) or
/// [`AllPairs`](super::AllPairs); [`global`](Self::global); [`include_background`](Self::include_background), by
/// default true; [`ignore_index`](Self::ignore_index) for void pixels; the other reductions over samples, such as
/// [`median`](Self::median) and [`per_sample`](Self::per_sample). Inputs:
/// [`SegmentationInput`](super::SegmentationInput), which may have sample weights. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Dice, Measures of the Amount of Ecologic Association Between Species (1945); TorchMetrics' `DiceScore`,
/// whose `aggregation_level="global"` is [`global`](Self::global). burn-train's Dice metric is
/// `average(Micro).global()` without background. Its epsilon makes two empty masks a perfect match; here, they have no
/// value.
///
/// # When to use
///
/// Use it where images have few and small objects, as in medical imaging, where it is the usual measure. The score of a
/// small object changes a lot with a few pixels, so compare only scores of objects of similar size. It says nothing
/// about the shape of a boundary: add [`HausdorffDistance`](super::HausdorffDistance) or
/// [`SurfaceDice`](super::SurfaceDice). A micro average that includes the background is close to 1 whatever the model
/// does. For a single mask, it ranks predictions as [`MeanIoU`](super::MeanIoU) does.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<3, Int>::from_ints([[[0, 1, 1], [0, 1, 2]]], &device);
/// let target = Tensor::<3, Int>::from_ints([[[0, 0, 1], [0, 1, 2]]], &device);
///
/// let dice = DiceScore::new(3).average(PerClass);
/// assert_eq!(dice.evaluate((preds, target))?, [0.8, 0.8, 1.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[doc(alias = "F1")]
pub type DiceScore<A = Macro> = SampleMetric<SampleOverlap<Dice, A>, <A as SampleAverage>::Mean>;

/// The formula of [`DiceScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dice {}

impl DiceScore {
    /// Creates the metric for `classes` classes, of which 0 is the background, with the [`Macro`] average.
    pub fn new(classes: usize) -> Self {
        Self::of_overlap(Dice {}, SegmentationTask::new(classes, true))
    }
}

impl<A: SampleAverage> DiceScore<A> {
    /// Sets the average over the classes of a sample.
    pub fn average<B: SampleAverage>(self, average: B) -> DiceScore<B> {
        self.with_average(average)
    }
}

impl OverlapFormula for Dice {
    const AVERAGE: &'static str = <Macro as Average>::NAME;

    fn meta(&self) -> Meta {
        Meta::new("Dice score")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn score(&self, class: &Overlap) -> f64 {
        2.0 * class.intersection / (class.predicted + class.target)
    }
}

impl PooledFormula for Dice {}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors},
};
use crate::{Bounds, Meta};

/// The harmonic mean of precision and recall: `2 tp / (2 tp + fp + fn)`.
///
/// Values range from 0 to 1, and higher is better. The default average is [`Macro`](super::Macro).
/// [`FBeta`](super::FBeta) gives more weight to precision or to recall.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `F1Score`; scikit-learn's `f1_score`, with sample weights.
///
/// # When to use
///
/// Use it when the class of interest is rare and precision and recall matter equally. It ignores true negatives, so it
/// depends on which class is called positive and on how frequent that class is;
/// [`MatthewsCorrCoef`](super::MatthewsCorrCoef) uses all four counts. It also depends on the threshold;
/// [`AveragePrecision`](super::AveragePrecision) does not.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.9, 0.8, 0.3, 0.2, 0.6], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 1, 0, 0], &device);
///
/// assert_eq!(F1::binary().evaluate((scores, target))?, 2.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct F1 {}

constructors!(F1, Macro);
aliases!(
    F1,
    Macro,
    BinaryF1Score,
    MulticlassF1Score,
    MultilabelF1Score
);

impl Formula for F1 {
    fn meta(&self) -> Meta {
        Meta::new("F1 score")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        (
            2.0 * c.true_positives,
            2.0 * c.true_positives + c.false_positives + c.false_negatives,
        )
    }
}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors},
};
use crate::{Bounds, Meta};

/// Of the elements that are not of a class, the fraction that is not predicted to be: `tn / (tn + fp)`. Also
/// known as true negative rate.
///
/// From 0 to 1, higher is better; by default the macro average. The weighted average weighs a class by the
/// elements that are of it, as the reference does.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task
/// ([`Options`](super::Options)). Inputs: [`ClassificationInput`](super::ClassificationInput).
/// Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `Specificity`.
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
/// assert_eq!(Specificity::binary().evaluate((scores, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specificity {}

constructors!(Specificity, Macro);
aliases!(
    Specificity,
    Macro,
    BinarySpecificity,
    MulticlassSpecificity,
    MultilabelSpecificity
);

impl Formula for Specificity {
    fn meta(&self) -> Meta {
        Meta::new("Specificity")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        (c.true_negatives, c.true_negatives + c.false_positives)
    }
}

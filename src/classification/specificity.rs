use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors},
};
use crate::{Bounds, Meta};

/// The fraction of the elements outside a class that are predicted to be outside it: `tn / (tn + fp)`.
///
/// It is also known as true negative rate. Values range from 0 to 1, and higher is better. The default average is
/// [`Macro`](super::Macro). The weighted average weights a class by the number of its elements, as TorchMetrics does.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `Specificity`.
///
/// # When to use
///
/// Use it together with [`Recall`](super::Recall) when false alarms among negatives matter, such as in medical tests;
/// neither depends on how frequent positives are. If negatives are much more frequent than positives, most alarms can
/// be false although the specificity is close to 1, which [`Precision`](super::Precision) shows.
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

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors, occurs_with_top_k},
};
use crate::{Bounds, Meta};

/// The fraction of the negative predictions that are correct: `tn / (tn + fn)`.
///
/// A negative prediction says that an element is not of the class. Values range from 0 to 1, and higher is better. The
/// default average is [`Macro`](super::Macro). The weighted average weights a class by the number of its elements, as
/// TorchMetrics does.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `NegativePredictiveValue`.
///
/// # When to use
///
/// Use it when decisions rely on negative predictions, such as a test that rules out a disease. It depends on how
/// frequent positives are: if they are rare, it is close to 1 even for a useless classifier, so report
/// [`Recall`](super::Recall) with it.
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
/// assert_eq!(NegativePredictiveValue::binary().evaluate((scores, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NegativePredictiveValue {}

constructors!(NegativePredictiveValue, Macro);
aliases!(
    NegativePredictiveValue,
    Macro,
    BinaryNegativePredictiveValue,
    MulticlassNegativePredictiveValue,
    MultilabelNegativePredictiveValue
);

impl Formula for NegativePredictiveValue {
    fn meta(&self) -> Meta {
        Meta::new("Negative predictive value")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        (c.true_negatives, c.true_negatives + c.false_negatives)
    }

    fn occurs(&self, counts: &ClassCounts, top_k: usize) -> bool {
        occurs_with_top_k(counts, top_k)
    }
}

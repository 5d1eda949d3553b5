use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors, occurs_with_top_k},
};
use crate::{Bounds, Meta};

/// The fraction of elements that are predicted right.
///
/// Binary and multilabel: `(tp + tn) / (tp + fp + tn + fn)`. Multiclass: `tp / (tp + fn)`, which pooled over
/// classes ([`Micro`](super::Micro), the default) is the fraction of right elements, and for a class is its
/// recall; its [`Macro`](super::Macro) average is known as balanced accuracy. From 0 to 1, higher is better.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task
/// ([`Options`](super::Options)). Inputs: [`ClassificationInput`](super::ClassificationInput).
/// Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `Accuracy`, which for `task="multiclass"` has the same default, while its
/// `MulticlassAccuracy` averages as `Macro`; scikit-learn's `accuracy_score`, with sample weights.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1], [0.2, 0.3, 0.5]], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 2], &device);
///
/// let batch = (scores, target);
/// assert_eq!(Accuracy::multiclass(3).evaluate(batch.clone())?, 2.0 / 3.0);
/// assert_eq!(Accuracy::multiclass(3).top_k(2).evaluate(batch.clone())?, 1.0);
/// assert_eq!(Accuracy::multiclass(3).average(PerClass).evaluate(batch)?, [0.0, 0.5, 1.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accuracy {}

constructors!(Accuracy, Micro);
aliases!(
    Accuracy,
    Micro,
    BinaryAccuracy,
    MulticlassAccuracy,
    MultilabelAccuracy
);

impl Formula for Accuracy {
    const AVERAGE: &'static str = <super::Micro as super::Average>::NAME;

    fn meta(&self) -> Meta {
        Meta::new("Accuracy")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, exclusive: bool) -> (f64, f64) {
        if exclusive {
            (c.true_positives, c.support())
        } else {
            (c.true_positives + c.true_negatives, c.total())
        }
    }

    fn occurs(&self, counts: &ClassCounts, top_k: usize) -> bool {
        occurs_with_top_k(counts, top_k)
    }
}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors, occurs_with_top_k},
};
use crate::{Bounds, Meta};

/// The fraction of elements that are predicted correctly.
///
/// For binary and multilabel tasks, it is `(tp + tn) / (tp + fp + tn + fn)`. For multiclass tasks, it is
/// `tp / (tp + fn)`. Pooled over the classes ([`Micro`](super::Micro), the default), this is the fraction of correct
/// elements; for a single class, it is the recall of the class. The [`Macro`](super::Macro) average is known as
/// balanced accuracy. Values range from 0 to 1, and higher is better.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `Accuracy`, which has the same default for `task="multiclass"`, while its `MulticlassAccuracy`
/// uses the `Macro` average; scikit-learn's `accuracy_score`, with sample weights.
///
/// # When to use
///
/// Use it when all mistakes cost the same and the classes are about equally frequent. If one class is much more
/// frequent than the others, a model that always predicts it has a high accuracy. In that case, use the `Macro`
/// average, [`F1`](super::F1) or [`MatthewsCorrCoef`](super::MatthewsCorrCoef).
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

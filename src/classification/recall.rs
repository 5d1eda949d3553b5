use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors, occurs_with_top_k},
};
use crate::{Bounds, Meta};

/// The fraction of the elements of a class that are predicted to be of it: `tp / (tp + fn)`.
///
/// It is also known as sensitivity or true positive rate. Values range from 0 to 1, and higher is better. The default
/// average is [`Macro`](super::Macro). A class that does not occur has a recall of 0 by default.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `Recall`; scikit-learn's `recall_score`, with sample weights.
///
/// # When to use
///
/// Use it when missed positives are expensive, such as in medical screening. A model that predicts everything to be
/// positive has a recall of 1, so report [`Precision`](super::Precision) or [`Specificity`](super::Specificity) with
/// it. The micro average of a multiclass task equals the [`Accuracy`](super::Accuracy).
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
/// assert_eq!(Recall::binary().threshold(0.7).evaluate((scores, target))?, 2.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {}

constructors!(Recall, Macro);
aliases!(
    Recall,
    Macro,
    BinaryRecall,
    MulticlassRecall,
    MultilabelRecall
);

impl Formula for Recall {
    fn meta(&self) -> Meta {
        Meta::new("Recall").higher_is_better().within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        (c.true_positives, c.support())
    }

    fn occurs(&self, counts: &ClassCounts, top_k: usize) -> bool {
        occurs_with_top_k(counts, top_k)
    }
}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, Task,
    formula::{Formula, aliases, constructors},
};
use crate::{Bounds, Meta};

/// The overlap of the elements that are of a class with those that are predicted to be, also known as
/// intersection over union: `tp / (tp + fp + fn)`.
///
/// From 0 to 1, higher is better; by default the macro average. If the ignored index is one of the classes, that
/// class takes no part in micro and macro averages; in those of other scores it does, where it is predicted.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task
/// ([`Options`](super::Options)). Inputs: [`ClassificationInput`](super::ClassificationInput).
/// Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `JaccardIndex`; scikit-learn's `jaccard_score`, with sample weights. TorchMetrics also
/// takes an ignored index of a multilabel task for the number of a label and leaves that label out, and gives NaN
/// for a weighted or macro average without any weight; here the label stays and the value is 0.
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
/// assert_eq!(JaccardIndex::binary().evaluate((scores, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JaccardIndex {}

constructors!(JaccardIndex, Macro);
aliases!(
    JaccardIndex,
    Macro,
    BinaryJaccardIndex,
    MulticlassJaccardIndex,
    MultilabelJaccardIndex
);

impl Formula for JaccardIndex {
    fn meta(&self) -> Meta {
        Meta::new("Jaccard index")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        (
            c.true_positives,
            c.true_positives + c.false_positives + c.false_negatives,
        )
    }

    fn left_out<T: Task>(&self, task: &T) -> Option<usize> {
        task.ignored_class()
    }
}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, Task,
    formula::{Formula, aliases, constructors},
};
use crate::{Bounds, Meta};

/// The overlap of the elements of a class and the elements predicted to be of it: `tp / (tp + fp + fn)`.
///
/// It is also known as intersection over union. Values range from 0 to 1, and higher is better. The default average is
/// [`Macro`](super::Macro). If the ignored index is one of the classes, that class is left out of micro and macro
/// averages; other scores keep it in their averages if it is predicted.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `JaccardIndex`; scikit-learn's `jaccard_score`, with sample weights. For a multilabel task,
/// TorchMetrics also interprets the ignored index as the number of a label and leaves that label out. It returns NaN
/// for a weighted or macro average in which nothing has weight. Here, the label stays, and the value is 0.
///
/// # When to use
///
/// Use it for segmentation, where it is the usual measure of overlap, and for sets of labels. For one class it ranks
/// models exactly as [`F1`](super::F1) does and is never higher (`J = F1 / (2 - F1)`), so there is no need to report
/// both. Micro averages are dominated by large classes such as the background, while the value of a class with few
/// elements varies strongly.
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

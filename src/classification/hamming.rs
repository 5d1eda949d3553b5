use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors},
};
use crate::{Bounds, Meta};

/// The fraction of elements that are predicted wrongly: 1 minus [`Accuracy`](super::Accuracy).
///
/// For binary and multilabel tasks, it is `(fp + fn) / (tp + fp + tn + fn)`. For multiclass tasks, it is
/// `fn / (tp + fn)`. The default average is [`Micro`](super::Micro), which pools the classes. Values range from 0 to 1,
/// and lower is better. If the denominator is 0, the distance is 1, as in TorchMetrics.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `HammingDistance`; scikit-learn's `hamming_loss`, with sample weights.
///
/// # When to use
///
/// Use it for multilabel tasks in which every label counts, as it gives credit for partly correct predictions, unlike
/// [`ExactMatch`](super::ExactMatch). If few of many labels apply to an element, the distance is small even for a model
/// that predicts no label; [`F1`](super::F1) and [`JaccardIndex`](super::JaccardIndex) ignore true negatives and show
/// this.
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
/// assert_eq!(HammingDistance::binary().evaluate((scores, target))?, 0.4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HammingDistance {}

constructors!(HammingDistance, Micro);
aliases!(
    HammingDistance,
    Micro,
    BinaryHammingDistance,
    MulticlassHammingDistance,
    MultilabelHammingDistance
);

impl Formula for HammingDistance {
    const AVERAGE: &'static str = <super::Micro as super::Average>::NAME;

    const ZERO_DIVISION: f64 = 1.0;

    fn meta(&self) -> Meta {
        Meta::new("Hamming distance")
            .lower_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, exclusive: bool) -> (f64, f64) {
        if exclusive {
            (c.false_negatives, c.support())
        } else {
            (c.false_positives + c.false_negatives, c.total())
        }
    }
}

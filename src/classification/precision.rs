use serde::{Deserialize, Serialize};

use super::{
    ClassCounts,
    formula::{Formula, aliases, constructors, occurs_with_top_k},
};
use crate::{Bounds, Meta};

/// The fraction of the positive predictions that are correct: `tp / (tp + fp)`.
///
/// It is also known as positive predictive value. A positive prediction says that an element is of the class. Values
/// range from 0 to 1, and higher is better. The default average is [`Macro`](super::Macro). A class that is never
/// predicted has a precision of 0 by default.
///
/// Options: [`average`](super::Score::average), [`samplewise`](super::Score::samplewise),
/// [`zero_division`](super::Score::zero_division), and those of the task ([`Options`](super::Options)). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `Precision`; scikit-learn's `precision_score`, with sample weights.
///
/// # When to use
///
/// Use it when false alarms are expensive, such as in a spam filter. A model can reach a high precision by predicting
/// only the few positives that it is sure of, so report [`Recall`](super::Recall) with it. Precision depends on how
/// frequent positives are: the same model has a lower precision where they are rarer.
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
/// assert_eq!(Precision::binary().evaluate((scores, target))?, 2.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precision {}

constructors!(Precision, Macro);
aliases!(
    Precision,
    Macro,
    BinaryPrecision,
    MulticlassPrecision,
    MultilabelPrecision
);

impl Formula for Precision {
    fn meta(&self) -> Meta {
        Meta::new("Precision")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        (c.true_positives, c.predicted())
    }

    fn occurs(&self, counts: &ClassCounts, top_k: usize) -> bool {
        occurs_with_top_k(counts, top_k)
    }
}

use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassCounts, Macro, Micro, Multiclass, Multilabel, Score,
    formula::{Formula, aliases},
};
use crate::{Bounds, Meta, MetricError, Result};

/// The weighted harmonic mean of precision and recall, in which recall counts `beta` times as much as precision.
///
/// It is `(1 + beta²) tp / ((1 + beta²) tp + beta² fn + fp)`. Values range from 0 to 1, and higher is better. The
/// default average is [`Macro`]. For a `beta` of 1, it is [`F1`](super::F1).
///
/// Options: [`average`](Score::average), [`samplewise`](Score::samplewise), [`zero_division`](Score::zero_division),
/// and those of the task ([`Options`](super::Options)). Inputs: [`ClassificationInput`](super::ClassificationInput).
/// Errors: [`MetricError`](crate::MetricError).
///
/// Source: van Rijsbergen, Information Retrieval (1979), chapter 7; TorchMetrics' `FBetaScore`; scikit-learn's
/// `fbeta_score`, with sample weights.
///
/// # When to use
///
/// Use it when one kind of error is worse than the other: a `beta` above 1 if missed positives are worse, and below 1
/// if false alarms are worse. Values for different `beta` are not comparable. Like [`F1`](super::F1), it ignores true
/// negatives.
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
/// // Precision and recall are both 2/3, so that their weights do not matter.
/// let f2 = FBeta::binary(2.0).evaluate((scores, target))?;
/// assert!((f2 - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FBeta {
    beta: f64,
}

aliases!(
    FBeta,
    Macro,
    BinaryFBetaScore,
    MulticlassFBetaScore,
    MultilabelFBetaScore
);

impl FBeta {
    /// Creates the formula alone, for [`Score::new`].
    pub fn new(beta: f64) -> Self {
        Self { beta }
    }

    /// Creates the metric for two classes.
    pub fn binary(beta: f64) -> Score<Self, Binary, Micro> {
        Score::new(Self::new(beta), Binary::new(), Micro)
    }

    /// Creates the metric for `classes` classes, with the [`Macro`] average.
    pub fn multiclass(beta: f64, classes: usize) -> Score<Self, Multiclass, Macro> {
        Score::new(Self::new(beta), Multiclass::new(classes), Macro)
    }

    /// Creates the metric for `labels` labels, with the [`Macro`] average.
    pub fn multilabel(beta: f64, labels: usize) -> Score<Self, Multilabel, Macro> {
        Score::new(Self::new(beta), Multilabel::new(labels), Macro)
    }
}

impl Formula for FBeta {
    fn meta(&self) -> Meta {
        Meta::new("F-beta score")
            .named(format!("F{} score", self.beta))
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn check(&self) -> Result<()> {
        let valid = self.beta.is_finite() && self.beta >= 0.0;
        MetricError::check_option("beta", self.beta, valid, "a finite number from 0")
    }

    fn quotient(&self, c: &ClassCounts, _exclusive: bool) -> (f64, f64) {
        let beta2 = self.beta * self.beta;
        let hits = (1.0 + beta2) * c.true_positives;
        (hits, hits + beta2 * c.false_negatives + c.false_positives)
    }
}

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, MacroFormula, Points,
    ranked::{curve_aliases, curve_constructors, mean},
};
use crate::{Bounds, Meta};

/// The area under the [precision-recall curve](super::PrecisionRecallCurve), computed in steps.
///
/// It is the mean of the precisions at each threshold, weighted by the increase in recall: `Σ (Rₙ - Rₙ₋₁) Pₙ`. Values
/// range from 0 to 1, and higher is better; a random ranking scores about the share of positives. The default average
/// is [`Macro`](crate::classification::Macro), over the classes, each against the rest. The value of a class without
/// positives is NaN, and averages leave it out; TorchMetrics counts it as 0 for labels and for binned curves, as
/// [`MacroOfAll`](super::MacroOfAll) does. It is an error if no class has positives, and for a binary task and the micro
/// average if there are none.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](crate::classification::Options::ignore_index),
/// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `AveragePrecision`; scikit-learn's `average_precision_score`, with sample weights.
///
/// # When to use
///
/// Use it if positives are rare, or if the top of the ranking matters, such as in search: false alarms among the
/// highest scores lower it much more than they lower the [`Auroc`](super::Auroc). Its chance level is the share of
/// positives, so do not compare values between data sets or classes with different shares.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.75, 0.5, 0.4, 0.25], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 0, 1, 0], &device);
///
/// assert_eq!(AveragePrecision::binary().evaluate((scores, target))?, 0.5 + 0.5 * 2.0 / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AveragePrecision {}

impl AveragePrecision {
    /// Creates the formula alone.
    pub fn new() -> Self {
        Self {}
    }
}

curve_constructors!(AveragePrecision, Macro);
curve_aliases!(
    AveragePrecision,
    Macro,
    BinaryAveragePrecision,
    MulticlassAveragePrecision,
    MultilabelAveragePrecision
);

impl CurveFormula for AveragePrecision {
    type Value = f64;

    const NEEDS_NEGATIVES: bool = false;

    fn meta(&self) -> Meta {
        Meta::new("Average precision")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn value(&self, curve: &Arc<Points>) -> f64 {
        let (mut sum, mut before) = (0.0, 0.0);
        if curve.positives() == 0.0 {
            return f64::NAN;
        }
        for point in curve.scores() {
            let predicted = point.tp + point.fp;
            if predicted > 0.0 {
                sum += (point.tp - before) * (point.tp / predicted);
            }
            before = point.tp;
        }
        if sum == 0.0 {
            0.0
        } else {
            sum / curve.positives()
        }
    }
}

impl MacroFormula for AveragePrecision {
    fn macro_average(&self, classes: &[Arc<Points>]) -> f64 {
        mean(classes.iter().map(|class| (self.value(class), 1.0)))
    }
}

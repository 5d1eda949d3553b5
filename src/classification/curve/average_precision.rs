use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, MacroFormula, Points,
    ranked::{curve_aliases, curve_constructors, mean},
};
use crate::{Bounds, Meta};

/// The area under the [precision-recall curve](super::PrecisionRecallCurve), in steps: the mean of the precisions at
/// each threshold, weighted by the rise in recall.
///
/// `Σ (Rₙ - Rₙ₋₁) Pₙ`. From 0 to 1, higher is better; the share of positives is chance. By default the macro average
/// over the classes, each against the rest. Without positives it is, as in the reference, NaN and left out of averages
/// for exact multiclass curves, and else 0; a single curve without them is an error.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](super::Ranked::ignore_index), [`from_logits`](super::Ranked::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `AveragePrecision`; scikit-learn's `average_precision_score`, with sample weights.
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
    /// The formula alone.
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
            let recall = curve.scores().next_back().map(|point| curve.recall(&point));
            return if curve.is_exact() && recall.is_none_or(f64::is_nan) {
                f64::NAN
            } else {
                0.0
            };
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

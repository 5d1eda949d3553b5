use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, MacroFormula, Points, RocCurve,
    ranked::{curve_aliases, curve_constructors},
};
use crate::Direction;

/// The equal error rate: where the [ROC curve](super::Roc) has as many false positives as false negatives, in
/// rates.
///
/// At the point where `FPR` and `1 - TPR` are nearest, the first of several, their mean. From 0 to 1, lower is better;
/// 0.5 is chance. By default one value a class; [`Macro`](crate::classification::Macro) is that of the
/// averaged curve.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](super::Ranked::ignore_index), [`from_logits`](super::Ranked::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `EER`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.75, 0.4, 0.5, 0.25], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 0, 0], &device);
///
/// assert_eq!(Eer::binary().evaluate((scores, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eer {}

impl Eer {
    /// The formula alone.
    pub fn new() -> Self {
        Self {}
    }
}

curve_constructors!(Eer, PerClass);
curve_aliases!(Eer, PerClass, BinaryEER, MulticlassEER, MultilabelEER);

/// Of the first point at which the rates `(fpr, tpr)` are nearest to equal errors.
fn equal_error(points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let errors = points.map(|(fpr, tpr)| (fpr, 1.0 - tpr));
    let nearest = errors.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
    nearest.map_or(f64::NAN, |(fpr, fnr)| (fpr + fnr) / 2.0)
}

impl CurveFormula for Eer {
    type Value = f64;

    const DIRECTION: Direction = Direction::LowerIsBetter;

    fn name(&self) -> Cow<'static, str> {
        "EER".into()
    }

    fn value(&self, curve: &Points) -> f64 {
        equal_error(curve.from_origin().map(|p| (curve.fpr(&p), curve.tpr(&p))))
    }
}

impl MacroFormula for Eer {
    fn macro_average(&self, classes: &[Points]) -> f64 {
        let curves: Vec<_> = classes.iter().map(RocCurve::of).collect();
        let RocCurve { fpr, tpr, .. } = RocCurve::mean(&curves);
        equal_error(fpr.into_iter().zip(tpr))
    }
}

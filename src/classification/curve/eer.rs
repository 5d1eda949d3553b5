use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, MacroFormula, Point, Points, RocCurve,
    ranked::{curve_aliases, curve_constructors},
};
use crate::{Bounds, Meta};

/// The equal error rate (EER): the error rate at the threshold where the false positive and false negative rates are
/// equal.
///
/// It is the mean of `FPR` and `1 - TPR` at the point of the [ROC curve](super::Roc) where the two are nearest, or at
/// the first of several such points. Values range from 0 to 1, and lower is better; 0.5 is chance level. By default,
/// there is one value per class. The [`Macro`](crate::classification::Macro) average is the equal error rate of the
/// averaged curve of the classes that have positives and negatives.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](crate::classification::Options::ignore_index),
/// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `EER`.
///
/// # When to use
///
/// Use it for verification, for example of speakers or faces, where it is the usual summary. It treats both kinds of
/// errors as equally bad, which few applications do. If one of the two rates is given, use
/// [`SensitivityAtSpecificity`](super::SensitivityAtSpecificity) or
/// [`SpecificityAtSensitivity`](super::SpecificityAtSensitivity).
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
    /// Creates the formula alone.
    pub fn new() -> Self {
        Self {}
    }
}

curve_constructors!(Eer, PerClass);
curve_aliases!(Eer, PerClass, BinaryEER, MulticlassEER, MultilabelEER);

/// The mean of the false positive and false negative rates `(fpr, fnr)` at the first point with the smallest
/// `distance`.
fn equal_error<P: Copy>(
    points: impl Iterator<Item = P>,
    distance: impl Fn(P) -> f64,
    errors: impl Fn(P) -> (f64, f64),
) -> f64 {
    let nearest = points.min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    nearest.map_or(f64::NAN, |point| {
        let (fpr, fnr) = errors(point);
        (fpr + fnr) / 2.0
    })
}

impl CurveFormula for Eer {
    const AVERAGE: &'static str =
        <crate::classification::PerClass as crate::classification::Average>::NAME;
    type Value = f64;

    fn meta(&self) -> Meta {
        Meta::new("EER").lower_is_better().within(Bounds::UNIT)
    }

    fn value(&self, curve: &Arc<Points>) -> f64 {
        let (positives, negatives) = (curve.positives(), curve.negatives());
        // The rates are cross-multiplied, so that rounding does not decide between points that are equally near.
        let distance = |p: Point| match positives > 0.0 && negatives > 0.0 {
            true => (p.fp * positives - (positives - p.tp) * negatives).abs(),
            false => (curve.fpr(&p) + curve.tpr(&p) - 1.0).abs(),
        };
        let errors = |p: Point| (curve.fpr(&p), 1.0 - curve.tpr(&p));
        equal_error(curve.from_origin(), distance, errors)
    }
}

impl MacroFormula for Eer {
    fn macro_average(&self, classes: &[Arc<Points>]) -> f64 {
        let curves: Vec<_> = classes.iter().map(RocCurve::of).collect();
        let RocCurve { fpr, tpr, .. } = RocCurve::mean(&curves);
        let distance = |(fpr, tpr): (f64, f64)| (fpr + tpr - 1.0).abs();
        let errors = |(fpr, tpr): (f64, f64)| (fpr, 1.0 - tpr);
        let points = fpr.iter().copied().zip(tpr.iter().copied());
        equal_error(points, distance, errors)
    }
}

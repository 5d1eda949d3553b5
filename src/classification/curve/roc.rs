use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Column, CurveFormula, MacroFormula, Points, Rule,
    area::area,
    interpolation::{ascending, interpolate},
    ranked::{curve_aliases, curve_constructors},
};
use crate::{Bounds, Meta, Value};

/// The receiver operating characteristic (ROC): the true positive rate and the false positive rate at each threshold.
///
/// The value is a [`RocCurve`], or one per class. An exact curve starts at (0, 0), with a threshold of 1 (or infinity,
/// if there are scores above 1), and has one point per distinct score. A binned curve has one point per threshold and
/// may start elsewhere. By default, there is one curve per class. [`Micro`](crate::classification::Micro) pools the
/// scores of all classes. [`Macro`](crate::classification::Macro) averages the curves of the classes, interpolated at
/// all of their false positive rates; classes without positives or without negatives are left out.
///
/// The true positive rates of a class without positives and the false positive rates of a class without negatives are
/// 0, as in TorchMetrics. For a binary task and for the micro average, it is an error if there are no positives or no
/// negatives. [`auc`](super::auc) computes the area under a curve.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](crate::classification::Options::ignore_index),
/// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Fawcett, An introduction to ROC analysis (2006); TorchMetrics' `ROC`; scikit-learn's `roc_curve`, with
/// sample weights.
///
/// # When to use
///
/// Use it to choose a threshold, or to compare classifiers at all thresholds; it does not depend on how frequent
/// positives are. If positives are rare, a curve that looks good can still mean that most alarms are false, which
/// [`PrecisionRecallCurve`](super::PrecisionRecallCurve) shows. [`Auroc`](super::Auroc) summarizes the curve in one
/// number.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.75, 0.5, 0.5, 0.25], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 0, 0], &device);
///
/// let curve = Roc::binary().evaluate((scores, target))?;
/// assert_eq!(curve.fpr, [0.0, 0.0, 0.5, 1.0]);
/// assert_eq!(curve.tpr, [0.0, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.thresholds, [1.0, 0.75, 0.5, 0.25]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roc {}

impl Roc {
    /// Creates the formula alone.
    pub fn new() -> Self {
        Self {}
    }
}

curve_constructors!(Roc, PerClass);
curve_aliases!(Roc, PerClass, BinaryROC, MulticlassROC, MultilabelROC);

/// A ROC curve, in order of falling threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RocCurve {
    /// The false positive rates, from 0 to 1: `[points]`.
    pub fpr: Column,
    /// The true positive rates, from 0 to 1: `[points]`.
    pub tpr: Column,
    /// The thresholds: `[points]`. Scores that are not below a threshold are predicted to be positive.
    pub thresholds: Column,
}

impl RocCurve {
    pub(super) fn of(curve: &Arc<Points>) -> Self {
        Self {
            fpr: Column::of(curve, |c| c.from_origin().map(|p| c.fpr(&p)).collect()),
            tpr: Column::of(curve, |c| c.from_origin().map(|p| c.tpr(&p)).collect()),
            thresholds: Column::of(curve, |c| c.from_origin().map(|p| p.threshold).collect()),
        }
    }

    /// The mean of several curves, at all of their false positive rates.
    pub(super) fn mean(curves: &[Self]) -> Self {
        let sorted =
            |values: fn(&Self) -> &Column| ascending(curves.iter().flat_map(values).copied());
        let (fpr, mut thresholds) = (
            sorted(|curve| &curve.fpr),
            sorted(|curve| &curve.thresholds),
        );
        thresholds.reverse();
        let mut tpr = vec![0.0; fpr.len()];
        for curve in curves {
            let values = interpolate(&fpr, &curve.fpr, &curve.tpr);
            tpr.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value / curves.len() as f64);
        }
        Self {
            fpr: fpr.into(),
            tpr: tpr.into(),
            thresholds: thresholds.into(),
        }
    }
}

/// The number to log is the area under the curve. Points are for plotting: there can be one for each sample.
impl Value for RocCurve {
    fn entries(&self) -> Vec<(String, f64)> {
        let rates = self.fpr.iter().copied().zip(self.tpr.iter().copied());
        let corners = |last| [(0.0, 0.0)].into_iter().chain(rates).chain(last);
        let area = match (self.fpr.last(), self.tpr.last()) {
            // Without positives or without negatives there is no curve.
            (Some(fpr), Some(tpr)) if *fpr > 0.0 && *tpr > 0.0 => {
                area(corners([(1.0, 1.0)]), Rule::Trapezoid)
            }
            _ => f64::NAN,
        };
        vec![("area".to_owned(), area)]
    }

    fn report(&self) -> String {
        format!("ROC curve of {} points", self.fpr.len())
    }
}

impl CurveFormula for Roc {
    const AVERAGE: &'static str =
        <crate::classification::PerClass as crate::classification::Average>::NAME;
    type Value = RocCurve;

    fn meta(&self) -> Meta {
        Meta::new("ROC").within(Bounds::UNIT)
    }

    fn value(&self, curve: &Arc<Points>) -> RocCurve {
        RocCurve::of(curve)
    }
}

impl MacroFormula for Roc {
    fn macro_average(&self, classes: &[Arc<Points>]) -> RocCurve {
        RocCurve::mean(&classes.iter().map(RocCurve::of).collect::<Vec<_>>())
    }
}

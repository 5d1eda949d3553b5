use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Column, CurveFormula, MacroFormula, Points,
    interpolation::ascending,
    ranked::{curve_aliases, curve_constructors},
};
use crate::{Bounds, Meta, Value};

/// The precision-recall curve: the precision and the recall at each threshold.
///
/// The value is a [`PrCurve`], or one per class. Its points are in order of rising threshold, so recall falls. The last
/// point has a precision of 1, a recall of 0 and no threshold. An exact curve has one point per distinct score. By
/// default, there is one curve per class. [`Micro`](crate::classification::Micro) pools the scores of all classes.
/// [`Macro`](crate::classification::Macro) averages the precisions of the classes at each recall, so that the area under
/// the curve is the macro average precision; classes without positives are left out. TorchMetrics interpolates recall over
/// precision instead, although precision does not always rise with the threshold, and so gives recalls outside 0 to 1.
///
/// The recall of a class without positives is NaN (1 for exact curves of labels), as in TorchMetrics. For a binary task
/// and for the micro average, it is an error if there are no positives. The precision at a threshold that no score
/// reaches, which only binned curves have, is NaN.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](crate::classification::Options::ignore_index),
/// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `PrecisionRecallCurve`; scikit-learn's `precision_recall_curve`, with sample weights.
///
/// # When to use
///
/// Use it to choose a threshold if positives are rare, since it shows how many alarms are false for each share of
/// positives found. It depends on how frequent positives are, so do not compare curves between data sets with different
/// shares of positives; [`Roc`](super::Roc) does not depend on it. [`AveragePrecision`](super::AveragePrecision)
/// summarizes the curve in one number.
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
/// let curve = PrecisionRecallCurve::binary().evaluate((scores, target))?;
/// assert_eq!(curve.precision, [0.5, 2.0 / 3.0, 1.0, 1.0]);
/// assert_eq!(curve.recall, [1.0, 1.0, 0.5, 0.0]);
/// assert_eq!(curve.thresholds, [0.25, 0.5, 0.75]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrecisionRecallCurve {}

impl PrecisionRecallCurve {
    /// Creates the formula alone.
    pub fn new() -> Self {
        Self {}
    }
}

curve_constructors!(PrecisionRecallCurve, PerClass);
curve_aliases!(
    PrecisionRecallCurve,
    PerClass,
    BinaryPrecisionRecallCurve,
    MulticlassPrecisionRecallCurve,
    MultilabelPrecisionRecallCurve
);

/// A precision-recall curve, in order of rising threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrCurve {
    /// The precisions, from 0 to 1, followed by a 1: `[points + 1]`.
    pub precision: Column,
    /// The recalls, from 0 to 1, followed by a 0: `[points + 1]`.
    pub recall: Column,
    /// The thresholds: `[points]`. Scores that are not below a threshold are predicted to be positive.
    pub thresholds: Column,
}

impl PrCurve {
    pub(super) fn of(curve: &Arc<Points>) -> Self {
        Self {
            precision: Column::of(curve, |c| {
                let precisions = c.scores().rev().map(|p| p.tp / (p.tp + p.fp));
                precisions.chain([1.0]).collect()
            }),
            recall: Column::of(curve, |c| {
                let recalls = c.scores().rev().map(|p| c.recall(&p));
                recalls.chain([0.0]).collect()
            }),
            thresholds: Column::of(curve, |c| c.points().rev().map(|p| p.threshold).collect()),
        }
    }
}

/// The number to log is the area under the curve, which is the average precision. Points are for plotting: there can be
/// one for each sample.
impl Value for PrCurve {
    fn entries(&self) -> Vec<(String, f64)> {
        // From a recall of 0 upwards, each step with the precision of its upper end.
        let points = self.recall.iter().zip(&self.precision).rev();
        let mut last = 0.0;
        let steps = points.filter_map(|(recall, precision)| {
            let step = recall - last;
            last = *recall;
            match (step != 0.0, *precision == 0.0) {
                (false, _) => None,
                // Only without positives does recall rise while nothing is found.
                (true, true) => Some(f64::NAN),
                (true, false) => Some(step * precision),
            }
        });
        vec![("area".to_owned(), steps.sum())]
    }

    fn report(&self) -> String {
        format!("precision-recall curve of {} points", self.precision.len())
    }
}

impl CurveFormula for PrecisionRecallCurve {
    const AVERAGE: &'static str =
        <crate::classification::PerClass as crate::classification::Average>::NAME;
    type Value = PrCurve;

    const NEEDS_NEGATIVES: bool = false;

    fn meta(&self) -> Meta {
        Meta::new("Precision-recall curve").within(Bounds::UNIT)
    }

    fn value(&self, curve: &Arc<Points>) -> PrCurve {
        PrCurve::of(curve)
    }
}

impl MacroFormula for PrecisionRecallCurve {
    fn macro_average(&self, classes: &[Arc<Points>]) -> PrCurve {
        let recalls = classes
            .iter()
            .flat_map(|c| c.scores().map(|p| c.recall(&p)));
        let mut recall = ascending([0.0].into_iter().chain(recalls));
        recall.dedup();
        let mut precision = vec![0.0; recall.len()];
        for class in classes {
            for (sum, precision) in precision.iter_mut().zip(precisions(class, &recall)) {
                *sum += precision / classes.len() as f64;
            }
        }
        let thresholds = classes.iter().flat_map(|c| c.points().map(|p| p.threshold));
        let thresholds = ascending(thresholds);
        // By rising threshold.
        recall.reverse();
        precision.reverse();
        PrCurve {
            precision: precision.into(),
            recall: recall.into(),
            thresholds: thresholds.into(),
        }
    }
}

/// The precision of a class at each of the ascending recalls: that of the highest threshold that reaches it, and 1 at a
/// recall of 0.
///
/// It is constant between the recalls of neighbouring points, as in the average precision, so that the area under the mean of such
/// curves is the mean of the average precisions.
fn precisions(class: &Points, recalls: &[f64]) -> Vec<f64> {
    let mut points = class.scores();
    let (mut reached, mut precision) = (0.0, 1.0);
    let at = recalls.iter().map(|recall| {
        while reached < *recall {
            let Some(point) = points.next() else { break };
            (reached, precision) = (class.recall(&point), point.tp / (point.tp + point.fp));
        }
        precision
    });
    at.collect()
}

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, MacroFormula, Points, Ranked, Resolution, Rule,
    area::area,
    ranked::{curve_aliases, curve_constructors, mean},
};
use crate::{Bounds, Meta, MetricError, Result, classification::ScoredTask};

/// The area under the [ROC curve](super::Roc) over a range of false positive rates on a logarithmic scale.
///
/// The default range is from 0.001 to 0.1. The area is divided by the width of the range on the logarithmic scale, so
/// values range from 0 to 1, and higher is better. The default average is [`Macro`](crate::classification::Macro), over
/// the classes, each against the rest; classes without positives or without negatives are left out.
///
/// Options: [`fpr_range`](super::Ranked::fpr_range), [`thresholds`](super::Ranked::thresholds),
/// [`average`](super::Ranked::average), [`ignore_index`](crate::classification::Options::ignore_index),
/// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`].
///
/// Source: Mysinger and Shoichet, Rapid context-dependent ligand desolvation in molecular docking (2010); TorchMetrics'
/// `LogAUC`.
///
/// # When to use
///
/// Use it when only the highest scores are acted on, such as in virtual screening, where few of many candidates are
/// tested. A random ranking scores about 0.02 in the default range, not 0.5. The lower end of the range needs enough
/// negatives: with fewer than 1000, a rate of 0.001 is less than one false positive, and the curve is interpolated
/// there.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.75, 0.5, 0.4, 0.25], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 0, 0], &device);
///
/// let area = LogAuc::binary().fpr_range(0.01, 0.5).evaluate((scores, target))?;
/// assert!((area - 1.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogAuc {
    fpr_range: (f64, f64),
}

impl LogAuc {
    /// Creates the formula alone.
    pub fn new() -> Self {
        Self {
            fpr_range: (0.001, 0.1),
        }
    }
}

impl Default for LogAuc {
    fn default() -> Self {
        Self::new()
    }
}

curve_constructors!(LogAuc, Macro);
curve_aliases!(
    LogAuc,
    Macro,
    BinaryLogAUC,
    MulticlassLogAUC,
    MultilabelLogAUC
);

impl<T: ScoredTask, A, R: Resolution> Ranked<LogAuc, T, A, R> {
    /// Sets the range of false positive rates, above 0 and up to 1.
    pub fn fpr_range(mut self, lower: f64, upper: f64) -> Self {
        self.formula.fpr_range = (lower, upper);
        self
    }
}

impl CurveFormula for LogAuc {
    type Value = f64;

    fn meta(&self) -> Meta {
        let (lower, upper) = self.fpr_range;
        let meta = Meta::new("LogAUC").higher_is_better().within(Bounds::UNIT);
        match self == &Self::new() {
            true => meta,
            false => meta.with(format!("FPR {lower} to {upper}")),
        }
    }

    fn check(&self) -> Result<()> {
        let (lower, upper) = self.fpr_range;
        if lower > 0.0 && lower < upper && upper <= 1.0 {
            return Ok(());
        }
        let expected = "0 < lower < upper <= 1";
        Err(MetricError::config(
            "fpr_range",
            expected,
            format!("({lower}, {upper})"),
        ))
    }

    fn value(&self, curve: &Arc<Points>) -> f64 {
        let (lower, upper) = self.fpr_range;
        let rate = |part: f64, all: f64| if all > 0.0 { part / all } else { 0.0 };
        let points: Vec<_> = (curve.corner_to_corner())
            .map(|(fp, tp)| (rate(fp, curve.negatives()), rate(tp, curve.positives())))
            .collect();
        let inside = points
            .iter()
            .filter(|(x, _)| lower <= *x && *x <= upper)
            .copied();
        let cut = [(lower, height(&points, lower))]
            .into_iter()
            .chain(inside)
            .chain([(upper, height(&points, upper))]);
        let scaled = cut.map(|(x, y)| (x.log10(), y));
        area(scaled, Rule::Trapezoid) / (upper.log10() - lower.log10())
    }
}

/// The height of the curve at `x`, on the segment that ends at the first point not below `x`, or on the last segment.
fn height(points: &[(f64, f64)], x: f64) -> f64 {
    let end = points.partition_point(|point| point.0 < x);
    let end = end.clamp(1, points.len() - 1);
    let ((x0, y0), (x1, y1)) = (points[end - 1], points[end]);
    y0 + (y1 - y0) / (x1 - x0) * (x - x0)
}

impl MacroFormula for LogAuc {
    fn macro_average(&self, classes: &[Arc<Points>]) -> f64 {
        mean(classes.iter().map(|class| (self.value(class), 1.0)))
    }
}

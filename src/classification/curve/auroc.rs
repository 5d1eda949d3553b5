use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, MacroFormula, Points, Ranked, Resolution, Rule,
    area::area,
    delong::DeLong,
    ranked::{curve_aliases, curve_constructors, mean},
};
use crate::{
    Bounds, Meta, MetricError, Result,
    classification::{Binary, Micro, PerClass, ScoredTask},
};

/// The area under the [ROC curve](super::Roc): the probability that a positive has a higher score than a negative.
///
/// Ties count half. Values range from 0 to 1, and higher is better; 0.5 is chance level. The default average is
/// [`Macro`](crate::classification::Macro), over the classes, each against the rest. A class without positives or
/// without negatives has no curve: its area is NaN, and macro averages leave it out. In TorchMetrics its area counts as 0, which
/// lowers the average; [`MacroOfAll`](super::MacroOfAll) does the same. It is an error if no class has both, and for a binary task
/// and the micro average if there are no positives or no negatives.
///
/// [`max_fpr`](Ranked::max_fpr) computes the partial area of a binary task, and
/// [`confidence_interval`](Ranked::confidence_interval) adds an interval. With
/// [`thresholds`](super::Ranked::thresholds), straight lines connect the first and the last point to the corners (0, 0)
/// and (1, 1), through which every ROC curve passes; TorchMetrics leaves out the area beyond the first and last
/// threshold.
///
/// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
/// [`ignore_index`](crate::classification::Options::ignore_index),
/// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
/// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`].
///
/// Source: Hanley and McNeil, The meaning and use of the area under a ROC curve (1982); TorchMetrics' `AUROC`;
/// scikit-learn's `roc_auc_score`, with sample weights.
///
/// # When to use
///
/// Use it to judge how well scores rank positives above negatives, without choosing a threshold. It does not depend on
/// how frequent positives are, so if they are rare, it can be close to 1 although most alarms are false;
/// [`AveragePrecision`](super::AveragePrecision) shows that. It does not measure whether the scores are calibrated;
/// [`CalibrationError`](crate::classification::CalibrationError) does.
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
/// assert_eq!(Auroc::binary().evaluate((scores.clone(), target.clone()))?, 0.875);
/// assert_eq!(Auroc::binary().thresholds(5).evaluate((scores, target))?, 0.875);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Auroc {
    max_fpr: Option<f64>,
}

impl Auroc {
    /// Creates the formula alone.
    pub fn new() -> Self {
        Self { max_fpr: None }
    }
}

curve_constructors!(Auroc, Macro);
curve_aliases!(Auroc, Macro, BinaryAUROC, MulticlassAUROC, MultilabelAUROC);

impl<R: Resolution> Ranked<Auroc, Binary, Micro, R> {
    /// Computes the area up to this false positive rate, scaled so that chance level is 0.5 and the best value is 1.
    ///
    /// Source: McClish, Analyzing a portion of the ROC curve (1989).
    pub fn max_fpr(mut self, fpr: f64) -> Self {
        self.formula.max_fpr = Some(fpr);
        self
    }

    /// Adds a confidence interval at this level, such as 0.95, by DeLong's method.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let scores = Tensor::<1>::from_floats([0.9, 0.8, 0.4, 0.6, 0.3, 0.1], &device);
    /// let target = Tensor::<1, Int>::from_ints([1, 1, 1, 0, 0, 0], &device);
    ///
    /// let area = Auroc::binary().confidence_interval(0.95).evaluate((scores, target))?;
    /// assert!(area.lower < area.value && area.value < area.upper);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn confidence_interval(self, level: f64) -> Ranked<DeLong, Binary, Micro, R> {
        let max_fpr = self.formula.max_fpr;
        self.with_formula(DeLong::new(level, max_fpr), Micro)
    }
}

impl<T: ScoredTask, R: Resolution> Ranked<Auroc, T, PerClass, R> {
    /// Adds a confidence interval at this level, such as 0.95, to the area of each class, by DeLong's method.
    pub fn confidence_interval(self, level: f64) -> Ranked<DeLong, T, PerClass, R> {
        let max_fpr = self.formula.max_fpr;
        self.with_formula(DeLong::new(level, max_fpr), PerClass)
    }
}

impl CurveFormula for Auroc {
    type Value = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("AUROC").higher_is_better().within(Bounds::UNIT);
        match self.max_fpr {
            None => meta,
            Some(fpr) => meta.with(format!("up to FPR {fpr}")),
        }
    }

    fn check(&self) -> Result<()> {
        match self.max_fpr {
            Some(fpr) if !(fpr > 0.0 && fpr <= 1.0) => {
                Err(MetricError::config("max_fpr", "a rate in (0, 1]", fpr))
            }
            _ => Ok(()),
        }
    }

    fn value(&self, curve: &Arc<Points>) -> f64 {
        let (positives, negatives) = (curve.positives(), curve.negatives());
        if positives == 0.0 || negatives == 0.0 {
            return f64::NAN;
        }
        match self.max_fpr {
            Some(fpr) if fpr < 1.0 => partial_area(curve, fpr),
            _ => area(curve.corner_to_corner(), Rule::Trapezoid) / (positives * negatives),
        }
    }
}

fn partial_area(curve: &Points, max_fpr: f64) -> f64 {
    let mut points: Vec<_> = Vec::new();
    for (fp, tp) in curve.corner_to_corner() {
        let (x, y) = (fp / curve.negatives(), tp / curve.positives());
        if x > max_fpr {
            let (x0, y0) = points.last().copied().unwrap_or_default();
            points.push((max_fpr, y0 + (y - y0) * (max_fpr - x0) / (x - x0)));
            break;
        }
        points.push((x, y));
    }
    let least = max_fpr * max_fpr / 2.0;
    let area = area(points.into_iter(), Rule::Trapezoid);
    0.5 * (1.0 + (area - least) / (max_fpr - least))
}

impl MacroFormula for Auroc {
    fn macro_average(&self, classes: &[Arc<Points>]) -> f64 {
        mean(classes.iter().map(|class| (self.value(class), 1.0)))
    }
}

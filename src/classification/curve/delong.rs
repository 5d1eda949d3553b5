use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Auroc, CurveFormula, Points};
use crate::{
    Bounds, Meta, MetricError, Result,
    classification::{Interval, interval::normal_quantile},
};

/// The [AUROC](Auroc) with a confidence interval, created by
/// [`Auroc::binary().confidence_interval(0.95)`](super::Ranked::confidence_interval).
///
/// The area is a mean over all pairs of a positive and a negative. Its variance is a sum of two terms. The first is the
/// variance of the share of negatives that a positive beats, divided by the number of positives. The second is the
/// variance of the share of positives that beat a negative, divided by the number of negatives. The interval is the
/// normal interval with this variance, limited to [0, 1]. Its ends are NaN if there are fewer than two positives or two
/// negatives, or if the samples have weights.
///
/// Source: DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
/// characteristic curves (1988).
///
/// # When to use
///
/// Use it to see how far an AUROC could be from its true value because of the limited number of samples. It assumes
/// that the samples are independent, and it is too narrow for areas close to 1 and for few positives or negatives: if
/// the area is exactly 1, the interval has no width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct DeLong {
    level: f64,
    max_fpr: Option<f64>,
}

impl DeLong {
    pub(super) fn new(level: f64, max_fpr: Option<f64>) -> Self {
        Self { level, max_fpr }
    }
}

impl CurveFormula for DeLong {
    type Value = Interval;

    fn meta(&self) -> Meta {
        let meta = Meta::new("AUROC").higher_is_better().within(Bounds::UNIT);
        meta.with(format!("{}% interval", 100.0 * self.level))
    }

    fn check(&self) -> Result<()> {
        match self.max_fpr {
            Some(fpr) => {
                let expected = "none: the interval is one of the whole area";
                Err(MetricError::config("max_fpr", expected, fpr))
            }
            None => Interval::check(self.level),
        }
    }

    fn value(&self, curve: &Arc<Points>) -> Interval {
        let value = Auroc::new().value(curve);
        let half = normal_quantile(self.level) * variance(curve, value).sqrt();
        Interval {
            value,
            lower: (value - half).clamp(0.0, 1.0),
            upper: (value + half).clamp(0.0, 1.0),
            level: self.level,
        }
    }
}

fn variance(curve: &Points, area: f64) -> f64 {
    let (positives, negatives) = (curve.positives(), curve.negatives());
    let (mut of_positives, mut of_negatives) = (0.0, 0.0);
    let (mut tp, mut fp) = (0.0, 0.0);
    if curve.is_weighted() {
        return f64::NAN;
    }
    for (next_fp, next_tp) in curve.corner_to_corner() {
        let (new_tp, new_fp) = (next_tp - tp, next_fp - fp);
        // The share of negatives that a positive of this score beats, and of positives that beat a negative of it; ties
        // count half.
        let beaten = (negatives - fp - new_fp / 2.0) / negatives;
        let beating = (tp + new_tp / 2.0) / positives;
        of_positives += new_tp * (beaten - area).powi(2);
        of_negatives += new_fp * (beating - area).powi(2);
        (tp, fp) = (next_tp, next_fp);
    }
    of_positives / (positives - 1.0) / positives + of_negatives / (negatives - 1.0) / negatives
}

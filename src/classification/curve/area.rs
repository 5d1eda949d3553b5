use crate::{MetricError, Result};

/// How the area under a curve is computed between two neighbouring points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Joins the points by straight lines.
    Trapezoid,
    /// Gives each interval the height of its second point.
    Step,
}

/// Computes the area under a curve through the points `(x, y)`, where `x` only rises or only falls.
///
/// Source: TorchMetrics' `auc` and scikit-learn's `auc`, for trapezoids; average precision, for steps.
///
/// # When to use
///
/// Use it for the points of a curve that you have computed or cut yourself. For scores and targets, use
/// [`Auroc`](super::Auroc) or [`AveragePrecision`](super::AveragePrecision). Straight lines overestimate the area under
/// a precision-recall curve, so use [`Rule::Step`] for it.
///
/// # Errors
///
/// [`MetricError::Shape`] if `x` and `y` have different lengths or fewer than 2 points. [`MetricError::Config`] if `x`
/// both rises and falls.
///
/// # Example
///
/// ```
/// use burn_metrics::classification::{Rule, auc};
///
/// assert_eq!(auc(&[0.0, 1.0, 2.0], &[0.0, 1.0, 1.0], Rule::Trapezoid)?, 1.5);
/// assert_eq!(auc(&[0.0, 1.0, 2.0], &[0.0, 1.0, 1.0], Rule::Step)?, 2.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub fn auc(x: &[f64], y: &[f64], rule: Rule) -> Result<f64> {
    if x.len() != y.len() || x.len() < 2 {
        let expected = format!("the length of x, {}, at least 2", x.len());
        return Err(MetricError::shape("y", expected, &[y.len()]));
    }
    let rises = x.is_sorted();
    if !rises && !x.is_sorted_by(|a, b| a >= b) {
        return Err(MetricError::config(
            "x",
            "values that rise or fall throughout",
            "values that do both",
        ));
    }
    let area = area(x.iter().copied().zip(y.iter().copied()), rule);
    Ok(if rises { area } else { -area })
}

/// The area under points whose `x` rises; it is negative if `x` falls.
pub(super) fn area(points: impl Iterator<Item = (f64, f64)>, rule: Rule) -> f64 {
    let (mut area, mut last) = (0.0, None);
    for (x, y) in points {
        if let Some((x0, y0)) = last {
            let height = match rule {
                Rule::Trapezoid => (y0 + y) / 2.0,
                Rule::Step => y,
            };
            area += (x - x0) * height;
        }
        last = Some((x, y));
    }
    area
}

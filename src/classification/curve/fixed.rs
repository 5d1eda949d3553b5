//! Metrics that maximize one rate under a condition on another rate.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CurveFormula, Point, Points,
    ranked::{curve_aliases, curve_constructors},
};
use crate::{Bounds, Meta, MetricError, Result, Value};

/// The best value that satisfies a condition, and the threshold at which it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtThreshold {
    /// The best value.
    pub value: f64,
    /// The threshold. Scores that are not below it are predicted to be positive. It is NaN if no threshold satisfies
    /// the condition.
    pub threshold: f64,
}

impl Value for AtThreshold {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![
            ("value".to_owned(), self.value),
            ("threshold".to_owned(), self.threshold),
        ]
    }

    fn report(&self) -> String {
        format!("{:.4} at {:.4}", self.value, self.threshold)
    }
}

/// The best of `points`, compared by their numbers in order. If no value is above 0, the value is 0 and the threshold
/// NaN.
fn best(points: impl Iterator<Item = [f64; 3]>) -> AtThreshold {
    let numbers = points.filter(|point| !point[0].is_nan());
    let best = numbers.reduce(|best, point| if point > best { point } else { best });
    match best {
        Some([value, _, threshold]) if value > 0.0 => AtThreshold { value, threshold },
        _ => AtThreshold {
            value: 0.0,
            threshold: f64::NAN,
        },
    }
}

/// The best of the points `(value, threshold)`, or the first of several. If there is none, the value is 0 and the
/// threshold NaN.
fn first_best(points: impl Iterator<Item = (f64, f64)>) -> AtThreshold {
    let best = points.reduce(|best, point| if point.0 > best.0 { point } else { best });
    let (value, threshold) = best.unwrap_or((0.0, f64::NAN));
    AtThreshold { value, threshold }
}

fn precision(point: &Point) -> f64 {
    point.tp / (point.tp + point.fp)
}

/// Defines a metric: the best value of one rate for which another rate is at least a minimum.
macro_rules! fixed {
    (
        $(#[$doc:meta])*
        $Formula:ident($minimum:ident, $option_doc:literal), $name:literal,
        $Binary:ident, $Multiclass:ident, $Multilabel:ident,
        needs negatives: $negatives:literal,
        when: $when:literal,
        $value:expr
    ) => {
        $(#[$doc])*
        ///
        /// If no threshold reaches the minimum, the value is 0 and the threshold is NaN. By default, there is one value per
        /// class.
        ///
        /// Options: [`thresholds`](super::Ranked::thresholds), [`average`](super::Ranked::average),
        /// [`ignore_index`](crate::classification::Options::ignore_index),
        /// [`from_logits`](crate::classification::Options::from_logits). Inputs: scores as in
        /// [`ClassificationInput`](crate::classification::ClassificationInput). Errors: [`MetricError`].
        #[doc = concat!("\n\nSource: TorchMetrics' `", stringify!($Formula), "`.")]
        #[doc = concat!("\n\n# When to use\n\n", $when)]
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
        #[doc = concat!("let best = ", stringify!($Formula), "::binary(0.9).evaluate((scores, target))?;")]
        /// assert_eq!((best.value, best.threshold), (1.0, 0.5));
        /// # Ok::<(), burn_metrics::MetricError>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        pub struct $Formula {
            $minimum: f64,
        }

        impl $Formula {
            #[doc = concat!("Creates the formula alone. ", $option_doc)]
            pub fn new($minimum: f64) -> Self {
                Self { $minimum }
            }
        }

        curve_constructors!($Formula, PerClass, $minimum: f64, $option_doc);
        curve_aliases!($Formula, PerClass, $Binary, $Multiclass, $Multilabel);

        impl CurveFormula for $Formula {
            const AVERAGE: &'static str = <crate::classification::PerClass as crate::classification::Average>::NAME;
            type Value = AtThreshold;

            const NEEDS_NEGATIVES: bool = $negatives;

            fn meta(&self) -> Meta {
                Meta::new($name).named(format!(concat!($name, " {}"), self.$minimum)).higher_is_better().within(Bounds::UNIT)
            }

            fn check(&self) -> Result<()> {
                match (0.0..=1.0).contains(&self.$minimum) {
                    true => Ok(()),
                    false => Err(MetricError::config(
                        stringify!($minimum),
                        "a rate in [0, 1]",
                        self.$minimum,
                    )),
                }
            }

            fn value(&self, curve: &Arc<Points>) -> AtThreshold {
                let value: fn(&Points, f64) -> AtThreshold = $value;
                value(curve, self.$minimum)
            }
        }
    };
}

fixed! {
    /// The highest recall for which the precision is at least a minimum, and its threshold.
    ///
    /// If several thresholds reach this recall, the one with the highest precision is chosen, and then the highest
    /// threshold.
    RecallAtFixedPrecision(min_precision, "`min_precision` is the minimum precision, from 0 to 1."),
    "Recall at precision",
    BinaryRecallAtFixedPrecision,
    MulticlassRecallAtFixedPrecision,
    MultilabelRecallAtFixedPrecision,
    needs negatives: false,
    when: "Use it to choose a threshold when the share of false alarms is limited, and to see how many positives are \
        then found. The threshold is the best one for the evaluated data, so the result is too good, in particular \
        with few positives: choose the threshold on validation data and evaluate it on test data. Precision depends on \
        how frequent positives are, so the minimum may not hold where they are rarer.",
    |curve, minimum| {
        let enough = curve.points().filter(|p| precision(p) >= minimum);
        best(enough.map(|p| [curve.recall(&p), precision(&p), p.threshold]))
    }
}

fixed! {
    /// The highest precision for which the recall is at least a minimum, and its threshold.
    ///
    /// If several thresholds reach this precision, the one with the highest recall is chosen, and then the highest
    /// threshold.
    PrecisionAtFixedRecall(min_recall, "`min_recall` is the minimum recall, from 0 to 1."),
    "Precision at recall",
    BinaryPrecisionAtFixedRecall,
    MulticlassPrecisionAtFixedRecall,
    MultilabelPrecisionAtFixedRecall,
    needs negatives: false,
    when: "Use it to choose a threshold when a given share of the positives must be found, and to see how many alarms \
        are then false. The threshold is the best one for the evaluated data, so choose it on validation data and \
        evaluate it on test data. Precision depends on how frequent positives are; [`SpecificityAtSensitivity`] does \
        not.",
    |curve, minimum| {
        let enough = curve.points().filter(|p| curve.recall(p) >= minimum);
        best(enough.map(|p| [precision(&p), curve.recall(&p), p.threshold]))
    }
}

fixed! {
    /// The highest sensitivity (recall) for which the specificity is at least a minimum, and its threshold.
    ///
    /// If several thresholds reach this sensitivity, the highest one is chosen.
    SensitivityAtSpecificity(min_specificity, "`min_specificity` is the minimum specificity, from 0 to 1."),
    "Sensitivity at specificity",
    BinarySensitivityAtSpecificity,
    MulticlassSensitivityAtSpecificity,
    MultilabelSensitivityAtSpecificity,
    needs negatives: true,
    when: "Use it to choose a threshold when the share of negatives that raise a false alarm is limited, such as in \
        screening. The threshold is the best one for the evaluated data, so choose it on validation data and evaluate \
        it on test data. If negatives are much more frequent than positives, most alarms can be false even at a high \
        specificity; [`RecallAtFixedPrecision`] limits their share.",
    |curve, minimum| {
        let points = curve.from_origin();
        let enough = points.filter(|p| specificity(curve, p) >= minimum);
        first_best(enough.map(|p| (curve.tpr(&p), p.threshold)))
    }
}

fixed! {
    /// The highest specificity for which the sensitivity (recall) is at least a minimum, and its threshold.
    ///
    /// If several thresholds reach this specificity, the highest one is chosen.
    SpecificityAtSensitivity(min_sensitivity, "`min_sensitivity` is the minimum sensitivity, from 0 to 1."),
    "Specificity at sensitivity",
    BinarySpecificityAtSensitivity,
    MulticlassSpecificityAtSensitivity,
    MultilabelSpecificityAtSensitivity,
    needs negatives: true,
    when: "Use it to choose a threshold when at most a given share of the positives may be missed, such as in a test \
        that rules out a disease. The threshold is the best one for the evaluated data, so choose it on validation \
        data and evaluate it on test data. With few positives, the sensitivity moves in large steps, and the value \
        depends on single samples.",
    |curve, minimum| {
        let points = curve.from_origin();
        let enough = points.filter(|p| curve.tpr(p) >= minimum);
        first_best(enough.map(|p| (specificity(curve, &p), p.threshold)))
    }
}

/// The share of the negatives that are not predicted to be positive, or 1 without negatives.
fn specificity(curve: &Points, point: &Point) -> f64 {
    match curve.negatives() > 0.0 {
        true => (curve.negatives() - point.fp) / curve.negatives(),
        false => 1.0,
    }
}

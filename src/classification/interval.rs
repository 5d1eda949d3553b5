use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::{
    Accuracy, ClassCounts, Formula, Global, Micro, NegativePredictiveValue, PerClass, Precision,
    Recall, Score, Specificity, Tally, Task, tally::counted,
};
use crate::{Interval, Meta, Metric, MetricError, Result, Total, state::CountsTotal};

/// The Wilson interval of a proportion of `n` trials.
///
/// Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
fn wilson(successes: f64, n: f64, level: f64) -> Interval {
    let value = successes / n;
    let z2 = normal_quantile(level).powi(2);
    let centre = (successes + z2 / 2.0) / (n + z2);
    let half = (z2 * (value * (1.0 - value) / n + z2 / (4.0 * n * n))).sqrt() / (1.0 + z2 / n);
    Interval {
        value,
        lower: (centre - half).max(0.0),
        upper: (centre + half).min(1.0),
        level,
    }
}

/// The number `z` for which a standard normal variable lies between `-z` and `z` with probability `level`.
pub(super) fn normal_quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf((1.0 + level) / 2.0)
}

/// A formula whose score is the share of successes among trials.
pub trait Proportion: Formula {}

impl Proportion for Accuracy {}
impl Proportion for Precision {}
impl Proportion for Recall {}
impl Proportion for Specificity {}
impl Proportion for NegativePredictiveValue {}

/// A proportion with its Wilson interval, created by [`Score::confidence_interval`].
///
/// # When to use
///
/// Use it to see how far an accuracy, precision, recall or specificity could be from its true value because of the
/// limited number of elements. It assumes that the elements are independent, so it is too narrow if they are not, such
/// as the pixels of an image or the labels of a sample. For other metrics, use
/// [`bootstrap`](crate::MetricExt::bootstrap).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "F: Serialize, A: Serialize",
    deserialize = "F: Deserialize<'de>, A: Deserialize<'de>"
))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Wilson<F, T: Task, A> {
    score: Score<F, T, A>,
    level: f64,
}

macro_rules! confidence_interval {
    ($Average:ty, $doc:literal) => {
        impl<F: Proportion, T: Task> Score<F, T, $Average> {
            #[doc = $doc]
            ///
            /// The interval is computed by Wilson's method. It needs counts, so sample weights are an error. Without trials,
            /// it ranges from 0 to 1.
            ///
            /// ```
            /// use burn::tensor::{Device, Int, Tensor};
            /// use burn_metrics::prelude::*;
            ///
            /// let device = Device::flex();
            /// let preds = Tensor::<1, Int>::from_ints([1, 1, 0, 1, 0], &device);
            /// let target = Tensor::<1, Int>::from_ints([1, 1, 0, 0, 0], &device);
            ///
            /// let accuracy = Accuracy::binary().confidence_interval(0.95).evaluate((preds, target))?;
            /// assert_eq!(accuracy.report(), "0.8000 (95%: 0.3755 to 0.9638)");
            /// # Ok::<(), burn_metrics::MetricError>(())
            /// ```
            pub fn confidence_interval(self, level: f64) -> Wilson<F, T, $Average> {
                Wilson { score: self, level }
            }
        }
    };
}

confidence_interval!(
    Micro,
    "Adds a confidence interval at this level, such as 0.95."
);
confidence_interval!(
    PerClass,
    "Adds a confidence interval at this level, such as 0.95, to the proportion of each class."
);

impl<F: Proportion, T: Task, A> Wilson<F, T, A> {
    /// The counts of each class.
    fn counts(&self, total: &CountsTotal) -> Result<Vec<ClassCounts>> {
        Interval::check(self.level)?;
        counted(total, &self.score.formula.meta().name)?;
        if total.is_weighted() {
            return Err(MetricError::State {
                expected: "counts of samples without weights".to_owned(),
                got: "sums of weights".to_owned(),
            });
        }
        Ok(self.score.tally.task.read(&|cell| total.get(cell)))
    }

    fn interval(&self, counts: &ClassCounts) -> Interval {
        let (successes, trials) = self.score.formula.quotient(counts, T::EXCLUSIVE);
        if trials > 0.0 {
            return wilson(successes, trials, self.level);
        }
        Interval {
            value: self.score.zero_division,
            lower: 0.0,
            upper: 1.0,
            level: self.level,
        }
    }
}

impl<F: Proportion, T: Task> Metric for Wilson<F, T, Micro> {
    type Statistic = Tally<T, Global>;
    type Value = Interval;

    fn statistic(&self) -> &Tally<T, Global> {
        &self.score.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Interval> {
        let left_out = self.score.formula.left_out(&self.score.tally.task);
        let classes = self.counts(total)?.into_iter().enumerate();
        let pooled = classes.filter(|(class, _)| Some(*class) != left_out);
        Ok(self.interval(&pooled.map(|(_, counts)| counts).sum()))
    }

    fn meta(&self) -> Meta {
        self.score
            .meta()
            .with(format!("{}% interval", 100.0 * self.level))
    }
}

impl<F: Proportion, T: Task> Metric for Wilson<F, T, PerClass> {
    type Statistic = Tally<T, Global>;
    type Value = Vec<Interval>;

    fn statistic(&self) -> &Tally<T, Global> {
        &self.score.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Vec<Interval>> {
        let classes = self.counts(total)?;
        Ok(classes.iter().map(|counts| self.interval(counts)).collect())
    }

    fn meta(&self) -> Meta {
        self.score
            .meta()
            .with(format!("{}% interval", 100.0 * self.level))
    }
}

use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Average, ClassCounts, Global, Options, Predicts, Samplewise, Tally, Task,
    average::{ClassScore, ClassScores},
    tally::PerClassPooling,
};
use crate::{Meta, Metric, MetricError, Result, Total};

/// A score that is a quotient of the counts of a class.
pub trait Formula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The score if the denominator is 0, unless [`Score::zero_division`] sets another one.
    const ZERO_DIVISION: f64 = 0.0;

    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`](crate::MetricError::Config).
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The default average of several classes, which the name does not mention.
    const AVERAGE: &'static str = super::Macro::NAME;

    /// The numerator and denominator of the score; `exclusive` is the value of [`Task::EXCLUSIVE`].
    fn quotient(&self, counts: &ClassCounts, exclusive: bool) -> (f64, f64);

    /// Whether a class takes part in a macro average.
    fn occurs(&self, counts: &ClassCounts, _top_k: usize) -> bool {
        counts.true_positives + counts.false_positives + counts.false_negatives > 0.0
    }

    /// The class that is left out of micro and macro averages, if there is one.
    fn left_out<T: Task>(&self, _task: &T) -> Option<usize> {
        None
    }
}

/// The scores that a formula gives to the classes of a task.
struct Scores<'a, F, T> {
    formula: &'a F,
    task: &'a T,
    zero_division: f64,
    counts: &'a [ClassCounts],
}

impl<F: Formula, T: Task> Scores<'_, F, T> {
    fn score(&self, counts: &ClassCounts) -> f64 {
        let (numerator, denominator) = self.formula.quotient(counts, T::EXCLUSIVE);
        if denominator == 0.0 {
            self.zero_division
        } else {
            numerator / denominator
        }
    }

    /// The counts of each class, and whether the class is left out of micro and macro averages.
    fn counts(&self) -> impl Iterator<Item = (&ClassCounts, bool)> {
        let left_out = self.formula.left_out(self.task);
        let classes = self.counts.iter().enumerate();
        classes.map(move |(class, counts)| (counts, Some(class) == left_out))
    }
}

impl<F: Formula, T: Task> ClassScores for Scores<'_, F, T> {
    fn classes(&self) -> impl Iterator<Item = ClassScore> {
        self.counts().map(|(counts, left_out)| ClassScore {
            score: self.score(counts),
            support: counts.support(),
            in_macro: !left_out && (!T::EXCLUSIVE || self.formula.occurs(counts, self.task.top())),
        })
    }

    fn pooled(&self) -> f64 {
        let included = self.counts().filter(|(_, left_out)| !left_out);
        self.score(&included.map(|(counts, _)| *counts).sum())
    }
}

/// A [`Formula`] applied to the counts of a [`Task`] and averaged over its classes.
///
/// The formulas create it, for example [`Accuracy::multiclass`](super::Accuracy::multiclass). The value is an `f64`, or
/// one number per class with [`PerClass`](super::PerClass). With [`samplewise`](Self::samplewise), it is a vector with
/// one such value per sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "F: Serialize, A: Serialize",
    deserialize = "F: Deserialize<'de>, A: Deserialize<'de>, P: Default"
))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Score<F, T: Task, A, P = Global> {
    pub(crate) formula: F,
    #[serde(rename = "task")]
    pub(crate) tally: Tally<T, P>,
    pub(crate) average: A,
    pub(crate) zero_division: f64,
}

impl<F: Formula, T: Task, A: Average> Score<F, T, A> {
    /// Applies a formula to a task with options.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    ///
    /// let task = Multiclass::new(10).ignore_index(-1);
    /// assert_eq!(Score::new(F1::new(), task, Macro), F1::multiclass(10).ignore_index(-1));
    /// ```
    pub fn new(formula: F, task: T, average: A) -> Self {
        Self {
            formula,
            tally: Tally::new(task),
            average,
            zero_division: F::ZERO_DIVISION,
        }
    }

    /// Scores each sample over its further dimensions instead of pooling all samples.
    pub fn samplewise(self) -> Score<F, T, A, Samplewise> {
        Score {
            formula: self.formula,
            tally: Tally::new(self.tally.task),
            average: self.average,
            zero_division: self.zero_division,
        }
    }
}

impl<F, T: Task, A, P> Score<F, T, A, P> {
    /// Sets the score if the denominator is 0, such as the precision of a class that was never predicted: from 0 to 1, or NaN.
    pub fn zero_division(mut self, score: f64) -> Self {
        self.zero_division = score;
        self
    }

    /// Sets the average over the classes: [`Micro`](super::Micro), [`Macro`](super::Macro),
    /// [`Weighted`](super::Weighted) or [`PerClass`](super::PerClass).
    pub fn average<B: Average>(self, average: B) -> Score<F, T, B, P> {
        let Self {
            formula,
            tally,
            zero_division,
            ..
        } = self;
        Score {
            formula,
            tally,
            average,
            zero_division,
        }
    }
}

impl<F, T: Task, A, P> Predicts for Score<F, T, A, P> {}

impl<F, T: Task, A, P> Options for Score<F, T, A, P> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.tally.task
    }
}

impl<F: Formula, T: Task, A: Average, P: PerClassPooling> Metric for Score<F, T, A, P> {
    type Statistic = Tally<T, P>;
    type Value = P::Pooled<A::Value>;

    fn statistic(&self) -> &Tally<T, P> {
        &self.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Self::Value> {
        self.formula.check()?;
        let value = self.zero_division;
        let valid = value.is_nan() || (0.0..=1.0).contains(&value);
        MetricError::check_option("zero_division", value, valid, "from 0 to 1, or NaN")?;
        let name = self.name();
        P::counted(total.clone(), &name)?;
        P::apply(&self.tally.task, total, &name, |counts| {
            A::average(&Scores {
                formula: &self.formula,
                task: &self.tally.task,
                zero_division: self.zero_division,
                counts,
            })
        })
    }

    fn meta(&self) -> Meta {
        let meta = self.tally.task.named(self.formula.meta());
        P::named(match T::AVERAGED {
            true => meta.with_other(A::NAME, F::AVERAGE),
            false => meta,
        })
    }
}

crate::combinator::arithmetic!([F, T: Task, A, P] Score<F, T, A, P>);

/// Defines `new()`, `binary()`, `multiclass(classes)` and `multilabel(labels)` for a formula without parameters.
macro_rules! constructors {
    ($Formula:ident, $Average:ident) => {
        impl $Formula {
            /// Creates the formula alone, for [`Score::new`](super::Score::new).
            pub fn new() -> Self {
                Self {}
            }

            /// Creates the metric for two classes.
            pub fn binary() -> super::Score<Self, super::Binary, super::Micro> {
                super::Score::new(Self::new(), super::Binary::new(), super::Micro)
            }

            #[doc = concat!("Creates the metric for `classes` classes, with the [`", stringify!($Average), "`](super::", stringify!($Average), ") average.")]
            pub fn multiclass(classes: usize) -> super::Score<Self, super::Multiclass, super::$Average> {
                super::Score::new(Self::new(), super::Multiclass::new(classes), super::$Average)
            }

            #[doc = concat!("Creates the metric for `labels` labels, with the [`", stringify!($Average), "`](super::", stringify!($Average), ") average.")]
            pub fn multilabel(labels: usize) -> super::Score<Self, super::Multilabel, super::$Average> {
                super::Score::new(Self::new(), super::Multilabel::new(labels), super::$Average)
            }
        }
    };
}
pub(crate) use constructors;

/// Defines the TorchMetrics names of the metrics of a formula.
macro_rules! aliases {
    ($Formula:ident, $Average:ident, $Binary:ident, $Multiclass:ident, $Multilabel:ident) => {
        #[doc = concat!("The type of [`", stringify!($Formula), "::binary`], under its TorchMetrics name.")]
        pub type $Binary = super::Score<$Formula, super::Binary, super::Micro>;
        #[doc = concat!("The type of [`", stringify!($Formula), "::multiclass`], under its TorchMetrics name.")]
        pub type $Multiclass<A = super::$Average> = super::Score<$Formula, super::Multiclass, A>;
        #[doc = concat!("The type of [`", stringify!($Formula), "::multilabel`], under its TorchMetrics name.")]
        pub type $Multilabel<A = super::$Average> = super::Score<$Formula, super::Multilabel, A>;
    };
}
pub(crate) use aliases;

/// Whether a class occurs, by TorchMetrics' rule for accuracy, precision, recall and negative predictive value.
///
/// With `top_k > 1`, only the classes of the targets occur, and predicted classes do not.
pub(super) fn occurs_with_top_k(counts: &ClassCounts, top_k: usize) -> bool {
    let predicted = if top_k == 1 {
        counts.false_positives
    } else {
        0.0
    };
    counts.support() + predicted > 0.0
}

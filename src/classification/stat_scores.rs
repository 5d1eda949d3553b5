use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassCounts, Global, Macro, Micro, Multiclass, Multilabel, Options, PerClass,
    PerClassPooling, Predicts, Samplewise, Tally, Task, Weighted,
};
use crate::{Meta, Metric, Result, Total, Value, sealed::Sealed};

/// The counts from which other scores are computed: true and false positives and negatives, and the support.
///
/// The support is the number of elements of a class. By default, the counts of each class are returned ([`PerClass`]).
/// [`Micro`] adds them up, [`Macro`] returns their mean over all classes, whether they occur or not, and [`Weighted`]
/// their mean weighted by support (NaN if no class has support).
///
/// Options: [`average`](Self::average), [`samplewise`](Self::samplewise), and those of the task ([`Options`]). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `StatScores`. For a multilabel task, its samplewise weighted mean divides by the support of
/// all samples; here, each sample is divided by its own support.
///
/// # When to use
///
/// Use it to inspect the counts behind a score, or to compute a score that this crate does not have. Counts grow with
/// the number of samples, so compare rates such as [`Precision`](super::Precision) and [`Recall`](super::Recall)
/// between data sets. [`ConfusionMatrix`](super::ConfusionMatrix) also shows which classes are mistaken for which
/// others.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.9, 0.8, 0.3, 0.2, 0.6], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 1, 0, 0], &device);
///
/// let counts = StatScores::binary().evaluate((scores, target))?;
/// assert_eq!((counts.true_positives, counts.false_positives, counts.true_negatives, counts.false_negatives), (2.0, 1.0, 1.0, 1.0));
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "A: Serialize",
    deserialize = "A: Deserialize<'de>, P: Default"
))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct StatScores<T: Task, A, P = Global> {
    #[serde(rename = "task")]
    tally: Tally<T, P>,
    average: A,
}

/// The type of [`StatScores::binary`], under its TorchMetrics name.
pub type BinaryStatScores = StatScores<Binary, Micro>;
/// The type of [`StatScores::multiclass`], under its TorchMetrics name.
pub type MulticlassStatScores<A = PerClass> = StatScores<Multiclass, A>;
/// The type of [`StatScores::multilabel`], under its TorchMetrics name.
pub type MultilabelStatScores<A = PerClass> = StatScores<Multilabel, A>;

impl StatScores<Binary, Micro> {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new(), Micro)
    }
}

impl StatScores<Multiclass, PerClass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes), PerClass)
    }
}

impl StatScores<Multilabel, PerClass> {
    /// Creates the metric for `labels` labels.
    pub fn multilabel(labels: usize) -> Self {
        Self::new(Multilabel::new(labels), PerClass)
    }
}

impl<T: Task, A> StatScores<T, A> {
    /// Creates the metric for a task with options.
    pub fn new(task: T, average: A) -> Self {
        Self {
            tally: Tally::new(task),
            average,
        }
    }

    /// Counts each sample over its further dimensions instead of pooling all samples.
    pub fn samplewise(self) -> StatScores<T, A, Samplewise> {
        StatScores {
            tally: Tally::new(self.tally.task),
            average: self.average,
        }
    }
}

impl<T: Task, A, P> StatScores<T, A, P> {
    /// Sets how the counts of the classes are combined: [`Micro`], [`Macro`], [`Weighted`] or [`PerClass`].
    pub fn average<B: Combine>(self, average: B) -> StatScores<T, B, P> {
        StatScores {
            tally: self.tally,
            average,
        }
    }
}

impl<T: Task, A, P> Predicts for StatScores<T, A, P> {}

impl<T: Task, A, P> Options for StatScores<T, A, P> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.tally.task
    }
}

impl<T: Task, A: Combine, P: PerClassPooling> Metric for StatScores<T, A, P> {
    type Statistic = Tally<T, P>;
    type Value = P::Pooled<A::Value>;

    fn statistic(&self) -> &Tally<T, P> {
        &self.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Self::Value> {
        P::apply(&self.tally.task, total, &self.name(), A::combine)
    }

    fn meta(&self) -> Meta {
        let meta = self.tally.task.named(Meta::new("Stat scores"));
        P::named(match T::AVERAGED {
            true => meta.with_other(A::NAME, PerClass::NAME),
            false => meta,
        })
    }
}

/// How the counts of the classes are combined.
///
/// This trait is sealed: only types of this crate implement it.
pub trait Combine: Sealed + Clone + Copy + Send + Sync + 'static {
    /// The combination as part of a metric's name.
    const NAME: &'static str;

    /// The type of the value: counts, or the counts of each class.
    type Value: Value;

    /// Combines the counts of the classes.
    fn combine(classes: &[ClassCounts]) -> Self::Value;
}

impl Combine for Micro {
    const NAME: &'static str = <Micro as super::Average>::NAME;

    type Value = ClassCounts;

    fn combine(classes: &[ClassCounts]) -> ClassCounts {
        classes.iter().copied().sum()
    }
}

impl Combine for Macro {
    const NAME: &'static str = <Macro as super::Average>::NAME;

    type Value = ClassCounts;

    fn combine(classes: &[ClassCounts]) -> ClassCounts {
        mean(classes, |_| 1.0)
    }
}

impl Combine for Weighted {
    const NAME: &'static str = <Weighted as super::Average>::NAME;

    type Value = ClassCounts;

    fn combine(classes: &[ClassCounts]) -> ClassCounts {
        mean(classes, ClassCounts::support)
    }
}

impl Combine for PerClass {
    const NAME: &'static str = <PerClass as super::Average>::NAME;

    type Value = Vec<ClassCounts>;

    fn combine(classes: &[ClassCounts]) -> Vec<ClassCounts> {
        classes.to_vec()
    }
}

fn mean(classes: &[ClassCounts], weight: impl Fn(&ClassCounts) -> f64) -> ClassCounts {
    let weights: f64 = classes.iter().map(&weight).sum();
    let scaled = |c: &ClassCounts| {
        let share = weight(c) / weights;
        ClassCounts {
            true_positives: c.true_positives * share,
            false_positives: c.false_positives * share,
            true_negatives: c.true_negatives * share,
            false_negatives: c.false_negatives * share,
        }
    };
    classes.iter().map(scaled).sum()
}

impl Value for ClassCounts {
    fn entries(&self) -> Vec<(String, f64)> {
        [
            ("tp", self.true_positives),
            ("fp", self.false_positives),
            ("tn", self.true_negatives),
            ("fn", self.false_negatives),
            ("support", self.support()),
        ]
        .map(|(name, count)| (name.to_owned(), count))
        .to_vec()
    }
}

use serde::{Deserialize, Serialize};

use super::{Binary, ClassCounts, Global, Multiclass, Options, Tally, Task, tally::counted};
use crate::{Bounds, Meta, Metric, Result, Total};

/// The agreement of predictions and targets beyond chance: `1 - Σ w o / Σ w e`, where `o` are the
/// observed pairs of target and prediction, `e` those expected if both were independent, and the weights `w`
/// are 1 for every disagreement ([`Unweighted`]), or grow with the [distance](Self::linear) of the classes
/// or its [square](Self::quadratic).
///
/// 1 is full agreement, 0 that of chance; at least -1, higher is better. NaN if all targets and all
/// predictions are of one class, since then no disagreement is expected. Unweighted, it needs only the
/// counts of each class; weighted, those of all pairs of classes.
///
/// Options: [`linear`](Self::linear), [`quadratic`](Self::quadratic), and those of the task
/// ([`Options`]). Inputs: [`ClassificationInput`](super::ClassificationInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Cohen, A coefficient of agreement for nominal scales (1960); TorchMetrics' `CohenKappa`;
/// scikit-learn's `cohen_kappa_score`, with sample weights.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 1, 0, 0], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 0, 0], &device);
///
/// assert_eq!(CohenKappa::multiclass(2).evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "W: Serialize", deserialize = "W: Deserialize<'de>"))]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct CohenKappa<T: Task, W: Disagreement<T> = Unweighted> {
    #[serde(rename = "task")]
    tally: Tally<T, W::Pooling>,
    weights: W,
}

/// [`CohenKappa::binary`].
pub type BinaryCohenKappa = CohenKappa<Binary>;
/// [`CohenKappa::multiclass`].
pub type MulticlassCohenKappa<W = Unweighted> = CohenKappa<Multiclass, W>;

impl CohenKappa<Binary> {
    /// For two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl CohenKappa<Multiclass> {
    /// For `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl<T: Task> CohenKappa<T> {
    /// Of a task with options.
    pub fn new(task: T) -> Self {
        Self {
            tally: Tally::new(task),
            weights: Unweighted,
        }
    }
}

impl<T: Task, W: Disagreement<T>> CohenKappa<T, W> {
    /// Weighs a disagreement by the distance of the classes, as numbers.
    pub fn linear(self) -> CohenKappa<T, Linear> {
        CohenKappa {
            tally: Tally::new(self.tally.task),
            weights: Linear,
        }
    }

    /// Weighs a disagreement by the square of the distance of the classes, as numbers.
    pub fn quadratic(self) -> CohenKappa<T, Quadratic> {
        CohenKappa {
            tally: Tally::new(self.tally.task),
            weights: Quadratic,
        }
    }
}

impl<T: Task, W: Disagreement<T>> Options for CohenKappa<T, W> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.tally.task
    }
}

impl<T: Task, W: Disagreement<T>> Metric for CohenKappa<T, W> {
    type Statistic = Tally<T, W::Pooling>;
    type Value = f64;

    fn statistic(&self) -> &Self::Statistic {
        &self.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        counted(total, &self.name())?;
        let (observed, expected) = W::sums(&self.tally.task, &|cell| total.get(cell));
        Ok(1.0 - observed / expected)
    }

    fn meta(&self) -> Meta {
        let meta = self.tally.task.named(Meta::new(W::NAME));
        meta.higher_is_better().within(Bounds::SIGNED_UNIT)
    }
}

crate::combinator::arithmetic!([T: Task, W: Disagreement<T>] CohenKappa<T, W>);

/// How much a disagreement weighs: [`Unweighted`], [`Linear`] or [`Quadratic`].
pub trait Disagreement<T: Task>:
    std::fmt::Debug + Clone + PartialEq + Send + Sync + 'static
{
    /// Which counts are needed.
    type Pooling: super::Pooling<State = crate::state::Counts>;

    /// The name of the metric.
    const NAME: &'static str;

    /// The weighted sums of the observed and of the expected pairs.
    fn sums(task: &T, cell: &dyn Fn(usize) -> f64) -> (f64, f64);
}

/// Every disagreement weighs 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unweighted;

/// A disagreement weighs the distance of the classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linear;

/// A disagreement weighs the squared distance of the classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quadratic;

impl<T: Task> Disagreement<T> for Unweighted {
    type Pooling = Global;

    const NAME: &'static str = "Cohen's kappa";

    fn sums(task: &T, cell: &dyn Fn(usize) -> f64) -> (f64, f64) {
        let classes = complete(task.read(cell));
        let total: f64 = classes.iter().map(ClassCounts::support).sum();
        let agreed: f64 = classes.iter().map(|c| c.true_positives).sum();
        let by_chance = classes.iter().map(|c| c.support() * c.predicted());
        if classes
            .iter()
            .any(|c| c.support() == total && c.predicted() == total)
        {
            return (0.0, 0.0);
        }
        (total - agreed, total - by_chance.sum::<f64>() / total)
    }
}

/// The counts of all classes: of a binary task, those of the negative class too.
pub(super) fn complete(mut classes: Vec<ClassCounts>) -> Vec<ClassCounts> {
    if let [
        ClassCounts {
            true_positives: tp,
            false_positives: fp,
            true_negatives: tn,
            false_negatives: fneg,
        },
    ] = classes[..]
    {
        classes.insert(
            0,
            ClassCounts {
                true_positives: tn,
                false_positives: fneg,
                true_negatives: tp,
                false_negatives: fp,
            },
        );
    }
    classes
}

macro_rules! by_distance {
    ($Weights:ident, $NAME:literal, $power:literal) => {
        impl<T: Task> Disagreement<T> for $Weights {
            type Pooling = T::Confused;

            const NAME: &'static str = $NAME;

            fn sums(task: &T, cell: &dyn Fn(usize) -> f64) -> (f64, f64) {
                weighted_sums(&task.read_pairs(cell)[0], |distance| distance.powi($power))
            }
        }
    };
}

by_distance!(Linear, "Linear Cohen's kappa", 1);
by_distance!(Quadratic, "Quadratic Cohen's kappa", 2);

fn weighted_sums(pairs: &[f64], weight: impl Fn(f64) -> f64) -> (f64, f64) {
    let classes = pairs.len().isqrt();
    let rows: Vec<f64> = pairs.chunks(classes).map(|row| row.iter().sum()).collect();
    let columns: Vec<f64> = (0..classes)
        .map(|column| pairs.iter().skip(column).step_by(classes).sum())
        .collect();
    let total: f64 = rows.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for (i, pair) in pairs.iter().enumerate() {
        let (target, prediction) = (i / classes, i % classes);
        let weight = weight(target.abs_diff(prediction) as f64);
        observed += weight * pair;
        expected += weight * rows[target] * columns[prediction] / total;
    }
    (observed, expected)
}

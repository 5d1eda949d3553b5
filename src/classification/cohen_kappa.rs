use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassCounts, Global, Multiclass, Options, Predicts, Tally, Task, tally::counted,
};
use crate::{Bounds, Meta, Metric, Result, Total};

/// The agreement of predictions and targets, corrected for the agreement that is expected by chance.
///
/// It is `1 - Σ w o / Σ w e`, summed over the pairs of target and predicted class. `o` is the observed number of
/// elements with this pair, and `e` is the number that would be expected if predictions and targets were independent.
/// The weight `w` is 0 for agreement and 1 for every disagreement ([`Unweighted`]), or it is the
/// [distance](Self::linear) of the two classes or its [square](Self::quadratic).
///
/// A value of 1 is full agreement, and 0 is the agreement expected by chance. Values are at least -1, and higher is
/// better. The value is NaN if all targets and all predictions are of the same class, because then no disagreement is
/// expected. The unweighted kappa needs only the counts of each class; the weighted ones need the counts of all pairs
/// of classes.
///
/// Options: [`linear`](Self::linear), [`quadratic`](Self::quadratic), and those of the task ([`Options`]). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: Cohen, A coefficient of agreement for nominal scales (1960); TorchMetrics' `CohenKappa`; scikit-learn's
/// `cohen_kappa_score`, with sample weights.
///
/// # When to use
///
/// Use it to compare a classifier with a human rater, or two raters with each other; use the quadratic weights for
/// ordered classes such as grades. The value depends on how frequent the classes are: if nearly all elements are of one
/// class, it can be low although nearly all predictions are right (the prevalence paradox), so do not compare values
/// between data sets with different class frequencies. [`FleissKappa`](crate::nominal::FleissKappa) handles more than
/// two raters.
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

/// The type of [`CohenKappa::binary`], under its TorchMetrics name.
pub type BinaryCohenKappa = CohenKappa<Binary>;
/// The type of [`CohenKappa::multiclass`], under its TorchMetrics name.
pub type MulticlassCohenKappa<W = Unweighted> = CohenKappa<Multiclass, W>;

impl CohenKappa<Binary> {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl CohenKappa<Multiclass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl<T: Task> CohenKappa<T> {
    /// Creates the metric for a task with options.
    pub fn new(task: T) -> Self {
        Self {
            tally: Tally::new(task),
            weights: Unweighted,
        }
    }
}

impl<T: Task, W: Disagreement<T>> CohenKappa<T, W> {
    /// Weights each disagreement by the distance between the class indices.
    pub fn linear(self) -> CohenKappa<T, Linear> {
        CohenKappa {
            tally: Tally::new(self.tally.task),
            weights: Linear,
        }
    }

    /// Weights each disagreement by the squared distance between the class indices.
    pub fn quadratic(self) -> CohenKappa<T, Quadratic> {
        CohenKappa {
            tally: Tally::new(self.tally.task),
            weights: Quadratic,
        }
    }
}

impl<T: Task, W: Disagreement<T>> Predicts for CohenKappa<T, W> {}

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

/// The weight of a disagreement: [`Unweighted`], [`Linear`] or [`Quadratic`].
pub trait Disagreement<T: Task>:
    std::fmt::Debug + Clone + PartialEq + Send + Sync + 'static
{
    /// The counts that the metric needs.
    type Pooling: super::Pooling<State = crate::state::Counts>;

    /// The name of the metric.
    const NAME: &'static str;

    /// The weighted sums over the observed pairs and over the expected pairs.
    fn sums(task: &T, cell: &dyn Fn(usize) -> f64) -> (f64, f64);
}

/// Gives every disagreement a weight of 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unweighted;

/// Weights a disagreement by the distance between the class indices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linear;

/// Weights a disagreement by the squared distance between the class indices.
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

/// The counts of all classes. For a binary task, the counts of the negative class are added.
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

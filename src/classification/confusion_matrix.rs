use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Binary, Multiclass, Multilabel, Options, Predicts, Tally, Task, tally::seen};
use crate::{Meta, Metric, Result, Total, Value};

/// Counts how often the elements of each class are predicted as each class.
///
/// The value is a [`Confusion`] with the entries `matrix[target][prediction]`. For a multiclass task, its shape is
/// `[classes, classes]`. For a binary task, it is `[[tn, fp], [fn, tp]]`. A multilabel task has one such 2 x 2 matrix
/// per label. [`normalize`](Self::normalize) turns the counts into fractions.
///
/// A multiclass matrix takes memory for `classes * classes` counts. Metrics that need only the counts of each class do
/// not build such a matrix.
///
/// Options: [`normalize`](Self::normalize), and those of the task ([`Options`]). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `ConfusionMatrix`; scikit-learn's `confusion_matrix`, with sample weights.
///
/// # When to use
///
/// Use it to see which classes are mistaken for which others; [`Confusion::mistakes`] lists the most frequent mistakes.
/// Counts are dominated by frequent classes, so normalize by [`Normalize::Target`] to compare the errors of rare and
/// frequent classes. With many classes, a summary such as [`MatthewsCorrCoef`](super::MatthewsCorrCoef) is easier to
/// compare between models.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([1, 0, 2, 1], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 2, 0], &device);
///
/// let confusion = ConfusionMatrix::multiclass(3).evaluate((preds, target))?;
/// assert_eq!(confusion.count(1, 0), 1.0);
/// assert_eq!(confusion.rows().collect::<Vec<_>>(), [[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct ConfusionMatrix<T: Task> {
    #[serde(rename = "task")]
    tally: Tally<T, T::Confused>,
    normalize: Option<Normalize>,
}

/// The type of [`ConfusionMatrix::binary`], under its TorchMetrics name.
pub type BinaryConfusionMatrix = ConfusionMatrix<Binary>;
/// The type of [`ConfusionMatrix::multiclass`], under its TorchMetrics name.
pub type MulticlassConfusionMatrix = ConfusionMatrix<Multiclass>;
/// The type of [`ConfusionMatrix::multilabel`], under its TorchMetrics name.
pub type MultilabelConfusionMatrix = ConfusionMatrix<Multilabel>;

/// The total by which the entries of a confusion matrix are divided.
///
/// If the total is 0, the fraction is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Normalize {
    /// Divides by the number of elements of the target class, so that each row adds up to 1.
    Target,
    /// Divides by the number of elements predicted to be of the class, so that each column adds up to 1.
    Prediction,
    /// Divides by the number of all elements, so that the matrix adds up to 1.
    All,
}

impl ConfusionMatrix<Binary> {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl ConfusionMatrix<Multiclass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl ConfusionMatrix<Multilabel> {
    /// Creates the metric for `labels` labels, with one 2 x 2 matrix per label.
    pub fn multilabel(labels: usize) -> Self {
        Self::new(Multilabel::new(labels))
    }
}

impl<T: Task> ConfusionMatrix<T> {
    /// Creates the metric for a task with options.
    pub fn new(task: T) -> Self {
        Self {
            tally: Tally::new(task),
            normalize: None,
        }
    }

    /// Returns fractions instead of counts.
    pub fn normalize(mut self, of: Normalize) -> Self {
        self.normalize = Some(of);
        self
    }

    fn matrices(&self, total: Total<'_, Self>) -> Result<Vec<Confusion>>
    where
        Self: Metric<Statistic = Tally<T, T::Confused>>,
    {
        seen(total, &self.name())?;
        let matrices = self.tally.task.read_pairs(&|cell| total.get(cell));
        let classes = |matrix: &[f64]| matrix.len().isqrt();
        Ok(matrices
            .into_iter()
            .map(|cells| Confusion::new(classes(&cells), cells, self.normalize))
            .collect())
    }
}

impl<T: Task> Predicts for ConfusionMatrix<T> {}

impl<T: Task> Options for ConfusionMatrix<T> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.tally.task
    }
}

macro_rules! one_matrix {
    ($($Task:ty),+) => {
        $(impl Metric for ConfusionMatrix<$Task> {
            type Statistic = Tally<$Task, <$Task as Task>::Confused>;
            type Value = Confusion;

            fn statistic(&self) -> &Self::Statistic {
                &self.tally
            }

            fn compute(&self, total: Total<'_, Self>) -> Result<Confusion> {
                Ok(self.matrices(total)?.swap_remove(0))
            }

            fn meta(&self) -> Meta {
                named(self.normalize, &self.tally.task)
            }
        })+
    };
}

one_matrix!(Binary, Multiclass);

impl Metric for ConfusionMatrix<Multilabel> {
    type Statistic = Tally<Multilabel, <Multilabel as Task>::Confused>;
    type Value = Vec<Confusion>;

    fn statistic(&self) -> &Self::Statistic {
        &self.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Vec<Confusion>> {
        self.matrices(total)
    }

    fn meta(&self) -> Meta {
        named(self.normalize, &self.tally.task)
    }
}

fn named(normalize: Option<Normalize>, task: &impl Task) -> Meta {
    let meta = task.named(Meta::new("Confusion matrix"));
    match normalize {
        None => meta,
        Some(Normalize::Target) => meta.with("by target"),
        Some(Normalize::Prediction) => meta.with("by prediction"),
        Some(Normalize::All) => meta.with("by all"),
    }
}

/// A confusion matrix, whose rows are target classes and whose columns are predicted classes.
///
/// It is displayed as a table in which a dot stands for 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    classes: usize,
    cells: Vec<f64>,
}

impl Confusion {
    fn new(classes: usize, mut cells: Vec<f64>, normalize: Option<Normalize>) -> Self {
        if let Some(normalize) = normalize {
            let line = |i: usize| match normalize {
                Normalize::Target => i / classes,
                Normalize::Prediction => i % classes,
                Normalize::All => 0,
            };
            let mut sums = vec![0.0; classes];
            for (i, cell) in cells.iter().enumerate() {
                sums[line(i)] += cell;
            }
            for (i, cell) in cells.iter_mut().enumerate() {
                let sum = sums[line(i)];
                *cell = if sum == 0.0 { 0.0 } else { *cell / sum };
            }
        }
        Self { classes, cells }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The number of elements of class `target` that were predicted to be of class `prediction`, or their fraction.
    ///
    /// # Panics
    ///
    /// If one of the two classes does not exist.
    pub fn count(&self, target: usize, prediction: usize) -> f64 {
        self.rows().nth(target).map_or_else(
            || panic!("class {target} of a matrix of {} classes", self.classes),
            |row| row[prediction],
        )
    }

    /// The rows, one per target class: `[classes]` each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.cells.chunks_exact(self.classes)
    }

    /// The mistakes as `(target, prediction, count)`, the most frequent one first.
    pub fn mistakes(&self) -> Vec<(usize, usize, f64)> {
        let all = self.cells.iter().enumerate();
        let mut mistakes: Vec<_> = all
            .map(|(i, n)| (i / self.classes, i % self.classes, *n))
            .filter(|(target, prediction, n)| target != prediction && *n > 0.0)
            .collect();
        mistakes.sort_by(|a, b| b.2.total_cmp(&a.2));
        mistakes
    }
}

impl Value for Confusion {
    fn entries(&self) -> Vec<(String, f64)> {
        let all = self.cells.iter().enumerate();
        all.map(|(i, n)| (format!("{}/{}", i / self.classes, i % self.classes), *n))
            .collect()
    }

    fn report(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.cells.iter().all(|n| n.fract() == 0.0);
        let text = |n: f64| match (n == 0.0, whole) {
            (true, _) => ".".to_owned(),
            (_, true) => format!("{n}"),
            _ => format!("{n:.3}"),
        };
        let width = self.cells.iter().map(|n| text(*n).len()).max();
        let width = width
            .unwrap_or_default()
            .max(self.classes.to_string().len());
        write!(f, "target \\ prediction")?;
        for class in 0..self.classes {
            write!(f, "  {class:>width$}")?;
        }
        for (target, row) in self.rows().enumerate() {
            write!(f, "\n{target:>19}")?;
            for n in row {
                write!(f, "  {:>width$}", text(*n))?;
            }
        }
        Ok(())
    }
}

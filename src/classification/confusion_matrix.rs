use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Binary, Multiclass, Multilabel, Options, Tally, Task, tally::seen};
use crate::{Meta, Metric, Result, Total, Value};

/// How often the elements of each class were predicted to be of each class.
///
/// The value is a [`Confusion`] with `matrix[target][prediction]`: `[classes, classes]` of a multiclass
/// task, `[[tn, fp], [fn, tp]]` of a binary one. Of a multilabel task it is one such 2 x 2 matrix a
/// label. [`normalize`](Self::normalize) makes fractions of the counts.
///
/// A multiclass matrix takes memory for `classes * classes` counts; for metrics that need only the counts
/// of each class, no such matrix is made.
///
/// Options: [`normalize`](Self::normalize), and those of the task ([`Options`]). Inputs:
/// [`ClassificationInput`](super::ClassificationInput). Errors: [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `ConfusionMatrix`; scikit-learn's `confusion_matrix`, with sample weights.
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

/// [`ConfusionMatrix::binary`].
pub type BinaryConfusionMatrix = ConfusionMatrix<Binary>;
/// [`ConfusionMatrix::multiclass`].
pub type MulticlassConfusionMatrix = ConfusionMatrix<Multiclass>;
/// [`ConfusionMatrix::multilabel`].
pub type MultilabelConfusionMatrix = ConfusionMatrix<Multilabel>;

/// What the entries of a confusion matrix are fractions of. Where there are none, the fraction is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Normalize {
    /// Of the elements of the target class: rows add up to 1.
    Target,
    /// Of the elements of the predicted class: columns add up to 1.
    Prediction,
    /// Of all elements: the matrix adds up to 1.
    All,
}

impl ConfusionMatrix<Binary> {
    /// For two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl ConfusionMatrix<Multiclass> {
    /// For `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl ConfusionMatrix<Multilabel> {
    /// For `labels` labels: one 2 x 2 matrix a label.
    pub fn multilabel(labels: usize) -> Self {
        Self::new(Multilabel::new(labels))
    }
}

impl<T: Task> ConfusionMatrix<T> {
    /// Of a task with options.
    pub fn new(task: T) -> Self {
        Self {
            tally: Tally::new(task),
            normalize: None,
        }
    }

    /// Gives fractions instead of counts.
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

/// A confusion matrix: rows are target classes, columns predicted ones.
///
/// Displays as a table, with dots for what did not happen.
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

    /// How many elements of class `target` were predicted to be of class `prediction`, or which fraction.
    ///
    /// # Panics
    ///
    /// If there is no such class.
    pub fn count(&self, target: usize, prediction: usize) -> f64 {
        self.rows().nth(target).map_or_else(
            || panic!("class {target} of a matrix of {} classes", self.classes),
            |row| row[prediction],
        )
    }

    /// The rows, one a target class: `[classes]` each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.cells.chunks_exact(self.classes)
    }

    /// The most frequent mistakes, `(target, prediction, how often)`, the most frequent one first.
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

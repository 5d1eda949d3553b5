//! Tasks: what is predicted, how predictions are counted, and how the counts are read from a table.

mod batch;
mod binary;
mod counts;
mod labels;
mod multiclass;
mod multilabel;
mod options;

use std::fmt::Debug;

use burn::tensor::{Int, Tensor};
use serde::{Serialize, de::DeserializeOwned};

use super::{ClassificationInput, Pooling, ScoredBatch};
use crate::{ExpectedLabels, Meta, MetricError, Result, sealed::Sealed, state::Counts};

pub use binary::Binary;
pub use counts::ClassCounts;
pub use multiclass::Multiclass;
pub use multilabel::Multilabel;
use options::Threshold;
pub use options::{Options, Predicts, Thresholded};

/// The kind of prediction: [`Binary`], [`Multiclass`] or [`Multilabel`].
///
/// This trait is sealed: only these three tasks implement it.
pub trait Task:
    Sealed + Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Whether each element has exactly one of the classes.
    const EXCLUSIVE: bool;

    /// Whether there are several classes whose scores are averaged.
    const AVERAGED: bool = true;

    /// Adds the options that change the predictions to the name of a metric.
    fn named(&self, meta: Meta) -> Meta {
        meta
    }

    /// The number of cells in a table of the counts of each class.
    fn cells(&self) -> usize;

    /// The number of cells in a table of the pairs of target and predicted class.
    fn pair_cells(&self) -> usize {
        self.cells()
    }

    /// How pairs of target and predicted class are counted.
    type Confused: Pooling<State = Counts>;

    /// Counts a batch.
    ///
    /// # Errors
    ///
    /// [`Shape`](crate::MetricError::Shape), [`Kind`](crate::MetricError::Kind) and
    /// [`Config`](crate::MetricError::Config).
    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted>;

    /// Reads the four counts of each class from a table that [`count`](Task::count) filled.
    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts>;

    /// Converts a table of pairs to the table of the counts of each class.
    fn pool(&self, pairs: &[u64]) -> Vec<u64> {
        pairs.to_vec()
    }

    /// Reads the confusion matrices from a table of pairs: `[target, prediction]`, row by row.
    fn read_pairs(&self, cell: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>>;

    /// The class whose label is ignored, if the ignored index is one of the classes.
    fn ignored_class(&self) -> Option<usize> {
        None
    }

    /// The `k` of [`Options::top_k`], by default 1.
    fn top(&self) -> usize {
        1
    }

    /// Sets the index of ignored elements: see [`Options::ignore_index`].
    fn set_ignore_index(&mut self, index: i64);

    /// Whether scores are logits: see [`Options::from_logits`].
    fn has_logits(&self) -> bool;

    /// Sets that scores are logits.
    fn set_from_logits(&mut self);

    /// The labels that a target can have.
    fn labels(&self) -> ExpectedLabels;

    /// Says in an error about wrong labels which ones are right.
    fn explain(&self, error: MetricError) -> MetricError {
        let ExpectedLabels {
            count,
            ignore_index,
        } = self.labels();
        error.expecting_labels(count, ignore_index)
    }

    /// Adds a batch. If labels are wrong, the error shows the first of them.
    ///
    /// # Errors
    ///
    /// That of `add`.
    fn show_labels(
        &self,
        input: ClassificationInput,
        add: impl FnOnce(ClassificationInput) -> Result<()>,
    ) -> Result<()> {
        // Handles of tensors: no memory is copied.
        let batch = input.clone();
        add(input).map_err(|error| error.showing(|| batch.wrong_label(self.labels())))
    }
}

/// A task in which each class has a score.
pub trait ScoredTask: Task {
    /// The number of scores of each element.
    fn width(&self) -> usize;

    /// Checks a batch of scores and lays it out. If the task has logits, `logits` says how they are converted.
    ///
    /// # Errors
    ///
    /// [`Shape`](crate::MetricError::Shape), [`Kind`](crate::MetricError::Kind) and
    /// [`Config`](crate::MetricError::Config).
    fn scored(&self, input: ClassificationInput, logits: LogitMap) -> Result<ScoredBatch>;
}

/// How scores that are logits are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogitMap {
    /// They stay as they are.
    Identity,
    /// They become probabilities: by the sigmoid, or the softmax over exclusive classes.
    Probability,
    /// They become the log-odds of these probabilities, which rank as they do but do not saturate.
    LogOdds,
}

/// The kind of table that a [`Task`] fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Counts of each class over all elements.
    Global,
    /// Counts of each class for each sample.
    Samplewise,
    /// Counts of each pair of target and predicted class over all elements.
    Confused,
    /// The number of wrong elements in each unit that is predicted as a whole: in a sample for multiclass tasks, and
    /// among the labels of an element for the other tasks.
    Errors,
}

/// The counts of one batch.
#[derive(Debug)]
pub struct Counted {
    /// The table on its device, or `None` if the batch is empty.
    pub table: Option<CountTensor>,
    /// The number of elements in the batch.
    pub elements: u64,
}

/// A table on a device: counts or sums of weights.
#[derive(Debug)]
pub enum CountTensor {
    /// Counts of samples without weights.
    Counts(Tensor<1, Int>),
    /// Sums of the weights of samples.
    Weights(Tensor<1>),
}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, Counted, LogitMap, ScoredTask, Table, Task, Threshold, Thresholded,
    batch::{same_shape, scored},
    labels::{count_labels, read_labels, two_by_two},
};
use crate::{
    ExpectedLabels, Meta, Result,
    classification::{ClassificationInput, Global, ScoredBatch},
    ops::{Extent, LabelSpec, ScoreSpec},
    sealed::Sealed,
};

/// The task with two classes, 1 (positive) and 0 (negative), and one score per element.
///
/// Scores are probabilities, unless [`from_logits`](super::Options::from_logits) is set; other scores are an error where
/// they would change the value. An element is predicted to be positive if its score is greater than the threshold.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[must_use = "options return a new task"]
pub struct Binary {
    threshold: Threshold,
    from_logits: bool,
    ignore_index: Option<i64>,
}

impl Binary {
    /// Creates the task with a threshold of 0.5.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Sealed for Binary {}

impl Thresholded for Binary {
    fn set_threshold(&mut self, probability: f64) {
        self.threshold = Threshold(probability);
    }
}

impl Task for Binary {
    const EXCLUSIVE: bool = false;
    const AVERAGED: bool = false;

    fn named(&self, meta: Meta) -> Meta {
        self.threshold.named(meta)
    }

    type Confused = Global;

    fn cells(&self) -> usize {
        4
    }

    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted> {
        let extent = self.extent(&input)?;
        let spec = LabelSpec {
            extent,
            labels: 1,
            threshold: self.score_threshold()?,
            probabilities: !self.from_logits,
            ignore_index: self.ignore_index,
            table: table.of_labels(),
        };
        count_labels(input, spec)
    }

    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
        read_labels(1, cell)
    }

    fn read_pairs(&self, cell: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>> {
        two_by_two(self.read(cell))
    }

    fn set_ignore_index(&mut self, index: i64) {
        self.ignore_index = Some(index);
    }

    fn has_logits(&self) -> bool {
        self.from_logits
    }

    fn set_from_logits(&mut self) {
        self.from_logits = true;
    }

    fn labels(&self) -> ExpectedLabels {
        ExpectedLabels {
            count: 2,
            ignore_index: self.ignore_index,
        }
    }
}

impl ScoredTask for Binary {
    fn width(&self) -> usize {
        1
    }

    fn scored(&self, input: ClassificationInput, logits: LogitMap) -> Result<ScoredBatch> {
        let spec = ScoreSpec {
            extent: self.extent(&input)?,
            width: 1,
            exclusive: false,
            ignore_index: self.ignore_index,
        };
        scored(input, spec, self.from_logits.then_some(logits))
    }
}

impl Binary {
    /// The threshold with which scores are compared.
    pub(in crate::classification) fn score_threshold(&self) -> Result<f64> {
        self.threshold.of_scores(self.from_logits)
    }

    pub(in crate::classification) fn ignored(&self) -> Option<i64> {
        self.ignore_index
    }

    pub(in crate::classification) fn extent(&self, input: &ClassificationInput) -> Result<Extent> {
        let shape = input.preds_shape();
        same_shape(input, &shape)?;
        Ok(Extent {
            samples: shape[0],
            inner: shape[1..].iter().product(),
        })
    }
}

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, Counted, ScoreMap, ScoredTask, Table, Task, Threshold, Thresholded,
    batch::{same_shape, scored},
    labels::{count_labels, read_labels, two_by_two},
};
use crate::{
    ExpectedLabels, Meta, Result,
    classification::{ClassificationInput, Global, ScoredBatch},
    ops::{Extent, ScoreSpec},
    sealed::Sealed,
};

/// The task with two classes, 1 (positive) and 0 (negative), and one score per element.
///
/// Scores are probabilities, unless [`from_logits`](super::Options::from_logits) is set. An element is predicted to be
/// positive if its score is greater than the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[must_use = "options return a new task"]
pub struct Binary {
    threshold: Threshold,
    ignore_index: Option<i64>,
}

impl Binary {
    /// Creates the task with a threshold of 0.5.
    pub fn new() -> Self {
        Self {
            threshold: Threshold::default(),
            ignore_index: None,
        }
    }
}

impl Default for Binary {
    fn default() -> Self {
        Self::new()
    }
}

impl Sealed for Binary {}

impl Thresholded for Binary {
    fn threshold_mut(&mut self) -> &mut Threshold {
        &mut self.threshold
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
        count_labels(input, extent, 1, self.threshold, self.ignore_index, table)
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

    fn scored(&self, input: ClassificationInput, map: ScoreMap) -> Result<ScoredBatch> {
        let spec = ScoreSpec {
            extent: self.extent(&input)?,
            width: 1,
            exclusive: false,
            ignore_index: self.ignore_index,
        };
        scored(input, spec, map)
    }
}

impl Binary {
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

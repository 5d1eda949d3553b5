use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, Counted, LogitMap, ScoredTask, Table, Task, Threshold, Thresholded,
    batch::{same_shape, scored},
    labels::{count_labels, read_labels, two_by_two},
};
use crate::{
    ExpectedLabels, Meta, MetricError, Result,
    classification::{ClassificationInput, Global, ScoredBatch},
    ops::{Extent, LabelSpec, ScoreSpec},
    sealed::Sealed,
};

/// The task with several labels, any of which an element can have, and one score per label.
///
/// Scores are probabilities, unless [`from_logits`](super::Options::from_logits) is set; other scores are an error where
/// they would change the value. A label is predicted if its score is greater than the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use = "options return a new task"]
pub struct Multilabel {
    labels: usize,
    #[serde(default)]
    threshold: Threshold,
    #[serde(default)]
    from_logits: bool,
    #[serde(default)]
    ignore_index: Option<i64>,
}

impl Multilabel {
    /// Creates the task for `labels` labels, with a threshold of 0.5.
    pub fn new(labels: usize) -> Self {
        Self {
            labels,
            threshold: Threshold::default(),
            from_logits: false,
            ignore_index: None,
        }
    }

    /// The number of labels.
    pub fn labels(&self) -> usize {
        self.labels
    }
}

impl Sealed for Multilabel {}

impl Thresholded for Multilabel {
    fn set_threshold(&mut self, probability: f64) {
        self.threshold = Threshold(probability);
    }
}

impl Task for Multilabel {
    const EXCLUSIVE: bool = false;

    fn named(&self, meta: Meta) -> Meta {
        self.threshold.named(meta)
    }

    type Confused = Global;

    fn cells(&self) -> usize {
        self.labels.saturating_mul(4)
    }

    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted> {
        let spec = LabelSpec {
            extent: self.extent(&input)?,
            labels: self.labels,
            threshold: self.threshold.of_scores(self.from_logits)?,
            probabilities: !self.from_logits,
            ignore_index: self.ignore_index,
            table: table.of_labels(),
        };
        count_labels(input, spec)
    }

    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
        read_labels(self.labels, cell)
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

impl ScoredTask for Multilabel {
    fn width(&self) -> usize {
        self.labels
    }

    fn scored(&self, input: ClassificationInput, logits: LogitMap) -> Result<ScoredBatch> {
        let spec = ScoreSpec {
            extent: self.extent(&input)?,
            width: self.labels,
            exclusive: false,
            ignore_index: self.ignore_index,
        };
        scored(input, spec, self.from_logits.then_some(logits))
    }
}

impl Multilabel {
    fn extent(&self, input: &ClassificationInput) -> Result<Extent> {
        let shape = input.preds_shape();
        same_shape(input, &shape)?;
        if shape.get(1) != Some(&self.labels) {
            let expected = format!("[batch, labels = {}, ...]", self.labels);
            return Err(MetricError::shape("predictions", expected, &shape));
        }
        if self.labels == 0 {
            return Err(MetricError::config("labels", "at least 1", self.labels));
        }
        Ok(Extent {
            samples: shape[0],
            inner: shape[2..].iter().product(),
        })
    }
}

use serde::{Deserialize, Serialize};

use super::{Binary, Multiclass, Multilabel, Task};
use crate::{Meta, MetricError, Result};

/// The probability above which an element or a label is predicted to be positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Threshold {
    probability: f64,
    from_logits: bool,
}

impl Default for Threshold {
    fn default() -> Self {
        Self {
            probability: 0.5,
            from_logits: false,
        }
    }
}

impl Threshold {
    /// Adds the threshold to the name of a metric, unless it is the default.
    pub(super) fn named(self, meta: Meta) -> Meta {
        let default = Self::default().probability;
        match self.probability == default {
            true => meta,
            // Four digits are enough for the thresholds that people choose.
            false => meta.with(format!(
                "threshold {}",
                (self.probability * 1e4).round() / 1e4
            )),
        }
    }

    /// The threshold of the scores: the sigmoid is monotonic, so a logit is compared with the logit of
    /// the probability.
    pub(in crate::classification) fn of_scores(self) -> Result<f64> {
        let p = self.probability;
        if !(0.0..=1.0).contains(&p) {
            return Err(MetricError::config(
                "threshold",
                "a probability in [0, 1]",
                p,
            ));
        }
        Ok(if self.from_logits {
            (p / (1.0 - p)).ln()
        } else {
            p
        })
    }
}

/// A task that compares scores with a threshold to make predictions.
pub trait Thresholded: Task {
    /// The threshold, to be changed by options.
    fn threshold_mut(&mut self) -> &mut Threshold;
}

/// The options of a task, as methods of the task and of the metrics that have one.
pub trait Options: Sized {
    /// The type of the task.
    type Task: Task;

    /// The task, to be changed by options.
    fn task_mut(&mut self) -> &mut Self::Task;

    /// Ignores elements whose target equals `index`. It does not have to be a valid class.
    fn ignore_index(mut self, index: i64) -> Self {
        self.task_mut().set_ignore_index(index);
        self
    }

    /// Sets the threshold, from 0 to 1: probabilities greater than it are predicted to be positive. The default is 0.5.
    fn threshold(mut self, probability: f64) -> Self
    where
        Self::Task: Thresholded,
    {
        self.task_mut().threshold_mut().probability = probability;
        self
    }

    /// Treats scores as logits instead of probabilities, as if the sigmoid were applied first.
    ///
    /// The crate never guesses from the values whether scores are logits.
    // The name says what the scores are, and the method takes `self` like the other options.
    #[allow(clippy::wrong_self_convention)]
    fn from_logits(mut self) -> Self
    where
        Self::Task: Thresholded,
    {
        self.task_mut().threshold_mut().from_logits = true;
        self
    }

    /// Counts an element as correct if its target is among the `k` classes with the highest scores.
    ///
    /// Other elements count as predicted to be of the class with the highest score. Among classes with the same score,
    /// those with a lower index come first.
    fn top_k(mut self, k: usize) -> Self
    where
        Self: Options<Task = Multiclass>,
    {
        self.task_mut().set_top_k(k);
        self
    }
}

macro_rules! own_options {
    ($($Task:ty),+) => {
        $(impl Options for $Task {
            type Task = Self;

            fn task_mut(&mut self) -> &mut Self {
                self
            }
        })+
    };
}

own_options!(Binary, Multiclass, Multilabel);

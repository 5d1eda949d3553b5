use serde::{Deserialize, Serialize};

use super::{Binary, Multiclass, Multilabel, Task};
use crate::{Meta, MetricError, Result};

/// The probability above which an element or a label is predicted to be positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Threshold(pub f64);

impl Default for Threshold {
    fn default() -> Self {
        Self(0.5)
    }
}

impl Threshold {
    /// Adds the threshold to the name of a metric, unless it is the default.
    pub(super) fn named(self, meta: Meta) -> Meta {
        match self == Self::default() {
            true => meta,
            // Four digits are enough for the thresholds that people choose.
            false => meta.with(format!("threshold {}", (self.0 * 1e4).round() / 1e4)),
        }
    }

    /// The threshold of the scores: the sigmoid is monotonic, so a logit is compared with the logit of
    /// the probability.
    pub(super) fn of_scores(self, are_logits: bool) -> Result<f64> {
        let p = self.0;
        let valid = (0.0..=1.0).contains(&p);
        MetricError::check_option("threshold", p, valid, "a probability in [0, 1]")?;
        Ok(if are_logits { (p / (1.0 - p)).ln() } else { p })
    }
}

/// A task that compares scores with a threshold to make predictions.
pub trait Thresholded: Task {
    /// Sets the threshold: see [`Options::threshold`].
    fn set_threshold(&mut self, probability: f64);
}

/// A task, or a metric of predictions, for which the options that make predictions from scores have a meaning.
///
/// Metrics of the scores themselves, such as [`Auroc`](crate::classification::Auroc), make no predictions.
pub trait Predicts: Options {}

/// The options of a task, as methods of the task and of the metrics that have one.
///
/// ```
/// use burn_metrics::prelude::*;
///
/// let auroc = Auroc::multiclass(10).from_logits().ignore_index(-1);
/// let task = Multiclass::new(10).from_logits().ignore_index(-1);
/// assert_eq!(auroc, Ranked::new(Auroc::new(), task, Macro));
/// ```
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

    /// Treats scores as logits instead of probabilities, as if the sigmoid were applied first (for a multiclass task, the
    /// softmax over the classes).
    ///
    /// It has no effect where only the order of the scores of each label matters, unless the task is multiclass: the
    /// softmax changes that order. The crate never guesses from the values whether scores are logits: where a score outside
    /// 0 to 1 would change the value, it is an error.
    // The name says what the scores are, and the method takes `self` like the other options.
    #[allow(clippy::wrong_self_convention)]
    fn from_logits(mut self) -> Self {
        self.task_mut().set_from_logits();
        self
    }

    /// Sets the threshold, from 0 to 1: probabilities greater than it are predicted to be positive. The default is 0.5.
    fn threshold(mut self, probability: f64) -> Self
    where
        Self: Predicts,
        Self::Task: Thresholded,
    {
        self.task_mut().set_threshold(probability);
        self
    }

    /// Counts an element as correct if its target is among the `k` classes with the highest scores.
    ///
    /// Other elements count as predicted to be of the class with the highest score. Among classes with the same score,
    /// those with a lower index come first.
    fn top_k(mut self, k: usize) -> Self
    where
        Self: Predicts + Options<Task = Multiclass>,
    {
        self.task_mut().set_top_k(k);
        self
    }
}

macro_rules! own_options {
    ($($Task:ty),+) => {
        $(
            impl Predicts for $Task {}

            impl Options for $Task {
                type Task = Self;

                fn task_mut(&mut self) -> &mut Self {
                    self
                }
            }
        )+
    };
}

own_options!(Binary, Multiclass, Multilabel);

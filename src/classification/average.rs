use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::{ClassCounts, Score, Task, formula::Formula};
use crate::Value;

/// How the scores of the classes become a value: [`Micro`], [`Macro`], [`Weighted`], [`PerClass`].
pub trait Average: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// One number, or one a class.
    type Value: Value;

    /// The value of a score.
    fn average<F: Formula, T: Task>(
        score: &Scoring<'_, F, T>,
        classes: &[ClassCounts],
    ) -> Self::Value;
}

/// A formula with the task and the options that it needs.
#[derive(Debug)]
pub struct Scoring<'a, F, T> {
    pub(crate) formula: &'a F,
    pub(crate) task: &'a T,
    pub(crate) zero_division: f64,
}

impl<F: Formula, T: Task> Scoring<'_, F, T> {
    fn score(&self, counts: &ClassCounts) -> f64 {
        let (numerator, denominator) = self.formula.quotient(counts, T::EXCLUSIVE);
        if denominator == 0.0 {
            self.zero_division
        } else {
            numerator / denominator
        }
    }

    fn mean(&self, classes: &[ClassCounts], weight: impl Fn(usize, &ClassCounts) -> f64) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (class, counts) in classes.iter().enumerate() {
            let weight = weight(class, counts);
            sum += weight * self.score(counts);
            weights += weight;
        }
        // Without any class to average over there is nothing to score.
        if weights == 0.0 { 0.0 } else { sum / weights }
    }
}

/// Pools the counts of all classes, then scores once: every element counts the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Micro;

/// The mean of the scores of the classes: every class counts the same. Of a multiclass task, classes
/// that occur neither in the targets nor in the predictions do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Macro;

/// The mean of the scores of the classes, weighted by how many elements are of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighted;

/// The score of each class: `[classes]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerClass;

impl Average for Micro {
    type Value = f64;

    fn average<F: Formula, T: Task>(
        score: &Scoring<'_, F, T>,
        classes: &[ClassCounts],
    ) -> Self::Value {
        let left_out = score.formula.left_out(score.task);
        let pooled = classes.iter().enumerate();
        let pooled = pooled.filter(|(class, _)| Some(*class) != left_out);
        score.score(&pooled.map(|(_, counts)| *counts).sum())
    }
}

impl Average for Macro {
    type Value = f64;

    fn average<F: Formula, T: Task>(
        score: &Scoring<'_, F, T>,
        classes: &[ClassCounts],
    ) -> Self::Value {
        let left_out = score.formula.left_out(score.task);
        score.mean(classes, |class, counts| {
            let occurs = !T::EXCLUSIVE || score.formula.occurs(counts, score.task.top());
            f64::from(u8::from(occurs && Some(class) != left_out))
        })
    }
}

impl Average for Weighted {
    type Value = f64;

    fn average<F: Formula, T: Task>(
        score: &Scoring<'_, F, T>,
        classes: &[ClassCounts],
    ) -> Self::Value {
        score.mean(classes, |_, counts| counts.support())
    }
}

impl Average for PerClass {
    type Value = Vec<f64>;

    fn average<F: Formula, T: Task>(
        score: &Scoring<'_, F, T>,
        classes: &[ClassCounts],
    ) -> Self::Value {
        classes.iter().map(|counts| score.score(counts)).collect()
    }
}

impl<F, T: Task, A, P> Score<F, T, A, P> {
    /// Averages the scores of the classes in another way: [`Micro`], [`Macro`], [`Weighted`] or
    /// [`PerClass`].
    pub fn average<B: Average>(self, average: B) -> Score<F, T, B, P> {
        let Self {
            formula,
            tally,
            zero_division,
            ..
        } = self;
        Score {
            formula,
            tally,
            average,
            zero_division,
        }
    }
}

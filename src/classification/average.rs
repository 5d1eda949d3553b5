use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::{Value, sealed::Sealed};

/// How the scores of the classes become a value: [`Micro`], [`Macro`], [`Weighted`], [`PerClass`].
pub trait Average: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// One number, or one per class.
    type Value: Value;

    /// Averages the scores.
    fn average(scores: &impl ClassScores) -> Self::Value;
}

/// The scores of all classes, as an [`Average`] sees them.
pub trait ClassScores {
    /// The score of each class.
    fn classes(&self) -> impl Iterator<Item = ClassScore>;

    /// The score of the counts of all classes together.
    fn pooled(&self) -> f64;
}

/// The score of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassScore {
    /// The score.
    pub score: f64,
    /// The number of elements of the class (the sum of their weights, if the samples have weights).
    pub support: f64,
    /// Whether the class takes part in a macro average.
    pub in_macro: bool,
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

impl Sealed for Micro {}
impl Sealed for Macro {}
impl Sealed for Weighted {}
impl Sealed for PerClass {}

impl Average for Micro {
    const NAME: &'static str = "micro";

    type Value = f64;

    fn average(scores: &impl ClassScores) -> f64 {
        scores.pooled()
    }
}

impl Average for Macro {
    const NAME: &'static str = "macro";

    type Value = f64;

    fn average(scores: &impl ClassScores) -> f64 {
        mean(scores, |class| f64::from(u8::from(class.in_macro)))
    }
}

impl Average for Weighted {
    const NAME: &'static str = "weighted";

    type Value = f64;

    fn average(scores: &impl ClassScores) -> f64 {
        mean(scores, |class| class.support)
    }
}

impl Average for PerClass {
    const NAME: &'static str = "per class";

    type Value = Vec<f64>;

    fn average(scores: &impl ClassScores) -> Vec<f64> {
        scores.classes().map(|class| class.score).collect()
    }
}

fn mean(scores: &impl ClassScores, weight: impl Fn(&ClassScore) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for class in scores.classes() {
        let weight = weight(&class);
        sum += weight * class.score;
        weights += weight;
    }
    // Without any class to average over there is nothing to score.
    if weights == 0.0 { 0.0 } else { sum / weights }
}

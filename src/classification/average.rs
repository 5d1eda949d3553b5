use std::fmt::Debug;

use serde::{Deserialize, Deserializer, de};

use crate::{Value, sealed::Sealed};

/// Combines the scores of the classes into a value: [`Micro`], [`Macro`], [`Weighted`] or [`PerClass`].
pub trait Average: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// The type of the value: one number, or one number per class.
    type Value: Value;

    /// Averages the scores.
    fn average(scores: &impl ClassScores) -> Self::Value;
}

/// Gives an [`Average`] access to the scores of all classes.
pub trait ClassScores {
    /// The score of each class.
    fn classes(&self) -> impl Iterator<Item = ClassScore>;

    /// The score of the pooled counts of all classes.
    fn pooled(&self) -> f64;
}

/// The score of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassScore {
    /// The score.
    pub score: f64,
    /// The number of elements of the class, or the sum of their weights if the samples have weights.
    pub support: f64,
    /// Whether the class takes part in a macro average.
    pub in_macro: bool,
}

/// Adds up the counts of all classes and computes one score from the sums.
///
/// Every element counts the same, so frequent classes dominate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Micro;

/// The mean of the scores of the classes, in which every class counts the same.
///
/// In a multiclass task, classes that occur neither in the targets nor in the predictions are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Macro;

/// The mean of the scores of the classes, weighted by the number of elements of each class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weighted;

/// Returns the score of each class: `[classes]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerClass;

/// Writes an average by its name. The average is a type, so that no other name can be read.
///
/// For `Micro` this is
///
/// ```text
/// impl Serialize for Micro { .. to.serialize_str("micro") }
/// impl Deserialize for Micro { .. read_name("micro", from)?; Ok(Self) }
/// ```
macro_rules! by_name {
    ($($Average:ident $name:literal),+) => {
        $(
            impl serde::Serialize for $Average {
                fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    to.serialize_str($name)
                }
            }

            impl<'de> serde::Deserialize<'de> for $Average {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    crate::classification::average::read_name($name, from)?;
                    Ok(Self)
                }
            }
        )+
    };
}
pub(super) use by_name;

by_name!(Micro "micro", Macro "macro", Weighted "weighted", PerClass "per_class");

pub(super) fn read_name<'de, D: Deserializer<'de>>(
    expected: &str,
    from: D,
) -> Result<(), D::Error> {
    match String::deserialize(from)? {
        name if name == expected => Ok(()),
        name => Err(de::Error::custom(format!(
            "expected {expected:?}, since each average is a kind of its own, such as `multiclass_f1_macro`, got {name:?}"
        ))),
    }
}

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
    // There is no class to average over.
    if weights == 0.0 { 0.0 } else { sum / weights }
}

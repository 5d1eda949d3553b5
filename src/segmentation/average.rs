use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    MeanOfSamples, Value,
    classification::{
        Average, Macro, Micro, PerClass, Weighted,
        parts::{ClassScore, ClassScores},
    },
    measure::{MeanOfEach, Reduction},
    sealed::Sealed,
};

/// Averages over all pairs of a sample and a class that occurs in it.
///
/// A class that occurs in few samples counts less than one that occurs in all of them. With
/// [`per_sample`](crate::measure::SampleMetric::per_sample), the value of each pair is returned:
/// `[samples, classes]`, row by row, with NaN for pairs without a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllPairs;

impl Sealed for AllPairs {}

/// Combines the scores of the classes of a sample: [`Micro`], [`Macro`], [`Weighted`], [`PerClass`] or [`AllPairs`].
///
/// Classes that do not occur in a sample are left out. This trait is sealed: only these types implement it.
pub trait SampleAverage:
    Sealed
    + Debug
    + Clone
    + Copy
    + Default
    + PartialEq
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// The type of the value: one number, or one number per class.
    type Value: Value;

    /// How the values of samples are averaged.
    type Mean: Reduction<Value = Self::Value>;

    /// How many values a sample has.
    fn values(_classes: usize) -> usize {
        1
    }

    /// How many numbers a value consists of.
    fn numbers(_classes: usize) -> usize {
        1
    }

    /// Writes the numbers of all values of a sample: NaN for a class that does not occur in it.
    fn fill(scores: &impl ClassScores, numbers: &mut [f64]);

    /// Computes the value of a single table of counts from its numbers.
    fn value(numbers: &[f64]) -> Self::Value;
}

/// An average for which each class needs only a score: [`Macro`], [`PerClass`] or [`AllPairs`].
pub trait ScoreAverage: SampleAverage {}
impl ScoreAverage for Macro {}
impl ScoreAverage for PerClass {}
impl ScoreAverage for AllPairs {}

/// Averages to one number, which is NaN if the sample has none of the classes.
macro_rules! one_number {
    ($($Average:ty),+) => {
        $(impl SampleAverage for $Average {
            const NAME: &'static str = <Self as Average>::NAME;

            type Value = f64;
            type Mean = MeanOfSamples;

            fn fill(scores: &impl ClassScores, numbers: &mut [f64]) {
                let has_class = scores.classes().any(|class| class.in_macro);
                numbers[0] = if has_class { Self::average(scores) } else { f64::NAN };
            }

            fn value(numbers: &[f64]) -> f64 {
                numbers[0]
            }
        })+
    };
}

one_number!(Micro, Macro, Weighted);

/// The score of each class, or NaN if the sample does not have it.
fn each_class(scores: &impl ClassScores, numbers: &mut [f64]) {
    for (number, class) in numbers.iter_mut().zip(scores.classes()) {
        *number = if class.in_macro {
            class.score
        } else {
            f64::NAN
        };
    }
}

impl SampleAverage for PerClass {
    const NAME: &'static str = <Self as Average>::NAME;

    type Value = Vec<f64>;
    type Mean = MeanOfEach;

    fn numbers(classes: usize) -> usize {
        classes
    }

    fn fill(scores: &impl ClassScores, numbers: &mut [f64]) {
        each_class(scores, numbers);
    }

    fn value(numbers: &[f64]) -> Vec<f64> {
        numbers.to_vec()
    }
}

impl SampleAverage for AllPairs {
    const NAME: &'static str = "all pairs";

    type Value = f64;
    type Mean = MeanOfSamples;

    fn values(classes: usize) -> usize {
        classes
    }

    fn fill(scores: &impl ClassScores, numbers: &mut [f64]) {
        each_class(scores, numbers);
    }

    fn value(numbers: &[f64]) -> f64 {
        let numbers = || numbers.iter().filter(|number| !number.is_nan());
        numbers().sum::<f64>() / numbers().count() as f64
    }
}

/// The scores of the classes of a sample, with NaN for those that it does not have.
#[derive(Debug)]
pub(super) struct Known(pub Vec<f64>);

impl ClassScores for Known {
    fn classes(&self) -> impl Iterator<Item = ClassScore> {
        self.0.iter().map(|score| ClassScore {
            // What is left out must not enter sums.
            score: if score.is_nan() { 0.0 } else { *score },
            support: 0.0,
            in_macro: !score.is_nan(),
        })
    }

    fn pooled(&self) -> f64 {
        <AllPairs as SampleAverage>::value(&self.0)
    }
}

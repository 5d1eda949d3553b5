//! How the scores of several outputs become a value.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::{
    Result, Value,
    state::{Moments, Part},
};

/// How the scores of several outputs become a value: [`Pooled`], [`UniformAverage`], [`VarianceWeighted`],
/// [`PerOutput`].
pub trait OutputAverage<P>:
    Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static
{
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// One number, or one per output.
    type Value: Value;

    /// The value of a score, which is asked of a part and the number of outputs that it has.
    ///
    /// # Errors
    ///
    /// That of the score.
    fn average(parts: &[P], score: impl Fn(&P, usize) -> Result<f64>) -> Result<Self::Value>;
}

/// One score of the elements of all outputs, as if they were one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooled;

/// The mean of the scores of the outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniformAverage;

/// The mean of the scores of the outputs, weighted by the variances of their targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VarianceWeighted;

/// The score of each output: `[outputs]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerOutput;

impl<P: Part> OutputAverage<P> for Pooled {
    const NAME: &'static str = "pooled";

    type Value = f64;

    fn average(parts: &[P], score: impl Fn(&P, usize) -> Result<f64>) -> Result<f64> {
        let mut pooled = P::default();
        parts.iter().for_each(|part| pooled.merge(part));
        score(&pooled, parts.len())
    }
}

impl<P: Part> OutputAverage<P> for UniformAverage {
    const NAME: &'static str = "uniform average";

    type Value = f64;

    fn average(parts: &[P], score: impl Fn(&P, usize) -> Result<f64>) -> Result<f64> {
        Ok(PerOutput::average(parts, score)?.iter().sum::<f64>() / parts.len() as f64)
    }
}

impl OutputAverage<Moments> for VarianceWeighted {
    const NAME: &'static str = "variance weighted";

    type Value = f64;

    fn average(parts: &[Moments], score: impl Fn(&Moments, usize) -> Result<f64>) -> Result<f64> {
        let scores = PerOutput::average(parts, score)?;
        let variance: f64 = parts.iter().map(|part| part.target.squares).sum();
        if variance == 0.0 {
            // No output deserves more weight than another.
            return Ok(scores.iter().sum::<f64>() / parts.len() as f64);
        }
        let weighted = parts.iter().zip(scores);
        let sum: f64 = weighted
            .map(|(part, score)| part.target.squares * score)
            .sum();
        Ok(sum / variance)
    }
}

impl<P: Part> OutputAverage<P> for PerOutput {
    const NAME: &'static str = "per output";

    type Value = Vec<f64>;

    fn average(parts: &[P], score: impl Fn(&P, usize) -> Result<f64>) -> Result<Vec<f64>> {
        parts.iter().map(|part| score(part, 1)).collect()
    }
}

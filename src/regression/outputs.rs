//! Averages over the outputs of a regression.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::{
    Result, Value,
    state::{Moments, Part},
};

/// How the scores of several outputs are combined: [`Pooled`], [`UniformAverage`], [`VarianceWeighted`] or
/// [`PerOutput`].
pub trait OutputAverage<P>:
    Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static
{
    /// The average as part of a metric's name.
    const NAME: &'static str;

    /// The type of the value: one number, or one number per output.
    type Value: Value;

    /// Combines the outputs into one value. `score` computes the score of a part that stands for the given number of
    /// outputs.
    ///
    /// # Errors
    ///
    /// The error of `score`.
    fn average(parts: &[P], score: impl Fn(&P, usize) -> Result<f64>) -> Result<Self::Value>;
}

/// Computes one score from the elements of all outputs, as if they were one output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooled;

/// Computes the mean of the scores of the outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniformAverage;

/// Computes the mean of the scores of the outputs, weighted by the variances of their targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VarianceWeighted;

/// Returns the score of each output: `[outputs]`.
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
            // All targets are constant, so that all outputs have the same weight.
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

use serde::{Deserialize, Serialize};

/// The mean of the values of the samples, weighted if they have weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanOfSamples;

/// The sum of the values of the samples, weighted if they have weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumOfSamples;

/// The value of each sample, in the order of the updates: `[samples]`. Keeps all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerSample;

use serde::{Deserialize, Serialize};

use crate::{MetricError, Result};

/// The thresholds of a binned curve, in ascending order, from 0 to 1.
///
/// A number of thresholds is spaced evenly: `5` stands for 0, 0.25, 0.5, 0.75 and 1. A list is used as it is.
/// Thresholds are `f32`, as most scores are, so that a score equal to a threshold reaches it.
///
/// ```
/// use burn_metrics::classification::Thresholds;
///
/// assert_eq!(Thresholds::from(3), Thresholds::from([0.0, 0.5, 1.0]));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thresholds(Vec<f32>);

impl Thresholds {
    /// The thresholds.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The number of thresholds.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn check(&self) -> Result<()> {
        let ascending = self.0.is_sorted() && self.0.iter().all(|t| (0.0..=1.0).contains(t));
        if ascending && !self.0.is_empty() {
            return Ok(());
        }
        let expected = "at least one (2 if evenly spaced), ascending, from 0 to 1";
        Err(MetricError::config(
            "thresholds",
            expected,
            format!("{:?}", self.0),
        ))
    }
}

impl From<usize> for Thresholds {
    fn from(n: usize) -> Self {
        // A single threshold cannot be evenly spaced, so the list is empty, which is an error when it is used.
        let last = n.saturating_sub(1) as f32;
        let step = 1.0 / last;
        let at = |i: usize| match i {
            // They are counted from both ends, as in TorchMetrics, so that they are symmetric.
            _ if i < n / 2 => step * i as f32,
            _ => (-step).mul_add((n - 1 - i) as f32, 1.0),
        };
        let n = if n < 2 { 0 } else { n };
        Self((0..n).map(at).collect())
    }
}

impl From<Vec<f32>> for Thresholds {
    fn from(thresholds: Vec<f32>) -> Self {
        Self(thresholds)
    }
}

impl From<&[f32]> for Thresholds {
    fn from(thresholds: &[f32]) -> Self {
        Self(thresholds.to_vec())
    }
}

impl<const N: usize> From<[f32; N]> for Thresholds {
    fn from(thresholds: [f32; N]) -> Self {
        Self(thresholds.to_vec())
    }
}

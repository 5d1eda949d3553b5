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
#[serde(from = "Vec<f32>", into = "Vec<f32>")]
pub struct Thresholds {
    values: Vec<f32>,
    /// How many were asked for. Too many are never made, and are an error when they are used.
    number: usize,
}

/// More thresholds are refused.
const MOST: usize = 1 << 20;

impl Thresholds {
    /// The thresholds.
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// The number of thresholds.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn check(&self) -> Result<()> {
        let expected = format!("at most {MOST} of them");
        MetricError::check_option("thresholds", self.number, self.number <= MOST, expected)?;
        let ascending =
            self.values.is_sorted() && self.values.iter().all(|t| (0.0..=1.0).contains(t));
        MetricError::check_option(
            "thresholds",
            format!("{:?}", self.values),
            ascending && !self.values.is_empty(),
            "at least one (2 if evenly spaced), ascending, from 0 to 1",
        )
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
        let made = if (2..=MOST).contains(&n) { n } else { 0 };
        Self {
            values: (0..made).map(at).collect(),
            number: n,
        }
    }
}

impl From<Vec<f32>> for Thresholds {
    fn from(thresholds: Vec<f32>) -> Self {
        Self {
            number: thresholds.len(),
            values: thresholds,
        }
    }
}

impl From<Thresholds> for Vec<f32> {
    fn from(thresholds: Thresholds) -> Self {
        thresholds.values
    }
}

impl From<&[f32]> for Thresholds {
    fn from(thresholds: &[f32]) -> Self {
        thresholds.to_vec().into()
    }
}

impl<const N: usize> From<[f32; N]> for Thresholds {
    fn from(thresholds: [f32; N]) -> Self {
        thresholds.to_vec().into()
    }
}

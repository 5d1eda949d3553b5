use serde::{Deserialize, Serialize};

use crate::{MetricError, Result, Value};

/// A value with a confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The value itself.
    pub value: f64,
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
    /// The confidence level, such as 0.95.
    pub level: f64,
}

impl Interval {
    pub(crate) fn check(level: f64) -> Result<()> {
        match level > 0.0 && level < 1.0 {
            true => Ok(()),
            false => Err(MetricError::config("level", "above 0 and below 1", level)),
        }
    }
}

impl Value for Interval {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![
            ("value".to_owned(), self.value),
            ("lower".to_owned(), self.lower),
            ("upper".to_owned(), self.upper),
        ]
    }

    fn report(&self) -> String {
        let Self {
            value,
            lower,
            upper,
            level,
        } = self;
        format!(
            "{value:.4} ({:.0}%: {lower:.4} to {upper:.4})",
            level * 100.0
        )
    }
}

use serde::{Deserialize, Serialize};

use crate::{MetricError, Result};

/// How a NaN is treated: a number or its weight, or a category that is given as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NanStrategy {
    /// Returns the error [`MetricError::Values`].
    #[default]
    Error,
    /// Ignores the value, or the sample.
    #[serde(alias = "drop")]
    Ignore,
    /// Replaces the NaN by this number, which must be finite, and a NaN weight by 1.
    Replace(f64),
    /// Keeps the value, so that the result is most likely NaN. A category cannot be NaN.
    Keep,
}

impl NanStrategy {
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Replace(by) if !by.is_finite() => {
                Err(MetricError::config("replace_nan", "a finite number", by))
            }
            _ => Ok(()),
        }
    }
}

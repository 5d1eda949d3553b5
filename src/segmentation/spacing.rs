use serde::{Deserialize, Serialize};

use crate::{Meta, MetricError, Result};

/// The distance between neighboring pixels along each dimension of a sample. It is 1 if it is not set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spacing(Option<Vec<f64>>);

impl Spacing {
    pub(super) fn new(spacing: impl Into<Vec<f64>>) -> Self {
        Self(Some(spacing.into()))
    }

    /// Checks that there is a positive number for each dimension.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    pub(super) fn check(&self, dims: &[usize]) -> Result<()> {
        let Some(spacing) = &self.0 else {
            return Ok(());
        };
        let positive = spacing.iter().all(|s| *s > 0.0 && s.is_finite());
        let valid = positive && spacing.len() == dims.len();
        let expected = format!(
            "{} positive numbers, one per dimension of a sample",
            dims.len()
        );
        MetricError::check_option("spacing", format!("{spacing:?}"), valid, expected)
    }

    /// The spacing along each dimension, of which there are `dims`.
    pub(super) fn along(&self, dims: usize) -> Vec<f64> {
        self.0.clone().unwrap_or_else(|| vec![1.0; dims])
    }

    /// The volume of a pixel.
    pub(super) fn volume(&self) -> f64 {
        self.0.iter().flatten().product()
    }

    /// Adds a spacing that was set to a name.
    pub(super) fn named(&self, meta: Meta) -> Meta {
        match &self.0 {
            None => meta,
            Some(spacing) => {
                let spacing: Vec<String> = spacing.iter().map(f64::to_string).collect();
                meta.with(format_args!("spacing {}", spacing.join(" x ")))
            }
        }
    }
}

use super::{MeanMetric, SumMetric};
use crate::combinator::{MetricExt, Running};

/// The mean of the numbers of the last updates: [`MeanMetric`] with [`running`](MetricExt::running).
///
/// Options and inputs are those of [`MeanMetric`].
///
/// Source: TorchMetrics' `RunningMean`.
///
/// # When to use
///
/// Use it to show a smooth training loss while the model still changes. The window counts updates, not samples, so a
/// larger batch has more influence, and the value is not that of the whole epoch; use [`MeanMetric`] for that.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
///
/// let mut loss = RunningMean::new(2).accumulator();
/// for batch in [8.0, 2.0, 1.0] {
///     loss.update(batch)?;
/// }
/// assert_eq!(loss.compute()?, 1.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RunningMean = Running<MeanMetric>;

/// The sum of the numbers of the last updates: [`SumMetric`] with [`running`](MetricExt::running).
///
/// Inputs are those of [`SumMetric`].
///
/// Source: TorchMetrics' `RunningSum`.
///
/// # When to use
///
/// Use it for a recent total, such as the number of samples or tokens in the last updates. The window counts updates,
/// not time or samples, and the value is smaller until the window is full.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
///
/// let mut samples = RunningSum::new(2).accumulator();
/// for batch in [8.0, 2.0, 1.0] {
///     samples.update(batch)?;
/// }
/// assert_eq!(samples.compute()?, 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RunningSum = Running<SumMetric>;

impl RunningMean {
    /// Creates the metric for the last `window` updates.
    pub fn new(window: usize) -> Self {
        MeanMetric::new().running(window)
    }
}

impl RunningSum {
    /// Creates the metric for the last `window` updates.
    pub fn new(window: usize) -> Self {
        SumMetric::new().running(window)
    }
}

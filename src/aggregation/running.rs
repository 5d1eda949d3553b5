use super::{MeanMetric, SumMetric};
use crate::combinator::{MetricExt, Running};

/// The mean of the numbers of the last updates: [`MeanMetric`] with [`running`](MetricExt::running).
///
/// Source: TorchMetrics' `RunningMean`.
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
/// Source: TorchMetrics' `RunningSum`.
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
    /// Of the last `window` updates.
    pub fn new(window: usize) -> Self {
        MeanMetric::new().running(window)
    }
}

impl RunningSum {
    /// Of the last `window` updates.
    pub fn new(window: usize) -> Self {
        SumMetric::new().running(window)
    }
}

use burn::tensor::{Int, Tensor};

use super::{
    Aggregator, NanStrategy, Reduce,
    host::{Bad, HostBatch, Real},
};
use crate::{Meta, Result, sealed::Sealed, state::Sum};

/// The sum of all numbers.
///
/// On hosts, numbers are added in `f64`. On other devices, each batch is added in its own type and batches are added in
/// `f64`. Without a number, or if all of them were ignored, there is no value, which is an error; TorchMetrics gives 0.
///
/// Options: [`ignore_nan`](Aggregator::ignore_nan), [`replace_nan`](Aggregator::replace_nan) and
/// [`keep_nan`](Aggregator::keep_nan); by default a NaN is an error. Inputs:
/// [`AggregationInput`](super::AggregationInput), without weights; infinite numbers are allowed. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `SumMetric`. Its `nan_strategy` "warn" is `ignore_nan` with a warning, and "disable" is
/// `keep_nan`.
///
/// # When to use
///
/// Use it for totals, such as counts of samples or tokens. It grows with the amount of data, so it cannot be compared
/// between data sets of different sizes; use [`MeanMetric`](super::MeanMetric) for that.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let mut sum = SumMetric::new().accumulator();
/// sum.update(Tensor::<1>::from_floats([1.0, 2.5], &device))?;
/// sum.update(0.25)?;
/// assert_eq!(sum.compute()?, 3.75);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type SumMetric = Aggregator<SumOf>;

/// The reduction of [`SumMetric`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SumOf;

impl Sealed for SumOf {}

impl Reduce for SumOf {
    type State = Sum;
    type Value = f64;
    type Part = f64;

    const META: Meta = Meta::new("Sum");
    const IDENTITY: f64 = 0.0;

    fn part<N: Real>(numbers: HostBatch<'_, N>) -> (f64, Bad) {
        let (sums, lost) = numbers.fold(Self::IDENTITY, 0.0, |sum, value, _| *sum += value);
        (sums.iter().sum(), lost)
    }

    fn add(state: &mut Sum, part: f64) {
        state.add_number(part);
    }

    fn queue(
        state: &mut Sum,
        values: Tensor<1>,
        _weights: Option<Tensor<1>>,
        _dropped: Option<Tensor<1, Int>>,
    ) -> Result<()> {
        state.add(values)
    }

    fn value(sum: f64, _nan: NanStrategy) -> Option<f64> {
        Some(sum)
    }
}

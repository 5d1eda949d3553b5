use burn::tensor::{Int, Tensor};

use super::{
    Aggregator, NanPolicy, Reduce,
    host::{Bad, HostBatch, Real},
};
use crate::{Meta, Result, sealed::Sealed, state::Sum};

/// The sum of all numbers that come.
///
/// Added up in `f64` on hosts; on other devices each batch in the type that it has, and batches in `f64`. Without a number,
/// and also when all of them were left out, there is no value: an error, where TorchMetrics gives 0.
///
/// Options: what is not a number is an error, or [`ignore_nan`](Aggregator::ignore_nan) and its kin. Inputs:
/// [`AggregationInput`](super::AggregationInput), without weights; infinite numbers are allowed. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `SumMetric`; its `nan_strategy` "warn" is `ignore_nan` with a warning, "disable" is `keep_nan`.
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

    fn value(sum: f64, _nan: NanPolicy) -> Option<f64> {
        Some(sum)
    }
}

use burn::tensor::{Int, Tensor};

use super::{
    Aggregator, NanPolicy, Reduce,
    host::{Bad, HostBatch, Real},
};
use crate::{Meta, Result, sealed::Sealed, state::Concat};

/// All numbers that come, in order; of several dimensions, row by row.
///
/// The order is that of the updates of each device, so batches in another order give another value, as does merging in
/// another order. Memory grows with the numbers: 8 bytes each. Without a number, and also when all of them were left out,
/// there is no value: an error, where TorchMetrics gives an empty list.
///
/// Options: what is not a number is an error, or [`ignore_nan`](Aggregator::ignore_nan) and its kin. Inputs:
/// [`AggregationInput`](super::AggregationInput), without weights; infinite numbers are allowed. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `CatMetric`.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let mut all = CatMetric::new().accumulator();
/// all.update(Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device))?;
/// all.update(0.5)?;
/// assert_eq!(all.compute()?, [1.0, 2.0, 3.0, 4.0, 0.5]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type CatMetric = Aggregator<CatOf>;

/// The reduction of [`CatMetric`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CatOf;

impl Sealed for CatOf {}

impl Reduce for CatOf {
    type State = Concat;
    type Value = Vec<f64>;
    type Part = Vec<f64>;

    const META: Meta = Meta::new("Cat");
    // What is to be left out stays marked: a device would have to wait to know how much is left.
    const IDENTITY: f64 = f64::NAN;

    fn part<N: Real>(numbers: HostBatch<'_, N>) -> (Vec<f64>, Bad) {
        let values = numbers.values.iter().map(|value| (*value).into());
        let values: Vec<f64> = match numbers.nan {
            NanPolicy::Replace(by) => values.map(|v| if v.is_nan() { by } else { v }).collect(),
            _ => values.collect(),
        };
        let nans = values.iter().filter(|value| value.is_nan()).count() as u64;
        (values, Bad { nans, weights: 0 })
    }

    fn add(state: &mut Concat, part: Vec<f64>) {
        state.add_numbers(part);
    }

    fn queue(
        state: &mut Concat,
        values: Tensor<1>,
        _weights: Option<Tensor<1>>,
        _dropped: Option<Tensor<1, Int>>,
    ) -> Result<()> {
        state.add(values)
    }

    fn value(values: &[f64], nan: NanPolicy) -> Option<Vec<f64>> {
        let kept = |value: &&f64| nan != NanPolicy::Ignore || !value.is_nan();
        Some(values.iter().filter(kept).copied().collect())
    }
}

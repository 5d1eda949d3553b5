use burn::tensor::{Int, Tensor};

use super::{
    Aggregator, NanStrategy, Reduce,
    host::{Bad, HostBatch, Real},
};
use crate::{Meta, Result, sealed::Sealed, state::Concat};

/// All numbers in the order of the updates; the elements of a tensor come row by row.
///
/// Each device keeps the order of its updates. Batches in another order, or states that are merged in another order,
/// give another value. Memory grows with the data, by 8 bytes per number. Without a number, or if all of them were
/// ignored, there is no value, which is an error; TorchMetrics gives an empty list.
///
/// Options: [`ignore_nan`](Aggregator::ignore_nan), [`replace_nan`](Aggregator::replace_nan) and
/// [`keep_nan`](Aggregator::keep_nan); by default a NaN is an error. Inputs:
/// [`AggregationInput`](super::AggregationInput), without weights; infinite numbers are allowed. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `CatMetric`.
///
/// # When to use
///
/// Use it when the numbers themselves are needed after the evaluation, for example for a histogram. If a summary is
/// enough, [`MeanMetric`](super::MeanMetric) or [`MaxMetric`](super::MaxMetric) take constant memory.
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
    // Ignored numbers stay marked, because a device would have to wait to know how many are left.
    const IDENTITY: f64 = f64::NAN;

    fn part<N: Real>(numbers: HostBatch<'_, N>) -> (Vec<f64>, Bad) {
        let values = numbers.values.iter().map(|value| (*value).into());
        let values: Vec<f64> = match numbers.nan {
            NanStrategy::Replace(by) => values.map(|v| if v.is_nan() { by } else { v }).collect(),
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

    fn value(values: &[f64], nan: NanStrategy) -> Option<Vec<f64>> {
        let kept = |value: &&f64| nan != NanStrategy::Ignore || !value.is_nan();
        Some(values.iter().filter(kept).copied().collect())
    }
}

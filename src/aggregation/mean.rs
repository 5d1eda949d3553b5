use burn::tensor::{Int, Tensor};

use super::{
    Aggregator, NanStrategy, Reduce,
    host::{Bad, HostBatch, Real},
};
use crate::{
    Meta, Result,
    sealed::Sealed,
    state::{Mean, MeanTotal},
};

/// The mean of all numbers: `sum w x / sum w`.
///
/// Numbers are added as in [`SumMetric`](super::SumMetric). Without a number, if all of them were ignored, or if the
/// weights sum to 0, there is no value, which is an error; TorchMetrics gives NaN. Weights that are negative or infinite
/// are faults.
///
/// Options: [`ignore_nan`](Aggregator::ignore_nan), [`replace_nan`](Aggregator::replace_nan) and
/// [`keep_nan`](Aggregator::keep_nan); by default a NaN is an error. A value whose weight is NaN is treated like a NaN.
/// Inputs: [`AggregationInput`](super::AggregationInput); infinite numbers are allowed. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MeanMetric`. There, "disable" (here [`keep_nan`](Aggregator::keep_nan)) ignores all weights,
/// and a replaced value gets the weight 1; here weights do not change.
///
/// # When to use
///
/// Use it for the average of losses or of other numbers that are computed elsewhere. If each number is the mean of a
/// batch, pass the batch size as its weight: without it, a smaller last batch counts as much as the others. A few
/// outliers can dominate it.
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
///
/// // Losses of two batches, one of 30 samples and one of 10.
/// let mut loss = MeanMetric::new().accumulator();
/// loss.update((0.5, 30.0))?;
/// loss.update((0.9, 10.0))?;
/// assert_eq!(loss.compute()?, 0.6);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MeanMetric = Aggregator<MeanOf>;

/// The reduction of [`MeanMetric`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeanOf;

impl Sealed for MeanOf {}

impl Reduce for MeanOf {
    type State = Mean;
    type Value = f64;
    type Part = MeanTotal;

    const META: Meta = Meta::new("Mean");
    const WEIGHTED: bool = true;
    const IDENTITY: f64 = 0.0;

    fn part<N: Real>(numbers: HostBatch<'_, N>) -> (MeanTotal, Bad) {
        let add = |total: &mut MeanTotal, value: f64, weight: f64| {
            total.sum += value * weight;
            total.weight += weight;
        };
        let (totals, lost) = numbers.fold(Self::IDENTITY, MeanTotal::default(), add);
        let total = MeanTotal {
            sum: totals.iter().map(|total| total.sum).sum(),
            weight: totals.iter().map(|total| total.weight).sum(),
        };
        (total, lost)
    }

    fn add(state: &mut Mean, part: MeanTotal) {
        state.add_total(part);
    }

    fn queue(
        state: &mut Mean,
        values: Tensor<1>,
        weights: Option<Tensor<1>>,
        dropped: Option<Tensor<1, Int>>,
    ) -> Result<()> {
        match (weights, dropped) {
            (Some(weights), _) => state.add_weighted(values, weights),
            (None, None) => state.add(values),
            (None, Some(dropped)) => {
                // The host knows the total weight. Only the weight of the dropped values is pending.
                let n = values.dims()[0];
                let sum = values.sum();
                let dropped = dropped.float().cast(sum.dtype());
                state.add_sum(sum, Some(dropped.neg()), n as f64)
            }
        }
    }

    fn value(total: MeanTotal, _nan: NanStrategy) -> Option<f64> {
        (total.weight != 0.0).then(|| total.mean())
    }
}

use burn::tensor::{Int, Tensor};

use super::{
    Aggregator, NanStrategy, Reduce,
    host::{Bad, HostBatch, Real},
};
use crate::{
    Meta, Result,
    sealed::Sealed,
    state::{Max, Min, Results},
};

/// The minimum of all numbers.
///
/// Without a number, or if all of them were ignored, there is no value, which is an error; TorchMetrics gives infinity.
/// The value is NaN if a NaN is kept.
///
/// Options: [`ignore_nan`](Aggregator::ignore_nan), [`replace_nan`](Aggregator::replace_nan) and
/// [`keep_nan`](Aggregator::keep_nan); by default a NaN is an error. Inputs:
/// [`AggregationInput`](super::AggregationInput), without weights; infinite numbers are allowed. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: TorchMetrics' `MinMetric`.
///
/// # When to use
///
/// Use it to check a bound or to find the best of several numbers, such as the lowest loss. It depends on one number
/// only, so a single outlier determines it. For the best value of another metric over epochs, use
/// [`Tracker`](crate::Tracker).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let values = Tensor::<2>::from_floats([[1.0, -2.5], [f32::NAN, 3.0]], &device);
/// assert_eq!(MinMetric::new().ignore_nan().evaluate(values)?, -2.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MinMetric = Aggregator<MinOf>;

/// The maximum of all numbers.
///
/// Options, inputs and errors are those of [`MinMetric`]. Without a number, TorchMetrics gives minus infinity.
///
/// Source: TorchMetrics' `MaxMetric`.
///
/// # When to use
///
/// Use it to check a bound or to find the best of several numbers, such as the highest accuracy. It depends on one
/// number only, so a single outlier determines it. For the best value of another metric over epochs, use
/// [`Tracker`](crate::Tracker).
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
///
/// let mut best = MaxMetric::new().accumulator();
/// for accuracy in [0.5, 0.75, 0.625] {
///     best.update(accuracy)?;
/// }
/// assert_eq!(best.compute()?, 0.75);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type MaxMetric = Aggregator<MaxOf>;

/// The reduction of [`MinMetric`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MinOf;

/// The reduction of [`MaxMetric`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MaxOf;

macro_rules! extremum {
    ($Reduce:ident, $State:ident, $name:literal, $identity:expr, $is_better:tt, $of:ident) => {
        impl Sealed for $Reduce {}

        impl Reduce for $Reduce {
            type State = $State;
            type Value = f64;
            type Part = f64;

            const META: Meta = Meta::new($name);
            const IDENTITY: f64 = $identity;

            fn part<N: Real>(numbers: HostBatch<'_, N>) -> (f64, Bad) {
                let better = |best: &mut f64, value: f64, _| {
                    *best = if value $is_better *best { value } else { *best };
                };
                let (best, bad) = numbers.fold(Self::IDENTITY, Self::IDENTITY, better);
                let best = match numbers.nan {
                    // The comparisons have skipped NaNs.
                    NanStrategy::Keep if bad.nans > 0 => f64::NAN,
                    _ => best.into_iter().fold(Self::IDENTITY, f64::$of),
                };
                (best, bad)
            }

            fn add(state: &mut $State, part: f64) {
                state.add_number(part);
            }

            fn queue(
                state: &mut $State,
                values: Tensor<1>,
                _weights: Option<Tensor<1>>,
                dropped: Option<Tensor<1, Int>>,
            ) -> Result<()> {
                let best = values.clone().$of();
                state.add_result(Results::of(match dropped {
                    Some(_) => best,
                    // Devices differ in what they return as the extremum of numbers with NaNs.
                    None => {
                        let nans = values.is_nan().int().sum();
                        best.mask_fill(nans.greater_elem(0), f64::NAN)
                    }
                }))
            }

            fn value(best: Option<f64>, _nan: NanStrategy) -> Option<f64> {
                best
            }
        }
    };
}

extremum!(MinOf, Min, "Min", f64::INFINITY, <, min);
extremum!(MaxOf, Max, "Max", f64::NEG_INFINITY, >, max);

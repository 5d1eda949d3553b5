use std::{fmt::Debug, marker::PhantomData};

use burn::tensor::{DType, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    AggregationInput,
    host::{Bad, HostBatch, Real},
    input::{Batch, TensorBatch},
};
use crate::{
    Fault, Faults, Meta, Metric, MetricError, NanStrategy, Result, State, Statistic, Total, Value,
    combinator::{Draw, NoOutcomes, Resample},
    ops::{HostTensor, is_host},
    sealed::Sealed,
    state::Counts,
};

/// How numbers are reduced to a value: [`SumOf`](super::SumOf) and the others.
///
/// This trait is sealed: only types of this crate implement it.
pub trait Reduce:
    Sealed + Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static
{
    /// The type of the state that is kept.
    type State: State;
    /// The type of the value.
    type Value: Value;
    /// The type of the contribution of a batch in host memory.
    type Part;

    /// The name, direction and bounds of the metric.
    const META: Meta;

    /// Whether numbers can have weights.
    const WEIGHTED: bool = false;

    /// A number that does not change the result.
    const IDENTITY: f64;

    /// Computes the contribution of numbers in host memory, and how many of them are bad.
    fn part<N: Real>(numbers: HostBatch<'_, N>) -> (Self::Part, Bad);

    /// Adds the contribution of a batch in host memory.
    fn add(state: &mut Self::State, part: Self::Part);

    /// Adds numbers on a device. `dropped` is the number of NaNs, which have been replaced by
    /// [`IDENTITY`](Self::IDENTITY) with weight 0. It is `None` if NaNs have been kept, or replaced by another number.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`].
    fn queue(
        state: &mut Self::State,
        values: Tensor<1>,
        weights: Option<Tensor<1>>,
        dropped: Option<Tensor<1, Int>>,
    ) -> Result<()>;

    /// Computes the value from at least one number. There is none if the weights sum to 0.
    fn value(total: <Self::State as State>::Total<'_>, nan: NanStrategy) -> Option<Self::Value>;
}

/// A metric that applies a [`Reduce`] to all numbers.
///
/// It is created by the metrics: [`SumMetric::new`](super::SumMetric::new) and the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct Aggregator<R: Reduce>(Gather<R>);

/// The statistic of an [`Aggregator`]: passes numbers to a [`Reduce`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Gather<R: Reduce> {
    nan: NanStrategy,
    #[serde(skip)]
    reduction: PhantomData<R>,
}

impl<R: Reduce> Aggregator<R> {
    /// Creates the metric. A NaN is an error by default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how NaNs are treated; by default they are an error.
    pub fn nan_strategy(mut self, strategy: NanStrategy) -> Self {
        self.0.nan = strategy;
        self
    }

    /// Ignores NaNs.
    pub fn ignore_nan(self) -> Self {
        self.nan_strategy(NanStrategy::Ignore)
    }

    /// Replaces each NaN by a finite number.
    pub fn replace_nan(self, by: f64) -> Self {
        self.nan_strategy(NanStrategy::Replace(by))
    }

    /// Keeps NaNs, so that the value is most likely NaN.
    pub fn keep_nan(self) -> Self {
        self.nan_strategy(NanStrategy::Keep)
    }
}

impl<R: Reduce> Statistic for Gather<R> {
    type Input = AggregationInput;
    /// The state of the reduction, and how many numbers were seen and ignored.
    type State = (R::State, Counts);

    fn update(&self, state: &mut Self::State, input: AggregationInput) -> Result<()> {
        self.nan.check()?;
        input.check(&R::META.name, R::WEIGHTED)?;
        match input.0 {
            Batch::Number(value, weight) => {
                let weights = weight
                    .as_ref()
                    .map(|weight| (std::slice::from_ref(weight), 1));
                self.add(state, &[value], weights)
            }
            Batch::Tensor(batch) if batch.values.dims() == [0] => Ok(()),
            Batch::Tensor(batch) => match is_host(&batch.values.device()) {
                true => self.read(state, *batch),
                false => self.queue(state, *batch),
            },
        }
    }
}

impl<R: Reduce> Gather<R> {
    fn read(&self, state: &mut (R::State, Counts), batch: TensorBatch) -> Result<()> {
        let values = HostTensor::of(batch.values)?;
        let (weights, inner) = batch.weights.unzip();
        let weights = weights.map(HostTensor::of).transpose()?;
        let inner = inner.unwrap_or(1);
        let double = |tensor: &HostTensor| tensor.dtype() == DType::F64;
        if double(&values) || weights.as_ref().is_some_and(double) {
            let weights = weights.as_ref().map(|weights| weights.read::<f64>());
            let weights = weights.as_deref().map(|weights| (weights, inner));
            self.add(state, &values.read::<f64>(), weights)
        } else {
            let weights = weights.as_ref().map(|weights| weights.read::<f32>());
            let weights = weights.as_deref().map(|weights| (weights, inner));
            self.add(state, &values.read::<f32>(), weights)
        }
    }

    fn add<N: Real>(
        &self,
        (state, counts): &mut (R::State, Counts),
        values: &[N],
        weights: Option<(&[N], usize)>,
    ) -> Result<()> {
        let (part, bad) = R::part(HostBatch {
            values,
            weights,
            nan: self.nan,
        });
        let mut faults = Faults::of(Fault::Weight, bad.weights);
        let dropped = match self.nan {
            NanStrategy::Error => {
                faults.add(Fault::Nan, bad.nans);
                0
            }
            NanStrategy::Ignore => bad.nans,
            NanStrategy::Replace(_) | NanStrategy::Keep => 0,
        };
        faults.check()?;
        let kept = values.len() as u64 - dropped;
        if kept > 0 {
            R::add(state, part);
        }
        counts.see(kept);
        Ok(())
    }

    fn queue(&self, (state, counts): &mut (R::State, Counts), batch: TensorBatch) -> Result<()> {
        let (values, weights) = batch.on_device();
        let n = values.dims()[0] as u64;
        let bad_weights = weights.as_ref().map(|weights| {
            let infinite = weights.clone().is_inf();
            weights
                .clone()
                .lower_elem(0.0)
                .bool_or(infinite)
                .int()
                .sum()
        });
        let no_weight = || weights.clone().map(Tensor::is_nan);
        let lost = || match no_weight() {
            None => values.clone().is_nan(),
            Some(no_weight) => values.clone().is_nan().bool_or(no_weight),
        };
        let (values, weights, dropped) = match self.nan {
            NanStrategy::Keep => (values, weights, None),
            NanStrategy::Replace(by) => {
                let values = values.clone().mask_fill(lost(), by);
                let weights = weights.clone().zip(no_weight());
                let weights = weights.map(|(weights, none)| weights.mask_fill(none, 1.0));
                (values, weights, None)
            }
            NanStrategy::Error | NanStrategy::Ignore => {
                let lost = lost();
                let dropped = lost.clone().int().sum();
                let weights = weights.map(|weights| weights.mask_fill(lost.clone(), 0.0));
                (values.mask_fill(lost, R::IDENTITY), weights, Some(dropped))
            }
        };
        R::queue(state, values, weights, dropped.clone())?;
        let like = dropped.as_ref().or(bad_weights.as_ref());
        let Some(none) = like.map(Tensor::zeros_like) else {
            counts.see(n);
            return Ok(());
        };
        let or_none = |count: Option<Tensor<1, Int>>| count.unwrap_or_else(|| none.clone());
        let (dropped, nans) = match self.nan {
            NanStrategy::Ignore => (or_none(dropped), none.clone()),
            _ => (none.clone(), or_none(dropped)),
        };
        let none = || none.clone();
        let faults = [none(), none(), nans, none(), or_none(bad_weights)];
        let table = [dropped].into_iter().chain(faults).collect();
        counts.add_counts(Tensor::cat(table, 0), n)
    }
}

/// The samples of a batch, `[samples, ...]`, are resampled. A plain number counts as one sample.
impl<R: Reduce<Value = f64>> Resample for Gather<R> {
    type Outcomes = NoOutcomes;
    type Batch = AggregationInput;

    fn prepare(&self, input: AggregationInput) -> Result<AggregationInput> {
        Ok(input)
    }

    fn update_drawn(
        &self,
        state: &mut Self::State,
        batch: &AggregationInput,
        draw: &Draw,
    ) -> Result<()> {
        match &batch.0 {
            Batch::Number(..) => {
                let times = draw.times(1).map_or(1, |times| times[0] as usize);
                (0..times).try_for_each(|_| self.update(state, batch.clone()))
            }
            Batch::Tensor(tensor) => match draw.places(tensor.samples, &tensor.values.device()) {
                None => self.update(state, batch.clone()),
                Some(places) if places.dims() == [0] => Ok(()),
                Some(places) => {
                    let drawn = Box::new(tensor.clone().select(&places));
                    self.update(state, AggregationInput(Batch::Tensor(drawn)))
                }
            },
        }
    }
}

impl<R: Reduce> Metric for Aggregator<R> {
    type Statistic = Gather<R>;
    type Value = R::Value;

    fn statistic(&self) -> &Gather<R> {
        &self.0
    }

    fn compute(&self, (total, counts): Total<'_, Self>) -> Result<R::Value> {
        let value = match counts.seen() as f64 == counts.get(0) {
            true => None,
            false => R::value(total, self.0.nan),
        };
        value.ok_or_else(|| MetricError::empty(self.name()))
    }

    fn meta(&self) -> Meta {
        R::META
    }
}

crate::combinator::arithmetic!([R: Reduce] Aggregator<R>);

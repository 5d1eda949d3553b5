use std::fmt::Debug;

use burn::tensor::{Bool, DType, FloatDType, Tensor, TensorData};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Faults, MeanOfSamples, Meta, Metric, MetricError, PerSample, Result, State, Statistic,
    SumOfSamples, Total, Value,
    combinator::{Draw, NoOutcomes, Resample},
    ops::{self, HostTensor, LANES, RowFormula, is_host, sum_lanes},
    state::{Concat, Outputs, OutputsTotal, Part, Sums},
};

/// A measure of each sample, such as the cosine of two vectors.
pub trait RowMeasure:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// A batch.
    type Input: Clone + Send + Sync;

    /// The name, direction and bounds of the metric.
    const META: Meta;

    /// The value of each sample; nothing of an empty batch.
    ///
    /// # Errors
    ///
    /// If shapes or types do not fit.
    fn measure(&self, input: Self::Input) -> Result<Option<Measured>>;
}

/// The values of the samples of a batch.
#[derive(Debug, Clone)]
pub struct Measured {
    /// One a sample: `[samples]`.
    pub values: Tensor<1>,
    /// Which samples are outside the domain of the measure: `[samples]`.
    pub outside: Option<Tensor<1, Bool>>,
    /// The weights of the samples: `[samples]`.
    pub weights: Option<Tensor<1>>,
}

impl Measured {
    /// What a formula makes of the pairs of rows of a host; nothing of those outside of its domain.
    pub(super) fn of_rows(
        preds: Tensor<2>,
        target: Tensor<2>,
        weights: Option<Tensor<1>>,
        formula: &impl RowFormula,
    ) -> Result<Self> {
        let device = preds.device();
        let (values, outside) = ops::map_rows(preds, target, formula)?;
        let samples = values.len();
        let outside = (!outside.is_empty()).then(|| {
            let mut is_outside = vec![false; samples];
            outside.into_iter().for_each(|row| is_outside[row] = true);
            Tensor::from_data(TensorData::new(is_outside, [samples]), &device)
        });
        let values = TensorData::new(values, [samples]);
        Ok(Self {
            values: Tensor::from_data(values, (&device, DType::F64)),
            outside,
            weights,
        })
    }
}

/// A statistic of a [`RowMeasure`]: what is kept of its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Rows<M: RowMeasure, R> {
    measure: M,
    #[serde(skip)]
    kept: std::marker::PhantomData<fn() -> R>,
}

/// How the values of the samples become one: [`MeanOfSamples`], [`SumOfSamples`], [`PerSample`].
pub trait Reduction: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// What is kept of the values.
    type State: State;
    /// One number, or one a sample.
    type Value: Value;

    /// Adds the values of a batch.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`], [`MetricError::Device`].
    fn add(state: &mut Self::State, batch: Measured) -> Result<()>;

    /// The value.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`].
    fn value(total: <Self::State as State>::Total<'_>, metric: &str) -> Result<Self::Value>;
}

impl Reduction for MeanOfSamples {
    type State = Outputs<Sums>;
    type Value = f64;

    fn add(state: &mut Outputs<Sums>, batch: Measured) -> Result<()> {
        add_sum(state, &batch)
    }

    fn value(total: &OutputsTotal<Sums>, metric: &str) -> Result<f64> {
        Ok(total.parts(metric)?[0].mean(0))
    }
}

impl Reduction for SumOfSamples {
    type State = Outputs<Sums>;
    type Value = f64;

    fn add(state: &mut Outputs<Sums>, batch: Measured) -> Result<()> {
        add_sum(state, &batch)
    }

    fn value(total: &OutputsTotal<Sums>, metric: &str) -> Result<f64> {
        Ok(total.parts(metric)?[0].sums[0])
    }
}

impl Reduction for PerSample {
    type State = (Outputs<Sums>, Concat);
    type Value = Vec<f64>;

    fn add((sums, values): &mut Self::State, batch: Measured) -> Result<()> {
        add_sum(sums, &batch)?;
        values.add(batch.values)
    }

    fn value((sums, values): <Self::State as State>::Total<'_>, metric: &str) -> Result<Vec<f64>> {
        sums.parts(metric)?;
        Ok(values.to_vec())
    }
}

/// Adds the sum of the values: as one output, with the faults.
fn add_sum(state: &mut Outputs<Sums>, batch: &Measured) -> Result<()> {
    if is_host(&batch.values.device()) {
        return add_sum_of_host(state, batch);
    }
    let values = widen(batch.values.clone());
    let weights = batch.weights.clone().map(widen);
    let (samples, dtype) = (values.dims()[0], FloatDType::from(values.dtype()));
    let zero = values.clone().slice(0..1).zeros_like();
    let mut outside = vec![];
    outside.extend(batch.outside.clone());
    outside.extend(weights.clone().map(|weights| weights.lower_elem(0.0)));
    let outside = outside.into_iter().reduce(Tensor::bool_or);
    let mut nan = values.clone().is_nan();
    if let Some(weights) = &weights {
        nan = nan.bool_or(weights.clone().is_finite().bool_not());
    }
    if let Some(outside) = &outside {
        // A sample outside of the domain is not another fault.
        nan = nan.bool_and(outside.clone().bool_not());
    }
    let count = |which: Tensor<1, Bool>| which.float().cast(dtype).sum();
    let ([high, low], sum) = match weights {
        None => (
            [samples as f64 / Sums::HIGH, samples as f64 % Sums::HIGH]
                .map(|n| zero.clone().add_scalar(n.floor())),
            values.sum(),
        ),
        Some(weights) => (
            [zero.clone(), weights.clone().sum()],
            (values * weights).sum(),
        ),
    };
    let outside = outside.map_or_else(|| zero.clone(), count);
    let row = vec![high, low, sum, zero.clone(), zero, outside, count(nan)];
    debug_assert_eq!(row.len(), Sums::ROWS + Faults::LEN);
    state.add_floats(Tensor::cat(row, 0))?;
    state.total_mut().see([samples, 1]);
    Ok(())
}

/// [`add_sum`], in one pass.
fn add_sum_of_host(state: &mut Outputs<Sums>, batch: &Measured) -> Result<()> {
    let (samples, device) = (batch.values.dims()[0], batch.values.device());
    let values = HostTensor::of(batch.values.clone())?;
    let outside = batch.outside.clone().map(|outside| outside.int());
    let outside = outside.map(HostTensor::of).transpose()?;
    let outside = outside.as_ref().map(HostTensor::labels);
    let weights = batch.weights.clone().map(HostTensor::of).transpose()?;
    let weights = weights.as_ref().map(|weights| weights.read::<f64>());

    let (mut weight, mut sum) = ([0.0; LANES], [0.0; LANES]);
    let (mut beyond, mut infinite) = (0.0, 0.0);
    for (i, value) in values.read::<f64>().iter().enumerate() {
        let own = weights.as_ref().map_or(1.0, |weights| weights[i]);
        // A sample outside of the domain is not another fault.
        if own < 0.0 || outside.as_ref().is_some_and(|outside| outside[i] != 0) {
            beyond += 1.0;
        } else if value.is_nan() || !own.is_finite() {
            infinite += 1.0;
        }
        weight[i % LANES] += own;
        sum[i % LANES] += own * value;
    }
    let [weight, sum] = [weight, sum].map(sum_lanes);
    let row = [0.0, weight, sum, 0.0, 0.0, beyond, infinite];
    debug_assert_eq!(row.len(), Sums::ROWS + Faults::LEN);
    state.add_floats(Tensor::from_data(row, (&device, DType::F64)))?;
    state.total_mut().see([samples, 1]);
    Ok(())
}

/// In a type to add up in.
fn widen(values: Tensor<1>) -> Tensor<1> {
    let dtype = match values.dtype() {
        DType::F64 => FloatDType::F64,
        _ => FloatDType::F32,
    };
    values.cast(dtype)
}

impl<M: RowMeasure, R> Rows<M, R> {
    fn measure(&self, input: M::Input) -> Result<Option<Measured>> {
        let Some(batch) = self.measure.measure(input)? else {
            return Ok(None);
        };
        let samples = batch.values.dims()[0];
        match batch.weights.as_ref().map(|weights| weights.dims()[0]) {
            Some(n) if n != samples => {
                let expected = format!("[{samples}], one a sample");
                Err(MetricError::shape("weights", expected, &[n]))
            }
            _ => Ok(Some(batch)),
        }
    }
}

impl<M: RowMeasure, R: Reduction> Statistic for Rows<M, R> {
    type Input = M::Input;
    type State = R::State;

    fn update(&self, state: &mut R::State, input: M::Input) -> Result<()> {
        match self.measure(input)? {
            None => Ok(()),
            Some(batch) => R::add(state, batch),
        }
    }
}

/// Samples are measured once; replicates weigh their values.
impl<M: RowMeasure, R: Reduction<State = Outputs<Sums>>> Resample for Rows<M, R> {
    type Outcomes = NoOutcomes;
    type Batch = Option<Measured>;

    fn prepare(&self, input: M::Input) -> Result<Option<Measured>> {
        self.measure(input)
    }

    fn update_drawn(
        &self,
        state: &mut R::State,
        batch: &Option<Measured>,
        draw: &Draw,
    ) -> Result<()> {
        let Some(mut batch) = batch.clone() else {
            return Ok(());
        };
        let drawn = draw.weights(batch.values.dims()[0], &batch.values.device());
        if let Some(drawn) = drawn {
            batch.weights = Some(ops::times_weights(batch.weights.take(), drawn));
        }
        R::add(state, batch)
    }
}

/// A [`RowMeasure`], reduced over the samples.
///
/// Made by the metrics: [`CosineSimilarity::new`](super::CosineSimilarity::new) and so on. The value is an `f64`, or with
/// [`PerSample`] one number a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct RowMetric<M: RowMeasure, R = MeanOfSamples> {
    rows: Rows<M, R>,
}

impl<M: RowMeasure, R> RowMetric<M, R> {
    /// A measure of samples.
    pub(super) fn of(measure: M) -> Self {
        let kept = std::marker::PhantomData;
        Self {
            rows: Rows { measure, kept },
        }
    }

    /// Changes the options.
    pub(super) fn with(mut self, option: impl FnOnce(&mut M)) -> Self {
        option(&mut self.rows.measure);
        self
    }

    /// The mean of the samples.
    pub fn mean(self) -> RowMetric<M, MeanOfSamples> {
        RowMetric::of(self.rows.measure)
    }

    /// The sum of the samples.
    pub fn sum(self) -> RowMetric<M, SumOfSamples> {
        RowMetric::of(self.rows.measure)
    }

    /// The value of each sample.
    pub fn per_sample(self) -> RowMetric<M, PerSample> {
        RowMetric::of(self.rows.measure)
    }
}

impl<M: RowMeasure, R: Reduction> Metric for RowMetric<M, R> {
    type Statistic = Rows<M, R>;
    type Value = R::Value;

    fn statistic(&self) -> &Rows<M, R> {
        &self.rows
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<R::Value> {
        R::value(total, &M::META.name)
    }

    fn meta(&self) -> Meta {
        M::META
    }
}

crate::combinator::arithmetic!([M: RowMeasure, R] RowMetric<M, R>);

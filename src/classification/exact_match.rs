use burn::tensor::{Device, FloatDType, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    ClassificationInput, Global, Multiclass, Multilabel, Options, Pooling, Predicts, Samplewise,
    Task,
    tally::counted,
    task::{CountTensor, Table},
};
use crate::{
    Bounds, Faults, Meta, Metric, MetricError, Result, Statistic,
    ops::{is_host, no_weight},
    state::{CountsTotal, SampleCountsTotal},
};

/// The fraction of samples for which everything is predicted correctly.
///
/// For a multiclass task with targets `[N, ...]`, all elements of a sample must be right. For a multilabel task with
/// targets `[N, L, ...]`, all labels of an element must be right (also known as subset accuracy), and
/// [`samplewise`](Self::samplewise) returns the fraction of such elements for each sample. Ignored elements count as
/// right. Values range from 0 to 1, and higher is better. Sample weights are supported.
///
/// Options: [`samplewise`](Self::samplewise), and those of the task ([`Options`]). Inputs: [`ClassificationInput`].
/// Errors: [`MetricError`].
///
/// Source: TorchMetrics' `ExactMatch`. For a multilabel task, TorchMetrics always ignores targets of -1, whichever
/// index it is told to ignore; this metric ignores the given index.
///
/// # When to use
///
/// Use it when a prediction is only useful if it is right as a whole, such as a sequence or a set of tags. It does not
/// distinguish one wrong label from many, and falls quickly as the number of labels grows.
/// [`HammingDistance`](super::HammingDistance) and [`F1`](super::F1) give credit for partly correct predictions.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<2, Int>::from_ints([[0, 1], [2, 1]], &device);
/// let target = Tensor::<2, Int>::from_ints([[0, 1], [2, 2]], &device);
///
/// assert_eq!(ExactMatch::multiclass(3).evaluate((preds, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct ExactMatch<T: Task, P = Global> {
    task: T,
    #[serde(skip)]
    pooling: std::marker::PhantomData<P>,
}

/// The type of [`ExactMatch::multiclass`], under its TorchMetrics name.
pub type MulticlassExactMatch<P = Global> = ExactMatch<Multiclass, P>;
/// The type of [`ExactMatch::multilabel`], under its TorchMetrics name.
pub type MultilabelExactMatch<P = Global> = ExactMatch<Multilabel, P>;

impl ExactMatch<Multiclass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl ExactMatch<Multilabel> {
    /// Creates the metric for `labels` labels.
    pub fn multilabel(labels: usize) -> Self {
        Self::new(Multilabel::new(labels))
    }
}

impl<T: Task> ExactMatch<T> {
    /// Creates the metric for a task with options.
    pub fn new(task: T) -> Self {
        Self {
            task,
            pooling: std::marker::PhantomData,
        }
    }

    /// Returns the value of each sample: `[N]`.
    pub fn samplewise(self) -> ExactMatch<T, Samplewise> {
        ExactMatch {
            task: self.task,
            pooling: std::marker::PhantomData,
        }
    }
}

impl<T: Task, P> Predicts for ExactMatch<T, P> {}

impl<T: Task, P> Options for ExactMatch<T, P> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.task
    }
}

/// Which samples or elements were predicted exactly, as 1 or 0.
struct Exact {
    hits: Tensor<1, Int>,
    faults: Tensor<1, Int>,
    weights: Option<Tensor<1>>,
    samples: usize,
    elements: u64,
}

impl<T: Task, P: Pooling> ExactMatch<T, P> {
    /// Returns `None` for an empty batch.
    fn exact(&self, mut input: ClassificationInput) -> Result<Option<Exact>> {
        input.check()?;
        let samples = input.target_shape()[0];
        // The weight of a sample does not affect whether it is right, so the weights are applied later.
        let weights = input.weights.take().map(Tensor::<1>::from_dispatch);
        let counted = self.task.count(input, Table::Errors)?;
        let errors = match counted.table {
            None => return Ok(None),
            Some(CountTensor::Counts(errors)) => errors,
            Some(CountTensor::Weights(errors)) => errors.int(),
        };
        let things = errors.dims()[0] - Faults::OF_TABLES;
        let weights = weights.map(|weights| {
            let spread = weights
                .unsqueeze_dim::<2>(1)
                .expand([samples, things / samples]);
            spread.reshape([things])
        });
        Ok(Some(Exact {
            hits: errors.clone().slice(0..things).equal_elem(0).int(),
            faults: errors.slice(things..things + Faults::OF_TABLES),
            weights,
            samples,
            elements: counted.elements,
        }))
    }
}

/// The faults of a batch, including those of its weights.
fn faults(of_values: Tensor<1, Int>, weights: Option<&Tensor<1>>) -> Tensor<1> {
    let of_values = to_float(of_values);
    match weights {
        None => of_values,
        Some(weights) => {
            let bad = to_float(no_weight(weights.clone()).int().sum());
            let none = bad.zeros_like().expand([Faults::OF_TABLES - 1]);
            of_values + Tensor::cat(vec![none, bad], 0)
        }
    }
}

/// The type in which weights are summed, whatever the device's default types are, so that results can be joined.
fn sum_type(device: &Device) -> FloatDType {
    match is_host(device) {
        true => FloatDType::F64,
        false => FloatDType::F32,
    }
}

fn to_float(counts: Tensor<1, Int>) -> Tensor<1> {
    let dtype = sum_type(&counts.device());
    counts.float().cast(dtype)
}

impl<T: Task> Statistic for ExactMatch<T> {
    type Input = ClassificationInput;
    type State = crate::state::Counts;

    fn update(&self, state: &mut Self::State, input: ClassificationInput) -> Result<()> {
        self.task.show_labels(input, |input| {
            let Some(exact) = self.exact(input)? else {
                return Ok(());
            };
            match exact.weights {
                None => {
                    let things = exact.hits.dims()[0];
                    let right = exact.hits.sum().cast(exact.faults.dtype());
                    let all = right.full_like(things as i64);
                    let table = Tensor::cat(vec![right, all, exact.faults], 0);
                    state.add_counts(table, exact.elements)
                }
                Some(weights) => {
                    let weights = weights.cast(sum_type(&exact.hits.device()));
                    let faults = faults(exact.faults, Some(&weights));
                    let right = (to_float(exact.hits) * weights.clone()).sum();
                    let table = Tensor::cat(vec![right, weights.sum(), faults], 0);
                    state.add_weights(table, exact.elements)
                }
            }
        })
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

impl<T: Task> Metric for ExactMatch<T> {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, total: &CountsTotal) -> Result<f64> {
        counted(total, NAME)?;
        Ok(total.get(0) / total.get(1))
    }

    fn meta(&self) -> Meta {
        Meta::new(NAME).higher_is_better().within(Bounds::UNIT)
    }
}

impl<T: Task> Statistic for ExactMatch<T, Samplewise> {
    type Input = ClassificationInput;
    type State = crate::state::SampleCounts;

    fn update(&self, state: &mut Self::State, input: ClassificationInput) -> Result<()> {
        self.task.show_labels(input, |input| {
            let Some(exact) = self.exact(input)? else {
                return Ok(());
            };
            let things = exact.hits.dims()[0] / exact.samples;
            let hits = to_float(exact.hits).reshape([exact.samples, things]);
            let means = hits.mean_dim(1).reshape([exact.samples]);
            let faults = faults(exact.faults, exact.weights.as_ref());
            state.add_weights(Tensor::cat(vec![means, faults], 0), 1)
        })
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

impl<T: Task> Metric for ExactMatch<T, Samplewise> {
    type Statistic = Self;
    type Value = Vec<f64>;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, total: &SampleCountsTotal) -> Result<Vec<f64>> {
        let values: Vec<f64> = total.samples().map(|sample| sample[0]).collect();
        if values.is_empty() {
            return Err(MetricError::empty(NAME));
        }
        Ok(values)
    }

    fn meta(&self) -> Meta {
        let meta = Meta::new(NAME).higher_is_better().within(Bounds::UNIT);
        meta.with("samplewise")
    }
}

const NAME: &str = "Exact match";

crate::combinator::arithmetic!([T: Task, P] ExactMatch<T, P>);

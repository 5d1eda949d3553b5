use std::{borrow::Cow, fmt, sync::Arc};

use burn::tensor::{Int, Tensor};
use serde::{Serialize, Serializer};

use super::{Draw, Resample};
use crate::{InputOf, Meta, Metric, MetricError, Result, Statistic, Total};

/// A metric that takes other batches: see [`MetricExt::with_input`](super::MetricExt::with_input).
#[derive(Debug, Clone)]
pub struct WithInput<M: Metric, I> {
    metric: M,
    statistic: PreparedInput<M::Statistic, I>,
}

/// The function that converts a batch before it is counted.
pub(super) type Prepare<I, J> = Arc<dyn Fn(I) -> J + Send + Sync>;

impl<M: Metric, I> WithInput<M, I> {
    pub(super) fn new(metric: M, name: Cow<'static, str>, prepare: Prepare<I, InputOf<M>>) -> Self {
        let statistic = metric.statistic().clone();
        Self {
            metric,
            statistic: PreparedInput {
                statistic,
                name,
                prepare,
            },
        }
    }
}

impl<M, I> Metric for WithInput<M, I>
where
    M: Metric,
    I: Clone + Send + Sync,
{
    type Statistic = PreparedInput<M::Statistic, I>;
    type Value = M::Value;

    fn statistic(&self) -> &Self::Statistic {
        &self.statistic
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<M::Value> {
        self.metric.compute(total)
    }

    fn meta(&self) -> Meta {
        self.metric.meta()
    }
}

/// A statistic whose batches are converted by a function first.
///
/// Functions cannot be compared, so two functions of the same name are considered equal.
#[derive(Clone)]
pub struct PreparedInput<S: Statistic, I> {
    statistic: S,
    name: Cow<'static, str>,
    prepare: Prepare<I, S::Input>,
}

impl<S: Statistic, I> PartialEq for PreparedInput<S, I> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.statistic == other.statistic
    }
}

impl<S: Statistic, I> fmt::Debug for PreparedInput<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("statistic", &self.statistic)
            .field("by", &self.name)
            .finish()
    }
}

/// Serializes the statistic and the name of the function.
impl<S: Statistic, I> Serialize for PreparedInput<S, I> {
    fn serialize<T: Serializer>(&self, serializer: T) -> std::result::Result<T::Ok, T::Error> {
        (&self.statistic, &self.name).serialize(serializer)
    }
}

impl<S, I> Statistic for PreparedInput<S, I>
where
    S: Statistic,
    I: Clone + Send + Sync,
{
    type Input = I;
    type State = S::State;

    fn check_state(&self, state: &S::State) -> Result<()> {
        self.statistic.check_state(state)
    }

    fn update(&self, state: &mut S::State, input: I) -> Result<()> {
        self.statistic.update(state, (self.prepare)(input))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.statistic.explain(error)
    }
}

/// As the statistic is resampled.
impl<S, I> Resample for PreparedInput<S, I>
where
    S: Resample,
    I: Clone + Send + Sync,
{
    type Outcomes = S::Outcomes;
    type Batch = S::Batch;

    fn count_outcomes(&self, outcomes: &mut S::Outcomes, input: &I) -> Result<bool> {
        let input = (self.prepare)(input.clone());
        self.statistic.count_outcomes(outcomes, &input)
    }

    fn accept_outcomes(&self, outcomes: &S::Outcomes) -> Result<()> {
        self.statistic.accept_outcomes(outcomes)
    }

    fn of_outcomes(&self, outcomes: S::Outcomes) -> S::State {
        self.statistic.of_outcomes(outcomes)
    }

    fn prepare(&self, input: I) -> Result<S::Batch> {
        self.statistic.prepare((self.prepare)(input))
    }

    fn update_drawn(&self, state: &mut S::State, batch: &S::Batch, draw: &Draw) -> Result<()> {
        self.statistic.update_drawn(state, batch, draw)
    }
}

/// A pair of predicted and true numbers, `[batch]` both.
pub type NumberPairs = (Tensor<1>, Tensor<1>);

/// Converts targets to labels, which are positive above the threshold.
pub(super) fn binary_target<J>(threshold: f64) -> Prepare<NumberPairs, J>
where
    J: From<(Tensor<1>, Tensor<1, Int>)>,
{
    Arc::new(move |(preds, target): NumberPairs| {
        (preds, target.greater_elem(threshold).int()).into()
    })
}

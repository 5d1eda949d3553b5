//! The Learner hook: metrics of this crate in Burn's `SupervisedTraining` and `EvaluatorBuilder`.
//!
//! Any metric, or a whole [`Collection`], goes into Burn's own `metrics` method:
//!
//! ```ignore
//! let training = SupervisedTraining::new(directory, train, valid)
//!     .metrics(Accuracy::multiclass(10).logged())
//!     .metrics(Collection::new().with(F1::multiclass(10)).with(ConfusionMatrix::multiclass(10)))
//!     .early_stopping(early_stopping(&Accuracy::multiclass(10), Split::Valid, 3)?);
//! ```
//!
//! A collection still updates each statistic once a batch. Metrics that are one number are numeric for
//! Burn (plotted, summarized); others, such as a confusion matrix, are texts. Numbers are logged for each
//! batch and each epoch, texts for each epoch; [`Logged`] says otherwise. What is logged for an epoch is
//! the value of all its samples, never a mean of the values of batches.
//!
//! A metric that is undefined for an epoch, such as an AUROC of a validation split without positives, is logged as not a
//! number, with the reason as its text; the other metrics and the training go on. Such an epoch is no improvement for
//! [`early_stopping`] and never the one that [`keep_best`] keeps. Wrong input, such as a label out of range, ends the
//! training with its message.

mod adapt;
mod hook;

pub use hook::{LearnerMetric, Logged};

use burn::train::{
    EvalMetricRegistration, EvaluatorBuilder, EvaluatorComponentTypes, InferenceStep, LearnerModel,
    MetricEarlyStoppingStrategy, MetricRegistration, StoppingCondition, SupervisedTraining,
    TrainStep,
    checkpoint::{CheckpointingAction, CheckpointingStrategy},
    metric::{
        Adaptor, MetricName,
        store::{self, Aggregate, EventStoreClient, Split},
    },
};

use crate::{Collection, Direction, InputOf, Metric, MetricError, Result, Statistic};

impl<M, I> MetricRegistration<M> for Logged<I>
where
    M: LearnerModel,
    I: Clone + Send + Sync + 'static,
    <M as TrainStep>::Output: Adaptor<I>,
    <M as InferenceStep>::Output: Adaptor<I>,
{
    fn register(self, mut builder: SupervisedTraining<M>) -> SupervisedTraining<M> {
        for (train, valid) in self.clone().members().into_iter().zip(self.members()) {
            builder = if train.is_numeric() {
                builder
                    .metric_train_numeric(train)
                    .metric_valid_numeric(valid)
            } else {
                builder.metric_train(train).metric_valid(valid)
            };
        }
        builder
    }
}

impl<EC, I> EvalMetricRegistration<EC> for Logged<I>
where
    EC: EvaluatorComponentTypes,
    I: Clone + Send + Sync + 'static,
    <EC::Model as InferenceStep>::Output: Adaptor<I>,
{
    fn register(self, mut builder: EvaluatorBuilder<EC>) -> EvaluatorBuilder<EC> {
        for metric in self.for_evaluation().members() {
            builder = if metric.is_numeric() {
                builder.metric_numeric(metric)
            } else {
                builder.metric(metric)
            };
        }
        builder
    }
}

impl<M, I> MetricRegistration<M> for Collection<I>
where
    M: LearnerModel,
    I: Clone + Send + Sync + 'static,
    <M as TrainStep>::Output: Adaptor<I>,
    <M as InferenceStep>::Output: Adaptor<I>,
{
    fn register(self, builder: SupervisedTraining<M>) -> SupervisedTraining<M> {
        MetricRegistration::register(self.logged(), builder)
    }
}

impl<EC, I> EvalMetricRegistration<EC> for Collection<I>
where
    EC: EvaluatorComponentTypes,
    I: Clone + Send + Sync + 'static,
    <EC::Model as InferenceStep>::Output: Adaptor<I>,
{
    fn register(self, builder: EvaluatorBuilder<EC>) -> EvaluatorBuilder<EC> {
        EvalMetricRegistration::register(self.logged(), builder)
    }
}

/// Puts a metric into a Learner.
pub trait LoggedMetric: Metric {
    /// The metric as Burn's `metrics` method takes it, of every type, those of your own included.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    ///
    /// // Nothing is read from the device before the end of an epoch.
    /// let auroc = Auroc::binary().logged().on_step(false);
    /// ```
    fn logged(self) -> Logged<InputOf<Self>>
    where
        Self: 'static,
        Self::Statistic: 'static,
        InputOf<Self>: 'static,
    {
        Logged::new(self)
    }
}

impl<M: Metric> LoggedMetric for M {}

impl<I: Clone + Send + Sync + 'static> Collection<I> {
    /// The metrics as Burn's `metrics` method takes them, with a choice of what is logged when.
    pub fn logged(self) -> Logged<I> {
        Logged::new(self)
    }
}

/// Stops training when a metric has not become better for `epochs` epochs. An epoch in which it is undefined is no
/// improvement.
///
/// The metric must also be registered, under the same name.
///
/// # Errors
///
/// [`MetricError::Config`] if neither higher nor lower values of the metric are better.
pub fn early_stopping<M>(
    metric: &M,
    split: Split,
    epochs: usize,
) -> Result<MetricEarlyStoppingStrategy>
where
    M: Metric<Value = f64> + 'static,
    M::Statistic: Statistic + 'static,
{
    let (named, direction) = directed(metric)?;
    let condition = StoppingCondition::NoImprovementSince { n_epochs: epochs };
    Ok(MetricEarlyStoppingStrategy::new(
        &named,
        Aggregate::Mean,
        direction,
        split,
        condition,
    ))
}

/// Keeps the checkpoint of the epoch in which a metric was best.
///
/// The metric must also be registered, under the same name. Epochs in which it is undefined are never the best; nothing is
/// saved before the first epoch in which it is defined.
///
/// # Errors
///
/// [`MetricError::Config`] if neither higher nor lower values of the metric are better.
pub fn keep_best<M>(metric: &M, split: Split) -> Result<KeepBest>
where
    M: Metric<Value = f64> + 'static,
    M::Statistic: Statistic + 'static,
{
    let (named, _) = directed(metric)?;
    Ok(KeepBest {
        name: burn::train::metric::Metric::name(&named),
        direction: metric.direction(),
        split,
        best: None,
    })
}

/// See [`keep_best`]. Burn's own strategy takes an epoch that does not exist for the best one if none has a number.
#[derive(Debug, Clone)]
pub struct KeepBest {
    name: MetricName,
    direction: Direction,
    split: Split,
    /// The epoch, and its value.
    best: Option<(usize, f64)>,
}

impl CheckpointingStrategy for KeepBest {
    fn checkpointing(
        &mut self,
        epoch: usize,
        store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        let value = store.find_metric(&self.name, epoch, Aggregate::Mean, &self.split);
        let Some(value) = value.filter(|value| !value.is_nan()) else {
            return Vec::new();
        };
        match self.best.replace((epoch, value)) {
            None => vec![CheckpointingAction::Save],
            Some((former, best)) if self.direction.is_better(value, best) => {
                vec![
                    CheckpointingAction::Delete(former),
                    CheckpointingAction::Save,
                ]
            }
            best => {
                self.best = best;
                Vec::new()
            }
        }
    }
}

fn directed<M>(metric: &M) -> Result<(LearnerMetric<InputOf<M>>, store::Direction)>
where
    M: Metric + 'static,
    M::Statistic: Statistic + 'static,
    InputOf<M>: 'static,
{
    let direction = match metric.direction() {
        Direction::HigherIsBetter => store::Direction::Highest,
        Direction::LowerIsBetter => store::Direction::Lowest,
        Direction::Neither => {
            let expected = "a metric of which higher or lower values are better";
            return Err(MetricError::config("metric", expected, metric.name()));
        }
    };
    let named = Logged::new(metric.clone()).members().swap_remove(0);
    Ok((named, direction))
}

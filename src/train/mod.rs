//! Metrics of this crate in Burn's Learner: `SupervisedTraining` and `EvaluatorBuilder`.
//!
//! Burn's own `metrics` method accepts any metric, or a whole [`Collection`]:
//!
//! ```ignore
//! let training = SupervisedTraining::new(directory, train, valid)
//!     .metrics(Accuracy::multiclass(10).logged())
//!     .metrics(Collection::new().with(F1::multiclass(10)).with(ConfusionMatrix::multiclass(10)))
//!     .early_stopping(early_stopping(&Accuracy::multiclass(10), Split::Valid, 3)?);
//! ```
//!
//! A collection still updates each statistic once per batch. Metrics whose value is one number are numeric metrics for
//! Burn, which plots and summarizes them. Other metrics, such as a confusion matrix, are logged as text. By default,
//! numbers are logged for each batch and each epoch, and texts for each epoch; [`Logged`] changes this. The value that
//! is logged for an epoch is computed from all its samples. It is never a mean of the values of batches.
//!
//! If a metric is undefined for an epoch, such as an AUROC of a validation split without positives, NaN is logged with
//! the reason as its text. The other metrics and the training are not affected. [`early_stopping`] does not count such
//! an epoch as an improvement, and [`keep_best`] never keeps it. Wrong input, such as a label out of range, ends the
//! training with its error message.

mod adapt;
mod hook;
mod segmentation_output;

pub use hook::{LearnerMetric, Logged};
pub use segmentation_output::SegmentationOutput;

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

/// Registers metrics in a Learner.
pub trait LoggedMetric: Metric {
    /// Converts the metric to the form that Burn's `metrics` method accepts. This works for every metric type,
    /// including your own.
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
    /// Converts the collection to the form that Burn's `metrics` method accepts, with options for when values are
    /// logged.
    pub fn logged(self) -> Logged<I> {
        Logged::new(self)
    }
}

/// Stops training when a metric has not improved for `epochs` epochs.
///
/// An epoch in which the metric is undefined is not an improvement. The metric must also be registered, under the same
/// name.
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
/// The metric must also be registered, under the same name. An epoch in which it is undefined is never the best, and
/// nothing is saved before the first epoch in which it is defined.
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

/// Keeps the best checkpoint: see [`keep_best`].
///
/// Burn's own strategy chooses an epoch that does not exist if no epoch has a number.
#[derive(Debug, Clone)]
pub struct KeepBest {
    name: MetricName,
    direction: Direction,
    split: Split,
    /// The best epoch and its value.
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

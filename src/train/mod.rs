//! The Learner hook: metrics of this crate in Burn's `SupervisedTraining` and `EvaluatorBuilder`.
//!
//! A metric, or a whole [`Collection`], goes into Burn's own `metrics` method:
//!
//! ```ignore
//! let training = SupervisedTraining::new(directory, train, valid)
//!     .metrics(Accuracy::multiclass(10))
//!     .metrics(Collection::new().with(F1::multiclass(10)).with(ConfusionMatrix::multiclass(10)))
//!     .early_stopping(early_stopping(&Accuracy::multiclass(10), Split::Valid, 3)?);
//! ```
//!
//! A collection still updates each statistic once a batch. Metrics that are one number are numeric for
//! Burn (plotted, summarized); others, such as a confusion matrix, are texts. Numbers are logged for each
//! batch and each epoch, texts for each epoch; [`Logged`] says otherwise. What is logged for an epoch is
//! the value of all its samples, never a mean of the values of batches.

mod adapt;
mod hook;

pub use hook::{LearnerMetric, Logged};

use burn::train::{
    EvalMetricRegistration, EvaluatorBuilder, EvaluatorComponentTypes, InferenceStep, LearnerModel,
    MetricEarlyStoppingStrategy, MetricRegistration, StoppingCondition, SupervisedTraining,
    TrainStep,
    checkpoint::MetricCheckpointingStrategy,
    metric::{
        Adaptor,
        store::{self, Aggregate, Split},
    },
};

use crate::{
    Collection, Direction, InputOf, Metric, MetricError, Result, Statistic,
    aggregation::{AggregationInput, Aggregator, Reduce},
    classification::{
        CohenKappa, ConfusionMatrix, Disagreement, ExactMatch, MatthewsCorrCoef, Score, StatScores,
        Task,
    },
    clustering::{Agreement, ClusteringInput, PointsInput, Quality},
    combinator::{
        Bootstrap, Classwise, Combined, Expr, Map, MultiOutput, Named, OutputsOf, Running, Shifted,
        WithInput, Zip,
    },
    measure::{Measure, Reduction, SampleMetric},
    nominal::{Association, FleissKappa, NominalInput, RatingsInput},
    regression::{
        PairFormula, RankCorrelation, Regression, RegressionInput, SamplesInput, Wasserstein1d,
    },
};

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

/// Rust lets a crate implement a foreign trait only type by type.
macro_rules! registers {
    ($([$($generics:tt)*] $Type:ty, $Input:ty;)+) => {
        $(
            impl<M, $($generics)*> MetricRegistration<M> for $Type
            where
                M: LearnerModel,
                Self: Into<Collection<$Input>>,
                $Input: Clone + Send + Sync + 'static,
                <M as TrainStep>::Output: Adaptor<$Input>,
                <M as InferenceStep>::Output: Adaptor<$Input>,
            {
                fn register(self, builder: SupervisedTraining<M>) -> SupervisedTraining<M> {
                    MetricRegistration::register(Logged::new(self), builder)
                }
            }

            impl<EC, $($generics)*> EvalMetricRegistration<EC> for $Type
            where
                EC: EvaluatorComponentTypes,
                Self: Into<Collection<$Input>>,
                $Input: Clone + Send + Sync + 'static,
                <EC::Model as InferenceStep>::Output: Adaptor<$Input>,
            {
                fn register(self, builder: EvaluatorBuilder<EC>) -> EvaluatorBuilder<EC> {
                    EvalMetricRegistration::register(Logged::new(self), builder)
                }
            }
        )+
    };
}

registers! {
    [I] Collection<I>, I;
    [F, T: Task, A, P] Score<F, T, A, P>, crate::classification::ClassificationInput;
    [F: PairFormula, O] Regression<F, O>, <F::Statistic as Statistic>::Input;
    [F, O] RankCorrelation<F, O>, RegressionInput;
    [K: Measure, R: Reduction] SampleMetric<K, R>, K::Input;
    [T: Task, A, P] StatScores<T, A, P>, crate::classification::ClassificationInput;
    [T: Task] ConfusionMatrix<T>, crate::classification::ClassificationInput;
    [T: Task, W: Disagreement<T>] CohenKappa<T, W>, crate::classification::ClassificationInput;
    [T: Task] MatthewsCorrCoef<T>, crate::classification::ClassificationInput;
    [T: Task, P] ExactMatch<T, P>, crate::classification::ClassificationInput;
    [R: Reduce] Aggregator<R>, AggregationInput;
    [] Wasserstein1d, SamplesInput;
    [F] Agreement<F>, ClusteringInput;
    [F] Quality<F>, PointsInput;
    [F] Association<F>, NominalInput;
    [] FleissKappa, RatingsInput;
    [A: Metric, F] Map<A, F>, InputOf<A>;
    [A: Metric, B: Metric] Zip<A, B>, InputOf<A>;
    [A: Metric] Named<A>, InputOf<A>;
    [A: Metric] Running<A>, InputOf<A>;
    [A: Metric] Bootstrap<A>, InputOf<A>;
    [A: Metric] Classwise<A>, InputOf<A>;
    [A: Metric] MultiOutput<A>, OutputsOf<InputOf<A>>;
    [A: Metric, I] WithInput<A, I>, I;
    [A: Metric, B: Metric] Combined<A, B>, InputOf<A>;
    [A: Metric] Shifted<A>, InputOf<A>;
    [A: Metric] Expr<A>, InputOf<A>;
}

/// Stops training when a metric has not become better for `epochs` epochs.
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
/// The metric must also be registered, under the same name.
///
/// # Errors
///
/// [`MetricError::Config`] if neither higher nor lower values of the metric are better.
pub fn keep_best<M>(metric: &M, split: Split) -> Result<MetricCheckpointingStrategy>
where
    M: Metric<Value = f64> + 'static,
    M::Statistic: Statistic + 'static,
{
    let (named, direction) = directed(metric)?;
    Ok(MetricCheckpointingStrategy::new(
        &named,
        Aggregate::Mean,
        direction,
        split,
    ))
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

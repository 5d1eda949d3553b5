use std::{borrow::Cow, sync::Arc};

use burn::tensor::{Int, Tensor};

use super::{
    Bootstrap, Classwise, Map, MinMax, MultiOutput, Named, NumberPairs, Resample, Running,
    WithInput, Zip, with_input,
};
use crate::{Direction, InputOf, Metric, Statistic, Value};

/// Methods that make a metric out of metrics.
pub trait MetricExt: Metric {
    /// Applies `f` to the value.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    ///
    /// let error_rate = Accuracy::binary().map(|accuracy| 1.0 - accuracy).named("Error rate");
    /// assert_eq!(error_rate.name(), "Error rate");
    /// ```
    fn map<V: Value, F: Fn(Self::Value) -> V + Clone + Send + Sync>(self, f: F) -> Map<Self, F> {
        Map { metric: self, f }
    }

    /// Both values of two metrics over one type of input.
    fn zip<M>(self, other: M) -> Zip<Self, M>
    where
        M: Metric,
        M::Statistic: Statistic<Input = InputOf<Self>>,
    {
        Zip {
            statistics: (self.statistic().clone(), other.statistic().clone()),
            metrics: (self, other),
        }
    }

    /// The value of the last `window` updates.
    ///
    /// Each of the batches is kept as its state, and the metric is that of them together, so this is exact for any metric,
    /// such as an AUROC; memory is that of `window` states. An update without samples counts as one, too. A window of 0 is an
    /// error of `update`. States merge as if the batches of the second had come after those of the first; see
    /// [`LastBatches`](super::LastBatches).
    ///
    /// Source: TorchMetrics' `Running`; torcheval's `Windowed...`.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let mut accuracy = Accuracy::binary().running(2).accumulator();
    /// for (score, label) in [(0.9, 0), (0.8, 1), (0.3, 0)] {
    ///     let score = Tensor::<1>::from_floats([score], &device);
    ///     accuracy.update((score, Tensor::<1, Int>::from_ints([label], &device)))?;
    /// }
    /// assert_eq!(accuracy.compute()?, 1.0);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    fn running(self, window: usize) -> Running<Self> {
        Running::over(self, window)
    }

    /// The metric over other batches, which `prepare` turns into those that it takes.
    ///
    /// So metrics that take different inputs go into one collection, such as those of the tasks of a model with several heads. The
    /// function cannot be compared or saved: `name` stands for it, and metrics of equal statistics and functions of equal names share a
    /// state. To prepare a batch once for several metrics, see
    /// [`Collection::with_prepared`](crate::Collection::with_prepared).
    ///
    /// Source: TorchMetrics' `LambdaInputTransformer`, `MultitaskWrapper`.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// /// What a model with two heads gives, and what is true.
    /// #[derive(Clone)]
    /// struct Output {
    ///     class: (Tensor<2>, Tensor<1, Int>),
    ///     age: (Tensor<1>, Tensor<1>),
    /// }
    ///
    /// let mut tasks = Collection::new()
    ///     .with(Accuracy::multiclass(2).with_input("class", |output: Output| output.class))
    ///     .with(MeanAbsoluteError::new().with_input("age", |output: Output| output.age));
    ///
    /// let device = Device::flex();
    /// tasks.update(Output {
    ///     class: (
    ///         Tensor::from_floats([[0.1, 0.9], [0.2, 0.8]], &device),
    ///         Tensor::from_ints([1, 0], &device),
    ///     ),
    ///     age: (
    ///         Tensor::from_floats([30.0, 41.0], &device),
    ///         Tensor::from_floats([33.0, 40.0], &device),
    ///     ),
    /// })?;
    /// let values = tasks.compute()?;
    /// assert_eq!(values.number("Accuracy")?, 0.5);
    /// assert_eq!(values.number("Mean absolute error")?, 2.0);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    #[doc(alias = "LambdaInputTransformer")]
    #[doc(alias = "MultitaskWrapper")]
    fn with_input<I, J, F>(
        self,
        name: impl Into<Cow<'static, str>>,
        prepare: F,
    ) -> WithInput<Self, I>
    where
        F: Fn(I) -> J + Send + Sync + 'static,
        J: Into<InputOf<Self>>,
    {
        let prepare = move |input| prepare(input).into();
        WithInput::new(self, name.into(), Arc::new(prepare))
    }

    /// The metric over numbers as targets, `[batch]`, of which those above `threshold` are positive.
    ///
    /// Source: TorchMetrics' `BinaryTargetTransformer`.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let scores = Tensor::<1>::from_floats([0.9, 0.4, 0.2], &device);
    /// let stars = Tensor::<1>::from_floats([5.0, 4.0, 1.0], &device);
    ///
    /// let metric = Auroc::binary().binary_target(3.0);
    /// assert_eq!(metric.evaluate((scores, stars))?, 1.0);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    #[doc(alias = "BinaryTargetTransformer")]
    fn binary_target(self, threshold: f64) -> WithInput<Self, NumberPairs>
    where
        InputOf<Self>: From<(Tensor<1>, Tensor<1, Int>)>,
    {
        let name = format!("target > {threshold}");
        WithInput::new(self, name.into(), with_input::binary_target(threshold))
    }

    /// Gives the classes names: the values become entries such as `Recall/cat`.
    ///
    /// Another number of names than classes is an error of `compute`.
    ///
    /// Source: TorchMetrics' `ClasswiseWrapper`.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let preds = Tensor::<1, Int>::from_ints([0, 1, 1, 1], &device);
    /// let target = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
    ///
    /// let recall = Recall::multiclass(2).average(PerClass).classwise(["cat", "dog"]);
    /// let values = recall.evaluate((preds, target))?;
    /// assert_eq!(values.get("cat"), Some(&0.5));
    /// assert_eq!(values.report(), "cat: 0.5000  dog: 1.0000");
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    #[doc(alias = "ClasswiseWrapper")]
    fn classwise<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Classwise<Self> {
        Classwise {
            metric: self,
            labels: labels.into_iter().map(L::into).collect(),
        }
    }

    /// The value, and the minimum and maximum of a batch: how much it varies from batch to batch.
    ///
    /// So the extremes depend on how the data is cut into batches, and the value does not. Batches for which the metric is undefined have
    /// none. Memory is that of a state per batch: for counts some numbers, for an exact curve all scores. For the range over epochs see
    /// [`Tracker::range`](crate::Tracker::range).
    ///
    /// Source: TorchMetrics' `MinMaxMetric`, whose extremes are those of all values that were computed.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let mut accuracy = Accuracy::binary().min_max().accumulator();
    /// for (scores, label) in [([0.9, 0.2], 1), ([0.8, 0.7], 1)] {
    ///     let scores = Tensor::<1>::from_floats(scores, &device);
    ///     accuracy.update((scores, Tensor::<1, Int>::from_ints([label, label], &device)))?;
    /// }
    /// let accuracy = accuracy.compute()?;
    /// assert_eq!((accuracy.value, accuracy.min, accuracy.max), (0.75, 0.5, 1.0));
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    #[doc(alias = "MinMaxMetric")]
    fn min_max(self) -> MinMax<Self>
    where
        Self: Metric<Value = f64>,
    {
        MinMax::of(self)
    }

    /// The metric of each output: predictions and targets `[batch, outputs]`, as [`OutputsOf`](super::OutputsOf) says.
    ///
    /// Regression metrics have `per_output`, which reads a batch once; this is for those that take one output. Values that are not a number
    /// are an error, as everywhere; with [`ignore_nan`](MultiOutput::ignore_nan) samples that have some are left out, as in the reference.
    ///
    /// Source: TorchMetrics' `MultioutputWrapper`.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let scores = Tensor::<2>::from_floats([[0.9, 0.2], [0.3, 0.1]], &device);
    /// let target = Tensor::<2, Int>::from_ints([[1, 1], [0, 0]], &device);
    ///
    /// let accuracies = Accuracy::binary().multi_output(2);
    /// assert_eq!(accuracies.evaluate((scores, target))?, [1.0, 0.5]);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    #[doc(alias = "MultioutputWrapper")]
    fn multi_output(self, outputs: usize) -> MultiOutput<Self> {
        MultiOutput::of(self, outputs)
    }

    /// The metric of samples that are drawn again from those that came, `replicates` times: how sure its value is.
    ///
    /// For metrics of counts, such as an accuracy, agreement of clusterings or association of categories, samples without weights and further
    /// dimensions are counted by their outcome (the pair of labels), once, and a replicate draws the counts: which is the same in distribution,
    /// and takes no longer for more samples of the same outcomes. Other samples are added to each replicate as often as they come in it, with weights
    /// where the metric has them, in one pass each: memory is that of so many states.
    ///
    /// Options: [`sampling`](Bootstrap::sampling), by default Poisson; [`seed`](Bootstrap::seed), by default 0;
    /// it is for what is drawn from counts.
    /// The value has that of the samples as they are, and of the replicates the mean, the standard deviation, quantiles and a confidence
    /// interval: see [`Bootstrapped`](super::Bootstrapped). Replicates for which the metric is undefined, or that have no sample, are left out. What needs the
    /// number of samples, or refuses weights, does so here.
    ///
    /// Source: Efron, Bootstrap methods (1979); TorchMetrics' `BootStrapper`, which draws from each batch by itself.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let preds = Tensor::<1, Int>::from_ints([1, 0, 1, 1, 0, 0, 1, 1], &device);
    /// let target = Tensor::<1, Int>::from_ints([1, 0, 1, 0, 0, 0, 1, 1], &device);
    ///
    /// let accuracy = Accuracy::binary().bootstrap(1000).seed(1).evaluate((preds, target))?;
    /// assert_eq!(accuracy.value, 7.0 / 8.0);
    /// assert!((accuracy.mean() - accuracy.value).abs() < 0.02);
    /// let interval = accuracy.interval(0.95);
    /// assert!(interval.lower < 0.7 && interval.upper == 1.0);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    #[doc(alias = "BootStrapper")]
    fn bootstrap(self, replicates: usize) -> Bootstrap<Self>
    where
        Self::Statistic: Resample,
    {
        Bootstrap::of(self, replicates)
    }

    /// Gives the metric another name.
    fn named(self, name: impl Into<Cow<'static, str>>) -> Named<Self> {
        Named {
            name: Some(name.into()),
            ..Named::of(self)
        }
    }

    /// Says that higher values are better, such as of a [`map`](Self::map), which cannot know.
    fn higher_is_better(self) -> Named<Self> {
        Named {
            direction: Some(Direction::HigherIsBetter),
            ..Named::of(self)
        }
    }

    /// Says that lower values are better, such as of a [`map`](Self::map), which cannot know.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    ///
    /// let perplexity = MeanMetric::new().map(f64::exp).named("Perplexity").lower_is_better();
    /// assert_eq!(perplexity.name(), "Perplexity");
    /// assert_eq!(perplexity.direction(), Direction::LowerIsBetter);
    /// ```
    fn lower_is_better(self) -> Named<Self> {
        Named {
            direction: Some(Direction::LowerIsBetter),
            ..Named::of(self)
        }
    }

    /// The absolute value.
    fn abs(self) -> Map<Self, fn(f64) -> f64>
    where
        Self: Metric<Value = f64>,
    {
        self.map(f64::abs)
    }
}

impl<M: Metric> MetricExt for M {}

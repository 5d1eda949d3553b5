use std::{borrow::Cow, sync::Arc};

use burn::tensor::{Int, Tensor};

use super::{
    Bootstrap, Classwise, Map, MinMax, MultiOutput, Named, NumberPairs, Resample, Running,
    WithInput, Zip, with_input,
};
use crate::{Direction, InputOf, Metric, Statistic, Value};

/// Methods that build a metric from other metrics.
pub trait MetricExt: Metric {
    /// Applies the function `f` to the value.
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

    /// Combines two metrics of the same input into one whose value is the pair of both values.
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

    /// Computes the metric over the last `window` updates.
    ///
    /// The state of each of these batches is kept, and the metric is computed from all of them together, so the value
    /// is exact for any metric, such as an AUROC. Memory is that of `window` states. An update without samples counts,
    /// too. A window of 0 is an error of `update`. When states are merged, the batches of the second count as later
    /// than those of the first; see [`LastBatches`](super::LastBatches).
    ///
    /// Source: TorchMetrics' `Running`; torcheval's `Windowed...`.
    ///
    /// # When to use
    ///
    /// Use it to follow a metric during training, where the model changes and old batches should not count any more.
    /// The window counts updates, not samples, and a small window is noisy. Use the metric itself for the result of an
    /// evaluation.
    ///
    /// # Example
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

    /// Computes the metric over other batches, which `prepare` converts to those that the metric takes.
    ///
    /// This way, metrics that take different inputs can be in one collection, such as those of the tasks of a model
    /// with several heads. The function cannot be compared or saved, so `name` stands for it: metrics with equal
    /// statistics and functions of the same name share a state. To prepare a batch once for several metrics, see
    /// [`Collection::with_prepared`](crate::Collection::with_prepared).
    ///
    /// Source: TorchMetrics' `LambdaInputTransformer` and `MultitaskWrapper`.
    ///
    /// # When to use
    ///
    /// Use it if the output of a model has another type than the input of a metric, or if the metrics of a collection
    /// need different parts of it. Give different functions different names: otherwise metrics of a collection may
    /// share a state that belongs to only one of them.
    ///
    /// # Example
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

    /// Computes the metric over numbers as targets, `[batch]`, of which those above `threshold` are positive.
    ///
    /// Source: TorchMetrics' `BinaryTargetTransformer`.
    ///
    /// # When to use
    ///
    /// Use it to apply a binary classification metric to graded targets, such as ratings. The value depends on the
    /// threshold, and the differences between targets on the same side of it are lost; a rank correlation such as
    /// [`KendallRankCorrCoef`](crate::regression::KendallRankCorrCoef) uses all of them.
    ///
    /// # Example
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

    /// Names the classes, so that the values become entries such as `Recall/cat`.
    ///
    /// If the number of names is not the number of classes, `compute` returns an error.
    ///
    /// Source: TorchMetrics' `ClasswiseWrapper`.
    ///
    /// # When to use
    ///
    /// Use it with a metric that has one value per class, to read and log the values by name. The names follow the
    /// order of the class indices, so names in another order are attached to the wrong classes.
    ///
    /// # Example
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

    /// Computes the value together with the minimum and maximum of the values of single batches.
    ///
    /// The extremes depend on how the data is divided into batches, and the value does not. Batches for which the
    /// metric is undefined have no value. Memory is that of one state per batch: a few numbers for counts, all scores
    /// for an exact curve.
    ///
    /// Source: TorchMetrics' `MinMaxMetric`, whose extremes are those of all values that were computed.
    ///
    /// # When to use
    ///
    /// Use it to see how much a metric varies between batches, for example to find a batch with bad data. Small batches
    /// vary more, so the range is not a confidence interval; use [`bootstrap`](Self::bootstrap) for one. For the range
    /// over epochs, use [`Tracker::range`](crate::Tracker::range).
    ///
    /// # Example
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

    /// Computes the metric of each output, for predictions and targets `[batch, outputs]`: see
    /// [`OutputsOf`](super::OutputsOf).
    ///
    /// A NaN is an error, as for other metrics. With [`ignore_nan`](MultiOutput::ignore_nan), samples with a NaN are
    /// ignored, as in TorchMetrics.
    ///
    /// Source: TorchMetrics' `MultioutputWrapper`.
    ///
    /// # When to use
    ///
    /// Use it for metrics that take one output only, such as binary classification metrics. Regression metrics have
    /// `per_output`, which reads each batch once and is faster. Separate values hide how the outputs depend on each
    /// other.
    ///
    /// # Example
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

    /// Computes the metric for `replicates` resampled data sets, which show how precise its value is.
    ///
    /// The result contains the value for the samples as they are, and the mean, standard deviation, quantiles and a
    /// confidence interval of the replicates: see [`Bootstrapped`](super::Bootstrapped). Replicates for which the
    /// metric is undefined, or that have no sample, are left out.
    ///
    /// For metrics of counts, such as accuracy, the agreement of clusterings or the association of categories, samples
    /// without weights and further dimensions are counted once by their outcome, which is the pair of labels. A
    /// replicate draws new counts, which has the same distribution as drawing samples, and takes no longer for more
    /// samples. Other samples are added to each replicate as often as they are drawn, as weights if the metric supports
    /// them. That takes one pass per replicate, and the memory of as many states.
    ///
    /// Options: [`sampling`](Bootstrap::sampling), by default Poisson; [`seed`](Bootstrap::seed) for draws from counts,
    /// by default 0. A metric that refuses weights, or needs the number of samples, behaves in the same way here.
    ///
    /// Source: Efron, Bootstrap methods (1979); TorchMetrics' `BootStrapper`, which draws from each batch separately.
    ///
    /// # When to use
    ///
    /// Use it for a confidence interval or standard error of any metric, such as a macro F1 or an AUROC. It assumes
    /// independent samples, so the interval is too narrow if many samples come from one patient or document, and it is
    /// unreliable for few samples, for extremes and for values near a bound. For the mean of a number per sample,
    /// [`confidence_interval`](crate::measure::SampleMetric::confidence_interval) is cheaper.
    ///
    /// # Example
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

    /// Declares that higher values are better, for example after [`map`](Self::map), which cannot know the direction.
    fn higher_is_better(self) -> Named<Self> {
        Named {
            direction: Some(Direction::HigherIsBetter),
            ..Named::of(self)
        }
    }

    /// Declares that lower values are better, for example after [`map`](Self::map), which cannot know the direction.
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

    /// Computes the absolute value.
    fn abs(self) -> Map<Self, fn(f64) -> f64>
    where
        Self: Metric<Value = f64>,
    {
        self.map(f64::abs)
    }
}

impl<M: Metric> MetricExt for M {}

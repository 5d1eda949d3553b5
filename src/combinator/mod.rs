//! Metrics out of metrics.

mod bootstrap;
mod classwise;
mod min_max;
mod multi_output;
mod running;
mod with_input;

pub use bootstrap::{
    Bootstrap, Bootstrapped, Draw, NoOutcomes, Outcomes, Replicates, Resample, Resampled, Samples,
    Sampling, Weighed, update_selected, update_weighed,
};
pub(crate) use bootstrap::{drawn_by, resample, resample_by_table};
pub use classwise::{ByClass, Classwise};
pub use min_max::{Extremes, MinMax};
pub use multi_output::{EachOutput, MultiOutput, OutputsOf};
pub use running::{LastBatches, Running, Window};
pub use with_input::{Numbers, Prepared, WithInput};

use std::{borrow::Cow, sync::Arc};

use burn::tensor::{Int, Tensor};

use crate::{Bounds, Direction, InputOf, Meta, Metric, Result, State, Statistic, Total, Value};

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
    /// [`LastBatches`].
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
    fn binary_target(self, threshold: f64) -> WithInput<Self, Numbers>
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

    /// The value, and the least and the greatest value of a batch: how much it varies from batch to batch.
    ///
    /// So the extremes depend on how the data is cut into batches, and the value does not. Batches for which the metric is undefined have
    /// none. Memory is that of a state a batch: for counts some numbers, for an exact curve all scores. For the range over epochs see
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

    /// The metric of each output: predictions and targets `[batch, outputs]`, as [`OutputsOf`] says.
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
    /// interval: see [`Bootstrapped`]. Replicates for which the metric is undefined, or that have no sample, are left out. What needs the
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
            metric: self,
            name: name.into(),
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

/// See [`MetricExt::map`].
#[derive(Debug, Clone)]
pub struct Map<M, F> {
    metric: M,
    f: F,
}

impl<M, F, V> Metric for Map<M, F>
where
    M: Metric,
    F: Fn(M::Value) -> V + Clone + Send + Sync,
    V: Value,
{
    type Statistic = M::Statistic;
    type Value = V;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<V> {
        self.metric.compute(total).map(&self.f)
    }

    /// The name only: a function may turn the order of the values around.
    fn meta(&self) -> Meta {
        Meta::new("").named(self.metric.name())
    }
}

/// See [`MetricExt::zip`].
#[derive(Clone)]
pub struct Zip<A: Metric, B: Metric> {
    metrics: (A, B),
    statistics: (A::Statistic, B::Statistic),
}

impl<A, B> Metric for Zip<A, B>
where
    A: Metric,
    B: Metric,
    B::Statistic: Statistic<Input = InputOf<A>>,
{
    type Statistic = (A::Statistic, B::Statistic);
    type Value = (A::Value, B::Value);

    fn statistic(&self) -> &Self::Statistic {
        &self.statistics
    }

    fn compute(&self, (a, b): Total<'_, Self>) -> Result<Self::Value> {
        Ok((self.metrics.0.compute(a)?, self.metrics.1.compute(b)?))
    }

    fn meta(&self) -> Meta {
        let (a, b) = &self.metrics;
        Meta::new("").named(format!("{}, {}", a.name(), b.name()))
    }
}

/// Both statistics of the same batch.
impl<A, B> Statistic for (A, B)
where
    A: Statistic,
    B: Statistic<Input = A::Input>,
{
    type Input = A::Input;
    type State = (A::State, B::State);

    fn accept(&self, (a, b): &Self::State) -> Result<()> {
        self.0.accept(a)?;
        self.1.accept(b)
    }

    fn update(&self, (a, b): &mut Self::State, input: A::Input) -> Result<()> {
        // Whichever fails, neither state has changed.
        let mut batch = B::State::default();
        self.1.update(&mut batch, input.clone())?;
        self.0.update(a, input)?;
        b.merge(batch);
        Ok(())
    }
}

/// See [`MetricExt::named`].
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Named<M> {
    metric: M,
    name: Cow<'static, str>,
}

impl<M: Metric> Metric for Named<M> {
    type Statistic = M::Statistic;
    type Value = M::Value;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<M::Value> {
        self.metric.compute(total)
    }

    fn meta(&self) -> Meta {
        self.metric.meta().named(self.name.clone())
    }
}

/// An operation on two numbers, with its sign.
#[derive(Debug, Clone, Copy)]
struct Operation {
    sign: char,
    apply: fn(f64, f64) -> f64,
}

/// Two metrics joined by arithmetic: `a + b`.
#[derive(Clone)]
pub struct Combined<A: Metric, B: Metric> {
    both: Zip<A, B>,
    operation: Operation,
}

impl<A, B> Metric for Combined<A, B>
where
    A: Metric<Value = f64>,
    B: Metric<Value = f64>,
    B::Statistic: Statistic<Input = InputOf<A>>,
{
    type Statistic = (A::Statistic, B::Statistic);
    type Value = f64;

    fn statistic(&self) -> &Self::Statistic {
        self.both.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        let (a, b) = self.both.compute(total)?;
        Ok((self.operation.apply)(a, b))
    }

    fn meta(&self) -> Meta {
        let (a, b) = &self.both.metrics;
        let (a, b) = (a.meta(), b.meta());
        let direction = match self.operation.sign {
            '+' if a.direction == b.direction => a.direction,
            '-' if a.direction == b.direction.flipped() => a.direction,
            _ => Direction::Neither,
        };
        Meta {
            name: format!("({} {} {})", a.name, self.operation.sign, b.name).into(),
            direction,
            bounds: Bounds::UNBOUNDED,
        }
    }
}

/// A metric and a number joined by arithmetic: `2.0 * a`.
#[derive(Debug, Clone)]
pub struct Shifted<M> {
    metric: M,
    number: f64,
    number_first: bool,
    operation: Operation,
}

impl<M> Shifted<M> {
    fn apply(&self, value: f64) -> f64 {
        match self.number_first {
            true => (self.operation.apply)(self.number, value),
            false => (self.operation.apply)(value, self.number),
        }
    }
}

impl<M: Metric<Value = f64>> Metric for Shifted<M> {
    type Statistic = M::Statistic;
    type Value = f64;

    fn statistic(&self) -> &M::Statistic {
        self.metric.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        Ok(self.apply(self.metric.compute(total)?))
    }

    fn meta(&self) -> Meta {
        let Meta {
            name,
            direction,
            bounds,
        } = self.metric.meta();
        let (number, sign) = (self.number, self.operation.sign);
        let (name, falls) = match self.number_first {
            true => (format!("({number} {sign} {name})"), sign == '-'),
            false => (
                format!("({name} {sign} {number})"),
                matches!(sign, '*' | '/') && number < 0.0,
            ),
        };
        let falls = falls || (sign == '*' && number < 0.0);
        let is_constant = matches!(sign, '*' | '/') && number == 0.0;
        // These do not keep the order of the values: `number / metric`, and numbers such as 0 and NaN.
        if (self.number_first && sign == '/') || is_constant || !number.is_finite() {
            return Meta {
                name: name.into(),
                direction: Direction::Neither,
                bounds: Bounds::UNBOUNDED,
            };
        }
        let (lower, upper) = (self.apply(bounds.lower), self.apply(bounds.upper));
        Meta {
            name: name.into(),
            direction: if falls {
                direction.flipped()
            } else {
                direction
            },
            bounds: Bounds::new(lower.min(upper), lower.max(upper)),
        }
    }
}

/// Arithmetic over a metric type of this crate. (Rust does not let a crate implement `Add` for every
/// type that is a metric; [`Expr`] gives it to metrics of other crates.)
macro_rules! arithmetic {
    ([$($generics:tt)*] $Metric:ty) => {
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Add, add, '+');
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Sub, sub, '-');
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Mul, mul, '*');
        $crate::combinator::arithmetic!(@ [$($generics)*] $Metric, Div, div, '/');
    };
    (@ [$($generics:tt)*] $Metric:ty, $Op:ident, $op:ident, $sign:literal) => {
        impl<Rhs, $($generics)*> std::ops::$Op<Rhs> for $Metric
        where
            Self: $crate::Metric<Value = f64>,
            Rhs: $crate::Metric<Value = f64>,
            Rhs::Statistic: $crate::Statistic<Input = $crate::InputOf<Self>>,
        {
            type Output = $crate::combinator::Combined<Self, Rhs>;

            fn $op(self, other: Rhs) -> Self::Output {
                $crate::combinator::combined(self, other, $sign, <f64 as std::ops::$Op>::$op)
            }
        }

        impl<$($generics)*> std::ops::$Op<f64> for $Metric
        where
            Self: $crate::Metric<Value = f64>,
        {
            type Output = $crate::combinator::Shifted<Self>;

            fn $op(self, number: f64) -> Self::Output {
                $crate::combinator::shifted(self, number, false, $sign, <f64 as std::ops::$Op>::$op)
            }
        }

        impl<$($generics)*> std::ops::$Op<$Metric> for f64
        where
            $Metric: $crate::Metric<Value = f64>,
        {
            type Output = $crate::combinator::Shifted<$Metric>;

            fn $op(self, metric: $Metric) -> Self::Output {
                $crate::combinator::shifted(metric, self, true, $sign, <f64 as std::ops::$Op>::$op)
            }
        }
    };
}
pub(crate) use arithmetic;

pub(crate) fn combined<A, B>(a: A, b: B, sign: char, apply: fn(f64, f64) -> f64) -> Combined<A, B>
where
    A: Metric<Value = f64>,
    B: Metric<Value = f64>,
    B::Statistic: Statistic<Input = InputOf<A>>,
{
    Combined {
        both: a.zip(b),
        operation: Operation { sign, apply },
    }
}

pub(crate) fn shifted<M>(
    metric: M,
    number: f64,
    number_first: bool,
    sign: char,
    apply: fn(f64, f64) -> f64,
) -> Shifted<M> {
    Shifted {
        metric,
        number,
        number_first,
        operation: Operation { sign, apply },
    }
}

/// Gives a metric of another crate arithmetic: `Expr(mine) / 2.0`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Expr<M>(pub M);

impl<M: Metric> Metric for Expr<M> {
    type Statistic = M::Statistic;
    type Value = M::Value;

    fn statistic(&self) -> &M::Statistic {
        self.0.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<M::Value> {
        self.0.compute(total)
    }

    fn meta(&self) -> Meta {
        self.0.meta()
    }
}

arithmetic!([M] Expr<M>);
arithmetic!([M] Named<M>);
arithmetic!([M: Metric] Running<M>);
arithmetic!([M: Metric, I] WithInput<M, I>);
arithmetic!([M] Shifted<M>);
arithmetic!([M, F] Map<M, F>);
arithmetic!([A: Metric, B: Metric] Combined<A, B>);

use std::borrow::Cow;

use crate::{Accumulator, Result, State, Statistic, Value};

/// The total from which a metric computes its value.
pub type Total<'a, M> = <StateOf<M> as State>::Total<'a>;
/// The state that a metric accumulates.
pub type StateOf<M> = <<M as Metric>::Statistic as Statistic>::State;
/// The type of the batches that a metric takes.
pub type InputOf<M> = <<M as Metric>::Statistic as Statistic>::Input;

/// A metric: a pure function from the total that a [`Statistic`] has accumulated to a value.
///
/// A metric is plain data: its configuration and nothing else. Everything that has state is built from it: see
/// [`Accumulator`] and [`Collection`](crate::Collection).
///
/// # Example
///
/// A root mean squared error of your own, built from two ready-made states:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
/// use burn_metrics::state::{Count, Sum};
///
/// #[derive(Debug, Clone, PartialEq, serde::Serialize)]
/// struct Rmse;
///
/// impl Statistic for Rmse {
///     type Input = (Tensor<1>, Tensor<1>);
///     type State = (Sum, Count);
///
///     fn update(&self, (sum, n): &mut (Sum, Count), (preds, target): Self::Input) -> Result<()> {
///         n.add(target.dims()[0] as u64);
///         sum.add((preds - target).square().sum())
///     }
/// }
///
/// impl Metric for Rmse {
///     type Statistic = Self;
///     type Value = f64;
///
///     fn statistic(&self) -> &Self { self }
///     fn meta(&self) -> Meta { Meta::new("RMSE").lower_is_better() }
///     fn compute(&self, (sum, n): (f64, u64)) -> Result<f64> { Ok((sum / n as f64).sqrt()) }
/// }
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 2.0, 5.0, 4.0], &device);
/// let target = Tensor::<1>::from_floats([1.0, 2.0, 3.0, 4.0], &device);
/// assert_eq!(Rmse.evaluate((preds, target))?, 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub trait Metric: Clone + Send + Sync {
    /// The type of the statistic from which the metric is computed.
    type Statistic: Statistic;
    /// The type of the value: an `f64`, one number per class, a matrix, a curve.
    type Value: Value;

    /// The statistic from which the metric is computed.
    fn statistic(&self) -> &Self::Statistic;

    /// Computes the value from the total.
    fn compute(&self, total: Total<'_, Self>) -> Result<Self::Value>;

    /// The metric's name, the direction in which it improves, and its bounds.
    fn meta(&self) -> Meta;

    /// The readable name of the metric, such as `Accuracy`. Names must be unique within a
    /// [`Collection`](crate::Collection), which can also give the metric another name.
    fn name(&self) -> Cow<'static, str> {
        self.meta().name
    }

    /// Whether a higher or a lower value is better.
    fn direction(&self) -> Direction {
        self.meta().direction
    }

    /// The minimum and maximum of the metric's values.
    fn bounds(&self) -> Bounds {
        self.meta().bounds
    }

    /// Computes the value of one batch.
    ///
    /// # Errors
    ///
    /// See [`MetricError`](crate::MetricError).
    fn evaluate(&self, input: impl Into<InputOf<Self>>) -> Result<Self::Value> {
        let mut accumulator = self.accumulator();
        accumulator.update(input)?;
        accumulator.compute()
    }

    /// Creates an empty accumulator of this metric.
    fn accumulator(&self) -> Accumulator<Self> {
        Accumulator::new(self.clone())
    }
}

/// The name of a metric, and the direction and bounds of its values.
///
/// ```
/// use burn_metrics::prelude::*;
///
/// let meta = Meta::new("Word error rate").lower_is_better().within(Bounds::POSITIVE);
/// assert_eq!(meta.direction, Direction::LowerIsBetter);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// A readable name, such as `Accuracy`.
    pub name: Cow<'static, str>,
    /// Whether a higher or a lower value is better.
    pub direction: Direction,
    /// The minimum and maximum of the values.
    pub bounds: Bounds,
}

impl Meta {
    /// Creates a name for values without a direction and without bounds.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            direction: Direction::Neither,
            bounds: Bounds::UNBOUNDED,
        }
    }

    /// Declares that higher values are better.
    pub const fn higher_is_better(mut self) -> Self {
        self.direction = Direction::HigherIsBetter;
        self
    }

    /// Declares that lower values are better.
    pub const fn lower_is_better(mut self) -> Self {
        self.direction = Direction::LowerIsBetter;
        self
    }

    /// Sets the minimum and maximum of the values.
    pub const fn within(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Adds an option that changes the value to the name, such as `F1 (per class)`.
    ///
    /// ```
    /// use burn_metrics::Meta;
    ///
    /// let meta = Meta::new("AUROC").with("200 thresholds").with("per class");
    /// assert_eq!(meta.name, "AUROC (200 thresholds, per class)");
    /// ```
    pub fn with(self, option: impl std::fmt::Display) -> Self {
        let name = match self.name.strip_suffix(')') {
            Some(name) => format!("{name}, {option})"),
            None => format!("{} ({option})", self.name),
        };
        self.named(name)
    }

    /// Adds an option to the name if it is set.
    pub(crate) fn with_if(self, is_set: bool, option: &str) -> Self {
        match is_set {
            true => self.with(option),
            false => self,
        }
    }

    /// Adds an option to the name, unless it is the default.
    pub(crate) fn with_other<T: PartialEq + std::fmt::Display>(
        self,
        option: T,
        default: T,
    ) -> Self {
        match option == default {
            true => self,
            false => self.with(option),
        }
    }

    /// Replaces the name.
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }
}

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher is better, as for an accuracy.
    HigherIsBetter,
    /// Lower is better, as for an error.
    LowerIsBetter,
    /// Neither, as for a count or a matrix.
    Neither,
}

impl Direction {
    /// The direction of the negated values.
    pub const fn flipped(self) -> Self {
        match self {
            Self::HigherIsBetter => Self::LowerIsBetter,
            Self::LowerIsBetter => Self::HigherIsBetter,
            Self::Neither => Self::Neither,
        }
    }

    /// Whether `value` is better than `other`. Always `false` for [`Direction::Neither`] and for NaN.
    pub fn is_better(self, value: f64, other: f64) -> bool {
        match self {
            Self::HigherIsBetter => value > other,
            Self::LowerIsBetter => value < other,
            Self::Neither => false,
        }
    }
}

/// The closed interval of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bounds {
    /// The minimum.
    pub lower: f64,
    /// The maximum.
    pub upper: f64,
}

impl Bounds {
    /// All numbers.
    pub const UNBOUNDED: Self = Self::new(f64::NEG_INFINITY, f64::INFINITY);
    /// From 0 to 1.
    pub const UNIT: Self = Self::new(0.0, 1.0);
    /// From -1 to 1.
    pub const SIGNED_UNIT: Self = Self::new(-1.0, 1.0);
    /// From 0 to infinity.
    pub const POSITIVE: Self = Self::new(0.0, f64::INFINITY);

    /// Creates the bounds from `lower` to `upper`.
    pub const fn new(lower: f64, upper: f64) -> Self {
        Self { lower, upper }
    }
}

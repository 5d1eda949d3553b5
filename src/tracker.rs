use crate::{Accumulate, Accumulator, Bounds, Collection, Direction, Metric, MetricError, Result};

/// Keeps the values of epochs, and finds the best epoch.
///
/// It wraps an [`Accumulator`] or a [`Collection`]. Batches are added to the current epoch, and
/// [`end_epoch`](Self::end_epoch) keeps its value and starts the next one. An epoch for which a metric is undefined,
/// such as an AUROC of samples that are all positive, is a gap in the history.
///
/// Source: TorchMetrics' `MetricTracker` and `MinMaxMetric`.
///
/// # When to use
///
/// Use it in a training loop of your own to choose a checkpoint or to stop early; with Burn's Learner, use
/// `early_stopping` and `keep_best` of the module `train`. The best of many epochs is an optimistic estimate, so report
/// the result of the chosen epoch on other data.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let metrics = Collection::new()
///     .with(MeanSquaredError::new())
///     .with(R2Score::new());
/// let mut tracker = Tracker::new(metrics);
/// for shift in [0.5, 0.1, 0.2] {
///     let target = Tensor::<1>::from_floats([1.0, 2.0, 4.0], &device);
///     tracker.update((target.clone() + shift, target))?;
///     tracker.end_epoch()?;
/// }
///
/// // The lowest error and the highest R2 are those of epoch 1.
/// assert_eq!(tracker.best("Mean squared error")?.unwrap().step, 1);
/// assert_eq!(tracker.best("R2 score")?.unwrap().step, 1);
/// assert_eq!(tracker.numbers("R2 score")?.len(), 3);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "MetricTracker")]
#[doc(alias = "MinMaxMetric")]
pub struct Tracker<A: Accumulate> {
    current: A,
    /// The values, or `None` for epochs in which the metric was undefined.
    epochs: Vec<Option<A::Value>>,
}

/// An epoch and its value.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Best {
    /// The index of the epoch, from 0.
    pub step: usize,
    /// Its value.
    pub value: f64,
}

impl<A: Accumulate> Tracker<A> {
    /// Creates a tracker without finished epochs, whose first epoch has begun.
    pub fn new(metrics: A) -> Self {
        Self {
            current: metrics.emptied(),
            epochs: Vec::new(),
        }
    }

    /// Adds a batch to the current epoch.
    ///
    /// # Errors
    ///
    /// See [`MetricError`].
    pub fn update(&mut self, input: impl Into<A::Input>) -> Result<()> {
        self.current.update(input.into())
    }

    /// Ends the epoch, keeps its value and returns it.
    ///
    /// An epoch for which the metric is undefined also ends, and is a gap.
    ///
    /// # Errors
    ///
    /// The metric's error if it is undefined. After any other error, the epoch goes on. See [`MetricError`].
    pub fn end_epoch(&mut self) -> Result<&A::Value> {
        match self.current.compute() {
            Ok(value) => {
                self.current.reset();
                let place = self.epochs.len();
                self.epochs.push(None);
                Ok(self.epochs[place].insert(value))
            }
            Err(error) => {
                if error.is_undefined() {
                    self.current.reset();
                    self.epochs.push(None);
                }
                Err(error)
            }
        }
    }

    /// The accumulator of the current epoch.
    pub fn current(&mut self) -> &mut A {
        &mut self.current
    }

    /// The values of the epochs that have ended, or `None` for epochs in which the metric was undefined.
    pub fn values(&self) -> &[Option<A::Value>] {
        &self.epochs
    }

    /// The number of epochs that have ended.
    pub fn epochs(&self) -> usize {
        self.epochs.len()
    }
}

impl<M: Metric<Value = f64>> Tracker<Accumulator<M>> {
    /// The best epoch, or the first of several equally good ones. `None` if no value is a number.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`] if neither higher nor lower values of the metric are better.
    pub fn best(&self) -> Result<Option<Best>> {
        let metric = self.current.metric();
        best(&metric.name(), metric.direction(), &self.epochs)
    }

    /// The minimum and maximum of the values. `None` if no value is a number.
    pub fn range(&self) -> Option<Bounds> {
        range(&self.epochs)
    }
}

impl<I: Clone + Send + Sync + 'static> Tracker<Collection<I>> {
    /// The values of a metric whose value is one number, one per epoch, or `None` for epochs in which it was undefined.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric with this name exists whose value is one number.
    pub fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>> {
        self.direction(name)?;
        let values = self.epochs.iter();
        let numbers = values.map(|values| values.as_ref()?.number(name).ok());
        Ok(numbers.collect())
    }

    /// The best epoch of a metric, or the first of several equally good ones. `None` if no value is a number.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric with this name exists whose value is one number, [`MetricError::Config`]
    /// if neither higher nor lower values of it are better.
    pub fn best(&self, name: &str) -> Result<Option<Best>> {
        best(name, self.direction(name)?, &self.numbers(name)?)
    }

    /// The minimum and maximum of the values of a metric. `None` if no value is a number.
    ///
    /// # Errors
    ///
    /// The errors of [`numbers`](Self::numbers).
    pub fn range(&self, name: &str) -> Result<Option<Bounds>> {
        Ok(range(&self.numbers(name)?))
    }

    fn direction(&self, name: &str) -> Result<Direction> {
        let mut members = self.current.members();
        let found = members.find(|(known, info)| *known == name && info.scalar);
        let unknown = || MetricError::Unknown {
            kind: "one number",
            name: name.to_owned(),
            known: self
                .current
                .members()
                .map(|(name, _)| name.to_owned())
                .collect(),
        };
        found.map(|(_, info)| info.direction).ok_or_else(unknown)
    }
}

fn best(name: &str, direction: Direction, values: &[Option<f64>]) -> Result<Option<Best>> {
    if direction == Direction::Neither {
        let expected = "a metric of which higher or lower values are better";
        return Err(MetricError::config("metric", expected, name));
    }
    let epochs = values.iter().copied().enumerate();
    let numbers = epochs.filter_map(|(step, value)| Some((step, value?)));
    let numbers = numbers.filter(|(_, value)| !value.is_nan());
    Ok(numbers
        .map(|(step, value)| Best { step, value })
        .reduce(
            |best, next| match direction.is_better(next.value, best.value) {
                true => next,
                false => best,
            },
        ))
}

fn range(values: &[Option<f64>]) -> Option<Bounds> {
    let numbers = values.iter().flatten().copied();
    let numbers = numbers.filter(|value| !value.is_nan());
    numbers
        .map(|value| Bounds::new(value, value))
        .reduce(|a, b| Bounds::new(a.lower.min(b.lower), a.upper.max(b.upper)))
}

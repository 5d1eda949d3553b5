use std::fmt;

use crate::{
    Accumulate, InputOf, Metric, MetricError, Result, State, StateOf, Statistic,
    saved::{self, Packed},
    state,
    statistic::identity,
};

/// Accumulates the batches of one metric and computes its value.
///
/// Memory is that of the state: for counts, a few numbers per class, however many samples were seen.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let mut accuracy = Accuracy::multiclass(3).accumulator();
/// for (scores, labels) in [([[0.1, 0.7, 0.2]], [1]), ([[0.6, 0.3, 0.1]], [2])] {
///     let scores = Tensor::<2>::from_floats(scores, &device);
///     let labels = Tensor::<1, Int>::from_ints(labels, &device);
///     let of_this_batch = accuracy.forward((scores, labels))?;
///     assert!(of_this_batch == 0.0 || of_this_batch == 1.0);
/// }
/// assert_eq!(accuracy.compute()?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Clone)]
pub struct Accumulator<M: Metric> {
    metric: M,
    state: StateOf<M>,
    updates: u64,
    strict: bool,
}

impl<M: Metric> fmt::Debug for Accumulator<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accumulator")
            .field("metric", &self.metric.name())
            .field("updates", &self.updates)
            .finish_non_exhaustive()
    }
}

impl<M: Metric> Accumulator<M> {
    /// Creates an empty accumulator.
    pub fn new(metric: M) -> Self {
        Self {
            metric,
            state: StateOf::<M>::default(),
            updates: 0,
            strict: false,
        }
    }

    /// Creates an accumulator that continues from a saved state.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the state belongs to another configuration, [`MetricError::Device`] if results are
    /// pending in it and the device failed.
    pub fn resume(metric: M, mut state: StateOf<M>) -> Result<Self> {
        state::settle(&mut state)?;
        metric.statistic().check_state(&state)?;
        Ok(Self {
            state,
            ..Self::new(metric)
        })
    }

    /// Checks values after every update instead of in `compute`.
    ///
    /// This waits for the device each time. Use it to find the batch that has wrong values.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Adds a batch. Does not wait for the device, unless the accumulator is [`strict`](Self::strict).
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. After an error, the state is as it was.
    pub fn update(&mut self, input: impl Into<InputOf<M>>) -> Result<()> {
        if self.strict {
            let batch = self.batch(input.into())?;
            self.state.check_merge(&batch)?;
            self.state.merge(batch);
        } else {
            let statistic = self.metric.statistic();
            let added = statistic.update(&mut self.state, input.into());
            added.map_err(|error| self.explain(error))?;
        }
        self.updates += 1;
        Ok(())
    }

    /// Adds a batch and returns the value of that batch alone, in one pass over it.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. After an error, the state is as it was, with one exception: a valid batch for which the
    /// metric is undefined is added, although its value is an error.
    pub fn forward(&mut self, input: impl Into<InputOf<M>>) -> Result<M::Value> {
        let batch = self.batch(input.into())?;
        self.state.check_merge(&batch)?;
        let value = self.metric.compute(batch.total());
        self.state.merge(batch);
        self.updates += 1;
        value
    }

    /// Computes the state of one batch, settled and checked.
    fn batch(&self, input: InputOf<M>) -> Result<StateOf<M>> {
        let mut batch = StateOf::<M>::default();
        let added = self.metric.statistic().update(&mut batch, input);
        added.map_err(|error| self.explain(error))?;
        state::settle(&mut batch)?;
        let checked = batch.faults().check();
        checked.map_err(|error| self.explain(error))?;
        Ok(batch)
    }

    /// Adds the metric's name and the expected values to an error about bad values.
    fn explain(&self, error: MetricError) -> MetricError {
        let error = self.metric.statistic().explain(error);
        error.naming(|| self.metric.name().into_owned())
    }

    /// Computes the value of all batches. More batches can be added afterwards.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`] before the first sample, [`MetricError::Values`] if values could not be scored,
    /// [`MetricError::Device`] if the device failed.
    pub fn compute(&mut self) -> Result<M::Value> {
        state::settle(&mut self.state)?;
        self.value()
    }

    /// [`compute`](Self::compute) without blocking the thread.
    ///
    /// # Errors
    ///
    /// The errors of [`compute`](Self::compute).
    pub async fn compute_async(&mut self) -> Result<M::Value> {
        state::settle_async(&mut self.state).await?;
        self.value()
    }

    fn value(&self) -> Result<M::Value> {
        let checked = self.state.faults().check();
        checked.map_err(|error| self.explain(error))?;
        self.metric.compute(self.state.total())
    }

    /// Discards all batches.
    pub fn reset(&mut self) {
        self.state = StateOf::<M>::default();
        self.updates = 0;
    }

    /// Merges another accumulator of the same metric into this one.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the other accumulator has a different statistic.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.metric.statistic() != other.metric.statistic() {
            return Err(MetricError::State {
                expected: format!("that of {} as configured here", self.metric.name()),
                got: format!("that of {} in another configuration", other.metric.name()),
            });
        }
        self.state.check_merge(&other.state)?;
        self.state.merge(other.state);
        self.updates = self.updates.saturating_add(other.updates);
        Ok(())
    }

    /// The number of batches that were added, including those that were merged.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The metric.
    pub fn metric(&self) -> &M {
        &self.metric
    }

    /// The state, which is plain data that serializes. To save it together with the metric's configuration, use
    /// [`Accumulate::save`](crate::Accumulate::save).
    pub fn state(&self) -> &StateOf<M> {
        &self.state
    }
}

impl<M: Metric> Accumulate for Accumulator<M> {
    type Input = InputOf<M>;
    type Value = M::Value;

    fn update(&mut self, input: InputOf<M>) -> Result<()> {
        self.update(input)
    }

    fn compute(&mut self) -> Result<M::Value> {
        self.compute()
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn merge(&mut self, other: Self) -> Result<()> {
        self.merge(other)
    }

    fn updates(&self) -> u64 {
        self.updates
    }

    fn identity(&self) -> String {
        format!(
            "{} of {}",
            self.metric.name(),
            identity(self.metric.statistic())
        )
    }

    fn emptied(&self) -> Self {
        Self {
            metric: self.metric.clone(),
            state: StateOf::<M>::default(),
            updates: 0,
            strict: self.strict,
        }
    }

    fn pack(&mut self) -> Result<Packed> {
        state::settle(&mut self.state)?;
        Ok(Packed::new(self.updates, vec![saved::encode(&self.state)?]))
    }

    fn unpack(&mut self, packed: &Packed) -> Result<()> {
        for bytes in packed.states(1)? {
            let state = saved::decode(bytes)?;
            self.metric.statistic().check_state(&state)?;
            self.state = state;
        }
        self.updates = packed.updates;
        Ok(())
    }
}

mod build;
mod group;
mod values;

pub use values::Values;

#[cfg(feature = "catalog")]
use std::any::Any;
use std::fmt;

use group::{Group, pending, results, settle};

use crate::{Accumulate, Direction, InputOf, Metric, MetricError, Result, saved::Packed};

/// A set of named metrics over the same type of input, which are updated together.
///
/// Metrics whose [`Statistic`](crate::Statistic)s are equal share one state, which is updated once: a collection of
/// precision, recall, F1 and accuracy counts each batch once. Reading the values takes one transaction with the device,
/// however many metrics there are. An update that fails leaves every state as it was.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let mut metrics = Collection::new()
///     .with(Accuracy::multiclass(3))
///     .with_named("top-2", Accuracy::multiclass(3).top_k(2))
///     .with(ConfusionMatrix::multiclass(3));
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1]], &device);
/// let labels = Tensor::<1, Int>::from_ints([1, 1], &device);
/// metrics.update((scores, labels))?;
///
/// let values = metrics.compute()?;
/// assert_eq!(values.number("Accuracy")?, 0.5);
/// assert_eq!(values.number("top-2")?, 1.0);
/// assert_eq!(values.get::<Confusion>("Confusion matrix")?.count(1, 0), 1.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub struct Collection<I> {
    groups: Vec<Box<dyn Group<I>>>,
    members: Vec<Entry>,
    updates: u64,
    /// The error for the first two metrics of the same name, if there are any.
    duplicate: Option<MetricError>,
}

/// The location of a metric: the group of its statistic, and its place there.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    group: usize,
    place: usize,
    info: Info,
}

/// Information about a metric that does not depend on its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Whether higher or lower is better.
    pub direction: Direction,
    /// Whether the value is one number.
    pub scalar: bool,
}

impl<I: Clone + Send + Sync + 'static> Collection<I> {
    /// The names and kinds of the metrics, in the order in which they were added.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, Info)> {
        self.members
            .iter()
            .map(|member| (member.name.as_str(), member.info))
    }

    /// The metrics in their own types, or `None` for metrics over prepared batches.
    #[cfg(feature = "catalog")]
    pub(crate) fn metrics(&self) -> impl Iterator<Item = (&str, Option<&dyn Any>)> {
        let metrics = self.members.iter();
        metrics.map(|member| {
            let metric = self.groups[member.group].metric(member.place);
            (member.name.as_str(), metric)
        })
    }

    /// The number of states. Metrics with equal statistics share one.
    pub fn states(&self) -> usize {
        self.groups.len()
    }

    /// Adds a batch. Does not wait for the device.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. After an error, all states are as they were.
    pub fn update(&mut self, input: impl Into<I>) -> Result<()> {
        self.check()?;
        let input = input.into();
        if let [group] = self.groups.as_mut_slice() {
            let added = group.update(input);
            added.map_err(|error| error.of(&self.names(0).join(", ")))?;
        } else {
            let batch = self.batch(input)?;
            self.check_merge(&batch)?;
            self.fold(batch);
        }
        self.updates += 1;
        Ok(())
    }

    /// Adds a batch and returns the values of that batch alone, in one pass over it.
    ///
    /// A metric that is undefined for this batch has no value in the result.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. After an error, all states are as they were.
    pub fn forward(&mut self, input: impl Into<I>) -> Result<Values> {
        self.forward_where(input.into(), |_| true)
    }

    /// [`forward`](Self::forward) for the metrics whose value is one number.
    #[cfg(feature = "train")]
    pub(crate) fn forward_numbers(&mut self, input: I) -> Result<Values> {
        self.forward_where(input, |info| info.scalar)
    }

    fn forward_where(&mut self, input: I, wanted: fn(&Info) -> bool) -> Result<Values> {
        self.check()?;
        let mut batch = self.batch(input)?;
        self.check_merge(&batch)?;
        settle(&mut batch)?;
        for (place, group) in batch.iter().enumerate() {
            let checked = group.check_values();
            checked.map_err(|error| error.of(&self.names(place).join(", ")))?;
        }
        let values = values(&self.members, &batch, wanted);
        self.fold(batch);
        self.updates += 1;
        Ok(values)
    }

    fn batch(&self, input: I) -> Result<Vec<Box<dyn Group<I>>>> {
        let mut batch: Vec<_> = self.groups.iter().map(|group| group.emptied()).collect();
        for (place, group) in batch.iter_mut().enumerate() {
            let added = group.update(input.clone());
            added.map_err(|error| error.of(&self.names(place).join(", ")))?;
        }
        Ok(batch)
    }

    /// The names of the metrics that share a state.
    fn names(&self, group: usize) -> Vec<&str> {
        let members = self.members.iter().filter(|member| member.group == group);
        members.map(|member| member.name.as_str()).collect()
    }

    fn check_merge(&self, batch: &[Box<dyn Group<I>>]) -> Result<()> {
        let mut both = self.groups.iter().zip(batch);
        both.try_for_each(|(group, batch)| group.check_merge(batch.as_ref()))
    }

    fn fold(&mut self, batch: Vec<Box<dyn Group<I>>>) {
        for (group, batch) in self.groups.iter_mut().zip(batch) {
            group.merge(batch);
        }
    }

    /// Computes the values of all batches. More batches can be added afterwards.
    ///
    /// A metric may have no value, because it is undefined for these samples or because some of them could not be
    /// scored. This does not affect the other metrics: [`Values::number`] and the other methods of [`Values`] return
    /// its error.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`] if the device failed, [`MetricError::Duplicate`] if two metrics have the same name.
    pub fn compute(&mut self) -> Result<Values> {
        self.compute_where(|_| true)
    }

    /// [`compute`](Self::compute) for the metrics whose value is one number.
    #[cfg(feature = "train")]
    pub(crate) fn compute_numbers(&mut self) -> Result<Values> {
        self.compute_where(|info| info.scalar)
    }

    fn compute_where(&mut self, wanted: fn(&Info) -> bool) -> Result<Values> {
        self.check()?;
        settle(&mut self.groups)?;
        Ok(values(&self.members, &self.groups, wanted))
    }

    /// [`compute`](Self::compute) without blocking the thread.
    ///
    /// # Errors
    ///
    /// The errors of [`compute`](Self::compute).
    pub async fn compute_async(&mut self) -> Result<Values> {
        self.check()?;
        let mut results = pending(&self.groups).execute_async().await?;
        self.groups
            .iter_mut()
            .for_each(|group| group.absorb(&mut results));
        Ok(values(&self.members, &self.groups, |_| true))
    }

    /// Discards all batches.
    pub fn reset(&mut self) {
        self.groups.iter_mut().for_each(|group| group.reset());
        self.updates = 0;
    }

    /// Merges another collection of the same metrics into this one.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the other collection has different metrics.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        self.check()?;
        if !self.is_like(&other) {
            let describe = |collection: &Self| {
                let names: Vec<&str> = collection.members().map(|(name, _)| name).collect();
                format!("a collection of {}", names.join(", "))
            };
            return Err(MetricError::State {
                expected: describe(self),
                got: format!("{}, in another configuration", describe(&other)),
            });
        }
        self.check_merge(&other.groups)?;
        self.fold(other.groups);
        self.updates = self.updates.saturating_add(other.updates);
        Ok(())
    }

    /// The number of batches that were added, including those that were merged.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Whether the other collection has the same metrics, grouped in the same way.
    fn is_like(&self, other: &Self) -> bool {
        let place = |member: &Entry| (member.name.clone(), member.group);
        self.members
            .iter()
            .map(place)
            .eq(other.members.iter().map(place))
            && self.groups.len() == other.groups.len()
            && (self.groups.iter().zip(&other.groups)).all(|(a, b)| a.is_like(b.as_ref()))
    }

    /// The states, which must be settled, as bytes.
    fn packed(&self) -> Result<Packed> {
        let states = self.groups.iter().map(|group| group.pack());
        Ok(Packed::new(self.updates, states.collect::<Result<_>>()?))
    }
}

impl<I: Clone + Send + Sync + 'static> Accumulate for Collection<I> {
    type Input = I;
    type Value = Values;

    fn update(&mut self, input: I) -> Result<()> {
        self.update(input)
    }

    fn compute(&mut self) -> Result<Values> {
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
        let groups = self
            .groups
            .iter()
            .enumerate()
            .map(|(index, group)| format!("{:?} of {}", self.names(index), group.identity()));
        groups.collect::<Vec<_>>().join(", ")
    }

    fn emptied(&self) -> Self {
        Self {
            groups: self.groups.iter().map(|group| group.emptied()).collect(),
            members: self.members.clone(),
            updates: 0,
            duplicate: self.duplicate.clone(),
        }
    }

    fn pack(&mut self) -> Result<Packed> {
        self.check()?;
        settle(&mut self.groups)?;
        self.packed()
    }

    fn unpack(&mut self, packed: &Packed) -> Result<()> {
        let states = packed.states(self.groups.len())?;
        let groups = self.groups.iter().zip(states);
        let groups = groups.map(|(group, state)| group.unpacked(state));
        self.groups = groups.collect::<Result<_>>()?;
        self.updates = packed.updates;
        Ok(())
    }
}

impl<I: Clone + Send + Sync + 'static> Default for Collection<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: 'static> Clone for Collection<I> {
    fn clone(&self) -> Self {
        Self {
            groups: self.groups.iter().map(|group| group.cloned()).collect(),
            members: self.members.clone(),
            updates: self.updates,
            duplicate: self.duplicate.clone(),
        }
    }
}

impl<I> fmt::Debug for Collection<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

fn values<I: 'static>(
    members: &[Entry],
    groups: &[Box<dyn Group<I>>],
    wanted: fn(&Info) -> bool,
) -> Values {
    let wanted = members.iter().filter(|member| wanted(&member.info));
    let wanted: Vec<&Entry> = wanted.collect();
    let results = results(&wanted, groups);
    let values = wanted.iter().zip(results).map(|(member, value)| {
        let value = value.map_err(|error| error.of(&member.name));
        (member.name.clone(), value)
    });
    Values(values.collect())
}

/// Creates a collection of one metric, under its own name.
impl<M> From<M> for Collection<InputOf<M>>
where
    M: Metric + 'static,
    M::Statistic: 'static,
    InputOf<M>: 'static,
{
    fn from(metric: M) -> Self {
        Self::new().with(metric)
    }
}

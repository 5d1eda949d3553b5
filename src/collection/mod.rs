mod group;
mod values;

pub use values::Values;

#[cfg(feature = "catalog")]
use std::any::Any;
use std::{fmt, sync::Arc};

use group::{Group, Prepared, Shared, pending, results, settle};

use crate::{
    Accumulate, Direction, InputOf, Metric, MetricError, Result, Statistic, Value, saved::Packed,
};

/// Named metrics over one type of input, updated together.
///
/// Metrics whose [`Statistic`]s are equal share one state, which is updated once: a collection of
/// precision, recall, F1 and accuracy counts a batch a single time. Reading the values costs one
/// transaction with the device, however many metrics there are. An update that fails leaves every
/// state as it was.
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
}

/// Where a metric is: the group that has its statistic, and its place there.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    group: usize,
    place: usize,
    info: Info,
}

/// What is known of a metric whatever its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Whether higher or lower is better.
    pub direction: Direction,
    /// Whether the value is one number.
    pub scalar: bool,
}

impl<I: Clone + Send + Sync + 'static> Collection<I> {
    /// A collection of no metrics.
    pub fn new() -> Self {
        Self {
            groups: Vec::new(),
            members: Vec::new(),
            updates: 0,
        }
    }

    /// Adds a metric under its own [`name`](Metric::name).
    ///
    /// As in a map, a metric takes the place of one that had its name.
    pub fn with<M>(self, metric: M) -> Self
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let name = metric.name().into_owned();
        self.with_named(name, metric)
    }

    /// Adds a metric under `name`.
    pub fn with_named<M>(mut self, name: impl Into<String>, metric: M) -> Self
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = I> + 'static,
    {
        let name = name.into();
        let info = Info {
            direction: metric.direction(),
            scalar: M::Value::SCALAR,
        };
        let statistic = metric.statistic().clone();
        let shared = self.groups.iter_mut().position(|group| {
            let group = group.as_any_mut().downcast_mut::<Shared<M::Statistic>>();
            group.is_some_and(|group| group.statistic == statistic)
        });
        let group = shared.unwrap_or_else(|| {
            self.groups.push(Box::new(Shared::new(statistic)));
            self.groups.len() - 1
        });
        let place = self.groups[group]
            .as_any_mut()
            .downcast_mut::<Shared<M::Statistic>>()
            .map_or(0, |group| group.add(metric));
        let entry = Entry {
            name,
            group,
            place,
            info,
        };
        self.insert(entry);
        self.remove_unused();
        self
    }

    /// Adds all metrics of another collection, under names such as `prefix/Accuracy`. States are shared across both, and what the other
    /// collection has accumulated is left behind.
    ///
    /// ```
    /// use burn_metrics::prelude::*;
    ///
    /// let detail = Collection::new()
    ///     .with(Precision::multiclass(3))
    ///     .with(Recall::multiclass(3));
    /// let metrics = Collection::new()
    ///     .with(Accuracy::multiclass(3))
    ///     .with_nested("detail", detail);
    /// let names: Vec<&str> = metrics.members().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["Accuracy", "detail/Precision", "detail/Recall"]);
    /// assert_eq!(metrics.states(), 1);
    /// ```
    pub fn with_nested(mut self, prefix: &str, other: Self) -> Self {
        let homes: Vec<_> = (other.groups.iter())
            .map(|group| self.adopt(group.as_ref()))
            .collect();
        for member in other.members {
            let (group, before) = homes[member.group];
            self.insert(Entry {
                name: joined(prefix, &member.name),
                group,
                place: before + member.place,
                info: member.info,
            });
        }
        self.remove_unused();
        self
    }

    /// Adds all metrics of a collection over other batches, which `prepare` makes of those of this one: once a batch for all of them. What
    /// the other collection has accumulated is left behind.
    ///
    /// So a network that turns images into features is run once for all metrics of features. `name` stands for the function, which
    /// cannot be compared or saved. An empty prefix leaves names as they are.
    ///
    /// Source: TorchMetrics' `FeatureShare`.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let errors = Collection::new()
    ///     .with(MeanAbsoluteError::new())
    ///     .with(CosineSimilarity::new());
    /// let metrics = Collection::new().with(MeanSquaredError::new()).with_prepared(
    ///     "log",
    ///     "ln",
    ///     |batch: RegressionInput| (batch.preds().clone().log(), batch.target().clone().log()),
    ///     errors,
    /// );
    /// let names: Vec<&str> = metrics.members().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["Mean squared error", "log/Mean absolute error", "log/Cosine similarity"]);
    /// ```
    #[doc(alias = "FeatureShare")]
    pub fn with_prepared<J, K, F>(
        mut self,
        prefix: &str,
        name: impl Into<String>,
        prepare: F,
        other: Collection<K>,
    ) -> Self
    where
        F: Fn(I) -> J + Send + Sync + 'static,
        J: Into<K>,
        K: Clone + Send + Sync + 'static,
    {
        let prepared = Prepared {
            name: name.into(),
            prepare: Arc::new(move |input| prepare(input).into()),
            inner: other.emptied(),
        };
        let (group, _) = self.adopt(&prepared);
        for (place, member) in other.members.into_iter().enumerate() {
            self.insert(Entry {
                name: joined(prefix, &member.name),
                group,
                place,
                info: member.info,
            });
        }
        self.remove_unused();
        self
    }

    /// Puts a text before each name.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        let members = self.members.iter_mut();
        members.for_each(|member| member.name.insert_str(0, prefix));
        self
    }

    /// Puts a text after each name.
    pub fn with_postfix(mut self, postfix: &str) -> Self {
        let members = self.members.iter_mut();
        members.for_each(|member| member.name.push_str(postfix));
        self
    }

    /// Removes a metric. Those that share its state keep it.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let place = self.members.iter().position(|member| member.name == name);
        let place = place.ok_or_else(|| MetricError::Unknown {
            kind: "any type",
            name: name.to_owned(),
            known: self
                .members
                .iter()
                .map(|member| member.name.clone())
                .collect(),
        })?;
        self.members.remove(place);
        self.remove_unused();
        Ok(())
    }

    /// A place for the metrics of a group: a group, and how many others come first there.
    fn adopt(&mut self, group: &dyn Group<I>) -> (usize, usize) {
        let own = self.groups.iter_mut().enumerate();
        let mut shared = own.filter_map(|(at, own)| Some((at, own.adopt(group)?)));
        if let Some(home) = shared.next() {
            return home;
        }
        drop(shared);
        self.groups.push(group.emptied());
        (self.groups.len() - 1, 0)
    }

    /// In the place of the metric that had its name, or as the last.
    fn insert(&mut self, entry: Entry) {
        match self.members.iter_mut().find(|old| old.name == entry.name) {
            Some(old) => *old = entry,
            None => self.members.push(entry),
        }
    }

    /// Removes groups that no metric needs any more.
    fn remove_unused(&mut self) {
        for group in (0..self.groups.len()).rev() {
            if self.members.iter().all(|member| member.group != group) {
                self.groups.remove(group);
                for member in &mut self.members {
                    member.group -= usize::from(member.group > group);
                }
            }
        }
    }

    /// The names and kinds of the metrics, in the order in which they were added.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, Info)> {
        self.members
            .iter()
            .map(|member| (member.name.as_str(), member.info))
    }

    /// The metrics, each as what it is; none over prepared batches.
    #[cfg(feature = "catalog")]
    pub(crate) fn metrics(&self) -> impl Iterator<Item = (&str, Option<&dyn Any>)> {
        let metrics = self.members.iter();
        metrics.map(|member| {
            let metric = self.groups[member.group].metric(member.place);
            (member.name.as_str(), metric)
        })
    }

    /// How many states there are: metrics with equal statistics share one.
    pub fn states(&self) -> usize {
        self.groups.len()
    }

    /// Adds a batch. Does not wait for the device.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. All states are then as they were.
    pub fn update(&mut self, input: impl Into<I>) -> Result<()> {
        let input = input.into();
        if let [group] = self.groups.as_mut_slice() {
            group.update(input)?;
        } else {
            let batch = self.batch(input)?;
            self.fits(&batch)?;
            self.fold(batch);
        }
        self.updates += 1;
        Ok(())
    }

    /// Adds a batch and gives the values of that batch alone, in one pass over it.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. All states are then as they were, unless it is a [`MetricError::Member`]: a
    /// batch whose own value is undefined is added all the same.
    pub fn forward(&mut self, input: impl Into<I>) -> Result<Values> {
        self.forward_where(input.into(), |_| true)
    }

    /// [`forward`](Self::forward) of the metrics that are one number.
    #[cfg(feature = "train")]
    pub(crate) fn forward_numbers(&mut self, input: I) -> Result<Values> {
        self.forward_where(input, |info| info.scalar)
    }

    fn forward_where(&mut self, input: I, wanted: fn(&Info) -> bool) -> Result<Values> {
        let mut batch = self.batch(input)?;
        self.fits(&batch)?;
        settle(&mut batch)?;
        for group in &batch {
            group.faults().check()?;
        }
        let values = values(&self.members, &batch, wanted);
        self.fold(batch);
        self.updates += 1;
        values
    }

    fn batch(&self, input: I) -> Result<Vec<Box<dyn Group<I>>>> {
        let mut batch: Vec<_> = self.groups.iter().map(|group| group.emptied()).collect();
        for group in &mut batch {
            group.update(input.clone())?;
        }
        Ok(batch)
    }

    fn fits(&self, batch: &[Box<dyn Group<I>>]) -> Result<()> {
        let mut both = self.groups.iter().zip(batch);
        both.try_for_each(|(group, batch)| group.fits(batch.as_ref()))
    }

    fn fold(&mut self, batch: Vec<Box<dyn Group<I>>>) {
        for (group, batch) in self.groups.iter_mut().zip(batch) {
            group.merge(batch);
        }
    }

    /// The values of all batches. Accumulation can go on afterwards.
    ///
    /// # Errors
    ///
    /// As [`Accumulator::compute`](crate::Accumulator::compute), with the name of the metric.
    pub fn compute(&mut self) -> Result<Values> {
        settle(&mut self.groups)?;
        values(&self.members, &self.groups, |_| true)
    }

    /// [`compute`](Self::compute) of the metrics that are one number.
    #[cfg(feature = "train")]
    pub(crate) fn compute_numbers(&mut self) -> Result<Values> {
        settle(&mut self.groups)?;
        values(&self.members, &self.groups, |info| info.scalar)
    }

    /// [`compute`](Self::compute) without blocking the thread.
    ///
    /// # Errors
    ///
    /// As `compute`.
    pub async fn compute_async(&mut self) -> Result<Values> {
        let mut readings = pending(&self.groups).execute_async().await?;
        self.groups
            .iter_mut()
            .for_each(|group| group.absorb(&mut readings));
        values(&self.members, &self.groups, |_| true)
    }

    /// Forgets all batches.
    pub fn reset(&mut self) {
        self.groups.iter_mut().for_each(|group| group.reset());
        self.updates = 0;
    }

    /// Folds in what a collection of the same metrics has seen.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the other one has other metrics.
    pub fn merge(&mut self, other: Self) -> Result<()> {
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
        self.fits(&other.groups)?;
        self.fold(other.groups);
        self.updates += other.updates;
        Ok(())
    }

    /// How many batches were added, in all that was merged.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Whether the other one has the same metrics, with the same states.
    fn is_like(&self, other: &Self) -> bool {
        let place = |member: &Entry| (member.name.clone(), member.group);
        self.members
            .iter()
            .map(place)
            .eq(other.members.iter().map(place))
            && self.groups.len() == other.groups.len()
            && (self.groups.iter().zip(&other.groups)).all(|(a, b)| a.is_like(b.as_ref()))
    }

    /// The states, which are settled.
    fn packed(&self) -> Result<Packed> {
        let states = self.groups.iter().map(|group| group.pack());
        Ok(Packed::new(self.updates, states.collect::<Result<_>>()?))
    }
}

fn joined(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}/{name}"),
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
        let groups = self.groups.iter().enumerate().map(|(index, group)| {
            let members = self.members.iter().filter(|member| member.group == index);
            let names: Vec<&str> = members.map(|member| member.name.as_str()).collect();
            format!("{names:?} of {}", group.identity())
        });
        groups.collect::<Vec<_>>().join(", ")
    }

    fn emptied(&self) -> Self {
        Self {
            groups: self.groups.iter().map(|group| group.emptied()).collect(),
            members: self.members.clone(),
            updates: 0,
        }
    }

    fn pack(&mut self) -> Result<Packed> {
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

impl<I> Clone for Collection<I> {
    fn clone(&self) -> Self {
        Self {
            groups: self.groups.iter().map(|group| group.cloned()).collect(),
            members: self.members.clone(),
            updates: self.updates,
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

fn values<I>(
    members: &[Entry],
    groups: &[Box<dyn Group<I>>],
    wanted: fn(&Info) -> bool,
) -> Result<Values> {
    let wanted = members.iter().filter(|member| wanted(&member.info));
    let wanted: Vec<&Entry> = wanted.collect();
    let results = results(&wanted, groups);
    let values = wanted.iter().zip(results).map(|(member, value)| {
        let value = value.map_err(|error| error.of(&member.name))?;
        Ok((member.name.clone(), value))
    });
    values.collect::<Result<_>>().map(Values)
}

/// A collection of one metric, under its own name.
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

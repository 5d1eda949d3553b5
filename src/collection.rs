use std::{any::Any, fmt, sync::Arc};

use crate::{
    Accumulate, Direction, Faults, InputOf, Metric, MetricError, Result, State, Statistic, Total,
    Value,
    saved::{self, Packed},
    state::{Readings, Reads},
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

fn pending<I>(groups: &[Box<dyn Group<I>>]) -> Reads {
    let mut reads = Reads::default();
    groups.iter().for_each(|group| group.pending(&mut reads));
    reads
}

fn settle<I>(groups: &mut [Box<dyn Group<I>>]) -> Result<()> {
    let mut readings = pending(groups).execute()?;
    groups
        .iter_mut()
        .for_each(|group| group.absorb(&mut readings));
    Ok(())
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

/// The values of some members, each group asked once.
fn results<I>(wanted: &[&Entry], groups: &[Box<dyn Group<I>>]) -> Vec<Result<Box<dyn AnyValue>>> {
    let mut results: Vec<_> = wanted.iter().map(|_| None).collect();
    for (index, group) in groups.iter().enumerate() {
        let of_group = wanted.iter().enumerate();
        let (at, places): (Vec<usize>, Vec<usize>) = of_group
            .filter(|(_, member)| member.group == index)
            .map(|(at, member)| (at, member.place))
            .unzip();
        for (at, value) in at.into_iter().zip(group.compute(&places)) {
            results[at] = Some(group.faults().check().and(value));
        }
    }
    // Each member is in a group.
    results.into_iter().flatten().collect()
}

/// The metrics that share a statistic, and their state, whatever the statistic's type.
trait Group<I>: Send + Sync {
    fn update(&mut self, input: I) -> Result<()>;
    fn pending(&self, reads: &mut Reads);
    fn absorb(&mut self, readings: &mut Readings);
    fn faults(&self) -> Faults;
    /// The values of the metrics at these places, out of one total.
    fn compute(&self, places: &[usize]) -> Vec<Result<Box<dyn AnyValue>>>;
    fn merge(&mut self, other: Box<dyn Group<I>>);
    fn reset(&mut self);
    fn emptied(&self) -> Box<dyn Group<I>>;
    fn cloned(&self) -> Box<dyn Group<I>>;
    fn is_like(&self, other: &dyn Group<I>) -> bool;
    /// Takes the metrics of a group with an equal statistic, behind so many of its own.
    fn adopt(&mut self, other: &dyn Group<I>) -> Option<usize>;
    /// The metric at a place.
    #[cfg(feature = "catalog")]
    fn metric(&self, _place: usize) -> Option<&dyn Any> {
        None
    }
    /// The statistic as text.
    fn identity(&self) -> String;
    /// The settled state.
    fn pack(&self) -> Result<Vec<u8>>;
    /// The same metrics, with a state that was packed.
    fn unpacked(&self, state: &[u8]) -> Result<Box<dyn Group<I>>>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A metric of any value over this statistic.
trait Formula<S: Statistic>: Send + Sync {
    fn value(&self, total: <S::State as State>::Total<'_>) -> Result<Box<dyn AnyValue>>;
    #[cfg(feature = "catalog")]
    fn as_any(&self) -> &dyn Any;
}

impl<M: Metric + 'static> Formula<M::Statistic> for M {
    #[cfg(feature = "catalog")]
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn value(&self, total: Total<'_, M>) -> Result<Box<dyn AnyValue>> {
        Ok(Box::new(self.compute(total)?))
    }
}

struct Shared<S: Statistic> {
    statistic: S,
    state: S::State,
    formulas: Vec<Arc<dyn Formula<S>>>,
}

impl<S: Statistic> Shared<S> {
    fn new(statistic: S) -> Self {
        Self {
            statistic,
            state: S::State::default(),
            formulas: Vec::new(),
        }
    }

    fn add<M: Metric<Statistic = S> + 'static>(&mut self, metric: M) -> usize {
        self.formulas.push(Arc::new(metric));
        self.formulas.len() - 1
    }

    fn with_state(&self, state: S::State) -> Self {
        Self {
            statistic: self.statistic.clone(),
            state,
            formulas: self.formulas.clone(),
        }
    }
}

impl<S: Statistic + 'static> Group<S::Input> for Shared<S> {
    fn update(&mut self, input: S::Input) -> Result<()> {
        self.statistic.update(&mut self.state, input)
    }

    fn pending(&self, reads: &mut Reads) {
        self.state.pending(reads);
    }

    fn absorb(&mut self, readings: &mut Readings) {
        self.state.absorb(readings);
    }

    fn faults(&self) -> Faults {
        self.state.faults()
    }

    fn compute(&self, places: &[usize]) -> Vec<Result<Box<dyn AnyValue>>> {
        let total = self.state.total();
        let formulas = places.iter().map(|place| &self.formulas[*place]);
        formulas
            .map(|formula| formula.value(total.clone()))
            .collect()
    }

    fn merge(&mut self, other: Box<dyn Group<S::Input>>) {
        if let Ok(other) = other.into_any().downcast::<Self>() {
            self.state.merge(other.state);
        }
    }

    fn reset(&mut self) {
        self.state = S::State::default();
    }

    fn emptied(&self) -> Box<dyn Group<S::Input>> {
        Box::new(self.with_state(S::State::default()))
    }

    fn cloned(&self) -> Box<dyn Group<S::Input>> {
        Box::new(self.with_state(self.state.clone()))
    }

    fn is_like(&self, other: &dyn Group<S::Input>) -> bool {
        let other = other.as_any().downcast_ref::<Self>();
        other.is_some_and(|other| self.statistic == other.statistic)
    }

    #[cfg(feature = "catalog")]
    fn metric(&self, place: usize) -> Option<&dyn Any> {
        Some(self.formulas[place].as_any())
    }

    fn adopt(&mut self, other: &dyn Group<S::Input>) -> Option<usize> {
        let other = other.as_any().downcast_ref::<Self>()?;
        let before = self.formulas.len();
        (self.statistic == other.statistic).then(|| {
            self.formulas.extend(other.formulas.iter().cloned());
            before
        })
    }

    fn identity(&self) -> String {
        format!("{:?}", self.statistic)
    }

    fn pack(&self) -> Result<Vec<u8>> {
        saved::encode(&self.state)
    }

    fn unpacked(&self, state: &[u8]) -> Result<Box<dyn Group<S::Input>>> {
        let state = saved::decode(state)?;
        self.statistic.accept(&state)?;
        Ok(Box::new(self.with_state(state)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A collection over batches that are made of those of another. The places of its metrics are those of its members.
struct Prepared<I, J> {
    name: String,
    prepare: Arc<dyn Fn(I) -> J + Send + Sync>,
    inner: Collection<J>,
}

impl<I, J: Clone + Send + Sync + 'static> Prepared<I, J> {
    fn with_inner(&self, inner: Collection<J>) -> Self {
        Self {
            name: self.name.clone(),
            prepare: self.prepare.clone(),
            inner,
        }
    }
}

impl<I, J> Group<I> for Prepared<I, J>
where
    I: 'static,
    J: Clone + Send + Sync + 'static,
{
    fn update(&mut self, input: I) -> Result<()> {
        self.inner.update((self.prepare)(input))
    }

    fn pending(&self, reads: &mut Reads) {
        let groups = self.inner.groups.iter();
        groups.for_each(|group| group.pending(reads));
    }

    fn absorb(&mut self, readings: &mut Readings) {
        let groups = self.inner.groups.iter_mut();
        groups.for_each(|group| group.absorb(readings));
    }

    fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        let groups = self.inner.groups.iter();
        groups.for_each(|group| faults += group.faults());
        faults
    }

    fn compute(&self, places: &[usize]) -> Vec<Result<Box<dyn AnyValue>>> {
        let members = places.iter().map(|place| &self.inner.members[*place]);
        results(&members.collect::<Vec<_>>(), &self.inner.groups)
    }

    fn merge(&mut self, other: Box<dyn Group<I>>) {
        if let Ok(other) = other.into_any().downcast::<Self>() {
            self.inner.fold(other.inner.groups);
        }
    }

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn emptied(&self) -> Box<dyn Group<I>> {
        Box::new(self.with_inner(self.inner.emptied()))
    }

    fn cloned(&self) -> Box<dyn Group<I>> {
        Box::new(self.with_inner(self.inner.clone()))
    }

    fn is_like(&self, other: &dyn Group<I>) -> bool {
        let other = other.as_any().downcast_ref::<Self>();
        other.is_some_and(|other| self.name == other.name && self.inner.is_like(&other.inner))
    }

    fn adopt(&mut self, _other: &dyn Group<I>) -> Option<usize> {
        // Members of one name may have other formulas.
        None
    }

    fn identity(&self) -> String {
        format!("{:?} by {:?}", self.inner.identity(), self.name)
    }

    fn pack(&self) -> Result<Vec<u8>> {
        saved::encode(&self.inner.packed()?)
    }

    fn unpacked(&self, state: &[u8]) -> Result<Box<dyn Group<I>>> {
        let mut inner = self.inner.emptied();
        inner.unpack(&saved::decode(state)?)?;
        Ok(Box::new(self.with_inner(inner)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A [`Value`] of any type.
trait AnyValue: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn entries(&self) -> Vec<(String, f64)>;
    fn scalar(&self) -> Option<f64>;
    fn report(&self) -> String;
}

impl<V: Value> AnyValue for V {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn entries(&self) -> Vec<(String, f64)> {
        Value::entries(self)
    }

    fn scalar(&self) -> Option<f64> {
        Value::scalar(self)
    }

    fn report(&self) -> String {
        Value::report(self)
    }
}

/// The values of a [`Collection`], by name, in the order of its metrics.
///
/// Displays as a table.
pub struct Values(Vec<(String, Box<dyn AnyValue>)>);

impl Values {
    /// The value of the metric called `name`, as what it is.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name and this type of value.
    pub fn get<V: Value>(&self, name: &str) -> Result<&V> {
        self.find(name)
            .and_then(|value| value.as_any().downcast_ref())
            .ok_or_else(|| self.unknown(std::any::type_name::<V>(), name))
    }

    /// The value of the metric called `name`, which is one number.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name and is one number.
    pub fn number(&self, name: &str) -> Result<f64> {
        self.find(name)
            .and_then(AnyValue::scalar)
            .ok_or_else(|| self.unknown("one number", name))
    }

    /// The value of the metric called `name`, as text for people.
    ///
    /// # Errors
    ///
    /// [`MetricError::Unknown`] if no metric has this name.
    pub fn report(&self, name: &str) -> Result<String> {
        self.find(name)
            .map(AnyValue::report)
            .ok_or_else(|| self.unknown("any type", name))
    }

    /// All values as named numbers for logging; a metric of several numbers gives `name/entry`.
    pub fn numbers(&self) -> impl Iterator<Item = (String, f64)> + '_ {
        self.0.iter().flat_map(|(name, value)| {
            value.entries().into_iter().map(move |(entry, number)| {
                let name = match entry.as_str() {
                    "" => name.clone(),
                    _ => format!("{name}/{entry}"),
                };
                (name, number)
            })
        })
    }

    fn find(&self, name: &str) -> Option<&dyn AnyValue> {
        let mut all = self.0.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_ref())
    }

    fn unknown(&self, kind: &'static str, name: &str) -> MetricError {
        MetricError::Unknown {
            kind,
            name: name.to_owned(),
            known: self.0.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reports: Vec<_> = (self.0.iter())
            .map(|(name, value)| (name, value.report()))
            .collect();
        let one_line = reports.iter().filter(|(_, text)| !text.contains('\n'));
        let width = one_line.map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or_default();
        for (name, text) in reports {
            match text.contains('\n') {
                true => writeln!(f, "{name}\n{text}")?,
                false => writeln!(f, "{name:width$}  {text}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.numbers()).finish()
    }
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

use std::{any::Any, fmt, sync::Arc};

use crate::{
    Direction, Faults, InputOf, Metric, MetricError, Result, State, Statistic, Total, Value,
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
        match self.members.iter_mut().find(|old| old.name == entry.name) {
            Some(old) => {
                let group = std::mem::replace(old, entry).group;
                self.remove_unused(group);
            }
            None => self.members.push(entry),
        }
        self
    }

    /// Removes a group that no metric needs any more.
    fn remove_unused(&mut self, group: usize) {
        if self.members.iter().all(|member| member.group != group) {
            self.groups.remove(group);
            for member in &mut self.members {
                member.group -= usize::from(member.group > group);
            }
        }
    }

    /// The names and kinds of the metrics, in the order in which they were added.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, Info)> {
        self.members
            .iter()
            .map(|member| (member.name.as_str(), member.info))
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
            return group.update(input);
        }
        let batch = self.batch(input)?;
        self.fold(batch);
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
    }

    /// Folds in what a collection of the same metrics has seen.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`] if the other one has other metrics.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        let names = |members: &[Entry]| -> Vec<String> {
            members.iter().map(|member| member.name.clone()).collect()
        };
        let alike = names(&self.members) == names(&other.members)
            && self.groups.len() == other.groups.len()
            && (self.groups.iter().zip(&other.groups)).all(|(a, b)| a.is_like(b.as_ref()));
        if !alike {
            let describe = |members| format!("a collection of {}", names(members).join(", "));
            return Err(MetricError::State {
                expected: describe(&self.members),
                got: format!("{}, in another configuration", describe(&other.members)),
            });
        }
        self.fold(other.groups);
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
    let wanted: Vec<_> = members
        .iter()
        .filter(|member| wanted(&member.info))
        .collect();
    let mut values: Vec<_> = wanted.iter().map(|_| None).collect();
    for (index, group) in groups.iter().enumerate() {
        let (at, members): (Vec<usize>, Vec<&Entry>) = (wanted.iter().enumerate())
            .filter(|(_, member)| member.group == index)
            .unzip();
        let places: Vec<_> = members.iter().map(|member| member.place).collect();
        let computed = match (group.faults().check(), members.first()) {
            (Err(error), Some(member)) => return Err(error.of(&member.name)),
            _ => group.compute(&places),
        };
        for ((at, member), value) in at.into_iter().zip(members).zip(computed) {
            values[at] = Some((member, value));
        }
    }
    let values = values
        .into_iter()
        .flatten()
        .map(|(member, value)| match value {
            Ok(value) => Ok((member.name.clone(), value)),
            Err(error) => Err(error.of(&member.name)),
        });
    values.collect::<Result<_>>().map(Values)
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
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A metric of any value over this statistic.
trait Formula<S: Statistic>: Send + Sync {
    fn value(&self, total: <S::State as State>::Total<'_>) -> Result<Box<dyn AnyValue>>;
}

impl<M: Metric> Formula<M::Statistic> for M {
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

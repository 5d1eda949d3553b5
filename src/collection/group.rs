//! Groups of metrics in a collection that share a state, whatever its type.

use std::{any::Any, sync::Arc};

use super::{Collection, Entry, values::Outcome};
use crate::{
    Accumulate, Metric, Result, State, Statistic, Total, saved,
    state::{ReadRequests, ReadResults},
    statistic::identity,
};

pub(super) fn pending<I: 'static>(groups: &[Box<dyn Group<I>>]) -> ReadRequests {
    let mut requests = ReadRequests::default();
    groups.iter().for_each(|group| group.pending(&mut requests));
    requests
}

pub(super) fn settle<I: 'static>(groups: &mut [Box<dyn Group<I>>]) -> Result<()> {
    let mut results = pending(groups).execute()?;
    groups
        .iter_mut()
        .for_each(|group| group.absorb(&mut results));
    Ok(())
}

/// The values of some members. Each group is asked once.
pub(super) fn results<I: 'static>(wanted: &[&Entry], groups: &[Box<dyn Group<I>>]) -> Vec<Outcome> {
    let mut results: Vec<_> = wanted.iter().map(|_| None).collect();
    for (index, group) in groups.iter().enumerate() {
        let of_group = wanted.iter().enumerate();
        let (at, places): (Vec<usize>, Vec<usize>) = of_group
            .filter(|(_, member)| member.group == index)
            .map(|(at, member)| (at, member.place))
            .unzip();
        for (at, value) in at.into_iter().zip(group.compute(&places)) {
            results[at] = Some(group.check_values().and(value));
        }
    }
    // Each member is in a group.
    results.into_iter().flatten().collect()
}

/// The group in its own type, if it is of this type.
fn own<G: Group<I>, I: 'static>(group: &dyn Group<I>) -> Option<&G> {
    (group as &dyn Any).downcast_ref()
}

/// Metrics that share a statistic, and their state, whatever the statistic's type.
pub(super) trait Group<I>: Any + Send + Sync {
    fn update(&mut self, input: I) -> Result<()>;
    fn pending(&self, requests: &mut ReadRequests);
    fn absorb(&mut self, results: &mut ReadResults);
    /// Returns an error if values could not be scored.
    fn check_values(&self) -> Result<()>;
    /// Computes the values of the metrics at these places from one total.
    fn compute(&self, places: &[usize]) -> Vec<Outcome>;
    /// Checks that another group of the same metrics can be merged into this one.
    fn check_merge(&self, other: &dyn Group<I>) -> Result<()>;
    fn merge(&mut self, other: Box<dyn Group<I>>);
    fn reset(&mut self);
    fn emptied(&self) -> Box<dyn Group<I>>;
    fn cloned(&self) -> Box<dyn Group<I>>;
    fn is_like(&self, other: &dyn Group<I>) -> bool;
    /// Takes over the metrics of a group with an equal statistic. Returns the number of metrics before them.
    fn adopt(&mut self, other: &dyn Group<I>) -> Option<usize>;
    /// The metric at a place.
    #[cfg(feature = "catalog")]
    fn metric(&self, _place: usize) -> Option<&dyn Any> {
        None
    }
    /// The statistic as text.
    fn identity(&self) -> String;
    /// The settled state as bytes.
    fn pack(&self) -> Result<Vec<u8>>;
    /// The same metrics, with a state from bytes.
    fn unpacked(&self, state: &[u8]) -> Result<Box<dyn Group<I>>>;
}

/// A metric of this statistic, with a value of any type.
pub(super) trait Formula<S: Statistic>: Any + Send + Sync {
    fn value(&self, total: <S::State as State>::Total<'_>) -> Outcome;
}

impl<M: Metric + 'static> Formula<M::Statistic> for M {
    fn value(&self, total: Total<'_, M>) -> Outcome {
        Ok(Box::new(self.compute(total)?))
    }
}

pub(super) struct Shared<S: Statistic> {
    pub(super) statistic: S,
    state: S::State,
    formulas: Vec<Arc<dyn Formula<S>>>,
}

impl<S: Statistic> Shared<S> {
    pub(super) fn new(statistic: S) -> Self {
        Self {
            statistic,
            state: S::State::default(),
            formulas: Vec::new(),
        }
    }

    pub(super) fn add<M: Metric<Statistic = S> + 'static>(&mut self, metric: M) -> usize {
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

impl<S: Statistic<Input: 'static> + 'static> Group<S::Input> for Shared<S> {
    fn update(&mut self, input: S::Input) -> Result<()> {
        let added = self.statistic.update(&mut self.state, input);
        added.map_err(|error| self.statistic.explain(error))
    }

    fn pending(&self, requests: &mut ReadRequests) {
        self.state.pending(requests);
    }

    fn absorb(&mut self, results: &mut ReadResults) {
        self.state.absorb(results);
    }

    fn check_values(&self) -> Result<()> {
        let checked = self.state.faults().check();
        checked.map_err(|error| self.statistic.explain(error))
    }

    fn compute(&self, places: &[usize]) -> Vec<Outcome> {
        let total = self.state.total();
        let formulas = places.iter().map(|place| &self.formulas[*place]);
        formulas
            .map(|formula| formula.value(total.clone()))
            .collect()
    }

    fn check_merge(&self, other: &dyn Group<S::Input>) -> Result<()> {
        let other = own::<Self, _>(other);
        other.map_or(Ok(()), |other| self.state.check_merge(&other.state))
    }

    fn merge(&mut self, other: Box<dyn Group<S::Input>>) {
        if let Ok(other) = (other as Box<dyn Any>).downcast::<Self>() {
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
        let other = own::<Self, _>(other);
        other.is_some_and(|other| self.statistic == other.statistic)
    }

    #[cfg(feature = "catalog")]
    fn metric(&self, place: usize) -> Option<&dyn Any> {
        Some(self.formulas[place].as_ref())
    }

    fn adopt(&mut self, other: &dyn Group<S::Input>) -> Option<usize> {
        let other = own::<Self, _>(other)?;
        let before = self.formulas.len();
        (self.statistic == other.statistic).then(|| {
            self.formulas.extend(other.formulas.iter().cloned());
            before
        })
    }

    fn identity(&self) -> String {
        identity(&self.statistic)
    }

    fn pack(&self) -> Result<Vec<u8>> {
        saved::encode(&self.state)
    }

    fn unpacked(&self, state: &[u8]) -> Result<Box<dyn Group<S::Input>>> {
        let state = saved::decode(state)?;
        self.statistic.check_state(&state)?;
        Ok(Box::new(self.with_state(state)))
    }
}

/// A collection over prepared batches of another collection. The places of its metrics are those of its members.
pub(super) struct PreparedGroup<I, J> {
    pub(super) name: String,
    pub(super) prepare: Arc<dyn Fn(I) -> J + Send + Sync>,
    pub(super) inner: Collection<J>,
}

impl<I, J: Clone + Send + Sync + 'static> PreparedGroup<I, J> {
    fn with_inner(&self, inner: Collection<J>) -> Self {
        Self {
            name: self.name.clone(),
            prepare: self.prepare.clone(),
            inner,
        }
    }
}

impl<I, J> Group<I> for PreparedGroup<I, J>
where
    I: 'static,
    J: Clone + Send + Sync + 'static,
{
    fn update(&mut self, input: I) -> Result<()> {
        self.inner.update((self.prepare)(input))
    }

    fn pending(&self, requests: &mut ReadRequests) {
        let groups = self.inner.groups.iter();
        groups.for_each(|group| group.pending(requests));
    }

    fn absorb(&mut self, results: &mut ReadResults) {
        let groups = self.inner.groups.iter_mut();
        groups.for_each(|group| group.absorb(results));
    }

    fn check_values(&self) -> Result<()> {
        let mut groups = self.inner.groups.iter();
        groups.try_for_each(|group| group.check_values())
    }

    fn compute(&self, places: &[usize]) -> Vec<Outcome> {
        let members = places.iter().map(|place| &self.inner.members[*place]);
        results(&members.collect::<Vec<_>>(), &self.inner.groups)
    }

    fn check_merge(&self, other: &dyn Group<I>) -> Result<()> {
        let other = own::<Self, _>(other);
        other.map_or(Ok(()), |other| self.inner.check_merge(&other.inner.groups))
    }

    fn merge(&mut self, other: Box<dyn Group<I>>) {
        if let Ok(other) = (other as Box<dyn Any>).downcast::<Self>() {
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
        let other = own::<Self, _>(other);
        other.is_some_and(|other| self.name == other.name && self.inner.is_like(&other.inner))
    }

    fn adopt(&mut self, _other: &dyn Group<I>) -> Option<usize> {
        // Members of the same name may have different formulas.
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
}

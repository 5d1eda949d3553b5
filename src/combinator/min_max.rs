use std::{borrow::Cow, fmt::Debug};

use serde::{Deserialize, Serialize};

use crate::{
    Bounds, Direction, Faults, InputOf, Metric, Result, State, StateOf, Statistic, Total, Value,
    state::{Max, Min, Readings, Reads, settle},
};

/// See [`MetricExt::min_max`](super::MetricExt::min_max).
#[derive(Debug, Clone, PartialEq)]
pub struct MinMax<M> {
    statistic: EachBatch<M>,
}

impl<M> MinMax<M> {
    pub(super) fn of(metric: M) -> Self {
        let statistic = EachBatch { metric };
        Self { statistic }
    }
}

impl<M: Metric<Value = f64> + PartialEq + Debug> Metric for MinMax<M> {
    type Statistic = EachBatch<M>;
    type Value = Extremes;

    fn statistic(&self) -> &EachBatch<M> {
        &self.statistic
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Extremes> {
        let metric = &self.statistic.metric;
        let value = metric.compute(total.all.total())?;
        let mut range = total.range.clone();
        include(&mut range, metric, &total.batches);
        let (min, max) = range.total();
        Ok(Extremes {
            value,
            min: min.unwrap_or(f64::NAN),
            max: max.unwrap_or(f64::NAN),
        })
    }

    fn name(&self) -> Cow<'static, str> {
        self.statistic.metric.name()
    }

    fn direction(&self) -> Direction {
        self.statistic.metric.direction()
    }

    fn bounds(&self) -> Bounds {
        self.statistic.metric.bounds()
    }
}

/// A value, and the least and the greatest one of a batch; NaN where no batch has a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extremes {
    /// That of all batches.
    pub value: f64,
    /// The least of a batch.
    pub min: f64,
    /// The greatest of a batch.
    pub max: f64,
}

impl Value for Extremes {
    fn entries(&self) -> Vec<(String, f64)> {
        let entries = [("", self.value), ("min", self.min), ("max", self.max)];
        entries
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }
}

/// A statistic of all batches, and the values of each.
#[derive(Debug, Clone, PartialEq)]
pub struct EachBatch<M> {
    metric: M,
}

/// So many batches may be unread.
const PENDING: usize = 64;

impl<M: Metric<Value = f64> + PartialEq + Debug> Statistic for EachBatch<M> {
    type Input = InputOf<M>;
    type State = BatchRange<StateOf<M>>;

    fn accept(&self, state: &Self::State) -> Result<()> {
        let statistic = self.metric.statistic();
        let mut batches = state.batches.iter();
        statistic.accept(&state.all)?;
        batches.try_for_each(|batch| statistic.accept(batch))
    }

    fn update(&self, state: &mut Self::State, input: Self::Input) -> Result<()> {
        let mut batch = StateOf::<M>::default();
        self.metric.statistic().update(&mut batch, input)?;
        let mut reads = Reads::default();
        batch.pending(&mut reads);
        if !reads.is_empty() && state.batches.len() < PENDING {
            state.batches.push(batch.clone());
        } else {
            settle(&mut batch)?;
            settle(state)?;
            let read = std::mem::take(&mut state.batches);
            include(&mut state.range, &self.metric, &read);
            include(&mut state.range, &self.metric, std::slice::from_ref(&batch));
        }
        state.all.merge(batch);
        Ok(())
    }
}

/// The state of all batches, and the range of the values of each: the state of a [`MinMax`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "S: State")]
pub struct BatchRange<S> {
    all: S,
    range: (Min, Max),
    /// Those that are not yet in the range.
    batches: Vec<S>,
}

/// Includes the values of settled batches.
fn include<M: Metric<Value = f64>>(
    (min, max): &mut (Min, Max),
    metric: &M,
    batches: &[StateOf<M>],
) {
    // A batch of one class may have no AUROC, while all of them have.
    let values = batches
        .iter()
        .flat_map(|batch| metric.compute(batch.total()));
    for value in values.filter(|value| !value.is_nan()) {
        min.add_number(value);
        max.add_number(value);
    }
}

impl<S: State> Default for BatchRange<S> {
    fn default() -> Self {
        Self {
            all: S::default(),
            range: Default::default(),
            batches: Vec::new(),
        }
    }
}

impl<S: State> State for BatchRange<S> {
    type Total<'a> = &'a Self;

    fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        self.range.merge(other.range);
        self.batches.extend(other.batches);
    }

    fn pending(&self, reads: &mut Reads) {
        self.all.pending(reads);
        self.batches.iter().for_each(|batch| batch.pending(reads));
    }

    fn absorb(&mut self, readings: &mut Readings) {
        self.all.absorb(readings);
        let batches = self.batches.iter_mut();
        batches.for_each(|batch| batch.absorb(readings));
    }

    fn total(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.all.faults()
    }
}

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, ClassificationInput, Task,
    task::{CountTensor, Counted, Table},
};
use crate::{
    Meta, MetricError, Result, State, Statistic, Value,
    combinator::{Resample, drawn_by},
    sealed::Sealed,
    state::{Counts, CountsTotal, SampleCounts, SampleCountsTotal},
};

/// The counts of a [`Task`], pooled over all elements or kept for each sample.
///
/// All metrics of predicted classes and labels are functions of it. It keeps at most four numbers per class, regardless
/// of the number of samples. If it is [`Samplewise`], it keeps as many per sample, and if it is [`Confused`], one
/// number per pair of classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "P: Default"), transparent)]
pub struct Tally<T: Task, P> {
    pub(crate) task: T,
    #[serde(skip)]
    pooling: P,
}

impl<T: Task, P: Pooling> Tally<T, P> {
    /// Creates the statistic for a task.
    pub fn new(task: T) -> Self {
        Self {
            task,
            pooling: P::default(),
        }
    }
}

impl<T: Task, P: Pooling> Statistic for Tally<T, P> {
    type Input = ClassificationInput;
    type State = P::State;

    fn check_state(&self, state: &P::State) -> Result<()> {
        check_state(P::cells(&self.task), P::held(state))
    }

    fn update(&self, state: &mut P::State, input: ClassificationInput) -> Result<()> {
        self.task.show_labels(input, |input| {
            P::add(state, self.task.count(input, P::TABLE)?, self.task.cells())
        })
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

/// Which elements are counted together: [`Global`], [`Samplewise`] or [`Confused`].
///
/// This trait is sealed: only types of this crate implement it.
pub trait Pooling: Sealed + Debug + Copy + Default + PartialEq + Send + Sync + 'static {
    /// The kind of table that a batch fills.
    const TABLE: Table;

    /// Adds the pooling to the name of a metric.
    fn named(meta: Meta) -> Meta {
        meta
    }

    /// The state that keeps the totals.
    type State: State;

    /// The number of cells of a table.
    fn cells<T: Task>(task: &T) -> usize {
        task.cells()
    }

    /// The number of cells that a state holds, or 0 if it has no table.
    fn held(state: &Self::State) -> usize;

    /// Adds the table of a batch.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`], [`MetricError::Device`].
    fn add(state: &mut Self::State, counted: Counted, cells: usize) -> Result<()>;
}

/// Pools the elements of all samples into one value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Global;

/// Pools the elements of each sample separately, which gives one value per sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samplewise;

/// Pools all elements by target and predicted class, which takes memory for `classes * classes` counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confused;

impl Sealed for Global {}
impl Sealed for Samplewise {}
impl Sealed for Confused {}

impl Pooling for Global {
    const TABLE: Table = Table::Global;

    type State = Counts;

    fn held(state: &Counts) -> usize {
        state.total().len()
    }

    fn add(state: &mut Counts, counted: Counted, _cells: usize) -> Result<()> {
        add_counts(state, counted)
    }
}

impl Pooling for Confused {
    const TABLE: Table = Table::Confused;

    type State = Counts;

    fn cells<T: Task>(task: &T) -> usize {
        task.pair_cells()
    }

    fn held(state: &Counts) -> usize {
        state.total().len()
    }

    fn add(state: &mut Counts, counted: Counted, _cells: usize) -> Result<()> {
        add_counts(state, counted)
    }
}

fn add_counts(state: &mut Counts, counted: Counted) -> Result<()> {
    let n = counted.elements;
    match counted.table {
        None => {
            state.see(n);
            Ok(())
        }
        Some(CountTensor::Counts(table)) => state.add_counts(table, n),
        Some(CountTensor::Weights(table)) => state.add_weights(table, n),
    }
}

impl Pooling for Samplewise {
    const TABLE: Table = Table::Samplewise;

    fn named(meta: Meta) -> Meta {
        meta.with("samplewise")
    }

    type State = SampleCounts;

    fn held(state: &SampleCounts) -> usize {
        state.total().cells()
    }

    fn add(state: &mut SampleCounts, counted: Counted, cells: usize) -> Result<()> {
        match counted.table {
            None => Ok(()),
            Some(CountTensor::Counts(table)) => state.add_counts(table, cells),
            Some(CountTensor::Weights(table)) => state.add_weights(table, cells),
        }
    }
}

/// A [`Pooling`] that keeps the counts of each class.
pub trait PerClassPooling: Pooling {
    /// The type of the value for a formula with values of type `V`: `V` itself, or one `V` per sample.
    type Pooled<V: Value>: Value;

    /// An error if one value of all elements is asked for and none of them counts.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`].
    fn counted(_total: <Self::State as State>::Total<'_>, _metric: &str) -> Result<()> {
        Ok(())
    }

    /// Applies a formula to each table.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`] if no sample was seen.
    fn apply<T: Task, V: Value>(
        task: &T,
        total: <Self::State as State>::Total<'_>,
        metric: &str,
        formula: impl FnMut(&[ClassCounts]) -> V,
    ) -> Result<Self::Pooled<V>>;
}

impl PerClassPooling for Global {
    type Pooled<V: Value> = V;

    fn counted(total: &CountsTotal, metric: &str) -> Result<()> {
        counted(total, metric)
    }

    fn apply<T: Task, V: Value>(
        task: &T,
        total: &CountsTotal,
        metric: &str,
        mut formula: impl FnMut(&[ClassCounts]) -> V,
    ) -> Result<V> {
        seen(total, metric)?;
        Ok(formula(&task.read(&|cell| total.get(cell))))
    }
}

impl PerClassPooling for Samplewise {
    type Pooled<V: Value> = Vec<V>;

    fn apply<T: Task, V: Value>(
        task: &T,
        total: &SampleCountsTotal,
        metric: &str,
        mut formula: impl FnMut(&[ClassCounts]) -> V,
    ) -> Result<Vec<V>> {
        if total.samples().len() == 0 {
            return Err(MetricError::empty(metric));
        }
        let values = total
            .samples()
            .map(|table| formula(&task.read(&|cell| table[cell])));
        Ok(values.collect())
    }
}

/// Returns an error if a state holds a table with a different number of cells.
pub(super) fn check_state(expected: usize, got: usize) -> Result<()> {
    if got == 0 || got == expected {
        return Ok(());
    }
    Err(MetricError::State {
        expected: format!("a table of {expected} cells"),
        got: format!("one of {got}"),
    })
}

/// An error unless some element is in the table: neither ignored nor of weight 0.
pub(super) fn counted(total: &CountsTotal, metric: &str) -> Result<()> {
    match (0..total.len()).any(|cell| total.get(cell) > 0.0) {
        true => Ok(()),
        false => Err(MetricError::empty(metric)),
    }
}

/// An error unless elements have come.
pub(super) fn seen(total: &CountsTotal, metric: &str) -> Result<()> {
    if total.seen() == 0 {
        return Err(MetricError::empty(metric));
    }
    Ok(())
}

/// A sample without further dimensions has one outcome: its pair of target and predicted class.
impl<T: Task, P: Pooling<State = Counts>> Resample for Tally<T, P> {
    type Outcomes = Counts;

    fn count_outcomes(&self, pairs: &mut Counts, input: &ClassificationInput) -> Result<bool> {
        if input.is_plain() {
            add_counts(pairs, self.task.count(input.clone(), Table::Confused)?)?;
        }
        Ok(input.is_plain())
    }

    fn accept_outcomes(&self, pairs: &Counts) -> Result<()> {
        check_state(self.task.pair_cells(), pairs.total().len())
    }

    fn of_outcomes(&self, pairs: Counts) -> Counts {
        match P::TABLE {
            Table::Confused => pairs,
            _ => {
                let pairs = pairs.total();
                CountsTotal::of(self.task.pool(pairs.whole()), pairs.seen()).into()
            }
        }
    }

    drawn_by!(update_weighed);
}

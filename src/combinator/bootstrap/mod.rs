mod draw;
mod resample;
mod value;

pub use draw::{Draw, Sampling};
pub use resample::{
    NoOutcomes, Outcomes, Resample, Samples, Weighed, update_selected, update_weighed,
};
pub(crate) use resample::{drawn_by, resample, resample_by_table};
pub use value::Bootstrapped;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Faults, Meta, Metric, MetricError, Result, State, Statistic, Total,
    state::{ReadRequests, ReadResults, States},
};

/// A metric with the distribution of its value over resampled data: see
/// [`MetricExt::bootstrap`](super::MetricExt::bootstrap).
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap<M: Metric> {
    metric: M,
    statistic: Resampled<M::Statistic>,
}

impl<M: Metric> Bootstrap<M> {
    pub(super) fn of(metric: M, replicates: usize) -> Self {
        let statistic = metric.statistic().clone();
        Self {
            metric,
            statistic: Resampled {
                statistic,
                replicates,
                sampling: Sampling::default(),
                seed: 0,
            },
        }
    }

    /// Sets how samples are drawn again; by default [`Sampling::Poisson`].
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.statistic.sampling = sampling;
        self
    }

    /// Sets the seed of the draws from counts of outcomes, so that the same counts give the same replicates.
    ///
    /// Samples that are not counted by outcome are drawn anew in each update, without this seed. Otherwise the draws
    /// would depend on how the samples are divided into batches or processes.
    pub fn seed(mut self, seed: u64) -> Self {
        self.statistic.seed = seed;
        self
    }
}

impl<M> Metric for Bootstrap<M>
where
    M: Metric,
    M::Statistic: Resample,
{
    type Statistic = Resampled<M::Statistic>;
    type Value = Bootstrapped<M::Value>;

    fn statistic(&self) -> &Self::Statistic {
        &self.statistic
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Self::Value> {
        let resampled = &self.statistic;
        let outcomes = &total.outcomes;
        let states = total.states.states();
        resampled.check()?;
        let (counts, n) = outcomes.counts();
        let value = |index: usize| match (n, states.get(index)) {
            // Nothing was counted by outcome.
            (0, Some(state)) => self.metric.compute(state.total()),
            (_, state) => {
                let draw = resampled.draw(resampled.seed, index);
                let drawn = outcomes.recounted(draw.outcomes(&counts, n));
                let mut drawn = resampled.statistic.of_outcomes(drawn);
                if let Some(state) = state {
                    drawn.merge(state.clone());
                    // Nothing is pending, but a state may have other work to do, such as sorting.
                    drawn.absorb(&mut ReadResults::default());
                }
                self.metric.compute(drawn.total())
            }
        };
        let is_drawn = |index: &usize| n > 0 || total.drawn.get(*index) == Some(&true);
        let replicates = (1..=resampled.replicates).into_par_iter();
        let replicates = replicates.filter(is_drawn).map(value);
        let replicates = replicates.filter(|value| match value {
            Ok(_) => true,
            Err(error) => !error.is_undefined(),
        });
        Ok(Bootstrapped {
            value: value(0)?,
            replicates: replicates.collect::<Result<_>>()?,
        })
    }

    fn meta(&self) -> Meta {
        let meta = self.metric.meta();
        let name = format!("{} (bootstrap)", meta.name);
        meta.named(name)
    }
}

/// The statistic of a [`Bootstrap`]: that of all samples and of each replicate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resampled<S> {
    statistic: S,
    replicates: usize,
    sampling: Sampling,
    seed: u64,
}

/// More replicates are refused.
const MOST: usize = 1 << 20;

impl<S> Resampled<S> {
    fn check(&self) -> Result<()> {
        let (n, expected) = (self.replicates, format!("from 1 to {MOST}"));
        MetricError::check_option("replicates", n, (1..=MOST).contains(&n), expected)
    }

    /// The draw of the state with this index. The first state has all samples, and the others belong to the replicates.
    fn draw(&self, seed: u64, index: usize) -> Draw {
        Draw::new(self.sampling, seed, index.checked_sub(1).map(|r| r as u64))
    }
}

impl<S: Resample> Statistic for Resampled<S> {
    type Input = S::Input;
    type State = Replicates<S::Outcomes, S::State>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        let states = state.states.states();
        if ![0, self.replicates.saturating_add(1)].contains(&states.len()) {
            return Err(MetricError::State {
                expected: format!("that of {} replicates", self.replicates),
                got: format!("that of {}", states.len().saturating_sub(1)),
            });
        }
        let (counts, n) = state.outcomes.counts();
        let counted = counts.iter().fold(0u64, |sum, n| sum.saturating_add(*n));
        if counted > n {
            return Err(MetricError::State {
                expected: format!("at most {n} outcomes"),
                got: counted.to_string(),
            });
        }
        self.statistic.accept_outcomes(&state.outcomes)?;
        let mut states = states.iter();
        states.try_for_each(|state| self.statistic.check_state(state))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.statistic.explain(error)
    }

    fn update(&self, state: &mut Self::State, input: S::Input) -> Result<()> {
        self.check()?;
        if self.statistic.count_outcomes(&mut state.outcomes, &input)? {
            return Ok(());
        }
        let batch = self.statistic.prepare(input)?;
        let seed = rand::random();
        let mut drawn = Self::State::default();
        let each = drawn.states.at_least(1 + self.replicates).iter_mut();
        for (index, state) in each.enumerate() {
            let draw = self.draw(seed, index);
            self.statistic.update_drawn(state, &batch, &draw)?;
            drawn.drawn.push(draw.is_any());
        }
        state.check_merge(&drawn)?;
        state.merge(drawn);
        Ok(())
    }
}

/// The state of a [`Bootstrap`]: samples that are counted by outcome, and states of other samples.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "O: State, S: State")]
pub struct Replicates<O, S> {
    outcomes: O,
    /// The state of all samples, followed by those of the replicates.
    states: States<S>,
    /// Which of the states have a sample.
    drawn: Vec<bool>,
}

impl<O: State, S: State> Default for Replicates<O, S> {
    fn default() -> Self {
        Self {
            outcomes: O::default(),
            states: States::default(),
            drawn: Vec::new(),
        }
    }
}

impl<O: State, S: State> State for Replicates<O, S> {
    type Total<'a> = &'a Self;

    fn check_merge(&self, other: &Self) -> Result<()> {
        self.outcomes.check_merge(&other.outcomes)?;
        self.states.check_merge(&other.states)
    }

    fn merge(&mut self, other: Self) {
        self.outcomes.merge(other.outcomes);
        self.states.merge(other.states);
        let length = self.drawn.len().max(other.drawn.len());
        self.drawn.resize(length, false);
        let both = self.drawn.iter_mut().zip(other.drawn);
        both.for_each(|(own, other)| *own |= other);
    }

    fn pending(&self, requests: &mut ReadRequests) {
        self.outcomes.pending(requests);
        self.states.pending(requests);
    }

    fn absorb(&mut self, results: &mut ReadResults) {
        self.outcomes.absorb(results);
        self.states.absorb(results);
    }

    fn total(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        let mut faults = self.outcomes.faults();
        // The replicates have no other samples than the state of all samples.
        if let Some(all) = self.states.states().first() {
            faults += all.faults();
        }
        faults
    }
}

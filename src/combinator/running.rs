use std::{collections::VecDeque, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

use crate::{
    Faults, Meta, Metric, MetricError, Result, State, Statistic, Total,
    state::{self, ReadRequests, ReadResults},
};

/// A metric of the last updates: see [`MetricExt::running`](super::MetricExt::running).
#[derive(Clone, Serialize, Deserialize)]
#[serde(
    from = "Plain<M>",
    into = "Plain<M>",
    bound(serialize = "M: Serialize", deserialize = "M: Deserialize<'de>")
)]
pub struct Running<M: Metric> {
    metric: M,
    statistic: Window<M::Statistic>,
}

impl<M: Metric> Running<M> {
    pub(super) fn over(metric: M, window: usize) -> Self {
        Self {
            statistic: Window {
                statistic: metric.statistic().clone(),
                window,
            },
            metric,
        }
    }
}

impl<M: Metric + PartialEq> PartialEq for Running<M> {
    fn eq(&self, other: &Self) -> bool {
        self.metric == other.metric && self.statistic.window == other.statistic.window
    }
}

impl<M: Metric + fmt::Debug> fmt::Debug for Running<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("metric", &self.metric)
            .field("window", &self.statistic.window)
            .finish()
    }
}

/// The fields of a running metric that are saved.
#[derive(Serialize, Deserialize)]
struct Plain<M> {
    metric: M,
    window: usize,
}

impl<M: Metric> From<Plain<M>> for Running<M> {
    fn from(plain: Plain<M>) -> Self {
        Self::over(plain.metric, plain.window)
    }
}

impl<M: Metric> From<Running<M>> for Plain<M> {
    fn from(running: Running<M>) -> Self {
        Self {
            metric: running.metric,
            window: running.statistic.window,
        }
    }
}

impl<M: Metric> Metric for Running<M> {
    type Statistic = Window<M::Statistic>;
    type Value = M::Value;

    fn statistic(&self) -> &Self::Statistic {
        &self.statistic
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<M::Value> {
        self.metric.compute(total.merged())
    }

    fn meta(&self) -> Meta {
        let meta = self.metric.meta();
        let name = format!("{} (last {})", meta.name, self.statistic.window);
        meta.named(name)
    }
}

/// Keeps the statistic of each of the last updates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Window<S> {
    statistic: S,
    window: usize,
}

impl<S> Window<S> {
    /// Creates a window over all updates.
    pub(super) fn unlimited(statistic: S) -> Self {
        Self {
            statistic,
            window: usize::MAX,
        }
    }
}

impl<S: Statistic> Statistic for Window<S> {
    type Input = S::Input;
    type State = LastBatches<S::State>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        if state.kept.window != self.window && !state.kept.batches.is_empty() {
            return Err(MetricError::State {
                expected: format!("that of a window of {}", self.window),
                got: format!("that of a window of {}", state.kept.window),
            });
        }
        let mut batches = state.kept.batches.iter();
        batches.try_for_each(|batch| self.statistic.check_state(batch))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.statistic.explain(error)
    }

    fn update(&self, state: &mut Self::State, input: S::Input) -> Result<()> {
        if self.window == 0 {
            return Err(MetricError::config("window", "at least 1 update", 0));
        }
        let mut batch = S::State::default();
        self.statistic.update(&mut batch, input)?;
        if let Some(last) = state.kept.batches.back() {
            last.check_merge(&batch)?;
        }
        state.kept.window = self.window;
        state.extend([batch]);
        Ok(())
    }
}

/// Keeps the state of each of the last batches.
///
/// Merging appends the batches of the other state, as if they had come later, and drops the oldest batches beyond the
/// window. It is associative and has a neutral element, but unlike the merge of other states it is not commutative: the
/// caller decides which of two streams is the later one.
#[derive(Debug, Clone)]
pub struct LastBatches<S> {
    kept: Kept<S>,
    /// The merge of all batches, once they are settled.
    merged: S,
    is_merged: bool,
}

/// The fields that are saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept<S> {
    window: usize,
    batches: VecDeque<S>,
}

impl<S: State> Default for LastBatches<S> {
    fn default() -> Self {
        Self {
            kept: Kept {
                window: 0,
                batches: VecDeque::new(),
            },
            merged: S::default(),
            is_merged: true,
        }
    }
}

impl<S: State> LastBatches<S> {
    /// The total of all kept batches.
    pub fn merged(&self) -> S::Total<'_> {
        self.merged.total()
    }

    /// The total of each kept batch.
    pub fn each(&self) -> impl Iterator<Item = S::Total<'_>> {
        self.kept.batches.iter().map(S::total)
    }

    fn extend(&mut self, batches: impl IntoIterator<Item = S>) {
        let kept = &mut self.kept;
        kept.batches.extend(batches);
        let surplus = kept.batches.len().saturating_sub(kept.window);
        kept.batches.drain(..surplus);
        self.is_merged = false;
    }

    /// Merges the batches, which must be settled.
    fn merge_batches(&mut self) {
        if self.is_merged {
            return;
        }
        self.merged = S::default();
        for batch in &self.kept.batches {
            self.merged.merge(batch.clone());
        }
        // Nothing is pending, but a state may have other work to do, such as sorting.
        self.merged.absorb(&mut ReadResults::default());
        self.is_merged = true;
    }
}

impl<S: State> State for LastBatches<S> {
    type Total<'a> = &'a Self;

    fn check_merge(&self, other: &Self) -> Result<()> {
        let both = self.kept.batches.back().zip(other.kept.batches.front());
        both.map_or(Ok(()), |(last, next)| last.check_merge(next))
    }

    fn merge(&mut self, other: Self) {
        self.kept.window = self.kept.window.max(other.kept.window);
        self.extend(other.kept.batches);
    }

    fn pending(&self, requests: &mut ReadRequests) {
        let batches = self.kept.batches.iter();
        batches.for_each(|batch| batch.pending(requests));
    }

    fn absorb(&mut self, results: &mut ReadResults) {
        let batches = self.kept.batches.iter_mut();
        batches.for_each(|batch| batch.absorb(results));
        self.merge_batches();
    }

    fn total(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.merged.faults()
    }
}

impl<S: State> Serialize for LastBatches<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        let mut settled = self.clone();
        state::settle(&mut settled).map_err(ser::Error::custom)?;
        settled.kept.serialize(serializer)
    }
}

impl<'de, S: State> Deserialize<'de> for LastBatches<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut state = Self {
            kept: Kept::deserialize(deserializer)?,
            is_merged: false,
            ..Self::default()
        };
        state.merge_batches();
        Ok(state)
    }
}

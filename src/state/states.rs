use serde::{Deserialize, Serialize};

use super::{ReadRequests, ReadResults, State};
use crate::{Faults, Result};

/// Keeps several states of the same type, such as one per output.
///
/// When lists of different lengths are merged, the missing states count as empty.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent, bound = "S: State")]
pub struct States<S>(Vec<S>);

impl<S> Default for States<S> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S: State> States<S> {
    /// The states. There are at least `n` of them afterwards.
    pub fn at_least(&mut self, n: usize) -> &mut [S] {
        if self.0.len() < n {
            self.0.resize_with(n, S::default);
        }
        &mut self.0
    }

    /// The states.
    pub fn states(&self) -> &[S] {
        &self.0
    }
}

impl<S: State> State for States<S> {
    type Total<'a> = Vec<S::Total<'a>>;

    fn check_merge(&self, other: &Self) -> Result<()> {
        let mut both = self.0.iter().zip(&other.0);
        both.try_for_each(|(own, other)| own.check_merge(other))
    }

    fn merge(&mut self, other: Self) {
        let own = self.at_least(other.0.len()).iter_mut();
        own.zip(other.0).for_each(|(own, other)| own.merge(other));
    }

    fn pending(&self, requests: &mut ReadRequests) {
        self.0.iter().for_each(|state| state.pending(requests));
    }

    fn absorb(&mut self, results: &mut ReadResults) {
        self.0.iter_mut().for_each(|state| state.absorb(results));
    }

    fn total(&self) -> Self::Total<'_> {
        self.0.iter().map(S::total).collect()
    }

    fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        self.0.iter().for_each(|state| faults += state.faults());
        faults
    }
}

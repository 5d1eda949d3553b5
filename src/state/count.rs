use serde::{Deserialize, Serialize};

use super::State;

/// Counts things that the host knows without asking a device, such as the samples of a batch.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(u64);

impl Count {
    /// Adds `n`.
    pub fn add(&mut self, n: u64) {
        self.0 = self.0.saturating_add(n);
    }
}

impl State for Count {
    type Total<'a> = u64;

    fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    fn total(&self) -> u64 {
        self.0
    }
}

use std::fmt::Debug;

use crate::{Result, State};

/// What a batch contributes: the part of a metric that sees tensors.
///
/// A statistic is plain data (the configuration that decides what is counted). Metrics of a
/// [`Collection`](crate::Collection) whose statistics are equal share one state. Its [`Debug`] form tells it from others in files
/// and between processes, as derived: name and configuration.
///
/// # Contract
///
/// `update` checks shapes and element types on the host first and returns an error with `state`
/// untouched; then it queues device work and reads nothing back. Splitting the data into other
/// batches, or merging the states of parts, must not change the total.
pub trait Statistic: Debug + Clone + PartialEq + Send + Sync {
    /// A batch.
    type Input: Clone + Send + Sync;
    /// What is kept of all batches.
    type State: State;

    /// Checks that a state, such as one that was loaded, can be one of this statistic.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`](crate::MetricError::State).
    fn accept(&self, _state: &Self::State) -> Result<()> {
        Ok(())
    }

    /// Adds what `input` contributes to `state`.
    fn update(&self, state: &mut Self::State, input: Self::Input) -> Result<()>;
}

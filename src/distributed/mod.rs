//! One evaluation across processes and machines.
//!
//! Each rank accumulates what it has seen. [`Accumulate::synced`](crate::Accumulate::synced) exchanges the states in one step, over any
//! [`Communicator`], and gives each rank the accumulation of all: the same, to the last bit, everywhere. What a rank has accumulated
//! itself stays as it is. Ranks may have seen unequal numbers of batches, or none.
//!
//! * With the feature `mpi`, [`Mpi`] runs on the MPI of a cluster: see the example `distributed`.
//! * [`Threads`] connects the threads of a process.
//! * Several devices of one process need none of this: one accumulation a device, and
//!   [`merge`](crate::Accumulator::merge).

#[cfg(feature = "mpi")]
mod mpi;
mod threads;

#[cfg(feature = "mpi")]
pub use mpi::Mpi;
pub use threads::Threads;

use crate::Result;

/// A group of processes that can exchange bytes.
pub trait Communicator {
    /// Which of them this is, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Gives all ranks the bytes of all ranks, in the order of ranks. All must call it; they need not have equally many.
    ///
    /// # Errors
    ///
    /// [`MetricError::Communication`](crate::MetricError::Communication).
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>>;
}

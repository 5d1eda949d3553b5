use std::fmt;

use mpi::{
    Count,
    datatype::PartitionMut,
    topology::SimpleCommunicator,
    traits::{Communicator as _, CommunicatorCollectives},
};

use super::Communicator;
use crate::Result;

/// The ranks of an MPI communicator.
///
/// ```no_run
/// use burn_metrics::{distributed::Mpi, prelude::*};
///
/// let universe = mpi::initialize().expect("MPI is initialized once");
/// let ranks = Mpi::new(universe.world());
/// let mut accuracy = Accuracy::multiclass(10).accumulator();
/// // Each rank updates with its share of the batches, then:
/// let value = accuracy.synced(&ranks)?.compute()?;
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
///
/// If the communication itself fails, MPI ends the processes, unless it is configured otherwise.
pub struct Mpi(SimpleCommunicator);

impl fmt::Debug for Mpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mpi").field("rank", &self.rank()).finish()
    }
}

impl Mpi {
    /// Uses the ranks of a communicator, such as the world.
    pub fn new(communicator: SimpleCommunicator) -> Self {
        Self(communicator)
    }
}

/// Counts and displacements of MPI are signed integers of 32 bits, so more bytes are sent in several rounds.
const MOST: usize = i32::MAX as usize;

impl Communicator for Mpi {
    fn rank(&self) -> usize {
        self.0.rank() as usize
    }

    fn size(&self) -> usize {
        self.0.size() as usize
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut lengths = vec![0u64; self.size()];
        self.0
            .all_gather_into(&(bytes.len() as u64), &mut lengths[..]);
        let most = MOST / self.size();
        let longest = lengths.iter().max().map_or(0, |length| *length as usize);
        let mut all: Vec<Vec<u8>> = lengths.iter().map(|_| Vec::new()).collect();
        for start in (0..longest).step_by(most) {
            let part = |length: usize| start.min(length)..(start + most).min(length);
            let counts = lengths
                .iter()
                .map(|length| part(*length as usize).len() as Count);
            let counts: Vec<Count> = counts.collect();
            let starts: Vec<Count> = (counts.iter())
                .scan(0, |next, count| {
                    Some(std::mem::replace(next, *next + count))
                })
                .collect();
            let mut received = vec![0u8; counts.iter().map(|count| *count as usize).sum()];
            let mut partition = PartitionMut::new(&mut received[..], &counts[..], &starts[..]);
            let own = &bytes[part(bytes.len())];
            self.0.all_gather_varcount_into(own, &mut partition);
            let mut rest = &received[..];
            for (whole, count) in all.iter_mut().zip(&counts) {
                let (part, others) = rest.split_at(*count as usize);
                whole.extend_from_slice(part);
                rest = others;
            }
        }
        Ok(all)
    }
}

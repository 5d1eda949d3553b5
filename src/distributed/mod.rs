//! One evaluation across processes and machines.
//!
//! Each rank accumulates what it has seen. [`Accumulate::synced`](crate::Accumulate::synced) exchanges the states in one step, over any
//! [`Communicator`], and gives each rank the accumulation of all: the same, to the last bit, everywhere. What a rank has accumulated
//! itself stays as it is. Ranks may have seen unequal numbers of batches, or none.
//!
//! What a rank sends is [`Accumulate::to_bytes`](crate::Accumulate::to_bytes), some 50 bytes and the name of the metric with its options for each
//! state, and the state itself. Measured, for 100 000 samples a rank (metrics of one state, such as F1 and accuracy, send what one of them sends):
//!
//! | metric | bytes |
//! |---|---|
//! | accuracy, F1 and other scores of 10 classes | 173 |
//! | confusion matrix of 10 classes, Cohen's kappa, Matthews correlation | 246 |
//! | calibration error of 15 bins | 555 |
//! | hinge loss; exact match and normalized entropy are alike | 235 |
//! | ranking loss, coverage error, ranking precision of labels | 379 |
//! | fairness of 3 groups | 198 |
//! | AUROC and other curves over 200 thresholds | 3 263 |
//! | exact curves: 4 bytes per score, none for its label | 400 198 |
//! | exact curves of 10 classes | 4 000 242 |
//! | exact curves with weights: 16 bytes per score | 1 600 200 |
//! | squared errors, R2, Pearson and others of moments, an output | 174 |
//! | absolute errors and others of sums, an output | 113 |
//! | cosines, divergences, ranked probability: their mean or sum | 130 |
//! | those of each sample: 8 bytes | 800 103 |
//! | rank correlations: 8 bytes per pair, and 4 more with weights | 800 101 |
//! | Wasserstein distance: 8 bytes per number, of both sides, and 8 for a weight | 1 600 088 |
//! | agreement of clusterings, association of categories: the table, here 2 x 2 | 84 |
//! | Fleiss' kappa of 5 categories | 128 |
//! | Calinski-Harabasz, Davies-Bouldin, 5 clusters in 8 dimensions | 487 |
//! | Dunn index: 8 bytes per coordinate of a point | 6 400 115 |
//! | Procrustes disparity: its mean or sum | 137 |
//! | aggregation: sum, mean, least, greatest | 93 |
//! | aggregation: all numbers, 8 bytes each | 800 080 |
//! | 1000 replicates of an accuracy of 10 classes, of counts | 327 |
//! | 100 replicates of an absolute error, of weights | 5 409 |
//!
//! A window of batches and the outputs of `multi_output` are so many states.
//!
//! * With the feature `mpi`, `Mpi` runs on the MPI of a cluster: see the example `distributed`.
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

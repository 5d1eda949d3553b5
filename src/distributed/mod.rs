//! Evaluation across processes and machines.
//!
//! Each rank accumulates the batches that it sees. [`Accumulate::synced`](crate::Accumulate::synced) exchanges the
//! states in one step, over any [`Communicator`], and returns the merged accumulator on each rank. It is the same on
//! all ranks, to the last bit. The rank's own accumulator does not change. Ranks may have seen different numbers of
//! batches, or none.
//!
//! A rank sends [`Accumulate::to_bytes`](crate::Accumulate::to_bytes): about 50 bytes and the name of the metric with
//! its options for each state, and the state itself. These sizes were measured for 100 000 samples per rank. Metrics
//! that share a state, such as F1 and accuracy, send it once.
//!
//! | metric | bytes |
//! |---|---|
//! | accuracy, F1 and other scores of 10 classes | 200 |
//! | confusion matrix of 10 classes, Cohen's kappa, Matthews correlation | 276 |
//! | calibration error of 15 bins | 545 |
//! | hinge loss; exact match and normalized entropy are alike | 241 |
//! | ranking loss, coverage error, ranking precision of labels | 368 |
//! | fairness of 3 groups | 189 |
//! | AUROC and other curves over 200 thresholds | 3 234 |
//! | exact curves: 4 bytes per score, none for its label | 400 169 |
//! | exact curves of 10 classes | 4 000 248 |
//! | exact curves with weights: 16 bytes per score | 1 600 171 |
//! | squared errors, R2, Pearson correlation and others that use moments, per output | 180 |
//! | absolute errors and others that use sums, per output | 119 |
//! | cosine similarity, divergences, ranked probability score: mean or sum | 136 |
//! | the same per sample: 8 bytes per sample | 800 109 |
//! | rank correlations: 8 bytes per pair, and 4 more with weights | 800 107 |
//! | Wasserstein distance: 8 bytes per number on both sides, and 8 per weight | 1 600 094 |
//! | agreement of clusterings, association of categories: the table, here 2 x 2 | 97 |
//! | Fleiss' kappa of 5 categories | 134 |
//! | Calinski-Harabasz, Davies-Bouldin, 5 clusters in 8 dimensions | 493 |
//! | Dunn index: 8 bytes per coordinate of a point | 6 400 121 |
//! | Procrustes disparity: mean or sum | 143 |
//! | aggregation: sum, mean, minimum, maximum | 99 |
//! | aggregation: all numbers, 8 bytes each | 800 086 |
//! | 1000 replicates of an accuracy of 10 classes, of counts | 354 |
//! | 100 replicates of an absolute error, of weights | 5 514 |
//!
//! A running metric sends one state per batch of its window, and `multi_output` one state per output.
//!
//! * With the feature `mpi`, `Mpi` runs on the MPI of a cluster: see the example `distributed`.
//! * [`Threads`] connects the threads of a process.
//! * Several devices of one process need none of this: use one accumulator per device, and
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
    /// The index of this process, from 0.
    fn rank(&self) -> usize;

    /// The number of processes.
    fn size(&self) -> usize;

    /// Sends bytes to all ranks, and returns the bytes of all ranks in the order of ranks.
    ///
    /// All ranks must call it. They may send different numbers of bytes.
    ///
    /// # Errors
    ///
    /// [`MetricError::Communication`](crate::MetricError::Communication).
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>>;
}

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
//! | accuracy, F1 and other scores of 10 classes | 192 |
//! | confusion matrix of 10 classes, Cohen's kappa, Matthews correlation | 265 |
//! | calibration error of 15 bins | 552 |
//! | hinge loss; exact match and normalized entropy are alike | 202 |
//! | ranking loss, coverage error, ranking precision of labels | 216 |
//! | fairness of 3 groups | 218 |
//! | AUROC and other curves over 200 thresholds | 3 494 |
//! | exact curves: 4 bytes a score, none for its label | 400 211 |
//! | exact curves of 10 classes | 4 000 244 |
//! | exact curves with weights: 16 bytes a score | 1 600 213 |
//! | squared errors, R2, Pearson and others of moments, an output | 170 |
//! | absolute errors and others of sums, an output | 122 |
//! | cosines, divergences, ranked probability: their mean or sum | 184 |
//! | those of each sample: 8 bytes | 800 189 |
//! | rank correlations: 8 bytes a pair, and 4 more with weights | 800 097 |
//! | Wasserstein distance: 8 bytes a number, of both sides, and 8 for a weight | 1 600 085 |
//! | agreement of clusterings, association of categories: the table, here 2 x 2 | 79 |
//! | Fleiss' kappa of 5 categories | 126 |
//! | Calinski-Harabasz, Davies-Bouldin, 5 clusters in 8 dimensions | 538 |
//! | Dunn index: 8 bytes a coordinate of a point | 6 400 166 |
//! | Procrustes disparity: its mean or sum | 157 |
//! | aggregation: sum, mean, least, greatest | 149 |
//! | aggregation: all numbers, 8 bytes each | 800 135 |
//! | 1000 replicates of an accuracy of 10 classes, of counts | 343 |
//! | 100 replicates of an absolute error, of weights | 5 210 |
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

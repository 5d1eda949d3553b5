use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Communicator;
use crate::{MetricError, Result};

/// A rank that is a thread of this process.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::{distributed::Threads, prelude::*};
///
/// let values = std::thread::scope(|scope| {
///     let ranks: Vec<_> = Threads::group(2)
///         .into_iter()
///         .enumerate()
///         .map(|(rank, threads)| {
///             scope.spawn(move || -> Result<f64> {
///                 let mut errors = MeanAbsoluteError::new().accumulator();
///                 let zero = Tensor::<1>::zeros([rank + 1], &Device::flex());
///                 errors.update((zero.clone(), zero + rank as f32))?;
///                 errors.synced(&threads)?.compute()
///             })
///         })
///         .collect();
///     ranks.into_iter().map(|rank| rank.join().unwrap().unwrap()).collect::<Vec<_>>()
/// });
/// assert_eq!(values, [2.0 / 3.0; 2]);
/// ```
#[derive(Debug)]
pub struct Threads {
    rank: usize,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    size: usize,
    exchange: Mutex<Exchange>,
    progress: Condvar,
}

#[derive(Debug, Default)]
struct Exchange {
    /// The messages that have arrived for the current exchange.
    coming: Vec<Option<Vec<u8>>>,
    /// The messages of the last exchange. All ranks have read them before the next exchange can be complete.
    last: Arc<Vec<Vec<u8>>>,
    /// The number of completed exchanges.
    completed: u64,
    /// A rank that has been dropped.
    gone: Option<usize>,
}

impl Threads {
    /// Creates a group of ranks, one for each thread.
    pub fn group(size: usize) -> Vec<Self> {
        let shared = Arc::new(Shared {
            size,
            exchange: Mutex::new(Exchange {
                coming: vec![None; size],
                ..Exchange::default()
            }),
            progress: Condvar::new(),
        });
        let rank = |rank| Self {
            rank,
            shared: shared.clone(),
        };
        (0..size).map(rank).collect()
    }

    fn exchange(&self) -> MutexGuard<'_, Exchange> {
        // No thread panics while it holds the lock.
        let exchange = self.shared.exchange.lock();
        exchange.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Communicator for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.shared.size
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut exchange = self.exchange();
        let before = exchange.completed;
        exchange.coming[self.rank] = Some(bytes.to_vec());
        if exchange.coming.iter().all(Option::is_some) {
            let all = exchange.coming.iter_mut().map(Option::take);
            exchange.last = Arc::new(all.flatten().collect());
            exchange.completed += 1;
            self.shared.progress.notify_all();
        }
        while exchange.completed == before {
            if let Some(rank) = exchange.gone {
                return Err(MetricError::Communication(format!("rank {rank} has left")));
            }
            let woken = self.shared.progress.wait(exchange);
            exchange = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let all = exchange.last.clone();
        drop(exchange);
        Ok(all.to_vec())
    }
}

impl Drop for Threads {
    /// Wakes the ranks that wait for this one, which would otherwise wait forever.
    fn drop(&mut self) {
        self.exchange().gone = Some(self.rank);
        self.shared.progress.notify_all();
    }
}

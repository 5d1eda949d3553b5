use burn::tensor::{DType, TensorData};
use serde::{Deserialize, Serialize};

use super::{Deferred, Fold};
use crate::Faults;

/// A table of counts, such as the true positives of each class; exact in `u64`, and in `f64` for
/// samples that have weights.
///
/// A result that is added ends with [`Faults`] as two more numbers.
pub type Counts = Deferred<CountsTotal>;

/// The host form of [`Counts`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountsTotal {
    seen: u64,
    whole: Vec<u64>,
    weighted: Vec<f64>,
    faults: Faults,
}

impl CountsTotal {
    /// Notes that `n` more elements came, counted or not.
    pub fn see(&mut self, n: u64) {
        self.seen += n;
    }

    /// How many elements came, counted or not.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The number of cells; 0 before the first result.
    pub fn len(&self) -> usize {
        self.whole.len().max(self.weighted.len())
    }

    /// Whether no result has come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The count in a cell, weights included; 0 before the first result.
    pub fn get(&self, cell: usize) -> f64 {
        let whole = self.whole.get(cell).copied().unwrap_or_default();
        whole as f64 + self.weighted.get(cell).copied().unwrap_or_default()
    }
}

impl Fold for CountsTotal {
    type View<'a> = &'a Self;

    fn view(&self) -> &Self {
        self
    }

    fn fold(&mut self, results: &TensorData) {
        let Some(length) = results.shape().last().copied().filter(|n| *n > 0) else {
            return;
        };
        let cells = length - Faults::LEN;
        if is_float(results.dtype()) {
            self.weighted.resize(cells, 0.0);
            for (i, value) in results.iter::<f64>().enumerate() {
                match self.weighted.get_mut(i % length) {
                    Some(cell) => *cell += value,
                    None => self.faults += fault(i % length - cells, value as u64),
                }
            }
        } else {
            self.whole.resize(cells, 0);
            for (i, value) in results.iter::<i64>().enumerate() {
                match self.whole.get_mut(i % length) {
                    Some(cell) => *cell += value as u64,
                    None => self.faults += fault(i % length - cells, value as u64),
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.faults += other.faults;
        add(&mut self.whole, other.whole);
        add(&mut self.weighted, other.weighted);
    }

    fn inspect(result: &TensorData) -> Faults {
        read_faults(result)
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// Tables of counts of equal length, one a sample, kept apart.
pub type SampleCounts = Deferred<SampleCountsTotal>;

/// The host form of [`SampleCounts`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleCountsTotal {
    cells: usize,
    counts: Vec<f64>,
    faults: Faults,
}

impl SampleCountsTotal {
    /// Fixes how many cells the table of a sample has.
    pub fn shape(&mut self, cells: usize) {
        self.cells = cells;
    }

    /// The table of each sample.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.counts.chunks_exact(self.cells.max(1))
    }
}

impl Fold for SampleCountsTotal {
    const ADDITIVE: bool = false;

    type View<'a> = &'a Self;

    fn view(&self) -> &Self {
        self
    }

    fn fold(&mut self, results: &TensorData) {
        let Some(length) = results.shape().last().copied().filter(|n| *n > 0) else {
            return;
        };
        let cells = length - Faults::LEN;
        for (i, value) in results.iter::<f64>().enumerate() {
            if i % length < cells {
                self.counts.push(value);
            } else {
                self.faults += fault(i % length - cells, value as u64);
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.cells = self.cells.max(other.cells);
        self.counts.extend(other.counts);
        self.faults += other.faults;
    }

    fn inspect(result: &TensorData) -> Faults {
        read_faults(result)
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

fn is_float(dtype: DType) -> bool {
    matches!(
        dtype,
        DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16
    )
}

fn fault(kind: usize, n: u64) -> Faults {
    match kind {
        0 => Faults { labels: n, nans: 0 },
        _ => Faults { labels: 0, nans: n },
    }
}

fn read_faults(result: &TensorData) -> Faults {
    let cells = result.num_elements() - Faults::LEN;
    let mut faults = Faults::default();
    for (kind, n) in result.iter::<f64>().skip(cells).enumerate() {
        faults += fault(kind, n as u64);
    }
    faults
}

fn add<N: std::ops::AddAssign + Copy>(total: &mut Vec<N>, other: Vec<N>) {
    if total.is_empty() {
        *total = other;
    } else {
        total.iter_mut().zip(other).for_each(|(sum, n)| *sum += n);
    }
}

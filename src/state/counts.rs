use std::borrow::Cow;

use burn::tensor::{DType, Element, TensorData};
use serde::{Deserialize, Serialize};

use super::{Deferred, Fold, number};
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
    /// A table of counts, of so many elements.
    pub(crate) fn of(whole: Vec<u64>, seen: u64) -> Self {
        Self {
            seen,
            whole,
            ..Self::default()
        }
    }

    /// The counts without weights.
    pub(crate) fn whole(&self) -> &[u64] {
        &self.whole
    }

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

    /// Whether samples had weights.
    pub fn is_weighted(&self) -> bool {
        !self.weighted.is_empty()
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
        let Some(length) = results.shape().last().copied().filter(|n| *n > Faults::LEN) else {
            return;
        };
        let cells = length - Faults::LEN;
        if is_float(results.dtype()) {
            self.weighted.resize(cells, 0.0);
            for result in read::<f64>(results).chunks_exact(length) {
                add(&mut self.weighted, &result[..cells]);
                self.faults += fault(&result[cells..], |n| n as u64);
            }
        } else {
            self.whole.resize(cells, 0);
            for result in read::<i64>(results).chunks_exact(length) {
                let counts = self.whole.iter_mut().zip(result);
                counts.for_each(|(sum, n)| *sum += *n as u64);
                self.faults += fault(&result[cells..], |n| n as u64);
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.faults += other.faults;
        self.whole
            .resize(self.whole.len().max(other.whole.len()), 0);
        add(&mut self.whole, &other.whole);
        self.weighted
            .resize(self.weighted.len().max(other.weighted.len()), 0.0);
        add(&mut self.weighted, &other.weighted);
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
    #[serde(with = "number::list")]
    counts: Vec<f64>,
    faults: Faults,
}

impl SampleCountsTotal {
    /// Fixes how many cells the table of a sample has.
    pub fn shape(&mut self, cells: usize) {
        self.cells = cells;
    }

    /// How many cells the table of a sample has.
    pub fn cells(&self) -> usize {
        self.cells
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
        let Some(length) = results.shape().last().copied().filter(|n| *n > Faults::LEN) else {
            return;
        };
        let cells = length - Faults::LEN;
        for result in read::<f64>(results).chunks_exact(length) {
            self.counts.extend(&result[..cells]);
            self.faults += fault(&result[cells..], |n| n as u64);
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

/// The numbers of a result, without a copy if they are of this type.
fn read<N: Element>(results: &TensorData) -> Cow<'_, [N]> {
    match results.as_slice() {
        Ok(numbers) => Cow::Borrowed(numbers),
        Err(_) => Cow::Owned(results.iter().collect()),
    }
}

/// The last two numbers of a result.
fn fault<N: Copy>(last: &[N], count: impl Fn(N) -> u64) -> Faults {
    match *last {
        [labels, nans] => Faults {
            labels: count(labels),
            nans: count(nans),
            ..Faults::default()
        },
        _ => Faults::default(),
    }
}

fn read_faults(result: &TensorData) -> Faults {
    let cells = result.num_elements() - Faults::LEN;
    if is_float(result.dtype()) {
        fault(&read::<f64>(result)[cells..], |n| n as u64)
    } else {
        fault(&read::<i64>(result)[cells..], |n| n as u64)
    }
}

fn add<N: std::ops::AddAssign + Copy>(total: &mut [N], other: &[N]) {
    total.iter_mut().zip(other).for_each(|(sum, n)| *sum += *n);
}

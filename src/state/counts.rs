use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{Addends, Deferred, Fold, Pending, ReadRequests, ReadResults, ReadTensors, Results};
use crate::{
    Faults, Result,
    encoding::number,
    fault::is_weight,
    ops::{HostTensor, is_host},
};

/// Keeps a table of counts, such as the true positives of each class.
///
/// Counts are exact in `u64`. Samples with weights are summed in `f64`.
pub type Counts = Deferred<CountsTotal>;

impl Counts {
    /// Records that `n` elements were seen, none of which is counted.
    pub(crate) fn see(&mut self, n: u64) {
        let seen = &mut self.total_mut().seen;
        *seen = seen.saturating_add(n);
    }

    /// Adds the counts of `n` elements: `[cells + 5]`, with the numbers of [faults](crate::Faults).
    ///
    /// The last five numbers count the elements with a target out of range, with a predicted label out of range, with a NaN
    /// score, with a score that is no probability, and with a weight that is negative, infinite or NaN. No count exceeds
    /// `n`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`](crate::MetricError::Values) if there are faults in a table on a host device, which is
    /// then ignored; [`MetricError::Device`](crate::MetricError::Device).
    pub fn add_counts(&mut self, table: Tensor<1, Int>, n: u64) -> Result<()> {
        self.add_result(Table::counts(table, n))
    }

    /// Adds the summed weights of `n` elements, in the same layout.
    ///
    /// # Errors
    ///
    /// The errors of [`add_counts`](Self::add_counts).
    pub fn add_weights(&mut self, table: Tensor<1>, n: u64) -> Result<()> {
        self.add_result(Table::weights(table, n))
    }
}

/// Tables of counts on a device, with the faults of their elements behind the cells.
#[derive(Debug, Clone)]
pub struct Table {
    cells: Cells,
    /// The number of elements that were counted, which no cell can exceed.
    elements: u64,
}

// A box would cost every update an allocation.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone)]
enum Cells {
    Counts(Tensor<1, Int>),
    Weights(Addends),
}

impl Table {
    pub(crate) fn counts(table: Tensor<1, Int>, elements: u64) -> Self {
        let cells = Cells::Counts(table);
        Self { cells, elements }
    }

    pub(crate) fn weights(table: Tensor<1>, elements: u64) -> Self {
        let cells = Cells::Weights(Addends::of(table));
        Self { cells, elements }
    }
}

impl Pending for Table {
    type Read = ReadTable;

    fn is_ready(&self) -> bool {
        match &self.cells {
            Cells::Counts(counts) => is_host(&counts.device()),
            Cells::Weights(weights) => weights.is_ready(),
        }
    }

    fn bytes(&self) -> usize {
        match &self.cells {
            Cells::Counts(counts) => counts.dims()[0] * counts.dtype().size(),
            Cells::Weights(weights) => weights.bytes(),
        }
    }

    fn register(&self, requests: &mut ReadRequests) {
        match &self.cells {
            Cells::Counts(counts) => requests.add(counts.clone()),
            Cells::Weights(weights) => weights.register(requests),
        }
    }

    fn read(self, results: &mut ReadResults) -> ReadTable {
        ReadTable {
            cells: match self.cells {
                Cells::Counts(_) => ReadCells::Counts(results.take()),
                Cells::Weights(weights) => ReadCells::Weights(weights.read(results)),
            },
            elements: self.elements,
        }
    }

    /// Adds counts in 32 bits, unless a sum could overflow.
    fn join(&mut self, later: Self) -> Option<Self> {
        let elements = self.elements + later.elements;
        let rest = match (&mut self.cells, later.cells) {
            (Cells::Counts(sum), Cells::Counts(counts))
                if elements <= i32::MAX as u64
                    && sum.dims() == counts.dims()
                    && sum.device() == counts.device() =>
            {
                *sum = sum.clone() + counts;
                None
            }
            (Cells::Weights(sums), Cells::Weights(weights)) => {
                sums.join(weights).map(Cells::Weights)
            }
            (_, cells) => Some(cells),
        };
        match rest {
            None => {
                self.elements = elements;
                None
            }
            Some(cells) => Some(Self { cells, ..later }),
        }
    }

    fn faults(read: &ReadTable) -> Faults {
        let mut faults = Faults::default();
        match &read.cells {
            ReadCells::Counts(counts) => faults = split(&counts.read::<i64>(), |n| n as u64).1,
            ReadCells::Weights(weights) => {
                weights.for_each(|row| faults += split(row, |n| n as u64).1)
            }
        }
        faults
    }
}

/// A [`Table`] in host memory.
#[derive(Debug)]
pub struct ReadTable {
    cells: ReadCells,
    elements: u64,
}

#[derive(Debug)]
enum ReadCells {
    Counts(HostTensor),
    Weights(ReadTensors),
}

/// The cells of a table, and the faults behind them, given how a cell becomes a count.
fn split<N: Copy>(table: &[N], count: fn(N) -> u64) -> (&[N], Faults) {
    let (cells, numbers) = table.split_at(table.len().saturating_sub(Faults::OF_TABLES));
    (cells, Faults::read(numbers.iter().map(|n| count(*n))))
}

/// The host form of [`Counts`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountsTotal {
    seen: u64,
    whole: Vec<u64>,
    weighted: Vec<f64>,
    faults: Faults,
}

impl CountsTotal {
    /// Creates a table of counts of this many elements.
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

    /// The number of elements that were seen, counted or not.
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

    /// Whether there are no results yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The count in a cell, including weights. It is 0 before the first result.
    pub fn get(&self, cell: usize) -> f64 {
        let whole = self.whole.get(cell).copied().unwrap_or_default();
        whole as f64 + self.weighted.get(cell).copied().unwrap_or_default()
    }
}

impl Fold for CountsTotal {
    type Pending = Table;
    type View<'a> = &'a Self;

    fn add(&mut self, read: ReadTable) {
        self.seen = self.seen.saturating_add(read.elements);
        match read.cells {
            ReadCells::Counts(counts) => {
                let counts = counts.read::<i64>();
                let (cells, faults) = split(&counts, |n| n as u64);
                self.whole.resize(cells.len(), 0);
                let sums = self.whole.iter_mut().zip(cells);
                sums.for_each(|(sum, n)| *sum = sum.saturating_add(*n as u64));
                self.faults += faults;
            }
            ReadCells::Weights(weights) => weights.for_each(|row| {
                let (cells, faults) = split(row, |n| n as u64);
                self.weighted.resize(cells.len(), 0.0);
                add(&mut self.weighted, cells);
                self.faults += faults;
            }),
        }
    }

    fn merge(&mut self, other: Self) {
        self.seen = self.seen.saturating_add(other.seen);
        self.faults += other.faults;
        self.whole
            .resize(self.whole.len().max(other.whole.len()), 0);
        let sums = self.whole.iter_mut().zip(other.whole);
        sums.for_each(|(sum, n)| *sum = sum.saturating_add(n));
        self.weighted
            .resize(self.weighted.len().max(other.weighted.len()), 0.0);
        add(&mut self.weighted, &other.weighted);
    }

    fn is_consistent(&self) -> bool {
        let [whole, weighted] = [self.whole.len(), self.weighted.len()];
        (whole == weighted || whole == 0 || weighted == 0)
            && (self.weighted.iter().all(|weight| is_weight(*weight)) || !self.faults.is_empty())
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// Keeps a table of counts per sample, all of equal length.
pub type SampleCounts = Deferred<SampleCountsTotal>;

impl SampleCounts {
    /// Adds the counts of each sample of a batch, of so many cells, followed by its [`Faults`].
    pub(crate) fn add_counts(&mut self, tables: Tensor<1, Int>, cells: usize) -> Result<()> {
        let tables = Tables::Counts(Results::of(tables));
        self.add_result(SampleTables { tables, cells })
    }

    /// Adds the weights or scores of each sample of a batch, of so many cells, followed by its [`Faults`].
    pub(crate) fn add_weights(&mut self, tables: Tensor<1>, cells: usize) -> Result<()> {
        let tables = Tables::Weights(Results::of(tables));
        self.add_result(SampleTables { tables, cells })
    }
}

/// The tables of the samples of batches on a device.
#[derive(Debug, Clone)]
pub struct SampleTables {
    /// One result per batch, with the faults behind its tables.
    tables: Tables,
    /// The number of cells of a table.
    cells: usize,
}

#[derive(Debug, Clone)]
enum Tables {
    Counts(Results<Int>),
    Weights(Results),
}

impl Pending for SampleTables {
    type Read = (ReadTensors, usize);

    fn is_ready(&self) -> bool {
        match &self.tables {
            Tables::Counts(counts) => counts.is_ready(),
            Tables::Weights(weights) => weights.is_ready(),
        }
    }

    fn bytes(&self) -> usize {
        match &self.tables {
            Tables::Counts(counts) => counts.bytes(),
            Tables::Weights(weights) => weights.bytes(),
        }
    }

    fn register(&self, requests: &mut ReadRequests) {
        match &self.tables {
            Tables::Counts(counts) => counts.register(requests),
            Tables::Weights(weights) => weights.register(requests),
        }
    }

    fn read(self, results: &mut ReadResults) -> (ReadTensors, usize) {
        let tables = match self.tables {
            Tables::Counts(counts) => counts.read(results),
            Tables::Weights(weights) => weights.read(results),
        };
        (tables, self.cells)
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        let cells = later.cells;
        let rest = match (&mut self.tables, later.tables) {
            (Tables::Counts(counts), Tables::Counts(later)) if self.cells == cells => {
                counts.join(later).map(Tables::Counts)
            }
            (Tables::Weights(weights), Tables::Weights(later)) if self.cells == cells => {
                weights.join(later).map(Tables::Weights)
            }
            (_, tables) => Some(tables),
        };
        rest.map(|tables| Self { tables, cells })
    }

    fn faults((tables, _): &(ReadTensors, usize)) -> Faults {
        let mut faults = Faults::default();
        tables.for_each(|row| faults += split(row, |n| n as u64).1);
        faults
    }
}

/// The host form of [`SampleCounts`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleCountsTotal {
    cells: usize,
    #[serde(with = "number::list")]
    counts: Vec<f64>,
    faults: Faults,
}

impl SampleCountsTotal {
    /// The number of cells of the table of a sample.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// The table of each sample.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.counts.chunks_exact(self.cells.max(1))
    }
}

impl Fold for SampleCountsTotal {
    type Pending = SampleTables;
    type View<'a> = &'a Self;

    const LIMIT: usize = usize::MAX;

    fn announce(&mut self, pending: &SampleTables) {
        self.cells = pending.cells;
    }

    fn add(&mut self, (tables, cells): (ReadTensors, usize)) {
        self.cells = cells;
        tables.for_each(|row| {
            let (cells, faults) = split(row, |n| n as u64);
            self.counts.extend_from_slice(cells);
            self.faults += faults;
        });
    }

    fn merge(&mut self, other: Self) {
        self.cells = self.cells.max(other.cells);
        self.counts.extend(other.counts);
        self.faults += other.faults;
    }

    fn is_consistent(&self) -> bool {
        self.counts.is_empty() || self.cells > 0 && self.counts.len().is_multiple_of(self.cells)
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

fn add(total: &mut [f64], other: &[f64]) {
    total.iter_mut().zip(other).for_each(|(sum, n)| *sum += *n);
}

//! Counts of pairs of labels.

use std::{collections::BTreeMap, sync::OnceLock};

use burn::tensor::{DType, Device, Int, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Deferred, Fold, Pending, ReadRequests, ReadResults};
use crate::{
    Fault, Faults, MetricError, NanStrategy, Result,
    ops::{HostTensor, is_host},
};

/// Counts pairs of labels, from which measures of agreement and association are computed.
///
/// Labels can be any integers. Only pairs that occur take memory, which does not grow with the number of samples.
pub type Contingency = Deferred<LabelPairs>;

/// The host form of a [`Contingency`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct LabelPairs {
    counts: BTreeMap<(i64, i64), u64>,
    faults: Faults,
    /// Computed once, however many metrics read it.
    table: OnceLock<ContingencyTable>,
}

/// A list of target, predicted label and count, and the faults.
type Saved = (Vec<(i64, i64, u64)>, Faults);

impl From<LabelPairs> for Saved {
    fn from(pairs: LabelPairs) -> Self {
        let counts = pairs.counts.into_iter();
        let cells = counts.map(|((target, pred), n)| (target, pred, n));
        (cells.collect(), pairs.faults)
    }
}

impl From<Saved> for LabelPairs {
    fn from((cells, faults): Saved) -> Self {
        let mut pairs = Self {
            faults,
            ..Self::default()
        };
        pairs.include(
            cells
                .into_iter()
                .map(|(target, pred, n)| ((target, pred), n)),
        );
        pairs
    }
}

/// The labels of samples: integers, or numbers whose fractional part is cut off.
#[derive(Debug, Clone)]
pub enum Labels {
    /// Integers.
    Int(Tensor<1, Int>),
    /// Numbers, some of which may be NaN.
    Float(Tensor<1>),
}

/// A batch of pairs of labels.
#[derive(Debug, Clone)]
pub struct LabelBatch {
    target: Labels,
    preds: Labels,
    nans: NanStrategy,
}

/// A table of at most this many cells, which take 1 MB, is counted densely, whatever the number of samples.
const DENSE: u64 = 1 << 16;
/// The number of labels that is worth a thread.
const CHUNK: usize = 1 << 16;

impl Labels {
    /// The device of the labels.
    pub fn device(&self) -> Device {
        match self {
            Self::Int(labels) => labels.device(),
            Self::Float(labels) => labels.device(),
        }
    }

    /// Selects the labels at these indices.
    pub fn select(self, places: &Tensor<1, Int>) -> Self {
        match self {
            Self::Int(labels) => Self::Int(labels.select(0, places.clone())),
            Self::Float(labels) => Self::Float(labels.select(0, places.clone())),
        }
    }

    /// The number of labels.
    pub fn len(&self) -> usize {
        match self {
            Self::Int(labels) => labels.dims()[0],
            Self::Float(labels) => labels.dims()[0],
        }
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn bytes(&self) -> usize {
        let dtype = match self {
            Self::Int(labels) => labels.dtype(),
            Self::Float(labels) => labels.dtype(),
        };
        self.len() * dtype.size()
    }

    fn register(&self, requests: &mut ReadRequests) {
        match self {
            Self::Int(labels) => requests.add(labels.clone()),
            Self::Float(labels) => requests.add(labels.clone()),
        }
    }
}

impl Contingency {
    /// Adds pairs of labels. Targets are the rows of the table, and predictions the columns.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    ///
    /// # Panics
    ///
    /// If the numbers of predictions and targets differ.
    pub fn add(&mut self, preds: Labels, target: Labels, nans: NanStrategy) -> Result<()> {
        assert_eq!(preds.len(), target.len(), "labels come in pairs");
        if preds.is_empty() {
            return Ok(());
        }
        self.add_result(LabelBatch {
            target,
            preds,
            nans,
        })
    }

    /// The count of each pair of target and predicted label, in their order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = ((i64, i64), u64)> {
        self.settled().counts.iter().map(|(pair, n)| (*pair, *n))
    }

    /// Creates the state after this many of each pair. Each pair must occur once.
    pub(crate) fn of_cells(cells: impl Iterator<Item = ((i64, i64), u64)>) -> Self {
        let total = LabelPairs {
            counts: cells.filter(|(_, n)| *n > 0).collect(),
            ..LabelPairs::default()
        };
        total.into()
    }
}

impl LabelPairs {
    /// Adds counts of different pairs. If there are none yet, they are in order and need no search for each.
    fn include(&mut self, counts: impl IntoIterator<Item = ((i64, i64), u64)>) {
        self.table = OnceLock::new();
        if self.counts.is_empty() {
            self.counts = counts.into_iter().collect();
            return;
        }
        for (pair, n) in counts {
            let sum = self.counts.entry(pair).or_default();
            *sum = sum.saturating_add(n);
        }
    }
}

impl Pending for LabelBatch {
    type Read = ReadLabels;

    fn is_ready(&self) -> bool {
        is_host(&self.target.device()) && is_host(&self.preds.device())
    }

    fn bytes(&self) -> usize {
        self.target.bytes() + self.preds.bytes()
    }

    fn register(&self, requests: &mut ReadRequests) {
        self.target.register(requests);
        self.preds.register(requests);
    }

    fn read(self, results: &mut ReadResults) -> ReadLabels {
        let (target, preds) = (results.take(), results.take());
        count(&target, &preds, self.nans)
    }

    fn faults(read: &ReadLabels) -> Faults {
        read.faults
    }
}

/// The counts of the pairs of a [`LabelBatch`].
#[derive(Debug)]
pub struct ReadLabels {
    counts: Counts,
    faults: Faults,
}

impl Fold for LabelPairs {
    type Pending = LabelBatch;
    type View<'a> = &'a ContingencyTable;

    fn add(&mut self, batch: ReadLabels) {
        self.faults += batch.faults;
        self.include(batch.counts);
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.include(other.counts);
    }

    fn faults(&self) -> Faults {
        self.faults
    }

    fn view(&self) -> &ContingencyTable {
        self.table
            .get_or_init(|| ContingencyTable::of(&self.counts))
    }
}

/// A table of counts: targets are rows and predicted labels columns, both in the order of the labels.
///
/// No row and no column is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContingencyTable {
    /// The number of samples.
    pub n: u64,
    /// The sum of each row, which is the count of each target label.
    pub rows: Vec<u64>,
    /// The sum of each column, which is the count of each predicted label.
    pub columns: Vec<u64>,
    /// The cells that are not 0, row by row.
    pub cells: Vec<Cell>,
}

/// A cell of a [`ContingencyTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The index of the target label.
    pub row: usize,
    /// The index of the predicted label.
    pub column: usize,
    /// How often the two labels occurred together.
    pub count: u64,
}

impl ContingencyTable {
    /// The most samples whose counts an `f64` holds exactly.
    const MOST: u64 = 1 << 53;

    /// Checks that there are samples, and not more than formulas can count.
    pub(crate) fn check(&self, metric: &str) -> Result<()> {
        match self.n {
            0 => Err(MetricError::empty(metric)),
            1..=Self::MOST => Ok(()),
            n => Err(MetricError::Undefined {
                metric: metric.to_owned(),
                expected: "at most 2^53 samples",
                got: n.to_string(),
            }),
        }
    }

    fn of(counts: &BTreeMap<(i64, i64), u64>) -> Self {
        let mut labels: Vec<i64> = counts.keys().map(|(_, pred)| *pred).collect();
        labels.sort_unstable();
        labels.dedup();
        let mut table = Self {
            columns: vec![0; labels.len()],
            cells: Vec::with_capacity(counts.len()),
            ..Self::default()
        };
        let mut last = None;
        for ((target, pred), count) in counts {
            if last.replace(*target) != Some(*target) {
                table.rows.push(0);
            }
            let row = table.rows.len() - 1;
            let column = labels.partition_point(|label| label < pred);
            let count = *count;
            for sum in [
                &mut table.n,
                &mut table.rows[row],
                &mut table.columns[column],
            ] {
                *sum = sum.saturating_add(count);
            }
            table.cells.push(Cell { row, column, count });
        }
        table
    }

    /// Creates the table from pairs on the host.
    pub(crate) fn of_pairs(pairs: impl Iterator<Item = (i64, i64)>) -> Self {
        let mut counts = BTreeMap::new();
        for pair in pairs {
            *counts.entry(pair).or_default() += 1;
        }
        Self::of(&counts)
    }

    /// Swaps rows and columns.
    pub fn transposed(&self) -> Self {
        let turn = |cell: &Cell| Cell {
            row: cell.column,
            column: cell.row,
            count: cell.count,
        };
        let mut cells: Vec<_> = self.cells.iter().map(turn).collect();
        cells.sort_unstable_by_key(|cell| (cell.row, cell.column));
        Self {
            n: self.n,
            rows: self.columns.clone(),
            columns: self.rows.clone(),
            cells,
        }
    }
}

type Counts = Vec<((i64, i64), u64)>;

fn count(target: &HostTensor, preds: &HostTensor, nans: NanStrategy) -> ReadLabels {
    let mut faults = Faults::default();
    let counts = match (target.dtype(), preds.dtype()) {
        (DType::I64, DType::I64) => count_labels(&target.read::<i64>(), &preds.read::<i64>()),
        (DType::I32, DType::I32) => count_labels(&target.read::<i32>(), &preds.read::<i32>()),
        (t, p) if !t.is_float() && !p.is_float() => count_labels(&target.labels(), &preds.labels()),
        _ => {
            let (target, preds) = (numbers(target), numbers(preds));
            faults += nans.faults(&target);
            faults += nans.faults(&preds);
            let pairs = target.into_iter().zip(preds);
            let (target, preds): (Vec<_>, Vec<_>) = pairs
                .filter_map(|(target, pred)| Some((nans.label(target)?, nans.label(pred)?)))
                .unzip();
            count_labels(&target, &preds)
        }
    };
    ReadLabels { counts, faults }
}

/// A label before conversion: an exact integer or a number that may be NaN.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

impl NanStrategy {
    /// Converts the label, or returns `None` if it is NaN and not replaced.
    pub(crate) fn label(self, number: Number) -> Option<i64> {
        match (number, self) {
            (Number::Int(label), _) => Some(label),
            (Number::Float(number), Self::Replace(other)) if number.is_nan() => Some(other as i64),
            (Number::Float(number), _) => (!number.is_nan()).then_some(number as i64),
        }
    }

    /// The NaNs among labels, if they are faults.
    pub(crate) fn faults(self, labels: &[Number]) -> Faults {
        let nan = |label: &&Number| matches!(label, Number::Float(number) if number.is_nan());
        match self {
            Self::Error => Faults::of(Fault::Nan, labels.iter().filter(nan).count() as u64),
            _ => Faults::default(),
        }
    }
}

/// Reads the labels of a tensor.
pub(crate) fn numbers(labels: &HostTensor) -> Vec<Number> {
    let dtype = labels.dtype();
    match dtype {
        DType::F32 => {
            let numbers = labels.read::<f32>();
            numbers.iter().map(|n| Number::Float((*n).into())).collect()
        }
        _ if dtype.is_float() => {
            let numbers = labels.read::<f64>();
            numbers.iter().map(|n| Number::Float(*n)).collect()
        }
        _ => {
            let numbers = labels.labels();
            numbers.iter().map(|n| Number::Int(*n)).collect()
        }
    }
}

/// The minimum label, and the number of labels from it to the maximum.
#[derive(Clone, Copy)]
struct Span {
    least: i64,
    width: u64,
}

impl Span {
    fn of<L: Copy + Ord + Into<i64>>(labels: &[L]) -> Option<Self> {
        let first = *labels.first()?;
        let (least, greatest) = (labels.iter().copied())
            .fold((first, first), |(a, b), label| (a.min(label), b.max(label)));
        let (least, greatest): (i64, i64) = (least.into(), greatest.into());
        Some(Self {
            least,
            width: greatest.abs_diff(least).saturating_add(1),
        })
    }
}

fn count_labels<L: Copy + Ord + Into<i64> + Send + Sync>(target: &[L], preds: &[L]) -> Counts {
    let (Some(rows), Some(columns)) = (Span::of(target), Span::of(preds)) else {
        return Counts::new();
    };
    // With few samples, most cells of a table would be empty. With many, a table is no larger than the samples.
    let n = target.len() as u64;
    let most = DENSE.max(n).min(16 * n);
    match rows.width.checked_mul(columns.width) {
        Some(cells) if cells <= most => count_cells(target, preds, rows, columns),
        _ => count_runs(target, preds),
    }
}

/// Counts pairs in a dense table over the range of the labels.
fn count_cells<L: Copy + Into<i64> + Sync>(
    target: &[L],
    preds: &[L],
    rows: Span,
    columns: Span,
) -> Counts {
    let width = columns.width as usize;
    let cells = rows.width as usize * width;
    let of_chunk = |(target, preds): (&[L], &[L])| {
        // Two tables are used in turn, so that an increment does not have to wait for the one before.
        let mut tables = vec![[0u64; 2]; cells];
        let place = |target: L, pred: L| {
            let (target, pred): (i64, i64) = (target.into(), pred.into());
            (target - rows.least) as usize * width + (pred - columns.least) as usize
        };
        let halves = (target.chunks(2)).zip(preds.chunks(2));
        for (target, preds) in halves {
            for (i, (target, pred)) in target.iter().zip(preds).enumerate() {
                tables[place(*target, *pred)][i] += 1;
            }
        }
        tables
    };
    let add = |mut a: Vec<[u64; 2]>, b: Vec<[u64; 2]>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a = [a[0] + b[0], a[1] + b[1]];
        }
        a
    };
    // Each thread has its own table, as long as the table is no larger than its samples.
    let chunk = (target.len().div_ceil(rayon::current_num_threads()))
        .max(CHUNK)
        .max(cells);
    let tables = match target.len() <= chunk {
        true => of_chunk((target, preds)),
        false => (target.par_chunks(chunk).zip(preds.par_chunks(chunk)))
            .map(of_chunk)
            .reduce_with(add)
            .unwrap_or_default(),
    };
    let counts = tables.into_iter().map(|[a, b]| a + b).enumerate();
    let label = |span: Span, at: usize| span.least + at as i64;
    counts
        .filter(|(_, n)| *n > 0)
        .map(|(at, n)| ((label(rows, at / width), label(columns, at % width)), n))
        .collect()
}

/// Sorts the pairs and counts equal ones.
fn count_runs<L: Copy + Ord + Into<i64> + Send + Sync>(target: &[L], preds: &[L]) -> Counts {
    let mut pairs: Vec<(L, L)> = target.iter().copied().zip(preds.iter().copied()).collect();
    match pairs.len() < CHUNK {
        true => pairs.sort_unstable(),
        false => pairs.par_sort_unstable(),
    }
    let runs = pairs.chunk_by(|a, b| a == b);
    runs.map(|run| ((run[0].0.into(), run[0].1.into()), run.len() as u64))
        .collect()
}

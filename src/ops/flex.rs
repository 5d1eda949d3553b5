//! One pass over host memory, in blocks that stay in the first-level cache; parallel when it pays.

use std::array;

use burn::{
    backend::{
        Flex,
        flex::FlexTensor,
        tensor::{FloatTensor, IntTensor},
    },
    tensor::{DType, Element, ElementConversion, FloatDType, TensorData, bf16, f16},
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, MetricOps, PairTerm, Predictions,
    ScoreSpec, Weights,
};
use crate::Faults;

impl MetricOps for Flex {
    fn count_classes(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        spec: ClassSpec,
    ) -> IntTensor<Self> {
        tensor::<i64>(class_table(preds, target, None, spec))
    }

    fn weigh_classes(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        spec: ClassSpec,
    ) -> FloatTensor<Self> {
        tensor::<f64>(class_table(preds, target, Some(weights), spec))
    }

    fn count_labels(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        spec: LabelSpec,
    ) -> IntTensor<Self> {
        tensor::<i64>(label_table(preds, target, None, spec))
    }

    fn weigh_labels(
        preds: Predictions<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        spec: LabelSpec,
    ) -> FloatTensor<Self> {
        tensor::<f64>(label_table(preds, target, Some(weights), spec))
    }

    fn count_bins(
        scores: FloatTensor<Self>,
        target: IntTensor<Self>,
        thresholds: FloatTensor<Self>,
        spec: ScoreSpec,
    ) -> IntTensor<Self> {
        tensor::<i64>(histogram::fill(scores, target, None, thresholds, spec))
    }

    fn weigh_bins(
        scores: FloatTensor<Self>,
        target: IntTensor<Self>,
        weights: FloatTensor<Self>,
        thresholds: FloatTensor<Self>,
        spec: ScoreSpec,
    ) -> FloatTensor<Self> {
        tensor::<f64>(histogram::fill(
            scores,
            target,
            Some(weights),
            thresholds,
            spec,
        ))
    }

    fn pair_moments(
        preds: FloatTensor<Self>,
        target: FloatTensor<Self>,
        weights: Weights<Self>,
        _dtype: FloatDType,
    ) -> FloatTensor<Self> {
        pairs::moments(preds, target, weights_of(weights))
    }

    fn pair_sums(
        preds: FloatTensor<Self>,
        target: FloatTensor<Self>,
        weights: Weights<Self>,
        term: PairTerm,
        _dtype: FloatDType,
    ) -> FloatTensor<Self> {
        pairs::sums(preds, target, weights_of(weights), term)
    }
}

fn weights_of(weights: Weights<Flex>) -> Option<FlexTensor> {
    match weights {
        Weights::Equal => None,
        Weights::Each(weights) => Some(weights),
    }
}

/// A table as a tensor: `i64` counts or `f64` sums.
fn tensor<C: Cell + Element>(table: Vec<C>) -> FlexTensor {
    let shape = [table.len()];
    FlexTensor::from_data(TensorData::new(table, shape))
}

/// Elements a block: its predictions and targets take 4 kB.
const BLOCK: usize = 512;
/// Below so many scores a second thread costs more than it brings.
const PARALLEL: usize = 1 << 16;

/// What a cell of a table holds: counts, or sums of weights.
trait Cell: Copy + Default + Send + Sync + std::ops::AddAssign {
    const ONE: Self;

    fn from_weight(weight: f64) -> Self;

    fn is_nan(self) -> bool;

    fn times(self, n: u32) -> Self;

    /// The same or zero, without a branch for counts.
    fn when(self, condition: bool) -> Self;
}

impl Cell for i64 {
    const ONE: Self = 1;

    fn from_weight(weight: f64) -> Self {
        weight as i64
    }

    fn is_nan(self) -> bool {
        false
    }

    fn times(self, n: u32) -> Self {
        self * i64::from(n)
    }

    #[inline(always)]
    fn when(self, condition: bool) -> Self {
        self * i64::from(condition)
    }
}

impl Cell for f64 {
    const ONE: Self = 1.0;

    fn from_weight(weight: f64) -> Self {
        weight
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn times(self, n: u32) -> Self {
        self * f64::from(n)
    }

    #[inline(always)]
    fn when(self, condition: bool) -> Self {
        if condition { self } else { 0.0 }
    }
}

/// A label of a block: a class, or one of these.
const IGNORED: i32 = -1;
const OUT_OF_RANGE: i32 = -2;
const NAN: i32 = -3;

/// The typed memory of a contiguous tensor.
macro_rules! with_slice {
    ($tensor:expr, [$($dtype:pat => $T:ty),+], $slice:ident => $body:expr) => {
        match $tensor.dtype() {
            $($dtype => {
                let $slice: &[$T] = $tensor.as_slice().unwrap_or_default();
                $body
            })+
            other => unreachable!("inputs are checked to have a supported type, not {other:?}"),
        }
    };
}

macro_rules! with_ints {
    ($tensor:expr, $slice:ident => $body:expr) => {
        with_slice!($tensor, [
            DType::I64 => i64, DType::I32 => i32, DType::I16 => i16, DType::I8 => i8,
            DType::U64 => u64, DType::U32 => u32, DType::U16 => u16, DType::U8 => u8
        ], $slice => $body)
    };
}

macro_rules! with_floats {
    ($tensor:expr, $slice:ident => $body:expr) => {
        with_slice!($tensor, [
            DType::F32 => f32, DType::F64 => f64, DType::F16 => f16, DType::BF16 => bf16
        ], $slice => $body)
    };
}

// After the macros, which they use.
mod histogram;
mod pairs;

fn read_weights(weights: Option<FlexTensor>) -> Option<Vec<f64>> {
    let weights = weights?.to_contiguous();
    Some(with_floats!(weights, slice => slice.iter().map(|w| w.elem()).collect()))
}

fn class_table<C: Cell>(
    preds: Predictions<Flex>,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    spec: ClassSpec,
) -> Vec<C> {
    let Extent { samples, inner } = spec.extent;
    let pairs = spec.classes * spec.classes;
    if spec.table == ClassTable::PerClass && pairs <= PAIRS.min(samples * inner) {
        let table = ClassTable::Confusion;
        let pairs = class_table(preds, target, weights, ClassSpec { table, ..spec });
        return per_class(&pairs, spec);
    }
    // Pairs are counted in tables of their own, with a last cell for what is ignored.
    let stride = spec.len() + 1;
    let interleaved = weights.is_none()
        && spec.table == ClassTable::Confusion
        && COPIES * stride <= PAIRS.min(samples * inner);
    let target = target.to_contiguous();
    let weights = read_weights(weights);
    let preds = contiguous(preds);

    let fill = |table: &mut [C], start: usize, pred: &mut [i32], truth: &mut [i32]| {
        let end = start + truth.len();
        with_ints!(target, target => {
            read_labels(&target[start..end], spec.classes, spec.ignore_index, truth)
        });
        match &preds {
            Predictions::Scores(scores) => with_floats!(scores, scores => {
                Arch::new().dispatch(PredictClasses { scores, start, spec, truth, pred })
            }),
            Predictions::Labels(labels) => with_ints!(labels, labels => {
                read_labels(&labels[start..end], spec.classes, None, pred)
            }),
        }
        match &weights {
            None if interleaved => {
                let classes = spec.classes as i32;
                Arch::new().dispatch(PairCells {
                    truth,
                    classes,
                    pred,
                });
                count_interleaved(table, pred, stride);
            }
            None => tally_classes(table, pred, truth, spec, start, |_| C::ONE),
            Some(weights) => tally_classes(table, pred, truth, spec, start, |i| {
                C::from_weight(weights[(start + i) / inner])
            }),
        }
    };
    let scores = match preds {
        Predictions::Scores(_) => spec.classes,
        Predictions::Labels(_) => 1,
    };
    if interleaved {
        let tables = pass(samples * inner, scores, COPIES * stride, fill);
        let sum = |cell| {
            let copies = tables[cell..].iter().step_by(stride);
            copies.fold(C::default(), |mut sum, n| {
                sum += *n;
                sum
            })
        };
        return (0..spec.len()).map(sum).collect();
    }
    pass(samples * inner, scores, spec.len(), fill)
}

/// Up to so many pairs of classes it is faster to count pairs, one cell an element, and add them up.
const PAIRS: usize = 4096;
/// Neighbours are counted in so many tables in turn: a count that was just written is slow to read.
const COPIES: usize = 4;

/// Replaces the predictions of a block by the cells of a confusion table that count them.
struct PairCells<'a> {
    truth: &'a [i32],
    classes: i32,
    pred: &'a mut [i32],
}

impl WithSimd for PairCells<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let classes = self.classes;
        let [labels, nans, ignored] = [0, 1, 2].map(|place| classes * classes + place);
        for (pred, truth) in self.pred.iter_mut().zip(self.truth) {
            let (p, t) = (*pred, *truth);
            let no_label = (t == OUT_OF_RANGE) | ((t >= 0) & (p == OUT_OF_RANGE));
            let at_fault = if no_label { labels } else { nans };
            let left_out = if t == IGNORED { ignored } else { at_fault };
            let good = (t >= 0) & (p >= 0);
            *pred = if good { t * classes + p } else { left_out };
        }
    }
}

fn count_interleaved<C: Cell>(tables: &mut [C], cells: &[i32], stride: usize) {
    let (chunks, rest) = cells.as_chunks::<COPIES>();
    for chunk in chunks {
        for (copy, cell) in chunk.iter().enumerate() {
            tables[copy * stride + *cell as usize] += C::ONE;
        }
    }
    for cell in rest {
        tables[*cell as usize] += C::ONE;
    }
}

/// The counts of each class, from those of pairs.
fn per_class<C: Cell>(pairs: &[C], spec: ClassSpec) -> Vec<C> {
    let classes = spec.classes;
    let mut table = vec![C::default(); spec.len()];
    let (cells, faults) = table.split_at_mut(spec.cells());
    let (pairs, their_faults) = pairs.split_at(classes * classes);
    faults.copy_from_slice(their_faults);
    for (truth, row) in pairs.chunks_exact(classes).enumerate() {
        for (pred, n) in row.iter().enumerate() {
            if pred == truth {
                cells[truth] += *n;
            } else {
                cells[classes + pred] += *n;
                cells[2 * classes + truth] += *n;
            }
        }
    }
    table
}

fn label_table<C: Cell>(
    preds: Predictions<Flex>,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    spec: LabelSpec,
) -> Vec<C> {
    let target = target.to_contiguous();
    let weights = read_weights(weights);
    let preds = contiguous(preds);
    let Extent { samples, inner } = spec.extent;
    let elements = samples * spec.labels * inner;
    // Elements in a row that are counted in the same four cells.
    let run = match (&weights, spec.table, spec.labels) {
        (None, LabelTable::Global, 1) => elements,
        _ => inner,
    };

    let fill = |table: &mut [C], start: usize, pred: &mut [i32], truth: &mut [i32]| {
        let end = start + truth.len();
        with_ints!(target, target => {
            read_labels(&target[start..end], 2, spec.ignore_index, truth)
        });
        match &preds {
            Predictions::Scores(scores) => with_floats!(scores, scores => {
                let (scores, threshold) = (&scores[start..end], spec.threshold);
                Arch::new().dispatch(PredictLabels { scores, threshold, pred })
            }),
            Predictions::Labels(labels) => with_ints!(labels, labels => {
                read_labels(&labels[start..end], 2, None, pred)
            }),
        }
        if run == 1 {
            return tally_rows(table, pred, truth, spec, start, |sample| match &weights {
                None => C::ONE,
                Some(weights) => C::from_weight(weights[sample]),
            });
        }
        let mut at = start;
        while at < end {
            let (row, next) = (at / run, end.min((at / run + 1) * run));
            let (sample, label) = (row / spec.labels, row % spec.labels);
            let weight = match &weights {
                None => C::ONE,
                Some(weights) => C::from_weight(weights[sample]),
            };
            let here = at - start..next - start;
            let (pred, truth) = (&pred[here.clone()], &truth[here]);
            if spec.table == LabelTable::Errors {
                let cell = spec.base(sample) + at % inner;
                tally_errors(table, cell, pred, truth, weight);
            } else {
                let cell = spec.base(sample) + label;
                tally_labels(table, cell, pred, truth, weight, spec.labels);
            }
            at = next;
        }
    };
    pass(elements, 1, spec.len(), fill)
}

fn contiguous(preds: Predictions<Flex>) -> Predictions<Flex> {
    match preds {
        Predictions::Scores(scores) => Predictions::Scores(scores.to_contiguous()),
        Predictions::Labels(labels) => Predictions::Labels(labels.to_contiguous()),
    }
}

/// Fills a table of `len` cells from `elements` elements, block by block, given buffers for the
/// predictions and targets of a block; on all cores if there are enough scores to read.
fn pass<C: Cell>(
    elements: usize,
    scores: usize,
    len: usize,
    fill: impl Fn(&mut [C], usize, &mut [i32], &mut [i32]) + Sync,
) -> Vec<C> {
    let range = |mut table: Vec<C>, blocks: std::ops::Range<usize>| {
        let (mut pred, mut truth) = ([0; BLOCK], [0; BLOCK]);
        for block in blocks {
            let start = block * BLOCK;
            let n = BLOCK.min(elements - start);
            fill(&mut table, start, &mut pred[..n], &mut truth[..n]);
        }
        table
    };
    let blocks = elements.div_ceil(BLOCK);
    let empty = || vec![C::default(); len];
    // Each thread has a table of its own, so a table larger than the input is filled by one.
    if elements * scores < PARALLEL || len > elements {
        return range(empty(), 0..blocks);
    }
    let chunks = blocks.min(4 * rayon::current_num_threads());
    (0..chunks)
        .into_par_iter()
        .map(|i| i * blocks / chunks..(i + 1) * blocks / chunks)
        .fold(empty, range)
        .reduce(empty, |mut table, other| {
            table.iter_mut().zip(other).for_each(|(sum, n)| *sum += n);
            table
        })
}

// `Arch::dispatch` compiles the loops that follow for the instruction sets that processors may have and runs the
// best one. They are structs because a closure would not be inlined there, and so compiled once for all.

/// Reads a block of labels.
struct ReadLabels<'a, T> {
    from: &'a [T],
    classes: usize,
    ignore: Option<i64>,
    to: &'a mut [i32],
}

impl<T: Label> WithSimd for ReadLabels<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let classes = self.classes as i64;
        let labels = self.to.iter_mut().zip(self.from);
        match self.ignore {
            None => labels.for_each(|(to, from)| *to = in_range(from.to_i64(), classes)),
            Some(ignore) => labels.for_each(|(to, from)| {
                *to = match from.to_i64() {
                    label if label == ignore => IGNORED,
                    label => in_range(label, classes),
                }
            }),
        }
    }
}

fn read_labels<T: Label>(from: &[T], classes: usize, ignore: Option<i64>, to: &mut [i32]) {
    Arch::new().dispatch(ReadLabels {
        from,
        classes,
        ignore,
        to,
    });
}

#[inline(always)]
fn in_range(label: i64, classes: i64) -> i32 {
    if (0..classes).contains(&label) {
        label as i32
    } else {
        OUT_OF_RANGE
    }
}

/// An integer type that labels come in.
trait Label: Copy {
    fn to_i64(self) -> i64;
}

macro_rules! label {
    ($($T:ty),+) => {
        $(impl Label for $T {
            #[inline(always)]
            fn to_i64(self) -> i64 {
                self as i64
            }
        })+
    };
}

label!(i64, i32, i16, i8, u64, u32, u16, u8);

/// A floating-point type that scores come in, and the one in which they are compared.
trait Score: Copy {
    type Wide: histogram::Wide;

    fn wide(self) -> Self::Wide;

    fn threshold(threshold: f64) -> Self::Wide;
}

macro_rules! score {
    ($($T:ty => $Wide:ty),+) => {
        $(impl Score for $T {
            type Wide = $Wide;

            #[inline(always)]
            fn wide(self) -> $Wide {
                <$Wide>::from(self)
            }

            fn threshold(threshold: f64) -> $Wide {
                threshold as $Wide
            }
        })+
    };
}

score!(f32 => f32, f64 => f64, f16 => f32, bf16 => f32);

/// Only NaN differs from itself.
#[inline(always)]
#[allow(clippy::eq_op)]
fn is_nan<W: PartialOrd>(score: W) -> bool {
    score != score
}

/// Predicts a block of labels.
struct PredictLabels<'a, S> {
    scores: &'a [S],
    threshold: f64,
    pred: &'a mut [i32],
}

impl<S: Score> WithSimd for PredictLabels<'_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _simd: T) {
        let threshold = S::threshold(self.threshold);
        for (pred, score) in self.pred.iter_mut().zip(self.scores) {
            let score = score.wide();
            *pred = if is_nan(score) {
                NAN
            } else {
                i32::from(score > threshold)
            };
        }
    }
}

/// Predicts a block of classes.
struct PredictClasses<'a, S> {
    scores: &'a [S],
    start: usize,
    spec: ClassSpec,
    truth: &'a [i32],
    pred: &'a mut [i32],
}

impl<S: Score> WithSimd for PredictClasses<'_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _simd: T) {
        let Self {
            scores,
            start,
            spec,
            truth,
            pred,
        } = self;
        let (classes, inner) = (spec.classes, spec.extent.inner);
        let choose = |row: &[S], truth: i32| match spec.top_k {
            // What is left out anyway needs no prediction.
            _ if truth < 0 => 0,
            1 => argmax(row),
            k => among_top(row, truth as usize, k),
        };
        if inner > 1 {
            let mut row = vec![scores[0]; classes];
            for (i, (pred, truth)) in pred.iter_mut().zip(truth).enumerate() {
                let (sample, place) = ((start + i) / inner, (start + i) % inner);
                let first = sample * classes * inner + place;
                row.iter_mut()
                    .zip(scores[first..].iter().step_by(inner))
                    .for_each(|(to, from)| *to = *from);
                *pred = choose(&row, *truth);
            }
            return;
        }
        let scores = &scores[start * classes..][..pred.len() * classes];
        let done = match size_of::<S::Wide>() {
            _ if spec.top_k > 1 || classes >= SHORT => 0,
            8 => argmax_short::<S, 4>(scores, classes, pred),
            _ => argmax_short::<S, 8>(scores, classes, pred),
        };
        let (pred, truth) = (&mut pred[done..], &truth[done..]);
        let rows = scores[done * classes..].chunks_exact(classes);
        for ((pred, truth), row) in pred.iter_mut().zip(truth).zip(rows) {
            *pred = choose(row, *truth);
        }
    }
}

/// Rows below this length are short: several of them are compared at once.
const SHORT: usize = 2 * LANES;

/// The index of the first greatest score of each row, `ROWS` rows at once; how many were done.
#[inline(always)]
fn argmax_short<S: Score, const ROWS: usize>(
    scores: &[S],
    classes: usize,
    pred: &mut [i32],
) -> usize {
    let (groups, rest) = pred.as_chunks_mut::<ROWS>();
    let rest = rest.len();
    for (pred, scores) in groups.iter_mut().zip(scores.chunks_exact(ROWS * classes)) {
        let rows: [&[S]; ROWS] = array::from_fn(|row| &scores[row * classes..][..classes]);
        let mut best: [S::Wide; ROWS] = array::from_fn(|row| rows[row][0].wide());
        let mut at = [0; ROWS];
        // A NaN shows in the sum, which costs less than asking each score.
        let mut sum: [S::Wide; ROWS] = array::from_fn(|_| S::threshold(0.0));
        // All rows go on in step.
        #[allow(clippy::needless_range_loop)]
        for class in 0..classes {
            for row in 0..ROWS {
                let score = rows[row][class].wide();
                let better = score > best[row];
                best[row] = if better { score } else { best[row] };
                at[row] = if better { class as i32 } else { at[row] };
                sum[row] = sum[row] + score;
            }
        }
        *pred = at;
        if sum.iter().any(|sum| is_nan(*sum)) {
            // Or infinite scores of both signs.
            pred.iter_mut()
                .zip(rows)
                .for_each(|(pred, row)| *pred = argmax(row));
        }
    }
    pred.len() - rest
}

/// Scores that are compared at once in rows longer than this.
const LANES: usize = 16;

/// The index of the first greatest score.
#[inline(always)]
fn argmax<S: Score>(row: &[S]) -> i32 {
    if row.len() < SHORT {
        let (mut best, mut at, mut nan) = (row[0].wide(), 0, false);
        for (i, score) in row.iter().enumerate() {
            let score = score.wide();
            nan |= is_nan(score);
            let better = score > best;
            best = if better { score } else { best };
            at = if better { i as i32 } else { at };
        }
        return if nan { NAN } else { at };
    }
    let (mut best, mut nan) = ([row[0].wide(); LANES], [false; LANES]);
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let score = chunk[lane].wide();
            nan[lane] |= is_nan(score);
            best[lane] = if score > best[lane] {
                score
            } else {
                best[lane]
            };
        }
    }
    let mut greatest = best[0];
    for score in best
        .into_iter()
        .chain(rest.iter().map(|score| score.wide()))
    {
        nan[0] |= is_nan(score);
        greatest = if score > greatest { score } else { greatest };
    }
    if nan.contains(&true) {
        return NAN;
    }
    let equal = |chunk: &[S]| {
        chunk
            .iter()
            .fold(false, |any, s| any | (s.wide() == greatest))
    };
    let chunk = row.chunks(4 * LANES).position(equal).unwrap_or_default();
    let from = chunk * 4 * LANES;
    let within = row[from..].iter().position(|s| s.wide() == greatest);
    (from + within.unwrap_or_default()) as i32
}

/// The target if fewer than `k` classes are ahead of it, by score and then by index; else the index of
/// the greatest score. No sorting: the classes ahead are counted.
#[inline(always)]
fn among_top<S: Score>(row: &[S], truth: usize, k: usize) -> i32 {
    let own = row[truth].wide();
    let (mut ahead, mut nan) = (0u32, 0u32);
    for score in row {
        let score = score.wide();
        ahead += u32::from(score > own);
        nan += u32::from(is_nan(score));
    }
    if nan > 0 {
        return NAN;
    }
    if ahead < k as u32 {
        ahead += row[..truth]
            .iter()
            .map(|s| u32::from(s.wide() == own))
            .sum::<u32>();
    }
    if ahead < k as u32 {
        truth as i32
    } else {
        argmax(row)
    }
}

/// Counts the elements of a block, the first of which has the index `start`.
#[inline(always)]
fn tally_classes<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    spec: ClassSpec,
    start: usize,
    weight_of: impl Fn(usize) -> C,
) {
    let classes = spec.classes;
    let base = |i: usize| spec.base((start + i) / spec.extent.inner);
    let per_class = |table: &mut [C], pred: usize, truth: usize, weight: C| {
        table[truth] += weight.when(pred == truth);
        table[classes + pred] += weight.when(pred != truth);
        table[2 * classes + truth] += weight.when(pred != truth);
    };
    // One loop a table: none asks again which one it fills.
    macro_rules! fill {
        (|$table:ident, $i:ident, $pred:ident, $truth:ident, $weight:ident| $add:expr) => {
            each(
                table,
                pred,
                truth,
                classes,
                weight_of,
                |$table, $i, $pred, $truth, $weight| $add,
            )
        };
    }
    match spec.table {
        ClassTable::PerClass => fill!(|table, _i, p, t, w| per_class(table, p, t, w)),
        ClassTable::PerSample => {
            fill!(|table, i, p, t, w| per_class(&mut table[base(i)..], p, t, w))
        }
        ClassTable::Confusion => fill!(|table, _i, p, t, w| table[t * classes + p] += w),
        ClassTable::Errors => fill!(|table, i, p, t, w| table[base(i)] += w.when(p != t)),
    }
}

/// Calls `add` with each element that is neither ignored nor at fault: the table, its index, the
/// predicted and the true class, and its weight.
#[inline(always)]
fn each<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    classes: usize,
    weight_of: impl Fn(usize) -> C,
    add: impl Fn(&mut [C], usize, usize, usize, C),
) {
    let faults = table.len() - Faults::LEN;
    for (i, (pred, truth)) in pred.iter().zip(truth).enumerate() {
        let weight = weight_of(i);
        // What is no class is a large number.
        let (class, target) = (*pred as usize, *truth as usize);
        if class < classes && target < classes && !weight.is_nan() {
            add(table, i, class, target, weight);
        } else if *truth == OUT_OF_RANGE || (*truth >= 0 && *pred == OUT_OF_RANGE) {
            table[faults] += C::ONE;
        } else if *truth != IGNORED {
            table[faults + 1] += C::ONE;
        }
    }
}

/// Counts the wrong ones among elements of one label, each in its own cell from `cell` on.
fn tally_errors<C: Cell>(table: &mut [C], cell: usize, pred: &[i32], truth: &[i32], weight: C) {
    let faults = table.len() - Faults::LEN;
    for (i, (pred, truth)) in pred.iter().zip(truth).enumerate() {
        match (*truth, *pred) {
            (IGNORED, _) => {}
            (OUT_OF_RANGE, _) | (_, OUT_OF_RANGE) => table[faults] += C::ONE,
            (_, NAN) => table[faults + 1] += C::ONE,
            _ if weight.is_nan() => table[faults + 1] += C::ONE,
            (truth, pred) if truth != pred => table[cell + i] += weight,
            _ => {}
        }
    }
}

/// Counts elements whose neighbours are of the next label; the first has the index `start`.
#[inline(always)]
fn tally_rows<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    spec: LabelSpec,
    start: usize,
    weight_of: impl Fn(usize) -> C,
) {
    let (labels, faults) = (spec.labels, table.len() - Faults::LEN);
    let (mut sample, mut label) = (start / labels, start % labels);
    for (pred, truth) in pred.iter().zip(truth) {
        let weight = weight_of(sample);
        let base = spec.base(sample);
        if *pred >= 0 && *truth >= 0 && !weight.is_nan() {
            if spec.table == LabelTable::Errors {
                table[base] += weight.when(pred != truth);
            } else {
                table[base + (3 - 2 * pred - truth) as usize * labels + label] += weight;
            }
        } else if *truth == OUT_OF_RANGE || (*truth >= 0 && *pred == OUT_OF_RANGE) {
            table[faults] += C::ONE;
        } else if *truth != IGNORED {
            table[faults + 1] += C::ONE;
        }
        label += 1;
        if label == labels {
            (sample, label) = (sample + 1, 0);
        }
    }
}

/// Counts elements of one label: its cells are `cell` and those `labels`, `2 * labels` and `3 * labels`
/// further.
#[inline(always)]
fn tally_labels<C: Cell>(
    table: &mut [C],
    cell: usize,
    pred: &[i32],
    truth: &[i32],
    weight: C,
    labels: usize,
) {
    let faults = table.len() - Faults::LEN;
    // Counted without branches, in registers.
    let [
        mut hit,
        mut raised,
        mut present,
        mut counted,
        mut out,
        mut nan,
    ] = [0u32; 6];
    for (pred, truth) in pred.iter().zip(truth) {
        let bad_label = (*truth != IGNORED) & ((*truth == OUT_OF_RANGE) | (*pred == OUT_OF_RANGE));
        let bad_score = (*truth >= 0) & (*pred == NAN);
        let good = (*truth >= 0) & (*pred >= 0);
        out += u32::from(bad_label);
        nan += u32::from(bad_score);
        counted += u32::from(good);
        hit += u32::from(good & (*pred == 1) & (*truth == 1));
        raised += u32::from(good & (*pred == 1));
        present += u32::from(good & (*truth == 1));
    }
    let mut add = |at: usize, n: u32, each: C| {
        if n > 0 {
            table[at] += each.times(n);
        }
    };
    add(faults, out, C::ONE);
    if weight.is_nan() {
        add(faults + 1, nan + counted, C::ONE);
        return;
    }
    add(faults + 1, nan, C::ONE);
    add(cell, hit, weight);
    add(cell + labels, raised - hit, weight);
    add(cell + 2 * labels, present - hit, weight);
    add(cell + 3 * labels, counted + hit - raised - present, weight);
}

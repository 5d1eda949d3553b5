//! One pass over host memory, in blocks that stay in the first-level cache; parallel when it pays.

use burn::{
    backend::{
        Flex,
        flex::FlexTensor,
        tensor::{FloatTensor, IntTensor},
    },
    tensor::{DType, Element, TensorData, bf16, f16},
};
use rayon::prelude::*;

use super::{ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, MetricOps, Predictions};
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
}

/// A table as a tensor: `i64` counts or `f64` sums.
fn tensor<C: Cell + Element>(table: Vec<C>) -> FlexTensor {
    let shape = [table.len()];
    FlexTensor::from_data(TensorData::new(table, shape))
}

/// Elements a block: its predictions and targets take 16 kB.
const BLOCK: usize = 2048;
/// Below so many scores a second thread costs more than it brings.
const PARALLEL: usize = 1 << 16;

/// What a cell of a table holds: counts, or sums of weights.
trait Cell: Copy + Default + Send + Sync + std::ops::AddAssign {
    const ONE: Self;

    fn from_weight(weight: f64) -> Self;

    fn is_nan(self) -> bool;

    fn times(self, n: u32) -> Self;
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

fn read_weights(weights: Option<FlexTensor>) -> Option<Vec<f64>> {
    let weights = weights?.to_contiguous();
    Some(with_floats!(weights, slice => slice.iter().map(|w| f64::from(*w)).collect()))
}

fn class_table<C: Cell>(
    preds: Predictions<Flex>,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    spec: ClassSpec,
) -> Vec<C> {
    let target = target.to_contiguous();
    let weights = read_weights(weights);
    let preds = contiguous(preds);
    let Extent { samples, inner } = spec.extent;

    let fill = |table: &mut [C], start: usize, pred: &mut [i32], truth: &mut [i32]| {
        let end = start + truth.len();
        with_ints!(target, target => {
            read_labels(&target[start..end], spec.classes, spec.ignore_index, truth)
        });
        match &preds {
            Predictions::Scores(scores) => with_floats!(scores, scores => {
                simd(|| predict_classes(scores, start, spec, truth, pred))
            }),
            Predictions::Labels(labels) => with_ints!(labels, labels => {
                read_labels(&labels[start..end], spec.classes, None, pred)
            }),
        }
        match &weights {
            None => tally_classes(table, pred, truth, spec, |i| (C::ONE, (start + i) / inner)),
            Some(weights) => tally_classes(table, pred, truth, spec, |i| {
                let sample = (start + i) / inner;
                (C::from_weight(weights[sample]), sample)
            }),
        }
    };
    let scores = match preds {
        Predictions::Scores(_) => spec.classes,
        Predictions::Labels(_) => 1,
    };
    pass(samples * inner, scores, spec.len(), fill)
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
                simd(|| predict_labels(&scores[start..end], spec.threshold, pred))
            }),
            Predictions::Labels(labels) => with_ints!(labels, labels => {
                read_labels(&labels[start..end], 2, None, pred)
            }),
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

/// Compiles `f` for the instruction sets that processors may have and runs the best one.
#[inline(always)]
fn simd<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

fn read_labels<T: Label>(from: &[T], classes: usize, ignore: Option<i64>, to: &mut [i32]) {
    let classes = classes as i64;
    match ignore {
        None => convert(from, to, |label| in_range(label, classes)),
        Some(ignore) => convert(from, to, |label| match label == ignore {
            true => IGNORED,
            false => in_range(label, classes),
        }),
    }
}

#[inline(always)]
fn convert<T: Label>(from: &[T], to: &mut [i32], f: impl Fn(i64) -> i32) {
    to.iter_mut()
        .zip(from)
        .for_each(|(to, from)| *to = f(from.to_i64()));
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
    type Wide: Copy + PartialOrd;

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

#[inline(always)]
fn predict_labels<S: Score>(scores: &[S], threshold: f64, pred: &mut [i32]) {
    let threshold = S::threshold(threshold);
    for (pred, score) in pred.iter_mut().zip(scores) {
        let score = score.wide();
        *pred = if is_nan(score) {
            NAN
        } else {
            i32::from(score > threshold)
        };
    }
}

#[inline(always)]
fn predict_classes<S: Score>(
    scores: &[S],
    start: usize,
    spec: ClassSpec,
    truth: &[i32],
    pred: &mut [i32],
) {
    let (classes, inner) = (spec.classes, spec.extent.inner);
    let choose = |row: &[S], truth: i32| match spec.top_k {
        // What is left out anyway needs no prediction.
        _ if truth < 0 => 0,
        1 => argmax(row),
        k => among_top(row, truth as usize, k),
    };
    if inner == 1 {
        let rows = scores[start * classes..].chunks_exact(classes);
        for ((pred, truth), row) in pred.iter_mut().zip(truth).zip(rows) {
            *pred = choose(row, *truth);
        }
    } else {
        let mut row = vec![scores[0]; classes];
        for (i, (pred, truth)) in pred.iter_mut().zip(truth).enumerate() {
            let (sample, place) = ((start + i) / inner, (start + i) % inner);
            let first = sample * classes * inner + place;
            row.iter_mut()
                .zip(scores[first..].iter().step_by(inner))
                .for_each(|(to, from)| *to = *from);
            *pred = choose(&row, *truth);
        }
    }
}

/// Scores that are compared at once in rows longer than this.
const LANES: usize = 16;

/// The index of the first greatest score.
#[inline(always)]
fn argmax<S: Score>(row: &[S]) -> i32 {
    if row.len() < 2 * LANES {
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

#[inline(always)]
fn tally_classes<C: Cell>(
    table: &mut [C],
    pred: &[i32],
    truth: &[i32],
    spec: ClassSpec,
    weight_of: impl Fn(usize) -> (C, usize),
) {
    let (classes, faults) = (spec.classes, table.len() - Faults::LEN);
    for (i, (pred, truth)) in pred.iter().zip(truth).enumerate() {
        if *truth == IGNORED {
            continue;
        }
        let (weight, sample) = weight_of(i);
        if *truth == OUT_OF_RANGE || *pred == OUT_OF_RANGE {
            table[faults] += C::ONE;
        } else if *pred == NAN || weight.is_nan() {
            table[faults + 1] += C::ONE;
        } else {
            let (pred, truth, base) = (*pred as usize, *truth as usize, spec.base(sample));
            match spec.table {
                ClassTable::Confusion => table[truth * classes + pred] += weight,
                ClassTable::Errors if pred == truth => {}
                ClassTable::Errors => table[base] += weight,
                _ if pred == truth => table[base + truth] += weight,
                _ => {
                    table[base + classes + pred] += weight;
                    table[base + 2 * classes + truth] += weight;
                }
            }
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
    if let ([pred], [truth]) = (pred, truth) {
        match (*truth, *pred) {
            (IGNORED, _) => {}
            (OUT_OF_RANGE, _) | (_, OUT_OF_RANGE) => table[faults] += C::ONE,
            (_, NAN) => table[faults + 1] += C::ONE,
            _ if weight.is_nan() => table[faults + 1] += C::ONE,
            (truth, pred) => table[cell + (3 - 2 * pred - truth) as usize * labels] += weight,
        }
        return;
    }
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

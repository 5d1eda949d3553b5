//! Operations in one pass over host memory, in blocks that stay in the first-level cache, and in parallel if that is
//! faster.

use std::ops::Range;

use burn::{
    backend::{
        Flex,
        flex::FlexTensor,
        tensor::{FloatTensor, IntTensor},
    },
    tensor::{DType, Element, ElementConversion, TensorData, bf16, f16},
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{ClassSpec, LabelSpec, MetricOps, PROBABILITIES, Predictions, ScoreSpec};
use crate::fault::is_weight;

pub(super) use pairs::{FlexPairs, pair_moments, pair_sums};

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
}

/// A table as a tensor: `i64` counts or `f64` sums.
fn tensor<C: Cell + Element>(table: Vec<C>) -> FlexTensor {
    let shape = [table.len()];
    FlexTensor::from_data(TensorData::new(table, shape))
}

/// The number of elements per block. Its predictions and targets take 2 kB, and the scores of ten classes 10 kB, so
/// that memory is read ahead while the previous block is counted.
const BLOCK: usize = 256;
/// Below this number of scores, a second thread costs more time than it saves.
const PARALLEL: usize = 1 << 16;

/// The type of a cell of a table: a count, or a sum of weights.
trait Cell: Copy + Default + Send + Sync + std::ops::AddAssign {
    const ONE: Self;

    fn from_weight(weight: f64) -> Self;

    /// Whether a sample can have this weight: it is finite and not negative.
    fn is_valid(self) -> bool;

    fn times(self, n: u32) -> Self;

    /// The same or zero, without a branch for counts.
    fn when(self, condition: bool) -> Self;
}

impl Cell for i64 {
    const ONE: Self = 1;

    fn from_weight(weight: f64) -> Self {
        weight as i64
    }

    fn is_valid(self) -> bool {
        true
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

    #[inline(always)]
    fn is_valid(self) -> bool {
        is_weight(self)
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
const NO_PROBABILITY: i32 = -4;

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
mod predict;
#[cfg(target_arch = "x86_64")]
mod quads;
mod tables;
mod tally;

use tables::{class_table, label_table};

fn read_weights(weights: Option<FlexTensor>) -> Option<Vec<f64>> {
    let weights = weights?.to_contiguous();
    Some(with_floats!(weights, slice => slice.iter().map(|w| w.elem()).collect()))
}

/// Fills a table of `len` cells from these elements, block by block, given buffers for the predictions and targets
/// of a block; on all cores if there are enough scores.
fn pass<C: Cell>(
    elements: Range<usize>,
    scores: usize,
    len: usize,
    fill: impl Fn(&mut [C], usize, &mut [i32], &mut [i32]) + Sync,
) -> Vec<C> {
    let (first, elements) = (elements.start, elements.len());
    let range = |mut table: Vec<C>, blocks: Range<usize>| {
        let (mut pred, mut truth) = ([0; BLOCK], [0; BLOCK]);
        for block in blocks {
            let start = block * BLOCK;
            let n = BLOCK.min(elements - start);
            fill(&mut table, first + start, &mut pred[..n], &mut truth[..n]);
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
                self.into()
            }
        })+
    };
}

label!(i64, i32, i16, i8, u32, u16, u8);

/// Labels that an `i64` cannot hold are none. They must not become negative, such as the -1 that is often ignored.
impl Label for u64 {
    #[inline(always)]
    fn to_i64(self) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }
}

/// A floating-point type that scores come in, and the one in which they are compared.
trait Score: Copy {
    type Wide: histogram::Wide;

    fn wide(self) -> Self::Wide;

    fn threshold(threshold: f64) -> Self::Wide;

    /// The scores if they are of single precision.
    fn singles(_scores: &[Self]) -> Option<&[f32]> {
        None
    }
}

macro_rules! score {
    ($($T:ty => $Wide:ty $(, $singles:item)?;)+) => {
        $(impl Score for $T {
            type Wide = $Wide;

            #[inline(always)]
            fn wide(self) -> $Wide {
                <$Wide>::from(self)
            }

            fn threshold(threshold: f64) -> $Wide {
                threshold as $Wide
            }

            $($singles)?
        })+
    };
}

score! {
    f32 => f32, fn singles(scores: &[f32]) -> Option<&[f32]> { Some(scores) };
    f64 => f64;
    f16 => f32;
    bf16 => f32;
}

/// Whether a score is a probability. NaN is none.
#[inline(always)]
fn is_probability<S: Score>(score: S::Wide) -> bool {
    let [least, most] = PROBABILITIES.map(|limit| S::threshold(limit.into()));
    (score >= least) & (score <= most)
}

/// Only NaN differs from itself.
#[inline(always)]
#[allow(clippy::eq_op)]
fn is_nan<W: PartialOrd>(score: W) -> bool {
    score != score
}

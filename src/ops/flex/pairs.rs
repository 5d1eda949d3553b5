//! Moments and sums of pairs, in one pass.

use burn::{
    backend::{Flex, TensorMetadata, flex::FlexTensor, ops::FloatTensorOps},
    tensor::DType,
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::PARALLEL;
use crate::{
    Fault, Faults,
    fault::is_weight,
    ops::{Moments, PairTerm, Part, Parts, Sums},
};

mod moments;
mod sums;

use moments::MomentsKernel;
use sums::SumsKernel;

/// The number of samples per block, which is read as `f64` into the first-level cache.
const BLOCK: usize = 256;
/// Blocks are filled up to a multiple of this, the widest vector.
const LANES: usize = 8;

/// A block of pairs of one output.
#[derive(Default)]
struct Block {
    preds: Vec<f64>,
    target: Vec<f64>,
    /// The weights of the samples, or empty if there are none.
    weights: Vec<f64>,
}

/// A statistic of a block.
trait Kernel: Sync {
    type Part: Part;

    /// Computes the part, the number of pairs outside the domain, and whether all numbers are known to be finite. It
    /// may pad the block.
    fn part(&self, pairs: &mut Block) -> (Self::Part, u64, bool);
}

/// Predictions and targets, `[samples, outputs]`, and the weights of the samples if they have any.
pub(in crate::ops) type FlexPairs = (FlexTensor, FlexTensor, Option<FlexTensor>);

pub(in crate::ops) fn pair_moments(pairs: FlexPairs) -> Parts<Moments> {
    run(&MomentsKernel, pairs)
}

pub(in crate::ops) fn pair_sums(pairs: FlexPairs, term: PairTerm) -> Parts<Sums> {
    run(&SumsKernel(term), pairs)
}

/// The memory of a contiguous tensor.
enum Floats<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> Floats<'a> {
    fn of(tensor: &'a FlexTensor) -> Self {
        match tensor.dtype() {
            DType::F64 => Self::Double(tensor.as_slice().unwrap_or_default()),
            _ => Self::Single(tensor.as_slice().unwrap_or_default()),
        }
    }

    /// Reads one output of these rows into `to`.
    fn read(&self, to: &mut Vec<f64>, rows: std::ops::Range<usize>, width: usize, output: usize) {
        to.clear();
        let all = rows.start * width..rows.end * width;
        match (self, width) {
            (Self::Single(from), 1) => {
                let from = &from[all];
                Arch::new().dispatch(Widen { from, to });
            }
            (Self::Double(from), 1) => to.extend_from_slice(&from[all]),
            (Self::Single(from), _) => {
                let column = from[all][output..].iter().step_by(width);
                to.extend(column.map(|x| f64::from(*x)));
            }
            (Self::Double(from), _) => {
                to.extend(from[all][output..].iter().step_by(width).copied());
            }
        }
    }
}

/// Reads numbers as `f64`.
struct Widen<'a> {
    from: &'a [f32],
    to: &'a mut Vec<f64>,
}

impl WithSimd for Widen<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.to.extend(self.from.iter().map(|x| f64::from(*x)));
    }
}

fn run<K: Kernel>(kernel: &K, (preds, target, weights): FlexPairs) -> Parts<K::Part> {
    let [samples, outputs] = preds.shape().dims();
    let readable = |tensor: FlexTensor| match tensor.dtype() {
        DType::F64 | DType::F32 => tensor.to_contiguous(),
        _ => Flex::float_cast(tensor, DType::F32.into()).to_contiguous(),
    };
    let (preds, target, weights) = (readable(preds), readable(target), weights.map(readable));
    let (preds, target) = (Floats::of(&preds), Floats::of(&target));
    let weights = weights.as_ref().map(Floats::of);

    // A block of all outputs stays in the second-level cache.
    let height = (BLOCK / outputs).clamp(16, BLOCK);
    let blocks = samples.div_ceil(height);
    let empty = || (vec![K::Part::default(); outputs], Faults::default());
    let range = |blocks: std::ops::Range<usize>| {
        let (mut parts, mut faults) = empty();
        let mut pairs = Block::default();
        for block in blocks {
            let rows = block * height..samples.min((block + 1) * height);
            for (output, part) in parts.iter_mut().enumerate() {
                preds.read(&mut pairs.preds, rows.clone(), outputs, output);
                target.read(&mut pairs.target, rows.clone(), outputs, output);
                if let Some(weights) = &weights {
                    weights.read(&mut pairs.weights, rows.clone(), 1, 0);
                }
                faults += pairs.add(kernel, part);
            }
        }
        (parts, faults)
    };
    let parts = if samples * outputs < PARALLEL {
        vec![range(0..blocks)]
    } else {
        let chunks = blocks.min(4 * rayon::current_num_threads());
        let chunk = |i| range(i * blocks / chunks..(i + 1) * blocks / chunks);
        (0..chunks).into_par_iter().map(chunk).collect()
    };
    // In order, so that a sum is the same whichever thread was faster.
    let (parts, faults) = parts
        .into_iter()
        .fold(empty(), |mut total, (parts, faults)| {
            let both = total.0.iter_mut().zip(&parts);
            both.for_each(|(part, other)| part.merge(other));
            total.1 += faults;
            total
        });
    Parts::Host(parts, faults)
}

impl Block {
    /// Folds the block into a part, and returns its faults.
    fn add<K: Kernel>(&mut self, kernel: &K, part: &mut K::Part) -> Faults {
        let samples = self.preds.len();
        let (own, outside, finite) = kernel.part(self);
        part.merge(&own);
        let mut faults = Faults::default();
        let bad = self.weights.iter().take(samples);
        faults.add(
            Fault::Weight,
            bad.filter(|w| !is_weight(**w)).count() as u64,
        );
        faults.add(Fault::Domain, outside);
        // A number that is not finite shows in a sum; only then is it looked for.
        if !finite {
            let infinite = |i: &usize| !(self.preds[*i].is_finite() && self.target[*i].is_finite());
            faults.add(
                Fault::Infinite,
                (0..samples).filter(infinite).count() as u64,
            );
        }
        faults
    }
}

/// Sums in independent lanes, so that additions do not wait for each other.
#[inline(always)]
fn sum_of<S: Simd>(simd: S, numbers: &[f64]) -> f64 {
    let (vectors, rest) = S::as_simd_f64s(numbers);
    let mut sums = [simd.splat_f64s(0.0); 4];
    for vectors in vectors.chunks(4) {
        for (sum, x) in sums.iter_mut().zip(vectors) {
            *sum = simd.add_f64s(*sum, *x);
        }
    }
    let [a, b, c, d] = sums;
    let sum = simd.add_f64s(simd.add_f64s(a, b), simd.add_f64s(c, d));
    simd.reduce_sum_f64s(sum) + rest.iter().sum::<f64>()
}

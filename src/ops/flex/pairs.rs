//! Moments and sums of pairs, in one pass.

use std::array;

use burn::{
    backend::{Flex, TensorMetadata, flex::FlexTensor, ops::FloatTensorOps},
    tensor::DType,
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::PARALLEL;
use crate::{
    Faults,
    ops::{Moments, PairTerm, Part, Parts, Spread, Sums, exp_of_negative, ln_1p},
};

/// Samples a block, which is read as `f64` into the first-level cache.
const BLOCK: usize = 256;
/// Blocks are filled up to a multiple of this, the widest vector.
const LANES: usize = 8;

/// A block of pairs of one output.
#[derive(Default)]
struct Block {
    preds: Vec<f64>,
    target: Vec<f64>,
    /// The weights of the samples; empty if they have none.
    weights: Vec<f64>,
}

/// What is kept of a block.
trait Kernel: Sync {
    type Part: Part;

    /// The part, how many pairs are outside the domain, and whether all numbers were seen to be finite. May fill the block up.
    fn part(&self, pairs: &mut Block) -> (Self::Part, u64, bool);
}

/// Predictions and targets, `[samples, outputs]`, and the weights of the samples if they have any.
pub(in crate::ops) type Pairs = (FlexTensor, FlexTensor, Option<FlexTensor>);

pub(in crate::ops) fn pair_moments(pairs: Pairs) -> Parts<Moments> {
    run(&MomentsKernel, pairs)
}

pub(in crate::ops) fn pair_sums(pairs: Pairs, term: PairTerm) -> Parts<Sums> {
    run(&SumsKernel(term), pairs)
}

/// The memory of a contiguous tensor.
enum Numbers<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> Numbers<'a> {
    fn of(tensor: &'a FlexTensor) -> Self {
        match tensor.dtype() {
            DType::F64 => Self::Double(tensor.as_slice().unwrap_or_default()),
            _ => Self::Single(tensor.as_slice().unwrap_or_default()),
        }
    }

    /// Every so many numbers from the first on.
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

fn run<K: Kernel>(kernel: &K, (preds, target, weights): Pairs) -> Parts<K::Part> {
    let [samples, outputs] = preds.shape().dims();
    let readable = |tensor: FlexTensor| match tensor.dtype() {
        DType::F64 | DType::F32 => tensor.to_contiguous(),
        _ => Flex::float_cast(tensor, DType::F32.into()).to_contiguous(),
    };
    let (preds, target, weights) = (readable(preds), readable(target), weights.map(readable));
    let (preds, target) = (Numbers::of(&preds), Numbers::of(&target));
    let weights = weights.as_ref().map(Numbers::of);

    // A block of all outputs stays in the second-level cache.
    let height = (BLOCK / outputs).clamp(16, BLOCK);
    let blocks = samples.div_ceil(height);
    let empty = || (vec![K::Part::default(); outputs], [0; Faults::LEN]);
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
                add_to(&mut faults, pairs.add(kernel, part));
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
            add_to(&mut total.1, faults);
            total
        });
    let [domain, infinite] = faults;
    let faults = Faults {
        domain,
        infinite,
        ..Faults::default()
    };
    Parts::Host(parts, faults)
}

fn add_to(total: &mut [u64; Faults::LEN], faults: [u64; Faults::LEN]) {
    let both = total.iter_mut().zip(faults);
    both.for_each(|(total, n)| *total += n);
}

impl Block {
    /// Folds the block into a part; its faults.
    fn add<K: Kernel>(&mut self, kernel: &K, part: &mut K::Part) -> [u64; Faults::LEN] {
        let samples = self.preds.len();
        let (own, outside, finite) = kernel.part(self);
        part.merge(&own);
        let negative = self.weights.iter().filter(|w| **w < 0.0).count() as u64;
        // A number that is not finite shows in a sum; only then is it looked for.
        let infinite = match finite {
            true => 0,
            false => (0..samples).filter(|i| !self.is_finite(*i)).count() as u64,
        };
        [outside + negative, infinite]
    }

    fn is_finite(&self, i: usize) -> bool {
        let weight = self.weights.get(i).copied().unwrap_or(1.0);
        self.preds[i].is_finite() && self.target[i].is_finite() && weight.is_finite()
    }
}

struct MomentsKernel;

impl Kernel for MomentsKernel {
    type Part = Moments;

    fn part(&self, pairs: &mut Block) -> (Moments, u64, bool) {
        let samples = pairs.preds.len();
        // Around the pair of the greatest weight: then squares are at most `samples` times what is left of them, and lose at
        // most 9 bits.
        let first = match pairs.weights.is_empty() {
            true => Some(0),
            false => {
                let weights = &pairs.weights;
                let greatest = Arch::new().dispatch(Greatest { weights });
                let is_greatest = |w: &f64| *w == greatest && greatest > 0.0;
                weights.iter().position(is_greatest)
            }
        };
        let Some(first) = first else {
            return (Moments::default(), 0, false);
        };
        let (p, t) = (pairs.preds[first], pairs.target[first]);
        let full = samples.next_multiple_of(LANES);
        pairs.preds.resize(full, p);
        pairs.target.resize(full, t);
        if !pairs.weights.is_empty() {
            pairs.weights.resize(full, 0.0);
        }
        let around = [p, t, p - t];
        let pairs = &*pairs;
        let moments = Arch::new().dispatch(MomentsOf {
            pairs,
            samples,
            around,
        });
        // Before the rounding is mended: minima and maxima may pass over a NaN.
        let finite = moments.is_finite();
        (moments.exact(), 0, finite)
    }
}

/// The greatest weight, if none is NaN, and 0 if none is above it.
struct Greatest<'a> {
    weights: &'a [f64],
}

impl WithSimd for Greatest<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (vectors, rest) = S::as_simd_f64s(self.weights);
        let zero = simd.splat_f64s(0.0);
        let greatest = vectors.iter().fold(zero, |a, b| simd.max_f64s(a, *b));
        let greatest = simd.reduce_max_f64s(greatest);
        rest.iter().fold(greatest, |a, b| a.max(*b))
    }
}

struct MomentsOf<'a> {
    /// Filled up with copies of a pair, which deviate from it by nothing.
    pairs: &'a Block,
    samples: usize,
    around: [f64; 3],
}

impl WithSimd for MomentsOf<'_> {
    type Output = Moments;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Moments {
        let Self {
            pairs,
            samples,
            around,
        } = self;
        let [p_around, t_around, error_around] = around.map(|x| simd.splat_f64s(x));
        let zero = simd.splat_f64s(0.0);
        let [mut p_sum, mut t_sum, mut error_sum] = [zero; 3];
        let [mut p_square, mut t_square, mut error_square] = [zero; 3];
        let mut product = zero;
        let (preds, _) = S::as_simd_f64s(&pairs.preds);
        let (target, _) = S::as_simd_f64s(&pairs.target);
        let (weights, _) = S::as_simd_f64s(&pairs.weights);
        for (i, (p, t)) in preds.iter().zip(target).enumerate() {
            let p_gap = simd.sub_f64s(*p, p_around);
            let t_gap = simd.sub_f64s(*t, t_around);
            let error_gap = simd.sub_f64s(simd.sub_f64s(*p, *t), error_around);
            let weighted = match weights.get(i) {
                None => [p_gap, t_gap, error_gap],
                Some(w) => [p_gap, t_gap, error_gap].map(|gap| simd.mul_f64s(*w, gap)),
            };
            p_sum = simd.add_f64s(p_sum, weighted[0]);
            t_sum = simd.add_f64s(t_sum, weighted[1]);
            error_sum = simd.add_f64s(error_sum, weighted[2]);
            p_square = simd.mul_add_e_f64s(weighted[0], p_gap, p_square);
            t_square = simd.mul_add_e_f64s(weighted[1], t_gap, t_square);
            error_square = simd.mul_add_e_f64s(weighted[2], error_gap, error_square);
            product = simd.mul_add_e_f64s(weighted[0], t_gap, product);
        }
        let weight = match pairs.weights.is_empty() {
            true => samples as f64,
            false => sum_of(simd, &pairs.weights),
        };
        if weight == 0.0 {
            return Moments::default();
        }
        let sum = |lanes| simd.reduce_sum_f64s(lanes);
        let sums = [p_sum, t_sum, error_sum].map(sum);
        let squares = [p_square, t_square, error_square].map(sum);
        let spread = |at: usize| Spread::around(around[at], sums[at], squares[at], weight);
        // In a loop of its own: there are not registers enough for all.
        let [preds_range, target_range] = ranges(simd, pairs);
        Moments {
            weight,
            preds: spread(0),
            target: spread(1),
            error: spread(2),
            products: sum(product) - sums[0] * sums[1] / weight,
            preds_range,
            target_range,
        }
    }
}

/// A sum whose additions do not wait for each other.
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

/// The least and the greatest predictions and targets that have a weight.
#[inline(always)]
fn ranges<S: Simd>(simd: S, pairs: &Block) -> [[f64; 2]; 2] {
    let [preds, target] = [&pairs.preds, &pairs.target].map(|column| S::as_simd_f64s(column).0);
    let (weights, _) = S::as_simd_f64s(&pairs.weights);
    let (zero, most) = (simd.splat_f64s(0.0), simd.splat_f64s(f64::INFINITY));
    // Both columns in one loop, and two vectors of each: a minimum waits for the one before.
    let mut least = [[most; 2]; 2];
    let mut greatest = [[simd.neg_f64s(most); 2]; 2];
    for (i, (preds, target)) in preds.chunks(2).zip(target.chunks(2)).enumerate() {
        for (column, vectors) in [preds, target].into_iter().enumerate() {
            for (lane, x) in vectors.iter().enumerate() {
                let [low, high] = match weights.get(2 * i + lane) {
                    None => [*x; 2],
                    Some(w) => {
                        let counted = simd.greater_than_f64s(*w, zero);
                        [most, simd.neg_f64s(most)].map(|none| simd.select_f64s(counted, *x, none))
                    }
                };
                least[column][lane] = simd.min_f64s(least[column][lane], low);
                greatest[column][lane] = simd.max_f64s(greatest[column][lane], high);
            }
        }
    }
    array::from_fn(|column| {
        let ([a, b], [c, d]) = (least[column], greatest[column]);
        [
            simd.reduce_min_f64s(simd.min_f64s(a, b)),
            simd.reduce_max_f64s(simd.max_f64s(c, d)),
        ]
    })
}

struct SumsKernel(PairTerm);

impl Kernel for SumsKernel {
    type Part = Sums;

    fn part(&self, pairs: &mut Block) -> (Sums, u64, bool) {
        let anywhere = |_: f64, _: f64| true;
        match self.0 {
            PairTerm::Absolute => sum(pairs, anywhere, |p, t| [(p - t).abs()]),
            PairTerm::SquaredLog => {
                let inside = |p: f64, t: f64| (p > -1.0) & (t > -1.0);
                let ratio = |p: f64, t: f64| [ln_1p((p - t) / (1.0 + t)).powi(2)];
                let both = |p: f64, t: f64| [(p.ln_1p() - t.ln_1p()).powi(2)];
                sum_or(pairs, inside, ratio, both)
            }
            PairTerm::AbsolutePercentage { epsilon } => sum(pairs, anywhere, |p, t| {
                [(p - t).abs() / greater(t.abs(), epsilon)]
            }),
            PairTerm::SymmetricPercentage { epsilon } => sum(pairs, anywhere, |p, t| {
                [2.0 * (p - t).abs() / greater(p.abs() + t.abs(), epsilon)]
            }),
            PairTerm::AbsoluteAndTarget => sum(pairs, anywhere, |p, t| [(p - t).abs(), t.abs()]),
            PairTerm::LogCosh => sum(pairs, anywhere, |p, t| [log_cosh(p - t)]),
            PairTerm::Power { exponent } => match exponent {
                1.0 => sum(pairs, anywhere, |p, t| [(p - t).abs()]),
                2.0 => sum(pairs, anywhere, |p, t| [(p - t).powi(2)]),
                3.0 => sum(pairs, anywhere, |p, t| [(p - t).abs() * (p - t).powi(2)]),
                4.0 => sum(pairs, anywhere, |p, t| [(p - t).powi(2).powi(2)]),
                _ => sum(pairs, anywhere, |p, t| [(p - t).abs().powf(exponent)]),
            },
            PairTerm::Deviance { power } => match power {
                0.0 => sum(pairs, anywhere, |p, t| [(p - t).powi(2)]),
                ..0.0 => sum(
                    pairs,
                    |p, _| p > 0.0,
                    |p, t| [2.0 * tweedie(p, t, t.max(0.0), power)],
                ),
                1.0 => sum(
                    pairs,
                    |p, t| (p > 0.0) & (t >= 0.0),
                    |p, t| {
                        let log = if t == 0.0 { 0.0 } else { t * (t / p).ln() };
                        [2.0 * (log - t + p)]
                    },
                ),
                2.0 => sum(
                    pairs,
                    |p, t| (p > 0.0) & (t > 0.0),
                    |p, t| [2.0 * (t / p - (t / p).ln() - 1.0)],
                ),
                1.5 => sum(
                    pairs,
                    |p, t| (p > 0.0) & (t >= 0.0),
                    |p, t| [4.0 * (p.sqrt() - t.sqrt()).powi(2) / p.sqrt()],
                ),
                3.0 => sum(
                    pairs,
                    |p, t| (p > 0.0) & (t > 0.0),
                    |p, t| [((p - t) / p).powi(2) / t],
                ),
                1.0..2.0 => sum(
                    pairs,
                    |p, t| (p > 0.0) & (t >= 0.0),
                    |p, t| [2.0 * tweedie(p, t, t, power)],
                ),
                _ => sum(
                    pairs,
                    |p, t| (p > 0.0) & (t > 0.0),
                    |p, t| [2.0 * tweedie(p, t, t, power)],
                ),
            },
            PairTerm::Reach { threshold } => sum(pairs, anywhere, |p, t| {
                let (p, t) = (p >= threshold, t >= threshold);
                [p & t, p | t].map(|which| f64::from(u8::from(which)))
            }),
            PairTerm::Values => sum(pairs, anywhere, |p, t| [p, t]),
        }
    }
}

#[inline(always)]
fn greater(x: f64, least: f64) -> f64 {
    if x > least { x } else { least }
}

/// `ln(cosh(error))`, exact for small errors.
#[inline(always)]
fn log_cosh(error: f64) -> f64 {
    let distance = error.abs();
    let is_small = distance < 0.5;
    // ln(1 + 2 sinh^2(a / 2)) of small ones, a - ln(2) + ln(1 + e^(-2 a)) of others.
    let square = (distance / 2.0).powi(2);
    let series = [
        1.0 / 6.0,
        1.0 / 20.0,
        1.0 / 42.0,
        1.0 / 72.0,
        1.0 / 110.0,
        1.0 / 156.0,
    ];
    let sinh = series
        .iter()
        .rev()
        .fold(1.0, |sum, factor| 1.0 + sum * square * factor);
    let small = 2.0 * square * sinh * sinh;
    let power = if is_small {
        small
    } else {
        exp_of_negative(-2.0 * distance)
    };
    let linear = if is_small {
        0.0
    } else {
        distance - std::f64::consts::LN_2
    };
    linear + ln_1p(power)
}

/// Half of the unit deviance for a power other than 0, 1 and 2.
fn tweedie(mean: f64, target: f64, base: f64, power: f64) -> f64 {
    let (one, two) = (1.0 - power, 2.0 - power);
    base.powf(two) / (one * two) - target * mean.powf(one) / one + mean.powf(two) / two
}

/// The sums of terms over a block; of those that are defined everywhere if the quick ones are not.
fn sum_or<const K: usize>(
    pairs: &Block,
    inside: impl Fn(f64, f64) -> bool,
    quick: impl Fn(f64, f64) -> [f64; K],
    everywhere: impl Fn(f64, f64) -> [f64; K],
) -> (Sums, u64, bool) {
    let sums = sum(pairs, &inside, quick);
    match sums.0.sums.iter().all(|sum| sum.is_finite()) {
        true => sums,
        false => sum(pairs, inside, everywhere),
    }
}

/// The sums of terms over a block, and how many pairs are outside their domain.
fn sum<const K: usize>(
    pairs: &Block,
    inside: impl Fn(f64, f64) -> bool,
    terms: impl Fn(f64, f64) -> [f64; K],
) -> (Sums, u64, bool) {
    let weights = &pairs.weights;
    // Two loops, so that the one without weights does not ask for them.
    match weights.is_empty() {
        true => Arch::new().dispatch(SumsOf {
            pairs,
            inside,
            terms,
            weight: |_| 1.0,
        }),
        false => Arch::new().dispatch(SumsOf {
            pairs,
            inside,
            terms,
            weight: |i: usize| weights[i],
        }),
    }
}

struct SumsOf<'a, I, T, W> {
    pairs: &'a Block,
    inside: I,
    terms: T,
    weight: W,
}

impl<I, T, W, const K: usize> WithSimd for SumsOf<'_, I, T, W>
where
    I: Fn(f64, f64) -> bool,
    T: Fn(f64, f64) -> [f64; K],
    W: Fn(usize) -> f64,
{
    type Output = (Sums, u64, bool);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (Sums, u64, bool) {
        let Self {
            pairs,
            inside,
            terms,
            weight,
        } = self;
        let (mut outside, mut sums) = (0, [[0.0; LANES]; K]);
        // 0 as long as numbers are finite, whatever the terms make of them.
        let mut zeros = [0.0; LANES];
        let mut add = |lane: usize, i: usize, p: f64, t: f64| {
            // What is not a number is another fault.
            outside += u64::from(!inside(p, t) & !p.is_nan() & !t.is_nan());
            zeros[lane] += nothing(p) + nothing(t);
            let terms = terms(p, t);
            for k in 0..K {
                sums[k][lane] += weight(i) * terms[k];
            }
        };
        let (preds, rest) = pairs.preds.as_chunks::<LANES>();
        let (target, target_rest) = pairs.target.as_chunks::<LANES>();
        for (chunk, (p, t)) in preds.iter().zip(target).enumerate() {
            for lane in 0..LANES {
                add(lane, chunk * LANES + lane, p[lane], t[lane]);
            }
        }
        for (i, (p, t)) in rest.iter().zip(target_rest).enumerate() {
            add(i, preds.len() * LANES + i, *p, *t);
        }
        let mut part = Sums {
            weight: match pairs.weights.is_empty() {
                true => pairs.preds.len() as f64,
                false => sum_of(simd, &pairs.weights),
            },
            sums: [0.0; 3],
        };
        for (sum, lanes) in part.sums.iter_mut().zip(sums) {
            *sum = lanes.iter().sum();
        }
        let finite = part.weight.is_finite() && zeros.iter().sum::<f64>() == 0.0;
        (part, outside, finite)
    }
}

/// 0 of a finite number, else NaN.
#[inline(always)]
#[allow(clippy::eq_op)]
fn nothing(x: f64) -> f64 {
    x - x
}

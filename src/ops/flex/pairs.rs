//! Moments and sums of pairs, in one pass.

use std::array;

use burn::{
    backend::{TensorMetadata, flex::FlexTensor},
    tensor::DType,
};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{PARALLEL, read_weights, tensor};
use crate::{
    Faults,
    ops::{PairTerm, pairs::LINEAR},
    state::{Moments, Part, Spread, Sums},
};

/// Samples a block: around one of its own numbers, the moments of so few lose 12 bits at the most.
const BLOCK: usize = 4096;
/// Numbers that are summed side by side.
const LANES: usize = 8;

/// A floating-point type that is read as it is.
trait Real: Copy + Into<f64> + Sync {}
impl Real for f32 {}
impl Real for f64 {}

/// What is kept of a block of pairs of one output.
trait Kernel: Sync {
    type Part: Part;

    /// The part, and how many pairs are outside the domain.
    fn part<R: Real>(&self, pairs: Columns<'_, R>) -> (Self::Part, u64);
}

/// A block of pairs of one output, and the weights of its samples.
#[derive(Clone, Copy)]
struct Columns<'a, R> {
    preds: &'a [R],
    target: &'a [R],
    weights: Option<&'a [f64]>,
}

pub(super) fn moments(
    preds: FlexTensor,
    target: FlexTensor,
    weights: Option<FlexTensor>,
) -> FlexTensor {
    run(&MomentsKernel, preds, target, weights)
}

pub(super) fn sums(
    preds: FlexTensor,
    target: FlexTensor,
    weights: Option<FlexTensor>,
    term: PairTerm,
) -> FlexTensor {
    run(&SumsKernel(term), preds, target, weights)
}

fn run<K: Kernel>(
    kernel: &K,
    preds: FlexTensor,
    target: FlexTensor,
    weights: Option<FlexTensor>,
) -> FlexTensor {
    use burn::backend::{Flex, ops::FloatTensorOps};
    let outputs = preds.shape()[1];
    let weights = read_weights(weights);
    let weights = weights.as_deref();
    let wide = |tensor: FlexTensor, dtype: DType| match tensor.dtype() == dtype {
        true => tensor.to_contiguous(),
        false => Flex::float_cast(tensor, dtype.into()).to_contiguous(),
    };
    let double = [&preds, &target].iter().any(|t| t.dtype() == DType::F64);
    let dtype = if double { DType::F64 } else { DType::F32 };
    let (preds, target) = (wide(preds, dtype), wide(target, dtype));
    let (parts, faults) = match dtype {
        DType::F64 => {
            let (preds, target) = (preds.as_slice().unwrap_or_default(), target.as_slice());
            over::<K, f64>(kernel, preds, target.unwrap_or_default(), weights, outputs)
        }
        _ => {
            let (preds, target) = (preds.as_slice().unwrap_or_default(), target.as_slice());
            over::<K, f32>(kernel, preds, target.unwrap_or_default(), weights, outputs)
        }
    };
    let numbers: Vec<Vec<f64>> = parts.iter().map(Part::numbers).collect();
    let rows = (0..K::Part::ROWS).flat_map(|row| numbers.iter().map(move |part| part[row]));
    tensor::<f64>(rows.chain(faults.map(|n| n as f64)).collect())
}

/// The parts of all outputs, and the faults; on all cores if there is enough to read.
fn over<K: Kernel, R: Real>(
    kernel: &K,
    preds: &[R],
    target: &[R],
    weights: Option<&[f64]>,
    outputs: usize,
) -> (Vec<K::Part>, [u64; Faults::LEN]) {
    let samples = preds.len() / outputs;
    // A block of all outputs stays in the second-level cache.
    let height = (BLOCK / outputs).clamp(16, BLOCK);
    let blocks = samples.div_ceil(height);
    let empty = || (vec![K::Part::default(); outputs], [0; Faults::LEN]);
    let range = |mut total: (Vec<K::Part>, [u64; Faults::LEN]), blocks: std::ops::Range<usize>| {
        let mut columns = [vec![0.0; 0], vec![0.0; 0]];
        for block in blocks {
            let rows = block * height..samples.min((block + 1) * height);
            let weights = weights.map(|weights| &weights[rows.clone()]);
            let here = rows.start * outputs..rows.end * outputs;
            let (preds, target) = (&preds[here.clone()], &target[here]);
            for output in 0..outputs {
                let faults = if outputs == 1 {
                    let pairs = Columns {
                        preds,
                        target,
                        weights,
                    };
                    add(kernel, &mut total.0[output], pairs)
                } else {
                    for (column, all) in columns.iter_mut().zip([preds, target]) {
                        column.clear();
                        let numbers = all[output..].iter().step_by(outputs);
                        column.extend(numbers.map(|x| (*x).into()));
                    }
                    let [preds, target] = &columns;
                    let pairs = Columns {
                        preds,
                        target,
                        weights,
                    };
                    add(kernel, &mut total.0[output], pairs)
                };
                let all = total.1.iter_mut().zip(faults);
                all.for_each(|(all, n)| *all += n);
            }
        }
        total
    };
    if preds.len() < PARALLEL {
        return range(empty(), 0..blocks);
    }
    let chunks = blocks.min(4 * rayon::current_num_threads());
    let parts: Vec<_> = (0..chunks)
        .into_par_iter()
        .map(|i| range(empty(), i * blocks / chunks..(i + 1) * blocks / chunks))
        .collect();
    // In order, so that a sum is the same whichever thread was faster.
    parts.into_iter().fold(empty(), |mut total, other| {
        let parts = total.0.iter_mut().zip(&other.0);
        parts.for_each(|(part, other)| part.merge(other));
        let faults = total.1.iter_mut().zip(other.1);
        faults.for_each(|(all, n)| *all += n);
        total
    })
}

/// Folds a block in; its faults.
fn add<K: Kernel, R: Real>(
    kernel: &K,
    part: &mut K::Part,
    pairs: Columns<'_, R>,
) -> [u64; Faults::LEN] {
    let (block, outside) = kernel.part(pairs);
    // A number that is not finite shows in the sums; only then is it looked for.
    let infinite = match block.numbers().iter().all(|n| n.is_finite()) {
        true => 0,
        false => pairs.infinite(),
    };
    part.merge(&block);
    [outside, infinite]
}

impl<R: Real> Columns<'_, R> {
    fn infinite(&self) -> u64 {
        let finite = |i: usize| {
            let weight = self.weights.map_or(1.0, |weights| weights[i]);
            let (p, t): (f64, f64) = (self.preds[i].into(), self.target[i].into());
            p.is_finite() && t.is_finite() && weight.is_finite()
        };
        (0..self.preds.len()).filter(|i| !finite(*i)).count() as u64
    }
}

struct MomentsKernel;

impl Kernel for MomentsKernel {
    type Part = Moments;

    fn part<R: Real>(&self, pairs: Columns<'_, R>) -> (Moments, u64) {
        // Around a pair of the block that has a weight: then a deviation is no larger than what the block has anyway.
        let first = match pairs.weights {
            None => Some(0),
            Some(weights) => weights.iter().position(|w| *w != 0.0),
        };
        let moments = match first {
            None => Moments::default(),
            Some(first) => {
                let (p, t) = (pairs.preds[first].into(), pairs.target[first].into());
                let around = [p, t, p - t];
                match pairs.weights {
                    None => Arch::new().dispatch(MomentsOf {
                        pairs,
                        around,
                        weight: |_| 1.0,
                    }),
                    Some(weights) => Arch::new().dispatch(MomentsOf {
                        pairs,
                        around,
                        weight: |i: usize| weights[i],
                    }),
                }
            }
        };
        (moments, 0)
    }
}

struct MomentsOf<'a, R, W> {
    pairs: Columns<'a, R>,
    around: [f64; 3],
    weight: W,
}

impl<R: Real, W: Fn(usize) -> f64> WithSimd for MomentsOf<'_, R, W> {
    type Output = Moments;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Moments {
        let Self {
            pairs,
            around,
            weight,
        } = self;
        let (mut n, mut product) = ([0.0; LANES], [0.0; LANES]);
        let (mut sums, mut squares) = ([[0.0; LANES]; 3], [[0.0; LANES]; 3]);
        let (mut least, mut greatest) =
            ([[f64::INFINITY; LANES]; 3], [[f64::NEG_INFINITY; LANES]; 3]);
        let mut add = |lane: usize, i: usize, p: f64, t: f64| {
            let w = weight(i);
            let numbers = [p, t, p - t];
            let deviations: [f64; 3] = array::from_fn(|column| numbers[column] - around[column]);
            n[lane] += w;
            for column in 0..3 {
                let (number, weighted) = (numbers[column], w * deviations[column]);
                sums[column][lane] += weighted;
                squares[column][lane] += weighted * deviations[column];
                let (low, high) = (least[column][lane], greatest[column][lane]);
                least[column][lane] = if (number < low) & (w > 0.0) {
                    number
                } else {
                    low
                };
                greatest[column][lane] = if (number > high) & (w > 0.0) {
                    number
                } else {
                    high
                };
            }
            product[lane] += w * deviations[0] * deviations[1];
        };
        let (preds, rest) = pairs.preds.as_chunks::<LANES>();
        let (target, target_rest) = pairs.target.as_chunks::<LANES>();
        for (chunk, (p, t)) in preds.iter().zip(target).enumerate() {
            for lane in 0..LANES {
                add(lane, chunk * LANES + lane, p[lane].into(), t[lane].into());
            }
        }
        let done = preds.len() * LANES;
        for (i, (p, t)) in rest.iter().zip(target_rest).enumerate() {
            add(0, done + i, (*p).into(), (*t).into());
        }
        let total = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
        let weight = total(n);
        if weight == 0.0 {
            return Moments::default();
        }
        let [sums, squares] = [sums, squares].map(|columns| columns.map(total));
        let least = least.map(|lanes| lanes.into_iter().fold(f64::INFINITY, f64::min));
        let greatest = greatest.map(|lanes| lanes.into_iter().fold(f64::NEG_INFINITY, f64::max));
        let spread = |at: usize| {
            Spread::around(
                around[at],
                [sums[at], squares[at]],
                [least[at], greatest[at]],
                weight,
            )
        };
        Moments {
            weight,
            preds: spread(0),
            target: spread(1),
            error: spread(2),
            products: total(product) - sums[0] * sums[1] / weight,
        }
    }
}

struct SumsKernel(PairTerm);

impl Kernel for SumsKernel {
    type Part = Sums;

    fn part<R: Real>(&self, pairs: Columns<'_, R>) -> (Sums, u64) {
        let anywhere = |_: f64, _: f64| true;
        match self.0 {
            PairTerm::Absolute => sum(pairs, anywhere, |p, t| [(p - t).abs()]),
            PairTerm::SquaredLog => {
                let inside = |p: f64, t: f64| (p > -1.0) & (t > -1.0);
                sum(pairs, inside, |p, t| [(p.ln_1p() - t.ln_1p()).powi(2)])
            }
            PairTerm::AbsolutePercentage { epsilon } => sum(pairs, anywhere, |p, t| {
                [(p - t).abs() / greater(t.abs(), epsilon)]
            }),
            PairTerm::SymmetricPercentage { epsilon } => sum(pairs, anywhere, |p, t| {
                [2.0 * (p - t).abs() / greater(p.abs() + t.abs(), epsilon)]
            }),
            PairTerm::AbsoluteAndTarget => sum(pairs, anywhere, |p, t| [(p - t).abs(), t.abs()]),
            PairTerm::LogCosh => sum(pairs, anywhere, |p, t| [log_cosh(p - t)]),
            PairTerm::Power { exponent } => {
                sum(pairs, anywhere, |p, t| [(p - t).abs().powf(exponent)])
            }
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

/// `ln(1 + 2 sinh^2(a / 2))`, exact for small `a`.
fn log_cosh(error: f64) -> f64 {
    let distance = error.abs();
    let most = distance.min(LINEAR);
    (2.0 * (most / 2.0).sinh().powi(2)).ln_1p() + (distance - most)
}

/// Half of the unit deviance for a power other than 0, 1 and 2.
fn tweedie(mean: f64, target: f64, base: f64, power: f64) -> f64 {
    let (one, two) = (1.0 - power, 2.0 - power);
    base.powf(two) / (one * two) - target * mean.powf(one) / one + mean.powf(two) / two
}

fn sum<R: Real, const K: usize>(
    pairs: Columns<'_, R>,
    inside: impl Fn(f64, f64) -> bool,
    terms: impl Fn(f64, f64) -> [f64; K],
) -> (Sums, u64) {
    match pairs.weights {
        None => Arch::new().dispatch(SumsOf {
            pairs,
            inside,
            terms,
            weight: |_| 1.0,
        }),
        Some(weights) => Arch::new().dispatch(SumsOf {
            pairs,
            inside,
            terms,
            weight: |i: usize| weights[i],
        }),
    }
}

struct SumsOf<'a, R, I, T, W> {
    pairs: Columns<'a, R>,
    inside: I,
    terms: T,
    weight: W,
}

impl<R, I, T, W, const K: usize> WithSimd for SumsOf<'_, R, I, T, W>
where
    R: Real,
    I: Fn(f64, f64) -> bool,
    T: Fn(f64, f64) -> [f64; K],
    W: Fn(usize) -> f64,
{
    type Output = (Sums, u64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> (Sums, u64) {
        let Self {
            pairs,
            inside,
            terms,
            weight,
        } = self;
        let (mut n, mut outside) = ([0.0; LANES], [0; LANES]);
        let mut sums = [[0.0; LANES]; K];
        let mut add = |lane: usize, i: usize, p: f64, t: f64| {
            let w = weight(i);
            n[lane] += w;
            // What is not a number is another fault.
            outside[lane] += u64::from(!inside(p, t) & !p.is_nan() & !t.is_nan());
            let terms = terms(p, t);
            for k in 0..K {
                sums[k][lane] += w * terms[k];
            }
        };
        let (preds, rest) = pairs.preds.as_chunks::<LANES>();
        let (target, target_rest) = pairs.target.as_chunks::<LANES>();
        for (chunk, (p, t)) in preds.iter().zip(target).enumerate() {
            for lane in 0..LANES {
                add(lane, chunk * LANES + lane, p[lane].into(), t[lane].into());
            }
        }
        let done = preds.len() * LANES;
        for (i, (p, t)) in rest.iter().zip(target_rest).enumerate() {
            add(0, done + i, (*p).into(), (*t).into());
        }
        let mut part = Sums {
            weight: n.iter().sum(),
            sums: [0.0; 3],
        };
        for (sum, lanes) in part.sums.iter_mut().zip(sums) {
            *sum = lanes.iter().sum();
        }
        (part, outside.iter().sum())
    }
}

//! The moments of a block.

use std::array;

use pulp::{Arch, Simd, WithSimd};

use super::{Block, Kernel, LANES, sum_of};
use crate::{
    fault::is_weight,
    ops::{Moments, Part, parts::Spread},
};

pub(super) struct MomentsKernel;

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
        let moments = match moments.is_ordinary() {
            true => moments.exact(),
            false => pair_by_pair(pairs, samples),
        };
        (moments, 0, finite)
    }
}

/// The moments of numbers that are extremely large or small. This is slower, but each merge finds the right unit.
fn pair_by_pair(pairs: &Block, samples: usize) -> Moments {
    let mut moments = Moments::default();
    for (i, (pred, target)) in pairs
        .preds
        .iter()
        .zip(&pairs.target)
        .take(samples)
        .enumerate()
    {
        let weight = pairs.weights.get(i).copied().unwrap_or(1.0);
        if is_weight(weight) {
            moments.merge(&Moments::of_pair(*pred, *target, weight));
        }
    }
    moments
}

/// The maximum weight if no weight is NaN, and 0 if none is positive.
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
    /// The block is padded with copies of a pair, which do not deviate from it.
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

/// The minimum and maximum predictions and targets with positive weight.
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

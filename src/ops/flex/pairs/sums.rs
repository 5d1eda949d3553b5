//! Sums of the terms of a block.

use pulp::{Arch, Simd, WithSimd};

use super::{Block, Kernel, LANES, sum_of};
use crate::ops::{PairTerm, Sums, exp_of_negative, ln_1p};

pub(super) struct SumsKernel(pub(super) PairTerm);

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

/// The sums of terms over a block. If a sum of quick terms is not finite, the terms that are defined everywhere are used.
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

/// The sums of terms over a block, and the number of pairs outside their domain.
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

/// 0 for a finite number, and NaN otherwise.
#[inline(always)]
#[allow(clippy::eq_op)]
fn nothing(x: f64) -> f64 {
    x - x
}

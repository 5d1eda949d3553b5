use crate::ops::{Wide, exp_f32, exp_of_negative, widest};

/// A type of logits in memory.
pub(super) trait Logit: Copy + Into<f64> {
    /// `ln Σ exp(logits)`. It is NaN if a logit is NaN or infinite, or if all are `-∞`.
    fn log_sum_exp(logits: &[Self]) -> f64;
}

/// In one pass over memory, at a relative error of the sum of about 1e-7.
impl Logit for f32 {
    fn log_sum_exp(logits: &[Self]) -> f64 {
        widest(OnePass(logits))
    }
}

/// In two passes and in double precision.
impl Logit for f64 {
    fn log_sum_exp(logits: &[Self]) -> f64 {
        widest(TwoPasses(logits))
    }
}

/// How many sums are kept side by side.
const LANES: usize = 16;

/// Adds `exp(logit - base)`, where `base` is a logit that is near the highest one so far, and follows it.
struct OnePass<'a>(&'a [f32]);

/// So many numbers are added in single precision before their sum is added in double precision. They take 4 kB, so that they are
/// in the cache if they have to be added again.
const BLOCK: usize = 64 * LANES;
/// A logit may be higher than the base by so much.
const HEADROOM: f32 = 16.0;

impl Wide for OnePass<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (mut base, mut highest, mut sum) = (f32::MIN, f32::NEG_INFINITY, 0.0);
        for block in self.0.chunks(BLOCK) {
            let (mut of_block, own_highest) = sum_from(block, base);
            if own_highest > highest {
                highest = own_highest;
            }
            if highest > base + HEADROOM {
                sum *= (f64::from(base) - f64::from(highest)).exp();
                base = highest;
                of_block = sum_from(block, base).0;
            }
            sum += of_block;
        }
        match highest {
            f32::NEG_INFINITY => f64::NAN,
            _ => f64::from(base) + sum.ln(),
        }
    }
}

/// `Σ exp(logit - base)`, and the highest logit.
#[inline(always)]
fn sum_from(block: &[f32], base: f32) -> (f64, f32) {
    let mut sums = [0.0f32; LANES];
    let mut highest = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = block.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            sums[i] += exp_f32(chunk[i] - base);
            highest[i] = max(chunk[i], highest[i]);
        }
    }
    for (i, logit) in rest.iter().enumerate() {
        sums[i] += exp_f32(logit - base);
        highest[i] = max(*logit, highest[i]);
    }
    let sum = sums.into_iter().map(f64::from).sum();
    (sum, highest.into_iter().fold(f32::NEG_INFINITY, max))
}

/// The greater number. It is the second one if one of them is NaN, as with processors' instructions for it.
#[inline(always)]
fn max<N: PartialOrd>(a: N, b: N) -> N {
    if a > b { a } else { b }
}

/// Finds the highest logit first.
struct TwoPasses<'a>(&'a [f64]);

impl Wide for TwoPasses<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [f64::NEG_INFINITY; LANES];
        let (chunks, rest) = self.0.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, logit) in lanes.iter_mut().zip(chunk) {
                *lane = max(*logit, *lane);
            }
        }
        let highest = lanes.into_iter().chain(rest.iter().copied());
        let highest = highest.fold(f64::NEG_INFINITY, |a, b| max(b, a));

        let mut lanes = [0.0; LANES];
        for chunk in chunks {
            for (lane, logit) in lanes.iter_mut().zip(chunk) {
                *lane += exp_of_negative(logit - highest);
            }
        }
        for (lane, logit) in lanes.iter_mut().zip(rest) {
            *lane += exp_of_negative(logit - highest);
        }
        highest + lanes.into_iter().sum::<f64>().ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in double precision.
    fn defined(logits: &[f32]) -> f64 {
        let highest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let terms = logits.iter().map(|x| (f64::from(*x) - highest).exp());
        highest + terms.sum::<f64>().ln()
    }

    #[test]
    fn one_pass_is_the_definition() {
        // From -1 to 1, without a pattern.
        let noise = |i: usize| ((i * i % 7919) as f32 / 3959.5) - 1.0;
        let rows: [(&str, Vec<f32>); 8] = [
            ("short", (0..5).map(noise).collect()),
            ("one", vec![-3.0]),
            ("many", (0..100_003).map(|i| 4.0 * noise(i)).collect()),
            ("steps up", (0..20_000).map(|i| i as f32 / 100.0).collect()),
            ("down", (0..20_000).map(|i| -(i as f32) / 100.0).collect()),
            ("large", (0..5000).map(|i| 3e4 + 9.0 * noise(i)).collect()),
            (
                "masked",
                (0..5000)
                    .map(|i| {
                        if i < 3000 {
                            f32::NEG_INFINITY
                        } else {
                            noise(i)
                        }
                    })
                    .collect(),
            ),
            ("lowest", vec![f32::MIN; 2000]),
        ];
        for (name, logits) in rows {
            let (got, expected) = (f32::log_sum_exp(&logits), defined(&logits));
            let error = (got - expected).abs();
            assert!(
                error <= 2e-7 * expected.abs().max(1.0),
                "{name}: {got} {expected}"
            );
        }
        let mut with_nan = vec![1.0f32; 3000];
        with_nan[2500] = f32::NAN;
        assert!(f32::log_sum_exp(&with_nan).is_nan());
        with_nan[2500] = f32::INFINITY;
        assert!(f32::log_sum_exp(&with_nan).is_nan());
        assert!(f32::log_sum_exp(&[f32::NEG_INFINITY; 3]).is_nan());
    }
}

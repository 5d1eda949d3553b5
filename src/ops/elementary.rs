//! Logarithms and exponentials without branches, so that the compiler can vectorize loops over them.
//!
//! The standard library has function calls for one number at a time. No SIMD library selects instructions at run time
//! on stable Rust (`wide` does so at compile time only, and was no faster than the standard library). The range
//! reduction and the polynomials are those of fdlibm's `e_log.c`, and Taylor's series for the exponential. The relative
//! error is below 1e-15.

use std::f64::consts::{LOG2_E, SQRT_2};

/// 1.5 * 2^52. A sum with it has a small whole number in its last bits.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// The natural logarithm of 2, in two parts. The first has 32 trailing zeros.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// The reciprocals of the factorials of 0 to 13, which are enough for arguments of up to half of `ln 2`.
const RECIPROCAL_FACTORIALS: [f64; 14] = {
    let (mut all, mut n, mut factorial) = ([1.0; 14], 1, 1.0);
    while n < all.len() {
        factorial *= n as f64;
        all[n] = 1.0 / factorial;
        n += 1;
    }
    all
};

/// `ln(x)`. It is NaN if the logarithm is not finite, and for subnormal numbers.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let (exponent, mantissa) = split(x);
    let value = ln_of(exponent, mantissa - 1.0);
    if is_plain(x) { value } else { f64::NAN }
}

/// `ln(1 + x)`. It is NaN if the logarithm is not finite.
#[inline(always)]
pub(crate) fn ln_1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    let (exponent, mantissa) = split(sum);
    // Near 1, the sum has lost digits of `x`.
    let beyond_one = if exponent == 0.0 { x } else { mantissa - 1.0 };
    let value = ln_of(exponent, beyond_one);
    if is_plain(sum) { value } else { f64::NAN }
}

/// `e^x` for `x` of at most 0. It is 0 below -708, and NaN for NaN.
#[inline(always)]
pub(crate) fn exp_of_negative(x: f64) -> f64 {
    let shifted = x * LOG2_E + WHOLE;
    let exponent = shifted - WHOLE;
    let rest = x - exponent * LN_2[0] - exponent * LN_2[1];
    let terms = RECIPROCAL_FACTORIALS.iter().rev();
    let series = terms.fold(0.0, |sum, factor| factor + sum * rest);
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    let value = series * power;
    if x < -708.0 { 0.0 } else { value }
}

/// `e^x` for `x` up to 88, with a relative error below `2e-7 + 2e-8 |x|`. Below -87 it is `e^-87`, and NaN for NaN.
///
/// The polynomial is the one of degree 5 that starts with `1 + ln(2) x` and has the smallest relative error from `2^x` between
/// -1/2 and 1/2, which is 1.1e-7. With fused multiply-adds, which every processor with wide instructions has; on others it is
/// slow.
#[cfg(feature = "text")]
#[inline(always)]
pub(crate) fn exp_f32(x: f32) -> f32 {
    /// 1.5 * 2^23, and the bias of exponents. A sum with it has the bits of an exponent last.
    const WHOLE: f32 = 12_582_912.0 + 127.0;
    const POLYNOMIAL: [f32; 6] = [
        1.0,
        std::f32::consts::LN_2,
        0.240_222_83,
        0.055_505_585,
        0.009_669_691,
        0.001_330_060_5,
    ];
    // NaN is not below.
    let x = if -87.0 > x { -87.0 } else { x };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, WHOLE);
    let exponent = shifted - WHOLE;
    let rest = x.mul_add(std::f32::consts::LOG2_E, -exponent);
    let terms = POLYNOMIAL.iter().rev();
    let series = terms.fold(0.0f32, |sum, factor| sum.mul_add(rest, *factor));
    series * f32::from_bits(shifted.to_bits() << 23)
}

/// Whether the number is positive, finite and normal.
#[inline(always)]
fn is_plain(x: f64) -> bool {
    (f64::MIN_POSITIVE..=f64::MAX).contains(&x)
}

/// The exponent of 2, and a mantissa between the square roots of 1/2 and 2.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let bits = x.to_bits();
    let least = (SQRT_2 / 2.0).to_bits();
    let exponent = bits.wrapping_sub(least) as i64 >> 52;
    let mantissa = f64::from_bits(bits.wrapping_sub((exponent as u64) << 52));
    let exponent = f64::from_bits(WHOLE.to_bits().wrapping_add(exponent as u64)) - WHOLE;
    (exponent, mantissa)
}

/// `exponent ln(2) + ln(1 + f)`.
#[inline(always)]
fn ln_of(exponent: f64, f: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w
        * (0.399_999_999_994_094_2 + w * (0.222_221_984_321_497_84 + w * 0.153_138_376_992_093_73));
    let odd = z
        * (0.666_666_666_666_673_5
            + w * (0.285_714_287_436_623_9
                + w * (0.181_835_721_616_180_5 + w * 0.147_981_986_051_165_86)));
    let half = 0.5 * f * f;
    exponent * LN_2[0] - ((half - (s * (half + even + odd) + exponent * LN_2[1])) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, expected: f64, of: f64) {
        let difference = (got - expected).abs();
        assert!(
            difference <= 1e-15 * expected.abs(),
            "{of:e}: {got:e} instead of {expected:e}"
        );
    }

    #[cfg(feature = "text")]
    #[test]
    fn single_precision_is_that_of_the_standard_library() {
        for i in -87_000..88_000 {
            let x = i as f32 / 1000.0;
            let (got, expected) = (f64::from(exp_f32(x)), f64::from(x).exp());
            let error = (got - expected).abs() / expected;
            assert!(error <= 2e-7 + 2e-8 * f64::from(x.abs()), "{x}: {error:e}");
        }
        assert!(exp_f32(f32::NEG_INFINITY) < 2e-38);
        assert!(exp_f32(f32::NAN).is_nan());
    }

    #[test]
    fn functions_are_those_of_the_standard_library() {
        let mantissas = (0..2000).map(|i| 1.0 + f64::from(i) / 2000.0);
        for m in mantissas {
            for exponent in [
                -1000, -300, -60, -30, -10, -3, -2, -1, 0, 1, 2, 10, 300, 1000,
            ] {
                let x = m * 2f64.powi(exponent);
                near(ln(x), x.ln(), x);
                near(ln_1p(x), x.ln_1p(), x);
                if x < 1.0 {
                    near(ln_1p(-x), (-x).ln_1p(), -x);
                }
                if x < 708.0 {
                    near(exp_of_negative(-x), (-x).exp(), -x);
                }
            }
        }
        assert_eq!((ln(1.0), ln_1p(0.0), exp_of_negative(0.0)), (0.0, 0.0, 1.0));
        assert_eq!(
            (exp_of_negative(-1e4), exp_of_negative(f64::NEG_INFINITY)),
            (0.0, 0.0)
        );
        assert!(exp_of_negative(f64::NAN).is_nan());
        for bad in [
            0.0,
            -1.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e-310,
        ] {
            assert!(ln(bad).is_nan(), "{bad}");
        }
        for bad in [-1.0, -2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(ln_1p(bad).is_nan(), "{bad}");
        }
    }
}

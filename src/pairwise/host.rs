//! Distances in host memory: each pair of rows in one pass, without temporaries.

use std::ops::{Add, Mul, Sub};

use burn::tensor::{DType, Element, Tensor, TensorData};
use rayon::prelude::*;

use super::Distance;
use crate::{
    Result,
    ops::{HostTensor, Wide, widest},
};

/// The number of terms that are added in their own type, in [`LANES`] accumulators, before the sum is added to an
/// `f64`.
const BLOCK: usize = 512;
const LANES: usize = 16;
/// The number of rows of `x` that are compared with the rows of `y` together.
const ROWS: usize = 8;
/// The number of elements of `y` that stay in the cache meanwhile.
const CACHED: usize = 1 << 14;
/// Whole exponents up to this one are computed as products.
const WHOLE: f64 = 32.0;
/// The minimum number of differences that is worth a thread.
const PARALLEL: usize = 1 << 16;

/// A type of numbers in host memory.
trait Real:
    Element + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Into<f64> + Sync
{
    fn abs(self) -> Self;
    fn powf(self, exponent: f64) -> Self;
    fn of(number: f64) -> Self;
}

macro_rules! real {
    ($($N:ident),+) => {
        $(impl Real for $N {
            #[inline(always)]
            fn abs(self) -> Self {
                $N::abs(self)
            }

            #[inline(always)]
            fn powf(self, exponent: f64) -> Self {
                $N::powf(self, exponent as $N)
            }

            #[inline(always)]
            fn of(number: f64) -> Self {
                number as $N
            }
        })+
    };
}

real!(f32, f64);

/// Computes all distances: `[n, m]`.
pub(super) fn matrix(
    distance: Distance,
    zero_diagonal: bool,
    x: Tensor<2>,
    y: Tensor<2>,
) -> Result<Tensor<2>> {
    let m = y.dims()[0];
    run(distance, zero_diagonal, x, y, Output::Matrix { m })
}

/// Computes the sums of the distances of each row: `[n]`.
pub(super) fn sums(
    distance: Distance,
    zero_diagonal: bool,
    x: Tensor<2>,
    y: Tensor<2>,
) -> Result<Tensor<1>> {
    Ok(run(distance, zero_diagonal, x, y, Output::Sums)?.squeeze_dim(1))
}

#[derive(Clone, Copy)]
enum Output {
    Matrix { m: usize },
    Sums,
}

fn run(
    distance: Distance,
    zero_diagonal: bool,
    x: Tensor<2>,
    y: Tensor<2>,
    output: Output,
) -> Result<Tensor<2>> {
    let ([n, features], dtype, device) = (x.dims(), x.dtype(), x.device());
    let (x, y) = (HostTensor::of(x)?, HostTensor::of(y)?);
    let job = Job {
        distance,
        zero_diagonal,
        features,
        output,
    };
    let width = match output {
        Output::Matrix { m } => m,
        Output::Sums => 1,
    };
    let shape = [n, width];
    let data = match dtype {
        DType::F64 => TensorData::new(job.run::<f64>(&x.read(), &y.read(), n * width), shape),
        _ => TensorData::new(job.run::<f32>(&x.read(), &y.read(), n * width), shape),
    };
    Ok(Tensor::from_data(data, (&device, dtype)))
}

#[derive(Clone, Copy)]
struct Job {
    distance: Distance,
    zero_diagonal: bool,
    features: usize,
    output: Output,
}

/// A range of rows of `x`, starting at `first`, and their output.
struct SomeRows<'a, N> {
    job: Job,
    first: usize,
    x: &'a [N],
    y: &'a [N],
    out: &'a mut [N],
}

impl<N: Real> Wide for SomeRows<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.job.distance {
            Distance::Manhattan => self.fill(|a, b| sum(a, b, |difference| difference.abs())),
            Distance::Euclidean => {
                self.fill(|a, b| sum(a, b, |difference| difference * difference).sqrt());
            }
            Distance::Minkowski { exponent } => self.fill(|a, b| minkowski(a, b, exponent)),
        }
    }
}

impl Job {
    fn run<N: Real>(self, x: &[N], y: &[N], length: usize) -> Vec<N> {
        let mut out = vec![N::default(); length];
        let rows = x.len() / self.features;
        let width = length / rows;
        let work = rows * y.len();
        let some_rows = |(at, (out, x)): (usize, (&mut [N], &[N]))| {
            widest(SomeRows {
                job: self,
                first: at * ROWS,
                x,
                y,
                out,
            });
        };
        if work < PARALLEL {
            let parts = out
                .chunks_mut(ROWS * width)
                .zip(x.chunks(ROWS * self.features));
            parts.enumerate().for_each(some_rows);
        } else {
            let x = x.par_chunks(ROWS * self.features);
            out.par_chunks_mut(ROWS * width)
                .zip(x)
                .enumerate()
                .for_each(some_rows);
        }
        out
    }
}

impl<N: Real> SomeRows<'_, N> {
    #[inline(always)]
    fn fill(self, distance: impl Fn(&[N], &[N]) -> f64) {
        let Job {
            zero_diagonal,
            features,
            output,
            ..
        } = self.job;
        let cached = (CACHED / features).max(1);
        let mut sums = [0.0; ROWS];
        for (at, block) in self.y.chunks(cached * features).enumerate() {
            let rows = self.x.chunks_exact(features).zip(&mut sums);
            for (i, (a, sum)) in rows.enumerate() {
                for (j, b) in block.chunks_exact(features).enumerate() {
                    let column = at * cached + j;
                    let distance = match zero_diagonal && self.first + i == column {
                        true => 0.0,
                        false => distance(a, b),
                    };
                    match output {
                        Output::Matrix { m } => self.out[i * m + column] = N::of(distance),
                        Output::Sums => *sum += distance,
                    }
                }
            }
        }
        if let Output::Sums = output {
            let out = self.out.iter_mut().zip(sums);
            out.for_each(|(out, sum)| *out = N::of(sum));
        }
    }
}

/// The sum of a term over the differences.
#[inline(always)]
fn sum<N: Real>(a: &[N], b: &[N], term: impl Fn(N) -> N) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let mut lanes = [N::default(); LANES];
        let (a, a_rest) = a.as_chunks::<LANES>();
        let (b, b_rest) = b.as_chunks::<LANES>();
        for (a, b) in a.iter().zip(b) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane = *lane + term(*a - *b);
            }
        }
        let rest = a_rest.iter().zip(b_rest).map(|(a, b)| term(*a - *b));
        total += rest.map(Into::into).sum::<f64>();
        if !a.is_empty() {
            total += of_lanes(lanes).into();
        }
    }
    total
}

/// Adds the lanes in halves.
#[inline(always)]
fn of_lanes<N: Real>(mut lanes: [N; LANES]) -> N {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = lanes[lane] + lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The length of the differences. Powers are taken of numbers up to 1, so that they do not overflow.
#[inline(always)]
fn minkowski<N: Real>(a: &[N], b: &[N], exponent: f64) -> f64 {
    let differences = || a.iter().zip(b).map(|(a, b)| (*a - *b).abs());
    let greater = |a: f64, b: f64| if b > a || b.is_nan() { b } else { a };
    let greatest = differences().map(Into::into).fold(0.0, greater);
    if greatest == 0.0 || !greatest.is_finite() {
        return greatest;
    }
    let share = |difference: N| difference.into() / greatest;
    let sum: f64 = match exponent.fract() == 0.0 && exponent <= WHOLE {
        true => differences().map(|d| share(d).powi(exponent as i32)).sum(),
        false => {
            let powers = differences().map(|d| N::of(share(d)).powf(exponent));
            powers.map(Into::into).sum()
        }
    };
    greatest * sum.powf(exponent.recip())
}

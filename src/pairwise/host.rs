//! Distances in host memory: each pair of rows in one pass, without temporaries.

use std::ops::{Add, Mul, Sub};

use burn::tensor::{DType, Element, Tensor, TensorData};
use rayon::prelude::*;

use super::Distance;
use crate::{Result, ops::HostTensor};

/// Terms that are added up in their own type, side by side in [`LANES`], before an `f64` takes them.
const BLOCK: usize = 512;
const LANES: usize = 16;
/// Rows of `x` that pass over those of `y` together.
const ROWS: usize = 8;
/// Elements of `y` that stay in the cache meanwhile.
const CACHED: usize = 1 << 14;
/// Fewer differences are not worth a thread.
const PARALLEL: usize = 1 << 16;

/// A type of numbers in memory.
trait Real:
    Element + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Into<f64> + Sync
{
    fn abs(self) -> Self;
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
            fn of(number: f64) -> Self {
                number as $N
            }
        })+
    };
}

real!(f32, f64);

/// All distances: `[n, m]`.
pub(super) fn matrix(
    distance: Distance,
    zero_diagonal: bool,
    x: Tensor<2>,
    y: Tensor<2>,
) -> Result<Tensor<2>> {
    let m = y.dims()[0];
    run(distance, zero_diagonal, x, y, Output::Matrix { m })
}

/// The sums of the distances of each row: `[n]`.
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

impl Job {
    fn run<N: Real>(self, x: &[N], y: &[N], length: usize) -> Vec<N> {
        let mut out = vec![N::default(); length];
        let rows = x.len() / self.features;
        let width = length / rows;
        let work = rows * y.len();
        let some_rows = |(at, (out, x)): (usize, (&mut [N], &[N]))| {
            widest(|| match self.distance {
                Distance::Manhattan => self.rows(at * ROWS, x, y, out, |a, b| {
                    sum(a, b, |difference| difference.abs())
                }),
                Distance::Euclidean => self.rows(at * ROWS, x, y, out, |a, b| {
                    sum(a, b, |difference| difference * difference).sqrt()
                }),
                Distance::Minkowski { exponent } => {
                    self.rows(at * ROWS, x, y, out, |a, b| minkowski(a, b, exponent))
                }
            })
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

    /// The output of some rows of `x`, the first of which is at `first`.
    #[inline(always)]
    fn rows<N: Real>(
        self,
        first: usize,
        x: &[N],
        y: &[N],
        out: &mut [N],
        distance: impl Fn(&[N], &[N]) -> f64,
    ) {
        let features = self.features;
        let cached = (CACHED / features).max(1);
        let mut sums = [0.0; ROWS];
        for (at, block) in y.chunks(cached * features).enumerate() {
            for (i, (a, sum)) in x.chunks_exact(features).zip(&mut sums).enumerate() {
                for (j, b) in block.chunks_exact(features).enumerate() {
                    let column = at * cached + j;
                    let distance = match self.zero_diagonal && first + i == column {
                        true => 0.0,
                        false => distance(a, b),
                    };
                    match self.output {
                        Output::Matrix { m } => out[i * m + column] = N::of(distance),
                        Output::Sums => *sum += distance,
                    }
                }
            }
        }
        if let Output::Sums = self.output {
            out.iter_mut()
                .zip(sums)
                .for_each(|(out, sum)| *out = N::of(sum));
        }
    }
}

/// Runs with the widest instructions that the processor has.
#[inline(always)]
fn widest(run: impl FnOnce()) {
    #[cfg(feature = "flex")]
    pulp::Arch::new().dispatch(run);
    #[cfg(not(feature = "flex"))]
    run();
}

/// The sum of a term of the differences.
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
        total += lanes.into_iter().chain(rest).map(Into::into).sum::<f64>();
    }
    total
}

/// The length of the differences, from powers of numbers up to 1, which do not overflow.
#[inline(always)]
fn minkowski<N: Real>(a: &[N], b: &[N], exponent: f64) -> f64 {
    let differences = || a.iter().zip(b).map(|(a, b)| (*a - *b).abs().into());
    let greatest = differences().fold(
        0.0,
        |a: f64, b: f64| if b > a || b.is_nan() { b } else { a },
    );
    if greatest == 0.0 || !greatest.is_finite() {
        return greatest;
    }
    let powers = differences().map(|difference| (difference / greatest).powf(exponent));
    greatest * powers.sum::<f64>().powf(exponent.recip())
}

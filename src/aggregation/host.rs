//! Reductions of batches in host memory in one pass.

use crate::{
    NanStrategy,
    ops::{Wide, widest},
    sealed::Sealed,
};

/// The number of accumulators that are added to side by side.
const LANES: usize = 8;

/// A type of numbers in host memory.
///
/// This trait is sealed: only `f32` and `f64` implement it.
pub trait Real: Sealed + Copy + Into<f64> {}
impl Sealed for f32 {}
impl Sealed for f64 {}

impl Real for f32 {}
impl Real for f64 {}

/// How many values count as NaN, and how many have a weight that is negative or infinite.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bad {
    pub(super) nans: u64,
    pub(super) weights: u64,
}

/// A batch of values in host memory.
#[derive(Debug, Clone, Copy)]
pub struct HostBatch<'a, N> {
    pub(super) values: &'a [N],
    /// One weight for each run of this many values.
    pub(super) weights: Option<(&'a [N], usize)>,
    pub(super) nan: NanStrategy,
}

impl<N: Real> HostBatch<'_, N> {
    /// Folds values and weights into several accumulators side by side, and counts NaNs. A NaN that is to be ignored is
    /// passed as `identity` with weight 0.
    pub(super) fn fold<A: Copy>(
        &self,
        identity: f64,
        start: A,
        step: impl Fn(&mut A, f64, f64),
    ) -> ([A; LANES], Bad) {
        widest(Folding {
            numbers: self,
            identity,
            start,
            step,
        })
    }

    #[inline(always)]
    fn pass<A: Copy>(
        &self,
        start: A,
        step: impl Fn(&mut A, f64, f64) -> bool,
    ) -> ([A; LANES], Bad) {
        let mut lanes = ([start; LANES], [0; LANES]);
        let mut weights_at_fault = [0; LANES];
        let is_bad = |weight: f64| (weight < 0.0) | (weight == f64::INFINITY);
        match self.weights {
            None => side_by_side(&mut lanes, self.values, |lane, value| {
                step(lane, value, 1.0)
            }),
            Some((weights, 1)) => {
                // Pairs cannot be cut into blocks by one iterator without copies.
                let blocks = self.values.chunks(LANES).zip(weights.chunks(LANES));
                for (values, weights) in blocks {
                    let lanes = lanes.0.iter_mut().zip(&mut lanes.1);
                    let lanes = lanes.zip(&mut weights_at_fault);
                    for (((lane, lost), bad), (value, weight)) in
                        lanes.zip(values.iter().zip(weights))
                    {
                        let weight = (*weight).into();
                        *lost += u64::from(step(lane, (*value).into(), weight));
                        *bad += u64::from(is_bad(weight));
                    }
                }
            }
            Some((weights, inner)) => {
                for (row, weight) in self.values.chunks(inner).zip(weights) {
                    let weight = (*weight).into();
                    weights_at_fault[0] += u64::from(is_bad(weight)) * row.len() as u64;
                    side_by_side(&mut lanes, row, |lane, value| step(lane, value, weight));
                }
            }
        }
        let bad = Bad {
            nans: lanes.1.iter().sum(),
            weights: weights_at_fault.iter().sum(),
        };
        (lanes.0, bad)
    }
}

/// See [`HostBatch::fold`].
struct Folding<'a, N, A, F> {
    numbers: &'a HostBatch<'a, N>,
    identity: f64,
    start: A,
    step: F,
}

impl<N: Real, A: Copy, F: Fn(&mut A, f64, f64)> Wide for Folding<'_, N, A, F> {
    type Output = ([A; LANES], Bad);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self {
            numbers,
            identity,
            start,
            step,
        } = self;
        match numbers.nan {
            NanStrategy::Error | NanStrategy::Ignore => {
                numbers.pass(start, |lane, value, weight| {
                    let lost = value.is_nan() | weight.is_nan();
                    let value = if lost { identity } else { value };
                    step(lane, value, if lost { 0.0 } else { weight });
                    lost
                })
            }
            NanStrategy::Replace(by) => numbers.pass(start, |lane, value, weight| {
                let lost = value.is_nan() | weight.is_nan();
                let value = if lost { by } else { value };
                step(lane, value, if weight.is_nan() { 1.0 } else { weight });
                lost
            }),
            NanStrategy::Keep => numbers.pass(start, |lane, value, weight| {
                step(lane, value, weight);
                value.is_nan() | weight.is_nan()
            }),
        }
    }
}

#[inline(always)]
fn side_by_side<A: Copy, N: Real>(
    (lanes, losses): &mut ([A; LANES], [u64; LANES]),
    values: &[N],
    step: impl Fn(&mut A, f64) -> bool,
) {
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for ((lane, lost), value) in lanes.iter_mut().zip(&mut *losses).zip(block) {
            *lost += u64::from(step(lane, (*value).into()));
        }
    }
    for ((lane, lost), value) in lanes.iter_mut().zip(losses).zip(rest) {
        *lost += u64::from(step(lane, (*value).into()));
    }
}

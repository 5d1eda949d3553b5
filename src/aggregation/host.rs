//! Batches in host memory, in one pass.

use super::NanPolicy;

/// Numbers that are added side by side.
const LANES: usize = 8;

/// A type of numbers in memory.
pub trait Real: Copy + Into<f64> {}
impl Real for f32 {}
impl Real for f64 {}

/// Values in host memory.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a, N> {
    pub(super) values: &'a [N],
    /// One for so many values in a row.
    pub(super) weights: Option<(&'a [N], usize)>,
    pub(super) nan: NanPolicy,
}

impl<N: Real> Numbers<'_, N> {
    /// Folds values and weights, in several accumulators side by side, and counts what is not a number. That comes as
    /// `identity` of weight 0 where it is to be left out.
    pub(super) fn fold<A: Copy>(
        &self,
        identity: f64,
        start: A,
        step: impl Fn(&mut A, f64, f64),
    ) -> ([A; LANES], u64) {
        match self.nan {
            NanPolicy::Error | NanPolicy::Ignore => self.pass(start, |lane, value, weight| {
                let lost = value.is_nan() | weight.is_nan();
                let value = if lost { identity } else { value };
                step(lane, value, if lost { 0.0 } else { weight });
                lost
            }),
            NanPolicy::Replace(by) => self.pass(start, |lane, value, weight| {
                let lost = value.is_nan() | weight.is_nan();
                let value = if lost { by } else { value };
                step(lane, value, if weight.is_nan() { 1.0 } else { weight });
                lost
            }),
            NanPolicy::Keep => self.pass(start, |lane, value, weight| {
                step(lane, value, weight);
                value.is_nan() | weight.is_nan()
            }),
        }
    }

    fn pass<A: Copy>(
        &self,
        start: A,
        step: impl Fn(&mut A, f64, f64) -> bool,
    ) -> ([A; LANES], u64) {
        let mut lanes = [(start, 0u64); LANES];
        match self.weights {
            None => side_by_side(&mut lanes, self.values, |lane, value| {
                step(lane, value, 1.0)
            }),
            Some((weights, 1)) => {
                // Pairs cannot be cut into blocks by one iterator without copies.
                let blocks = self.values.chunks(LANES).zip(weights.chunks(LANES));
                for (values, weights) in blocks {
                    let pairs = lanes.iter_mut().zip(values).zip(weights);
                    for (((lane, lost), value), weight) in pairs {
                        *lost += u64::from(step(lane, (*value).into(), (*weight).into()));
                    }
                }
            }
            Some((weights, inner)) => {
                for (row, weight) in self.values.chunks(inner).zip(weights) {
                    let weight = (*weight).into();
                    side_by_side(&mut lanes, row, |lane, value| step(lane, value, weight));
                }
            }
        }
        let lost = lanes.iter().map(|(_, lost)| lost).sum();
        (lanes.map(|(lane, _)| lane), lost)
    }
}

fn side_by_side<A: Copy, N: Real>(
    lanes: &mut [(A, u64); LANES],
    values: &[N],
    step: impl Fn(&mut A, f64) -> bool,
) {
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for ((lane, lost), value) in lanes.iter_mut().zip(block) {
            *lost += u64::from(step(lane, (*value).into()));
        }
    }
    for ((lane, lost), value) in lanes.iter_mut().zip(rest) {
        *lost += u64::from(step(lane, (*value).into()));
    }
}

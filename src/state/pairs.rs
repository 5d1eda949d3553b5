//! All pairs of numbers, for metrics of their ranks.

use std::ops::Range;

use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    Appended, Deferred, Fold, Pending, ReadRequests, ReadResults, expect_outputs, same_width,
};
use crate::{
    Fault, Faults, MetricError, Result, encoding::number, fault::is_weight, ops::HostTensor,
};

/// Keeps all pairs of a prediction and a target, for each output, with optional weights of the samples.
///
/// A pair takes 8 bytes and a weight 4, or twice as much if a number was `f64`. Numbers on a GPU stay there until they
/// are read, once.
pub type Pairs = Deferred<PairsTotal>;

/// The host form of [`Pairs`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairsTotal {
    seen: u64,
    width: usize,
    faults: Faults,
    preds: Floats,
    target: Floats,
    /// One weight per sample, or `None` if all are 1.
    weights: Option<Floats>,
}

/// Numbers in the smallest type that holds all of them: `[samples, outputs]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Floats {
    Single(#[serde(with = "number::list")] Vec<f32>),
    Double(#[serde(with = "number::list")] Vec<f64>),
}

impl Default for Floats {
    fn default() -> Self {
        Self::Single(Vec::new())
    }
}

impl Floats {
    pub(crate) fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Single(own), Self::Single(other)) => own.extend_from_slice(other),
            (Self::Double(own), Self::Double(other)) => own.extend_from_slice(other),
            (Self::Double(own), Self::Single(other)) => {
                own.extend(other.iter().map(|x| f64::from(*x)));
            }
            (Self::Single(own), Self::Double(other)) => {
                let own = own.iter().map(|x| f64::from(*x));
                *self = Self::Double(own.chain(other.iter().copied()).collect());
            }
        }
    }

    fn ones(n: usize) -> Self {
        Self::Single(vec![1.0; n])
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Single(all) => all.len(),
            Self::Double(all) => all.len(),
        }
    }

    pub(crate) fn set_nan(&mut self, at: usize) {
        match self {
            Self::Single(all) => all[at] = f32::NAN,
            Self::Double(all) => all[at] = f64::NAN,
        }
    }

    /// The elements of these ranges, one after the other.
    pub(crate) fn gathered(&self, ranges: impl Iterator<Item = Range<usize>>) -> Self {
        match self {
            Self::Single(all) => {
                Self::Single(ranges.flat_map(|range| &all[range]).copied().collect())
            }
            Self::Double(all) => {
                Self::Double(ranges.flat_map(|range| &all[range]).copied().collect())
            }
        }
    }

    pub(crate) fn into_doubles(self) -> Vec<f64> {
        match self {
            Self::Single(all) => all.into_iter().map(f64::from).collect(),
            Self::Double(all) => all,
        }
    }

    /// The number of elements that satisfy the predicate for their type.
    fn count(&self, single: impl Fn(&f32) -> bool, double: impl Fn(&f64) -> bool) -> u64 {
        let count = match self {
            Self::Single(all) => all.iter().filter(|x| single(x)).count(),
            Self::Double(all) => all.iter().filter(|x| double(x)).count(),
        };
        count as u64
    }

    fn nans(&self) -> u64 {
        self.count(|x| x.is_nan(), |x| x.is_nan())
    }

    /// A column of rows of this width, without the rows that are not kept.
    fn column(&self, at: usize, width: usize, keep: Option<&[bool]>) -> Self {
        fn column<T: Copy>(all: &[T], at: usize, width: usize, keep: Option<&[bool]>) -> Vec<T> {
            let numbers = all[at..].iter().step_by(width).copied();
            match keep {
                None if width == 1 => all.to_vec(),
                None => numbers.collect(),
                Some(keep) => {
                    let kept = numbers.zip(keep).filter(|(_, keep)| **keep);
                    kept.map(|(number, _)| number).collect()
                }
            }
        }
        match self {
            Self::Single(all) => Self::Single(column(all, at, width, keep)),
            Self::Double(all) => Self::Double(column(all, at, width, keep)),
        }
    }

    fn read(tensor: &HostTensor) -> Self {
        match tensor.dtype() {
            DType::F64 => Self::Double(tensor.read().into_owned()),
            _ => Self::Single(tensor.read().into_owned()),
        }
    }

    fn read_all(tensors: &[HostTensor]) -> Self {
        let mut all = Self::default();
        for tensor in tensors {
            match all.len() {
                0 => all = Self::read(tensor),
                _ => all.extend(&Self::read(tensor)),
            }
        }
        all
    }
}

impl Pairs {
    /// Adds a batch of predictions and targets, `[samples, outputs]` both, with one weight per sample if there are any.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] if the number of outputs differs from that of the batches before, [`MetricError::Values`]
    /// if the tensors are on a host device and a number is NaN or a weight is negative or infinite,
    /// [`MetricError::Device`].
    pub fn add(
        &mut self,
        preds: Tensor<2>,
        target: Tensor<2>,
        weights: Option<Tensor<1>>,
    ) -> Result<()> {
        let width = preds.dims()[1];
        self.add_result(PairBatch {
            width,
            preds: Appended::of(preds),
            target: Appended::of(target),
            weights: weights.map(Appended::of),
        })
    }
}

/// Batches of pairs on a device: `[samples, width]` both.
#[derive(Debug, Clone)]
pub struct PairBatch {
    width: usize,
    preds: Appended<2>,
    target: Appended<2>,
    weights: Option<Appended<1>>,
}

impl Pending for PairBatch {
    type Read = ReadPairs;

    fn is_ready(&self) -> bool {
        self.preds.is_ready()
    }

    fn bytes(&self) -> usize {
        let weights = self.weights.as_ref().map_or(0, Appended::bytes);
        self.preds.bytes() + self.target.bytes() + weights
    }

    fn register(&self, requests: &mut ReadRequests) {
        self.preds.register(requests);
        self.target.register(requests);
        if let Some(weights) = &self.weights {
            weights.register(requests);
        }
    }

    fn read(self, results: &mut ReadResults) -> ReadPairs {
        let preds = Floats::read_all(&self.preds.read(results));
        let target = Floats::read_all(&self.target.read(results));
        let weights = self.weights.map(|weights| weights.read(results));
        let weights = weights.as_deref().map(Floats::read_all);
        ReadPairs(PairsTotal::of(self.width, preds, target, weights))
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        if self.width != later.width || self.weights.is_some() != later.weights.is_some() {
            return Some(later);
        }
        self.preds.append(later.preds);
        self.target.append(later.target);
        if let Some((weights, later)) = self.weights.as_mut().zip(later.weights) {
            weights.append(later);
        }
        None
    }

    fn faults(read: &ReadPairs) -> Faults {
        read.0.faults
    }
}

/// A [`PairBatch`] in host memory.
#[derive(Debug)]
pub struct ReadPairs(PairsTotal);

impl PairsTotal {
    /// The number of samples that were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The predictions and targets of each output.
    ///
    /// # Errors
    ///
    /// [`MetricError::TooFew`] for fewer than two samples with positive weight.
    pub(crate) fn outputs(&self, metric: &str) -> Result<Vec<Columns>> {
        // A sample with weight 0 does not count.
        let weights = self.weights.clone().map(Floats::into_doubles);
        let keep = weights.as_ref().map(|weights| {
            let keep = weights.iter().map(|weight| *weight > 0.0);
            keep.collect::<Vec<bool>>()
        });
        let weights = weights.map(|mut weights| {
            weights.retain(|weight| *weight > 0.0);
            weights
        });
        let samples = weights
            .as_ref()
            .map_or(self.seen, |weights| weights.len() as u64);
        if samples < 2 {
            return Err(MetricError::TooFew {
                metric: metric.to_owned(),
                expected: 2,
                got: samples,
            });
        }
        let columns = |at| Columns {
            preds: self.preds.column(at, self.width, keep.as_deref()),
            target: self.target.column(at, self.width, keep.as_deref()),
            weights: weights.clone(),
        };
        Ok((0..self.width).map(columns).collect())
    }

    /// Creates the total of one batch.
    fn of(width: usize, preds: Floats, target: Floats, weights: Option<Floats>) -> Self {
        let mut faults = Faults::of(Fault::Nan, preds.nans() + target.nans());
        if let Some(weights) = &weights {
            let bad = weights.count(|x| !is_weight(f64::from(*x)), |x| !is_weight(*x));
            faults.add(Fault::Weight, bad);
        }
        Self {
            seen: (preds.len() / width.max(1)) as u64,
            faults,
            width,
            preds,
            target,
            weights,
        }
    }

    /// The number of samples that have been read.
    fn samples(&self) -> usize {
        self.preds.len() / self.width.max(1)
    }

    fn extend(&mut self, other: Self) {
        if self.weights.is_some() || other.weights.is_some() {
            let [before, more] = [&*self, &other].map(Self::samples);
            let weights = self.weights.get_or_insert_with(|| Floats::ones(before));
            weights.extend(&other.weights.unwrap_or_else(|| Floats::ones(more)));
        }
        self.faults += other.faults;
        self.preds.extend(&other.preds);
        self.target.extend(&other.target);
    }
}

/// The pairs of one output.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    pub preds: Floats,
    pub target: Floats,
    /// The weights, which are above 0, or `None` if all are 1.
    pub weights: Option<Vec<f64>>,
}

impl Fold for PairsTotal {
    type Pending = PairBatch;
    type View<'a> = &'a Self;

    const LIMIT: usize = usize::MAX;

    fn expect(&self, pending: &PairBatch) -> Result<()> {
        expect_outputs(self.width, [pending.preds.rows(), pending.width])
    }

    fn announce(&mut self, pending: &PairBatch) {
        self.width = pending.width;
    }

    fn add(&mut self, read: ReadPairs) {
        self.merge(read.0);
    }

    fn is_consistent(&self) -> bool {
        let numbers = usize::try_from(self.seen).ok();
        let numbers = numbers.and_then(|seen| seen.checked_mul(self.width));
        let weights = self.weights.as_ref();
        Some(self.preds.len()) == numbers
            && Some(self.target.len()) == numbers
            && weights.is_none_or(|weights| weights.len() as u64 == self.seen)
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        same_width("outputs", self.width, other.width)
    }

    fn merge(&mut self, other: Self) {
        self.seen = self.seen.saturating_add(other.seen);
        self.width = self.width.max(other.width);
        self.extend(other);
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

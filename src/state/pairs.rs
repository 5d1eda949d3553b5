//! All pairs of numbers, for what is a function of their ranks.

use burn::tensor::{DType, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{Deferred, Fold, number};
use crate::{
    Faults, MetricError, Result,
    ops::{HostTensor, in_one_type},
};

/// All pairs of a prediction and a target, of each output.
///
/// 8 bytes a pair, 16 if one of them was `f64`. Numbers on a GPU stay there until they are read, once.
pub type Pairs = Deferred<PairsTotal>;

/// The host form of [`Pairs`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairsTotal {
    seen: u64,
    width: usize,
    nans: u64,
    /// Whether states of different widths were merged.
    mixed: bool,
    preds: Numbers,
    target: Numbers,
}

/// Numbers in the least type that holds all of them: `[samples, outputs]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Numbers {
    Single(#[serde(with = "number::list")] Vec<f32>),
    Double(#[serde(with = "number::list")] Vec<f64>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Single(Vec::new())
    }
}

impl Numbers {
    fn extend(&mut self, other: &Self) {
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

    fn nans(&self) -> u64 {
        let count = match self {
            Self::Single(all) => all.iter().filter(|x| x.is_nan()).count(),
            Self::Double(all) => all.iter().filter(|x| x.is_nan()).count(),
        };
        count as u64
    }

    fn read(tensor: &HostTensor) -> Self {
        match tensor.dtype() {
            DType::F64 => Self::Double(tensor.read().into_owned()),
            _ => Self::Single(tensor.read().into_owned()),
        }
    }
}

impl Pairs {
    /// Adds a batch, `[samples, outputs]` both.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] if it has other outputs than those before, [`MetricError::Values`] if a number of a host device is
    /// NaN, [`MetricError::Device`].
    pub fn add(&mut self, preds: Tensor<2>, target: Tensor<2>) -> Result<()> {
        let [samples, width] = preds.dims();
        let total = self.total_mut();
        if total.seen > 0 && total.width != width {
            let expected = format!("[batch, {}], as of the batches before", total.width);
            return Err(MetricError::shape("predictions", expected, &preds.dims()));
        }
        if crate::ops::is_host(&preds.device()) {
            let [preds, target] = [HostTensor::of(preds)?, HostTensor::of(target)?];
            let [preds, target] = [Numbers::read(&preds), Numbers::read(&target)];
            let nans = preds.nans() + target.nans();
            (Faults {
                nans,
                ..Faults::default()
            })
            .check()?;
            total.preds.extend(&preds);
            total.target.extend(&target);
        } else {
            let n = samples * width;
            let (preds, target) = in_one_type(preds, target);
            let both = vec![preds.reshape([n]), target.reshape([n])];
            self.add_floats(Tensor::cat(both, 0))?;
        }
        let total = self.total_mut();
        total.seen += samples as u64;
        total.width = width;
        Ok(())
    }
}

impl PairsTotal {
    /// How many samples came.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The predictions and targets of each output.
    ///
    /// # Errors
    ///
    /// [`MetricError::TooFew`] of fewer than two samples, [`MetricError::State`] if states of different widths were merged.
    pub(crate) fn outputs(&self, metric: &str) -> Result<Vec<Columns>> {
        if self.mixed {
            return Err(MetricError::State {
                expected: format!("states of {} outputs", self.width),
                got: "others, too".into(),
            });
        }
        if self.seen < 2 {
            return Err(MetricError::TooFew {
                metric: metric.to_owned(),
                expected: 2,
                got: self.seen,
            });
        }
        let column = |numbers: &Numbers, at: usize| match numbers {
            Numbers::Single(all) => {
                Numbers::Single(all[at..].iter().step_by(self.width).copied().collect())
            }
            Numbers::Double(all) => {
                Numbers::Double(all[at..].iter().step_by(self.width).copied().collect())
            }
        };
        let columns = |at| Columns {
            preds: column(&self.preds, at),
            target: column(&self.target, at),
        };
        Ok((0..self.width).map(columns).collect())
    }
}

/// The pairs of one output.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    pub preds: Numbers,
    pub target: Numbers,
}

impl Fold for PairsTotal {
    const ADDITIVE: bool = false;

    type View<'a> = &'a Self;

    fn view(&self) -> &Self {
        self
    }

    fn fold(&mut self, results: &TensorData) {
        let Some(length) = results.shape().last().copied().filter(|n| *n > 0) else {
            return;
        };
        let results = HostTensor::from(results.clone());
        let all = Numbers::read(&results);
        let mut add = |preds: Numbers, target: Numbers| {
            self.nans += preds.nans() + target.nans();
            self.preds.extend(&preds);
            self.target.extend(&target);
        };
        match all {
            Numbers::Single(all) => all.chunks_exact(length).for_each(|result| {
                let (preds, target) = result.split_at(length / 2);
                add(
                    Numbers::Single(preds.into()),
                    Numbers::Single(target.into()),
                );
            }),
            Numbers::Double(all) => all.chunks_exact(length).for_each(|result| {
                let (preds, target) = result.split_at(length / 2);
                add(
                    Numbers::Double(preds.into()),
                    Numbers::Double(target.into()),
                );
            }),
        }
    }

    fn merge(&mut self, other: Self) {
        if other.seen == 0 {
            return;
        }
        self.mixed |= other.mixed || self.seen > 0 && self.width != other.width;
        self.seen += other.seen;
        self.width = other.width;
        self.nans += other.nans;
        self.preds.extend(&other.preds);
        self.target.extend(&other.target);
    }

    fn faults(&self) -> Faults {
        Faults {
            nans: self.nans,
            ..Faults::default()
        }
    }
}

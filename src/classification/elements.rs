use burn::tensor::{Bool, DType, FloatDType, Int, Tensor, TensorData};
use rayon::prelude::*;

use super::ScoredBatch;
use crate::{
    Faults, Result,
    ops::{HostTensor, ScoreSpec, Wide, is_host, widest},
};

/// A batch for formulas that are tensor operations: what is relevant, what counts, and how much.
pub(super) struct Elements {
    /// In `f64` where the device has it; 0 where left out: `[samples, width, inner]`.
    pub scores: Tensor<3>,
    /// Whether the element is of the class: `[samples, width, inner]`.
    pub relevant: Tensor<3, Bool>,
    /// Whether the score is neither ignored nor at fault: `[samples, width, inner]`.
    pub counts: Tensor<3, Bool>,
    /// The weight of the sample, in the type of the scores: `[samples, 1, 1]`.
    pub weights: Tensor<3>,
    /// How many labels and how many numbers are at fault: `[2]`.
    pub faults: Tensor<1>,
}

impl Elements {
    pub fn of(batch: ScoredBatch) -> Self {
        let ScoredBatch {
            scores,
            target,
            weights,
            spec,
        } = batch;
        let ScoreSpec { extent, width, .. } = spec;
        let full = [extent.samples, width, extent.inner];
        let rows = [
            extent.samples,
            if spec.exclusive { 1 } else { width },
            extent.inner,
        ];
        // Sums should not depend on how the data was cut; GPUs mostly have no `f64`.
        let dtype = match is_host(&scores.device()) || scores.dtype() == DType::F64 {
            true => FloatDType::F64,
            false => FloatDType::F32,
        };
        let scores = scores.cast(dtype).reshape(full);
        let target: Tensor<3, Int> = target.reshape(rows);
        let weights = match weights {
            Some(weights) => weights.cast(dtype).reshape([extent.samples, 1, 1]),
            None => scores
                .clone()
                .slice([0..extent.samples, 0..1, 0..1])
                .ones_like(),
        };

        let below = target.clone().lower_elem(0);
        let no_label = below.bool_or(target.clone().greater_equal_elem(spec.labels() as i64));
        let ignored = spec
            .ignore_index
            .map(|index| target.clone().equal_elem(index));
        let bad_label = match &ignored {
            Some(ignored) => no_label.bool_and(ignored.clone().bool_not()),
            None => no_label,
        };
        let nan = scores.clone().is_nan();
        // What concerns an element concerns all of its classes.
        let nan = match spec.exclusive {
            true => nan.int().sum_dim(1).greater_elem(0),
            false => nan,
        };
        let nan = nan.bool_or(weights.clone().is_nan().expand(rows));
        let left_out = match ignored {
            Some(ignored) => ignored.bool_or(bad_label.clone()),
            None => bad_label.clone(),
        };
        let nan = nan.bool_and(left_out.clone().bool_not());
        let left_out = left_out.bool_or(nan.clone()).expand(full);

        let relevant = match spec.exclusive {
            true => {
                let class = Tensor::<1, Int>::arange(0..width as i64, &target.device());
                let class = class.cast(target.dtype()).reshape([1, width as i64, 1]);
                target.expand(full).equal(class.expand(full))
            }
            false => target.equal_elem(1),
        };
        let number = |mask: Tensor<3, Bool>| mask.int().sum().cast(dtype);
        Self {
            faults: Tensor::cat(vec![number(bad_label), number(nan)], 0),
            relevant: relevant.bool_and(left_out.clone().bool_not()),
            scores: scores.mask_fill(left_out.clone(), 0.0),
            counts: left_out.bool_not(),
            weights: weights.clone().mask_fill(weights.is_nan(), 0.0),
        }
    }

    /// A mask as numbers of the type of the scores.
    pub fn number(&self, mask: Tensor<3, Bool>) -> Tensor<3> {
        let dtype = self.scores.dtype();
        Tensor::zeros(mask.dims(), (&mask.device(), dtype)).mask_fill(mask, 1.0)
    }

    /// Sums, followed by the faults: a result for [`Counts`](crate::state::Counts).
    pub fn result(&self, mut sums: Vec<Tensor<1>>) -> Tensor<1> {
        sums.push(self.faults.clone());
        Tensor::cat(sums, 0)
    }
}

/// An element in the memory of a host.
pub(super) struct Element<'a> {
    /// In `f64`: `[width]`.
    pub scores: &'a [f64],
    /// The class, of an exclusive batch, which has several; else 1, 0 or [`LEFT_OUT`] for each score.
    pub labels: &'a [i64],
    /// The weight of its sample.
    pub weight: f64,
}

impl Element<'_> {
    /// Whether it is of a class, if that label counts.
    #[inline(always)]
    pub fn relevant(&self, class: usize) -> Option<bool> {
        match self.labels.len() == self.scores.len() {
            true => (self.labels[class] != LEFT_OUT).then_some(self.labels[class] == 1),
            false => Some(self.labels[0] == class as i64),
        }
    }
}

/// The label of a score that is ignored or at fault.
const LEFT_OUT: i64 = -1;

/// The sums over the elements of a batch of a host of what `add` adds for each, then the faults: a result for
/// [`Counts`](crate::state::Counts). In one pass, without elements that are ignored or at fault as a whole.
pub(super) fn host_sums(
    batch: ScoredBatch,
    sums: usize,
    add: impl Fn(&mut [f64], Element<'_>) + Sync,
) -> Result<Tensor<1>> {
    let device = batch.scores.device();
    let weights = batch.weights.map(HostTensor::of).transpose()?;
    let weights = weights.as_ref().map(|weights| weights.read::<f64>());
    let (scores, target) = (HostTensor::of(batch.scores)?, HostTensor::of(batch.target)?);
    let rows = Rows {
        target: &target.read::<i64>(),
        weights: weights.as_deref(),
        spec: batch.spec,
        add: &add,
    };
    let results = match scores.dtype() {
        DType::F64 => rows.in_parallel(&scores.read::<f64>(), sums),
        _ => rows.in_parallel(&scores.read::<f32>(), sums),
    };
    let length = results.len();
    let results = TensorData::new(results, [length]);
    Ok(Tensor::from_data(results, (&device, DType::F64)))
}

/// The elements of a batch without their scores.
struct Rows<'a, A> {
    target: &'a [i64],
    weights: Option<&'a [f64]>,
    spec: ScoreSpec,
    add: &'a A,
}

impl<A: Fn(&mut [f64], Element<'_>) + Sync> Rows<'_, A> {
    fn in_parallel<N: Copy + Into<f64> + Sync>(&self, scores: &[N], sums: usize) -> Vec<f64> {
        /// So many scores are worth a thread.
        const CHUNK: usize = 1 << 14;
        let elements = self.spec.extent.samples * self.spec.extent.inner;
        let chunk = (CHUNK / self.spec.width).max(1);
        let chunks = (0..elements.div_ceil(chunk)).into_par_iter();
        let results = chunks.map(|at| {
            let elements = at * chunk..elements.min((at + 1) * chunk);
            let mut results = vec![0.0; sums + Faults::LEN];
            widest(RowSums {
                rows: self,
                scores,
                elements,
                results: &mut results,
            });
            results
        });
        // In order, so that a sum is the same whichever thread was faster.
        let all = vec![0.0; sums + Faults::LEN];
        results
            .collect::<Vec<_>>()
            .into_iter()
            .fold(all, |mut all, results| {
                all.iter_mut().zip(results).for_each(|(sum, x)| *sum += x);
                all
            })
    }
}

struct RowSums<'a, N, A> {
    rows: &'a Rows<'a, A>,
    scores: &'a [N],
    elements: std::ops::Range<usize>,
    results: &'a mut [f64],
}

impl<N: Copy + Into<f64>, A: Fn(&mut [f64], Element<'_>)> Wide for RowSums<'_, N, A> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Rows {
            target,
            weights,
            spec,
            add,
        } = self.rows;
        let (width, inner) = (spec.width, spec.extent.inner);
        let (sums, faults) = self.results.split_at_mut(self.results.len() - Faults::LEN);
        let [bad_labels, nans] = faults else { return };
        let (mut scores, mut labels) = (vec![0.0; width], vec![0; width]);
        for at in self.elements {
            let (sample, first) = (at / inner, at / inner * width * inner + at % inner);
            let weight = weights.map_or(1.0, |weights| weights[sample]);
            let own = self.scores[first..].iter().step_by(inner);
            scores
                .iter_mut()
                .zip(own)
                .for_each(|(to, score)| *to = (*score).into());
            let kind = |label: i64, is_nan: bool| match label {
                label if spec.ignore_index == Some(label) => Kind::Ignored,
                label if !(0..spec.labels() as i64).contains(&label) => Kind::NoLabel,
                _ if is_nan || weight.is_nan() => Kind::Nan,
                _ => Kind::Good,
            };
            let mut count = |kind| match kind {
                Kind::NoLabel => *bad_labels += 1.0,
                Kind::Nan => *nans += 1.0,
                Kind::Ignored | Kind::Good => {}
            };
            if spec.exclusive {
                let kind = kind(target[at], scores.iter().any(|score| score.is_nan()));
                count(kind);
                if kind != Kind::Good {
                    continue;
                }
                labels[0] = target[at];
            } else {
                let own = target[first..].iter().step_by(inner);
                for (label, (target, score)) in labels.iter_mut().zip(own.zip(&scores)) {
                    let kind = kind(*target, score.is_nan());
                    count(kind);
                    *label = if kind == Kind::Good {
                        *target
                    } else {
                        LEFT_OUT
                    };
                }
                if weight.is_nan() {
                    continue;
                }
            }
            let labels = if spec.exclusive {
                &labels[..1]
            } else {
                &labels[..]
            };
            add(
                sums,
                Element {
                    scores: &scores,
                    labels,
                    weight,
                },
            );
        }
    }
}

/// What a label and its score are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    Ignored,
    NoLabel,
    Nan,
}

use burn::tensor::{Bool, DType, FloatDType, Int, Tensor};

use super::ScoredBatch;
use crate::ops::{ScoreSpec, is_host};

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

//! The checks and the layout of batches that all tasks share.

use burn::{
    backend::TensorMetadata,
    tensor::{DType, FloatDType, Int, Tensor, activation},
};

use super::LogitMap;
use crate::{
    MetricError, Result,
    classification::{ClassificationInput, ScoredBatch},
    ops::{self, Extent, Predictions, ScoreSpec},
};

/// Checks a batch that must have scores, and lays it out. If they are logits, `logits` says how they are converted.
pub(super) fn scored(
    input: ClassificationInput,
    spec: ScoreSpec,
    logits: Option<LogitMap>,
) -> Result<ScoredBatch> {
    input.check()?;
    fits_in_32_bits(spec.scores())?;
    let Extent { samples, inner } = spec.extent;
    let ClassificationInput {
        preds,
        target,
        weights,
    } = input;
    let scores = match preds {
        Predictions::Scores(scores) => scores,
        Predictions::Labels(labels) => {
            return Err(MetricError::Kind {
                what: "predictions",
                expected: "scores, of a floating-point type",
                got: labels.dtype(),
            });
        }
    };
    // Half precision is too coarse for probabilities.
    let half = matches!(scores.dtype(), DType::F16 | DType::BF16);
    let scores = ops::floats(scores, [samples, spec.width, inner]);
    let scores = match logits {
        Some(LogitMap::Probability | LogitMap::LogOdds) if half => scores.cast(FloatDType::F32),
        _ => scores,
    };
    let target = ops::wide_labels(ops::ints(target, [spec.targets()]));
    let weights = weights.map(|weights| ops::floats(weights, [samples]));
    // An index that does not fit the type of the labels cannot be one of them.
    let fits = |index: &i64| target.dtype() == DType::I64 || i32::try_from(*index).is_ok();
    let spec = ScoreSpec {
        ignore_index: spec.ignore_index.filter(fits),
        ..spec
    };
    if spec.scores() == 0 {
        return Ok(ScoredBatch {
            scores: ops::floats(scores.into_dispatch(), [0]),
            target,
            weights,
            spec,
        });
    }
    let scores = match (logits, spec.exclusive) {
        (None | Some(LogitMap::Identity), _) | (Some(LogitMap::LogOdds), false) => scores,
        (Some(LogitMap::Probability), false) => activation::sigmoid(scores),
        (Some(LogitMap::Probability), true) => activation::softmax(scores, 1),
        (Some(LogitMap::LogOdds), true) => log_odds(scores),
    };
    Ok(ScoredBatch {
        scores: scores.reshape([spec.scores()]),
        target,
        weights,
        spec,
    })
}

/// The log-odds of the softmax of each class: its logit, less the logarithm of the summed exponentials of the others.
fn log_odds(logits: Tensor<3>) -> Tensor<3> {
    let dims = logits.dims();
    let best = logits.clone().argmax(1);
    let class = Tensor::<1, Int>::arange(0..dims[1] as i64, &logits.device());
    let class = class.cast(best.dtype()).reshape([1, dims[1], 1]);
    let is_best = class.expand(dims).equal(best.expand(dims));
    let others = logits.clone().mask_fill(is_best.clone(), f64::NEG_INFINITY);
    // The others of the best class, around the second best.
    let second = others.clone().max_dim(1);
    let of_best = (others.clone() - second.clone()).exp().sum_dim(1).log() + second;
    // The others of each other class, around the best.
    let best = logits.clone().max_dim(1);
    let ratios = (others - best.clone()).exp();
    let rest = ratios.clone().sum_dim(1) - ratios;
    let of_rest = rest.clamp_min(0.0).log1p() + best;
    logits - of_rest.mask_where(is_best, of_best.expand(dims))
}

pub(super) fn same_shape(input: &ClassificationInput, preds: &[usize]) -> Result<()> {
    let target = input.target_shape();
    if target != preds {
        let expected = format!("{preds:?}, that of the predictions");
        return Err(MetricError::shape("target", expected, &target));
    }
    Ok(())
}

/// Checks that `n` is within the range of the kernels, which count and index in 32 bits.
pub(super) fn fits_in_32_bits(n: usize) -> Result<()> {
    if n < u32::MAX as usize - 4 {
        return Ok(());
    }
    let expected = "fewer than 2^32 - 4 scores a batch and counts a table";
    Err(MetricError::config("batch", expected, n))
}

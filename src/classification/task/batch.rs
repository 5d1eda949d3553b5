//! The checks and the layout of batches that all tasks share.

use burn::{
    backend::TensorMetadata,
    tensor::{DType, FloatDType, activation},
};

use crate::{
    MetricError, Result,
    classification::{ClassificationInput, ScoredBatch},
    ops::{self, Extent, Predictions, ScoreSpec},
};

/// Checks a batch that must have scores, and lays it out.
pub(super) fn scored(
    input: ClassificationInput,
    spec: ScoreSpec,
    from_logits: bool,
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
    let scores = match scores.dtype() {
        DType::F16 | DType::BF16 if from_logits => {
            ops::floats(scores, [samples, spec.width, inner]).cast(FloatDType::F32)
        }
        _ => ops::floats(scores, [samples, spec.width, inner]),
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
    let scores = match (from_logits, spec.exclusive) {
        (false, _) => scores,
        (true, false) => activation::sigmoid(scores),
        (true, true) => activation::softmax(scores, 1),
    };
    Ok(ScoredBatch {
        scores: scores.reshape([spec.scores()]),
        target,
        weights,
        spec,
    })
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

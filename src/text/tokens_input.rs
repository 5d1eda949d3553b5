use burn::tensor::{Int, Tensor};

use crate::{MetricError, Result, ops};

/// The logits of a language model for each position, and the tokens that stand there.
///
/// Logits `[batch, length, vocabulary]` with tokens `[batch, length]`, or `[positions, vocabulary]` with `[positions]`. Targets
/// are what the model should have predicted: shift them by one before. They are moved to the device of the logits; gradients are
/// not tracked.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::text::TokensInput;
///
/// let device = Device::flex();
/// let logits = Tensor::<3>::zeros([2, 8, 100], &device);
/// let tokens = Tensor::<2, Int>::zeros([2, 8], &device);
/// let batch = TokensInput::from((logits, tokens));
/// ```
#[derive(Debug, Clone)]
pub struct TokensInput {
    /// `[positions, vocabulary]`
    logits: Tensor<2>,
    /// `[positions]`
    target: Tensor<1, Int>,
    /// The shapes as they came.
    shapes: [Vec<usize>; 2],
}

impl TokensInput {
    /// Logits `[positions, vocabulary]` and tokens `[positions]`; `None` if there is no position.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`].
    pub(super) fn checked(self) -> Result<Option<(Tensor<2>, Tensor<1, Int>)>> {
        let [logits, target] = &self.shapes;
        if logits[..logits.len() - 1] != target[..] {
            let expected = format!("{:?}, one token per position", &logits[..logits.len() - 1]);
            return Err(MetricError::shape("target", expected, target));
        }
        ops::expect_float("logits", self.logits.dtype())?;
        let is_empty = self.logits.dims().contains(&0);
        Ok((!is_empty).then_some((self.logits, self.target)))
    }
}

impl From<(Tensor<2>, Tensor<1, Int>)> for TokensInput {
    fn from((logits, target): (Tensor<2>, Tensor<1, Int>)) -> Self {
        let logits = logits.inner();
        Self {
            shapes: [logits.dims().to_vec(), target.dims().to_vec()],
            target: ops::on_device(target.inner(), &logits.device()),
            logits,
        }
    }
}

impl From<(Tensor<3>, Tensor<2, Int>)> for TokensInput {
    fn from((logits, target): (Tensor<3>, Tensor<2, Int>)) -> Self {
        let shapes = [logits.dims().to_vec(), target.dims().to_vec()];
        let [batch, length, vocabulary] = logits.dims();
        let flat = (
            logits.reshape([batch * length, vocabulary]),
            target.flatten::<1>(0, 1),
        );
        Self {
            shapes,
            ..Self::from(flat)
        }
    }
}

use burn::tensor::{ExecutionError, Tensor};
use burn::train::{
    ItemLazy,
    metric::{Adaptor, LossInput},
};

use super::DetectionInput;

/// The output of a step of a detector in a Learner: the loss, and the detected and true objects of the images.
///
/// Burn has outputs for classification, regression and sequences. This one is for metrics of [`DetectionInput`].
#[derive(Debug, Clone)]
pub struct DetectionOutput {
    /// The loss.
    pub loss: Tensor<1>,
    /// The detected and the true objects of each image.
    pub images: DetectionInput,
}

impl DetectionOutput {
    /// Creates the output.
    pub fn new(loss: Tensor<1>, images: impl Into<DetectionInput>) -> Self {
        Self {
            loss,
            images: images.into(),
        }
    }
}

impl ItemLazy for DetectionOutput {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            images: self.images,
        })
    }
}

impl Adaptor<DetectionInput> for DetectionOutput {
    fn adapt(&self) -> DetectionInput {
        self.images.clone()
    }
}

impl Adaptor<LossInput> for DetectionOutput {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

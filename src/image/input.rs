use burn::tensor::Tensor;

use crate::{MetricError, Result, ops};

/// A batch of predicted and true images, `[batch, channels, height, width]` both, with optional weights of the images,
/// `[batch]`.
///
/// Tensors on another device are moved to the device of the predictions. Tensors are detached from autodiff.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::image::ImagesInput;
///
/// let device = Device::flex();
/// let preds = Tensor::<4>::zeros([8, 3, 32, 32], &device);
/// let target = Tensor::<4>::ones([8, 3, 32, 32], &device);
/// let batch = ImagesInput::from((preds, target));
/// ```
#[derive(Debug, Clone)]
pub struct ImagesInput {
    preds: Tensor<4>,
    target: Tensor<4>,
    weights: Option<Tensor<1>>,
}

/// Predictions and targets, one image per row, and the weights of the images.
pub(super) type ImageRows = (Tensor<2>, Tensor<2>, Option<Tensor<1>>);

impl ImagesInput {
    /// Returns the pixels of each image as a row, or `None` if there are no pixels.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] and [`MetricError::Kind`].
    pub(super) fn into_rows(self) -> Result<Option<ImageRows>> {
        let (dims, target) = (self.preds.dims(), self.target.dims());
        if dims != target {
            let expected = format!("{dims:?}, that of the predictions");
            return Err(MetricError::shape("target", expected, &target));
        }
        ops::expect_float("predictions", self.preds.dtype())?;
        ops::expect_float("target", self.target.dtype())?;
        if dims.contains(&0) {
            return Ok(None);
        }
        let (preds, target) = ops::in_one_type(self.preds, self.target);
        Ok(Some((
            preds.flatten(1, 3),
            target.flatten(1, 3),
            self.weights,
        )))
    }
}

impl From<(Tensor<4>, Tensor<4>)> for ImagesInput {
    fn from((preds, target): (Tensor<4>, Tensor<4>)) -> Self {
        let preds = preds.inner();
        Self {
            target: ops::on_device(target.inner(), &preds.device()),
            preds,
            weights: None,
        }
    }
}

impl From<(Tensor<4>, Tensor<4>, Tensor<1>)> for ImagesInput {
    fn from((preds, target, weights): (Tensor<4>, Tensor<4>, Tensor<1>)) -> Self {
        let images = Self::from((preds, target));
        let weights = ops::on_device(weights.inner(), &images.preds.device());
        Self {
            weights: Some(weights),
            ..images
        }
    }
}

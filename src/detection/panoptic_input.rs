use burn::tensor::{Int, Tensor};

use crate::{MetricError, Result};

/// Panoptic segmentations: for each pixel, or point, its category and its instance, as predicted and as true.
///
/// It is created from a pair of tensors of shape `[images, ..., 2]` on any device, such as
/// `[images, height, width, 2]`.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::detection::PanopticInput;
///
/// let device = Device::flex();
/// // Two images of 4 x 3 pixels.
/// let preds = Tensor::<4, Int>::zeros([2, 4, 3, 2], &device);
/// let input = PanopticInput::from((preds.clone(), preds));
/// # let _ = input;
/// ```
#[derive(Debug, Clone)]
pub struct PanopticInput {
    /// `[images, pixels, 2]`
    pub(super) preds: Tensor<3, Int>,
    pub(super) target: Tensor<3, Int>,
    /// The shapes that were passed.
    shapes: [Vec<usize>; 2],
}

impl<const D: usize> From<(Tensor<D, Int>, Tensor<D, Int>)> for PanopticInput {
    fn from((preds, target): (Tensor<D, Int>, Tensor<D, Int>)) -> Self {
        let shapes = [preds.dims().to_vec(), target.dims().to_vec()];
        let flat = |tensor: Tensor<D, Int>| {
            let dims = tensor.dims();
            let numbers = dims.iter().product::<usize>();
            let images = dims[0];
            // Any shape is accepted here, and checked later.
            let pixels = numbers / images.max(1);
            tensor.reshape([images, pixels, 1])
        };
        Self {
            preds: flat(preds.inner()),
            target: flat(target.inner()),
            shapes,
        }
    }
}

impl PanopticInput {
    /// The number of images, and of pixels of each.
    pub(super) fn check(&self) -> Result<[usize; 2]> {
        let [preds, target] = &self.shapes;
        if preds.len() < 3 || preds.last() != Some(&2) {
            return Err(MetricError::shape("preds", "[images, ..., 2]", preds));
        }
        if preds != target {
            let expected = format!("{preds:?}, that of the predictions");
            return Err(MetricError::shape("target", expected, target));
        }
        let pixels = preds[1..preds.len() - 1].iter().product();
        Ok([preds[0], pixels])
    }
}

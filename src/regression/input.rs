use burn::tensor::Tensor;

/// A batch of predicted and true numbers: `[batch]` or `[batch, targets]` each.
///
/// Made from pairs of tensors. Autodiff is left behind.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::regression::RegressionInput;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 2.0], &device);
/// let target = Tensor::<1>::from_floats([1.5, 2.0], &device);
/// assert_eq!(RegressionInput::from((preds, target)).target.dims(), [2, 1]);
/// ```
#[derive(Debug, Clone)]
pub struct RegressionInput {
    /// What was predicted: `[batch, targets]`.
    pub preds: Tensor<2>,
    /// What is true: `[batch, targets]`.
    pub target: Tensor<2>,
}

impl From<(Tensor<2>, Tensor<2>)> for RegressionInput {
    fn from((preds, target): (Tensor<2>, Tensor<2>)) -> Self {
        let (preds, target) = (preds.inner(), target.inner());
        let target = if target.device() == preds.device() {
            target
        } else {
            target.to_device(&preds.device())
        };
        Self { preds, target }
    }
}

impl From<(Tensor<1>, Tensor<1>)> for RegressionInput {
    fn from((preds, target): (Tensor<1>, Tensor<1>)) -> Self {
        (preds.unsqueeze_dim::<2>(1), target.unsqueeze_dim::<2>(1)).into()
    }
}

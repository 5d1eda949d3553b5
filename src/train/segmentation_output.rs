use burn::{
    backend::ExecutionError,
    tensor::{Int, Tensor},
    train::metric::{Adaptor, ItemLazy, LossInput},
};

use crate::{classification::ClassificationInput, segmentation::SegmentationInput};

/// The output of a model that segments images. For volumes, use `SegmentationOutput<5, 4>`.
///
/// It can be the output of Burn's `TrainStep` and `InferenceStep`, and takes the metrics of
/// [`segmentation`](crate::segmentation), those of [multiclass tasks](crate::classification) over all pixels, and Burn's loss
/// metric.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn::train::metric::Adaptor;
/// use burn_metrics::{prelude::*, train::SegmentationOutput};
///
/// let device = Device::flex();
/// let scores = Tensor::<4>::zeros([8, 3, 32, 32], &device);
/// let targets = Tensor::<3, Int>::zeros([8, 32, 32], &device);
/// let output = SegmentationOutput::new(Tensor::<1>::zeros([1], &device), scores, targets);
///
/// let batch: SegmentationInput = output.adapt();
/// assert_eq!(MeanIoU::new(3).evaluate(batch)?, 1.0);
/// # Ok::<(), MetricError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SegmentationOutput<const D: usize = 4, const T: usize = 3> {
    /// The loss.
    pub loss: Tensor<1>,
    /// The score of each class: `[batch, classes, height, width]`. Logits are fine.
    pub output: Tensor<D>,
    /// The label of each pixel: `[batch, height, width]`.
    pub targets: Tensor<T, Int>,
}

impl<const D: usize, const T: usize> SegmentationOutput<D, T> {
    /// Creates an output from the loss, the scores and the labels.
    pub fn new(loss: Tensor<1>, output: Tensor<D>, targets: Tensor<T, Int>) -> Self {
        Self {
            loss,
            output,
            targets,
        }
    }
}

impl<const D: usize, const T: usize> ItemLazy for SegmentationOutput<D, T> {
    /// Sends queued work to the device, so that metrics do not wait for work that has not begun.
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            output: self.output.without_autodiff(),
            targets: self.targets.without_autodiff(),
        })
    }
}

impl<const D: usize, const T: usize> Adaptor<SegmentationInput> for SegmentationOutput<D, T>
where
    SegmentationInput: From<(Tensor<D>, Tensor<T, Int>)>,
{
    fn adapt(&self) -> SegmentationInput {
        (self.output.clone(), self.targets.clone()).into()
    }
}

/// All pixels, for metrics of multiclass tasks.
impl<const D: usize, const T: usize> Adaptor<ClassificationInput> for SegmentationOutput<D, T>
where
    ClassificationInput: From<(Tensor<D>, Tensor<T, Int>)>,
{
    fn adapt(&self) -> ClassificationInput {
        (self.output.clone(), self.targets.clone()).into()
    }
}

impl<const D: usize, const T: usize> Adaptor<LossInput> for SegmentationOutput<D, T> {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

use burn::{
    backend::TensorMetadata,
    tensor::{Bool, Device, Int, Tensor},
};

use crate::{
    MetricError, Result,
    combinator::{Samples, Weighed},
    ops::{self, AnyTensor, Predicted, Predictions, on_device},
};

/// A batch of predicted and true segmentations, optionally with weights of the samples.
///
/// It is created from tuples. The type of a tensor says what it is; nothing is guessed from its values. `N` is the
/// number of samples, `C` the number of classes, and `...` stands for the dimensions of an image or a volume: at least
/// one, and with scores at most four.
///
/// | predictions | target |
/// |---|---|
/// | a label per pixel, `Int`: `[N, ...]` | a label per pixel, `Int`: `[N, ...]` |
/// | a score per class, `Float`: `[N, C, ...]` | a label per pixel, `Int`: `[N, ...]` |
/// | a mask per class, `Bool`: `[N, C, ...]` | a mask per class, `Bool`: `[N, C, ...]` |
///
/// The class with the highest score is predicted, so logits and probabilities give the same value. Masks can be one-hot
/// encoded labels, but they may also overlap, as those of an organ and its tumor do, and leave pixels without a class.
/// Convert a one-hot encoding in an integer tensor with `.bool()`, and scores of overlapping classes with a threshold:
/// `scores.greater_elem(0.5)`.
///
/// A third tensor, `[N]`, contains the sample weights. Targets and weights are moved to the device of the predictions.
/// Gradients are not tracked, because counts have none.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::segmentation::SegmentationInput;
///
/// let device = Device::flex();
/// let labels = Tensor::<3, Int>::from_ints([[[0, 1], [1, 1]]], &device);
/// let scores = Tensor::<4>::zeros([1, 2, 2, 2], &device);
/// let masks = Tensor::<4, Int>::ones([1, 2, 2, 2], &device).bool();
///
/// let of_labels = SegmentationInput::from((labels.clone(), labels.clone()));
/// let of_scores = SegmentationInput::from((scores, labels));
/// let of_masks = SegmentationInput::from((masks.clone(), masks));
/// ```
#[derive(Debug, Clone)]
pub struct SegmentationInput {
    pub(super) maps: Maps,
    /// `[N]`.
    pub(super) weights: Option<AnyTensor>,
}

/// Predictions and targets.
#[derive(Debug, Clone)]
pub(super) enum Maps {
    /// Each pixel has one class. The target is `[N, ...]`.
    Labels { preds: Predicted, target: AnyTensor },
    /// Each class has a mask of 0 and 1, `[N, C, ...]` both.
    Masks { preds: AnyTensor, target: AnyTensor },
}

impl Maps {
    pub(super) fn target(&self) -> &AnyTensor {
        match self {
            Self::Labels { target, .. } | Self::Masks { target, .. } => target,
        }
    }

    /// The shape of the predictions.
    pub(super) fn preds_shape(&self) -> Vec<usize> {
        match self {
            Self::Labels {
                preds: Predictions::Scores(preds) | Predictions::Labels(preds),
                ..
            }
            | Self::Masks { preds, .. } => preds.shape().to_vec(),
        }
    }

    /// The shape of the target.
    pub(super) fn target_shape(&self) -> Vec<usize> {
        self.target().shape().to_vec()
    }
}

impl SegmentationInput {
    /// Sets the weights of the samples, `[N]`.
    fn weighted(self, weights: Tensor<1>) -> Self {
        let weights = on_device(weights.inner(), &self.device());
        Self {
            weights: Some(weights.into_dispatch()),
            ..self
        }
    }

    /// The device of the batch.
    pub(super) fn device(&self) -> Device {
        Tensor::<1, Int>::from_dispatch(self.maps.target().clone()).device()
    }

    /// Checks the type of scores, and the type and number of weights.
    ///
    /// # Errors
    ///
    /// [`MetricError::Kind`] and [`MetricError::Shape`].
    pub(super) fn check(&self) -> Result<()> {
        if let Maps::Labels {
            preds: Predictions::Scores(scores),
            ..
        } = &self.maps
        {
            ops::expect_float("scores", scores.dtype())?;
        }
        let Some(weights) = &self.weights else {
            return Ok(());
        };
        ops::expect_float("weights", weights.dtype())?;
        let samples = self.maps.target_shape()[0];
        match weights.shape()[0] == samples {
            true => Ok(()),
            false => {
                let expected = format!("[{samples}], one per sample");
                Err(MetricError::shape("weights", expected, &weights.shape()))
            }
        }
    }

    /// The weights of the samples, `[N]`.
    pub(super) fn weights(&self) -> Option<Tensor<1>> {
        self.weights.clone().map(Tensor::from_dispatch)
    }
}

impl Samples for SegmentationInput {
    fn samples(&self) -> Result<(usize, Device)> {
        self.check()?;
        Ok((self.maps.target_shape()[0], self.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        let ints = |labels| ops::select_ints(labels, places);
        Self {
            maps: match self.maps {
                Maps::Labels { preds, target } => Maps::Labels {
                    preds: match preds {
                        Predictions::Scores(scores) => {
                            Predictions::Scores(ops::select_floats(scores, places))
                        }
                        Predictions::Labels(labels) => Predictions::Labels(ints(labels)),
                    },
                    target: ints(target),
                },
                Maps::Masks { preds, target } => Maps::Masks {
                    preds: ints(preds),
                    target: ints(target),
                },
            },
            weights: (self.weights).map(|weights| ops::select_floats(weights, places)),
        }
    }
}

impl Weighed for SegmentationInput {
    fn reweighted(self, weights: Tensor<1>) -> Self {
        let own = self.weights();
        Self {
            weights: Some(ops::times_weights(own, weights).into_dispatch()),
            ..self
        }
    }
}

/// Labels and labels.
impl<const D: usize> From<(Tensor<D, Int>, Tensor<D, Int>)> for SegmentationInput {
    fn from((preds, target): (Tensor<D, Int>, Tensor<D, Int>)) -> Self {
        of_labels(preds, target)
    }
}

/// Masks and masks.
impl<const D: usize> From<(Tensor<D, Bool>, Tensor<D, Bool>)> for SegmentationInput {
    fn from((preds, target): (Tensor<D, Bool>, Tensor<D, Bool>)) -> Self {
        let device = preds.device().without_autodiff();
        let target = on_device(target.inner(), &device);
        let [preds, target] =
            [preds.inner(), target].map(|mask| ops::zeros_and_ones(mask).into_dispatch());
        Self {
            maps: Maps::Masks { preds, target },
            weights: None,
        }
    }
}

/// The predictions of a pair are labels or scores.
fn of_labels<const D: usize>(
    preds: impl Into<Predicted>,
    target: Tensor<D, Int>,
) -> SegmentationInput {
    let preds = preds.into();
    let device = match &preds {
        Predictions::Scores(scores) => Tensor::<1>::from_dispatch(scores.clone()).device(),
        Predictions::Labels(labels) => Tensor::<1, Int>::from_dispatch(labels.clone()).device(),
    };
    let target = on_device(target.inner(), &device).into_dispatch();
    SegmentationInput {
        maps: Maps::Labels { preds, target },
        weights: None,
    }
}

// `From` for scores of each rank, which is one more than that of the labels. One expansion:
//
//     impl From<(Tensor<4>, Tensor<3, Int>)> for SegmentationInput {
//         fn from((scores, target): (Tensor<4>, Tensor<3, Int>)) -> Self { of_labels(scores, target) }
//     }
macro_rules! from_scores {
    ($($Scores:literal $Labels:literal),+) => {
        $(
            /// Scores and labels.
            impl From<(Tensor<$Scores>, Tensor<$Labels, Int>)> for SegmentationInput {
                fn from((scores, target): (Tensor<$Scores>, Tensor<$Labels, Int>)) -> Self {
                    of_labels(scores, target)
                }
            }
        )+
    };
}

from_scores!(3 2, 4 3, 5 4, 6 5);

/// A pair with the weights of the samples.
impl<P, T> From<(P, T, Tensor<1>)> for SegmentationInput
where
    Self: From<(P, T)>,
{
    fn from((preds, target, weights): (P, T, Tensor<1>)) -> Self {
        Self::from((preds, target)).weighted(weights)
    }
}

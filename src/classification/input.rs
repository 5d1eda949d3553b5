use burn::{
    backend::TensorMetadata,
    tensor::{Bool, Device, Int, Tensor, kind::Basic},
};

use crate::{
    ExpectedLabels, LabelExample, MetricError, Result,
    combinator::{Samples, Weighed},
    ops::{self, AnyTensor, Predicted, Predictions, expect_float, on_device},
};

/// A batch of predictions and targets, optionally with sample weights.
///
/// It is created from tuples. `N` is the number of samples, `C` the number of classes, `L` the number of labels, and
/// `...` stands for any further dimensions:
///
/// | task | predictions | target |
/// |---|---|---|
/// | binary | scores or 0/1 labels `[N, ...]` | 0/1 labels `[N, ...]` |
/// | multiclass | scores `[N, C, ...]` or labels `[N, ...]` | labels `[N, ...]` |
/// | multilabel | scores or 0/1 labels `[N, L, ...]` | 0/1 labels `[N, L, ...]` |
///
/// Scores are float tensors and labels are integer tensors. If the predictions are scores, a target of 0s and 1s may be
/// a bool tensor. A third tensor, `[N]`, contains the sample weights. Targets and weights are moved to the device of
/// the predictions. Gradients are not tracked, because counts have none.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::classification::ClassificationInput;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.1, 0.9], [0.8, 0.2]], &device);
/// let labels = Tensor::<1, Int>::from_ints([1, 1], &device);
/// let weights = Tensor::<1>::from_floats([1.0, 0.5], &device);
/// let batch = ClassificationInput::from((scores, labels, weights));
/// ```
#[derive(Debug, Clone)]
pub struct ClassificationInput {
    pub(crate) preds: Predicted,
    pub(crate) target: AnyTensor,
    pub(crate) weights: Option<AnyTensor>,
}

impl ClassificationInput {
    fn new<const D: usize, const T: usize, K: Prediction>(
        preds: Tensor<D, K>,
        target: Tensor<T, Int>,
        weights: Option<Tensor<1>>,
    ) -> Self
    where
        Tensor<D, K>: Into<Predicted>,
    {
        let device = preds.device().without_autodiff();
        Self {
            target: on_device(target.inner(), &device).into_dispatch(),
            weights: weights.map(|weights| on_device(weights.inner(), &device).into_dispatch()),
            preds: preds.into(),
        }
    }

    /// The shape of the predictions.
    pub(crate) fn preds_shape(&self) -> Vec<usize> {
        match &self.preds {
            Predictions::Scores(scores) => scores.shape().to_vec(),
            Predictions::Labels(labels) => labels.shape().to_vec(),
        }
    }

    /// The shape of the target.
    pub(crate) fn target_shape(&self) -> Vec<usize> {
        self.target.shape().to_vec()
    }

    /// The device of the batch.
    pub(crate) fn device(&self) -> Device {
        Tensor::<1, Int>::from_dispatch(self.target.clone()).device()
    }

    /// Whether the predictions are scores.
    pub(crate) fn has_scores(&self) -> bool {
        matches!(self.preds, Predictions::Scores(_))
    }

    /// Whether each sample is a single element without a weight.
    pub(crate) fn is_plain(&self) -> bool {
        self.target_shape().len() == 1 && self.weights.is_none()
    }

    /// Performs the checks that are the same for every task.
    pub(crate) fn check(&self) -> Result<()> {
        if let Predictions::Scores(scores) = &self.preds {
            expect_float("scores", scores.dtype())?;
        }
        if let Some(weights) = &self.weights {
            expect_float("weights", weights.dtype())?;
        }
        let samples = self.target_shape()[0];
        match &self.weights {
            Some(weights) if weights.shape()[0] != samples => Err(MetricError::shape(
                "weights",
                format!("[{samples}], one a sample"),
                &weights.shape(),
            )),
            _ => Ok(()),
        }
    }
}

impl ClassificationInput {
    /// The first label that is not expected, of a batch in host memory.
    pub(crate) fn wrong_label(&self, expected: ExpectedLabels) -> Option<LabelExample> {
        ops::wrong_label(&self.preds, &self.target, expected)
    }
}

impl Weighed for ClassificationInput {
    fn reweighted(self, weights: Tensor<1>) -> Self {
        let own = self.weights.map(Tensor::from_dispatch);
        Self {
            weights: Some(ops::times_weights(own, weights).into_dispatch()),
            ..self
        }
    }
}

impl Samples for ClassificationInput {
    fn samples(&self) -> Result<(usize, Device)> {
        self.check()?;
        Ok((self.target_shape()[0], self.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        let select_labels = |labels| ops::select_ints(labels, places);
        Self {
            preds: match self.preds {
                Predictions::Scores(scores) => {
                    Predictions::Scores(ops::select_floats(scores, places))
                }
                Predictions::Labels(labels) => Predictions::Labels(select_labels(labels)),
            },
            target: select_labels(self.target),
            weights: (self.weights).map(|weights| ops::select_floats(weights, places)),
        }
    }
}

/// A kind of tensor that predictions can have.
trait Prediction: Basic {}
impl Prediction for burn::tensor::Float {}
impl Prediction for Int {}

macro_rules! from_tuples {
    ($([$($D:ident)?] $Preds:ty, $Target:ty;)+) => {
        $(
            impl$(<const $D: usize>)? From<($Preds, $Target)> for ClassificationInput {
                fn from((preds, target): ($Preds, $Target)) -> Self {
                    Self::new(preds, to_int(target), None)
                }
            }

            impl$(<const $D: usize>)? From<($Preds, $Target, Tensor<1>)> for ClassificationInput {
                fn from((preds, target, weights): ($Preds, $Target, Tensor<1>)) -> Self {
                    Self::new(preds, to_int(target), Some(weights))
                }
            }
        )+
    };
}

fn to_int<const D: usize>(target: impl Into<Labels<D>>) -> Tensor<D, Int> {
    target.into().0
}

struct Labels<const D: usize>(Tensor<D, Int>);

impl<const D: usize> From<Tensor<D, Int>> for Labels<D> {
    fn from(labels: Tensor<D, Int>) -> Self {
        Self(labels)
    }
}

impl<const D: usize> From<Tensor<D, Bool>> for Labels<D> {
    fn from(labels: Tensor<D, Bool>) -> Self {
        Self(labels.int())
    }
}

from_tuples! {
    [D] Tensor<D>, Tensor<D, Int>;
    [D] Tensor<D>, Tensor<D, Bool>;
    [D] Tensor<D, Int>, Tensor<D, Int>;
    [] Tensor<2>, Tensor<1, Int>;
    [] Tensor<3>, Tensor<2, Int>;
    [] Tensor<4>, Tensor<3, Int>;
    [] Tensor<5>, Tensor<4, Int>;
}

use burn::tensor::{DType, Tensor};

use crate::{
    MetricError, Result,
    ops::{self, Weights},
};

/// A batch of predicted and true numbers, with weights of the samples if they have any.
///
/// Made from tuples of tensors of equal shape: `[batch]`, `[batch, outputs]`, or more dimensions, all of whose
/// elements then are samples of one output. A third element, `[batch]`, weighs the samples. Tensors on another device
/// than the predictions are moved to theirs. Autodiff is left behind.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::regression::RegressionInput;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([1.0, 2.0], &device);
/// let target = Tensor::<1>::from_floats([1.5, 2.0], &device);
/// let weights = Tensor::<1>::from_floats([1.0, 0.5], &device);
/// let batch = RegressionInput::from((preds, target, weights));
/// ```
#[derive(Debug, Clone)]
pub struct RegressionInput {
    /// What was predicted: `[batch, outputs]`.
    pub(crate) preds: Tensor<2>,
    /// What is true: `[batch, outputs]`.
    pub(crate) target: Tensor<2>,
    /// The weights of the samples: `[batch]`.
    pub(crate) weights: Option<Tensor<1>>,
    /// The shapes of predictions and target if they differ.
    unlike: Option<Box<(Vec<usize>, Vec<usize>)>>,
}

impl RegressionInput {
    /// Checks shapes and types.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`].
    pub fn check(&self) -> Result<[usize; 2]> {
        if let Some((preds, target)) = self.unlike.as_deref() {
            let expected = format!("{preds:?}, as the predictions");
            return Err(MetricError::shape("target", expected, target));
        }
        let dims = self.preds.dims();
        let weights = self.weights.as_ref().map(|weights| weights.dims()[0]);
        if let Some(n) = weights.filter(|n| *n != dims[0]) {
            let expected = format!("[{}], one a sample", dims[0]);
            return Err(MetricError::shape("weights", expected, &[n]));
        }
        let weights = self.weights.as_ref();
        let kinds = [
            ("predictions", Some(self.preds.dtype())),
            ("target", Some(self.target.dtype())),
            ("weights", weights.map(|weights| weights.dtype())),
        ];
        for (what, dtype) in kinds {
            if let Some(got) = dtype.filter(|dtype| !is_float(*dtype)) {
                let expected = "a floating-point type";
                return Err(MetricError::Kind {
                    what,
                    expected,
                    got,
                });
            }
        }
        Ok(dims)
    }

    /// Checks that there are no weights, for metrics that have no use for them.
    pub(crate) fn unweighted(&self, metric: &'static str) -> Result<()> {
        match self.weights {
            None => Ok(()),
            Some(_) => Err(MetricError::config(
                "weights",
                format!("none: {metric} is not defined with sample weights"),
                "some",
            )),
        }
    }

    /// As operations take it.
    pub(crate) fn into_parts(self) -> (ops::AnyTensor, ops::AnyTensor, ops::AnyWeights) {
        let weights = match self.weights {
            None => Weights::Equal,
            Some(weights) => Weights::Each(weights.into_dispatch()),
        };
        (
            self.preds.into_dispatch(),
            self.target.into_dispatch(),
            weights,
        )
    }

    fn new<const D: usize>(
        preds: Tensor<D>,
        target: Tensor<D>,
        weights: Option<Tensor<1>>,
        rows: fn(Tensor<D>) -> Tensor<2>,
    ) -> Self {
        let (preds, target) = (preds.inner(), target.inner());
        let (device, dims) = (preds.device(), preds.dims());
        let unlike = (dims != target.dims()).then(|| target.dims().to_vec());
        // Each element has the weight of its sample.
        let inner = dims.iter().skip(1).product();
        let weights = weights.map(|weights| match D > 2 && weights.dims()[0] == dims[0] {
            true => weights
                .unsqueeze_dim::<2>(1)
                .repeat_dim(1, inner)
                .flatten(0, 1),
            false => weights,
        });
        Self {
            preds: rows(preds),
            target: ops::on_device(rows(target), &device),
            weights: weights.map(|weights| ops::on_device(weights.inner(), &device)),
            unlike: unlike.map(|target| Box::new((dims.to_vec(), target))),
        }
    }
}

fn is_float(dtype: DType) -> bool {
    matches!(
        dtype,
        DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16
    )
}

macro_rules! from_tuples {
    ($($D:literal, $rows:expr;)+) => {
        $(
            impl From<(Tensor<$D>, Tensor<$D>)> for RegressionInput {
                fn from((preds, target): (Tensor<$D>, Tensor<$D>)) -> Self {
                    Self::new(preds, target, None, $rows)
                }
            }

            impl From<(Tensor<$D>, Tensor<$D>, Tensor<1>)> for RegressionInput {
                fn from((preds, target, weights): (Tensor<$D>, Tensor<$D>, Tensor<1>)) -> Self {
                    Self::new(preds, target, Some(weights), $rows)
                }
            }
        )+
    };
}

from_tuples! {
    1, |numbers| numbers.unsqueeze_dim(1);
    2, |numbers| numbers;
    3, one_output;
    4, one_output;
    5, one_output;
}

fn one_output<const D: usize>(numbers: Tensor<D>) -> Tensor<2> {
    let n = numbers.dims().iter().product();
    numbers.reshape([n, 1])
}

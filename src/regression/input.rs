use burn::tensor::{Device, Int, Tensor};

use crate::{
    MetricError, Result,
    combinator::{Samples, Weighed},
    ops::{self, Weights},
};

/// A batch of predicted and true numbers, with optional weights of the samples.
///
/// It is made from a tuple of two tensors of the same shape: predictions and targets. The shape is `[batch]`,
/// `[batch, outputs]`, or has 3 to 5 dimensions, in which case all elements count as samples of one output. An optional
/// third tensor, `[batch]`, weights the samples. Tensors on another device are moved to the device of the predictions.
/// Tensors are detached from autodiff.
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
    /// The predictions: `[batch, outputs]`.
    pub(crate) preds: Tensor<2>,
    /// The targets: `[batch, outputs]`.
    pub(crate) target: Tensor<2>,
    /// The weights of the samples: `[batch]`.
    pub(crate) weights: Option<Tensor<1>>,
    /// The number of samples.
    samples: usize,
    /// The number of rows per sample, which is above 1 if the batch had more than two dimensions.
    inner: usize,
    /// The shapes of predictions and targets if they differ.
    unlike: Option<Box<(Vec<usize>, Vec<usize>)>>,
}

/// Predictions, targets and weights.
type RowPairs = (Tensor<2>, Tensor<2>, Option<Tensor<1>>);

impl RegressionInput {
    /// Checks shapes and element types, and returns the shape `[rows, outputs]`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] and [`MetricError::Kind`].
    pub fn check(&self) -> Result<[usize; 2]> {
        if let Some((preds, target)) = self.unlike.as_deref() {
            let expected = format!("{preds:?}, as the predictions");
            return Err(MetricError::shape("target", expected, target));
        }
        let dims = self.preds.dims();
        let weights = self.weights.as_ref().map(|weights| weights.dims()[0]);
        let samples = self.samples;
        if let Some(n) = weights.filter(|n| *n != samples) {
            let expected = format!("[{samples}], one a sample");
            return Err(MetricError::shape("weights", expected, &[n]));
        }
        let weights = self.weights.as_ref();
        let kinds = [
            ("predictions", Some(self.preds.dtype())),
            ("target", Some(self.target.dtype())),
            ("weights", weights.map(|weights| weights.dtype())),
        ];
        for (what, dtype) in kinds {
            dtype.map_or(Ok(()), |dtype| ops::expect_float(what, dtype))?;
        }
        Ok(dims)
    }

    /// The predictions: `[batch, outputs]`, or `[elements, 1]` if the batch has more than two dimensions.
    pub fn preds(&self) -> &Tensor<2> {
        &self.preds
    }

    /// The targets, in the shape of the predictions.
    pub fn target(&self) -> &Tensor<2> {
        &self.target
    }

    /// The weights of the samples, `[batch]`, if there are any.
    pub fn weights(&self) -> Option<&Tensor<1>> {
        self.weights.as_ref()
    }

    /// Checks shapes and types, and returns predictions and targets with one row per sample, `[samples, numbers]` both,
    /// and the weights. Returns `None` for an empty batch.
    pub(crate) fn into_rows(self) -> Result<Option<RowPairs>> {
        let [n, outputs] = self.check()?;
        if n * outputs == 0 {
            return Ok(None);
        }
        let rows = |tensor: Tensor<2>| match self.inner {
            1 => tensor,
            inner => tensor.reshape([n / inner, outputs * inner]),
        };
        let (preds, target) = ops::in_one_type(self.preds, self.target);
        Ok(Some((rows(preds), rows(target), self.weights)))
    }

    /// The weights of the rows: each row has the weight of its sample.
    pub(crate) fn row_weights(&self) -> Option<Tensor<1>> {
        self.weights.clone().map(|weights| match self.inner {
            1 => weights,
            inner => weights
                .unsqueeze_dim::<2>(1)
                .repeat_dim(1, inner)
                .flatten(0, 1),
        })
    }

    /// The tensors in the form that the operations take.
    pub(crate) fn into_parts(self) -> (ops::AnyTensor, ops::AnyTensor, ops::AnyWeights) {
        let weights = self.row_weights();
        (
            self.preds.into_dispatch(),
            self.target.into_dispatch(),
            weights.map_or(Weights::Equal, |weights| {
                Weights::Each(weights.into_dispatch())
            }),
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
        let inner = match D {
            1 | 2 => 1,
            _ => dims[1..].iter().product(),
        };
        Self {
            preds: rows(preds),
            target: ops::on_device(rows(target), &device),
            weights: weights.map(|weights| ops::on_device(weights.inner(), &device)),
            samples: dims[0],
            inner,
            unlike: unlike.map(|target| Box::new((dims.to_vec(), target))),
        }
    }
}

impl Weighed for RegressionInput {
    fn reweighted(self, weights: Tensor<1>) -> Self {
        Self {
            weights: Some(ops::times_weights(self.weights, weights)),
            ..self
        }
    }
}

impl Samples for RegressionInput {
    fn samples(&self) -> Result<(usize, Device)> {
        self.check()?;
        Ok((self.samples, self.preds.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        let (samples, inner) = (places.dims()[0], self.inner);
        let select = |rows: Tensor<2>| {
            let [n, outputs] = rows.dims();
            let rows = rows.reshape([n / inner, inner * outputs]);
            rows.select(0, places.clone())
                .reshape([samples * inner, outputs])
        };
        Self {
            preds: select(self.preds),
            target: select(self.target),
            weights: (self.weights).map(|weights| weights.select(0, places.clone())),
            samples,
            ..self
        }
    }
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
    // `reshape` would take a length of 0 to mean "as before", so flatten.
    let numbers: Tensor<1> = numbers.flatten(0, D - 1);
    numbers.unsqueeze_dim(1)
}

use burn::tensor::{DType, FloatDType, Int, Tensor};

use crate::{MetricError, Result, ops};

/// A batch of numbers, with optional weights.
///
/// It is made from a tensor of 1 to 4 dimensions, or from an `f64`, such as a loss that is already on the host. With
/// weights, it is made from a pair: two tensors of the same shape, numbers `[batch, ...]` and weights `[batch]`, or two
/// `f64`. Weights on another device are moved to the device of the numbers. Tensors are detached from autodiff.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::aggregation::AggregationInput;
///
/// let device = Device::flex();
/// let values = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
/// let weights = Tensor::<1>::from_floats([1.0, 0.5], &device);
/// let batch = AggregationInput::from((values, weights));
/// let loss = AggregationInput::from(0.25);
/// ```
#[derive(Debug, Clone)]
pub struct AggregationInput(pub(super) Batch);

#[derive(Debug, Clone)]
pub(super) enum Batch {
    /// A number with an optional weight.
    Number(f64, Option<f64>),
    Tensor(Box<TensorBatch>),
}

#[derive(Debug, Clone)]
pub(super) struct TensorBatch {
    /// All elements.
    pub values: Tensor<1>,
    /// One weight per element, or one for each run of this many elements.
    pub weights: Option<(Tensor<1>, usize)>,
    /// The length of the first dimension.
    pub samples: usize,
    /// The shapes of values and weights if they do not match.
    unlike: Option<(Vec<usize>, Vec<usize>)>,
}

impl AggregationInput {
    /// Checks shapes and types, and that there are no weights if the metric does not take them.
    pub(super) fn check(&self, metric: &str, takes_weights: bool) -> Result<()> {
        let weighted = match &self.0 {
            Batch::Number(_, weight) => weight.is_some(),
            Batch::Tensor(batch) => {
                batch.check()?;
                batch.weights.is_some()
            }
        };
        match weighted && !takes_weights {
            true => Err(MetricError::config(
                "weights",
                format!("none: {metric} has no use for them"),
                "some",
            )),
            false => Ok(()),
        }
    }
}

impl TensorBatch {
    fn check(&self) -> Result<()> {
        if let Some((values, weights)) = &self.unlike {
            let expected = match values.first() {
                Some(batch) if values.len() > 1 => {
                    format!("{values:?}, as the values, or [{batch}]")
                }
                _ => format!("{values:?}, as the values"),
            };
            return Err(MetricError::shape("weights", expected, weights));
        }
        ops::expect_float("values", self.values.dtype())?;
        match &self.weights {
            Some((weights, _)) => ops::expect_float("weights", weights.dtype()),
            None => Ok(()),
        }
    }

    fn new<const D: usize>(values: Tensor<D>) -> Self {
        Self {
            samples: values.dims()[0],
            values: flat(values),
            weights: None,
            unlike: None,
        }
    }

    fn weighted<const D: usize, const W: usize>(values: Tensor<D>, weights: Tensor<W>) -> Self {
        let (dims, shape) = (values.dims(), weights.dims());
        let inner = match W == D {
            true => 1,
            false => dims.iter().skip(1).product(),
        };
        let fits = shape[..] == dims[..W];
        let values = flat(values);
        let weights = ops::on_device(flat(weights), &values.device());
        Self {
            samples: dims[0],
            values,
            weights: Some((weights, inner)),
            unlike: (!fits).then(|| (dims.to_vec(), shape.to_vec())),
        }
    }

    /// Selects the samples at these indices.
    pub fn select(self, places: &Tensor<1, Int>) -> Self {
        let (before, samples) = (self.samples, places.dims()[0]);
        let select = |elements: Tensor<1>| {
            let each = elements.dims()[0] / before;
            let rows: Tensor<2> = elements.reshape([before, each]);
            rows.select(0, places.clone()).flatten(0, 1)
        };
        Self {
            values: select(self.values),
            weights: self
                .weights
                .map(|(weights, inner)| (select(weights), inner)),
            samples,
            unlike: None,
        }
    }

    /// Values and weights, one per element, in types that are wide enough for sums.
    pub fn on_device(self) -> (Tensor<1>, Option<Tensor<1>>) {
        let weights = self.weights.map(|(weights, inner)| match inner {
            1 => wide(weights),
            0 => wide(self.values.clone()),
            _ => {
                let [samples] = weights.dims();
                let each = wide(weights).reshape([samples, 1]);
                each.expand([samples, inner]).reshape([samples * inner])
            }
        });
        (wide(self.values), weights)
    }
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    // `reshape` would take a length of 0 to mean "as before", so flatten.
    tensor.inner().flatten(0, D - 1)
}

/// Half-precision types are too narrow for sums.
fn wide(tensor: Tensor<1>) -> Tensor<1> {
    match tensor.dtype() {
        DType::F16 | DType::BF16 => tensor.cast(FloatDType::F32),
        _ => tensor,
    }
}

impl From<f64> for AggregationInput {
    fn from(value: f64) -> Self {
        Self(Batch::Number(value, None))
    }
}

impl From<(f64, f64)> for AggregationInput {
    fn from((value, weight): (f64, f64)) -> Self {
        Self(Batch::Number(value, Some(weight)))
    }
}

macro_rules! from_tensors {
    ($($D:literal)+) => {
        $(
            impl From<Tensor<$D>> for AggregationInput {
                fn from(values: Tensor<$D>) -> Self {
                    Self(Batch::Tensor(Box::new(TensorBatch::new(values))))
                }
            }

            from_tensors!(@ $D $D);
        )+
    };
    (@ $D:literal $W:literal) => {
        impl From<(Tensor<$D>, Tensor<$W>)> for AggregationInput {
            fn from((values, weights): (Tensor<$D>, Tensor<$W>)) -> Self {
                Self(Batch::Tensor(Box::new(TensorBatch::weighted(values, weights))))
            }
        }
    };
}

from_tensors!(1 2 3 4);
from_tensors!(@ 2 1);
from_tensors!(@ 3 1);
from_tensors!(@ 4 1);

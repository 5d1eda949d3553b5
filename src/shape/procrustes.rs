use std::ops::Range;

use burn::tensor::{DType, Device, FloatDType, Int, Tensor};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, MeanOfSamples, Meta, MetricError, Result,
    combinator::Samples,
    measure::{Block, HostLoop, Measure, Measured, SampleMetric},
    ops::{HostTensor, is_host, on_device},
    state::Unread,
};

/// The Procrustes disparity: the squared distance between two sets of points after the best translation, scaling,
/// rotation and reflection.
///
/// It is `1 - (sum of the singular values of A^T B)^2`, where `A` and `B` are the sets, centered and divided by their
/// norms. The value is between 0 and 1 per sample, and lower is better.
///
/// Centering, norms and products are tensor operations, in `f64` on hosts and for `f64` tensors. The `[dims, dims]`
/// products are read to the host, which computes their singular values.
///
/// Options: [`mean`](SampleMetric::mean) (the default), [`sum`](SampleMetric::sum) or
/// [`per_sample`](SampleMetric::per_sample). Inputs: [`ShapesInput`]. Errors: [`MetricError`]; [`MetricError::Values`]
/// if a number is not finite, or if all points of a set coincide, so that the set has no size.
///
/// Source: Gower, Generalized Procrustes analysis (1975); TorchMetrics' `ProcrustesDisparity`; scipy's `procrustes`.
///
/// # When to use
///
/// Use it to compare shapes, such as landmarks or poses, or two embeddings of the same points. It ignores position,
/// size, rotation and reflection, so it misleads if they matter: a mirrored or wrongly scaled prediction scores 0,
/// which is the best value. Then use an error such as [`MeanSquaredError`](crate::regression::MeanSquaredError).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// // A triangle, and the same one turned, moved and twice as large.
/// let preds = Tensor::<3>::from_floats([[[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]], &device);
/// let target = Tensor::<3>::from_floats([[[5.0, 1.0], [5.0, 3.0], [1.0, 1.0]]], &device);
///
/// let disparity = ProcrustesDisparity::new().evaluate((preds, target))?;
/// assert!(disparity < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ProcrustesDisparity<R = MeanOfSamples> = SampleMetric<Procrustes, R>;

/// The measure of [`ProcrustesDisparity`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procrustes {}

impl ProcrustesDisparity {
    /// Creates the metric, which averages over the samples.
    pub fn new() -> Self {
        Self::of(Procrustes {})
    }
}

impl Default for ProcrustesDisparity {
    fn default() -> Self {
        Self::new()
    }
}

impl Measure for Procrustes {
    type Input = ShapesInput;

    fn meta(&self) -> Meta {
        Meta::new("Procrustes disparity")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn measure(&self, input: ShapesInput) -> Result<Option<Measured>> {
        let [batch, _, dims] = input.check()?;
        if batch == 0 {
            return Ok(None);
        }
        let double = [&input.preds, &input.target].map(|set| set.dtype() == DType::F64);
        let dtype = match is_host(&input.preds.device()) || double.contains(&true) {
            true => FloatDType::F64,
            false => FloatDType::F32,
        };
        let [a, b] = [input.preds, input.target].map(|points| centred(points.cast(dtype)));
        let [of_a, of_b] = [&a, &b].map(|set| {
            let squares = set.clone().square().sum_dim(1).sum_dim(2);
            squares.reshape([batch, 1])
        });
        let products = a.swap_dims(1, 2).matmul(b);
        let products = products.reshape([batch, dims * dims]);
        let samples = Tensor::<2>::cat(vec![of_a, of_b, products], 1);
        let samples = Unread::new(move |tensors: Vec<HostTensor>| CentredPairs {
            samples: tensors
                .first()
                .map_or_else(Vec::new, |t| t.read().into_owned()),
            dims,
        })
        .with(samples);
        Ok(Some(Measured::on_host(1, samples)))
    }
}

/// Subtracts the mean from the points.
fn centred(points: Tensor<3>) -> Tensor<3> {
    let [batch, _, dims] = points.dims();
    // Subtract one of the points first, so that equal points become exactly 0 and distant ones stay precise.
    let first = points.clone().slice([0..batch, 0..1, 0..dims]);
    let points = points - first;
    points.clone() - points.mean_dim(1)
}

/// Pairs of centered sets in host memory: the squared norms of both sets and the product `A^T B` of each pair.
#[derive(Debug)]
struct CentredPairs {
    samples: Vec<f64>,
    dims: usize,
}

/// The number of squared norms before the product.
const NORMS: usize = 2;

impl CentredPairs {
    fn width(&self) -> usize {
        NORMS + self.dims * self.dims
    }
}

impl HostLoop for CentredPairs {
    fn samples(&self) -> usize {
        self.samples.len() / self.width()
    }

    fn block(&self) -> usize {
        64
    }

    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>) {
        let width = self.width();
        let pairs = self.samples[samples.start * width..samples.end * width].chunks_exact(width);
        for (i, pair) in pairs.enumerate() {
            let (norms, product) = pair.split_at(NORMS);
            match pair.iter().all(|x| x.is_finite()) {
                false => block.numbers[i] = f64::NAN,
                // All points of a set coincide.
                true if norms.contains(&0.0) => block.outside(i),
                true => block.numbers[i] = disparity(self.dims, norms, product),
            }
        }
    }
}

/// `1 - (sum of the singular values of A^T B)^2`, after both sets are divided by their norms.
fn disparity(dims: usize, norms: &[f64], product: &[f64]) -> f64 {
    let size = norms[0].sqrt() * norms[1].sqrt();
    let product = DMatrix::from_row_slice(dims, dims, product) / size;
    let likeness = product.singular_values().sum();
    (1.0 - likeness * likeness).max(0.0)
}

/// A batch of predicted and true sets of points, `[batch, points, dims]`, that correspond one to one.
///
/// The target is moved to the device of the predictions. Tensors are detached from autodiff.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::shape::ShapesInput;
///
/// let device = Device::flex();
/// let preds = Tensor::<3>::zeros([4, 10, 2], &device);
/// let target = Tensor::<3>::ones([4, 10, 2], &device);
/// let batch = ShapesInput::from((preds, target));
/// ```
#[derive(Debug, Clone)]
pub struct ShapesInput {
    preds: Tensor<3>,
    target: Tensor<3>,
}

impl ShapesInput {
    /// Checks shapes and types, and returns the shape `[batch, points, dims]`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`] and [`MetricError::Kind`].
    pub fn check(&self) -> Result<[usize; 3]> {
        let (dims, target) = (self.preds.dims(), self.target.dims());
        if dims != target {
            let expected = format!("{dims:?}, as the predictions");
            return Err(MetricError::shape("target", expected, &target));
        }
        if dims[1] == 0 || dims[2] == 0 {
            let expected = "[batch, points, dims] with at least one point and one dimension";
            return Err(MetricError::shape("predictions", expected, &dims));
        }
        for (what, tensor) in [("predictions", &self.preds), ("target", &self.target)] {
            let got = tensor.dtype();
            if !got.is_float() {
                return Err(MetricError::Kind {
                    what,
                    expected: "a floating-point type",
                    got,
                });
            }
        }
        Ok(dims)
    }
}

impl Samples for ShapesInput {
    fn samples(&self) -> Result<(usize, Device)> {
        Ok((self.check()?[0], self.preds.device()))
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        Self {
            preds: self.preds.select(0, places.clone()),
            target: self.target.select(0, places.clone()),
        }
    }
}

impl From<(Tensor<3>, Tensor<3>)> for ShapesInput {
    fn from((preds, target): (Tensor<3>, Tensor<3>)) -> Self {
        let preds = preds.inner();
        Self {
            target: on_device(target.inner(), &preds.device()),
            preds,
        }
    }
}

use std::{fmt::Debug, marker::PhantomData};

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Bounds, Faults, MeanOfSamples, Meta, Metric, MetricError, PerSample, Result, Statistic,
    SumOfSamples, Value,
    combinator::Samples,
    ops::{is_host, on_device},
    state::{Deferred, Fold, MeanTotal},
};

/// What is left between two sets of corresponding points after the best shift, scaling, turn and reflection:
/// `1 - (sum of the singular values of A^T B)^2`, where `A` and `B` are centred and of norm 1.
///
/// The mean over samples; [`sum`](Self::sum) and [`per_sample`](Self::per_sample) say otherwise. From 0, lower is better;
/// at most 1 a sample.
///
/// Centring, norms and products are tensor operations, in `f64` on hosts and of `f64` tensors; the host takes the
/// `[dims, dims]` products when they are read and works out their singular values.
///
/// Inputs: [`ShapesInput`]. Errors: [`MetricError`]; [`MetricError::Values`] if a number is not finite, or all points of a
/// set are in one place, as a single one is, so that they have no size.
///
/// Source: Gower, Generalized Procrustes analysis (1975); TorchMetrics' `ProcrustesDisparity`; scipy's `procrustes`.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ProcrustesDisparity<R = MeanOfSamples> {
    reduction: PhantomData<R>,
}

impl ProcrustesDisparity {
    /// The metric.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<R> Default for ProcrustesDisparity<R> {
    fn default() -> Self {
        Self {
            reduction: PhantomData,
        }
    }
}

impl<R> ProcrustesDisparity<R> {
    /// Gives the sum over samples.
    pub fn sum(self) -> ProcrustesDisparity<SumOfSamples> {
        ProcrustesDisparity::default()
    }

    /// Gives the disparity of each sample: `[N]`.
    pub fn per_sample(self) -> ProcrustesDisparity<PerSample> {
        ProcrustesDisparity::default()
    }
}

/// How the disparities of samples become a value: [`MeanOfSamples`], [`SumOfSamples`], [`PerSample`].
pub trait Disparity: Debug + Clone + Copy + Default + PartialEq + Send + Sync + 'static {
    /// What is kept of the samples.
    type Kept: KeepDisparity;
    /// One number, or one a sample.
    type Value: Value;

    /// The value of at least one sample.
    fn value(kept: &Self::Kept) -> Self::Value;
}

impl Disparity for MeanOfSamples {
    type Kept = MeanTotal;
    type Value = f64;

    fn value(kept: &MeanTotal) -> f64 {
        kept.mean()
    }
}

impl Disparity for SumOfSamples {
    type Kept = MeanTotal;
    type Value = f64;

    fn value(kept: &MeanTotal) -> f64 {
        kept.sum
    }
}

impl Disparity for PerSample {
    type Kept = Vec<f64>;
    type Value = Vec<f64>;

    fn value(kept: &Vec<f64>) -> Vec<f64> {
        kept.clone()
    }
}

/// What is kept of disparities: their sum and number, or all of them.
pub trait KeepDisparity:
    Debug + Default + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Adds one.
    fn add(&mut self, disparity: f64);

    /// Adds those of another.
    fn merge(&mut self, other: Self);

    /// Whether there is none.
    fn is_empty(&self) -> bool;
}

impl KeepDisparity for MeanTotal {
    fn add(&mut self, disparity: f64) {
        self.sum += disparity;
        self.weight += 1.0;
    }

    fn merge(&mut self, other: Self) {
        Fold::merge(self, other);
    }

    fn is_empty(&self) -> bool {
        self.weight == 0.0
    }
}

impl KeepDisparity for Vec<f64> {
    fn add(&mut self, disparity: f64) {
        self.push(disparity);
    }

    fn merge(&mut self, other: Self) {
        self.extend(other);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// Predicted and true sets of points, `[batch, points, dims]`, that correspond one to one.
///
/// A tensor on another device than the predictions is moved to theirs. Autodiff is left behind.
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
    /// Checks shapes and types.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`].
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

/// The disparities of samples, and how many samples had none.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Disparities<K: KeepDisparity> {
    kept: K,
    faults: Faults,
}

impl<K: KeepDisparity> Disparities<K> {
    /// What is kept of them.
    pub fn kept(&self) -> &K {
        &self.kept
    }
}

/// What a result has of a sample before the product: the squared norms of both sets.
const NORMS: usize = 2;

/// The samples of results: the number of dimensions, both squared norms and the product `A^T B`.
///
/// A result is the number of dimensions, and then these numbers of one sample after the other.
fn samples(results: &TensorData) -> impl Iterator<Item = (usize, Vec<f64>)> {
    let length = results.shape().last().copied().unwrap_or_default().max(1);
    let numbers: Vec<f64> = results.iter().collect();
    let mut samples = Vec::new();
    for result in numbers.chunks_exact(length) {
        let dims = result[0] as usize;
        let each = result[1..].chunks_exact(NORMS + dims * dims);
        samples.extend(each.map(|sample| (dims, sample.to_vec())));
    }
    samples.into_iter()
}

/// Why a sample has no disparity.
fn fault(sample: &[f64]) -> Option<Faults> {
    if !sample.iter().all(|x| x.is_finite()) {
        return Some(Faults {
            infinite: 1,
            ..Faults::default()
        });
    }
    let points_are_one = sample[..NORMS].contains(&0.0);
    points_are_one.then(|| Faults {
        domain: 1,
        ..Faults::default()
    })
}

/// `1 - (sum of the singular values of A^T B)^2`, after both sets are divided by their norms.
fn disparity(dims: usize, sample: &[f64]) -> f64 {
    let (norms, product) = sample.split_at(NORMS);
    let size = norms[0].sqrt() * norms[1].sqrt();
    let product = DMatrix::from_row_slice(dims, dims, product) / size;
    let likeness = product.singular_values().sum();
    (1.0 - likeness * likeness).max(0.0)
}

impl<K: KeepDisparity> Fold for Disparities<K> {
    type View<'a> = &'a Self;

    fn view(&self) -> &Self {
        self
    }

    fn fold(&mut self, results: &TensorData) {
        for (dims, sample) in samples(results) {
            match fault(&sample) {
                None => self.kept.add(disparity(dims, &sample)),
                Some(fault) => self.faults += fault,
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.kept.merge(other.kept);
        self.faults += other.faults;
    }

    fn inspect(result: &TensorData) -> Faults {
        let mut faults = Faults::default();
        for fault in samples(result).filter_map(|(_, sample)| fault(&sample)) {
            faults += fault;
        }
        faults
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

impl<R: Disparity> Statistic for ProcrustesDisparity<R> {
    type Input = ShapesInput;
    type State = Deferred<Disparities<R::Kept>>;

    fn update(&self, state: &mut Self::State, input: ShapesInput) -> Result<()> {
        let [batch, _, dims] = input.check()?;
        if batch == 0 {
            return Ok(());
        }
        let double = [&input.preds, &input.target].map(|set| set.dtype() == DType::F64);
        let dtype = match is_host(&input.preds.device()) || double.contains(&true) {
            true => FloatDType::F64,
            false => FloatDType::F32,
        };
        let (a, b) = (
            centred(input.preds.cast(dtype)),
            centred(input.target.cast(dtype)),
        );
        let [of_a, of_b] = [&a, &b].map(|set| {
            let squares = set.clone().square().sum_dim(1).sum_dim(2);
            squares.reshape([batch, 1])
        });
        let product = a.swap_dims(1, 2).matmul(b);
        let product = product.reshape([batch, dims * dims]);
        let samples = Tensor::<2>::cat(vec![of_a, of_b, product], 1);
        let samples: Tensor<1> = samples.flatten(0, 1);
        let dims = Tensor::full([1], dims as f64, (&samples.device(), samples.dtype()));
        state.add_floats(Tensor::cat(vec![dims, samples], 0))
    }
}

/// Points less their mean.
fn centred(points: Tensor<3>) -> Tensor<3> {
    let [batch, _, dims] = points.dims();
    // First less one of them, so that points in one place become 0 without rounding, and far ones stay precise.
    let first = points.clone().slice([0..batch, 0..1, 0..dims]);
    let points = points - first;
    points.clone() - points.mean_dim(1)
}

const NAME: &str = "Procrustes disparity";

impl<R: Disparity> Metric for ProcrustesDisparity<R> {
    type Statistic = Self;
    type Value = R::Value;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, total: &Disparities<R::Kept>) -> Result<R::Value> {
        match total.kept.is_empty() {
            true => Err(MetricError::empty(NAME)),
            false => Ok(R::value(&total.kept)),
        }
    }

    fn meta(&self) -> Meta {
        Meta::new(NAME).lower_is_better().within(Bounds::POSITIVE)
    }
}

crate::combinator::arithmetic!([R: Disparity] ProcrustesDisparity<R>);

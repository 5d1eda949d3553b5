use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::RegressionInput;
use crate::{
    Bounds, MeanOfSamples, Meta, Result,
    measure::{Measure, Measured, SampleMetric},
    ops::{LANES, RowFormula, sum_along, sum_lanes},
};

/// The cosine of the angle between the predicted and the true vector of each sample: `p . t / (|p| |t|)`.
///
/// The value is between -1 and 1, and higher is better. The cosine with a vector of zeros is 0, as in scikit-learn;
/// TorchMetrics gives NaN.
///
/// Options: [`mean`](SampleMetric::mean) (the default; TorchMetrics sums), [`sum`](SampleMetric::sum) or
/// [`per_sample`](SampleMetric::per_sample); sample weights. Inputs: [`RegressionInput`], `[batch, dimensions]`.
/// Errors: [`MetricError`](crate::MetricError).
///
/// [`cosine_similarity`] is the same measure as a differentiable function.
///
/// Source: TorchMetrics' `CosineSimilarity`.
///
/// # When to use
///
/// Use it to compare vectors by direction, such as embeddings. It ignores their lengths: a prediction that is 100 times
/// too long has cosine 1, so use [`MeanSquaredError`](super::MeanSquaredError) if they matter. To compare each vector
/// with every other one, use [`pairwise::cosine_similarity`](crate::pairwise::cosine_similarity).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<2>::from_floats([[1.0, 0.0], [3.0, 4.0]], &device);
/// let target = Tensor::<2>::from_floats([[0.0, 2.0], [3.0, 4.0]], &device);
///
/// assert_eq!(CosineSimilarity::new().evaluate((preds.clone(), target.clone()))?, 0.5);
/// assert_eq!(CosineSimilarity::new().per_sample().evaluate((preds, target))?, [0.0, 1.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type CosineSimilarity<R = MeanOfSamples> = SampleMetric<Cosine, R>;

/// The measure of [`CosineSimilarity`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosine {}

impl CosineSimilarity {
    /// Creates the metric, which averages over the samples.
    pub fn new() -> Self {
        Self::of(Cosine {})
    }
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self::new()
    }
}

impl Measure for Cosine {
    type Input = RegressionInput;

    fn meta(&self) -> Meta {
        Meta::new("Cosine similarity")
            .higher_is_better()
            .within(Bounds::SIGNED_UNIT)
    }

    fn measure(&self, input: RegressionInput) -> Result<Option<Measured>> {
        let Some((preds, target, weights)) = input.into_rows()? else {
            return Ok(None);
        };
        let cosines = Measured::of_rows(preds, target, *self, |preds, target| {
            Measured::of(cosine_similarity(preds, target))
        });
        Ok(Some(cosines.weighted(weights)))
    }
}

impl RowFormula for Cosine {
    #[inline(always)]
    fn value(&self, preds: &[f64], target: &[f64]) -> Option<f64> {
        Some(cosine(preds, target))
    }
}

/// The cosine between two vectors, or 0 if one of them is 0.
#[inline(always)]
fn cosine(preds: &[f64], target: &[f64]) -> f64 {
    let [mut square, mut other, mut product] = [[0.0; LANES]; 3];
    let mut add = |lane: usize, p: f64, t: f64| {
        square[lane] += p * p;
        other[lane] += t * t;
        product[lane] += p * t;
    };
    let (p, p_rest) = preds.as_chunks::<LANES>();
    let (t, t_rest) = target.as_chunks::<LANES>();
    for (p, t) in p.iter().zip(t) {
        (0..LANES).for_each(|lane| add(lane, p[lane], t[lane]));
    }
    for (lane, (p, t)) in p_rest.iter().zip(t_rest).enumerate() {
        add(lane, *p, *t);
    }
    let [square, other, product] = [square, other, product].map(sum_lanes);
    if square.is_normal() && other.is_normal() {
        return product / (square.sqrt() * other.sqrt());
    }
    // The squares overflow or vanish, which they do not after scaling by the largest number.
    let [p, t] = [preds, target].map(|vector| {
        let size = vector.iter().fold(0.0, |size, x| x.abs().max(size));
        vector.iter().map(move |x| x / size).collect::<Vec<f64>>()
    });
    let norm = |vector: &[f64]| vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    let is_zero = |vector: &[f64]| vector.iter().all(|x| *x == 0.0);
    match is_zero(preds) || is_zero(target) {
        true => 0.0,
        false => p.iter().zip(&t).map(|(p, t)| p * t).sum::<f64>() / (norm(&p) * norm(&t)),
    }
}

/// Computes the cosine between the vectors in each row, `[batch, dimensions]` both: `[batch]`.
///
/// It stays on the device and is differentiable. The cosine with a vector of zeros is 0.
///
/// # Panics
///
/// If the shapes differ, as Burn's operations do.
pub fn cosine_similarity(preds: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    // Scale first, so that squares neither overflow nor vanish.
    let [preds, target] = [preds, target].map(|vectors| {
        let size = vectors.clone().detach().abs().max_dim(1);
        let none = size.clone().equal_elem(0.0);
        vectors / size.mask_fill(none, 1.0)
    });
    let square = |vectors: &Tensor<2>| sum_along(vectors.clone().square(), 1);
    let norms = square(&preds).sqrt() * square(&target).sqrt();
    let none = norms.clone().equal_elem(0.0);
    let norms = norms.mask_fill(none, 1.0);
    (sum_along(preds * target, 1) / norms).squeeze_dim(1)
}

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{
    RegressionInput,
    rows::{Measured, RowMeasure, RowMetric},
};
use crate::{Bounds, Direction, MeanOfSamples, Result, ops::sum_along};

/// The cosine of the angle between the predicted and the true vector of each sample: `p . t / (|p| |t|)`.
///
/// From -1 to 1, higher is better. A vector of zeros has cosine 0 with all others, as in scikit-learn; in the reference, NaN.
///
/// Options: [`mean`](RowMetric::mean) (the default), [`sum`](RowMetric::sum) or [`per_sample`](RowMetric::per_sample); sample
/// weights. Inputs: [`RegressionInput`], `[batch, dimensions]`. Errors: [`MetricError`](crate::MetricError).
///
/// The reference sums by default. [`cosine_similarity`] is the measure as a differentiable function.
///
/// Source: TorchMetrics' `CosineSimilarity`.
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
pub type CosineSimilarity<R = MeanOfSamples> = RowMetric<Cosine, R>;

/// The measure of [`CosineSimilarity`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosine {}

impl CosineSimilarity {
    /// The metric.
    pub fn new() -> Self {
        Self::of(Cosine {})
    }
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self::new()
    }
}

impl RowMeasure for Cosine {
    type Input = RegressionInput;

    const NAME: &'static str = "Cosine similarity";
    const DIRECTION: Direction = Direction::HigherIsBetter;
    const BOUNDS: Bounds = Bounds::SIGNED_UNIT;

    fn measure(&self, input: RegressionInput) -> Result<Option<Measured>> {
        let Some((preds, target, weights)) = input.into_rows()? else {
            return Ok(None);
        };
        Ok(Some(Measured {
            values: cosine_similarity(preds, target),
            outside: None,
            weights,
        }))
    }
}

/// The cosine between the vectors of each row, `[batch, dimensions]` both: `[batch]`.
///
/// Stays on the device and is differentiable. The cosine with a vector of zeros is 0.
///
/// # Panics
///
/// If the shapes differ, as Burn's operations do.
pub fn cosine_similarity(preds: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    // Scaled first, so that squares neither overflow nor vanish.
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

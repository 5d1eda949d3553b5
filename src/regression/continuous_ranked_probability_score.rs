use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, MeanOfSamples, Meta, MetricError, Result,
    measure::{Measure, Measured, SampleMetric},
    ops::{RowFormula, expect_float, in_one_type, on_device},
};

/// The continuous ranked probability score (CRPS) of an ensemble forecast:
/// `mean |x_i - t| - sum_ij |x_i - x_j| / (2 m^2)`.
///
/// The value is at least 0, and lower is better. It has the target's unit. It is the integral of the squared difference
/// between the distribution function of the `m` members and the step function at the target. For one member it is the
/// absolute error; TorchMetrics requires at least two.
///
/// Options: [`mean`](SampleMetric::mean) (the default), [`sum`](SampleMetric::sum) or
/// [`per_sample`](SampleMetric::per_sample); sample weights. Inputs: [`EnsembleInput`]. Errors: [`MetricError`].
///
/// [`continuous_ranked_probability_score`] is the same score as a differentiable function.
///
/// Source: Gneiting and Raftery, Strictly proper scoring rules (2007); TorchMetrics'
/// `ContinuousRankedProbabilityScore`.
///
/// # When to use
///
/// Use it to evaluate probabilistic forecasts that are given as samples or ensemble members. It rewards forecasts that
/// are both calibrated and sharp, and can be compared with the [`MeanAbsoluteError`](super::MeanAbsoluteError) of a
/// point forecast. It treats the members as the whole distribution, which penalizes small ensembles: compare only
/// ensembles of the same size.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let members = Tensor::<2>::from_floats([[0.0, 2.0]], &device);
/// let target = Tensor::<1>::from_floats([1.0], &device);
///
/// assert_eq!(ContinuousRankedProbabilityScore::new().evaluate((members, target))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ContinuousRankedProbabilityScore<R = MeanOfSamples> = SampleMetric<RankedProbability, R>;

/// The measure of [`ContinuousRankedProbabilityScore`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedProbability {}

impl ContinuousRankedProbabilityScore {
    /// Creates the metric, which averages over the samples.
    pub fn new() -> Self {
        Self::of(RankedProbability {})
    }
}

impl Default for ContinuousRankedProbabilityScore {
    fn default() -> Self {
        Self::new()
    }
}

/// A batch of ensemble forecasts, `[batch, members]`, and targets, `[batch]`, with optional weights of the samples,
/// `[batch]`.
#[derive(Debug, Clone)]
pub struct EnsembleInput {
    members: Tensor<2>,
    target: Tensor<1>,
    weights: Option<Tensor<1>>,
    /// The shape of the target if it has two dimensions.
    column: Option<[usize; 2]>,
}

impl From<(Tensor<2>, Tensor<1>)> for EnsembleInput {
    fn from((members, target): (Tensor<2>, Tensor<1>)) -> Self {
        let members = members.inner();
        Self {
            target: on_device(target.inner(), &members.device()),
            members,
            weights: None,
            column: None,
        }
    }
}

/// Accepts the target as a column, `[batch, 1]`.
impl From<(Tensor<2>, Tensor<2>)> for EnsembleInput {
    fn from((members, target): (Tensor<2>, Tensor<2>)) -> Self {
        let dims = target.dims();
        Self {
            column: Some(dims),
            ..(members, target.reshape([dims[0] * dims[1]])).into()
        }
    }
}

impl From<(Tensor<2>, Tensor<1>, Tensor<1>)> for EnsembleInput {
    fn from((members, target, weights): (Tensor<2>, Tensor<1>, Tensor<1>)) -> Self {
        let weights = on_device(weights.inner(), &members.device().without_autodiff());
        Self {
            weights: Some(weights),
            ..(members, target).into()
        }
    }
}

impl Measure for RankedProbability {
    type Input = EnsembleInput;

    fn meta(&self) -> Meta {
        Meta::new("Continuous ranked probability score")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn measure(&self, input: EnsembleInput) -> Result<Option<Measured>> {
        let (dims, target) = (input.members.dims(), input.target.dims());
        if let Some(column) = input.column.filter(|column| *column != [dims[0], 1]) {
            let expected = format!("[{}, 1], one a sample", dims[0]);
            return Err(MetricError::shape("target", expected, &column));
        }
        expect_float("members", input.members.dtype())?;
        expect_float("target", input.target.dtype())?;
        if dims[0] != target[0] {
            let expected = format!("[{}], one a sample", dims[0]);
            return Err(MetricError::shape("target", expected, &target));
        }
        if dims[1] == 0 {
            let expected = "[batch, members] with at least one member";
            return Err(MetricError::shape("members", expected, &dims));
        }
        if dims[0] == 0 {
            return Ok(None);
        }
        let (members, target) = in_one_type(input.members, input.target);
        let target = target.unsqueeze_dim(1);
        let scores = Measured::of_rows(members, target, *self, |members, target| {
            let target = target.squeeze_dim(1);
            Measured::of(continuous_ranked_probability_score(members, target))
        });
        Ok(Some(scores.weighted(input.weights)))
    }
}

/// The score of the members of one sample for its target.
impl RowFormula for RankedProbability {
    #[inline(always)]
    fn value(&self, members: &[f64], target: &[f64]) -> Option<f64> {
        // Moving all members by the same amount does not change the spread. Moved close to 0, they keep their digits.
        let mut gaps: Vec<f64> = members.iter().map(|member| member - target[0]).collect();
        gaps.sort_unstable_by(f64::total_cmp);
        let m = gaps.len() as f64;
        // After sorting, the member of rank `i` is the greater one in `i` pairs and the smaller one in `m - 1 - i`
        // pairs.
        let ranked = gaps.iter().enumerate();
        let spread: f64 = ranked
            .map(|(i, gap)| (2.0 * i as f64 - (m - 1.0)) * gap)
            .sum();
        let distance: f64 = gaps.iter().map(|gap| gap.abs()).sum();
        Some(distance / m - spread / (m * m))
    }
}

/// Computes the continuous ranked probability score of each sample, `[batch]`, from members, `[batch, members]`, and
/// targets, `[batch]`.
///
/// It stays on the device, as far as sorting does, and is differentiable.
///
/// # Panics
///
/// If the shapes do not match, as Burn's operations do.
pub fn continuous_ranked_probability_score(members: Tensor<2>, target: Tensor<1>) -> Tensor<1> {
    let (m, device) = (members.dims()[1], members.device());
    // Moving all members by the same amount does not change the spread. Moved close to 0, they keep their digits.
    let gaps = members - target.unsqueeze_dim(1);
    let distance = gaps.clone().abs().mean_dim(1);
    // After sorting, the member of rank `i` is the greater one in `i` pairs and the smaller one in `m - 1 - i` pairs.
    let pairs: Vec<f64> = (0..m).map(|i| 2.0 * i as f64 - (m as f64 - 1.0)).collect();
    let data = burn::tensor::TensorData::new(pairs, [1, m]);
    let pairs = Tensor::<2>::from_data(data, (&device, gaps.dtype()));
    let spread = (gaps.sort(1) * pairs).sum_dim(1) / (m * m) as f64;
    (distance - spread).squeeze_dim(1)
}

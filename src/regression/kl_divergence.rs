use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{
    RegressionInput,
    distributions::{
        Distributions, Divergence, entropy_of_logs, relative_entropy, relative_entropy_of_logs,
    },
};
use crate::{
    Bounds, MeanOfSamples, Meta, Result,
    measure::{Measure, Measured, Reduction, SampleMetric},
    ops::sum_along,
};

/// The Kullback-Leibler divergence of the predicted from the true distribution of each sample: `sum p ln(p / q)`, in
/// nats.
///
/// Here `p` is the prediction and `q` the target. The value is at least 0, and lower is better. Outcomes with `p = 0`
/// add nothing. The value is infinite if an outcome has `q = 0` but not `p = 0`.
///
/// Options: [`log_prob`](KLDivergence::log_prob), [`normalize`](KLDivergence::normalize); [`mean`](SampleMetric::mean)
/// (the default), [`sum`](SampleMetric::sum) or [`per_sample`](SampleMetric::per_sample); sample weights. Inputs:
/// [`RegressionInput`], `[batch, outcomes]`. Errors: [`MetricError`](crate::MetricError), also for rows that are not
/// distributions.
///
/// [`kl_divergence`] is the same measure as a differentiable function.
///
/// Source: Kullback and Leibler (1951); TorchMetrics' `KLDivergence`.
///
/// # When to use
///
/// Use it when the targets are distributions, not labels. It is not symmetric: in this order it penalizes probability
/// that is predicted where the target has little, and hardly penalizes outcomes that the prediction misses. The
/// divergence that belongs to the cross-entropy loss has the opposite order, so pass the target first to compute it;
/// [`JensenShannonDivergence`](super::JensenShannonDivergence) is symmetric and always finite.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let p = Tensor::<2>::from_floats([[0.5, 0.5]], &device);
/// let q = Tensor::<2>::from_floats([[0.25, 0.75]], &device);
///
/// let divergence = KLDivergence::new().evaluate((p, q))?;
/// assert!((divergence - 0.5 * (4f64 / 3.0).ln()).abs() < 1e-6);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type KLDivergence<R = MeanOfSamples> = SampleMetric<KullbackLeibler, R>;

/// The measure of [`KLDivergence`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KullbackLeibler {
    distributions: Distributions,
}

impl KLDivergence {
    /// Creates the metric, which takes probabilities and averages over the samples.
    pub fn new() -> Self {
        Self::of(KullbackLeibler::default())
    }
}

impl Default for KLDivergence {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Reduction> KLDivergence<R> {
    /// Treats predictions and targets as logarithms of probabilities.
    pub fn log_prob(self) -> Self {
        self.with(|measure| measure.distributions.log_prob = true)
    }

    /// Divides each row by its sum first. Without this option, rows must sum to 1 (within 0.001, or 0.03 for `bf16`),
    /// and other rows are an error. TorchMetrics always normalizes probabilities.
    pub fn normalize(self) -> Self {
        self.with(|measure| measure.distributions.normalize = true)
    }
}

impl Measure for KullbackLeibler {
    type Input = RegressionInput;

    fn meta(&self) -> Meta {
        Meta::new("Kullback-Leibler divergence")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn measure(&self, input: RegressionInput) -> Result<Option<Measured>> {
        self.distributions.measure::<Self>(input)
    }
}

impl Divergence for KullbackLeibler {
    fn of_probabilities(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
        kl_divergence(p, q)
    }

    fn of_logarithms(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
        sum_along(relative_entropy_of_logs(p, q), 1).squeeze_dim(1)
    }

    #[inline(always)]
    fn of_probability(p: f64, q: f64, entropy: impl Fn(f64, f64) -> f64) -> f64 {
        entropy(p, q)
    }

    #[inline(always)]
    fn of_logarithm(p: f64, q: f64) -> f64 {
        entropy_of_logs(p, q)
    }
}

/// Computes the Kullback-Leibler divergence of each row of probabilities, `[batch, outcomes]` both: `[batch]`.
///
/// It stays on the device and is differentiable. It does not check that rows are distributions.
///
/// # Panics
///
/// If the shapes differ, as Burn's operations do.
pub fn kl_divergence(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
    sum_along(relative_entropy(p, q), 1).squeeze_dim(1)
}

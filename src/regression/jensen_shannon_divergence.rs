use std::f64::consts::LN_2;

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
    ops::{exp_of_negative, ln_1p, sum_along},
};

/// The Jensen-Shannon divergence between the predicted and the true distribution of each sample, in nats.
///
/// With `m = (p + q) / 2`, it is `(KL(p, m) + KL(q, m)) / 2`, where `p` is the prediction, `q` the target, and `KL` the
/// [`KLDivergence`](super::KLDivergence). The value is between 0 and `ln 2`, and lower is better. It is symmetric.
///
/// Options: [`log_prob`](JensenShannonDivergence::log_prob), [`normalize`](JensenShannonDivergence::normalize);
/// [`mean`](SampleMetric::mean) (the default), [`sum`](SampleMetric::sum) or [`per_sample`](SampleMetric::per_sample);
/// sample weights. Inputs: [`RegressionInput`], `[batch, outcomes]`. Errors: [`MetricError`](crate::MetricError), also
/// for rows that are not distributions.
///
/// [`jensen_shannon_divergence`] is the same measure as a differentiable function.
///
/// Source: Lin (1991); TorchMetrics' `JensenShannonDivergence`; the square of scipy's `jensenshannon`.
///
/// # When to use
///
/// Use it to compare distributions when neither is the reference, or when some probabilities are 0: unlike
/// [`KLDivergence`](super::KLDivergence), it is symmetric and always finite. Its square root is a distance. It is
/// `ln 2` for all distributions without a common outcome, however far apart the outcomes are;
/// [`Wasserstein1d`](super::Wasserstein1d) takes their distance into account.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let p = Tensor::<2>::from_floats([[1.0, 0.0]], &device);
/// let q = Tensor::<2>::from_floats([[0.0, 1.0]], &device);
///
/// let divergence = JensenShannonDivergence::new().evaluate((p, q))?;
/// assert!((divergence - 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type JensenShannonDivergence<R = MeanOfSamples> = SampleMetric<JensenShannon, R>;

/// The measure of [`JensenShannonDivergence`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JensenShannon {
    distributions: Distributions,
}

impl JensenShannonDivergence {
    /// Creates the metric, which takes probabilities and averages over the samples.
    pub fn new() -> Self {
        Self::of(JensenShannon::default())
    }
}

impl Default for JensenShannonDivergence {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Reduction> JensenShannonDivergence<R> {
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

impl Measure for JensenShannon {
    type Input = RegressionInput;

    fn meta(&self) -> Meta {
        Meta::new("Jensen-Shannon divergence")
            .lower_is_better()
            .within(Bounds::new(0.0, LN_2))
    }

    fn measure(&self, input: RegressionInput) -> Result<Option<Measured>> {
        self.distributions.measure::<Self>(input)
    }
}

impl Divergence for JensenShannon {
    fn of_probabilities(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
        jensen_shannon_divergence(p, q)
    }

    fn of_logarithms(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
        // ln((exp p + exp q) / 2), computed from logarithms.
        let gap = (p.clone() - q.clone()).abs();
        let middle = p.clone().max_pair(q.clone()) + gap.neg().exp().log1p() - LN_2;
        let both =
            relative_entropy_of_logs(p, middle.clone()) + relative_entropy_of_logs(q, middle);
        sum_along(both, 1).squeeze_dim(1) / 2.0
    }

    #[inline(always)]
    fn of_probability(p: f64, q: f64, entropy: impl Fn(f64, f64) -> f64) -> f64 {
        let middle = (p + q) / 2.0;
        (entropy(p, middle) + entropy(q, middle)) / 2.0
    }

    #[inline(always)]
    fn of_logarithm(p: f64, q: f64) -> f64 {
        let middle = p.max(q) + ln_1p(exp_of_negative(-(p - q).abs())) - LN_2;
        (entropy_of_logs(p, middle) + entropy_of_logs(q, middle)) / 2.0
    }
}

/// Computes the Jensen-Shannon divergence of each row of probabilities, `[batch, outcomes]` both: `[batch]`.
///
/// It stays on the device and is differentiable. It does not check that rows are distributions.
///
/// # Panics
///
/// If the shapes differ, as Burn's operations do.
pub fn jensen_shannon_divergence(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
    let middle = (p.clone() + q.clone()) / 2.0;
    let both = relative_entropy(p, middle.clone()) + relative_entropy(q, middle);
    sum_along(both, 1).squeeze_dim(1) / 2.0
}

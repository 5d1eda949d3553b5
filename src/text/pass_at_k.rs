use serde::{Deserialize, Serialize};

use crate::{
    Bounds, MeanOfSamples, Meta, MetricError, Result,
    measure::{Measure, Measured, SampleMetric},
};

/// The probability that at least one of `k` programs that are generated for a problem passes its tests.
///
/// `1 - C(n - c, k) / C(n, k)` for a problem of which `c` out of `n` programs pass, averaged over problems: the unbiased
/// estimate. From 0 to 1; higher is better.
///
/// Options: [`per_sample`](SampleMetric::per_sample), [`confidence_interval`](SampleMetric::confidence_interval) and the other
/// reductions. Inputs: [`PassAtKInput`]: how many programs were generated for each problem, and how many passed. Errors:
/// [`MetricError::Sample`] for a problem of fewer than `k` programs, or more that pass than there are; [`MetricError::Config`]
/// for a `k` of 0.
///
/// # When to use
///
/// Use it for generated code, proofs and other answers that can be checked. Generate many more than `k` programs for each
/// problem: with `n = k` it is the plain share of solved problems, and varies much. For large `k` it says what a model could do
/// with a perfect judge, not what it does.
///
/// Source: Chen et al., Evaluating large language models trained on code (2021).
///
/// # Example
///
/// ```
/// use burn_metrics::prelude::*;
/// use burn_metrics::text::PassAtK;
///
/// // Two problems with 10 programs each, of which 1 and 5 pass.
/// let problems = [(10, 1), (10, 5)];
/// assert_eq!(PassAtK::new(1).evaluate(problems)?, 0.3);
/// assert!((PassAtK::new(5).evaluate(problems)? - 0.748).abs() < 1e-3);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type PassAtK<R = MeanOfSamples> = SampleMetric<Passes, R>;

/// The measure of [`PassAtK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passes {
    k: u64,
}

impl PassAtK {
    /// Creates the metric for `k` programs.
    pub fn new(k: u64) -> Self {
        Self::of(Passes { k })
    }
}

/// How many programs were generated for each problem, and how many of them pass: pairs, or the results of the programs of each
/// problem.
///
/// ```
/// use burn_metrics::text::PassAtKInput;
///
/// let counts = PassAtKInput::from([(10, 3), (10, 0)]);
/// let results = PassAtKInput::from(vec![vec![true, false], vec![false, false]]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct PassAtKInput(Vec<(u64, u64)>);

impl From<Vec<(u64, u64)>> for PassAtKInput {
    fn from(problems: Vec<(u64, u64)>) -> Self {
        Self(problems)
    }
}

impl<const N: usize> From<[(u64, u64); N]> for PassAtKInput {
    fn from(problems: [(u64, u64); N]) -> Self {
        Self(problems.into())
    }
}

impl From<Vec<Vec<bool>>> for PassAtKInput {
    fn from(problems: Vec<Vec<bool>>) -> Self {
        let problems = problems.iter().map(|results| {
            let passed = results.iter().filter(|passed| **passed).count();
            (results.len() as u64, passed as u64)
        });
        Self(problems.collect())
    }
}

impl Measure for Passes {
    type Input = PassAtKInput;

    fn meta(&self) -> Meta {
        Meta::new("Pass")
            .named(format!("Pass@{}", self.k))
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn measure(&self, PassAtKInput(problems): PassAtKInput) -> Result<Option<Measured>> {
        if self.k == 0 {
            return Err(MetricError::config("k", "at least 1", 0));
        }
        let error = |what, sample, expected: String, got: u64| MetricError::Sample {
            what,
            sample,
            expected,
            got: got.to_string(),
        };
        for (i, (n, passed)) in problems.iter().enumerate() {
            if *n < self.k {
                let expected = format!("at least {}", self.k);
                return Err(error("programs of problem", i, expected, *n));
            }
            if passed > n {
                let expected = format!("at most {n} that pass");
                return Err(error("programs of problem", i, expected, *passed));
            }
        }
        let values = problems
            .iter()
            .map(|(n, passed)| self.estimate(*n, *passed));
        let values: Vec<f64> = values.collect();
        Ok((!values.is_empty()).then(|| Measured::numbers(values)))
    }
}

impl Passes {
    /// `1 - C(n - c, k) / C(n, k)`, as a product that does not overflow.
    fn estimate(&self, n: u64, passed: u64) -> f64 {
        if n - passed < self.k {
            return 1.0;
        }
        let factors = (n - passed + 1..=n).map(|i| 1.0 - self.k as f64 / i as f64);
        1.0 - factors.product::<f64>()
    }
}

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::{
    PerOutput, UniformAverage,
    ranks::{RankCorrelation, RankFormula, RankedPairs, key32, key64},
};
use crate::{
    Bounds, Meta, MetricError, Result, Value,
    sealed::Sealed,
    state::{Columns, Floats},
};

/// The Kendall rank correlation coefficient (Kendall's tau): concordant minus discordant pairs of samples, relative to
/// all pairs.
///
/// A pair of samples is concordant if predictions and targets order it in the same way, and discordant if they order it
/// in opposite ways. Of the `N = n (n - 1) / 2` pairs, let `C` be concordant, `D` discordant, `x` tied in the
/// predictions and `y` tied in the targets, and let `m` be the smaller of the numbers of distinct predictions and
/// distinct targets:
///
/// | [`Variant`] | value |
/// |---|---|
/// | `A` | `(C - D) / N` |
/// | `B` (the default) | `(C - D) / sqrt((N - x) (N - y))` |
/// | `C` | `2 (C - D) / (n^2 (m - 1) / m)` |
///
/// With weights, a pair counts as the product of the weights of its samples, and `n` is the sum of all weights. A
/// weight of 2 has the same effect as repeating the sample, except in variant A, whose `N` does not include the pair of
/// a sample with its copy.
///
/// The value is between -1 and 1, and higher is better. Variants B and C are NaN if all predictions or all targets are
/// equal. With fewer than two samples of positive weight the correlation is undefined, which is an error. It takes
/// `O(n log n)` time.
///
/// Options: [`variant`](KendallRankCorrCoef::variant); [`test`](KendallRankCorrCoef::test) for a p-value;
/// [`per_output`](RankCorrelation::per_output), by default the mean over the outputs; sample weights. Inputs:
/// [`RegressionInput`](super::RegressionInput). Errors: [`MetricError`](crate::MetricError), also for weights that are
/// negative or infinite. Memory: all pairs are kept, with 8 bytes each and 4 per weight.
///
/// Source: Kendall, Rank correlation methods (1948); Knight (1966) for the algorithm; scipy's `kendalltau`, and
/// `weightedtau` for weights; TorchMetrics' `KendallRankCorrCoef`, whose variant A is `(C - D) / (C + D)`.
///
/// # When to use
///
/// Use it when only the order matters and the value should have a direct meaning: without ties, `(1 + tau) / 2` is the
/// fraction of pairs in the right order. It is usually closer to 0 than [`SpearmanCorrCoef`](super::SpearmanCorrCoef)
/// on the same data, so the two cannot be compared. Variant A cannot reach 1 if there are ties.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1>::from_floats([2.5, 0.0, 2.0, 8.0], &device);
/// let target = Tensor::<1>::from_floats([3.0, -0.5, 2.0, 1.0], &device);
///
/// assert!((KendallRankCorrCoef::new().evaluate((preds, target))? - 1.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type KendallRankCorrCoef<O = UniformAverage> = RankCorrelation<Kendall, O>;

/// The formula of [`KendallRankCorrCoef`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kendall {
    variant: Variant,
}

/// The number of pairs that the correlation divides by: see [`KendallRankCorrCoef`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// All pairs.
    A,
    /// The pairs that are not tied.
    #[default]
    B,
    /// The maximum number of concordant pairs for this number of distinct values.
    C,
}

/// A [`KendallRankCorrCoef`] of each output with the p-value of a test that there is no correlation: see
/// [`test`](KendallRankCorrCoef::test).
///
/// # When to use
///
/// Use it to check whether a correlation could be due to chance. A small p-value does not mean a strong correlation: with
/// many samples, a correlation near 0 can be significant. The p-value assumes independent samples and is approximate for
/// few of them.
pub type KendallTest = RankCorrelation<TestedKendall, PerOutput>;

/// The formula of [`KendallTest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedKendall {
    variant: Variant,
    alternative: Alternative,
}

/// The alternative hypothesis of a test whose null hypothesis is that there is no correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternative {
    /// The correlation is not 0.
    TwoSided,
    /// The correlation is negative.
    Less,
    /// The correlation is positive.
    Greater,
}

/// A correlation and its p-value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TestedCorrelation {
    /// The correlation.
    pub correlation: f64,
    /// The probability of a correlation at least as extreme, in the direction of the alternative, if there is none.
    pub p_value: f64,
}

impl Value for TestedCorrelation {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![
            ("correlation".into(), self.correlation),
            ("p".into(), self.p_value),
        ]
    }
}

impl KendallRankCorrCoef {
    /// Creates the metric, with variant B.
    pub fn new() -> Self {
        Self {
            formula: Kendall::default(),
            outputs: UniformAverage,
        }
    }
}

impl Default for KendallRankCorrCoef {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> KendallRankCorrCoef<O> {
    /// Sets the variant.
    pub fn variant(mut self, variant: Variant) -> Self {
        self.formula.variant = variant;
        self
    }

    /// Computes the correlation of each output together with the p-value of a test against this alternative.
    ///
    /// The p-value uses the normal approximation of `C - D`, with a variance that accounts for ties, and is not exact
    /// for small samples. TorchMetrics ignores ties in the p-value of variant A. The test does not support weights:
    /// with weights, `compute` returns an error.
    pub fn test(self, alternative: Alternative) -> KendallTest {
        RankCorrelation {
            formula: TestedKendall {
                variant: self.formula.variant,
                alternative,
            },
            outputs: PerOutput,
        }
    }
}

impl Sealed for Kendall {}
impl Sealed for TestedKendall {}

impl RankFormula for Kendall {
    type Value = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Kendall correlation")
            .higher_is_better()
            .within(Bounds::SIGNED_UNIT);
        match self.variant {
            Variant::A => meta.with("variant a"),
            Variant::B => meta,
            Variant::C => meta.with("variant c"),
        }
    }

    fn of(&self, pairs: &RankedPairs) -> Result<f64> {
        Ok(Concordance::of(pairs).correlation(self.variant))
    }
}

impl RankFormula for TestedKendall {
    type Value = TestedCorrelation;

    fn meta(&self) -> Meta {
        Meta::new("Kendall correlation")
            .higher_is_better()
            .within(Bounds::SIGNED_UNIT)
            .with("test")
    }

    fn of(&self, pairs: &RankedPairs) -> Result<TestedCorrelation> {
        if pairs.0.weights.is_some() {
            return Err(MetricError::Undefined {
                metric: "p-value of Kendall correlation".into(),
                expected: "samples without weights",
                got: "weights".into(),
            });
        }
        let concordance = Concordance::of(pairs);
        Ok(TestedCorrelation {
            correlation: concordance.correlation(self.variant),
            p_value: concordance.p_value(self.alternative),
        })
    }
}

/// The order of the pairs of samples. A pair counts as the product of the weights of its samples.
struct Concordance {
    n: f64,
    /// All pairs.
    pairs: f64,
    /// Concordant minus discordant pairs.
    excess: f64,
    preds: Ties,
    target: Ties,
}

/// The weight of a sample. If all weights are 1, this is known at compile time.
trait Weight: Copy + Default {
    fn get(self) -> f64;
}

impl Weight for f64 {
    fn get(self) -> f64 {
        self
    }
}

/// A weight of 1.
#[derive(Clone, Copy, Default)]
struct One;

impl Weight for One {
    fn get(self) -> f64 {
        1.0
    }
}

/// Groups of equal numbers.
#[derive(Default)]
struct Ties {
    groups: u64,
    /// Tied pairs: `sum t (t - 1) / 2` over groups of `t`.
    pairs: f64,
    /// `sum t (t - 1) (t - 2)`.
    triples: f64,
    /// `sum t (t - 1) (2 t + 5)`.
    variance: f64,
}

impl Ties {
    fn of<T, K: PartialEq, W: Weight>(sorted: &[(T, W)], key: impl Fn(&T) -> K) -> Self {
        let mut ties = Self::default();
        for group in sorted.chunk_by(|(a, _), (b, _)| key(a) == key(b)) {
            let t = group.len() as f64;
            ties.groups += 1;
            ties.pairs += pairs_among(group);
            ties.triples += t * (t - 1.0) * (t - 2.0);
            ties.variance += t * (t - 1.0) * (2.0 * t + 5.0);
        }
        ties
    }
}

/// The pairs of different samples: half of the square of the sum minus the sum of squares.
fn pairs_among<T, W: Weight>(samples: &[(T, W)]) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for (_, weight) in samples {
        sum += weight.get();
        squares += weight.get() * weight.get();
    }
    (sum * sum - squares) / 2.0
}

impl Concordance {
    fn of(RankedPairs(pairs): &RankedPairs) -> Self {
        match &pairs.weights {
            None => Self::weighted(pairs, std::iter::repeat(One)),
            Some(weights) => Self::weighted(pairs, weights.iter().copied()),
        }
    }

    fn weighted<W: Weight>(pairs: &Columns, weights: impl Iterator<Item = W>) -> Self {
        match (&pairs.preds, &pairs.target) {
            (Floats::Single(preds), Floats::Single(target)) => {
                let keys = preds.iter().zip(target);
                let keys = keys.map(|(p, t)| u64::from(key32(*p)) << 32 | u64::from(key32(*t)));
                let mut keys: Vec<(u64, W)> = keys.zip(weights).collect();
                radsort::sort_by_key(&mut keys, |(key, _)| *key);
                Self::of_sorted(&keys, |key| (key >> 32) as u32, |key| *key as u32)
            }
            (preds, target) => {
                let keys = doubles(preds).zip(doubles(target));
                let keys = keys.map(|(p, t)| u128::from(key64(p)) << 64 | u128::from(key64(t)));
                let mut keys: Vec<(u128, W)> = keys.zip(weights).collect();
                radsort::sort_by_key(&mut keys, |(key, _)| *key);
                Self::of_sorted(&keys, |key| (key >> 64) as u64, |key| *key as u64)
            }
        }
    }

    /// Computes the statistics of pairs that are sorted by prediction and then by target.
    fn of_sorted<P: PartialEq + Copy, K: Ord + Copy + Default, W: Weight>(
        samples: &[(P, W)],
        pred: impl Fn(&P) -> K,
        target: impl Fn(&P) -> K,
    ) -> Self {
        let preds = Ties::of(samples, pred);
        let both = Ties::of(samples, |pair| *pair);
        // Sorting the targets swaps the pairs that are not tied and in opposite orders.
        let targets = samples.iter().map(|(pair, weight)| (target(pair), *weight));
        let mut targets: Vec<(K, W)> = targets.collect();
        let discordant = sort_counting_swaps(&mut targets);
        let target = Ties::of(&targets, |key| *key);
        let pairs = pairs_among(samples);
        let untied = pairs - preds.pairs - target.pairs + both.pairs;
        Self {
            n: samples.iter().map(|(_, weight)| weight.get()).sum(),
            pairs,
            excess: untied - 2.0 * discordant,
            preds,
            target,
        }
    }

    fn correlation(&self, variant: Variant) -> f64 {
        let tau = match (variant, self.preds.groups.min(self.target.groups)) {
            (Variant::A, _) => self.excess / self.pairs,
            // 0 / 0, which rounding of weights may turn into another number.
            (_, 1) => f64::NAN,
            (Variant::B, _) => {
                let untied = |ties: &Ties| (self.pairs - ties.pairs).sqrt();
                self.excess / (untied(&self.preds) * untied(&self.target))
            }
            (Variant::C, m) => {
                let m = m as f64;
                2.0 * self.excess / (self.n * self.n * (m - 1.0) / m)
            }
        };
        tau.clamp(-1.0, 1.0)
    }

    fn p_value(&self, alternative: Alternative) -> f64 {
        let (n, x, y) = (self.n, &self.preds, &self.target);
        let pairs = n * (n - 1.0);
        let mut variance = (pairs * (2.0 * n + 5.0) - x.variance - y.variance) / 18.0
            + 2.0 * x.pairs * y.pairs / pairs;
        if n > 2.0 {
            variance += x.triples * y.triples / (9.0 * pairs * (n - 2.0));
        }
        if x.groups == 1 || y.groups == 1 {
            return f64::NAN;
        }
        let z = self.excess / variance.sqrt();
        let normal = Normal::standard();
        match alternative {
            Alternative::TwoSided => 2.0 * normal.sf(z.abs()),
            Alternative::Less => normal.cdf(z),
            Alternative::Greater => normal.sf(z),
        }
    }
}

fn doubles(numbers: &Floats) -> Box<dyn Iterator<Item = f64> + '_> {
    match numbers {
        Floats::Single(all) => Box::new(all.iter().map(|x| f64::from(*x))),
        Floats::Double(all) => Box::new(all.iter().copied()),
    }
}

/// Merge sort that returns how many neighbors had to be swapped. Each swap counts as the product of the two weights.
fn sort_counting_swaps<K: Ord + Copy + Default, W: Weight>(samples: &mut [(K, W)]) -> f64 {
    let n = samples.len();
    let mut merged = vec![Default::default(); n];
    let (mut swaps, mut run) = (0.0, 1);
    while run < n {
        for (from, to) in samples.chunks(2 * run).zip(merged.chunks_mut(2 * run)) {
            let (left, right) = from.split_at(run.min(from.len()));
            let (mut l, mut r) = (0, 0);
            // The weight of the left samples that have not been merged yet.
            let mut weight: f64 = left.iter().map(|(_, weight)| weight.get()).sum();
            for to in to {
                let take_left = r == right.len() || l < left.len() && left[l].0 <= right[r].0;
                if take_left {
                    *to = left[l];
                    weight -= left[l].1.get();
                    l += 1;
                } else {
                    *to = right[r];
                    swaps += right[r].1.get() * weight;
                    r += 1;
                }
            }
        }
        samples.copy_from_slice(&merged);
        run *= 2;
    }
    swaps
}

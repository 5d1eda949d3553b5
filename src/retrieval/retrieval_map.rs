use serde::{Deserialize, Serialize};

use super::{AtCutoff, Group, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The mean average precision (MAP): the mean over the queries of the average precision.
///
/// The average precision of a query is the mean over its relevant documents of the precision at the rank of each.
/// Relevant documents that are not among the first `k` count as 0. From 0 to 1; higher is better. With equal scores it
/// is the [expected value](crate::retrieval#equal-scores). A query without relevant documents counts as 0.
///
/// With `top_k`, [`divided_by`](RetrievalMAP::divided_by) sets the number by which the sum of precisions is divided. By
/// default it is the number of all relevant documents.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: trec_eval's `map` and `map_cut_k`; TorchMetrics' `RetrievalMAP`. Without `top_k` they agree. With `top_k`,
/// TorchMetrics divides by the number of relevant documents among the first `k`, so that a system that finds one of 100
/// relevant documents in the first place has an average precision of 1; [`MapDivisor::RelevantInTopK`] gives its
/// numbers. TorchMetrics also treats relevant documents whose score is not above 0 as not relevant.
///
/// # When to use
///
/// Use it to compare the whole rankings of systems with one number, if documents are either relevant or not. It rewards
/// relevant documents high up and does not need a cutoff. It is not easy to explain to users, and unjudged relevant
/// documents lower it; for grades of relevance use [`RetrievalNormalizedDCG`](super::RetrievalNormalizedDCG).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.2, 0.3, 0.5, 0.1, 0.3, 0.5, 0.2], &device);
/// let relevance = Tensor::<1, Int>::from_ints([0, 0, 1, 0, 1, 0, 1], &device);
/// let queries = Tensor::<1, Int>::from_ints([0, 0, 0, 1, 1, 1, 1], &device);
///
/// let map = RetrievalMAP::new().evaluate((scores, relevance, queries))?;
/// assert!((map - 0.7917).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalMAP<R = MeanOfSamples> = RetrievalScore<AveragePrecision, R>;

/// The formula of [`RetrievalMAP`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AveragePrecision {
    divisor: MapDivisor,
}

/// The number by which [`RetrievalMAP`] divides the sum of precisions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapDivisor {
    /// The number of all relevant documents, as in trec_eval and ranx.
    #[default]
    Relevant,
    /// That number, but at most `k`, so that a query with more than `k` relevant documents can reach 1.
    RelevantOrK,
    /// The number of relevant documents among the first `k`, as in TorchMetrics.
    RelevantInTopK,
}

impl RetrievalMAP {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(AveragePrecision::default())
    }

    /// Sets the number by which the sum of precisions is divided if there is a cutoff.
    pub fn divided_by(self, divisor: MapDivisor) -> Self {
        self.with(|formula| formula.divisor = divisor)
    }
}

impl RankingFormula for AveragePrecision {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Mean average precision");
        let meta = meta.higher_is_better().within(Bounds::UNIT);
        match self.divisor {
            MapDivisor::Relevant => meta,
            MapDivisor::RelevantOrK => meta.with("relevant or k"),
            MapDivisor::RelevantInTopK => meta.with("relevant in top k"),
        }
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let relevant = ranking.relevant();
        match self.divisor {
            MapDivisor::Relevant => sum_of_precisions(ranking, k) / relevant as f64,
            MapDivisor::RelevantOrK => sum_of_precisions(ranking, k) / relevant.min(k) as f64,
            MapDivisor::RelevantInTopK => mean_of_precisions(ranking, k),
        }
    }
}

impl AtCutoff for AveragePrecision {}

/// The expected sum of the precisions at the relevant documents among the first `k`.
fn sum_of_precisions(ranking: &Ranking<'_>, k: usize) -> f64 {
    let groups = ranking.groups_within(k).iter();
    groups
        .map(|group| Precisions::of(group, k).sum(group.relevant, group.tied))
        .sum()
}

/// The expected mean of the precisions at the relevant documents among the first `k`, which is 0 if there are none.
fn mean_of_precisions(ranking: &Ranking<'_>, k: usize) -> f64 {
    let mut sum = 0.0;
    let mut found = 0;
    for group in ranking.groups_within(k) {
        let precisions = Precisions::of(group, k);
        if group.first(k) < group.tied {
            // The cutoff is within the group, so the number of relevant documents before it is random.
            let first = group.first(k);
            let outcomes = group.outcomes(k).filter(|(hits, _)| found + hits > 0);
            let means = outcomes.map(|(hits, probability)| {
                probability * (sum + precisions.sum(hits, first)) / (found + hits) as f64
            });
            return means.sum();
        }
        sum += precisions.sum(group.relevant, group.tied);
        found += group.relevant;
    }
    match found {
        0 => 0.0,
        found => sum / found as f64,
    }
}

/// The sums over the ranks of a group of which the expected precisions consist.
struct Precisions {
    relevant_before: f64,
    /// The sum of `1 / rank`.
    reciprocals: f64,
    /// The sum of `i / rank`, where `i` is the number of documents of the group above.
    shares: f64,
}

impl Precisions {
    fn of(group: &Group, k: usize) -> Self {
        let mut precisions = Self {
            relevant_before: group.relevant_before as f64,
            reciprocals: 0.0,
            shares: 0.0,
        };
        for i in 0..group.first(k) {
            let reciprocal = 1.0 / (group.before + i + 1) as f64;
            precisions.reciprocals += reciprocal;
            precisions.shares += i as f64 * reciprocal;
        }
        precisions
    }

    /// The expected sum if `relevant` of `documents` documents are relevant. A document is relevant with probability
    /// `relevant / documents`, and each document above it is then relevant with probability
    /// `(relevant - 1) / (documents - 1)`.
    fn sum(&self, relevant: usize, documents: usize) -> f64 {
        let others = match documents {
            1 => 0.0,
            _ => (relevant as f64 - 1.0) / (documents as f64 - 1.0),
        };
        let at_one = (self.relevant_before + 1.0) * self.reciprocals + others * self.shares;
        relevant as f64 / documents as f64 * at_one
    }
}

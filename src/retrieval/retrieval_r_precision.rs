use serde::{Deserialize, Serialize};

use super::{Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The R-precision: the precision of the first `R` documents, where `R` is the number of relevant documents of the
/// query, averaged over the queries.
///
/// At this cutoff, precision and recall are equal. From 0 to 1; higher is better. With equal scores it is the
/// [expected value](crate::retrieval#equal-scores). A query without relevant documents counts as 0.
///
/// Options: [`empty_target_action`](RetrievalScore::empty_target_action),
/// [`relevance_level`](RetrievalScore::relevance_level), [`ignore_index`](RetrievalScore::ignore_index),
/// [`complete_queries`](RetrievalScore::complete_queries), [`median`](RetrievalScore::median),
/// [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and [`per_query`](RetrievalScore::per_query). Inputs:
/// [`RetrievalInput`](super::RetrievalInput). Errors: [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: trec_eval's `Rprec`; TorchMetrics' `RetrievalRPrecision`.
///
/// # When to use
///
/// Use it if queries have very different numbers of relevant documents: each query can reach 1, unlike with the
/// precision at a fixed cutoff. It ignores everything after the first `R` documents, and the order within them. For a
/// query with one relevant document it is 1 or 0.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.8, 0.7, 0.6]], &device);
/// let relevance = Tensor::<2, Int>::from_ints([[1, 0, 1, 0]], &device);
///
/// assert_eq!(RetrievalRPrecision::new().evaluate((scores, relevance))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalRPrecision<R = MeanOfSamples> = RetrievalScore<RPrecision, R>;

/// The formula of [`RetrievalRPrecision`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RPrecision {}

impl RetrievalRPrecision {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(RPrecision {})
    }
}

impl RankingFormula for RPrecision {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval R-precision");
        meta.higher_is_better().within(Bounds::UNIT)
    }

    fn score(&self, ranking: &Ranking<'_>, _k: usize) -> f64 {
        ranking.hits(ranking.relevant()) / ranking.relevant() as f64
    }
}

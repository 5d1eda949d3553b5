use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The precision of the first `k` documents: the share of them that are relevant, averaged over the queries.
///
/// `hits(k) / k`, where `hits(k)` is the number of relevant documents among the first `k`. If fewer than `k` documents
/// were retrieved, the missing ones count as not relevant; [`adaptive_k`](RetrievalPrecision::adaptive_k) divides by
/// the number of retrieved documents instead. Without `top_k`, all documents of a query count. From 0 to 1; higher is
/// better. With equal scores it is the [expected value](crate::retrieval#equal-scores). A query without relevant
/// documents counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: trec_eval's `P_k`; TorchMetrics' `RetrievalPrecision`.
///
/// # When to use
///
/// Use it if users look at a page of `k` results and every result counts the same. It ignores the order within the
/// page, and its highest possible value is below 1 for queries with fewer than `k` relevant documents, so that averages
/// over queries with very different numbers of relevant documents are hard to read; see
/// [`RetrievalRPrecision`](super::RetrievalRPrecision) and [`RetrievalNormalizedDCG`](super::RetrievalNormalizedDCG).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.8, 0.7, 0.6], [0.1, 0.2, 0.3, 0.4]], &device);
/// let relevance = Tensor::<2, Int>::from_ints([[1, 0, 1, 0], [0, 0, 0, 1]], &device);
///
/// let precision = RetrievalPrecision::new().top_k(2);
/// assert_eq!(precision.evaluate((scores, relevance))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalPrecision<R = MeanOfSamples> = RetrievalScore<Precision, R>;

/// The formula of [`RetrievalPrecision`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precision {
    adaptive_k: bool,
}

impl RetrievalPrecision {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(Precision::default())
    }

    /// Divides by the number of retrieved documents if it is below `k`.
    pub fn adaptive_k(self) -> Self {
        self.with(|precision| precision.adaptive_k = true)
    }
}

impl Precision {
    pub(super) fn adaptive() -> Self {
        Self { adaptive_k: true }
    }
}

impl RankingFormula for Precision {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval precision");
        meta.higher_is_better()
            .within(Bounds::UNIT)
            .with_if(self.adaptive_k, "adaptive")
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let looked_at = match self.adaptive_k || k == usize::MAX {
            true => ranking.first(k),
            false => k,
        };
        match looked_at {
            0 => 0.0,
            n => ranking.hits(k) / n as f64,
        }
    }
}

impl AtCutoff for Precision {}

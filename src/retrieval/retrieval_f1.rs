use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The F1 score of the first `k` documents: the harmonic mean of their precision and recall, averaged over the queries.
///
/// `2 hits(k) / (k + R)`, where `hits(k)` is the number of relevant documents among the first `k` and `R` that of all
/// relevant documents. Without `top_k`, `k` is the number of retrieved documents. From 0 to 1; higher is better. With
/// equal scores it is the [expected value](crate::retrieval#equal-scores). A query without relevant documents counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: ranx's `f1`. TorchMetrics does not have it.
///
/// # When to use
///
/// Use it to compare systems at a fixed number of results when both missing and useless results cost something. It is
/// the mean of the F1 scores of the queries, which is not the F1 score of the mean precision and recall. Like them it
/// ignores the order within the first `k`.
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
/// let f1 = RetrievalF1::new().top_k(3);
/// assert_eq!(f1.evaluate((scores, relevance))?, 0.8);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalF1<R = MeanOfSamples> = RetrievalScore<F1, R>;

/// The formula of [`RetrievalF1`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct F1 {}

impl RetrievalF1 {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(F1 {})
    }
}

impl RankingFormula for F1 {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval F1");
        meta.higher_is_better().within(Bounds::UNIT)
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let looked_at = if k == usize::MAX {
            ranking.documents()
        } else {
            k
        };
        2.0 * ranking.hits(k) / (looked_at as f64 + ranking.relevant() as f64)
    }
}

impl AtCutoff for F1 {}

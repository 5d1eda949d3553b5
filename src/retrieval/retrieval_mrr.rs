use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The mean reciprocal rank (MRR): the mean over the queries of 1 / rank of the first relevant document.
///
/// A query without a relevant document among the first `k` counts as 0. From 0 to 1; higher is better. With equal
/// scores it is the [expected value](crate::retrieval#equal-scores).
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: trec_eval's `recip_rank`; TorchMetrics' `RetrievalMRR`, which treats relevant documents whose score is not
/// above 0 as not relevant.
///
/// # When to use
///
/// Use it if a user needs one good result: a known item, a fact, the right completion. Everything after the first
/// relevant document is ignored. Steps between ranks have very different sizes: from rank 1 to 2 a query loses as much
/// as from rank 2 to the end of the list, so a few queries decide the mean.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7]], &device);
/// let relevance = Tensor::<2, Int>::from_ints([[1, 0, 1], [0, 1, 0]], &device);
///
/// assert_eq!(RetrievalMRR::new().evaluate((scores, relevance))?, 0.75);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalMRR<R = MeanOfSamples> = RetrievalScore<ReciprocalRank, R>;

/// The formula of [`RetrievalMRR`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReciprocalRank {}

impl RetrievalMRR {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(ReciprocalRank {})
    }
}

impl RankingFormula for ReciprocalRank {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Mean reciprocal rank");
        meta.higher_is_better().within(Bounds::UNIT)
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let Some(group) = ranking.groups().first() else {
            return 0.0;
        };
        // The first relevant document is one of the group. Going through the group in random order, each document is the first
        // one with this probability.
        let mut none_before = 1.0;
        let mut expected = 0.0;
        for seen in 0..group.first(k).min(group.tied - group.relevant + 1) {
            let is_relevant = group.relevant as f64 / (group.tied - seen) as f64;
            expected += none_before * is_relevant / (group.before + seen + 1) as f64;
            none_before *= 1.0 - is_relevant;
        }
        expected
    }
}

impl AtCutoff for ReciprocalRank {}

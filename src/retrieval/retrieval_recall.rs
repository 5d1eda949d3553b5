use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The recall of the first `k` documents: the share of the relevant documents that are among them, averaged over the
/// queries.
///
/// `hits(k) / R`, where `hits(k)` is the number of relevant documents among the first `k` and `R` that of all relevant
/// documents, whether they were retrieved or not. From 0 to 1; higher is better. With equal scores it is the
/// [expected value](crate::retrieval#equal-scores). A query without relevant documents counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: trec_eval's `recall_k`; TorchMetrics' `RetrievalRecall`.
///
/// # When to use
///
/// Use it for the first stage of a pipeline, such as the retrieval of candidates that are ranked again: what it misses
/// is lost. It ignores the order of the first `k` documents. If queries have more than `k` relevant documents, it
/// cannot reach 1; and relevant documents that nobody has judged make it too high.
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
/// let recall = RetrievalRecall::new().top_k(2);
/// assert_eq!(recall.evaluate((scores, relevance))?, 0.75);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalRecall<R = MeanOfSamples> = RetrievalScore<Recall, R>;

/// The formula of [`RetrievalRecall`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {}

impl RetrievalRecall {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(Recall {})
    }
}

impl RankingFormula for Recall {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval recall");
        meta.higher_is_better().within(Bounds::UNIT)
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        ranking.hits(k) / ranking.relevant() as f64
    }
}

impl AtCutoff for Recall {}

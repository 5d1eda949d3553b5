use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta};

/// The hit rate: the share of queries with a relevant document among the first `k`.
///
/// From 0 to 1; higher is better. With equal scores a query counts as the
/// [probability](crate::retrieval#equal-scores) of a hit. A query without relevant documents counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: trec_eval's `success_k`; TorchMetrics' `RetrievalHitRate`.
///
/// # When to use
///
/// Use it if one good result is enough, such as the next item in a session or the answer to a question. It does not say
/// how high the hit was ([`RetrievalMRR`](super::RetrievalMRR) does), and with many relevant documents per query it is
/// near 1 for any system.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7]], &device);
/// let relevance = Tensor::<2, Int>::from_ints([[0, 1, 1], [0, 0, 1]], &device);
///
/// let hit_rate = RetrievalHitRate::new().top_k(2);
/// assert_eq!(hit_rate.evaluate((scores, relevance))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalHitRate<R = MeanOfSamples> = RetrievalScore<HitRate, R>;

/// The formula of [`RetrievalHitRate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitRate {}

impl RetrievalHitRate {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(HitRate {})
    }
}

impl RankingFormula for HitRate {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval hit rate");
        meta.higher_is_better().within(Bounds::UNIT)
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let Some(first) = ranking.groups().first() else {
            return 0.0;
        };
        let mut outcomes = first.outcomes(k);
        let no_hit = outcomes.find(|(hits, _)| *hits == 0);
        1.0 - no_hit.map_or(0.0, |(_, probability)| probability)
    }
}

impl AtCutoff for HitRate {}

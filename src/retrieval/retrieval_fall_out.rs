use serde::{Deserialize, Serialize};

use super::{
    AtCutoff, EmptyTargetAction, Ranking, RankingFormula, RetrievalScore, scattered::GRADES,
};
use crate::{Bounds, MeanOfSamples, Meta};

/// The fall-out of the first `k` documents: how many of the documents that are not relevant are among them, as a share,
/// averaged over the queries.
///
/// `(min(k, n) - hits(k)) / (n - R)`, where `n` is the number of retrieved documents, `hits(k)` the number of relevant
/// ones among the first `k`, and `R` that of all relevant ones that were retrieved. From 0 to 1; lower is better. With
/// equal scores it is the [expected value](crate::retrieval#equal-scores). A query without documents that are not
/// relevant counts as 1, as in TorchMetrics; `empty_target_action` changes it.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: TorchMetrics' `RetrievalFallOut`.
///
/// # When to use
///
/// Use it as the false positive rate of a search, for instance where reading useless documents is expensive. In a large
/// collection it is close to 0 for any system, because nearly all documents are not relevant; precision is easier to
/// read there.
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
/// let fall_out = RetrievalFallOut::new().top_k(2);
/// assert_eq!(fall_out.evaluate((scores, relevance))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalFallOut<R = MeanOfSamples> = RetrievalScore<FallOut, R>;

/// The formula of [`RetrievalFallOut`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallOut {}

impl RetrievalFallOut {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(FallOut {})
    }
}

impl RankingFormula for FallOut {
    type Score = f64;

    const EMPTY: EmptyTargetAction = EmptyTargetAction::Pos;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval fall-out");
        meta.lower_is_better().within(Bounds::UNIT)
    }

    fn is_empty(&self, ranking: &Ranking<'_>) -> bool {
        ranking.not_relevant() == 0
    }

    fn domain(&self, empty: EmptyTargetAction) -> &'static str {
        match empty {
            EmptyTargetAction::Error => {
                "finite grades of at least 0, and queries with documents that are not relevant"
            }
            _ => GRADES,
        }
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        (ranking.first(k) as f64 - ranking.hits(k)) / ranking.not_relevant() as f64
    }
}

impl AtCutoff for FallOut {}

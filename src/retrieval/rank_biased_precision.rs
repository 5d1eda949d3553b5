use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta, MetricError, Result};

/// The rank-biased precision (RBP): the expected share of relevant documents among those that a user looks at, averaged
/// over the queries. After each document, the user goes on to the next one with probability `p`.
///
/// `(1 - p) Σ p^(rank - 1)`, over the ranks of relevant documents. From 0 to 1; higher is better. With equal scores it
/// is the [expected value](crate::retrieval#equal-scores). A query without relevant documents counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: Moffat and Zobel, Rank-biased precision for measurement of retrieval effectiveness (2008); ranx's `rbp` for
/// relevance of 0 and 1; for other grades, ranx multiplies by the grade. TorchMetrics does not have it.
///
/// # When to use
///
/// Use it if you know how patient users are: with `p = 0.5` they look at two documents on average, with `p = 0.8` at
/// five, with `p = 0.95` at twenty. Unlike other metrics it does not depend on how many relevant documents exist, so it
/// needs no complete judgements; for the same reason, a query with few relevant documents cannot come near 1.
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
/// assert_eq!(RankBiasedPrecision::new(0.5).evaluate((scores, relevance))?, 0.625);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RankBiasedPrecision<R = MeanOfSamples> = RetrievalScore<Persistence, R>;

/// The formula of [`RankBiasedPrecision`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Persistence {
    p: f64,
}

impl RankBiasedPrecision {
    /// Creates the metric for users who go on to the next document with probability `p`, from 0 to below 1.
    pub fn new(p: f64) -> Self {
        Self::of(Persistence { p })
    }
}

impl RankingFormula for Persistence {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Rank-biased precision");
        meta.higher_is_better()
            .within(Bounds::UNIT)
            .with(format_args!("p = {}", self.p))
    }

    fn check(&self) -> Result<()> {
        let is_probability = (0.0..1.0).contains(&self.p);
        MetricError::check_option("p", self.p, is_probability, "a number from 0 to below 1")
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let groups = ranking.groups_within(k).iter();
        let shares = groups.map(|group| {
            // The sum of `(1 - p) p^i` over the ranks of the group.
            let seen = |documents: usize| self.p.powf(documents as f64);
            let weight = seen(group.before) - seen(group.before + group.first(k));
            group.relevant as f64 / group.tied as f64 * weight
        });
        shares.sum()
    }
}

impl AtCutoff for Persistence {}

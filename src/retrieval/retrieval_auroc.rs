use serde::{Deserialize, Serialize};

use super::{AtCutoff, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta, MetricError, Result};

/// The area under the ROC curve of the documents of a query, averaged over the queries.
///
/// It is the probability that a relevant document has a higher score than one that is not relevant, where equal scores
/// count half. With `top_k`, only the first `k` documents count. A query whose documents are all relevant, or all not
/// relevant, counts as 0. With [`max_fpr`](RetrievalAUROC::max_fpr) it is the standardized partial area. From 0 to 1;
/// higher is better; 0.5 is a random order. If the cutoff is among documents with equal scores, it is the [expected
/// value](crate::retrieval#equal-scores). Relevant documents that were not retrieved do not count.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: TorchMetrics' `RetrievalAUROC`.
///
/// # When to use
///
/// Use it to see how well relevant documents are separated from the others within each query, wherever they are in the
/// ranking; [`Auroc`](crate::classification::Auroc) compares documents of different queries, too. It weights the first
/// documents no more than the others, although users look at the first ones. With `top_k` it can fall when a system
/// moves a relevant document to the top, because the order below the cutoff is lost.
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
/// assert_eq!(RetrievalAUROC::new().evaluate((scores, relevance))?, 0.75);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalAUROC<R = MeanOfSamples> = RetrievalScore<AreaUnderRoc, R>;

/// The formula of [`RetrievalAUROC`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct AreaUnderRoc {
    max_fpr: Option<f64>,
}

impl RetrievalAUROC {
    /// Creates the metric.
    pub fn new() -> Self {
        Self::of(AreaUnderRoc::default())
    }

    /// Uses only the area up to this false positive rate, which is above 0 and at most 1. The area is scaled so that a
    /// random order has 0.5 and the best order 1 (McClish).
    pub fn max_fpr(self, max_fpr: f64) -> Self {
        self.with(|formula| formula.max_fpr = Some(max_fpr))
    }
}

impl RankingFormula for AreaUnderRoc {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval AUROC");
        let meta = meta.higher_is_better().within(Bounds::UNIT);
        match self.max_fpr {
            None => meta,
            Some(max_fpr) => meta.with(format_args!("up to FPR {max_fpr}")),
        }
    }

    fn check(&self) -> Result<()> {
        let max_fpr = self.max_fpr.unwrap_or(1.0);
        let is_rate = max_fpr > 0.0 && max_fpr <= 1.0;
        MetricError::check_option(
            "max_fpr",
            max_fpr,
            is_rate,
            "a number above 0 and at most 1",
        )
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let looked_at = ranking.first(k);
        let groups = ranking.groups();
        let end = groups.partition_point(|group| group.before + group.tied <= k);
        let (whole, rest) = groups.split_at(end);
        let cut = rest.first().filter(|group| group.before < k);
        let before = whole
            .last()
            .map_or(0, |last| last.relevant_before + last.relevant);
        let area = |hits: usize, others: usize| {
            let relevant = before + hits;
            let not_relevant = looked_at - relevant;
            if relevant == 0 || not_relevant == 0 {
                return 0.0;
            }
            let limit = self.max_fpr.unwrap_or(1.0) * not_relevant as f64;
            let steps = whole.iter().map(|group| {
                let before = group.before - group.relevant_before;
                step(group.relevant, before, group.tied - group.relevant, limit)
            });
            let last = cut.map_or(0.0, |cut| {
                step(hits, cut.before - cut.relevant_before, others, limit)
            });
            let area = steps.sum::<f64>() + last;
            self.standardized(area / (relevant * not_relevant) as f64)
        };
        match cut {
            None => area(0, 0),
            Some(cut) => {
                let first = cut.first(k);
                let outcomes = cut.outcomes(k);
                outcomes.map(|(hits, p)| p * area(hits, first - hits)).sum()
            }
        }
    }
}

impl AtCutoff for AreaUnderRoc {}

impl AreaUnderRoc {
    fn standardized(&self, area: f64) -> f64 {
        match self.max_fpr {
            None => area,
            Some(max) => {
                let chance = max * max / 2.0;
                0.5 * (1.0 + (area - chance) / (max - chance))
            }
        }
    }
}

/// The area under a part of the curve, up to `limit` false positives, that relevant documents add: it rises by
/// `relevant` while there are `others` false positives, of which `before` were before.
fn step(relevant: usize, before: usize, others: usize, limit: f64) -> f64 {
    let (before, others) = (before as f64, others as f64);
    let above = (limit - before).max(0.0);
    let area = match above < others {
        true => above * above / (2.0 * others),
        false => above - others / 2.0,
    };
    relevant as f64 * area
}

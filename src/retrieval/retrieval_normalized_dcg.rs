use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{
    AtCutoff, EmptyTargetAction, Place, Ranking, RankingFormula, RetrievalScore, scattered::GRADES,
};
use crate::{Bounds, MeanOfSamples, Meta};

/// The normalized discounted cumulative gain (nDCG): how close the ranking of graded documents is to the ideal one,
/// averaged over the queries.
///
/// `DCG / ideal DCG`, where `DCG` is the sum over the first `k` documents of `gain / log2(rank + 1)`, and the ideal one
/// that of the documents in descending order of their grades. The gain is the grade, or `2^grade - 1` with
/// [`exponential`](RetrievalNormalizedDCG::exponential). From 0 to 1; higher is better. Documents with equal scores
/// share the mean of their gains, which gives the [expected value](crate::retrieval#equal-scores). A query in which all
/// grades are 0 counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002); Burges et al., Learning to
/// rank using gradient descent (2005), for exponential gains; trec_eval's `ndcg` and `ndcg_cut_k`, scikit-learn's
/// `ndcg_score` and TorchMetrics' `RetrievalNormalizedDCG`.
///
/// # When to use
///
/// Use it for grades of relevance, such as ratings, and as the usual number for ranked lists of results. Exponential
/// gains stress the best documents; papers differ, so say which you use. Values of queries with few relevant documents
/// are high even for poor rankings, and the average over queries hides those without any.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.1, 0.2, 0.3, 4.0, 70.0]], &device);
/// let grades = Tensor::<2, Int>::from_ints([[10, 0, 0, 1, 5]], &device);
///
/// let ndcg = RetrievalNormalizedDCG::new().evaluate((scores, grades))?;
/// assert!((ndcg - 0.6957).abs() < 1e-4);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type RetrievalNormalizedDCG<R = MeanOfSamples> = RetrievalScore<NormalizedDcg, R>;

/// The formula of [`RetrievalNormalizedDCG`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormalizedDcg {
    gain: Gain,
}

/// The gain of a document in [`RetrievalNormalizedDCG`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gain {
    /// The grade.
    #[default]
    Linear,
    /// `2^grade - 1`.
    Exponential,
}

impl RetrievalNormalizedDCG {
    /// Creates the metric, whose gains are the grades.
    pub fn new() -> Self {
        Self::of(NormalizedDcg::default())
    }

    /// Makes the gain of a document `2^grade - 1`. Grades above 1000 are then an error.
    pub fn exponential(self) -> Self {
        self.with(|formula| formula.gain = Gain::Exponential)
    }
}

impl RankingFormula for NormalizedDcg {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval nDCG");
        meta.higher_is_better()
            .within(Bounds::UNIT)
            .with_if(self.gain == Gain::Exponential, "exponential gain")
    }

    fn is_empty(&self, ranking: &Ranking<'_>) -> bool {
        ranking.graded().is_empty()
    }

    /// Exponential gains of higher grades overflow.
    fn is_valid(&self, ranking: &Ranking<'_>) -> bool {
        let mut places = ranking.graded().iter();
        self.gain == Gain::Linear || places.all(|place| place.grade <= 1000.0)
    }

    fn domain(&self, empty: EmptyTargetAction) -> &'static str {
        match (self.gain, empty) {
            (Gain::Linear, EmptyTargetAction::Error) => {
                "finite grades of at least 0, and queries with relevant documents"
            }
            (Gain::Linear, _) => GRADES,
            (Gain::Exponential, EmptyTargetAction::Error) => {
                "grades from 0 to 1000, and queries with relevant documents"
            }
            (Gain::Exponential, _) => "grades from 0 to 1000",
        }
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let mut dcg = 0.0;
        for group in ranking.graded_groups() {
            let (before, tied) = (group[0].before as usize, group[0].tied as usize);
            if before >= k {
                break;
            }
            let gains: f64 = group.iter().map(|place| self.gain(place.grade)).sum();
            let discounts = (before..k.min(before + tied)).map(discount).sum::<f64>();
            dcg += gains / tied as f64 * discounts;
        }
        let ideal = |places: &[Place]| {
            let gains = places.iter().map(|place| self.gain(place.grade));
            let gains = gains.take(k).enumerate();
            gains
                .map(|(before, gain)| gain * discount(before))
                .sum::<f64>()
        };
        let graded = ranking.graded();
        // Equal grades are in the ideal order, whatever their ranks.
        let ideal = match graded.is_sorted_by(|a, b| a.grade >= b.grade) {
            true => ideal(graded),
            false => {
                let mut sorted = graded.to_vec();
                sorted.sort_unstable_by(|a, b| b.grade.total_cmp(&a.grade));
                ideal(&sorted)
            }
        };
        dcg / ideal
    }
}

impl AtCutoff for NormalizedDcg {}

impl NormalizedDcg {
    fn gain(&self, grade: f64) -> f64 {
        match self.gain {
            Gain::Linear => grade,
            Gain::Exponential => grade.exp2() - 1.0,
        }
    }
}

/// The weight of a document that has `before` documents above it.
fn discount(before: usize) -> f64 {
    let of = |before: usize| ((before + 2) as f64).log2().recip();
    // Those of the first documents, which nearly all queries need.
    static DISCOUNTS: OnceLock<Vec<f64>> = OnceLock::new();
    let known = DISCOUNTS.get_or_init(|| (0..1024).map(of).collect());
    known.get(before).copied().unwrap_or_else(|| of(before))
}

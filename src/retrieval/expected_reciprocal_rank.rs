use serde::{Deserialize, Serialize};

use super::{AtCutoff, EmptyTargetAction, Ranking, RankingFormula, RetrievalScore};
use crate::{Bounds, MeanOfSamples, Meta, MetricError, Result};

/// The expected reciprocal rank (ERR): the expected 1 / rank of the document at which a user stops, averaged over the
/// queries.
///
/// A user goes down the ranking and stops at a document with probability `(2^grade - 1) / 2^max_grade`: the better the
/// documents above, the less a document counts. From 0 to 1; higher is better. With equal scores it is the [expected
/// value](crate::retrieval#equal-scores), in a time that grows with the number of equal scores among the first `k`
/// times that of the relevant documents among them. A query in which all grades are 0 counts as 0.
///
/// Options: [`top_k`](RetrievalScore::top_k), [`at`](RetrievalScore::at) for several cutoffs at once,
/// [`empty_target_action`](RetrievalScore::empty_target_action), [`relevance_level`](RetrievalScore::relevance_level),
/// [`ignore_index`](RetrievalScore::ignore_index), [`complete_queries`](RetrievalScore::complete_queries),
/// [`median`](RetrievalScore::median), [`min`](RetrievalScore::min), [`max`](RetrievalScore::max) and
/// [`per_query`](RetrievalScore::per_query). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: Chapelle et al., Expected reciprocal rank for graded relevance (2009). TorchMetrics does not have it.
///
/// # When to use
///
/// Use it for grades of relevance if one very good document satisfies a user; [`RetrievalMRR`](super::RetrievalMRR) is
/// its form without grades. The highest grade is part of the metric and is not taken from the data: values for
/// different scales of grades cannot be compared.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.8]], &device);
/// let grades = Tensor::<2, Int>::from_ints([[1, 2]], &device);
///
/// // The user stops at the first document with probability 1/4, and otherwise at the second with 3/4.
/// let err = ExpectedReciprocalRank::new(2.0).evaluate((scores, grades))?;
/// assert_eq!(err, 1.0 / 4.0 + 3.0 / 4.0 * 3.0 / 4.0 / 2.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ExpectedReciprocalRank<R = MeanOfSamples> = RetrievalScore<CascadeStop, R>;

/// The formula of [`ExpectedReciprocalRank`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CascadeStop {
    max_grade: f64,
}

impl ExpectedReciprocalRank {
    /// Creates the metric for grades from 0 to `max_grade`.
    pub fn new(max_grade: f64) -> Self {
        Self::of(CascadeStop { max_grade })
    }
}

impl RankingFormula for CascadeStop {
    type Score = f64;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Expected reciprocal rank");
        let grades = format_args!("grades up to {}", self.max_grade);
        meta.higher_is_better().within(Bounds::UNIT).with(grades)
    }

    fn check(&self) -> Result<()> {
        let is_grade = self.max_grade > 0.0 && self.max_grade <= 1000.0;
        let expected = "a number above 0 and at most 1000";
        MetricError::check_option("max_grade", self.max_grade, is_grade, expected)
    }

    fn is_valid(&self, ranking: &Ranking<'_>) -> bool {
        let mut places = ranking.graded().iter();
        places.all(|place| place.grade <= self.max_grade)
    }

    fn domain(&self, empty: EmptyTargetAction) -> &'static str {
        match empty {
            EmptyTargetAction::Error => {
                "grades from 0 to `max_grade`, and queries with relevant documents"
            }
            _ => "grades from 0 to `max_grade`",
        }
    }

    fn is_empty(&self, ranking: &Ranking<'_>) -> bool {
        ranking.graded().is_empty()
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> f64 {
        let mut not_stopped = 1.0;
        let mut expected = 0.0;
        for group in ranking.graded_groups() {
            let (before, tied) = (group[0].before as usize, group[0].tied as usize);
            if before >= k {
                break;
            }
            let goes_on = group.iter().map(|place| 1.0 - self.stops(place.grade));
            let first = tied.min(k - before);
            let passed = passed(goes_on, tied, first);
            for (i, passed) in passed.windows(2).enumerate() {
                expected += not_stopped * (passed[0] - passed[1]) / (before + i + 1) as f64;
            }
            not_stopped *= passed[first];
        }
        expected
    }
}

impl AtCutoff for CascadeStop {}

impl CascadeStop {
    fn stops(&self, grade: f64) -> f64 {
        (grade.exp2() - 1.0) / self.max_grade.exp2()
    }
}

/// The probability to pass the first `i` of `tied` documents in random order, for each `i` from 0 to `first`, given the
/// probability to pass each of those that are relevant.
///
/// It is the mean over all subsets of `i` documents of the product of their probabilities. The last document of a
/// larger set is in a subset of `i` with probability `i / documents`, which gives the recurrence.
fn passed(relevant: impl ExactSizeIterator<Item = f64>, tied: usize, first: usize) -> Vec<f64> {
    let not_relevant = tied - relevant.len();
    let mut passed = vec![0.0; first + 1];
    passed[..=not_relevant.min(first)].fill(1.0);
    for (goes_on, documents) in relevant.zip(not_relevant + 1..) {
        for i in (1..=documents.min(first)).rev() {
            let share = i as f64 / documents as f64;
            passed[i] = (1.0 - share) * passed[i] + share * goes_on * passed[i - 1];
        }
    }
    passed
}

use serde::{Deserialize, Serialize};

use super::{
    EmptyTargetAction, PerQuery, Precision, Ranking, RankingFormula, Recall, RetrievalScore, UpTo,
};
use crate::{
    Bounds, Meta, Metric, Result, Total, Value,
    measure::{MeanOfEach, SampleMetric},
    value::prefixed,
};

/// The precision and the recall of the first 1, 2, ..., `max_k` documents, each averaged over the queries.
///
/// The precision at `k` is that of [`RetrievalPrecision`](super::RetrievalPrecision), the recall that of
/// [`RetrievalRecall`](super::RetrievalRecall). The value is a [`RetrievalCurve`].
///
/// Options: [`adaptive_k`](Self::adaptive_k), [`empty_target_action`](Self::empty_target_action),
/// [`relevance_level`](Self::relevance_level), [`ignore_index`](Self::ignore_index) and
/// [`complete_queries`](Self::complete_queries). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: TorchMetrics' `RetrievalPrecisionRecallCurve`. Its default for `max_k`, the number of documents of the
/// largest query, depends on the data, so here it is stated.
///
/// # When to use
///
/// Use it to choose how many documents to show or to pass on. It is a curve over cutoffs, not over scores, and averages
/// queries whose numbers of relevant documents differ: for single queries the curve looks different.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.9, 0.8, 0.7, 0.6]], &device);
/// let relevance = Tensor::<2, Int>::from_ints([[1, 0, 0, 1]], &device);
///
/// let curve = RetrievalPrecisionRecallCurve::new(4).evaluate((scores, relevance))?;
/// assert_eq!(curve.precision, [1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 2.0]);
/// assert_eq!(curve.recall, [0.5, 0.5, 0.5, 1.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct RetrievalPrecisionRecallCurve<M = ScatteredCurve> {
    points: M,
}

/// The points of a [`RetrievalPrecisionRecallCurve`] of queries that may be spread over batches.
pub type ScatteredCurve = RetrievalScore<PrecisionAndRecall, MeanOfEach, UpTo>;

/// The points of a [`RetrievalPrecisionRecallCurve`] of complete queries.
pub type CompleteCurve = SampleMetric<PerQuery<PrecisionAndRecall, UpTo>, MeanOfEach>;

/// The formula of [`RetrievalPrecisionRecallCurve`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrecisionAndRecall {
    #[serde(flatten)]
    precision: Precision,
}

/// The precision and the recall of the first documents, averaged over queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetrievalCurve {
    /// The precision of the first 1, 2, ... documents.
    pub precision: Vec<f64>,
    /// The recall of the first 1, 2, ... documents.
    pub recall: Vec<f64>,
}

/// The precision and the recall at each cutoff.
impl Value for RetrievalCurve {
    fn entries(&self) -> Vec<(String, f64)> {
        let at =
            |name: &str, k: usize, number: &f64| prefixed(&format!("{name}@{}", k + 1), number);
        let precision = self.precision.iter().enumerate();
        let recall = self.recall.iter().enumerate();
        let entries = precision.map(|(k, number)| at("precision", k, number));
        entries
            .chain(recall.map(|(k, number)| at("recall", k, number)))
            .flatten()
            .collect()
    }
}

impl RetrievalPrecisionRecallCurve {
    /// Creates the metric for the cutoffs 1 to `max_k`.
    pub fn new(max_k: usize) -> Self {
        let formula = PrecisionAndRecall::default();
        let points = RetrievalScore::reduced(PerQuery::new(formula, UpTo(max_k)));
        Self { points }
    }

    /// Divides by the number of retrieved documents if it is below `k`.
    pub fn adaptive_k(self) -> Self {
        self.with(|points| points.with(|formula| formula.precision = Precision::adaptive()))
    }

    /// Sets what queries without relevant documents count.
    pub fn empty_target_action(self, action: EmptyTargetAction) -> Self {
        self.with(|points| points.empty_target_action(action))
    }

    /// Treats documents of at least this grade as relevant. By default, these are all with a grade above 0.
    pub fn relevance_level(self, grade: f64) -> Self {
        self.with(|points| points.relevance_level(grade))
    }

    /// Leaves out documents whose relevance is `index`.
    pub fn ignore_index(self, index: i64) -> Self {
        self.with(|points| points.ignore_index(index))
    }

    /// Computes the curve for batches that contain all documents of their queries, in constant memory: see
    /// [`RetrievalScore::complete_queries`].
    pub fn complete_queries(self) -> RetrievalPrecisionRecallCurve<CompleteCurve> {
        RetrievalPrecisionRecallCurve {
            points: self.points.complete_queries(),
        }
    }

    fn with(self, option: impl FnOnce(ScatteredCurve) -> ScatteredCurve) -> Self {
        let points = option(self.points);
        Self { points }
    }
}

impl<M: Metric<Value = Vec<f64>>> Metric for RetrievalPrecisionRecallCurve<M> {
    type Statistic = M::Statistic;
    type Value = RetrievalCurve;

    fn statistic(&self) -> &M::Statistic {
        self.points.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<RetrievalCurve> {
        let points = self.points.compute(total)?;
        let points = points.chunks_exact(2).map(|point| (point[0], point[1]));
        let (precision, recall) = points.unzip();
        Ok(RetrievalCurve { precision, recall })
    }

    fn meta(&self) -> Meta {
        self.points.meta()
    }
}

impl RankingFormula for PrecisionAndRecall {
    type Score = [f64; 2];

    fn meta(&self) -> Meta {
        let meta = Meta::new("Retrieval precision-recall curve");
        let is_adaptive = self.precision == Precision::adaptive();
        meta.within(Bounds::UNIT).with_if(is_adaptive, "adaptive")
    }

    fn score(&self, ranking: &Ranking<'_>, k: usize) -> [f64; 2] {
        [
            self.precision.score(ranking, k),
            Recall {}.score(ranking, k),
        ]
    }
}

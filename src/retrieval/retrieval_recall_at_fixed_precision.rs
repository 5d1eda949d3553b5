use serde::{Deserialize, Serialize};

use super::{
    EmptyTargetAction, RetrievalPrecisionRecallCurve,
    retrieval_precision_recall_curve::{CompleteCurve, RetrievalCurve, ScatteredCurve},
};
use crate::{Meta, Metric, MetricError, Result, Total, Value};

/// The highest recall among the cutoffs at which the precision is high enough, and that cutoff.
///
/// Precision and recall are those of the [`RetrievalPrecisionRecallCurve`]: averages over the queries for the first 1,
/// 2, ..., `max_k` documents. The value is a [`RecallAtK`]: of several cutoffs with the same recall, the largest; a
/// recall of 0 with the cutoff `max_k` if no precision is high enough.
///
/// Options: [`adaptive_k`](Self::adaptive_k), [`empty_target_action`](Self::empty_target_action),
/// [`relevance_level`](Self::relevance_level), [`ignore_index`](Self::ignore_index) and
/// [`complete_queries`](Self::complete_queries). Inputs: [`RetrievalInput`](super::RetrievalInput). Errors:
/// [`MetricError`](crate::MetricError), also if no query counts.
///
/// Source: TorchMetrics' `RetrievalRecallAtFixedPrecision`.
///
/// # When to use
///
/// Use it if the share of useless documents that users accept is fixed, to find how many documents to show and what
/// they then find. The cutoff is chosen on the data on which recall is measured, so both are optimistic for few
/// queries.
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
/// let metric = RetrievalRecallAtFixedPrecision::new(0.6, 4);
/// let best = metric.evaluate((scores, relevance))?;
/// assert_eq!((best.recall, best.k), (1.0, 3));
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct RetrievalRecallAtFixedPrecision<M = ScatteredCurve> {
    min_precision: f64,
    #[serde(flatten)]
    curve: RetrievalPrecisionRecallCurve<M>,
}

/// The recall of the first `k` documents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RecallAtK {
    /// The recall.
    pub recall: f64,
    /// The number of documents.
    pub k: usize,
}

impl Value for RecallAtK {
    fn entries(&self) -> Vec<(String, f64)> {
        vec![
            ("recall".to_owned(), self.recall),
            ("k".to_owned(), self.k as f64),
        ]
    }
}

impl RetrievalRecallAtFixedPrecision {
    /// Creates the metric for the cutoffs 1 to `max_k` at which the precision is at least `min_precision`, from 0 to 1.
    pub fn new(min_precision: f64, max_k: usize) -> Self {
        Self {
            min_precision,
            curve: RetrievalPrecisionRecallCurve::new(max_k),
        }
    }

    /// Divides by the number of retrieved documents if it is below `k`.
    pub fn adaptive_k(self) -> Self {
        self.with(RetrievalPrecisionRecallCurve::adaptive_k)
    }

    /// Sets what queries without relevant documents count.
    pub fn empty_target_action(self, action: EmptyTargetAction) -> Self {
        self.with(|curve| curve.empty_target_action(action))
    }

    /// Treats documents of at least this grade as relevant. By default, these are all with a grade above 0.
    pub fn relevance_level(self, grade: f64) -> Self {
        self.with(|curve| curve.relevance_level(grade))
    }

    /// Leaves out documents whose relevance is `index`.
    pub fn ignore_index(self, index: i64) -> Self {
        self.with(|curve| curve.ignore_index(index))
    }

    /// Computes the metric for batches that contain all documents of their queries, in constant memory: see
    /// [`RetrievalScore::complete_queries`](super::RetrievalScore::complete_queries).
    pub fn complete_queries(self) -> RetrievalRecallAtFixedPrecision<CompleteCurve> {
        RetrievalRecallAtFixedPrecision {
            min_precision: self.min_precision,
            curve: self.curve.complete_queries(),
        }
    }

    fn with(
        self,
        option: impl FnOnce(RetrievalPrecisionRecallCurve) -> RetrievalPrecisionRecallCurve,
    ) -> Self {
        let curve = option(self.curve);
        Self { curve, ..self }
    }
}

impl<M: Metric<Value = Vec<f64>>> Metric for RetrievalRecallAtFixedPrecision<M> {
    type Statistic = M::Statistic;
    type Value = RecallAtK;

    fn statistic(&self) -> &M::Statistic {
        self.curve.statistic()
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<RecallAtK> {
        let is_share = (0.0..=1.0).contains(&self.min_precision);
        let expected = "a number from 0 to 1";
        MetricError::check_option("min_precision", self.min_precision, is_share, expected)?;
        let RetrievalCurve { precision, recall } = self.curve.compute(total)?;
        let none = RecallAtK {
            recall: 0.0,
            k: recall.len(),
        };
        let points = precision.iter().zip(recall).zip(1..);
        let precise = points.filter(|((precision, _), _)| **precision >= self.min_precision);
        Ok(precise.fold(none, |best, ((_, recall), k)| match recall {
            recall if recall > 0.0 && recall >= best.recall => RecallAtK { recall, k },
            _ => best,
        }))
    }

    fn meta(&self) -> Meta {
        // The name has the options of the curve.
        let curve = self.curve.meta();
        let name = curve
            .name
            .replace("precision-recall curve", "recall at fixed precision");
        let meta = curve.named(name).higher_is_better();
        meta.with(format_args!("precision {}", self.min_precision))
    }
}

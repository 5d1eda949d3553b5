use std::{marker::PhantomData, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    AtCutoff, Cutoffs, EmptyTargetAction, PerQuery, RankingFormula, Rankings, ScatteredQueries,
};
use crate::{
    Faults, MaxOfSamples, MeanOfSamples, MedianOfSamples, Meta, Metric, MinOfSamples, PerSample,
    Result, State,
    measure::{Keep, MeanOfEach, Measure, Measured, Reduction, SampleMetric},
    state::{Unread, settle},
};

/// A [`RankingFormula`] of each query, averaged over the queries.
///
/// The documents of a query may be spread over batches, devices and machines: the metric keeps the
/// [scores of all documents](ScatteredQueries). If each query is within one batch,
/// [`complete_queries`](Self::complete_queries) needs constant memory.
///
/// The constructors of the metrics create it, such as [`RetrievalMAP::new`](super::RetrievalMAP).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct RetrievalScore<F, R = MeanOfSamples, K = Option<usize>>
where
    F: RankingFormula,
    R: Reduction,
    K: Cutoffs,
{
    per_query: PerQuery<F, K>,
    #[serde(skip)]
    reduction: PhantomData<fn() -> R>,
}

impl<F: RankingFormula<Score = f64>> RetrievalScore<F> {
    /// Creates the metric of a formula.
    pub fn of(formula: F) -> Self {
        Self::reduced(PerQuery::new(formula, None))
    }

    /// Computes the median over the queries instead of the mean.
    pub fn median(self) -> RetrievalScore<F, MedianOfSamples> {
        RetrievalScore::reduced(self.per_query)
    }

    /// Computes the minimum over the queries instead of the mean.
    pub fn min(self) -> RetrievalScore<F, MinOfSamples> {
        RetrievalScore::reduced(self.per_query)
    }

    /// Computes the maximum over the queries instead of the mean.
    pub fn max(self) -> RetrievalScore<F, MaxOfSamples> {
        RetrievalScore::reduced(self.per_query)
    }

    /// Returns the value of each query: `[queries]`.
    ///
    /// Queries without an id come first, in the order of the updates; the others follow in ascending order of their
    /// ids. The value of a [skipped](EmptyTargetAction::Skip) query is NaN. Any other aggregation is a function of
    /// these values: see [`MetricExt::map`](crate::MetricExt::map).
    pub fn per_query(self) -> RetrievalScore<F, PerSample> {
        RetrievalScore::reduced(self.per_query)
    }
}

impl<F: RankingFormula<Score = f64> + Default> Default for RetrievalScore<F> {
    fn default() -> Self {
        Self::of(F::default())
    }
}

impl<F: AtCutoff<Score = f64>> RetrievalScore<F> {
    /// Computes the metric at several cutoffs in one pass: one number for each `k`.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let scores = Tensor::<2>::from_floats([[0.9, 0.8, 0.7, 0.6]], &device);
    /// let relevance = Tensor::<2, Int>::from_ints([[1, 0, 1, 0]], &device);
    ///
    /// let recall = RetrievalRecall::new().at([1, 3]);
    /// assert_eq!(recall.name(), "Retrieval recall@1, 3");
    /// assert_eq!(recall.evaluate((scores, relevance))?, [0.5, 1.0]);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn at(self, ks: impl Into<Vec<usize>>) -> RetrievalScore<F, MeanOfEach, Vec<usize>> {
        RetrievalScore::reduced(self.per_query.with_cutoffs(ks.into()))
    }
}

impl<F: AtCutoff, R: Reduction> RetrievalScore<F, R> {
    /// Looks only at the `k` documents with the highest scores.
    pub fn top_k(mut self, k: usize) -> Self {
        self.per_query.top_k = Some(k);
        self
    }
}

impl<F: RankingFormula, R: Reduction, K: Cutoffs> RetrievalScore<F, R, K> {
    pub(super) fn reduced(per_query: PerQuery<F, K>) -> Self {
        Self {
            per_query,
            reduction: PhantomData,
        }
    }

    pub(super) fn with(mut self, option: impl FnOnce(&mut F)) -> Self {
        option(&mut self.per_query.formula);
        self
    }

    /// Sets how queries count that have no value by definition, such as those without relevant documents.
    pub fn empty_target_action(mut self, action: EmptyTargetAction) -> Self {
        self.per_query.empty_target_action = action;
        self
    }

    /// Treats documents of at least this grade as relevant. By default, these are all with a grade above 0.
    ///
    /// Metrics of grades, such as the normalized discounted cumulative gain, use the grades themselves.
    pub fn relevance_level(mut self, grade: f64) -> Self {
        self.per_query.relevance_level = Some(grade);
        self
    }

    /// Ignores documents whose relevance equals `index`. Lists of items and TREC's files have no such documents.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.per_query.queries.ignore_index = Some(index);
        self
    }

    /// Computes the metric for batches that contain all documents of their queries.
    ///
    /// The state of a mean is then sums and counts, for any number of queries. The metric also gains the other
    /// reductions of [samples](crate::measure), the bootstrap and a [confidence
    /// interval](SampleMetric::confidence_interval). If documents of one id are in two batches, they count as two
    /// queries.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let map = RetrievalMAP::new().complete_queries();
    /// let mut accumulator = map.accumulator();
    /// for relevance in [[1, 0, 1], [0, 1, 0], [0, 0, 1]] {
    ///     let scores = Tensor::<2>::from_floats([[0.9, 0.5, 0.1]], &device);
    ///     accumulator.update((scores, Tensor::<2, Int>::from_ints([relevance], &device)))?;
    /// }
    /// let expected = (5.0 / 6.0 + 1.0 / 2.0 + 1.0 / 3.0) / 3.0;
    /// assert!((accumulator.compute()? - expected).abs() < 1e-12);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn complete_queries(self) -> SampleMetric<PerQuery<F, K>, R> {
        SampleMetric::reduce(self.per_query)
    }
}

impl<F: RankingFormula, R: Reduction, K: Cutoffs> Metric for RetrievalScore<F, R, K> {
    type Statistic = ScatteredQueries;
    type Value = R::Value;

    fn statistic(&self) -> &ScatteredQueries {
        &self.per_query.queries
    }

    fn compute(&self, rankings: Arc<Rankings>) -> Result<R::Value> {
        self.per_query.check()?;
        let per_query = self.per_query.clone();
        let numbers = Unread::new(move |_| per_query.of(rankings.clone(), Faults::default()));
        let measured = Measured::on_host(self.per_query.numbers(), numbers);
        let mut kept = <R::Keep as Keep>::State::default();
        let added = R::Keep::add(&mut kept, measured);
        added.map_err(|error| {
            let error = self.per_query.explain(error);
            error.naming(|| self.name().into_owned())
        })?;
        settle(&mut kept)?;
        R::value(kept.total(), &self.name())
    }

    fn meta(&self) -> Meta {
        R::meta(self.per_query.meta())
    }
}

crate::combinator::arithmetic!([F: RankingFormula, R: Reduction, K: Cutoffs] RetrievalScore<F, R, K>);

//! Retrieval: search results and recommendations, ranked by score and compared with what is relevant.
//!
//! | what | metrics |
//! |---|---|
//! | the whole ranking | [`RetrievalMAP`], [`RetrievalNormalizedDCG`], [`RetrievalAUROC`], [`RetrievalRPrecision`] |
//! | the first documents | [`RetrievalPrecision`], [`RetrievalRecall`], [`RetrievalF1`], [`RetrievalHitRate`], [`RetrievalFallOut`] |
//! | the first relevant document | [`RetrievalMRR`] |
//! | models of a user | [`ExpectedReciprocalRank`], [`RankBiasedPrecision`] |
//! | curves | [`RetrievalPrecisionRecallCurve`], [`RetrievalRecallAtFixedPrecision`] |
//! | all recommendations together | [`CatalogCoverage`] |
//!
//! Most metrics are a number for the ranking of each query, averaged over the queries. A batch is a [`RetrievalInput`],
//! made from tensors, from lists of items, or from files in TREC's formats.
//!
//! # Queries in one batch or in several
//!
//! By default, the documents of a query may be spread over batches, devices and machines. The state then keeps the
//! score of each document ([`ScatteredQueries`]), and all metrics of a collection share it, so
//! that documents are sorted once. If each query is within one batch, use
//! [`complete_queries`](RetrievalScore::complete_queries), which keeps only sums, in constant memory.
//!
//! # Equal scores
//!
//! The order of documents with equal scores is unknown. A metric's value is the expected value if they are in random
//! order; it is computed exactly, and never depends on the order of the input. scikit-learn and TorchMetrics do the
//! same for the normalized discounted cumulative gain; TorchMetrics' other metrics depend on the order in which a sort
//! leaves the documents. Rankings from TREC's files follow trec_eval instead: documents have names, and those with
//! equal scores are in descending order of their names.
//!
//! # Authorities
//!
//! The definitions are those of trec_eval, and the tests compare with its numbers. TorchMetrics differs in two ways: it
//! divides the [average precision](RetrievalMAP) at a cutoff by another number, and its average precision, reciprocal
//! rank, precision and recall treat relevant documents whose score is not above 0 as not relevant, so that they depend
//! on the scale of the scores.

mod batch;
#[cfg(feature = "catalog")]
mod catalog;
mod coverage;
mod documents;
mod expected_reciprocal_rank;
mod input;
mod lists;
mod per_query;
mod rank_biased_precision;
mod ranking;
mod ranks;
mod retrieval_auroc;
mod retrieval_f1;
mod retrieval_fall_out;
mod retrieval_hit_rate;
mod retrieval_map;
mod retrieval_mrr;
mod retrieval_normalized_dcg;
mod retrieval_precision;
mod retrieval_precision_recall_curve;
mod retrieval_r_precision;
mod retrieval_recall;
mod retrieval_recall_at_fixed_precision;
mod scattered;
mod score;
mod trec;

pub use coverage::{CatalogCoverage, RecommendedInput};
pub use expected_reciprocal_rank::ExpectedReciprocalRank;
pub use input::RetrievalInput;
pub use per_query::EmptyTargetAction;
pub use rank_biased_precision::RankBiasedPrecision;
pub use retrieval_auroc::RetrievalAUROC;
pub use retrieval_f1::RetrievalF1;
pub use retrieval_fall_out::RetrievalFallOut;
pub use retrieval_hit_rate::RetrievalHitRate;
pub use retrieval_map::{MapDivisor, RetrievalMAP};
pub use retrieval_mrr::RetrievalMRR;
pub use retrieval_normalized_dcg::{Gain, RetrievalNormalizedDCG};
pub use retrieval_precision::RetrievalPrecision;
pub use retrieval_precision_recall_curve::{RetrievalCurve, RetrievalPrecisionRecallCurve};
pub use retrieval_r_precision::RetrievalRPrecision;
pub use retrieval_recall::RetrievalRecall;
pub use retrieval_recall_at_fixed_precision::{RecallAtK, RetrievalRecallAtFixedPrecision};
pub use score::RetrievalScore;
pub use trec::{TrecQrels, TrecRun};

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics. A metric of your own is a [`RankingFormula`]: a number for a
/// [`Ranking`], which knows how many documents were retrieved and where the relevant ones are.
/// [`RetrievalScore::of`] makes a metric of it.
pub mod parts {
    pub use super::coverage::{SeenItems, SeenItemsTotal};
    pub use super::expected_reciprocal_rank::CascadeStop;
    pub use super::input::{ReadBatch, RelevanceKind};
    pub use super::per_query::{AtCutoff, Cutoffs, Numbers, PerQuery, RankingFormula, UpTo};
    pub use super::rank_biased_precision::Persistence;
    pub use super::ranking::{Group, Place, Ranking, Rankings};
    pub use super::retrieval_auroc::AreaUnderRoc;
    pub use super::retrieval_f1::F1;
    pub use super::retrieval_fall_out::FallOut;
    pub use super::retrieval_hit_rate::HitRate;
    pub use super::retrieval_map::AveragePrecision;
    pub use super::retrieval_mrr::ReciprocalRank;
    pub use super::retrieval_normalized_dcg::NormalizedDcg;
    pub use super::retrieval_precision::Precision;
    pub use super::retrieval_precision_recall_curve::{
        CompleteCurve, PrecisionAndRecall, ScatteredCurve,
    };
    pub use super::retrieval_r_precision::RPrecision;
    pub use super::retrieval_recall::Recall;
    pub use super::scattered::{KeptQueries, KeptQueriesTotal, ScatteredQueries};
}

pub(crate) use parts::*;
